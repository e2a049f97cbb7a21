/*
 * domain_check.h - the job that has the names of public certificates looked at: for the record or redirect that
 * proves control, and for CAA. Outbound looks, this decides, and the store remembers.
 *
 * Accounts take turns, so that ten thousand names of one delay nobody else's; names that
 * ask the same authoritative servers are looked at no faster than [domains] says (domain_pace.h).
 */
#ifndef CHANCERY_JOBS_DOMAIN_CHECK_H
#define CHANCERY_JOBS_DOMAIN_CHECK_H

#include "ca/jobs/schedule.h"

#define DOMAIN_CHECK_JOB "domain-check"

struct domain_checks;
struct validation_row; /* ca/store/validations.h */

int domain_checks_new(struct core *core, struct domain_checks **out);
/* After outbound_free, when nothing is under way. NULL is fine. */
void domain_checks_free(struct domain_checks *c);

/*
 * Why a name that is due has not been looked at: LOOKING or QUEUED, and in words what is before it.
 */
const char *domain_checks_why(struct core *core, const struct validation_row *row, char *reason,
                              size_t size);

/* See struct job_kind. */
int domain_check_job_due(struct core *core, int64_t *at);
int domain_check_job_run(struct core *core, int64_t now);

#endif
