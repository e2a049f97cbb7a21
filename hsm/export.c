/*
 * export.c - private keys in clear: in (import) and out (export). Between HSM and
 * process they travel under a one-time key; in the process they live in struct secret, and
 * for the time of a check in OpenSSL's own wiped memory.
 */
#include "hsm/custody.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

#define PKCS8_MAX 8192

/* Exactly one PKCS#8 PrivateKeyInfo; after it, at most `padding` zero octets. */
static int pkcs8_parse(struct slice der, size_t padding, EVP_PKEY **out)
{
    *out = NULL;
    if (der.len == 0 || der.len > PKCS8_MAX)
        return CH_EINVAL;
    const unsigned char *at = der.data;
    const unsigned char *end = der.data + der.len;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (info == NULL)
        return CH_EINVAL;
    EVP_PKEY *key = (size_t)(end - at) <= padding ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    while (at < end && *at == 0)
        at++;
    if (key == NULL || at != end) {
        EVP_PKEY_free(key);
        return CH_EINVAL;
    }
    *out = key;
    return 0;
}

/* PKCS#8 with the named curve and the public key, straight into a secret. */
static int pkcs8_encode(EVP_PKEY *key, struct secret **out)
{
    int r = CH_EINVAL;
    struct secret *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    *out = NULL;
    /* A key that came without its public half would be written without it, too. */
    if (EVP_PKEY_is_a(key, "EC") == 1 &&
        (EVP_PKEY_set_int_param(key, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 1) != 1 ||
         EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                        "uncompressed") != 1))
        return CH_EINVAL;
    info = EVP_PKEY2PKCS8(key);
    int len = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    if (len <= 0 || len > PKCS8_MAX)
        goto out;
    der = secret_new((size_t)len);
    r = der == NULL ? CH_ENOMEM : 0;
    if (der != NULL) {
        unsigned char *end = secret_data(der);
        if (i2d_PKCS8_PRIV_KEY_INFO(info, &end) != len)
            r = CH_EINVAL;
    }
    if (r == 0) {
        *out = der;
        der = NULL;
    }
out:
    secret_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    return r;
}

/* ---- in ---- */

struct import {
    const struct hsm_custody *custody;
    struct slice arn;
    EVP_PKEY *key;
    struct secret *der;
    struct hsm_wrapped *out;
};

static CK_RV carry_in(struct hsm *h, CK_SESSION_HANDLE session, const struct import *import,
                      CK_OBJECT_HANDLE *private_key)
{
    struct transport transport;
    struct buf blob = {0};
    CK_RV rv = transport_open(h, session, &transport);
    if (rv != CKR_OK)
        return rv;
    rv = rv_from_code(transport_wrap(&transport, secret_slice(import->der), &blob));
    if (rv == CKR_OK)
        rv = unwrap_key(h, session, h->wrap, transport.handle, buf_slice(&blob), import->key,
                        true, private_key);
    transport_close(h, session, &transport);
    buf_free(&blob);
    return rv;
}

static CK_RV op_import(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct import *import = context;
    CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
    CK_RV rv = carry_in(h, session, import, &private_key);
    if (rv == CKR_OK)
        rv = sign_prove(h, session, private_key, import->key, import->out->alg);
    if (rv == CKR_OK)
        rv = wrapping_wrap(h, session, import->custody, private_key, import->arn, import->out);
    if (private_key != CK_INVALID_HANDLE)
        (void)h->p11->C_DestroyObject(session, private_key);
    return rv;
}

int hsm_subscriber_import(struct hsm *h, const struct hsm_custody *custody, struct slice pkcs8,
                          struct slice arn, struct hsm_wrapped *out)
{
    PRECOND(h != NULL && out != NULL);
    struct import import = {.custody = custody, .arn = arn, .out = out};
    memset(out, 0, sizeof(*out));
    if (arn.len == 0)
        return CH_EINVAL;
    int r = pkcs8_parse(pkcs8, 0, &import.key);
    if (r == 0 && (public_alg(import.key) == KEY_ALG_NONE || !private_fits(import.key)))
        r = CH_EINVAL;
    if (r == 0)
        r = wrapping_open(h, custody, public_alg(import.key), out);
    if (r == 0 && !h->capabilities.export_key)
        r = CH_EUNSUPPORTED;
    if (r == 0)
        r = pkcs8_encode(import.key, &import.der);
    if (r == 0)
        r = public_encode(import.key, &out->spki);
    if (r == 0)
        r = hsm_run(h, op_import, &import);
    secret_free(import.der);
    EVP_PKEY_free(import.key);
    if (r != 0)
        hsm_wrapped_free(out);
    return r;
}

/* ---- out ---- */

struct export {
    struct wrapped_use use;
    struct secret *clear; /* as it came out of the HSM, perhaps with padding */
};

static CK_RV carry_out(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE private_key,
                       struct secret **clear)
{
    struct transport transport;
    struct buf blob = {0};
    CK_RV rv = transport_open(h, session, &transport);
    if (rv != CKR_OK)
        return rv;
    rv = wrap_key(h, session, h->wrap, transport.handle, private_key, &blob);
    if (rv == CKR_OK)
        rv = rv_from_code(transport_unwrap(&transport, buf_slice(&blob), clear));
    transport_close(h, session, &transport);
    buf_free(&blob);
    return rv;
}

static CK_RV op_export(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct export *e = context;
    CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
    CK_RV rv = wrapped_check(h, session, &e->use);
    if (rv == CKR_OK)
        rv = wrapped_unwrap(h, session, &e->use, true, &private_key);
    if (rv == CKR_OK)
        rv = carry_out(h, session, private_key, &e->clear);
    if (private_key != CK_INVALID_HANDLE)
        (void)h->p11->C_DestroyObject(session, private_key);
    return rv;
}

/* SoftHSM pads the DER with zeros before it wraps; NSS adds nothing. */
#define PADDING_MAX 7

static int export_finish(struct export *e, struct secret **out)
{
    EVP_PKEY *key = NULL;
    int r = pkcs8_parse(secret_slice(e->clear), PADDING_MAX, &key);
    if (r == 0 && EVP_PKEY_eq(key, e->use.public) != 1)
        r = CH_EINTEGRITY;
    /* The public half may be a mere claim of the blob; the private one has to fit it. */
    if (r == 0 && !private_fits(key))
        r = CH_EINTEGRITY;
    if (r == 0)
        r = pkcs8_encode(key, out);
    EVP_PKEY_free(key);
    return r == CH_EINVAL ? CH_EINTEGRITY : r;
}

int hsm_subscriber_export(struct hsm *h, const struct hsm_custody *custody,
                          const struct hsm_wrapped *wrapped, struct slice arn,
                          struct secret **pkcs8)
{
    PRECOND(h != NULL && wrapped != NULL && pkcs8 != NULL);
    struct export e = {.clear = NULL};
    *pkcs8 = NULL;
    int r = wrapped_open(h, custody, wrapped, arn, &e.use);
    if (r == 0 && custody->kek->kind != HSM_SECRET_KEK_EXPORT)
        r = CH_ESTATE;
    if (r == 0 && !h->capabilities.export_key)
        r = CH_EUNSUPPORTED;
    if (r == 0)
        r = hsm_run(h, op_export, &e);
    if (r == 0)
        r = export_finish(&e, pkcs8);
    secret_free(e.clear);
    wrapped_close(&e.use);
    return r;
}
