/*
 * test_hsm_poor.c - tokens that can do less than SoftHSM, or do it wrong once: the self test says what
 * is left, and what is left works. The shortcomings are put into a copy of the module's function list.
 */
#include "tests/unit/hsm_kit.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define ARN "arn:aws:acm:eu-central-1:123456789012:certificate/0001"
#define ALG(a) (1u << KEY_ALG_##a)
#define ALL_EC (ALG(P256) | ALG(P384) | ALG(P521))
#define ALL_RSA (ALG(RSA_2048) | ALG(RSA_3072) | ALG(RSA_4096))

static struct hsm_kit kit;
static struct hsm *h;
static struct hsm_custody custody;
static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST poor;

/* ---- shortcomings ---- */

static const CK_ATTRIBUTE *attribute_find(const CK_ATTRIBUTE *list, CK_ULONG count,
                                          CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < count; i++)
        if (list[i].type == type)
            return &list[i];
    return NULL;
}

static bool attribute_is(const CK_ATTRIBUTE *list, CK_ULONG count, CK_ATTRIBUTE_TYPE type,
                         CK_BBOOL value)
{
    const CK_ATTRIBUTE *a = attribute_find(list, count, type);
    return a != NULL && memcmp(a->pValue, &value, sizeof(value)) == 0;
}

/* As tpm2-pkcs11: token objects only; signing with RSA needs the right to decrypt. */
static CK_RV tpm_pair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                      CK_ATTRIBUTE_PTR public, CK_ULONG public_count, CK_ATTRIBUTE_PTR private,
                      CK_ULONG private_count, CK_OBJECT_HANDLE_PTR public_key,
                      CK_OBJECT_HANDLE_PTR private_key)
{
    if (attribute_is(private, private_count, CKA_TOKEN, CK_FALSE) ||
        attribute_is(private, private_count, CKA_EXTRACTABLE, CK_TRUE))
        return CKR_ATTRIBUTE_VALUE_INVALID;
    if (attribute_is(private, private_count, CKA_DECRYPT, CK_FALSE) ||
        attribute_find(public, public_count, CKA_VERIFY) != NULL ||
        attribute_find(public, public_count, CKA_ENCRYPT) != NULL)
        return CKR_GENERAL_ERROR;
    return real->C_GenerateKeyPair(session, mechanism, public, public_count, private,
                                   private_count, public_key, private_key);
}

static CK_RV no_ec_pair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                        CK_ATTRIBUTE_PTR public, CK_ULONG public_count, CK_ATTRIBUTE_PTR private,
                        CK_ULONG private_count, CK_OBJECT_HANDLE_PTR public_key,
                        CK_OBJECT_HANDLE_PTR private_key)
{
    if (mechanism->mechanism == CKM_EC_KEY_PAIR_GEN)
        return CKR_MECHANISM_INVALID;
    return real->C_GenerateKeyPair(session, mechanism, public, public_count, private,
                                   private_count, public_key, private_key);
}

static CK_RV no_secret_key(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                           CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR key)
{
    (void)session;
    (void)mechanism;
    (void)template;
    (void)count;
    *key = CK_INVALID_HANDLE;
    return CKR_MECHANISM_INVALID;
}

static CK_RV no_wrap(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE kek,
                     CK_OBJECT_HANDLE key, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
    (void)session;
    (void)mechanism;
    (void)kek;
    (void)key;
    (void)out;
    (void)len;
    return CKR_FUNCTION_NOT_SUPPORTED;
}

/* As TPMs: such a signature is 132 octets long. */
static CK_RV no_p521_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len,
                          CK_BYTE_PTR sig, CK_ULONG_PTR sig_len)
{
    CK_RV rv = real->C_Sign(session, data, len, sig, sig_len);
    return rv == CKR_OK && *sig_len == 132 ? CKR_FUNCTION_FAILED : rv;
}

static int wrong_at; /* the HMAC that comes out wrong; counts down */

static CK_RV wrong_once(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len, CK_BYTE_PTR sig,
                        CK_ULONG_PTR sig_len)
{
    CK_RV rv = real->C_Sign(session, data, len, sig, sig_len);
    if (rv == CKR_OK && *sig_len == HSM_TAG_SIZE && wrong_at-- == 0)
        sig[7] ^= 0x10;
    return rv;
}

