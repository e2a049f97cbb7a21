/*
 * session.h - what AssumeRole and GetSessionToken have in common.
 */
#ifndef CHANCERY_STS_SESSION_H
#define CHANCERY_STS_SESSION_H

#include "ca/request.h"
#include "ca/sts/token.h"

/*
 * Judges SerialNumber and TokenCode, if the call has them; then r->mfa_at is set. AccessDeniedException for a
 * wrong code, ValidationException when one is without the other.
 */
int sts_check_mfa(struct request *r);

/* DurationSeconds, or what is usual. */
int64_t sts_duration(const struct request *r, int64_t usual);

/* Claims that every session has: of whom (id), from now on for so many seconds, with MFA or not. NULL: no memory. */
json_t *sts_claims(const struct request *r, const char *entity, int64_t seconds);

/* Puts Credentials into the answer; expires: seconds. */
int sts_put_credentials(struct request *r, const struct sts_credentials *credentials,
                        int64_t expires);

#endif
