/* What uses a certificate. */
#include "ca/store/query.h"

#include <stdlib.h>

static void association_open(struct query *q, struct store_tx *tx, enum statement_id id,
                             const struct scope *scope, const char *certificate)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, certificate);
}

static int count_change(struct store_tx *tx, const struct scope *scope, const char *certificate,
                        int change)
{
    struct query q;
    association_open(&q, tx, ST_ASSOCIATION_COUNT_CHANGE, scope, certificate);
    query_put_int(&q, change);
    return query_run_changing(&q);
}

int store_association_put(struct store_tx *tx, const struct scope *scope, const char *certificate,
                          const char *resource, int64_t now)
{
    struct query q;
    association_open(&q, tx, ST_ASSOCIATION_PUT, scope, certificate);
    query_put_text(&q, resource);
    query_put_int(&q, now);
    int r = query_run_changing(&q);
    return r == 0 ? count_change(tx, scope, certificate, 1) : r;
}

int store_association_remove(struct store_tx *tx, const struct scope *scope,
                             const char *certificate, const char *resource)
{
    struct query q;
    association_open(&q, tx, ST_ASSOCIATION_REMOVE, scope, certificate);
    query_put_text(&q, resource);
    int r = query_run_changing(&q);
    return r == 0 ? count_change(tx, scope, certificate, -1) : r;
}

int store_association_list(struct store_tx *tx, const struct scope *scope, const char *certificate,
                           const char *after, uint32_t limit,
                           int (*visit)(void *context, const char *resource, int64_t created_at),
                           void *context)
{
    struct query q;
    association_open(&q, tx, ST_ASSOCIATION_LIST, scope, certificate);
    query_put_text(&q, after);
    query_put_int(&q, limit);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        char *resource = NULL;
        r = query_get_text(&q, 0, &resource);
        if (r == 0)
            r = visit(context, resource, sqlite3_column_int64(q.st, 1));
        free(resource);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}
