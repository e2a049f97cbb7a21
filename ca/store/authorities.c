/* Certificate authorities, and who besides the owner may use them. */
#include "ca/store/cells.h"
#include "ca/store/scopes.h"

/* Order of the columns; members that change together stand together. */
static const struct cell authority_cells[] = {
    CELL_OF(CELL_CHARS, struct authority_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct authority_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct authority_row, id),
    CELL(CELL_TEXT, struct authority_row, type),
    CELL(CELL_TEXT, struct authority_row, status),
    CELL(CELL_TEXT, struct authority_row, failure_reason),
    CELL(CELL_TEXT, struct authority_row, usage_mode),
    CELL(CELL_TEXT, struct authority_row, key_storage),
    CELL(CELL_TEXT, struct authority_row, configuration),
    CELL(CELL_TEXT, struct authority_row, revocation),
    CELL(CELL_TEXT, struct authority_row, idempotency_token),
    CELL(CELL_BYTES, struct authority_row, request_hash),
    CELL_OF(CELL_FIXED, struct authority_row, key_id, 16),
    CELL(CELL_BYTES, struct authority_row, spki),
    CELL(CELL_BYTES, struct authority_row, csr),
    CELL(CELL_BYTES, struct authority_row, certificate),
    CELL(CELL_TEXT, struct authority_row, chain),
    CELL(CELL_TEXT, struct authority_row, serial),
    CELL(CELL_INT64, struct authority_row, not_before),
    CELL(CELL_INT64, struct authority_row, not_after),
    CELL(CELL_INT64, struct authority_row, created_at),
    CELL(CELL_INT64, struct authority_row, state_changed_at),
    CELL(CELL_INT64, struct authority_row, restorable_until),
};

/* The parts that set_key and set_certificate write. */
#define KEY_FIRST 12
#define KEY_COUNT 3
#define CERTIFICATE_FIRST 15
#define CERTIFICATE_COUNT 5

_Static_assert(CELL_COUNT(authority_cells) == 23, "KEY_FIRST and CERTIFICATE_FIRST count cells");

static const struct cell permission_cells[] = {
    CELL_OF(CELL_CHARS, struct permission_row, scope.account, ROW_ACCOUNT_SIZE),
    CELL_OF(CELL_CHARS, struct permission_row, scope.region, ROW_REGION_SIZE),
    CELL(CELL_UUID, struct permission_row, authority),
    CELL(CELL_TEXT, struct permission_row, principal),
    CELL(CELL_OR_NONE, struct permission_row, source_account),
    CELL(CELL_TEXT, struct permission_row, actions),
    CELL(CELL_INT64, struct permission_row, created_at),
};

static void authority_open(struct query *q, struct store_tx *tx, enum statement_id id,
                           const struct scope *scope, const char *authority)
{
    query_open(q, tx, id);
    query_put_scope(q, scope);
    query_put_uuid(q, authority);
}

static int authority_exists(struct store_tx *tx, const struct scope *scope, const char *id)
{
    int64_t number = 0;
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_EXISTS, scope, id);
    return query_number(&q, &number);
}

/* Ends an update that holds for some states only. */
static int authority_changed(struct query *q, const struct authority_row *row)
{
    int r = query_run(q);
    if (r != 0 || q->changed > 0)
        return r;
    r = authority_exists(q->tx, &row->scope, row->id);
    return r == 0 ? CH_ESTATE : r;
}

int store_authority_insert(struct store_tx *tx, const struct authority_row *row)
{
    int r = scope_add(tx, &row->scope);
    if (r != 0)
        return r;
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_INSERT);
    cells_put(&q, authority_cells, CELL_COUNT(authority_cells), row);
    return query_run(&q);
}

static int authority_read(struct query *q, struct authority_row *out)
{
    return cells_get_one(q, authority_cells, CELL_COUNT(authority_cells), out, sizeof(*out));
}

int store_authority_get(struct store_tx *tx, const struct scope *scope, const char *id,
                        struct authority_row *out)
{
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_GET, scope, id);
    return authority_read(&q, out);
}

int store_authority_get_any(struct store_tx *tx, const char *id, struct authority_row *out)
{
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_GET_ANY);
    query_put_uuid(&q, id);
    return authority_read(&q, out);
}

