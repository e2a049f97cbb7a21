/*
 * Tests of ca/pki/weak_key.c: each flaw is made here, as those who were hit by it had it.
 */
#include "ca/pki/weak_key.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

/* ---- keys from numbers ---- */

static void put_number(struct buf *out, const BIGNUM *number)
{
    unsigned char *der = NULL;
    ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(number, NULL);
    int len = i2d_ASN1_INTEGER(integer, &der);
    assert_true(len > 0);
    assert_int_equal(buf_put(out, der, (size_t)len), 0);
    OPENSSL_free(der);
    ASN1_INTEGER_free(integer);
}

static void put_header(struct buf *out, uint8_t tag, size_t len)
{
    const uint8_t header[] = {tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len};
    assert_int_equal(buf_put(out, header, sizeof header), 0);
}

/* SubjectPublicKeyInfo by hand: OpenSSL would refuse to write some of these. */
static void rsa_spki(const BIGNUM *n, const BIGNUM *e, struct buf *spki)
{
    static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    struct buf numbers = {0};
    put_number(&numbers, n);
    put_number(&numbers, e);
    put_header(spki, 0x30, sizeof algorithm + 4 + 1 + 4 + numbers.len);
    assert_int_equal(buf_put(spki, algorithm, sizeof algorithm), 0);
    put_header(spki, 0x03, 1 + 4 + numbers.len);
    assert_int_equal(buf_put(spki, "", 1), 0);
    put_header(spki, 0x30, numbers.len);
    assert_int_equal(buf_put_slice(spki, buf_slice(&numbers)), 0);
    buf_free(&numbers);
}

static void refused_as(const char *check, struct slice spki)
{
    const char *failed = NULL;
    struct pki_reason why = {{0}};
    assert_int_equal(pki_key_check_strength(spki, &failed, &why), CH_EINVAL);
    assert_string_equal(failed, check);
    assert_true(strlen(why.text) > 20);
    assert_int_equal(pki_key_check_strength(spki, NULL, NULL), CH_EINVAL);
}

static void rsa_refused_as(const char *check, const BIGNUM *n, unsigned long e)
{
    struct buf spki = {0};
    BIGNUM *exponent = BN_new();
    BN_set_word(exponent, e);
    rsa_spki(n, exponent, &spki);
    refused_as(check, buf_slice(&spki));
    BN_free(exponent);
    buf_free(&spki);
}

static BIGNUM *prime(int bits)
{
    BIGNUM *p = BN_new();
    assert_int_equal(BN_generate_prime_ex(p, bits, 0, NULL, NULL, NULL), 1);
    return p;
}

static BIGNUM *product(const BIGNUM *p, const BIGNUM *q)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_new();
    assert_int_equal(BN_mul(n, p, q, ctx), 1);
    BN_CTX_free(ctx);
    return n;
}

/* The first prime behind p + gap. */
static BIGNUM *prime_behind(const BIGNUM *p, unsigned gap)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *q = BN_dup(p);
    BN_add_word(q, gap + gap % 2 + 2);
    while (BN_check_prime(q, ctx, NULL) != 1)
        BN_add_word(q, 2);
    BN_CTX_free(ctx);
    return q;
}

/* ---- RSA ---- */

static void moduli_with_a_small_factor_are_refused(void **state)
{
    static const unsigned factors[] = {2, 3, 5, 7, 751, 1009, 4093};
    (void)state;
    BIGNUM *rest = prime(1024);
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        BIGNUM *n = BN_dup(rest);
        BN_mul_word(n, factors[i]);
        rsa_refused_as("rsa-small-factor", n, 65537);
        BN_free(n);
    }
    BN_free(rest);
}

static void exponents_that_are_even_or_one_are_refused(void **state)
{
    (void)state;
    BIGNUM *p = prime(512);
    BIGNUM *q = prime(512);
    BIGNUM *n = product(p, q);
    rsa_refused_as("rsa-exponent", n, 0);
    rsa_refused_as("rsa-exponent", n, 1);
    rsa_refused_as("rsa-exponent", n, 2);
    rsa_refused_as("rsa-exponent", n, 65536);
    BN_free(n);
    BN_free(q);
    BN_free(p);
}

