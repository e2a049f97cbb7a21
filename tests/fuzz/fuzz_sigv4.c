/*
 * Target functions: sigv4_parse, sigv4_canonical_request, sigv4_string_to_sign, sigv4_verify.
 *
 * The input is a request as text: method, path, query and body in the first four lines, then a line
 * for each header, "name:value". Whatever it is, no signature but the right one may be accepted.
 */
#include "ca/auth/auth.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice line_cut(struct slice *rest)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
    struct slice line = slice_of(rest->data, len);
    size_t used = end == NULL ? len : len + 1;
    *rest = slice_of(rest->data + used, rest->len - used);
    return line;
}

static void call_read(struct slice rest, struct msg_call *call)
{
    memset(call, 0, sizeof *call);
    call->method = line_cut(&rest);
    call->path = line_cut(&rest);
    call->query = line_cut(&rest);
    call->body = line_cut(&rest);
    while (rest.len > 0 && call->headers.count < MESSAGE_PAIRS_MAX) {
        struct slice line = line_cut(&rest);
        const uint8_t *colon = line.len == 0 ? NULL : memchr(line.data, ':', line.len);
        if (colon == NULL)
            continue;
        size_t at = (size_t)(colon - line.data);
        call->headers.pair[call->headers.count++] = (struct message_pair){
            slice_of(line.data, at), slice_of(line.data + at + 1, line.len - at - 1)};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct msg_call call;
    static struct api_error error;
    static const uint8_t key[32] = "a key that the input cannot know";
    struct buf canonical = {0}, text = {0};
    struct sigv4 sig;
    uint8_t *copy = malloc(size + 1); /* a block of its own, so that an overread is seen */
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    call_read(slice_of(copy, size), &call);
    error.type = NULL;
    if (sigv4_parse(&call, &sig, &error) == 0) {
        if (sigv4_canonical_request(&call, &sig, &canonical) == 0 &&
            sigv4_string_to_sign(&sig, buf_slice(&canonical), &text) != 0)
            abort();
        if (sigv4_verify(&call, &sig, key) == 0)
            abort();
    } else if (error.type == NULL) {
        abort();
    }
    buf_free(&canonical);
    buf_free(&text);
    free(copy);
    return 0;
}
