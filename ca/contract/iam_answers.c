/*
 * iam_answers.c - the IAM API: what operations answer.
 */
#include "ca/contract/iam_shapes.h"

const struct shape iam_shape_create_access_key_response = {STRUCTURE("CreateAccessKeyResponse",
    MEMBER("AccessKey", iam_shape_access_key, REQUIRED))};

const struct shape iam_shape_create_group_response = {STRUCTURE("CreateGroupResponse",
    MEMBER("Group", iam_shape_group, REQUIRED))};

const struct shape iam_shape_create_login_profile_response = {STRUCTURE(
    "CreateLoginProfileResponse",
    MEMBER("LoginProfile", iam_shape_login_profile, REQUIRED))};

const struct shape iam_shape_create_policy_response = {STRUCTURE("CreatePolicyResponse",
    MEMBER("Policy", iam_shape_policy, OPTIONAL))};

const struct shape iam_shape_create_policy_version_response = {STRUCTURE(
    "CreatePolicyVersionResponse",
    MEMBER("PolicyVersion", iam_shape_policy_version, OPTIONAL))};

const struct shape iam_shape_create_role_response = {STRUCTURE("CreateRoleResponse",
    MEMBER("Role", iam_shape_role, REQUIRED))};

const struct shape iam_shape_create_service_linked_role_response = {STRUCTURE(
    "CreateServiceLinkedRoleResponse",
    MEMBER("Role", iam_shape_role, OPTIONAL))};

const struct shape iam_shape_create_user_response = {STRUCTURE("CreateUserResponse",
    MEMBER("User", iam_shape_user, OPTIONAL))};

const struct shape iam_shape_create_virtual_mfa_device_response = {STRUCTURE(
    "CreateVirtualMFADeviceResponse",
    MEMBER("VirtualMFADevice", iam_shape_virtual_mfa_device, REQUIRED))};

const struct shape iam_shape_delete_service_linked_role_response = {STRUCTURE(
    "DeleteServiceLinkedRoleResponse",
    MEMBER("DeletionTaskId", iam_shape_deletion_task_id, REQUIRED))};

const struct shape iam_shape_get_access_key_last_used_response = {STRUCTURE(
    "GetAccessKeyLastUsedResponse",
    MEMBER("UserName", iam_shape_existing_user_name, OPTIONAL),
    MEMBER("AccessKeyLastUsed", iam_shape_access_key_last_used, OPTIONAL))};

