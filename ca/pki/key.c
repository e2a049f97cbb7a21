#include "ca/pki/key.h"

#include "ca/pki/ecdsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_USABLE 1024 /* for verifying what others issued */
#define POINT_UNCOMPRESSED 0x04

/*
 * Rounds of PBKDF2 for exported keys. The passphrase is the customer's own and the blob leaves
 * with him, so the count can only slow down guessing: five times the customary 2048, a few
 * milliseconds, and read by every client.
 */
#define EXPORT_ROUNDS 10000
#define EXPORT_SALT 16

#define VERIFIER_PAYS 256 /* checks after which the table of a fixed key is worth its making */

/* One of the two. */
struct pki_public {
    EVP_PKEY *rsa;
    EC_KEY *ec;
};

struct pki_verifier {
    struct pki_public *key;
    _Atomic unsigned checks;
    struct pki_fixed_key *_Atomic fixed; /* NULL until it pays, and for keys that have no table */
};

struct curve_row {
    int nid;
    enum key_alg alg;
};

static const struct curve_row curve_rows[] = {
    {NID_X9_62_prime256v1, KEY_ALG_P256},
    {NID_secp384r1, KEY_ALG_P384},
    {NID_secp521r1, KEY_ALG_P521},
};

static const char *const fault_texts[] = {
    [PKI_KEY_FINE] = "",
    [PKI_KEY_MALFORMED] = "RFC 5280 4.1.2.7: the public key is not a DER SubjectPublicKeyInfo",
    [PKI_KEY_UNKNOWN] = "RFC 3279 2.3: the public key is neither RSA nor elliptic curve",
    [PKI_KEY_PARAMETERS] =
        "RFC 3279 2.3.1, RFC 5480 2.1.1: key parameters must be NULL for RSA and "
        "the name of a curve for elliptic curve keys",
    [PKI_KEY_CURVE] = "RFC 5480 2.1.1.1: the curve must be P-256, P-384 or P-521",
    [PKI_KEY_POINT] = "RFC 5480 2.2: the public key must be an uncompressed point of its curve",
    [PKI_KEY_WEAK] = "NIST SP 800-131A 3: an RSA key must have at least 2048 bits",
    [PKI_KEY_LARGE] = "RSA keys of more than 8192 bits are not accepted",
    [PKI_KEY_EXPONENT] =
        "RFC 8017 3.1: the RSA public exponent must be odd, at least 3 and at most "
        "64 bits long",
    [PKI_KEY_MODULUS] = "RFC 8017 3.1: the RSA modulus must be a positive odd number",
};

const char *pki_key_fault_text(enum pki_key_fault fault)
{
    return fault_texts[fault];
}

/* ---- judging ---- */

static bool is_odd(const ASN1_INTEGER *number)
{
    struct slice octets = pki_der_string(number);
    return octets.len > 0 && (octets.data[octets.len - 1] & 1) != 0 &&
           ASN1_STRING_type(number) == V_ASN1_INTEGER;
}

/* Length in bits of the magnitude. */
static unsigned bit_length(const ASN1_INTEGER *number)
{
    struct slice octets = pki_der_string(number);
    if (octets.len == 0)
        return 0;
    return (unsigned)(octets.len - 1) * 8 + (unsigned)BN_num_bits_word(octets.data[0]);
}

static enum key_alg rsa_alg(unsigned bits)
{
    for (int alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++) {
        const struct key_alg_info *info = key_alg_info((enum key_alg)alg);
        if (info->rsa && info->bits == bits)
            return info->alg;
    }
    return KEY_ALG_NONE;
}

static enum pki_key_fault judge_rsa_numbers(const PKI_RSA_KEY *key, struct pki_key_facts *facts)
{
    facts->bits = bit_length(key->modulus);
    facts->alg = rsa_alg(facts->bits);
    if (!is_odd(key->modulus))
        return PKI_KEY_MODULUS;
    unsigned exponent = bit_length(key->exponent);
    if (!is_odd(key->exponent) || exponent < 2 || exponent > 64)
        return PKI_KEY_EXPONENT;
    return facts->bits < RSA_BITS_MIN   ? PKI_KEY_WEAK
           : facts->bits > PKI_RSA_BITS_MAX ? PKI_KEY_LARGE
                                        : PKI_KEY_FINE;
}

