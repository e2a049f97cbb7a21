/*
 * expiry.h - the job that does what time alone does to ACM certificates: ISSUED becomes
 * EXPIRED after NotAfter, and a public certificate whose names were not validated within 72
 * hours VALIDATION_TIMED_OUT.
 */
#ifndef CHANCERY_JOBS_EXPIRY_H
#define CHANCERY_JOBS_EXPIRY_H

#include "ca/jobs/schedule.h"

/* Job kind, see schedule.h. */
int expiry_job_due(struct core *core, int64_t *at);
int expiry_job_run(struct core *core, int64_t now);

#endif
