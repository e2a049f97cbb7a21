#include "api/front/request.h"

#include "api/front/text.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <string.h>

static struct slice request_slice(const struct request *r, struct request_part part)
{
    return slice_of(part.len == 0 ? NULL : r->head.data + part.at, part.len);
}

static int put_part(struct request *r, struct slice bytes, struct request_part *out)
{
    *out = (struct request_part){0};
    size_t at = r->head.len;
    int result = buf_put_slice(&r->head, bytes);
    if (result == 0)
        *out = (struct request_part){.at = (uint32_t)at, .len = (uint32_t)bytes.len};
    return result;
}

void request_init(struct request *r, size_t body_max)
{
    PRECOND(r != NULL);
    *r = (struct request){.head = {.cap_max = REQUEST_HEAD_MAX},
                          .body = {.cap_max = body_max}};
}

int request_set_target(struct request *r, struct slice target)
{
    if (target.len == 0 || !text_is_target(target))
        return CH_EINVAL;
    if (target.len > REQUEST_TARGET_MAX)
        return CH_ELIMIT;
    const uint8_t *mark = memchr(target.data, '?', target.len);
    size_t path_len = mark == NULL ? target.len : (size_t)(mark - target.data);
    int result = put_part(r, slice_of(target.data, path_len), &r->path);
    if (result != 0 || mark == NULL)
        return result;
    return put_part(r, slice_of(mark + 1, target.len - path_len - 1), &r->query);
}

int request_set_method(struct request *r, struct slice method)
{
    if (!text_is_token(method))
        return CH_EINVAL;
    if (method.len > REQUEST_METHOD_MAX)
        return CH_ELIMIT;
    return put_part(r, method, &r->method);
}

int request_add_header(struct request *r, struct slice name, struct slice value)
{
    if (!text_is_token(name) || !text_is_field_value(value))
        return CH_EINVAL;
    if (r->header_count == MESSAGE_PAIRS_MAX)
        return CH_ELIMIT;
    struct request_part *pair = r->header[r->header_count];
    int result = put_part(r, name, &pair[0]);
    if (result != 0)
        return result;
    text_lower(r->head.data + pair[0].at, name.len);
    result = put_part(r, value, &pair[1]);
    if (result == 0)
        r->header_count++;
    return result;
}

int request_add_body(struct request *r, struct slice part)
{
    return buf_put_slice(&r->body, part);
}

/* Counts the headers of that name; the value of the first one goes to *first. */
static unsigned header_count(const struct request *r, const char *name, struct slice *first)
{
    unsigned count = 0;
    *first = slice_of(NULL, 0);
    for (uint32_t i = 0; i < r->header_count; i++) {
        if (!slice_is(request_slice(r, r->header[i][0]), name))
            continue;
        if (count++ == 0)
            *first = request_slice(r, r->header[i][1]);
    }
    return count;
}

/* RFC 9112 6.3: a message whose length can be read in two ways is refused, not repaired. */
enum refusal request_check_head(const struct request *r)
{
    struct slice length = {0};
    struct slice coding = {0};
    unsigned lengths = header_count(r, "content-length", &length);
    unsigned codings = header_count(r, "transfer-encoding", &coding);
    if (lengths > 1 || codings > 1 || (lengths == 1 && codings == 1))
        return REFUSAL_MALFORMED;
    if (codings == 1 && !text_equal_nocase(coding, "chunked"))
        return REFUSAL_MALFORMED;
    if (lengths == 0)
        return REFUSAL_NONE;
    uint64_t announced = 0;
    int result = text_to_u64(length, &announced);
    if (result == CH_ELIMIT || (result == 0 && announced > r->body.cap_max))
        return REFUSAL_TOO_LARGE;
    return result == 0 ? REFUSAL_NONE : REFUSAL_MALFORMED;
}

bool request_path_is(const struct request *r, const char *text)
{
    return slice_is(request_slice(r, r->path), text);
}

bool request_path_begins(const struct request *r, struct slice start)
{
    struct slice path = request_slice(r, r->path);
    return path.len >= start.len && memcmp(path.data, start.data, start.len) == 0;
}

struct slice request_get_path(const struct request *r)
{
    return request_slice(r, r->path);
}

struct slice request_get_query(const struct request *r)
{
    return request_slice(r, r->query);
}

struct slice request_get_header(const struct request *r, const char *name)
{
    struct slice first;
    (void)header_count(r, name, &first);
    return first;
}

bool request_method_is(const struct request *r, const char *text)
{
    return slice_is(request_slice(r, r->method), text);
}

void request_to_call(const struct request *r, struct slice peer, struct msg_call *out)
{
    out->method = request_slice(r, r->method);
    out->path = request_slice(r, r->path);
    out->query = request_slice(r, r->query);
    out->peer = peer;
    out->headers.count = r->header_count;
    for (uint32_t i = 0; i < r->header_count; i++) {
        out->headers.pair[i].name = request_slice(r, r->header[i][0]);
        out->headers.pair[i].value = request_slice(r, r->header[i][1]);
    }
    out->body = buf_slice(&r->body);
}

void request_free(struct request *r)
{
    if (r == NULL)
        return;
    buf_free(&r->head);
    buf_free(&r->body);
    *r = (struct request){0};
}
