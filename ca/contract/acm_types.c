/*
 * acm_types.c - the ACM API: texts, numbers, octets and enumerations.
 */
#include "ca/contract/acm_shapes.h"

/* Names of resources. */

const struct shape acm_acme_domain_validation_arn = {
    STRING("AcmeDomainValidationArn", 1, 200), MATCHES(ACME_DOMAIN_VALIDATION_ARN)};
const struct shape acm_acme_endpoint_arn = {
    STRING("AcmeEndpointArn", 1, 200), MATCHES(ACME_ENDPOINT_ARN)};
const struct shape acm_acme_external_account_binding_arn = {
    STRING("AcmeExternalAccountBindingArn", 1, 200), MATCHES(ACME_BINDING_ARN)};
const struct shape acm_arn = {STRING("Arn", 20, 2048), MATCHES(ACM_ARN)};
const struct shape acm_pca_arn = {STRING("PcaArn", 20, 2048), MATCHES(PCA_ARN)};
const struct shape acm_role_arn = {STRING("RoleArn", 1, 2048), MATCHES(ROLE_ARN)};

/* PEM and other text that is long or secret. */

const struct shape acm_certificate_body = {
    STRING("CertificateBody", 1, 32768), MATCHES(PEM_CERTIFICATE)};
const struct shape acm_certificate_chain = {
    STRING("CertificateChain", 1, 2097152), MATCHES(PEM_CHAIN)};
const struct shape acm_mac_key = {STRING("MacKey", ANY, ANY), SENSITIVE};
const struct shape acm_private_key = {
    STRING("PrivateKey", 1, 524288), MATCHES(PEM_PRIVATE_KEY), SENSITIVE};

/* Text. */

const struct shape acm_acme_account_id = {STRING("AcmeAccountId", 36, 36)};
const struct shape acm_domain_name = {STRING("DomainName", 1, 253), MATCHES(DOMAIN_NAME)};
const struct shape acm_domain_name_string = {
    STRING("DomainNameString", 1, 253), MATCHES(DOMAIN_NAME_OR_WILDCARD)};
const struct shape acm_filter_string = {STRING("FilterString", 1, 256)};
const struct shape acm_hosted_zone_id = {STRING("HostedZoneId", 1, 32), MATCHES(HOSTED_ZONE_ID)};
const struct shape acm_idempotency_token = {STRING("IdempotencyToken", 1, 32), MATCHES(WORD)};
const struct shape acm_next_token = {STRING("NextToken", 1, 10000), MATCHES(LATIN1)};
const struct shape acm_serial_number = {STRING("SerialNumber", 2, 59), MATCHES(SERIAL_NUMBER)};
const struct shape acm_string = {STRING("String", ANY, ANY)};
const struct shape acm_tag_key = {STRING("TagKey", 1, 128), MATCHES(TAG)};
const struct shape acm_tag_value = {STRING("TagValue", 0, 256), MATCHES(TAG)};

/* Octets, base64 on the wire. */

const struct shape acm_certificate_body_blob = {BLOB("CertificateBodyBlob", 1, 32768)};
const struct shape acm_certificate_chain_blob = {BLOB("CertificateChainBlob", 1, 2097152)};
const struct shape acm_passphrase_blob = {BLOB("PassphraseBlob", 4, 128), SENSITIVE};
const struct shape acm_private_key_blob = {BLOB("PrivateKeyBlob", 1, 5120), SENSITIVE};

/* Numbers, truth and time. */

const struct shape acm_expiration_value_long = {LONG("ExpirationValueLong", 1, ANY)};
const struct shape acm_list_acme_accounts_request_max_results_integer = {
    INTEGER("ListAcmeAccountsRequestMaxResultsInteger", 1, 100)};
const struct shape acm_list_acme_domain_validations_request_max_results_integer = {
    INTEGER("ListAcmeDomainValidationsRequestMaxResultsInteger", 1, 100)};
