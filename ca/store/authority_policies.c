/* The policies of authorities. */
#include "ca/store/query.h"

static void open_for(struct query *q, struct store_tx *tx, enum statement_id id,
                     const struct scope *scope, const char *authority)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, authority);
}

int store_authority_policy_put(struct store_tx *tx, const struct scope *scope,
                               const char *authority, const char *policy, int64_t now)
{
    struct query q;
    open_for(&q, tx, ST_AUTHORITY_POLICY_PUT, scope, authority);
    query_put_text(&q, policy);
    query_put_int(&q, now);
    return query_run_changing(&q);
}

int store_authority_policy_get(struct store_tx *tx, const struct scope *scope,
                               const char *authority, char **out)
{
    struct query q;
    *out = NULL;
    open_for(&q, tx, ST_AUTHORITY_POLICY_GET, scope, authority);
    int r = query_row(&q);
    if (r == 0)
        r = query_get_text(&q, 0, out);
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_authority_policy_remove(struct store_tx *tx, const struct scope *scope,
                                  const char *authority)
{
    struct query q;
    open_for(&q, tx, ST_AUTHORITY_POLICY_REMOVE, scope, authority);
    return query_run(&q);
}
