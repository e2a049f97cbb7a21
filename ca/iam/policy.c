/*
 * Managed policies: CreatePolicy, GetPolicy, ListPolicies, DeletePolicy, and their versions.
 */
#include "ca/iam/policy.h"

#include "ca/iam/entity.h"
#include "ca/iam/operations.h"
#include "ca/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICIES_MAX 1500
#define VERSIONS_MAX 5
#define DOCUMENT_MAX 6144

/* ---- by ARN ---- */

int iam_policy_get(struct store_tx *tx, const char *account, const char *arn,
                   struct iam_policy *out)
{
    char full[IAM_ARN_SIZE];
    const char *slash = strrchr(arn, '/');
    *out = (struct iam_policy){.aws = managed_policy_find(arn)};
    if (out->aws != NULL)
        return 0;
    if (slash == NULL || slash[1] == '\0')
        return CH_ENOTFOUND;
    int rc = store_iam_get(tx, account, IAM_POLICY, slash + 1, &out->row);
    if (rc != 0)
        return rc;
    iam_arn(&out->row, full);
    if (strcmp(full, arn) == 0)
        return 0;
    iam_row_free(&out->row);
    return CH_ENOTFOUND;
}

void iam_policy_free(struct iam_policy *policy)
{
    iam_row_free(&policy->row);
    policy->aws = NULL;
}

int iam_policy_document(struct store_tx *tx, const char *account, const char *arn, char **out)
{
    struct iam_policy policy;
    struct iam_version_row version = {0};
    *out = NULL;
    int rc = iam_policy_get(tx, account, arn, &policy);
    if (rc == 0 && policy.aws != NULL)
        rc = member_copy(policy.aws->document, out);
    else if (rc == 0)
        rc = store_iam_version_get(tx, policy.row.number, policy.row.default_version, &version);
    if (rc == 0 && *out == NULL) {
        *out = version.document;
        version.document = NULL;
    }
    iam_version_row_free(&version);
    iam_policy_free(&policy);
    return rc;
}

int iam_policy_must_exist(struct request *r, struct store_tx *tx, const char *arn)
{
    struct iam_policy policy;
    int rc = iam_policy_get(tx, r->scope.account, arn, &policy);
    iam_policy_free(&policy);
    if (rc != CH_ENOTFOUND)
        return rc;
    return api_fail(&r->error, "NoSuchEntityException",
                    "Policy %s does not exist or is not attachable.", arn);
}

/* The policy that PolicyArn names. NoSuchEntityException. */
static int find(struct request *r, struct store_tx *tx, struct iam_policy *out)
{
    const char *arn = member_text(r->in, "PolicyArn");
    int rc = iam_policy_get(tx, r->scope.account, arn, out);
    return rc == CH_ENOTFOUND ? iam_missing(r, IAM_POLICY, arn) : rc;
}

/* The same for who wants to change it: AWS's are not the customer's. */
static int find_own(struct request *r, struct store_tx *tx, struct iam_policy *out)
{
    int rc = find(r, tx, out);
    if (rc != 0 || out->aws == NULL)
        return rc;
    return api_fail(&r->error, "AccessDeniedException",
                    "User: %s is not authorized to perform: iam:%s on resource: policy %s",
                    r->principal.arn, r->operation->name, out->aws->arn);
}

/* ---- documents ---- */

static int check_size(struct request *r)
{
    if (iam_document_size(member_text(r->in, "PolicyDocument")) <= DOCUMENT_MAX)
        return 0;
    return iam_over_quota(r, "PolicySize", DOCUMENT_MAX);
}

/* ---- policies ---- */

int iam_managed_object(struct store_tx *tx, const char *account, const struct managed_policy *p,
                       json_t **out)
{
    uint32_t attached = 0, bounding = 0;
    int rc = store_iam_holders_count(tx, account, p->arn, false, &attached);
    if (rc == 0)
        rc = store_iam_holders_count(tx, account, p->arn, true, &bounding);
    if (rc != 0)
        return rc;
    *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:s, s:o, s:o}", "PolicyName",
                     p->name, "PolicyId", p->id, "Arn", p->arn, "Path", p->path,
                     "DefaultVersionId", MANAGED_VERSION, "AttachmentCount", (int)attached,
                     "PermissionsBoundaryUsageCount", (int)bounding, "IsAttachable", 1,
                     "Description", p->description, "CreateDate",
                     contract_timestamp(MANAGED_CREATED_AT), "UpdateDate",
                     contract_timestamp(MANAGED_CREATED_AT));
    return *out == NULL ? CH_ENOMEM : 0;
}

