/*
 * sts_shapes.h - the shapes of the STS API that its tables share.
 */
#ifndef CHANCERY_CONTRACT_STS_SHAPES_H
#define CHANCERY_CONTRACT_STS_SHAPES_H

#include "ca/contract/shape_macros.h"

extern const struct shape sts_shape_access_key_id;
extern const struct shape sts_shape_access_key_secret;
extern const struct shape sts_shape_account;
extern const struct shape sts_shape_arn;
extern const struct shape sts_shape_assume_role_request;
extern const struct shape sts_shape_assume_role_response;
extern const struct shape sts_shape_assumed_role_id;
extern const struct shape sts_shape_assumed_role_user;
extern const struct shape sts_shape_credentials;
extern const struct shape sts_shape_date;
extern const struct shape sts_shape_duration_seconds;
extern const struct shape sts_shape_external_id;
extern const struct shape sts_shape_get_access_key_info_request;
extern const struct shape sts_shape_get_access_key_info_response;
extern const struct shape sts_shape_get_caller_identity_request;
extern const struct shape sts_shape_get_caller_identity_response;
extern const struct shape sts_shape_get_session_token_request;
extern const struct shape sts_shape_get_session_token_response;
extern const struct shape sts_shape_non_negative_integer;
extern const struct shape sts_shape_policy_descriptor;
extern const struct shape sts_shape_policy_descriptor_list;
extern const struct shape sts_shape_role_duration_seconds;
extern const struct shape sts_shape_role_session_name;
extern const struct shape sts_shape_serial_number;
extern const struct shape sts_shape_session_policy_document;
extern const struct shape sts_shape_source_identity;
extern const struct shape sts_shape_tag;
extern const struct shape sts_shape_tag_key;
extern const struct shape sts_shape_tag_key_list;
extern const struct shape sts_shape_tag_list;
extern const struct shape sts_shape_tag_value;
extern const struct shape sts_shape_token;
extern const struct shape sts_shape_token_code;
extern const struct shape sts_shape_user_id;

#endif
