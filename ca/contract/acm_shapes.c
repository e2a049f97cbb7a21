/*
 * acm_shapes.c - the ACM API: lists and structures of certificates.
 */
#include "ca/contract/acm_shapes.h"

/* Lists. */

const struct shape acm_certificate_filter_statement_list = {
    LIST("CertificateFilterStatementList", acm_certificate_filter_statement, 1, 15)};
const struct shape acm_certificate_key_pair_origins = {
    LIST("CertificateKeyPairOrigins", acm_certificate_key_pair_origin, 1, 3)};
const struct shape acm_certificate_search_result_list = {
    LIST("CertificateSearchResultList", acm_certificate_search_result, ANY, ANY)};
const struct shape acm_certificate_statuses = {
    LIST("CertificateStatuses", acm_certificate_status, ANY, ANY)};
const struct shape acm_certificate_summary_list = {
    LIST("CertificateSummaryList", acm_certificate_summary, ANY, ANY)};
const struct shape acm_custom_attribute_list = {
    LIST("CustomAttributeList", acm_custom_attribute, ANY, ANY)};
const struct shape acm_domain_component_list = {LIST("DomainComponentList", acm_string, ANY, ANY)};
const struct shape acm_domain_list = {LIST("DomainList", acm_domain_name_string, 1, 100)};
const struct shape acm_domain_validation_list = {
    LIST("DomainValidationList", acm_domain_validation, 1, 1000)};
const struct shape acm_domain_validation_summary_list = {
    LIST("DomainValidationSummaryList", acm_domain_validation_summary, ANY, ANY)};
const struct shape acm_domain_validation_option_list = {
    LIST("DomainValidationOptionList", acm_domain_validation_option, 1, 100)};
const struct shape acm_extended_key_usage_filter_list = {
    LIST("ExtendedKeyUsageFilterList", acm_extended_key_usage_name, ANY, ANY)};
const struct shape acm_extended_key_usage_list = {
    LIST("ExtendedKeyUsageList", acm_extended_key_usage, ANY, ANY)};
const struct shape acm_extended_key_usage_names = {
    LIST("ExtendedKeyUsageNames", acm_extended_key_usage_name, ANY, ANY)};
const struct shape acm_general_name_list = {LIST("GeneralNameList", acm_general_name, ANY, ANY)};
const struct shape acm_in_use_list = {LIST("InUseList", acm_string, ANY, ANY)};
const struct shape acm_key_algorithm_list = {LIST("KeyAlgorithmList", acm_key_algorithm, ANY, ANY)};
const struct shape acm_key_usage_filter_list = {
    LIST("KeyUsageFilterList", acm_key_usage_name, ANY, ANY)};
const struct shape acm_key_usage_list = {LIST("KeyUsageList", acm_key_usage, ANY, ANY)};
const struct shape acm_key_usage_names = {LIST("KeyUsageNames", acm_key_usage_name, ANY, ANY)};
const struct shape acm_tag_key_list = {LIST("TagKeyList", acm_tag_key, 1, 50)};
const struct shape acm_tag_list = {LIST("TagList", acm_tag, 1, 50)};
const struct shape acm_validation_email_list = {LIST("ValidationEmailList", acm_string, ANY, ANY)};

/* Structures. */

const struct shape acm_acm_certificate_metadata = {STRUCTURE("AcmCertificateMetadata",
    MEMBER("CreatedAt", acm_tstamp, OPTIONAL),
    MEMBER("Exported", acm_nullable_boolean, OPTIONAL),
    MEMBER("ImportedAt", acm_tstamp, OPTIONAL),
    MEMBER("InUse", acm_nullable_boolean, OPTIONAL),
    MEMBER("IssuedAt", acm_tstamp, OPTIONAL),
    MEMBER("RenewalEligibility", acm_renewal_eligibility, OPTIONAL),
    MEMBER("RevokedAt", acm_tstamp, OPTIONAL),
    MEMBER("Status", acm_certificate_status, OPTIONAL),
    MEMBER("RenewalStatus", acm_renewal_status, OPTIONAL),
    MEMBER("Type", acm_certificate_type, OPTIONAL),
    MEMBER("ExportOption", acm_certificate_export, OPTIONAL),
    MEMBER("ManagedBy", acm_certificate_managed_by, OPTIONAL),
    MEMBER("ValidationMethod", acm_validation_method, OPTIONAL),
    MEMBER("CertificateKeyPairOrigin", acm_certificate_key_pair_origin, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_arn, OPTIONAL),
    MEMBER("AcmeAccountId", acm_acme_account_id, OPTIONAL))};