static int insert(struct request *r, struct store_tx *tx, const struct iam_row *row)
{
    struct iam_row made = {0};
    uint32_t count = 0;
    int rc = store_iam_count(tx, row->account, IAM_POLICY, &count);
    if (rc == 0 && count >= POLICIES_MAX)
        return iam_over_quota(r, "PoliciesPerAccount", POLICIES_MAX);
    if (rc == 0)
        rc = store_iam_insert(tx, row);
    if (rc == CH_EEXISTS)
        return iam_exists(r, IAM_POLICY, row->name);
    if (rc == 0)
        rc = store_iam_get_by_id(tx, row->id, &made);
    if (rc == 0)
        rc = store_iam_version_put(tx, made.number, 1, member_text(r->in, "PolicyDocument"),
                                   r->now);
    if (rc == 0)
        rc = iam_tags_add(r, tx, row->id);
    iam_row_free(&made);
    return rc;
}

static int create_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    json_t *object = NULL;
    int rc = iam_row_draft(r, tx, IAM_POLICY, &row);
    row.default_version = row.last_version = 1;
    if (rc == 0)
        rc = insert(r, tx, &row);
    if (rc == 0)
        rc = iam_policy_object(tx, &row, false, &object);
    if (rc == 0)
        rc = iam_put_tags(tx, row.id, object);
    if (rc == 0)
        rc = member_put_new(r->out, "Policy", json_incref(object));
    json_decref(object);
    iam_row_free(&row);
    return rc;
}

int iam_create_policy(struct request *r)
{
    int rc = iam_tags_check(r, json_object_get(r->in, "Tags"));
    if (rc == 0)
        rc = check_size(r);
    if (rc == 0)
        rc = iam_document_check(r, "PolicyDocument", POLICY_FORM_IDENTITY);
    return rc == 0 ? iam_write(r, create_step) : rc;
}

static int get_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    json_t *object = NULL;
    int rc = find(r, tx, &policy);
    if (rc == 0)
        rc = policy.aws != NULL ? iam_managed_object(tx, r->scope.account, policy.aws, &object)
                                : iam_policy_object(tx, &policy.row, true, &object);
    if (rc == 0)
        rc = member_put_new(r->out, "Policy", object);
    iam_policy_free(&policy);
    return rc;
}

int iam_get_policy(struct request *r)
{
    return iam_read(r, get_step);
}

/* ---- lists ---- */

struct listing {
    struct iam_page page;
    struct store_tx *tx;
    const char *prefix, *usage;
    bool attached_only;
};

/* Is a policy with these counts one that was asked for? */
static bool is_wanted(const struct listing *l, const json_t *object)
{
    json_int_t attached = json_integer_value(json_object_get(object, "AttachmentCount"));
    json_int_t bounding =
        json_integer_value(json_object_get(object, "PermissionsBoundaryUsageCount"));
    if (l->attached_only && attached == 0)
        return false;
    if (l->usage == NULL)
        return true;
    return strcmp(l->usage, "PermissionsBoundary") == 0 ? bounding > 0 : attached > 0;
}

static int list_add(struct listing *l, const char *key, json_t *object)
{
    if (is_wanted(l, object) && iam_page_takes(&l->page, key))
        return iam_page_add(&l->page, key, object);
    json_decref(object);
    return 0;
}

static int list_visit(void *context, struct iam_row *row)
{
    struct listing *l = context;
    char arn[IAM_ARN_SIZE];
    json_t *object = NULL;
    iam_arn(row, arn);
    int rc = iam_policy_object(l->tx, row, false, &object);
    return rc == 0 ? list_add(l, arn, object) : rc;
}

static int list_aws(struct request *r, struct listing *l)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < managed_policy_count; i++) {
        const struct managed_policy *p = &managed_policies[i];
        json_t *object = NULL;
        if (strncmp(p->path, l->prefix, strlen(l->prefix)) != 0)
            continue;
        rc = iam_managed_object(l->tx, r->scope.account, p, &object);
        json_object_del(object, "Description"); /* lists leave it out */
        if (rc == 0)
            rc = list_add(l, p->arn, object);
    }
    return rc;
}

