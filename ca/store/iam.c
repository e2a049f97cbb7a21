#include "ca/store/iam.h"

#include "ca/store/cells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct cell iam_cells[] = {
    CELL(CELL_INT64, struct iam_row, number),
    CELL_OF(CELL_CHARS, struct iam_row, account, ROW_ACCOUNT_SIZE),
    CELL(CELL_UINT32, struct iam_row, kind),
    CELL(CELL_TEXT, struct iam_row, name),
    CELL(CELL_TEXT, struct iam_row, path),
    CELL(CELL_TEXT, struct iam_row, id),
    CELL(CELL_INT64, struct iam_row, created_at),
    CELL(CELL_INT64, struct iam_row, updated_at),
    CELL(CELL_TEXT, struct iam_row, description),
    CELL(CELL_TEXT, struct iam_row, trust),
    CELL(CELL_INT64, struct iam_row, max_session),
    CELL(CELL_TEXT, struct iam_row, boundary),
    CELL(CELL_INT64, struct iam_row, default_version),
    CELL(CELL_INT64, struct iam_row, last_version),
    CELL(CELL_INT64, struct iam_row, used_at),
    CELL(CELL_TEXT, struct iam_row, used_region),
};

static const struct cell version_cells[] = {
    CELL(CELL_INT64, struct iam_version_row, version),
    CELL(CELL_TEXT, struct iam_version_row, document),
    CELL(CELL_INT64, struct iam_version_row, created_at),
};

static const struct cell key_cells[] = {
    CELL(CELL_TEXT, struct iam_key_row, id),
    CELL(CELL_BOOL, struct iam_key_row, active),
    CELL(CELL_INT64, struct iam_key_row, created_at),
    CELL(CELL_INT64, struct iam_key_row, used_at),
    CELL(CELL_TEXT, struct iam_key_row, used_service),
    CELL(CELL_TEXT, struct iam_key_row, used_region),
    CELL_OF(CELL_CHARS, struct iam_key_row, account, ROW_ACCOUNT_SIZE),
    CELL(CELL_TEXT, struct iam_key_row, user),
};

static const struct cell login_cells[] = {
    CELL(CELL_INT64, struct iam_login_row, user),
    CELL(CELL_TEXT, struct iam_login_row, hash),
    CELL(CELL_BOOL, struct iam_login_row, reset),
    CELL(CELL_INT64, struct iam_login_row, created_at),
    CELL(CELL_INT64, struct iam_login_row, changed_at),
};

static const struct cell mfa_cells[] = {
    CELL(CELL_TEXT, struct iam_mfa_row, serial),
    CELL_OF(CELL_CHARS, struct iam_mfa_row, account, ROW_ACCOUNT_SIZE),
    CELL(CELL_INT64, struct iam_mfa_row, user),
    CELL(CELL_BYTES, struct iam_mfa_row, sealed_seed),
    CELL(CELL_INT64, struct iam_mfa_row, enabled_at),
    CELL(CELL_INT64, struct iam_mfa_row, last_step),
};

/* ---- statements in one line ---- */

/* Opens and binds; form: n a number (int64_t), t a text. */
static void open_with(struct query *q, struct store_tx *tx, enum statement_id id, const char *form,
                      va_list values)
{
    query_open(q, tx, id);
    for (; *form != '\0'; form++)
        if (*form == 'n')
            query_put_int(q, va_arg(values, int64_t));
        else
            query_put_text(q, va_arg(values, const char *));
}

static int touch(struct store_tx *tx, int rc)
{
    struct query q;
    if (rc != 0)
        return rc;
    query_open(&q, tx, ST_IAM_TOUCH);
    return query_run(&q);
}

/* Runs what may change nothing. */
static int run(struct store_tx *tx, enum statement_id id, const char *form, ...)
{
    struct query q;
    va_list values;
    va_start(values, form);
    open_with(&q, tx, id, form, values);
    va_end(values);
    return touch(tx, query_run(&q));
}

