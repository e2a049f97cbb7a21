/*
 * hsm_inject - the HSM fails in every way that its table of return values knows, in every
 * call that matters, while eight threads work.
 *
 * The failures come from p11_fault.so between hsm/ and SoftHSM. After each: all operations
 * work again at once, no result was wrong, few calls saw anything and those were told of
 * the HSM; C_Finalize never came while a call was under way.
 */
#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/internal.h"
#include "tests/fault/p11_fault.h"
#include "tests/unit/hsm_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define SESSIONS 4     /* fewer than threads: they also wait for each other's */
#define SUBSCRIBERS 24 /* more than are kept unwrapped: some sign after an unwrap */
#define DRAIN_MS 60000 /* a loaded machine takes its time */
#define STUCK_S 200 /* since the last injection: a deadlock ends the program, not the patience of who runs it */
#define ARN "arn:aws:acm:eu-central-1:123456789012:certificate/0001"
#define STORM 6 /* a recovery is hit, too, and waits longer each time */
#define CODES_MAX 32

static struct hsm_kit kit;
static struct p11_fault_control *control;
static struct hsm *h;

struct pair {
    struct hsm_name name;
    struct buf spki;
    struct hsm_key *key;
};

static struct pair authority_ec, authority_rsa;
static struct hsm_name kek_name, mac_name;
static struct hsm_custody custody;
static struct hsm_wrapped subscribers[SUBSCRIBERS];

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- the forwarding module ---- */

static void inject(const char *function, CK_RV rv, int times)
{
    alarm(STUCK_S);
    atomic_store(&control->remaining, 0);
    snprintf(control->function, sizeof(control->function), "%s", function);
    atomic_store(&control->rv, rv);
    atomic_store(&control->injected, 0);
    atomic_store(&control->remaining, times);
}

static void inject_nothing(void)
{
    inject("", CKR_OK, 0);
}

/* Beside this program, in the same build folder. */
static const char *fault_module(void)
{
    static char path[PATH_MAX + 32];
    char self[PATH_MAX] = "";
    const char *build = getenv("BUILD_DIR");
    if (build != NULL) {
        snprintf(path, sizeof(path), "%s/fault/lib/p11_fault.so", build);
    } else {
        assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
        snprintf(path, sizeof(path), "%s/lib/p11_fault.so", dirname(self));
    }
    return path;
}

static int control_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(*control)) != 0)
        return CH_EIO;
    void *block = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (block == MAP_FAILED)
        return CH_EIO;
    control = block;
    return 0;
}

static int fault_module_use(void)
{
    char control_path[192];
    char conf_path[192];
    snprintf(control_path, sizeof(control_path), "%s/control", kit.folder);
    snprintf(conf_path, sizeof(conf_path), "%s/p11_fault.conf", kit.folder);
    FILE *conf = fopen(conf_path, "w");
    if (conf == NULL)
        return CH_EIO;
    fprintf(conf, "module=%s\ncontrol=%s\n", kit.config.module, control_path);
    if (fclose(conf) != 0)
        return CH_EIO;
    setenv(P11_FAULT_CONF, conf_path, 1);
    kit.config.module = fault_module();
    return control_open(control_path);
}

/* ---- the operations; each checks what it got ---- */

#define WRONG (-1000) /* no CH_E*: a result that OpenSSL does not believe */

static int verified(int r, struct slice spki, enum sig_alg alg, struct slice message,
                    struct buf *sig)
{
    if (r == 0 && !hsm_kit_verifies(spki, alg, message, buf_slice(sig)))
        r = WRONG;
    buf_free(sig);
    return r;
}

static int authority_sign(const struct pair *pair, enum sig_alg alg, unsigned number)
{
    struct buf sig = {0};
    struct slice message = slice_of(&number, sizeof(number));
    int r = hsm_sign(h, pair->key, alg, message, &sig);
    return verified(r, buf_slice(&pair->spki), alg, message, &sig);
}

static int sign_ec(unsigned number)
{
    return authority_sign(&authority_ec, SIG_ALG_SHA256WITHECDSA, number);
}

