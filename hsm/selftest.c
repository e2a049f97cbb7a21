/*
 * selftest.c - what the token can do, found by doing it once with session objects. What
 * a module says of itself is not believed: SoftHSM lists wrap mechanisms that it refuses.
 */
#include "hsm/internal.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#define KWP_OF_32_OCTETS 40 /* RFC 5649: 8 octets more; PKCS#7 padding would give 48 */
#define ROUNDS 3
#define PROBE_KEEPER 0 /* a long-lived session: the pairs serve several operations */

struct probe {
    enum key_alg alg;
    CK_OBJECT_HANDLE key;
    EVP_PKEY *public;
};

struct wrap_probe {
    const struct probe *pairs[2];
    const struct wrap_driver *driver;
    enum hsm_secret_kind kek;
};

static void destroy_if(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    if (object != CK_INVALID_HANDLE)
        (void)h->p11->C_DestroyObject(session, object);
}

/* ---- pairs and signatures ---- */

static CK_RV op_pair(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct probe *p = context;
    struct buf spki = {0};
    enum key_alg alg = KEY_ALG_NONE;
    p->key = CK_INVALID_HANDLE;
    EVP_PKEY_free(p->public);
    p->public = NULL;
    CK_RV rv = pair_make_session(h, session, p->alg, &p->key, &spki);
    if (rv == CKR_OK)
        rv = rv_from_code(public_parse(buf_slice(&spki), &p->public, &alg));
    if (rv == CKR_OK)
        rv = sign_prove(h, session, p->key, p->public, p->alg);
    buf_free(&spki);
    return rv;
}

static CK_RV op_pss(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct probe *p = context;
    struct sign_input input;
    uint8_t signature[SIGNATURE_MAX];
    size_t len = 0;
    CK_RV rv = rv_from_code(
        sign_prepare(h, SIG_ALG_SHA256WITHRSA_PSS, slice_text("self test"), &input));
    return rv == CKR_OK ? sign_with(h, session, p->key, &input, signature, &len) : rv;
}

static CK_RV op_destroy(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct probe *p = context;
    destroy_if(h, session, p->key);
    p->key = CK_INVALID_HANDLE;
    return CKR_OK;
}

static void probe_close(struct hsm *h, struct probe *p)
{
    (void)hsm_run_keeper(h, PROBE_KEEPER, op_destroy, p);
    EVP_PKEY_free(p->public);
    p->public = NULL;
}

static bool probe_open(struct hsm *h, struct probe *p)
{
    bool good = hsm_run_keeper(h, PROBE_KEEPER, op_pair, p) == 0;
    if (good)
        h->capabilities.key_algs |= 1u << p->alg;
    else
        probe_close(h, p);
    return good;
}

static bool pss_works(struct hsm *h, const struct hsm_name *name, struct slice spki)
{
    struct hsm_key *key = NULL;
    struct buf signature = {0};
    bool good = hsm_pair_find(h, name, spki, &key) == 0 &&
                hsm_sign(h, key, SIG_ALG_SHA256WITHRSA_PSS, slice_text("self test"), &signature) == 0;
    buf_free(&signature);
    return good;
}

/* Asks once for what a lost device leads to. */
static CK_RV op_start_again(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    bool *asked = context;
    (void)h;
    (void)session;
    if (*asked)
        return CKR_OK;
    *asked = true;
    return CKR_DEVICE_REMOVED;
}

/* tpm2-pkcs11 holds on to a key that failed to sign until it is initialized anew. */
static void token_pair_remove(struct hsm *h, const struct hsm_name *name)
{
    bool asked = false;
    if (hsm_pair_destroy(h, name) != 0 && hsm_run(h, op_start_again, &asked) == 0)
        (void)hsm_pair_destroy(h, name);
}

/* A pair as an authority has it, made, signed with and destroyed. */
static bool token_pair_works(struct hsm *h, enum key_alg alg)
{
    struct hsm_name name = {.label = "self test"};
    struct buf spki = {0};
    if (RAND_bytes(name.id, HSM_ID_SIZE) != 1)
        return false;
    if (pair_generate(h, &name, alg, &spki) != 0) {
        token_pair_remove(h, &name);
        return false;
    }
    if (key_alg_info(alg)->rsa)
        h->capabilities.pss = pss_works(h, &name, buf_slice(&spki));
    bool good = hsm_pair_destroy(h, &name) == 0;
    if (good)
        h->capabilities.key_algs |= 1u << alg;
    buf_free(&spki);
    return good;
}

/* Making larger RSA keys takes seconds each, so here alone the module's word has to do. */
static void note_rsa_sizes(struct hsm *h)
{
    CK_MECHANISM_INFO info;
    memset(&info, 0, sizeof(info));
    if (h->p11->C_GetMechanismInfo(h->slot, CKM_RSA_PKCS_KEY_PAIR_GEN, &info) != CKR_OK)
        return;
    for (enum key_alg alg = KEY_ALG_RSA_3072; alg <= KEY_ALG_RSA_4096; alg++)
        if (info.ulMaxKeySize >= key_alg_info(alg)->bits)
            h->capabilities.key_algs |= 1u << alg;
}

