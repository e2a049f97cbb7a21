/*
 * names.h - makes the names of new certificates known to searches for a part of a name, some
 * hundred at once: the index of parts is cheap to add to in bulk only.
 */
#ifndef CHANCERY_JOBS_NAMES_H
#define CHANCERY_JOBS_NAMES_H

#include "ca/jobs/schedule.h"

/* Row of the table in jobs.c. */
int names_job_due(struct core *core, int64_t *at);
int names_job_run(struct core *core, int64_t now);

#endif
