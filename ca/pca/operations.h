/*
 * operations.h - which handler serves which operation of ACM-PCA: the table that dispatch reads.
 */
#ifndef CHANCERY_PCA_OPERATIONS_H
#define CHANCERY_PCA_OPERATIONS_H

#include "ca/request.h"

extern const struct operation_binding pca_operations[];
extern const size_t pca_operation_count;

#endif
