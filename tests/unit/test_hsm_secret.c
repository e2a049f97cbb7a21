/*
 * test_hsm_secret.c - system secrets of the token: KEKs, MACs and seals; on each token that
 * hsm_kit knows.
 */
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/internal.h"
#include "tests/unit/hsm_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct hsm_kit kit;
static struct hsm *h;

static int group_setup(void **state)
{
    (void)state;
    log_open("test", LOG_LEVEL_ERROR);
    int r = hsm_kit_open(&kit, hsm_kit_wanted());
    return r == 0 ? hsm_open(&kit.config, &h) : r;
}

static int group_teardown(void **state)
{
    (void)state;
    hsm_close(h);
    hsm_kit_close(&kit);
    return secret_count() == 0 ? 0 : -1;
}

/* A pair for the tests that need just one. */
struct pair {
    struct hsm_name name;
    struct buf spki;
    struct hsm_key *key;
};

static struct pair pair_open(const char *label)
{
    struct pair p = {.name = hsm_kit_name(label)};
    assert_int_equal(hsm_pair_generate(h, &p.name, KEY_ALG_P256, &p.spki), 0);
    assert_int_equal(hsm_pair_find(h, &p.name, buf_slice(&p.spki), &p.key), 0);
    return p;
}

static void pair_close(struct pair *p)
{
    assert_int_equal(hsm_pair_destroy(h, &p->name), 0);
    buf_free(&p->spki);
}

struct attribute_check {
    struct hsm_key *key;
    CK_ATTRIBUTE_TYPE type;
    bool value;
};

static CK_RV op_attribute(struct hsm *of, CK_SESSION_HANDLE session, void *context)
{
    struct attribute_check *check = context;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(of, session, check->key, &handle);
    return rv == CKR_OK ? object_read_bool(of, session, handle, check->type, &check->value) : rv;
}

static bool attribute_of(struct hsm_key *key, CK_ATTRIBUTE_TYPE type)
{
    struct attribute_check check = {key, type, false};
    assert_int_equal(hsm_run(h, op_attribute, &check), 0);
    return check.value;
}

/* ---- secrets ---- */

static struct hsm_key *secret_open(const struct hsm_name *name, enum hsm_secret_kind kind)
{
    struct hsm_key *key = NULL;
    assert_int_equal(hsm_secret_generate(h, name, kind), 0);
    assert_int_equal(hsm_secret_find(h, name, kind, &key), 0);
    return key;
}

static void a_kek_wraps_and_does_nothing_else(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("kek");
    for (enum hsm_secret_kind kind = HSM_SECRET_KEK_EXPORT; kind <= HSM_SECRET_KEK_NO_EXPORT;
         kind++) {
        struct hsm_key *kek = secret_open(&name, kind);
        assert_true(attribute_of(kek, CKA_WRAP) && attribute_of(kek, CKA_UNWRAP));
        assert_true(attribute_of(kek, CKA_SENSITIVE) && attribute_of(kek, CKA_PRIVATE));
        assert_false(attribute_of(kek, CKA_EXTRACTABLE));
        assert_false(attribute_of(kek, CKA_ENCRYPT));
        assert_false(attribute_of(kek, CKA_DECRYPT));
        assert_false(attribute_of(kek, CKA_SIGN));
        assert_int_equal(hsm_secret_destroy(h, &name, kind), 0);
    }
}

static CK_RV op_decrypt(struct hsm *of, CK_SESSION_HANDLE session, void *context)
{
    CK_MECHANISM ecb = {CKM_AES_ECB, NULL, 0};
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(of, session, context, &handle);
    return rv == CKR_OK ? of->p11->C_DecryptInit(session, &ecb, handle) : rv;
}

static void a_kek_refuses_to_decrypt(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("kek");
    struct hsm_key *kek = secret_open(&name, HSM_SECRET_KEK_EXPORT);
    assert_int_not_equal(hsm_run(h, op_decrypt, kek), 0);
    assert_int_equal(hsm_secret_destroy(h, &name, HSM_SECRET_KEK_EXPORT), 0);
}

