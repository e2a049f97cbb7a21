/*
 * destruction.h - the end of deleted authorities: when one can no longer be restored, its key is destroyed
 * in the HSM. Its permissions and tags go with it; what it issued and revoked stays on record.
 */
#ifndef CHANCERY_JOBS_DESTRUCTION_H
#define CHANCERY_JOBS_DESTRUCTION_H

#include "ca/jobs/schedule.h"

#define DESTRUCTION_JOB "destruction"

/* See struct job_kind. */
int destruction_job_due(struct core *core, int64_t *at);
int destruction_job_run(struct core *core, int64_t now);

#endif
