/*
 * iam.h - identity and access management: what its operations share. Users, groups, roles and policies
 * are rows of one table (ca/store/iam.h); most operations differ only in which of them they are about.
 */
#ifndef CHANCERY_IAM_IAM_H
#define CHANCERY_IAM_IAM_H

#include "ca/request.h"
#include "ca/store/iam.h"

#define IAM_ARN_SIZE 720 /* a path of 512, a name of 128 */
#define IAM_ID_SIZE 22   /* AIDA and 17 more, and a NUL */

/* What a form of a binding may be; see iam_check_allowed. */
#define IAM_OWN_CHECK "own" /* the handler asks by itself */
#define IAM_NO_CHECK "none" /* everybody may */

/*
 * Authorizes a call of IAM or STS. form says what the resource is: "user", "group", "role", "policy", "mfa", "source"
 * (of a simulation): the one that the call names (a user: also the caller himself); with a '+' one that is to be made;
 * "slr": the service-linked role of the service that the call names;
 * NULL: no resource. 0 or CH_EAPI.
 */
int iam_check_allowed(struct request *r, const char *action, const char *form);

/* A step inside a transaction. */
typedef int (*iam_step)(struct request *r, struct store_tx *tx);

/* Runs step in a write unit with the audit record; once for a call, last. */
int iam_write(struct request *r, iam_step step);
/* Runs step in a reading unit. */
int iam_read(struct request *r, iam_step step);

/* ---- finding ---- */

/* The member that names an entity of that kind: "UserName". NULL for policies, which are named by ARN. */
const char *iam_name_member(enum iam_kind kind);

/* "user", "group", "role", "policy". */
const char *iam_noun(enum iam_kind kind);

/* The kind that the operation of r is about: that of the one name its input has. */
enum iam_kind iam_kind_of(const struct request *r);

/*
 * The entity that r names by its member; a user also by being the caller when none is named. NoSuchEntityException.
 */
int iam_find(struct request *r, struct store_tx *tx, enum iam_kind kind, struct iam_row *out);

/* By name, in the caller's account. NoSuchEntityException. */
int iam_find_named(struct request *r, struct store_tx *tx, enum iam_kind kind, const char *name,
                   struct iam_row *out);

/* A user, group or role with this operation's kind; refuses service-linked roles, which only their service may change. */
int iam_find_changeable(struct request *r, struct store_tx *tx, struct iam_row *out);

bool iam_is_service_linked(const struct iam_row *row);

/* Sets NoSuchEntityException in AWS's words. */
int iam_missing(struct request *r, enum iam_kind kind, const char *name);
int iam_exists(struct request *r, enum iam_kind kind, const char *name);
int iam_conflict(struct request *r, const char *what);
int iam_over_quota(struct request *r, const char *quota, unsigned limit);

/* ---- making ---- */

/* A fresh id: prefix "AIDA" (user), "AGPA" (group), "AROA" (role), "ANPA" (policy). */
int iam_id_new(struct core *core, const char *prefix, char out[IAM_ID_SIZE]);

void iam_arn(const struct iam_row *row, char out[IAM_ARN_SIZE]);

/* ---- answering ---- */

/* A new object for a row, with its tags when tx is not NULL; the caller owns it. For roles and policies tx is never NULL. */
int iam_user_object(struct store_tx *tx, const struct iam_row *row, json_t **out);
int iam_group_object(const struct iam_row *row, json_t **out);
int iam_role_object(struct store_tx *tx, const struct iam_row *row, bool whole, json_t **out);
int iam_policy_object(struct store_tx *tx, const struct iam_row *row, bool whole, json_t **out);

/* Puts a policy document as IAM answers it: percent-encoded (RFC 3986). */
int iam_put_document(json_t *object, const char *member, const char *text);

/* ---- pages ---- */

/* The items of a list from Marker on, MaxItems of them (100), with IsTruncated and Marker. */
struct iam_page {
    struct request *r;
    struct store_tx *tx; /* of iam_list_entities; else NULL */
    uint32_t limit;
    char after[1025]; /* the key of the last item of the page before */
    bool past;        /* lists that are not read from a place: the place was reached */
    bool more;
    char last[1025];
    json_t *items;
};

int iam_page_open(struct request *r, struct iam_page *page);

/*
 * True when the item with that key is on the page; items come in one order from call to call. Each
 * must then be added by iam_page_add, which takes item over (NULL is CH_ENOMEM).
 */
bool iam_page_takes(struct iam_page *page, const char *key);
int iam_page_add(struct iam_page *page, const char *key, json_t *item);

/* Puts items (as member), IsTruncated and Marker into the answer; frees in any case. rc is handed through. */
int iam_page_close(struct iam_page *page, const char *member, int rc);

/* ---- tags ---- */

/* Puts {"Tags": [...]} of the resource with that id; none: nothing. */
int iam_put_tags(struct store_tx *tx, const char *id, json_t *object);
int iam_tags_check(struct request *r, const json_t *tags);
/* Adds the call's Tags to a new entity. */
int iam_tags_add(struct request *r, struct store_tx *tx, const char *id);

#endif