static CK_RV op_hmac(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    uint8_t tag[2][HSM_TAG_SIZE];
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    (void)context;
    CK_RV rv = secret_key_make(h, session, NULL, HSM_SECRET_MAC, &key);
    for (size_t i = 0; rv == CKR_OK && i < COUNT_OF(tag); i++)
        rv = mac_with(h, session, key, slice_text("self test"), tag[i]);
    if (rv == CKR_OK && memcmp(tag[0], tag[1], HSM_TAG_SIZE) != 0)
        rv = CKR_FUNCTION_FAILED;
    destroy_if(h, session, key);
    return rv;
}

static CK_RV op_aes(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    (void)context;
    CK_RV rv = secret_key_make(h, session, NULL, HSM_SECRET_KEK_EXPORT, &key);
    destroy_if(h, session, key);
    return rv;
}

/* ---- wrapping ---- */

/* Wrap, unwrap as not extractable, and use what came back. */
static CK_RV round_trip(struct hsm *h, CK_SESSION_HANDLE session, const struct wrap_driver *driver,
                        CK_OBJECT_HANDLE kek, const struct probe *p)
{
    struct buf blob = {0};
    CK_OBJECT_HANDLE back = CK_INVALID_HANDLE;
    CK_RV rv = wrap_key(h, session, driver, kek, p->key, &blob);
    if (rv == CKR_OK)
        rv = unwrap_key(h, session, driver, kek, buf_slice(&blob), p->public, false, &back);
    if (rv == CKR_OK)
        rv = sign_prove(h, session, back, p->public, p->alg);
    destroy_if(h, session, back);
    buf_free(&blob);
    return rv;
}

static CK_RV op_wrap(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct wrap_probe *w = context;
    CK_OBJECT_HANDLE kek = CK_INVALID_HANDLE;
    CK_RV rv = secret_key_make(h, session, NULL, w->kek, &kek);
    for (size_t i = 0; rv == CKR_OK && i < COUNT_OF(w->pairs); i++)
        if (w->pairs[i] != NULL)
            rv = round_trip(h, session, w->driver, kek, w->pairs[i]);
    destroy_if(h, session, kek);
    return rv;
}

/* Out through a transport key and back to the public key: it has to be RFC 5649 for that. */
static CK_RV op_export(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct wrap_probe *w = context;
    struct transport transport;
    struct buf blob = {0};
    struct secret *clear = NULL;
    CK_RV rv = transport_open(h, session, TRANSPORT_OUT, &transport);
    for (size_t i = 0; rv == CKR_OK && i < COUNT_OF(w->pairs); i++) {
        if (w->pairs[i] == NULL)
            continue;
        rv = wrap_key(h, session, w->driver, transport.handle, w->pairs[i]->key, &blob);
        if (rv == CKR_OK)
            rv = rv_from_code(transport_unwrap(&transport, buf_slice(&blob), &clear));
        secret_free(clear);
        clear = NULL;
    }
    transport_close(h, session, &transport);
    buf_free(&blob);
    return rv;
}

/* Under NSS 0x210A is another algorithm; the length of a wrapped AES key tells them apart. */
static CK_RV op_format(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct wrap_probe *w = context;
    struct buf blob = {0};
    CK_OBJECT_HANDLE kek = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_RV rv = secret_key_make(h, session, NULL, HSM_SECRET_KEK_EXPORT, &kek);
    if (rv == CKR_OK)
        rv = transport_key_make(h, session, TRANSPORT_OUT, &key);
    if (rv == CKR_OK)
        rv = wrap_key(h, session, w->driver, kek, key, &blob);
    if (rv == CKR_OK && blob.len != KWP_OF_32_OCTETS)
        rv = CKR_MECHANISM_INVALID;
    destroy_if(h, session, kek);
    destroy_if(h, session, key);
    buf_free(&blob);
    return rv;
}

static void find_driver(struct hsm *h, struct wrap_probe *w)
{
    size_t count = 0;
    const struct wrap_driver *drivers = wrap_drivers(&count);
    for (size_t i = 0; i < count && h->wrap == NULL; i++) {
        w->driver = &drivers[i];
        if (hsm_run(h, op_format, w) == 0 && hsm_run(h, op_wrap, w) == 0)
            h->wrap = w->driver;
    }
}

static void test_wrapping(struct hsm *h, const struct probe *ec, const struct probe *rsa)
{
    struct hsm_capabilities *c = &h->capabilities;
    struct wrap_probe w = {.pairs = {ec->key != CK_INVALID_HANDLE ? ec : NULL,
                                     rsa->key != CK_INVALID_HANDLE ? rsa : NULL},
                           .kek = HSM_SECRET_KEK_EXPORT};
    h->wrap = NULL;
    h->unwrap_template = false;
    h->oaep_hash = 0;
    if (c->aes && c->hmac && (w.pairs[0] != NULL || w.pairs[1] != NULL))
        find_driver(h, &w);
    if (h->wrap == NULL)
        return;
    c->wrap_private = true;
    w.driver = h->wrap;
    c->export_key = hsm_run(h, op_export, &w) == 0;
    /* A KEK may say what becomes of the keys that it unwraps; few modules have that. */
    w.kek = HSM_SECRET_KEK_NO_EXPORT;
    h->unwrap_template = true;
    h->unwrap_template = hsm_run(h, op_wrap, &w) == 0;
}

