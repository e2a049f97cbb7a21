/*
 * Target functions: request_set_target, request_set_method, request_add_header,
 * request_add_body, request_check_head, routes_find, request_to_call, reply_from_core,
 * message_encode and message_decode of MSG_CALL.
 *
 * Input: lines. The first is the method, the second the target; then headers as
 * "name:value" up to an empty line; the rest is the body. What core decodes must be what
 * the request said; the same headers then stand as core's answer.
 */
#include "api/front/request.h"
#include "api/front/routes.h"
#include "firmware/base/error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct msg_call told;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Takes a line off the front, without its end. */
static struct slice next_line(struct slice *rest)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
    struct slice line = slice_of(rest->data, len);
    size_t used = end == NULL ? len : len + 1;
    *rest = slice_of(rest->data + used, rest->len - used);
    return line;
}

static void read_headers(struct request *r, struct slice *rest)
{
    for (struct slice line = next_line(rest); line.len > 0; line = next_line(rest)) {
        const uint8_t *colon = memchr(line.data, ':', line.len);
        size_t name = colon == NULL ? line.len : (size_t)(colon - line.data);
        size_t value = colon == NULL ? line.len : name + 1;
        uint32_t before = r->header_count;
        int result = request_add_header(r, slice_of(line.data, name),
                                        slice_of(line.data + value, line.len - value));
        must(r->header_count == before + (result == 0 ? 1 : 0));
    }
}

static void must_be_equal(const struct msg_call *a, const struct msg_call *b)
{
    must(slice_equal(a->method, b->method) && slice_equal(a->path, b->path) &&
         slice_equal(a->query, b->query) && slice_equal(a->peer, b->peer) &&
         slice_equal(a->body, b->body) && a->headers.count == b->headers.count);
    for (uint32_t i = 0; i < a->headers.count; i++)
        must(slice_equal(a->headers.pair[i].name, b->headers.pair[i].name) &&
             slice_equal(a->headers.pair[i].value, b->headers.pair[i].value));
}

/* Over the wire and back. */
static void relay(const struct request *r)
{
    static union message_any decoded;
    struct message_header header;
    struct buf frame = {0};
    request_to_call(r, slice_text("192.0.2.1"), &told);
    if (message_encode(MSG_CALL, 7, &told, &frame) == 0) {
        must(message_header_decode(frame.data, ROLE_FRONT_MANAGE, ROLE_CORE, &header) == 0);
        must(message_decode(&header, slice_of(frame.data + MESSAGE_HEADER_SIZE, header.length),
                            &decoded) == 0);
        must_be_equal(&told, &decoded.call);
    }
    buf_free(&frame);
}

static void reply_with(const struct message_pairs *headers, struct slice body)
{
    static struct msg_call_reply answer;
    struct reply reply = {0};
    const char *name = NULL;
    const char *value = NULL;
    size_t at = 0;
    answer.status = 100 + (uint32_t)body.len % 600;
    answer.headers = *headers;
    answer.body = body;
    if (reply_from_core(&answer, &reply) == 0)
        while (reply_next_header(&reply, &at, &name, &value))
            must(strpbrk(name, "\r\n: ") == NULL && strpbrk(value, "\r\n") == NULL);
    reply_free(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request r;
    struct slice rest = slice_of(data, size);
    const struct route *route = NULL;
    char allow[ROUTES_ALLOW_SIZE];
    request_init(&r, MESSAGE_BODY_MAX);
    int method = request_set_method(&r, next_line(&rest));
    int target = request_set_target(&r, next_line(&rest));
    read_headers(&r, &rest);
    if (request_add_body(&r, rest) == 0 && method == 0 && target == 0) {
        enum refusal why = routes_find(ROLE_FRONT_MANAGE, &r, &route, allow);
        must((why == REFUSAL_NONE) == (route != NULL));
        must(request_check_head(&r) < REFUSAL_COUNT);
        relay(&r);
        reply_with(&told.headers, rest);
    }
    request_free(&r);
    return 0;
}
