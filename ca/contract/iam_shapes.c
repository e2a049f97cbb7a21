/*
 * iam_shapes.c - the IAM API: structures.
 */
#include "ca/contract/iam_shapes.h"

const struct shape iam_shape_access_key = {STRUCTURE("AccessKey",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("AccessKeyId", iam_shape_access_key_id, REQUIRED),
    MEMBER("Status", iam_shape_status, REQUIRED),
    MEMBER("SecretAccessKey", iam_shape_access_key_secret, REQUIRED),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL))};

const struct shape iam_shape_access_key_last_used = {STRUCTURE("AccessKeyLastUsed",
    MEMBER("LastUsedDate", iam_shape_date, REQUIRED),
    MEMBER("ServiceName", iam_shape_string, REQUIRED),
    MEMBER("Region", iam_shape_string, REQUIRED))};

const struct shape iam_shape_access_key_metadata = {STRUCTURE("AccessKeyMetadata",
    MEMBER("UserName", iam_shape_user_name, OPTIONAL),
    MEMBER("AccessKeyId", iam_shape_access_key_id, OPTIONAL),
    MEMBER("Status", iam_shape_status, OPTIONAL),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL))};

const struct shape iam_shape_attached_permissions_boundary = {STRUCTURE(
    "AttachedPermissionsBoundary",
    MEMBER("PermissionsBoundaryType", iam_shape_permissions_boundary_attachment, OPTIONAL),
    MEMBER("PermissionsBoundaryArn", iam_shape_arn, OPTIONAL))};

const struct shape iam_shape_attached_policy = {STRUCTURE("AttachedPolicy",
    MEMBER("PolicyName", iam_shape_policy_name, OPTIONAL),
    MEMBER("PolicyArn", iam_shape_arn, OPTIONAL))};

const struct shape iam_shape_context_entry = {STRUCTURE("ContextEntry",
    MEMBER("ContextKeyName", iam_shape_context_key_name, OPTIONAL),
    MEMBER("ContextKeyValues", iam_shape_context_key_value_list, OPTIONAL),
    MEMBER("ContextKeyType", iam_shape_context_key_type_enum, OPTIONAL))};

const struct shape iam_shape_deletion_task_failure_reason = {STRUCTURE(
    "DeletionTaskFailureReasonType",
    MEMBER("Reason", iam_shape_reason, OPTIONAL),
    MEMBER("RoleUsageList", iam_shape_role_usage_list, OPTIONAL))};

const struct shape iam_shape_evaluation_result = {STRUCTURE("EvaluationResult",
    MEMBER("EvalActionName", iam_shape_action_name, REQUIRED),
    MEMBER("EvalResourceName", iam_shape_resource_name, OPTIONAL),
    MEMBER("EvalDecision", iam_shape_policy_evaluation_decision, REQUIRED),
    MEMBER("MatchedStatements", iam_shape_statement_list, OPTIONAL),
    MEMBER("MissingContextValues", iam_shape_context_key_names_result_list, OPTIONAL),
    MEMBER("OrganizationsDecisionDetail", iam_shape_organizations_decision_detail, OPTIONAL),
    MEMBER("PermissionsBoundaryDecisionDetail", iam_shape_permissions_boundary_decision_detail,
           OPTIONAL),
    MEMBER("EvalDecisionDetails", iam_shape_eval_decision_details, OPTIONAL),
    MEMBER("ResourceSpecificResults", iam_shape_resource_specific_result_list, OPTIONAL))};

const struct shape iam_shape_group = {STRUCTURE("Group",
    MEMBER("Path", iam_shape_path, REQUIRED),
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("GroupId", iam_shape_id, REQUIRED),
    MEMBER("Arn", iam_shape_arn, REQUIRED),
    MEMBER("CreateDate", iam_shape_date, REQUIRED))};