/* Runs what must change something: CH_ENOTFOUND otherwise. */
static int change(struct store_tx *tx, enum statement_id id, const char *form, ...)
{
    struct query q;
    va_list values;
    va_start(values, form);
    open_with(&q, tx, id, form, values);
    va_end(values);
    return touch(tx, query_run_changing(&q));
}

static void open_read(struct query *q, struct store_tx *tx, enum statement_id id, const char *form,
                      ...)
{
    va_list values;
    va_start(values, form);
    open_with(q, tx, id, form, values);
    va_end(values);
}

static int read_rows(struct query *q, iam_row_visit visit, void *context)
{
    int rc = 0;
    while (rc == 0 && query_next(q)) {
        struct iam_row row = {0};
        rc = cells_get(q, iam_cells, CELL_COUNT(iam_cells), &row);
        if (rc == 0)
            rc = visit(context, &row);
        iam_row_free(&row);
    }
    int closed = query_close(q);
    return rc != 0 ? rc : closed;
}

static int read_texts(struct query *q, bool two, iam_text_visit visit, void *context)
{
    int rc = 0;
    while (rc == 0 && query_next(q)) {
        char *a = NULL, *b = NULL;
        rc = query_get_text(q, 0, &a);
        if (rc == 0 && two)
            rc = query_get_text(q, 1, &b);
        if (rc == 0)
            rc = visit(context, a, b);
        free(a);
        free(b);
    }
    int closed = query_close(q);
    return rc != 0 ? rc : closed;
}

/* The first column of the only row; *out stays NULL for SQL NULL. */
static int read_text(struct query *q, char **out)
{
    *out = NULL;
    int rc = query_row(q);
    if (rc == 0)
        rc = query_get_text(q, 0, out);
    int closed = query_close(q);
    return rc != 0 ? rc : closed;
}

static int read_count(struct query *q, uint32_t *out)
{
    int64_t count = 0;
    int rc = query_number(q, &count);
    *out = (uint32_t)count;
    return rc;
}

/* ---- entities ---- */

int store_iam_insert(struct store_tx *tx, const struct iam_row *row)
{
    return run(tx, ST_IAM_INSERT, "tntttnnttntnn", row->account, (int64_t)row->kind, row->name,
               row->path, row->id, row->created_at, row->updated_at, row->description, row->trust,
               row->max_session, row->boundary, row->default_version, row->last_version);
}

int store_iam_get(struct store_tx *tx, const char *account, enum iam_kind kind, const char *name,
                  struct iam_row *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_GET, "tnt", account, (int64_t)kind, name);
    return cells_get_one(&q, iam_cells, CELL_COUNT(iam_cells), out, sizeof *out);
}

int store_iam_get_by_id(struct store_tx *tx, const char *id, struct iam_row *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_GET_BY_ID, "t", id);
    return cells_get_one(&q, iam_cells, CELL_COUNT(iam_cells), out, sizeof *out);
}

int store_iam_get_by_number(struct store_tx *tx, int64_t number, struct iam_row *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_GET_BY_NUMBER, "n", number);
    return cells_get_one(&q, iam_cells, CELL_COUNT(iam_cells), out, sizeof *out);
}

int store_iam_update(struct store_tx *tx, const struct iam_row *row)
{
    return change(tx, ST_IAM_UPDATE, "nttnttntnn", row->number, row->name, row->path,
                  row->updated_at, row->description, row->trust, row->max_session, row->boundary,
                  row->default_version, row->last_version);
}

int store_iam_used(struct store_tx *tx, int64_t number, int64_t at, const char *region)
{
    struct query q;
    open_read(&q, tx, ST_IAM_USED, "nnt", number, at, region);
    return query_run(&q);
}

int store_iam_delete(struct store_tx *tx, const struct iam_row *row)
{
    int rc = store_tag_remove_all(tx, row->id);
    return rc != 0 ? rc : change(tx, ST_IAM_DELETE, "n", row->number);
}

