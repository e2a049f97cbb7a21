/*
 * test_hsm_custody.c - subscriber keys: made in the HSM, wrapped, bound to their ARN, used
 * and taken out; on each token that hsm_kit knows.
 */
#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/internal.h"
#include "tests/unit/hsm_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define MESSAGE "to be signed"
#define ARN "arn:aws:acm:eu-central-1:123456789012:certificate/0001"
#define OTHER_ARN "arn:aws:acm:eu-central-1:123456789012:certificate/0002"

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

static struct hsm_wrapped wrapped_new(const struct hsm_custody *custody, enum key_alg alg)
{
    struct hsm_wrapped w;
    assert_int_equal(hsm_subscriber_generate(h, custody, alg, slice_text(ARN), true, &w), 0);
    return w;
}

static int sign_as(const struct hsm_custody *custody, const struct hsm_wrapped *w,
                   const char *arn, struct buf *sig)
{
    return hsm_subscriber_sign(h, custody, w, slice_text(arn), sig_alg_default(w->alg),
                               slice_text(MESSAGE), sig);
}

static CK_RV op_count(struct hsm *of, CK_SESSION_HANDLE session, void *context)
{
    CK_OBJECT_HANDLE found[256];
    struct template t = {.count = 0};
    template_put_bool(&t, CKA_TOKEN, false);
    return object_find(of, session, &t, found, 256, context);
}

static CK_ULONG session_objects(void)
{
    CK_ULONG count = 0;
    assert_int_equal(hsm_run(h, op_count, &count), 0);
    return count;
}

/* ---- making, using, taking out ---- */

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

static void make_use_and_take_out(enum key_alg alg)
{
    CK_ULONG before = session_objects();
    struct hsm_wrapped w = wrapped_new(&exporting, alg);
    struct buf sig = {0};
    struct secret *pkcs8 = NULL;
    assert_int_equal(w.version, 1);
    assert_int_equal(w.alg, alg);
    assert_string_equal(w.format, hsm_capabilities(h)->wrap_format);
    assert_memory_equal(w.kek_id, exporting.kek->name.id, HSM_ID_SIZE);
    for (enum sig_alg s = SIG_ALG_NONE + 1; s < SIG_ALG_COUNT; s++) {
        int r = hsm_subscriber_sign(h, &exporting, &w, slice_text(ARN), s, slice_text(MESSAGE),
                                    &sig);
        assert_int_equal(r, sig_alg_fits_key(s, alg) ? 0 : CH_EINVAL);
        if (r == 0)
            assert_true(hsm_kit_verifies(buf_slice(&w.spki), s, slice_text(MESSAGE),
                                         buf_slice(&sig)));
    }
    assert_int_equal(hsm_subscriber_export(h, &exporting, &w, slice_text(ARN), &pkcs8), 0);
    exported_key_signs_for(pkcs8, &w);
    hsm_subscriber_forget(h, &w);
    assert_int_equal(session_objects(), before);
    secret_free(pkcs8);
    hsm_wrapped_free(&w);
    buf_free(&sig);
}

static void rsa_2048_is_made_used_and_taken_out(void **state)
{
    (void)state;
    make_use_and_take_out(KEY_ALG_RSA_2048);
}

static void rsa_3072_is_made_used_and_taken_out(void **state)
{
    (void)state;
    make_use_and_take_out(KEY_ALG_RSA_3072);
}

static void rsa_4096_is_made_used_and_taken_out(void **state)
{
    (void)state;
    if (kit.token == HSM_KIT_NSS)
        skip(); /* seconds of key generation; the larger sizes take one path there */
    make_use_and_take_out(KEY_ALG_RSA_4096);
}

static void p256_is_made_used_and_taken_out(void **state)
{
    (void)state;
    make_use_and_take_out(KEY_ALG_P256);
}

static void p384_is_made_used_and_taken_out(void **state)
{
    (void)state;
    make_use_and_take_out(KEY_ALG_P384);
}

static void p521_is_made_used_and_taken_out(void **state)
{
    (void)state;
    make_use_and_take_out(KEY_ALG_P521);
}

