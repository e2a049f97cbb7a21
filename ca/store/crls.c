/* The CRLs of authorities: which there are, when each is to be made, what stands in it. */
#include "ca/store/cells.h"

static const struct cell crl_cells[] = {
    CELL_OF(CELL_CHARS, struct crl_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct crl_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct crl_row, authority),
    CELL(CELL_INT64, struct crl_row, part),
    CELL(CELL_INT64, struct crl_row, number),
    CELL(CELL_INT64, struct crl_row, wishes),
    CELL(CELL_INT64, struct crl_row, this_update),
    CELL(CELL_INT64, struct crl_row, next_update),
    CELL(CELL_INT64, struct crl_row, rest_until),
    CELL(CELL_INT64, struct crl_row, due_at),
};

static const struct cell entry_cells[] = {
    CELL(CELL_INT64, struct crl_entry_row, number),
    CELL_OF(CELL_FIXED, struct crl_entry_row, serial, 20),
    CELL(CELL_UINT32, struct crl_entry_row, reason),
    CELL(CELL_INT64, struct crl_entry_row, revoked_at),
    CELL(CELL_INT64, struct crl_entry_row, not_after),
};

static void crl_open_query(struct query *q, struct store_tx *tx, enum statement_id id,
                           const struct scope *scope, const char *authority, int64_t part)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, authority);
    query_put_int(q, part);
}

int store_crl_want(struct store_tx *tx, const struct scope *scope, const char *authority,
                   int64_t part, int64_t now)
{
    struct query q;
    crl_open_query(&q, tx, ST_CRL_WANT, scope, authority, part);
    query_put_int(&q, now);
    return query_run_changing(&q);
}

int store_crl_want_known(struct store_tx *tx, const struct scope *scope, const char *authority,
                         int64_t part, int64_t now)
{
    struct query q;
    crl_open_query(&q, tx, part == CRL_ALL_PARTS ? ST_CRL_WANT_ALL : ST_CRL_WANT_KNOWN, scope,
                   authority, part);
    query_put_int(&q, now);
    return query_run(&q);
}

int store_crl_next(struct store_tx *tx, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_CRL_NEXT);
    return query_number(&q, at);
}

int store_crl_due(struct store_tx *tx, int64_t now, struct crl_row *out)
{
    struct query q;
    query_open(&q, tx, ST_CRL_DUE);
    query_put_int(&q, now);
    return cells_get_one(&q, crl_cells, CELL_COUNT(crl_cells), out, sizeof(*out));
}

int store_crl_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                  int64_t part, struct crl_row *out)
{
    struct query q;
    crl_open_query(&q, tx, ST_CRL_GET, scope, authority, part);
    return cells_get_one(&q, crl_cells, CELL_COUNT(crl_cells), out, sizeof(*out));
}

int store_crl_take_number(struct store_tx *tx, const struct crl_row *row)
{
    struct query q;
    crl_open_query(&q, tx, ST_CRL_TAKE_NUMBER, &row->scope, row->authority, row->part);
    query_put_int(&q, row->number);
    return query_run_changing(&q);
}

int store_crl_published(struct store_tx *tx, const struct crl_row *row)
{
    struct query q;
    crl_open_query(&q, tx, ST_CRL_PUBLISHED, &row->scope, row->authority, row->part);
    query_put_int(&q, row->this_update);
    query_put_int(&q, row->next_update);
    query_put_int(&q, row->rest_until);
    query_put_int(&q, row->wishes);
    query_put_int(&q, row->due_at);
    return query_run_changing(&q);
}

int store_crl_delay(struct store_tx *tx, const struct crl_row *row)
{
    struct query q;
    crl_open_query(&q, tx, ST_CRL_DELAY, &row->scope, row->authority, row->part);
    query_put_int(&q, row->due_at);
    return query_run_changing(&q);
}

int store_crl_entries(struct store_tx *tx, const struct crl_row *row, int64_t after,
                      uint32_t limit,
                      int (*visit)(void *context, const struct crl_entry_row *entry), void *context)
{
    struct query q;
    uint8_t octet = (uint8_t)row->part;
    query_open(&q, tx, row->part == CRL_COMPLETE ? ST_CRL_ENTRIES : ST_CRL_PART_ENTRIES);
    query_put_scope(&q, &row->scope);
    query_put_uuid(&q, row->authority);
    query_put_int(&q, after);
    query_put_int(&q, limit);
    if (row->part != CRL_COMPLETE)
        query_put_bytes(&q, slice_of(&octet, 1));
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct crl_entry_row entry = {0};
        r = cells_get(&q, entry_cells, CELL_COUNT(entry_cells), &entry);
        if (r == 0)
            r = visit(context, &entry);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}