int store_authority_by_token(struct store_tx *tx, const struct scope *scope, const char *token,
                             int64_t since, struct authority_row *out)
{
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_BY_TOKEN);
    query_put_scope(&q, scope);
    query_put_text(&q, token);
    query_put_int(&q, since);
    return authority_read(&q, out);
}

int store_authority_set_key(struct store_tx *tx, const struct authority_row *row)
{
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_SET_KEY, &row->scope, row->id);
    cells_put(&q, authority_cells + KEY_FIRST, KEY_COUNT, row);
    query_put_int(&q, row->state_changed_at);
    return authority_changed(&q, row);
}

int store_authority_set_certificate(struct store_tx *tx, const struct authority_row *row)
{
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_SET_CERTIFICATE, &row->scope, row->id);
    cells_put(&q, authority_cells + CERTIFICATE_FIRST, CERTIFICATE_COUNT, row);
    query_put_int(&q, row->state_changed_at);
    return authority_changed(&q, row);
}

int store_authority_set_status(struct store_tx *tx, const struct scope *scope, const char *id,
                               const char *status, const char *failure_reason, int64_t now)
{
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_SET_STATUS, scope, id);
    query_put_text(&q, status);
    query_put_text(&q, failure_reason);
    query_put_int(&q, now);
    return query_run_changing(&q);
}

/* Hands each row of an opened query to visit. */
static int authority_visit(struct query *q,
                           int (*visit)(void *context, const struct authority_row *row),
                           void *context)
{
    int r = 0;
    while (r == 0 && query_next(q)) {
        struct authority_row row = {0};
        r = cells_get(q, authority_cells, CELL_COUNT(authority_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        authority_row_free(&row);
    }
    int end = query_close(q);
    return r != 0 ? r : end;
}

int store_authority_update(struct store_tx *tx, const struct authority_row *row, const char *status,
                           const char *revocation, int64_t now)
{
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_UPDATE, &row->scope, row->id);
    query_put_text(&q, row->status);
    query_put_text(&q, status);
    query_put_text(&q, revocation);
    query_put_int(&q, now);
    return authority_changed(&q, row);
}

int store_authority_delete(struct store_tx *tx, const struct authority_row *row,
                           int64_t restorable_until, int64_t now)
{
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_DELETE, &row->scope, row->id);
    query_put_text(&q, row->status);
    query_put_int(&q, restorable_until);
    query_put_int(&q, now);
    return authority_changed(&q, row);
}

/* For statements that take nothing but a time. */
static int authority_at(struct store_tx *tx, enum statement_id id, const struct authority_row *row,
                        int64_t now)
{
    struct query q;
    authority_open(&q, tx, id, &row->scope, row->id);
    query_put_int(&q, now);
    return authority_changed(&q, row);
}

int store_authority_restore(struct store_tx *tx, const struct authority_row *row, int64_t now)
{
    return authority_at(tx, ST_AUTHORITY_RESTORE, row, now);
}

int store_authority_destroy_next(struct store_tx *tx, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_DESTROY_NEXT);
    return query_number(&q, at);
}

int store_authority_destroy_first(struct store_tx *tx, int64_t now, struct authority_row *out)
{
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_DESTROY_LIST);
    query_put_int(&q, now);
    query_put_int(&q, 1);
    return authority_read(&q, out);
}

int store_authority_condemn(struct store_tx *tx, const struct authority_row *row, int64_t now)
{
    return authority_at(tx, ST_AUTHORITY_CONDEMN, row, now);
}

int store_authority_destroyed(struct store_tx *tx, const struct authority_row *row, int64_t now)
{
    struct query q;
    int r = authority_at(tx, ST_AUTHORITY_DESTROYED, row, now);
    if (r != 0)
        return r;
    r = store_authority_policy_remove(tx, &row->scope, row->id);
    if (r != 0)
        return r;
    authority_open(&q, tx, ST_PERMISSION_REMOVE_ALL, &row->scope, row->id);
    return query_run(&q);
}

int store_authority_list_shared(struct store_tx *tx, const struct scope *scope,
                                const char *after_id,
                                int (*visit)(void *context, const struct authority_row *row),
                                void *context)
{
    struct query q;
    authority_open(&q, tx, ST_AUTHORITY_LIST_SHARED, scope, after_id);
    return authority_visit(&q, visit, context);
}