/* ---- setting up ---- */

static int group_setup(void **state)
{
    (void)state;
    struct hsm_name kek = hsm_kit_name("kek");
    struct hsm_name mac = hsm_kit_name("mac");
    log_open("test", LOG_LEVEL_ERROR);
    int r = hsm_kit_open(&kit, HSM_KIT_SOFTHSM);
    r = r != 0 ? r : hsm_open(&kit.config, &h);
    r = r != 0 ? r : hsm_secret_generate(h, &kek, HSM_SECRET_KEK_EXPORT);
    r = r != 0 ? r : hsm_secret_generate(h, &mac, HSM_SECRET_MAC);
    r = r != 0 ? r : hsm_secret_find(h, &kek, HSM_SECRET_KEK_EXPORT, &custody.kek);
    r = r != 0 ? r : hsm_secret_find(h, &mac, HSM_SECRET_MAC, &custody.mac);
    real = r == 0 ? h->p11 : NULL;
    return r;
}

static int group_teardown(void **state)
{
    (void)state;
    hsm_close(h);
    hsm_kit_close(&kit);
    return 0;
}

static int poor_setup(void **state)
{
    (void)state;
    poor = *real;
    h->p11 = &poor;
    return 0;
}

static int poor_teardown(void **state)
{
    (void)state;
    h->p11 = real;
    return 0;
}

static void visit_count(void *context, const struct hsm_name *name, bool public_found)
{
    (void)name;
    (void)public_found;
    ++*(unsigned *)context;
}

static unsigned pairs_count(void)
{
    unsigned count = 0;
    assert_int_equal(hsm_pair_list(h, "", visit_count, &count), 0);
    return count;
}

static void authority_works(enum key_alg alg)
{
    struct hsm_name name = hsm_kit_name("authority");
    struct hsm_key *key = NULL;
    struct buf spki = {0};
    struct buf sig = {0};
    struct slice message = slice_text("message");
    assert_int_equal(hsm_pair_generate(h, &name, alg, &spki), 0);
    assert_int_equal(hsm_pair_find(h, &name, buf_slice(&spki), &key), 0);
    assert_int_equal(hsm_sign(h, key, sig_alg_default(alg), message, &sig), 0);
    assert_true(hsm_kit_verifies(buf_slice(&spki), sig_alg_default(alg), message, buf_slice(&sig)));
    assert_int_equal(hsm_pair_destroy(h, &name), 0);
    buf_free(&spki);
    buf_free(&sig);
}

static void authority_is_refused(enum key_alg alg)
{
    struct hsm_name name = hsm_kit_name("refused");
    struct buf spki = {0};
    assert_int_equal(hsm_pair_generate(h, &name, alg, &spki), CH_EUNSUPPORTED);
    assert_int_equal(spki.len, 0);
}

static void assert_ca_keys_only(void)
{
    struct hsm_wrapped wrapped;
    assert_false(h->capabilities.wrap_private);
    assert_string_equal(h->capabilities.custody, "ca-keys-only");
    assert_string_equal(h->capabilities.wrap_format, "none");
    assert_int_equal(hsm_subscriber_generate(h, &custody, KEY_ALG_P256, slice_text(ARN), true,
                                             &wrapped),
                     CH_EUNSUPPORTED);
}

/* ---- poor tokens ---- */

static void a_token_without_session_pairs_still_holds_authorities(void **state)
{
    (void)state;
    poor.C_GenerateKeyPair = tpm_pair;
    poor.C_GenerateKey = no_secret_key;
    assert_int_equal(selftest_run(h), 0);
    assert_int_equal(h->capabilities.key_algs, ALL_EC | ALL_RSA);
    assert_true(h->capabilities.pss);
    assert_true(h->capabilities.p521);
    assert_false(h->capabilities.hmac);
    assert_false(h->capabilities.aes);
    assert_ca_keys_only();
    assert_int_equal(pairs_count(), 0);
    authority_works(KEY_ALG_P384);
    authority_works(KEY_ALG_RSA_2048);
}

