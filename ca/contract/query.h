/*
 * query.h - the query protocol of IAM and STS: an operation and its members as a form
 * ("Action=CreateUser&Version=2010-05-08&UserName=a&Tags.member.1.Key=b").
 */
#ifndef CHANCERY_CONTRACT_QUERY_H
#define CHANCERY_CONTRACT_QUERY_H

#include "ca/contract/contract.h"

#define QUERY_PAIRS_MAX 4096   /* of a form; no honest one comes near */
#define QUERY_DEPTH_MAX 12     /* parts of a name: "A.member.1.B" has four */
#define QUERY_NUMBER_DIGITS 4  /* of the place in a list */

/*
 * Splits a form into an object of objects by the dots of its names; values are texts. Refused with
 * MalformedInputException: names that come twice or contradict each other, too many or too deep ones,
 * damaged escapes, what is not UTF-8, NULs. The caller owns *out.
 */
int query_parse(struct slice form, json_t **out, struct api_error *error);

/*
 * The operation that a parsed form asks of service. InvalidActionException when Action or Version is
 * missing or unknown.
 */
int query_operation(const struct service *service, const json_t *form,
                    const struct operation **operation, struct api_error *error);

/*
 * Makes of a parsed form, by the operation's input shape, the object that contract_check judges: lists in the
 * order of their numbers, numbers and truth values of their texts. MalformedInputException. The caller owns *out.
 */
int query_input(const struct operation *operation, json_t *form, json_t **out,
                struct api_error *error);

#endif
