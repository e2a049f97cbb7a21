/* ACM certificates and their wrapped keys; lists of them are in search.c. */
#include "ca/store/certificates.h"

#include "ca/store/facets.h"
#include "ca/store/scopes.h"
#include "ca/store/shared.h"

#include <stdio.h>
#include <string.h>

/*
 * Order of the columns: what the request says, then what issuance adds. The chain is
 * left out of summaries; the certificate itself is bound and read apart from the cells.
 */
const struct cell certificate_cells[CERTIFICATE_CELLS] = {
    CELL_OF(CELL_CHARS, struct certificate_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct certificate_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct certificate_row, id),
    CELL_OF(CELL_WORD, struct certificate_row, type, WORDS_CERTIFICATE_TYPE),
    CELL_OF(CELL_WORD, struct certificate_row, status, WORDS_CERTIFICATE_STATUS),
    CELL(CELL_ALG, struct certificate_row, key_alg),
    CELL(CELL_TEXT, struct certificate_row, domain),
    CELL(CELL_TEXT, struct certificate_row, names),
    CELL(CELL_TEXT, struct certificate_row, failure_reason),
    CELL(CELL_TEXT, struct certificate_row, managed_by),
    CELL(CELL_SHARED, struct certificate_row, options),
    CELL(CELL_SHARED, struct certificate_row, authority_arn),
    CELL(CELL_TEXT, struct certificate_row, idempotency_token),
    CELL(CELL_BYTES, struct certificate_row, request_hash),
    CELL(CELL_INT64, struct certificate_row, created_at),
    CELL(CELL_INT64, struct certificate_row, imported_at),
    CELL(CELL_INT64, struct certificate_row, exported_at),
    CELL(CELL_UINT32, struct certificate_row, in_use),
    CELL(CELL_INT64, struct certificate_row, revoked_at),
    CELL_OF(CELL_WORD_OR_NONE, struct certificate_row, revocation_reason, WORDS_REVOCATION_REASON),
    CELL_OF(CELL_WORD_OR_NONE, struct certificate_row, renewal_status, WORDS_RENEWAL_STATUS),
    CELL(CELL_TEXT, struct certificate_row, renewal_reason),
    CELL(CELL_INT64, struct certificate_row, renewal_updated_at),
    CELL(CELL_INT64, struct certificate_row, renewal_started_at),
    CELL(CELL_INT64, struct certificate_row, renew_at),
    CELL_OF(CELL_WORD_OR_NONE, struct certificate_row, validation_method, WORDS_VALIDATION_METHOD),
    CELL(CELL_INT64, struct certificate_row, issued_at),
    CELL(CELL_SHARED, struct certificate_row, key_usages),
    CELL(CELL_SHARED, struct certificate_row, extended_key_usages),
    CELL(CELL_HEX_REF, struct certificate_row, issued_id),
    CELL(CELL_COLONS, struct certificate_row, serial),
    CELL(CELL_TEXT, struct certificate_row, subject),
    CELL(CELL_SHARED, struct certificate_row, issuer),
    CELL(CELL_SHARED, struct certificate_row, signature_algorithm),
    CELL(CELL_INT64, struct certificate_row, not_before),
    CELL(CELL_INT64, struct certificate_row, not_after),
    CELL(CELL_SHARED, struct certificate_row, chain),
};

#define RENEWAL_FIRST 20
#define RENEWAL_COUNT 5
#define ISSUANCE_FIRST 26
#define ISSUANCE_COUNT (CERTIFICATE_CELLS - ISSUANCE_FIRST)
#define DER_COLUMN CERTIFICATE_CELLS

static const struct cell key_cells[] = {
    CELL_OF(CELL_CHARS, struct key_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct key_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct key_row, certificate),
    CELL(CELL_UINT32, struct key_row, version),
    CELL(CELL_TEXT, struct key_row, format),
    CELL_OF(CELL_FIXED, struct key_row, kek_id, 16),
    CELL(CELL_ALG, struct key_row, alg),
    CELL(CELL_BYTES, struct key_row, spki),
    CELL(CELL_BYTES, struct key_row, blob),
    CELL_OF(CELL_FIXED, struct key_row, tag, 32),
};

