/*
 * checkpoint.h - signed checkpoints of the audit trail: the audit key in the HSM signs how far the
 * chain has come and what its value is. Who rewrites the trail can compute a new chain, and cannot sign it.
 */
#ifndef CHANCERY_TRAIL_CHECKPOINT_H
#define CHANCERY_TRAIL_CHECKPOINT_H

#include "ca/core.h"

/* Signs what is committed and not covered yet; 0 also when there is nothing. CH_EHSM, CH_EIO. */
int checkpoint_make(struct core *core);

/*
 * When the next is due (microseconds) by [audit] of the configuration, or INT64_MAX: so many records, or the
 * first uncovered one so old.
 */
int checkpoint_due(struct core *core, int64_t *at);

struct checkpoint_report {
    uint64_t count;
    uint64_t last;   /* record that the last one covers; 0 = there is none */
    int64_t last_at; /* microseconds */
    uint64_t bad;    /* the first whose signature is not the audit key's; 0 = none */
};

/* Verifies the signature of every checkpoint. 0, CH_EINTEGRITY with out->bad, or why it cannot be told. */
int checkpoint_verify(struct core *core, struct checkpoint_report *out);

/* At start: says in the log, as an error, when the trail lacks what the last checkpoint covers. */
int checkpoint_look(struct core *core);

#endif
