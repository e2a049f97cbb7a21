/* What accounts configure in ACM, and the tokens of the calls that did. */
#include "ca/store/query.h"
#include "ca/store/scopes.h"

int store_configuration_put(struct store_tx *tx, const struct scope *scope,
                            int64_t days_before_expiry)
{
    struct query q;
    int r = scope_add(tx, scope);
    if (r != 0)
        return r;
    query_open(&q, tx, ST_CONFIGURATION_PUT);
    query_put_scope(&q, scope);
    query_put_int(&q, days_before_expiry);
    return query_run(&q);
}

int store_configuration_get(struct store_tx *tx, const struct scope *scope,
                            int64_t *days_before_expiry)
{
    struct query q;
    query_open(&q, tx, ST_CONFIGURATION_GET);
    query_put_scope(&q, scope);
    return query_number(&q, days_before_expiry);
}

int store_configuration_token_get(struct store_tx *tx, const struct scope *scope,
                                  const char *token, int64_t since, struct buf *hash)
{
    struct query q;
    query_open(&q, tx, ST_CONFIGURATION_TOKEN_GET);
    query_put_scope(&q, scope);
    query_put_text(&q, token);
    query_put_int(&q, since);
    int r = query_row(&q);
    if (r == 0)
        r = buf_put_slice(hash, query_get_bytes(&q, 0));
    query_close(&q);
    return r;
}

static int tokens_prune(struct store_tx *tx, const struct scope *scope, int64_t before)
{
    struct query q;
    query_open(&q, tx, ST_CONFIGURATION_TOKEN_PRUNE);
    query_put_scope(&q, scope);
    query_put_int(&q, before);
    return query_run(&q);
}

int store_configuration_token_put(struct store_tx *tx, const struct scope *scope,
                                  const char *token, struct slice hash, int64_t now,
                                  int64_t since)
{
    struct query q;
    int r = scope_add(tx, scope);
    if (r == 0)
        r = tokens_prune(tx, scope, since);
    if (r != 0)
        return r;
    query_open(&q, tx, ST_CONFIGURATION_TOKEN_PUT);
    query_put_scope(&q, scope);
    query_put_text(&q, token);
    query_put_bytes(&q, hash);
    query_put_int(&q, now);
    return query_run(&q);
}
