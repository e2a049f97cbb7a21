#include "ca/sts/operations.h"

#include "ca/iam/iam.h"

const struct operation_binding sts_operations[] = {
    {"AssumeRole", sts_assume_role, NULL, IAM_OWN_CHECK, false},
    {"GetAccessKeyInfo", sts_get_access_key_info, NULL, NULL, true},
    {"GetCallerIdentity", sts_get_caller_identity, NULL, IAM_NO_CHECK, true},
    {"GetSessionToken", sts_get_session_token, NULL, IAM_NO_CHECK, true},
};
const size_t sts_operation_count = sizeof sts_operations / sizeof sts_operations[0];
