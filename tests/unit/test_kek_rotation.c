/* Tests of ca/kek.c and ca/jobs/kek_rotation.c: wrapping keys are replaced, and no key is ever lost by it. */
#include "tests/unit/ops_kit.h"

#include "ca/jobs/kek_rotation.h"
#include "ca/jobs/schedule.h"
#include "ca/kek.h"
#include "ca/keyring.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEYS 40 /* more than one piece */

static char *root;
static int64_t shift; /* microseconds that the clock is ahead */

static int64_t shifted_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + shift;
}

static int setup(void **state)
{
    int r = ops_setup(state);
    clock_replace(shifted_now);
    root = r == 0 ? ops_root("EC_prime256v1", "SHA256WITHECDSA", "Root") : NULL;
    return root == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    free(root);
    clock_replace(NULL);
    return ops_teardown(state);
}

/* ---- what a certificate's key is ---- */

/* The private key itself, as PEM; to be freed. */
static char *exported(const char *arn)
{
    char passphrase[] = "test";
    char *text = NULL;
    char *in = ops_base64(passphrase);
    json_t *out = ops_ok("acm", "ExportCertificate", "{s:s, s:s}", "CertificateArn", arn,
                         "Passphrase", in);
    BIO *from = BIO_new_mem_buf(ops_text(out, "PrivateKey"), -1);
    BIO *to = BIO_new(BIO_s_mem());
    EVP_PKEY *key = PEM_read_bio_PrivateKey(from, NULL, NULL, passphrase);
    assert_non_null(key);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(to, key, NULL, NULL, 0, NULL, NULL), 1);
    char *data = NULL;
    long len = BIO_get_mem_data(to, &data);
    text = strndup(data, (size_t)len);
    EVP_PKEY_free(key);
    BIO_free(from);
    BIO_free(to);
    free(in);
    json_decref(out);
    return text;
}

static char *request(const char *domain, bool exportable)
{
    json_t *out = ops_ok("acm", "RequestCertificate", "{s:s, s:s, s:s, s:{s:s}}", "DomainName",
                         domain, "CertificateAuthorityArn", root, "KeyAlgorithm", "EC_prime256v1",
                         "Options", "Export", exportable ? "ENABLED" : "DISABLED");
    char *arn = strdup(ops_text(out, "CertificateArn"));
    json_decref(out);
    return arn;
}

struct get {
    struct scope scope;
    const char *id;
    struct key_row row;
    struct kek_row kek;
    const char *family;
    uint64_t holds;
};

static int key_unit(struct store_tx *tx, void *context)
{
    struct get *g = context;
    return store_key_get(tx, &g->scope, g->id, &g->row);
}

static int kek_unit(struct store_tx *tx, void *context)
{
    struct get *g = context;
    return store_kek_current(tx, g->family, &g->kek);
}

static int holds_unit(struct store_tx *tx, void *context)
{
    struct get *g = context;
    return store_kek_holds(tx, g->kek.hsm_id, &g->holds);
}

static void family_of(const char *class, char out[96])
{
    snprintf(out, 96, "kek/%s/%s/%s", ops.account, OPS_REGION, class);
}

/* The current KEK of a class and how many keys it wraps; to be freed with kek_row_free. */
static struct kek_row current(const char *class, uint64_t *holds)
{
    char family[96];
    struct get g = {.family = family};
    family_of(class, family);
    assert_int_equal(store_read(ops.core.store, kek_unit, &g), 0);
    assert_int_equal(store_read(ops.core.store, holds_unit, &g), 0);
    if (holds != NULL)
        *holds = g.holds;
    return g.kek;
}

static bool is_in_token(const struct kek_row *kek, enum hsm_secret_kind kind)
{
    struct hsm_name name = {0};
    struct hsm_key *key = NULL;
    snprintf(name.label, sizeof name.label, "chancery/%s", kek->name);
    memcpy(name.id, kek->hsm_id, sizeof name.id);
    int r = hsm_secret_find(ops.core.hsm, &name, kind, &key);
    assert_true(r == 0 || r == CH_ENOTFOUND);
    return r == 0;
}

