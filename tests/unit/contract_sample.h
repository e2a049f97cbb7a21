/*
 * contract_sample.h - values that a shape of the contract takes, made from the tables alone.
 */
#ifndef CHANCERY_TESTS_CONTRACT_SAMPLE_H
#define CHANCERY_TESTS_CONTRACT_SAMPLE_H

#include "ca/contract/contract.h"

#define SAMPLE_DEPTH_MAX 12

/* A value with every member set (of a union: the last one). The caller owns it. */
json_t *sample_full(const struct shape *shape, int depth);

/* A structure with its required members alone. The caller owns it. */
json_t *sample_required(const struct shape *shape);

/* "aaa..." and base64 of zero octets, of that many characters or octets. */
json_t *sample_text_of_length(int64_t len);
json_t *sample_octets_of_length(int64_t len);

#endif
