#include "ca/store/query.h"

#define DAY_US (INT64_C(86400) * 1000000)
#define AUTHORITIES 4 /* as in migration 0008 */

/* The types of certificates as in migration 0001. */
static const int64_t numbers[] = {
    [USAGE_PRIVATE] = 1,
    [USAGE_AMAZON_ISSUED] = 2,
    [USAGE_IMPORTED] = 3,
};

static int count_read(struct query *q, uint64_t *out)
{
    int64_t count = 0;
    int r = query_number(q, &count);
    *out = count < 0 ? 0 : (uint64_t)count;
    return r == CH_ENOTFOUND ? 0 : r;
}

int store_usage_held(struct store_tx *tx, const struct scope *scope, enum usage what,
                     uint64_t *out)
{
    struct query q;
    query_open(&q, tx, ST_USAGE_HELD);
    query_put_scope(&q, scope);
    query_put_int(&q, numbers[what]);
    return count_read(&q, out);
}

int store_usage_since(struct store_tx *tx, const struct scope *scope, enum usage what,
                      int64_t since, uint64_t *out)
{
    struct query q;
    query_open(&q, tx, ST_USAGE_SINCE);
    query_put_scope(&q, scope);
    query_put_int(&q, numbers[what]);
    query_put_int(&q, since < DAY_US ? 1 : since / DAY_US);
    return count_read(&q, out);
}

int store_usage_authorities(struct store_tx *tx, const struct scope *scope, int64_t now,
                            uint64_t *out)
{
    struct query q;
    uint64_t gone = 0;
    *out = 0;
    query_open(&q, tx, ST_USAGE_HELD);
    query_put_scope(&q, scope);
    query_put_int(&q, AUTHORITIES);
    int r = count_read(&q, out);
    if (r != 0)
        return r;
    query_open(&q, tx, ST_USAGE_AUTHORITIES_GONE);
    query_put_scope(&q, scope);
    query_put_int(&q, now);
    r = count_read(&q, &gone);
    *out -= gone < *out ? gone : *out;
    return r;
}

int store_usage_issued(struct store_tx *tx, const struct scope *scope, const char *authority,
                       uint64_t *out)
{
    struct query q;
    query_open(&q, tx, ST_USAGE_ISSUED);
    query_put_scope(&q, scope);
    query_put_uuid(&q, authority);
    return count_read(&q, out);
}