static void certificate_open(struct query *q, struct store_tx *tx, enum statement_id id,
                             const struct scope *scope, const char *certificate)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, certificate);
}

static int certificate_exists(struct store_tx *tx, const struct scope *scope, const char *id)
{
    int64_t number = 0;
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_EXISTS, scope, id);
    return query_number(&q, &number);
}

/* Ends an update that holds for PENDING_VALIDATION only. */
static int certificate_changed(struct query *q, const struct scope *scope, const char *id)
{
    int r = query_run(q);
    if (r != 0 || q->changed > 0)
        return r;
    r = certificate_exists(q->tx, scope, id);
    return r == 0 ? CH_ESTATE : r;
}

/* ---- the certificate: the authority's own row has it already, so mostly a number will do ---- */

/* Number of the DER of the issued row when it has these very bytes, else 0. */
static int der_of_issued(struct store_tx *tx, const struct certificate_row *row, int64_t *number)
{
    *number = 0;
    struct query q;
    query_open(&q, tx, ST_DER_OF_ISSUED);
    query_put_hex_id(&q, row->issued_id);
    int r = query_row(&q);
    if (r == 0 && slice_equal(query_get_bytes(&q, 1), buf_slice(&row->certificate)))
        *number = sqlite3_column_int64(q.st, 0);
    query_close(&q);
    return r == CH_ENOTFOUND ? 0 : r;
}

static void put_der(struct query *q, const struct certificate_row *row)
{
    int64_t number = 0;
    if (q->error == 0 && row->issued_id != NULL && row->certificate.len > 0)
        q->error = der_of_issued(q->tx, row, &number);
    if (number != 0)
        query_put_int(q, number);
    else if (row->certificate.len > 0)
        query_put_bytes(q, buf_slice(&row->certificate));
    else
        query_put_null(q);
}

/* What lists and searches go by, from the texts of the row (see facets.h). */
static void put_derived(struct query *q, const struct certificate_row *row)
{
    struct buf common = {0};
    query_put_int(q, facet_usages(row->key_usages, row->extended_key_usages));
    if (q->error == 0)
        q->error = facet_common_name(row->subject, &common);
    const char *text = buf_text(&common);
    if (q->error == 0 && text == NULL)
        q->error = CH_ENOMEM;
    if (row->subject == NULL || (row->domain != NULL && text != NULL && strcmp(row->domain, text) == 0))
        query_put_null(q);
    else
        query_put_text_copy(q, text);
    query_put_int(q, facet_export_option(row->options));
    buf_free(&common);
}

int certificate_der(struct query *q, int column, struct buf *out)
{
    if (sqlite3_column_type(q->st, column) != SQLITE_INTEGER)
        return buf_put_slice(out, query_get_bytes(q, column));
    struct query of;
    query_open(&of, q->tx, ST_DER_GET);
    query_put_int(&of, sqlite3_column_int64(q->st, column));
    int r = query_row(&of);
    if (r == 0)
        r = buf_put_slice(out, query_get_bytes(&of, 0));
    query_close(&of);
    return r == CH_ENOTFOUND ? CH_EINTEGRITY : r;
}

/* An import may bring texts that nobody else has: they stay in its row. */
static bool keeps_own_texts(const struct certificate_row *row)
{
    return row->type != NULL && strcmp(row->type, "IMPORTED") == 0;
}

int store_certificate_insert(struct store_tx *tx, const struct certificate_row *row)
{
    int r = scope_add(tx, &row->scope);
    if (r != 0)
        return r;
    struct query q;
    query_open(&q, tx, ST_CERTIFICATE_INSERT);
    q.own_texts = keeps_own_texts(row);
    cells_put(&q, certificate_cells, CERTIFICATE_CELLS, row);
    put_der(&q, row);
    put_derived(&q, row);
    r = query_run(&q);
    return r == 0 ? scope_count_change(tx, &row->scope, 1) : r;
}

