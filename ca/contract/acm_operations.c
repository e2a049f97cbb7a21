/*
 * acm_operations.c - the ACM API: requests, answers and operations, by name.
 */
#include "ca/contract/acm_shapes.h"
#include "ca/contract/services.h"

#define SERVICE SERVICE_ACM

/* What every operation of managed ACME can answer. */
#define ACME_ERRORS \
    "AccessDeniedException", "InternalServerException", "ThrottlingException", "ValidationException"

static const struct shape add_tags_to_certificate_request = {STRUCTURE(
    "AddTagsToCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Tags", acm_tag_list, REQUIRED))};

static const struct shape create_acme_domain_validation_request = {STRUCTURE(
    "CreateAcmeDomainValidationRequest",
    MEMBER("IdempotencyToken", acm_string, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED),
    MEMBER("DomainName", acm_domain_name, REQUIRED),
    MEMBER("PrevalidationOptions", acm_prevalidation_options, REQUIRED),
    MEMBER("Tags", acm_tag_list, OPTIONAL))};

static const struct shape create_acme_domain_validation_response = {STRUCTURE(
    "CreateAcmeDomainValidationResponse",
    MEMBER("AcmeDomainValidationArn", acm_acme_domain_validation_arn, REQUIRED))};

static const struct shape create_acme_endpoint_request = {STRUCTURE("CreateAcmeEndpointRequest",
    MEMBER("IdempotencyToken", acm_string, OPTIONAL),
    MEMBER("AuthorizationBehavior", acm_acme_authorization_behavior, REQUIRED),
    MEMBER("Contact", acm_acme_contact, OPTIONAL),
    MEMBER("CertificateAuthority", acm_certificate_authority, REQUIRED),
    MEMBER("Tags", acm_tag_list, OPTIONAL),
    MEMBER("CertificateTags", acm_tag_list, OPTIONAL))};

static const struct shape create_acme_endpoint_response = {STRUCTURE("CreateAcmeEndpointResponse",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, OPTIONAL))};

static const struct shape create_acme_external_account_binding_request = {STRUCTURE(
    "CreateAcmeExternalAccountBindingRequest",
    MEMBER("IdempotencyToken", acm_string, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED),
    MEMBER("RoleArn", acm_role_arn, REQUIRED),
    MEMBER("Expiration", acm_expiration, OPTIONAL),
    MEMBER("Tags", acm_tag_list, OPTIONAL))};

static const struct shape create_acme_external_account_binding_response = {STRUCTURE(
    "CreateAcmeExternalAccountBindingResponse",
    MEMBER("ExternalAccountBinding", acm_acme_external_account_binding, OPTIONAL))};

static const struct shape delete_acme_domain_validation_request = {STRUCTURE(
    "DeleteAcmeDomainValidationRequest",
    MEMBER("AcmeDomainValidationArn", acm_acme_domain_validation_arn, REQUIRED))};

static const struct shape delete_acme_endpoint_request = {STRUCTURE("DeleteAcmeEndpointRequest",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED))};

static const struct shape delete_acme_external_account_binding_request = {STRUCTURE(
    "DeleteAcmeExternalAccountBindingRequest",
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, REQUIRED))};

static const struct shape delete_certificate_request = {STRUCTURE("DeleteCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED))};

static const struct shape describe_acme_account_request = {STRUCTURE("DescribeAcmeAccountRequest",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED),
    MEMBER("AccountUrl", acm_string, REQUIRED))};

static const struct shape describe_acme_account_response = {STRUCTURE("DescribeAcmeAccountResponse",
    MEMBER("AcmeAccount", acm_acme_account, OPTIONAL))};

static const struct shape describe_acme_domain_validation_request = {STRUCTURE(
    "DescribeAcmeDomainValidationRequest",
    MEMBER("AcmeDomainValidationArn", acm_acme_domain_validation_arn, REQUIRED))};

static const struct shape describe_acme_domain_validation_response = {STRUCTURE(
    "DescribeAcmeDomainValidationResponse",
    MEMBER("AcmeDomainValidation", acm_acme_domain_validation, OPTIONAL))};

static const struct shape describe_acme_endpoint_request = {STRUCTURE("DescribeAcmeEndpointRequest",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED))};

