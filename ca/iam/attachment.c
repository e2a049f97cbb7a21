/*
 * What is attached to users, groups and roles: managed policies, inline policies, boundaries. One
 * handler serves the three operations that differ in the kind of entity only.
 */
#include "ca/iam/entity.h"
#include "ca/iam/operations.h"
#include "ca/iam/policy.h"
#include "ca/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTACHED_MAX 10

static const struct {
    const char *title; /* in the name of a quota */
    unsigned inline_max; /* characters of all inline policies together */
} limits[] = {
    [IAM_USER] = {"User", 2048}, [IAM_GROUP] = {"Group", 5120}, [IAM_ROLE] = {"Role", 10240}};

/* ---- managed ---- */

static int count_text(void *context, const char *a, const char *b)
{
    (void)a;
    (void)b;
    ++*(unsigned *)context;
    return 0;
}

static int attach_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    const char *arn = member_text(r->in, "PolicyArn");
    unsigned count = 0;
    char quota[64];
    int rc = iam_find_changeable(r, tx, &row);
    if (rc == 0)
        rc = iam_policy_must_exist(r, tx, arn);
    if (rc == 0 && strncmp(arn, "arn:aws:iam::aws:policy/aws-service-role/", 41) == 0)
        rc = api_fail(&r->error, "PolicyNotAttachableException",
                      "Cannot attach a Service Role Policy to a Customer Role.");
    if (rc == 0)
        rc = store_iam_attach(tx, row.number, arn);
    if (rc == 0)
        rc = store_iam_attached_list(tx, row.number, count_text, &count);
    if (rc == 0 && count > ATTACHED_MAX) {
        snprintf(quota, sizeof quota, "PoliciesPer%s", limits[row.kind].title);
        rc = iam_over_quota(r, quota, ATTACHED_MAX);
    }
    iam_row_free(&row);
    return rc;
}

int iam_attach_policy(struct request *r)
{
    return iam_write(r, attach_step);
}

static int detach_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    const char *arn = member_text(r->in, "PolicyArn");
    int rc = iam_find_changeable(r, tx, &row);
    if (rc == 0)
        rc = store_iam_detach(tx, row.number, arn);
    if (rc == CH_ENOTFOUND)
        rc = iam_missing(r, IAM_POLICY, arn);
    iam_row_free(&row);
    return rc;
}

int iam_detach_policy(struct request *r)
{
    return iam_write(r, detach_step);
}

static int attached_visit(void *context, const char *arn, const char *unused)
{
    struct iam_page *page = context;
    const char *prefix = member_text(page->r->in, "PathPrefix");
    const char *path = strchr(arn, '/');
    (void)unused;
    if ((prefix != NULL && strncmp(path, prefix, strlen(prefix)) != 0) ||
        !iam_page_takes(page, arn))
        return 0;
    return iam_page_add(page, arn,
                        json_pack("{s:s, s:s}", "PolicyName", strrchr(arn, '/') + 1, "PolicyArn",
                                  arn));
}

static int attached_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    struct iam_page page;
    int rc = iam_find(r, tx, iam_kind_of(r), &row);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &page);
    if (rc == 0)
        rc = store_iam_attached_list(tx, row.number, attached_visit, &page);
    iam_row_free(&row);
    return iam_page_close(&page, "AttachedPolicies", rc);
}

int iam_list_attached_policies(struct request *r)
{
    return iam_read(r, attached_step);
}

/* ---- who has a policy ---- */

struct holders {
    struct iam_page page;
    json_t *lists[IAM_ROLE + 1]; /* by kind */
};

static const struct {
    enum iam_kind kind;
    const char *list, *name, *id, *filter;
} holder_rows[] = {
    {IAM_USER, "PolicyUsers", "UserName", "UserId", "User"},
    {IAM_GROUP, "PolicyGroups", "GroupName", "GroupId", "Group"},
    {IAM_ROLE, "PolicyRoles", "RoleName", "RoleId", "Role"},
};

static int holder_visit(void *context, struct iam_row *row)
{
    struct holders *h = context;
    const json_t *in = h->page.r->in;
    const char *filter = member_text(in, "EntityFilter"), *prefix = member_text(in, "PathPrefix");
    size_t i = row->kind - IAM_USER;
    if ((filter != NULL && strcmp(filter, holder_rows[i].filter) != 0) ||
        (prefix != NULL && strncmp(row->path, prefix, strlen(prefix)) != 0) ||
        !iam_page_takes(&h->page, row->id))
        return 0;
    json_t *item = json_pack("{s:s, s:s}", holder_rows[i].name, row->name, holder_rows[i].id,
                             row->id);
    if (item == NULL || json_array_append(h->lists[row->kind], item) != 0) {
        json_decref(item);
        return CH_ENOMEM;
    }
    return iam_page_add(&h->page, row->id, item);
}

static int holders_put(struct request *r, struct holders *h, int rc)
{
    for (size_t i = 0; i < sizeof holder_rows / sizeof holder_rows[0]; i++) {
        json_t *list = h->lists[holder_rows[i].kind];
        rc = rc == 0 ? member_put_new(r->out, holder_rows[i].list, json_incref(list)) : rc;
        json_decref(list);
    }
    rc = iam_page_close(&h->page, "all", rc);
    json_object_del(r->out, "all"); /* they stand in the three lists */
    return rc;
}

