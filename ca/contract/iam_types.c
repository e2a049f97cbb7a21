/*
 * iam_types.c - the IAM API: texts, numbers, octets, enumerations, and lists.
 */
#include "ca/contract/iam_shapes.h"

const struct shape iam_shape_access_key_id = {
    STRING("accessKeyIdType", 16, 128), MATCHES(IAM_WORD)};
const struct shape iam_shape_access_key_secret = {
    STRING("accessKeySecretType", ANY, ANY), SENSITIVE};
const struct shape iam_shape_account_alias = {
    STRING("accountAliasType", 3, 63), MATCHES(IAM_ALIAS)};
const struct shape iam_shape_action_name = {STRING("ActionNameType", 3, 128)};
const struct shape iam_shape_arn = {STRING("arnType", 20, 2048)};
const struct shape iam_shape_assignment_status = {
    ENUM("assignmentStatusType", "Assigned", "Unassigned", "Any")};
const struct shape iam_shape_attachment_count = {INTEGER("attachmentCountType", ANY, ANY)};
const struct shape iam_shape_authentication_code = {
    STRING("authenticationCodeType", 6, 6), MATCHES(IAM_DIGITS)};
const struct shape iam_shape_boolean = {BOOLEAN("booleanType")};
const struct shape iam_shape_boolean_object = {BOOLEAN("booleanObjectType")};
const struct shape iam_shape_bootstrap_datum = {BLOB("BootstrapDatum", ANY, ANY), SENSITIVE};
const struct shape iam_shape_column_number = {INTEGER("ColumnNumber", ANY, ANY)};
const struct shape iam_shape_context_key_name = {STRING("ContextKeyNameType", 5, 256)};
const struct shape iam_shape_context_key_type_enum = {
    ENUM("ContextKeyTypeEnum", "string", "stringList", "numeric", "numericList", "boolean",
     "booleanList", "ip", "ipList", "binary", "binaryList", "date", "dateList")};
const struct shape iam_shape_context_key_value = {STRING("ContextKeyValueType", ANY, ANY)};
const struct shape iam_shape_custom_suffix = {STRING("customSuffixType", 1, 64), MATCHES(IAM_NAME)};
const struct shape iam_shape_date = {TIMESTAMP("dateType")};
const struct shape iam_shape_deletion_task_id = {STRING("DeletionTaskIdType", 1, 1000)};
const struct shape iam_shape_deletion_task_status = {
    ENUM("DeletionTaskStatusType", "SUCCEEDED", "IN_PROGRESS", "FAILED", "NOT_STARTED")};
const struct shape iam_shape_entity = {
    ENUM("EntityType", "User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")};
const struct shape iam_shape_existing_user_name = {
    STRING("existingUserNameType", 1, 128), MATCHES(IAM_NAME)};
const struct shape iam_shape_group_name = {STRING("groupNameType", 1, 128), MATCHES(IAM_NAME)};
const struct shape iam_shape_id = {STRING("idType", 16, 128), MATCHES(IAM_WORD)};
const struct shape iam_shape_instance_profile_name = {
    STRING("instanceProfileNameType", 1, 128), MATCHES(IAM_NAME)};
const struct shape iam_shape_line_number = {INTEGER("LineNumber", ANY, ANY)};
const struct shape iam_shape_marker = {STRING("markerType", 1, 320), MATCHES(IAM_MARKER)};
const struct shape iam_shape_max_items = {INTEGER("maxItemsType", 1, 1000)};
const struct shape iam_shape_max_password_age = {INTEGER("maxPasswordAgeType", 1, 1095)};
const struct shape iam_shape_minimum_password_length = {
    INTEGER("minimumPasswordLengthType", 6, 128)};
const struct shape iam_shape_password = {
    STRING("passwordType", 1, 128), MATCHES(LATIN1_SOME), SENSITIVE};
const struct shape iam_shape_password_reuse_prevention = {
    INTEGER("passwordReusePreventionType", 1, 24)};
const struct shape iam_shape_path = {STRING("pathType", 1, 512), MATCHES(IAM_PATH)};
const struct shape iam_shape_path_prefix = {
    STRING("pathPrefixType", 1, 512), MATCHES(IAM_PATH_PREFIX)};
