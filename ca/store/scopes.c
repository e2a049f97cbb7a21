#include "ca/store/scopes.h"

int scope_add(struct store_tx *tx, const struct scope *scope)
{
    struct query q;
    query_open(&q, tx, ST_SCOPE_ADD);
    query_put_scope(&q, scope);
    return query_run(&q);
}

int scope_count_change(struct store_tx *tx, const struct scope *scope, int change)
{
    struct query q;
    query_open(&q, tx, ST_SCOPE_COUNT_CHANGE);
    query_put_scope(&q, scope);
    query_put_int(&q, change);
    return query_run_changing(&q);
}

int scopes_list(struct store_tx *tx, enum statement_id id, int64_t after, int64_t *scopes,
                size_t max, size_t *count)
{
    struct query q;
    *count = 0;
    query_open(&q, tx, id);
    query_put_int(&q, after);
    query_put_int(&q, (int64_t)max);
    while (*count < max && query_next(&q))
        scopes[(*count)++] = sqlite3_column_int64(q.st, 0);
    return query_close(&q);
}

int store_certificate_count(struct store_tx *tx, const struct scope *scope, uint64_t *out)
{
    int64_t count = 0;
    struct query q;
    query_open(&q, tx, ST_SCOPE_COUNT);
    query_put_scope(&q, scope);
    int r = query_number(&q, &count);
    *out = (uint64_t)count;
    return r == CH_ENOTFOUND ? 0 : r;
}
