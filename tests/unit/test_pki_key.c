/* Public keys: their type, their identifier, their faults; signatures; the export of private keys.
 */
#include "ca/pki/ecdsa.h"
#include "ca/pki/key.h"
#include "tests/unit/pki_kit.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum key_alg all_keys[] = {KEY_ALG_RSA_2048, KEY_ALG_RSA_3072, KEY_ALG_P256,
                                        KEY_ALG_P384, KEY_ALG_P521};
#define ALL_KEYS (sizeof all_keys / sizeof all_keys[0])

static enum pki_key_fault fault_of(struct slice spki)
{
    struct pki_key_facts facts;
    return pki_key_judge(spki, &facts);
}

/* The judgement of a fresh key, and that pki_key_alg does not name it. */
static enum pki_key_fault fault_of_key(EVP_PKEY *pkey)
{
    struct buf spki = {0};
    assert_non_null(pkey);
    kit_spki(pkey, &spki);
    enum pki_key_fault fault = fault_of(buf_slice(&spki));
    assert_int_equal(pki_key_alg(buf_slice(&spki)), KEY_ALG_NONE);
    EVP_PKEY_free(pkey);
    buf_free(&spki);
    return fault;
}

static void names_every_type_of_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL_KEYS; i++) {
        const struct kit_key *key = kit_key(all_keys[i], 0);
        assert_int_equal(fault_of(buf_slice(&key->spki)), PKI_KEY_FINE);
        assert_int_equal(pki_key_alg(buf_slice(&key->spki)), all_keys[i]);
    }
}

static void rsa_of_another_size_is_fine_but_has_no_name(void **state)
{
    (void)state;
    assert_int_equal(fault_of_key(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2056)),
                     PKI_KEY_FINE);
}

static void refuses_foreign_keys(void **state)
{
    (void)state;
    assert_int_equal(fault_of_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")), PKI_KEY_UNKNOWN);
    assert_int_equal(fault_of_key(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024)),
                     PKI_KEY_WEAK);
    assert_int_equal(fault_of_key(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1")), PKI_KEY_CURVE);
    assert_int_equal(fault_of_key(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp224r1")), PKI_KEY_CURVE);
    assert_int_equal(fault_of_key(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1")),
                     PKI_KEY_CURVE);
}

static EVP_PKEY *ec_with(const char *parameter, const char *value)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");
    assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, parameter, value), 1);
    return pkey;
}

static void refuses_explicit_curves_and_compressed_points(void **state)
{
    (void)state;
    assert_int_equal(fault_of_key(ec_with("encoding", "explicit")), PKI_KEY_PARAMETERS);
    assert_int_equal(fault_of_key(ec_with("point-format", "compressed")), PKI_KEY_POINT);
    assert_int_equal(fault_of_key(ec_with("point-format", "hybrid")), PKI_KEY_POINT);
}

static void refuses_bytes_that_are_no_key(void **state)
{
    (void)state;
    const struct buf *good = &kit_key(KEY_ALG_P256, 0)->spki;
    uint8_t id[20];
    struct buf longer = {0};
    assert_int_equal(buf_put(&longer, good->data, good->len), 0);
    assert_int_equal(buf_put(&longer, "\0", 1), 0);
    assert_int_equal(fault_of(slice_of(NULL, 0)), PKI_KEY_MALFORMED);
    assert_int_equal(fault_of(slice_of(good->data, good->len - 1)), PKI_KEY_MALFORMED);
    assert_int_equal(fault_of(buf_slice(&longer)), PKI_KEY_MALFORMED);
    assert_int_equal(pki_key_id(buf_slice(&longer), id), CH_EINVAL);
    buf_free(&longer);
}

/* An RSA key with numbers of our choice. */
static enum pki_key_fault fault_of_numbers(long exponent, bool even_modulus)
{
    struct slice bits;
    struct buf der = {0};
    PKI_SPKI *spki =
        pki_der_decode(buf_slice(&kit_key(KEY_ALG_RSA_2048, 0)->spki), ASN1_ITEM_rptr(PKI_SPKI));
    assert_int_equal(pki_der_get_bits(spki->key, &bits), 0);
    PKI_RSA_KEY *key = pki_der_decode(bits, ASN1_ITEM_rptr(PKI_RSA_KEY));
    ASN1_INTEGER_set(key->exponent, exponent);
    if (even_modulus)
        key->modulus->data[key->modulus->length - 1] &= 0xfe;
    assert_int_equal(pki_der_encode(key, ASN1_ITEM_rptr(PKI_RSA_KEY), &der), 0);
    assert_int_equal(pki_der_set_bits(spki->key, buf_slice(&der)), 0);
    buf_clear(&der);
    assert_int_equal(pki_der_encode(spki, ASN1_ITEM_rptr(PKI_SPKI), &der), 0);
    enum pki_key_fault fault = fault_of(buf_slice(&der));
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_RSA_KEY));
    ASN1_item_free((ASN1_VALUE *)spki, ASN1_ITEM_rptr(PKI_SPKI));
    buf_free(&der);
    return fault;
}

