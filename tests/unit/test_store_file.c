/* The file: opening, migrating, refusing, and how the statements use the indexes. */
#include "tests/unit/test_store_kit.h"

#include "ca/store/migrate.h"
#include "ca/store/statements.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* setup and teardown with a folder but no store */
static int folder_open(void **state)
{
    struct kit *kit = calloc(1, sizeof(*kit));
    *state = kit;
    return kit == NULL ? -1 : kit_make_folder(kit);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, kit_close)

static int raw_run(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open(path, &db);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

static void make_store(struct kit *kit)
{
    struct store *s = NULL;
    assert_int_equal(store_open(kit->path, true, &s), 0);
    store_close(s);
}

static void assert_refused(struct kit *kit, bool create, int code)
{
    struct store *s = (struct store *)kit;
    assert_int_equal(store_open(kit->path, create, &s), code);
    assert_null(s);
}

static int put_setting(struct store_tx *tx, void *context)
{
    return store_setting_put(tx, "node", context);
}

static int get_setting(struct store_tx *tx, void *context)
{
    return store_setting_get(tx, "node", context);
}

static void a_missing_file_is_not_found_unless_it_may_be_made(void **state)
{
    struct kit *kit = *state;
    assert_refused(kit, false, CH_ENOTFOUND);
    assert_int_equal(access(kit->path, F_OK), -1);
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
}

static void a_file_in_a_missing_folder_cannot_be_made(void **state)
{
    struct kit *kit = *state;
    struct store *s = NULL;
    char path[128];
    snprintf(path, sizeof(path), "%s/none/chancery.db", kit->folder);
    assert_int_equal(store_open(path, true, &s), CH_EIO);
    assert_int_equal(store_open(path, false, &s), CH_ENOTFOUND);
}

static void only_the_owner_may_read_the_file_and_its_log(void **state)
{
    struct kit *kit = *state;
    struct stat st;
    char wal[128];
    umask(0);
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
    assert_int_equal(store_write(kit->store, put_setting, "1"), 0);
    assert_int_equal(stat(kit->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(wal, sizeof(wal), "%s-wal", kit->path);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void what_was_put_is_there_after_the_store_was_closed(void **state)
{
    struct kit *kit = *state;
    char *value = NULL;
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
    assert_int_equal(store_write(kit->store, put_setting, "7"), 0);
    store_close(kit->store);
    assert_int_equal(store_open(kit->path, false, &kit->store), 0);
    assert_int_equal(store_read(kit->store, get_setting, &value), 0);
    assert_string_equal(value, "7");
    free(value);
}

static void closing_writes_the_log_back_and_removes_it(void **state)
{
    struct kit *kit = *state;
    char wal[128];
    make_store(kit);
    snprintf(wal, sizeof(wal), "%s-wal", kit->path);
    assert_int_equal(access(wal, F_OK), -1);
}

static void an_empty_file_is_refused_unless_it_may_be_made(void **state)
{
    struct kit *kit = *state;
    int fd = open(kit->path, O_CREAT | O_RDWR, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_refused(kit, false, CH_EINTEGRITY);
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
}

static void a_database_of_another_program_is_refused_and_not_touched(void **state)
{
    struct kit *kit = *state;
    struct stat before, after;
    assert_int_equal(raw_run(kit->path, "CREATE TABLE theirs (a)"), SQLITE_OK);
    assert_int_equal(stat(kit->path, &before), 0);
    assert_refused(kit, true, CH_EINTEGRITY);
    assert_int_equal(stat(kit->path, &after), 0);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_int_equal(before.st_size, after.st_size);
}

static void a_database_of_a_newer_version_is_refused(void **state)
{
    struct kit *kit = *state;
    make_store(kit);
    assert_int_equal(raw_run(kit->path, "PRAGMA user_version = 9999"), SQLITE_OK);
    assert_refused(kit, false, CH_EINTEGRITY);
    assert_refused(kit, true, CH_EINTEGRITY);
}

static void write_at(const char *path, off_t at, size_t count)
{
    uint8_t garbage[8192];
    memset(garbage, 0xa5, sizeof(garbage));
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, garbage, count, at), (ssize_t)count);
    close(fd);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct kit *kit = *state;
    make_store(kit);
    write_at(kit->path, 0, 100);
    assert_refused(kit, false, CH_EINTEGRITY);
    assert_refused(kit, true, CH_EINTEGRITY);
}

static void a_truncated_file_is_refused(void **state)
{
    struct kit *kit = *state;
    make_store(kit);
    assert_int_equal(truncate(kit->path, 3 * 8192), 0);
    assert_refused(kit, false, CH_EINTEGRITY);
}

static int put_large_settings(struct store_tx *tx, void *context)
{
    (void)context;
    char value[3000];
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof(name), "%d", i);
        EXPECT_OK(store_setting_put(tx, name, value));
    }
    return 0;
}

static int get_large_settings(struct store_tx *tx, void *context)
{
    (void)context;
    for (int i = 0; i < 100; i++) {
        char name[32];
        char *value = NULL;
        snprintf(name, sizeof(name), "%d", i);
        int r = store_setting_get(tx, name, &value);
        free(value);
        if (r != 0)
            return r;
    }
    return 0;
}

static void damaged_pages_are_found_when_read_and_by_the_check(void **state)
{
    struct kit *kit = *state;
    struct stat st;
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
    assert_int_equal(store_write(kit->store, put_large_settings, NULL), 0);
    assert_int_equal(store_check(kit->store), 0);
    store_close(kit->store);
    kit->store = NULL;
    assert_int_equal(stat(kit->path, &st), 0);
    for (off_t at = st.st_size - 20 * 8192; at < st.st_size; at += 8192)
        write_at(kit->path, at, 8192);
    assert_int_equal(store_open(kit->path, false, &kit->store), 0);
    assert_int_equal(store_read(kit->store, get_large_settings, NULL), CH_EINTEGRITY);
    assert_int_equal(store_check(kit->store), CH_EINTEGRITY);
}

static void a_row_that_refers_to_nothing_is_found_by_the_check(void **state)
{
    struct kit *kit = *state;
    make_store(kit);
    assert_int_equal(raw_run(kit->path, "INSERT INTO iam_memberships VALUES (1, 2)"),
                     SQLITE_OK);
    assert_int_equal(store_open(kit->path, false, &kit->store), 0);
    assert_int_equal(store_check(kit->store), CH_EINTEGRITY);
}

/* ---- migrations ---- */

static const struct migration made_up[] = {
    {1, "CREATE TABLE one (a) STRICT; PRAGMA user_version = 1;"},
    {1, "CREATE TABLE one (a INTEGER) STRICT; PRAGMA user_version = 1;"},
    {2, "ALTER TABLE one ADD COLUMN b INTEGER; PRAGMA user_version = 2;"},
    {3, "CREATE TABLE three (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"
        "PRAGMA user_version = 3;"},
};

static void migrations_run_in_order_and_once(void **state)
{
    struct kit *kit = *state;
    struct connection *c = NULL;
    int schema = 9;
    assert_int_equal(connection_open(kit->path, true, &c), 0);
    assert_int_equal(connection_prepare(c, writer_setup), 0);
    assert_int_equal(migrate_run(c, made_up + 1, 1, &schema), 0);
    assert_int_equal(schema, 1);
    assert_int_equal(migrate_run(c, made_up + 1, 2, &schema), 0);
    assert_int_equal(schema, 2);
    assert_int_equal(migrate_run(c, made_up + 1, 2, &schema), 0);
    assert_int_equal(sqlite3_exec(c->db, "SELECT a, b FROM one", NULL, NULL, NULL), SQLITE_OK);
    connection_close(c);
}

static void a_migration_that_fails_leaves_the_version_before_it(void **state)
{
    struct kit *kit = *state;
    struct connection *c = NULL;
    int schema = 9;
    int64_t number = 0;
    assert_int_equal(connection_open(kit->path, true, &c), 0);
    assert_int_equal(connection_prepare(c, writer_setup), 0);
    assert_int_not_equal(migrate_run(c, made_up, 1, &schema), 0);
    assert_int_not_equal(migrate_run(c, made_up + 1, 3, &schema), 0);
    connection_close(c);
    assert_int_equal(connection_open(kit->path, false, &c), 0);
    assert_int_equal(connection_number(c, ST_SCHEMA_NUMBER, &number), 0);
    assert_int_equal(number, 2);
    assert_int_equal(sqlite3_exec(c->db, "SELECT a, b FROM one", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(c->db, "SELECT * FROM three", NULL, NULL, NULL), SQLITE_ERROR);
    connection_close(c);
}

static void migrations_of_the_product_are_numbered_upwards(void **state)
{
    (void)state;
    size_t count = 0;
    const struct migration *list = migrations(&count);
    assert_true(count >= 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(list[i].number > (i == 0 ? 0 : list[i - 1].number));
        char last[48];
        snprintf(last, sizeof(last), "PRAGMA user_version = %d;\n", list[i].number);
        assert_non_null(strstr(list[i].sql, last));
    }
}

static void connections_have_the_settings_that_durability_needs(void **state)
{
    static const struct {
        const char *pragma;
        int64_t value;
    } expected[] = {{"PRAGMA synchronous", 2},    {"PRAGMA foreign_keys", 1},
                    {"PRAGMA trusted_schema", 0}, {"PRAGMA page_size", 8192},
                    {"PRAGMA secure_delete", 2},  {"PRAGMA busy_timeout", BUSY_TIMEOUT_MS},
                    {"PRAGMA temp_store", 2},     {"PRAGMA wal_autocheckpoint", 0}};
    struct kit *kit = *state;
    struct connection *c = NULL;
    assert_int_equal(connection_open(kit->path, true, &c), 0);
    assert_int_equal(connection_prepare(c, writer_setup), 0);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        sqlite3_stmt *st = NULL;
        assert_int_equal(sqlite3_prepare_v2(c->db, expected[i].pragma, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int64(st, 0), expected[i].value);
        sqlite3_finalize(st);
    }
    connection_close(c);
}

/* ---- statements ---- */

/* Plans by statement, joined: "SEARCH issued USING INDEX ...". */
static void plan_of(sqlite3 *db, const char *sql, char *out, size_t size)
{
    struct buf explain = {0};
    sqlite3_stmt *st = NULL;
    assert_int_equal(buf_printf(&explain, "EXPLAIN QUERY PLAN %s", sql), 0);
    assert_int_equal(sqlite3_prepare_v2(db, buf_text(&explain), -1, &st, NULL), SQLITE_OK);
    out[0] = '\0';
    while (sqlite3_step(st) == SQLITE_ROW) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s; ", sqlite3_column_text(st, 3));
    }
    sqlite3_finalize(st);
    buf_free(&explain);
}

/* A start-up scan may walk its partial index, never a table. */
static const struct {
    enum statement_id id;
    const char *scan;
} start_scans[] = {
    {ST_AUTHORITY_LIST_CREATING, "SCAN a USING INDEX authorities_creating"},
    {ST_ISSUED_LIST_INTENTS, "SCAN i USING INDEX issued_intents"},
    {ST_CERTIFICATE_LIST_PENDING, "SCAN c USING INDEX certificates_pending"},
};

static bool scan_is_allowed(enum statement_id id, const char *plan)
{
    for (size_t i = 0; i < sizeof(start_scans) / sizeof(start_scans[0]); i++)
        if (start_scans[i].id == id)
            return strncmp(plan, start_scans[i].scan, strlen(start_scans[i].scan)) == 0 &&
                   strstr(plan + 1, "SCAN") == NULL && statements[id].at_start;
    if (id == ST_VALIDATION_DUE_SCOPES || id == ST_VALIDATION_MAIL_SCOPES ||
        id == ST_PUBLIC_ORDER_SCOPES) { /* from scope to scope by the index; those found are walked */
        for (const char *at = plan; (at = strstr(at, "SCAN ")) != NULL; at++)
            if (strncmp(at, "SCAN turns; ", 12) != 0)
                return false;
        return true;
    }
    if (id == ST_VALIDATION_AWAITED) { /* two walks by index, merged; what comes out is walked */
        const char *at = strstr(plan, "SCAN awaited; ");
        return at != NULL && strstr(at + 1, "SCAN") == NULL && strstr(plan, "SCAN") == at &&
               strncmp(plan, "CO-ROUTINE awaited; MERGE (UNION); ", 35) == 0;
    }
    if (id == ST_SEARCH_PARTS) /* by its own index; so SQLite calls every virtual table */
        return strcmp(plan, "SCAN name_parts VIRTUAL TABLE INDEX 0:M1><; ") == 0;
    return id == ST_SCHEMA_SIZE || strncmp(plan, "SCAN accounts", 13) == 0;
}

static void no_statement_walks_a_table_or_sorts(void **state)
{
    struct kit *kit = *state;
    sqlite3 *db = NULL;
    make_store(kit);
    assert_int_equal(sqlite3_open(kit->path, &db), SQLITE_OK);
    for (int id = 0; id < ST_COUNT; id++) {
        char plan[2000];
        plan_of(db, statements[id].sql, plan, sizeof(plan));
        bool scans = strstr(plan, "SCAN") != NULL && !scan_is_allowed((enum statement_id)id, plan);
        bool sorts = strstr(plan, "TEMP B-TREE") != NULL;
        if (scans || sorts)
            print_error("%s: %s\n", statements[id].name, plan);
        assert_false(scans || sorts);
    }
    sqlite3_close(db);
}

static void every_statement_is_named_and_says_truly_whether_it_writes(void **state)
{
    struct kit *kit = *state;
    sqlite3 *db = NULL;
    make_store(kit);
    assert_int_equal(sqlite3_open(kit->path, &db), SQLITE_OK);
    for (int id = 0; id < ST_COUNT; id++) {
        sqlite3_stmt *st = NULL;
        assert_non_null(statements[id].name);
        assert_null(strstr(statements[id].sql, "OFFSET"));
        for (int other = 0; other < id; other++)
            assert_string_not_equal(statements[id].name, statements[other].name);
        assert_int_equal(sqlite3_prepare_v2(db, statements[id].sql, -1, &st, NULL), SQLITE_OK);
        /* SQLite counts asking for the journal mode as writing. */
        if (sqlite3_stmt_readonly(st) == 0 && id != ST_JOURNAL_MODE)
            assert_true(statements[id].writes);
        else if (id >= ST_SETTING_PUT)
            assert_false(statements[id].writes);
        sqlite3_finalize(st);
    }
    sqlite3_close(db);
}

/* ---- what lies where ---- */

#define ISSUED_ID "00000000000000000000000000000001"

static int put_certificate_twice(struct store_tx *tx, void *context)
{
    (void)context;
    struct authority_row authority = kit_authority(KIT_UUID_A);
    struct issued_row issued = kit_issued(ISSUED_ID, 1);
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    EXPECT_OK(store_authority_insert(tx, &authority));
    issued.certificate = (struct buf)BYTES("der");
    issued.state = "ISSUED";
    EXPECT_OK(store_issued_insert(tx, &issued));
    row.certificate = issued.certificate;
    row.issued_id = ISSUED_ID;
    row.chain = "pem";
    EXPECT_OK(store_certificate_insert(tx, &row));
    snprintf(row.id, sizeof(row.id), "%s", KIT_UUID_B);
    EXPECT_OK(store_certificate_insert(tx, &row));
    return 0;
}

static int64_t raw_number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return number;
}

