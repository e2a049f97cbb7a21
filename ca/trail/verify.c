#include "ca/trail/verify.h"

#include "ca/trail/checkpoint.h"
#include "firmware/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS 18
#define CHAIN_SIZE ((size_t)32)

struct walk {
    uint64_t count, bad;
    int result;
};

static int walk_unit(struct store_tx *tx, void *context)
{
    struct walk *w = context;
    w->result = store_audit_verify(tx, &w->count, &w->bad);
    return w->result == CH_EINTEGRITY ? 0 : w->result;
}

static int chain_verify(struct core *core, struct buf *out, bool *broken)
{
    struct walk w = {0};
    int rc = store_read(core->store, walk_unit, &w);
    if (rc != 0)
        return rc;
    *broken = w.result != 0;
    rc = buf_printf(out, "records      %llu\n", (unsigned long long)w.count);
    if (rc == 0)
        rc = w.result == 0 ? buf_put_text(out, "chain        intact\n")
                           : buf_printf(out, "chain        BROKEN at record %llu\n",
                                        (unsigned long long)w.bad);
    return rc;
}

static int checkpoints_verify(struct core *core, struct buf *out, bool *broken)
{
    struct checkpoint_report report;
    char at[CLOCK_ISO_SIZE];
    int rc = checkpoint_verify(core, &report);
    if (rc != 0 && rc != CH_EINTEGRITY)
        return rc;
    if (rc == CH_EINTEGRITY) {
        *broken = true;
        return buf_printf(out,
                          "checkpoints  BROKEN: the one at record %llu is not signed by the audit key\n",
                          (unsigned long long)report.bad);
    }
    if (report.count == 0)
        return buf_put_text(out, "checkpoints  none yet\n");
    clock_format_iso(report.last_at / 1000000, at);
    return buf_printf(out, "checkpoints  %llu intact; the last covers record %llu, signed %s\n",
                      (unsigned long long)report.count, (unsigned long long)report.last, at);
}

/* ---- what a log has kept: that one cannot be taken along by who cuts the trail off ---- */

struct kept {
    uint64_t sequence;
    uint8_t chain[CHAIN_SIZE];
    bool same;
};

static int kept_read(const struct message_pair *pair, struct kept *out)
{
    char number[NUMBER_DIGITS + 1];
    if (pair->name.len == 0 || pair->name.len > NUMBER_DIGITS ||
        pair->value.len != 2 * CHAIN_SIZE)
        return CH_EINVAL;
    memcpy(number, pair->name.data, pair->name.len);
    number[pair->name.len] = '\0';
    if (strspn(number, "0123456789") != pair->name.len)
        return CH_EINVAL;
    out->sequence = strtoull(number, NULL, 10);
    return out->sequence == 0
               ? CH_EINVAL
               : hex_decode((const char *)pair->value.data, 2 * CHAIN_SIZE, out->chain);
}

static int kept_unit(struct store_tx *tx, void *context)
{
    struct kept *k = context;
    uint8_t chain[CHAIN_SIZE];
    int rc = store_audit_chain(tx, k->sequence, chain);
    k->same = rc == 0 && memcmp(chain, k->chain, CHAIN_SIZE) == 0;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int kept_verify(struct core *core, const struct message_pairs *pairs, struct buf *out,
                       bool *broken)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < pairs->count; i++) {
        struct kept k = {0};
        rc = kept_read(&pairs->pair[i], &k);
        if (rc == 0)
            rc = store_read(core->store, kept_unit, &k);
        if (rc != 0 || k.same)
            continue;
        *broken = true;
        return buf_printf(out, "log          BROKEN: record %llu is not what the log says\n",
                          (unsigned long long)k.sequence);
    }
    if (rc == 0 && pairs->count > 0)
        rc = buf_printf(out, "log          its last %u checkpoints agree\n", (unsigned)pairs->count);
    return rc;
}

int trail_verify(struct core *core, const struct message_pairs *kept, struct buf *out)
{
    bool chain = false, checkpoints = false, log = false;
    int rc = chain_verify(core, out, &chain);
    if (rc == 0)
        rc = checkpoints_verify(core, out, &checkpoints);
    if (rc == 0)
        rc = kept_verify(core, kept, out, &log);
    return rc == 0 && (chain || checkpoints || log) ? CH_EINTEGRITY : rc;
}