static int sign_rsa(unsigned number)
{
    return authority_sign(&authority_rsa,
                          number % 2 ? SIG_ALG_SHA256WITHRSA : SIG_ALG_SHA256WITHRSA_PSS, number);
}

static int wrapped_sign(const struct hsm_wrapped *wrapped, unsigned number)
{
    struct buf sig = {0};
    enum sig_alg alg = sig_alg_default(wrapped->alg);
    struct slice message = slice_of(&number, sizeof(number));
    int r = hsm_subscriber_sign(h, &custody, wrapped, slice_text(ARN), alg, message, &sig);
    return verified(r, buf_slice(&wrapped->spki), alg, message, &sig);
}

static int sign_subscriber(unsigned number)
{
    return wrapped_sign(&subscribers[number % SUBSCRIBERS], number);
}

/* The key that came out wrapped is the one whose public half came with it. */
static int generate_subscriber_of(enum key_alg alg, bool wait, unsigned number)
{
    struct hsm_wrapped wrapped;
    int r = hsm_subscriber_generate(h, &custody, alg, slice_text(ARN), wait, &wrapped);
    if (r == 0)
        r = wrapped_sign(&wrapped, number);
    if (r == 0)
        hsm_subscriber_forget(h, &wrapped);
    hsm_wrapped_free(&wrapped);
    return r;
}

static int generate_subscriber(unsigned number)
{
    return generate_subscriber_of(KEY_ALG_P256, true, number);
}

static bool same_public(struct secret *pkcs8, struct slice spki)
{
    const unsigned char *at = secret_data(pkcs8);
    const unsigned char *at_public = spki.data;
    EVP_PKEY *private = d2i_AutoPrivateKey(NULL, &at, (long)secret_len(pkcs8));
    EVP_PKEY *public = d2i_PUBKEY(NULL, &at_public, (long)spki.len);
    bool same = private != NULL && public != NULL && EVP_PKEY_eq(private, public) == 1;
    EVP_PKEY_free(private);
    EVP_PKEY_free(public);
    return same;
}

static int export_subscriber(unsigned number)
{
    struct secret *pkcs8 = NULL;
    const struct hsm_wrapped *wrapped = &subscribers[number % SUBSCRIBERS];
    int r = hsm_subscriber_export(h, &custody, wrapped, slice_text(ARN), &pkcs8);
    if (r == 0 && !same_public(pkcs8, buf_slice(&wrapped->spki)))
        r = WRONG;
    secret_free(pkcs8);
    return r;
}

static int make_authority(unsigned number)
{
    struct pair made = {.name = hsm_kit_name("made")};
    int r = hsm_pair_generate(h, &made.name, KEY_ALG_P256, &made.spki);
    if (r == 0)
        r = hsm_pair_find(h, &made.name, buf_slice(&made.spki), &made.key);
    if (r == 0)
        r = authority_sign(&made, SIG_ALG_SHA256WITHECDSA, number);
    int destroyed = hsm_pair_destroy(h, &made.name);
    buf_free(&made.spki);
    return r != 0 ? r : destroyed;
}

static int use_mac(unsigned number)
{
    uint8_t first[HSM_TAG_SIZE];
    uint8_t second[HSM_TAG_SIZE];
    struct slice message = slice_of(&number, sizeof(number));
    int r = hsm_mac(h, custody.mac, message, first);
    if (r == 0)
        r = hsm_mac(h, custody.mac, message, second);
    return r == 0 && memcmp(first, second, sizeof(first)) != 0 ? WRONG : r;
}

static int ping(unsigned number)
{
    (void)number;
    return hsm_ping(h);
}

struct operation {
    const char *name;
    int (*run)(unsigned number);
};

static const struct operation operations[] = {
    {"sign with an EC authority", sign_ec},
    {"sign with an RSA authority", sign_rsa},
    {"sign with a subscriber's key", sign_subscriber},
    {"make a subscriber's key", generate_subscriber},
    {"export a subscriber's key", export_subscriber},
    {"make and destroy an authority", make_authority},
    {"authenticate", use_mac},
    {"ping", ping},
};

