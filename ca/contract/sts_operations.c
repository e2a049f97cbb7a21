/*
 * sts_operations.c - the STS API: shapes and operations.
 */
#include "ca/contract/sts_shapes.h"
#include "ca/contract/services.h"

#define SERVICE SERVICE_STS

const struct shape sts_shape_access_key_id = {
    STRING("accessKeyIdType", 16, 128), MATCHES(STS_WORD)};
const struct shape sts_shape_access_key_secret = {STRING("accessKeySecretType", ANY, ANY)};
const struct shape sts_shape_account = {STRING("accountType", ANY, ANY)};
const struct shape sts_shape_arn = {STRING("arnType", 20, 2048), MATCHES(STS_ARN)};
const struct shape sts_shape_assumed_role_id = {
    STRING("assumedRoleIdType", 2, 193), MATCHES(STS_ROLE_ID)};
const struct shape sts_shape_date = {TIMESTAMP("dateType")};
const struct shape sts_shape_duration_seconds = {INTEGER("durationSecondsType", 900, 129600)};
const struct shape sts_shape_external_id = {
    STRING("externalIdType", 2, 1224), MATCHES(STS_EXTERNAL_ID)};
const struct shape sts_shape_non_negative_integer = {INTEGER("nonNegativeIntegerType", 0, ANY)};
const struct shape sts_shape_role_duration_seconds = {
    INTEGER("roleDurationSecondsType", 900, 43200)};
const struct shape sts_shape_role_session_name = {
    STRING("roleSessionNameType", 2, 64), MATCHES(STS_NAME)};
const struct shape sts_shape_serial_number = {
    STRING("serialNumberType", 9, 256), MATCHES(STS_SERIAL)};
const struct shape sts_shape_session_policy_document = {
    STRING("sessionPolicyDocumentType", 1, 2048), MATCHES(LATIN1_SOME)};
const struct shape sts_shape_source_identity = {
    STRING("sourceIdentityType", 2, 64), MATCHES(STS_NAME)};
const struct shape sts_shape_tag_key = {STRING("tagKeyType", 1, 128), MATCHES(IAM_TAG_KEY)};
const struct shape sts_shape_tag_value = {STRING("tagValueType", 0, 256), MATCHES(IAM_TAG_VALUE)};
const struct shape sts_shape_token = {STRING("tokenType", ANY, ANY), SENSITIVE};
const struct shape sts_shape_token_code = {STRING("tokenCodeType", 6, 6), MATCHES(STS_DIGITS)};
const struct shape sts_shape_user_id = {STRING("userIdType", ANY, ANY)};

const struct shape sts_shape_policy_descriptor_list = {
    LIST("policyDescriptorListType", sts_shape_policy_descriptor, ANY, ANY)};
const struct shape sts_shape_tag_key_list = {LIST("tagKeyListType", sts_shape_tag_key, ANY, 50)};
const struct shape sts_shape_tag_list = {LIST("tagListType", sts_shape_tag, ANY, 50)};

const struct shape sts_shape_assumed_role_user = {STRUCTURE("AssumedRoleUser",
    MEMBER("AssumedRoleId", sts_shape_assumed_role_id, REQUIRED),
    MEMBER("Arn", sts_shape_arn, REQUIRED))};

const struct shape sts_shape_credentials = {STRUCTURE("Credentials",
    MEMBER("AccessKeyId", sts_shape_access_key_id, REQUIRED),
    MEMBER("SecretAccessKey", sts_shape_access_key_secret, REQUIRED),
    MEMBER("SessionToken", sts_shape_token, REQUIRED),
    MEMBER("Expiration", sts_shape_date, REQUIRED))};

const struct shape sts_shape_policy_descriptor = {STRUCTURE("PolicyDescriptorType",
    MEMBER("arn", sts_shape_arn, OPTIONAL))};