static void what_rows_have_in_common_is_kept_once(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
    assert_int_equal(store_write(kit->store, put_certificate_twice, NULL), 0);
    assert_int_equal(raw_number(kit->path, "SELECT count(*) FROM certificates WHERE "
                                           "typeof(certificate) = 'integer' AND "
                                           "typeof(chain) = 'integer'"),
                     2);
    assert_int_equal(raw_number(kit->path, "SELECT count(*) FROM issued_certificates"), 1);
    assert_int_equal(raw_number(kit->path, "SELECT count(*) FROM shared_texts "
                                           "WHERE text = 'pem'"),
                     1);
}

static int import_certificate(struct store_tx *tx, void *context)
{
    (void)context;
    struct certificate_row row = kit_certificate(KIT_UUID_A);
    row.type = "IMPORTED";
    row.certificate = (struct buf)BYTES("der");
    row.chain = "pem";
    row.issuer = "CN=Somebody";
    EXPECT_OK(store_certificate_insert(tx, &row));
    return store_certificate_delete(tx, &kit_scope, KIT_UUID_A);
}

static void a_deleted_import_leaves_nothing_behind(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
    assert_int_equal(store_write(kit->store, import_certificate, NULL), 0);
    assert_int_equal(raw_number(kit->path, "SELECT (SELECT count(*) FROM certificates) + "
                                           "(SELECT count(*) FROM shared_texts) + "
                                           "(SELECT count(*) FROM issued_certificates)"),
                     0);
}

