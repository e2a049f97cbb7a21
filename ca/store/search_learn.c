/*
 * What the index of parts of names has to learn: writers queue the rows whose names changed, and a
 * job puts them into the index later, some at a time.
 */
#include "ca/store/query.h"
#include "ca/store/search.h"

#include <stdlib.h>

static int learn_one(struct store_tx *tx, bool *done)
{
    struct query q;
    struct query change;
    query_open(&q, tx, ST_NAMES_NEXT);
    *done = !query_next(&q);
    if (*done)
        return query_close(&q);
    int64_t number = sqlite3_column_int64(q.st, 0);
    int64_t place = sqlite3_column_int64(q.st, 1);
    bool forget = sqlite3_column_type(q.st, 2) != SQLITE_NULL;
    char *text = NULL;
    int rc = query_get_text(&q, 2, &text);
    query_close(&q);
    query_open(&change, tx, forget ? ST_NAMES_FORGET : ST_NAMES_LEARN);
    query_put_int(&change, place);
    if (forget)
        query_put_text(&change, text);
    int end = query_run(&change);
    rc = rc != 0 ? rc : end;
    if (rc == 0) {
        query_open(&q, tx, ST_NAMES_DONE);
        query_put_int(&q, number);
        rc = query_run(&q);
    }
    free(text);
    return rc;
}

int store_names_learn(struct store_tx *tx, uint32_t limit)
{
    bool done = false;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && !done && i < limit; i++)
        rc = learn_one(tx, &done);
    return rc;
}

int store_names_waiting(struct store_tx *tx, bool *waiting)
{
    struct query q;
    query_open(&q, tx, ST_NAMES_NEXT);
    *waiting = query_next(&q);
    return query_close(&q);
}
