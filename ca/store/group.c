#include "ca/store/group.h"

#include "ca/store/audit.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define GROUP_UNITS_MAX 256
#define GROUP_MS_MAX 5        /* a group that ran so long is committed, whatever waits */
#define GATHER_MIN 4          /* units in the last group: many ask at once, and more will come */
#define GATHER_US 400         /* so long such a group waits for them, once */
#define CHECKPOINT_PAGES 2048 /* WAL pages between checkpoints: 16 MiB */
#define WAL_PAGES_MAX 16384   /* beyond it the writer waits for readers that hold the WAL back */
#define WAL_WAIT_MS 100
#define IDLE_MS 200 /* so long without work, and the WAL is written back */

/* A unit in the queue; lives on the stack of the thread that waits for it. */
struct waiter {
    store_unit unit;
    void *context;
    int result;
    sem_t done; /* one each: a commit wakes exactly those it answers */
    struct waiter *next;
};

struct group {
    struct connection *c;
    pthread_t thread;
    pthread_mutex_t lock; /* of the queue */
    pthread_cond_t arrived;
    struct waiter *first, **last;
    bool stopping;

    /* the writer's own */
    struct audit_head head;
    int64_t data_version; /* changes when another process wrote */
    int wal_pages;        /* in the WAL after the last commit */
    int checkpoint_at;
    size_t last_count; /* units in the group before */
    bool wal_behind;   /* commits since the last checkpoint */
    bool wal_doubtful; /* may end in a commit that failed: to be cut off before a crash */

    bool changes; /* the present group changes what store_version counts */

    _Atomic uint64_t commits, units, version;
};

/* ---- the write-ahead log ---- */

/* Called by SQLite after each commit. */
static int wal_grew(void *context, sqlite3 *db, const char *database, int pages)
{
    (void)db;
    (void)database;
    struct group *g = context;
    if (pages < g->wal_pages) /* started again from its beginning */
        g->checkpoint_at = CHECKPOINT_PAGES;
    g->wal_pages = pages;
    g->wal_behind = true;
    g->wal_doubtful = false; /* overwritten */
    return SQLITE_OK;
}

/* RESTART and TRUNCATE also wait for readers, and so work when there is always one. */
static int checkpoint_mode(const struct group *g)
{
    if (g->wal_doubtful)
        return SQLITE_CHECKPOINT_TRUNCATE;
    return g->wal_pages >= WAL_PAGES_MAX ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
}

/*
 * Writes the WAL back into the database. Nobody commits meanwhile, so unless a reader
 * holds an old snapshot all of it is written and the next commit starts the WAL again.
 */
static void checkpoint(struct group *g)
{
    int written = 0;
    int pages = 0;
    sqlite3_busy_timeout(g->c->db, WAL_WAIT_MS);
    int code = sqlite3_wal_checkpoint_v2(g->c->db, NULL, checkpoint_mode(g), &pages, &written);
    sqlite3_busy_timeout(g->c->db, BUSY_TIMEOUT_MS);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        connection_error(g->c, code, "checkpoint");
    if (code == SQLITE_OK)
        g->wal_doubtful = false;
    g->checkpoint_at = g->wal_pages + CHECKPOINT_PAGES;
    g->wal_behind = code != SQLITE_OK || written < pages;
}

/* ---- the queue ---- */

static struct waiter *queue_take(struct group *g)
{
    pthread_mutex_lock(&g->lock);
    struct waiter *w = g->first;
    if (w != NULL) {
        g->first = w->next;
        if (g->first == NULL)
            g->last = &g->first;
    }
    pthread_mutex_unlock(&g->lock);
    return w;
}

static struct timespec deadline_in(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms * 1000000L;
    t.tv_sec += t.tv_nsec / 1000000000L;
    t.tv_nsec %= 1000000000L;
    return t;
}

enum wake { WAKE_WORK, WAKE_IDLE, WAKE_STOP };