static void refuses_bad_rsa_numbers(void **state)
{
    (void)state;
    static const long bad[] = {0, 1, 2, -3, 65536};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(fault_of_numbers(bad[i], false), PKI_KEY_EXPONENT);
    assert_int_equal(fault_of_numbers(3, false), PKI_KEY_FINE);
    assert_int_equal(fault_of_numbers(65537, true), PKI_KEY_MODULUS);
}

static void a_point_off_the_curve_cannot_be_opened(void **state)
{
    (void)state;
    struct buf spki = {0};
    struct pki_public *key = NULL;
    struct pki_reason why = {{0}};
    assert_int_equal(buf_put_slice(&spki, buf_slice(&kit_key(KEY_ALG_P256, 0)->spki)), 0);
    spki.data[spki.len - 1] ^= 1;
    assert_int_equal(pki_key_open(buf_slice(&spki), &key, &why), CH_EINVAL);
    assert_null(key);
    assert_non_null(strstr(why.text, "RFC 5480 2.2"));
    buf_free(&spki);
}

static void key_id_is_sha1_of_the_key_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL_KEYS; i++) {
        const struct kit_key *key = kit_key(all_keys[i], 0);
        uint8_t id[20];
        uint8_t wanted[20];
        const unsigned char *bits;
        int len;
        const unsigned char *p = key->spki.data;
        X509_PUBKEY *theirs = d2i_X509_PUBKEY(NULL, &p, (long)key->spki.len);
        assert_int_equal(X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, theirs), 1);
        SHA1(bits, (size_t)len, wanted);
        assert_int_equal(pki_key_id(buf_slice(&key->spki), id), 0);
        assert_memory_equal(id, wanted, sizeof id);
        X509_PUBKEY_free(theirs);
    }
}

static void verifies_every_algorithm_and_sees_every_change(void **state)
{
    (void)state;
    struct slice message = slice_text("to be signed");
    for (int alg = SIG_ALG_NONE + 1; alg < SIG_ALG_COUNT; alg++) {
        bool rsa = sig_alg_info((enum sig_alg)alg)->scheme != SIG_SCHEME_ECDSA;
        const struct kit_key *key = kit_key(rsa ? KEY_ALG_RSA_2048 : KEY_ALG_P384, 0);
        const struct kit_key *wrong = kit_key(rsa ? KEY_ALG_RSA_3072 : KEY_ALG_P384, 1 - rsa);
        struct buf sig = {0};
        kit_sign(key, (enum sig_alg)alg, message, &sig);
        struct slice spki = buf_slice(&key->spki);
        assert_int_equal(pki_verify(spki, (enum sig_alg)alg, message, buf_slice(&sig)), 0);
        assert_int_equal(pki_verify(spki, (enum sig_alg)alg, slice_text("other"), buf_slice(&sig)),
                         CH_EINTEGRITY);
        assert_int_equal(
            pki_verify(buf_slice(&wrong->spki), (enum sig_alg)alg, message, buf_slice(&sig)),
            CH_EINTEGRITY);
        sig.data[sig.len / 2] ^= 1;
        assert_int_equal(pki_verify(spki, (enum sig_alg)alg, message, buf_slice(&sig)),
                         CH_EINTEGRITY);
        assert_int_equal(pki_verify(spki, (enum sig_alg)alg, message, slice_of(NULL, 0)),
                         CH_EINTEGRITY);
        buf_free(&sig);
    }
}

