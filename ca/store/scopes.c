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
