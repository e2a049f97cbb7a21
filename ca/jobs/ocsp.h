/*
 * ocsp.h - OCSP responders are renewed before they end, also when nobody asks: those of authorities that
 * were asked once, or have OcspConfiguration enabled.
 */
#ifndef CHANCERY_JOBS_OCSP_H
#define CHANCERY_JOBS_OCSP_H

#include "ca/jobs/schedule.h"

#define OCSP_JOB "ocsp"

/* See struct job_kind. */
int ocsp_job_due(struct core *core, int64_t *at);
int ocsp_job_run(struct core *core, int64_t now);

#endif