/* ---- the job, by hand ---- */

static void run_piece(void)
{
    assert_int_equal(kek_rotation_run(&ops.core, clock_now_us()), 0);
}

static int64_t due(void)
{
    int64_t at = 0;
    assert_int_equal(kek_rotation_due(&ops.core, &at), 0);
    return at;
}

static void run_all_due(void)
{
    for (int i = 0; due() <= clock_now_us(); i++) {
        assert_true(i < 100);
        run_piece();
    }
}

static unsigned rotate(const char *class)
{
    unsigned count = 0;
    assert_int_equal(kek_rotate_all(&ops.core, &(struct kek_filter){"", "", class}, &count), 0);
    return count;
}

static size_t recorded(const char *event)
{
    char command[512], number[32] = "";
    snprintf(command, sizeof command,
             "sqlite3 %s/store/chancery.db \"SELECT count(*) FROM audit WHERE CAST(record AS TEXT) LIKE "
             "'%%\\\"eventName\\\":\\\"%s\\\"%%'\"",
             ops.state, event);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    assert_non_null(fgets(number, sizeof number, out));
    pclose(out);
    return (size_t)strtoul(number, NULL, 10);
}

/* ---- cases ---- */

static void names_are_taken_apart_and_others_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "kek/1/2/3", "kek//r/export/1", "kek/1/r/export/0",
                                        "kek/1/r/export/1x", "kek/1/r/export/", "seal",
                                        "kek/12345678901234/r/export/1"};
    struct kek_name name;
    assert_int_equal(kek_name_parse("kek/123456789012/eu-central-1/no-export/17", &name), 0);
    assert_string_equal(name.scope.account, "123456789012");
    assert_string_equal(name.scope.region, "eu-central-1");
    assert_string_equal(name.class, "no-export");
    assert_string_equal(name.family, "kek/123456789012/eu-central-1/no-export");
    assert_int_equal(name.generation, 17);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(kek_name_parse(wrong[i], &name), CH_EINTEGRITY);
}

static void without_a_certificate_there_is_nothing_to_rotate(void **state)
{
    (void)state;
    unsigned count = 9;
    assert_int_equal(kek_rotate_all(&ops.core, &(struct kek_filter){"", "", ""}, &count),
                     CH_ENOTFOUND);
    assert_int_equal(count, 0);
    assert_true(due() == SCHEDULE_NEVER);
}