static enum pki_key_fault judge_rsa(const X509_ALGOR *algorithm, struct slice bits,
                                    struct pki_key_facts *facts)
{
    facts->rsa = true;
    if (algorithm->parameter == NULL || algorithm->parameter->type != V_ASN1_NULL)
        return PKI_KEY_PARAMETERS;
    PKI_RSA_KEY *key = pki_der_decode(bits, ASN1_ITEM_rptr(PKI_RSA_KEY));
    if (key == NULL)
        return PKI_KEY_MALFORMED;
    enum pki_key_fault fault = judge_rsa_numbers(key, facts);
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_RSA_KEY));
    return fault;
}

static enum pki_key_fault judge_ec(const X509_ALGOR *algorithm, struct slice bits,
                                   struct pki_key_facts *facts)
{
    if (algorithm->parameter == NULL || algorithm->parameter->type != V_ASN1_OBJECT)
        return PKI_KEY_PARAMETERS;
    int nid = OBJ_obj2nid(algorithm->parameter->value.object);
    for (size_t i = 0; i < sizeof curve_rows / sizeof curve_rows[0]; i++)
        if (curve_rows[i].nid == nid)
            facts->alg = curve_rows[i].alg;
    if (facts->alg == KEY_ALG_NONE)
        return PKI_KEY_CURVE;
    facts->bits = key_alg_info(facts->alg)->bits;
    bool whole = bits.len == 1 + 2 * (size_t)((facts->bits + 7) / 8);
    return whole && bits.data[0] == POINT_UNCOMPRESSED ? PKI_KEY_FINE : PKI_KEY_POINT;
}

enum pki_key_fault pki_key_judge_parsed(const PKI_SPKI *spki, struct pki_key_facts *facts)
{
    struct slice bits;
    *facts = (struct pki_key_facts){.alg = KEY_ALG_NONE};
    if (spki == NULL || pki_der_get_bits(spki->key, &bits) != 0)
        return PKI_KEY_MALFORMED;
    switch (OBJ_obj2nid(spki->algorithm->algorithm)) {
    case NID_rsaEncryption:
        return judge_rsa(spki->algorithm, bits, facts);
    case NID_X9_62_id_ecPublicKey:
        return judge_ec(spki->algorithm, bits, facts);
    default:
        return PKI_KEY_UNKNOWN;
    }
}

enum pki_key_fault pki_key_judge(struct slice spki, struct pki_key_facts *facts)
{
    PKI_SPKI *parsed = pki_der_decode(spki, ASN1_ITEM_rptr(PKI_SPKI));
    enum pki_key_fault fault = pki_key_judge_parsed(parsed, facts);
    ASN1_item_free((ASN1_VALUE *)parsed, ASN1_ITEM_rptr(PKI_SPKI));
    return fault;
}

enum key_alg pki_key_alg(struct slice spki)
{
    struct pki_key_facts facts;
    return pki_key_judge(spki, &facts) == PKI_KEY_FINE ? facts.alg : KEY_ALG_NONE;
}

/* Fetched once, as pki_hash_md: SHA1() looks it up at every use, which costs more than the hash. */
static EVP_MD *sha1;
static CRYPTO_ONCE sha1_once = CRYPTO_ONCE_STATIC_INIT;

static void sha1_fetch(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static int sha1_make(struct slice octets, uint8_t id[20])
{
    bool made = CRYPTO_THREAD_run_once(&sha1_once, sha1_fetch) == 1 && sha1 != NULL &&
                EVP_Digest(octets.data, octets.len, id, NULL, sha1, NULL) == 1;
    return made ? 0 : CH_ENOMEM;
}

int pki_key_id(struct slice spki, uint8_t id[20])
{
    struct slice bits;
    PKI_SPKI *parsed = pki_der_decode(spki, ASN1_ITEM_rptr(PKI_SPKI));
    int rc = parsed == NULL ? CH_EINVAL : pki_der_get_bits(parsed->key, &bits);
    if (rc == 0)
        rc = sha1_make(bits, id);
    ASN1_item_free((ASN1_VALUE *)parsed, ASN1_ITEM_rptr(PKI_SPKI));
    return rc;
}

/* ---- opening ---- */

static int rsa_from_params(OSSL_PARAM *params, EVP_PKEY **out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    int made = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
               EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return made ? 0 : CH_EINVAL;
}

static int open_rsa_numbers(const PKI_RSA_KEY *key, EVP_PKEY **out)
{
    int rc = CH_ENOMEM;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = ASN1_INTEGER_to_BN(key->modulus, NULL);
    BIGNUM *e = ASN1_INTEGER_to_BN(key->exponent, NULL);

    if (builder == NULL || n == NULL || e == NULL ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        goto out;
    params = OSSL_PARAM_BLD_to_param(builder);
    if (params != NULL)
        rc = rsa_from_params(params, out);
out:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return rc;
}

static int open_rsa(const ASN1_BIT_STRING *bits, EVP_PKEY **out)
{
    PKI_RSA_KEY *key = pki_der_decode(pki_der_string(bits), ASN1_ITEM_rptr(PKI_RSA_KEY));
    int rc = key == NULL ? CH_EINVAL : open_rsa_numbers(key, out);
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_RSA_KEY));
    return rc;
}

