/* Certificates that authorities signed, and the intent before each. */
#include "ca/store/cells.h"

/* The certificate comes last: it lies in a table of its own. */
static const struct cell issued_cells[] = {
    CELL_OF(CELL_CHARS, struct issued_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct issued_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct issued_row, authority),
    CELL(CELL_HEX_ID, struct issued_row, id),
    CELL_OF(CELL_FIXED, struct issued_row, serial, 20),
    CELL_OF(CELL_WORD, struct issued_row, state, WORDS_ISSUED_STATE),
    CELL(CELL_SHARED, struct issued_row, template_name),
    CELL(CELL_TEXT, struct issued_row, idempotency_token),
    CELL(CELL_BYTES, struct issued_row, request_hash),
    CELL(CELL_INT64, struct issued_row, not_before),
    CELL(CELL_INT64, struct issued_row, not_after),
    CELL(CELL_INT64, struct issued_row, created_at),
    CELL(CELL_INT64, struct issued_row, issued_at),
    CELL(CELL_BYTES, struct issued_row, certificate),
};

#define WITHOUT_DER (CELL_COUNT(issued_cells) - 1)

static void issued_open(struct query *q, struct store_tx *tx, enum statement_id id,
                        const struct scope *scope, const char *authority, const char *issued)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, authority);
    query_put_hex_id(q, issued);
}

static int issued_exists(struct store_tx *tx, const struct scope *scope, const char *authority,
                         const char *id)
{
    int64_t number = 0;
    struct query q;
    issued_open(&q, tx, ST_ISSUED_EXISTS, scope, authority, id);
    return query_number(&q, &number);
}

/* Where the next certificate goes; 0 for a row without one. */
static int der_next(struct store_tx *tx, const struct issued_row *row, int64_t *number)
{
    *number = 0;
    if (row->certificate.len == 0)
        return 0;
    uint64_t count = 0;
    int r = store_issued_count(tx, &count);
    *number = (int64_t)count + 1;
    return r;
}

static int der_add(struct store_tx *tx, int64_t number, const struct issued_row *row)
{
    struct query q;
    query_open(&q, tx, ST_DER_ADD);
    query_put_int(&q, number);
    query_put_bytes(&q, buf_slice(&row->certificate));
    return query_run(&q);
}

int store_issued_insert(struct store_tx *tx, const struct issued_row *row)
{
    int64_t der = 0;
    int r = der_next(tx, row, &der);
    if (r != 0)
        return r;
    struct query q;
    query_open(&q, tx, ST_ISSUED_INSERT);
    cells_put(&q, issued_cells, WITHOUT_DER, row);
    if (der == 0)
        query_put_null(&q);
    else
        query_put_int(&q, der);
    r = query_run_changing(&q);
    return r == 0 && der != 0 ? der_add(tx, der, row) : r;
}

/* Ends an update that holds for an INTENT only. */
static int issued_changed(struct query *q, const struct scope *scope, const char *authority,
                          const char *id)
{
    int r = query_run(q);
    if (r != 0 || q->changed > 0)
        return r;
    r = issued_exists(q->tx, scope, authority, id);
    return r == 0 ? CH_ESTATE : r;
}

int store_issued_complete(struct store_tx *tx, const struct issued_row *row)
{
    int64_t der = 0;
    if (row->certificate.len == 0)
        return CH_EINVAL;
    int r = der_next(tx, row, &der);
    if (r != 0)
        return r;
    struct query q;
    issued_open(&q, tx, ST_ISSUED_COMPLETE, &row->scope, row->authority, row->id);
    query_put_int(&q, row->not_before);
    query_put_int(&q, row->not_after);
    query_put_int(&q, row->issued_at);
    query_put_int(&q, der);
    r = issued_changed(&q, &row->scope, row->authority, row->id);
    return r == 0 ? der_add(tx, der, row) : r;
}

int store_issued_fail(struct store_tx *tx, const struct scope *scope, const char *authority,
                      const char *id)
{
    struct query q;
    issued_open(&q, tx, ST_ISSUED_FAIL, scope, authority, id);
    return issued_changed(&q, scope, authority, id);
}

static int issued_read(struct query *q, struct issued_row *out)
{
    return cells_get_one(q, issued_cells, CELL_COUNT(issued_cells), out, sizeof(*out));
}

int store_issued_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                     const char *id, struct issued_row *out)
{
    struct query q;
    issued_open(&q, tx, ST_ISSUED_GET, scope, authority, id);
    return issued_read(&q, out);
}

int store_issued_by_token(struct store_tx *tx, const struct scope *scope, const char *authority,
                          const char *token, int64_t since, struct issued_row *out)
{
    struct query q;
    query_open(&q, tx, ST_ISSUED_BY_TOKEN);
    query_put_scope(&q, scope);
    query_put_uuid(&q, authority);
    query_put_text(&q, token);
    query_put_int(&q, since);
    return issued_read(&q, out);
}

int store_issued_by_serial(struct store_tx *tx, const struct scope *scope, const char *authority,
                           const uint8_t serial[20], struct issued_row *out)
{
    struct query q;
    query_open(&q, tx, ST_ISSUED_BY_SERIAL);
    query_put_scope(&q, scope);
    query_put_uuid(&q, authority);
    query_put_bytes(&q, slice_of(serial, 20));
    return issued_read(&q, out);
}

int store_issued_list_intents(struct store_tx *tx,
                              int (*visit)(void *context, const struct issued_row *row),
                              void *context)
{
    struct query q;
    query_open(&q, tx, ST_ISSUED_LIST_INTENTS);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct issued_row row = {0};
        r = cells_get(&q, issued_cells, CELL_COUNT(issued_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        issued_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

/* Certificates are numbered from 1 and never deleted. */
int store_issued_count(struct store_tx *tx, uint64_t *out)
{
    int64_t count = 0;
    struct query q;
    query_open(&q, tx, ST_ISSUED_COUNT);
    int r = query_number(&q, &count);
    *out = (uint64_t)count;
    return r;
}

void issued_row_free(struct issued_row *row)
{
    cells_free(issued_cells, CELL_COUNT(issued_cells), row, sizeof(*row));
}
