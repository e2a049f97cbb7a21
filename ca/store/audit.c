/*
 * The audit trail: sequence numbers without a gap, each record chained to all before
 * it. Only the writer appends, so it knows the head without asking the database; whoever
 * undoes a unit or a group also puts back the head (group.c).
 */
#include "ca/store/audit.h"

#include "ca/store/cells.h"
#include "firmware/base/log.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* Columns of ST_AUDIT_FROM. */
enum { COLUMN_SEQUENCE, COLUMN_AT, COLUMN_RECORD, COLUMN_CHAIN };

static int chain_value(struct connection *c, const uint8_t previous[DIGEST_SIZE],
                       struct slice record, uint8_t out[DIGEST_SIZE])
{
    return connection_digest(c, slice_of(previous, DIGEST_SIZE), record, out);
}

int store_audit_append(struct store_tx *tx, int64_t at, struct slice record)
{
    if (tx->head == NULL)
        return CH_ESTATE;
    struct audit_head next = {.sequence = tx->head->sequence + 1};
    int r = chain_value(tx->c, tx->head->chain, record, next.chain);
    if (r != 0)
        return r;
    struct query q;
    query_open(&q, tx, ST_AUDIT_APPEND);
    query_put_int(&q, (int64_t)next.sequence);
    query_put_int(&q, at);
    query_put_bytes(&q, record);
    query_put_bytes(&q, slice_of(next.chain, DIGEST_SIZE));
    r = query_run(&q);
    if (r == 0)
        *tx->head = next;
    return r;
}

/* ---- checkpoints ---- */

static const struct cell checkpoint_cells[] = {
    CELL(CELL_INT64, struct checkpoint_row, sequence),
    CELL(CELL_INT64, struct checkpoint_row, at),
    CELL_OF(CELL_FIXED, struct checkpoint_row, chain, DIGEST_SIZE),
    CELL(CELL_BYTES, struct checkpoint_row, signature),
};

int store_checkpoint_insert(struct store_tx *tx, const struct checkpoint_row *row)
{
    struct query q;
    query_open(&q, tx, ST_CHECKPOINT_INSERT);
    cells_put(&q, checkpoint_cells, CELL_COUNT(checkpoint_cells), row);
    return query_run(&q);
}

int store_checkpoint_last(struct store_tx *tx, struct checkpoint_row *out)
{
    struct query q;
    query_open(&q, tx, ST_CHECKPOINT_LAST);
    return cells_get_one(&q, checkpoint_cells, CELL_COUNT(checkpoint_cells), out, sizeof *out);
}

int store_checkpoint_list(struct store_tx *tx, int64_t after, uint32_t limit,
                          int (*visit)(void *context, const struct checkpoint_row *row),
                          void *context)
{
    struct query q;
    int r = 0;
    query_open(&q, tx, ST_CHECKPOINT_LIST);
    query_put_int(&q, after);
    query_put_int(&q, limit);
    while (r == 0 && query_next(&q)) {
        struct checkpoint_row row = {0};
        r = cells_get(&q, checkpoint_cells, CELL_COUNT(checkpoint_cells), &row);
        if (r == 0)
            r = visit(context, &row);
        checkpoint_row_free(&row);
    }
    int end = query_close(&q);
    return r != 0 ? r : end;
}

int store_audit_time_after(struct store_tx *tx, uint64_t sequence, int64_t *at)
{
    struct query q;
    query_open(&q, tx, ST_AUDIT_TIME_AFTER);
    query_put_int(&q, (int64_t)sequence);
    return query_number(&q, at);
}

void checkpoint_row_free(struct checkpoint_row *row)
{
    cells_free(checkpoint_cells, CELL_COUNT(checkpoint_cells), row, sizeof *row);
}

/* The checkpoints in step with a walk along the chain. */
struct covered {
    struct query q;
    bool more;
};

static void covered_open(struct covered *c, struct store_tx *tx)
{
    query_open(&c->q, tx, ST_CHECKPOINT_LIST);
    query_put_int(&c->q, 0);
    query_put_int(&c->q, INT64_MAX);
    c->more = query_next(&c->q);
}

/* The record that head stands on is what its checkpoint, if it has one, says it is. */
static int covered_compare(struct covered *c, const struct audit_head *head)
{
    enum { SEQUENCE, AT, CHAIN };
    if (!c->more || sqlite3_column_int64(c->q.st, SEQUENCE) > (int64_t)head->sequence)
        return 0;
    bool same = sqlite3_column_int64(c->q.st, SEQUENCE) == (int64_t)head->sequence &&
                slice_equal(query_get_bytes(&c->q, CHAIN), slice_of(head->chain, DIGEST_SIZE));
    c->more = query_next(&c->q);
    return same ? 0 : CH_EINTEGRITY;
}

/* After the walk: no checkpoint may be left. */
static int covered_close(struct covered *c, int r)
{
    bool left = c->more;
    int end = query_close(&c->q);
    if (r == 0)
        r = end;
    return r == 0 && left ? CH_EINTEGRITY : r;
}

/* ---- the chain ---- */

