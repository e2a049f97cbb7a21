/*
 * test_hsm_import.c - private keys brought into the HSM, used there and taken out again; on
 * each token that hsm_kit knows.
 */
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/internal.h"
#include "tests/unit/hsm_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define MESSAGE "to be signed"
#define ARN "arn:aws:acm:eu-central-1:123456789012:certificate/0001"

static struct hsm_kit kit;
static struct hsm *h;
static struct hsm_custody exporting;
static struct hsm_custody keeping; /* the same MAC key, a KEK that lets nothing out */

static struct hsm_key *secret_open(const char *label, enum hsm_secret_kind kind)
{
    struct hsm_name name = hsm_kit_name(label);
    struct hsm_key *key = NULL;
    if (hsm_secret_generate(h, &name, kind) != 0 || hsm_secret_find(h, &name, kind, &key) != 0)
        return NULL;
    return key;
}

static int group_setup(void **state)
{
    (void)state;
    log_open("test", LOG_LEVEL_ERROR);
    int r = hsm_kit_open(&kit, hsm_kit_wanted());
    if (r == 0)
        r = hsm_open(&kit.config, &h);
    if (r != 0)
        return r;
    exporting.mac = keeping.mac = secret_open("binding", HSM_SECRET_MAC);
    exporting.kek = secret_open("kek/export", HSM_SECRET_KEK_EXPORT);
    keeping.kek = secret_open("kek/keep", HSM_SECRET_KEK_NO_EXPORT);
    return exporting.mac != NULL && exporting.kek != NULL && keeping.kek != NULL ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    hsm_close(h);
    hsm_kit_close(&kit);
    return secret_count() == 0 ? 0 : -1;
}

static int sign_as(const struct hsm_custody *custody, const struct hsm_wrapped *w,
                   const char *arn, struct buf *sig)
{
    return hsm_subscriber_sign(h, custody, w, slice_text(arn), sig_alg_default(w->alg),
                               slice_text(MESSAGE), sig);
}

static EVP_PKEY *pkcs8_open(struct secret *pkcs8)
{
    const unsigned char *at = secret_data(pkcs8);
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)secret_len(pkcs8));
    assert_non_null(info);
    /* Nothing behind it: padding was taken off. */
    assert_ptr_equal(at, secret_data(pkcs8) + secret_len(pkcs8));
    EVP_PKEY *key = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    assert_non_null(key);
    return key;
}

static void exported_key_signs_for(struct secret *pkcs8, const struct hsm_wrapped *w)
{
    uint8_t sig[600];
    size_t len = sizeof(sig);
    EVP_PKEY *key = pkcs8_open(pkcs8);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const struct sig_alg_info *alg = sig_alg_info(sig_alg_default(w->alg));
    const EVP_MD *md = alg->hash == HASH_SHA256   ? EVP_sha256()
                       : alg->hash == HASH_SHA384 ? EVP_sha384()
                                                  : EVP_sha512();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
    assert_int_equal(
        EVP_DigestSign(ctx, sig, &len, (const unsigned char *)MESSAGE, strlen(MESSAGE)), 1);
    assert_true(hsm_kit_verifies(buf_slice(&w->spki), alg->alg, slice_text(MESSAGE),
                                 slice_of(sig, len)));
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

static struct secret *pkcs8_of(EVP_PKEY *key)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    unsigned char *der = NULL;
    int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    struct secret *s = secret_copy(der, (size_t)len);
    OPENSSL_clear_free(der, (size_t)len);
    PKCS8_PRIV_KEY_INFO_free(info);
    return s;
}

static void import_use_and_take_out(EVP_PKEY *key, const struct hsm_custody *custody)
{
    struct secret *in = pkcs8_of(key);
    struct secret *out = NULL;
    struct hsm_wrapped w;
    struct buf sig = {0};
    assert_int_equal(hsm_subscriber_import(h, custody, secret_slice(in), slice_text(ARN), &w), 0);
    assert_int_equal(sign_as(custody, &w, ARN, &sig), 0);
    assert_true(hsm_kit_verifies(buf_slice(&w.spki), sig_alg_default(w.alg), slice_text(MESSAGE),
                                 buf_slice(&sig)));
    EVP_PKEY *public = NULL;
    enum key_alg alg = KEY_ALG_NONE;
    assert_int_equal(public_parse(buf_slice(&w.spki), &public, &alg), 0);
    assert_int_equal(EVP_PKEY_eq(key, public), 1);
    if (custody->kek->kind == HSM_SECRET_KEK_EXPORT) {
        assert_int_equal(hsm_subscriber_export(h, custody, &w, slice_text(ARN), &out), 0);
        EVP_PKEY *back = pkcs8_open(out);
        assert_int_equal(EVP_PKEY_eq(back, key), 1);
        exported_key_signs_for(out, &w);
        EVP_PKEY_free(back);
    }
    EVP_PKEY_free(public);
    EVP_PKEY_free(key);
    secret_free(in);
    secret_free(out);
    buf_free(&sig);
    hsm_wrapped_free(&w);
}