static int open_parsed(const PKI_SPKI *parsed, const struct pki_key_facts *facts,
                       struct pki_public **out)
{
    struct pki_public *key = calloc(1, sizeof *key);
    if (key == NULL)
        return CH_ENOMEM;
    int rc = facts->rsa ? open_rsa(parsed->key, &key->rsa)
                        : pki_ec_key_new(facts->alg, pki_der_string(parsed->key), &key->ec);
    if (rc == 0)
        *out = key;
    else
        pki_public_free(key);
    return rc;
}

static int open_key(struct slice spki, unsigned rsa_bits_min, struct pki_public **out,
                    struct pki_reason *why)
{
    int rc = 0;
    struct pki_key_facts facts;
    PKI_SPKI *parsed = pki_der_decode(spki, ASN1_ITEM_rptr(PKI_SPKI));

    *out = NULL;
    enum pki_key_fault fault = pki_key_judge_parsed(parsed, &facts);
    if (fault == PKI_KEY_WEAK && facts.bits >= rsa_bits_min)
        fault = PKI_KEY_FINE;
    if (fault != PKI_KEY_FINE) {
        pki_refuse(why, CH_EINVAL, "%s", pki_key_fault_text(fault));
        rc = CH_EINVAL;
        goto out;
    }
    rc = open_parsed(parsed, &facts, out);
    if (rc == CH_EINVAL)
        pki_refuse(why, rc, "%s",
                   facts.rsa ? "the RSA public key cannot be used" : fault_texts[PKI_KEY_POINT]);
out:
    ASN1_item_free((ASN1_VALUE *)parsed, ASN1_ITEM_rptr(PKI_SPKI));
    return rc;
}

int pki_key_open(struct slice spki, struct pki_public **out, struct pki_reason *why)
{
    return open_key(spki, RSA_BITS_USABLE, out, why);
}

int pki_key_open_strong(struct slice spki, struct pki_public **out, struct pki_reason *why)
{
    return open_key(spki, RSA_BITS_MIN, out, why);
}

void pki_public_free(struct pki_public *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->rsa);
    pki_ec_key_free(key->ec);
    free(key);
}

/* ---- verifying ---- */

static int set_pss(EVP_PKEY_CTX *ctx, const struct pki_sig_alg *alg)
{
    if (sig_alg_info(alg->alg)->scheme != SIG_SCHEME_RSA_PSS)
        return 0;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, alg->salt) == 1
               ? 0
               : CH_EINVAL;
}

static int verify_rsa(EVP_PKEY *key, const struct pki_sig_alg *alg, enum hash_alg hash,
                      struct slice message, struct slice signature)
{
    int rc = CH_ENOMEM;
    EVP_PKEY_CTX *pctx = NULL; /* owned by ctx */
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx == NULL || EVP_DigestVerifyInit(ctx, &pctx, pki_hash_md(hash), NULL, key) != 1)
        goto out;
    rc = set_pss(pctx, alg);
    if (rc == 0 &&
        EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len) != 1)
        rc = CH_EINTEGRITY;
out:
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return rc;
}

/* With the table when there is one. */
static int verify_ec(EC_KEY *key, const struct pki_fixed_key *fixed,
                     enum hash_alg hash, struct slice message, struct slice signature)
{
    uint8_t octets[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(message.data, message.len, octets, &len, pki_hash_md(hash), NULL) != 1)
        return CH_ENOMEM;
    struct slice digest = slice_of(octets, len);
    return fixed != NULL ? pki_fixed_key_check(fixed, digest, signature)
                         : pki_ec_key_check(key, digest, signature);
}