static void an_exported_ec_key_names_its_curve_and_carries_its_public_key(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    struct secret *pkcs8 = NULL;
    static const uint8_t curve[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    assert_int_equal(hsm_subscriber_export(h, &exporting, &w, slice_text(ARN), &pkcs8), 0);
    assert_non_null(memmem(secret_data(pkcs8), secret_len(pkcs8), curve, sizeof(curve)));
    /* The point ends the SubjectPublicKeyInfo; it has to be in the private key, too. */
    assert_non_null(memmem(secret_data(pkcs8), secret_len(pkcs8), w.spki.data + w.spki.len - 65,
                           65));
    secret_free(pkcs8);
    hsm_wrapped_free(&w);
}

static void a_key_without_an_arn_or_of_no_type_is_not_made(void **state)
{
    (void)state;
    struct hsm_wrapped w;
    assert_int_equal(
        hsm_subscriber_generate(h, &exporting, KEY_ALG_P256, slice_text(""), true, &w), CH_EINVAL);
    assert_int_equal(
        hsm_subscriber_generate(h, &exporting, KEY_ALG_NONE, slice_text(ARN), true, &w),
        CH_EINVAL);
    assert_int_equal(w.blob.len, 0);
}

static void keys_of_the_wrong_kind_are_no_custody(void **state)
{
    (void)state;
    struct hsm_wrapped w;
    struct hsm_custody swapped = {.kek = exporting.mac, .mac = exporting.kek};
    struct hsm_custody half = {.kek = exporting.kek, .mac = NULL};
    assert_int_equal(
        hsm_subscriber_generate(h, &swapped, KEY_ALG_P256, slice_text(ARN), true, &w), CH_EINVAL);
    assert_int_equal(hsm_subscriber_generate(h, &half, KEY_ALG_P256, slice_text(ARN), true, &w),
                     CH_EINVAL);
}

/* ---- binding ---- */

/* Each change alone must be noticed before anything is unwrapped, by sign and by export. */
static void refused_after(struct hsm_wrapped *w, const struct hsm_custody *custody,
                          const char *arn)
{
    struct buf sig = {0};
    struct secret *pkcs8 = NULL;
    assert_int_equal(sign_as(custody, w, arn, &sig), CH_EINTEGRITY);
    assert_int_equal(sig.len, 0);
    assert_int_equal(hsm_subscriber_export(h, custody, w, slice_text(arn), &pkcs8),
                     CH_EINTEGRITY);
    assert_null(pkcs8);
    buf_free(&sig);
}

static void works(const struct hsm_wrapped *w)
{
    struct buf sig = {0};
    assert_int_equal(sign_as(&exporting, w, ARN, &sig), 0);
    buf_free(&sig);
}

static void a_blob_under_another_arn_is_refused(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    refused_after(&w, &exporting, OTHER_ARN);
    works(&w);
    /* Also while the unwrapped key is at hand. */
    refused_after(&w, &exporting, OTHER_ARN);
    hsm_wrapped_free(&w);
}

static void a_changed_blob_is_refused(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    for (size_t i = 0; i < w.blob.len; i += 7) {
        w.blob.data[i] ^= 1;
        refused_after(&w, &exporting, ARN);
        w.blob.data[i] ^= 1;
    }
    w.blob.len -= 8;
    refused_after(&w, &exporting, ARN);
    w.blob.len += 8;
    works(&w);
    hsm_wrapped_free(&w);
}

static void a_changed_tag_is_refused(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    for (size_t i = 0; i < HSM_TAG_SIZE; i++) {
        w.tag[i] ^= 0x80;
        refused_after(&w, &exporting, ARN);
        w.tag[i] ^= 0x80;
    }
    works(&w);
    hsm_wrapped_free(&w);
}

static void a_changed_or_foreign_public_key_is_refused(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    struct hsm_wrapped other = wrapped_new(&exporting, KEY_ALG_P256);
    struct buf own = w.spki;
    w.spki = other.spki;
    refused_after(&w, &exporting, ARN);
    w.spki = own;
    w.spki.data[0] ^= 1;
    refused_after(&w, &exporting, ARN);
    w.spki.data[0] ^= 1;
    works(&w);
    hsm_wrapped_free(&w);
    hsm_wrapped_free(&other);
}

static void a_changed_format_algorithm_or_kek_is_refused(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    struct buf sig = {0};
    w.format[0] = 'x';
    refused_after(&w, &exporting, ARN);
    memset(w.format, 'x', sizeof(w.format));
    refused_after(&w, &exporting, ARN);
    memset(w.format, 0, sizeof(w.format));
    strcpy(w.format, hsm_capabilities(h)->wrap_format);
    w.alg = KEY_ALG_P384;
    refused_after(&w, &exporting, ARN);
    w.alg = KEY_ALG_P256;
    refused_after(&w, &keeping, ARN);
    memcpy(w.kek_id, keeping.kek->name.id, HSM_ID_SIZE);
    assert_int_equal(sign_as(&keeping, &w, ARN, &sig), CH_EINTEGRITY);
    memcpy(w.kek_id, exporting.kek->name.id, HSM_ID_SIZE);
    w.version = 2;
    assert_int_equal(sign_as(&exporting, &w, ARN, &sig), CH_EUNSUPPORTED);
    w.version = 1;
    works(&w);
    hsm_wrapped_free(&w);
}

static void a_tag_of_another_binding_key_is_refused(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    struct hsm_custody other = {.kek = exporting.kek,
                                .mac = secret_open("binding two", HSM_SECRET_MAC)};
    refused_after(&w, &other, ARN);
    works(&w);
    hsm_wrapped_free(&w);
}

/* ---- the two classes of KEK ---- */

static void a_key_under_a_no_export_kek_signs_and_stays(void **state)
{
    (void)state;
    const enum key_alg algs[] = {KEY_ALG_P256, KEY_ALG_RSA_2048};
    for (size_t i = 0; i < 2; i++) {
        struct hsm_wrapped w = wrapped_new(&keeping, algs[i]);
        struct buf sig = {0};
        struct secret *pkcs8 = NULL;
        assert_int_equal(sign_as(&keeping, &w, ARN, &sig), 0);
        assert_true(hsm_kit_verifies(buf_slice(&w.spki), sig_alg_default(w.alg),
                                     slice_text(MESSAGE), buf_slice(&sig)));
        assert_int_equal(hsm_subscriber_export(h, &keeping, &w, slice_text(ARN), &pkcs8),
                         CH_ESTATE);
        assert_null(pkcs8);
        buf_free(&sig);
        hsm_wrapped_free(&w);
    }
}

struct unwrap_attempt {
    const struct hsm_wrapped *w;
    struct hsm_key *kek;
    EVP_PKEY *public;
    bool extractable;
    CK_RV rv;
};

static CK_RV op_unwrap(struct hsm *of, CK_SESSION_HANDLE session, void *context)
{
    struct unwrap_attempt *a = context;
    CK_OBJECT_HANDLE kek = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_RV rv = key_resolve(of, session, a->kek, &kek);
    if (rv != CKR_OK)
        return rv;
    a->rv = unwrap_key(of, session, of->wrap, kek, buf_slice(&a->w->blob), a->public,
                       a->extractable, &key);
    if (key != CK_INVALID_HANDLE)
        (void)of->p11->C_DestroyObject(session, key);
    return CKR_OK;
}

static void softhsm_itself_refuses_to_unwrap_as_extractable_under_a_no_export_kek(void **state)
{
    (void)state;
    if (kit.token != HSM_KIT_SOFTHSM)
        skip();
    struct hsm_wrapped w = wrapped_new(&keeping, KEY_ALG_P256);
    enum key_alg alg = KEY_ALG_NONE;
    struct unwrap_attempt a = {.w = &w, .kek = keeping.kek, .extractable = true};
    assert_true(h->unwrap_template);
    assert_int_equal(public_parse(buf_slice(&w.spki), &a.public, &alg), 0);
    assert_int_equal(hsm_run(h, op_unwrap, &a), 0);
    assert_int_equal(a.rv, CKR_TEMPLATE_INCONSISTENT);
    a.extractable = false;
    assert_int_equal(hsm_run(h, op_unwrap, &a), 0);
    assert_int_equal(a.rv, CKR_OK);
    EVP_PKEY_free(a.public);
    hsm_wrapped_free(&w);
}

static void after_a_restart_wrapped_keys_work_and_kept_ones_still_stay(void **state)
{
    (void)state;
    struct hsm_wrapped w = wrapped_new(&keeping, KEY_ALG_P256);
    struct hsm_name names[3] = {exporting.mac->name, exporting.kek->name, keeping.kek->name};
    struct buf sig = {0};
    struct secret *pkcs8 = NULL;
    hsm_close(h);
    assert_int_equal(hsm_open(&kit.config, &h), 0);
    assert_int_equal(hsm_secret_find(h, &names[0], HSM_SECRET_MAC, &exporting.mac), 0);
    assert_int_equal(hsm_secret_find(h, &names[1], HSM_SECRET_KEK_EXPORT, &exporting.kek), 0);
    assert_int_equal(hsm_secret_find(h, &names[2], HSM_SECRET_KEK_NO_EXPORT, &keeping.kek), 0);
    keeping.mac = exporting.mac;
    assert_int_equal(sign_as(&keeping, &w, ARN, &sig), 0);
    assert_true(hsm_kit_verifies(buf_slice(&w.spki), SIG_ALG_SHA256WITHECDSA,
                                 slice_text(MESSAGE), buf_slice(&sig)));
    assert_int_equal(hsm_subscriber_export(h, &keeping, &w, slice_text(ARN), &pkcs8), CH_ESTATE);
    buf_free(&sig);
    hsm_wrapped_free(&w);
}

/* ---- unwrapped keys at hand ---- */

static void unwrapped_keys_are_kept_up_to_the_limit_and_older_ones_destroyed(void **state)
{
    (void)state;
    struct hsm_wrapped w[20];
    struct buf sig = {0};
    CK_ULONG before = session_objects() - lru_count(h->lru);
    for (size_t i = 0; i < 20; i++) {
        w[i] = wrapped_new(&exporting, KEY_ALG_P256);
        assert_int_equal(sign_as(&exporting, &w[i], ARN, &sig), 0);
    }
    assert_int_equal(lru_count(h->lru), 16);
    assert_int_equal(session_objects(), before + 16);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(sign_as(&exporting, &w[i], ARN, &sig), 0);
        assert_true(hsm_kit_verifies(buf_slice(&w[i].spki), SIG_ALG_SHA256WITHECDSA,
                                     slice_text(MESSAGE), buf_slice(&sig)));
    }
    for (size_t i = 0; i < 20; i++) {
        hsm_subscriber_forget(h, &w[i]);
        hsm_wrapped_free(&w[i]);
    }
    assert_int_equal(lru_count(h->lru), 0);
    assert_int_equal(session_objects(), before);
    buf_free(&sig);
}