static void every_key_comes_over_and_the_old_kek_goes(void **state)
{
    (void)state;
    char *arns[KEYS], *before[KEYS];
    uint64_t holds = 0;
    for (size_t i = 0; i < KEYS; i++) {
        char domain[64];
        snprintf(domain, sizeof domain, "n%zu.example.internal", i);
        arns[i] = request(domain, true);
    }
    ops_wait();
    for (size_t i = 0; i < KEYS; i++)
        before[i] = exported(arns[i]);
    struct kek_row old = current("export", &holds);
    assert_int_equal(holds, KEYS);
    assert_true(is_in_token(&old, HSM_SECRET_KEK_EXPORT));
    assert_int_equal(rotate("export"), 1);
    assert_int_equal(recorded("BeginKeyRotation"), 1);

    /* New keys are under the new one at once; old ones still work. */
    struct kek_row fresh = current("export", &holds);
    assert_string_not_equal(fresh.name, old.name);
    assert_int_equal(holds, 0);
    char *later = request("later.example.internal", true);
    ops_wait();
    kek_row_free(&fresh);
    fresh = current("export", &holds);
    assert_int_equal(holds, 1);

    /* Stopped in the middle: each row is the old or the new one, and all keys are there. */
    run_piece();
    kek_row_free(&fresh);
    fresh = current("export", &holds);
    assert_true(holds > 1 && holds < KEYS + 1);
    ops_restart();
    for (size_t i = 0; i < KEYS; i++) {
        char *now = exported(arns[i]);
        assert_string_equal(now, before[i]);
        free(now);
    }
    struct kek_summary summary;
    assert_int_equal(kek_summarize(&ops.core, &summary), 0);
    assert_int_equal(summary.current, 1);
    assert_int_equal(summary.replaced, 1);
    assert_int_equal(summary.left, KEYS + 1 - holds);

    /* To the end of rewrapping; the KEK stays for calls that may still hold it. */
    run_all_due();
    kek_row_free(&fresh);
    fresh = current("export", &holds);
    assert_int_equal(holds, KEYS + 1);
    assert_true(is_in_token(&old, HSM_SECRET_KEK_EXPORT));
    assert_int_equal(recorded("EndKeyRotation"), 0);
    shift += KEK_GRACE;
    run_all_due();
    assert_false(is_in_token(&old, HSM_SECRET_KEK_EXPORT));
    assert_int_equal(recorded("EndKeyRotation"), 1);
    assert_int_equal(kek_summarize(&ops.core, &summary), 0);
    assert_int_equal(summary.replaced, 0);
    ops_restart();
    for (size_t i = 0; i < KEYS; i++) {
        char *now = exported(arns[i]);
        assert_string_equal(now, before[i]);
        free(now);
        free(before[i]);
        free(arns[i]);
    }
    free(later);
    kek_row_free(&old);
    kek_row_free(&fresh);
}

static int insert_unit(struct store_tx *tx, void *context)
{
    struct get *g = context;
    return store_key_insert(tx, &g->row);
}

static void a_key_under_a_destroyed_kek_is_never_stored(void **state)
{
    (void)state;
    char *arn = request("late.example.internal", true);
    ops_wait();
    struct kek_row old = current("export", NULL);
    struct get g = {.id = strrchr(arn, '/') + 1};
    memcpy(g.scope.account, ops.account, sizeof g.scope.account);
    snprintf(g.scope.region, sizeof g.scope.region, OPS_REGION);
    assert_int_equal(store_read(ops.core.store, key_unit, &g), 0);
    assert_int_equal(rotate("export"), 1);
    run_all_due();
    shift += KEK_GRACE;
    run_all_due();
    assert_false(is_in_token(&old, HSM_SECRET_KEK_EXPORT));
    assert_memory_equal(g.row.kek_id, old.hsm_id, 16);
    assert_int_equal(store_write(ops.core.store, insert_unit, &g), CH_ESTATE);
    key_row_free(&g.row);
    kek_row_free(&old);
    free(arn);
}

static void an_interrupted_beginning_is_taken_up(void **state)
{
    (void)state;
    struct kek_row old = current("export", NULL);
    struct kek_name name;
    struct hsm_key *key = NULL;
    char next[128];
    assert_int_equal(kek_name_parse(old.name, &name), 0);
    /* The successor is there, the replacement was not committed. */
    snprintf(next, sizeof next, "%s/%u", name.family, name.generation + 1);
    assert_int_equal(keyring_secret_ensure(ops.core.keyring, next, HSM_SECRET_KEK_EXPORT, &key), 0);
    ops_restart();
    struct kek_row now = current("export", NULL);
    assert_string_equal(now.name, old.name);
    kek_row_free(&now);
    assert_int_equal(rotate("export"), 1);
    now = current("export", NULL);
    assert_string_equal(now.name, next);
    kek_row_free(&now);
    /* A row that is not current is not rotated. */
    assert_int_equal(kek_rotate(&ops.core, &old), CH_ESTATE);
    kek_row_free(&old);
    run_all_due();
}

