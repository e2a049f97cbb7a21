#include "ca/store/query.h"

#include <stdlib.h>
#include <string.h>

#define ID_OCTETS ((size_t)16)

void query_open(struct query *q, struct store_tx *tx, enum statement_id id)
{
    *q = (struct query){.tx = tx, .id = id, .next = 1};
    if (statements[id].writes && tx->head == NULL)
        q->error = CH_ESTATE;
    else
        q->error = connection_statement(tx->c, id, &q->st);
    if (statements[id].writes && !statements[id].adds)
        tx->changes = true;
}

/* Takes SQLite's answer to a call about this query. */
static void query_note(struct query *q, int code)
{
    if (q->error == 0)
        q->error = connection_error(q->tx->c, code, statements[q->id].name);
}

void query_put_int(struct query *q, int64_t value)
{
    if (q->error == 0)
        query_note(q, sqlite3_bind_int64(q->st, q->next++, value));
}

void query_put_null(struct query *q)
{
    if (q->error == 0)
        query_note(q, sqlite3_bind_null(q->st, q->next++));
}

void query_put_text(struct query *q, const char *text)
{
    if (q->error == 0)
        query_note(q, sqlite3_bind_text(q->st, q->next++, text, -1, SQLITE_STATIC));
}

void query_put_bytes(struct query *q, struct slice bytes)
{
    /* SQLite takes a NULL pointer for SQL NULL, whatever the length. */
    const void *data = bytes.len == 0 ? "" : (const void *)bytes.data;
    if (q->error == 0)
        query_note(q, sqlite3_bind_blob64(q->st, q->next++, data, bytes.len, SQLITE_STATIC));
}

void query_put_scope(struct query *q, const struct scope *scope)
{
    query_put_text(q, scope->account);
    query_put_text(q, scope->region);
}

void query_put_copy(struct query *q, struct slice bytes)
{
    if (q->error == 0)
        query_note(q,
                   sqlite3_bind_blob64(q->st, q->next++, bytes.data, bytes.len, SQLITE_TRANSIENT));
}

void query_put_text_copy(struct query *q, const char *text)
{
    if (q->error == 0)
        query_note(q, sqlite3_bind_text(q->st, q->next++, text, -1, SQLITE_TRANSIENT));
}

bool hex_id_is_valid(const char *id)
{
    return id != NULL && strlen(id) == 2 * ID_OCTETS &&
           strspn(id, "0123456789abcdef") == 2 * ID_OCTETS;
}

void query_put_hex_id(struct query *q, const char *id)
{
    uint8_t octets[ID_OCTETS];
    if (hex_id_is_valid(id) && hex_decode(id, 2 * ID_OCTETS, octets) == 0)
        query_put_copy(q, slice_of(octets, ID_OCTETS));
    else
        query_put_null(q);
}

void query_put_uuid(struct query *q, const char *uuid)
{
    static const char dashes[] = "________-____-____-____-____________";
    char digits[2 * ID_OCTETS + 1];
    size_t len = 0;
    if (uuid == NULL || strlen(uuid) != ROW_UUID_SIZE - 1) {
        query_put_null(q);
        return;
    }
    for (size_t i = 0; i < ROW_UUID_SIZE - 1; i++) {
        if ((uuid[i] == '-') != (dashes[i] == '-')) {
            query_put_null(q);
            return;
        }
        if (uuid[i] != '-')
            digits[len++] = uuid[i];
    }
    digits[len] = '\0';
    query_put_hex_id(q, digits);
}

bool query_next(struct query *q)
{
    if (q->error != 0)
        return false;
    int code = sqlite3_step(q->st);
    query_note(q, code);
    return code == SQLITE_ROW;
}

int query_row(struct query *q)
{
    if (query_next(q))
        return 0;
    return q->error != 0 ? q->error : CH_ENOTFOUND;
}

int query_close(struct query *q)
{
    if (q->st != NULL) {
        sqlite3_reset(q->st);
        sqlite3_clear_bindings(q->st);
        q->st = NULL;
    }
    return q->error;
}

int query_run(struct query *q)
{
    while (query_next(q))
        continue;
    if (q->error == 0)
        q->changed = sqlite3_changes(q->tx->c->db);
    return query_close(q);
}

int query_run_changing(struct query *q)
{
    int r = query_run(q);
    return r == 0 && q->changed == 0 ? CH_ENOTFOUND : r;
}

int query_number(struct query *q, int64_t *out)
{
    *out = 0;
    int r = query_row(q);
    if (r == 0)
        *out = sqlite3_column_int64(q->st, 0);
    query_close(q);
    return r;
}

struct slice query_get_bytes(struct query *q, int column)
{
    const void *data = sqlite3_column_blob(q->st, column);
    return slice_of(data, (size_t)sqlite3_column_bytes(q->st, column));
}

int query_get_text(struct query *q, int column, char **out)
{
    *out = NULL;
    if (sqlite3_column_type(q->st, column) == SQLITE_NULL)
        return 0;
    const void *text = sqlite3_column_text(q->st, column);
    if (text == NULL)
        return CH_ENOMEM;
    *out = strdup(text);
    return *out == NULL ? CH_ENOMEM : 0;
}

void tx_clear(struct store_tx *tx)
{
    for (size_t i = 0; i < SHARED_MEMO_SIZE; i++)
        free(tx->memo[i].text);
    *tx = (struct store_tx){0};
}