/* Moves head over the present row, or says CH_EINTEGRITY. */
static int audit_follow(struct query *q, struct audit_head *head)
{
    struct slice chain = query_get_bytes(q, COLUMN_CHAIN);
    uint8_t expected[DIGEST_SIZE];
    int r = chain_value(q->tx->c, head->chain, query_get_bytes(q, COLUMN_RECORD), expected);
    if (r != 0)
        return r;
    if (sqlite3_column_int64(q->st, COLUMN_SEQUENCE) != (int64_t)head->sequence + 1 ||
        !slice_equal(chain, slice_of(expected, DIGEST_SIZE)))
        return CH_EINTEGRITY;
    head->sequence++;
    memcpy(head->chain, expected, DIGEST_SIZE);
    return 0;
}

static void audit_from(struct query *q, struct store_tx *tx, uint64_t after, uint32_t limit)
{
    query_open(q, tx, ST_AUDIT_FROM);
    query_put_int(q, (int64_t)after);
    query_put_int(q, limit);
}

int store_audit_verify(struct store_tx *tx, uint64_t *count, uint64_t *bad)
{
    *count = *bad = 0;
    struct audit_head head = {0};
    struct covered covered;
    struct query q;
    covered_open(&covered, tx);
    audit_from(&q, tx, 0, UINT32_MAX);
    int r = 0;
    while (r == 0 && query_next(&q)) {
        r = audit_follow(&q, &head);
        *bad = head.sequence + (r != 0);
        if (r == 0)
            r = covered_compare(&covered, &head);
    }
    int end = query_close(&q);
    r = r != 0 ? r : end;
    bool walked = r == 0;
    r = covered_close(&covered, r);
    *count = head.sequence;
    if (r != CH_EINTEGRITY)
        *bad = 0;
    else if (walked)
        *bad = head.sequence + 1;
    return r;
}

/* Sets head to what the row itself says. */
static int audit_accept(struct query *q, struct audit_head *head)
{
    struct slice chain = query_get_bytes(q, COLUMN_CHAIN);
    if (chain.len != DIGEST_SIZE)
        return CH_EINTEGRITY;
    head->sequence = (uint64_t)sqlite3_column_int64(q->st, COLUMN_SEQUENCE);
    memcpy(head->chain, chain.data, DIGEST_SIZE);
    return 0;
}

int store_audit_chain(struct store_tx *tx, uint64_t sequence, uint8_t chain[DIGEST_SIZE])
{
    struct audit_head head = {0};
    struct query q;
    audit_from(&q, tx, sequence - 1, 1);
    int r = query_row(&q);
    if (r == 0)
        r = audit_accept(&q, &head);
    query_close(&q);
    memcpy(chain, head.chain, DIGEST_SIZE);
    return r == 0 && head.sequence != sequence ? CH_ENOTFOUND : r;
}

int store_audit_head(struct store_tx *tx, uint64_t *sequence, uint8_t chain[DIGEST_SIZE])
{
    struct audit_head head = {0};
    struct query q;
    uint64_t last = 0;
    int r = store_audit_count(tx, &last);
    if (r == 0 && last > 0) {
        audit_from(&q, tx, last - 1, 1);
        r = query_row(&q);
        if (r == 0)
            r = audit_accept(&q, &head);
        query_close(&q);
    }
    *sequence = head.sequence;
    memcpy(chain, head.chain, DIGEST_SIZE);
    return r;
}

int audit_head_read(struct connection *c, struct audit_head *out)
{
    *out = (struct audit_head){0};
    struct store_tx tx = {.c = c};
    uint64_t last = 0;
    int r = store_audit_count(&tx, &last);
    if (r != 0 || last == 0)
        return r;
    struct query q;
    audit_from(&q, &tx, last < 2 ? 0 : last - 2, 2);
    if (last >= 2) {
        r = query_row(&q);
        if (r == 0)
            r = audit_accept(&q, out);
    }
    if (r == 0)
        r = query_row(&q);
    if (r == 0)
        r = audit_follow(&q, out);
    query_close(&q);
    tx_clear(&tx);
    if (r == CH_ENOTFOUND || r == CH_EINTEGRITY) {
        log_error("store: the end of the audit trail is damaged at record %" PRIu64, last);
        return CH_EINTEGRITY;
    }
    return r;
}

int store_audit_count(struct store_tx *tx, uint64_t *out)
{
    int64_t count = 0;
    struct query q;
    query_open(&q, tx, ST_AUDIT_COUNT);
    int r = query_number(&q, &count);
    *out = (uint64_t)count;
    return r;
}

int store_audit_list(struct store_tx *tx, uint64_t after, uint32_t limit,
                     int (*visit)(void *context, uint64_t sequence, int64_t at,
                                  struct slice record),
                     void *context)
{
    struct query q;
    audit_from(&q, tx, after, limit);
    int r = 0;
    while (r == 0 && query_next(&q))
        r = visit(context, (uint64_t)sqlite3_column_int64(q.st, COLUMN_SEQUENCE),
                  sqlite3_column_int64(q.st, COLUMN_AT), query_get_bytes(&q, COLUMN_RECORD));
    int end = query_close(&q);
    return r != 0 ? r : end;
}
