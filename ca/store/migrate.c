#include "ca/store/migrate.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <inttypes.h>

#define APPLICATION_ID 1128808782 /* "CHAN", as the first migration sets it */

static const struct migration all[] = {
#include "migrations.inc"
};

const struct migration *migrations(size_t *count)
{
    *count = sizeof(all) / sizeof(all[0]);
    return all;
}

static int refuse(const char *why)
{
    log_error("store: the database %s", why);
    return CH_EINTEGRITY;
}

int migrate_check(struct connection *c, bool create)
{
    int64_t application = 0;
    int64_t objects = 0;
    int64_t schema = 0;
    int r = connection_number(c, ST_APPLICATION_ID, &application);
    if (r == 0)
        r = connection_number(c, ST_SCHEMA_SIZE, &objects);
    if (r == 0)
        r = connection_number(c, ST_SCHEMA_NUMBER, &schema);
    if (r != 0)
        return r;
    if (application == 0 && objects == 0 && schema == 0)
        return create ? 0 : refuse("is empty");
    if (application != APPLICATION_ID)
        return refuse("belongs to another program");
    if (schema > all[sizeof(all) / sizeof(all[0]) - 1].number)
        return refuse("was made by a newer version of Chancery");
    return 0;
}

/* In one transaction; the number is read again inside, as another process may have been faster. */
static int migrate_one(struct connection *c, const struct migration *migration)
{
    int64_t schema = 0;
    int r = connection_run(c, ST_BEGIN_WRITE);
    if (r != 0)
        return r;
    r = connection_number(c, ST_SCHEMA_NUMBER, &schema);
    if (r == 0 && schema < migration->number)
        r = connection_error(c, sqlite3_exec(c->db, migration->sql, NULL, NULL, NULL), "migration");
    if (r == 0)
        r = connection_run(c, ST_COMMIT);
    if (r != 0 && sqlite3_get_autocommit(c->db) == 0)
        connection_run(c, ST_ROLLBACK);
    return r;
}

int migrate_run(struct connection *c, const struct migration *list, size_t count, int *schema)
{
    int64_t number = 0;
    *schema = 0;
    int r = connection_number(c, ST_SCHEMA_NUMBER, &number);
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (list[i].number <= number)
            continue;
        r = migrate_one(c, &list[i]);
        if (r != 0)
            log_error("store: migration %d failed: %s", list[i].number, ch_error_text(r));
    }
    if (r == 0)
        r = connection_number(c, ST_SCHEMA_NUMBER, &number);
    *schema = (int)number;
    return r;
}
