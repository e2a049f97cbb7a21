#include "ca/store/connection.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_INTERVAL_MS 1000

/* First match counts: a full code before the low octet that stands for its family. */
static const struct {
    int code;
    int error;
    bool grave;
} errors[] = {
    {SQLITE_CONSTRAINT_UNIQUE, CH_EEXISTS, false},
    {SQLITE_CONSTRAINT_PRIMARYKEY, CH_EEXISTS, false},
    {SQLITE_CONSTRAINT_ROWID, CH_EEXISTS, false},
    {SQLITE_CONSTRAINT_FOREIGNKEY, CH_ENOTFOUND, false}, /* what it refers to is not there */
    {SQLITE_CONSTRAINT_TRIGGER, CH_ESTATE, false},
    {SQLITE_CONSTRAINT, CH_EINVAL, false},
    {SQLITE_FULL, CH_ENOSPACE, true},
    {SQLITE_IOERR, CH_EIO, true},
    {SQLITE_CANTOPEN, CH_EIO, true},
    {SQLITE_READONLY, CH_EIO, true},
    {SQLITE_CORRUPT, CH_EINTEGRITY, true},
    {SQLITE_NOTADB, CH_EINTEGRITY, true},
    {SQLITE_ERROR, CH_EINTEGRITY, true}, /* the file's tables are not those of the statement */
    {SQLITE_BUSY, CH_EBUSY, true},
    {SQLITE_LOCKED, CH_EBUSY, true},
    {SQLITE_NOMEM, CH_ENOMEM, true},
    {SQLITE_TOOBIG, CH_ELIMIT, false},
};

/* Each grave code once a second at most: a full disk fails thousands of units. */
static bool log_is_due(size_t row)
{
    static _Atomic int64_t next[sizeof(errors) / sizeof(errors[0]) + 1];
    int64_t now = clock_monotonic_ms() + 1;
    int64_t due = atomic_load(&next[row]);
    return now >= due && atomic_compare_exchange_strong(&next[row], &due, now + LOG_INTERVAL_MS);
}

int connection_error(struct connection *c, int code, const char *doing)
{
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return 0;
    size_t i = 0;
    size_t count = sizeof(errors) / sizeof(errors[0]);
    while (i < count && errors[i].code != code && errors[i].code != (code & 0xff))
        i++;
    int error = i < count ? errors[i].error : CH_EIO;
    if (error == CH_EIO && sqlite3_system_errno(c->db) == ENOSPC)
        error = CH_ENOSPACE;
    if ((i == count || errors[i].grave) && log_is_due(i))
        log_error("store: %s: %s (%s, SQLite %d)", doing, sqlite3_errmsg(c->db),
                  ch_error_text(error), code);
    return error;
}

/* SQLite gives -wal and -shm the mode of the database, so this decides for all three. */
static int file_create(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_error("store: cannot make %s: %s", path, strerror(errno));
        return errno == ENOSPC ? CH_ENOSPACE : CH_EIO;
    }
    close(fd);
    return 0;
}

static int file_open(struct connection *c, const char *path)
{
    if (access(path, F_OK) != 0)
        return errno == ENOENT || errno == ENOTDIR ? CH_ENOTFOUND : CH_EIO;
    int code = sqlite3_open_v2(
        path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (c->db == NULL)
        return CH_ENOMEM;
    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    return connection_error(c, code, path);
}

int connection_open(const char *path, bool create, struct connection **out)
{
    *out = NULL;
    struct connection *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return CH_ENOMEM;
    int r = create ? file_create(path) : 0;
    if (r == 0)
        r = file_open(c, path);
    if (r != 0)
        goto out;
    c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    c->digest = EVP_MD_CTX_new();
    if (c->sha256 == NULL || c->digest == NULL) {
        r = CH_ENOMEM;
        goto out;
    }
    *out = c;
    c = NULL;
out:
    connection_close(c);
    return r;
}

static int run_list(struct connection *c, const char *const *list)
{
    for (; *list != NULL; list++) {
        int r = connection_error(c, sqlite3_exec(c->db, *list, NULL, NULL, NULL), *list);
        if (r != 0)
            return r;
    }
    return 0;
}

/* Asking for WAL on a file system without shared memory is not an error to SQLite. */
static int require_wal(struct connection *c)
{
    sqlite3_stmt *st = NULL;
    int r = connection_statement(c, ST_JOURNAL_MODE, &st);
    if (r != 0)
        return r;
    int code = sqlite3_step(st);
    const unsigned char *mode = code == SQLITE_ROW ? sqlite3_column_text(st, 0) : NULL;
    if (mode == NULL || strcmp((const char *)mode, "wal") != 0) {
        log_error("store: the file system of the database does not support WAL");
        r = CH_EUNSUPPORTED;
    }
    sqlite3_reset(st);
    return r;
}

int connection_prepare(struct connection *c, const char *const *setup)
{
    int r = run_list(c, connection_setup);
    if (r == 0)
        r = run_list(c, setup);
    return r == 0 ? require_wal(c) : r;
}

void connection_close(struct connection *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < ST_COUNT; i++)
        sqlite3_finalize(c->statement[i]);
    sqlite3_close(c->db);
    EVP_MD_CTX_free(c->digest);
    EVP_MD_free(c->sha256);
    free(c);
}

int connection_statement(struct connection *c, enum statement_id id, sqlite3_stmt **out)
{
    *out = NULL;
    sqlite3_stmt **kept = &c->statement[id];
    if (*kept == NULL) {
        int code = sqlite3_prepare_v3(c->db, statements[id].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      kept, NULL);
        if (code != SQLITE_OK)
            return connection_error(c, code, statements[id].name);
    }
    if (sqlite3_stmt_busy(*kept))
        return CH_ESTATE;
    *out = *kept;
    return 0;
}

int connection_run(struct connection *c, enum statement_id id)
{
    sqlite3_stmt *st = NULL;
    int r = connection_statement(c, id, &st);
    if (r != 0)
        return r;
    int code;
    do
        code = sqlite3_step(st);
    while (code == SQLITE_ROW);
    r = connection_error(c, code, statements[id].name);
    sqlite3_reset(st);
    return r;
}

int connection_number(struct connection *c, enum statement_id id, int64_t *out)
{
    *out = 0;
    sqlite3_stmt *st = NULL;
    int r = connection_statement(c, id, &st);
    if (r != 0)
        return r;
    int code = sqlite3_step(st);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    else
        r = code == SQLITE_DONE ? CH_ENOTFOUND : connection_error(c, code, statements[id].name);
    sqlite3_reset(st);
    return r;
}

int connection_digest(struct connection *c, struct slice first, struct slice second,
                      uint8_t out[DIGEST_SIZE])
{
    bool ok = EVP_DigestInit_ex2(c->digest, c->sha256, NULL) == 1 &&
              EVP_DigestUpdate(c->digest, first.data, first.len) == 1 &&
              EVP_DigestUpdate(c->digest, second.data, second.len) == 1 &&
              EVP_DigestFinal_ex(c->digest, out, NULL) == 1;
    return ok ? 0 : CH_ENOMEM;
}
