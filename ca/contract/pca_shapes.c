/*
 * pca_shapes.c - the ACM-PCA API: lists and structures.
 */
#include "ca/contract/pca_shapes.h"

/* Lists. */

const struct shape pca_access_description_list = {
    LIST("AccessDescriptionList", pca_access_description, ANY, ANY)};
const struct shape pca_action_list = {LIST("ActionList", pca_action_type, 1, 3)};
const struct shape pca_certificate_authorities = {
    LIST("CertificateAuthorities", pca_certificate_authority, ANY, ANY)};
const struct shape pca_certificate_policy_list = {
    LIST("CertificatePolicyList", pca_policy_information, 1, 20)};
const struct shape pca_custom_attribute_list = {
    LIST("CustomAttributeList", pca_custom_attribute, 1, 150)};
const struct shape pca_custom_extension_list = {
    LIST("CustomExtensionList", pca_custom_extension, 1, 150)};
const struct shape pca_extended_key_usage_list = {
    LIST("ExtendedKeyUsageList", pca_extended_key_usage, 1, 20)};
const struct shape pca_general_name_list = {LIST("GeneralNameList", pca_general_name, 1, 150)};
const struct shape pca_permission_list = {LIST("PermissionList", pca_permission, 0, ANY)};
const struct shape pca_policy_qualifier_info_list = {
    LIST("PolicyQualifierInfoList", pca_policy_qualifier_info, 1, 20)};
const struct shape pca_tag_list = {LIST("TagList", pca_tag, 1, 50)};

/* Structures. */

const struct shape pca_asn1_subject = {STRUCTURE("ASN1Subject",
    MEMBER("Country", pca_country_code_string, OPTIONAL),
    MEMBER("Organization", pca_string_64, OPTIONAL),
    MEMBER("OrganizationalUnit", pca_string_64, OPTIONAL),
    MEMBER("DistinguishedNameQualifier", pca_asn1_printable_string_64, OPTIONAL),
    MEMBER("State", pca_string_128, OPTIONAL),
    MEMBER("CommonName", pca_string_64, OPTIONAL),
    MEMBER("SerialNumber", pca_asn1_printable_string_64, OPTIONAL),
    MEMBER("Locality", pca_string_128, OPTIONAL),
    MEMBER("Title", pca_string_64, OPTIONAL),
    MEMBER("Surname", pca_string_40, OPTIONAL),
    MEMBER("GivenName", pca_string_16, OPTIONAL),
    MEMBER("Initials", pca_string_5, OPTIONAL),
    MEMBER("Pseudonym", pca_string_128, OPTIONAL),
    MEMBER("GenerationQualifier", pca_string_3, OPTIONAL),
    MEMBER("CustomAttributes", pca_custom_attribute_list, OPTIONAL))};

const struct shape pca_access_description = {STRUCTURE("AccessDescription",
    MEMBER("AccessMethod", pca_access_method, REQUIRED),
    MEMBER("AccessLocation", pca_general_name, REQUIRED))};

const struct shape pca_access_method = {STRUCTURE("AccessMethod",
    MEMBER("CustomObjectIdentifier", pca_custom_object_identifier, OPTIONAL),
    MEMBER("AccessMethodType", pca_access_method_type, OPTIONAL))};

const struct shape pca_api_passthrough = {STRUCTURE("ApiPassthrough",
    MEMBER("Extensions", pca_extensions, OPTIONAL),
    MEMBER("Subject", pca_asn1_subject, OPTIONAL))};

