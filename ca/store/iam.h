/*
 * iam.h - identities in the store: users, groups, roles, policies and what ties them together.
 * Conventions as in rows.h. Functions named by account and name find exactly that spelling, while
 * names that differ in case only cannot both exist (CH_EEXISTS).
 */
#ifndef CHANCERY_STORE_IAM_H
#define CHANCERY_STORE_IAM_H

#include "ca/store/rows.h"

/* The root principal of an account is there once it has an access key; its id is the account's number. */
enum iam_kind { IAM_USER = 1, IAM_GROUP, IAM_ROLE, IAM_POLICY, IAM_ROOT };
#define IAM_ROOT_NAME "<root_account>" /* which no user can have */

struct iam_row {
    int64_t number; /* given by the store */
    char account[ROW_ACCOUNT_SIZE];
    uint32_t kind;  /* enum iam_kind */
    char *name, *path, *id;
    int64_t created_at, updated_at;
    char *description;
    char *trust;            /* roles */
    int64_t max_session;    /* roles; seconds */
    char *boundary;         /* ARN of a policy */
    int64_t default_version, last_version; /* policies */
    int64_t used_at;
    char *used_region;
};

/* Takes the row over by moving it out (zeroing it), or leaves it to be freed; 0 to go on. */
typedef int (*iam_row_visit)(void *context, struct iam_row *row);
/* a and b live until the call returns; b is NULL where the list has one column. */
typedef int (*iam_text_visit)(void *context, const char *a, const char *b);

/* number is not looked at. CH_EEXISTS; CH_ENOTFOUND for an unknown account. */
int store_iam_insert(struct store_tx *tx, const struct iam_row *row);
int store_iam_get(struct store_tx *tx, const char *account, enum iam_kind kind, const char *name,
                  struct iam_row *out);
int store_iam_get_by_id(struct store_tx *tx, const char *id, struct iam_row *out);
int store_iam_get_by_number(struct store_tx *tx, int64_t number, struct iam_row *out);
/* By number: all that can change (not account, kind, id, created_at). CH_EEXISTS, CH_ENOTFOUND. */
int store_iam_update(struct store_tx *tx, const struct iam_row *row);
/* When it was last used; does not count as a change. */
int store_iam_used(struct store_tx *tx, int64_t number, int64_t at, const char *region);
/* CH_ENOTFOUND, also when something still refers to it. Tags go with it. */
int store_iam_delete(struct store_tx *tx, const struct iam_row *row);
/* By name, from after on ("" = start), of paths that begin with prefix; at most limit. */
int store_iam_list(struct store_tx *tx, const char *account, enum iam_kind kind,
                   const char *prefix, const char *after, uint32_t limit, iam_row_visit visit,
                   void *context);
int store_iam_count(struct store_tx *tx, const char *account, enum iam_kind kind, uint32_t *out);
void iam_row_free(struct iam_row *row);

/* The counter that every change of this file's tables raises. */
int store_iam_version(struct store_tx *tx, int64_t *out);

/* ---- managed policies that are attached, by their ARN ---- */
int store_iam_attach(struct store_tx *tx, int64_t entity, const char *policy);
int store_iam_detach(struct store_tx *tx, int64_t entity, const char *policy); /* CH_ENOTFOUND */
int store_iam_attached_list(struct store_tx *tx, int64_t entity, iam_text_visit visit,
                            void *context);
/* Who has it attached (boundary = false) or as boundary, in one account (policies of AWS are for all). */
int store_iam_holders_list(struct store_tx *tx, const char *account, const char *policy,
                           bool boundary, iam_row_visit visit, void *context);
int store_iam_holders_count(struct store_tx *tx, const char *account, const char *policy,
                            bool boundary, uint32_t *out);

/* ---- inline policies ---- */
int store_iam_inline_put(struct store_tx *tx, int64_t entity, const char *name,
                         const char *document);
int store_iam_inline_get(struct store_tx *tx, int64_t entity, const char *name, char **document);
int store_iam_inline_delete(struct store_tx *tx, int64_t entity, const char *name);
int store_iam_inline_list(struct store_tx *tx, int64_t entity, iam_text_visit visit, void *context);