const struct shape acm_acm_certificate_metadata_filter = {UNION("AcmCertificateMetadataFilter",
    MEMBER("Status", acm_certificate_status, OPTIONAL),
    MEMBER("RenewalStatus", acm_renewal_status, OPTIONAL),
    MEMBER("Type", acm_certificate_type, OPTIONAL),
    MEMBER("InUse", acm_nullable_boolean, OPTIONAL),
    MEMBER("Exported", acm_nullable_boolean, OPTIONAL),
    MEMBER("ExportOption", acm_certificate_export, OPTIONAL),
    MEMBER("ManagedBy", acm_certificate_managed_by, OPTIONAL),
    MEMBER("ValidationMethod", acm_validation_method, OPTIONAL),
    MEMBER("CertificateKeyPairOrigin", acm_certificate_key_pair_origin, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_arn, OPTIONAL),
    MEMBER("AcmeAccountId", acm_acme_account_id, OPTIONAL))};

const struct shape acm_certificate_detail = {STRUCTURE("CertificateDetail",
    MEMBER("CertificateArn", acm_arn, OPTIONAL),
    MEMBER("DomainName", acm_domain_name_string, OPTIONAL),
    MEMBER("SubjectAlternativeNames", acm_domain_list, OPTIONAL),
    MEMBER("ManagedBy", acm_certificate_managed_by, OPTIONAL),
    MEMBER("DomainValidationOptions", acm_domain_validation_list, OPTIONAL),
    MEMBER("Serial", acm_string, OPTIONAL),
    MEMBER("Subject", acm_string, OPTIONAL),
    MEMBER("Issuer", acm_string, OPTIONAL),
    MEMBER("CreatedAt", acm_tstamp, OPTIONAL),
    MEMBER("IssuedAt", acm_tstamp, OPTIONAL),
    MEMBER("ImportedAt", acm_tstamp, OPTIONAL),
    MEMBER("Status", acm_certificate_status, OPTIONAL),
    MEMBER("RevokedAt", acm_tstamp, OPTIONAL),
    MEMBER("RevocationReason", acm_revocation_reason, OPTIONAL),
    MEMBER("NotBefore", acm_tstamp, OPTIONAL),
    MEMBER("NotAfter", acm_tstamp, OPTIONAL),
    MEMBER("KeyAlgorithm", acm_key_algorithm, OPTIONAL),
    MEMBER("SignatureAlgorithm", acm_string, OPTIONAL),
    MEMBER("InUseBy", acm_in_use_list, OPTIONAL),
    MEMBER("FailureReason", acm_failure_reason, OPTIONAL),
    MEMBER("Type", acm_certificate_type, OPTIONAL),
    MEMBER("RenewalSummary", acm_renewal_summary, OPTIONAL),
    MEMBER("KeyUsages", acm_key_usage_list, OPTIONAL),
    MEMBER("ExtendedKeyUsages", acm_extended_key_usage_list, OPTIONAL),
    MEMBER("CertificateAuthorityArn", acm_arn, OPTIONAL),
    MEMBER("RenewalEligibility", acm_renewal_eligibility, OPTIONAL),
    MEMBER("Options", acm_certificate_options, OPTIONAL),
    MEMBER("CertificateKeyPairOrigin", acm_certificate_key_pair_origin, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_arn, OPTIONAL),
    MEMBER("AcmeAccountId", acm_acme_account_id, OPTIONAL))};

const struct shape acm_certificate_filter = {UNION("CertificateFilter",
    MEMBER("CertificateArn", acm_arn, OPTIONAL),
    MEMBER("X509AttributeFilter", acm_x509_attribute_filter, OPTIONAL),
    MEMBER("AcmCertificateMetadataFilter", acm_acm_certificate_metadata_filter, OPTIONAL))};

