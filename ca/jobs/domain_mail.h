/*
 * domain_mail.h - the job that sends validation mails: to the five addresses of a domain that has an MX
 * record, in one hand-over to the relay.
 */
#ifndef CHANCERY_JOBS_DOMAIN_MAIL_H
#define CHANCERY_JOBS_DOMAIN_MAIL_H

#include "ca/jobs/schedule.h"

/* The lines on which mails are sent beside each other, as a relay may be slow: 1 to 4. */
#define DOMAIN_MAIL_JOB(line) "domain-mail-" #line
#define DOMAIN_MAIL_LINES 4

/* See struct job_kind. */
int domain_mail_job_due(struct core *core, int64_t *at);
int domain_mail_job_run(struct core *core, int64_t now);

#endif
