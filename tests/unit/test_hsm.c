/*
 * test_hsm.c - making and opening a token, its pairs and their signatures; on each token
 * that hsm_kit knows.
 */
#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/evp.h"
#include "hsm/internal.h"
#include "tests/unit/hsm_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static struct hsm_kit kit;
static struct hsm *h;

#define MESSAGE "to be signed"

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

/* ---- opening ---- */

static void a_module_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    struct hsm_config c = kit.config;
    struct hsm *other = NULL;
    c.module = "/nonexistent/module.so";
    assert_int_equal(hsm_open(&c, &other), CH_EINVAL);
    assert_null(other);
}

static void a_library_that_is_no_pkcs11_module_is_refused(void **state)
{
    (void)state;
    struct hsm_config c = kit.config;
    struct hsm *other = NULL;
    c.module = "libz.so.1";
    assert_int_equal(hsm_open(&c, &other), CH_EINVAL);
    assert_null(other);
}

static void a_token_of_another_label_is_not_found(void **state)
{
    (void)state;
    struct hsm_config c = kit.config;
    struct hsm *other = NULL;
    c.token_label = "somebody else's";
    assert_int_equal(hsm_open(&c, &other), CH_ENOTFOUND);
    assert_null(other);
}

static void a_token_of_another_serial_is_not_found(void **state)
{
    (void)state;
    struct hsm_config c = kit.config;
    struct hsm *other = NULL;
    c.token_serial = "ffffffffffffffff";
    assert_int_equal(hsm_open(&c, &other), CH_ENOTFOUND);
    assert_null(other);
}

static void a_missing_pin_file_is_refused_before_the_token_is_asked(void **state)
{
    (void)state;
    struct hsm_config c = kit.config;
    struct hsm *other = NULL;
    c.pin_file = "/nonexistent/pin";
    assert_int_equal(hsm_open(&c, &other), CH_EINVAL);
    assert_null(other);
}

static void the_right_serial_opens_the_token_a_second_time(void **state)
{
    (void)state;
    struct hsm_config c = kit.config;
    struct hsm *other = NULL;
    c.token_serial = h->identity.serial;
    assert_int_equal(hsm_open(&c, &other), 0);
    assert_int_equal(hsm_ping(other), 0);
    assert_int_equal(hsm_ping(h), 0);
    hsm_close(other);
    assert_int_equal(hsm_ping(h), 0);
}

static void the_token_says_who_it_is(void **state)
{
    (void)state;
    char text[200];
    hsm_describe(h, text, sizeof(text));
    assert_non_null(strstr(text, kit.config.token_label));
    assert_non_null(strstr(text, h->identity.serial));
    char tiny[5];
    hsm_describe(h, tiny, sizeof(tiny));
    assert_int_equal(strlen(tiny), 4);
}

static void the_self_test_finds_what_this_token_can_do(void **state)
{
    (void)state;
    const struct hsm_capabilities *c = hsm_capabilities(h);
    assert_true(c->rsa && c->ec && c->p521 && c->pss && c->aes && c->hmac && c->random);
    assert_true(c->wrap_private && c->export_key);
    assert_string_equal(c->custody, "hsm");
    assert_string_equal(c->wrap_format, kit.token == HSM_KIT_NSS ? "kwp-210b" : "kwp-210a");
    for (enum key_alg alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++)
        assert_int_equal((c->key_algs & (1u << alg)) != 0, !key_alg_info(alg)->import_only);
}

static CK_RV op_count_objects(struct hsm *of, CK_SESSION_HANDLE session, void *context)
{
    CK_OBJECT_HANDLE found[64];
    struct template all = {.count = 0};
    struct template session_objects = {.count = 0};
    CK_ULONG *counts = context;
    template_put_bool(&all, CKA_TOKEN, true);
    template_put_bool(&session_objects, CKA_TOKEN, false);
    CK_RV rv = object_find(of, session, &all, found, 64, &counts[0]);
    return rv == CKR_OK ? object_find(of, session, &session_objects, found, 64, &counts[1]) : rv;
}

static void the_self_test_leaves_nothing_behind(void **state)
{
    (void)state;
    CK_ULONG counts[2] = {9, 9};
    assert_int_equal(hsm_run(h, op_count_objects, counts), 0);
    assert_int_equal(counts[0], 0);
    assert_int_equal(counts[1], 0);
}