const struct shape acm_certificate_filter_statement = {UNION("CertificateFilterStatement",
    MEMBER("And", acm_certificate_filter_statement_list, OPTIONAL),
    MEMBER("Or", acm_certificate_filter_statement_list, OPTIONAL),
    MEMBER("Not", acm_certificate_filter_statement, OPTIONAL),
    MEMBER("Filter", acm_certificate_filter, OPTIONAL))};

const struct shape acm_certificate_metadata = {UNION("CertificateMetadata",
    MEMBER("AcmCertificateMetadata", acm_acm_certificate_metadata, OPTIONAL))};

const struct shape acm_certificate_options = {STRUCTURE("CertificateOptions",
    MEMBER("CertificateTransparencyLoggingPreference",
           acm_certificate_transparency_logging_preference, OPTIONAL),
    MEMBER("Export", acm_certificate_export, OPTIONAL))};

const struct shape acm_certificate_search_result = {STRUCTURE("CertificateSearchResult",
    MEMBER("CertificateArn", acm_arn, OPTIONAL),
    MEMBER("X509Attributes", acm_x509_attributes, OPTIONAL),
    MEMBER("CertificateMetadata", acm_certificate_metadata, OPTIONAL))};

const struct shape acm_certificate_summary = {STRUCTURE("CertificateSummary",
    MEMBER("CertificateArn", acm_arn, OPTIONAL),
    MEMBER("DomainName", acm_domain_name_string, OPTIONAL),
    MEMBER("SubjectAlternativeNameSummaries", acm_domain_list, OPTIONAL),
    MEMBER("HasAdditionalSubjectAlternativeNames", acm_nullable_boolean, OPTIONAL),
    MEMBER("Status", acm_certificate_status, OPTIONAL),
    MEMBER("Type", acm_certificate_type, OPTIONAL),
    MEMBER("KeyAlgorithm", acm_key_algorithm, OPTIONAL),
    MEMBER("KeyUsages", acm_key_usage_names, OPTIONAL),
    MEMBER("ExtendedKeyUsages", acm_extended_key_usage_names, OPTIONAL),
    MEMBER("ExportOption", acm_certificate_export, OPTIONAL),
    MEMBER("InUse", acm_nullable_boolean, OPTIONAL),
    MEMBER("Exported", acm_nullable_boolean, OPTIONAL),
    MEMBER("RenewalEligibility", acm_renewal_eligibility, OPTIONAL),
    MEMBER("NotBefore", acm_tstamp, OPTIONAL),
    MEMBER("NotAfter", acm_tstamp, OPTIONAL),
    MEMBER("CreatedAt", acm_tstamp, OPTIONAL),
    MEMBER("IssuedAt", acm_tstamp, OPTIONAL),
    MEMBER("ImportedAt", acm_tstamp, OPTIONAL),
    MEMBER("RevokedAt", acm_tstamp, OPTIONAL),
    MEMBER("ManagedBy", acm_certificate_managed_by, OPTIONAL),
    MEMBER("CertificateKeyPairOrigin", acm_certificate_key_pair_origin, OPTIONAL))};

const struct shape acm_common_name_filter = {STRUCTURE("CommonNameFilter",
    MEMBER("Value", acm_filter_string, REQUIRED),
    MEMBER("ComparisonOperator", acm_comparison_operator, REQUIRED))};

const struct shape acm_custom_attribute = {STRUCTURE("CustomAttribute",
    MEMBER("ObjectIdentifier", acm_string, OPTIONAL),
    MEMBER("Value", acm_string, OPTIONAL))};

const struct shape acm_distinguished_name = {STRUCTURE("DistinguishedName",
    MEMBER("CommonName", acm_string, OPTIONAL),
    MEMBER("DomainComponents", acm_domain_component_list, OPTIONAL),
    MEMBER("Country", acm_string, OPTIONAL),
    MEMBER("CustomAttributes", acm_custom_attribute_list, OPTIONAL),
    MEMBER("DistinguishedNameQualifier", acm_string, OPTIONAL),
    MEMBER("GenerationQualifier", acm_string, OPTIONAL),
    MEMBER("GivenName", acm_string, OPTIONAL),
    MEMBER("Initials", acm_string, OPTIONAL),
    MEMBER("Locality", acm_string, OPTIONAL),
    MEMBER("Organization", acm_string, OPTIONAL),
    MEMBER("OrganizationalUnit", acm_string, OPTIONAL),
    MEMBER("Pseudonym", acm_string, OPTIONAL),
    MEMBER("SerialNumber", acm_string, OPTIONAL),
    MEMBER("State", acm_string, OPTIONAL),
    MEMBER("Surname", acm_string, OPTIONAL),
    MEMBER("Title", acm_string, OPTIONAL))};

