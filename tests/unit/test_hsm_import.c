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

/* RFC 5915 lets an encoder leave the public key out, and SEC 1 lets it compress the point. */
static void elliptic_curve_keys_in_other_forms_are_imported_as_well(void **state)
{
    (void)state;
    EVP_PKEY *bare = EVP_EC_gen("P-256");
    EVP_PKEY *compressed = EVP_EC_gen("P-384");
    assert_int_equal(EVP_PKEY_set_int_param(bare, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0), 1);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(
                         compressed, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
                     1);
    import_use_and_take_out(bare, &exporting);
    import_use_and_take_out(compressed, &exporting);
}

/* Nothing of this reaches the token: some fall ill of it. */
static void scalars_outside_the_order_are_not_imported(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    for (int fill = 0; fill <= 0xff; fill += 0xff) {
        struct hsm_wrapped w;
        struct secret *der = pkcs8_of(key);
        struct private_parts parts;
        assert_true(private_split(secret_slice(der), &parts));
        memset(secret_data(der) + (parts.number[PRIVATE_SCALAR].data - secret_data(der)), fill, 32);
        assert_int_equal(
            hsm_subscriber_import(h, &exporting, secret_slice(der), slice_text(ARN), &w), CH_EINVAL);
        secret_free(der);
    }
    EVP_PKEY_free(key);
}

/* ---- the transport key of a session ---- */

static CK_RV op_keep(struct hsm *hsm, CK_SESSION_HANDLE session, void *context)
{
    uint8_t *key = context;
    struct transport *t = NULL;
    CK_RV rv = transport_keep(hsm, session, &t);
    if (rv == CKR_OK)
        memcpy(key, secret_data(t->key), 32);
    return rv;
}

static void a_transport_key_serves_several_imports_but_not_for_ever(void **state)
{
    (void)state;
    uint8_t first[32], next[32];
    int uses = 0;
    assert_int_equal(hsm_run(h, op_keep, first), 0);
    assert_int_equal(hsm_run(h, op_keep, next), 0);
    assert_memory_equal(first, next, 32);
    for (uses = 0; uses < 1000 && memcmp(first, next, 32) == 0; uses++)
        assert_int_equal(hsm_run(h, op_keep, next), 0);
    assert_in_range(uses, 900, 999);
    import_use_and_take_out(EVP_EC_gen("P-256"), &exporting);
}

static CK_RV op_break(struct hsm *hsm, CK_SESSION_HANDLE session, void *context)
{
    struct transport *t = NULL;
    (void)context;
    CK_RV rv = transport_keep(hsm, session, &t);
    return rv == CKR_OK ? hsm->p11->C_DestroyObject(session, t->handle) : rv;
}

static void an_import_survives_the_loss_of_the_transport_key(void **state)
{
    (void)state;
    assert_int_equal(hsm_run(h, op_break, NULL), 0);
    import_use_and_take_out(EVP_EC_gen("P-256"), &exporting);
}

static CK_RV op_leave(struct hsm *hsm, CK_SESSION_HANDLE session, void *context)
{
    uint8_t *left = context;
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    struct transport *t = NULL;
    CK_RV rv = transport_keep(hsm, session, &t);
    struct buf blob = {0};
    if (rv != CKR_OK)
        return rv;
    /* The key inwards lets nothing out. */
    rv = transport_key_make(hsm, session, TRANSPORT_OUT, &made);
    if (rv == CKR_OK)
        *left = wrap_key(hsm, session, hsm->wrap, t->handle, made, &blob) == CKR_OK;
    (void)hsm->p11->C_DestroyObject(session, made);
    buf_free(&blob);
    return rv;
}

static void a_transport_key_inwards_does_not_wrap(void **state)
{
    (void)state;
    uint8_t wrapped = 1;
    assert_int_equal(hsm_run(h, op_leave, &wrapped), 0);
    assert_int_equal(wrapped, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imported_keys_of_each_type_sign_and_come_back),
        cmocka_unit_test(what_is_no_private_key_is_not_imported),
        cmocka_unit_test(a_private_key_whose_public_half_is_anothers_is_not_imported),
        cmocka_unit_test(an_rsa_key_whose_numbers_do_not_fit_is_not_imported),
        cmocka_unit_test(elliptic_curve_keys_in_other_forms_are_imported_as_well),
        cmocka_unit_test(scalars_outside_the_order_are_not_imported),
        cmocka_unit_test(a_transport_key_serves_several_imports_but_not_for_ever),
        cmocka_unit_test(an_import_survives_the_loss_of_the_transport_key),
        cmocka_unit_test(a_transport_key_inwards_does_not_wrap),
    };
    (void)argc;
    int status = hsm_kit_each_token(argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, group_setup, group_teardown);
}