static void assert_all_works(const char *after)
{
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        int r = operations[i].run((unsigned)i);
        if (r != 0)
            fail_msg("%s after %s: %s", operations[i].name, after, ch_error_name(r));
    }
}

/* ---- the load ---- */

static struct load {
    bool running;
    atomic_bool stop;
    pthread_t threads[THREADS];
    atomic_uint done;
    atomic_uint failed[CODES_MAX]; /* by CH_E*, without its sign */
    atomic_uint wrong;
} load;

static void load_count(const struct operation *operation, int r)
{
    if (r == 0) {
        atomic_fetch_add(&load.done, 1);
    } else if (r == WRONG || -r >= CODES_MAX) {
        print_error("%s: a wrong result (%d)\n", operation->name, r);
        atomic_fetch_add(&load.wrong, 1);
    } else {
        atomic_fetch_add(&load.failed[-r], 1);
    }
}

static void *load_main(void *context)
{
    unsigned number = (unsigned)(uintptr_t)context;
    while (!atomic_load(&load.stop)) {
        const struct operation *operation = &operations[number % COUNT_OF(operations)];
        load_count(operation, operation->run(number));
        number += 3; /* through all operations, no two threads in step */
    }
    return NULL;
}

static void load_start(void)
{
    memset(&load, 0, sizeof(load));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&load.threads[i], NULL, load_main, (void *)(uintptr_t)(i * 7)), 0);
    load.running = true;
}

