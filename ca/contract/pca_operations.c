/*
 * pca_operations.c - the ACM-PCA API: requests, answers and operations, by name.
 */
#include "ca/contract/pca_shapes.h"
#include "ca/contract/services.h"

#define SERVICE SERVICE_PCA

static const struct shape create_certificate_authority_request = {STRUCTURE(
    "CreateCertificateAuthorityRequest",
    MEMBER("CertificateAuthorityConfiguration", pca_certificate_authority_configuration, REQUIRED),
    MEMBER("RevocationConfiguration", pca_revocation_configuration, OPTIONAL),
    MEMBER("CertificateAuthorityType", pca_certificate_authority_type, REQUIRED),
    MEMBER("IdempotencyToken", pca_idempotency_token, OPTIONAL),
    MEMBER("KeyStorageSecurityStandard", pca_key_storage_security_standard, OPTIONAL),
    MEMBER("Tags", pca_tag_list, OPTIONAL),
    MEMBER("UsageMode", pca_certificate_authority_usage_mode, OPTIONAL))};

static const struct shape create_certificate_authority_response = {STRUCTURE(
    "CreateCertificateAuthorityResponse",
    MEMBER("CertificateAuthorityArn", pca_arn, OPTIONAL))};

static const struct shape create_certificate_authority_audit_report_request = {STRUCTURE(
    "CreateCertificateAuthorityAuditReportRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("S3BucketName", pca_s3_bucket_name, REQUIRED),
    MEMBER("AuditReportResponseFormat", pca_audit_report_response_format, REQUIRED))};

static const struct shape create_certificate_authority_audit_report_response = {STRUCTURE(
    "CreateCertificateAuthorityAuditReportResponse",
    MEMBER("AuditReportId", pca_audit_report_id, OPTIONAL),
    MEMBER("S3Key", pca_s3_key, OPTIONAL))};

static const struct shape create_permission_request = {STRUCTURE("CreatePermissionRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("Principal", pca_principal, REQUIRED),
    MEMBER("SourceAccount", pca_account_id, OPTIONAL),
    MEMBER("Actions", pca_action_list, REQUIRED))};

