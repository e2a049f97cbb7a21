/* The appliance's own log of certificate transparency. */
#include "ca/store/ct.h"

#include "ca/store/cells.h"

#include <string.h>

static const struct cell entry_cells[] = {
    CELL(CELL_INT64, struct ct_entry_row, number),
    CELL(CELL_BYTES, struct ct_entry_row, leaf),
    CELL(CELL_BYTES, struct ct_entry_row, extra),
    CELL_OF(CELL_FIXED, struct ct_entry_row, hash, CT_HASH_SIZE),
};

static const struct cell head_cells[] = {
    CELL(CELL_INT64, struct ct_head_row, size),
    CELL(CELL_INT64, struct ct_head_row, at),
    CELL_OF(CELL_FIXED, struct ct_head_row, root, CT_HASH_SIZE),
    CELL(CELL_BYTES, struct ct_head_row, signature),
};

int store_ct_size(struct store_tx *tx, int64_t *out)
{
    struct query q;
    query_open(&q, tx, ST_CT_SIZE);
    return query_number(&q, out);
}

int store_ct_entry_insert(struct store_tx *tx, const struct ct_entry_row *row)
{
    struct query q;
    query_open(&q, tx, ST_CT_ENTRY_INSERT);
    cells_put(&q, entry_cells, CELL_COUNT(entry_cells), row);
    return query_run(&q);
}

int store_ct_entry_get(struct store_tx *tx, int64_t number, struct ct_entry_row *out)
{
    struct query q;
    query_open(&q, tx, ST_CT_ENTRY_GET);
    query_put_int(&q, number);
    return cells_get_one(&q, entry_cells, CELL_COUNT(entry_cells), out, sizeof(*out));
}

int store_ct_entry_find(struct store_tx *tx, const uint8_t hash[CT_HASH_SIZE], int64_t *number)
{
    struct query q;
    query_open(&q, tx, ST_CT_ENTRY_FIND);
    query_put_bytes(&q, slice_of(hash, CT_HASH_SIZE));
    return query_number(&q, number);
}

void ct_entry_row_free(struct ct_entry_row *row)
{
    cells_free(entry_cells, CELL_COUNT(entry_cells), row, sizeof(*row));
}

int store_ct_node_insert(struct store_tx *tx, int64_t level, int64_t position,
                         const uint8_t hash[CT_HASH_SIZE])
{
    struct query q;
    query_open(&q, tx, ST_CT_NODE_INSERT);
    query_put_int(&q, level);
    query_put_int(&q, position);
    query_put_bytes(&q, slice_of(hash, CT_HASH_SIZE));
    return query_run(&q);
}

int store_ct_node_get(struct store_tx *tx, int64_t level, int64_t position,
                      uint8_t hash[CT_HASH_SIZE])
{
    struct query q;
    query_open(&q, tx, ST_CT_NODE_GET);
    query_put_int(&q, level);
    query_put_int(&q, position);
    int r = query_row(&q);
    if (r == 0) {
        struct slice octets = query_get_bytes(&q, 0);
        if (octets.len == CT_HASH_SIZE)
            memcpy(hash, octets.data, CT_HASH_SIZE);
        else
            r = CH_EINTEGRITY;
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_ct_head_insert(struct store_tx *tx, const struct ct_head_row *row)
{
    struct query q;
    query_open(&q, tx, ST_CT_HEAD_INSERT);
    cells_put(&q, head_cells, CELL_COUNT(head_cells), row);
    return query_run(&q);
}

int store_ct_head_last(struct store_tx *tx, struct ct_head_row *out)
{
    struct query q;
    query_open(&q, tx, ST_CT_HEAD_LAST);
    return cells_get_one(&q, head_cells, CELL_COUNT(head_cells), out, sizeof(*out));
}

void ct_head_row_free(struct ct_head_row *row)
{
    cells_free(head_cells, CELL_COUNT(head_cells), row, sizeof(*row));
}
