/*
 * operations.h - which handler serves which operation of ACM: the table that dispatch reads.
 */
#ifndef CHANCERY_ACM_OPERATIONS_H
#define CHANCERY_ACM_OPERATIONS_H

#include "ca/request.h"

extern const struct operation_binding acm_operations[];
extern const size_t acm_operation_count;

#endif