static int certificate_get_row(struct query *q, struct certificate_row *out)
{
    int r = cells_get(q, certificate_cells, CERTIFICATE_CELLS, out);
    return r == 0 ? certificate_der(q, DER_COLUMN, &out->certificate) : r;
}

static int certificate_read(struct query *q, struct certificate_row *out)
{
    memset(out, 0, sizeof(*out));
    int r = query_row(q);
    if (r == 0)
        r = certificate_get_row(q, out);
    if (r != 0)
        certificate_row_free(out);
    query_close(q);
    return r;
}

int store_certificate_get(struct store_tx *tx, const struct scope *scope, const char *id,
                          struct certificate_row *out)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_GET, scope, id);
    return certificate_read(&q, out);
}

int store_certificate_by_token(struct store_tx *tx, const struct scope *scope, const char *token,
                               int64_t since, struct certificate_row *out)
{
    struct query q;
    query_open(&q, tx, ST_CERTIFICATE_BY_TOKEN);
    query_put_scope(&q, scope);
    query_put_text(&q, token);
    query_put_int(&q, since);
    return certificate_read(&q, out);
}

int store_certificate_set_issued(struct store_tx *tx, const struct certificate_row *row)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_ISSUED, &row->scope, row->id);
    q.own_texts = keeps_own_texts(row);
    cells_put(&q, certificate_cells + ISSUANCE_FIRST, ISSUANCE_COUNT, row);
    put_der(&q, row);
    put_derived(&q, row);
    return certificate_changed(&q, &row->scope, row->id);
}

int store_certificate_set_imported(struct store_tx *tx, const struct certificate_row *row,
                                   int64_t before)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_IMPORTED, &row->scope, row->id);
    q.own_texts = true;
    query_put_int(&q, before);
    query_put_text(&q, row->domain);
    query_put_text(&q, row->names);
    query_put_int(&q, row->imported_at);
    cells_put(&q, certificate_cells + ISSUANCE_FIRST, ISSUANCE_COUNT, row);
    put_der(&q, row);
    put_derived(&q, row);
    return certificate_changed(&q, &row->scope, row->id);
}

int store_certificate_set_failed(struct store_tx *tx, const struct scope *scope, const char *id,
                                 const char *reason)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_FAILED, scope, id);
    query_put_text(&q, reason);
    return certificate_changed(&q, scope, id);
}

int store_certificate_set_exported(struct store_tx *tx, const struct scope *scope, const char *id,
                                   int64_t now)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_EXPORTED, scope, id);
    query_put_int(&q, now);
    return query_run_changing(&q);
}

int store_certificate_set_options(struct store_tx *tx, const struct scope *scope, const char *id,
                                  const char *options)
{
    struct query q;
    int64_t number = 0;
    int r = shared_put(tx, options, &number);
    if (r != 0)
        return r;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_OPTIONS, scope, id);
    query_put_int(&q, number);
    return query_run_changing(&q);
}

/* ---- revocation and renewal ---- */

/* Ends an update that holds for ISSUED only. */
static int issued_changed(struct query *q)
{
    int r = query_run_changing(q);
    return r == CH_ENOTFOUND ? CH_ESTATE : r;
}

int store_certificate_set_revoked(struct store_tx *tx, const struct scope *scope, const char *id,
                                  const char *reason, int64_t now)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_REVOKED, scope, id);
    query_put_int(&q, word_number(WORDS_REVOCATION_REASON, reason));
    query_put_int(&q, now);
    return issued_changed(&q);
}

int store_certificate_set_renewal(struct store_tx *tx, const struct certificate_row *row)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_RENEWAL, &row->scope, row->id);
    cells_put(&q, certificate_cells + RENEWAL_FIRST, RENEWAL_COUNT, row);
    return issued_changed(&q);
}

int store_certificate_set_renewed(struct store_tx *tx, const struct certificate_row *row)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_RENEWED, &row->scope, row->id);
    cells_put(&q, certificate_cells + ISSUANCE_FIRST, ISSUANCE_COUNT, row);
    put_der(&q, row);
    put_derived(&q, row);
    int r = issued_changed(&q);
    return r == 0 ? store_certificate_set_renewal(tx, row) : r;
}