const struct shape iam_shape_permissions_boundary_attachment = {
    ENUM("PermissionsBoundaryAttachmentType", "PermissionsBoundaryPolicy")};
const struct shape iam_shape_policy_description = {STRING("policyDescriptionType", ANY, 1000)};
const struct shape iam_shape_policy_document = {
    STRING("policyDocumentType", 1, 131072), MATCHES(LATIN1_SOME)};
const struct shape iam_shape_policy_evaluation_decision = {
    ENUM("PolicyEvaluationDecisionType", "allowed", "explicitDeny", "implicitDeny")};
const struct shape iam_shape_policy_identifier = {STRING("PolicyIdentifierType", ANY, ANY)};
const struct shape iam_shape_policy_name = {STRING("policyNameType", 1, 128), MATCHES(IAM_NAME)};
const struct shape iam_shape_policy_path = {
    STRING("policyPathType", 1, 512), MATCHES(IAM_POLICY_PATH)};
const struct shape iam_shape_policy_scope = {ENUM("policyScopeType", "All", "AWS", "Local")};
const struct shape iam_shape_policy_source = {
    ENUM("PolicySourceType", "user", "group", "role", "aws-managed", "user-managed", "resource",
     "none")};
const struct shape iam_shape_policy_usage = {
    ENUM("PolicyUsageType", "PermissionsPolicy", "PermissionsBoundary")};
const struct shape iam_shape_policy_version_id = {
    STRING("policyVersionIdType", ANY, ANY), MATCHES(IAM_POLICY_VERSION)};
const struct shape iam_shape_reason = {STRING("ReasonType", ANY, 1000)};
const struct shape iam_shape_region_name = {STRING("RegionNameType", 1, 100)};
const struct shape iam_shape_resource_handling_option = {
    STRING("ResourceHandlingOptionType", 1, 64)};
const struct shape iam_shape_resource_name = {STRING("ResourceNameType", 1, 2048)};
const struct shape iam_shape_response_marker = {STRING("responseMarkerType", ANY, ANY)};
const struct shape iam_shape_role_description = {
    STRING("roleDescriptionType", ANY, 1000), MATCHES(IAM_DESCRIPTION)};
const struct shape iam_shape_role_max_session_duration = {
    INTEGER("roleMaxSessionDurationType", 3600, 43200)};
const struct shape iam_shape_role_name = {STRING("roleNameType", 1, 64), MATCHES(IAM_NAME)};
const struct shape iam_shape_serial_number = {
    STRING("serialNumberType", 9, 256), MATCHES(IAM_SERIAL)};
const struct shape iam_shape_status = {ENUM("statusType", "Active", "Inactive")};
const struct shape iam_shape_string = {STRING("stringType", ANY, ANY)};
const struct shape iam_shape_summary_value = {INTEGER("summaryValueType", ANY, ANY)};
const struct shape iam_shape_tag_key = {STRING("tagKeyType", 1, 128), MATCHES(IAM_TAG_KEY)};
const struct shape iam_shape_tag_value = {STRING("tagValueType", 0, 256), MATCHES(IAM_TAG_VALUE)};
const struct shape iam_shape_user_name = {STRING("userNameType", 1, 64), MATCHES(IAM_NAME)};
const struct shape iam_shape_virtual_mfa_device_name = {
    STRING("virtualMFADeviceName", 1, ANY), MATCHES(IAM_NAME)};

const struct shape iam_shape_access_key_metadata_list = {
    LIST("accessKeyMetadataListType", iam_shape_access_key_metadata, ANY, ANY)};
const struct shape iam_shape_account_alias_list = {
    LIST("accountAliasListType", iam_shape_account_alias, ANY, ANY)};
const struct shape iam_shape_action_name_list = {
    LIST("ActionNameListType", iam_shape_action_name, ANY, ANY)};
const struct shape iam_shape_arn_list = {LIST("ArnListType", iam_shape_arn, ANY, ANY)};
const struct shape iam_shape_attached_policies_list = {
    LIST("attachedPoliciesListType", iam_shape_attached_policy, ANY, ANY)};
const struct shape iam_shape_context_entry_list = {
    LIST("ContextEntryListType", iam_shape_context_entry, ANY, ANY)};
