/*
 * test_hsm_faults.c - what happens when sessions, login, module or token go away, and come
 * back. Failures are put into a copy of the module's function list.
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
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MESSAGE "to be signed"
#define ARN "arn:aws:acm:eu-central-1:123456789012:certificate/0001"
#define THREADS 8
#define ALWAYS 1000000

static struct hsm_kit kit;
static struct hsm *h;
static struct hsm_name name;
static struct buf spki;
static struct hsm_key *key;
static struct hsm_custody custody;

/* ---- the failing function list ---- */

static CK_FUNCTION_LIST real;
static CK_FUNCTION_LIST failing;

struct fault {
    atomic_int left; /* calls that still fail */
    CK_RV rv;
    atomic_uint calls;
};

static struct fault on_sign, on_login, on_open, on_generate, on_initialize, on_find;

static CK_RV fault_take(struct fault *f)
{
    atomic_fetch_add(&f->calls, 1);
    if (atomic_load(&f->left) <= 0 || atomic_fetch_sub(&f->left, 1) <= 0)
        return CKR_OK;
    return f->rv;
}

static void fault_set(struct fault *f, CK_RV rv, int times)
{
    f->rv = rv;
    atomic_store(&f->left, times);
    atomic_store(&f->calls, 0);
}

static CK_RV failing_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len,
                          CK_BYTE_PTR sig, CK_ULONG_PTR sig_len)
{
    CK_RV rv = fault_take(&on_sign);
    return rv == CKR_OK ? real.C_Sign(session, data, len, sig, sig_len) : rv;
}

static CK_RV failing_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin,
                           CK_ULONG len)
{
    CK_RV rv = fault_take(&on_login);
    return rv == CKR_OK ? real.C_Login(session, user, pin, len) : rv;
}

static CK_RV failing_open(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application,
                          CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session)
{
    CK_RV rv = fault_take(&on_open);
    return rv == CKR_OK ? real.C_OpenSession(slot, flags, application, notify, session) : rv;
}

static CK_RV failing_initialize(void *args)
{
    CK_RV rv = fault_take(&on_initialize);
    return rv == CKR_OK ? real.C_Initialize(args) : rv;
}

static CK_RV failing_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
    CK_RV rv = fault_take(&on_find);
    return rv == CKR_OK ? real.C_FindObjectsInit(session, template, count) : rv;
}

/* Fails after the pair was made: what a token does that loses its line in the midst. */
static CK_RV failing_generate(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                              CK_ATTRIBUTE_PTR public, CK_ULONG public_count,
                              CK_ATTRIBUTE_PTR private, CK_ULONG private_count,
                              CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key)
{
    CK_RV rv = real.C_GenerateKeyPair(session, mechanism, public, public_count, private,
                                      private_count, public_key, private_key);
    CK_RV fault = fault_take(&on_generate);
    return rv == CKR_OK ? fault : rv;
}

/* The module is loaded once for all; from here on everybody gets the failing list. */
static int list_replace(void)
{
    struct module *m = NULL;
    int r = module_open(kit.config.module, kit.config.init_args, &m);
    if (r != 0)
        return r;
    real = *m->p11;
    failing = real;
    failing.C_Sign = failing_sign;
    failing.C_Login = failing_login;
    failing.C_OpenSession = failing_open;
    failing.C_Initialize = failing_initialize;
    failing.C_FindObjectsInit = failing_find;
    failing.C_GenerateKeyPair = failing_generate;
    m->p11 = &failing;
    module_close(m);
    return 0;
}

static void faults_clear(void)
{
    struct fault *all[] = {&on_sign, &on_login, &on_open, &on_generate, &on_initialize, &on_find};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        fault_set(all[i], CKR_OK, 0);
}