static void a_verifier_judges_many_signatures(void **state)
{
    (void)state;
    struct pki_verifier *v = NULL;
    struct buf sig = {0};
    const struct kit_key *key = kit_key(KEY_ALG_P256, 0);
    struct slice message = slice_text("message");
    kit_sign(key, SIG_ALG_SHA256WITHECDSA, message, &sig);
    assert_int_equal(pki_verifier_new(buf_slice(&key->spki), &v), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            pki_verifier_check(v, SIG_ALG_SHA256WITHECDSA, message, buf_slice(&sig)), 0);
        assert_int_equal(
            pki_verifier_check(v, SIG_ALG_SHA256WITHECDSA, slice_text("other"), buf_slice(&sig)),
            CH_EINTEGRITY);
        assert_int_equal(pki_verifier_check(v, SIG_ALG_SHA256WITHRSA, message, buf_slice(&sig)),
                         CH_EINVAL);
    }
    pki_verifier_free(v);
    assert_int_equal(pki_verifier_new(message, &v), CH_EINVAL);
    assert_null(v);
    buf_free(&sig);
}

/* The digest of a message, as ECDSA signs it. */
static struct slice digest_of(const char *name, struct slice message, uint8_t out[64])
{
    size_t len = 0;
    assert_int_equal(EVP_Q_digest(NULL, name, NULL, message.data, message.len, out, &len), 1);
    return slice_of(out, len);
}

static EC_KEY *ec_make(enum key_alg alg, const struct kit_key *key)
{
    uint8_t point[140];
    size_t len = 0;
    EC_KEY *ec = NULL;
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(key->pkey, "pub", point, sizeof point, &len), 1);
    assert_int_equal(pki_ec_key_new(alg, slice_of(point, len), &ec), 0);
    return ec;
}

static struct pki_fixed_key *fixed_make(const struct kit_key *key)
{
    struct pki_fixed_key *f = NULL;
    EC_KEY *ec = ec_make(KEY_ALG_P256, key);
    assert_int_equal(pki_fixed_key_new(ec, &f), 0);
    assert_non_null(f);
    pki_ec_key_free(ec);
    return f;
}

static int openssl_says(const struct kit_key *key, struct slice message, struct slice sig)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->pkey), 1);
    int said = EVP_DigestVerify(ctx, sig.data, sig.len, message.data, message.len);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return said == 1 ? 0 : CH_EINTEGRITY;
}

/* Octets of a signature that OpenSSL takes or refuses are taken or refused here, with the table, too. */
static int judged_alike(const struct kit_key *key, const struct pki_fixed_key *f,
                        struct slice message, struct slice sig)
{
    uint8_t room[64];
    int code = pki_verify(buf_slice(&key->spki), SIG_ALG_SHA256WITHECDSA, message, sig);
    assert_int_equal(code, openssl_says(key, message, sig));
    if (f != NULL)
        assert_int_equal(code, pki_fixed_key_check(f, digest_of("SHA256", message, room), sig));
    return code;
}

