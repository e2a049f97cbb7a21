#include "hsm/internal.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <string.h>

#define NONCE_SIZE 32
#define MAC_MESSAGE_MAX ((size_t)1024 * 1024)

struct hash_row {
    CK_MECHANISM_TYPE mechanism;
    CK_RSA_PKCS_MGF_TYPE mgf;
    size_t prefix_len;
    uint8_t prefix[19]; /* DER DigestInfo up to the digest, RFC 8017 section 9.2 */
};

#define DIGEST_INFO(total, oid, size)                                                              \
    19, {0x30, total, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,      \
         oid, 0x05, 0x00, 0x04, size}

static const struct hash_row hashes[] = {
    [HASH_SHA256] = {CKM_SHA256, CKG_MGF1_SHA256, DIGEST_INFO(0x31, 0x01, 0x20)},
    [HASH_SHA384] = {CKM_SHA384, CKG_MGF1_SHA384, DIGEST_INFO(0x41, 0x02, 0x30)},
    [HASH_SHA512] = {CKM_SHA512, CKG_MGF1_SHA512, DIGEST_INFO(0x51, 0x03, 0x40)},
};

static const CK_MECHANISM_TYPE mechanisms[] = {
    [SIG_SCHEME_RSA_PKCS1] = CKM_RSA_PKCS,
    [SIG_SCHEME_RSA_PSS] = CKM_RSA_PKCS_PSS,
    [SIG_SCHEME_ECDSA] = CKM_ECDSA,
};

int sign_prepare(struct hsm *h, enum sig_alg alg, struct slice message, struct sign_input *out)
{
    memset(out, 0, sizeof(*out));
    out->alg = sig_alg_info(alg);
    if (out->alg == NULL)
        return CH_EINVAL;
    const struct hash_row *hash = &hashes[out->alg->hash];
    if (out->alg->scheme == SIG_SCHEME_RSA_PKCS1) {
        memcpy(out->data, hash->prefix, hash->prefix_len);
        out->len = hash->prefix_len;
    }
    unsigned digest_len = 0;
    if (EVP_Digest(message.data, message.len, out->data + out->len, &digest_len,
                   h->md[out->alg->hash], NULL) != 1)
        return CH_EINVAL;
    out->len += digest_len;
    return 0;
}

/* r and s of equal length, one behind the other, become an Ecdsa-Sig-Value. */
static CK_RV ecdsa_to_der(const uint8_t *raw, size_t raw_len, uint8_t out[SIGNATURE_MAX],
                          size_t *len)
{
    CK_RV rv = CKR_HOST_MEMORY;
    unsigned char *end = out;
    int half = (int)(raw_len / 2);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, half, NULL);
    BIGNUM *s = BN_bin2bn(raw + half, half, NULL);
    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        goto out;
    }
    int der_len = i2d_ECDSA_SIG(sig, NULL);
    if (der_len <= 0 || der_len > SIGNATURE_MAX || i2d_ECDSA_SIG(sig, &end) != der_len)
        goto out;
    *len = (size_t)der_len;
    rv = CKR_OK;
out:
    ECDSA_SIG_free(sig);
    return rv;
}

/* The processor does not sign faster for more threads; they wait here, not in the module. */
static CK_RV sign_raw(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                      CK_MECHANISM *mechanism, struct slice data, uint8_t *out, CK_ULONG *len)
{
    while (sem_wait(&h->signers) != 0)
        PRECOND(errno == EINTR);
    CK_RV rv = h->p11->C_SignInit(session, mechanism, key);
    if (rv == CKR_OK)
        rv = h->p11->C_Sign(session, p11_in(data.data), (CK_ULONG)data.len, out, len);
    sem_post(&h->signers);
    return rv;
}

CK_RV sign_with(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                const struct sign_input *input, uint8_t out[SIGNATURE_MAX], size_t *len)
{
    const struct hash_row *hash = &hashes[input->alg->hash];
    CK_RSA_PKCS_PSS_PARAMS pss = {hash->mechanism, hash->mgf, hash_alg_size(input->alg->hash)};
    CK_MECHANISM mechanism = {mechanisms[input->alg->scheme], NULL, 0};
    if (input->alg->scheme == SIG_SCHEME_RSA_PSS) {
        mechanism.pParameter = &pss;
        mechanism.ulParameterLen = sizeof(pss);
    }
    uint8_t raw[SIGNATURE_MAX];
    CK_ULONG raw_len = sizeof(raw);
    *len = 0;
    CK_RV rv = sign_raw(h, session, key, &mechanism, slice_of(input->data, input->len), raw,
                        &raw_len);
    if (rv != CKR_OK)
        return rv;
    if (input->alg->scheme == SIG_SCHEME_ECDSA)
        return ecdsa_to_der(raw, raw_len, out, len);
    memcpy(out, raw, raw_len);
    *len = raw_len;
    return CKR_OK;
}

