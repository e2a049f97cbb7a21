/*
 * api_error.h - what a client is told. One table of every error type of the API
 * with its HTTP status and the member that carries the text.
 */
#ifndef CHANCERY_CONTRACT_API_ERROR_H
#define CHANCERY_CONTRACT_API_ERROR_H

#include "firmware/base/buf.h"
#include "firmware/base/error.h"

#define API_ERROR_TEXT_MAX 8192

struct api_error {
    const char *type; /* "ResourceNotFoundException"; NULL = no error. Static storage */
    char text[API_ERROR_TEXT_MAX];
    char throttled[96]; /* ThrottlingException of ACM: the resource of its throttlingReasons, or "" */
};

/*
 * Sets type (must be in the table: PRECOND) and text, and returns CH_EAPI, so that a
 * handler can `return api_fail(...)`. A first error stays: later ones do not replace it.
 */
int api_fail(struct api_error *error, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* 400, 403, 404, 413, 500, 503 ...: the status of a type; 500 for what the table lacks. */
unsigned api_error_status(const char *type);

/*
 * Appends {"__type":"...","message":"..."} (compact; Message where the model says so; no
 * text member when text is ""). 0, or an error of buf_put.
 */
int api_error_body(const struct api_error *error, struct buf *out);

/*
 * The error for a failure that is ours: CH_EHSM, CH_EBUSY, CH_ENOSPACE, ... become
 * ServiceUnavailableException (503) with a text that names the cause, all else
 * InternalFailure (500). Never a 4xx. Returns CH_EAPI.
 */
int api_fail_internal(struct api_error *error, int code);

/*
 * The error for an operation of the API that this appliance does not offer:
 * UnsupportedOperationException (400) that names it. Returns CH_EAPI.
 */
int api_fail_unsupported(struct api_error *error, const char *operation);

/*
 * The error for a rate that was exceeded: ThrottlingException (400), for ACM with throttlingReasons,
 * which its model has. Returns CH_EAPI.
 */
int api_fail_throttled(struct api_error *error, const char *service, const char *operation);

#endif