/* fixed may be NULL. */
static void judge_signatures(const struct kit_key *key, EC_KEY *ec,
                             const struct pki_fixed_key *fixed, unsigned count)
{
    static const struct {
        enum sig_alg alg;
        const char *digest;
    } hashes[] = {{SIG_ALG_SHA256WITHECDSA, "SHA256"},
                  {SIG_ALG_SHA384WITHECDSA, "SHA384"},
                  {SIG_ALG_SHA512WITHECDSA, "SHA512"}};
    uint8_t room[64];
    struct buf sig = {0};
    for (unsigned i = 0; i < count; i++) {
        struct slice message = slice_of(&i, sizeof i);
        buf_clear(&sig);
        kit_sign(key, hashes[i % 3].alg, message, &sig);
        for (unsigned j = 0; j < 3; j++) {
            struct slice digest = digest_of(hashes[j].digest, message, room);
            int expected = j == i % 3 ? 0 : CH_EINTEGRITY;
            assert_int_equal(pki_ec_key_check(ec, digest, buf_slice(&sig)), expected);
            if (fixed != NULL)
                assert_int_equal(pki_fixed_key_check(fixed, digest, buf_slice(&sig)), expected);
        }
        sig.data[i % sig.len] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(judged_alike(key, fixed, message, buf_slice(&sig)), CH_EINTEGRITY);
    }
    buf_free(&sig);
}

static void a_point_judges_as_openssl_does(void **state)
{
    (void)state;
    static const enum key_alg curves[] = {KEY_ALG_P256, KEY_ALG_P384, KEY_ALG_P521};
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        const struct kit_key *key = kit_key(curves[i], 0);
        EC_KEY *ec = ec_make(curves[i], key);
        judge_signatures(key, ec, NULL, 30);
        pki_ec_key_free(ec);
    }
}

static void a_fixed_key_judges_as_openssl_does(void **state)
{
    (void)state;
    const struct kit_key *key = kit_key(KEY_ALG_P256, 0);
    EC_KEY *ec = ec_make(KEY_ALG_P256, key);
    struct pki_fixed_key *f = fixed_make(key);
    judge_signatures(key, ec, f, 60);
    pki_fixed_key_free(f);
    pki_ec_key_free(ec);
}

/* An Ecdsa-Sig-Value of r and s in hex. */
static void sig_make(const char *r, const char *s, struct buf *out)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *x = NULL, *y = NULL;
    assert_true(BN_hex2bn(&x, r) > 0 && BN_hex2bn(&y, s) > 0);
    assert_int_equal(ECDSA_SIG_set0(sig, x, y), 1);
    int len = i2d_ECDSA_SIG(sig, NULL);
    uint8_t *end = buf_reserve(out, (size_t)len);
    assert_int_equal(i2d_ECDSA_SIG(sig, &end), len);
    out->len += (size_t)len;
    ECDSA_SIG_free(sig);
}

#define ORDER "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"

static void a_fixed_key_refuses_numbers_out_of_range(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0", "1", "-1", ORDER, "1" ORDER, "2"};
    const size_t count = sizeof numbers / sizeof numbers[0];
    const struct kit_key *key = kit_key(KEY_ALG_P256, 1);
    struct pki_fixed_key *f = fixed_make(key);
    for (size_t i = 0; i < count * count; i++) {
        struct buf sig = {0};
        sig_make(numbers[i / count], numbers[i % count], &sig);
        assert_int_equal(judged_alike(key, f, slice_text("message"), buf_slice(&sig)),
                         CH_EINTEGRITY);
        buf_free(&sig);
    }
    assert_int_equal(judged_alike(key, f, slice_text("message"), slice_of(NULL, 0)),
                     CH_EINTEGRITY);
    pki_fixed_key_free(f);
}

