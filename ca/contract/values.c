#include "ca/contract/base64.h"
#include "ca/contract/contract.h"
#include "firmware/base/log.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* The base64 text of a member; CH_ENOTFOUND, or CH_EINVAL when it is none. */
static int blob_text(const json_t *object, const char *member, struct slice *out)
{
    const json_t *value = json_object_get(object, member);
    if (value == NULL || json_is_null(value))
        return CH_ENOTFOUND;
    if (!json_is_string(value))
        return CH_EINVAL;
    size_t at = 0;
    *out = slice_of(json_string_value(value), json_string_length(value));
    return base64_judge(*out, &at) == BASE64_FINE ? 0 : CH_EINVAL;
}

int contract_blob(const json_t *object, const char *member, struct buf *out)
{
    PRECOND(member != NULL && out != NULL);
    struct slice text = {0};
    int rc = blob_text(object, member, &text);
    if (rc != 0 || text.len == 0)
        return rc;
    uint8_t *room = buf_reserve(out, text.len / 4 * 3);
    if (room == NULL)
        return CH_ENOMEM;
    base64_decode(text, room);
    out->len += base64_size(text);
    return 0;
}

int contract_blob_secret(const json_t *object, const char *member, struct secret **out)
{
    PRECOND(member != NULL && out != NULL);
    *out = NULL;
    struct slice text = {0};
    int rc = blob_text(object, member, &text);
    if (rc != 0)
        return rc;
    if (text.len == 0)
        return CH_EINVAL;
    struct secret *secret = secret_new(text.len / 4 * 3);
    if (secret == NULL)
        return CH_ENOMEM;
    base64_decode(text, secret_data(secret));
    secret_trim(secret, base64_size(text));
    *out = secret;
    return 0;
}

/* Milliseconds are kept, so that the number is short and reads back as the same double. */
json_t *contract_timestamp(int64_t microseconds)
{
    int64_t milliseconds = microseconds / 1000;
    if (microseconds % 1000 < 0)
        milliseconds--;
    return json_real((double)milliseconds / 1000.0);
}

static void wiping_free(void *memory)
{
    if (memory == NULL)
        return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void contract_json_wipes(void)
{
    json_set_alloc_funcs(malloc, wiping_free);
}