static void without_a_place_to_keep_them_keys_are_unwrapped_each_time(void **state)
{
    (void)state;
    struct hsm_config config = kit.config;
    struct hsm *other = NULL;
    struct hsm_custody custody = {0};
    struct hsm_wrapped w = wrapped_new(&exporting, KEY_ALG_P256);
    struct buf sig = {0};
    config.unwrapped_keys = 0;
    assert_int_equal(hsm_open(&config, &other), 0);
    assert_int_equal(
        hsm_secret_find(other, &exporting.kek->name, HSM_SECRET_KEK_EXPORT, &custody.kek), 0);
    assert_int_equal(hsm_secret_find(other, &exporting.mac->name, HSM_SECRET_MAC, &custody.mac),
                     0);
    CK_ULONG before = session_objects();
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(hsm_subscriber_sign(other, &custody, &w, slice_text(ARN),
                                             SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE), &sig),
                         0);
    assert_int_equal(session_objects(), before);
    /* Keys of one HSM are refused by another. */
    assert_int_equal(hsm_subscriber_sign(h, &custody, &w, slice_text(ARN),
                                         SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE), &sig),
                     CH_EINVAL);
    hsm_subscriber_forget(other, &w);
    hsm_close(other);
    buf_free(&sig);
    hsm_wrapped_free(&w);
}