const struct shape sts_shape_tag = {STRUCTURE("Tag",
    MEMBER("Key", sts_shape_tag_key, REQUIRED),
    MEMBER("Value", sts_shape_tag_value, REQUIRED))};

const struct shape sts_shape_assume_role_request = {STRUCTURE("AssumeRoleRequest",
    MEMBER("RoleArn", sts_shape_arn, REQUIRED),
    MEMBER("RoleSessionName", sts_shape_role_session_name, REQUIRED),
    MEMBER("PolicyArns", sts_shape_policy_descriptor_list, OPTIONAL),
    MEMBER("Policy", sts_shape_session_policy_document, OPTIONAL),
    MEMBER("DurationSeconds", sts_shape_role_duration_seconds, OPTIONAL),
    MEMBER("Tags", sts_shape_tag_list, OPTIONAL),
    MEMBER("TransitiveTagKeys", sts_shape_tag_key_list, OPTIONAL),
    MEMBER("ExternalId", sts_shape_external_id, OPTIONAL),
    MEMBER("SerialNumber", sts_shape_serial_number, OPTIONAL),
    MEMBER("TokenCode", sts_shape_token_code, OPTIONAL),
    MEMBER("SourceIdentity", sts_shape_source_identity, OPTIONAL))};

const struct shape sts_shape_get_access_key_info_request = {STRUCTURE("GetAccessKeyInfoRequest",
    MEMBER("AccessKeyId", sts_shape_access_key_id, REQUIRED))};

const struct shape sts_shape_get_caller_identity_request = {
    STRUCTURE_EMPTY("GetCallerIdentityRequest")};

const struct shape sts_shape_get_session_token_request = {STRUCTURE("GetSessionTokenRequest",
    MEMBER("DurationSeconds", sts_shape_duration_seconds, OPTIONAL),
    MEMBER("SerialNumber", sts_shape_serial_number, OPTIONAL),
    MEMBER("TokenCode", sts_shape_token_code, OPTIONAL))};

const struct shape sts_shape_assume_role_response = {STRUCTURE("AssumeRoleResponse",
    MEMBER("Credentials", sts_shape_credentials, OPTIONAL),
    MEMBER("AssumedRoleUser", sts_shape_assumed_role_user, OPTIONAL),
    MEMBER("PackedPolicySize", sts_shape_non_negative_integer, OPTIONAL),
    MEMBER("SourceIdentity", sts_shape_source_identity, OPTIONAL))};

const struct shape sts_shape_get_access_key_info_response = {STRUCTURE("GetAccessKeyInfoResponse",
    MEMBER("Account", sts_shape_account, OPTIONAL))};

const struct shape sts_shape_get_caller_identity_response = {STRUCTURE("GetCallerIdentityResponse",
    MEMBER("UserId", sts_shape_user_id, OPTIONAL),
    MEMBER("Account", sts_shape_account, OPTIONAL),
    MEMBER("Arn", sts_shape_arn, OPTIONAL))};

const struct shape sts_shape_get_session_token_response = {STRUCTURE("GetSessionTokenResponse",
    MEMBER("Credentials", sts_shape_credentials, OPTIONAL))};

const struct operation contract_sts_operations[STS_OPERATION_COUNT] = {
    OPERATION("AssumeRole", &sts_shape_assume_role_request, &sts_shape_assume_role_response,
              ERRORS("MalformedPolicyDocumentException", "PackedPolicyTooLargeException",
                     "RegionDisabledException", "ExpiredTokenException")),
    OPERATION("GetAccessKeyInfo", &sts_shape_get_access_key_info_request,
              &sts_shape_get_access_key_info_response,
              NO_ERRORS),
    OPERATION("GetCallerIdentity", &sts_shape_get_caller_identity_request,
              &sts_shape_get_caller_identity_response,
              NO_ERRORS),
    OPERATION("GetSessionToken", &sts_shape_get_session_token_request,
              &sts_shape_get_session_token_response,
              ERRORS("RegionDisabledException")),
};
