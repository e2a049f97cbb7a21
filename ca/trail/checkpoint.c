#include "ca/trail/checkpoint.h"

#include "ca/pki/pki.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <string.h>

#define LABEL "chancery audit checkpoint v1"
#define SIG_ALG SIG_ALG_SHA256WITHECDSA
#define PAGE 256
#define SECOND INT64_C(1000000)

/* ---- what is signed ---- */

static int number_put(struct buf *out, uint64_t value)
{
    uint8_t octets[8];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(value >> (8 * (sizeof octets - 1 - i)));
    return buf_put(out, octets, sizeof octets);
}

/* Label with its NUL, sequence and time as 8 octets each, big-endian, chain value. */
static int signed_bytes(const struct checkpoint_row *row, struct buf *out)
{
    int r = buf_put(out, LABEL, sizeof LABEL);
    if (r == 0)
        r = number_put(out, (uint64_t)row->sequence);
    if (r == 0)
        r = number_put(out, (uint64_t)row->at);
    return r != 0 ? r : buf_put(out, row->chain, sizeof row->chain);
}

/* ---- what there is ---- */

struct state {
    struct checkpoint_row last; /* sequence 0 = none; without its signature */
    uint64_t head;              /* the last record */
    uint8_t chain[32];          /* of it */
    int64_t waits_since;        /* when the first uncovered record was written */
};

static int state_unit(struct store_tx *tx, void *context)
{
    struct state *s = context;
    int r = store_checkpoint_last(tx, &s->last);
    buf_free(&s->last.signature);
    if (r == CH_ENOTFOUND)
        r = 0;
    if (r == 0)
        r = store_audit_head(tx, &s->head, s->chain);
    if (r == 0 && s->head > (uint64_t)s->last.sequence)
        r = store_audit_time_after(tx, (uint64_t)s->last.sequence, &s->waits_since);
    return r;
}

int checkpoint_due(struct core *core, int64_t *at)
{
    struct state s = {0};
    int r = store_read(core->store, state_unit, &s);
    uint64_t covered = (uint64_t)s.last.sequence;
    if (r != 0 || s.head <= covered)
        *at = INT64_MAX;
    else if (s.head - covered >= (uint64_t)core->config->audit_checkpoint_records)
        *at = 0;
    else
        *at = s.waits_since + core->config->audit_checkpoint_interval * SECOND;
    return r;
}

/* ---- making ---- */

static int insert_unit(struct store_tx *tx, void *context)
{
    return store_checkpoint_insert(tx, context);
}

int checkpoint_make(struct core *core)
{
    struct state s = {0};
    struct buf message = {0};
    char hex[2 * sizeof s.chain + 1];
    int r = store_read(core->store, state_unit, &s);
    if (r != 0 || s.head <= (uint64_t)s.last.sequence)
        return r;
    struct checkpoint_row row = {.sequence = (int64_t)s.head, .at = clock_now_us()};
    memcpy(row.chain, s.chain, sizeof row.chain);
    r = signed_bytes(&row, &message);
    if (r == 0)
        r = hsm_sign(core->hsm, core->audit, SIG_ALG, buf_slice(&message), &row.signature);
    if (r == 0)
        r = store_write(core->store, insert_unit, &row);
    /* In the log, which may be kept elsewhere: whoever cuts off the trail can take the last checkpoints along. */
    hex_encode(row.chain, sizeof row.chain, hex);
    if (r == 0)
        log_info("audit checkpoint: record %llu, chain %s", (unsigned long long)s.head, hex);
    buf_free(&message);
    buf_free(&row.signature);
    return r;
}

/* ---- verifying ---- */

struct verification {
    struct core *core;
    struct checkpoint_report *report;
    uint32_t seen; /* in this page */
};

static int verify_visit(void *context, const struct checkpoint_row *row)
{
    struct verification *v = context;
    struct buf message = {0};
    int r = signed_bytes(row, &message);
    if (r == 0)
        r = pki_verify(buf_slice(&v->core->audit_spki), SIG_ALG, buf_slice(&message),
                       buf_slice(&row->signature));
    buf_free(&message);
    if (r != 0) {
        v->report->bad = (uint64_t)row->sequence;
        return r == CH_ENOMEM ? r : CH_EINTEGRITY;
    }
    v->seen++;
    v->report->count++;
    v->report->last = (uint64_t)row->sequence;
    v->report->last_at = row->at;
    return 0;
}

static int verify_unit(struct store_tx *tx, void *context)
{
    struct verification *v = context;
    return store_checkpoint_list(tx, (int64_t)v->report->last, PAGE, verify_visit, v);
}

int checkpoint_verify(struct core *core, struct checkpoint_report *out)
{
    struct verification v = {.core = core, .report = out};
    *out = (struct checkpoint_report){0};
    int r = 0;
    do {
        v.seen = 0;
        r = store_read(core->store, verify_unit, &v);
    } while (r == 0 && v.seen == PAGE);
    return r;
}

/* ---- at start ---- */

int checkpoint_look(struct core *core)
{
    struct state s = {0};
    int r = store_read(core->store, state_unit, &s);
    if (r == 0 && (uint64_t)s.last.sequence > s.head)
        log_error("the audit trail ends at record %llu, and a signed checkpoint covers record %lld: "
                  "records are missing",
                  (unsigned long long)s.head, (long long)s.last.sequence);
    return r;
}