static int keys_open(void)
{
    struct hsm_name kek = hsm_kit_name("kek");
    struct hsm_name mac = hsm_kit_name("mac");
    name = hsm_kit_name("ca");
    int r = hsm_pair_generate(h, &name, KEY_ALG_P256, &spki);
    r = r != 0 ? r : hsm_pair_find(h, &name, buf_slice(&spki), &key);
    r = r != 0 ? r : hsm_secret_generate(h, &kek, HSM_SECRET_KEK_EXPORT);
    r = r != 0 ? r : hsm_secret_find(h, &kek, HSM_SECRET_KEK_EXPORT, &custody.kek);
    r = r != 0 ? r : hsm_secret_generate(h, &mac, HSM_SECRET_MAC);
    r = r != 0 ? r : hsm_secret_find(h, &mac, HSM_SECRET_MAC, &custody.mac);
    if (r == 0)
        hsm_anchor_set(h, &mac);
    return r;
}

static int group_setup(void **state)
{
    (void)state;
    log_open("test", getenv("HSM_TEST_LOG") != NULL ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    int r = hsm_kit_open(&kit, hsm_kit_wanted());
    r = r != 0 ? r : list_replace();
    r = r != 0 ? r : hsm_open(&kit.config, &h);
    return r != 0 ? r : keys_open();
}

static int group_teardown(void **state)
{
    (void)state;
    hsm_close(h);
    buf_free(&spki);
    hsm_kit_close(&kit);
    return secret_count() == 0 ? 0 : -1;
}

static int test_teardown(void **state)
{
    (void)state;
    faults_clear();
    h->general_at = 0;
    return hsm_ping(h);
}

static int sign(void)
{
    struct buf sig = {0};
    int r = hsm_sign(h, key, SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE), &sig);
    if (r == 0 && !hsm_kit_verifies(buf_slice(&spki), SIG_ALG_SHA256WITHECDSA,
                                    slice_text(MESSAGE), buf_slice(&sig)))
        r = CH_EINTEGRITY;
    buf_free(&sig);
    return r;
}

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* What a call says in the end, when it is given a minute to become the wanted. */
static int until(int (*call)(void), int wanted)
{
    int64_t end = clock_monotonic_ms() + 60000;
    int r = call();
    while (r != wanted && clock_monotonic_ms() < end) {
        sleep_ms(20);
        r = call();
    }
    return r;
}

static int ping(void)
{
    return hsm_ping(h);
}

/* ---- one failure ---- */

static void one_failure_of_any_curable_kind_is_not_seen_by_the_caller(void **state)
{
    (void)state;
    const CK_RV curable[] = {
        CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,       CKR_OPERATION_ACTIVE,
        CKR_OPERATION_NOT_INITIALIZED, CKR_USER_NOT_LOGGED_IN, CKR_OBJECT_HANDLE_INVALID,
        CKR_KEY_HANDLE_INVALID,     CKR_DEVICE_REMOVED,       CKR_DEVICE_ERROR,
        CKR_TOKEN_NOT_PRESENT,      CKR_SLOT_ID_INVALID,      CKR_CRYPTOKI_NOT_INITIALIZED,
        CKR_GENERAL_ERROR,
    };
    for (size_t i = 0; i < COUNT_OF(curable); i++) {
        fault_set(&on_sign, curable[i], 1);
        assert_int_equal(sign(), 0);
        assert_int_equal(sign(), 0);
    }
}

static void a_failure_of_the_request_itself_is_not_tried_again(void **state)
{
    (void)state;
    fault_set(&on_sign, CKR_DATA_LEN_RANGE, ALWAYS);
    assert_int_equal(sign(), CH_EINVAL);
    assert_int_equal(atomic_load(&on_sign.calls), 1);
    fault_set(&on_sign, CKR_FUNCTION_FAILED, ALWAYS);
    assert_int_equal(sign(), CH_EHSM);
    assert_int_equal(atomic_load(&on_sign.calls), 1);
    fault_set(&on_sign, 0x80001234UL, ALWAYS);
    assert_int_equal(sign(), CH_EHSM);
    assert_int_equal(atomic_load(&on_sign.calls), 1);
}

static void dead_sessions_are_replaced_without_a_new_login(void **state)
{
    (void)state;
    uint64_t epoch = h->epoch;
    fault_set(&on_login, CKR_OK, 0);
    fault_set(&on_sign, CKR_SESSION_HANDLE_INVALID, 3);
    assert_int_equal(sign(), 0);
    assert_int_equal(atomic_load(&on_login.calls), 0);
    assert_int_equal(h->epoch, epoch);
}

