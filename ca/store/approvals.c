/* Calls that wait for a second principal. */
#include "ca/store/approvals.h"

#include "ca/store/cells.h"

static const struct cell approval_cells[] = {
    CELL(CELL_UUID, struct approval_row, id),
    CELL_OF(CELL_CHARS, struct approval_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct approval_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_TEXT, struct approval_row, requester),
    CELL(CELL_TEXT, struct approval_row, requester_id),
    CELL(CELL_OR_NONE, struct approval_row, origin),
    CELL(CELL_TEXT, struct approval_row, operation),
    CELL(CELL_TEXT, struct approval_row, parameters),
    CELL_OF(CELL_FIXED, struct approval_row, digest, 32),
    CELL(CELL_TEXT, struct approval_row, status),
    CELL(CELL_INT64, struct approval_row, created_at),
    CELL(CELL_INT64, struct approval_row, expires_at),
    CELL(CELL_INT64, struct approval_row, decided_at),
    CELL(CELL_TEXT, struct approval_row, decided_by),
    CELL(CELL_TEXT, struct approval_row, reason),
    CELL(CELL_INT64, struct approval_row, used_at),
    CELL(CELL_TEXT, struct approval_row, used_by),
    CELL_OF(CELL_FIXED, struct approval_row, tag, 32),
    CELL(CELL_INT64, struct approval_row, number),
};
#define INSERTED (CELL_COUNT(approval_cells) - 1) /* the store numbers */

static int read_one(struct query *q, struct approval_row *out)
{
    return cells_get_one(q, approval_cells, CELL_COUNT(approval_cells), out, sizeof *out);
}

static int read_all(struct query *q, approval_visit visit, void *context)
{
    int r = 0;
    while (r == 0 && query_next(q)) {
        struct approval_row row = {0};
        r = cells_get(q, approval_cells, CELL_COUNT(approval_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        approval_row_free(&row);
    }
    int end = query_close(q);
    return r != 0 ? r : end;
}

int store_approval_insert(struct store_tx *tx, const struct approval_row *row)
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_INSERT);
    cells_put(&q, approval_cells, INSERTED, row);
    return query_run(&q);
}

int store_approval_get(struct store_tx *tx, const char *id, struct approval_row *out)
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_GET);
    query_put_uuid(&q, id);
    return read_one(&q, out);
}

int store_approval_find(struct store_tx *tx, const char *account, const uint8_t digest[32],
                        int64_t now, struct approval_row *out)
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_FIND);
    query_put_text(&q, account);
    query_put_bytes(&q, slice_of(digest, 32));
    query_put_int(&q, now);
    return read_one(&q, out);
}

int store_approval_update(struct store_tx *tx, const struct approval_row *row,
                          const uint8_t before[32])
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_UPDATE);
    query_put_uuid(&q, row->id);
    query_put_bytes(&q, slice_of(before, 32));
    query_put_text(&q, row->status);
    query_put_int(&q, row->decided_at);
    query_put_text(&q, row->decided_by);
    query_put_text(&q, row->reason);
    query_put_int(&q, row->used_at);
    query_put_text(&q, row->used_by);
    query_put_bytes(&q, slice_of(row->tag, 32));
    return query_run_changing(&q);
}

int store_approval_list(struct store_tx *tx, const char *account, int64_t below, uint32_t limit,
                        approval_visit visit, void *context)
{
    struct query q;
    query_open(&q, tx, account[0] == '\0' ? ST_APPROVAL_LIST_ALL : ST_APPROVAL_LIST);
    query_put_int(&q, below);
    query_put_int(&q, limit);
    if (account[0] != '\0')
        query_put_text(&q, account);
    return read_all(&q, visit, context);
}

int store_approval_count_open(struct store_tx *tx, const char *account, int64_t now,
                              int64_t *out)
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_COUNT_OPEN);
    query_put_text(&q, account);
    query_put_int(&q, now);
    return query_number(&q, out);
}

int store_approval_due_next(struct store_tx *tx, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_DUE_NEXT);
    return query_number(&q, at);
}

int store_approval_due_list(struct store_tx *tx, int64_t now, uint32_t limit,
                            approval_visit visit, void *context)
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_DUE_LIST);
    query_put_int(&q, now);
    query_put_int(&q, limit);
    return read_all(&q, visit, context);
}

int store_approval_prune(struct store_tx *tx, int64_t before)
{
    struct query q;
    query_open(&q, tx, ST_APPROVAL_PRUNE);
    query_put_int(&q, before);
    return query_run(&q);
}

int approval_row_copy(const struct approval_row *row, struct approval_row *copy)
{
    return cells_copy(approval_cells, CELL_COUNT(approval_cells), row, copy, sizeof *copy);
}

void approval_row_free(struct approval_row *row)
{
    cells_free(approval_cells, CELL_COUNT(approval_cells), row, sizeof *row);
}
