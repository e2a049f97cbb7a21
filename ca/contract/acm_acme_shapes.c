/*
 * acm_acme_shapes.c - the ACM API: lists and structures of managed ACME.
 */
#include "ca/contract/acm_shapes.h"

/* Lists. */

const struct shape acm_acme_account_list = {
    LIST("AcmeAccountList", acm_acme_account_summary, ANY, ANY)};
const struct shape acm_acme_domain_validation_list = {
    LIST("AcmeDomainValidationList", acm_acme_domain_validation_summary, ANY, ANY)};
const struct shape acm_acme_endpoint_list = {
    LIST("AcmeEndpointList", acm_acme_endpoint_summary, ANY, ANY)};
const struct shape acm_acme_external_account_binding_list = {
    LIST("AcmeExternalAccountBindingList", acm_acme_external_account_binding_summary, ANY, ANY)};
const struct shape acm_contact_list = {LIST("ContactList", acm_string, ANY, ANY), SENSITIVE};
const struct shape acm_public_key_algorithm_list = {
    LIST("PublicKeyAlgorithmList", acm_public_key_algorithm, ANY, ANY)};

/* Structures. */

const struct shape acm_acme_account = {STRUCTURE("AcmeAccount",
    MEMBER("AccountUrl", acm_string, OPTIONAL),
    MEMBER("PublicKeyThumbprint", acm_string, OPTIONAL),
    MEMBER("Status", acm_acme_account_status, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, OPTIONAL),
    MEMBER("Contacts", acm_contact_list, OPTIONAL))};

const struct shape acm_acme_account_summary = {STRUCTURE("AcmeAccountSummary",
    MEMBER("AccountUrl", acm_string, OPTIONAL),
    MEMBER("PublicKeyThumbprint", acm_string, OPTIONAL),
    MEMBER("Status", acm_acme_account_status, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, OPTIONAL),
    MEMBER("Contacts", acm_contact_list, OPTIONAL))};