static void a_logout_by_someone_else_costs_one_login(void **state)
{
    (void)state;
    fault_set(&on_login, CKR_OK, 0);
    assert_int_equal(real.C_Logout(h->anchor), CKR_OK);
    assert_int_equal(sign(), 0);
    assert_int_equal(atomic_load(&on_login.calls), 1);
}

/* ---- the PIN ---- */

static void a_wrong_pin_is_tried_once(void **state)
{
    (void)state;
    struct hsm_config config = kit.config;
    struct hsm *other = NULL;
    /* Logged in already, a token does not look at the PIN: all have to go first. */
    hsm_close(h);
    h = NULL;
    hsm_kit_write_pin(&kit, "not the right one");
    fault_set(&on_login, CKR_OK, 0);
    assert_int_equal(hsm_open(&config, &other), CH_EPIN);
    assert_null(other);
    assert_int_equal(atomic_load(&on_login.calls), 1);
    hsm_kit_write_pin(&kit, HSM_KIT_PIN);
    assert_int_equal(hsm_open(&kit.config, &h), 0);
    assert_int_equal(hsm_pair_find(h, &name, buf_slice(&spki), &key), 0);
}

static void a_pin_that_becomes_wrong_is_tried_once_and_healed_by_a_new_pin_file(void **state)
{
    (void)state;
    hsm_kit_write_pin(&kit, "not the right one");
    fault_set(&on_login, CKR_OK, 0);
    assert_int_equal(real.C_Logout(h->anchor), CKR_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(sign(), CH_EPIN);
        assert_int_equal(hsm_ping(h), CH_EPIN);
        sleep_ms(30);
    }
    assert_int_equal(atomic_load(&on_login.calls), 1);
    hsm_kit_write_pin(&kit, HSM_KIT_PIN "\n");
    assert_int_equal(until(sign, 0), 0);
    assert_int_equal(atomic_load(&on_login.calls), 2);
}

/* ---- the device ---- */

static void a_device_that_stays_away_fails_calls_soon_and_works_when_it_is_back(void **state)
{
    (void)state;
    fault_set(&on_initialize, CKR_DEVICE_ERROR, ALWAYS);
    fault_set(&on_sign, CKR_DEVICE_REMOVED, ALWAYS);
    for (size_t i = 0; i < 3; i++) {
        int64_t begin = clock_monotonic_ms();
        assert_int_equal(sign(), CH_EHSM);
        assert_true(clock_monotonic_ms() - begin < 30000);
    }
    struct hsm_key *found = NULL;
    struct hsm_name unknown = hsm_kit_name("unknown");
    assert_int_equal(hsm_pair_find(h, &unknown, buf_slice(&spki), &found), CH_EHSM);
    faults_clear();
    assert_int_equal(until(sign, 0), 0);
}

static void general_errors_for_reasons_of_the_request_lead_to_one_new_start_only(void **state)
{
    (void)state;
    fault_set(&on_initialize, CKR_OK, 0);
    fault_set(&on_sign, CKR_GENERAL_ERROR, ALWAYS);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(sign(), CH_EHSM);
    assert_int_equal(atomic_load(&on_initialize.calls), 1);
    faults_clear();
    assert_int_equal(sign(), 0);
}

struct worker {
    pthread_t thread;
    atomic_bool *stop;
    unsigned done;
    unsigned failed; /* with CH_EHSM */
    unsigned wrong;  /* otherwise */
    atomic_uint ended; /* calls, however they ended */
    struct hsm_wrapped *wrapped;
};

static int worker_once(const struct worker *w)
{
    struct buf sig = {0};
    if (w->wrapped == NULL)
        return sign();
    int r = hsm_subscriber_sign(h, &custody, w->wrapped, slice_text(ARN), SIG_ALG_SHA256WITHECDSA,
                                slice_text(MESSAGE), &sig);
    if (r == 0 && !hsm_kit_verifies(buf_slice(&w->wrapped->spki), SIG_ALG_SHA256WITHECDSA,
                                    slice_text(MESSAGE), buf_slice(&sig)))
        r = CH_EINTEGRITY;
    buf_free(&sig);
    return r;
}