const struct shape acm_dns_name_filter = {STRUCTURE("DnsNameFilter",
    MEMBER("Value", acm_filter_string, REQUIRED),
    MEMBER("ComparisonOperator", acm_comparison_operator, REQUIRED))};

const struct shape acm_domain_validation = {STRUCTURE("DomainValidation",
    MEMBER("DomainName", acm_domain_name_string, REQUIRED),
    MEMBER("ValidationEmails", acm_validation_email_list, OPTIONAL),
    MEMBER("ValidationDomain", acm_domain_name_string, OPTIONAL),
    MEMBER("ValidationStatus", acm_domain_status, OPTIONAL),
    MEMBER("ResourceRecord", acm_resource_record, OPTIONAL),
    MEMBER("HttpRedirect", acm_http_redirect, OPTIONAL),
    MEMBER("ValidationMethod", acm_validation_method, OPTIONAL))};

/* The shapes of ListCertificateDomainValidations. */

const struct shape acm_email_validation_challenge = {STRUCTURE("EmailValidationChallenge",
    MEMBER("ValidationEmails", acm_validation_email_list, OPTIONAL),
    MEMBER("ValidationDomain", acm_domain_name_string, OPTIONAL))};

const struct shape acm_dns_validation_challenge = {STRUCTURE("DnsValidationChallenge",
    MEMBER("ResourceRecord", acm_resource_record, OPTIONAL))};

const struct shape acm_validation_challenge = {UNION("ValidationChallenge",
    MEMBER("EmailValidationChallenge", acm_email_validation_challenge, OPTIONAL),
    MEMBER("DnsValidationChallenge", acm_dns_validation_challenge, OPTIONAL))};

const struct shape acm_validation_configuration = {STRUCTURE("ValidationConfiguration",
    MEMBER("ValidationMethod", acm_validation_method, OPTIONAL),
    MEMBER("ValidationChallenge", acm_validation_challenge, OPTIONAL),
    MEMBER("ValidationStatus", acm_domain_status, OPTIONAL))};

const struct shape acm_domain_validation_summary = {STRUCTURE("DomainValidationSummary",
    MEMBER("DomainName", acm_domain_name_string, REQUIRED),
    MEMBER("ActiveValidationConfiguration", acm_validation_configuration, OPTIONAL),
    MEMBER("RequestedValidationConfiguration", acm_validation_configuration, OPTIONAL))};

const struct shape acm_domain_validation_option = {STRUCTURE("DomainValidationOption",
    MEMBER("DomainName", acm_domain_name_string, REQUIRED),
    MEMBER("ValidationDomain", acm_domain_name_string, REQUIRED))};

const struct shape acm_expiry_events_configuration = {STRUCTURE("ExpiryEventsConfiguration",
    MEMBER("DaysBeforeExpiry", acm_positive_integer, OPTIONAL))};

const struct shape acm_extended_key_usage = {STRUCTURE("ExtendedKeyUsage",
    MEMBER("Name", acm_extended_key_usage_name, OPTIONAL),
    MEMBER("OID", acm_string, OPTIONAL))};

const struct shape acm_filters = {STRUCTURE("Filters",
    MEMBER("extendedKeyUsage", acm_extended_key_usage_filter_list, OPTIONAL),
    MEMBER("keyUsage", acm_key_usage_filter_list, OPTIONAL),
    MEMBER("keyTypes", acm_key_algorithm_list, OPTIONAL),
    MEMBER("exportOption", acm_certificate_export, OPTIONAL),
    MEMBER("managedBy", acm_certificate_managed_by, OPTIONAL))};

