/* Files that are to be put into an object store. */
#include "ca/store/cells.h"

static const struct cell delivery_cells[] = {
    CELL(CELL_TEXT, struct delivery_row, bucket),
    CELL(CELL_TEXT, struct delivery_row, key),
    CELL(CELL_TEXT, struct delivery_row, source),
    CELL(CELL_TEXT, struct delivery_row, acl),
    CELL(CELL_TEXT, struct delivery_row, media_type),
    CELL(CELL_INT64, struct delivery_row, stamp),
    CELL(CELL_INT64, struct delivery_row, due_at),
    CELL(CELL_UINT32, struct delivery_row, attempts),
};

static int run_with(struct store_tx *tx, enum statement_id id, const struct delivery_row *row)
{
    struct query q;
    query_open(&q, tx, id);
    cells_put(&q, delivery_cells, CELL_COUNT(delivery_cells), row);
    return query_run(&q);
}

int store_delivery_put(struct store_tx *tx, const struct delivery_row *row)
{
    return run_with(tx, ST_DELIVERY_PUT, row);
}

int store_delivery_next(struct store_tx *tx, struct delivery_row *out)
{
    struct query q;
    query_open(&q, tx, ST_DELIVERY_NEXT);
    return cells_get_one(&q, delivery_cells, CELL_COUNT(delivery_cells), out, sizeof *out);
}

int store_delivery_delay(struct store_tx *tx, const struct delivery_row *row)
{
    return run_with(tx, ST_DELIVERY_DELAY, row);
}

int store_delivery_done(struct store_tx *tx, const struct delivery_row *row)
{
    return run_with(tx, ST_DELIVERY_DONE, row);
}

void delivery_row_free(struct delivery_row *row)
{
    cells_free(delivery_cells, CELL_COUNT(delivery_cells), row, sizeof *row);
}
