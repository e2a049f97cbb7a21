/* The audit trail: its chain, its order, and what undoing a unit does to it. */
#include "tests/unit/test_store_kit.h"

#include <openssl/sha.h>
#include <sqlite3.h>

static int append_text(struct store_tx *tx, void *context)
{
    return store_audit_append(tx, 5, slice_text(context));
}

static int append_and_fail(struct store_tx *tx, void *context)
{
    int r = store_audit_append(tx, 5, slice_text(context));
    return r == 0 ? CH_EDENIED : r;
}

static int join_records(void *context, uint64_t sequence, int64_t at, struct slice record)
{
    return buf_printf(context, "%llu@%lld=%.*s;", (unsigned long long)sequence, (long long)at,
                      (int)record.len, (const char *)record.data);
}

static int expect_trail(struct store_tx *tx, void *context)
{
    struct buf joined = {0};
    EXPECT_OK(store_audit_list(tx, 0, 100, join_records, &joined));
    bool same = kit_bytes_are(&joined, context);
    if (!same)
        print_error("the trail is %.*s\n", (int)joined.len, (char *)joined.data);
    buf_free(&joined);
    return same ? 0 : KIT_FAILED;
}

static void append(struct kit *kit, const char *record)
{
    assert_int_equal(store_write(kit->store, append_text, (void *)(uintptr_t)record), 0);
}

static void assert_trail(struct kit *kit, const char *expected)
{
    assert_int_equal(store_read(kit->store, expect_trail, (void *)(uintptr_t)expected), 0);
}

struct verdict {
    uint64_t count, bad;
};

static int verify(struct store_tx *tx, void *context)
{
    struct verdict *v = context;
    return store_audit_verify(tx, &v->count, &v->bad);
}

static void assert_sound(struct kit *kit, uint64_t count)
{
    struct verdict v = {9, 9};
    assert_int_equal(store_read(kit->store, verify, &v), 0);
    assert_int_equal(v.count, count);
    assert_int_equal(v.bad, 0);
}

IN_READ(an_empty_trail_is_sound)
{
    uint64_t count = 9;
    uint64_t bad = 9;
    EXPECT_OK(store_audit_verify(tx, &count, &bad));
    EXPECT(count == 0 && bad == 0);
    EXPECT_OK(store_audit_count(tx, &count));
    EXPECT(count == 0);
    return 0;
}

IN_WRITE(records_are_numbered_from_one_and_paged)
{
    struct buf joined = {0};
    uint64_t count = 0;
    EXPECT_OK(store_audit_append(tx, 10, slice_text("a")));
    EXPECT_OK(store_audit_append(tx, 20, slice_text("b")));
    EXPECT_OK(store_audit_append(tx, 30, slice_of(NULL, 0)));
    EXPECT_OK(store_audit_list(tx, 0, 2, join_records, &joined));
    EXPECT(kit_bytes_are(&joined, "1@10=a;2@20=b;"));
    EXPECT_OK(store_audit_list(tx, 2, 2, join_records, &joined));
    EXPECT(kit_bytes_are(&joined, "1@10=a;2@20=b;3@30=;"));
    EXPECT_OK(store_audit_count(tx, &count));
    EXPECT(count == 3);
    buf_free(&joined);
    return 0;
}

static int stop_at_two(void *context, uint64_t sequence, int64_t at, struct slice record)
{
    (void)context;
    (void)at;
    (void)record;
    return sequence == 2 ? CH_ELIMIT : 0;
}

IN_WRITE(a_list_of_records_ends_when_the_visitor_says_so)
{
    EXPECT_OK(store_audit_append(tx, 1, slice_text("a")));
    EXPECT_OK(store_audit_append(tx, 1, slice_text("b")));
    EXPECT_CODE(store_audit_list(tx, 0, 9, stop_at_two, NULL), CH_ELIMIT);
    return 0;
}

IN_READ(a_reading_unit_cannot_append)
{
    EXPECT_CODE(store_audit_append(tx, 1, slice_text("a")), CH_ESTATE);
    return 0;
}

static void an_undone_unit_leaves_neither_record_nor_number(void **state)
{
    struct kit *kit = *state;
    append(kit, "a");
    assert_int_equal(store_write(kit->store, append_and_fail, "lost"), CH_EDENIED);
    append(kit, "b");
    assert_trail(kit, "1@5=a;2@5=b;");
    assert_sound(kit, 2);
}

static void the_chain_goes_on_after_the_store_was_closed(void **state)
{
    struct kit *kit = *state;
    append(kit, "a");
    append(kit, "b");
    store_close(kit->store);
    assert_int_equal(store_open(kit->path, false, &kit->store), 0);
    append(kit, "c");
    assert_trail(kit, "1@5=a;2@5=b;3@5=c;");
    assert_sound(kit, 3);
}

/* ---- with a connection beside the store's ---- */

static sqlite3 *raw_open(struct kit *kit)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(kit->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 1000);
    return db;
}

