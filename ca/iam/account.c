/*
 * The account: its alias, and how much of everything it has.
 */
#include "ca/iam/iam.h"
#include "ca/iam/operations.h"
#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

/* ---- alias ---- */

static int create_step(struct request *r, struct store_tx *tx)
{
    const char *alias = member_text(r->in, "AccountAlias");
    int rc = store_iam_alias_set(tx, r->scope.account, alias);
    if (rc != CH_EEXISTS)
        return rc;
    return api_fail(&r->error, "EntityAlreadyExistsException",
                    "The account alias %s already exists.", alias);
}

int iam_create_account_alias(struct request *r)
{
    return iam_write(r, create_step);
}

static int delete_step(struct request *r, struct store_tx *tx)
{
    const char *alias = member_text(r->in, "AccountAlias");
    char *present = NULL;
    int rc = store_iam_alias_get(tx, r->scope.account, &present);
    if (rc == 0 && (present == NULL || strcmp(present, alias) != 0))
        rc = api_fail(&r->error, "NoSuchEntityException",
                      "The account alias with name %s cannot be found.", alias);
    free(present);
    return rc == 0 ? store_iam_alias_set(tx, r->scope.account, NULL) : rc;
}

int iam_delete_account_alias(struct request *r)
{
    return iam_write(r, delete_step);
}

static int list_step(struct request *r, struct store_tx *tx)
{
    struct iam_page page;
    char *alias = NULL;
    int rc = iam_page_open(r, &page);
    if (rc == 0)
        rc = store_iam_alias_get(tx, r->scope.account, &alias);
    if (rc == 0 && alias != NULL && iam_page_takes(&page, alias))
        rc = iam_page_add(&page, alias, json_string(alias));
    free(alias);
    return iam_page_close(&page, "AccountAliases", rc);
}

int iam_list_account_aliases(struct request *r)
{
    return iam_read(r, list_step);
}

/* ---- summary ---- */

static const struct {
    const char *name;
    int value;
} quotas[] = {
    {"UsersQuota", 5000},
    {"GroupsQuota", 300},
    {"PoliciesQuota", 1500},
    {"GroupsPerUserQuota", 10},
    {"AccessKeysPerUserQuota", 2},
    {"AttachedPoliciesPerUserQuota", 10},
    {"AttachedPoliciesPerGroupQuota", 10},
    {"AttachedPoliciesPerRoleQuota", 10},
    {"VersionsPerPolicyQuota", 5},
    {"PolicySizeQuota", 6144},
    {"UserPolicySizeQuota", 2048},
    {"GroupPolicySizeQuota", 5120},
    {"AccountAccessKeysPresent", 0}, /* the root principal has no keys here */
    {"AccountSigningCertificatesPresent", 0},
    {"AccountMFAEnabled", 0},
    {"GlobalEndpointTokenVersion", 2},
};

static int count_mfa(void *context, const struct iam_mfa_row *row)
{
    unsigned *counts = context;
    counts[0]++;
    counts[1] += row->user != 0;
    return 0;
}

static int put_counts(struct request *r, struct store_tx *tx, json_t *map)
{
    static const char *const names[] = {
        [IAM_USER] = "Users", [IAM_GROUP] = "Groups", [IAM_POLICY] = "Policies"};
    unsigned devices[2] = {0, 0};
    int rc = 0;
    for (enum iam_kind kind = IAM_USER; rc == 0 && kind <= IAM_POLICY; kind++) {
        uint32_t count = 0;
        if (names[kind] == NULL)
            continue;
        rc = store_iam_count(tx, r->scope.account, kind, &count);
        if (rc == 0)
            rc = member_put_new(map, names[kind], json_integer(count));
    }
    if (rc == 0)
        rc = store_iam_mfa_list(tx, r->scope.account, 0, "", count_mfa, devices);
    if (rc == 0)
        rc = member_put_new(map, "MFADevices", json_integer(devices[0]));
    return rc == 0 ? member_put_new(map, "MFADevicesInUse", json_integer(devices[1])) : rc;
}

static int summary_step(struct request *r, struct store_tx *tx)
{
    json_t *map = json_object();
    int rc = map == NULL ? CH_ENOMEM : put_counts(r, tx, map);
    for (size_t i = 0; rc == 0 && i < sizeof quotas / sizeof quotas[0]; i++)
        rc = member_put_new(map, quotas[i].name, json_integer(quotas[i].value));
    if (rc == 0)
        rc = member_put_new(r->out, "SummaryMap", json_incref(map));
    json_decref(map);
    return rc;
}

int iam_get_account_summary(struct request *r)
{
    return iam_read(r, summary_step);
}
