/* Tests of ca/trail/checkpoint.c and its job: who rewrites the audit trail is found out. */
#include "tests/unit/core_kit.h"

#include "ca/jobs/audit_checkpoint.h"
#include "ca/trail/checkpoint.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t shift;

static int64_t shifted_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + shift;
}

/* ---- the trail ---- */

static int append_unit(struct store_tx *tx, void *context)
{
    return store_audit_append(tx, clock_now_us(), slice_text(context));
}

static void append(int records)
{
    static unsigned number;
    char text[64];
    snprintf(text, sizeof text, "{\"eventName\":\"Test%u\"}", number++);
    for (int i = 0; i < records; i++)
        assert_int_equal(store_write(core_kit.core.store, append_unit, text), 0);
}

struct walk {
    uint64_t count, bad;
    int result;
};

static int walk_unit(struct store_tx *tx, void *context)
{
    struct walk *w = context;
    w->result = store_audit_verify(tx, &w->count, &w->bad);
    return 0;
}

static struct walk walk(void)
{
    struct walk w = {0};
    assert_int_equal(store_read(core_kit.core.store, walk_unit, &w), 0);
    return w;
}

static uint64_t covered(void)
{
    struct checkpoint_report report;
    assert_int_equal(checkpoint_verify(&core_kit.core, &report), 0);
    return report.last;
}

static int64_t due(void)
{
    int64_t at = 0;
    assert_int_equal(audit_checkpoint_due(&core_kit.core, &at), 0);
    return at;
}

/* ---- an attacker who may write to the database ---- */

static void sql(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void sql(const char *format, ...)
{
    char path[512], text[1024];
    sqlite3 *db = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(path, sizeof path, "%s/%s", core_kit.state, core_kit.config.store_path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    char *error = NULL;
    int code = sqlite3_exec(db, text, NULL, NULL, &error);
    if (code != SQLITE_OK)
        fail_msg("%s: %s", text, error);
    sqlite3_close(db);
}

/* SQL function: the next chain value. */
static void chained(sqlite3_context *context, int count, sqlite3_value **values)
{
    uint8_t digest[32];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL), 1);
    for (int i = 0; i < count; i++)
        assert_int_equal(EVP_DigestUpdate(ctx, sqlite3_value_blob(values[i]),
                                          (size_t)sqlite3_value_bytes(values[i])),
                         1);
    assert_int_equal(EVP_DigestFinal_ex(ctx, digest, NULL), 1);
    EVP_MD_CTX_free(ctx);
    sqlite3_result_blob(context, digest, sizeof digest, SQLITE_TRANSIENT);
}

/* Changes a record and computes the chain anew from there, as one who knows how it is made. */
static void rewrite(uint64_t from, uint64_t to)
{
    char path[512], text[512];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", core_kit.state, core_kit.config.store_path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_create_function(db, "chained", 2, SQLITE_UTF8, NULL, chained, NULL, NULL);
    snprintf(text, sizeof text,
             "DROP TRIGGER audit_keeps_records; UPDATE audit SET record = X'7b7d' WHERE sequence "
             "= %llu",
             (unsigned long long)from);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    for (uint64_t i = from; i <= to; i++) {
        snprintf(text, sizeof text,
                 "UPDATE audit SET chain = chained(coalesce((SELECT chain FROM audit WHERE "
                 "sequence = %llu), zeroblob(32)), record) WHERE sequence = %llu",
                 (unsigned long long)i - 1, (unsigned long long)i);
        assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    }
    sqlite3_close(db);
}

/* ---- cases ---- */

static int setup(void **state)
{
    int r = core_kit_setup(state);
    clock_replace(shifted_now);
    return r;
}

static int teardown(void **state)
{
    clock_replace(NULL);
    return core_kit_teardown(state);
}

static void a_checkpoint_covers_what_is_committed_and_nothing_twice(void **state)
{
    (void)state;
    append(3);
    uint64_t count = core_kit_record_count();
    assert_int_equal(covered(), 0);
    assert_int_equal(checkpoint_make(&core_kit.core), 0);
    assert_int_equal(covered(), count);
    assert_int_equal(checkpoint_make(&core_kit.core), 0);
    struct checkpoint_report report;
    assert_int_equal(checkpoint_verify(&core_kit.core, &report), 0);
    assert_int_equal(report.count, 1);
    assert_true(report.last_at > 0);
    assert_int_equal(walk().result, 0);
    core_kit_reopen();
    assert_int_equal(covered(), count);
}

