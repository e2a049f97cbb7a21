#include "ca/idempotency.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

int idempotency_hash(const json_t *in, struct buf *hash)
{
    char *text = json_dumps(in, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        return CH_ENOMEM;
    buf_clear(hash);
    uint8_t *digest = buf_reserve(hash, 32);
    int rc = digest == NULL || EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) != 1
                 ? CH_ENOMEM
                 : 0;
    if (rc == 0)
        hash->len += 32;
    free(text);
    return rc;
}

bool idempotency_same(const struct buf *stored, const struct buf *now)
{
    return stored->len != 0 && slice_equal(buf_slice(stored), buf_slice(now));
}