static void a_kek_is_found_only_as_what_it_was_made(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("class");
    struct hsm_key *key = NULL;
    assert_int_equal(hsm_secret_generate(h, &name, HSM_SECRET_KEK_NO_EXPORT), 0);
    assert_int_equal(hsm_secret_find(h, &name, HSM_SECRET_KEK_EXPORT, &key), CH_ENOTFOUND);
    assert_int_equal(hsm_secret_find(h, &name, HSM_SECRET_MAC, &key), CH_ENOTFOUND);
    assert_null(key);
    assert_int_equal(hsm_secret_find(h, &name, HSM_SECRET_KEK_NO_EXPORT, &key), 0);
    assert_int_equal(hsm_secret_generate(h, &name, HSM_SECRET_KEK_NO_EXPORT), CH_EEXISTS);
    assert_int_equal(hsm_secret_destroy(h, &name, HSM_SECRET_KEK_NO_EXPORT), 0);
    assert_int_equal(hsm_secret_find(h, &name, HSM_SECRET_KEK_NO_EXPORT, &key), CH_ENOTFOUND);
}

static void macs_depend_on_key_and_message(void **state)
{
    (void)state;
    struct hsm_name names[2] = {hsm_kit_name("mac one"), hsm_kit_name("mac two")};
    struct hsm_key *a = secret_open(&names[0], HSM_SECRET_MAC);
    struct hsm_key *b = secret_open(&names[1], HSM_SECRET_MAC);
    uint8_t tags[4][HSM_TAG_SIZE];
    assert_int_equal(hsm_mac(h, a, slice_text("m"), tags[0]), 0);
    assert_int_equal(hsm_mac(h, a, slice_text("m"), tags[1]), 0);
    assert_int_equal(hsm_mac(h, a, slice_text("n"), tags[2]), 0);
    assert_int_equal(hsm_mac(h, b, slice_text("m"), tags[3]), 0);
    assert_memory_equal(tags[0], tags[1], HSM_TAG_SIZE);
    assert_memory_not_equal(tags[0], tags[2], HSM_TAG_SIZE);
    assert_memory_not_equal(tags[0], tags[3], HSM_TAG_SIZE);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(hsm_secret_destroy(h, &names[i], HSM_SECRET_MAC), 0);
    assert_int_equal(hsm_mac(h, a, slice_text("m"), tags[0]), CH_ENOTFOUND);
}

static void keys_are_refused_for_what_they_are_not_for(void **state)
{
    (void)state;
    struct hsm_name kek_name = hsm_kit_name("kek");
    struct hsm_key *kek = secret_open(&kek_name, HSM_SECRET_KEK_EXPORT);
    struct pair p = pair_open("pair");
    struct buf out = {0};
    uint8_t tag[HSM_TAG_SIZE];
    assert_int_equal(hsm_mac(h, kek, slice_text("m"), tag), CH_EINVAL);
    assert_int_equal(hsm_mac(h, p.key, slice_text("m"), tag), CH_EINVAL);
    assert_int_equal(hsm_sign(h, kek, SIG_ALG_SHA256WITHECDSA, slice_text("m"), &out), CH_EINVAL);
    assert_int_equal(hsm_sign(h, p.key, SIG_ALG_NONE, slice_text("m"), &out), CH_EINVAL);
    assert_int_equal(hsm_seal(h, kek, slice_text("c"), slice_text("s"), &out), CH_EINVAL);
    buf_free(&out);
    pair_close(&p);
    assert_int_equal(hsm_secret_destroy(h, &kek_name, HSM_SECRET_KEK_EXPORT), 0);
}

/* ---- seals ---- */

