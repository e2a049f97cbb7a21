/*
 * custody.c - subscriber keys: made or brought into the HSM, wrapped under a KEK and
 * bound to their ARN; used from there. Their way out is in export.c.
 */
#include "hsm/internal.h"
#include "hsm/custody.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRAPPED_VERSION 1
#define BOUND_LABEL "v1"

void hsm_wrapped_free(struct hsm_wrapped *w)
{
    if (w == NULL)
        return;
    buf_free(&w->spki);
    buf_free(&w->blob);
    memset(w, 0, sizeof(*w));
}

/* Octets that the tag covers; each field with its length. */
static int bound_write(const struct hsm *h, const struct hsm_wrapped *w, struct slice arn,
                       struct buf *out)
{
    uint8_t spki_hash[32];
    const struct key_alg_info *info = key_alg_info(w->alg);
    if (info == NULL || memchr(w->format, 0, sizeof(w->format)) == NULL)
        return CH_EINTEGRITY;
    if (EVP_Digest(w->spki.data, w->spki.len, spki_hash, NULL, h->md[HASH_SHA256], NULL) != 1)
        return CH_ENOMEM;
    const struct slice fields[] = {slice_text(BOUND_LABEL),
                                   slice_of(w->kek_id, sizeof(w->kek_id)),
                                   slice_text(w->format),
                                   slice_text(info->name),
                                   arn,
                                   slice_of(spki_hash, sizeof(spki_hash)),
                                   buf_slice(&w->blob)};
    int r = 0;
    for (size_t i = 0; r == 0 && i < COUNT_OF(fields); i++)
        r = mac_put_field(out, fields[i]);
    return r;
}

int wrapped_open(struct hsm *h, const struct hsm_custody *custody, const struct hsm_wrapped *w,
                 struct slice arn, struct wrapped_use *out)
{
    *out = (struct wrapped_use){.custody = custody, .wrapped = w};
    if (!custody_is_good(h, custody) || arn.len == 0)
        return CH_EINVAL;
    if (w->version != WRAPPED_VERSION)
        return CH_EUNSUPPORTED;
    if (memcmp(w->kek_id, custody->kek->name.id, HSM_ID_SIZE) != 0)
        return CH_EINTEGRITY;
    int r = bound_write(h, w, arn, &out->bound);
    if (r == 0 && EVP_Digest(out->bound.data, out->bound.len, out->digest, NULL,
                             h->md[HASH_SHA256], NULL) != 1)
        r = CH_ENOMEM;
    return r;
}

void wrapped_close(struct wrapped_use *use)
{
    buf_free(&use->bound);
    EVP_PKEY_free(use->public);
    use->public = NULL;
}

CK_RV wrapped_check(struct hsm *h, CK_SESSION_HANDLE session, const struct wrapped_use *use)
{
    uint8_t tag[HSM_TAG_SIZE];
    CK_OBJECT_HANDLE mac = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(h, session, use->custody->mac, &mac);
    if (rv == CKR_OK)
        rv = mac_with(h, session, mac, buf_slice(&use->bound), tag);
    if (rv == CKR_OK && !bytes_equal_ct(tag, use->wrapped->tag, sizeof(tag)))
        rv = rv_from_code(CH_EINTEGRITY);
    return rv;
}

/* Not before it is needed: OpenSSL takes longer to read a public key than the token to sign. */
static int wrapped_public(struct wrapped_use *use)
{
    enum key_alg alg = KEY_ALG_NONE;
    int r = 0;
    if (use->public == NULL)
        r = public_parse(buf_slice(&use->wrapped->spki), &use->public, &alg);
    else
        alg = public_alg(use->public);
    return r == 0 && alg == use->wrapped->alg ? 0 : CH_EINTEGRITY;
}

CK_RV wrapped_unwrap(struct hsm *h, CK_SESSION_HANDLE session, struct wrapped_use *use,
                     bool extractable, CK_OBJECT_HANDLE *out)
{
    CK_OBJECT_HANDLE kek = CK_INVALID_HANDLE;
    *out = CK_INVALID_HANDLE;
    int r = wrapped_public(use);
    if (r != 0)
        return rv_from_code(r);
    if (h->wrap == NULL || strcmp(h->wrap->name, use->wrapped->format) != 0)
        return rv_from_code(CH_EUNSUPPORTED);
    CK_RV rv = key_resolve(h, session, use->custody->kek, &kek);
    if (rv == CKR_OK)
        rv = unwrap_key(h, session, h->wrap, kek, buf_slice(&use->wrapped->blob), use->public,
                        extractable, out);
    return rv;
}