const struct shape acm_list_acme_endpoints_request_max_results_integer = {
    INTEGER("ListAcmeEndpointsRequestMaxResultsInteger", 1, 100)};
const struct shape acm_list_acme_external_account_bindings_request_max_results_integer = {
    INTEGER("ListAcmeExternalAccountBindingsRequestMaxResultsInteger", 1, 100)};
const struct shape acm_max_items = {INTEGER("MaxItems", 1, 1000)};
const struct shape acm_nullable_boolean = {BOOLEAN("NullableBoolean")};
const struct shape acm_positive_integer = {INTEGER("PositiveInteger", 1, ANY)};
const struct shape acm_search_max_results = {INTEGER("SearchMaxResults", 1, 500)};
const struct shape acm_tstamp = {TIMESTAMP("TStamp")};
const struct shape acm_timestamp = {TIMESTAMP("Timestamp")};

/* Enumerations, in the order of the model. */

const struct shape acm_acme_account_status = {ENUM(
    "AcmeAccountStatus", "VALID", "DEACTIVATED", "REVOKED")};

const struct shape acm_acme_authorization_behavior = {ENUM(
    "AcmeAuthorizationBehavior", "PRE_APPROVED")};

const struct shape acm_acme_contact = {ENUM("AcmeContact", "REQUIRED", "NOT_REQUIRED")};

const struct shape acm_acme_domain_validation_failure_reason = {ENUM(
    "AcmeDomainValidationFailureReason", "ACCESS_DENIED", "DOMAIN_MISMATCH", "DOMAIN_NOT_ALLOWED",
    "ENDPOINT_NOT_ACTIVE", "HOSTED_ZONE_NOT_FOUND", "INTERNAL_FAILURE", "INVALID_CHANGE_BATCH",
    "INVALID_PUBLIC_DOMAIN", "TIMED_OUT")};

const struct shape acm_acme_domain_validation_status = {ENUM(
    "AcmeDomainValidationStatus", "VALIDATING", "VALID", "INVALID", "DELETING")};

const struct shape acm_acme_endpoint_status = {ENUM(
    "AcmeEndpointStatus", "CREATING", "ACTIVE", "DELETING", "FAILED")};

const struct shape acm_certificate_export = {ENUM("CertificateExport", "ENABLED", "DISABLED")};

const struct shape acm_certificate_key_pair_origin = {ENUM(
    "CertificateKeyPairOrigin", "AWS_MANAGED", "ACME", "CUSTOMER_PROVIDED")};

const struct shape acm_certificate_managed_by = {ENUM("CertificateManagedBy", "CLOUDFRONT")};

const struct shape acm_certificate_status = {ENUM(
    "CertificateStatus", "PENDING_VALIDATION", "ISSUED", "INACTIVE", "EXPIRED",
    "VALIDATION_TIMED_OUT", "REVOKED", "FAILED")};

const struct shape acm_certificate_transparency_logging_preference = {ENUM(
    "CertificateTransparencyLoggingPreference", "ENABLED", "DISABLED")};

const struct shape acm_certificate_type = {ENUM(
    "CertificateType", "IMPORTED", "AMAZON_ISSUED", "PRIVATE")};

const struct shape acm_comparison_operator = {ENUM("ComparisonOperator", "CONTAINS", "EQUALS")};
const struct shape acm_domain_scope_option = {ENUM("DomainScopeOption", "ENABLED", "DISABLED")};

const struct shape acm_domain_status = {ENUM(
    "DomainStatus", "PENDING_VALIDATION", "SUCCESS", "FAILED")};

const struct shape acm_extended_key_usage_name = {ENUM(
    "ExtendedKeyUsageName", "TLS_WEB_SERVER_AUTHENTICATION", "TLS_WEB_CLIENT_AUTHENTICATION",
    "CODE_SIGNING", "EMAIL_PROTECTION", "TIME_STAMPING", "OCSP_SIGNING", "IPSEC_END_SYSTEM",
    "IPSEC_TUNNEL", "IPSEC_USER", "ANY", "NONE", "CUSTOM")};

