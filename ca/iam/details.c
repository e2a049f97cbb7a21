/*
 * GetAccountAuthorizationDetails: everything about users, groups, roles and policies at once.
 */
#include "ca/iam/operations.h"
#include "ca/iam/policy.h"
#include "ca/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct details {
    struct request *r;
    struct store_tx *tx;
    struct iam_page page;
    json_t *lists[IAM_POLICY + 1]; /* by kind */
};

static const struct {
    const char *filter, *list, *inlined;
} rows[] = {
    [IAM_USER] = {"User", "UserDetailList", "UserPolicyList"},
    [IAM_GROUP] = {"Group", "GroupDetailList", "GroupPolicyList"},
    [IAM_ROLE] = {"Role", "RoleDetailList", "RolePolicyList"},
    [IAM_POLICY] = {"LocalManagedPolicy", "Policies", NULL},
};

static int inline_visit(void *context, const char *name, const char *document)
{
    json_t *list = context, *item = json_pack("{s:s}", "PolicyName", name);
    int rc = iam_put_document(item, "PolicyDocument", document);
    if (rc == 0 && json_array_append(list, item) != 0)
        rc = CH_ENOMEM;
    json_decref(item);
    return rc;
}

static int attached_visit(void *context, const char *arn, const char *unused)
{
    json_t *list = context;
    (void)unused;
    return json_array_append_new(list, json_pack("{s:s, s:s}", "PolicyName", strrchr(arn, '/') + 1,
                                                 "PolicyArn", arn)) == 0
               ? 0
               : CH_ENOMEM;
}

static int group_visit(void *context, struct iam_row *row)
{
    return json_array_append_new(context, json_string(row->name)) == 0 ? 0 : CH_ENOMEM;
}

static int put_policies(struct details *d, const struct iam_row *row, json_t *object)
{
    json_t *inlined = json_array(), *attached = json_array();
    int rc = store_iam_inline_list(d->tx, row->number, inline_visit, inlined);
    if (rc == 0)
        rc = store_iam_attached_list(d->tx, row->number, attached_visit, attached);
    if (rc == 0)
        rc = member_put_new(object, rows[row->kind].inlined, json_incref(inlined));
    if (rc == 0)
        rc = member_put_new(object, "AttachedManagedPolicies", json_incref(attached));
    json_decref(inlined);
    json_decref(attached);
    return rc;
}

static int put_groups(struct details *d, const struct iam_row *row, json_t *object)
{
    json_t *groups = json_array();
    int rc = store_iam_groups_list(d->tx, row->number, group_visit, groups);
    if (rc == 0)
        return member_put_new(object, "GroupList", groups);
    json_decref(groups);
    return rc;
}

struct versions {
    json_t *list;
    int64_t chosen;
};

static int version_visit(void *context, const struct iam_version_row *row)
{
    const struct versions *v = context;
    json_t *item = json_pack("{s:o, s:b, s:o}", "VersionId",
                             json_sprintf("v%lld", (long long)row->version), "IsDefaultVersion",
                             row->version == v->chosen, "CreateDate",
                             contract_timestamp(row->created_at));
    int rc = iam_put_document(item, "Document", row->document);
    if (rc == 0 && json_array_append(v->list, item) != 0)
        rc = CH_ENOMEM;
    json_decref(item);
    return rc;
}

static int put_versions(struct details *d, const struct iam_row *row, json_t *object)
{
    struct versions v = {.list = json_array(), .chosen = row->default_version};
    json_object_del(object, "Tags"); /* no member of this answer */
    int rc = store_iam_version_list(d->tx, row->number, version_visit, &v);
    if (rc == 0)
        return member_put_new(object, "PolicyVersionList", v.list);
    json_decref(v.list);
    return rc;
}