bool custody_is_good(const struct hsm *h, const struct hsm_custody *custody)
{
    return custody != NULL && custody->kek != NULL && custody->mac != NULL &&
           custody->kek->hsm == h && custody->mac->hsm == h &&
           custody->kek->class == KEY_CLASS_SECRET && custody->mac->class == KEY_CLASS_SECRET &&
           custody->kek->kind != HSM_SECRET_MAC && custody->mac->kind == HSM_SECRET_MAC;
}

/* ---- wrapping ---- */

int wrapping_open(struct hsm *h, const struct hsm_custody *custody, enum key_alg alg,
                  struct hsm_wrapped *out)
{
    memset(out, 0, sizeof(*out));
    if (!custody_is_good(h, custody))
        return CH_EINVAL;
    if (h->wrap == NULL)
        return CH_EUNSUPPORTED;
    out->version = WRAPPED_VERSION;
    out->alg = alg;
    memcpy(out->kek_id, custody->kek->name.id, HSM_ID_SIZE);
    snprintf(out->format, sizeof(out->format), "%s", h->wrap->name);
    return 0;
}

/* Twice: a tag that came out wrong once would make a key that nobody can ever use. */
static CK_RV wrapping_bind(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE mac,
                           struct slice arn, struct hsm_wrapped *out)
{
    uint8_t again[HSM_TAG_SIZE];
    struct buf bound = {0};
    CK_RV rv = rv_from_code(bound_write(h, out, arn, &bound));
    if (rv == CKR_OK)
        rv = mac_with(h, session, mac, buf_slice(&bound), out->tag);
    if (rv == CKR_OK)
        rv = mac_with(h, session, mac, buf_slice(&bound), again);
    if (rv == CKR_OK && !bytes_equal_ct(again, out->tag, sizeof(again)))
        rv = CKR_FUNCTION_FAILED;
    buf_free(&bound);
    return rv;
}

CK_RV wrapping_wrap(struct hsm *h, CK_SESSION_HANDLE session, const struct hsm_custody *custody,
                    CK_OBJECT_HANDLE private_key, struct slice arn, struct hsm_wrapped *out)
{
    CK_OBJECT_HANDLE kek = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE mac = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(h, session, custody->kek, &kek);
    if (rv == CKR_OK)
        rv = key_resolve(h, session, custody->mac, &mac);
    if (rv == CKR_OK)
        rv = wrap_key(h, session, h->wrap, kek, private_key, &out->blob);
    if (rv == CKR_OK)
        rv = wrapping_bind(h, session, mac, arn, out);
    return rv;
}

struct generate {
    const struct hsm_custody *custody;
    struct slice arn;
    bool wait;
    struct hsm_wrapped *out;
};

static CK_RV generate_pair(struct hsm *h, CK_SESSION_HANDLE session, const struct generate *g,
                           CK_OBJECT_HANDLE *private_key)
{
    struct stock_pair pair = {.private_key = CK_INVALID_HANDLE};
    enum key_alg alg = g->out->alg;
    buf_free(&g->out->spki);
    if (!key_alg_info(alg)->rsa || !stock_take(h, alg, &pair))
        return key_alg_info(alg)->rsa && !g->wait
                   ? rv_from_code(CH_EBUSY)
                   : pair_make_session(h, session, alg, private_key, &g->out->spki);
    *private_key = pair.private_key;
    g->out->spki = pair.spki;
    return CKR_OK;
}

