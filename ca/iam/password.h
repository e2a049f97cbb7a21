/*
 * password.h - passwords of users: how they are kept, and the rules of an account.
 */
#ifndef CHANCERY_IAM_PASSWORD_H
#define CHANCERY_IAM_PASSWORD_H

#include "ca/iam/iam.h"

/*
 * "scrypt$<log2 N>$<r>$<p>$<salt>$<key>", hex, with a fresh salt (RFC 7914; N = 2^15, r = 8, p = 1: 32 MiB and
 * some 80 ms). The caller frees. CH_ENOMEM, CH_ESYS.
 */
int password_hash(const char *password, char **out);

/* 0, or CH_EDENIED when it is another password. CH_EINTEGRITY for a damaged hash. */
int password_check(const char *password, const char *hash);

/* Takes as long as password_check does, for who has no password. 0; CH_ENOMEM. */
int password_check_nobody(const char *password);

/*
 * Does the password keep to the account's rules, as JSON (NULL: AWS's own rules)? CH_EAPI with
 * PasswordPolicyViolationException.
 */
int password_judge(struct request *r, const char *policy, const char *password);

#endif