static void it_is_due_after_so_many_records_or_so_long(void **state)
{
    (void)state;
    assert_true(due() == INT64_MAX);
    append(1);
    int64_t at = due();
    assert_true(at > clock_now_us() && at <= clock_now_us() + INT64_C(300) * 1000000);
    shift += INT64_C(301) * 1000000;
    assert_true(due() <= clock_now_us());
    assert_int_equal(audit_checkpoint_run(&core_kit.core, clock_now_us()), 0);
    assert_true(due() == INT64_MAX);
    core_kit.config.audit_checkpoint_records = 5;
    append(4);
    assert_true(due() > clock_now_us());
    append(1);
    assert_int_equal(due(), 0);
    assert_int_equal(audit_checkpoint_run(&core_kit.core, clock_now_us()), 0);
    assert_int_equal(covered(), core_kit_record_count());
}

static void records_and_checkpoints_cannot_be_changed_by_chance(void **state)
{
    (void)state;
    static const char *const tries[] = {"UPDATE audit_checkpoints SET at = 1",
                                        "DELETE FROM audit_checkpoints", "DELETE FROM audit"};
    char path[512];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", core_kit.state, core_kit.config.store_path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        assert_int_equal(sqlite3_exec(db, tries[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
}

static void a_rewritten_history_is_found(void **state)
{
    (void)state;
    append(4);
    assert_int_equal(checkpoint_make(&core_kit.core), 0);
    uint64_t last = core_kit_record_count();
    rewrite(last - 2, last);
    struct walk w = walk();
    assert_int_equal(w.result, CH_EINTEGRITY);
    assert_int_equal(w.bad, last);
}

static void a_checkpoint_changed_to_fit_is_not_signed(void **state)
{
    (void)state;
    append(2);
    assert_int_equal(checkpoint_make(&core_kit.core), 0);
    uint64_t last = core_kit_record_count();
    rewrite(last, last);
    sql("DROP TRIGGER audit_checkpoints_stay; UPDATE audit_checkpoints SET chain = "
        "(SELECT chain FROM audit WHERE sequence = %llu) WHERE sequence = %llu",
        (unsigned long long)last, (unsigned long long)last);
    assert_int_equal(walk().result, 0);
    struct checkpoint_report report;
    assert_int_equal(checkpoint_verify(&core_kit.core, &report), CH_EINTEGRITY);
    assert_int_equal(report.bad, last);
}

static void another_time_or_number_in_a_checkpoint_is_not_signed(void **state)
{
    (void)state;
    append(2);
    assert_int_equal(checkpoint_make(&core_kit.core), 0);
    struct checkpoint_report report;
    sql("DROP TRIGGER audit_checkpoints_stay; UPDATE audit_checkpoints SET at = at + 1 WHERE "
        "sequence = (SELECT max(sequence) FROM audit_checkpoints)");
    assert_int_equal(checkpoint_verify(&core_kit.core, &report), CH_EINTEGRITY);
    assert_int_equal(report.bad, core_kit_record_count());
}

static void a_trail_cut_off_below_a_checkpoint_is_found(void **state)
{
    (void)state;
    append(5);
    assert_int_equal(checkpoint_make(&core_kit.core), 0);
    uint64_t last = core_kit_record_count();
    sql("DROP TRIGGER audit_loses_nothing; DELETE FROM audit WHERE sequence > %llu",
        (unsigned long long)last - 3);
    struct walk w = walk();
    assert_int_equal(w.result, CH_EINTEGRITY);
    assert_int_equal(w.count, last - 3);
    assert_int_equal(w.bad, last - 2);
    /* The checkpoint stays, so what is appended now does not hide it. */
    core_kit_reopen();
    append(3);
    w = walk();
    assert_int_equal(w.result, CH_EINTEGRITY);
    assert_int_equal(w.bad, last);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_checkpoint_covers_what_is_committed_and_nothing_twice, setup),
        cmocka_unit_test(it_is_due_after_so_many_records_or_so_long),
        cmocka_unit_test_teardown(records_and_checkpoints_cannot_be_changed_by_chance, teardown),
        CASE(a_rewritten_history_is_found),
        CASE(a_checkpoint_changed_to_fit_is_not_signed),
        CASE(another_time_or_number_in_a_checkpoint_is_not_signed),
        CASE(a_trail_cut_off_below_a_checkpoint_is_found),
    };
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