static int token_init(const char *label, char *serial, size_t size)
{
    struct secret *so_pin = secret_copy("so-pin-1234", 11);
    struct secret *pin = secret_copy(HSM_KIT_PIN, strlen(HSM_KIT_PIN));
    int r = hsm_token_init(kit.config.module, kit.config.init_args, label, so_pin, pin, serial,
                           size);
    secret_free(so_pin);
    secret_free(pin);
    return r;
}

static void a_label_that_is_taken_empty_or_too_long_makes_no_token(void **state)
{
    (void)state;
    char serial[32] = "x";
    assert_int_equal(token_init(kit.config.token_label, serial, sizeof(serial)), CH_EEXISTS);
    assert_string_equal(serial, "");
    assert_int_equal(token_init("", serial, sizeof(serial)), CH_EINVAL);
    assert_int_equal(token_init("a label of more than 32 characters", serial, sizeof(serial)),
                     CH_EINVAL);
}

static void a_second_token_is_made_where_the_module_has_a_free_slot(void **state)
{
    (void)state;
    char serial[32] = "";
    struct hsm_config c = kit.config;
    struct hsm *other = NULL;
    if (kit.token == HSM_KIT_NSS) {
        assert_int_equal(token_init("second", serial, sizeof(serial)), CH_EUNSUPPORTED);
        return;
    }
    assert_int_equal(token_init("second", serial, sizeof(serial)), 0);
    assert_string_not_equal(serial, "");
    assert_string_not_equal(serial, h->identity.serial);
    assert_int_equal(hsm_ping(h), 0);
    c.token_label = "second";
    c.token_serial = serial;
    assert_int_equal(hsm_open(&c, &other), 0);
    assert_string_equal(other->identity.serial, serial);
    hsm_close(other);
    c.token_serial = h->identity.serial;
    assert_int_equal(hsm_open(&c, &other), CH_ENOTFOUND);
}

