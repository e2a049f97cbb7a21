/*
 * Login profiles (a user's password for the console), ChangePassword, and the account's rules for
 * passwords. Hashing is slow by intent and happens before the transaction.
 */
#include "ca/iam/login.h"

#include "ca/auth/attempts.h"
#include "ca/auth/auth.h"
#include "ca/core.h"
#include "ca/iam/operations.h"
#include "ca/iam/password.h"
#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

#define REMEMBERED_MAX 24 /* passwords, newest first, a line each */

static int missing(struct request *r, const char *user)
{
    return api_fail(&r->error, "NoSuchEntityException",
                    "Login Profile for User %s cannot be found.", user);
}

/* ---- a new password ---- */

struct change {
    struct request *r;
    const char *password; /* NULL: it stays */
    bool own;             /* ChangePassword */
    char *rules;          /* of the account */
    char *hashes;         /* as they were when the new one was judged; NULL: no profile */
    char *hash;
    struct iam_row user;
};

static int change_read(struct store_tx *tx, void *context)
{
    struct change *c = context;
    struct iam_login_row login = {0};
    int rc = store_iam_password_policy_get(tx, c->r->scope.account, &c->rules);
    if (rc == 0)
        rc = c->own ? iam_find_named(c->r, tx, IAM_USER, c->r->principal.user_name, &c->user)
                    : iam_find(c->r, tx, IAM_USER, &c->user);
    if (rc != 0)
        return rc;
    rc = store_iam_login_get(tx, c->user.number, &login);
    c->hashes = login.hash;
    login.hash = NULL;
    iam_login_row_free(&login);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

/* How many passwords back may not come again. */
static size_t reuse_prevented(const char *rules)
{
    json_t *json = rules == NULL ? NULL : json_loads(rules, 0, NULL);
    size_t count = (size_t)json_integer_value(json_object_get(json, "PasswordReusePrevention"));
    json_decref(json);
    return count < REMEMBERED_MAX ? count : REMEMBERED_MAX;
}

static int check_reuse(struct request *r, const char *rules, const char *hash, const char *password)
{
    size_t left = reuse_prevented(rules);
    int rc = CH_EDENIED;
    for (; rc == CH_EDENIED && left > 0 && hash != NULL && *hash != '\0'; left--) {
        rc = password_check(password, hash);
        hash = strchr(hash, '\n');
        hash = hash == NULL ? NULL : hash + 1;
    }
    if (rc == 0)
        return api_fail(&r->error, "PasswordPolicyViolationException",
                        "Password was used before.");
    return rc == CH_EDENIED ? 0 : rc;
}

/* The new hash in front of those that are remembered. */
static int hashes_join(const char *rules, const char *old, const char *password, char **out)
{
    struct buf all = {0};
    char *hash = NULL;
    size_t kept = reuse_prevented(rules);
    int rc = password_hash(password, &hash);
    if (rc == 0)
        rc = buf_put_text(&all, hash);
    while (rc == 0 && kept-- > 1 && old != NULL && *old != '\0') {
        size_t len = strcspn(old, "\n");
        rc = buf_printf(&all, "\n%.*s", (int)len, old);
        old = old[len] == '\0' ? NULL : old + len + 1;
    }
    if (rc == 0)
        rc = member_copy(buf_text(&all), out);
    buf_free(&all);
    free(hash);
    return rc;
}

int login_password_new(struct request *r, const char *rules, const char *hashes,
                       const char *password, char **out)
{
    *out = NULL;
    int rc = password_judge(r, rules, password);
    if (rc == 0)
        rc = check_reuse(r, rules, hashes, password);
    return rc == 0 ? hashes_join(rules, hashes, password, out) : rc;
}

static int change_prepare(struct change *c)
{
    int rc = request_read(c->r, change_read, c);
    if (rc != 0 || c->password == NULL)
        return rc;
    return login_password_new(c->r, c->rules, c->hashes, c->password, &c->hash);
}

static void change_free(struct change *c)
{
    free(c->rules);
    free(c->hashes);
    free(c->hash);
    iam_row_free(&c->user);
}

static int put_profile(struct request *r, const char *user, const struct iam_login_row *login)
{
    return member_put_new(r->out, "LoginProfile",
                          json_pack("{s:s, s:o, s:b}", "UserName", user, "CreateDate",
                                    contract_timestamp(login->created_at), "PasswordResetRequired",
                                    login->reset));
}

/* ---- profiles ---- */

static int create_unit(struct store_tx *tx, void *context)
{
    struct change *c = context;
    struct request *r = c->r;
    struct iam_login_row present = {0};
    struct iam_login_row login = {
        .user = c->user.number,
        .hash = c->hash,
        .reset = json_is_true(json_object_get(r->in, "PasswordResetRequired")),
        .created_at = r->now,
        .changed_at = r->now};
    int rc = store_iam_login_get(tx, c->user.number, &present);
    iam_login_row_free(&present);
    if (rc == 0)
        return api_fail(&r->error, "EntityAlreadyExistsException",
                        "Login Profile for user %s already exists.", c->user.name);
    rc = rc == CH_ENOTFOUND ? store_iam_login_put(tx, &login) : rc;
    return rc == 0 ? put_profile(r, c->user.name, &login) : rc;
}

int iam_create_login_profile(struct request *r)
{
    struct change c = {.r = r, .password = member_text(r->in, "Password")};
    int rc = change_prepare(&c);
    if (rc == 0)
        rc = request_commit(r, create_unit, &c);
    change_free(&c);
    return rc;
}

static int get_step(struct request *r, struct store_tx *tx)
{
    struct iam_row user = {0};
    struct iam_login_row login = {0};
    int rc = iam_find(r, tx, IAM_USER, &user);
    if (rc == 0) {
        rc = store_iam_login_get(tx, user.number, &login);
        rc = rc == CH_ENOTFOUND ? missing(r, user.name)
             : rc != 0          ? rc
                                : put_profile(r, user.name, &login);
    }
    iam_login_row_free(&login);
    iam_row_free(&user);
    return rc;
}

int iam_get_login_profile(struct request *r)
{
    return iam_read(r, get_step);
}

static int update_unit(struct store_tx *tx, void *context)
{
    struct change *c = context;
    struct iam_login_row login = {0};
    const json_t *reset = json_object_get(c->r->in, "PasswordResetRequired");
    int rc = store_iam_login_get(tx, c->user.number, &login);
    if (rc == CH_ENOTFOUND)
        return missing(c->r, c->user.name);
    if (rc == 0 && c->hash != NULL) {
        free(login.hash);
        login.hash = c->hash;
        c->hash = NULL;
        login.changed_at = c->r->now;
        login.reset = login.reset && !c->own;
    }
    if (reset != NULL)
        login.reset = json_is_true(reset);
    if (rc == 0)
        rc = store_iam_login_put(tx, &login);
    iam_login_row_free(&login);
    return rc;
}

int iam_update_login_profile(struct request *r)
{
    struct change c = {.r = r, .password = member_text(r->in, "Password")};
    int rc = change_prepare(&c);
    if (rc == 0)
        rc = request_commit(r, update_unit, &c);
    change_free(&c);
    return rc;
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_row user = {0};
    int rc = iam_find(r, tx, IAM_USER, &user);
    if (rc == 0) {
        rc = store_iam_login_delete(tx, user.number);
        rc = rc == CH_ENOTFOUND ? missing(r, user.name) : rc;
    }
    iam_row_free(&user);
    return rc;
}

int iam_delete_login_profile(struct request *r)
{
    return iam_write(r, delete_step);
}

/* ---- one's own ---- */

static bool change_is_allowed(const char *rules)
{
    json_t *json = rules == NULL ? NULL : json_loads(rules, 0, NULL);
    bool allowed = json_is_true(json_object_get(json, "AllowUsersToChangePassword"));
    json_decref(json);
    return allowed;
}

int login_check_change(struct request *r, const char *rules, const struct iam_row *user)
{
    char arn[IAM_ARN_SIZE];
    iam_arn(user, arn);
    return change_is_allowed(rules) ? 0 : authorize(r, "iam:ChangePassword", arn);
}

static int check_old(struct change *c)
{
    struct attempts *attempts = c->r->core->attempts;
    int rc = CH_EDENIED;
    if (c->hashes == NULL)
        return missing(c->r, c->user.name);
    if (attempts_take(attempts, c->user.id, c->r->now)) {
        rc = password_check(member_text(c->r->in, "OldPassword"), c->hashes);
        if (rc != CH_EDENIED)
            attempts_right(attempts, c->user.id);
    }
    if (rc != CH_EDENIED)
        return rc;
    return api_fail(&c->r->error, "AccessDeniedException", "The old password was incorrect.");
}

int iam_change_password(struct request *r)
{
    struct change c = {.r = r, .own = true};
    if (r->principal.kind != PRINCIPAL_USER)
        return api_fail(&r->error, "InvalidUserTypeException",
                        "Only IAM users can change their password.");
    int rc = request_read(r, change_read, &c);
    if (rc == 0)
        rc = login_check_change(r, c.rules, &c.user);
    if (rc == 0)
        rc = check_old(&c);
    c.password = member_text(r->in, "NewPassword");
    if (rc == 0)
        rc = login_password_new(r, c.rules, c.hashes, c.password, &c.hash);
    if (rc == 0)
        rc = request_commit(r, update_unit, &c);
    change_free(&c);
    return rc;
}

/* ---- the account's rules ---- */

static const struct {
    const char *name;
    int usual; /* of UpdateAccountPasswordPolicy, for what is not given */
    bool number;
} rules[] = {
    {"MinimumPasswordLength", 6, true},
    {"RequireSymbols", 0, false},
    {"RequireNumbers", 0, false},
    {"RequireUppercaseCharacters", 0, false},
    {"RequireLowercaseCharacters", 0, false},
    {"AllowUsersToChangePassword", 0, false},
    {"MaxPasswordAge", 0, true},
    {"PasswordReusePrevention", 0, true},
    {"HardExpiry", 0, false},
};

static int rules_step(struct request *r, struct store_tx *tx)
{
    json_t *set = json_object();
    char *text = NULL;
    int rc = set == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; rc == 0 && i < sizeof rules / sizeof rules[0]; i++) {
        json_t *given = json_object_get(r->in, rules[i].name);
        if (given == NULL && rules[i].number && rules[i].usual == 0)
            continue;
        rc = member_put_new(set, rules[i].name,
                            given != NULL     ? json_incref(given)
                            : rules[i].number ? json_integer(rules[i].usual)
                                              : json_false());
    }
    if (rc == 0)
        rc = member_dump(set, &text);
    if (rc == 0)
        rc = store_iam_password_policy_set(tx, r->scope.account, text);
    json_decref(set);
    free(text);
    return rc;
}

