/*
 * renewal.h - the job that renews private certificates when their time has come.
 */
#ifndef CHANCERY_JOBS_RENEWAL_H
#define CHANCERY_JOBS_RENEWAL_H

#include "ca/jobs/schedule.h"

#define RENEWAL_JOB "renewal"

/* Job kind, see schedule.h. */
int renewal_job_due(struct core *core, int64_t *at);
int renewal_job_run(struct core *core, int64_t now);

#endif