static CK_RV op_generate(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct generate *g = context;
    CK_OBJECT_HANDLE unused = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
    /* First what may fail cheaply: a pair from the stock is worth seconds. */
    CK_RV rv = key_resolve(h, session, g->custody->kek, &unused);
    if (rv == CKR_OK)
        rv = key_resolve(h, session, g->custody->mac, &unused);
    if (rv == CKR_OK)
        rv = generate_pair(h, session, g, &private_key);
    if (rv == CKR_OK)
        rv = wrapping_wrap(h, session, g->custody, private_key, g->arn, g->out);
    if (private_key != CK_INVALID_HANDLE)
        (void)h->p11->C_DestroyObject(session, private_key);
    return rv;
}

int hsm_subscriber_generate(struct hsm *h, const struct hsm_custody *custody, enum key_alg alg,
                            struct slice arn, bool wait, struct hsm_wrapped *out)
{
    PRECOND(h != NULL && out != NULL);
    int r = wrapping_open(h, custody, alg, out);
    if (r == 0 && (key_alg_info(alg) == NULL || arn.len == 0))
        r = CH_EINVAL;
    if (r == 0 && key_alg_info(alg)->import_only)
        r = CH_EUNSUPPORTED;
    struct generate g = {.custody = custody, .arn = arn, .wait = wait, .out = out};
    if (r == 0)
        r = hsm_run(h, op_generate, &g);
    if (r != 0)
        hsm_wrapped_free(out);
    return r;
}

/* ---- wrapping anew ---- */

struct rewrap {
    struct wrapped_use use; /* under the old KEK */
    const struct hsm_custody *to;
    struct slice arn;
    struct hsm_wrapped *out;
};

static void destroy_if(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    if (object != CK_INVALID_HANDLE)
        (void)h->p11->C_DestroyObject(session, object);
}

/* The old blob is about to be overwritten: a new one that does not open would be the loss of the key. */
static CK_RV rewrap_prove(struct hsm *h, CK_SESSION_HANDLE session, const struct rewrap *r)
{
    CK_OBJECT_HANDLE kek = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE again = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(h, session, r->to->kek, &kek);
    if (rv == CKR_OK)
        rv = unwrap_key(h, session, h->wrap, kek, buf_slice(&r->out->blob), r->use.public, true,
                        &again);
    if (rv == CKR_OK)
        rv = sign_prove(h, session, again, r->use.public, r->out->alg);
    destroy_if(h, session, again);
    return rv;
}

static CK_RV op_rewrap(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct rewrap *r = context;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_RV rv = wrapped_check(h, session, &r->use);
    if (rv == CKR_OK)
        rv = wrapped_unwrap(h, session, &r->use, true, &key);
    if (rv == CKR_OK)
        rv = wrapping_wrap(h, session, r->to, key, r->arn, r->out);
    destroy_if(h, session, key);
    return rv == CKR_OK ? rewrap_prove(h, session, r) : rv;
}

int hsm_subscriber_rewrap(struct hsm *h, const struct hsm_custody *from,
                          const struct hsm_custody *to, const struct hsm_wrapped *wrapped,
                          struct slice arn, struct hsm_wrapped *out)
{
    PRECOND(h != NULL && wrapped != NULL && out != NULL);
    struct rewrap r = {.to = to, .arn = arn, .out = out};
    int code = wrapping_open(h, to, wrapped->alg, out);
    if (code == 0)
        code = wrapped_open(h, from, wrapped, arn, &r.use);
    if (code == 0 && from->kek->kind != to->kek->kind)
        code = CH_EINVAL;
    if (code == 0 && from->kek->kind == HSM_SECRET_KEK_NO_EXPORT && h->unwrap_template)
        code = CH_EUNSUPPORTED;
    if (code == 0)
        code = buf_put_slice(&out->spki, buf_slice(&wrapped->spki));
    if (code == 0)
        code = hsm_run(h, op_rewrap, &r);
    wrapped_close(&r.use);
    if (code != 0)
        hsm_wrapped_free(out);
    return code;
}

/* ---- signing ---- */

struct subscriber_sign {
    struct wrapped_use use;
    struct sign_input input;
    uint8_t signature[SIGNATURE_MAX];
    size_t len;
};

