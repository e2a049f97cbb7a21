/* Wrapping keys among the keys of the system: which is current, what a replaced one still holds. */
#include "ca/store/cells.h"

#include <stdio.h>

static const struct cell kek_cells[] = {
    CELL(CELL_TEXT, struct kek_row, name),
    CELL_OF(CELL_FIXED, struct kek_row, hsm_id, 16),
    CELL(CELL_TEXT, struct kek_row, kind),
    CELL(CELL_INT64, struct kek_row, created_at),
    CELL(CELL_INT64, struct kek_row, replaced_at),
    CELL(CELL_INT64, struct kek_row, rewrap_at),
    CELL(CELL_INT64, struct kek_row, rewrap_after),
    CELL(CELL_INT64, struct kek_row, emptied_at),
    CELL(CELL_INT64, struct kek_row, destroyed_at),
};

/* There are one or two: a KEK, and its successor that is not in use yet. */
int store_kek_current(struct store_tx *tx, const char *family, struct kek_row *out)
{
    *out = (struct kek_row){0};
    char first[160], last[160];
    struct query q;
    snprintf(first, sizeof first, "%s/", family);
    snprintf(last, sizeof last, "%s0", family); /* '0' comes after '/' */
    query_open(&q, tx, ST_KEK_CURRENT);
    query_put_text(&q, first);
    query_put_text(&q, last);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct kek_row row = {0};
        r = cells_get(&q, kek_cells, CELL_COUNT(kek_cells), &row);
        if (r == 0 && (out->name == NULL || row.created_at < out->created_at)) {
            struct kek_row other = *out;
            *out = row;
            row = other;
        }
        kek_row_free(&row);
    }
    int end = query_close(&q);
    if (r == 0)
        r = end;
    if (r != 0)
        kek_row_free(out);
    return r == 0 && out->name == NULL ? CH_ENOTFOUND : r;
}

int store_kek_due(struct store_tx *tx, int64_t now, struct kek_row *out)
{
    struct query q;
    query_open(&q, tx, ST_KEK_DUE);
    query_put_int(&q, now);
    return cells_get_one(&q, kek_cells, CELL_COUNT(kek_cells), out, sizeof *out);
}

static int number_of(struct store_tx *tx, enum statement_id id, int64_t *out)
{
    struct query q;
    query_open(&q, tx, id);
    return query_number(&q, out);
}

int store_kek_due_at(struct store_tx *tx, int64_t *out)
{
    return number_of(tx, ST_KEK_DUE_AT, out);
}

int store_kek_oldest(struct store_tx *tx, int64_t *out)
{
    return number_of(tx, ST_KEK_OLDEST, out);
}

int store_kek_list(struct store_tx *tx, const char *after, uint32_t limit,
                   int (*visit)(void *context, const struct kek_row *row), void *context)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_KEK_LIST);
    query_put_text(&q, after);
    query_put_int(&q, limit);
    while (r == 0 && query_next(&q)) {
        struct kek_row row = {0};
        r = cells_get(&q, kek_cells, CELL_COUNT(kek_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        kek_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_kek_replace(struct store_tx *tx, const char *name, int64_t now)
{
    struct query q;
    query_open(&q, tx, ST_KEK_REPLACE);
    query_put_text(&q, name);
    query_put_int(&q, now);
    return query_run_changing(&q);
}

int store_kek_progress(struct store_tx *tx, const struct kek_row *row)
{
    struct query q;
    query_open(&q, tx, ST_KEK_PROGRESS);
    query_put_text(&q, row->name);
    query_put_int(&q, row->rewrap_at);
    query_put_int(&q, row->rewrap_after);
    query_put_int(&q, row->emptied_at);
    query_put_int(&q, row->destroyed_at);
    return query_run_changing(&q);
}

int store_kek_holds(struct store_tx *tx, const uint8_t hsm_id[16], uint64_t *out)
{
    int64_t count = 0;
    struct query q;
    query_open(&q, tx, ST_KEK_HOLDS);
    query_put_bytes(&q, slice_of(hsm_id, 16));
    int r = query_number(&q, &count);
    *out = (uint64_t)count;
    return r;
}

void kek_row_free(struct kek_row *row)
{
    cells_free(kek_cells, CELL_COUNT(kek_cells), row, sizeof *row);
}
