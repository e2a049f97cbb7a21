/*
 * Users: CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser.
 */
#include "ca/iam/operations.h"

#include "ca/iam/entity.h"

#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

#define USERS_MAX 5000

static int put_user(struct store_tx *tx, const struct iam_row *row, json_t *out)
{
    json_t *object = NULL;
    int rc = iam_user_object(tx, row, &object);
    return rc == 0 ? member_put_new(out, "User", object) : rc;
}

static int user_insert(struct request *r, struct store_tx *tx, struct iam_row *row)
{
    uint32_t count = 0;
    int rc = store_iam_count(tx, r->scope.account, IAM_USER, &count);
    if (rc == 0 && count >= USERS_MAX)
        return iam_over_quota(r, "UsersPerAccount", USERS_MAX);
    if (rc == 0)
        rc = store_iam_insert(tx, row);
    if (rc == CH_EEXISTS)
        return iam_exists(r, IAM_USER, row->name);
    if (rc == 0)
        rc = iam_tags_add(r, tx, row->id);
    return rc == 0 ? put_user(tx, row, r->out) : rc;
}

static int create_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_row_draft(r, tx, IAM_USER, &row);
    if (rc == 0)
        rc = user_insert(r, tx, &row);
    iam_row_free(&row);
    return rc;
}

int iam_create_user(struct request *r)
{
    int rc = iam_tags_check(r, json_object_get(r->in, "Tags"));
    return rc == 0 ? iam_write(r, create_step) : rc;
}

static int get_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find(r, tx, IAM_USER, &row);
    if (rc == 0)
        rc = put_user(tx, &row, r->out);
    iam_row_free(&row);
    return rc;
}

int iam_get_user(struct request *r)
{
    return iam_read(r, get_step);
}

static int list_visit(void *context, struct iam_row *row)
{
    struct iam_page *page = context;
    json_t *object = NULL;
    if (!iam_page_takes(page, row->name))
        return 0;
    int rc = iam_user_object(NULL, row, &object);
    return rc == 0 ? iam_page_add(page, row->name, object) : rc;
}

static int list_step(struct request *r, struct store_tx *tx)
{
    return iam_list_entities(r, tx, IAM_USER, list_visit, "Users");
}

int iam_list_users(struct request *r)
{
    return iam_read(r, list_step);
}

static int update_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find(r, tx, IAM_USER, &row);
    if (rc == 0)
        rc = iam_rename(r, tx, &row, "NewUserName");
    iam_row_free(&row);
    return rc;
}

int iam_update_user(struct request *r)
{
    return iam_write(r, update_step);
}

/* ---- deletion ---- */

static int count_row(void *context, struct iam_row *row)
{
    (void)row;
    ++*(unsigned *)context;
    return 0;
}

static int count_key(void *context, const struct iam_key_row *row)
{
    (void)row;
    ++*(unsigned *)context;
    return 0;
}

static int count_mfa(void *context, const struct iam_mfa_row *row)
{
    (void)row;
    ++*(unsigned *)context;
    return 0;
}

/* What only users have; the order is that in which AWS looks. */
static int check_bare(struct request *r, struct store_tx *tx, const struct iam_row *row)
{
    unsigned keys = 0, groups = 0, devices = 0;
    struct iam_login_row login = {0};
    int rc = store_iam_key_list(tx, row->number, count_key, &keys);
    if (rc == 0)
        rc = store_iam_groups_list(tx, row->number, count_row, &groups);
    if (rc == 0)
        rc = store_iam_mfa_list(tx, row->account, row->number, "", count_mfa, &devices);
    if (rc != 0)
        return rc;
    if (groups > 0)
        return iam_conflict(r, "remove users from group");
    if (keys > 0)
        return iam_conflict(r, "delete access keys");
    if (devices > 0)
        return iam_conflict(r, "delete MFA device");
    rc = store_iam_login_get(tx, row->number, &login);
    iam_login_row_free(&login);
    return rc == 0 ? iam_conflict(r, "delete login profile") : rc == CH_ENOTFOUND ? 0 : rc;
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find_named(r, tx, IAM_USER, member_text(r->in, "UserName"), &row);
    if (rc == 0)
        rc = check_bare(r, tx, &row);
    if (rc == 0)
        rc = iam_delete_entity(r, tx, &row);
    iam_row_free(&row);
    return rc;
}

int iam_delete_user(struct request *r)
{
    return iam_write(r, delete_step);
}
