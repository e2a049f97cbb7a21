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

#define MFA_DEVICES_MAX 8 /* of a user */

/* Inside any unit: how many devices the user with that number has. */
int mfa_count(struct store_tx *tx, const char *account, int64_t user, unsigned *out);

/*
 * Is code right for one of the devices of the user with that number? It is used up. CH_EDENIED when for none; how often it
 * may be tried is the caller's business. The errors of the store and of hsm_unseal.
 */
int mfa_use_any(struct request *r, const char *account, int64_t user, const char *code);

#endif
