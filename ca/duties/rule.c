#include "ca/duties/duties.h"

#include "ca/core.h"

#include <string.h>

/*
 * The groups of operations that [approval] operations may name (firmware/base/config_rows.c knows the
 * names). "identities" goes with "policies": who can make keys of others needs no policies.
 */
static const struct {
    const char *group, *service, *operation;
} rows[] = {
    {"authorities", "acm-pca", "CreateCertificateAuthority"},
    {"authorities", "acm-pca", "DeleteCertificateAuthority"},
    {"authorities", "acm-pca", "RestoreCertificateAuthority"},
    {"authority-certificates", "acm-pca", "ImportCertificateAuthorityCertificate"},
    {"policies", "acm-pca", "PutPolicy"},
    {"policies", "acm-pca", "DeletePolicy"},
    {"policies", "acm-pca", "CreatePermission"},
    {"policies", "acm-pca", "DeletePermission"},
    {"policies", "iam", "AddUserToGroup"},
    {"policies", "iam", "AttachGroupPolicy"},
    {"policies", "iam", "AttachRolePolicy"},
    {"policies", "iam", "AttachUserPolicy"},
    {"policies", "iam", "CreatePolicy"},
    {"policies", "iam", "CreatePolicyVersion"},
    {"policies", "iam", "CreateRole"},
    {"policies", "iam", "DeleteGroupPolicy"},
    {"policies", "iam", "DeletePolicy"},
    {"policies", "iam", "DeletePolicyVersion"},
    {"policies", "iam", "DeleteRolePermissionsBoundary"},
    {"policies", "iam", "DeleteRolePolicy"},
    {"policies", "iam", "DeleteUserPermissionsBoundary"},
    {"policies", "iam", "DeleteUserPolicy"},
    {"policies", "iam", "DetachGroupPolicy"},
    {"policies", "iam", "DetachRolePolicy"},
    {"policies", "iam", "DetachUserPolicy"},
    {"policies", "iam", "PutGroupPolicy"},
    {"policies", "iam", "PutRolePermissionsBoundary"},
    {"policies", "iam", "PutRolePolicy"},
    {"policies", "iam", "PutUserPermissionsBoundary"},
    {"policies", "iam", "PutUserPolicy"},
    {"policies", "iam", "RemoveUserFromGroup"},
    {"policies", "iam", "SetDefaultPolicyVersion"},
    {"policies", "iam", "UpdateAssumeRolePolicy"},
    {"identities", "iam", "CreateAccessKey"},
    {"identities", "iam", "CreateLoginProfile"},
    {"identities", "iam", "CreateUser"},
    {"identities", "iam", "DeactivateMFADevice"},
    {"identities", "iam", "EnableMFADevice"},
    {"identities", "iam", "ResyncMFADevice"},
    {"identities", "iam", "TagRole"},
    {"identities", "iam", "TagUser"},
    {"identities", "iam", "UntagRole"},
    {"identities", "iam", "UntagUser"},
    {"identities", "iam", "UpdateAccessKey"},
    {"identities", "iam", "UpdateLoginProfile"},
    {"identities", "iam", "UpdateUser"},
    {"export", "acm", "ExportCertificate"},
    {"hsm", DUTIES_OPERATOR, "key rotate"},
    {"hsm", DUTIES_OPERATOR, "trust make"},
    {"hsm", DUTIES_OPERATOR, "trust roll-over intermediate"},
    {"hsm", DUTIES_OPERATOR, "trust roll-over root"},
};

static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    while (*list != '\0') {
        size_t part = strcspn(list, ",");
        if (part == len && memcmp(list, name, len) == 0)
            return true;
        list += part + (list[part] == ',');
    }
    return false;
}

bool duties_apply(const struct config *config, const char *service, const char *operation)
{
    if (config->approval_operations[0] == '\0')
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].operation, operation) == 0 && strcmp(rows[i].service, service) == 0)
            return is_listed(config->approval_operations, rows[i].group);
    return false;
}
