#include "ca/iam/managed.h"

#include <string.h>

#define BEGIN "{\"Version\":\"2012-10-17\",\"Statement\":["
#define END "]}"
#define ALLOW(ACTIONS, RESOURCE)                                                                   \
    "{\"Effect\":\"Allow\",\"Action\":[" ACTIONS "],\"Resource\":" RESOURCE "}"
#define ALLOW_IF(ACTIONS, RESOURCE, CONDITION)                                                     \
    "{\"Effect\":\"Allow\",\"Action\":[" ACTIONS "],\"Resource\":" RESOURCE                        \
    ",\"Condition\":{" CONDITION "}}"
#define DENY_IF(ACTIONS, RESOURCE, CONDITION)                                                      \
    "{\"Effect\":\"Deny\",\"Action\":[" ACTIONS "],\"Resource\":" RESOURCE                         \
    ",\"Condition\":{" CONDITION "}}"
#define SLR                                                                                        \
    "\"arn:aws:iam::*:role/aws-service-role/acm.amazonaws.com/"                                    \
    "AWSServiceRoleForCertificateManager*\""
#define AUTHORITIES "\"arn:aws:acm-pca:*:*:certificate-authority/*\""
#define TEMPLATE_IS(PATTERN)                                                                       \
    "\"StringLike\":{\"acm-pca:TemplateArn\":[\"arn:aws:acm-pca:::template/" PATTERN "\"]}"
#define TEMPLATE_IS_NOT(PATTERN)                                                                   \
    "\"StringNotLike\":{\"acm-pca:TemplateArn\":[\"arn:aws:acm-pca:::template/" PATTERN "\"]}"
#define PCA_READ                                                                                   \
    "\"acm-pca:GetCertificate\",\"acm-pca:ListPermissions\",\"acm-pca:ListTags\","                 \
    "\"acm-pca:GetCertificateAuthorityCertificate\",\"acm-pca:GetCertificateAuthorityCsr\","       \
    "\"acm-pca:GetPolicy\",\"acm-pca:DescribeCertificateAuthorityAuditReport\","                   \
    "\"acm-pca:DescribeCertificateAuthority\""
#define ACM_READ                                                                                   \
    "\"acm:DescribeCertificate\",\"acm:ListCertificates\",\"acm:GetCertificate\","                 \
    "\"acm:ListTagsForCertificate\",\"acm:GetAccountConfiguration\",\"acm:SearchCertificates\","   \
    "\"acm:ListTagsForResource\""
#define ROW(PATH, NAME, ID, DESCRIPTION, DOCUMENT)                                                 \
    {"arn:aws:iam::aws:policy" PATH NAME, PATH, NAME, ID, DESCRIPTION, DOCUMENT}