/* r = -e / d and s = 1: u1 G + u2 Q is the point at infinity. */
static void a_fixed_key_refuses_the_point_at_infinity(void **state)
{
    (void)state;
    struct buf sig = {0};
    BIGNUM *d = NULL, *n = NULL, *r = BN_new();
    uint8_t room[64];
    BN_CTX *ctx = BN_CTX_new();
    const struct kit_key *key = kit_key(KEY_ALG_P256, 0);
    struct pki_fixed_key *f = fixed_make(key);
    struct slice digest = digest_of("SHA256", slice_text("message"), room);
    BIGNUM *e = BN_bin2bn(digest.data, (int)digest.len, NULL);
    assert_int_equal(EVP_PKEY_get_bn_param(key->pkey, "priv", &d), 1);
    assert_true(BN_hex2bn(&n, ORDER) > 0);
    assert_non_null(BN_mod_inverse(r, d, n, ctx));
    assert_int_equal(BN_mod_mul(r, r, e, n, ctx), 1);
    assert_int_equal(BN_sub(r, n, r), 1);
    char *text = BN_bn2hex(r);
    sig_make(text, "1", &sig);
    assert_int_equal(judged_alike(key, f, slice_text("message"), buf_slice(&sig)), CH_EINTEGRITY);
    pki_fixed_key_free(f);
    buf_free(&sig);
    OPENSSL_free(text);
    BN_free(e);
    BN_free(r);
    BN_free(n);
    BN_free(d);
    BN_CTX_free(ctx);
}

static void other_keys_have_no_table(void **state)
{
    (void)state;
    static const enum key_alg others[] = {KEY_ALG_P384, KEY_ALG_P521};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct pki_fixed_key *f = NULL;
        EC_KEY *ec = ec_make(others[i], kit_key(others[i], 0));
        assert_int_equal(pki_fixed_key_new(ec, &f), CH_EUNSUPPORTED);
        assert_null(f);
        pki_ec_key_free(ec);
    }
}

/* Neither RSA, nor the octets of another curve, nor the point at infinity. */
static void what_is_no_point_of_the_curve_is_no_key(void **state)
{
    (void)state;
    static const uint8_t infinity[] = {0};
    EC_KEY *ec = NULL;
    uint8_t point[140];
    size_t len = 0;
    assert_int_equal(EVP_PKEY_get_octet_string_param(kit_key(KEY_ALG_P384, 0)->pkey, "pub", point,
                                                     sizeof point, &len),
                     1);
    assert_int_equal(pki_ec_key_new(KEY_ALG_P256, slice_of(point, len), &ec), CH_EINVAL);
    assert_int_equal(pki_ec_key_new(KEY_ALG_RSA_2048, slice_of(point, len), &ec), CH_EINVAL);
    assert_int_equal(pki_ec_key_new(KEY_ALG_P256, slice_of(NULL, 0), &ec), CH_EINVAL);
    assert_int_equal(pki_ec_key_new(KEY_ALG_P256, slice_of(infinity, sizeof infinity), &ec), CH_EINVAL);
    assert_null(ec);
}

/* Beyond the number of checks at which a table pays, for keys with and without one. */
static void a_verifier_goes_on_as_it_began(void **state)
{
    (void)state;
    static const enum key_alg algs[] = {KEY_ALG_P256, KEY_ALG_P384};
    for (size_t i = 0; i < 2; i++) {
        struct pki_verifier *v = NULL;
        struct buf sig = {0};
        const struct kit_key *key = kit_key(algs[i], 0);
        enum sig_alg alg = sig_alg_default(algs[i]);
        assert_int_equal(pki_verifier_new(buf_slice(&key->spki), &v), 0);
        kit_sign(key, alg, slice_text("message"), &sig);
        for (int n = 0; n < 150; n++) {
            assert_int_equal(pki_verifier_check(v, alg, slice_text("message"), buf_slice(&sig)), 0);
            assert_int_equal(pki_verifier_check(v, alg, slice_text("massage"), buf_slice(&sig)),
                             CH_EINTEGRITY);
            assert_int_equal(pki_verifier_check(v, SIG_ALG_SHA256WITHRSA, slice_text("message"),
                                                buf_slice(&sig)),
                             CH_EINVAL);
        }
        pki_verifier_free(v);
        buf_free(&sig);
    }
}

