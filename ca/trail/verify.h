/*
 * verify.h - the audit trail, verified for the operator: its chain, its checkpoints, and what was kept
 * of them elsewhere.
 */
#ifndef CHANCERY_TRAIL_VERIFY_H
#define CHANCERY_TRAIL_VERIFY_H

#include "ca/core.h"
#include "firmware/base/message.h"

/*
 * Walks the chain from its first record, compares it with the checkpoints, verifies their signatures, and compares
 * it with `kept`: numbers of records and the chain values (64 hex digits) that a log has of them. What was found is put into
 * out, a line each. 0; CH_EINTEGRITY when anything is broken (out names the first bad record); CH_EINVAL when kept is
 * not of that form; the errors of the store.
 */
int trail_verify(struct core *core, const struct message_pairs *kept, struct buf *out);

#endif
