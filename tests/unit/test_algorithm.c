/* Tests of firmware/base/algorithm.c. */
#include "firmware/base/algorithm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void every_key_algorithm_has_a_row_found_by_number_and_name(void **state)
{
    (void)state;
    for (int alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++) {
        const struct key_alg_info *info = key_alg_info((enum key_alg)alg);
        assert_non_null(info);
        assert_int_equal(info->alg, alg);
        assert_int_equal(key_alg_from_name(info->name), alg);
        assert_int_equal(info->rsa, info->curve == NULL);
    }
}

static void every_signature_algorithm_has_a_row_found_by_number_and_name(void **state)
{
    (void)state;
    for (int alg = SIG_ALG_NONE + 1; alg < SIG_ALG_COUNT; alg++) {
        const struct sig_alg_info *info = sig_alg_info((enum sig_alg)alg);
        assert_non_null(info);
        assert_int_equal(info->alg, alg);
        assert_int_equal(sig_alg_from_name(info->name), alg);
    }
}

static void numbers_outside_have_no_row(void **state)
{
    (void)state;
    assert_null(key_alg_info(KEY_ALG_NONE));
    assert_null(key_alg_info(KEY_ALG_COUNT));
    assert_null(sig_alg_info(SIG_ALG_NONE));
    assert_null(sig_alg_info(SIG_ALG_COUNT));
}

static void names_are_matched_exactly(void **state)
{
    static const char *const wrong[] = {"", "rsa_2048", "RSA_1023", "RSA_2048 ", "EC_secp256k1", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(key_alg_from_name(wrong[i]), KEY_ALG_NONE);
        assert_int_equal(sig_alg_from_name(wrong[i]), SIG_ALG_NONE);
    }
}

static void names_are_those_of_the_api(void **state)
{
    (void)state;
    assert_int_equal(key_alg_from_name("EC_prime256v1"), KEY_ALG_P256);
    assert_int_equal(key_alg_from_name("EC_secp521r1"), KEY_ALG_P521);
    assert_int_equal(sig_alg_from_name("SHA512WITHECDSA"), SIG_ALG_SHA512WITHECDSA);
}

static void only_keys_of_1024_bits_come_by_import_alone(void **state)
{
    (void)state;
    for (int k = KEY_ALG_NONE + 1; k < KEY_ALG_COUNT; k++)
        assert_int_equal(key_alg_info((enum key_alg)k)->import_only, k == KEY_ALG_RSA_1024);
}

/* The store keeps them. */
static void the_numbers_of_key_algorithms_never_change(void **state)
{
    (void)state;
    assert_int_equal(KEY_ALG_RSA_2048, 1);
    assert_int_equal(KEY_ALG_P521, 6);
    assert_int_equal(KEY_ALG_RSA_1024, 7);
}

static void a_signature_fits_only_keys_of_its_family(void **state)
{
    (void)state;
    for (int s = SIG_ALG_NONE + 1; s < SIG_ALG_COUNT; s++)
        for (int k = KEY_ALG_NONE + 1; k < KEY_ALG_COUNT; k++) {
            bool ecdsa = s >= SIG_ALG_SHA256WITHECDSA;
            bool ec = k >= KEY_ALG_P256 && k <= KEY_ALG_P521;
            assert_int_equal(sig_alg_fits_key((enum sig_alg)s, (enum key_alg)k), ecdsa == ec);
        }
    assert_false(sig_alg_fits_key(SIG_ALG_NONE, KEY_ALG_P256));
    assert_false(sig_alg_fits_key(SIG_ALG_SHA256WITHRSA, KEY_ALG_NONE));
}

static void the_default_signature_fits_and_matches_the_strength(void **state)
{
    (void)state;
    for (int k = KEY_ALG_NONE + 1; k < KEY_ALG_COUNT; k++) {
        enum sig_alg sig = sig_alg_default((enum key_alg)k);
        assert_true(sig_alg_fits_key(sig, (enum key_alg)k));
        assert_int_equal(sig_alg_info(sig)->hash, key_alg_info((enum key_alg)k)->hash);
    }
    assert_int_equal(sig_alg_default(KEY_ALG_NONE), SIG_ALG_NONE);
}

static void digests_have_their_sizes(void **state)
{
    (void)state;
    assert_int_equal(hash_alg_size(HASH_SHA256), 32);
    assert_int_equal(hash_alg_size(HASH_SHA384), 48);
    assert_int_equal(hash_alg_size(HASH_SHA512), 64);
}

/* The longest DER of SEQUENCE { INTEGER r, INTEGER s } for the field size. */
static size_t ecdsa_der_max(unsigned bits)
{
    size_t integer = (bits + 8) / 8 + 2;
    size_t content = 2 * integer;
    return content + (content > 127 ? 3 : 2);
}

static void signatures_have_room(void **state)
{
    (void)state;
    for (int k = KEY_ALG_NONE + 1; k < KEY_ALG_COUNT; k++) {
        const struct key_alg_info *info = key_alg_info((enum key_alg)k);
        assert_true(info->signature_max >= (info->rsa ? info->bits / 8 : ecdsa_der_max(info->bits)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_algorithm_has_a_row_found_by_number_and_name),
        cmocka_unit_test(every_signature_algorithm_has_a_row_found_by_number_and_name),
        cmocka_unit_test(numbers_outside_have_no_row),
        cmocka_unit_test(names_are_matched_exactly),
        cmocka_unit_test(names_are_those_of_the_api),
        cmocka_unit_test(only_keys_of_1024_bits_come_by_import_alone),
        cmocka_unit_test(the_numbers_of_key_algorithms_never_change),
        cmocka_unit_test(a_signature_fits_only_keys_of_its_family),
        cmocka_unit_test(the_default_signature_fits_and_matches_the_strength),
        cmocka_unit_test(digests_have_their_sizes),
        cmocka_unit_test(signatures_have_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
