#include "ca/chancery/operations.h"

#define ARN "CertificateArn"

const struct operation_binding chancery_operations[] = {
    {"CheckValidations", chancery_check_validations, ARN, NULL, false},
    {"DeleteAssociation", chancery_delete_association, ARN, NULL, false},
    {"ListAssociations", chancery_list_associations, ARN, NULL, true},
    {"ListValidations", chancery_list_validations, ARN, NULL, true},
    {"PutAssociation", chancery_put_association, ARN, NULL, false},
};
const size_t chancery_operation_count = sizeof chancery_operations / sizeof chancery_operations[0];
