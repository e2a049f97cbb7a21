/* What authorities have revoked, in order. */
#include "ca/store/cells.h"

static const struct cell revocation_cells[] = {
    CELL_OF(CELL_CHARS, struct revocation_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct revocation_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct revocation_row, authority),
    CELL_OF(CELL_FIXED, struct revocation_row, serial, 20),
    CELL(CELL_UINT32, struct revocation_row, reason),
    CELL(CELL_INT64, struct revocation_row, revoked_at),
    CELL(CELL_HEX_ID, struct revocation_row, issued_id),
    CELL(CELL_INT64, struct revocation_row, not_after),
    CELL(CELL_INT64, struct revocation_row, number),
};

#define INSERT_COUNT 6 /* what follows is the certificate's, or given by the store */

int store_revocation_insert(struct store_tx *tx, const struct revocation_row *row)
{
    struct query q;
    query_open(&q, tx, ST_REVOCATION_INSERT);
    cells_put(&q, revocation_cells, INSERT_COUNT, row);
    return query_run_changing(&q);
}

int store_revocation_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                         const uint8_t serial[20], struct revocation_row *out)
{
    struct query q;
    query_open(&q, tx, ST_REVOCATION_GET);
    query_put_scope(&q, scope);
    query_put_uuid(&q, authority);
    query_put_bytes(&q, slice_of(serial, 20));
    return cells_get_one(&q, revocation_cells, CELL_COUNT(revocation_cells), out, sizeof(*out));
}

int store_revocation_list(struct store_tx *tx, const struct scope *scope, const char *authority,
                          int64_t after, uint32_t limit,
                          int (*visit)(void *context, const struct revocation_row *row),
                          void *context)
{
    struct query q;
    query_open(&q, tx, ST_REVOCATION_LIST);
    query_put_scope(&q, scope);
    query_put_uuid(&q, authority);
    query_put_int(&q, after);
    query_put_int(&q, limit);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct revocation_row row = {0};
        r = cells_get(&q, revocation_cells, CELL_COUNT(revocation_cells), &row);
        if (r == 0)
            r = visit(context, &row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}