const struct shape acm_failure_reason = {ENUM(
    "FailureReason", "NO_AVAILABLE_CONTACTS", "ADDITIONAL_VERIFICATION_REQUIRED",
    "DOMAIN_NOT_ALLOWED", "INVALID_PUBLIC_DOMAIN", "DOMAIN_VALIDATION_DENIED", "CAA_ERROR",
    "PCA_LIMIT_EXCEEDED", "PCA_INVALID_ARN", "PCA_INVALID_STATE", "PCA_REQUEST_FAILED",
    "PCA_NAME_CONSTRAINTS_VALIDATION", "PCA_RESOURCE_NOT_FOUND", "PCA_INVALID_ARGS",
    "PCA_INVALID_DURATION", "PCA_ACCESS_DENIED", "SLR_NOT_FOUND", "OTHER")};

const struct shape acm_key_algorithm = {ENUM(
    "KeyAlgorithm", "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1",
    "EC_secp384r1", "EC_secp521r1")};

const struct shape acm_key_usage_name = {ENUM(
    "KeyUsageName", "DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT",
    "DATA_ENCIPHERMENT", "KEY_AGREEMENT", "CERTIFICATE_SIGNING", "CRL_SIGNING", "ENCIPHER_ONLY",
    "DECIPHER_ONLY", "ANY", "CUSTOM")};

const struct shape acm_prevalidation_type = {ENUM("PrevalidationType", "DNS_PREVALIDATION")};

const struct shape acm_public_key_algorithm = {ENUM(
    "PublicKeyAlgorithm", "RSA_2048", "EC_prime256v1", "EC_secp384r1")};

const struct shape acm_record_type = {ENUM("RecordType", "CNAME")};
const struct shape acm_renewal_eligibility = {ENUM("RenewalEligibility", "ELIGIBLE", "INELIGIBLE")};

const struct shape acm_renewal_status = {ENUM(
    "RenewalStatus", "PENDING_AUTO_RENEWAL", "PENDING_VALIDATION", "SUCCESS", "FAILED")};

const struct shape acm_revocation_reason = {ENUM(
    "RevocationReason", "UNSPECIFIED", "KEY_COMPROMISE", "CA_COMPROMISE", "AFFILIATION_CHANGED",
    "SUPERCEDED", "SUPERSEDED", "CESSATION_OF_OPERATION", "CERTIFICATE_HOLD", "REMOVE_FROM_CRL",
    "PRIVILEGE_WITHDRAWN", "A_A_COMPROMISE")};

const struct shape acm_search_certificates_sort_by = {ENUM(
    "SearchCertificatesSortBy", "CREATED_AT", "NOT_AFTER", "STATUS", "RENEWAL_STATUS", "EXPORTED",
    "IN_USE", "NOT_BEFORE", "KEY_ALGORITHM", "TYPE", "CERTIFICATE_ARN", "COMMON_NAME",
    "REVOKED_AT", "RENEWAL_ELIGIBILITY", "ISSUED_AT", "MANAGED_BY", "EXPORT_OPTION",
    "VALIDATION_METHOD", "IMPORTED_AT", "ACME_ENDPOINT_ARN", "ACME_ACCOUNT_ID",
    "CERTIFICATE_KEY_PAIR_ORIGIN")};

const struct shape acm_search_certificates_sort_order = {ENUM(
    "SearchCertificatesSortOrder", "ASCENDING", "DESCENDING")};

const struct shape acm_sort_by = {ENUM("SortBy", "CREATED_AT")};
const struct shape acm_sort_order = {ENUM("SortOrder", "ASCENDING", "DESCENDING")};
const struct shape acm_time_type = {ENUM("TimeType", "MINUTES", "HOURS", "DAYS")};
const struct shape acm_validation_method = {ENUM("ValidationMethod", "EMAIL", "DNS", "HTTP")};