static int entities_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    struct holders h = {.lists = {NULL, json_array(), json_array(), json_array()}};
    const char *arn = member_text(r->in, "PolicyArn");
    const char *usage = member_text(r->in, "PolicyUsageFilter");
    const char *filter = member_text(r->in, "EntityFilter");
    bool as_boundary = usage != NULL && strcmp(usage, "PermissionsBoundary") == 0;
    bool others = filter != NULL && (strcmp(filter, "LocalManagedPolicy") == 0 ||
                                     strcmp(filter, "AWSManagedPolicy") == 0);
    int rc = iam_page_open(r, &h.page);
    if (rc == 0)
        rc = iam_policy_get(tx, r->scope.account, arn, &policy);
    if (rc == 0)
        iam_policy_free(&policy);
    if (rc == CH_ENOTFOUND)
        rc = iam_missing(r, IAM_POLICY, arn);
    if (rc == 0 && !others)
        rc = store_iam_holders_list(tx, r->scope.account, arn, as_boundary, holder_visit, &h);
    return holders_put(r, &h, rc);
}

int iam_list_entities_for_policy(struct request *r)
{
    return iam_read(r, entities_step);
}

/* ---- inline ---- */

static int inline_missing(struct request *r, enum iam_kind kind)
{
    static const char *const nouns[] = {
        [IAM_USER] = "user", [IAM_GROUP] = "group", [IAM_ROLE] = "role"};
    return api_fail(&r->error, "NoSuchEntityException",
                    "The %s policy with name %s cannot be found.", nouns[kind],
                    member_text(r->in, "PolicyName"));
}

static int measure(void *context, const char *name, const char *document)
{
    (void)name;
    *(size_t *)context += iam_document_size(document);
    return 0;
}

static int put_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    size_t size = 0;
    int rc = iam_find_changeable(r, tx, &row);
    if (rc == 0)
        rc = store_iam_inline_put(tx, row.number, member_text(r->in, "PolicyName"),
                                  member_text(r->in, "PolicyDocument"));
    if (rc == 0)
        rc = store_iam_inline_list(tx, row.number, measure, &size);
    if (rc == 0 && size > limits[row.kind].inline_max)
        rc = api_fail(&r->error, "LimitExceededException",
                      "Maximum policy size of %u bytes exceeded for %s %s",
                      limits[row.kind].inline_max, iam_noun(row.kind), row.name);
    iam_row_free(&row);
    return rc;
}

int iam_put_inline_policy(struct request *r)
{
    int rc = iam_document_check(r, "PolicyDocument", POLICY_FORM_IDENTITY);
    return rc == 0 ? iam_write(r, put_step) : rc;
}

static int get_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    char *document = NULL;
    const char *name = member_text(r->in, "PolicyName");
    int rc = iam_find(r, tx, iam_kind_of(r), &row);
    if (rc == 0) {
        rc = store_iam_inline_get(tx, row.number, name, &document);
        rc = rc == CH_ENOTFOUND ? inline_missing(r, row.kind) : rc;
    }
    if (rc == 0)
        rc = member_put_text(r->out, iam_name_member(row.kind), row.name);
    if (rc == 0)
        rc = member_put_text(r->out, "PolicyName", name);
    if (rc == 0)
        rc = iam_put_document(r->out, "PolicyDocument", document);
    free(document);
    iam_row_free(&row);
    return rc;
}

int iam_get_inline_policy(struct request *r)
{
    return iam_read(r, get_step);
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = iam_find_changeable(r, tx, &row);
    if (rc == 0) {
        rc = store_iam_inline_delete(tx, row.number, member_text(r->in, "PolicyName"));
        rc = rc == CH_ENOTFOUND ? inline_missing(r, row.kind) : rc;
    }
    iam_row_free(&row);
    return rc;
}

int iam_delete_inline_policy(struct request *r)
{
    return iam_write(r, delete_step);
}

static int name_visit(void *context, const char *name, const char *document)
{
    struct iam_page *page = context;
    (void)document;
    return iam_page_takes(page, name) ? iam_page_add(page, name, json_string(name)) : 0;
}

static int names_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    struct iam_page page;
    int rc = iam_find(r, tx, iam_kind_of(r), &row);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &page);
    if (rc == 0)
        rc = store_iam_inline_list(tx, row.number, name_visit, &page);
    iam_row_free(&row);
    return iam_page_close(&page, "PolicyNames", rc);
}

int iam_list_inline_policies(struct request *r)
{
    return iam_read(r, names_step);
}

/* ---- boundaries ---- */

static int boundary_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    const char *arn = member_text(r->in, "PermissionsBoundary");
    int rc = iam_find_changeable(r, tx, &row);
    if (rc == 0 && arn == NULL && row.boundary == NULL)
        rc = api_fail(&r->error, "NoSuchEntityException",
                      "The %s with name %s has no permissions boundary.", iam_noun(row.kind),
                      row.name);
    if (rc == 0 && arn != NULL)
        rc = iam_policy_must_exist(r, tx, arn);
    if (rc == 0) {
        free(row.boundary);
        rc = member_copy(arn, &row.boundary);
    }
    if (rc == 0)
        rc = store_iam_update(tx, &row);
    iam_row_free(&row);
    return rc;
}

int iam_set_boundary(struct request *r)
{
    return iam_write(r, boundary_step);
}
