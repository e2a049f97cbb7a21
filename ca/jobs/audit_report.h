/*
 * audit_report.h - the job that writes audit reports as files, piece by piece:
 * STATE/reports/<bucket>/<key>.
 */
#ifndef CHANCERY_JOBS_AUDIT_REPORT_H
#define CHANCERY_JOBS_AUDIT_REPORT_H

#include "ca/jobs/schedule.h"

#define AUDIT_REPORT_JOB "audit-report"

/* See struct job_kind. */
int audit_report_job_due(struct core *core, int64_t *at);
int audit_report_job_run(struct core *core, int64_t now);

#endif
