/*
 * totp.h - one-time passwords by time (RFC 6238 over RFC 4226): SHA-1, six digits, steps of 30 seconds.
 */
#ifndef CHANCERY_IAM_TOTP_H
#define CHANCERY_IAM_TOTP_H

#include "firmware/base/buf.h"
#include "firmware/base/error.h"

#define TOTP_STEP 30
#define TOTP_DIGITS 6
#define TOTP_CODE_SIZE (TOTP_DIGITS + 1)

/* The code of a step (RFC 4226 5.3). 0 or CH_ENOMEM. */
int totp_code(struct slice seed, int64_t step, char code[TOTP_CODE_SIZE]);

/*
 * The step at which code is right, among those of now (seconds) and one before and after, if it is later than
 * `after`: a code counts once. CH_EDENIED otherwise; the comparison takes the same time for every code.
 */
int totp_check(struct slice seed, const char *code, int64_t now, int64_t after, int64_t *step);

#endif
