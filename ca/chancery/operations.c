#include "ca/chancery/operations.h"

#define ARN "CertificateArn"

#define APPROVAL "ApprovalArn"

const struct operation_binding chancery_operations[] = {
    {"ApproveRequest", chancery_approve_request, APPROVAL, NULL, false},
    {"CheckValidations", chancery_check_validations, ARN, NULL, false},
    {"DeleteAssociation", chancery_delete_association, ARN, NULL, false},
    {"DenyRequest", chancery_deny_request, APPROVAL, NULL, false},
    {"GetApproval", chancery_get_approval, APPROVAL, NULL, true},
    {"ListApprovals", chancery_list_approvals, NULL, "approval/*", true},
    {"ListAssociations", chancery_list_associations, ARN, NULL, true},
    {"ListValidations", chancery_list_validations, ARN, NULL, true},
    {"PutAssociation", chancery_put_association, ARN, NULL, false},
};
const size_t chancery_operation_count = sizeof chancery_operations / sizeof chancery_operations[0];