static void random_octets_differ_and_fill_the_whole_length(void **state)
{
    (void)state;
    uint8_t a[9000] = {0};
    uint8_t b[9000] = {0};
    assert_int_equal(hsm_random(h, a, sizeof(a)), 0);
    assert_int_equal(hsm_random(h, b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a + 8900, b + 8900, 100);
}

/* ---- pairs ---- */

static void sign_with_all_algorithms(enum key_alg alg)
{
    struct hsm_name name = hsm_kit_name(key_alg_info(alg)->name);
    struct hsm_key *key = NULL;
    struct buf spki = {0};
    struct buf sig = {0};
    struct slice message = slice_text(MESSAGE);
    assert_int_equal(hsm_pair_generate(h, &name, alg, &spki), 0);
    assert_int_equal(hsm_pair_find(h, &name, buf_slice(&spki), &key), 0);
    for (enum sig_alg s = SIG_ALG_NONE + 1; s < SIG_ALG_COUNT; s++) {
        if (!sig_alg_fits_key(s, alg)) {
            assert_int_equal(hsm_sign(h, key, s, message, &sig), CH_EINVAL);
            assert_int_equal(sig.len, 0);
            continue;
        }
        assert_int_equal(hsm_sign(h, key, s, message, &sig), 0);
        assert_true(sig.len <= key_alg_info(alg)->signature_max);
        assert_true(hsm_kit_verifies(buf_slice(&spki), s, message, buf_slice(&sig)));
        assert_false(hsm_kit_verifies(buf_slice(&spki), s, slice_text("other"), buf_slice(&sig)));
    }
    assert_int_equal(hsm_pair_destroy(h, &name), 0);
    assert_int_equal(hsm_sign(h, key, sig_alg_default(alg), message, &sig), CH_ENOTFOUND);
    buf_free(&spki);
    buf_free(&sig);
}

static void rsa_2048_signs_with_every_rsa_algorithm(void **state)
{
    (void)state;
    sign_with_all_algorithms(KEY_ALG_RSA_2048);
}

static void rsa_3072_signs_with_every_rsa_algorithm(void **state)
{
    (void)state;
    sign_with_all_algorithms(KEY_ALG_RSA_3072);
}

static void rsa_4096_signs_with_every_rsa_algorithm(void **state)
{
    (void)state;
    sign_with_all_algorithms(KEY_ALG_RSA_4096);
}

static void p256_signs_with_every_ecdsa_algorithm(void **state)
{
    (void)state;
    sign_with_all_algorithms(KEY_ALG_P256);
}

static void p384_signs_with_every_ecdsa_algorithm(void **state)
{
    (void)state;
    sign_with_all_algorithms(KEY_ALG_P384);
}

static void p521_signs_with_every_ecdsa_algorithm(void **state)
{
    (void)state;
    sign_with_all_algorithms(KEY_ALG_P521);
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

static void a_second_find_gives_the_same_key(void **state)
{
    (void)state;
    struct pair p = pair_open("twice");
    struct hsm_key *again = NULL;
    assert_int_equal(hsm_pair_find(h, &p.name, buf_slice(&p.spki), &again), 0);
    assert_ptr_equal(again, p.key);
    pair_close(&p);
}

static void a_name_in_use_is_refused_and_the_old_key_stays(void **state)
{
    (void)state;
    struct pair p = pair_open("taken");
    struct buf spki = {0};
    struct buf sig = {0};
    assert_int_equal(hsm_pair_generate(h, &p.name, KEY_ALG_P256, &spki), CH_EEXISTS);
    assert_int_equal(spki.len, 0);
    assert_int_equal(
        hsm_sign(h, p.key, SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE), &sig), 0);
    buf_free(&sig);
    pair_close(&p);
}

static void a_key_that_does_not_belong_to_the_public_key_is_refused(void **state)
{
    (void)state;
    struct pair a = pair_open("a");
    struct pair b = pair_open("b");
    struct hsm_key *key = NULL;
    assert_int_equal(hsm_pair_find(h, &a.name, buf_slice(&b.spki), &key), CH_EINTEGRITY);
    assert_null(key);
    pair_close(&a);
    pair_close(&b);
}

static void a_key_of_another_type_than_the_public_key_is_refused(void **state)
{
    (void)state;
    struct pair ec = pair_open("ec");
    struct hsm_name rsa = hsm_kit_name("rsa");
    struct buf spki = {0};
    struct hsm_key *key = NULL;
    assert_int_equal(hsm_pair_generate(h, &rsa, KEY_ALG_RSA_2048, &spki), 0);
    assert_int_equal(hsm_pair_find(h, &ec.name, buf_slice(&spki), &key), CH_EINTEGRITY);
    assert_int_equal(hsm_pair_find(h, &rsa, buf_slice(&ec.spki), &key), CH_EINTEGRITY);
    assert_null(key);
    assert_int_equal(hsm_pair_destroy(h, &rsa), 0);
    buf_free(&spki);
    pair_close(&ec);
}

static void a_public_key_that_does_not_parse_is_refused(void **state)
{
    (void)state;
    struct pair p = pair_open("parse");
    struct hsm_key *key = NULL;
    assert_int_equal(hsm_pair_find(h, &p.name, slice_text("rubbish"), &key), CH_EINVAL);
    assert_int_equal(hsm_pair_find(h, &p.name, slice_of(NULL, 0), &key), CH_EINVAL);
    buf_put(&p.spki, "x", 1);
    assert_int_equal(hsm_pair_find(h, &p.name, buf_slice(&p.spki), &key), CH_EINVAL);
    pair_close(&p);
}

static void a_pair_that_was_never_made_is_not_found(void **state)
{
    (void)state;
    struct pair p = pair_open("other");
    struct hsm_name name = hsm_kit_name("never made");
    struct hsm_key *key = NULL;
    assert_int_equal(hsm_pair_find(h, &name, buf_slice(&p.spki), &key), CH_ENOTFOUND);
    name = p.name;
    name.id[0] ^= 1;
    assert_int_equal(hsm_pair_find(h, &name, buf_slice(&p.spki), &key), CH_ENOTFOUND);
    pair_close(&p);
}

static void a_name_that_was_given_away_again_is_another_key(void **state)
{
    (void)state;
    struct pair old = pair_open("again");
    struct buf spki = {0};
    struct buf sig = {0};
    struct hsm_key *key = NULL;
    assert_int_equal(hsm_pair_destroy(h, &old.name), 0);
    assert_int_equal(hsm_pair_generate(h, &old.name, KEY_ALG_P256, &spki), 0);
    assert_int_equal(
        hsm_sign(h, old.key, SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE), &sig), CH_EINTEGRITY);
    assert_int_equal(hsm_pair_find(h, &old.name, buf_slice(&spki), &key), 0);
    assert_int_equal(hsm_sign(h, key, SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE), &sig), 0);
    assert_true(hsm_kit_verifies(buf_slice(&spki), SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE),
                                 buf_slice(&sig)));
    buf_free(&spki);
    buf_free(&sig);
    pair_close(&old);
}

