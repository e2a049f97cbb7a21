/*
 * idempotency.h - what makes two requests with one token the same request.
 */
#ifndef CHANCERY_CA_IDEMPOTENCY_H
#define CHANCERY_CA_IDEMPOTENCY_H

#include "ca/request.h"

#define IDEMPOTENCY_PCA_US                                                                         \
    ((int64_t)5 * 60 * 1000000) /* ACM-PCA remembers a token for five minutes */
#define IDEMPOTENCY_ACM_US ((int64_t)60 * 60 * 1000000) /* ACM for an hour */

/* SHA-256 over the checked input, members sorted. CH_ENOMEM. */
int idempotency_hash(const json_t *in, struct buf *hash);

/* True when a stored hash and that of this request are equal. */
bool idempotency_same(const struct buf *stored, const struct buf *now);

#endif