static bool verifies(EVP_PKEY *public, const EVP_MD *md, struct slice message,
                     const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, md, NULL, public) == 1 &&
                EVP_DigestVerify(ctx, signature, len, message.data, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

CK_RV sign_prove(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, EVP_PKEY *public,
                 enum key_alg alg)
{
    uint8_t nonce[NONCE_SIZE];
    uint8_t signature[SIGNATURE_MAX];
    size_t len = 0;
    struct sign_input input;
    if (RAND_bytes(nonce, sizeof(nonce)) != 1)
        return rv_from_code(CH_ESYS);
    struct slice message = slice_of(nonce, sizeof(nonce));
    CK_RV rv = rv_from_code(sign_prepare(h, sig_alg_default(alg), message, &input));
    if (rv == CKR_OK)
        rv = sign_with(h, session, key, &input, signature, &len);
    if (rv == CKR_OK && !verifies(public, h->md[input.alg->hash], message, signature, len))
        rv = rv_from_code(CH_EINTEGRITY);
    return rv;
}

struct sign {
    struct hsm_key *key;
    struct sign_input input;
    uint8_t signature[SIGNATURE_MAX];
    size_t len;
};

static CK_RV op_sign(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct sign *s = context;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(h, session, s->key, &handle);
    return rv == CKR_OK ? sign_with(h, session, handle, &s->input, s->signature, &s->len) : rv;
}

int hsm_sign(struct hsm *h, struct hsm_key *key, enum sig_alg alg, struct slice message,
             struct buf *sig)
{
    PRECOND(h != NULL && key != NULL && key->hsm == h && sig != NULL);
    struct sign s;
    buf_clear(sig);
    if (key->class != KEY_CLASS_PAIR || !sig_alg_fits_key(alg, key->alg))
        return CH_EINVAL;
    s.key = key;
    s.len = 0;
    int r = sign_prepare(h, alg, message, &s.input);
    if (r == 0)
        r = hsm_run(h, op_sign, &s);
    return r == 0 ? buf_put(sig, s.signature, s.len) : r;
}

int mac_put_field(struct buf *b, struct slice field)
{
    if (field.len > UINT32_MAX)
        return CH_ELIMIT;
    uint8_t len[4] = {(uint8_t)(field.len >> 24), (uint8_t)(field.len >> 16),
                      (uint8_t)(field.len >> 8), (uint8_t)field.len};
    int r = buf_put(b, len, sizeof(len));
    return r == 0 ? buf_put_slice(b, field) : r;
}

CK_RV mac_with(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
               struct slice message, uint8_t tag[HSM_TAG_SIZE])
{
    CK_MECHANISM mechanism = {CKM_SHA256_HMAC, NULL, 0};
    CK_ULONG len = HSM_TAG_SIZE;
    CK_RV rv = h->p11->C_SignInit(session, &mechanism, key);
    if (rv == CKR_OK)
        rv = h->p11->C_Sign(session, p11_in(message.data), (CK_ULONG)message.len, tag, &len);
    if (rv == CKR_OK && len != HSM_TAG_SIZE)
        rv = CKR_SIGNATURE_LEN_RANGE;
    return rv;
}

struct mac {
    struct hsm_key *key;
    struct slice message;
    uint8_t *tag;
};

static CK_RV op_mac(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct mac *m = context;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(h, session, m->key, &handle);
    return rv == CKR_OK ? mac_with(h, session, handle, m->message, m->tag) : rv;
}

int mac_run(struct hsm *h, struct hsm_key *key, const char *purpose, struct slice message,
            uint8_t tag[HSM_TAG_SIZE])
{
    struct buf bytes = {0};
    memset(tag, 0, HSM_TAG_SIZE);
    if (key->class != KEY_CLASS_SECRET || key->kind != HSM_SECRET_MAC)
        return CH_EINVAL;
    if (message.len > MAC_MESSAGE_MAX)
        return CH_ELIMIT;
    int r = mac_put_field(&bytes, slice_text(purpose));
    if (r == 0)
        r = mac_put_field(&bytes, message);
    struct mac m = {key, buf_slice(&bytes), tag};
    if (r == 0)
        r = hsm_run(h, op_mac, &m);
    if (r != 0)
        memset(tag, 0, HSM_TAG_SIZE);
    buf_free(&bytes);
    return r;
}

int hsm_mac(struct hsm *h, struct hsm_key *key, struct slice message, uint8_t tag[HSM_TAG_SIZE])
{
    PRECOND(h != NULL && key != NULL && key->hsm == h && tag != NULL);
    return mac_run(h, key, "chancery mac v1", message, tag);
}