/* ---- versions of a policy ---- */
struct iam_version_row {
    int64_t version;
    char *document;
    int64_t created_at;
};
int store_iam_version_put(struct store_tx *tx, int64_t policy, int64_t version,
                          const char *document, int64_t created_at);
int store_iam_version_get(struct store_tx *tx, int64_t policy, int64_t version,
                          struct iam_version_row *out);
int store_iam_version_delete(struct store_tx *tx, int64_t policy, int64_t version);
/* Highest first. */
int store_iam_version_list(struct store_tx *tx, int64_t policy,
                           int (*visit)(void *context, const struct iam_version_row *row),
                           void *context);
void iam_version_row_free(struct iam_version_row *row);

/* ---- groups ---- */
int store_iam_join(struct store_tx *tx, int64_t user, int64_t team);
int store_iam_leave(struct store_tx *tx, int64_t user, int64_t team); /* CH_ENOTFOUND */
int store_iam_groups_list(struct store_tx *tx, int64_t user, iam_row_visit visit, void *context);
int store_iam_members_list(struct store_tx *tx, int64_t team, iam_row_visit visit, void *context);

/* ---- access keys of a user, beyond rows.h ---- */
struct iam_key_row {
    char *id;
    bool active;
    int64_t created_at, used_at;
    char *used_service, *used_region;
    char account[ROW_ACCOUNT_SIZE];
    char *user;
};
int store_iam_key_list(struct store_tx *tx, int64_t user,
                       int (*visit)(void *context, const struct iam_key_row *row), void *context);
int store_iam_key_get(struct store_tx *tx, const char *id, struct iam_key_row *out);
int store_iam_key_delete(struct store_tx *tx, const char *id);
/* When, with what and where it was last used; does not count as a change. */
int store_iam_key_used(struct store_tx *tx, const char *id, int64_t at, const char *service,
                       const char *region);
void iam_key_row_free(struct iam_key_row *row);

/* ---- passwords ---- */
struct iam_login_row {
    int64_t user;
    char *hash;
    bool reset;
    int64_t created_at, changed_at;
};
int store_iam_login_put(struct store_tx *tx, const struct iam_login_row *row);
int store_iam_login_get(struct store_tx *tx, int64_t user, struct iam_login_row *out);
int store_iam_login_delete(struct store_tx *tx, int64_t user);
void iam_login_row_free(struct iam_login_row *row);

/* ---- virtual MFA devices ---- */
struct iam_mfa_row {
    char *serial;
    char account[ROW_ACCOUNT_SIZE];
    int64_t user; /* 0: given to nobody */
    struct buf sealed_seed;
    int64_t enabled_at, last_step;
};
int store_iam_mfa_insert(struct store_tx *tx, const struct iam_mfa_row *row);
int store_iam_mfa_get(struct store_tx *tx, const char *serial, struct iam_mfa_row *out);
int store_iam_mfa_update(struct store_tx *tx, const struct iam_mfa_row *row);
int store_iam_mfa_delete(struct store_tx *tx, const char *serial);
/* Of an account (user = 0) or of a user, by serial from after on. */
int store_iam_mfa_list(struct store_tx *tx, const char *account, int64_t user, const char *after,
                       int (*visit)(void *context, const struct iam_mfa_row *row), void *context);
void iam_mfa_row_free(struct iam_mfa_row *row);

/* ---- accounts ---- */
/* NULL takes it away. CH_EEXISTS: another account has it. */
int store_iam_alias_set(struct store_tx *tx, const char *account, const char *alias);
int store_iam_alias_get(struct store_tx *tx, const char *account, char **alias); /* NULL: none */
/* The account that has it, or CH_ENOTFOUND. The caller frees. */
int store_iam_alias_find(struct store_tx *tx, const char *alias, char **account);
int store_iam_password_policy_set(struct store_tx *tx, const char *account, const char *json);
int store_iam_password_policy_get(struct store_tx *tx, const char *account, char **json);

/* ---- service control policies ---- */
int store_iam_control_put(struct store_tx *tx, const char *account, const char *name,
                          const char *document);
int store_iam_control_delete(struct store_tx *tx, const char *account, const char *name);
int store_iam_control_list(struct store_tx *tx, const char *account, iam_text_visit visit,
                           void *context);

#endif
