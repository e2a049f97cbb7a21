/*
 * mfa.h - virtual devices of multi-factor authentication.
 */
#ifndef CHANCERY_IAM_MFA_H
#define CHANCERY_IAM_MFA_H

#include "ca/iam/iam.h"

/*
 * Is code right for the device, which must be that of the user with that number? The code is used up at
 * once. CH_EDENIED for a wrong one or another's device, and for any while too
 * many were wrong (ca/auth/attempts.h); the errors of the store and of hsm_unseal.
 */
int mfa_use(struct request *r, int64_t user, const char *serial, const char *code);

#endif