int store_authority_list(struct store_tx *tx, const struct scope *scope, int64_t now,
                         int64_t after_created, const char *after_id, uint32_t limit,
                         int (*visit)(void *context, const struct authority_row *row),
                         void *context)
{
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_LIST);
    query_put_scope(&q, scope);
    query_put_int(&q, after_created);
    if (*after_id == '\0')
        query_put_bytes(&q, slice_of(NULL, 0));
    else
        query_put_uuid(&q, after_id);
    query_put_int(&q, now);
    query_put_int(&q, limit);
    return authority_visit(&q, visit, context);
}

int store_authority_list_creating(struct store_tx *tx,
                                  int (*visit)(void *context, const struct authority_row *row),
                                  void *context)
{
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_LIST_CREATING);
    return authority_visit(&q, visit, context);
}

int authority_row_copy(const struct authority_row *row, struct authority_row *copy)
{
    return cells_copy(authority_cells, CELL_COUNT(authority_cells), row, copy, sizeof(*copy));
}

int store_authority_list_certified(struct store_tx *tx,
                                   int (*visit)(void *context, const struct authority_row *row),
                                   void *context)
{
    struct query q;
    query_open(&q, tx, ST_AUTHORITY_LIST_CERTIFIED);
    return authority_visit(&q, visit, context);
}

int store_ocsp_renewal_set(struct store_tx *tx, const struct scope *scope, const char *authority,
                           int64_t at)
{
    struct query q;
    authority_open(&q, tx, ST_OCSP_RENEWAL_SET, scope, authority);
    if (at == STORE_OCSP_NEVER)
        query_put_null(&q);
    else
        query_put_int(&q, at);
    return query_run_changing(&q);
}

int store_ocsp_renewal_next(struct store_tx *tx, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_OCSP_RENEWAL_NEXT);
    return query_number(&q, at);
}

int store_ocsp_renewal_first(struct store_tx *tx, int64_t now, struct authority_row *out)
{
    struct query q;
    query_open(&q, tx, ST_OCSP_RENEWAL_LIST);
    query_put_int(&q, now);
    return authority_read(&q, out);
}

void authority_row_free(struct authority_row *row)
{
    cells_free(authority_cells, CELL_COUNT(authority_cells), row, sizeof(*row));
}

int store_permission_insert(struct store_tx *tx, const struct permission_row *row)
{
    struct query q;
    query_open(&q, tx, ST_PERMISSION_INSERT);
    cells_put(&q, permission_cells, CELL_COUNT(permission_cells), row);
    return query_run_changing(&q);
}

int store_permission_get(struct store_tx *tx, const struct scope *scope, const char *authority,
                         const char *principal, const char *source_account,
                         struct permission_row *out)
{
    struct query q;
    authority_open(&q, tx, ST_PERMISSION_GET, scope, authority);
    query_put_text(&q, principal);
    query_put_text(&q, source_account == NULL ? "" : source_account);
    return cells_get_one(&q, permission_cells, CELL_COUNT(permission_cells), out, sizeof(*out));
}

int store_permission_remove(struct store_tx *tx, const struct scope *scope, const char *authority,
                            const char *principal, const char *source_account)
{
    struct query q;
    authority_open(&q, tx, ST_PERMISSION_REMOVE, scope, authority);
    query_put_text(&q, principal);
    query_put_text(&q, source_account == NULL ? "" : source_account);
    return query_run_changing(&q);
}

int store_permission_list(struct store_tx *tx, const struct scope *scope, const char *authority,
                          const char *after_principal, const char *after_account, uint32_t limit,
                          int (*visit)(void *context, const struct permission_row *row),
                          void *context)
{
    struct query q;
    authority_open(&q, tx, ST_PERMISSION_LIST, scope, authority);
    query_put_text(&q, after_principal);
    query_put_text(&q, after_account);
    query_put_int(&q, limit);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        struct permission_row row = {0};
        r = cells_get(&q, permission_cells, CELL_COUNT(permission_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        permission_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

void permission_row_free(struct permission_row *row)
{
    cells_free(permission_cells, CELL_COUNT(permission_cells), row, sizeof(*row));
}
