#include "ca/ct/base64_text.h"

#include "ca/contract/base64.h"
#include "firmware/base/error.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

json_t *ct_base64_json(struct slice octets)
{
    char *text = malloc(4 * (octets.len / 3 + 1) + 1);
    if (text == NULL)
        return NULL;
    EVP_EncodeBlock((unsigned char *)text, octets.data, (int)octets.len);
    json_t *json = json_string(text);
    free(text);
    return json;
}

int ct_base64_take(const char *text, size_t max, struct buf *out)
{
    size_t at = 0;
    struct slice from = slice_text(text == NULL ? "" : text);
    if (from.len == 0 || base64_judge(from, &at) != BASE64_FINE || base64_size(from) > max)
        return CH_EINVAL;
    uint8_t *octets = malloc(3 * from.len / 4 + 1);
    if (octets == NULL)
        return CH_ENOMEM;
    base64_decode(from, octets);
    int rc = buf_put(out, octets, base64_size(from));
    free(octets);
    return rc;
}