int iam_update_account_password_policy(struct request *r)
{
    return iam_write(r, rules_step);
}

static int rules_missing(struct request *r)
{
    return api_fail(&r->error, "NoSuchEntityException",
                    "The Password Policy with domain name %s cannot be found.", r->scope.account);
}

static int get_rules_step(struct request *r, struct store_tx *tx)
{
    char *text = NULL;
    int rc = store_iam_password_policy_get(tx, r->scope.account, &text);
    if (rc == 0 && text == NULL)
        return rules_missing(r);
    json_t *set = rc == 0 ? json_loads(text, 0, NULL) : NULL;
    if (rc == 0)
        rc = set == NULL ? CH_EINTEGRITY
                         : member_put_bool(set, "ExpirePasswords",
                                           json_object_get(set, "MaxPasswordAge") != NULL);
    if (rc == 0)
        rc = member_put_new(r->out, "PasswordPolicy", json_incref(set));
    json_decref(set);
    free(text);
    return rc;
}

int iam_get_account_password_policy(struct request *r)
{
    return iam_read(r, get_rules_step);
}

static int delete_rules_step(struct request *r, struct store_tx *tx)
{
    char *text = NULL;
    int rc = store_iam_password_policy_get(tx, r->scope.account, &text);
    if (rc == 0 && text == NULL)
        rc = rules_missing(r);
    free(text);
    return rc == 0 ? store_iam_password_policy_set(tx, r->scope.account, NULL) : rc;
}

int iam_delete_account_password_policy(struct request *r)
{
    return iam_write(r, delete_rules_step);
}
