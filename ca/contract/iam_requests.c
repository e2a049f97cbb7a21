/*
 * iam_requests.c - the IAM API: what operations are asked.
 */
#include "ca/contract/iam_shapes.h"

const struct shape iam_shape_add_user_to_group_request = {STRUCTURE("AddUserToGroupRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED))};

const struct shape iam_shape_attach_group_policy_request = {STRUCTURE("AttachGroupPolicyRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_attach_role_policy_request = {STRUCTURE("AttachRolePolicyRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_attach_user_policy_request = {STRUCTURE("AttachUserPolicyRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_change_password_request = {STRUCTURE("ChangePasswordRequest",
    MEMBER("OldPassword", iam_shape_password, REQUIRED),
    MEMBER("NewPassword", iam_shape_password, REQUIRED))};

const struct shape iam_shape_create_access_key_request = {STRUCTURE("CreateAccessKeyRequest",
    MEMBER("UserName", iam_shape_existing_user_name, OPTIONAL))};

const struct shape iam_shape_create_account_alias_request = {STRUCTURE("CreateAccountAliasRequest",
    MEMBER("AccountAlias", iam_shape_account_alias, REQUIRED))};

const struct shape iam_shape_create_group_request = {STRUCTURE("CreateGroupRequest",
    MEMBER("Path", iam_shape_path, OPTIONAL),
    MEMBER("GroupName", iam_shape_group_name, REQUIRED))};

const struct shape iam_shape_create_login_profile_request = {STRUCTURE("CreateLoginProfileRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("Password", iam_shape_password, REQUIRED),
    MEMBER("PasswordResetRequired", iam_shape_boolean, OPTIONAL))};

const struct shape iam_shape_create_policy_request = {STRUCTURE("CreatePolicyRequest",
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED),
    MEMBER("Path", iam_shape_policy_path, OPTIONAL),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED),
    MEMBER("Description", iam_shape_policy_description, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_create_policy_version_request = {STRUCTURE(
    "CreatePolicyVersionRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED),
    MEMBER("SetAsDefault", iam_shape_boolean, OPTIONAL))};

const struct shape iam_shape_create_role_request = {STRUCTURE("CreateRoleRequest",
    MEMBER("Path", iam_shape_path, OPTIONAL),
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("AssumeRolePolicyDocument", iam_shape_policy_document, REQUIRED),
    MEMBER("Description", iam_shape_role_description, OPTIONAL),
    MEMBER("MaxSessionDuration", iam_shape_role_max_session_duration, OPTIONAL),
    MEMBER("PermissionsBoundary", iam_shape_arn, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_create_service_linked_role_request = {STRUCTURE(
    "CreateServiceLinkedRoleRequest",
    MEMBER("AWSServiceName", iam_shape_group_name, REQUIRED),
    MEMBER("Description", iam_shape_role_description, OPTIONAL),
    MEMBER("CustomSuffix", iam_shape_custom_suffix, OPTIONAL))};

const struct shape iam_shape_create_user_request = {STRUCTURE("CreateUserRequest",
    MEMBER("Path", iam_shape_path, OPTIONAL),
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("PermissionsBoundary", iam_shape_arn, OPTIONAL),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_create_virtual_mfa_device_request = {STRUCTURE(
    "CreateVirtualMFADeviceRequest",
    MEMBER("Path", iam_shape_path, OPTIONAL),
    MEMBER("VirtualMFADeviceName", iam_shape_virtual_mfa_device_name, REQUIRED),
    MEMBER("Tags", iam_shape_tag_list, OPTIONAL))};

const struct shape iam_shape_deactivate_mfa_device_request = {STRUCTURE(
    "DeactivateMFADeviceRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("SerialNumber", iam_shape_serial_number, REQUIRED))};

const struct shape iam_shape_delete_access_key_request = {STRUCTURE("DeleteAccessKeyRequest",
    MEMBER("UserName", iam_shape_existing_user_name, OPTIONAL),
    MEMBER("AccessKeyId", iam_shape_access_key_id, REQUIRED))};

const struct shape iam_shape_delete_account_alias_request = {STRUCTURE("DeleteAccountAliasRequest",
    MEMBER("AccountAlias", iam_shape_account_alias, REQUIRED))};

const struct shape iam_shape_delete_group_policy_request = {STRUCTURE("DeleteGroupPolicyRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED))};

const struct shape iam_shape_delete_group_request = {STRUCTURE("DeleteGroupRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED))};

const struct shape iam_shape_delete_login_profile_request = {STRUCTURE("DeleteLoginProfileRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED))};

const struct shape iam_shape_delete_policy_request = {STRUCTURE("DeletePolicyRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_delete_policy_version_request = {STRUCTURE(
    "DeletePolicyVersionRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("VersionId", iam_shape_policy_version_id, REQUIRED))};

const struct shape iam_shape_delete_role_permissions_boundary_request = {STRUCTURE(
    "DeleteRolePermissionsBoundaryRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED))};

const struct shape iam_shape_delete_role_policy_request = {STRUCTURE("DeleteRolePolicyRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED))};

const struct shape iam_shape_delete_role_request = {STRUCTURE("DeleteRoleRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED))};

const struct shape iam_shape_delete_service_linked_role_request = {STRUCTURE(
    "DeleteServiceLinkedRoleRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED))};

const struct shape iam_shape_delete_user_permissions_boundary_request = {STRUCTURE(
    "DeleteUserPermissionsBoundaryRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED))};

const struct shape iam_shape_delete_user_policy_request = {STRUCTURE("DeleteUserPolicyRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED))};

const struct shape iam_shape_delete_user_request = {STRUCTURE("DeleteUserRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED))};

const struct shape iam_shape_delete_virtual_mfa_device_request = {STRUCTURE(
    "DeleteVirtualMFADeviceRequest",
    MEMBER("SerialNumber", iam_shape_serial_number, REQUIRED))};

const struct shape iam_shape_detach_group_policy_request = {STRUCTURE("DetachGroupPolicyRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_detach_role_policy_request = {STRUCTURE("DetachRolePolicyRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_detach_user_policy_request = {STRUCTURE("DetachUserPolicyRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_enable_mfa_device_request = {STRUCTURE("EnableMFADeviceRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("SerialNumber", iam_shape_serial_number, REQUIRED),
    MEMBER("AuthenticationCode1", iam_shape_authentication_code, REQUIRED),
    MEMBER("AuthenticationCode2", iam_shape_authentication_code, REQUIRED))};

const struct shape iam_shape_get_access_key_last_used_request = {STRUCTURE(
    "GetAccessKeyLastUsedRequest",
    MEMBER("AccessKeyId", iam_shape_access_key_id, REQUIRED))};

const struct shape iam_shape_get_account_authorization_details_request = {STRUCTURE(
    "GetAccountAuthorizationDetailsRequest",
    MEMBER("Filter", iam_shape_entity_list, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL))};

const struct shape iam_shape_get_group_policy_request = {STRUCTURE("GetGroupPolicyRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED))};

const struct shape iam_shape_get_group_request = {STRUCTURE("GetGroupRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_get_login_profile_request = {STRUCTURE("GetLoginProfileRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED))};

const struct shape iam_shape_get_policy_request = {STRUCTURE("GetPolicyRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_get_policy_version_request = {STRUCTURE("GetPolicyVersionRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("VersionId", iam_shape_policy_version_id, REQUIRED))};

const struct shape iam_shape_get_role_policy_request = {STRUCTURE("GetRolePolicyRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED))};

const struct shape iam_shape_get_role_request = {STRUCTURE("GetRoleRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED))};

const struct shape iam_shape_get_service_linked_role_deletion_status_request = {STRUCTURE(
    "GetServiceLinkedRoleDeletionStatusRequest",
    MEMBER("DeletionTaskId", iam_shape_deletion_task_id, REQUIRED))};

const struct shape iam_shape_get_user_policy_request = {STRUCTURE("GetUserPolicyRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED))};

const struct shape iam_shape_get_user_request = {STRUCTURE("GetUserRequest",
    MEMBER("UserName", iam_shape_existing_user_name, OPTIONAL))};

const struct shape iam_shape_list_access_keys_request = {STRUCTURE("ListAccessKeysRequest",
    MEMBER("UserName", iam_shape_existing_user_name, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_account_aliases_request = {STRUCTURE("ListAccountAliasesRequest",
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_attached_group_policies_request = {STRUCTURE(
    "ListAttachedGroupPoliciesRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("PathPrefix", iam_shape_policy_path, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_attached_role_policies_request = {STRUCTURE(
    "ListAttachedRolePoliciesRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PathPrefix", iam_shape_policy_path, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_attached_user_policies_request = {STRUCTURE(
    "ListAttachedUserPoliciesRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("PathPrefix", iam_shape_policy_path, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_entities_for_policy_request = {STRUCTURE(
    "ListEntitiesForPolicyRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("EntityFilter", iam_shape_entity, OPTIONAL),
    MEMBER("PathPrefix", iam_shape_path, OPTIONAL),
    MEMBER("PolicyUsageFilter", iam_shape_policy_usage, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_group_policies_request = {STRUCTURE("ListGroupPoliciesRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_groups_for_user_request = {STRUCTURE("ListGroupsForUserRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_groups_request = {STRUCTURE("ListGroupsRequest",
    MEMBER("PathPrefix", iam_shape_path_prefix, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_instance_profiles_for_role_request = {STRUCTURE(
    "ListInstanceProfilesForRoleRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_mfa_devices_request = {STRUCTURE("ListMFADevicesRequest",
    MEMBER("UserName", iam_shape_existing_user_name, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_policies_request = {STRUCTURE("ListPoliciesRequest",
    MEMBER("Scope", iam_shape_policy_scope, OPTIONAL),
    MEMBER("OnlyAttached", iam_shape_boolean, OPTIONAL),
    MEMBER("PathPrefix", iam_shape_policy_path, OPTIONAL),
    MEMBER("PolicyUsageFilter", iam_shape_policy_usage, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_policy_tags_request = {STRUCTURE("ListPolicyTagsRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_policy_versions_request = {STRUCTURE("ListPolicyVersionsRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_role_policies_request = {STRUCTURE("ListRolePoliciesRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_role_tags_request = {STRUCTURE("ListRoleTagsRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_roles_request = {STRUCTURE("ListRolesRequest",
    MEMBER("PathPrefix", iam_shape_path_prefix, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_user_policies_request = {STRUCTURE("ListUserPoliciesRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_user_tags_request = {STRUCTURE("ListUserTagsRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_users_request = {STRUCTURE("ListUsersRequest",
    MEMBER("PathPrefix", iam_shape_path_prefix, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_list_virtual_mfa_devices_request = {STRUCTURE(
    "ListVirtualMFADevicesRequest",
    MEMBER("AssignmentStatus", iam_shape_assignment_status, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL))};

const struct shape iam_shape_put_group_policy_request = {STRUCTURE("PutGroupPolicyRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED))};

const struct shape iam_shape_put_role_permissions_boundary_request = {STRUCTURE(
    "PutRolePermissionsBoundaryRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PermissionsBoundary", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_put_role_policy_request = {STRUCTURE("PutRolePolicyRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED))};

const struct shape iam_shape_put_user_permissions_boundary_request = {STRUCTURE(
    "PutUserPermissionsBoundaryRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("PermissionsBoundary", iam_shape_arn, REQUIRED))};

const struct shape iam_shape_put_user_policy_request = {STRUCTURE("PutUserPolicyRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("PolicyName", iam_shape_policy_name, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED))};

const struct shape iam_shape_remove_user_from_group_request = {STRUCTURE(
    "RemoveUserFromGroupRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED))};

const struct shape iam_shape_resync_mfa_device_request = {STRUCTURE("ResyncMFADeviceRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("SerialNumber", iam_shape_serial_number, REQUIRED),
    MEMBER("AuthenticationCode1", iam_shape_authentication_code, REQUIRED),
    MEMBER("AuthenticationCode2", iam_shape_authentication_code, REQUIRED))};

const struct shape iam_shape_set_default_policy_version_request = {STRUCTURE(
    "SetDefaultPolicyVersionRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("VersionId", iam_shape_policy_version_id, REQUIRED))};

const struct shape iam_shape_simulate_custom_policy_request = {STRUCTURE(
    "SimulateCustomPolicyRequest",
    MEMBER("PolicyInputList", iam_shape_simulation_policy_list, REQUIRED),
    MEMBER("PermissionsBoundaryPolicyInputList", iam_shape_simulation_policy_list, OPTIONAL),
    MEMBER("ActionNames", iam_shape_action_name_list, REQUIRED),
    MEMBER("ResourceArns", iam_shape_resource_name_list, OPTIONAL),
    MEMBER("ResourcePolicy", iam_shape_policy_document, OPTIONAL),
    MEMBER("ResourceOwner", iam_shape_resource_name, OPTIONAL),
    MEMBER("CallerArn", iam_shape_resource_name, OPTIONAL),
    MEMBER("ContextEntries", iam_shape_context_entry_list, OPTIONAL),
    MEMBER("ResourceHandlingOption", iam_shape_resource_handling_option, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL))};

const struct shape iam_shape_simulate_principal_policy_request = {STRUCTURE(
    "SimulatePrincipalPolicyRequest",
    MEMBER("PolicySourceArn", iam_shape_arn, REQUIRED),
    MEMBER("PolicyInputList", iam_shape_simulation_policy_list, OPTIONAL),
    MEMBER("PermissionsBoundaryPolicyInputList", iam_shape_simulation_policy_list, OPTIONAL),
    MEMBER("ActionNames", iam_shape_action_name_list, REQUIRED),
    MEMBER("ResourceArns", iam_shape_resource_name_list, OPTIONAL),
    MEMBER("ResourcePolicy", iam_shape_policy_document, OPTIONAL),
    MEMBER("ResourceOwner", iam_shape_resource_name, OPTIONAL),
    MEMBER("CallerArn", iam_shape_resource_name, OPTIONAL),
    MEMBER("ContextEntries", iam_shape_context_entry_list, OPTIONAL),
    MEMBER("ResourceHandlingOption", iam_shape_resource_handling_option, OPTIONAL),
    MEMBER("MaxItems", iam_shape_max_items, OPTIONAL),
    MEMBER("Marker", iam_shape_marker, OPTIONAL))};

const struct shape iam_shape_tag_policy_request = {STRUCTURE("TagPolicyRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("Tags", iam_shape_tag_list, REQUIRED))};

const struct shape iam_shape_tag_role_request = {STRUCTURE("TagRoleRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("Tags", iam_shape_tag_list, REQUIRED))};

const struct shape iam_shape_tag_user_request = {STRUCTURE("TagUserRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("Tags", iam_shape_tag_list, REQUIRED))};

const struct shape iam_shape_untag_policy_request = {STRUCTURE("UntagPolicyRequest",
    MEMBER("PolicyArn", iam_shape_arn, REQUIRED),
    MEMBER("TagKeys", iam_shape_tag_key_list, REQUIRED))};

const struct shape iam_shape_untag_role_request = {STRUCTURE("UntagRoleRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("TagKeys", iam_shape_tag_key_list, REQUIRED))};

const struct shape iam_shape_untag_user_request = {STRUCTURE("UntagUserRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("TagKeys", iam_shape_tag_key_list, REQUIRED))};

const struct shape iam_shape_update_access_key_request = {STRUCTURE("UpdateAccessKeyRequest",
    MEMBER("UserName", iam_shape_existing_user_name, OPTIONAL),
    MEMBER("AccessKeyId", iam_shape_access_key_id, REQUIRED),
    MEMBER("Status", iam_shape_status, REQUIRED))};

const struct shape iam_shape_update_account_password_policy_request = {STRUCTURE(
    "UpdateAccountPasswordPolicyRequest",
    MEMBER("MinimumPasswordLength", iam_shape_minimum_password_length, OPTIONAL),
    MEMBER("RequireSymbols", iam_shape_boolean, OPTIONAL),
    MEMBER("RequireNumbers", iam_shape_boolean, OPTIONAL),
    MEMBER("RequireUppercaseCharacters", iam_shape_boolean, OPTIONAL),
    MEMBER("RequireLowercaseCharacters", iam_shape_boolean, OPTIONAL),
    MEMBER("AllowUsersToChangePassword", iam_shape_boolean, OPTIONAL),
    MEMBER("MaxPasswordAge", iam_shape_max_password_age, OPTIONAL),
    MEMBER("PasswordReusePrevention", iam_shape_password_reuse_prevention, OPTIONAL),
    MEMBER("HardExpiry", iam_shape_boolean_object, OPTIONAL))};

const struct shape iam_shape_update_assume_role_policy_request = {STRUCTURE(
    "UpdateAssumeRolePolicyRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("PolicyDocument", iam_shape_policy_document, REQUIRED))};

const struct shape iam_shape_update_group_request = {STRUCTURE("UpdateGroupRequest",
    MEMBER("GroupName", iam_shape_group_name, REQUIRED),
    MEMBER("NewPath", iam_shape_path, OPTIONAL),
    MEMBER("NewGroupName", iam_shape_group_name, OPTIONAL))};

const struct shape iam_shape_update_login_profile_request = {STRUCTURE("UpdateLoginProfileRequest",
    MEMBER("UserName", iam_shape_user_name, REQUIRED),
    MEMBER("Password", iam_shape_password, OPTIONAL),
    MEMBER("PasswordResetRequired", iam_shape_boolean_object, OPTIONAL))};

const struct shape iam_shape_update_role_description_request = {STRUCTURE(
    "UpdateRoleDescriptionRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("Description", iam_shape_role_description, REQUIRED))};

const struct shape iam_shape_update_role_request = {STRUCTURE("UpdateRoleRequest",
    MEMBER("RoleName", iam_shape_role_name, REQUIRED),
    MEMBER("Description", iam_shape_role_description, OPTIONAL),
    MEMBER("MaxSessionDuration", iam_shape_role_max_session_duration, OPTIONAL))};

const struct shape iam_shape_update_user_request = {STRUCTURE("UpdateUserRequest",
    MEMBER("UserName", iam_shape_existing_user_name, REQUIRED),
    MEMBER("NewPath", iam_shape_path, OPTIONAL),
    MEMBER("NewUserName", iam_shape_user_name, OPTIONAL))};
