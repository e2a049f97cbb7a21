/*
 * store_kill - what was answered survives kill -9 at any moment.
 *
 * A child with eight writing threads tells through a pipe each id whose unit was
 * answered; the parent kills it at a random moment, a hundred times. After each: every
 * id that was told is there, each unit is there wholly or not at all, the audit chain
 * verifies, the file is sound, no serial number occurs twice.
 */
#include "tests/unit/test_store_kit.h"

#include "firmware/base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#define ROUNDS 100
#define ROUNDS_A_FILE 10 /* then a fresh file, so that checking it stays quick */
#define THREADS 8
#define KILL_WITHIN_MS 120
#define ID_LEN 32
#define ANSWERS_MAX ((size_t)1 << 20)

/* ---- the child ---- */

struct writer {
    struct store *store;
    int fd;
    unsigned round, thread, count;
};

/* One issued row and one audit record with the same id. */
static int write_unit(struct store_tx *tx, void *context)
{
    const struct writer *w = context;
    char id[ID_LEN + 1];
    snprintf(id, sizeof(id), "%08x%08x%08x%08x", w->count * 2654435761u, w->round, w->thread,
             w->count);
    struct issued_row row = kit_issued(id, 0);
    if (hex_decode(id, ID_LEN, row.serial) != 0)
        return CH_EINVAL;
    int r = store_issued_insert(tx, &row);
    return r == 0 ? store_audit_append(tx, 1, slice_text(id)) : r;
}

static void *writer_thread(void *context)
{
    struct writer *w = context;
    for (;; w->count++) {
        char id[ID_LEN + 1];
        if (store_write(w->store, write_unit, w) != 0)
            _exit(3);
        snprintf(id, sizeof(id), "%08x%08x%08x%08x", w->count * 2654435761u, w->round, w->thread,
                 w->count);
        if (write(w->fd, id, ID_LEN) != ID_LEN) /* within PIPE_BUF: never interleaved */
            _exit(4);
    }
    return NULL;
}

static int put_authority(struct store_tx *tx, void *context)
{
    (void)context;
    struct authority_row row = kit_authority(KIT_UUID_A);
    int r = store_authority_insert(tx, &row);
    return r == CH_EEXISTS ? 0 : r;
}

static _Noreturn void child_main(const char *path, int fd, unsigned round)
{
    struct writer writers[THREADS];
    pthread_t threads[THREADS];
    struct store *store = NULL;
    if (store_open(path, true, &store) != 0 || store_write(store, put_authority, NULL) != 0)
        _exit(2);
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.store = store, .fd = fd, .round = round, .thread = i};
        if (pthread_create(&threads[i], NULL, writer_thread, &writers[i]) != 0)
            _exit(2);
    }
    for (;;)
        pause();
}

/* ---- the parent ---- */

struct answers {
    char (*ids)[ID_LEN];
    size_t count;
};

/* Takes what the child tells until the deadline (0: until it has gone). */
static void answers_read(struct answers *a, int fd, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline == 0 ? 5000 : deadline - clock_monotonic_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return;
        assert_true(a->count < ANSWERS_MAX);
        ssize_t got = read(fd, a->ids[a->count], ID_LEN);
        if (got == 0)
            return;
        assert_int_equal(got, ID_LEN);
        a->count++;
    }
}

static void run_child(const char *path, unsigned round, struct answers *a)
{
    int fds[2];
    int status = 0;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        child_main(path, fds[1], round);
    }
    close(fds[1]);
    answers_read(a, fds[0], clock_monotonic_ms() + 1 + rand() % KILL_WITHIN_MS);
    kill(child, SIGKILL);
    answers_read(a, fds[0], 0);
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static int count_row(void *context, const struct issued_row *row)
{
    (void)row;
    ++*(uint64_t *)context;
    return 0;
}

static int inspect(struct store_tx *tx, void *context)
{
    const struct answers *a = context;
    uint64_t rows = 0;
    uint64_t records = 0;
    uint64_t bad = 0;
    for (size_t i = 0; i < a->count; i++) {
        struct issued_row row = {0};
        char id[ID_LEN + 1] = {0};
        memcpy(id, a->ids[i], ID_LEN);
        EXPECT_OK(store_issued_get(tx, &kit_scope, KIT_UUID_A, id, &row));
        issued_row_free(&row);
    }
    EXPECT_OK(store_audit_verify(tx, &records, &bad));
    EXPECT_OK(store_issued_list_intents(tx, count_row, &rows));
    EXPECT(rows == records && rows >= a->count);
    return 0;
}

static int64_t repeated_serials(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT count(*) - count(DISTINCT serial) FROM issued "
                                        "NOT INDEXED",
                                        -1, &st, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return count;
}

static void what_was_answered_survives_kill_9(void **state)
{
    struct kit kit = {0};
    struct answers a = {.ids = calloc(ANSWERS_MAX, ID_LEN)};
    size_t total = 0;
    unsigned seed = (unsigned)clock_now_us();
    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    assert_non_null(a.ids);
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (round % ROUNDS_A_FILE == 0) {
            a.count = 0;
            assert_int_equal(kit_make_folder(&kit), 0);
        }
        size_t before = a.count;
        run_child(kit.path, round, &a);
        total += a.count - before;
        assert_int_equal(store_open(kit.path, true, &kit.store), 0);
        assert_int_equal(store_write(kit.store, put_authority, NULL), 0);
        assert_int_equal(store_read(kit.store, inspect, &a), 0);
        assert_int_equal(store_check(kit.store), 0);
        store_close(kit.store);
        if (round % ROUNDS_A_FILE == ROUNDS_A_FILE - 1) {
            assert_int_equal(repeated_serials(kit.path), 0);
            kit_remove_folder(&kit);
        }
    }
    print_message("%zu units answered before %d kills\n", total, ROUNDS);
    assert_true(total > ROUNDS);
    free(a.ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_survives_kill_9),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
