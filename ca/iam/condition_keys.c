/*
 * Condition keys of IAM and STS.
 */
#include "ca/auth/condition.h"
#include "ca/members.h"

#include <string.h>

#define MEMBER_KEY(FUNCTION, MEMBER)                                                               \
    static int FUNCTION(const struct condition *c, struct slice rest, struct policy_values *out)   \
    {                                                                                              \
        (void)rest;                                                                                \
        return policy_values_put_text(out, member_text(c->r->in, MEMBER));                         \
    }

MEMBER_KEY(policy_arn, "PolicyArn")
MEMBER_KEY(boundary, "PermissionsBoundary")
MEMBER_KEY(service_name, "AWSServiceName")
MEMBER_KEY(external_id, "ExternalId")
MEMBER_KEY(session_name, "RoleSessionName")
MEMBER_KEY(source_identity, "SourceIdentity")

static int transitive(const struct condition *c, struct slice rest, struct policy_values *out)
{
    const json_t *keys = json_object_get(c->r->in, "TransitiveTagKeys");
    int rc = 0;
    (void)rest;
    for (size_t i = 0; rc == 0 && i < json_array_size(keys); i++)
        rc = policy_values_put_text(out, json_string_value(json_array_get(keys, i)));
    return rc;
}

static const struct condition_key iam_rows[] = {
    {"iam:awsservicename", service_name},
    {"iam:permissionsboundary", boundary},
    {"iam:policyarn", policy_arn},
};

static const struct condition_key sts_rows[] = {
    {"sts:externalid", external_id},
    {"sts:rolesessionname", session_name},
    {"sts:sourceidentity", source_identity},
    {"sts:transitivetagkeys", transitive},
};

const struct condition_table iam_condition_keys = {"iam:", iam_rows,
                                                   sizeof iam_rows / sizeof iam_rows[0]};
const struct condition_table sts_condition_keys = {"sts:", sts_rows,
                                                   sizeof sts_rows / sizeof sts_rows[0]};