static void *worker_main(void *context)
{
    struct worker *w = context;
    while (!atomic_load(w->stop)) {
        int r = worker_once(w);
        w->done += r == 0;
        w->failed += r == CH_EHSM;
        w->wrong += r != 0 && r != CH_EHSM;
        atomic_fetch_add(&w->ended, 1);
    }
    return NULL;
}

static void workers_start(struct worker workers[THREADS], atomic_bool *stop,
                          struct hsm_wrapped *wrapped)
{
    atomic_store(stop, false);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.stop = stop, .wrapped = i % 2 == 1 ? wrapped : NULL};
        atomic_init(&workers[i].ended, 0);
        assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]), 0);
    }
}

/* Until each has ended a call that it had begun, and another. */
static void workers_wait(struct worker workers[THREADS])
{
    for (size_t i = 0; i < THREADS; i++)
        for (unsigned before = atomic_load(&workers[i].ended);
             atomic_load(&workers[i].ended) - before < 2;)
            sleep_ms(1);
}

/* The sum of all. */
static struct worker workers_stop(struct worker workers[THREADS], atomic_bool *stop)
{
    struct worker sum = {0};
    atomic_store(stop, true);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.done += workers[i].done;
        sum.failed += workers[i].failed;
        sum.wrong += workers[i].wrong;
    }
    return sum;
}

static void a_token_with_few_sessions_serves_many_threads(void **state)
{
    (void)state;
    struct worker workers[THREADS];
    struct hsm_wrapped wrapped;
    atomic_bool stop;
    assert_int_equal(hsm_subscriber_generate(h, &custody, KEY_ALG_P256, slice_text(ARN), true,
                                             &wrapped),
                     0);
    /* Start from no sessions at all; none is left to keep unwrapped keys on either. */
    assert_int_equal(real.C_Logout(h->anchor), CKR_OK);
    assert_int_equal(sign(), 0);
    fault_set(&on_open, CKR_SESSION_COUNT, ALWAYS);
    workers_start(workers, &stop, &wrapped);
    workers_wait(workers);
    struct worker sum = workers_stop(workers, &stop);
    assert_int_equal(sum.failed + sum.wrong, 0);
    assert_true(sum.done > THREADS);
    assert_true(h->sessions.open < THREADS);
    hsm_wrapped_free(&wrapped);
}

static void failures_under_load_are_cured_without_a_wrong_result(void **state)
{
    (void)state;
    const CK_RV kinds[] = {CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN,
                           CKR_OBJECT_HANDLE_INVALID, CKR_DEVICE_REMOVED,
                           CKR_CRYPTOKI_NOT_INITIALIZED};
    struct hsm_wrapped wrapped;
    struct worker workers[THREADS];
    atomic_bool stop;
    assert_int_equal(hsm_subscriber_generate(h, &custody, KEY_ALG_P256, slice_text(ARN), true,
                                             &wrapped),
                     0);
    workers_start(workers, &stop, &wrapped);
    for (size_t i = 0; i < 3 * COUNT_OF(kinds); i++) {
        fault_set(&on_sign, kinds[i % COUNT_OF(kinds)], 2);
        while (atomic_load(&on_sign.left) > 0)
            sleep_ms(1);
        /* No call is hit by two rounds: one that is hit five times in a row may fail. */
        workers_wait(workers);
        assert_int_equal(sign(), 0);
    }
    struct worker sum = workers_stop(workers, &stop);
    assert_int_equal(sum.wrong, 0);
    assert_int_equal(sum.failed, 0);
    assert_true(sum.done > THREADS);
    hsm_wrapped_free(&wrapped);
}

/* ---- making keys ---- */

static void count_one(void *context, const struct hsm_name *found, bool public_found)
{
    unsigned *count = context;
    (void)found;
    *count += public_found ? 1 : 100;
}

static unsigned pairs_named(const char *label)
{
    unsigned count = 0;
    assert_int_equal(hsm_pair_list(h, label, count_one, &count), 0);
    return count;
}

