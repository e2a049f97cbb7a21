/*
 * xml.h - answers and errors of the query protocol, written as XML from the shapes.
 */
#ifndef CHANCERY_CONTRACT_XML_H
#define CHANCERY_CONTRACT_XML_H

#include "ca/contract/contract.h"

/* Appends text with what XML marks up escaped; characters that XML 1.0 cannot hold become '?'. */
int xml_put_text(struct buf *out, const char *text);

/*
 * Appends <OperationResponse xmlns="..."> with the result, if the operation has one, in the order of its
 * shape, and ResponseMetadata. Times are written as ISO 8601. 0 or an error of buf_put.
 */
int xml_put_answer(struct buf *out, const struct operation *operation, const json_t *answer,
                   const char *request_id);

/* Appends <ErrorResponse> with the code that the query protocol has for error->type. */
int xml_put_error(struct buf *out, const struct service *service, const struct api_error *error,
                  const char *request_id);

/* 400, 403, 404, 409 ...: the status that IAM and STS give an error; their codes differ from those of JSON. */
unsigned xml_error_status(const char *type);

#endif