static int list_step(struct request *r, struct store_tx *tx)
{
    const char *scope = member_text(r->in, "Scope"), *prefix = member_text(r->in, "PathPrefix");
    struct listing l = {.tx = tx, .prefix = prefix == NULL ? "" : prefix};
    int rc = iam_page_open(r, &l.page);
    l.usage = member_text(r->in, "PolicyUsageFilter");
    l.attached_only = json_is_true(json_object_get(r->in, "OnlyAttached"));
    if (rc == 0 && (scope == NULL || strcmp(scope, "AWS") != 0))
        rc = store_iam_list(tx, r->scope.account, IAM_POLICY, l.prefix, "", POLICIES_MAX,
                            list_visit, &l);
    if (rc == 0 && (scope == NULL || strcmp(scope, "Local") != 0))
        rc = list_aws(r, &l);
    return iam_page_close(&l.page, "Policies", rc);
}

int iam_list_policies(struct request *r)
{
    return iam_read(r, list_step);
}

/* ---- deletion ---- */

static int count_version(void *context, const struct iam_version_row *row)
{
    (void)row;
    ++*(unsigned *)context;
    return 0;
}

static int check_unused(struct request *r, struct store_tx *tx, const struct iam_row *row)
{
    char arn[IAM_ARN_SIZE];
    uint32_t attached = 0, bounding = 0;
    unsigned versions = 0;
    iam_arn(row, arn);
    int rc = store_iam_holders_count(tx, row->account, arn, false, &attached);
    if (rc == 0)
        rc = store_iam_holders_count(tx, row->account, arn, true, &bounding);
    if (rc == 0)
        rc = store_iam_version_list(tx, row->number, count_version, &versions);
    if (rc == 0 && attached + bounding > 0)
        return api_fail(&r->error, "DeleteConflictException",
                        "Cannot delete a policy attached to entities.");
    if (rc == 0 && versions > 1)
        return api_fail(&r->error, "DeleteConflictException",
                        "This policy has more than one version. Before you delete a policy, you "
                        "must delete the policy's versions. The default version is deleted with "
                        "the policy.");
    return rc;
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    int rc = find_own(r, tx, &policy);
    if (rc == 0)
        rc = check_unused(r, tx, &policy.row);
    if (rc == 0)
        rc = store_iam_version_delete(tx, policy.row.number, policy.row.default_version);
    if (rc == 0)
        rc = store_iam_delete(tx, &policy.row);
    iam_policy_free(&policy);
    return rc;
}

int iam_delete_policy(struct request *r)
{
    return iam_write(r, delete_step);
}

/* ---- versions ---- */

/* "v3" -> 3; 0 for anything that is no version of ours. */
static int64_t version_number(const char *text)
{
    size_t digits = strspn(text + 1, "0123456789");
    return text[1 + digits] == '\0' && digits < 10 ? strtoll(text + 1, NULL, 10) : 0;
}

static int version_missing(struct request *r)
{
    return api_fail(&r->error, "NoSuchEntityException",
                    "Policy %s version %s does not exist or is not attachable.",
                    member_text(r->in, "PolicyArn"), member_text(r->in, "VersionId"));
}

static json_t *version_object(int64_t version, bool is_default, int64_t created_at)
{
    return json_pack("{s:o, s:b, s:o}", "VersionId", json_sprintf("v%lld", (long long)version),
                     "IsDefaultVersion", is_default, "CreateDate", contract_timestamp(created_at));
}

static int create_version(struct request *r, struct store_tx *tx, struct iam_row *row)
{
    unsigned versions = 0;
    bool is_default = json_is_true(json_object_get(r->in, "SetAsDefault"));
    int rc = store_iam_version_list(tx, row->number, count_version, &versions);
    if (rc == 0 && versions >= VERSIONS_MAX)
        return api_fail(&r->error, "LimitExceededException",
                        "A managed policy can have up to %d versions. Before you create a new "
                        "version, you must delete an existing version.",
                        VERSIONS_MAX);
    row->last_version++;
    row->updated_at = r->now;
    if (is_default)
        row->default_version = row->last_version;
    if (rc == 0)
        rc = store_iam_version_put(tx, row->number, row->last_version,
                                   member_text(r->in, "PolicyDocument"), r->now);
    if (rc == 0)
        rc = store_iam_update(tx, row);
    return rc != 0 ? rc
                   : member_put_new(r->out, "PolicyVersion",
                                    version_object(row->last_version, is_default, r->now));
}

