/*
 * audit_checkpoint.h - the job that signs a checkpoint of the audit trail when one is due.
 */
#ifndef CHANCERY_JOBS_AUDIT_CHECKPOINT_H
#define CHANCERY_JOBS_AUDIT_CHECKPOINT_H

#include "ca/core.h"

#define AUDIT_CHECKPOINT "audit-checkpoint"

int audit_checkpoint_due(struct core *core, int64_t *at);
int audit_checkpoint_run(struct core *core, int64_t now);

#endif