static void a_weak_key_verifies_and_is_not_certified(void **state)
{
    (void)state;
    EVP_PKEY *weak = EVP_RSA_gen(1024);
    struct pki_public *opened = NULL;
    unsigned char *der = NULL;
    struct pki_reason why = {{0}};
    int len = i2d_PUBKEY(weak, &der);
    assert_true(len > 0);
    assert_int_equal(pki_key_open(slice_of(der, (size_t)len), &opened, &why), 0);
    pki_public_free(opened);
    assert_int_equal(pki_key_open_strong(slice_of(der, (size_t)len), &opened, &why), CH_EINVAL);
    assert_null(opened);
    assert_non_null(strstr(why.text, "2048"));
    OPENSSL_free(der);
    EVP_PKEY_free(weak);
}

static void an_algorithm_that_does_not_fit_the_key_is_invalid(void **state)
{
    (void)state;
    struct slice text = slice_text("x");
    struct slice rsa = buf_slice(&kit_key(KEY_ALG_RSA_2048, 0)->spki);
    struct slice ec = buf_slice(&kit_key(KEY_ALG_P256, 0)->spki);
    assert_int_equal(pki_verify(rsa, SIG_ALG_SHA256WITHECDSA, text, text), CH_EINVAL);
    assert_int_equal(pki_verify(ec, SIG_ALG_SHA256WITHRSA, text, text), CH_EINVAL);
    assert_int_equal(pki_verify(ec, SIG_ALG_SHA256WITHRSA_PSS, text, text), CH_EINVAL);
    assert_int_equal(pki_verify(ec, SIG_ALG_NONE, text, text), CH_EINVAL);
    assert_int_equal(pki_verify(text, SIG_ALG_SHA256WITHECDSA, text, text), CH_EINVAL);
}

/* PKCS#8 of a key as it comes out of the HSM. */
static struct secret *pkcs8_of(const struct kit_key *key)
{
    unsigned char *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    assert_true(len > 0);
    struct secret *secret = secret_copy(der, (size_t)len);
    OPENSSL_clear_free(der, (size_t)len);
    PKCS8_PRIV_KEY_INFO_free(info);
    return secret;
}

static void encrypted_key_opens_with_its_passphrase_only(void **state)
{
    (void)state;
    static const char pass[] = "p\xc3\xa4ss word";
    const enum key_alg algs[] = {KEY_ALG_P256, KEY_ALG_RSA_2048};
    for (size_t i = 0; i < 2; i++) {
        const struct kit_key *key = kit_key(algs[i], 0);
        struct secret *clear = pkcs8_of(key);
        struct secret *passphrase = secret_copy(pass, sizeof pass - 1);
        struct buf pem = {0};
        assert_int_equal(pki_key_encrypt(clear, passphrase, &pem), 0);
        assert_memory_equal(pem.data, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 38);
        BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        char right[sizeof pass];
        memcpy(right, pass, sizeof pass);
        EVP_PKEY *back = PEM_read_bio_PrivateKey(bio, NULL, NULL, right);
        assert_non_null(back);
        assert_int_equal(EVP_PKEY_eq(back, key->pkey), 1);
        BIO_free(bio);
        bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        char wrong[] = "pass word";
        assert_null(PEM_read_bio_PrivateKey(bio, NULL, NULL, wrong));
        BIO_free(bio);
        EVP_PKEY_free(back);
        buf_free(&pem);
        secret_free(clear);
        secret_free(passphrase);
    }
}