const struct shape acm_general_name = {UNION("GeneralName",
    MEMBER("DirectoryName", acm_distinguished_name, OPTIONAL),
    MEMBER("DnsName", acm_string, OPTIONAL),
    MEMBER("IpAddress", acm_string, OPTIONAL),
    MEMBER("OtherName", acm_other_name, OPTIONAL),
    MEMBER("RegisteredId", acm_string, OPTIONAL),
    MEMBER("Rfc822Name", acm_string, OPTIONAL),
    MEMBER("UniformResourceIdentifier", acm_string, OPTIONAL))};

const struct shape acm_http_redirect = {STRUCTURE("HttpRedirect",
    MEMBER("RedirectFrom", acm_string, OPTIONAL),
    MEMBER("RedirectTo", acm_string, OPTIONAL))};

const struct shape acm_key_usage = {STRUCTURE("KeyUsage",
    MEMBER("Name", acm_key_usage_name, OPTIONAL))};

const struct shape acm_other_name = {STRUCTURE("OtherName",
    MEMBER("ObjectIdentifier", acm_string, OPTIONAL),
    MEMBER("Value", acm_string, OPTIONAL))};

const struct shape acm_renewal_summary = {STRUCTURE("RenewalSummary",
    MEMBER("RenewalStatus", acm_renewal_status, REQUIRED),
    MEMBER("DomainValidationOptions", acm_domain_validation_list, REQUIRED),
    MEMBER("RenewalStatusReason", acm_failure_reason, OPTIONAL),
    MEMBER("UpdatedAt", acm_tstamp, REQUIRED))};

const struct shape acm_resource_record = {STRUCTURE("ResourceRecord",
    MEMBER("Name", acm_string, REQUIRED),
    MEMBER("Type", acm_record_type, REQUIRED),
    MEMBER("Value", acm_string, REQUIRED))};

const struct shape acm_subject_alternative_name_filter = {UNION("SubjectAlternativeNameFilter",
    MEMBER("DnsName", acm_dns_name_filter, OPTIONAL))};

const struct shape acm_subject_filter = {UNION("SubjectFilter",
    MEMBER("CommonName", acm_common_name_filter, OPTIONAL))};

const struct shape acm_tag = {STRUCTURE("Tag",
    MEMBER("Key", acm_tag_key, REQUIRED),
    MEMBER("Value", acm_tag_value, OPTIONAL))};

const struct shape acm_timestamp_range = {STRUCTURE("TimestampRange",
    MEMBER("Start", acm_tstamp, OPTIONAL),
    MEMBER("End", acm_tstamp, OPTIONAL))};

const struct shape acm_x509_attribute_filter = {UNION("X509AttributeFilter",
    MEMBER("Subject", acm_subject_filter, OPTIONAL),
    MEMBER("SubjectAlternativeName", acm_subject_alternative_name_filter, OPTIONAL),
    MEMBER("ExtendedKeyUsage", acm_extended_key_usage_name, OPTIONAL),
    MEMBER("KeyUsage", acm_key_usage_name, OPTIONAL),
    MEMBER("KeyAlgorithm", acm_key_algorithm, OPTIONAL),
    MEMBER("SerialNumber", acm_serial_number, OPTIONAL),
    MEMBER("NotAfter", acm_timestamp_range, OPTIONAL),
    MEMBER("NotBefore", acm_timestamp_range, OPTIONAL))};

const struct shape acm_x509_attributes = {STRUCTURE("X509Attributes",
    MEMBER("Issuer", acm_distinguished_name, OPTIONAL),
    MEMBER("Subject", acm_distinguished_name, OPTIONAL),
    MEMBER("SubjectAlternativeNames", acm_general_name_list, OPTIONAL),
    MEMBER("ExtendedKeyUsages", acm_extended_key_usage_names, OPTIONAL),
    MEMBER("KeyAlgorithm", acm_key_algorithm, OPTIONAL),
    MEMBER("KeyUsages", acm_key_usage_names, OPTIONAL),
    MEMBER("SerialNumber", acm_serial_number, OPTIONAL),
    MEMBER("NotAfter", acm_tstamp, OPTIONAL),
    MEMBER("NotBefore", acm_tstamp, OPTIONAL))};