static void imported_keys_of_each_type_sign_and_come_back(void **state)
{
    (void)state;
    import_use_and_take_out(EVP_RSA_gen(1024), &keeping);
    import_use_and_take_out(EVP_RSA_gen(2048), &exporting);
    import_use_and_take_out(EVP_RSA_gen(3072), &exporting);
    import_use_and_take_out(EVP_EC_gen("P-256"), &exporting);
    import_use_and_take_out(EVP_EC_gen("P-384"), &exporting);
    import_use_and_take_out(EVP_EC_gen("P-521"), &exporting);
    import_use_and_take_out(EVP_EC_gen("P-256"), &keeping);
}

static void what_is_no_private_key_is_not_imported(void **state)
{
    (void)state;
    struct hsm_wrapped w;
    EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *small = EVP_RSA_gen(1536);
    EVP_PKEY *good = EVP_EC_gen("P-256");
    struct secret *cases[] = {pkcs8_of(ed), pkcs8_of(small), secret_copy("rubbish", 7)};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            hsm_subscriber_import(h, &exporting, secret_slice(cases[i]), slice_text(ARN), &w),
            CH_EINVAL);
        assert_int_equal(w.blob.len, 0);
        secret_free(cases[i]);
    }
    struct secret *der = pkcs8_of(good);
    struct slice cut = slice_of(secret_data(der), secret_len(der) - 1);
    assert_int_equal(hsm_subscriber_import(h, &exporting, cut, slice_text(ARN), &w), CH_EINVAL);
    struct secret *longer = secret_new(secret_len(der) + 1);
    memcpy(secret_data(longer), secret_data(der), secret_len(der));
    assert_int_equal(
        hsm_subscriber_import(h, &exporting, secret_slice(longer), slice_text(ARN), &w), CH_EINVAL);
    assert_int_equal(
        hsm_subscriber_import(h, &exporting, slice_of(NULL, 0), slice_text(ARN), &w), CH_EINVAL);
    secret_free(longer);
    secret_free(der);
    EVP_PKEY_free(ed);
    EVP_PKEY_free(small);
    EVP_PKEY_free(good);
}

static void a_private_key_whose_public_half_is_anothers_is_not_imported(void **state)
{
    (void)state;
    struct hsm_wrapped w;
    EVP_PKEY *keys[2] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-256")};
    uint8_t points[2][65];
    size_t len = 0;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(public_point(keys[i], points[i], 65, &len), 0);
    struct secret *der = pkcs8_of(keys[0]);
    uint8_t *at = memmem(secret_data(der), secret_len(der), points[0], 65);
    assert_non_null(at);
    memcpy(at, points[1], 65);
    assert_int_equal(
        hsm_subscriber_import(h, &exporting, secret_slice(der), slice_text(ARN), &w), CH_EINVAL);
    secret_free(der);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}

/* A digit of one of the CRT numbers is turned; the public key stays as it is. */
static void an_rsa_key_whose_numbers_do_not_fit_is_not_imported(void **state)
{
    static const char *const numbers[] = {OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                                          OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                          OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct hsm_wrapped w;
        uint8_t octets[256];
        BIGNUM *number = NULL;
        struct secret *der = pkcs8_of(key);
        assert_int_equal(EVP_PKEY_get_bn_param(key, numbers[i], &number), 1);
        int len = BN_bn2bin(number, octets);
        uint8_t *at = memmem(secret_data(der), secret_len(der), octets, (size_t)len);
        assert_non_null(at);
        at[len - 1] ^= 2;
        assert_int_equal(
            hsm_subscriber_import(h, &exporting, secret_slice(der), slice_text(ARN), &w), CH_EINVAL);
        assert_int_equal(w.blob.len, 0);
        BN_free(number);
        secret_free(der);
    }
    EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imported_keys_of_each_type_sign_and_come_back),
        cmocka_unit_test(what_is_no_private_key_is_not_imported),
        cmocka_unit_test(a_private_key_whose_public_half_is_anothers_is_not_imported),
        cmocka_unit_test(an_rsa_key_whose_numbers_do_not_fit_is_not_imported),
    };
    (void)argc;
    int status = hsm_kit_each_token(argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, group_setup, group_teardown);
}