static void encrypted_key_says_pbes2_with_sha256_and_aes256(void **state)
{
    (void)state;
    struct secret *clear = pkcs8_of(kit_key(KEY_ALG_P256, 0));
    struct secret *passphrase = secret_copy("secret", 6);
    struct buf pem = {0};
    struct buf text = {0};
    assert_int_equal(pki_key_encrypt(clear, passphrase, &pem), 0);
    kit_write("key.pem", buf_slice(&pem));
    assert_int_equal(kit_run(&text, "openssl asn1parse -in key.pem"), 0);
    assert_non_null(strstr(buf_text(&text), ":PBES2"));
    assert_non_null(strstr(buf_text(&text), ":PBKDF2"));
    assert_non_null(strstr(buf_text(&text), ":hmacWithSHA256"));
    assert_non_null(strstr(buf_text(&text), ":aes-256-cbc"));
    assert_non_null(strstr(buf_text(&text), ":2710")); /* 10,000 rounds */
    kit_must_run("openssl pkey -in key.pem -passin pass:secret -noout");
    secret_free(clear);
    secret_free(passphrase);
    buf_free(&pem);
    buf_free(&text);
}

static void two_exports_of_one_key_share_no_salt(void **state)
{
    (void)state;
    struct secret *clear = pkcs8_of(kit_key(KEY_ALG_P256, 0));
    struct secret *passphrase = secret_copy("secret", 6);
    struct buf one = {0};
    struct buf two = {0};
    assert_int_equal(pki_key_encrypt(clear, passphrase, &one), 0);
    assert_int_equal(pki_key_encrypt(clear, passphrase, &two), 0);
    assert_false(slice_equal(buf_slice(&one), buf_slice(&two)));
    secret_free(clear);
    secret_free(passphrase);
    buf_free(&one);
    buf_free(&two);
}

static void refuses_to_encrypt_what_is_no_pkcs8(void **state)
{
    (void)state;
    struct secret *junk = secret_copy("junk", 4);
    struct buf pem = {0};
    assert_int_equal(pki_key_encrypt(junk, junk, &pem), CH_EINVAL);
    assert_int_equal(pem.len, 0);
    secret_free(junk);
    buf_free(&pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_type_of_the_table),
        cmocka_unit_test(rsa_of_another_size_is_fine_but_has_no_name),
        cmocka_unit_test(refuses_foreign_keys),
        cmocka_unit_test(refuses_explicit_curves_and_compressed_points),
        cmocka_unit_test(refuses_bytes_that_are_no_key),
        cmocka_unit_test(refuses_bad_rsa_numbers),
        cmocka_unit_test(a_point_off_the_curve_cannot_be_opened),
        cmocka_unit_test(key_id_is_sha1_of_the_key_bits),
        cmocka_unit_test(verifies_every_algorithm_and_sees_every_change),
        cmocka_unit_test(a_verifier_judges_many_signatures),
        cmocka_unit_test(a_point_judges_as_openssl_does),
        cmocka_unit_test(what_is_no_point_of_the_curve_is_no_key),
        cmocka_unit_test(a_fixed_key_judges_as_openssl_does),
        cmocka_unit_test(a_fixed_key_refuses_numbers_out_of_range),
        cmocka_unit_test(a_fixed_key_refuses_the_point_at_infinity),
        cmocka_unit_test(other_keys_have_no_table),
        cmocka_unit_test(a_verifier_goes_on_as_it_began),
        cmocka_unit_test(a_weak_key_verifies_and_is_not_certified),
        cmocka_unit_test(an_algorithm_that_does_not_fit_the_key_is_invalid),
        cmocka_unit_test(encrypted_key_opens_with_its_passphrase_only),
        cmocka_unit_test(encrypted_key_says_pbes2_with_sha256_and_aes256),
        cmocka_unit_test(two_exports_of_one_key_share_no_salt),
        cmocka_unit_test(refuses_to_encrypt_what_is_no_pkcs8),
    };
    return cmocka_run_group_tests_name("pki_key", tests, NULL, kit_folder_remove);
}