static int create_version_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    int rc = find_own(r, tx, &policy);
    if (rc == 0)
        rc = create_version(r, tx, &policy.row);
    iam_policy_free(&policy);
    return rc;
}

int iam_create_policy_version(struct request *r)
{
    int rc = check_size(r);
    if (rc == 0)
        rc = iam_document_check(r, "PolicyDocument", POLICY_FORM_IDENTITY);
    return rc == 0 ? iam_write(r, create_version_step) : rc;
}

static int put_version(struct request *r, int64_t number, bool is_default, int64_t created_at,
                       const char *document)
{
    json_t *object = version_object(number, is_default, created_at);
    int rc = iam_put_document(object, "Document", document);
    if (rc == 0)
        rc = member_put_new(r->out, "PolicyVersion", json_incref(object));
    json_decref(object);
    return rc;
}

static int get_version_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    struct iam_version_row row = {0};
    int64_t number = version_number(member_text(r->in, "VersionId"));
    int rc = find(r, tx, &policy);
    if (rc == 0 && policy.aws != NULL)
        rc = number == 1 ? put_version(r, 1, true, MANAGED_CREATED_AT, policy.aws->document)
                         : version_missing(r);
    else if (rc == 0) {
        rc = store_iam_version_get(tx, policy.row.number, number, &row);
        rc = rc == CH_ENOTFOUND ? version_missing(r)
             : rc != 0          ? rc
                                : put_version(r, number, number == policy.row.default_version,
                                              row.created_at, row.document);
    }
    iam_version_row_free(&row);
    iam_policy_free(&policy);
    return rc;
}

int iam_get_policy_version(struct request *r)
{
    return iam_read(r, get_version_step);
}

static int delete_version_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    int64_t number = version_number(member_text(r->in, "VersionId"));
    int rc = find_own(r, tx, &policy);
    if (rc == 0 && number == policy.row.default_version)
        rc = api_fail(&r->error, "DeleteConflictException",
                      "Cannot delete the default version of a policy.");
    if (rc == 0)
        rc = store_iam_version_delete(tx, policy.row.number, number);
    iam_policy_free(&policy);
    return rc == CH_ENOTFOUND ? version_missing(r) : rc;
}

int iam_delete_policy_version(struct request *r)
{
    return iam_write(r, delete_version_step);
}

static int set_default_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    struct iam_version_row row = {0};
    int64_t number = version_number(member_text(r->in, "VersionId"));
    int rc = find_own(r, tx, &policy);
    if (rc == 0)
        rc = store_iam_version_get(tx, policy.row.number, number, &row);
    iam_version_row_free(&row);
    policy.row.default_version = number;
    if (rc == 0)
        rc = store_iam_update(tx, &policy.row);
    iam_policy_free(&policy);
    return rc == CH_ENOTFOUND ? version_missing(r) : rc;
}

int iam_set_default_policy_version(struct request *r)
{
    return iam_write(r, set_default_step);
}

struct version_listing {
    struct iam_page page;
    int64_t default_version;
};

static int version_visit(void *context, const struct iam_version_row *row)
{
    struct version_listing *l = context;
    char key[24];
    snprintf(key, sizeof key, "v%lld", (long long)row->version);
    if (!iam_page_takes(&l->page, key))
        return 0;
    return iam_page_add(&l->page, key,
                        version_object(row->version, row->version == l->default_version,
                                       row->created_at));
}

static int list_versions_step(struct request *r, struct store_tx *tx)
{
    struct iam_policy policy;
    struct version_listing l;
    int rc = find(r, tx, &policy);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &l.page);
    l.default_version = policy.aws != NULL ? 1 : policy.row.default_version;
    if (rc == 0 && policy.aws != NULL)
        rc = version_visit(&l, &(struct iam_version_row){.version = 1,
                                                         .created_at = MANAGED_CREATED_AT});
    else if (rc == 0)
        rc = store_iam_version_list(tx, policy.row.number, version_visit, &l);
    iam_policy_free(&policy);
    return iam_page_close(&l.page, "Versions", rc);
}

int iam_list_policy_versions(struct request *r)
{
    return iam_read(r, list_versions_step);
}
