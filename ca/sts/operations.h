/*
 * operations.h - which handler serves which operation of STS, and the handlers.
 */
#ifndef CHANCERY_STS_OPERATIONS_H
#define CHANCERY_STS_OPERATIONS_H

#include "ca/request.h"

extern const struct operation_binding sts_operations[];
extern const size_t sts_operation_count;

int sts_assume_role(struct request *r);
int sts_get_access_key_info(struct request *r);
int sts_get_caller_identity(struct request *r);
int sts_get_session_token(struct request *r);

#endif
