/*
 * issue_public.h - public certificates from the moment on at which their names are proved. The
 * certificate is put on a list in the store; the job takes it from there: key, an authority of
 * the trust services, certificate transparency, signature, ISSUED. What fails for a while (HSM,
 * logs, authorities that are not made yet) is tried again.
 */
#ifndef CHANCERY_ACM_ISSUE_PUBLIC_H
#define CHANCERY_ACM_ISSUE_PUBLIC_H

#include "ca/core.h"

/* The lines on which they are issued beside each other, as each may wait for logs elsewhere: 1 to 8. */
#define PUBLIC_ISSUE_JOB(line) "public-issue-" #line
#define PUBLIC_ISSUE_LINES 8

/*
 * In a write unit, when a name is proved or CAA was looked up: notes a certificate whose names are all proved,
 * a new one or one whose renewal is under way. 0 also when names are still missing, and then nothing is noted.
 * checked_at (microseconds): when CAA was last looked up for all its names (CA/Browser Forum BR 3.2.2.8).
 */
int issue_public_want(struct store_tx *tx, const struct scope *scope, const char *certificate,
                      int64_t checked_at);

/* After that commit. */
void issue_public_wake(struct core *core);

/* ---- the job (ca/jobs/schedule.h) ---- */
int issue_public_job_due(struct core *core, int64_t *at);
int issue_public_job_run(struct core *core, int64_t now);

#endif