int store_certificate_set_renew_at(struct store_tx *tx, const struct scope *scope, const char *id,
                                   int64_t at)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_SET_RENEW_AT, scope, id);
    query_put_int(&q, at);
    return issued_changed(&q);
}

static int tags_delete(struct store_tx *tx, const struct scope *scope, const char *id)
{
    char arn[sizeof("arn:aws:acm:::certificate/") + ROW_ACCOUNT_SIZE + ROW_REGION_SIZE +
             ROW_UUID_SIZE];
    snprintf(arn, sizeof(arn), "arn:aws:acm:%s:%s:certificate/%s", scope->region, scope->account,
             id);
    return store_tag_remove_all(tx, arn);
}

int store_certificate_delete(struct store_tx *tx, const struct scope *scope, const char *id)
{
    struct query q;
    certificate_open(&q, tx, ST_CERTIFICATE_DELETE, scope, id);
    int r = query_run_changing(&q);
    if (r == 0)
        r = tags_delete(tx, scope, id);
    return r == 0 ? scope_count_change(tx, scope, -1) : r;
}

int store_certificate_count_waiting(struct store_tx *tx, const struct scope *scope, uint64_t *out)
{
    int64_t count = 0;
    struct query q;
    query_open(&q, tx, ST_CERTIFICATE_COUNT_WAITING);
    query_put_scope(&q, scope);
    int r = query_number(&q, &count);
    *out = (uint64_t)count;
    return r;
}

int store_certificate_list_pending(struct store_tx *tx,
                                   int (*visit)(void *context, const struct certificate_row *row),
                                   void *context)
{
    struct query q;
    query_open(&q, tx, ST_CERTIFICATE_LIST_PENDING);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct certificate_row row = {0};
        r = certificate_get_row(&q, &row);
        if (r == 0)
            r = visit(context, &row);
        certificate_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

void certificate_row_free(struct certificate_row *row)
{
    if (row == NULL)
        return;
    buf_free(&row->certificate);
    cells_free(certificate_cells, CERTIFICATE_CELLS, row, sizeof(*row));
}

int store_key_insert(struct store_tx *tx, const struct key_row *row)
{
    struct query q;
    query_open(&q, tx, ST_KEY_INSERT);
    cells_put(&q, key_cells, CELL_COUNT(key_cells), row);
    return query_run_changing(&q);
}

int store_key_replace(struct store_tx *tx, const struct key_row *row)
{
    struct query q;
    query_open(&q, tx, ST_KEY_REPLACE);
    cells_put(&q, key_cells, CELL_COUNT(key_cells), row);
    return query_run_changing(&q);
}

int store_key_get(struct store_tx *tx, const struct scope *scope, const char *certificate,
                  struct key_row *out)
{
    struct query q;
    certificate_open(&q, tx, ST_KEY_GET, scope, certificate);
    return cells_get_one(&q, key_cells, CELL_COUNT(key_cells), out, sizeof(*out));
}

int store_key_list_of_kek(struct store_tx *tx, const uint8_t kek_id[16], int64_t after,
                          uint32_t limit,
                          int (*visit)(void *context, const struct key_row *row, int64_t number),
                          void *context)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_KEY_LIST_OF_KEK);
    query_put_bytes(&q, slice_of(kek_id, 16));
    query_put_int(&q, after);
    query_put_int(&q, limit);
    while (r == 0 && query_next(&q)) {
        struct key_row row = {0};
        r = cells_get(&q, key_cells, CELL_COUNT(key_cells), &row);
        if (r == 0)
            r = visit(context, &row, sqlite3_column_int64(q.st, (int)CELL_COUNT(key_cells)));
        key_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_key_rewrap(struct store_tx *tx, const struct key_row *row, const uint8_t old_tag[32])
{
    struct query q;
    query_open(&q, tx, ST_KEY_REWRAP);
    cells_put(&q, key_cells, CELL_COUNT(key_cells), row);
    query_put_bytes(&q, slice_of(old_tag, 32));
    return query_run(&q);
}

void key_row_free(struct key_row *row)
{
    cells_free(key_cells, CELL_COUNT(key_cells), row, sizeof(*row));
}