const struct shape iam_shape_context_key_names_result_list = {
    LIST("ContextKeyNamesResultListType", iam_shape_context_key_name, ANY, ANY)};
const struct shape iam_shape_context_key_value_list = {
    LIST("ContextKeyValueListType", iam_shape_context_key_value, ANY, ANY)};
const struct shape iam_shape_entity_list = {LIST("entityListType", iam_shape_entity, ANY, ANY)};
const struct shape iam_shape_eval_decision_details = {
    MAP("EvalDecisionDetailsType", iam_shape_policy_evaluation_decision)};
const struct shape iam_shape_evaluation_results_list = {
    LIST("EvaluationResultsListType", iam_shape_evaluation_result, ANY, ANY)};
const struct shape iam_shape_group_detail_list = {
    LIST("groupDetailListType", iam_shape_group_detail, ANY, ANY)};
const struct shape iam_shape_group_list = {LIST("groupListType", iam_shape_group, ANY, ANY)};
const struct shape iam_shape_group_name_list = {
    LIST("groupNameListType", iam_shape_group_name, ANY, ANY)};
const struct shape iam_shape_instance_profile_list = {
    LIST("instanceProfileListType", iam_shape_instance_profile, ANY, ANY)};
const struct shape iam_shape_managed_policy_detail_list = {
    LIST("ManagedPolicyDetailListType", iam_shape_managed_policy_detail, ANY, ANY)};
const struct shape iam_shape_mfa_device_list = {
    LIST("mfaDeviceListType", iam_shape_mfa_device, ANY, ANY)};
const struct shape iam_shape_policy_detail_list = {
    LIST("policyDetailListType", iam_shape_policy_detail, ANY, ANY)};
const struct shape iam_shape_policy_document_version_list = {
    LIST("policyDocumentVersionListType", iam_shape_policy_version, ANY, ANY)};
const struct shape iam_shape_policy_group_list = {
    LIST("PolicyGroupListType", iam_shape_policy_group, ANY, ANY)};
const struct shape iam_shape_policy_list = {LIST("policyListType", iam_shape_policy, ANY, ANY)};
const struct shape iam_shape_policy_name_list = {
    LIST("policyNameListType", iam_shape_policy_name, ANY, ANY)};
const struct shape iam_shape_policy_role_list = {
    LIST("PolicyRoleListType", iam_shape_policy_role, ANY, ANY)};
const struct shape iam_shape_policy_user_list = {
    LIST("PolicyUserListType", iam_shape_policy_user, ANY, ANY)};
const struct shape iam_shape_resource_name_list = {
    LIST("ResourceNameListType", iam_shape_resource_name, ANY, ANY)};
const struct shape iam_shape_resource_specific_result_list = {
    LIST("ResourceSpecificResultListType", iam_shape_resource_specific_result, ANY, ANY)};
const struct shape iam_shape_role_detail_list = {
    LIST("roleDetailListType", iam_shape_role_detail, ANY, ANY)};
const struct shape iam_shape_role_list = {LIST("roleListType", iam_shape_role, ANY, ANY)};
const struct shape iam_shape_role_usage_list = {
    LIST("RoleUsageListType", iam_shape_role_usage, ANY, ANY)};
const struct shape iam_shape_simulation_policy_list = {
    LIST("SimulationPolicyListType", iam_shape_policy_document, ANY, ANY)};
const struct shape iam_shape_statement_list = {
    LIST("StatementListType", iam_shape_statement, ANY, ANY)};
const struct shape iam_shape_summary_map = {MAP("summaryMapType", iam_shape_summary_value)};
const struct shape iam_shape_tag_key_list = {LIST("tagKeyListType", iam_shape_tag_key, ANY, 50)};
const struct shape iam_shape_tag_list = {LIST("tagListType", iam_shape_tag, ANY, 50)};
const struct shape iam_shape_user_detail_list = {
    LIST("userDetailListType", iam_shape_user_detail, ANY, ANY)};
const struct shape iam_shape_user_list = {LIST("userListType", iam_shape_user, ANY, ANY)};
const struct shape iam_shape_virtual_mfa_device_list = {
    LIST("virtualMFADeviceListType", iam_shape_virtual_mfa_device, ANY, ANY)};
