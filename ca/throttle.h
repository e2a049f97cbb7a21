/*
 * throttle.h - how often an account may call an operation in a region: the request rates of ACM
 * and AWS Private CA (user guide, "API rate quotas"; service quotas), of IAM and STS, scaled by section [rate].
 * Tokens of a bucket for each account, region and operation; a second's worth may come at once.
 */
#ifndef CHANCERY_CA_THROTTLE_H
#define CHANCERY_CA_THROTTLE_H

#include "ca/contract/contract.h"
#include "ca/store/rows.h"
#include "firmware/base/config.h"

struct throttle;

/*
 * Reads [rate] of the configuration. CH_EINVAL, said in the log, when an exception names no
 * operation or no number; CH_ENOMEM.
 */
int throttle_new(const struct config *config, struct throttle **out);
void throttle_free(struct throttle *t);

/*
 * Takes a token at now_us (microseconds of a clock that never steps back). 0, or CH_EAPI with
 * ThrottlingException (in the query protocol: Throttling). Safe from many threads.
 */
int throttle_take(struct throttle *t, const struct scope *scope, const struct operation *operation,
                  int64_t now_us, struct api_error *error);

#endif