static void a_sealed_secret_opens_in_its_context_only(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("seal");
    struct hsm_key *mac = secret_open(&name, HSM_SECRET_MAC);
    struct buf sealed = {0};
    struct secret *clear = NULL;
    assert_int_equal(hsm_seal(h, mac, slice_text("row 1"), slice_text("secret"), &sealed), 0);
    assert_null(memmem(sealed.data, sealed.len, "secret", 6));
    assert_int_equal(hsm_unseal(h, mac, slice_text("row 2"), buf_slice(&sealed), &clear),
                     CH_EINTEGRITY);
    assert_null(clear);
    assert_int_equal(hsm_unseal(h, mac, slice_text("row 1"), buf_slice(&sealed), &clear), 0);
    assert_true(slice_is(secret_slice(clear), "secret"));
    secret_free(clear);
    buf_free(&sealed);
    assert_int_equal(hsm_secret_destroy(h, &name, HSM_SECRET_MAC), 0);
}

static void two_seals_of_the_same_secret_differ(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("seal");
    struct hsm_key *mac = secret_open(&name, HSM_SECRET_MAC);
    struct buf a = {0};
    struct buf b = {0};
    assert_int_equal(hsm_seal(h, mac, slice_text("row"), slice_text("secret"), &a), 0);
    assert_int_equal(hsm_seal(h, mac, slice_text("row"), slice_text("secret"), &b), 0);
    assert_false(slice_equal(buf_slice(&a), buf_slice(&b)));
    buf_free(&a);
    buf_free(&b);
    assert_int_equal(hsm_secret_destroy(h, &name, HSM_SECRET_MAC), 0);
}

static void a_seal_with_any_octet_changed_or_missing_does_not_open(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("seal");
    struct hsm_key *mac = secret_open(&name, HSM_SECRET_MAC);
    struct buf sealed = {0};
    struct secret *clear = NULL;
    struct slice context = slice_text("row");
    assert_int_equal(hsm_seal(h, mac, context, slice_text("secret"), &sealed), 0);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.data[i] ^= 0x40;
        assert_int_equal(hsm_unseal(h, mac, context, buf_slice(&sealed), &clear), CH_EINTEGRITY);
        assert_null(clear);
        sealed.data[i] ^= 0x40;
        assert_int_equal(hsm_unseal(h, mac, context, slice_of(sealed.data, i), &clear),
                         CH_EINTEGRITY);
        assert_null(clear);
    }
    buf_free(&sealed);
    assert_int_equal(hsm_secret_destroy(h, &name, HSM_SECRET_MAC), 0);
}

static void an_empty_secret_or_context_is_not_sealed(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("seal");
    struct hsm_key *mac = secret_open(&name, HSM_SECRET_MAC);
    struct buf sealed = {0};
    assert_int_equal(hsm_seal(h, mac, slice_text(""), slice_text("s"), &sealed), CH_EINVAL);
    assert_int_equal(hsm_seal(h, mac, slice_text("c"), slice_text(""), &sealed), CH_EINVAL);
    assert_int_equal(sealed.len, 0);
    buf_free(&sealed);
    assert_int_equal(hsm_secret_destroy(h, &name, HSM_SECRET_MAC), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kek_wraps_and_does_nothing_else),
        cmocka_unit_test(a_kek_refuses_to_decrypt),
        cmocka_unit_test(a_kek_is_found_only_as_what_it_was_made),
        cmocka_unit_test(macs_depend_on_key_and_message),
        cmocka_unit_test(keys_are_refused_for_what_they_are_not_for),
        cmocka_unit_test(a_sealed_secret_opens_in_its_context_only),
        cmocka_unit_test(two_seals_of_the_same_secret_differ),
        cmocka_unit_test(a_seal_with_any_octet_changed_or_missing_does_not_open),
        cmocka_unit_test(an_empty_secret_or_context_is_not_sealed),
    };
    (void)argc;
    int status = hsm_kit_each_token(argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, group_setup, group_teardown);
}
