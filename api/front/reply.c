#include "api/front/reply.h"

#include "api/front/text.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static const struct refusal_row {
    unsigned status;
    const char *reason;
    const char *type;
    const char *message;
} refusals[REFUSAL_COUNT] = {
    [REFUSAL_MALFORMED] = {400, "Bad Request", "MalformedHttpRequestException",
                           "The request is not valid HTTP."},
    [REFUSAL_TOO_MANY_HEADERS] = {400, "Bad Request", "MalformedHttpRequestException",
                                  "The request has too many headers."},
    [REFUSAL_NOT_FOUND] = {404, "Not Found", "UnknownOperationException",
                           "There is nothing at this path."},
    [REFUSAL_METHOD] = {405, "Method Not Allowed", "MethodNotAllowedException",
                        "This path does not take that method."},
    [REFUSAL_TIMEOUT] = {408, "Request Timeout", "RequestTimeoutException",
                         "The request was not received in time."},
    [REFUSAL_TOO_LARGE] = {413, "Request Entity Too Large", "RequestEntityTooLargeException",
                           "The request body is larger than this endpoint takes."},
    [REFUSAL_TARGET_TOO_LONG] = {414, "URI Too Long", "RequestUriTooLongException",
                                 "The path and query of the request are longer than this endpoint "
                                 "takes."},
    [REFUSAL_HEAD_TOO_LARGE] = {431, "Request Header Fields Too Large",
                                "RequestHeaderSectionTooLargeException",
                                "The headers of the request are larger than this endpoint takes."},
    [REFUSAL_MEDIA_TYPE] = {415, "Unsupported Media Type", "UnsupportedMediaTypeException",
                            "This path does not take that Content-Type."},
    [REFUSAL_INTERNAL] = {500, "Internal Server Error", "InternalFailure",
                          "The request processing has failed because of an internal error."},
    [REFUSAL_UNAVAILABLE] = {503, "Service Unavailable", "ServiceUnavailableException",
                             "The service is not available at the moment. Try again."},
};

#define REFUSAL_CONTENT_TYPE "application/x-amz-json-1.1"

/* Set by the server itself, or about this hop only. */
static const char *const own_headers[] = {"connection", "content-length", "date",
                                          "keep-alive", "server",         "transfer-encoding"};

static bool is_own_header(struct slice name)
{
    for (size_t i = 0; i < sizeof own_headers / sizeof own_headers[0]; i++)
        if (text_equal_nocase(name, own_headers[i]))
            return true;
    return false;
}

static int put_header(struct reply *r, struct slice name, struct slice value)
{
    static const uint8_t nul = 0;
    int result = buf_put_slice(&r->headers, name);
    if (result == 0)
        result = buf_put(&r->headers, &nul, 1);
    if (result == 0)
        result = buf_put_slice(&r->headers, value);
    return result == 0 ? buf_put(&r->headers, &nul, 1) : result;
}

/* A library that sends headers may refuse a tab; so does core's side of the agreement. */
static int take_header(struct reply *r, const struct message_pair *pair)
{
    if (!text_is_token(pair->name) || !text_is_field_value(pair->value) ||
        (pair->value.len > 0 && memchr(pair->value.data, '\t', pair->value.len) != NULL))
        return CH_EPROTO;
    if (text_equal_nocase(pair->name, "connection") && text_equal_nocase(pair->value, "close"))
        r->close = true;
    if (is_own_header(pair->name) || pair->value.len == 0)
        return 0;
    return put_header(r, pair->name, pair->value);
}

int reply_put_header(struct reply *r, struct slice name, struct slice value)
{
    if (!text_is_token(name) || !text_is_field_value(value))
        return CH_EPROTO;
    return put_header(r, name, value);
}

void reply_new_id(char *out)
{
    uint8_t bytes[16] = {0};
    char hex[33] = {0};
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        log_warn("no random bytes for a request id");
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    hex_encode(bytes, sizeof bytes, hex);
    snprintf(out, REPLY_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}

int reply_from_core(const struct msg_call_reply *answer, struct reply *out)
{
    *out = (struct reply){.status = answer->status, .body = answer->body, .file = -1};
    if (answer->status < 200 || answer->status > 599)
        return CH_EPROTO;
    for (uint32_t i = 0; i < answer->headers.count; i++) {
        int result = take_header(out, &answer->headers.pair[i]);
        if (result != 0) {
            reply_free(out);
            return result;
        }
    }
    return 0;
}

static int put_refusal_body(const struct refusal_row *row, struct buf *out)
{
    return buf_printf(out, "{\"__type\":\"%s\",\"message\":\"%s\"}", row->type, row->message);
}

int reply_refuse(enum refusal why, const char *allow, struct reply *out)
{
    PRECOND(why > REFUSAL_NONE && why < REFUSAL_COUNT);
    char id[REPLY_ID_SIZE];
    *out = (struct reply){.status = refusals[why].status, .file = -1};
    reply_new_id(id);
    int result = put_refusal_body(&refusals[why], &out->text);
    if (result == 0)
        result = put_header(out, slice_text("x-amzn-RequestId"), slice_text(id));
    if (result == 0)
        result = put_header(out, slice_text("Content-Type"), slice_text(REFUSAL_CONTENT_TYPE));
    if (result == 0 && allow != NULL)
        result = put_header(out, slice_text("Allow"), slice_text(allow));
    out->body = buf_slice(&out->text);
    if (result != 0)
        reply_free(out);
    return result;
}

int reply_refuse_raw(enum refusal why, struct buf *out)
{
    PRECOND(why > REFUSAL_NONE && why < REFUSAL_COUNT);
    const struct refusal_row *row = &refusals[why];
    struct buf body = {0};
    char id[REPLY_ID_SIZE];
    char date[40];
    time_t now = (time_t)clock_now();
    struct tm tm;
    reply_new_id(id);
    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    int result = put_refusal_body(row, &body);
    if (result == 0)
        result = buf_printf(out,
                            "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\n"
                            "x-amzn-RequestId: %s\r\nContent-Type: " REFUSAL_CONTENT_TYPE "\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            row->status, row->reason, date, id, body.len);
    if (result == 0)
        result = buf_put_slice(out, buf_slice(&body));
    buf_free(&body);
    return result;
}

bool reply_next_header(const struct reply *r, size_t *at, const char **name, const char **value)
{
    *name = NULL;
    *value = NULL;
    if (*at >= r->headers.len)
        return false;
    *name = (const char *)r->headers.data + *at;
    *value = *name + strlen(*name) + 1;
    *at += strlen(*name) + strlen(*value) + 2;
    return true;
}

void reply_free(struct reply *r)
{
    if (r == NULL)
        return;
    buf_free(&r->headers);
    buf_free(&r->text);
    if (r->file > 0)
        close(r->file);
    *r = (struct reply){.file = -1};
}