static void destroying_what_is_not_there_succeeds(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("nothing");
    assert_int_equal(hsm_pair_destroy(h, &name), 0);
    assert_int_equal(hsm_secret_destroy(h, &name, HSM_SECRET_MAC), 0);
}

static void a_name_without_a_label_is_refused(void **state)
{
    (void)state;
    struct hsm_name name = hsm_kit_name("");
    struct hsm_key *key = NULL;
    struct buf spki = {0};
    assert_int_equal(hsm_pair_generate(h, &name, KEY_ALG_P256, &spki), CH_EINVAL);
    assert_int_equal(hsm_secret_generate(h, &name, HSM_SECRET_MAC), CH_EINVAL);
    assert_int_equal(hsm_secret_find(h, &name, HSM_SECRET_MAC, &key), CH_EINVAL);
    assert_int_equal(hsm_pair_generate(h, &name, KEY_ALG_NONE, &spki), CH_EINVAL);
    memset(name.label, 'x', sizeof(name.label));
    assert_int_equal(hsm_pair_generate(h, &name, KEY_ALG_P256, &spki), CH_EINVAL);
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

static void a_ca_key_is_for_signing_and_does_not_come_out(void **state)
{
    (void)state;
    struct pair p = pair_open("attributes");
    assert_true(attribute_of(p.key, CKA_TOKEN));
    assert_true(attribute_of(p.key, CKA_PRIVATE));
    assert_true(attribute_of(p.key, CKA_SENSITIVE));
    assert_false(attribute_of(p.key, CKA_EXTRACTABLE));
    assert_true(attribute_of(p.key, CKA_SIGN));
    assert_false(attribute_of(p.key, CKA_DERIVE));
    pair_close(&p);
}

/* ---- listing and half-made pairs ---- */

struct seen {
    unsigned count;
    unsigned halves;
    struct hsm_name last;
};

static void note(void *context, const struct hsm_name *name, bool public_found)
{
    struct seen *seen = context;
    seen->count++;
    seen->halves += !public_found;
    seen->last = *name;
}

static void listing_shows_the_pairs_with_the_prefix_only(void **state)
{
    (void)state;
    struct pair a = pair_open("ca/one");
    struct pair b = pair_open("other/two");
    struct seen seen = {0};
    assert_int_equal(hsm_pair_list(h, "ca/", note, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.halves, 0);
    assert_memory_equal(&seen.last, &a.name, sizeof(a.name));
    struct seen all = {0};
    assert_int_equal(hsm_pair_list(h, "", note, &all), 0);
    assert_int_equal(all.count, 2);
    pair_close(&a);
    pair_close(&b);
}

static CK_RV op_drop_public(struct hsm *of, CK_SESSION_HANDLE session, void *context)
{
    const struct hsm_name *name = context;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV rv =
        object_find_named(of, session, CKO_PUBLIC_KEY, name->label, name->id, &handle);
    return rv == CKR_OK ? object_destroy(of, session, handle) : rv;
}

static void a_half_made_pair_is_listed_as_such_blocks_its_name_and_can_be_removed(void **state)
{
    (void)state;
    struct pair p = pair_open("half");
    struct seen seen = {0};
    struct buf spki = {0};
    assert_int_equal(hsm_run(h, op_drop_public, &p.name), 0);
    assert_int_equal(hsm_pair_list(h, "half", note, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.halves, 1);
    assert_int_equal(hsm_pair_generate(h, &p.name, KEY_ALG_P256, &spki), CH_EEXISTS);
    assert_int_equal(hsm_pair_destroy(h, &p.name), 0);
    assert_int_equal(hsm_pair_generate(h, &p.name, KEY_ALG_P256, &spki), 0);
    buf_free(&spki);
    pair_close(&p);
}

/* ---- threads ---- */

#define THREADS 8

struct signing {
    struct hsm_key *key;
    struct slice spki;
    atomic_bool *stop;
    atomic_uint *failures;
    unsigned done;
};

static void *sign_main(void *context)
{
    struct signing *s = context;
    struct buf sig = {0};
    while (!atomic_load(s->stop)) {
        int r = hsm_sign(h, s->key, SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE), &sig);
        if (r != 0 || !hsm_kit_verifies(s->spki, SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE),
                                        buf_slice(&sig)))
            atomic_fetch_add(s->failures, 1);
        s->done++;
    }
    buf_free(&sig);
    return NULL;
}

static void signing_goes_on_without_a_failure_while_pairs_are_made(void **state)
{
    (void)state;
    struct pair p = pair_open("busy");
    struct signing signing[THREADS];
    pthread_t threads[THREADS];
    atomic_bool stop = false;
    atomic_uint failures = 0;
    for (size_t i = 0; i < THREADS; i++) {
        signing[i] = (struct signing){p.key, buf_slice(&p.spki), &stop, &failures, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, sign_main, &signing[i]), 0);
    }
    for (size_t i = 0; i < 20; i++) {
        struct pair made = pair_open("made meanwhile");
        pair_close(&made);
    }
    atomic_store(&stop, true);
    unsigned done = 0;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        done += signing[i].done;
    }
    assert_int_equal(atomic_load(&failures), 0);
    assert_true(done > THREADS);
    pair_close(&p);
}