/* Waits for a unit; with a WAL to write back, not for ever. */
static enum wake queue_wait(struct group *g)
{
    struct timespec deadline = deadline_in(IDLE_MS);
    int r = 0;
    pthread_mutex_lock(&g->lock);
    while (g->first == NULL && !g->stopping && r != ETIMEDOUT)
        r = g->wal_behind ? pthread_cond_timedwait(&g->arrived, &g->lock, &deadline)
                          : pthread_cond_wait(&g->arrived, &g->lock);
    enum wake why = g->first != NULL ? WAKE_WORK : g->stopping ? WAKE_STOP : WAKE_IDLE;
    pthread_mutex_unlock(&g->lock);
    return why;
}

/* ---- a group ---- */

static bool transaction_is_open(const struct group *g)
{
    return sqlite3_get_autocommit(g->c->db) == 0;
}

/* Whoever else writes to the file (a command of the operator) moves the head of the trail too. */
static int head_refresh(struct group *g)
{
    int64_t version = 0;
    int r = connection_number(g->c, ST_DATA_VERSION, &version);
    if (r != 0 || version == g->data_version)
        return r;
    g->changes = true;
    r = audit_head_read(g->c, &g->head);
    if (r == 0)
        g->data_version = version;
    return r;
}

static int group_begin(struct group *g)
{
    int r = connection_run(g->c, ST_BEGIN_WRITE);
    return r == 0 ? head_refresh(g) : r;
}

/* Some failures (disk full, I/O) make SQLite drop the whole transaction; then 0 is never right. */
static int unit_end(struct group *g, int r, const struct audit_head *before)
{
    if (!transaction_is_open(g))
        return r == 0 ? CH_EIO : r;
    if (r == 0)
        r = connection_run(g->c, ST_UNIT_KEEP);
    if (r != 0) {
        g->head = *before;
        if (connection_run(g->c, ST_UNIT_UNDO) != 0 || connection_run(g->c, ST_UNIT_KEEP) != 0)
            connection_run(g->c, ST_ROLLBACK); /* rather all of the group than half of a unit */
    }
    return r;
}

static int unit_run(struct group *g, struct waiter *w)
{
    struct audit_head before = g->head;
    struct store_tx tx = {.c = g->c, .head = &g->head};
    int r = connection_run(g->c, ST_UNIT_BEGIN);
    if (r == 0)
        r = w->unit(&tx, w->context);
    g->changes = g->changes || tx.changes;
    tx_clear(&tx);
    return unit_end(g, r, &before);
}

/*
 * Runs queued units until none waits or the group is large or old enough; 0 when it can be
 * committed.
 */
static int group_run_queued(struct group *g, struct waiter **members, size_t *count)
{
    int64_t start = clock_monotonic_ms();
    struct waiter *w;
    while (*count < GROUP_UNITS_MAX && (w = queue_take(g)) != NULL) {
        members[(*count)++] = w;
        w->result = unit_run(g, w);
        if (!transaction_is_open(g))
            return w->result;
        if (clock_monotonic_ms() - start >= GROUP_MS_MAX)
            break;
    }
    return 0;
}

/* Under load a sync costs more than the moment in which others come to share it. */
static int group_fill(struct group *g, struct waiter **members, size_t *count)
{
    int r = group_run_queued(g, members, count);
    if (r == 0 && g->last_count >= GATHER_MIN && *count < g->last_count + GATHER_MIN) {
        (void)usleep(GATHER_US);
        r = group_run_queued(g, members, count);
    }
    g->last_count = *count;
    return r;
}

/* Without a transaction there is nothing to run the units in: they fail, all that wait. */
static void group_refuse(struct group *g, struct waiter **members, size_t *count, int why)
{
    struct waiter *w;
    while (*count < GROUP_UNITS_MAX && (w = queue_take(g)) != NULL) {
        w->result = why;
        members[(*count)++] = w;
    }
}

/*
 * A commit whose sync failed may lie in the WAL whole; SQLite has forgotten it, but
 * recovery after a crash would find it, although its units were told that they failed.
 */