#define SIGNERS 8
#define SHARED_KEYS 24

struct signer {
    pthread_t thread;
    struct hsm_wrapped *keys;
    unsigned start;
    unsigned failures;
};

static void *signer_main(void *context)
{
    struct signer *s = context;
    struct buf sig = {0};
    /* To NSS each use of a token key is a PBKDF2. */
    unsigned rounds = kit.token == HSM_KIT_NSS ? 1 : 3;
    for (unsigned i = 0; i < rounds * SHARED_KEYS; i++) {
        const struct hsm_wrapped *w = &s->keys[(s->start + i) % SHARED_KEYS];
        if (sign_as(&exporting, w, ARN, &sig) != 0 ||
            !hsm_kit_verifies(buf_slice(&w->spki), SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE),
                              buf_slice(&sig)))
            s->failures++;
        if (i % 11 == 0)
            hsm_subscriber_forget(h, w);
    }
    buf_free(&sig);
    return NULL;
}

static void eight_threads_share_more_keys_than_are_kept(void **state)
{
    (void)state;
    struct hsm_wrapped keys[SHARED_KEYS];
    struct signer signers[SIGNERS];
    for (unsigned i = 0; i < SHARED_KEYS; i++)
        keys[i] = wrapped_new(&exporting, KEY_ALG_P256);
    CK_ULONG before = session_objects() - lru_count(h->lru);
    for (unsigned i = 0; i < SIGNERS; i++) {
        signers[i] = (struct signer){.keys = keys, .start = i * 3};
        assert_int_equal(
            pthread_create(&signers[i].thread, NULL, signer_main, &signers[i]), 0);
    }
    unsigned failures = 0;
    for (unsigned i = 0; i < SIGNERS; i++) {
        pthread_join(signers[i].thread, NULL);
        failures += signers[i].failures;
    }
    assert_int_equal(failures, 0);
    assert_int_equal(session_objects(), before + lru_count(h->lru));
    for (unsigned i = 0; i < SHARED_KEYS; i++) {
        hsm_subscriber_forget(h, &keys[i]);
        hsm_wrapped_free(&keys[i]);
    }
}