/* Unwraps on a keeper, whose objects live on, and puts the key into the LRU. */
static CK_RV unwrap_kept(struct hsm *h, CK_SESSION_HANDLE session, struct subscriber_sign *s,
                         struct lru_entry **entry, CK_OBJECT_HANDLE *spare)
{
    CK_SESSION_HANDLE owner = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE evicted = CK_INVALID_HANDLE;
    unsigned keeper = atomic_fetch_add(&h->keeper_next, 1) % KEEPERS_LRU;
    CK_RV rv = keeper_get(h, keeper, &owner);
    if (rv != CKR_OK)
        return rv;
    rv = wrapped_unwrap(h, owner, &s->use, false, &handle);
    bool healthy = rv_row_find(rv)->class != RV_CLASS_SESSION;
    keeper_put(h, keeper, healthy);
    if (!healthy) /* the keys that it kept are gone with it */
        return CKR_USER_NOT_LOGGED_IN;
    if (rv != CKR_OK)
        return rv;
    lru_add(h->lru, s->use.wrapped->tag, s->use.digest, handle, entry, &evicted);
    if (*entry == NULL)
        *spare = handle;
    else
        destroy_if(h, session, evicted);
    return CKR_OK;
}

static CK_RV sign_with_wrapped(struct hsm *h, CK_SESSION_HANDLE session,
                               struct subscriber_sign *s)
{
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV rv = wrapped_unwrap(h, session, &s->use, false, &handle);
    if (rv == CKR_OK)
        rv = sign_with(h, session, handle, &s->input, s->signature, &s->len);
    destroy_if(h, session, handle);
    return rv;
}

static CK_RV sign_kept(struct hsm *h, CK_SESSION_HANDLE session, struct subscriber_sign *s)
{
    CK_OBJECT_HANDLE spare = CK_INVALID_HANDLE;
    struct lru_entry *entry = lru_get(h->lru, s->use.wrapped->tag, s->use.digest);
    CK_RV rv = CKR_OK;
    if (entry == NULL)
        rv = wrapped_check(h, session, &s->use);
    if (rv == CKR_OK && entry == NULL)
        rv = unwrap_kept(h, session, s, &entry, &spare);
    if (rv == CKR_SESSION_COUNT) /* no session left to keep keys on: do without */
        return sign_with_wrapped(h, session, s);
    if (rv != CKR_OK)
        return rv;
    rv = sign_with(h, session, entry == NULL ? spare : lru_handle(entry), &s->input, s->signature,
                   &s->len);
    if (entry != NULL)
        destroy_if(h, session, lru_put(h->lru, entry));
    destroy_if(h, session, spare);
    return rv;
}

static CK_RV sign_once(struct hsm *h, CK_SESSION_HANDLE session, struct subscriber_sign *s)
{
    CK_RV rv = wrapped_check(h, session, &s->use);
    return rv == CKR_OK ? sign_with_wrapped(h, session, s) : rv;
}

static CK_RV op_subscriber_sign(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct subscriber_sign *s = context;
    return h->lru == NULL ? sign_once(h, session, s) : sign_kept(h, session, s);
}

int hsm_subscriber_sign(struct hsm *h, const struct hsm_custody *custody,
                        const struct hsm_wrapped *wrapped, struct slice arn, enum sig_alg alg,
                        struct slice message, struct buf *sig)
{
    PRECOND(h != NULL && wrapped != NULL && sig != NULL);
    struct subscriber_sign s;
    buf_clear(sig);
    s.len = 0;
    int r = wrapped_open(h, custody, wrapped, arn, &s.use);
    if (r == 0 && !sig_alg_fits_key(alg, wrapped->alg))
        r = CH_EINVAL;
    if (r == 0)
        r = sign_prepare(h, alg, message, &s.input);
    if (r == 0)
        r = hsm_run(h, op_subscriber_sign, &s);
    if (r == 0)
        r = buf_put(sig, s.signature, s.len);
    wrapped_close(&s.use);
    return r;
}

static CK_RV op_destroy(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct hsm_wrapped *wrapped = context;
    destroy_if(h, session, lru_remove(h->lru, wrapped->tag));
    return CKR_OK;
}

void hsm_subscriber_forget(struct hsm *h, const struct hsm_wrapped *wrapped)
{
    PRECOND(h != NULL && wrapped != NULL);
    if (h->lru != NULL)
        (void)hsm_run(h, op_destroy, p11_in(wrapped));
}