static const struct shape delete_certificate_authority_request = {STRUCTURE(
    "DeleteCertificateAuthorityRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("PermanentDeletionTimeInDays", pca_permanent_deletion_time_in_days, OPTIONAL))};

static const struct shape delete_permission_request = {STRUCTURE("DeletePermissionRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("Principal", pca_principal, REQUIRED),
    MEMBER("SourceAccount", pca_account_id, OPTIONAL))};

static const struct shape delete_policy_request = {STRUCTURE("DeletePolicyRequest",
    MEMBER("ResourceArn", pca_arn, REQUIRED))};

static const struct shape describe_certificate_authority_request = {STRUCTURE(
    "DescribeCertificateAuthorityRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED))};

static const struct shape describe_certificate_authority_response = {STRUCTURE(
    "DescribeCertificateAuthorityResponse",
    MEMBER("CertificateAuthority", pca_certificate_authority, OPTIONAL))};

static const struct shape describe_certificate_authority_audit_report_request = {STRUCTURE(
    "DescribeCertificateAuthorityAuditReportRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("AuditReportId", pca_audit_report_id, REQUIRED))};

static const struct shape describe_certificate_authority_audit_report_response = {STRUCTURE(
    "DescribeCertificateAuthorityAuditReportResponse",
    MEMBER("AuditReportStatus", pca_audit_report_status, OPTIONAL),
    MEMBER("S3BucketName", pca_s3_bucket_name, OPTIONAL),
    MEMBER("S3Key", pca_s3_key, OPTIONAL),
    MEMBER("CreatedAt", pca_tstamp, OPTIONAL))};

static const struct shape get_certificate_request = {STRUCTURE("GetCertificateRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("CertificateArn", pca_arn, REQUIRED))};

static const struct shape get_certificate_response = {STRUCTURE("GetCertificateResponse",
    MEMBER("Certificate", pca_certificate_body, OPTIONAL),
    MEMBER("CertificateChain", pca_certificate_chain, OPTIONAL))};

static const struct shape get_certificate_authority_certificate_request = {STRUCTURE(
    "GetCertificateAuthorityCertificateRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED))};

static const struct shape get_certificate_authority_certificate_response = {STRUCTURE(
    "GetCertificateAuthorityCertificateResponse",
    MEMBER("Certificate", pca_certificate_body, OPTIONAL),
    MEMBER("CertificateChain", pca_certificate_chain, OPTIONAL))};

static const struct shape get_certificate_authority_csr_request = {STRUCTURE(
    "GetCertificateAuthorityCsrRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED))};

static const struct shape get_certificate_authority_csr_response = {STRUCTURE(
    "GetCertificateAuthorityCsrResponse",
    MEMBER("Csr", pca_csr_body, OPTIONAL))};

static const struct shape get_policy_request = {STRUCTURE("GetPolicyRequest",
    MEMBER("ResourceArn", pca_arn, REQUIRED))};

static const struct shape get_policy_response = {STRUCTURE("GetPolicyResponse",
    MEMBER("Policy", pca_aws_policy, OPTIONAL))};

static const struct shape import_certificate_authority_certificate_request = {STRUCTURE(
    "ImportCertificateAuthorityCertificateRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("Certificate", pca_certificate_body_blob, REQUIRED),
    MEMBER("CertificateChain", pca_certificate_chain_blob, OPTIONAL))};

static const struct shape issue_certificate_request = {STRUCTURE("IssueCertificateRequest",
    MEMBER("ApiPassthrough", pca_api_passthrough, OPTIONAL),
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("Csr", pca_csr_blob, REQUIRED),
    MEMBER("SigningAlgorithm", pca_signing_algorithm, REQUIRED),
    MEMBER("TemplateArn", pca_arn, OPTIONAL),
    MEMBER("Validity", pca_validity, REQUIRED),
    MEMBER("ValidityNotBefore", pca_validity, OPTIONAL),
    MEMBER("IdempotencyToken", pca_idempotency_token, OPTIONAL))};

static const struct shape issue_certificate_response = {STRUCTURE("IssueCertificateResponse",
    MEMBER("CertificateArn", pca_arn, OPTIONAL))};

static const struct shape list_certificate_authorities_request = {STRUCTURE(
    "ListCertificateAuthoritiesRequest",
    MEMBER("MaxResults", pca_max_results, OPTIONAL),
    MEMBER("NextToken", pca_next_token, OPTIONAL),
    MEMBER("ResourceOwner", pca_resource_owner, OPTIONAL))};

static const struct shape list_certificate_authorities_response = {STRUCTURE(
    "ListCertificateAuthoritiesResponse",
    MEMBER("NextToken", pca_next_token, OPTIONAL),
    MEMBER("CertificateAuthorities", pca_certificate_authorities, OPTIONAL))};

static const struct shape list_permissions_request = {STRUCTURE("ListPermissionsRequest",
    MEMBER("MaxResults", pca_max_results, OPTIONAL),
    MEMBER("NextToken", pca_next_token, OPTIONAL),
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED))};

static const struct shape list_permissions_response = {STRUCTURE("ListPermissionsResponse",
    MEMBER("NextToken", pca_next_token, OPTIONAL),
    MEMBER("Permissions", pca_permission_list, OPTIONAL))};

static const struct shape list_tags_request = {STRUCTURE("ListTagsRequest",
    MEMBER("MaxResults", pca_max_results, OPTIONAL),
    MEMBER("NextToken", pca_next_token, OPTIONAL),
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED))};

static const struct shape list_tags_response = {STRUCTURE("ListTagsResponse",
    MEMBER("NextToken", pca_next_token, OPTIONAL),
    MEMBER("Tags", pca_tag_list, OPTIONAL))};

static const struct shape put_policy_request = {STRUCTURE("PutPolicyRequest",
    MEMBER("ResourceArn", pca_arn, REQUIRED),
    MEMBER("Policy", pca_aws_policy, REQUIRED))};

static const struct shape restore_certificate_authority_request = {STRUCTURE(
    "RestoreCertificateAuthorityRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED))};

static const struct shape revoke_certificate_request = {STRUCTURE("RevokeCertificateRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("CertificateSerial", pca_string_128, REQUIRED),
    MEMBER("RevocationReason", pca_revocation_reason, REQUIRED))};

static const struct shape tag_certificate_authority_request = {STRUCTURE(
    "TagCertificateAuthorityRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("Tags", pca_tag_list, REQUIRED))};

static const struct shape untag_certificate_authority_request = {STRUCTURE(
    "UntagCertificateAuthorityRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("Tags", pca_tag_list, REQUIRED))};

static const struct shape update_certificate_authority_request = {STRUCTURE(
    "UpdateCertificateAuthorityRequest",
    MEMBER("CertificateAuthorityArn", pca_arn, REQUIRED),
    MEMBER("RevocationConfiguration", pca_revocation_configuration, OPTIONAL),
    MEMBER("Status", pca_certificate_authority_status, OPTIONAL))};

const struct operation contract_pca_operations[PCA_OPERATION_COUNT] = {
    OPERATION("CreateCertificateAuthority",
              &create_certificate_authority_request,
              &create_certificate_authority_response,
              ERRORS("InvalidArgsException", "InvalidPolicyException", "InvalidTagException",
                     "LimitExceededException")),
    OPERATION("CreateCertificateAuthorityAuditReport",
              &create_certificate_authority_audit_report_request,
              &create_certificate_authority_audit_report_response,
              ERRORS("InvalidArgsException", "InvalidArnException", "InvalidStateException",
                     "RequestFailedException", "RequestInProgressException",
                     "ResourceNotFoundException")),
    OPERATION("CreatePermission", &create_permission_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidStateException", "LimitExceededException",
                     "PermissionAlreadyExistsException", "RequestFailedException",
                     "ResourceNotFoundException")),
    OPERATION("DeleteCertificateAuthority", &delete_certificate_authority_request, NO_OUTPUT,
              ERRORS("ConcurrentModificationException", "InvalidArnException",
                     "InvalidStateException", "ResourceNotFoundException")),
    OPERATION("DeletePermission", &delete_permission_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidStateException", "RequestFailedException",
                     "ResourceNotFoundException")),
    OPERATION("DeletePolicy", &delete_policy_request, NO_OUTPUT,
              ERRORS("ConcurrentModificationException", "InvalidArnException",
                     "InvalidStateException", "LockoutPreventedException",
                     "RequestFailedException", "ResourceNotFoundException")),
    OPERATION("DescribeCertificateAuthority",
              &describe_certificate_authority_request,
              &describe_certificate_authority_response,
              ERRORS("InvalidArnException", "ResourceNotFoundException")),
    OPERATION("DescribeCertificateAuthorityAuditReport",
              &describe_certificate_authority_audit_report_request,
              &describe_certificate_authority_audit_report_response,
              ERRORS("InvalidArgsException", "InvalidArnException", "ResourceNotFoundException")),
    OPERATION("GetCertificate", &get_certificate_request, &get_certificate_response,
              ERRORS("InvalidArnException", "InvalidStateException", "RequestFailedException",
                     "RequestInProgressException", "ResourceNotFoundException")),
    OPERATION("GetCertificateAuthorityCertificate",
              &get_certificate_authority_certificate_request,
              &get_certificate_authority_certificate_response,
              ERRORS("InvalidArnException", "InvalidStateException", "ResourceNotFoundException")),
    OPERATION("GetCertificateAuthorityCsr",
              &get_certificate_authority_csr_request,
              &get_certificate_authority_csr_response,
              ERRORS("InvalidArnException", "InvalidStateException", "RequestFailedException",
                     "RequestInProgressException", "ResourceNotFoundException")),
    OPERATION("GetPolicy", &get_policy_request, &get_policy_response,
              ERRORS("InvalidArnException", "InvalidStateException", "RequestFailedException",
                     "ResourceNotFoundException")),
    OPERATION("ImportCertificateAuthorityCertificate",
              &import_certificate_authority_certificate_request,
              NO_OUTPUT,
              ERRORS("CertificateMismatchException", "ConcurrentModificationException",
                     "InvalidArnException", "InvalidRequestException", "InvalidStateException",
                     "MalformedCertificateException", "RequestFailedException",
                     "RequestInProgressException", "ResourceNotFoundException")),
    OPERATION("IssueCertificate", &issue_certificate_request, &issue_certificate_response,
              ERRORS("InvalidArgsException", "InvalidArnException", "InvalidStateException",
                     "LimitExceededException", "MalformedCSRException",
                     "ResourceNotFoundException")),
    OPERATION("ListCertificateAuthorities",
              &list_certificate_authorities_request,
              &list_certificate_authorities_response,
              ERRORS("InvalidNextTokenException")),
    OPERATION("ListPermissions", &list_permissions_request, &list_permissions_response,
              ERRORS("InvalidArnException", "InvalidNextTokenException", "InvalidStateException",
                     "RequestFailedException", "ResourceNotFoundException")),
    OPERATION("ListTags", &list_tags_request, &list_tags_response,
              ERRORS("InvalidArnException", "InvalidStateException", "RequestFailedException",
                     "ResourceNotFoundException")),
    OPERATION("PutPolicy", &put_policy_request, NO_OUTPUT,
              ERRORS("ConcurrentModificationException", "InvalidArnException",
                     "InvalidPolicyException", "InvalidStateException",
                     "LockoutPreventedException", "RequestFailedException",
                     "ResourceNotFoundException")),
    OPERATION("RestoreCertificateAuthority", &restore_certificate_authority_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidStateException", "ResourceNotFoundException")),
    OPERATION("RevokeCertificate", &revoke_certificate_request, NO_OUTPUT,
              ERRORS("ConcurrentModificationException", "InvalidArnException",
                     "InvalidRequestException", "InvalidStateException", "LimitExceededException",
                     "RequestAlreadyProcessedException", "RequestFailedException",
                     "RequestInProgressException", "ResourceNotFoundException")),
    OPERATION("TagCertificateAuthority", &tag_certificate_authority_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidStateException", "InvalidTagException",
                     "ResourceNotFoundException", "TooManyTagsException")),
    OPERATION("UntagCertificateAuthority", &untag_certificate_authority_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidStateException", "InvalidTagException",
                     "ResourceNotFoundException")),
    OPERATION("UpdateCertificateAuthority", &update_certificate_authority_request, NO_OUTPUT,
              ERRORS("ConcurrentModificationException", "InvalidArgsException",
                     "InvalidArnException", "InvalidPolicyException", "InvalidStateException",
                     "ResourceNotFoundException")),
};