const struct shape acm_acme_domain_validation = {STRUCTURE("AcmeDomainValidation",
    MEMBER("AcmeDomainValidationArn", acm_acme_domain_validation_arn, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, OPTIONAL),
    MEMBER("DomainName", acm_domain_name, OPTIONAL),
    MEMBER("PrevalidationType", acm_prevalidation_type, OPTIONAL),
    MEMBER("PrevalidationDetails", acm_prevalidation_details, OPTIONAL),
    MEMBER("Status", acm_acme_domain_validation_status, OPTIONAL),
    MEMBER("FailureDetails", acm_failure_details, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("UpdatedAt", acm_timestamp, OPTIONAL))};

const struct shape acm_acme_domain_validation_summary = {STRUCTURE("AcmeDomainValidationSummary",
    MEMBER("AcmeDomainValidationArn", acm_acme_domain_validation_arn, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, OPTIONAL),
    MEMBER("DomainName", acm_domain_name, OPTIONAL),
    MEMBER("PrevalidationType", acm_prevalidation_type, OPTIONAL),
    MEMBER("PrevalidationDetails", acm_prevalidation_details, OPTIONAL),
    MEMBER("Status", acm_acme_domain_validation_status, OPTIONAL),
    MEMBER("FailureDetails", acm_failure_details, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("UpdatedAt", acm_timestamp, OPTIONAL))};

const struct shape acm_acme_endpoint = {STRUCTURE("AcmeEndpoint",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, OPTIONAL),
    MEMBER("EndpointUrl", acm_string, OPTIONAL),
    MEMBER("Status", acm_acme_endpoint_status, OPTIONAL),
    MEMBER("FailureReason", acm_string, OPTIONAL),
    MEMBER("AuthorizationBehavior", acm_acme_authorization_behavior, OPTIONAL),
    MEMBER("Contact", acm_acme_contact, OPTIONAL),
    MEMBER("CertificateAuthority", acm_certificate_authority, OPTIONAL),
    MEMBER("CertificateTags", acm_tag_list, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("UpdatedAt", acm_timestamp, OPTIONAL))};

const struct shape acm_acme_endpoint_summary = {STRUCTURE("AcmeEndpointSummary",
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, OPTIONAL),
    MEMBER("EndpointUrl", acm_string, OPTIONAL),
    MEMBER("Status", acm_acme_endpoint_status, OPTIONAL),
    MEMBER("FailureReason", acm_string, OPTIONAL),
    MEMBER("AuthorizationBehavior", acm_acme_authorization_behavior, OPTIONAL),
    MEMBER("Contact", acm_acme_contact, OPTIONAL),
    MEMBER("CertificateAuthority", acm_certificate_authority, OPTIONAL),
    MEMBER("CertificateTags", acm_tag_list, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("UpdatedAt", acm_timestamp, OPTIONAL))};

const struct shape acm_acme_external_account_binding = {STRUCTURE("AcmeExternalAccountBinding",
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, OPTIONAL),
    MEMBER("RoleArn", acm_role_arn, OPTIONAL),
    MEMBER("ExpiresAt", acm_timestamp, OPTIONAL),
    MEMBER("RevokedAt", acm_timestamp, OPTIONAL),
    MEMBER("LastUsedAt", acm_timestamp, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("UpdatedAt", acm_timestamp, OPTIONAL))};

const struct shape acm_acme_external_account_binding_summary = {STRUCTURE(
    "AcmeExternalAccountBindingSummary",
    MEMBER("AcmeExternalAccountBindingArn", acm_acme_external_account_binding_arn, OPTIONAL),
    MEMBER("AcmeEndpointArn", acm_acme_endpoint_arn, OPTIONAL),
    MEMBER("RoleArn", acm_role_arn, OPTIONAL),
    MEMBER("ExpiresAt", acm_timestamp, OPTIONAL),
    MEMBER("RevokedAt", acm_timestamp, OPTIONAL),
    MEMBER("LastUsedAt", acm_timestamp, OPTIONAL),
    MEMBER("CreatedAt", acm_timestamp, OPTIONAL),
    MEMBER("UpdatedAt", acm_timestamp, OPTIONAL))};

const struct shape acm_certificate_authority = {UNION("CertificateAuthority",
    MEMBER("PublicCertificateAuthority", acm_public_certificate_authority, OPTIONAL))};

const struct shape acm_dns_prevalidation_details = {STRUCTURE("DnsPrevalidationDetails",
    MEMBER("DomainScope", acm_domain_scope, OPTIONAL),
    MEMBER("HostedZoneId", acm_hosted_zone_id, OPTIONAL),
    MEMBER("ResourceRecord", acm_resource_record, OPTIONAL))};

const struct shape acm_dns_prevalidation_options = {STRUCTURE("DnsPrevalidationOptions",
    MEMBER("DomainScope", acm_domain_scope, OPTIONAL),
    MEMBER("HostedZoneId", acm_hosted_zone_id, OPTIONAL))};

const struct shape acm_domain_scope = {STRUCTURE("DomainScope",
    MEMBER("ExactDomain", acm_domain_scope_option, OPTIONAL),
    MEMBER("Subdomains", acm_domain_scope_option, OPTIONAL),
    MEMBER("Wildcards", acm_domain_scope_option, OPTIONAL))};

const struct shape acm_expiration = {STRUCTURE("Expiration",
    MEMBER("Value", acm_expiration_value_long, REQUIRED),
    MEMBER("Type", acm_time_type, REQUIRED))};

const struct shape acm_failure_details = {STRUCTURE("FailureDetails",
    MEMBER("Reason", acm_acme_domain_validation_failure_reason, OPTIONAL),
    MEMBER("Message", acm_string, OPTIONAL))};

const struct shape acm_prevalidation_details = {UNION("PrevalidationDetails",
    MEMBER("DnsPrevalidation", acm_dns_prevalidation_details, OPTIONAL))};

const struct shape acm_prevalidation_options = {UNION("PrevalidationOptions",
    MEMBER("DnsPrevalidation", acm_dns_prevalidation_options, OPTIONAL))};

const struct shape acm_public_certificate_authority = {STRUCTURE("PublicCertificateAuthority",
    MEMBER("AllowedKeyAlgorithms", acm_public_key_algorithm_list, OPTIONAL))};
