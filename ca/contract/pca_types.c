/*
 * pca_types.c - the ACM-PCA API: texts, numbers, octets and enumerations.
 */
#include "ca/contract/pca_shapes.h"

/* Names of resources. */

const struct shape pca_arn = {STRING("Arn", 5, 200), MATCHES(PCA_ARN_ANY_ACCOUNT)};

/* PEM and other text that is long or secret. */

const struct shape pca_aws_policy = {STRING("AWSPolicy", 1, 81920), MATCHES(LATIN1_SOME)};
const struct shape pca_base64_string_1_to_4096 = {
    STRING("Base64String1To4096", 1, 4096), MATCHES(BASE64)};
const struct shape pca_certificate_body = {STRING("CertificateBody", ANY, ANY)};
const struct shape pca_certificate_chain = {STRING("CertificateChain", ANY, ANY)};
const struct shape pca_csr_body = {STRING("CsrBody", ANY, ANY)};

/* Text. */

const struct shape pca_asn1_printable_string_64 = {
    STRING("ASN1PrintableString64", 0, 64), MATCHES(PRINTABLE)};
const struct shape pca_account_id = {STRING("AccountId", 12, 12), MATCHES(DIGITS)};
const struct shape pca_audit_report_id = {STRING("AuditReportId", 36, 36), MATCHES(UUID_LIKE)};
const struct shape pca_cname_string = {STRING("CnameString", 0, 253), MATCHES(CNAME)};
const struct shape pca_country_code_string = {STRING("CountryCodeString", 2, 2), MATCHES(COUNTRY)};
const struct shape pca_crl_path_string = {STRING("CrlPathString", 0, 253), MATCHES(CRL_PATH)};
const struct shape pca_custom_object_identifier = {
    STRING("CustomObjectIdentifier", 0, 64), MATCHES(OID)};
const struct shape pca_idempotency_token = {STRING("IdempotencyToken", 1, 36), MATCHES(LATIN1)};
const struct shape pca_next_token = {STRING("NextToken", 1, 43739)};
const struct shape pca_principal = {STRING("Principal", 0, 128), MATCHES(PRINCIPAL)};
const struct shape pca_s3_bucket_name = {STRING("S3BucketName", 3, 63)};
const struct shape pca_s3_bucket_name_3_to_255 = {
    STRING("S3BucketName3To255", 3, 255), MATCHES(S3_BUCKET)};
const struct shape pca_s3_key = {STRING("S3Key", 0, 1024)};
const struct shape pca_string = {STRING("String", ANY, ANY)};
const struct shape pca_string_128 = {STRING("String128", 0, 128)};
const struct shape pca_string_16 = {STRING("String16", 0, 16)};
const struct shape pca_string_1_to_256 = {STRING("String1To256", 1, 256)};
const struct shape pca_string_253 = {STRING("String253", 0, 253)};
const struct shape pca_string_256 = {STRING("String256", 0, 256)};
const struct shape pca_string_3 = {STRING("String3", 0, 3)};
const struct shape pca_string_39 = {STRING("String39", 0, 39)};
const struct shape pca_string_40 = {STRING("String40", 0, 40)};
const struct shape pca_string_5 = {STRING("String5", 0, 5)};
const struct shape pca_string_64 = {STRING("String64", 0, 64)};
const struct shape pca_tag_key = {STRING("TagKey", 1, 128), MATCHES(TAG)};
const struct shape pca_tag_value = {STRING("TagValue", 0, 256), MATCHES(TAG)};

/* Octets, base64 on the wire. */

const struct shape pca_certificate_body_blob = {BLOB("CertificateBodyBlob", 1, 32768)};
const struct shape pca_certificate_chain_blob = {BLOB("CertificateChainBlob", 0, 2097152)};
const struct shape pca_csr_blob = {BLOB("CsrBlob", 1, 32768)};

/* Numbers, truth and time. */

const struct shape pca_boolean = {BOOLEAN("Boolean")};
const struct shape pca_integer_1_to_5000 = {INTEGER("Integer1To5000", 1, 5000)};
const struct shape pca_max_results = {INTEGER("MaxResults", 1, 1000)};
const struct shape pca_permanent_deletion_time_in_days = {
    INTEGER("PermanentDeletionTimeInDays", 7, 30)};
