/*
 * What the store does when the disk fails: a layer below SQLite refuses writes or syncs
 * of the write-ahead log on demand; and a real, small file system that runs full.
 */
#include "tests/unit/test_store_kit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <unistd.h>

static _Atomic int write_code; /* SQLITE_OK: works */
static _Atomic int sync_code;
static _Atomic int writes_left; /* before write_code counts */

static sqlite3_vfs faulty_vfs;
static sqlite3_vfs *real_vfs;
static sqlite3_io_methods faulty_methods;
static const sqlite3_io_methods *real_methods;

static int faulty_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
    if (atomic_load(&write_code) != SQLITE_OK && atomic_fetch_sub(&writes_left, 1) <= 0)
        return atomic_load(&write_code);
    return real_methods->xWrite(file, data, size, at);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    int code = atomic_load(&sync_code);
    return code != SQLITE_OK ? code : real_methods->xSync(file, flags);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int code = real_vfs->xOpen(real_vfs, name, file, flags, out);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0 && file->pMethods != &faulty_methods)
        file->pMethods = &faulty_methods;
    return code;
}

/* Learns the methods of write-ahead logs once, before any thread runs, by opening one. */
static int learn_methods(void)
{
    char path[] = "/tmp/store-fault-XXXXXX";
    char wal[sizeof(path) + 4];
    int fd = mkstemp(path);
    snprintf(wal, sizeof(wal), "%s-wal", path);
    sqlite3_file *file = calloc(1, (size_t)real_vfs->szOsFile);
    if (fd < 0 || file == NULL)
        return -1;
    close(fd);
    int code = real_vfs->xOpen(real_vfs, wal, file,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL, NULL);
    if (code == SQLITE_OK) {
        real_methods = file->pMethods;
        file->pMethods->xClose(file);
    }
    free(file);
    unlink(wal);
    unlink(path);
    return code == SQLITE_OK ? 0 : -1;
}

static int install_faults(void **state)
{
    (void)state;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS,
                   0); /* what store_open would set, before sqlite starts */
    real_vfs = sqlite3_vfs_find(NULL);
    if (real_vfs == NULL || learn_methods() != 0)
        return -1;
    faulty_methods = *real_methods;
    faulty_methods.xWrite = faulty_write;
    faulty_methods.xSync = faulty_sync;
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.xOpen = faulty_open;
    return sqlite3_vfs_register(&faulty_vfs, 1) == SQLITE_OK ? 0 : -1;
}

static int faults_off(void **state)
{
    atomic_store(&write_code, SQLITE_OK);
    atomic_store(&sync_code, SQLITE_OK);
    atomic_store(&writes_left, 0);
    return kit_close(state);
}

#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_open, faults_off)

static int put_record(struct store_tx *tx, void *context)
{
    int r = store_setting_put(tx, context, "x");
    return r == 0 ? store_audit_append(tx, 1, slice_text(context)) : r;
}

static int get_record(struct store_tx *tx, void *context)
{
    char *value = NULL;
    int r = store_setting_get(tx, context, &value);
    free(value);
    return r;
}

static int verify_trail(struct store_tx *tx, void *context)
{
    uint64_t bad = 0;
    return store_audit_verify(tx, context, &bad);
}

static void assert_recovers(struct kit *kit, int code)
{
    uint64_t records = 0;
    assert_int_equal(store_write(kit->store, put_record, "lost"), code);
    assert_int_equal(store_read(kit->store, get_record, "lost"), CH_ENOTFOUND);
    assert_int_equal(store_read(kit->store, get_record, "before"), 0);
    assert_int_equal(store_write(kit->store, put_record, "lost too"), code);
    atomic_store(&write_code, SQLITE_OK);
    atomic_store(&sync_code, SQLITE_OK);
    assert_int_equal(store_write(kit->store, put_record, "after"), 0);
    store_close(kit->store);
    assert_int_equal(store_open(kit->path, false, &kit->store), 0);
    assert_int_equal(store_read(kit->store, get_record, "lost"), CH_ENOTFOUND);
    assert_int_equal(store_read(kit->store, get_record, "before"), 0);
    assert_int_equal(store_read(kit->store, get_record, "after"), 0);
    assert_int_equal(store_read(kit->store, verify_trail, &records), 0);
    assert_int_equal(records, 2);
    assert_int_equal(store_check(kit->store), 0);
}

