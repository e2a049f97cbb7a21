#include "ca/store/store.h"

#include "ca/store/group.h"
#include "ca/store/migrate.h"
#include "ca/store/query.h"
#include "ca/store/readers.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct store {
    char *path;
    struct group *group;
    struct readers *readers;
    int schema;
};

/* Counting SQLite's memory takes one lock for all connections at every allocation. */
static void sqlite_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int writer_open(struct store *s, bool create)
{
    struct connection *c = NULL;
    size_t count = 0;
    const struct migration *list = migrations(&count);
    int r = connection_open(s->path, create, &c);
    if (r == 0)
        r = migrate_check(c, create);
    if (r == 0)
        r = connection_prepare(c, writer_setup);
    if (r == 0)
        r = migrate_run(c, list, count, &s->schema);
    if (r == 0)
        return group_open(c, &s->group);
    connection_close(c);
    return r;
}

int store_open(const char *path, bool create, struct store **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sqlite_configure);
    *out = NULL;
    struct store *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return CH_ENOMEM;
    int r = 0;
    s->path = strdup(path);
    if (s->path == NULL)
        r = CH_ENOMEM;
    if (r == 0)
        r = writer_open(s, create);
    if (r == 0)
        r = readers_open(s->path, &s->readers);
    if (r != 0) {
        log_error("store: %s cannot be opened: %s", path, ch_error_text(r));
        store_close(s);
        return r;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    readers_close(s->readers);
    group_close(s->group); /* last, so that the WAL is written back and removed */
    free(s->path);
    free(s);
}

int store_write(struct store *s, store_unit unit, void *context)
{
    return group_run(s->group, unit, context);
}

int store_read(struct store *s, store_unit unit, void *context)
{
    return readers_run(s->readers, unit, context);
}

uint64_t store_version(struct store *s)
{
    return group_version(s->group);
}

static int check_unit(struct store_tx *tx, void *context)
{
    (void)context;
    struct query q;
    query_open(&q, tx, ST_CHECK_FILE);
    int r = query_row(&q);
    struct slice said = r == 0 ? query_get_bytes(&q, 0) : slice_of(NULL, 0);
    if (r == 0 && !slice_is(said, "ok")) {
        log_error("store: the database is damaged: %.*s", (int)said.len, (const char *)said.data);
        r = CH_EINTEGRITY;
    }
    query_close(&q);
    if (r != 0)
        return r;
    query_open(&q, tx, ST_CHECK_REFERENCES);
    bool broken = query_next(&q);
    r = query_close(&q);
    if (broken)
        log_error("store: the database is damaged: a row refers to another that is missing");
    return broken ? CH_EINTEGRITY : r;
}

int store_check(struct store *s)
{
    return store_read(s, check_unit, NULL);
}

void store_stats(struct store *s, struct store_stats *out)
{
    struct stat file;
    *out = (struct store_stats){.schema = s->schema};
    group_count(s->group, &out->commits, &out->units);
    if (stat(s->path, &file) == 0)
        out->size = (uint64_t)file.st_size;
}