/* For tokens that make no pair which could leave them, TPMs for one. */
static void test_token_pairs(struct hsm *h)
{
    struct hsm_capabilities *c = &h->capabilities;
    c->rsa = token_pair_works(h, KEY_ALG_RSA_2048);
    if (!c->rsa) {
        h->rsa_decrypts = true;
        c->rsa = token_pair_works(h, KEY_ALG_RSA_2048);
        h->rsa_decrypts = c->rsa;
    }
    c->ec = token_pair_works(h, KEY_ALG_P256);
    if (c->ec)
        (void)token_pair_works(h, KEY_ALG_P384);
    c->p521 = c->ec && token_pair_works(h, KEY_ALG_P521);
}

static void test_signing(struct hsm *h, struct probe *ec, struct probe *rsa)
{
    struct hsm_capabilities *c = &h->capabilities;
    struct probe p384 = {.alg = KEY_ALG_P384};
    struct probe p521 = {.alg = KEY_ALG_P521};
    uint8_t octets[16];
    c->random = hsm_random(h, octets, sizeof(octets)) == 0;
    c->rsa = probe_open(h, rsa);
    c->pss = c->rsa && hsm_run(h, op_pss, rsa) == 0;
    c->ec = probe_open(h, ec);
    if (c->ec) {
        (void)probe_open(h, &p384);
        c->p521 = probe_open(h, &p521);
        probe_close(h, &p384);
        probe_close(h, &p521);
    }
    if (!c->rsa && !c->ec)
        test_token_pairs(h);
    if (c->rsa)
        note_rsa_sizes(h);
    c->hmac = hsm_run(h, op_hmac, NULL) == 0;
    c->aes = hsm_run(h, op_aes, NULL) == 0;
}

static int test_all(struct hsm *h)
{
    struct hsm_capabilities *c = &h->capabilities;
    struct probe ec = {.alg = KEY_ALG_P256, .key = CK_INVALID_HANDLE};
    struct probe rsa = {.alg = KEY_ALG_RSA_2048, .key = CK_INVALID_HANDLE};
    memset(c, 0, sizeof(*c));
    int r = transport_begin(h); /* while the token makes its own RSA key: both take 200 ms */
    if (r != 0)
        return r;
    test_signing(h, &ec, &rsa);
    EVP_PKEY *transport_key = transport_wait(h);
    test_wrapping(h, &ec, &rsa);
    probe_close(h, &ec);
    probe_close(h, &rsa);
    return transport_key == NULL ? CH_ENOMEM : hsm_ping(h);
}

/* What is remembered is done once more, but for what needs RSA; a token without pairs of its own
 * that work (a TPM) is tested at length each time. */
static bool test_remembered(struct hsm *h)
{
    const struct hsm_capabilities *c = &h->capabilities;
    struct probe ec = {.alg = KEY_ALG_P256, .key = CK_INVALID_HANDLE};
    struct wrap_probe w = {.pairs = {&ec}, .driver = h->wrap, .kek = HSM_SECRET_KEK_EXPORT};
    uint8_t octets[16];
    if (!c->ec || h->wrap == NULL || transport_begin(h) != 0)
        return false;
    bool good = probe_open(h, &ec) && hsm_run(h, op_wrap, &w) == 0;
    w.kek = HSM_SECRET_KEK_NO_EXPORT;
    good = good && (!h->unwrap_template || hsm_run(h, op_wrap, &w) == 0) &&
           (!c->hmac || hsm_run(h, op_hmac, NULL) == 0) &&
           (!c->random || hsm_random(h, octets, sizeof(octets)) == 0);
    probe_close(h, &ec);
    return good && hsm_ping(h) == 0;
}

static void capabilities_name(struct hsm *h)
{
    struct hsm_capabilities *c = &h->capabilities;
    snprintf(c->wrap_format, sizeof(c->wrap_format), "%s", h->wrap ? h->wrap->name : "none");
    c->custody = h->wrap != NULL ? "hsm" : "ca-keys-only";
}

static int test_at_length(struct hsm *h)
{
    int r = CH_EHSM;
    h->rsa_decrypts = false;
    /* After a recovery in its midst the result says nothing: once more. */
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t epoch = h->epoch;
        r = test_all(h);
        if (r != 0 || epoch == h->epoch)
            return r;
    }
    return r;
}

int selftest_run(struct hsm *h)
{
    int r = 0;
    bool known = findings_recall(h) && test_remembered(h);
    if (!known)
        r = test_at_length(h);
    capabilities_name(h);
    if (r == 0 && !known)
        findings_note(h);
    return r;
}
