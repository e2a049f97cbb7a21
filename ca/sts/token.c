#include "ca/sts/token.h"

#include "ca/auth/credentials.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#define VERSION 1
#define NONCE_SIZE ((size_t)12)
#define TAG_SIZE ((size_t)16)
#define SECRET_SIZE ((size_t)40)
#define HEAD_SIZE (1 + NONCE_SIZE)
#define PLAIN_MAX (SECRET_SIZE + STS_CLAIMS_MAX)
#define SEALED_MAX (HEAD_SIZE + PLAIN_MAX + TAG_SIZE)
#define KEY_SIZE 32

/* ---- AES-256-GCM; the version is authenticated with it ---- */

/* out: version, nonce, ciphertext, tag. */
static int encrypt(const uint8_t key[KEY_SIZE], const uint8_t *nonce, struct slice plain,
                   uint8_t *out)
{
    int len = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    out[0] = VERSION;
    memcpy(out + 1, nonce, NONCE_SIZE);
    bool done = c != NULL && EVP_EncryptInit_ex2(c, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
                EVP_EncryptUpdate(c, NULL, &len, out, 1) == 1 &&
                EVP_EncryptUpdate(c, out + HEAD_SIZE, &len, plain.data, (int)plain.len) == 1 &&
                EVP_EncryptFinal_ex(c, out + HEAD_SIZE + len, &len) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, (int)TAG_SIZE,
                                    out + HEAD_SIZE + plain.len) == 1;
    EVP_CIPHER_CTX_free(c);
    return done ? 0 : CH_ENOMEM;
}

/* CH_ENOTFOUND when the tag is not right. */
static int decrypt(const uint8_t key[KEY_SIZE], uint8_t *sealed, size_t len, uint8_t *plain)
{
    int done_len = 0;
    size_t inside = len - HEAD_SIZE - TAG_SIZE;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c == NULL)
        return CH_ENOMEM;
    bool done = EVP_DecryptInit_ex2(c, EVP_aes_256_gcm(), key, sealed + 1, NULL) == 1 &&
                EVP_DecryptUpdate(c, NULL, &done_len, sealed, 1) == 1 &&
                EVP_DecryptUpdate(c, plain, &done_len, sealed + HEAD_SIZE, (int)inside) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, (int)TAG_SIZE,
                                    sealed + HEAD_SIZE + inside) == 1 &&
                EVP_DecryptFinal_ex(c, plain + done_len, &done_len) == 1;
    EVP_CIPHER_CTX_free(c);
    return done ? 0 : CH_ENOTFOUND;
}

/* ---- making ---- */

static int token_text(const uint8_t *sealed, size_t len, char **out)
{
    *out = malloc((len + 2) / 3 * 4 + 1);
    if (*out == NULL)
        return CH_ENOMEM;
    EVP_EncodeBlock((unsigned char *)*out, sealed, (int)len);
    return 0;
}

static int token_make(struct core *core, struct slice plain, char **out)
{
    uint8_t sealed[SEALED_MAX], nonce[NONCE_SIZE], key[KEY_SIZE];
    int rc = hsm_random(core->hsm, nonce, sizeof nonce);
    if (rc == 0)
        rc = credentials_token_key(core, key);
    if (rc == 0)
        rc = encrypt(key, nonce, plain, sealed);
    if (rc == 0)
        rc = token_text(sealed, HEAD_SIZE + plain.len + TAG_SIZE, out);
    explicit_bzero(key, sizeof key);
    return rc;
}

static int seal(struct core *core, const json_t *claims, struct sts_credentials *c)
{
    struct secret *plain = NULL;
    char *text = json_dumps(claims, JSON_COMPACT);
    size_t len = text == NULL ? 0 : strlen(text);
    int rc = text == NULL ? CH_ENOMEM : len > STS_CLAIMS_MAX ? CH_ELIMIT : 0;
    if (rc == 0 && (plain = secret_new(SECRET_SIZE + len)) == NULL)
        rc = CH_ENOMEM;
    if (rc == 0) {
        memcpy(secret_data(plain), secret_data(c->secret), SECRET_SIZE);
        memcpy(secret_data(plain) + SECRET_SIZE, text, len);
        rc = token_make(core, secret_slice(plain), &c->token);
    }
    secret_free(plain);
    free(text);
    return rc;
}

int sts_credentials_make(struct core *core, json_t *claims, struct sts_credentials *out)
{
    *out = (struct sts_credentials){.secret = NULL};
    int rc = credentials_random(core, "ASIA", out->access_key_id, sizeof out->access_key_id,
                                &out->secret);
    if (rc == 0 && json_object_set_new(claims, "key", json_string(out->access_key_id)) != 0)
        rc = CH_ENOMEM;
    if (rc == 0)
        rc = seal(core, claims, out);
    if (rc != 0)
        sts_credentials_free(out);
    return rc;
}

void sts_credentials_free(struct sts_credentials *credentials)
{
    secret_free(credentials->secret);
    free(credentials->token);
    *credentials = (struct sts_credentials){.secret = NULL};
}

/* ---- opening ---- */

/* Base64, perhaps percent-encoded, into octets. 0 for what is neither. */
static size_t token_octets(struct slice token, uint8_t out[STS_TOKEN_MAX])
{
    char text[STS_TOKEN_MAX + 1];
    size_t len = 0, padding = 0;
    for (size_t i = 0; i < token.len; i++) {
        uint8_t octet = token.data[i];
        if (len == STS_TOKEN_MAX)
            return 0;
        if (octet == '%' && token.len - i >= 3 &&
            hex_decode((const char *)token.data + i + 1, 2, &octet) == 0)
            i += 2;
        text[len++] = (char)octet;
    }
    while (padding < len && padding < 2 && text[len - 1 - padding] == '=')
        padding++;
    text[len] = '\0';
    int size = len == 0 || len % 4 != 0 || memchr(text, '\0', len) != NULL
                   ? -1
                   : EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
    return size < 0 ? 0 : (size_t)size - padding;
}

static int claims_read(const uint8_t *plain, size_t len, json_t **claims, struct secret **secret)
{
    *secret = secret_copy(plain, SECRET_SIZE);
    *claims = json_loadb((const char *)plain + SECRET_SIZE, len - SECRET_SIZE,
                         JSON_REJECT_DUPLICATES, NULL);
    if (*secret != NULL && json_is_object(*claims))
        return 0;
    secret_free(*secret);
    json_decref(*claims);
    *secret = NULL;
    *claims = NULL;
    return CH_ENOMEM;
}

int sts_token_open(struct core *core, struct slice token, json_t **claims, struct secret **secret)
{
    uint8_t sealed[STS_TOKEN_MAX], plain[STS_TOKEN_MAX], key[KEY_SIZE];
    size_t len = token_octets(token, sealed);
    *claims = NULL;
    *secret = NULL;
    if (len <= HEAD_SIZE + SECRET_SIZE + TAG_SIZE || sealed[0] != VERSION)
        return CH_ENOTFOUND;
    int rc = credentials_token_key(core, key);
    if (rc == 0)
        rc = decrypt(key, sealed, len, plain);
    if (rc == 0)
        rc = claims_read(plain, len - HEAD_SIZE - TAG_SIZE, claims, secret);
    explicit_bzero(key, sizeof key);
    explicit_bzero(plain, sizeof plain);
    return rc;
}
