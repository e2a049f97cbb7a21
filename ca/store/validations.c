/* How the names of a certificate are validated, and the mails that are due for that. */
#include "ca/store/cells.h"

#include <stdlib.h>

static const struct cell validation_cells[] = {
    CELL_OF(CELL_CHARS, struct validation_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct validation_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct validation_row, certificate),
    CELL(CELL_UINT32, struct validation_row, position),
    CELL(CELL_TEXT, struct validation_row, domain),
    CELL(CELL_TEXT, struct validation_row, validation_domain),
    CELL_OF(CELL_WORD, struct validation_row, method, WORDS_VALIDATION_METHOD),
    CELL_OF(CELL_WORD, struct validation_row, status, WORDS_DOMAIN_STATUS),
    CELL(CELL_TEXT, struct validation_row, challenge_name),
    CELL(CELL_TEXT, struct validation_row, challenge_value),
    CELL(CELL_TEXT, struct validation_row, emails),
    CELL(CELL_INT64, struct validation_row, next_try),
    CELL(CELL_UINT32, struct validation_row, attempts),
};

int store_validation_insert(struct store_tx *tx, const struct validation_row *row)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_INSERT);
    cells_put(&q, validation_cells, CELL_COUNT(validation_cells), row);
    return query_run_changing(&q);
}

int store_validation_list(struct store_tx *tx, const struct scope *scope, const char *certificate,
                          struct validation_row *rows, size_t max, size_t *count)
{
    struct query q;
    int r = 0;
    *count = 0;
    query_open(&q, tx, ST_VALIDATION_LIST);
    query_put_scope(&q, scope);
    query_put_uuid(&q, certificate);
    while (r == 0 && query_next(&q)) {
        r = *count == max ? CH_ELIMIT : 0;
        if (r == 0)
            r = cells_get(&q, validation_cells, CELL_COUNT(validation_cells), &rows[(*count)++]);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

void validation_row_free(struct validation_row *row)
{
    cells_free(validation_cells, CELL_COUNT(validation_cells), row, sizeof(*row));
}

int store_validation_mail_put(struct store_tx *tx, const struct scope *scope,
                              const char *certificate, uint32_t position, const char *mail_domain,
                              int64_t due_at)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_MAIL_PUT);
    query_put_scope(&q, scope);
    query_put_uuid(&q, certificate);
    query_put_int(&q, position);
    query_put_text(&q, mail_domain);
    query_put_int(&q, due_at);
    return query_run_changing(&q);
}

int store_validation_mail_list(struct store_tx *tx, const struct scope *scope,
                               const char *certificate,
                               int (*visit)(void *context, uint32_t position,
                                            const char *mail_domain, int64_t due_at),
                               void *context)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_VALIDATION_MAIL_LIST);
    query_put_scope(&q, scope);
    query_put_uuid(&q, certificate);
    while (r == 0 && query_next(&q)) {
        char *domain = NULL;
        r = query_get_text(&q, 1, &domain);
        if (r == 0)
            r = visit(context, (uint32_t)sqlite3_column_int64(q.st, 0), domain,
                      sqlite3_column_int64(q.st, 2));
        free(domain);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_validation_restart(struct store_tx *tx, const struct scope *scope,
                             const char *certificate, int64_t now)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_RESTART);
    query_put_scope(&q, scope);
    query_put_uuid(&q, certificate);
    query_put_int(&q, now);
    return query_run(&q);
}
