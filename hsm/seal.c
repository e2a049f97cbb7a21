/*
 * seal.c - small secrets of the store: version, IV, ciphertext, tag. The AES key is
 * derived by the token for each context and lives in the process for one call.
 */
#include "hsm/internal.h"

#include <openssl/rand.h>
#include <string.h>

#define SEAL_VERSION 1
#define IV_SIZE 12
#define GCM_TAG_SIZE 16
#define OVERHEAD (1 + IV_SIZE + GCM_TAG_SIZE)
#define CLEAR_MAX ((size_t)64 * 1024)

static int derive(struct hsm *h, struct hsm_key *mac, struct slice context, struct secret **out)
{
    *out = secret_new(HSM_TAG_SIZE);
    if (*out == NULL)
        return CH_ENOMEM;
    int r = mac_run(h, mac, "chancery seal v1", context, secret_data(*out));
    if (r != 0) {
        secret_free(*out);
        *out = NULL;
    }
    return r;
}

/* Key, IV and associated data are set; ready for the text. */
static EVP_CIPHER_CTX *gcm_start(struct secret *key, const uint8_t *iv, struct slice context,
                                 int encrypt)
{
    int len = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx != NULL &&
        EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, secret_data(key), iv, encrypt) == 1 &&
        EVP_CipherUpdate(ctx, NULL, &len, context.data, (int)context.len) == 1)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

static int encrypt_to(struct secret *key, struct slice context, struct slice clear, uint8_t *out)
{
    uint8_t *iv = out + 1;
    uint8_t *text = iv + IV_SIZE;
    int len = 0;
    out[0] = SEAL_VERSION;
    if (RAND_bytes(iv, IV_SIZE) != 1)
        return CH_ESYS;
    EVP_CIPHER_CTX *ctx = gcm_start(key, iv, context, 1);
    bool good = ctx != NULL &&
                EVP_CipherUpdate(ctx, text, &len, clear.data, (int)clear.len) == 1 &&
                EVP_CipherFinal_ex(ctx, text + len, &len) == 1 &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GCM_TAG_SIZE,
                                    text + clear.len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good ? 0 : CH_ENOMEM;
}

int hsm_seal(struct hsm *h, struct hsm_key *mac, struct slice context, struct slice clear,
             struct buf *sealed)
{
    PRECOND(h != NULL && mac != NULL && mac->hsm == h && sealed != NULL);
    struct secret *key = NULL;
    buf_clear(sealed);
    if (clear.len == 0 || clear.len > CLEAR_MAX || context.len == 0 || context.len > CLEAR_MAX)
        return CH_EINVAL;
    uint8_t *out = buf_reserve(sealed, clear.len + OVERHEAD);
    if (out == NULL)
        return CH_ENOMEM;
    int r = derive(h, mac, context, &key);
    if (r == 0)
        r = encrypt_to(key, context, clear, out);
    if (r == 0)
        sealed->len = clear.len + OVERHEAD;
    secret_free(key);
    return r;
}

static int decrypt_to(struct secret *key, struct slice context, struct slice sealed,
                      struct secret *clear)
{
    const uint8_t *iv = sealed.data + 1;
    const uint8_t *text = iv + IV_SIZE;
    uint8_t tag[GCM_TAG_SIZE];
    int len = 0;
    size_t text_len = sealed.len - OVERHEAD;
    memcpy(tag, text + text_len, sizeof(tag));
    EVP_CIPHER_CTX *ctx = gcm_start(key, iv, context, 0);
    if (ctx == NULL)
        return CH_ENOMEM;
    bool good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, sizeof(tag), tag) == 1 &&
                EVP_CipherUpdate(ctx, secret_data(clear), &len, text, (int)text_len) == 1 &&
                EVP_CipherFinal_ex(ctx, secret_data(clear) + len, &len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good ? 0 : CH_EINTEGRITY;
}

int hsm_unseal(struct hsm *h, struct hsm_key *mac, struct slice context, struct slice sealed,
               struct secret **clear)
{
    PRECOND(h != NULL && mac != NULL && mac->hsm == h && clear != NULL);
    struct secret *key = NULL;
    struct secret *text = NULL;
    *clear = NULL;
    if (context.len == 0 || context.len > CLEAR_MAX)
        return CH_EINVAL;
    if (sealed.len <= OVERHEAD || sealed.len > CLEAR_MAX + OVERHEAD ||
        sealed.data[0] != SEAL_VERSION)
        return CH_EINTEGRITY;
    int r = derive(h, mac, context, &key);
    if (r == 0 && (text = secret_new(sealed.len - OVERHEAD)) == NULL)
        r = CH_ENOMEM;
    if (r == 0)
        r = decrypt_to(key, context, sealed, text);
    if (r == 0) {
        *clear = text;
        text = NULL;
    }
    secret_free(text);
    secret_free(key);
    return r;
}