int store_iam_list(struct store_tx *tx, const char *account, enum iam_kind kind,
                   const char *prefix, const char *after, uint32_t limit, iam_row_visit visit,
                   void *context)
{
    struct query q;
    open_read(&q, tx, ST_IAM_LIST, "tnttn", account, (int64_t)kind, prefix, after, (int64_t)limit);
    return read_rows(&q, visit, context);
}

int store_iam_count(struct store_tx *tx, const char *account, enum iam_kind kind, uint32_t *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_COUNT, "tn", account, (int64_t)kind);
    return read_count(&q, out);
}

void iam_row_free(struct iam_row *row)
{
    cells_free(iam_cells, CELL_COUNT(iam_cells), row, sizeof *row);
}

int store_iam_version(struct store_tx *tx, int64_t *out)
{
    struct query q;
    query_open(&q, tx, ST_IAM_VERSION);
    return query_number(&q, out);
}

/* ---- attached policies ---- */

int store_iam_attach(struct store_tx *tx, int64_t entity, const char *policy)
{
    return run(tx, ST_IAM_ATTACH, "nt", entity, policy);
}

int store_iam_detach(struct store_tx *tx, int64_t entity, const char *policy)
{
    return change(tx, ST_IAM_DETACH, "nt", entity, policy);
}

int store_iam_attached_list(struct store_tx *tx, int64_t entity, iam_text_visit visit,
                            void *context)
{
    struct query q;
    open_read(&q, tx, ST_IAM_ATTACHED, "n", entity);
    return read_texts(&q, false, visit, context);
}

int store_iam_holders_list(struct store_tx *tx, const char *account, const char *policy,
                           bool boundary, iam_row_visit visit, void *context)
{
    struct query q;
    open_read(&q, tx, boundary ? ST_IAM_BOUNDED : ST_IAM_HOLDERS, "tt", policy, account);
    return read_rows(&q, visit, context);
}

int store_iam_holders_count(struct store_tx *tx, const char *account, const char *policy,
                            bool boundary, uint32_t *out)
{
    struct query q;
    open_read(&q, tx, boundary ? ST_IAM_BOUNDED_COUNT : ST_IAM_HOLDERS_COUNT, "tt", policy,
              account);
    return read_count(&q, out);
}

/* ---- inline policies ---- */

int store_iam_inline_put(struct store_tx *tx, int64_t entity, const char *name,
                         const char *document)
{
    return run(tx, ST_IAM_INLINE_PUT, "ntt", entity, name, document);
}

int store_iam_inline_get(struct store_tx *tx, int64_t entity, const char *name, char **document)
{
    struct query q;
    open_read(&q, tx, ST_IAM_INLINE_GET, "nt", entity, name);
    return read_text(&q, document);
}

int store_iam_inline_delete(struct store_tx *tx, int64_t entity, const char *name)
{
    return change(tx, ST_IAM_INLINE_DELETE, "nt", entity, name);
}

int store_iam_inline_list(struct store_tx *tx, int64_t entity, iam_text_visit visit, void *context)
{
    struct query q;
    open_read(&q, tx, ST_IAM_INLINE_LIST, "n", entity);
    return read_texts(&q, true, visit, context);
}

/* ---- versions ---- */

int store_iam_version_put(struct store_tx *tx, int64_t policy, int64_t version,
                          const char *document, int64_t created_at)
{
    return run(tx, ST_IAM_VERSION_PUT, "nntn", policy, version, document, created_at);
}

int store_iam_version_get(struct store_tx *tx, int64_t policy, int64_t version,
                          struct iam_version_row *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_VERSION_GET, "nn", policy, version);
    return cells_get_one(&q, version_cells, CELL_COUNT(version_cells), out, sizeof *out);
}

int store_iam_version_delete(struct store_tx *tx, int64_t policy, int64_t version)
{
    return change(tx, ST_IAM_VERSION_DELETE, "nn", policy, version);
}