/* ---- pairs made ahead ---- */

static void wait_for_stock(struct hsm *of, unsigned wanted)
{
    struct timespec pause = {0, 20000000};
    int64_t end = clock_monotonic_ms() + 60000;
    while (stock_count(of, KEY_ALG_RSA_2048) != wanted && clock_monotonic_ms() < end)
        nanosleep(&pause, NULL);
    assert_int_equal(stock_count(of, KEY_ALG_RSA_2048), wanted);
}

static void without_pairs_made_ahead_rsa_is_busy_or_made_while_one_waits(void **state)
{
    (void)state;
    struct hsm_wrapped w;
    assert_int_equal(
        hsm_subscriber_generate(h, &exporting, KEY_ALG_RSA_2048, slice_text(ARN), false, &w),
        CH_EBUSY);
    assert_int_equal(w.blob.len, 0);
    assert_int_equal(
        hsm_subscriber_generate(h, &exporting, KEY_ALG_P256, slice_text(ARN), false, &w), 0);
    hsm_wrapped_free(&w);
}

static void pairs_made_ahead_are_taken_once_and_replaced(void **state)
{
    (void)state;
    struct hsm_config config = kit.config;
    struct hsm *other = NULL;
    struct hsm_custody custody = {0};
    struct hsm_wrapped w[3];
    config.pool_size[KEY_ALG_RSA_2048] = 2;
    assert_int_equal(hsm_open(&config, &other), 0);
    assert_int_equal(
        hsm_secret_find(other, &exporting.kek->name, HSM_SECRET_KEK_EXPORT, &custody.kek), 0);
    assert_int_equal(hsm_secret_find(other, &exporting.mac->name, HSM_SECRET_MAC, &custody.mac),
                     0);
    for (size_t i = 0; i < 3; i++) {
        wait_for_stock(other, 2);
        assert_int_equal(hsm_subscriber_generate(other, &custody, KEY_ALG_RSA_2048,
                                                 slice_text(ARN), false, &w[i]),
                         0);
        struct buf sig = {0};
        assert_int_equal(sign_as(&exporting, &w[i], ARN, &sig), 0);
        buf_free(&sig);
    }
    assert_false(slice_equal(buf_slice(&w[0].spki), buf_slice(&w[1].spki)));
    assert_false(slice_equal(buf_slice(&w[1].spki), buf_slice(&w[2].spki)));
    for (size_t i = 0; i < 3; i++)
        hsm_wrapped_free(&w[i]);
    hsm_close(other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p256_is_made_used_and_taken_out),
        cmocka_unit_test(p384_is_made_used_and_taken_out),
        cmocka_unit_test(p521_is_made_used_and_taken_out),
        cmocka_unit_test(rsa_2048_is_made_used_and_taken_out),
        cmocka_unit_test(rsa_3072_is_made_used_and_taken_out),
        cmocka_unit_test(rsa_4096_is_made_used_and_taken_out),
        cmocka_unit_test(an_exported_ec_key_names_its_curve_and_carries_its_public_key),
        cmocka_unit_test(a_key_without_an_arn_or_of_no_type_is_not_made),
        cmocka_unit_test(keys_of_the_wrong_kind_are_no_custody),
        cmocka_unit_test(a_blob_under_another_arn_is_refused),
        cmocka_unit_test(a_changed_blob_is_refused),
        cmocka_unit_test(a_changed_tag_is_refused),
        cmocka_unit_test(a_changed_or_foreign_public_key_is_refused),
        cmocka_unit_test(a_changed_format_algorithm_or_kek_is_refused),
        cmocka_unit_test(a_tag_of_another_binding_key_is_refused),
        cmocka_unit_test(a_key_under_a_no_export_kek_signs_and_stays),
        cmocka_unit_test(
            softhsm_itself_refuses_to_unwrap_as_extractable_under_a_no_export_kek),
        cmocka_unit_test(after_a_restart_wrapped_keys_work_and_kept_ones_still_stay),
        cmocka_unit_test(unwrapped_keys_are_kept_up_to_the_limit_and_older_ones_destroyed),
        cmocka_unit_test(without_a_place_to_keep_them_keys_are_unwrapped_each_time),
        cmocka_unit_test(eight_threads_share_more_keys_than_are_kept),
        cmocka_unit_test(without_pairs_made_ahead_rsa_is_busy_or_made_while_one_waits),
        cmocka_unit_test(pairs_made_ahead_are_taken_once_and_replaced),
    };
    (void)argc;
    int status = hsm_kit_each_token(argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, group_setup, group_teardown);
}
