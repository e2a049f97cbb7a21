/*
 * check.h - the two passes of contract_check.
 */
#ifndef CHANCERY_CONTRACT_CHECK_H
#define CHANCERY_CONTRACT_CHECK_H

#include "ca/contract/contract.h"

/*
 * First pass: every value is of its shape's JSON type, blobs are base64. Removes null and unknown
 * members, makes whole numbers of those with a fraction. 0 or CH_EAPI SerializationException.
 */
int check_types(const struct shape *shape, json_t *value, struct api_error *error);

/* Second pass, over what the first accepted. 0 or CH_EAPI ValidationException. */
int check_constraints(const struct operation *operation, const json_t *in,
                      struct api_error *error);

/* The member of that name; NULL when shape has none. */
const struct shape_member *shape_member_find(const struct shape *shape, const char *name);

/* True when value is of the JSON type of shape's kind; what is inside it is not looked at. */
bool shape_takes(const struct shape *shape, const json_t *value);

/* True when shape is an enumeration that holds value. */
bool shape_has_value(const struct shape *shape, const char *value);

#endif