static const struct shape describe_acme_endpoint_response = {STRUCTURE(
    "DescribeAcmeEndpointResponse",
    MEMBER("AcmeEndpoint", acm_acme_endpoint, OPTIONAL))};

static const struct shape describe_acme_external_account_binding_request = {STRUCTURE(
    "DescribeAcmeExternalAccountBindingRequest",
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, REQUIRED))};

static const struct shape describe_acme_external_account_binding_response = {STRUCTURE(
    "DescribeAcmeExternalAccountBindingResponse",
    MEMBER("ExternalAccountBinding", acm_acme_external_account_binding, OPTIONAL))};

static const struct shape describe_certificate_request = {STRUCTURE("DescribeCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED))};

static const struct shape describe_certificate_response = {STRUCTURE("DescribeCertificateResponse",
    MEMBER("Certificate", acm_certificate_detail, OPTIONAL))};

static const struct shape export_certificate_request = {STRUCTURE("ExportCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Passphrase", acm_passphrase_blob, REQUIRED))};

static const struct shape export_certificate_response = {STRUCTURE("ExportCertificateResponse",
    MEMBER("Certificate", acm_certificate_body, OPTIONAL),
    MEMBER("CertificateChain", acm_certificate_chain, OPTIONAL),
    MEMBER("PrivateKey", acm_private_key, OPTIONAL))};

static const struct shape get_account_configuration_response = {STRUCTURE(
    "GetAccountConfigurationResponse",
    MEMBER("ExpiryEvents", acm_expiry_events_configuration, OPTIONAL))};

static const struct shape get_acme_external_account_binding_credentials_request = {STRUCTURE(
    "GetAcmeExternalAccountBindingCredentialsRequest",
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, REQUIRED))};

static const struct shape get_acme_external_account_binding_credentials_response = {STRUCTURE(
    "GetAcmeExternalAccountBindingCredentialsResponse",
    MEMBER("KeyId", acm_string, OPTIONAL),
    MEMBER("MacKey", acm_mac_key, OPTIONAL))};