const struct shape iam_shape_get_account_authorization_details_response = {STRUCTURE(
    "GetAccountAuthorizationDetailsResponse",
    MEMBER("UserDetailList", iam_shape_user_detail_list, OPTIONAL),
    MEMBER("GroupDetailList", iam_shape_group_detail_list, OPTIONAL),
    MEMBER("RoleDetailList", iam_shape_role_detail_list, OPTIONAL),
    MEMBER("Policies", iam_shape_managed_policy_detail_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_get_account_password_policy_response = {STRUCTURE(
    "GetAccountPasswordPolicyResponse",
    MEMBER("PasswordPolicy", iam_shape_password_policy, REQUIRED))};

const struct shape iam_shape_get_account_summary_response = {STRUCTURE("GetAccountSummaryResponse",
    MEMBER("SummaryMap", iam_shape_summary_map, OPTIONAL))};

const struct shape iam_shape_get_group_policy_response = {STRUCTURE("GetGroupPolicyResponse",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED))};

const struct shape iam_shape_get_group_response = {STRUCTURE("GetGroupResponse",
    MEMBER("Group", iam_shape_group, REQUIRED),
    MEMBER("Users", iam_shape_user_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_get_login_profile_response = {STRUCTURE("GetLoginProfileResponse",
    MEMBER("LoginProfile", iam_shape_login_profile, REQUIRED))};

const struct shape iam_shape_get_policy_response = {STRUCTURE("GetPolicyResponse",
    MEMBER("Policy", iam_shape_policy, OPTIONAL))};

const struct shape iam_shape_get_policy_version_response = {STRUCTURE("GetPolicyVersionResponse",
    MEMBER("PolicyVersion", iam_shape_policy_version, OPTIONAL))};

const struct shape iam_shape_get_role_policy_response = {STRUCTURE("GetRolePolicyResponse",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED))};

const struct shape iam_shape_get_role_response = {STRUCTURE("GetRoleResponse",
    MEMBER("Role", iam_shape_role, REQUIRED))};

const struct shape iam_shape_get_service_linked_role_deletion_status_response = {STRUCTURE(
    "GetServiceLinkedRoleDeletionStatusResponse",
    MEMBER("Status", iam_shape_deletion_task_status, REQUIRED),
    MEMBER("Reason", iam_shape_deletion_task_failure_reason, OPTIONAL))};

const struct shape iam_shape_get_user_policy_response = {STRUCTURE("GetUserPolicyResponse",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED))};

const struct shape iam_shape_get_user_response = {STRUCTURE("GetUserResponse",
    MEMBER("User", iam_shape_user, REQUIRED))};

const struct shape iam_shape_list_access_keys_response = {STRUCTURE("ListAccessKeysResponse",
    MEMBER("AccessKeyMetadata", iam_shape_access_key_metadata_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_account_aliases_response = {STRUCTURE(
    "ListAccountAliasesResponse",
    MEMBER("AccountAliases", iam_shape_account_alias_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_attached_group_policies_response = {STRUCTURE(
    "ListAttachedGroupPoliciesResponse",
    MEMBER("AttachedPolicies", iam_shape_attached_policies_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_attached_role_policies_response = {STRUCTURE(
    "ListAttachedRolePoliciesResponse",
    MEMBER("AttachedPolicies", iam_shape_attached_policies_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_attached_user_policies_response = {STRUCTURE(
    "ListAttachedUserPoliciesResponse",
    MEMBER("AttachedPolicies", iam_shape_attached_policies_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_entities_for_policy_response = {STRUCTURE(
    "ListEntitiesForPolicyResponse",
    MEMBER("PolicyGroups", iam_shape_policy_group_list, OPTIONAL),
    MEMBER("PolicyUsers", iam_shape_policy_user_list, OPTIONAL),
    MEMBER("PolicyRoles", iam_shape_policy_role_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_group_policies_response = {STRUCTURE("ListGroupPoliciesResponse",
    MEMBER("PolicyNames", iam_shape_policy_name_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_groups_for_user_response = {STRUCTURE(
    "ListGroupsForUserResponse",
    MEMBER("Groups", iam_shape_group_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_groups_response = {STRUCTURE("ListGroupsResponse",
    MEMBER("Groups", iam_shape_group_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_instance_profiles_for_role_response = {STRUCTURE(
    "ListInstanceProfilesForRoleResponse",
    MEMBER("InstanceProfiles", iam_shape_instance_profile_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_mfa_devices_response = {STRUCTURE("ListMFADevicesResponse",
    MEMBER("MFADevices", iam_shape_mfa_device_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_policies_response = {STRUCTURE("ListPoliciesResponse",
    MEMBER("Policies", iam_shape_policy_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_policy_tags_response = {STRUCTURE("ListPolicyTagsResponse",
    MEMBER("Tags", iam_shape_tag_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_policy_versions_response = {STRUCTURE(
    "ListPolicyVersionsResponse",
    MEMBER("Versions", iam_shape_policy_document_version_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_role_policies_response = {STRUCTURE("ListRolePoliciesResponse",
    MEMBER("PolicyNames", iam_shape_policy_name_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_role_tags_response = {STRUCTURE("ListRoleTagsResponse",
    MEMBER("Tags", iam_shape_tag_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_roles_response = {STRUCTURE("ListRolesResponse",
    MEMBER("Roles", iam_shape_role_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_user_policies_response = {STRUCTURE("ListUserPoliciesResponse",
    MEMBER("PolicyNames", iam_shape_policy_name_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_user_tags_response = {STRUCTURE("ListUserTagsResponse",
    MEMBER("Tags", iam_shape_tag_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_users_response = {STRUCTURE("ListUsersResponse",
    MEMBER("Users", iam_shape_user_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_list_virtual_mfa_devices_response = {STRUCTURE(
    "ListVirtualMFADevicesResponse",
    MEMBER("VirtualMFADevices", iam_shape_virtual_mfa_device_list, REQUIRED),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_simulate_policy_response = {STRUCTURE("SimulatePolicyResponse",
    MEMBER("EvaluationResults", iam_shape_evaluation_results_list, OPTIONAL),
    MEMBER("IsTruncated", iam_shape_boolean, OPTIONAL),
    MEMBER("Marker", iam_shape_response_marker, OPTIONAL))};

const struct shape iam_shape_update_role_description_response = {STRUCTURE(
    "UpdateRoleDescriptionResponse",
    MEMBER("Role", iam_shape_role, OPTIONAL))};

const struct shape iam_shape_update_role_response = {STRUCTURE_EMPTY("UpdateRoleResponse")};