static int object_make(struct details *d, const struct iam_row *row, json_t **out)
{
    int rc = 0;
    switch ((enum iam_kind)row->kind) {
    case IAM_USER:
        rc = iam_user_object(d->tx, row, out);
        json_object_del(*out, "PasswordLastUsed");
        return rc == 0 ? put_groups(d, row, *out) : rc;
    case IAM_GROUP:
        return iam_group_object(row, out);
    case IAM_ROLE:
        rc = iam_role_object(d->tx, row, true, out);
        json_object_del(*out, "Description");
        json_object_del(*out, "MaxSessionDuration");
        return rc == 0 ? member_put_new(*out, "InstanceProfileList", json_array()) : rc;
    case IAM_POLICY:
        rc = iam_policy_object(d->tx, row, true, out);
        return rc == 0 ? put_versions(d, row, *out) : rc;
    case IAM_ROOT:
        break;
    }
    return CH_EINTEGRITY;
}

static int visit(void *context, struct iam_row *row)
{
    struct details *d = context;
    json_t *object = NULL;
    if (!iam_page_takes(&d->page, row->id))
        return 0;
    int rc = object_make(d, row, &object);
    if (rc == 0 && row->kind != IAM_POLICY)
        rc = put_policies(d, row, object);
    if (rc == 0 && json_array_append(d->lists[row->kind], object) != 0)
        rc = CH_ENOMEM;
    if (rc == 0)
        return iam_page_add(&d->page, row->id, object);
    json_decref(object);
    return rc;
}

/* ---- the policies of AWS that somebody has ---- */

static int managed_object(struct details *d, const struct managed_policy *p, json_t **out)
{
    const struct iam_version_row row = {.version = 1,
                                        .document = (char *)(uintptr_t)p->document,
                                        .created_at = MANAGED_CREATED_AT};
    struct versions v = {.list = json_array(), .chosen = 1};
    int rc = iam_managed_object(d->tx, d->r->scope.account, p, out);
    if (rc == 0)
        rc = version_visit(&v, &row);
    if (rc == 0)
        rc = member_put_new(*out, "PolicyVersionList", json_incref(v.list));
    json_decref(v.list);
    return rc;
}

static bool is_used(const json_t *object)
{
    return json_integer_value(json_object_get(object, "AttachmentCount")) > 0 ||
           json_integer_value(json_object_get(object, "PermissionsBoundaryUsageCount")) > 0;
}

static int managed_add(struct details *d, const struct managed_policy *p)
{
    json_t *object = NULL;
    int rc = managed_object(d, p, &object);
    bool taken = rc == 0 && is_used(object) && iam_page_takes(&d->page, p->id);
    if (taken && json_array_append(d->lists[IAM_POLICY], object) != 0)
        rc = CH_ENOMEM;
    if (taken && rc == 0)
        return iam_page_add(&d->page, p->id, object);
    json_decref(object);
    return rc;
}

static bool wanted(const json_t *filter, const char *what)
{
    return json_array_size(filter) == 0 || member_list_has(filter, what);
}

static int step(struct request *r, struct store_tx *tx)
{
    struct details d = {.r = r, .tx = tx};
    const json_t *filter = json_object_get(r->in, "Filter");
    int rc = iam_page_open(r, &d.page);
    for (enum iam_kind kind = IAM_USER; kind <= IAM_POLICY; kind++) {
        d.lists[kind] = json_array();
        if (rc == 0 && wanted(filter, rows[kind].filter))
            rc = store_iam_list(tx, r->scope.account, kind, "", "", UINT32_MAX, visit, &d);
    }
    for (size_t i = 0; rc == 0 && wanted(filter, "AWSManagedPolicy") && i < managed_policy_count; i++)
        rc = managed_add(&d, &managed_policies[i]);
    for (enum iam_kind kind = IAM_USER; kind <= IAM_POLICY; kind++) {
        rc = rc == 0 ? member_put_new(r->out, rows[kind].list, json_incref(d.lists[kind])) : rc;
        json_decref(d.lists[kind]);
    }
    rc = iam_page_close(&d.page, "all", rc);
    json_object_del(r->out, "all"); /* they stand in the four lists */
    return rc;
}

int iam_get_account_authorization_details(struct request *r)
{
    return iam_read(r, step);
}
