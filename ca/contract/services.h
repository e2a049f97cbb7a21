/*
 * services.h - the tables of operations, one a service, and how their rows are written.
 */
#ifndef CHANCERY_CONTRACT_SERVICES_H
#define CHANCERY_CONTRACT_SERVICES_H

#include "ca/contract/shape_macros.h"

#define ACM_OPERATION_COUNT 40
#define PCA_OPERATION_COUNT 23
#define CHANCERY_OPERATION_COUNT 9
#define IAM_OPERATION_COUNT 95
#define STS_OPERATION_COUNT 4

extern const struct operation contract_acm_operations[ACM_OPERATION_COUNT];
extern const struct operation contract_pca_operations[PCA_OPERATION_COUNT];
extern const struct operation contract_chancery_operations[CHANCERY_OPERATION_COUNT];
extern const struct operation contract_iam_operations[IAM_OPERATION_COUNT];
extern const struct operation contract_sts_operations[STS_OPERATION_COUNT];

enum service_index { SERVICE_ACM, SERVICE_PCA, SERVICE_CHANCERY, SERVICE_IAM, SERVICE_STS, SERVICE_COUNT };

extern const struct service contract_service_table[SERVICE_COUNT];

/* The input of an operation that takes none: any members are unknown ones. */
extern const struct shape contract_no_input;

/* A row of an operation table, sorted by name. The table's file defines SERVICE. */
#define OPERATION(NAME, INPUT, OUTPUT, ERROR_LIST)                                                 \
    {.name = (NAME), .input = (INPUT), .output = (OUTPUT), .errors = ERROR_LIST,                   \
     .service = &contract_service_table[SERVICE]}

#endif