static void load_stop(void)
{
    atomic_store(&load.stop, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(load.threads[i], NULL);
    load.running = false;
}

static unsigned load_failed(void)
{
    unsigned sum = 0;
    for (size_t i = 0; i < CODES_MAX; i++)
        sum += atomic_load(&load.failed[i]);
    return sum;
}

/* No code but these was seen by a caller (0-terminated). */
static void assert_failed_only_with(const int *codes)
{
    for (int code = 1; code < CODES_MAX; code++) {
        bool expected = false;
        for (const int *c = codes; *c != 0; c++)
            expected = expected || *c == -code;
        if (!expected && atomic_load(&load.failed[code]) != 0)
            fail_msg("%u calls failed with %s", atomic_load(&load.failed[code]),
                     ch_error_name(-code));
    }
}

/* ---- provoking: a pool that is in order opens no session and looks nothing up ---- */

static void log_out(void)
{
    (void)h->p11->C_Logout(h->anchor);
}

static void kill_sessions(void)
{
    for (unsigned i = 0; i < h->sessions.idle_count; i++)
        (void)h->p11->C_CloseSession(h->sessions.idle[i]);
}

/* Between two calls: SoftHSM itself does not survive these two in the midst of one. */
static void provoke(void (*act)(void))
{
    pthread_rwlock_wrlock(&h->module->lock);
    if (!h->lost)
        act();
    pthread_rwlock_unlock(&h->module->lock);
}

/* Waits until all injected failures were met. */
static void drain(const char *what, bool provoking)
{
    int64_t end = clock_monotonic_ms() + DRAIN_MS;
    for (unsigned i = 1; atomic_load(&control->remaining) > 0; i++) {
        if (clock_monotonic_ms() > end)
            fail_msg("%s: %d failures were met by nobody", what,
                     (int)atomic_load(&control->remaining));
        if (provoking && i % 10 == 1)
            provoke(i % 20 == 1 ? kill_sessions : log_out);
        sleep_ms(2);
    }
}

/* Until the HSM counts as there again. */
static void wait_healthy(void)
{
    int64_t end = clock_monotonic_ms() + DRAIN_MS;
    while (hsm_ping(h) != 0) {
        assert_true(clock_monotonic_ms() < end);
        sleep_ms(20);
    }
}

/* ---- keys ---- */

static int pair_open(struct pair *pair, const char *label, enum key_alg alg)
{
    pair->name = hsm_kit_name(label);
    int r = hsm_pair_generate(h, &pair->name, alg, &pair->spki);
    return r != 0 ? r : hsm_pair_find(h, &pair->name, buf_slice(&pair->spki), &pair->key);
}

static int custody_open(void)
{
    int r = hsm_secret_find(h, &kek_name, HSM_SECRET_KEK_EXPORT, &custody.kek);
    r = r != 0 ? r : hsm_secret_find(h, &mac_name, HSM_SECRET_MAC, &custody.mac);
    if (r == 0)
        hsm_anchor_set(h, &mac_name);
    return r;
}

static int keys_make(void)
{
    kek_name = hsm_kit_name("kek");
    mac_name = hsm_kit_name("mac");
    int r = pair_open(&authority_ec, "ec", KEY_ALG_P256);
    r = r != 0 ? r : pair_open(&authority_rsa, "rsa", KEY_ALG_RSA_2048);
    r = r != 0 ? r : hsm_secret_generate(h, &kek_name, HSM_SECRET_KEK_EXPORT);
    r = r != 0 ? r : hsm_secret_generate(h, &mac_name, HSM_SECRET_MAC);
    r = r != 0 ? r : custody_open();
    for (size_t i = 0; r == 0 && i < SUBSCRIBERS; i++)
        r = hsm_subscriber_generate(h, &custody, KEY_ALG_P256, slice_text(ARN), true,
                                    &subscribers[i]);
    return r;
}

static int group_setup(void **state)
{
    (void)state;
    log_open("inject", getenv("HSM_TEST_LOG") != NULL ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    int r = hsm_kit_open(&kit, HSM_KIT_SOFTHSM);
    kit.config.sessions = SESSIONS;
    kit.config.fsync_folder = NULL; /* nothing is cut off here: no need to wait for the disk */
    r = r != 0 ? r : fault_module_use();
    r = r != 0 ? r : hsm_open(&kit.config, &h);
    return r != 0 ? r : keys_make();
}

static int group_teardown(void **state)
{
    (void)state;
    hsm_close(h);
    buf_free(&authority_ec.spki);
    buf_free(&authority_rsa.spki);
    for (size_t i = 0; i < SUBSCRIBERS; i++)
        hsm_wrapped_free(&subscribers[i]);
    munmap(control, sizeof(*control));
    hsm_kit_close(&kit);
    return secret_count() == 0 ? 0 : -1;
}

/* A test that failed leaves threads behind. */
static int test_teardown(void **state)
{
    (void)state;
    inject_nothing();
    if (load.running)
        load_stop();
    return 0;
}

/* ---- the matrix ---- */

struct failure {
    CK_RV rv;
    const char *name;
    bool of_its_class; /* stands for it where not all are tried */
};

#define FAILURE(rv, of_its_class) {rv, #rv, of_its_class}

static const struct failure failures[] = {
    FAILURE(CKR_SESSION_HANDLE_INVALID, true),
    FAILURE(CKR_SESSION_CLOSED, false),
    FAILURE(CKR_OPERATION_ACTIVE, false),
    FAILURE(CKR_OPERATION_NOT_INITIALIZED, false),
    FAILURE(CKR_USER_NOT_LOGGED_IN, true),
    FAILURE(CKR_OBJECT_HANDLE_INVALID, false),
    FAILURE(CKR_KEY_HANDLE_INVALID, true),
    FAILURE(CKR_DEVICE_REMOVED, true),
    FAILURE(CKR_DEVICE_ERROR, false),
    FAILURE(CKR_TOKEN_NOT_PRESENT, false),
    FAILURE(CKR_SLOT_ID_INVALID, false),
    FAILURE(CKR_CRYPTOKI_NOT_INITIALIZED, true),
    FAILURE(CKR_GENERAL_ERROR, true),
    FAILURE(CKR_SESSION_COUNT, true),
    FAILURE(CKR_DEVICE_MEMORY, true),
    FAILURE(CKR_HOST_MEMORY, false),
};

struct victim {
    const char *function;
    int times;
    bool provoking;
};

/* What a recovery itself calls fails less often: its pauses double. */
static const struct victim victims[] = {
    {"C_Sign", 10, false},           {"C_SignInit", 10, false},
    {"C_UnwrapKey", 10, false},      {"C_GenerateKeyPair", 10, false},
    {"C_FindObjectsInit", 4, false}, {"C_GetTokenInfo", 4, false},
    {"C_OpenSession", 4, true},
};

/* Failures that hsm/ is to cure, and how many calls saw one all the same. */
struct curable {
    unsigned injected;
    unsigned failed;
};

static void fail_once(const struct victim *victim, const struct failure *failure,
                      struct curable *curable)
{
    char what[80];
    unsigned before = load_failed();
    snprintf(what, sizeof(what), "%s of %s", failure->name, victim->function);
    inject(victim->function, failure->rv, victim->times);
    drain(what, victim->provoking);
    assert_all_works(what);
    unsigned failed = load_failed() - before;
    /* Each failure is told once; besides, a recovery may outlast the patience of who waits. */
    if (failed > (unsigned)victim->times + THREADS)
        fail_msg("%s x %d was seen by %u callers", what, victim->times, failed);
    if (rv_row_find(failure->rv)->class != RV_CLASS_FAIL) {
        curable->injected += (unsigned)victim->times;
        curable->failed += failed;
    }
}

static void every_failure_in_every_call_is_cured_under_load(void **state)
{
    static const int expected[] = {CH_EHSM, CH_EBUSY, CH_ENOMEM, 0};
    struct curable curable = {0};
    (void)state;
    assert_all_works("the start");
    load_start();
    for (size_t v = 0; v < COUNT_OF(victims); v++)
        for (size_t f = 0; f < COUNT_OF(failures); f++)
            if (failures[f].of_its_class || v == 0)
                fail_once(&victims[v], &failures[f], &curable);
    load_stop();
    print_message("%u operations done, %u saw a failure; %u curable ones injected, %u seen\n",
                  atomic_load(&load.done), load_failed(), curable.injected, curable.failed);
    /* It takes two in a row (general errors) or five (the others) to make a call fail. */
    assert_true(curable.failed <= curable.injected / 3);
    assert_int_equal(atomic_load(&load.wrong), 0);
    assert_failed_only_with(expected);
    /* Out of memory is what the module said, and nothing else was taken for it. */
    assert_true(atomic_load(&load.failed[-CH_ENOMEM]) <= (unsigned)victims[0].times);
    assert_int_equal(atomic_load(&control->fatal_overlap), 0);
}

/* ---- any call at any time ---- */

static void a_storm_of_failures_in_all_calls_passes(void **state)
{
    static const int expected[] = {CH_EHSM, CH_EBUSY, CH_ENOMEM, 0};
    (void)state;
    load_start();
    for (size_t f = 0; f < COUNT_OF(failures); f++) {
        inject("*", failures[f].rv, STORM);
        drain(failures[f].name, false);
        wait_healthy();
    }
    assert_all_works("the storm");
    load_stop();
    assert_int_equal(atomic_load(&load.wrong), 0);
    assert_failed_only_with(expected);
    assert_int_equal(atomic_load(&control->fatal_overlap), 0);
}

/* ---- waiting for a session ---- */

/* An HSM that went away answers late: all sessions are being opened while others wait. */
static void who_waits_for_a_session_is_not_forgotten_when_opening_fails(void **state)
{
    const CK_RV kinds[] = {CKR_DEVICE_REMOVED, CKR_SESSION_COUNT, CKR_SESSION_CLOSED,
                           CKR_DEVICE_MEMORY};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        load_start();
        pthread_rwlock_wrlock(&h->module->lock);
        sessions_close(h, false);
        h->epoch++;
        if (h->lru != NULL)
            lru_clear(h->lru);
        assert_int_equal(sessions_open(h), CKR_OK);
        inject("C_OpenSession", kinds[i], SESSIONS);
        atomic_store(&control->delay_us, 50000);
        pthread_rwlock_unlock(&h->module->lock);
        drain(rv_name(kinds[i]), false);
        atomic_store(&control->delay_us, 0);
        assert_all_works(rv_name(kinds[i]));
        load_stop();
        assert_int_equal(atomic_load(&load.wrong), 0);
    }
}

/* ---- pairs made ahead ---- */

static void stock_wait(unsigned count)
{
    int64_t end = clock_monotonic_ms() + 60000;
    while (stock_count(h, KEY_ALG_RSA_2048) < count) {
        assert_true(clock_monotonic_ms() < end);
        sleep_ms(5);
    }
}

/* Opens the same token again with another configuration. */
static void reopen(const struct hsm_config *config)
{
    hsm_close(h);
    h = NULL;
    inject_nothing();
    assert_int_equal(hsm_open(config, &h), 0);
    assert_int_equal(custody_open(), 0);
    assert_int_equal(hsm_pair_find(h, &authority_ec.name, buf_slice(&authority_ec.spki),
                                   &authority_ec.key),
                     0);
    assert_int_equal(hsm_pair_find(h, &authority_rsa.name, buf_slice(&authority_rsa.spki),
                                   &authority_rsa.key),
                     0);
}

/* Takes two pairs; each signs with the key that it says. False when there was none at once. */
static bool take_pairs(const char *after)
{
    bool at_once = true;
    for (unsigned n = 0; n < 2; n++) {
        int r = CH_EBUSY;
        for (unsigned tries = 0; r == CH_EBUSY && tries < 5; tries++) {
            at_once = at_once && tries == 0;
            stock_wait(1);
            r = generate_subscriber_of(KEY_ALG_RSA_2048, false, n);
        }
        if (r != 0)
            fail_msg("pair %u after %s: %s", n, after, ch_error_name(r));
    }
    return at_once;
}

static void pairs_made_ahead_are_right_or_gone_after_a_failure(void **state)
{
    static const struct {
        CK_RV rv;
        bool keeps; /* the session lives on, and all that was made before */
    } kinds[] = {{CKR_SESSION_COUNT, true},   {CKR_DEVICE_MEMORY, true},
                 {CKR_SESSION_CLOSED, false}, {CKR_GENERAL_ERROR, false},
                 {CKR_DEVICE_REMOVED, false}};
    struct hsm_config config = kit.config;
    (void)state;
    config.pool_size[KEY_ALG_RSA_2048] = 200; /* never full: there is always somebody to fail */
    reopen(&config);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        stock_wait(1);
        inject("C_GenerateKeyPair", kinds[i].rv, 2);
        drain(rv_name(kinds[i].rv), false);
        stock_wait(2);
        bool at_once = take_pairs(rv_name(kinds[i].rv));
        if (kinds[i].keeps && !at_once)
            fail_msg("%s: pairs that were there could not be had", rv_name(kinds[i].rv));
    }
    reopen(&kit.config);
    assert_all_works("pairs made ahead");
}