static void a_token_without_ec_is_refused_ec_authorities(void **state)
{
    (void)state;
    poor.C_GenerateKeyPair = no_ec_pair;
    assert_int_equal(selftest_run(h), 0);
    assert_int_equal(h->capabilities.key_algs, ALL_RSA);
    assert_false(h->capabilities.ec);
    authority_is_refused(KEY_ALG_P256);
    authority_is_refused(KEY_ALG_P521);
    authority_works(KEY_ALG_RSA_2048);
}

static void a_curve_that_makes_keys_but_no_signatures_is_not_supported(void **state)
{
    (void)state;
    poor.C_Sign = no_p521_sign;
    assert_int_equal(selftest_run(h), 0);
    assert_int_equal(h->capabilities.key_algs, ALL_RSA | ALG(P256) | ALG(P384));
    assert_false(h->capabilities.p521);
    assert_true(h->capabilities.wrap_private);
    authority_is_refused(KEY_ALG_P521);
    assert_int_equal(pairs_count(), 0);
}

static void a_token_that_does_not_wrap_keeps_authorities_only(void **state)
{
    (void)state;
    poor.C_WrapKey = no_wrap;
    assert_int_equal(selftest_run(h), 0);
    assert_true(h->capabilities.hmac);
    assert_ca_keys_only();
    authority_works(KEY_ALG_P256);
}

static void the_right_to_decrypt_is_given_only_where_it_must_be(void **state)
{
    (void)state;
    poor.C_GenerateKeyPair = tpm_pair;
    assert_int_equal(selftest_run(h), 0);
    assert_true(h->rsa_decrypts);
    h->p11 = real;
    assert_int_equal(selftest_run(h), 0);
    assert_false(h->rsa_decrypts);
    assert_string_equal(h->capabilities.custody, "hsm");
}

/* ---- wrong once ---- */

static void a_tag_that_came_out_wrong_is_not_handed_out(void **state)
{
    (void)state;
    struct hsm_wrapped wrapped;
    assert_int_equal(selftest_run(h), 0);
    poor.C_Sign = wrong_once;
    for (int at = 0; at < 2; at++) {
        wrong_at = at;
        assert_int_equal(hsm_subscriber_generate(h, &custody, KEY_ALG_P256, slice_text(ARN), true,
                                                 &wrapped),
                         CH_EHSM);
        assert_int_equal(wrapped.blob.len, 0);
    }
}

static void a_key_made_after_a_wrong_tag_can_be_used(void **state)
{
    (void)state;
    struct hsm_wrapped wrapped;
    struct buf sig = {0};
    struct slice message = slice_text("message");
    assert_int_equal(selftest_run(h), 0);
    poor.C_Sign = wrong_once;
    wrong_at = 2; /* after the two of the making: at the first use */
    assert_int_equal(hsm_subscriber_generate(h, &custody, KEY_ALG_P256, slice_text(ARN), true,
                                             &wrapped),
                     0);
    assert_int_equal(hsm_subscriber_sign(h, &custody, &wrapped, slice_text(ARN),
                                         SIG_ALG_SHA256WITHECDSA, message, &sig),
                     CH_EINTEGRITY);
    assert_int_equal(hsm_subscriber_sign(h, &custody, &wrapped, slice_text(ARN),
                                         SIG_ALG_SHA256WITHECDSA, message, &sig),
                     0);
    assert_true(hsm_kit_verifies(buf_slice(&wrapped.spki), SIG_ALG_SHA256WITHECDSA, message,
                                 buf_slice(&sig)));
    hsm_wrapped_free(&wrapped);
    buf_free(&sig);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, poor_setup, poor_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_token_without_session_pairs_still_holds_authorities),
        CASE(a_token_without_ec_is_refused_ec_authorities),
        CASE(a_curve_that_makes_keys_but_no_signatures_is_not_supported),
        CASE(a_token_that_does_not_wrap_keeps_authorities_only),
        CASE(the_right_to_decrypt_is_given_only_where_it_must_be),
        CASE(a_tag_that_came_out_wrong_is_not_handed_out),
        CASE(a_key_made_after_a_wrong_tag_can_be_used),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
