/*
 * transport.c - the way of a private key between HSM and process: an AES key that the
 * HSM makes and hands to a key of this process by RSA-OAEP, for one way out, or for the ways
 * in of a session. No key in clear crosses the PKCS#11 interface, which FIPS modules would
 * refuse anyway.
 */
#include "hsm/internal.h"

#include <openssl/rsa.h>
#include <string.h>

#define TRANSPORT_KEY_SIZE 32
#define TRANSPORT_BITS 2048
#define OAEP_MAX 512
#define WRAP_SLACK 16
#define TRANSPORT_USES 1000

struct oaep_row {
    CK_MECHANISM_TYPE hash;
    CK_RSA_PKCS_MGF_TYPE mgf;
    const char *name;
};

static const struct oaep_row oaep_rows[] = {
    {CKM_SHA256, CKG_MGF1_SHA256, "SHA256"},
    {CKM_SHA_1, CKG_MGF1_SHA1, "SHA1"},
};

/* ---- the key of this process ---- */

static void *transport_main(void *context)
{
    struct hsm *h = context;
    h->transport_key = EVP_RSA_gen(TRANSPORT_BITS); /* read only after the thread was joined */
    return NULL;
}

int transport_begin(struct hsm *h)
{
    int r = 0;
    pthread_mutex_lock(&h->transport_lock);
    if (!h->transport_making && h->transport_key == NULL) {
        r = pthread_create(&h->transport_thread, NULL, transport_main, h) == 0 ? 0 : CH_ESYS;
        h->transport_making = r == 0;
    }
    pthread_mutex_unlock(&h->transport_lock);
    return r;
}

EVP_PKEY *transport_wait(struct hsm *h)
{
    pthread_mutex_lock(&h->transport_lock);
    if (h->transport_making)
        pthread_join(h->transport_thread, NULL);
    h->transport_making = false;
    EVP_PKEY *key = h->transport_key;
    pthread_mutex_unlock(&h->transport_lock);
    return key;
}

/* ---- AES keys ---- */

CK_RV transport_key_make(struct hsm *h, CK_SESSION_HANDLE session, enum transport_way way,
                         CK_OBJECT_HANDLE *out)
{
    const CK_ULONG size = TRANSPORT_KEY_SIZE;
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    struct template t = {.count = 0};
    template_put_bool(&t, CKA_TOKEN, false);
    template_put_bool(&t, CKA_PRIVATE, true);
    template_put_bool(&t, CKA_SENSITIVE, true);
    template_put_bool(&t, CKA_EXTRACTABLE, true);
    template_put_bool(&t, CKA_ENCRYPT, false);
    template_put_bool(&t, CKA_DECRYPT, false);
    template_put_bool(&t, CKA_WRAP, way == TRANSPORT_OUT);
    template_put_bool(&t, CKA_UNWRAP, way == TRANSPORT_IN);
    template_put_ulong(&t, CKA_VALUE_LEN, &size);
    return h->p11->C_GenerateKey(session, &mechanism, t.at, t.count, out);
}

static CK_RV receiver_import(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *out)
{
    const CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    const CK_KEY_TYPE type = CKK_RSA;
    struct buf modulus = {0};
    struct buf exponent = {0};
    struct template t = {.count = 0};
    CK_RV rv = rv_from_code(public_rsa(h->transport_key, &modulus, &exponent));
    template_put_ulong(&t, CKA_CLASS, &class);
    template_put_ulong(&t, CKA_KEY_TYPE, &type);
    template_put_bool(&t, CKA_TOKEN, false);
    template_put_bool(&t, CKA_PRIVATE, false);
    template_put_bool(&t, CKA_WRAP, true);
    template_put(&t, CKA_MODULUS, modulus.data, modulus.len);
    template_put(&t, CKA_PUBLIC_EXPONENT, exponent.data, exponent.len);
    if (rv == CKR_OK)
        rv = h->p11->C_CreateObject(session, t.at, t.count, out);
    buf_free(&modulus);
    buf_free(&exponent);
    return rv;
}

static CK_RV receiver_wrap(struct hsm *h, CK_SESSION_HANDLE session, const struct oaep_row *row,
                           CK_OBJECT_HANDLE receiver, CK_OBJECT_HANDLE key, uint8_t *out,
                           CK_ULONG *len)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep;
    memset(&oaep, 0, sizeof(oaep));
    oaep.hashAlg = row->hash;
    oaep.mgf = row->mgf;
    oaep.source = CKZ_DATA_SPECIFIED;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep)};
    *len = OAEP_MAX;
    return h->p11->C_WrapKey(session, &mechanism, receiver, key, out, len);
}

/* The first hash that the module takes is kept (the self test comes here first, alone). */
static CK_RV receiver_wrap_any(struct hsm *h, CK_SESSION_HANDLE session,
                               CK_OBJECT_HANDLE receiver, CK_OBJECT_HANDLE key, uint8_t *out,
                               CK_ULONG *len, const struct oaep_row **used)
{
    CK_RV rv = CKR_MECHANISM_INVALID;
    for (size_t i = 0; i < COUNT_OF(oaep_rows); i++) {
        if (h->oaep_hash != 0 && h->oaep_hash != oaep_rows[i].hash)
            continue;
        *used = &oaep_rows[i];
        rv = receiver_wrap(h, session, *used, receiver, key, out, len);
        if (rv == CKR_OK || rv_row_find(rv)->class != RV_CLASS_FAIL)
            return rv;
    }
    return rv;
}