static void keys_that_may_never_leave_stay_under_their_kek(void **state)
{
    (void)state;
    uint64_t holds = 0;
    char *arn = request("kept.example.internal", false);
    ops_wait();
    struct kek_row old = current("no-export", &holds);
    assert_int_equal(holds, 1);
    assert_int_equal(rotate("no-export"), 1);
    run_all_due();
    assert_true(is_in_token(&old, HSM_SECRET_KEK_NO_EXPORT));
    char *later = request("kept-later.example.internal", false);
    ops_wait();
    struct kek_row fresh = current("no-export", &holds);
    assert_int_equal(holds, 1);
    /* With its certificate gone the old KEK goes, too. */
    json_decref(ops_ok("acm", "DeleteCertificate", "{s:s}", "CertificateArn", arn));
    shift += INT64_C(86400) * 1000000;
    run_all_due();
    shift += KEK_GRACE;
    run_all_due();
    assert_false(is_in_token(&old, HSM_SECRET_KEK_NO_EXPORT));
    assert_true(is_in_token(&fresh, HSM_SECRET_KEK_NO_EXPORT));
    kek_row_free(&old);
    kek_row_free(&fresh);
    free(arn);
    free(later);
}

static void a_damaged_key_does_not_keep_the_others(void **state)
{
    (void)state;
    char command[512];
    uint64_t holds = 0;
    char *bad = request("damaged.example.internal", true);
    char *good = request("sound.example.internal", true);
    ops_wait();
    char *before = exported(good);
    snprintf(command, sizeof command,
             "sqlite3 %s/store/chancery.db \"UPDATE keys SET tag = zeroblob(32) WHERE certificate = "
             "(SELECT number FROM certificates WHERE domain = 'damaged.example.internal')\"",
             ops.state);
    assert_int_equal(system(command), 0);
    struct kek_row old = current("export", NULL);
    assert_int_equal(rotate("export"), 1);
    run_all_due();
    struct get g = {.kek = old};
    assert_int_equal(store_read(ops.core.store, holds_unit, &g), 0);
    assert_int_equal(g.holds, 1);
    assert_true(due() > clock_now_us());
    shift += INT64_C(3600) * 1000000;
    run_all_due();
    assert_true(is_in_token(&old, HSM_SECRET_KEK_EXPORT));
    char *now = exported(good);
    assert_string_equal(now, before);
    struct kek_row fresh = current("export", &holds);
    assert_true(holds > 1);
    json_decref(ops_ok("acm", "DeleteCertificate", "{s:s}", "CertificateArn", bad));
    free(now);
    free(before);
    free(bad);
    free(good);
    kek_row_free(&old);
    kek_row_free(&fresh);
}

static void keks_are_replaced_when_they_are_old(void **state)
{
    (void)state;
    shift += INT64_C(7200) * 1000000; /* what earlier cases left */
    run_all_due();
    shift += KEK_GRACE;
    run_all_due();
    struct kek_row old = current("export", NULL);
    ops.config.hsm_kek_rotation = 30 * 86400;
    assert_true(due() > clock_now_us());
    shift += INT64_C(31) * 86400 * 1000000;
    assert_true(due() <= clock_now_us());
    run_piece();
    struct kek_row fresh = current("export", NULL);
    assert_string_not_equal(fresh.name, old.name);
    kek_row_free(&fresh);
    kek_row_free(&old);
    run_all_due();
    ops.config.hsm_kek_rotation = 0;
    shift += INT64_C(400) * 86400 * 1000000;
    run_all_due();
    assert_true(due() == SCHEDULE_NEVER || due() > clock_now_us());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_taken_apart_and_others_refused),
        cmocka_unit_test(without_a_certificate_there_is_nothing_to_rotate),
        cmocka_unit_test(every_key_comes_over_and_the_old_kek_goes),
        cmocka_unit_test(a_key_under_a_destroyed_kek_is_never_stored),
        cmocka_unit_test(an_interrupted_beginning_is_taken_up),
        cmocka_unit_test(keys_that_may_never_leave_stay_under_their_kek),
        cmocka_unit_test(a_damaged_key_does_not_keep_the_others),
        cmocka_unit_test(keks_are_replaced_when_they_are_old),
    };
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, setup, teardown);
}
