/*
 * export.c - private keys in clear: in (import) and out (export). Between HSM and
 * process they travel under a key that the HSM made for it: outwards a new one each time,
 * inwards one a session, which can do nothing else. In the process they live in struct
 * secret, and for the time of a check in OpenSSL's own wiped memory.
 */
#include "hsm/custody.h"

#include <string.h>

/* ---- in ---- */

struct import {
    const struct hsm_custody *custody;
    struct slice arn;
    struct secret *rewritten; /* when it came in another form than ours */
    struct slice der;
    struct private_parts parts; /* of der */
    EVP_PKEY *public;
    struct hsm_wrapped *out;
};

static int import_rewrite(struct import *import, struct slice pkcs8)
{
    EVP_PKEY *key = NULL;
    int r = pkcs8_parse(pkcs8, 0, &key);
    if (r == 0)
        r = pkcs8_encode(key, &import->rewritten);
    EVP_PKEY_free(key);
    return r;
}

/* Everything about the key that needs no token. That it fits its public half the token shows later. */
static int import_read(struct import *import, struct slice pkcs8)
{
    import->der = pkcs8;
    if (!private_split(pkcs8, &import->parts)) {
        int r = import_rewrite(import, pkcs8);
        if (r != 0)
            return r;
        import->der = secret_slice(import->rewritten);
        if (!private_split(import->der, &import->parts))
            return CH_EINVAL;
    }
    import->public = private_whole(&import->parts) ? public_of_private(&import->parts) : NULL;
    return import->public == NULL ? CH_EINVAL : 0;
}

static CK_RV carry_in(struct hsm *h, CK_SESSION_HANDLE session, const struct import *import,
                      CK_OBJECT_HANDLE *private_key)
{
    struct transport *transport = NULL;
    struct buf blob = {0};
    CK_RV rv = transport_keep(h, session, &transport);
    if (rv != CKR_OK)
        return rv;
    rv = rv_from_code(transport_wrap(transport, import->der, &blob));
    if (rv == CKR_OK)
        rv = unwrap_key(h, session, h->wrap, transport->handle, buf_slice(&blob), import->public,
                        true, private_key);
    if (rv != CKR_OK) /* perhaps it is the transport key: the next attempt makes its own */
        transport_close(h, session, transport);
    buf_free(&blob);
    return rv;
}

/*
 * A signature shows at once that the token has the key and that it fits its public half; who is at
 * fault is asked after a failure only.
 */
static CK_RV import_prove(struct hsm *h, CK_SESSION_HANDLE session, const struct import *import,
                          CK_OBJECT_HANDLE private_key)
{
    CK_RV rv = sign_prove(h, session, private_key, import->public, import->out->alg);
    if (rv == rv_from_code(CH_EINTEGRITY) && !private_fits(&import->parts))
        rv = rv_from_code(CH_EINVAL);
    return rv;
}

static CK_RV op_import(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct import *import = context;
    CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
    CK_RV rv = carry_in(h, session, import, &private_key);
    if (rv == CKR_OK)
        rv = import_prove(h, session, import, private_key);
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
    int r = import_read(&import, pkcs8);
    if (r == 0)
        r = wrapping_open(h, custody, import.parts.alg, out);
    if (r == 0 && !h->capabilities.export_key)
        r = CH_EUNSUPPORTED;
    if (r == 0)
        r = private_spki(&import.parts, &out->spki);
    if (r == 0)
        r = hsm_run(h, op_import, &import);
    secret_free(import.rewritten);
    EVP_PKEY_free(import.public);
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
    CK_RV rv = transport_open(h, session, TRANSPORT_OUT, &transport);
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
    struct secret *der = NULL;
    struct private_parts parts;
    int r = pkcs8_parse(secret_slice(e->clear), PADDING_MAX, &key);
    if (r == 0 && EVP_PKEY_eq(key, e->use.public) != 1)
        r = CH_EINTEGRITY;
    if (r == 0)
        r = pkcs8_encode(key, &der);
    /* The public half may be a mere claim of the blob; the private one has to fit it. */
    if (r == 0 && (!private_split(secret_slice(der), &parts) || !private_fits(&parts)))
        r = CH_EINTEGRITY;
    EVP_PKEY_free(key);
    if (r == 0)
        *out = der;
    else
        secret_free(der);
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