static int oaep_open(EVP_PKEY *key, const char *hash, struct slice sealed, struct secret **out)
{
    int r = CH_EINTEGRITY;
    size_t len = 0;
    struct secret *clear = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    *out = NULL;
    if (ctx == NULL || EVP_PKEY_decrypt_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, hash, NULL) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, hash, NULL) != 1 ||
        EVP_PKEY_decrypt(ctx, NULL, &len, sealed.data, sealed.len) != 1)
        goto out;
    clear = secret_new(len);
    if (clear == NULL) {
        r = CH_ENOMEM;
        goto out;
    }
    if (EVP_PKEY_decrypt(ctx, secret_data(clear), &len, sealed.data, sealed.len) != 1 ||
        len != TRANSPORT_KEY_SIZE)
        goto out;
    secret_trim(clear, len);
    *out = clear;
    clear = NULL;
    r = 0;
out:
    secret_free(clear);
    EVP_PKEY_CTX_free(ctx);
    return r;
}

CK_RV transport_open(struct hsm *h, CK_SESSION_HANDLE session, enum transport_way way,
                     struct transport *out)
{
    CK_OBJECT_HANDLE receiver = CK_INVALID_HANDLE;
    uint8_t sealed[OAEP_MAX];
    CK_ULONG len = 0;
    const struct oaep_row *row = NULL;
    *out = (struct transport){.handle = CK_INVALID_HANDLE, .key = NULL};
    if (transport_wait(h) == NULL)
        return rv_from_code(CH_EUNSUPPORTED);
    CK_RV rv = receiver_import(h, session, &receiver);
    if (rv == CKR_OK)
        rv = transport_key_make(h, session, way, &out->handle);
    if (rv == CKR_OK)
        rv = receiver_wrap_any(h, session, receiver, out->handle, sealed, &len, &row);
    if (rv == CKR_OK)
        rv = rv_from_code(
            oaep_open(h->transport_key, row->name, slice_of(sealed, len), &out->key));
    if (rv == CKR_OK && h->oaep_hash == 0)
        h->oaep_hash = row->hash;
    if (receiver != CK_INVALID_HANDLE)
        (void)h->p11->C_DestroyObject(session, receiver);
    if (rv != CKR_OK)
        transport_close(h, session, out);
    return rv;
}

void transport_close(struct hsm *h, CK_SESSION_HANDLE session, struct transport *t)
{
    if (t->handle != CK_INVALID_HANDLE)
        (void)h->p11->C_DestroyObject(session, t->handle);
    secret_free(t->key);
    *t = (struct transport){.handle = CK_INVALID_HANDLE, .key = NULL};
}

CK_RV transport_keep(struct hsm *h, CK_SESSION_HANDLE session, struct transport **out)
{
    struct session_transport *kept = session_transport(h, session);
    *out = &kept->transport;
    if (kept->transport.key != NULL && kept->uses++ < TRANSPORT_USES)
        return CKR_OK;
    if (kept->transport.key != NULL)
        transport_close(h, session, &kept->transport);
    kept->uses = 1;
    return transport_open(h, session, TRANSPORT_IN, &kept->transport);
}

static EVP_CIPHER_CTX *kwp_start(const struct transport *t, int encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return NULL;
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_CipherInit_ex(ctx, EVP_aes_256_wrap_pad(), NULL, secret_data(t->key), NULL,
                          encrypt) == 1)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

int transport_wrap(const struct transport *t, struct slice clear, struct buf *blob)
{
    int len = 0;
    if (clear.len == 0 || clear.len > 65536)
        return CH_EINVAL;
    buf_clear(blob);
    uint8_t *room = buf_reserve(blob, clear.len + WRAP_SLACK);
    EVP_CIPHER_CTX *ctx = kwp_start(t, 1);
    int r = room == NULL || ctx == NULL ? CH_ENOMEM : 0;
    if (r == 0 && EVP_CipherUpdate(ctx, room, &len, clear.data, (int)clear.len) != 1)
        r = CH_EINVAL;
    if (r == 0)
        blob->len = (size_t)len;
    EVP_CIPHER_CTX_free(ctx);
    return r;
}

int transport_unwrap(const struct transport *t, struct slice blob, struct secret **clear)
{
    int len = 0;
    *clear = NULL;
    if (blob.len < 16 || blob.len > 65536)
        return CH_EINTEGRITY;
    struct secret *s = secret_new(blob.len + WRAP_SLACK);
    EVP_CIPHER_CTX *ctx = kwp_start(t, 0);
    int r = s == NULL || ctx == NULL ? CH_ENOMEM : 0;
    if (r == 0 &&
        (EVP_CipherUpdate(ctx, secret_data(s), &len, blob.data, (int)blob.len) != 1 || len <= 0))
        r = CH_EINTEGRITY;
    EVP_CIPHER_CTX_free(ctx);
    if (r != 0) {
        secret_free(s);
        return r;
    }
    secret_trim(s, (size_t)len);
    *clear = s;
    return 0;
}
