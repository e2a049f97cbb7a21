/* Audit reports of authorities, and the lines that they are made from. */
#include "ca/store/cells.h"

static const struct cell report_cells[] = {
    CELL_OF(CELL_CHARS, struct audit_report_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct audit_report_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct audit_report_row, authority),
    CELL(CELL_UUID, struct audit_report_row, id),
    CELL(CELL_TEXT, struct audit_report_row, bucket),
    CELL(CELL_TEXT, struct audit_report_row, format),
    CELL(CELL_TEXT, struct audit_report_row, status),
    CELL(CELL_INT64, struct audit_report_row, created_at),
    CELL(CELL_INT64, struct audit_report_row, length),
    CELL(CELL_BYTES, struct audit_report_row, after_serial),
};

static const struct cell line_cells[] = {
    CELL(CELL_HEX_ID, struct audit_report_line, id),
    CELL_OF(CELL_FIXED, struct audit_report_line, serial, 20),
    CELL(CELL_INT64, struct audit_report_line, not_before),
    CELL(CELL_INT64, struct audit_report_line, not_after),
    CELL(CELL_INT64, struct audit_report_line, issued_at),
    CELL(CELL_TEXT, struct audit_report_line, template_name),
    CELL(CELL_BYTES, struct audit_report_line, certificate),
    CELL(CELL_INT64, struct audit_report_line, revoked_at),
    CELL(CELL_UINT32, struct audit_report_line, reason),
};

static void report_open(struct query *q, struct store_tx *tx, enum statement_id id,
                        const struct scope *scope, const char *authority)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, authority);
}

static int report_read(struct query *q, struct audit_report_row *out)
{
    return cells_get_one(q, report_cells, CELL_COUNT(report_cells), out, sizeof(*out));
}

int store_audit_report_insert(struct store_tx *tx, const struct audit_report_row *row)
{
    struct query q;
    query_open(&q, tx, ST_AUDIT_REPORT_INSERT);
    cells_put(&q, report_cells, CELL_COUNT(report_cells), row);
    return query_run_changing(&q);
}

int store_audit_report_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                           const char *id, struct audit_report_row *out)
{
    struct query q;
    report_open(&q, tx, ST_AUDIT_REPORT_GET, scope, authority);
    query_put_uuid(&q, id);
    return report_read(&q, out);
}

int store_audit_report_latest(struct store_tx *tx, const struct scope *scope, const char *authority,
                              int64_t since, struct audit_report_row *out)
{
    struct query q;
    report_open(&q, tx, ST_AUDIT_REPORT_LATEST, scope, authority);
    query_put_int(&q, since);
    return report_read(&q, out);
}

int store_audit_report_next(struct store_tx *tx, struct audit_report_row *out)
{
    struct query q;
    query_open(&q, tx, ST_AUDIT_REPORT_NEXT);
    return report_read(&q, out);
}

int store_audit_report_progress(struct store_tx *tx, const struct audit_report_row *row)
{
    struct query q;
    report_open(&q, tx, ST_AUDIT_REPORT_PROGRESS, &row->scope, row->authority);
    query_put_uuid(&q, row->id);
    query_put_text(&q, row->status);
    query_put_int(&q, row->length);
    query_put_bytes(&q, buf_slice(&row->after_serial));
    return query_run(&q);
}

int store_audit_report_lines(struct store_tx *tx, const struct audit_report_row *row,
                             uint32_t limit,
                             int (*visit)(void *context, const struct audit_report_line *line),
                             void *context)
{
    struct query q;
    report_open(&q, tx, ST_AUDIT_REPORT_ROWS, &row->scope, row->authority);
    query_put_bytes(&q, buf_slice(&row->after_serial));
    query_put_int(&q, limit);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct audit_report_line line = {0};
        r = cells_get(&q, line_cells, CELL_COUNT(line_cells), &line);
        if (r == 0)
            r = visit(context, &line);
        cells_free(line_cells, CELL_COUNT(line_cells), &line, sizeof(line));
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

void audit_report_row_free(struct audit_report_row *row)
{
    cells_free(report_cells, CELL_COUNT(report_cells), row, sizeof(*row));
}
