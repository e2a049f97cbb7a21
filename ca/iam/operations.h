/*
 * operations.h - which handler serves which operation of IAM, and the handlers.
 */
#ifndef CHANCERY_IAM_OPERATIONS_H
#define CHANCERY_IAM_OPERATIONS_H

#include "ca/request.h"

extern const struct operation_binding iam_operations[];
extern const size_t iam_operation_count;

int iam_attach_policy(struct request *r);
int iam_change_membership(struct request *r);
int iam_change_password(struct request *r);
int iam_create_access_key(struct request *r);
int iam_create_account_alias(struct request *r);
int iam_create_group(struct request *r);
int iam_create_login_profile(struct request *r);
int iam_create_policy(struct request *r);
int iam_create_policy_version(struct request *r);
int iam_create_role(struct request *r);
int iam_create_service_linked_role(struct request *r);
int iam_create_user(struct request *r);
int iam_create_virtual_mfa_device(struct request *r);
int iam_deactivate_mfa_device(struct request *r);
int iam_delete_access_key(struct request *r);
int iam_delete_account_alias(struct request *r);
int iam_delete_account_password_policy(struct request *r);
int iam_delete_group(struct request *r);
int iam_delete_inline_policy(struct request *r);
int iam_delete_login_profile(struct request *r);
int iam_delete_policy(struct request *r);
int iam_delete_policy_version(struct request *r);
int iam_delete_role(struct request *r);
int iam_delete_service_linked_role(struct request *r);
int iam_delete_user(struct request *r);
int iam_delete_virtual_mfa_device(struct request *r);
int iam_detach_policy(struct request *r);
int iam_enable_mfa_device(struct request *r);
int iam_get_access_key_last_used(struct request *r);
int iam_get_account_authorization_details(struct request *r);
int iam_get_account_password_policy(struct request *r);
int iam_get_account_summary(struct request *r);
int iam_get_group(struct request *r);
int iam_get_inline_policy(struct request *r);
int iam_get_login_profile(struct request *r);
int iam_get_policy(struct request *r);
int iam_get_policy_version(struct request *r);
int iam_get_role(struct request *r);
int iam_get_service_linked_role_deletion_status(struct request *r);
int iam_get_user(struct request *r);
int iam_list_access_keys(struct request *r);
int iam_list_account_aliases(struct request *r);
int iam_list_attached_policies(struct request *r);
int iam_list_entities_for_policy(struct request *r);
int iam_list_groups(struct request *r);
int iam_list_groups_for_user(struct request *r);
int iam_list_inline_policies(struct request *r);
int iam_list_instance_profiles_for_role(struct request *r);
int iam_list_mfa_devices(struct request *r);
int iam_list_policies(struct request *r);
int iam_list_policy_versions(struct request *r);
int iam_list_roles(struct request *r);
int iam_list_tags(struct request *r);
int iam_list_users(struct request *r);
int iam_list_virtual_mfa_devices(struct request *r);
int iam_put_inline_policy(struct request *r);
int iam_set_boundary(struct request *r);
int iam_set_default_policy_version(struct request *r);
int iam_simulate(struct request *r);
int iam_tag(struct request *r);
int iam_untag(struct request *r);
int iam_update_access_key(struct request *r);
int iam_update_account_password_policy(struct request *r);
int iam_update_assume_role_policy(struct request *r);
int iam_update_group(struct request *r);
int iam_update_login_profile(struct request *r);
int iam_update_role(struct request *r);
int iam_update_user(struct request *r);

#endif
