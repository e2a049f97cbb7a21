/* How the names of a certificate are validated, and the mails that are due for that. */
#include "ca/store/cells.h"
#include "ca/store/scopes.h"
#include "ca/store/validations.h"

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
    CELL(CELL_INT64, struct validation_row, looked_at),
    CELL(CELL_TEXT, struct validation_row, code),
    CELL(CELL_TEXT, struct validation_row, reason),
    CELL(CELL_TEXT, struct validation_row, seen),
    CELL(CELL_INT64, struct validation_row, caa_at),
    CELL(CELL_TEXT, struct validation_row, caa_seen),
    CELL(CELL_TEXT, struct validation_row, held),
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

int store_validation_get(struct store_tx *tx, const struct scope *scope, const char *certificate,
                         uint32_t position, struct validation_row *out)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_GET);
    query_put_scope(&q, scope);
    query_put_uuid(&q, certificate);
    query_put_int(&q, position);
    return cells_get_one(&q, validation_cells, CELL_COUNT(validation_cells), out, sizeof *out);
}

int store_validation_by_target(struct store_tx *tx, const char *url, struct validation_row *out)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_BY_TARGET);
    query_put_text(&q, url);
    return cells_get_one(&q, validation_cells, CELL_COUNT(validation_cells), out, sizeof *out);
}

int store_validation_update(struct store_tx *tx, const struct validation_row *row)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_UPDATE);
    cells_put(&q, validation_cells, CELL_COUNT(validation_cells), row);
    return query_run_changing(&q);
}

static void certificate_open(struct query *q, struct store_tx *tx, enum statement_id id,
                             const struct scope *scope, const char *certificate)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, certificate);
}

int store_validation_restart(struct store_tx *tx, const struct scope *scope,
                             const char *certificate, int64_t now)
{
    struct query q;
    certificate_open(&q, tx, ST_VALIDATION_RESTART, scope, certificate);
    query_put_int(&q, now);
    return query_run(&q);
}

int store_validation_hurry(struct store_tx *tx, const struct scope *scope,
                           const char *certificate, const char *domain, int64_t now,
                           uint32_t *count)
{
    struct query q;
    certificate_open(&q, tx, ST_VALIDATION_HURRY, scope, certificate);
    query_put_int(&q, now);
    query_put_text(&q, domain == NULL ? "" : domain);
    int r = query_run(&q);
    *count = r == 0 ? (uint32_t)q.changed : 0;
    return r;
}

int store_validation_postpone(struct store_tx *tx, const struct validation_row *row, int64_t at,
                              const char *held)
{
    struct query q;
    certificate_open(&q, tx, ST_VALIDATION_POSTPONE, &row->scope, row->certificate);
    query_put_int(&q, row->position);
    query_put_int(&q, at);
    query_put_int(&q, row->next_try);
    query_put_text(&q, held);
    return query_run(&q);
}

static const struct cell awaited_cells[] = {
    CELL(CELL_INT64, struct awaited_row, number),
    CELL_OF(CELL_CHARS, struct awaited_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct awaited_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct awaited_row, certificate),
};

int store_validation_awaited(struct store_tx *tx, int64_t after, const char *account,
                             struct awaited_row *rows, size_t max, size_t *count)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_VALIDATION_AWAITED);
    query_put_int(&q, after);
    query_put_text(&q, account);
    query_put_int(&q, (int64_t)max);
    for (*count = 0; r == 0 && *count < max && query_next(&q);)
        r = cells_get(&q, awaited_cells, CELL_COUNT(awaited_cells), &rows[(*count)++]);
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_validation_due_next(struct store_tx *tx, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_DUE_NEXT);
    return query_number(&q, at);
}

int store_validation_due_scopes(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max,
                                size_t *count)
{
    return scopes_list(tx, ST_VALIDATION_DUE_SCOPES, after, scopes, max, count);
}

int store_validation_due_list(struct store_tx *tx, int64_t scope, int64_t now,
                              struct validation_row *rows, size_t max, size_t *count)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_VALIDATION_DUE_LIST);
    query_put_int(&q, scope);
    query_put_int(&q, now);
    query_put_int(&q, (int64_t)max);
    for (*count = 0; r == 0 && *count < max && query_next(&q);)
        r = cells_get(&q, validation_cells, CELL_COUNT(validation_cells), &rows[(*count)++]);
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


/* ---- mails that are due ---- */

static const struct cell mail_cells[] = {
    CELL_OF(CELL_CHARS, struct mail_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct mail_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct mail_row, certificate),
    CELL(CELL_UINT32, struct mail_row, position),
    CELL(CELL_TEXT, struct mail_row, mail_domain),
    CELL(CELL_INT64, struct mail_row, due_at),
};

int store_validation_mail_next(struct store_tx *tx, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_MAIL_NEXT);
    return query_number(&q, at);
}

int store_validation_mail_scopes(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max,
                                 size_t *count)
{
    return scopes_list(tx, ST_VALIDATION_MAIL_SCOPES, after, scopes, max, count);
}

int store_validation_mail_due_list(struct store_tx *tx, int64_t scope, int64_t now,
                                   struct mail_row *rows, size_t max, size_t *count)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_VALIDATION_MAIL_DUE_LIST);
    query_put_int(&q, scope);
    query_put_int(&q, now);
    query_put_int(&q, (int64_t)max);
    for (*count = 0; r == 0 && *count < max && query_next(&q);)
        r = cells_get(&q, mail_cells, CELL_COUNT(mail_cells), &rows[(*count)++]);
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_validation_mail_done(struct store_tx *tx, const struct mail_row *row)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_MAIL_DONE);
    cells_put(&q, mail_cells, CELL_COUNT(mail_cells), row);
    return query_run(&q);
}

int store_validation_mail_delay(struct store_tx *tx, const struct mail_row *row, int64_t at)
{
    struct query q;
    query_open(&q, tx, ST_VALIDATION_MAIL_DELAY);
    cells_put(&q, mail_cells, CELL_COUNT(mail_cells), row);
    query_put_int(&q, at);
    return query_run(&q);
}

void mail_row_free(struct mail_row *row)
{
    cells_free(mail_cells, CELL_COUNT(mail_cells), row, sizeof *row);
}
