/*
 * test_hsm_parts.c - the parts of hsm/ that need no token: return values, the LRU, public
 * keys, templates, fsync, fields of a MAC.
 */
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- return values ---- */

static void each_return_value_has_a_name_a_class_and_a_code(void **state)
{
    (void)state;
    struct {
        CK_RV rv;
        const char *name;
        enum rv_class class;
        int code;
    } cases[] = {
        {CKR_OK, "CKR_OK", RV_CLASS_OK, 0},
        {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED", RV_CLASS_SESSION, CH_EHSM},
        {CKR_OPERATION_ACTIVE, "CKR_OPERATION_ACTIVE", RV_CLASS_SESSION, CH_EHSM},
        {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID", RV_CLASS_LOGIN, CH_EHSM},
        {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", RV_CLASS_LOGIN, CH_EHSM},
        {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", RV_CLASS_MODULE, CH_EHSM},
        {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED", RV_CLASS_MODULE, CH_EHSM},
        {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", RV_CLASS_GENERAL, CH_EHSM},
        {CKR_SESSION_COUNT, "CKR_SESSION_COUNT", RV_CLASS_COUNT, CH_EHSM},
        {CKR_PIN_LOCKED, "CKR_PIN_LOCKED", RV_CLASS_PIN, CH_EPIN},
        {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", RV_CLASS_FAIL, CH_EUNSUPPORTED},
        {CKR_WRAPPED_KEY_INVALID, "CKR_WRAPPED_KEY_INVALID", RV_CLASS_FAIL, CH_EINTEGRITY},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct rv_row *row = rv_row_find(cases[i].rv);
        assert_string_equal(row->name, cases[i].name);
        assert_int_equal(row->class, cases[i].class);
        assert_int_equal(row->code, cases[i].code);
    }
}

static void every_refusal_of_a_pin_is_fatal(void **state)
{
    (void)state;
    const CK_RV pins[] = {CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED,
                          CKR_PIN_LOCKED, CKR_PIN_TOO_WEAK, CKR_USER_PIN_NOT_INITIALIZED};
    for (size_t i = 0; i < COUNT_OF(pins); i++) {
        assert_int_equal(rv_row_find(pins[i])->class, RV_CLASS_PIN);
        assert_int_equal(rv_row_find(pins[i])->code, CH_EPIN);
    }
}

static void a_value_that_nobody_knows_fails_the_request_only(void **state)
{
    (void)state;
    const CK_RV strange[] = {0x80001234UL, 0x3ffUL, ~0UL, 0xcd480000UL};
    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        assert_int_equal(rv_row_find(strange[i])->class, RV_CLASS_FAIL);
        assert_int_equal(rv_row_find(strange[i])->code, CH_EHSM);
        assert_non_null(rv_name(strange[i]));
    }
}

static void our_own_codes_pass_through_a_return_value_unchanged(void **state)
{
    (void)state;
    assert_int_equal(rv_from_code(0), CKR_OK);
    assert_false(rv_is_code(CKR_GENERAL_ERROR));
    assert_false(rv_is_code(RV_TOKEN_LOST));
    for (int code = CH_EINVAL; code >= CH_ESYS; code--) {
        assert_true(rv_is_code(rv_from_code(code)));
        assert_int_equal(rv_row_find(rv_from_code(code))->code, code);
        assert_int_equal(rv_row_find(rv_from_code(code))->class, RV_CLASS_FAIL);
    }
}

/* ---- LRU ---- */

struct lru_case {
    uint8_t tag[HSM_TAG_SIZE];
    uint8_t digest[32];
};

static struct lru_case lru_case(uint8_t n)
{
    struct lru_case c;
    memset(c.tag, n, sizeof(c.tag));
    memset(c.digest, n + 100, sizeof(c.digest));
    return c;
}

static CK_OBJECT_HANDLE lru_fill(struct lru *lru, uint8_t n)
{
    struct lru_case c = lru_case(n);
    struct lru_entry *entry = NULL;
    CK_OBJECT_HANDLE evicted = 0;
    lru_add(lru, c.tag, c.digest, (CK_OBJECT_HANDLE)1000 + n, &entry, &evicted);
    assert_non_null(entry);
    assert_int_equal(lru_handle(entry), 1000 + n);
    assert_int_equal(lru_put(lru, entry), CK_INVALID_HANDLE);
    return evicted;
}

static bool lru_has(struct lru *lru, uint8_t n)
{
    struct lru_case c = lru_case(n);
    struct lru_entry *entry = lru_get(lru, c.tag, c.digest);
    if (entry != NULL)
        assert_int_equal(lru_put(lru, entry), CK_INVALID_HANDLE);
    return entry != NULL;
}

static void the_key_unused_for_longest_makes_room(void **state)
{
    (void)state;
    struct lru *lru = lru_new(3);
    assert_int_equal(lru_fill(lru, 1), CK_INVALID_HANDLE);
    assert_int_equal(lru_fill(lru, 2), CK_INVALID_HANDLE);
    assert_int_equal(lru_fill(lru, 3), CK_INVALID_HANDLE);
    assert_true(lru_has(lru, 1));
    assert_int_equal(lru_fill(lru, 4), 1002);
    assert_int_equal(lru_fill(lru, 5), 1003);
    assert_true(lru_has(lru, 1) && lru_has(lru, 4) && lru_has(lru, 5));
    assert_false(lru_has(lru, 2) || lru_has(lru, 3));
    assert_int_equal(lru_count(lru), 3);
    lru_free(lru);
}

static void a_tag_with_other_bytes_behind_it_is_a_miss_and_is_not_kept(void **state)
{
    (void)state;
    struct lru *lru = lru_new(3);
    struct lru_case c = lru_case(1);
    struct lru_entry *entry = NULL;
    CK_OBJECT_HANDLE evicted = 0;
    lru_fill(lru, 1);
    c.digest[31] ^= 1;
    assert_null(lru_get(lru, c.tag, c.digest));
    lru_add(lru, c.tag, c.digest, 77, &entry, &evicted);
    assert_null(entry);
    assert_int_equal(evicted, 77);
    assert_true(lru_has(lru, 1));
    lru_free(lru);
}

static void a_key_that_is_held_is_not_evicted(void **state)
{
    (void)state;
    struct lru *lru = lru_new(1);
    struct lru_case a = lru_case(1);
    struct lru_case b = lru_case(2);
    struct lru_entry *held = NULL;
    struct lru_entry *entry = NULL;
    CK_OBJECT_HANDLE evicted = 0;
    lru_add(lru, a.tag, a.digest, 1001, &held, &evicted);
    lru_add(lru, b.tag, b.digest, 1002, &entry, &evicted);
    assert_null(entry);
    assert_int_equal(evicted, 1002);
    assert_int_equal(lru_put(lru, held), CK_INVALID_HANDLE);
    lru_add(lru, b.tag, b.digest, 1002, &entry, &evicted);
    assert_int_equal(evicted, 1001);
    assert_int_equal(lru_put(lru, entry), CK_INVALID_HANDLE);
    lru_free(lru);
}

static void a_key_removed_while_it_is_held_is_destroyed_by_the_last_holder(void **state)
{
    (void)state;
    struct lru *lru = lru_new(2);
    struct lru_case c = lru_case(1);
    struct lru_entry *first = NULL;
    CK_OBJECT_HANDLE evicted = 0;
    lru_add(lru, c.tag, c.digest, 1001, &first, &evicted);
    struct lru_entry *second = lru_get(lru, c.tag, c.digest);
    assert_ptr_equal(first, second);
    assert_int_equal(lru_remove(lru, c.tag), CK_INVALID_HANDLE);
    assert_int_equal(lru_count(lru), 0);
    assert_int_equal(lru_put(lru, first), CK_INVALID_HANDLE);
    assert_int_equal(lru_put(lru, second), 1001);
    assert_int_equal(lru_remove(lru, c.tag), CK_INVALID_HANDLE);
    lru_free(lru);
}

static void the_second_of_two_that_add_the_same_key_uses_the_first_ones(void **state)
{
    (void)state;
    struct lru *lru = lru_new(2);
    struct lru_case c = lru_case(1);
    struct lru_entry *first = NULL;
    struct lru_entry *second = NULL;
    CK_OBJECT_HANDLE evicted = 0;
    lru_add(lru, c.tag, c.digest, 1001, &first, &evicted);
    assert_int_equal(evicted, CK_INVALID_HANDLE);
    lru_add(lru, c.tag, c.digest, 1002, &second, &evicted);
    assert_ptr_equal(first, second);
    assert_int_equal(evicted, 1002);
    lru_put(lru, first);
    lru_put(lru, second);
    assert_int_equal(lru_remove(lru, c.tag), 1001);
    lru_free(lru);
}

static void clearing_forgets_all_keys(void **state)
{
    (void)state;
    struct lru *lru = lru_new(8);
    for (uint8_t n = 0; n < 8; n++)
        lru_fill(lru, n);
    lru_clear(lru);
    assert_int_equal(lru_count(lru), 0);
    for (uint8_t n = 0; n < 8; n++)
        assert_false(lru_has(lru, n));
    lru_fill(lru, 3);
    assert_true(lru_has(lru, 3));
    lru_free(lru);
}

/* ---- public keys ---- */

static void a_public_key_survives_encoding_and_parsing(void **state)
{
    (void)state;
    const char *curves[] = {"P-256", "P-384", "P-521"};
    const enum key_alg algs[] = {KEY_ALG_P256, KEY_ALG_P384, KEY_ALG_P521};
    const size_t point_len[] = {65, 97, 133};
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY *key = EVP_EC_gen(curves[i]);
        EVP_PKEY *back = NULL;
        enum key_alg alg = KEY_ALG_NONE;
        struct buf spki = {0};
        uint8_t point[160];
        size_t len = 0;
        assert_int_equal(public_encode(key, &spki), 0);
        assert_int_equal(public_parse(buf_slice(&spki), &back, &alg), 0);
        assert_int_equal(alg, algs[i]);
        assert_int_equal(EVP_PKEY_eq(key, back), 1);
        assert_int_equal(public_point(back, point, sizeof(point), &len), 0);
        assert_int_equal(len, point_len[i]);
        assert_int_equal(point[0], 4);
        assert_int_not_equal(curve_params(alg).len, 0);
        buf_free(&spki);
        EVP_PKEY_free(key);
        EVP_PKEY_free(back);
    }
}

static void public_keys_of_other_types_are_not_supported(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = {EVP_EC_gen("secp256k1"), EVP_RSA_gen(1536),
                        EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct buf spki = {0};
        EVP_PKEY *back = NULL;
        enum key_alg alg = KEY_ALG_P256;
        assert_non_null(keys[i]);
        assert_int_equal(public_encode(keys[i], &spki), 0);
        assert_int_equal(public_parse(buf_slice(&spki), &back, &alg), CH_EUNSUPPORTED);
        assert_null(back);
        assert_int_equal(alg, KEY_ALG_NONE);
        buf_free(&spki);
        EVP_PKEY_free(keys[i]);
    }
}

static void modulus_and_exponent_come_without_leading_zeros(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    struct buf n = {0};
    struct buf e = {0};
    assert_int_equal(public_rsa(key, &n, &e), 0);
    assert_int_equal(n.len, 256);
    assert_true(n.data[0] & 0x80);
    assert_int_equal(e.len, 3);
    assert_memory_equal(e.data, "\x01\x00\x01", 3);
    buf_free(&n);
    buf_free(&e);
    EVP_PKEY_free(key);
}

static void only_curves_that_we_have_have_parameters(void **state)
{
    (void)state;
    assert_int_equal(curve_params(KEY_ALG_RSA_2048).len, 0);
    assert_int_equal(curve_params(KEY_ALG_NONE).len, 0);
}

/* ---- small things ---- */

static void fields_of_a_mac_cannot_be_shifted_into_each_other(void **state)
{
    (void)state;
    struct buf a = {0};
    struct buf b = {0};
    assert_int_equal(mac_put_field(&a, slice_text("ab")), 0);
    assert_int_equal(mac_put_field(&a, slice_text("c")), 0);
    assert_int_equal(mac_put_field(&b, slice_text("a")), 0);
    assert_int_equal(mac_put_field(&b, slice_text("bc")), 0);
    assert_int_equal(a.len, 11);
    assert_int_equal(b.len, 11);
    assert_memory_not_equal(a.data, b.data, 11);
    assert_memory_equal(a.data, "\0\0\0\2ab\0\0\0\1c", 11);
    buf_free(&a);
    buf_free(&b);
}

static void the_classes_of_kek_have_different_labels_on_the_token(void **state)
{
    (void)state;
    struct hsm_name name = {.label = "kek"};
    char labels[3][SECRET_LABEL_MAX];
    secret_label(&name, HSM_SECRET_KEK_EXPORT, labels[0]);
    secret_label(&name, HSM_SECRET_KEK_NO_EXPORT, labels[1]);
    secret_label(&name, HSM_SECRET_MAC, labels[2]);
    assert_string_not_equal(labels[0], labels[1]);
    assert_string_equal(labels[2], "kek");
    memset(name.label, 'x', sizeof(name.label) - 1);
    secret_label(&name, HSM_SECRET_KEK_NO_EXPORT, labels[0]);
    assert_non_null(strstr(labels[0], "(no export)"));
}

static void a_template_holds_types_values_and_lengths(void **state)
{
    (void)state;
    const CK_ULONG number = 42;
    struct template t = {.count = 0};
    template_put_bool(&t, CKA_TOKEN, true);
    template_put_bool(&t, CKA_PRIVATE, false);
    template_put_ulong(&t, CKA_VALUE_LEN, &number);
    template_put(&t, CKA_LABEL, "abc", 3);
    assert_int_equal(t.count, 4);
    assert_int_equal(*(const CK_BBOOL *)t.at[0].pValue, CK_TRUE);
    assert_int_equal(*(const CK_BBOOL *)t.at[1].pValue, CK_FALSE);
    assert_int_equal(*(const CK_ULONG *)t.at[2].pValue, 42);
    assert_int_equal(t.at[3].type, CKA_LABEL);
    assert_int_equal(t.at[3].ulValueLen, 3);
}

static void a_folder_is_synced_with_all_below_it_and_a_missing_one_fails(void **state)
{
    (void)state;
    char folder[] = "/tmp/chancery-fsync-XXXXXX";
    char path[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/sub", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/sub/file", folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    assert_int_equal(folder_fsync(folder), 0);
    assert_int_equal(folder_fsync(NULL), 0);
    assert_int_equal(folder_fsync(""), 0);
    assert_int_equal(folder_fsync("/nonexistent/folder"), CH_EIO);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/sub", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void the_transport_form_is_rfc_5649_and_notices_changes(void **state)
{
    (void)state;
    /* RFC 5649 section 6 has 192-bit keys; here the length and the check value are what counts. */
    struct transport t = {.handle = CK_INVALID_HANDLE, .key = secret_copy("0123456789abcdef"
                                                                          "0123456789abcdef",
                                                                          32)};
    struct buf blob = {0};
    struct secret *clear = NULL;
    const size_t lengths[] = {1, 7, 8, 9, 67, 1217};
    uint8_t text[1217];
    memset(text, 0x5a, sizeof(text));
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        assert_int_equal(transport_wrap(&t, slice_of(text, lengths[i]), &blob), 0);
        assert_int_equal(blob.len, (lengths[i] + 7) / 8 * 8 + 8);
        assert_int_equal(transport_unwrap(&t, buf_slice(&blob), &clear), 0);
        assert_true(slice_equal(secret_slice(clear), slice_of(text, lengths[i])));
        secret_free(clear);
        blob.data[blob.len / 2] ^= 1;
        assert_int_equal(transport_unwrap(&t, buf_slice(&blob), &clear), CH_EINTEGRITY);
        assert_null(clear);
    }
    assert_int_equal(transport_unwrap(&t, slice_text("short"), &clear), CH_EINTEGRITY);
    assert_int_equal(transport_unwrap(&t, slice_of(text, 20), &clear), CH_EINTEGRITY);
    assert_int_equal(transport_wrap(&t, slice_of(NULL, 0), &blob), CH_EINVAL);
    buf_free(&blob);
    secret_free(t.key);
}

static struct secret *pkcs8_of(EVP_PKEY *key)
{
    struct secret *der = NULL;
    assert_non_null(key);
    assert_int_equal(pkcs8_encode(key, &der), 0);
    return der;
}

static void private_keys_of_each_type_come_apart_and_show_their_public_half(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-384"), EVP_EC_gen("P-521"),
                        EVP_RSA_gen(1024),   EVP_RSA_gen(2048),   EVP_RSA_gen(3072)};
    const enum key_alg algs[] = {KEY_ALG_P256,     KEY_ALG_P384,     KEY_ALG_P521,
                                 KEY_ALG_RSA_1024, KEY_ALG_RSA_2048, KEY_ALG_RSA_3072};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct private_parts parts;
        struct buf spki = {0}, expected = {0};
        struct secret *der = pkcs8_of(keys[i]);
        assert_true(private_split(secret_slice(der), &parts));
        assert_int_equal(parts.alg, algs[i]);
        assert_true(private_whole(&parts));
        assert_true(private_fits(&parts));
        assert_int_equal(private_spki(&parts, &spki), 0);
        assert_int_equal(public_encode(keys[i], &expected), 0);
        assert_true(slice_equal(buf_slice(&spki), buf_slice(&expected)));
        EVP_PKEY *public = public_of_private(&parts);
        assert_int_equal(EVP_PKEY_eq(public, keys[i]), 1);
        EVP_PKEY_free(public);
        buf_free(&spki);
        buf_free(&expected);
        secret_free(der);
        EVP_PKEY_free(keys[i]);
    }
}

/* Every header and every tag counts: no octet of the frame may be another. */
static void a_private_key_that_is_cut_or_longer_or_framed_otherwise_stays_whole(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_RSA_gen(2048)};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct private_parts parts;
        struct secret *der = pkcs8_of(keys[i]);
        struct slice all = secret_slice(der);
        for (size_t len = 0; len < all.len; len++)
            assert_false(private_split(slice_of(all.data, len), &parts));
        struct secret *longer = secret_new(all.len + 1);
        memcpy(secret_data(longer), all.data, all.len);
        assert_false(private_split(secret_slice(longer), &parts));
        for (size_t at = 0; at < 33; at++) {
            secret_data(der)[at] ^= 0x40;
            assert_false(private_split(secret_slice(der), &parts));
            secret_data(der)[at] ^= 0x40;
        }
        assert_true(private_split(secret_slice(der), &parts));
        secret_free(longer);
        secret_free(der);
        EVP_PKEY_free(keys[i]);
    }
}

static void a_scalar_has_the_range_and_the_point_of_its_curve(void **state)
{
    (void)state;
    struct private_parts mine, other;
    uint8_t scalar[32] = {0};
    EVP_PKEY *keys[2] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-256")};
    struct secret *ders[2] = {pkcs8_of(keys[0]), pkcs8_of(keys[1])};
    assert_true(private_split(secret_slice(ders[0]), &mine));
    assert_true(private_split(secret_slice(ders[1]), &other));
    other.public = mine.public;
    assert_true(private_whole(&other));
    assert_false(private_fits(&other));
    mine.number[PRIVATE_SCALAR] = slice_of(scalar, sizeof(scalar));
    assert_false(private_whole(&mine));
    memset(scalar, 0xff, sizeof(scalar));
    assert_false(private_whole(&mine));
    for (size_t i = 0; i < 2; i++) {
        secret_free(ders[i]);
        EVP_PKEY_free(keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_return_value_has_a_name_a_class_and_a_code),
        cmocka_unit_test(every_refusal_of_a_pin_is_fatal),
        cmocka_unit_test(a_value_that_nobody_knows_fails_the_request_only),
        cmocka_unit_test(our_own_codes_pass_through_a_return_value_unchanged),
        cmocka_unit_test(the_key_unused_for_longest_makes_room),
        cmocka_unit_test(a_tag_with_other_bytes_behind_it_is_a_miss_and_is_not_kept),
        cmocka_unit_test(a_key_that_is_held_is_not_evicted),
        cmocka_unit_test(a_key_removed_while_it_is_held_is_destroyed_by_the_last_holder),
        cmocka_unit_test(the_second_of_two_that_add_the_same_key_uses_the_first_ones),
        cmocka_unit_test(clearing_forgets_all_keys),
        cmocka_unit_test(a_public_key_survives_encoding_and_parsing),
        cmocka_unit_test(public_keys_of_other_types_are_not_supported),
        cmocka_unit_test(modulus_and_exponent_come_without_leading_zeros),
        cmocka_unit_test(only_curves_that_we_have_have_parameters),
        cmocka_unit_test(fields_of_a_mac_cannot_be_shifted_into_each_other),
        cmocka_unit_test(the_classes_of_kek_have_different_labels_on_the_token),
        cmocka_unit_test(a_template_holds_types_values_and_lengths),
        cmocka_unit_test(a_folder_is_synced_with_all_below_it_and_a_missing_one_fails),
        cmocka_unit_test(private_keys_of_each_type_come_apart_and_show_their_public_half),
        cmocka_unit_test(a_private_key_that_is_cut_or_longer_or_framed_otherwise_stays_whole),
        cmocka_unit_test(a_scalar_has_the_range_and_the_point_of_its_curve),
        cmocka_unit_test(the_transport_form_is_rfc_5649_and_notices_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