const struct managed_policy managed_policies[] = {
    ROW("/", "AWSCertificateManagerFullAccess", "ANPACHANCERY00000001A",
        "Provides full access to AWS Certificate Manager (ACM)",
        BEGIN ALLOW("\"acm:*\"", "\"*\"") "," ALLOW_IF(
            "\"iam:CreateServiceLinkedRole\"", SLR,
            "\"StringEquals\":{\"iam:AWSServiceName\":\"acm.amazonaws.com\"}") "," ALLOW(
            "\"iam:DeleteServiceLinkedRole\",\"iam:GetServiceLinkedRoleDeletionStatus\","
            "\"iam:GetRole\"",
            SLR) END),
    ROW("/", "AWSCertificateManagerReadOnly", "ANPACHANCERY00000002A",
        "Provides read only access to AWS Certificate Manager (ACM).",
        BEGIN ALLOW(ACM_READ, "\"*\"") END),
    ROW("/", "AWSPrivateCAFullAccess", "ANPACHANCERY00000003A",
        "Provides full access to AWS Private Certificate Authority",
        BEGIN ALLOW("\"acm-pca:*\"", "\"*\"") END),
    ROW("/", "AWSPrivateCAReadOnly", "ANPACHANCERY00000004A",
        "Provides read only access to AWS Private Certificate Authority",
        BEGIN ALLOW(PCA_READ ",\"acm-pca:ListCertificateAuthorities\"", "\"*\"") END),
    ROW("/", "AWSPrivateCAPrivilegedUser", "ANPACHANCERY00000005A",
        "Provides privileged certificate user access to AWS Private Certificate Authority",
        BEGIN ALLOW_IF("\"acm-pca:IssueCertificate\"", AUTHORITIES,
                       TEMPLATE_IS("*CACertificate*/V*")) "," DENY_IF(
            "\"acm-pca:IssueCertificate\"", AUTHORITIES,
            TEMPLATE_IS_NOT("*CACertificate*/V*")) "," ALLOW(
            "\"acm-pca:RevokeCertificate\",\"acm-pca:GetCertificate\",\"acm-pca:ListPermissions\"",
            AUTHORITIES) "," ALLOW("\"acm-pca:ListCertificateAuthorities\"", "\"*\"") END),
    ROW("/", "AWSPrivateCAUser", "ANPACHANCERY00000006A",
        "Provides certificate user access to AWS Private Certificate Authority",
        BEGIN ALLOW_IF("\"acm-pca:IssueCertificate\"", AUTHORITIES,
                       TEMPLATE_IS("EndEntityCertificate/V*")) "," DENY_IF(
            "\"acm-pca:IssueCertificate\"", AUTHORITIES,
            TEMPLATE_IS_NOT("EndEntityCertificate/V*")) "," ALLOW(
            "\"acm-pca:RevokeCertificate\",\"acm-pca:GetCertificate\",\"acm-pca:ListPermissions\"",
            AUTHORITIES) "," ALLOW("\"acm-pca:ListCertificateAuthorities\"", "\"*\"") END),
    ROW("/", "AWSPrivateCAAuditor", "ANPACHANCERY00000007A",
        "Provides auditor access to AWS Private Certificate Authority",
        BEGIN ALLOW("\"acm-pca:CreateCertificateAuthorityAuditReport\"," PCA_READ,
                    AUTHORITIES) "," ALLOW("\"acm-pca:ListCertificateAuthorities\"", "\"*\"") END),
    ROW("/", "AdministratorAccess", "ANPACHANCERY00000008A",
        "Provides full access to AWS services and resources.",
        BEGIN ALLOW("\"*\"", "\"*\"") END),
    ROW("/", "ReadOnlyAccess", "ANPACHANCERY00000009A",
        "Provides read-only access to AWS services and resources.",
        BEGIN ALLOW("\"acm:Describe*\",\"acm:Get*\",\"acm:List*\",\"acm:SearchCertificates\","
                    "\"acm-pca:Describe*\",\"acm-pca:Get*\",\"acm-pca:List*\",\"chancery:List*\","
                    "\"iam:Get*\",\"iam:List*\",\"iam:Simulate*\",\"sts:GetAccessKeyInfo\","
                    "\"sts:GetCallerIdentity\",\"sts:GetSessionToken\"",
                    "\"*\"") END),
    ROW("/", "IAMFullAccess", "ANPACHANCERY00000010A",
        "Provides full access to IAM.", BEGIN ALLOW("\"iam:*\"", "\"*\"") END),
    ROW("/", "IAMReadOnlyAccess", "ANPACHANCERY00000011A",
        "Provides read only access to IAM.",
        BEGIN ALLOW("\"iam:Get*\",\"iam:List*\",\"iam:SimulateCustomPolicy\","
                    "\"iam:SimulatePrincipalPolicy\"",
                    "\"*\"") END),
    ROW("/aws-service-role/", "CertificateManagerServiceRolePolicy", "ANPACHANCERY00000012A",
        "Amazon Certificate Manager Service Role Policy",
        BEGIN ALLOW("\"acm-pca:IssueCertificate\",\"acm-pca:GetCertificate\"", "\"*\"") END),
};
const size_t managed_policy_count = sizeof managed_policies / sizeof managed_policies[0];

const struct managed_policy *managed_policy_find(const char *arn)
{
    for (size_t i = 0; i < managed_policy_count; i++)
        if (strcmp(managed_policies[i].arn, arn) == 0)
            return &managed_policies[i];
    return NULL;
}