static void a_full_disk_keeps_nothing_and_the_store_goes_on_afterwards(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&write_code, SQLITE_FULL);
    assert_recovers(kit, CH_ENOSPACE);
}

static void a_disk_that_fills_in_the_middle_of_a_commit_keeps_nothing(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&writes_left, 3);
    atomic_store(&write_code, SQLITE_FULL);
    assert_recovers(kit, CH_ENOSPACE);
}

static void a_write_error_keeps_nothing_and_the_store_goes_on_afterwards(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&write_code, SQLITE_IOERR_WRITE);
    assert_recovers(kit, CH_EIO);
}

static void a_sync_error_keeps_nothing_and_the_store_goes_on_afterwards(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&sync_code, SQLITE_IOERR_FSYNC);
    assert_recovers(kit, CH_EIO);
}

static int copy_file(const char *from, const char *to)
{
    static char bytes[1024 * 1024];
    int in = open(from, O_RDONLY);
    int out = open(to, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    ssize_t got = in < 0 || out < 0 ? -1 : read(in, bytes, sizeof(bytes));
    int r = got >= 0 && got < (ssize_t)sizeof(bytes) && write(out, bytes, (size_t)got) == got;
    close(in);
    close(out);
    return r ? 0 : -1;
}

/* Opens what a crash at this moment would leave. */
static void assert_after_crash(struct kit *kit, const char *name, int code)
{
    struct kit crashed;
    char from[128];
    char to[128];
    assert_int_equal(kit_make_folder(&crashed), 0);
    assert_int_equal(copy_file(kit->path, crashed.path), 0);
    snprintf(from, sizeof(from), "%s-wal", kit->path);
    snprintf(to, sizeof(to), "%s-wal", crashed.path);
    assert_int_equal(copy_file(from, to), 0);
    assert_int_equal(store_open(crashed.path, false, &crashed.store), 0);
    assert_int_equal(store_read(crashed.store, get_record, (void *)(uintptr_t)name), code);
    store_close(crashed.store);
    kit_remove_folder(&crashed);
}

static void a_commit_whose_sync_failed_does_not_come_back_after_a_crash(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&sync_code, SQLITE_IOERR_FSYNC);
    assert_int_equal(store_write(kit->store, put_record, "lost"), CH_EIO);
    atomic_store(&sync_code, SQLITE_OK);
    usleep(600000); /* the writer cuts it off as soon as the disk works again */
    assert_after_crash(kit, "lost", CH_ENOTFOUND);
    assert_after_crash(kit, "before", 0);
}

static int ignore_failures(struct store_tx *tx, void *context)
{
    static char value[64 * 1024];
    memset(value, 'v', sizeof(value) - 1);
    for (int i = 0; i < 600; i++) { /* more than the page cache holds: SQLite writes early */
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        store_setting_put(tx, name, value);
    }
    return context == NULL ? 0 : 1;
}

static void a_unit_that_ignores_a_full_disk_fails_all_the_same(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&write_code, SQLITE_FULL);
    assert_true(store_write(kit->store, ignore_failures, NULL) != 0);
    assert_recovers(kit, CH_ENOSPACE);
}

struct job {
    struct kit *kit;
    char name[8];
    int result;
    pthread_t thread;
};

static void *job_thread(void *context)
{
    struct job *job = context;
    job->result = store_write(job->kit->store, put_record, job->name);
    return NULL;
}

static void a_failed_commit_fails_every_unit_of_its_group(void **state)
{
    struct kit *kit = *state;
    struct job jobs[12];
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&sync_code, SQLITE_IOERR_FSYNC);
    for (int i = 0; i < 12; i++) {
        jobs[i] = (struct job){.kit = kit};
        snprintf(jobs[i].name, sizeof(jobs[i].name), "j%d", i);
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, job_thread, &jobs[i]), 0);
    }
    for (int i = 0; i < 12; i++) {
        pthread_join(jobs[i].thread, NULL);
        assert_int_equal(jobs[i].result, CH_EIO);
        assert_int_equal(store_read(kit->store, get_record, jobs[i].name), CH_ENOTFOUND);
    }
    assert_recovers(kit, CH_EIO);
}