/* ---- libp11 ---- */

static void a_pair_serves_openssl_as_evp_pkey(void **state)
{
    (void)state;
    struct pair p = pair_open("evp");
    EVP_PKEY *key = NULL;
    uint8_t sig[200];
    size_t len = sizeof(sig);
    struct hsm_name unknown = hsm_kit_name("unknown");
    assert_int_equal(hsm_pair_evp(h, &unknown, &key), CH_ENOTFOUND);
    assert_null(key);
    assert_int_equal(hsm_pair_evp(h, &p.name, &key), 0);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(
        EVP_DigestSign(ctx, sig, &len, (const unsigned char *)MESSAGE, strlen(MESSAGE)), 1);
    assert_true(hsm_kit_verifies(buf_slice(&p.spki), SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE),
                                 slice_of(sig, len)));
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    pair_close(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_that_does_not_exist_is_refused),
        cmocka_unit_test(a_library_that_is_no_pkcs11_module_is_refused),
        cmocka_unit_test(a_token_of_another_label_is_not_found),
        cmocka_unit_test(a_token_of_another_serial_is_not_found),
        cmocka_unit_test(a_missing_pin_file_is_refused_before_the_token_is_asked),
        cmocka_unit_test(the_self_test_leaves_nothing_behind),
        cmocka_unit_test(the_right_serial_opens_the_token_a_second_time),
        cmocka_unit_test(the_token_says_who_it_is),
        cmocka_unit_test(the_self_test_finds_what_this_token_can_do),
        cmocka_unit_test(a_label_that_is_taken_empty_or_too_long_makes_no_token),
        cmocka_unit_test(a_second_token_is_made_where_the_module_has_a_free_slot),
        cmocka_unit_test(random_octets_differ_and_fill_the_whole_length),
        cmocka_unit_test(rsa_2048_signs_with_every_rsa_algorithm),
        cmocka_unit_test(rsa_3072_signs_with_every_rsa_algorithm),
        cmocka_unit_test(rsa_4096_signs_with_every_rsa_algorithm),
        cmocka_unit_test(p256_signs_with_every_ecdsa_algorithm),
        cmocka_unit_test(p384_signs_with_every_ecdsa_algorithm),
        cmocka_unit_test(p521_signs_with_every_ecdsa_algorithm),
        cmocka_unit_test(a_second_find_gives_the_same_key),
        cmocka_unit_test(a_name_in_use_is_refused_and_the_old_key_stays),
        cmocka_unit_test(a_key_that_does_not_belong_to_the_public_key_is_refused),
        cmocka_unit_test(a_key_of_another_type_than_the_public_key_is_refused),
        cmocka_unit_test(a_public_key_that_does_not_parse_is_refused),
        cmocka_unit_test(a_pair_that_was_never_made_is_not_found),
        cmocka_unit_test(a_name_that_was_given_away_again_is_another_key),
        cmocka_unit_test(destroying_what_is_not_there_succeeds),
        cmocka_unit_test(a_name_without_a_label_is_refused),
        cmocka_unit_test(a_ca_key_is_for_signing_and_does_not_come_out),
        cmocka_unit_test(listing_shows_the_pairs_with_the_prefix_only),
        cmocka_unit_test(a_half_made_pair_is_listed_as_such_blocks_its_name_and_can_be_removed),
        cmocka_unit_test(signing_goes_on_without_a_failure_while_pairs_are_made),
        cmocka_unit_test(a_pair_serves_openssl_as_evp_pkey),
    };
    (void)argc;
    int status = hsm_kit_each_token(argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, group_setup, group_teardown);
}