static int raw_run(struct kit *kit, const char *sql)
{
    sqlite3 *db = raw_open(kit);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

static void the_chain_value_is_sha256_of_the_one_before_and_the_record(void **state)
{
    struct kit *kit = *state;
    append(kit, "a");
    append(kit, "bc");
    uint8_t input[34] = {0};
    uint8_t expected[32];
    input[32] = 'a';
    SHA256(input, 33, expected);
    memcpy(input, expected, 32);
    memcpy(input + 32, "bc", 2);
    SHA256(input, 34, expected);
    sqlite3 *db = raw_open(kit);
    sqlite3_stmt *st = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT chain FROM audit WHERE sequence = 2", -1, &st, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_bytes(st, 0), 32);
    assert_memory_equal(sqlite3_column_blob(st, 0), expected, 32);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void records_can_be_neither_changed_nor_deleted(void **state)
{
    struct kit *kit = *state;
    append(kit, "a");
    assert_int_equal(raw_run(kit, "UPDATE audit SET record = x'00'"), SQLITE_CONSTRAINT);
    assert_int_equal(raw_run(kit, "DELETE FROM audit"), SQLITE_CONSTRAINT);
    assert_sound(kit, 1);
}

/* Whoever can write the file can also drop the triggers: then the chain tells. */
static void assert_found(struct kit *kit, const char *sql, uint64_t bad)
{
    struct verdict v = {0};
    for (int i = 0; i < 5; i++)
        append(kit, "record");
    assert_int_equal(raw_run(kit, "DROP TRIGGER audit_keeps_records"), SQLITE_OK);
    assert_int_equal(raw_run(kit, "DROP TRIGGER audit_loses_nothing"), SQLITE_OK);
    assert_int_equal(raw_run(kit, sql), SQLITE_OK);
    assert_int_equal(store_read(kit->store, verify, &v), CH_EINTEGRITY);
    assert_int_equal(v.bad, bad);
    assert_int_equal(v.count, bad - 1);
}

static void a_changed_record_is_found(void **state)
{
    assert_found(*state, "UPDATE audit SET record = x'00' WHERE sequence = 3", 3);
}

static void a_missing_record_is_found(void **state)
{
    assert_found(*state, "DELETE FROM audit WHERE sequence = 2", 2);
}

static void a_missing_first_record_is_found(void **state)
{
    assert_found(*state, "DELETE FROM audit WHERE sequence = 1", 1);
}

static void a_changed_chain_value_is_found(void **state)
{
    assert_found(*state, "UPDATE audit SET chain = zeroblob(32) WHERE sequence = 5", 5);
}

static void a_shortened_chain_value_is_found(void **state)
{
    assert_found(*state, "UPDATE audit SET chain = x'00' WHERE sequence = 4", 4);
}

static void exchanged_records_are_found(void **state)
{
    struct kit *kit = *state;
    append(kit, "other");
    assert_found(kit,
                 "UPDATE audit SET record = CASE sequence WHEN 1 THEN CAST('record' AS BLOB) "
                 "ELSE CAST('other' AS BLOB) END WHERE sequence < 3",
                 1);
}

static void a_damaged_end_keeps_the_store_from_opening_and_from_writing(void **state)
{
    struct kit *kit = *state;
    struct store *again = NULL;
    assert_found(kit, "UPDATE audit SET record = x'00' WHERE sequence = 5", 5);
    assert_int_equal(store_write(kit->store, append_text, "x"), CH_EINTEGRITY);
    assert_int_equal(store_open(kit->path, false, &again), CH_EINTEGRITY);
    assert_null(again);
}

static void another_process_that_appends_does_not_break_the_chain(void **state)
{
    struct kit *kit = *state;
    struct store *other = NULL;
    append(kit, "a");
    assert_int_equal(store_open(kit->path, false, &other), 0);
    assert_int_equal(store_write(other, append_text, "b"), 0);
    append(kit, "c");
    assert_int_equal(store_write(other, append_text, "d"), 0);
    append(kit, "e");
    store_close(other);
    append(kit, "f");
    assert_trail(kit, "1@5=a;2@5=b;3@5=c;4@5=d;5@5=e;6@5=f;");
    assert_sound(kit, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(an_empty_trail_is_sound),
        KIT_TEST(records_are_numbered_from_one_and_paged),
        KIT_TEST(a_list_of_records_ends_when_the_visitor_says_so),
        KIT_TEST(a_reading_unit_cannot_append),
        KIT_TEST(an_undone_unit_leaves_neither_record_nor_number),
        KIT_TEST(the_chain_goes_on_after_the_store_was_closed),
        KIT_TEST(the_chain_value_is_sha256_of_the_one_before_and_the_record),
        KIT_TEST(records_can_be_neither_changed_nor_deleted),
        KIT_TEST(a_changed_record_is_found),
        KIT_TEST(a_missing_record_is_found),
        KIT_TEST(a_missing_first_record_is_found),
        KIT_TEST(a_changed_chain_value_is_found),
        KIT_TEST(a_shortened_chain_value_is_found),
        KIT_TEST(exchanged_records_are_found),
        KIT_TEST(a_damaged_end_keeps_the_store_from_opening_and_from_writing),
        KIT_TEST(another_process_that_appends_does_not_break_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
