#include "ca/pca/operations.h"

#include "ca/pca/pca.h"

#define ARN "CertificateAuthorityArn"

const struct operation_binding pca_operations[] = {
    {"CreateCertificateAuthority", pca_create_certificate_authority, NULL,
     "certificate-authority/*", false},
    {"CreateCertificateAuthorityAuditReport", pca_create_certificate_authority_audit_report, ARN,
     NULL, false},
    {"CreatePermission", pca_create_permission, ARN, NULL, false},
    {"DeleteCertificateAuthority", pca_delete_certificate_authority, ARN, NULL, false},
    {"DeletePolicy", pca_delete_policy, "ResourceArn", NULL, false},
    {"DeletePermission", pca_delete_permission, ARN, NULL, false},
    {"DescribeCertificateAuthority", pca_describe_certificate_authority, ARN, NULL, true},
    {"DescribeCertificateAuthorityAuditReport", pca_describe_certificate_authority_audit_report,
     ARN, NULL, true},
    {"GetCertificate", pca_get_certificate, ARN, NULL, true},
    {"GetCertificateAuthorityCertificate", pca_get_certificate_authority_certificate, ARN, NULL,
     true},
    {"GetPolicy", pca_get_policy, "ResourceArn", NULL, true},
    {"GetCertificateAuthorityCsr", pca_get_certificate_authority_csr, ARN, NULL, true},
    {"ImportCertificateAuthorityCertificate", pca_import_certificate_authority_certificate, ARN,
     NULL, false},
    {"IssueCertificate", pca_issue_certificate, ARN, NULL, false},
    {"ListCertificateAuthorities", pca_list_certificate_authorities, NULL, NULL, true},
    {"ListPermissions", pca_list_permissions, ARN, NULL, true},
    {"ListTags", pca_list_tags, ARN, NULL, true},
    {"PutPolicy", pca_put_policy, "ResourceArn", NULL, false},
    {"RestoreCertificateAuthority", pca_restore_certificate_authority, ARN, NULL, false},
    {"RevokeCertificate", pca_revoke_certificate, ARN, NULL, false},
    {"TagCertificateAuthority", pca_tag_certificate_authority, ARN, NULL, false},
    {"UntagCertificateAuthority", pca_untag_certificate_authority, ARN, NULL, false},
    {"UpdateCertificateAuthority", pca_update_certificate_authority, ARN, NULL, false},
};
const size_t pca_operation_count = sizeof pca_operations / sizeof pca_operations[0];
