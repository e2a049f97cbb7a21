/*
 * Groups: CreateGroup, GetGroup, ListGroups, UpdateGroup, DeleteGroup, and who belongs to them.
 */
#include "ca/iam/entity.h"
#include "ca/iam/operations.h"
#include "ca/members.h"

#include <string.h>

#define GROUPS_MAX 300
#define GROUPS_OF_USER_MAX 10

static int put_group(const struct iam_row *row, json_t *out)
{
    json_t *object = NULL;
    int rc = iam_group_object(row, &object);
    return rc == 0 ? member_put_new(out, "Group", object) : rc;
}

static int create_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    uint32_t count = 0;
    int rc = iam_row_draft(r, tx, IAM_GROUP, &row);
    if (rc == 0)
        rc = store_iam_count(tx, r->scope.account, IAM_GROUP, &count);
    if (rc == 0 && count >= GROUPS_MAX)
        rc = iam_over_quota(r, "GroupsPerAccount", GROUPS_MAX);
    if (rc == 0)
        rc = store_iam_insert(tx, &row);
    if (rc == CH_EEXISTS)
        rc = iam_exists(r, IAM_GROUP, row.name);
    if (rc == 0)
        rc = put_group(&row, r->out);
    iam_row_free(&row);
    return rc;
}

int iam_create_group(struct request *r)
{
    return iam_write(r, create_step);
}

static int user_visit(void *context, struct iam_row *row)
{
    struct iam_page *page = context;
    json_t *object = NULL;
    if (!iam_page_takes(page, row->name))
        return 0;
    int rc = iam_user_object(NULL, row, &object);
    return rc == 0 ? iam_page_add(page, row->name, object) : rc;
}

static int group_visit(void *context, struct iam_row *row)
{
    struct iam_page *page = context;
    json_t *object = NULL;
    if (!iam_page_takes(page, row->name))
        return 0;
    int rc = iam_group_object(row, &object);
    return rc == 0 ? iam_page_add(page, row->name, object) : rc;
}

static int get_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    struct iam_page page;
    int rc = iam_find(r, tx, IAM_GROUP, &row);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &page);
    if (rc == 0)
        rc = put_group(&row, r->out);
    if (rc == 0)
        rc = store_iam_members_list(tx, row.number, user_visit, &page);
    iam_row_free(&row);
    return iam_page_close(&page, "Users", rc);
}

int iam_get_group(struct request *r)
{
    return iam_read(r, get_step);
}

static int list_step(struct request *r, struct store_tx *tx)
{
    return iam_list_entities(r, tx, IAM_GROUP, group_visit, "Groups");
}

int iam_list_groups(struct request *r)
{
    return iam_read(r, list_step);
}

static int update_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find(r, tx, IAM_GROUP, &row);
    if (rc == 0)
        rc = iam_rename(r, tx, &row, "NewGroupName");
    iam_row_free(&row);
    return rc;
}

int iam_update_group(struct request *r)
{
    return iam_write(r, update_step);
}

static int count_row(void *context, struct iam_row *row)
{
    (void)row;
    ++*(unsigned *)context;
    return 0;
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    unsigned members = 0;
    int rc = iam_find(r, tx, IAM_GROUP, &row);
    if (rc == 0)
        rc = store_iam_members_list(tx, row.number, count_row, &members);
    if (rc == 0 && members > 0)
        rc = iam_conflict(r, "remove users from group");
    if (rc == 0)
        rc = iam_delete_entity(r, tx, &row);
    iam_row_free(&row);
    return rc;
}

int iam_delete_group(struct request *r)
{
    return iam_write(r, delete_step);
}

/* ---- members ---- */

static int join(struct request *r, struct store_tx *tx, const struct iam_row *user,
                const struct iam_row *group)
{
    unsigned groups = 0;
    int rc = store_iam_join(tx, user->number, group->number);
    if (rc == 0)
        rc = store_iam_groups_list(tx, user->number, count_row, &groups);
    return rc == 0 && groups > GROUPS_OF_USER_MAX
               ? iam_over_quota(r, "GroupsPerUser", GROUPS_OF_USER_MAX)
               : rc;
}

static int leave(struct request *r, struct store_tx *tx, const struct iam_row *user,
                 const struct iam_row *group)
{
    int rc = store_iam_leave(tx, user->number, group->number);
    return rc == CH_ENOTFOUND
               ? api_fail(&r->error, "NoSuchEntityException", "User %s is not in group %s.",
                          user->name, group->name)
               : rc;
}

static int member_step(struct request *r, struct store_tx *tx)
{
    struct iam_row user = {0}, group = {0};
    bool add = strcmp(r->operation->name, "AddUserToGroup") == 0;
    int rc = iam_find(r, tx, IAM_GROUP, &group);
    if (rc == 0)
        rc = iam_find(r, tx, IAM_USER, &user);
    if (rc == 0)
        rc = add ? join(r, tx, &user, &group) : leave(r, tx, &user, &group);
    iam_row_free(&user);
    iam_row_free(&group);
    return rc;
}

int iam_change_membership(struct request *r)
{
    return iam_write(r, member_step);
}

static int groups_step(struct request *r, struct store_tx *tx)
{
    struct iam_row user = {0};
    struct iam_page page;
    int rc = iam_find(r, tx, IAM_USER, &user);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &page);
    if (rc == 0)
        rc = store_iam_groups_list(tx, user.number, group_visit, &page);
    iam_row_free(&user);
    return iam_page_close(&page, "Groups", rc);
}

int iam_list_groups_for_user(struct request *r)
{
    return iam_read(r, groups_step);
}