int store_iam_version_list(struct store_tx *tx, int64_t policy,
                           int (*visit)(void *context, const struct iam_version_row *row),
                           void *context)
{
    struct query q;
    int rc = 0;
    open_read(&q, tx, ST_IAM_VERSION_LIST, "n", policy);
    while (rc == 0 && query_next(&q)) {
        struct iam_version_row row = {0};
        rc = cells_get(&q, version_cells, CELL_COUNT(version_cells), &row);
        if (rc == 0)
            rc = visit(context, &row);
        iam_version_row_free(&row);
    }
    int closed = query_close(&q);
    return rc != 0 ? rc : closed;
}

void iam_version_row_free(struct iam_version_row *row)
{
    cells_free(version_cells, CELL_COUNT(version_cells), row, sizeof *row);
}

/* ---- groups ---- */

int store_iam_join(struct store_tx *tx, int64_t user, int64_t team)
{
    return run(tx, ST_IAM_JOIN, "nn", user, team);
}

int store_iam_leave(struct store_tx *tx, int64_t user, int64_t team)
{
    return change(tx, ST_IAM_LEAVE, "nn", user, team);
}

int store_iam_groups_list(struct store_tx *tx, int64_t user, iam_row_visit visit, void *context)
{
    struct query q;
    open_read(&q, tx, ST_IAM_GROUPS, "n", user);
    return read_rows(&q, visit, context);
}

int store_iam_members_list(struct store_tx *tx, int64_t team, iam_row_visit visit, void *context)
{
    struct query q;
    open_read(&q, tx, ST_IAM_MEMBERS, "n", team);
    return read_rows(&q, visit, context);
}

/* ---- access keys ---- */

int store_iam_key_list(struct store_tx *tx, int64_t user,
                       int (*visit)(void *context, const struct iam_key_row *row), void *context)
{
    struct query q;
    int rc = 0;
    open_read(&q, tx, ST_IAM_KEY_LIST, "n", user);
    while (rc == 0 && query_next(&q)) {
        struct iam_key_row row = {0};
        rc = cells_get(&q, key_cells, CELL_COUNT(key_cells), &row);
        if (rc == 0)
            rc = visit(context, &row);
        iam_key_row_free(&row);
    }
    int closed = query_close(&q);
    return rc != 0 ? rc : closed;
}

int store_iam_key_get(struct store_tx *tx, const char *id, struct iam_key_row *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_KEY_GET, "t", id);
    return cells_get_one(&q, key_cells, CELL_COUNT(key_cells), out, sizeof *out);
}

int store_iam_key_delete(struct store_tx *tx, const char *id)
{
    return change(tx, ST_IAM_KEY_DELETE, "t", id);
}

int store_iam_key_used(struct store_tx *tx, const char *id, int64_t at, const char *service,
                       const char *region)
{
    struct query q;
    open_read(&q, tx, ST_IAM_KEY_USED, "tntt", id, at, service, region);
    return query_run(&q);
}

void iam_key_row_free(struct iam_key_row *row)
{
    cells_free(key_cells, CELL_COUNT(key_cells), row, sizeof *row);
}

/* ---- passwords ---- */

int store_iam_login_put(struct store_tx *tx, const struct iam_login_row *row)
{
    return run(tx, ST_IAM_LOGIN_PUT, "ntnnn", row->user, row->hash, (int64_t)row->reset,
               row->created_at, row->changed_at);
}

int store_iam_login_get(struct store_tx *tx, int64_t user, struct iam_login_row *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_LOGIN_GET, "n", user);
    return cells_get_one(&q, login_cells, CELL_COUNT(login_cells), out, sizeof *out);
}

int store_iam_login_delete(struct store_tx *tx, int64_t user)
{
    return change(tx, ST_IAM_LOGIN_DELETE, "n", user);
}

void iam_login_row_free(struct iam_login_row *row)
{
    cells_free(login_cells, CELL_COUNT(login_cells), row, sizeof *row);
}