/* ---- the PIN ---- */

static void a_refused_pin_is_not_tried_again_by_eight_threads(void **state)
{
    static const int expected[] = {CH_EPIN, CH_EHSM, 0};
    (void)state;
    hsm_kit_write_pin(&kit, "another one");
    load_start();
    inject("C_Login", CKR_PIN_INCORRECT, 1000);
    provoke(log_out);
    sleep_ms(1500); /* longer than several pauses between attempts to recover */
    assert_int_equal(atomic_load(&control->injected), 1);
    assert_int_equal(hsm_ping(h), CH_EPIN);
    inject_nothing();
    hsm_kit_write_pin(&kit, HSM_KIT_PIN "\n");
    wait_healthy();
    assert_all_works("a refused PIN");
    load_stop();
    assert_int_equal(atomic_load(&load.wrong), 0);
    assert_failed_only_with(expected);
    assert_true(atomic_load(&load.failed[-CH_EPIN]) > 0);
    assert_int_equal(atomic_load(&control->fatal_overlap), 0);
}

#define INJECT_TEST(test) cmocka_unit_test_teardown(test, test_teardown)

/* hsm_inject [PATTERN]: all tests, or those whose names fit. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        INJECT_TEST(every_failure_in_every_call_is_cured_under_load),
        INJECT_TEST(a_storm_of_failures_in_all_calls_passes),
        INJECT_TEST(who_waits_for_a_session_is_not_forgotten_when_opening_fails),
        INJECT_TEST(pairs_made_ahead_are_right_or_gone_after_a_failure),
        INJECT_TEST(a_refused_pin_is_not_tried_again_by_eight_threads),
    };
    alarm(STUCK_S);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