static void a_pair_whose_making_lost_the_line_is_made_again_and_once_only(void **state)
{
    (void)state;
    struct hsm_name made = hsm_kit_name("lost line");
    struct buf public = {0};
    struct hsm_key *found = NULL;
    fault_set(&on_generate, CKR_DEVICE_ERROR, 1);
    assert_int_equal(hsm_pair_generate(h, &made, KEY_ALG_P256, &public), 0);
    assert_int_equal(pairs_named("lost line"), 1);
    assert_int_equal(hsm_pair_find(h, &made, buf_slice(&public), &found), 0);
    assert_int_equal(hsm_pair_destroy(h, &made), 0);
    buf_free(&public);
}

static void a_pair_that_cannot_be_made_leaves_nothing_behind(void **state)
{
    (void)state;
    struct hsm_name made = hsm_kit_name("cannot");
    struct buf public = {0};
    fault_set(&on_generate, CKR_FUNCTION_FAILED, ALWAYS);
    assert_int_equal(hsm_pair_generate(h, &made, KEY_ALG_P256, &public), CH_EHSM);
    assert_int_equal(public.len, 0);
    buf_free(&public);
    faults_clear();
    assert_int_equal(pairs_named("cannot"), 0);
}

static void a_pair_that_does_not_reach_the_disk_is_taken_back(void **state)
{
    (void)state;
    struct hsm_name made = hsm_kit_name("no disk");
    struct buf public = {0};
    char *folder = h->fsync_folder;
    char missing[] = "/nonexistent/folder";
    h->fsync_folder = missing;
    assert_int_equal(hsm_pair_generate(h, &made, KEY_ALG_P256, &public), CH_EIO);
    h->fsync_folder = folder;
    assert_int_equal(public.len, 0);
    buf_free(&public);
    assert_int_equal(pairs_named("no disk"), 0);
}

/* ---- is it our token? ---- */

static void a_miss_is_not_believed_when_the_anchor_key_is_missing(void **state)
{
    (void)state;
    struct hsm_name unknown = hsm_kit_name("unknown");
    struct hsm_name anchor = h->anchor_name;
    struct hsm_name absent = hsm_kit_name("absent anchor");
    struct hsm_key *found = NULL;
    assert_int_equal(hsm_pair_find(h, &unknown, buf_slice(&spki), &found), CH_ENOTFOUND);
    hsm_anchor_set(h, &absent);
    assert_int_equal(hsm_pair_find(h, &unknown, buf_slice(&spki), &found), CH_EHSM);
    assert_int_equal(hsm_secret_find(h, &unknown, HSM_SECRET_MAC, &found), CH_EHSM);
    struct buf public = {0};
    assert_int_equal(hsm_pair_generate(h, &unknown, KEY_ALG_P256, &public), CH_EHSM);
    hsm_anchor_set(h, &anchor);
    assert_int_equal(until(ping, 0), 0);
    assert_int_equal(hsm_pair_find(h, &unknown, buf_slice(&spki), &found), CH_ENOTFOUND);
}

static void a_token_folder_that_goes_away_and_comes_back_loses_nothing(void **state)
{
    (void)state;
    if (kit.token != HSM_KIT_SOFTHSM)
        skip();
    char away[200];
    struct hsm_wrapped wrapped;
    struct worker workers[THREADS];
    struct hsm_key *found = NULL;
    struct buf public = {0};
    struct hsm_name unknown = hsm_kit_name("unknown");
    atomic_bool stop;
    snprintf(away, sizeof(away), "%s/away", kit.folder);
    assert_int_equal(hsm_subscriber_generate(h, &custody, KEY_ALG_P256, slice_text(ARN), true,
                                             &wrapped),
                     0);
    workers_start(workers, &stop, &wrapped);
    workers_wait(workers);
    assert_int_equal(rename(kit.tokens, away), 0);
    assert_int_equal(until(sign, CH_EHSM), CH_EHSM);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sign(), CH_EHSM);
        assert_int_equal(hsm_pair_find(h, &unknown, buf_slice(&spki), &found), CH_EHSM);
        assert_int_equal(hsm_pair_generate(h, &unknown, KEY_ALG_P256, &public), CH_EHSM);
        assert_int_equal(hsm_ping(h), CH_EHSM);
    }
    assert_int_equal(rename(away, kit.tokens), 0);
    assert_int_equal(until(sign, 0), 0);
    struct worker during = workers_stop(workers, &stop);
    assert_int_equal(during.wrong, 0);
    assert_true(during.done > 0);
    workers_start(workers, &stop, &wrapped);
    workers_wait(workers);
    struct worker after = workers_stop(workers, &stop);
    assert_int_equal(after.wrong + after.failed, 0);
    assert_true(after.done > THREADS);
    assert_int_equal(hsm_pair_generate(h, &unknown, KEY_ALG_P256, &public), 0);
    assert_int_equal(hsm_pair_destroy(h, &unknown), 0);
    buf_free(&public);
    hsm_wrapped_free(&wrapped);
}

