/*
 * query.h - one run of a named statement inside a unit, and the binding of its
 * parameters, in order. The first failure is remembered, so a row function binds
 * without asking and looks at the result once.
 *
 *     struct query q;
 *     query_open(&q, tx, ST_SETTING_PUT);
 *     query_put_text(&q, name);
 *     query_put_text(&q, value);
 *     return query_run(&q);
 */
#ifndef CHANCERY_STORE_QUERY_H
#define CHANCERY_STORE_QUERY_H

#include "ca/store/connection.h"
#include "ca/store/rows.h"

#define SHARED_MEMO_SIZE 16

/* End of the audit chain: the last sequence number and its chain value. */
struct audit_head {
    uint64_t sequence;
    uint8_t chain[DIGEST_SIZE];
};

/* What a unit works on. A writing unit has the head of the audit chain, a reading one has NULL. */
struct store_tx {
    struct connection *c;
    struct audit_head *head;
    bool changes; /* a statement that store_version counts was opened */
    struct {
        int64_t number;
        char *text;
    } memo[SHARED_MEMO_SIZE]; /* shared texts read in this unit */
};

struct query {
    struct store_tx *tx;
    enum statement_id id;
    sqlite3_stmt *st;
    int error;      /* the first failure, 0 = none */
    int next;       /* parameter to bind next, from 1 */
    int changed;    /* rows, after query_run */
    bool own_texts; /* texts that could be shared are kept in the row instead */
};

/* Takes the statement; every query that was opened is ended by query_run or query_close. */
void query_open(struct query *q, struct store_tx *tx, enum statement_id id);

/* Each binds the next parameter; what it points to must live until the query is closed. */
void query_put_int(struct query *q, int64_t value);
void query_put_text(struct query *q, const char *text);    /* NULL = SQL NULL */
void query_put_bytes(struct query *q, struct slice bytes); /* also empty ones */
void query_put_copy(struct query *q, struct slice bytes);  /* which need not live on */
void query_put_text_copy(struct query *q, const char *text);
void query_put_null(struct query *q);
void query_put_scope(struct query *q, const struct scope *scope);

/*
 * The octets of a UUID or of an id of 32 hex digits, lower case; anything else becomes
 * NULL, which equals no key: a lookup finds nothing, an insert is refused.
 */
void query_put_uuid(struct query *q, const char *uuid);
void query_put_hex_id(struct query *q, const char *id);
bool hex_id_is_valid(const char *id);

/* Runs to the end and closes. 0 even when no row was changed: see changed. */
int query_run(struct query *q);

/* As query_run; CH_ENOTFOUND when no row was changed. */
int query_run_changing(struct query *q);

/*
 * True when it stands on the next row; false at the end and on failure, which query_close tells
 * apart.
 */
bool query_next(struct query *q);

/* The same for who expects a row: 0, CH_ENOTFOUND at the end, or the failure. */
int query_row(struct query *q);

/* Closes and returns the first failure. */
int query_close(struct query *q);

/* First column of the only row, as an integer; closes. CH_ENOTFOUND. */
int query_number(struct query *q, int64_t *out);

/*
 * A column as a fresh text (NULL for SQL NULL) or as a view that lives until the next row.
 * CH_ENOMEM.
 */
int query_get_text(struct query *q, int column, char **out);
struct slice query_get_bytes(struct query *q, int column);

/* Ends the life of a unit's memory. */
void tx_clear(struct store_tx *tx);

#endif
