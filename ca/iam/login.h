/*
 * login.h - changing passwords: what ChangePassword and signing in have in common.
 */
#ifndef CHANCERY_IAM_LOGIN_H
#define CHANCERY_IAM_LOGIN_H

#include "ca/iam/iam.h"

/*
 * What is kept of a password that takes the place of those of hashes (as in struct iam_login_row; NULL: there is none):
 * it keeps to the account's rules (JSON, or NULL) and was not used lately. The caller frees.
 * PasswordPolicyViolationException; the errors of password_hash.
 */
int login_password_new(struct request *r, const char *rules, const char *hashes,
                       const char *password, char **out);

/*
 * May user, who is the caller, change his password? The account's rules may let everybody; else his policies
 * decide. CH_EAPI.
 */
int login_check_change(struct request *r, const char *rules, const struct iam_row *user);

#endif
