#include "ca/auth/mac.h"

#include "firmware/base/error.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

/* Made once and for ever; the context is only ever copied. */
static struct {
    CRYPTO_ONCE once;
    EVP_MD *sha256;
    EVP_MAC_CTX *hmac;
} algorithms = {.once = CRYPTO_ONCE_STATIC_INIT};

static void algorithms_fetch(void)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    algorithms.sha256 = EVP_MD_fetch(NULL, digest, NULL);
    algorithms.hmac = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (algorithms.hmac != NULL && EVP_MAC_CTX_set_params(algorithms.hmac, params) != 1) {
        EVP_MAC_CTX_free(algorithms.hmac);
        algorithms.hmac = NULL;
    }
}

static int algorithms_ready(void)
{
    bool ready = CRYPTO_THREAD_run_once(&algorithms.once, algorithms_fetch) == 1 &&
                 algorithms.sha256 != NULL && algorithms.hmac != NULL;
    return ready ? 0 : CH_ENOMEM;
}

int mac_sha256(struct slice data, uint8_t out[MAC_SIZE])
{
    int r = algorithms_ready();
    if (r == 0 && EVP_Digest(data.data, data.len, out, NULL, algorithms.sha256, NULL) != 1)
        r = CH_ENOMEM;
    return r;
}

int mac_hmac_sha256(struct slice key, struct slice data, uint8_t out[MAC_SIZE])
{
    static const uint8_t empty[1];
    size_t len = 0;
    int r = algorithms_ready();
    EVP_MAC_CTX *ctx = r == 0 ? EVP_MAC_CTX_dup(algorithms.hmac) : NULL;
    /* Without a pointer EVP_MAC_init would go on with the key of the copy. */
    bool made = ctx != NULL &&
                EVP_MAC_init(ctx, key.len == 0 ? empty : key.data, key.len, NULL) == 1 &&
                EVP_MAC_update(ctx, data.data, data.len) == 1 &&
                EVP_MAC_final(ctx, out, &len, MAC_SIZE) == 1 && len == MAC_SIZE;
    EVP_MAC_CTX_free(ctx);
    return made ? 0 : CH_ENOMEM;
}