static int verify(const struct pki_public *key, const struct pki_fixed_key *fixed,
                  const struct pki_sig_alg *alg, struct slice message, struct slice signature)
{
    const struct sig_alg_info *info = sig_alg_info(alg->alg);
    if (info == NULL || (info->scheme == SIG_SCHEME_ECDSA) != (key->ec != NULL))
        return CH_EINVAL;
    return key->ec != NULL ? verify_ec(key->ec, fixed, info->hash, message, signature)
                           : verify_rsa(key->rsa, alg, info->hash, message, signature);
}

int pki_key_verify(const struct pki_public *key, const struct pki_sig_alg *alg,
                   struct slice message, struct slice signature)
{
    return verify(key, NULL, alg, message, signature);
}

int pki_verifier_new(struct slice spki, struct pki_verifier **out)
{
    struct pki_public *key = NULL;
    *out = NULL;
    int rc = pki_key_open(spki, &key, NULL);
    if (rc != 0)
        return rc;
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        pki_public_free(key);
        return CH_ENOMEM;
    }
    (*out)->key = key;
    return 0;
}

/* The one whose check is the last of VERIFIER_PAYS makes the table; all others go on meanwhile. */
static struct pki_fixed_key *fixed_key(struct pki_verifier *v)
{
    struct pki_fixed_key *made = NULL;
    if (v->key->ec != NULL && atomic_fetch_add(&v->checks, 1) == VERIFIER_PAYS - 1 &&
        pki_fixed_key_new(v->key->ec, &made) == 0)
        atomic_store(&v->fixed, made);
    return atomic_load(&v->fixed);
}

int pki_verifier_check(struct pki_verifier *v, enum sig_alg alg, struct slice message,
                       struct slice signature)
{
    const struct sig_alg_info *info = sig_alg_info(alg);
    if (info == NULL)
        return CH_EINVAL;
    struct pki_sig_alg with = {.alg = alg, .salt = (int)hash_alg_size(info->hash)};
    return verify(v->key, fixed_key(v), &with, message, signature);
}

void pki_verifier_free(struct pki_verifier *v)
{
    if (v == NULL)
        return;
    pki_fixed_key_free(v->fixed);
    pki_public_free(v->key);
    free(v);
}

int pki_verify(struct slice spki, enum sig_alg alg, struct slice message, struct slice signature)
{
    struct pki_verifier *v = NULL;
    int rc = pki_verifier_new(spki, &v);
    if (rc == 0)
        rc = pki_verifier_check(v, alg, message, signature);
    pki_verifier_free(v);
    return rc;
}

/* ---- exporting ---- */

static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *clear, const struct secret *passphrase)
{
    struct slice password = secret_slice(passphrase);
    X509_SIG *sealed = NULL;
    X509_ALGOR *pbe = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), EXPORT_ROUNDS, NULL, EXPORT_SALT, NULL,
                                        NID_hmacWithSHA256);
    if (pbe != NULL)
        sealed = PKCS8_set0_pbe((const char *)password.data, (int)password.len, clear, pbe);
    if (sealed == NULL)
        X509_ALGOR_free(pbe);
    return sealed;
}

/*
 * OpenSSL's copy of the clear key is wiped by PKCS8_PRIV_KEY_INFO_free, its encoding by the
 * encryption.
 */
int pki_key_encrypt(const struct secret *pkcs8, const struct secret *passphrase, struct buf *pem)
{
    int rc = CH_EINVAL;
    struct buf der = {0};
    X509_SIG *sealed = NULL;
    PKCS8_PRIV_KEY_INFO *clear =
        pki_der_decode(secret_slice(pkcs8), ASN1_ITEM_rptr(PKCS8_PRIV_KEY_INFO));

    if (clear == NULL)
        goto out;
    sealed = encrypt(clear, passphrase);
    rc = sealed == NULL ? CH_ENOMEM : pki_der_encode(sealed, ASN1_ITEM_rptr(X509_SIG), &der);
    if (rc == 0)
        rc = pki_pem_put(PEM_STRING_PKCS8, buf_slice(&der), true, pem);
out:
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(clear);
    buf_free(&der);
    ERR_clear_error();
    return rc;
}
