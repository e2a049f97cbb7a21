/*
 * Access keys: CreateAccessKey (the secret is shown this once), ListAccessKeys, UpdateAccessKey,
 * DeleteAccessKey, GetAccessKeyLastUsed.
 */
#include "ca/auth/credentials.h"
#include "ca/core.h"
#include "ca/iam/iam.h"
#include "ca/iam/operations.h"
#include "ca/members.h"

#include <string.h>

#define KEYS_MAX 2

struct creation {
    struct request *r;
    struct credentials_key key;
};

static int missing(struct request *r)
{
    return api_fail(&r->error, "NoSuchEntityException",
                    "The Access Key with id %s cannot be found.",
                    member_text(r->in, "AccessKeyId"));
}

static json_t *metadata(const char *user, const char *id, bool active, int64_t created_at)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "UserName", user, "AccessKeyId", id, "Status",
                     active ? "Active" : "Inactive", "CreateDate", contract_timestamp(created_at));
}

static int answer_key(struct creation *c, const char *user)
{
    json_t *object = metadata(user, c->key.row.id, true, c->r->now);
    struct slice secret = secret_slice(c->key.secret);
    int rc = member_put_new(object, "SecretAccessKey",
                            json_stringn((const char *)secret.data, secret.len));
    if (rc == 0)
        rc = member_put_new(c->r->out, "AccessKey", json_incref(object));
    json_decref(object);
    return rc;
}

static int create_unit(struct store_tx *tx, void *context)
{
    struct creation *c = context;
    struct iam_row user = {0};
    uint32_t count = 0;
    int rc = iam_find(c->r, tx, IAM_USER, &user);
    if (rc == 0)
        rc = store_access_key_count(tx, user.account, user.name, &count);
    if (rc == 0 && count >= KEYS_MAX)
        rc = iam_over_quota(c->r, "AccessKeysPerUser", KEYS_MAX);
    if (rc == 0)
        rc = member_copy(user.name, &c->key.row.user);
    if (rc == 0)
        rc = store_access_key_insert(tx, &c->key.row);
    if (rc == 0)
        rc = answer_key(c, user.name);
    iam_row_free(&user);
    return rc;
}

int iam_create_access_key(struct request *r)
{
    struct creation c = {.r = r};
    int rc = credentials_key_make(r->core, r->scope.account, r->now, &c.key);
    if (rc == 0)
        rc = request_commit(r, create_unit, &c);
    credentials_key_free(&c.key);
    return rc;
}

static int key_visit(void *context, const struct iam_key_row *row)
{
    struct iam_page *page = context;
    if (!iam_page_takes(page, row->id))
        return 0;
    return iam_page_add(page, row->id, metadata(row->user, row->id, row->active, row->created_at));
}

static int list_step(struct request *r, struct store_tx *tx)
{
    struct iam_row user = {0};
    struct iam_page page;
    int rc = iam_find(r, tx, IAM_USER, &user);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &page);
    if (rc == 0)
        rc = store_iam_key_list(tx, user.number, key_visit, &page);
    iam_row_free(&user);
    return iam_page_close(&page, "AccessKeyMetadata", rc);
}

int iam_list_access_keys(struct request *r)
{
    return iam_read(r, list_step);
}

/* The key that the call names, if it is the user's. NoSuchEntityException. */
static int find_key(struct request *r, struct store_tx *tx, struct iam_key_row *out)
{
    struct iam_row user = {0};
    int rc = iam_find(r, tx, IAM_USER, &user);
    if (rc == 0) {
        rc = store_iam_key_get(tx, member_text(r->in, "AccessKeyId"), out);
        if (rc == 0 && (strcmp(out->account, user.account) != 0 ||
                        strcmp(out->user, user.name) != 0))
            rc = CH_ENOTFOUND;
        rc = rc == CH_ENOTFOUND ? missing(r) : rc;
    }
    iam_row_free(&user);
    return rc;
}

static int update_step(struct request *r, struct store_tx *tx)
{
    struct iam_key_row key = {0};
    bool active = strcmp(member_text(r->in, "Status"), "Active") == 0;
    int rc = find_key(r, tx, &key);
    if (rc == 0)
        rc = store_access_key_set_active(tx, key.id, active);
    iam_key_row_free(&key);
    return rc;
}

int iam_update_access_key(struct request *r)
{
    return iam_write(r, update_step);
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_key_row key = {0};
    int rc = find_key(r, tx, &key);
    if (rc == 0)
        rc = store_iam_key_delete(tx, key.id);
    iam_key_row_free(&key);
    return rc;
}

int iam_delete_access_key(struct request *r)
{
    return iam_write(r, delete_step);
}

static int put_last_used(struct request *r, const struct iam_key_row *key)
{
    bool used = key->used_at > 0;
    json_t *last = json_pack("{s:s, s:s}", "ServiceName", used ? key->used_service : "N/A",
                             "Region", used ? key->used_region : "N/A");
    int rc = member_put_time(last, "LastUsedDate", key->used_at);
    if (rc == 0)
        rc = member_put_text(r->out, "UserName", key->user);
    if (rc == 0)
        rc = member_put_new(r->out, "AccessKeyLastUsed", json_incref(last));
    json_decref(last);
    return rc;
}

static int last_used_step(struct request *r, struct store_tx *tx)
{
    struct iam_key_row key = {0};
    int rc = store_iam_key_get(tx, member_text(r->in, "AccessKeyId"), &key);
    if (rc == CH_ENOTFOUND || (rc == 0 && strcmp(key.account, r->scope.account) != 0))
        rc = missing(r);
    if (rc == 0)
        rc = put_last_used(r, &key);
    iam_key_row_free(&key);
    return rc;
}

int iam_get_access_key_last_used(struct request *r)
{
    return iam_read(r, last_used_step);
}