const struct shape pca_certificate_authority = {STRUCTURE("CertificateAuthority",
    MEMBER("Arn", pca_arn, OPTIONAL),
    MEMBER("OwnerAccount", pca_account_id, OPTIONAL),
    MEMBER("CreatedAt", pca_tstamp, OPTIONAL),
    MEMBER("LastStateChangeAt", pca_tstamp, OPTIONAL),
    MEMBER("Type", pca_certificate_authority_type, OPTIONAL),
    MEMBER("Serial", pca_string, OPTIONAL),
    MEMBER("Status", pca_certificate_authority_status, OPTIONAL),
    MEMBER("NotBefore", pca_tstamp, OPTIONAL),
    MEMBER("NotAfter", pca_tstamp, OPTIONAL),
    MEMBER("FailureReason", pca_failure_reason, OPTIONAL),
    MEMBER("CertificateAuthorityConfiguration", pca_certificate_authority_configuration, OPTIONAL),
    MEMBER("RevocationConfiguration", pca_revocation_configuration, OPTIONAL),
    MEMBER("RestorableUntil", pca_tstamp, OPTIONAL),
    MEMBER("KeyStorageSecurityStandard", pca_key_storage_security_standard, OPTIONAL),
    MEMBER("UsageMode", pca_certificate_authority_usage_mode, OPTIONAL))};

const struct shape pca_certificate_authority_configuration = {STRUCTURE(
    "CertificateAuthorityConfiguration",
    MEMBER("KeyAlgorithm", pca_key_algorithm, REQUIRED),
    MEMBER("SigningAlgorithm", pca_signing_algorithm, REQUIRED),
    MEMBER("Subject", pca_asn1_subject, REQUIRED),
    MEMBER("CsrExtensions", pca_csr_extensions, OPTIONAL))};

const struct shape pca_crl_configuration = {STRUCTURE("CrlConfiguration",
    MEMBER("Enabled", pca_boolean, REQUIRED),
    MEMBER("ExpirationInDays", pca_integer_1_to_5000, OPTIONAL),
    MEMBER("CustomCname", pca_cname_string, OPTIONAL),
    MEMBER("S3BucketName", pca_s3_bucket_name_3_to_255, OPTIONAL),
    MEMBER("S3ObjectAcl", pca_s3_object_acl, OPTIONAL),
    MEMBER("CrlDistributionPointExtensionConfiguration",
           pca_crl_distribution_point_extension_configuration, OPTIONAL),
    MEMBER("CrlType", pca_crl_type, OPTIONAL),
    MEMBER("CustomPath", pca_crl_path_string, OPTIONAL))};

const struct shape pca_crl_distribution_point_extension_configuration = {STRUCTURE(
    "CrlDistributionPointExtensionConfiguration",
    MEMBER("OmitExtension", pca_boolean, REQUIRED))};

const struct shape pca_csr_extensions = {STRUCTURE("CsrExtensions",
    MEMBER("KeyUsage", pca_key_usage, OPTIONAL),
    MEMBER("SubjectInformationAccess", pca_access_description_list, OPTIONAL))};

const struct shape pca_custom_attribute = {STRUCTURE("CustomAttribute",
    MEMBER("ObjectIdentifier", pca_custom_object_identifier, REQUIRED),
    MEMBER("Value", pca_string_1_to_256, REQUIRED))};

const struct shape pca_custom_extension = {STRUCTURE("CustomExtension",
    MEMBER("ObjectIdentifier", pca_custom_object_identifier, REQUIRED),
    MEMBER("Value", pca_base64_string_1_to_4096, REQUIRED),
    MEMBER("Critical", pca_boolean, OPTIONAL))};

const struct shape pca_edi_party_name = {STRUCTURE("EdiPartyName",
    MEMBER("PartyName", pca_string_256, REQUIRED),
    MEMBER("NameAssigner", pca_string_256, OPTIONAL))};

const struct shape pca_extended_key_usage = {STRUCTURE("ExtendedKeyUsage",
    MEMBER("ExtendedKeyUsageType", pca_extended_key_usage_type, OPTIONAL),
    MEMBER("ExtendedKeyUsageObjectIdentifier", pca_custom_object_identifier, OPTIONAL))};

const struct shape pca_extensions = {STRUCTURE("Extensions",
    MEMBER("CertificatePolicies", pca_certificate_policy_list, OPTIONAL),
    MEMBER("ExtendedKeyUsage", pca_extended_key_usage_list, OPTIONAL),
    MEMBER("KeyUsage", pca_key_usage, OPTIONAL),
    MEMBER("SubjectAlternativeNames", pca_general_name_list, OPTIONAL),
    MEMBER("CustomExtensions", pca_custom_extension_list, OPTIONAL))};