static const struct shape get_certificate_request = {STRUCTURE("GetCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED))};

static const struct shape get_certificate_response = {STRUCTURE("GetCertificateResponse",
    MEMBER("Certificate", acm_certificate_body, OPTIONAL),
    MEMBER("CertificateChain", acm_certificate_chain, OPTIONAL))};

static const struct shape import_certificate_request = {STRUCTURE("ImportCertificateRequest",
    MEMBER("CertificateArn", acm_arn, OPTIONAL),
    MEMBER("Certificate", acm_certificate_body_blob, REQUIRED),
    MEMBER("PrivateKey", acm_private_key_blob, REQUIRED),
    MEMBER("CertificateChain", acm_certificate_chain_blob, OPTIONAL),
    MEMBER("Tags", acm_tag_list, OPTIONAL))};

static const struct shape import_certificate_response = {STRUCTURE("ImportCertificateResponse",
    MEMBER("CertificateArn", acm_arn, OPTIONAL))};

static const struct shape list_acme_accounts_request = {STRUCTURE("ListAcmeAccountsRequest",
    MEMBER("NextToken", acm_string, OPTIONAL),
    MEMBER("MaxResults", acm_list_acme_accounts_request_max_results_integer, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED))};

static const struct shape list_acme_accounts_response = {STRUCTURE("ListAcmeAccountsResponse",
    MEMBER("AcmeAccounts", acm_acme_account_list, OPTIONAL),
    MEMBER("NextToken", acm_string, OPTIONAL))};

static const struct shape list_acme_domain_validations_request = {STRUCTURE(
    "ListAcmeDomainValidationsRequest",
    MEMBER("NextToken", acm_string, OPTIONAL),
    MEMBER("MaxResults", acm_list_acme_domain_validations_request_max_results_integer, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED))};

static const struct shape list_acme_domain_validations_response = {STRUCTURE(
    "ListAcmeDomainValidationsResponse",
    MEMBER("AcmeDomainValidations", acm_acme_domain_validation_list, OPTIONAL),
    MEMBER("NextToken", acm_string, OPTIONAL))};

static const struct shape list_acme_endpoints_request = {STRUCTURE("ListAcmeEndpointsRequest",
    MEMBER("NextToken", acm_string, OPTIONAL),
    MEMBER("MaxResults", acm_list_acme_endpoints_request_max_results_integer, OPTIONAL))};

static const struct shape list_acme_endpoints_response = {STRUCTURE("ListAcmeEndpointsResponse",
    MEMBER("AcmeEndpoints", acm_acme_endpoint_list, OPTIONAL),
    MEMBER("NextToken", acm_string, OPTIONAL))};

static const struct shape list_acme_external_account_bindings_request = {STRUCTURE(
    "ListAcmeExternalAccountBindingsRequest",
    MEMBER("NextToken", acm_string, OPTIONAL),
    MEMBER("MaxResults",
           acm_list_acme_external_account_bindings_request_max_results_integer, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED))};

static const struct shape list_acme_external_account_bindings_response = {STRUCTURE(
    "ListAcmeExternalAccountBindingsResponse",
    MEMBER("ExternalAccountBindings", acm_acme_external_account_binding_list, OPTIONAL),
    MEMBER("NextToken", acm_string, OPTIONAL))};

static const struct shape list_certificate_domain_validations_request = {STRUCTURE(
    "ListCertificateDomainValidationsRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("NextToken", acm_next_token, OPTIONAL),
    MEMBER("MaxItems", acm_max_items, OPTIONAL))};

static const struct shape list_certificate_domain_validations_response = {STRUCTURE(
    "ListCertificateDomainValidationsResponse",
    MEMBER("DomainValidationSummaryList", acm_domain_validation_summary_list, OPTIONAL),
    MEMBER("NextToken", acm_next_token, OPTIONAL))};

static const struct shape list_certificates_request = {STRUCTURE("ListCertificatesRequest",
    MEMBER("CertificateStatuses", acm_certificate_statuses, OPTIONAL),
    MEMBER("CertificateKeyPairOrigins", acm_certificate_key_pair_origins, OPTIONAL),
    MEMBER("Includes", acm_filters, OPTIONAL),
    MEMBER("NextToken", acm_next_token, OPTIONAL),
    MEMBER("MaxItems", acm_max_items, OPTIONAL),
    MEMBER("SortBy", acm_sort_by, OPTIONAL),
    MEMBER("SortOrder", acm_sort_order, OPTIONAL))};

static const struct shape list_certificates_response = {STRUCTURE("ListCertificatesResponse",
    MEMBER("NextToken", acm_next_token, OPTIONAL),
    MEMBER("CertificateSummaryList", acm_certificate_summary_list, OPTIONAL))};

static const struct shape list_tags_for_certificate_request = {STRUCTURE(
    "ListTagsForCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED))};

static const struct shape list_tags_for_certificate_response = {STRUCTURE(
    "ListTagsForCertificateResponse",
    MEMBER("Tags", acm_tag_list, OPTIONAL))};

static const struct shape list_tags_for_resource_request = {STRUCTURE("ListTagsForResourceRequest",
    MEMBER("ResourceArn", acm_arn, REQUIRED))};

static const struct shape list_tags_for_resource_response = {STRUCTURE(
    "ListTagsForResourceResponse",
    MEMBER("Tags", acm_tag_list, OPTIONAL))};

static const struct shape put_account_configuration_request = {STRUCTURE(
    "PutAccountConfigurationRequest",
    MEMBER("ExpiryEvents", acm_expiry_events_configuration, OPTIONAL),
    MEMBER("IdempotencyToken", acm_idempotency_token, REQUIRED))};

static const struct shape remove_tags_from_certificate_request = {STRUCTURE(
    "RemoveTagsFromCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Tags", acm_tag_list, REQUIRED))};

static const struct shape renew_certificate_request = {STRUCTURE("RenewCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED))};

static const struct shape request_certificate_request = {STRUCTURE("RequestCertificateRequest",
    MEMBER("DomainName", acm_domain_name_string, REQUIRED),
    MEMBER("ValidationMethod", acm_validation_method, OPTIONAL),
    MEMBER("SubjectAlternativeNames", acm_domain_list, OPTIONAL),
    MEMBER("IdempotencyToken", acm_idempotency_token, OPTIONAL),
    MEMBER("DomainValidationOptions", acm_domain_validation_option_list, OPTIONAL),
    MEMBER("Options", acm_certificate_options, OPTIONAL),
    MEMBER("CertificateAuthorityArn", acm_pca_arn, OPTIONAL),
    MEMBER("Tags", acm_tag_list, OPTIONAL),
    MEMBER("KeyAlgorithm", acm_key_algorithm, OPTIONAL),
    MEMBER("ManagedBy", acm_certificate_managed_by, OPTIONAL))};

static const struct shape request_certificate_response = {STRUCTURE("RequestCertificateResponse",
    MEMBER("CertificateArn", acm_arn, OPTIONAL))};

static const struct shape resend_validation_email_request = {STRUCTURE(
    "ResendValidationEmailRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Domain", acm_domain_name_string, REQUIRED),
    MEMBER("ValidationDomain", acm_domain_name_string, REQUIRED))};

static const struct shape revoke_acme_account_request = {STRUCTURE("RevokeAcmeAccountRequest",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED),
    MEMBER("AccountUrl", acm_string, REQUIRED))};

static const struct shape revoke_acme_external_account_binding_request = {STRUCTURE(
    "RevokeAcmeExternalAccountBindingRequest",
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, REQUIRED))};

static const struct shape revoke_certificate_request = {STRUCTURE("RevokeCertificateRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("RevocationReason", acm_revocation_reason, REQUIRED))};

static const struct shape revoke_certificate_response = {STRUCTURE("RevokeCertificateResponse",
    MEMBER("CertificateArn", acm_arn, OPTIONAL))};

static const struct shape search_certificates_request = {STRUCTURE("SearchCertificatesRequest",
    MEMBER("FilterStatement", acm_certificate_filter_statement, OPTIONAL),
    MEMBER("MaxResults", acm_search_max_results, OPTIONAL),
    MEMBER("NextToken", acm_next_token, OPTIONAL),
    MEMBER("SortBy", acm_search_certificates_sort_by, OPTIONAL),
    MEMBER("SortOrder", acm_search_certificates_sort_order, OPTIONAL))};

static const struct shape search_certificates_response = {STRUCTURE("SearchCertificatesResponse",
    MEMBER("Results", acm_certificate_search_result_list, OPTIONAL),
    MEMBER("NextToken", acm_next_token, OPTIONAL))};

static const struct shape tag_resource_request = {STRUCTURE("TagResourceRequest",
    MEMBER("ResourceArn", acm_arn, REQUIRED),
    MEMBER("Tags", acm_tag_list, REQUIRED))};

static const struct shape untag_resource_request = {STRUCTURE("UntagResourceRequest",
    MEMBER("ResourceArn", acm_arn, REQUIRED),
    MEMBER("TagKeys", acm_tag_key_list, REQUIRED))};

static const struct shape update_acme_domain_validation_request = {STRUCTURE(
    "UpdateAcmeDomainValidationRequest",
    MEMBER("AcmeDomainValidationArn", acm_acme_domain_validation_arn, REQUIRED),
    MEMBER("PrevalidationOptions", acm_prevalidation_options, OPTIONAL))};

static const struct shape update_acme_endpoint_request = {STRUCTURE("UpdateAcmeEndpointRequest",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, REQUIRED),
    MEMBER("AuthorizationBehavior", acm_acme_authorization_behavior, OPTIONAL),
    MEMBER("Contact", acm_acme_contact, OPTIONAL),
    MEMBER("CertificateAuthority", acm_certificate_authority, OPTIONAL))};

static const struct shape update_certificate_options_request = {STRUCTURE(
    "UpdateCertificateOptionsRequest",
    MEMBER("CertificateArn", acm_arn, REQUIRED),
    MEMBER("Options", acm_certificate_options, REQUIRED))};

const struct operation contract_acm_operations[ACM_OPERATION_COUNT] = {
    OPERATION("AddTagsToCertificate", &add_tags_to_certificate_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidParameterException", "InvalidTagException",
                     "ResourceNotFoundException", "TagPolicyException", "ThrottlingException",
                     "TooManyTagsException", "ValidationException")),
    OPERATION("CreateAcmeDomainValidation",
              &create_acme_domain_validation_request,
              &create_acme_domain_validation_response,
              ERRORS(ACME_ERRORS, "ConflictException", "ResourceNotFoundException",
                     "ServiceQuotaExceededException")),
    OPERATION("CreateAcmeEndpoint", &create_acme_endpoint_request, &create_acme_endpoint_response,
              ERRORS(ACME_ERRORS, "ConflictException", "ServiceQuotaExceededException")),
    OPERATION("CreateAcmeExternalAccountBinding",
              &create_acme_external_account_binding_request,
              &create_acme_external_account_binding_response,
              ERRORS(ACME_ERRORS, "ConflictException", "ResourceNotFoundException",
                     "ServiceQuotaExceededException")),
    OPERATION("DeleteAcmeDomainValidation", &delete_acme_domain_validation_request, NO_OUTPUT,
              ERRORS(ACME_ERRORS, "ConflictException")),
    OPERATION("DeleteAcmeEndpoint", &delete_acme_endpoint_request, NO_OUTPUT,
              ERRORS(ACME_ERRORS, "ConflictException")),
    OPERATION("DeleteAcmeExternalAccountBinding",
              &delete_acme_external_account_binding_request,
              NO_OUTPUT,
              ERRORS(ACME_ERRORS)),
    OPERATION("DeleteCertificate", &delete_certificate_request, NO_OUTPUT,
              ERRORS("AccessDeniedException", "ConflictException", "InvalidArnException",
                     "ResourceInUseException", "ResourceNotFoundException", "ThrottlingException",
                     "ValidationException")),
    OPERATION("DescribeAcmeAccount",
              &describe_acme_account_request,
              &describe_acme_account_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    OPERATION("DescribeAcmeDomainValidation",
              &describe_acme_domain_validation_request,
              &describe_acme_domain_validation_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    OPERATION("DescribeAcmeEndpoint",
              &describe_acme_endpoint_request,
              &describe_acme_endpoint_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    OPERATION("DescribeAcmeExternalAccountBinding",
              &describe_acme_external_account_binding_request,
              &describe_acme_external_account_binding_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    OPERATION("DescribeCertificate", &describe_certificate_request, &describe_certificate_response,
              ERRORS("InvalidArnException", "ResourceNotFoundException", "ValidationException")),
    OPERATION("ExportCertificate", &export_certificate_request, &export_certificate_response,
              ERRORS("InvalidArnException", "RequestInProgressException",
                     "ResourceNotFoundException", "ThrottlingException", "ValidationException")),
    OPERATION("GetAccountConfiguration", &contract_no_input, &get_account_configuration_response,
              ERRORS("AccessDeniedException", "ThrottlingException")),
    OPERATION("GetAcmeExternalAccountBindingCredentials",
              &get_acme_external_account_binding_credentials_request,
              &get_acme_external_account_binding_credentials_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    OPERATION("GetCertificate", &get_certificate_request, &get_certificate_response,
              ERRORS("InvalidArnException", "RequestInProgressException",
                     "ResourceNotFoundException", "ValidationException")),
    OPERATION("ImportCertificate", &import_certificate_request, &import_certificate_response,
              ERRORS("ConflictException", "InvalidArnException", "InvalidParameterException",
                     "InvalidTagException", "LimitExceededException", "ResourceNotFoundException",
                     "TagPolicyException", "TooManyTagsException", "ValidationException")),
    OPERATION("ListAcmeAccounts", &list_acme_accounts_request, &list_acme_accounts_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    OPERATION("ListAcmeDomainValidations",
              &list_acme_domain_validations_request,
              &list_acme_domain_validations_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    OPERATION("ListAcmeEndpoints", &list_acme_endpoints_request, &list_acme_endpoints_response,
              ERRORS(ACME_ERRORS)),
    OPERATION("ListAcmeExternalAccountBindings",
              &list_acme_external_account_bindings_request,
              &list_acme_external_account_bindings_response,
              ERRORS(ACME_ERRORS, "ResourceNotFoundException")),
    /* Newer than the published models that the tables are compared with. */
    OPERATION("ListCertificateDomainValidations",
              &list_certificate_domain_validations_request,
              &list_certificate_domain_validations_response,
              ERRORS("AccessDeniedException", "InvalidArgsException", "ResourceNotFoundException",
                     "ThrottlingException")),
    OPERATION("ListCertificates", &list_certificates_request, &list_certificates_response,
              ERRORS("InvalidArgsException", "ValidationException")),
    OPERATION("ListTagsForCertificate",
              &list_tags_for_certificate_request,
              &list_tags_for_certificate_response,
              ERRORS("InvalidArnException", "ResourceNotFoundException", "ValidationException")),
    OPERATION("ListTagsForResource",
              &list_tags_for_resource_request,
              &list_tags_for_resource_response,
              ERRORS("ResourceNotFoundException", "ValidationException")),
    OPERATION("PutAccountConfiguration", &put_account_configuration_request, NO_OUTPUT,
              ERRORS("AccessDeniedException", "ConflictException", "ThrottlingException",
                     "ValidationException")),
    OPERATION("RemoveTagsFromCertificate", &remove_tags_from_certificate_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidParameterException", "InvalidTagException",
                     "ResourceNotFoundException", "TagPolicyException", "ThrottlingException",
                     "ValidationException")),
    OPERATION("RenewCertificate", &renew_certificate_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "RequestInProgressException",
                     "ResourceNotFoundException", "ValidationException")),
    OPERATION("RequestCertificate", &request_certificate_request, &request_certificate_response,
              ERRORS("InvalidArnException", "InvalidDomainValidationOptionsException",
                     "InvalidParameterException", "InvalidTagException", "LimitExceededException",
                     "TagPolicyException", "TooManyTagsException")),
    OPERATION("ResendValidationEmail", &resend_validation_email_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidDomainValidationOptionsException",
                     "InvalidStateException", "ResourceNotFoundException", "ValidationException")),
    OPERATION("RevokeAcmeAccount", &revoke_acme_account_request, NO_OUTPUT,
              ERRORS(ACME_ERRORS, "ConflictException", "ResourceNotFoundException")),
    OPERATION("RevokeAcmeExternalAccountBinding",
              &revoke_acme_external_account_binding_request,
              NO_OUTPUT,
              ERRORS(ACME_ERRORS, "ConflictException", "ResourceNotFoundException")),
    OPERATION("RevokeCertificate", &revoke_certificate_request, &revoke_certificate_response,
              ERRORS("AccessDeniedException", "ConflictException", "InvalidArnException",
                     "ResourceInUseException", "ResourceNotFoundException", "ThrottlingException",
                     "ValidationException")),
    OPERATION("SearchCertificates", &search_certificates_request, &search_certificates_response,
              ERRORS("AccessDeniedException", "ThrottlingException", "ValidationException")),
    OPERATION("TagResource", &tag_resource_request, NO_OUTPUT,
              ERRORS("ResourceNotFoundException", "ServiceQuotaExceededException",
                     "ValidationException")),
    OPERATION("UntagResource", &untag_resource_request, NO_OUTPUT,
              ERRORS("ResourceNotFoundException", "ValidationException")),
    OPERATION("UpdateAcmeDomainValidation", &update_acme_domain_validation_request, NO_OUTPUT,
              ERRORS(ACME_ERRORS, "ConflictException", "ResourceNotFoundException")),
    OPERATION("UpdateAcmeEndpoint", &update_acme_endpoint_request, NO_OUTPUT,
              ERRORS(ACME_ERRORS, "ConflictException", "ResourceNotFoundException")),
    OPERATION("UpdateCertificateOptions", &update_certificate_options_request, NO_OUTPUT,
              ERRORS("InvalidArnException", "InvalidStateException", "LimitExceededException",
                     "ResourceNotFoundException", "ValidationException")),
};