static void group_undo(struct group *g, const struct audit_head *before, int why)
{
    if (transaction_is_open(g))
        connection_run(g->c, ST_ROLLBACK);
    g->head = *before;
    if (why == CH_EIO)
        g->wal_doubtful = g->wal_behind = true;
}

/*
 * The waiter's stack may be gone once it was posted. Who was answered, and whoever hears of it, must
 * not be given what was remembered before; so the version comes first.
 */
static void group_answer(struct group *g, struct waiter **members, size_t count, int r)
{
    uint64_t kept = 0;
    if (g->changes)
        atomic_fetch_add(&g->version, 1);
    g->changes = false;
    for (size_t i = 0; i < count; i++) {
        if (members[i]->result == 0)
            members[i]->result = r;
        kept += members[i]->result == 0;
    }
    if (kept > 0) {
        atomic_fetch_add(&g->commits, 1);
        atomic_fetch_add(&g->units, kept);
    }
    for (size_t i = 0; i < count; i++)
        sem_post(&members[i]->done);
}

static void group_do(struct group *g)
{
    struct waiter *members[GROUP_UNITS_MAX];
    size_t count = 0;
    struct audit_head before = g->head;
    int r = group_begin(g);
    if (r == 0) {
        before = g->head;
        r = group_fill(g, members, &count);
        if (r == 0)
            r = connection_run(g->c, ST_COMMIT);
    } else {
        group_refuse(g, members, &count, r);
    }
    if (r != 0)
        group_undo(g, &before, r);
    group_answer(g, members, count, r);
    if (g->wal_pages >= g->checkpoint_at || g->wal_doubtful)
        checkpoint(g);
}

static void *group_main(void *context)
{
    struct group *g = context;
    for (;;) {
        switch (queue_wait(g)) {
        case WAKE_WORK:
            group_do(g);
            break;
        case WAKE_IDLE:
            checkpoint(g);
            break;
        case WAKE_STOP:
            return NULL;
        }
    }
}

/* ---- for other threads ---- */

static int group_start(struct group *g)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&g->arrived, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&g->lock, NULL);
    g->last = &g->first;
    g->checkpoint_at = CHECKPOINT_PAGES;
    g->data_version = -1;
    sqlite3_wal_hook(g->c->db, wal_grew, g);
    return pthread_create(&g->thread, NULL, group_main, g) == 0 ? 0 : CH_ESYS;
}

int group_open(struct connection *c, struct group **out)
{
    *out = NULL;
    struct group *g = calloc(1, sizeof(*g));
    if (g == NULL) {
        connection_close(c);
        return CH_ENOMEM;
    }
    g->c = c;
    int r = audit_head_read(c, &g->head);
    if (r == 0)
        r = group_start(g);
    if (r != 0) {
        connection_close(c);
        free(g);
        return r;
    }
    *out = g;
    return 0;
}

void group_close(struct group *g)
{
    if (g == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    g->stopping = true;
    pthread_cond_signal(&g->arrived);
    pthread_mutex_unlock(&g->lock);
    pthread_join(g->thread, NULL);
    connection_close(g->c);
    pthread_cond_destroy(&g->arrived);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

int group_run(struct group *g, store_unit unit, void *context)
{
    PRECOND(!pthread_equal(pthread_self(), g->thread)); /* a unit would wait for itself */
    struct waiter w = {.unit = unit, .context = context};
    sem_init(&w.done, 0, 0);
    pthread_mutex_lock(&g->lock);
    *g->last = &w;
    /* cppcheck-suppress autoVariables ; taken off the queue before this function returns */
    g->last = &w.next;
    bool first = g->first == &w;
    pthread_mutex_unlock(&g->lock);
    if (first) /* the writer sleeps only before an empty queue */
        pthread_cond_signal(&g->arrived);
    while (sem_wait(&w.done) != 0)
        continue; /* EINTR */
    sem_destroy(&w.done);
    return w.result;
}

void group_count(struct group *g, uint64_t *commits, uint64_t *units)
{
    *commits = atomic_load(&g->commits);
    *units = atomic_load(&g->units);
}

uint64_t group_version(struct group *g)
{
    return atomic_load(&g->version);
}
