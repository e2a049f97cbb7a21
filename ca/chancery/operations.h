/*
 * operations.h - which handler serves which operation of Chancery's own: the table that dispatch
 * reads; and the handlers, one file each.
 */
#ifndef CHANCERY_CHANCERY_OPERATIONS_H
#define CHANCERY_CHANCERY_OPERATIONS_H

#include "ca/request.h"

extern const struct operation_binding chancery_operations[];
extern const size_t chancery_operation_count;

int chancery_approve_request(struct request *r);
int chancery_check_validations(struct request *r);
int chancery_delete_association(struct request *r);
int chancery_deny_request(struct request *r);
int chancery_get_approval(struct request *r);
int chancery_list_approvals(struct request *r);
int chancery_list_associations(struct request *r);
int chancery_list_validations(struct request *r);
int chancery_put_association(struct request *r);

#endif
