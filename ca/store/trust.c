/* The trust services, and the public certificates that they are to issue. */
#include "ca/store/trust.h"

#include "ca/store/cells.h"
#include "ca/store/scopes.h"

/* ---- trust services ---- */

static const struct cell trust_cells[] = {
    CELL(CELL_UUID, struct trust_row, id),
    CELL(CELL_ALG, struct trust_row, family),
    CELL(CELL_UUID, struct trust_row, parent),
    CELL(CELL_UINT32, struct trust_row, generation),
    CELL(CELL_INT64, struct trust_row, retired_at),
    CELL(CELL_TEXT, struct trust_row, status),
    CELL(CELL_INT64, struct trust_row, not_before),
    CELL(CELL_INT64, struct trust_row, not_after),
};

void trust_row_free(struct trust_row *row)
{
    cells_free(trust_cells, CELL_COUNT(trust_cells), row, sizeof(*row));
}

int store_trust_list(struct store_tx *tx,
                     int (*visit)(void *context, const struct trust_row *row), void *context)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_TRUST_LIST);
    while (r == 0 && query_next(&q)) {
        struct trust_row row = {0};
        r = cells_get(&q, trust_cells, CELL_COUNT(trust_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        trust_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_trust_insert(struct store_tx *tx, const struct scope *scope,
                       const struct trust_row *row)
{
    struct query q;
    query_open(&q, tx, ST_TRUST_INSERT);
    query_put_scope(&q, scope);
    query_put_uuid(&q, row->id);
    query_put_int(&q, row->family);
    query_put_uuid(&q, row->parent);
    query_put_int(&q, row->generation);
    return query_run_changing(&q);
}

int store_trust_retire(struct store_tx *tx, const struct scope *scope, const char *id,
                       int64_t now)
{
    struct query q;
    query_open(&q, tx, ST_TRUST_RETIRE);
    query_put_scope(&q, scope);
    query_put_uuid(&q, id);
    query_put_int(&q, now);
    return query_run_changing(&q);
}

/* ---- public certificates to be issued ---- */

static const struct cell order_cells[] = {
    CELL_OF(CELL_CHARS, struct public_order_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct public_order_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct public_order_row, certificate),
    CELL(CELL_INT64, struct public_order_row, due_at),
    CELL(CELL_UINT32, struct public_order_row, attempts),
    CELL(CELL_INT64, struct public_order_row, checked_at),
    CELL(CELL_TEXT, struct public_order_row, note),
};

void public_order_row_free(struct public_order_row *row)
{
    cells_free(order_cells, CELL_COUNT(order_cells), row, sizeof(*row));
}

static void order_open(struct query *q, struct store_tx *tx, enum statement_id id,
                       const struct scope *scope, const char *certificate)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, certificate);
}

int store_public_order_put(struct store_tx *tx, const struct scope *scope,
                           const char *certificate, int64_t now, int64_t checked_at)
{
    struct query q;
    order_open(&q, tx, ST_PUBLIC_ORDER_PUT, scope, certificate);
    query_put_int(&q, now);
    query_put_int(&q, checked_at);
    return query_run_changing(&q);
}

int store_public_order_next(struct store_tx *tx, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_PUBLIC_ORDER_NEXT);
    return query_number(&q, at);
}

int store_public_order_scopes(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max,
                              size_t *count)
{
    return scopes_list(tx, ST_PUBLIC_ORDER_SCOPES, after, scopes, max, count);
}

int store_public_order_list(struct store_tx *tx, int64_t scope, int64_t now, uint32_t limit,
                            int (*visit)(void *context, const struct public_order_row *row),
                            void *context)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_PUBLIC_ORDER_LIST);
    query_put_int(&q, scope);
    query_put_int(&q, now);
    query_put_int(&q, limit);
    while (r == 0 && query_next(&q)) {
        struct public_order_row row = {0};
        r = cells_get(&q, order_cells, CELL_COUNT(order_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        public_order_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_public_order_get(struct store_tx *tx, const struct scope *scope,
                           const char *certificate, struct public_order_row *out)
{
    struct query q;
    order_open(&q, tx, ST_PUBLIC_ORDER_GET, scope, certificate);
    return cells_get_one(&q, order_cells, CELL_COUNT(order_cells), out, sizeof(*out));
}

int store_public_order_delay(struct store_tx *tx, const struct public_order_row *row)
{
    struct query q;
    order_open(&q, tx, ST_PUBLIC_ORDER_DELAY, &row->scope, row->certificate);
    query_put_int(&q, row->due_at);
    query_put_int(&q, row->attempts);
    query_put_text(&q, row->note);
    return query_run_changing(&q);
}

int store_public_order_due(struct store_tx *tx, int64_t now)
{
    struct query q;
    query_open(&q, tx, ST_PUBLIC_ORDER_DUE);
    query_put_int(&q, now);
    return query_run(&q);
}

int store_public_order_remove(struct store_tx *tx, const struct scope *scope,
                              const char *certificate)
{
    struct query q;
    order_open(&q, tx, ST_PUBLIC_ORDER_REMOVE, scope, certificate);
    return query_run(&q);
}
