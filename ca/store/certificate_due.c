/* What time does to ACM certificates: what is due, in every scope, by index. */
#include "ca/store/certificates.h"

/* The value of the only column of the only row; CH_ENOTFOUND. */
static int due_next(struct store_tx *tx, enum statement_id id, int64_t *at)
{
    struct query q;
    query_open(&q, tx, id);
    return query_number(&q, at);
}

int store_certificate_renewal_next(struct store_tx *tx, int64_t *at)
{
    return due_next(tx, ST_CERTIFICATE_RENEWAL_NEXT, at);
}

int store_certificate_expiry_next(struct store_tx *tx, int64_t *not_after)
{
    return due_next(tx, ST_CERTIFICATE_EXPIRY_NEXT, not_after);
}

int store_certificate_timeout_next(struct store_tx *tx, int64_t *created_at)
{
    return due_next(tx, ST_CERTIFICATE_TIMEOUT_NEXT, created_at);
}

/* Which certificate, and no more of it. */
struct due {
    struct scope scope;
    char id[ROW_UUID_SIZE];
};

static const struct cell due_cells[] = {
    CELL_OF(CELL_CHARS, struct due, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct due, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct due, id),
};

static int due_list(struct store_tx *tx, enum statement_id id, int64_t at, uint32_t limit,
                    int (*visit)(void *context, const struct scope *scope, const char *id),
                    void *context)
{
    struct query q;
    query_open(&q, tx, id);
    query_put_int(&q, at);
    query_put_int(&q, limit);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct due due = {0};
        r = cells_get(&q, due_cells, CELL_COUNT(due_cells), &due);
        if (r == 0)
            r = visit(context, &due.scope, due.id);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_certificate_renewal_list(struct store_tx *tx, int64_t now, uint32_t limit,
                                   int (*visit)(void *context, const struct scope *scope,
                                                const char *id),
                                   void *context)
{
    return due_list(tx, ST_CERTIFICATE_RENEWAL_LIST, now, limit, visit, context);
}

int store_certificate_timeout_list(struct store_tx *tx, int64_t created_at, uint32_t limit,
                                   int (*visit)(void *context, const struct scope *scope,
                                                const char *id),
                                   void *context)
{
    return due_list(tx, ST_CERTIFICATE_TIMEOUT_LIST, created_at, limit, visit, context);
}

/* A statement that changes at most limit rows that lie before a time. */
static int due_change(struct store_tx *tx, enum statement_id id, int64_t before, uint32_t limit,
                      uint32_t *count)
{
    struct query q;
    query_open(&q, tx, id);
    query_put_int(&q, before);
    query_put_int(&q, limit);
    int r = query_run(&q);
    *count = r == 0 ? (uint32_t)q.changed : 0;
    return r;
}

int store_certificate_expire(struct store_tx *tx, int64_t now, uint32_t limit, uint32_t *count)
{
    return due_change(tx, ST_CERTIFICATE_EXPIRE, now, limit, count);
}

int store_certificate_time_out(struct store_tx *tx, int64_t created_at, uint32_t limit,
                               uint32_t *count)
{
    return due_change(tx, ST_CERTIFICATE_TIME_OUT, created_at, limit, count);
}