/* ---- MFA devices ---- */

int store_iam_mfa_insert(struct store_tx *tx, const struct iam_mfa_row *row)
{
    struct query q;
    query_open(&q, tx, ST_IAM_MFA_INSERT);
    cells_put(&q, mfa_cells, CELL_COUNT(mfa_cells), row);
    return touch(tx, query_run(&q));
}

int store_iam_mfa_get(struct store_tx *tx, const char *serial, struct iam_mfa_row *out)
{
    struct query q;
    open_read(&q, tx, ST_IAM_MFA_GET, "t", serial);
    return cells_get_one(&q, mfa_cells, CELL_COUNT(mfa_cells), out, sizeof *out);
}

int store_iam_mfa_update(struct store_tx *tx, const struct iam_mfa_row *row)
{
    return change(tx, ST_IAM_MFA_UPDATE, "tnnn", row->serial, row->user, row->enabled_at,
                  row->last_step);
}

int store_iam_mfa_delete(struct store_tx *tx, const char *serial)
{
    return change(tx, ST_IAM_MFA_DELETE, "t", serial);
}

int store_iam_mfa_list(struct store_tx *tx, const char *account, int64_t user, const char *after,
                       int (*visit)(void *context, const struct iam_mfa_row *row), void *context)
{
    struct query q;
    int rc = 0;
    char first[64], end[64];
    snprintf(first, sizeof first, "arn:aws:iam::%s:mfa/", account);
    snprintf(end, sizeof end, "arn:aws:iam::%s:mfa0", account); /* '0' follows '/' */
    open_read(&q, tx, ST_IAM_MFA_LIST, "ttn", after[0] == '\0' ? first : after, end, user);
    while (rc == 0 && query_next(&q)) {
        struct iam_mfa_row row = {0};
        rc = cells_get(&q, mfa_cells, CELL_COUNT(mfa_cells), &row);
        if (rc == 0)
            rc = visit(context, &row);
        iam_mfa_row_free(&row);
    }
    int closed = query_close(&q);
    return rc != 0 ? rc : closed;
}

void iam_mfa_row_free(struct iam_mfa_row *row)
{
    cells_free(mfa_cells, CELL_COUNT(mfa_cells), row, sizeof *row);
}

/* ---- accounts ---- */

int store_iam_alias_set(struct store_tx *tx, const char *account, const char *alias)
{
    return change(tx, ST_IAM_ALIAS_SET, "tt", account, alias);
}

int store_iam_alias_get(struct store_tx *tx, const char *account, char **alias)
{
    struct query q;
    open_read(&q, tx, ST_IAM_ALIAS_GET, "t", account);
    return read_text(&q, alias);
}

int store_iam_alias_find(struct store_tx *tx, const char *alias, char **account)
{
    struct query q;
    open_read(&q, tx, ST_IAM_ALIAS_FIND, "t", alias);
    return read_text(&q, account);
}

int store_iam_password_policy_set(struct store_tx *tx, const char *account, const char *json)
{
    return change(tx, ST_IAM_PASSWORD_POLICY_SET, "tt", account, json);
}

int store_iam_password_policy_get(struct store_tx *tx, const char *account, char **json)
{
    struct query q;
    open_read(&q, tx, ST_IAM_PASSWORD_POLICY_GET, "t", account);
    return read_text(&q, json);
}

int store_iam_control_put(struct store_tx *tx, const char *account, const char *name,
                          const char *document)
{
    return run(tx, ST_IAM_CONTROL_PUT, "ttt", account, name, document);
}

int store_iam_control_delete(struct store_tx *tx, const char *account, const char *name)
{
    return change(tx, ST_IAM_CONTROL_DELETE, "tt", account, name);
}

int store_iam_control_list(struct store_tx *tx, const char *account, iam_text_visit visit,
                           void *context)
{
    struct query q;
    open_read(&q, tx, ST_IAM_CONTROL_LIST, "t", account);
    return read_texts(&q, true, visit, context);
}