const struct shape pca_positive_long = {LONG("PositiveLong", 1, ANY)};
const struct shape pca_tstamp = {TIMESTAMP("TStamp")};

/* Enumerations, in the order of the model. */

const struct shape pca_access_method_type = {ENUM(
    "AccessMethodType", "CA_REPOSITORY", "RESOURCE_PKI_MANIFEST", "RESOURCE_PKI_NOTIFY")};

const struct shape pca_action_type = {ENUM(
    "ActionType", "IssueCertificate", "GetCertificate", "ListPermissions")};

const struct shape pca_audit_report_response_format = {ENUM(
    "AuditReportResponseFormat", "JSON", "CSV")};

const struct shape pca_audit_report_status = {ENUM(
    "AuditReportStatus", "CREATING", "SUCCESS", "FAILED")};

const struct shape pca_certificate_authority_status = {ENUM(
    "CertificateAuthorityStatus", "CREATING", "PENDING_CERTIFICATE", "ACTIVE", "DELETED",
    "DISABLED", "EXPIRED", "FAILED")};

const struct shape pca_certificate_authority_type = {ENUM(
    "CertificateAuthorityType", "ROOT", "SUBORDINATE")};

const struct shape pca_certificate_authority_usage_mode = {ENUM(
    "CertificateAuthorityUsageMode", "GENERAL_PURPOSE", "SHORT_LIVED_CERTIFICATE")};

const struct shape pca_crl_type = {ENUM("CrlType", "COMPLETE", "PARTITIONED")};

const struct shape pca_extended_key_usage_type = {ENUM(
    "ExtendedKeyUsageType", "SERVER_AUTH", "CLIENT_AUTH", "CODE_SIGNING", "EMAIL_PROTECTION",
    "TIME_STAMPING", "OCSP_SIGNING", "SMART_CARD_LOGIN", "DOCUMENT_SIGNING",
    "CERTIFICATE_TRANSPARENCY")};

const struct shape pca_failure_reason = {ENUM(
    "FailureReason", "REQUEST_TIMED_OUT", "UNSUPPORTED_ALGORITHM", "OTHER")};

const struct shape pca_key_algorithm = {ENUM(
    "KeyAlgorithm", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1",
    "EC_secp521r1", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "SM2")};

const struct shape pca_key_storage_security_standard = {ENUM(
    "KeyStorageSecurityStandard", "FIPS_140_2_LEVEL_2_OR_HIGHER", "FIPS_140_2_LEVEL_3_OR_HIGHER",
    "CCPC_LEVEL_1_OR_HIGHER")};

const struct shape pca_policy_qualifier_id = {ENUM("PolicyQualifierId", "CPS")};
const struct shape pca_resource_owner = {ENUM("ResourceOwner", "SELF", "OTHER_ACCOUNTS")};

const struct shape pca_revocation_reason = {ENUM(
    "RevocationReason", "UNSPECIFIED", "KEY_COMPROMISE", "CERTIFICATE_AUTHORITY_COMPROMISE",
    "AFFILIATION_CHANGED", "SUPERSEDED", "CESSATION_OF_OPERATION", "PRIVILEGE_WITHDRAWN",
    "A_A_COMPROMISE")};

const struct shape pca_s3_object_acl = {ENUM(
    "S3ObjectAcl", "PUBLIC_READ", "BUCKET_OWNER_FULL_CONTROL")};

const struct shape pca_signing_algorithm = {ENUM(
    "SigningAlgorithm", "SHA256WITHECDSA", "SHA384WITHECDSA", "SHA512WITHECDSA", "SHA256WITHRSA",
    "SHA384WITHRSA", "SHA512WITHRSA", "SHA256WITHRSA_PSS", "SHA384WITHRSA_PSS",
    "SHA512WITHRSA_PSS", "SM3WITHSM2", "ML_DSA_44", "ML_DSA_65", "ML_DSA_87")};

const struct shape pca_validity_period_type = {ENUM(
    "ValidityPeriodType", "END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS")};