const struct shape iam_shape_group_detail = {STRUCTURE("GroupDetail",
    MEMBER("Path", iam_shape_path, OPTIONAL),
    MEMBER("GroupName", iam_shape_group_name, OPTIONAL),
    MEMBER("GroupId", iam_shape_id, OPTIONAL),
    MEMBER("Arn", iam_shape_arn, OPTIONAL),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL),
    MEMBER("GroupPolicyList", iam_shape_policy_detail_list, OPTIONAL),
    MEMBER("AttachedManagedPolicies", iam_shape_attached_policies_list, OPTIONAL))};

const struct shape iam_shape_instance_profile = {STRUCTURE("InstanceProfile",
    MEMBER("Path", iam_shape_path, REQUIRED),
    MEMBER("InstanceProfileName", iam_shape_instance_profile_name, REQUIRED),
    MEMBER("InstanceProfileId", iam_shape_id, REQUIRED),
    MEMBER("Arn", iam_shape_arn, REQUIRED),
    MEMBER("CreateDate", iam_shape_date, REQUIRED),
    MEMBER("Roles", iam_shape_role_list, REQUIRED),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_login_profile = {STRUCTURE("LoginProfile",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("CreateDate", iam_shape_date, REQUIRED),
    MEMBER("PasswordResetRequired", iam_shape_boolean, OPTIONAL))};

const struct shape iam_shape_managed_policy_detail = {STRUCTURE("ManagedPolicyDetail",
    MEMBER("PolicyName", iam_shape_policy_name, OPTIONAL),
    MEMBER("PolicyId", iam_shape_id, OPTIONAL),
    MEMBER("Arn", iam_shape_arn, OPTIONAL),
    MEMBER("Path", iam_shape_policy_path, OPTIONAL),
    MEMBER("DefaultVersionId", iam_shape_policy_version_id, OPTIONAL),
    MEMBER("AttachmentCount", iam_shape_attachment_count, OPTIONAL),
    MEMBER("PermissionsBoundaryUsageCount", iam_shape_attachment_count, OPTIONAL),
    MEMBER("IsAttachable", iam_shape_boolean, OPTIONAL),
    MEMBER("Description", iam_shape_policy_description, OPTIONAL),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL),
    MEMBER("UpdateDate", iam_shape_date, OPTIONAL),
    MEMBER("PolicyVersionList", iam_shape_policy_document_version_list, OPTIONAL))};

const struct shape iam_shape_mfa_device = {STRUCTURE("MFADevice",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("SerialNumber", iam_shape_serial_number, REQUIRED),
    MEMBER("EnableDate", iam_shape_date, REQUIRED))};

const struct shape iam_shape_organizations_decision_detail = {STRUCTURE(
    "OrganizationsDecisionDetail",
    MEMBER("AllowedByOrganizations", iam_shape_boolean, OPTIONAL))};

const struct shape iam_shape_password_policy = {STRUCTURE("PasswordPolicy",
    MEMBER("MinimumPasswordLength", iam_shape_minimum_password_length, OPTIONAL),
    MEMBER("RequireSymbols", iam_shape_boolean, OPTIONAL),
    MEMBER("RequireNumbers", iam_shape_boolean, OPTIONAL),
    MEMBER("RequireUppercaseCharacters", iam_shape_boolean, OPTIONAL),
    MEMBER("RequireLowercaseCharacters", iam_shape_boolean, OPTIONAL),
    MEMBER("AllowUsersToChangePassword", iam_shape_boolean, OPTIONAL),
    MEMBER("ExpirePasswords", iam_shape_boolean, OPTIONAL),
    MEMBER("MaxPasswordAge", iam_shape_max_password_age, OPTIONAL),
    MEMBER("PasswordReusePrevention", iam_shape_password_reuse_prevention, OPTIONAL),
    MEMBER("HardExpiry", iam_shape_boolean_object, OPTIONAL))};

const struct shape iam_shape_permissions_boundary_decision_detail = {STRUCTURE(
    "PermissionsBoundaryDecisionDetail",
    MEMBER("AllowedByPermissionsBoundary", iam_shape_boolean, OPTIONAL))};

const struct shape iam_shape_policy = {STRUCTURE("Policy",
    MEMBER("PolicyName", iam_shape_policy_name, OPTIONAL),
    MEMBER("PolicyId", iam_shape_id, OPTIONAL),
    MEMBER("Arn", iam_shape_arn, OPTIONAL),
    MEMBER("Path", iam_shape_policy_path, OPTIONAL),
    MEMBER("DefaultVersionId", iam_shape_policy_version_id, OPTIONAL),
    MEMBER("AttachmentCount", iam_shape_attachment_count, OPTIONAL),
    MEMBER("PermissionsBoundaryUsageCount", iam_shape_attachment_count, OPTIONAL),
    MEMBER("IsAttachable", iam_shape_boolean, OPTIONAL),
    MEMBER("Description", iam_shape_policy_description, OPTIONAL),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL),
    MEMBER("UpdateDate", iam_shape_date, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_policy_detail = {STRUCTURE("PolicyDetail",
    MEMBER("PolicyName", iam_shape_policy_name, OPTIONAL),
    MEMBER("PolicyDocument", iam_shape_policy_document, OPTIONAL))};

const struct shape iam_shape_policy_group = {STRUCTURE("PolicyGroup",
    MEMBER("GroupName", iam_shape_group_name, OPTIONAL),
    MEMBER("GroupId", iam_shape_id, OPTIONAL))};

const struct shape iam_shape_policy_role = {STRUCTURE("PolicyRole",
    MEMBER("RoleName", iam_shape_role_name, OPTIONAL),
    MEMBER("RoleId", iam_shape_id, OPTIONAL))};

const struct shape iam_shape_policy_user = {STRUCTURE("PolicyUser",
    MEMBER("UserName", iam_shape_user_name, OPTIONAL),
    MEMBER("UserId", iam_shape_id, OPTIONAL))};

const struct shape iam_shape_policy_version = {STRUCTURE("PolicyVersion",
    MEMBER("Document", iam_shape_policy_document, OPTIONAL),
    MEMBER("VersionId", iam_shape_policy_version_id, OPTIONAL),
    MEMBER("IsDefaultVersion", iam_shape_boolean, OPTIONAL),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL))};

const struct shape iam_shape_position = {STRUCTURE("Position",
    MEMBER("Line", iam_shape_line_number, OPTIONAL),
    MEMBER("Column", iam_shape_column_number, OPTIONAL))};

const struct shape iam_shape_resource_specific_result = {STRUCTURE("ResourceSpecificResult",
    MEMBER("EvalResourceName", iam_shape_resource_name, REQUIRED),
    MEMBER("EvalResourceDecision", iam_shape_policy_evaluation_decision, REQUIRED),
    MEMBER("MatchedStatements", iam_shape_statement_list, OPTIONAL),
    MEMBER("MissingContextValues", iam_shape_context_key_names_result_list, OPTIONAL),
    MEMBER("EvalDecisionDetails", iam_shape_eval_decision_details, OPTIONAL),
    MEMBER("PermissionsBoundaryDecisionDetail", iam_shape_permissions_boundary_decision_detail,
           OPTIONAL))};

const struct shape iam_shape_role = {STRUCTURE("Role",
    MEMBER("Path", iam_shape_path, REQUIRED),
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("RoleId", iam_shape_id, REQUIRED),
    MEMBER("Arn", iam_shape_arn, REQUIRED),
    MEMBER("CreateDate", iam_shape_date, REQUIRED),
    MEMBER("AssumeRolePolicyDocument", iam_shape_policy_document, OPTIONAL),
    MEMBER("Description", iam_shape_role_description, OPTIONAL),
    MEMBER("MaxSessionDuration", iam_shape_role_max_session_duration, OPTIONAL),
    MEMBER("PermissionsBoundary", iam_shape_attached_permissions_boundary, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL),
    MEMBER("RoleLastUsed", iam_shape_role_last_used, OPTIONAL))};

const struct shape iam_shape_role_detail = {STRUCTURE("RoleDetail",
    MEMBER("Path", iam_shape_path, OPTIONAL),
    MEMBER("RoleName", iam_shape_role_name, OPTIONAL),
    MEMBER("RoleId", iam_shape_id, OPTIONAL),
    MEMBER("Arn", iam_shape_arn, OPTIONAL),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL),
    MEMBER("AssumeRolePolicyDocument", iam_shape_policy_document, OPTIONAL),
    MEMBER("InstanceProfileList", iam_shape_instance_profile_list, OPTIONAL),
    MEMBER("RolePolicyList", iam_shape_policy_detail_list, OPTIONAL),
    MEMBER("AttachedManagedPolicies", iam_shape_attached_policies_list, OPTIONAL),
    MEMBER("PermissionsBoundary", iam_shape_attached_permissions_boundary, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL),
    MEMBER("RoleLastUsed", iam_shape_role_last_used, OPTIONAL))};

const struct shape iam_shape_role_last_used = {STRUCTURE("RoleLastUsed",
    MEMBER("LastUsedDate", iam_shape_date, OPTIONAL),
    MEMBER("Region", iam_shape_string, OPTIONAL))};

const struct shape iam_shape_role_usage = {STRUCTURE("RoleUsageType",
    MEMBER("Region", iam_shape_region_name, OPTIONAL),
    MEMBER("Resources", iam_shape_arn_list, OPTIONAL))};

const struct shape iam_shape_statement = {STRUCTURE("Statement",
    MEMBER("SourcePolicyId", iam_shape_policy_identifier, OPTIONAL),
    MEMBER("SourcePolicyType", iam_shape_policy_source, OPTIONAL),
    MEMBER("StartPosition", iam_shape_position, OPTIONAL),
    MEMBER("EndPosition", iam_shape_position, OPTIONAL))};

const struct shape iam_shape_tag = {STRUCTURE("Tag",
    MEMBER("Key", iam_shape_tag_key, REQUIRED),
    MEMBER("Value", iam_shape_tag_value, REQUIRED))};

const struct shape iam_shape_user = {STRUCTURE("User",
    MEMBER("Path", iam_shape_path, REQUIRED),
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("UserId", iam_shape_id, REQUIRED),
    MEMBER("Arn", iam_shape_arn, REQUIRED),
    MEMBER("CreateDate", iam_shape_date, REQUIRED),
    MEMBER("PasswordLastUsed", iam_shape_date, OPTIONAL),
    MEMBER("PermissionsBoundary", iam_shape_attached_permissions_boundary, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_user_detail = {STRUCTURE("UserDetail",
    MEMBER("Path", iam_shape_path, OPTIONAL),
    MEMBER("UserName", iam_shape_user_name, OPTIONAL),
    MEMBER("UserId", iam_shape_id, OPTIONAL),
    MEMBER("Arn", iam_shape_arn, OPTIONAL),
    MEMBER("CreateDate", iam_shape_date, OPTIONAL),
    MEMBER("UserPolicyList", iam_shape_policy_detail_list, OPTIONAL),
    MEMBER("GroupList", iam_shape_group_name_list, OPTIONAL),
    MEMBER("AttachedManagedPolicies", iam_shape_attached_policies_list, OPTIONAL),
    MEMBER("PermissionsBoundary", iam_shape_attached_permissions_boundary, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_virtual_mfa_device = {STRUCTURE("VirtualMFADevice",
    MEMBER("SerialNumber", iam_shape_serial_number, REQUIRED),
    MEMBER("Base32StringSeed", iam_shape_bootstrap_datum, OPTIONAL),
    MEMBER("QRCodePNG", iam_shape_bootstrap_datum, OPTIONAL),
    MEMBER("User", iam_shape_user, OPTIONAL),
    MEMBER("EnableDate", iam_shape_date, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};