static void negative_numbers_are_refused(void **state)
{
    (void)state;
    struct buf spki = {0};
    BIGNUM *n = prime(1024);
    BIGNUM *e = BN_new();
    BN_set_word(e, 65537);
    BN_set_negative(n, 1);
    rsa_spki(n, e, &spki);
    refused_as("rsa-small-factor", buf_slice(&spki));
    buf_clear(&spki);
    BN_set_negative(n, 0);
    BN_set_negative(e, 1);
    rsa_spki(n, e, &spki);
    refused_as("rsa-exponent", buf_slice(&spki));
    buf_free(&spki);
    BN_free(e);
    BN_free(n);
}

static void close_primes_are_refused(void **state)
{
    static const unsigned gaps[] = {0, 1000, 1u << 30};
    (void)state;
    BIGNUM *p = prime(1024);
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        BIGNUM *q = prime_behind(p, gaps[i]);
        BIGNUM *n = product(p, q);
        rsa_refused_as("rsa-close-primes", n, 65537);
        BN_free(n);
        BN_free(q);
    }
    BN_free(p);
}

static void the_square_of_a_prime_is_refused(void **state)
{
    (void)state;
    BIGNUM *p = prime(1024);
    BIGNUM *n = product(p, p);
    rsa_refused_as("rsa-close-primes", n, 65537);
    BN_free(n);
    BN_free(p);
}

static void primes_found_after_some_rounds_are_refused(void **state)
{
    (void)state;
    /* n = a^2 - b^2 is found after b^2 / 2a rounds, here 32 to 64. */
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *a = prime(600);
    BIGNUM *b = BN_new();
    BIGNUM *low = BN_new();
    BIGNUM *high = BN_new();
    BN_zero(b);
    BN_set_bit(b, 303);
    BN_sub(low, a, b);
    BN_add(high, a, b);
    BIGNUM *n = product(low, high);
    const char *failed = NULL;
    struct buf spki = {0};
    BIGNUM *e = BN_new();
    BN_set_word(e, 3);
    rsa_spki(n, e, &spki);
    assert_int_equal(pki_key_check_strength(buf_slice(&spki), &failed, NULL), CH_EINVAL);
    /* low and high are not prime: a small factor may be found first. */
    assert_true(strcmp(failed, "rsa-close-primes") == 0 || strcmp(failed, "rsa-small-factor") == 0);
    buf_free(&spki);
    BN_free(e);
    BN_free(n);
    BN_free(high);
    BN_free(low);
    BN_free(b);
    BN_free(a);
    BN_CTX_free(ctx);
}

/* k * M + (65537^a mod M), with M the product of the primes up to 167: how the flawed library did
 * it. */