static void a_checkpoint_that_fails_loses_nothing(void **state)
{
    struct kit *kit = *state;
    uint64_t records = 0;
    assert_int_equal(store_write(kit->store, put_record, "before"), 0);
    atomic_store(&sync_code, SQLITE_IOERR_FSYNC); /* the checkpoint of an idle writer syncs first */
    usleep(500000);
    atomic_store(&sync_code, SQLITE_OK);
    assert_int_equal(store_write(kit->store, put_record, "after"), 0);
    assert_int_equal(store_read(kit->store, verify_trail, &records), 0);
    assert_int_equal(records, 2);
}

/* ---- a file system of 4 MiB ---- */

static int put_block(struct store_tx *tx, void *context)
{
    char block[32 * 1024];
    memset(block, 'b', sizeof(block));
    (void)context;
    return store_audit_append(tx, 1, slice_of(block, sizeof(block)));
}

static int write_filler(const char *path)
{
    static char filler[700 * 1024];
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    if (fd < 0)
        return -1;
    ssize_t wrote = write(fd, filler, sizeof(filler));
    close(fd);
    return wrote == (ssize_t)sizeof(filler) ? 0 : -1;
}

static void run_full_and_recover(struct kit *kit, const char *filler)
{
    uint64_t kept = 0;
    uint64_t records = 0;
    int r = 0;
    assert_int_equal(store_open(kit->path, true, &kit->store), 0);
    assert_int_equal(write_filler(filler), 0);
    while ((r = store_write(kit->store, put_block, NULL)) == 0)
        kept++;
    assert_int_equal(r, CH_ENOSPACE);
    assert_true(kept > 0 && kept < 64);
    assert_int_equal(store_write(kit->store, put_block, NULL), CH_ENOSPACE);
    assert_int_equal(store_read(kit->store, verify_trail, &records), 0);
    assert_int_equal(records, kept);
    assert_int_equal(unlink(filler), 0);
    assert_int_equal(store_write(kit->store, put_block, NULL), 0);
    assert_int_equal(store_read(kit->store, verify_trail, &records), 0);
    assert_int_equal(records, kept + 1);
    assert_int_equal(store_check(kit->store), 0);
}

static void a_file_system_that_runs_full_keeps_what_was_answered(void **state)
{
    struct kit *kit = *state;
    char filler[96];
    if (mount("tmpfs", kit->folder, "tmpfs", 0, "size=4m") != 0) {
        print_message("skipped: mounting a tmpfs needs root\n");
        skip();
    }
    snprintf(filler, sizeof(filler), "%s/filler", kit->folder);
    run_full_and_recover(kit, filler);
    store_close(kit->store);
    kit->store = NULL;
    assert_int_equal(umount2(kit->folder, MNT_DETACH), 0);
}

static int folder_open(void **state)
{
    struct kit *kit = calloc(1, sizeof(*kit));
    *state = kit;
    return kit == NULL ? -1 : kit_make_folder(kit);
}

static int folder_close(void **state)
{
    struct kit *kit = *state;
    store_close(kit->store);
    kit->store = NULL;
    umount2(kit->folder, MNT_DETACH);
    return kit_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAULT_TEST(a_full_disk_keeps_nothing_and_the_store_goes_on_afterwards),
        FAULT_TEST(a_disk_that_fills_in_the_middle_of_a_commit_keeps_nothing),
        FAULT_TEST(a_write_error_keeps_nothing_and_the_store_goes_on_afterwards),
        FAULT_TEST(a_sync_error_keeps_nothing_and_the_store_goes_on_afterwards),
        FAULT_TEST(a_unit_that_ignores_a_full_disk_fails_all_the_same),
        FAULT_TEST(a_failed_commit_fails_every_unit_of_its_group),
        FAULT_TEST(a_commit_whose_sync_failed_does_not_come_back_after_a_crash),
        FAULT_TEST(a_checkpoint_that_fails_loses_nothing),
        cmocka_unit_test_setup_teardown(a_file_system_that_runs_full_keeps_what_was_answered,
                                        folder_open, folder_close),
    };
    return cmocka_run_group_tests(tests, install_faults, NULL);
}
