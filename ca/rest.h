/*
 * rest.h - the calls that come by method and path instead of X-Amz-Target: Chancery's own
 * operations. A row of the table names the operation; path, query and body become its input,
 * and from there on the call goes the way of all others.
 */
#ifndef CHANCERY_CA_REST_H
#define CHANCERY_CA_REST_H

#include "ca/request.h"

struct rest_route;

/* The row for method and path of the call, or NULL. */
const struct rest_route *rest_find(const struct msg_call *call);

/* Is the path Chancery's own, whether or not there is a row for it? */
bool rest_claims(const struct msg_call *call);

/*
 * Sets r's service and operation. The caller must have signed for that service: CH_EAPI with
 * InvalidSignatureException.
 */
int rest_operation(struct request *r);

/*
 * Makes r->in of path, query and body; parameters that the row does not have are not looked at, as
 * a presigned query has more. CH_EAPI with ValidationException or SerializationException.
 */
int rest_input(struct request *r);

/* The HTTP status of an error, for callers that go by it. */
unsigned rest_status(const char *type);

#endif