static BIGNUM *roca_prime(BN_CTX *ctx)
{
    BIGNUM *m = BN_new();
    BIGNUM *p = BN_new();
    BIGNUM *a = BN_new();
    BIGNUM *generator = BN_new();
    BIGNUM *k = BN_new();
    BN_one(m);
    BN_set_word(generator, 65537);
    for (unsigned candidate = 2; candidate <= 167; candidate++) {
        bool is_prime = true;
        for (unsigned d = 2; d * d <= candidate; d++)
            is_prime = is_prime && candidate % d != 0;
        if (is_prime)
            BN_mul_word(m, candidate);
    }
    do {
        BN_rand(k, 292, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
        BN_rand(a, 62, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
        BN_mod_exp(p, generator, a, m, ctx);
        BN_mul(k, k, m, ctx);
        BN_add(p, p, k);
    } while (BN_check_prime(p, ctx, NULL) != 1);
    BN_free(k);
    BN_free(generator);
    BN_free(a);
    BN_free(m);
    return p;
}

static void keys_of_the_flawed_smart_cards_are_refused(void **state)
{
    (void)state;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = roca_prime(ctx);
    BIGNUM *q = roca_prime(ctx);
    BIGNUM *n = product(p, q);
    rsa_refused_as("rsa-roca", n, 65537);
    BN_free(n);
    BN_free(q);
    BN_free(p);
    BN_CTX_free(ctx);
}

static void a_modulus_too_long_to_judge_is_refused(void **state)
{
    (void)state;
    BIGNUM *n = BN_new();
    BN_set_bit(n, 8200);
    BN_set_bit(n, 0);
    rsa_refused_as("key", n, 65537);
    BN_free(n);
}

/* ---- EC ---- */

static void ec_spki(const char *curve, const BIGNUM *scalar, bool negative, struct buf *spki)
{
    uint8_t octets[200];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(curve));
    EC_POINT *point = EC_POINT_new(group);
    assert_int_equal(EC_POINT_mul(group, point, scalar, NULL, NULL, NULL), 1);
    if (negative)
        EC_POINT_invert(group, point, NULL);
    size_t len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets,
                                    sizeof octets, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, octets, len);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY_fromdata_init(ctx);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    kit_spki(key, spki);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EC_POINT_free(point);
    EC_GROUP_free(group);
}

static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};

static void small_private_keys_are_refused_and_their_negatives(void **state)
{
    static const unsigned scalars[] = {1, 2, 3, 255, 256};
    (void)state;
    BIGNUM *d = BN_new();
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < 2 * sizeof scalars / sizeof scalars[0]; i++) {
            struct buf spki = {0};
            BN_set_word(d, scalars[i / 2]);
            ec_spki(curves[c], d, i % 2 == 1, &spki);
            refused_as("ec-small-scalar", buf_slice(&spki));
            buf_free(&spki);
        }
    BN_free(d);
}

static void a_point_off_its_curve_is_refused(void **state)
{
    (void)state;
    struct buf spki = {0};
    kit_spki(kit_key(KEY_ALG_P256, 0)->pkey, &spki);
    spki.data[spki.len - 1] ^= 1;
    refused_as("ec-point", buf_slice(&spki));
    buf_free(&spki);
}

/* ---- the rest ---- */

static void what_is_no_key_is_refused(void **state)
{
    static const uint8_t ed25519[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
                                        0x65, 0x70, 0x03, 0x21, 0x00, 1};
    (void)state;
    refused_as("key", slice_of(NULL, 0));
    refused_as("key", slice_text("no key"));
    refused_as("key", slice_of(ed25519, sizeof ed25519));
}

static void good_keys_pass_whatever_their_length(void **state)
{
    (void)state;
    for (enum key_alg alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++) {
        const char *failed = "unset";
        struct pki_reason why = {{0}};
        if (alg == KEY_ALG_RSA_4096) /* takes seconds to make and tells nothing new */
            continue;
        assert_int_equal(pki_key_check_strength(buf_slice(&kit_key(alg, 0)->spki), &failed, &why),
                         0);
        assert_null(failed);
    }
}

static void every_check_has_a_name_of_its_own(void **state)
{
    (void)state;
    size_t count = 0;
    for (; pki_key_strength_check(count) != NULL; count++)
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(pki_key_strength_check(i), pki_key_strength_check(count));
    assert_int_equal(count, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moduli_with_a_small_factor_are_refused),
        cmocka_unit_test(exponents_that_are_even_or_one_are_refused),
        cmocka_unit_test(negative_numbers_are_refused),
        cmocka_unit_test(close_primes_are_refused),
        cmocka_unit_test(the_square_of_a_prime_is_refused),
        cmocka_unit_test(primes_found_after_some_rounds_are_refused),
        cmocka_unit_test(keys_of_the_flawed_smart_cards_are_refused),
        cmocka_unit_test(a_modulus_too_long_to_judge_is_refused),
        cmocka_unit_test(small_private_keys_are_refused_and_their_negatives),
        cmocka_unit_test(a_point_off_its_curve_is_refused),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(good_keys_pass_whatever_their_length),
        cmocka_unit_test(every_check_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