const struct shape pca_general_name = {STRUCTURE("GeneralName",
    MEMBER("OtherName", pca_other_name, OPTIONAL),
    MEMBER("Rfc822Name", pca_string_256, OPTIONAL),
    MEMBER("DnsName", pca_string_253, OPTIONAL),
    MEMBER("DirectoryName", pca_asn1_subject, OPTIONAL),
    MEMBER("EdiPartyName", pca_edi_party_name, OPTIONAL),
    MEMBER("UniformResourceIdentifier", pca_string_253, OPTIONAL),
    MEMBER("IpAddress", pca_string_39, OPTIONAL),
    MEMBER("RegisteredId", pca_custom_object_identifier, OPTIONAL))};

const struct shape pca_key_usage = {STRUCTURE("KeyUsage",
    MEMBER("DigitalSignature", pca_boolean, OPTIONAL),
    MEMBER("NonRepudiation", pca_boolean, OPTIONAL),
    MEMBER("KeyEncipherment", pca_boolean, OPTIONAL),
    MEMBER("DataEncipherment", pca_boolean, OPTIONAL),
    MEMBER("KeyAgreement", pca_boolean, OPTIONAL),
    MEMBER("KeyCertSign", pca_boolean, OPTIONAL),
    MEMBER("CRLSign", pca_boolean, OPTIONAL),
    MEMBER("EncipherOnly", pca_boolean, OPTIONAL),
    MEMBER("DecipherOnly", pca_boolean, OPTIONAL))};

const struct shape pca_ocsp_configuration = {STRUCTURE("OcspConfiguration",
    MEMBER("Enabled", pca_boolean, REQUIRED),
    MEMBER("OcspCustomCname", pca_cname_string, OPTIONAL))};

const struct shape pca_other_name = {STRUCTURE("OtherName",
    MEMBER("TypeId", pca_custom_object_identifier, REQUIRED),
    MEMBER("Value", pca_string_256, REQUIRED))};

const struct shape pca_permission = {STRUCTURE("Permission",
    MEMBER("CertificateAuthorityArn", pca_arn, OPTIONAL),
    MEMBER("CreatedAt", pca_tstamp, OPTIONAL),
    MEMBER("Principal", pca_principal, OPTIONAL),
    MEMBER("SourceAccount", pca_account_id, OPTIONAL),
    MEMBER("Actions", pca_action_list, OPTIONAL),
    MEMBER("Policy", pca_aws_policy, OPTIONAL))};

const struct shape pca_policy_information = {STRUCTURE("PolicyInformation",
    MEMBER("CertPolicyId", pca_custom_object_identifier, REQUIRED),
    MEMBER("PolicyQualifiers", pca_policy_qualifier_info_list, OPTIONAL))};

const struct shape pca_policy_qualifier_info = {STRUCTURE("PolicyQualifierInfo",
    MEMBER("PolicyQualifierId", pca_policy_qualifier_id, REQUIRED),
    MEMBER("Qualifier", pca_qualifier, REQUIRED))};

const struct shape pca_qualifier = {STRUCTURE("Qualifier",
    MEMBER("CpsUri", pca_string_256, REQUIRED))};

const struct shape pca_revocation_configuration = {STRUCTURE("RevocationConfiguration",
    MEMBER("CrlConfiguration", pca_crl_configuration, OPTIONAL),
    MEMBER("OcspConfiguration", pca_ocsp_configuration, OPTIONAL))};

const struct shape pca_tag = {STRUCTURE("Tag",
    MEMBER("Key", pca_tag_key, REQUIRED),
    MEMBER("Value", pca_tag_value, OPTIONAL))};

const struct shape pca_validity = {STRUCTURE("Validity",
    MEMBER("Value", pca_positive_long, REQUIRED),
    MEMBER("Type", pca_validity_period_type, REQUIRED))};