static int put_many_records(struct store_tx *tx, void *context)
{
    char record[2000];
    memset(record, 'r', sizeof(record));
    for (int i = 0; i < 200; i++)
        EXPECT_OK(store_audit_append(tx, 1, slice_of(record, sizeof(record))));
    return context == NULL ? 0 : 1;
}

static void the_write_ahead_log_does_not_grow_without_bound(void **state)
{
    struct kit *kit = *state;
    struct stat st;
    char wal[128];
    snprintf(wal, sizeof(wal), "%s-wal", kit->path);
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
    for (int i = 0; i < 150; i++)
        assert_int_equal(store_write(kit->store, put_many_records, NULL), 0);
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size < 24 * 1024 * 1024);
    assert_int_equal(stat(kit->path, &st), 0);
    assert_true(st.st_size > 32 * 1024 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(a_missing_file_is_not_found_unless_it_may_be_made),
        FOLDER_TEST(a_file_in_a_missing_folder_cannot_be_made),
        FOLDER_TEST(only_the_owner_may_read_the_file_and_its_log),
        FOLDER_TEST(what_was_put_is_there_after_the_store_was_closed),
        FOLDER_TEST(closing_writes_the_log_back_and_removes_it),
        FOLDER_TEST(an_empty_file_is_refused_unless_it_may_be_made),
        FOLDER_TEST(a_database_of_another_program_is_refused_and_not_touched),
        FOLDER_TEST(a_database_of_a_newer_version_is_refused),
        FOLDER_TEST(a_file_that_is_no_database_is_refused),
        FOLDER_TEST(a_truncated_file_is_refused),
        FOLDER_TEST(damaged_pages_are_found_when_read_and_by_the_check),
        FOLDER_TEST(a_row_that_refers_to_nothing_is_found_by_the_check),
        FOLDER_TEST(migrations_run_in_order_and_once),
        FOLDER_TEST(a_migration_that_fails_leaves_the_version_before_it),
        FOLDER_TEST(migrations_of_the_product_are_numbered_upwards),
        FOLDER_TEST(connections_have_the_settings_that_durability_needs),
        FOLDER_TEST(no_statement_walks_a_table_or_sorts),
        FOLDER_TEST(every_statement_is_named_and_says_truly_whether_it_writes),
        FOLDER_TEST(what_rows_have_in_common_is_kept_once),
        FOLDER_TEST(a_deleted_import_leaves_nothing_behind),
        FOLDER_TEST(the_write_ahead_log_does_not_grow_without_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
