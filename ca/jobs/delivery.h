/*
 * delivery.h - the job that puts CRLs and audit reports into the S3-compatible store of the configuration, by
 * outbound, again and again until it has taken them.
 */
#ifndef CHANCERY_JOBS_DELIVERY_H
#define CHANCERY_JOBS_DELIVERY_H

#include "ca/jobs/schedule.h"

#define DELIVERY_JOB "delivery"

/*
 * In a write unit: the file is to be put there, in the place of what was asked for before under that
 * name. 0 and nothing is noted when there is no such store, or no bucket. The job sees it within seconds.
 */
int delivery_want(struct store_tx *tx, const struct core *core, const struct delivery_row *row);

/* See struct job_kind. */
int delivery_job_due(struct core *core, int64_t *at);
int delivery_job_run(struct core *core, int64_t now);

#endif
