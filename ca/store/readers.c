#include "ca/store/readers.h"

#include "ca/store/query.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>

#define READERS_WARM 4

struct readers {
    const char *path;
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct connection *idle[READERS_MAX];
    size_t idle_count;
    size_t made; /* idle or in use */
};

int readers_open(const char *path, struct readers **out)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return CH_ENOMEM;
    (*out)->path = path;
    pthread_mutex_init(&(*out)->lock, NULL);
    pthread_cond_init(&(*out)->given, NULL);
    return 0;
}

void readers_close(struct readers *readers)
{
    if (readers == NULL)
        return;
    PRECOND(readers->idle_count == readers->made);
    for (size_t i = 0; i < readers->idle_count; i++)
        connection_close(readers->idle[i]);
    pthread_cond_destroy(&readers->given);
    pthread_mutex_destroy(&readers->lock);
    free(readers);
}

static int reader_make(const char *path, struct connection **out)
{
    int r = connection_open(path, false, out);
    if (r == 0)
        r = connection_prepare(*out, reader_setup);
    if (r != 0) {
        connection_close(*out);
        *out = NULL;
    }
    return r;
}

/*
 * Puts a connection back; NULL gives up its place instead. What it has read is worth nothing after the
 * next commit, so only those that are taken first keep the memory.
 */
static void reader_give(struct readers *readers, struct connection *c)
{
    pthread_mutex_lock(&readers->lock);
    bool spare = readers->idle_count >= READERS_WARM;
    pthread_mutex_unlock(&readers->lock);
    if (c != NULL && spare)
        sqlite3_db_release_memory(c->db);
    pthread_mutex_lock(&readers->lock);
    if (c != NULL)
        readers->idle[readers->idle_count++] = c;
    else
        readers->made--;
    pthread_cond_signal(&readers->given);
    pthread_mutex_unlock(&readers->lock);
}

/* The connection used last comes first: its pages are still in the cache. */
static int reader_take(struct readers *readers, struct connection **out)
{
    *out = NULL;
    pthread_mutex_lock(&readers->lock);
    while (readers->idle_count == 0 && readers->made == READERS_MAX)
        pthread_cond_wait(&readers->given, &readers->lock);
    if (readers->idle_count > 0)
        *out = readers->idle[--readers->idle_count];
    else
        readers->made++;
    pthread_mutex_unlock(&readers->lock);
    if (*out != NULL)
        return 0;
    int r = reader_make(readers->path, out);
    if (r != 0)
        reader_give(readers, NULL);
    return r;
}

/*
 * The snapshot is taken by the first statement after BEGIN, so it has every commit that
 * was answered before the call, and stays the same until the unit ends.
 */
int readers_run(struct readers *readers, store_unit unit, void *context)
{
    struct connection *c = NULL;
    int r = reader_take(readers, &c);
    if (r != 0)
        return r;
    struct store_tx tx = {.c = c};
    r = connection_run(c, ST_BEGIN_READ);
    if (r == 0)
        r = unit(&tx, context);
    tx_clear(&tx);
    if (sqlite3_get_autocommit(c->db) == 0)
        connection_run(c, ST_COMMIT);
    if (sqlite3_get_autocommit(c->db) == 0) { /* would keep its snapshot for ever */
        connection_close(c);
        c = NULL;
    }
    reader_give(readers, c);
    return r;
}