static bool is_lost(void)
{
    pthread_rwlock_rdlock(&h->module->lock);
    bool lost = h->lost;
    pthread_rwlock_unlock(&h->module->lock);
    return lost;
}

static void a_short_absence_of_the_folder_is_waited_out(void **state)
{
    (void)state;
    if (kit.token != HSM_KIT_SOFTHSM)
        skip();
    char away[200];
    struct worker workers[THREADS];
    atomic_bool stop;
    snprintf(away, sizeof(away), "%s/away", kit.folder);
    workers_start(workers, &stop, NULL);
    workers_wait(workers);
    assert_int_equal(rename(kit.tokens, away), 0);
    while (!is_lost())
        sleep_ms(1);
    assert_int_equal(rename(away, kit.tokens), 0);
    workers_wait(workers);
    struct worker sum = workers_stop(workers, &stop);
    assert_int_equal(sum.wrong + sum.failed, 0);
    assert_true(sum.done > THREADS);
}

static void two_users_of_a_module_survive_a_new_start_by_one_of_them(void **state)
{
    (void)state;
    struct hsm *other = NULL;
    struct hsm_key *theirs = NULL;
    struct buf sig = {0};
    assert_int_equal(hsm_open(&kit.config, &other), 0);
    assert_int_equal(hsm_pair_find(other, &name, buf_slice(&spki), &theirs), 0);
    for (size_t i = 0; i < 3; i++) {
        fault_set(&on_sign, CKR_DEVICE_REMOVED, 1);
        assert_int_equal(sign(), 0);
        assert_int_equal(hsm_sign(other, theirs, SIG_ALG_SHA256WITHECDSA, slice_text(MESSAGE),
                                  &sig),
                         0);
        assert_int_equal(sign(), 0);
    }
    buf_free(&sig);
    hsm_close(other);
    assert_int_equal(sign(), 0);
}

#define FAULT_TEST(f) cmocka_unit_test_teardown(f, test_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        FAULT_TEST(one_failure_of_any_curable_kind_is_not_seen_by_the_caller),
        FAULT_TEST(a_failure_of_the_request_itself_is_not_tried_again),
        FAULT_TEST(dead_sessions_are_replaced_without_a_new_login),
        FAULT_TEST(a_logout_by_someone_else_costs_one_login),
        FAULT_TEST(a_pin_that_becomes_wrong_is_tried_once_and_healed_by_a_new_pin_file),
        FAULT_TEST(a_device_that_stays_away_fails_calls_soon_and_works_when_it_is_back),
        FAULT_TEST(general_errors_for_reasons_of_the_request_lead_to_one_new_start_only),
        FAULT_TEST(a_token_with_few_sessions_serves_many_threads),
        FAULT_TEST(failures_under_load_are_cured_without_a_wrong_result),
        FAULT_TEST(a_pair_whose_making_lost_the_line_is_made_again_and_once_only),
        FAULT_TEST(a_pair_that_cannot_be_made_leaves_nothing_behind),
        FAULT_TEST(a_pair_that_does_not_reach_the_disk_is_taken_back),
        FAULT_TEST(a_miss_is_not_believed_when_the_anchor_key_is_missing),
        FAULT_TEST(a_token_folder_that_goes_away_and_comes_back_loses_nothing),
        FAULT_TEST(a_short_absence_of_the_folder_is_waited_out),
        FAULT_TEST(two_users_of_a_module_survive_a_new_start_by_one_of_them),
        FAULT_TEST(a_wrong_pin_is_tried_once),
    };
    (void)argc;
    int status = hsm_kit_each_token(argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, group_setup, group_teardown);
}
