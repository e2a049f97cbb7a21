/*
 * schedule.h - the due work of core: expiry, deletion for good, CRLs, rotation. Each kind is a
 * row of the table in jobs.c and has a thread of its own, so that a long one delays no other.
 * A kind keeps nothing between rounds: what is due stands in the store under its time,
 * and what a stop interrupted is found again at the next start.
 */
#ifndef CHANCERY_JOBS_SCHEDULE_H
#define CHANCERY_JOBS_SCHEDULE_H

#include "ca/core.h"

#define SCHEDULE_NEVER INT64_MAX

struct job_kind {
    const char *name; /* for the log, and for schedule_wake */

    /*
     * When its next work is due (microseconds since 1970; a time that is past: now), or
     * SCHEDULE_NEVER. By an index: it is asked again at least every few seconds.
     */
    int (*due)(struct core *core, int64_t *at);

    /*
     * Does a bounded piece of what is due at now: whoever stops waits for it. Called again at once while
     * more is due. A failure is logged and tried again, less and less often.
     */
    int (*run)(struct core *core, int64_t now);
};

/* The kinds of core. */
extern const struct job_kind job_kinds[];
extern const size_t job_kind_count;

struct schedule;

/*
 * Starts a thread for each of count kinds, which must outlive it, as must core. out should be
 * &core->schedule: it is set before the threads run. CH_ENOMEM, CH_ESYS.
 */
int schedule_new(struct core *core, const struct job_kind *kinds, size_t count,
                 struct schedule **out);

/* Says that the work of that kind has changed. s NULL is fine. PRECOND: it is a kind of s. */
void schedule_wake(struct schedule *s, const char *name);

/*
 * Wakes that kind and waits until a round begun after now found nothing more due, at most
 * timeout_ms. 0, CH_ETIMEOUT, CH_ESTATE when s is NULL, or what the round failed with.
 */
int schedule_wait(struct schedule *s, const char *name, unsigned timeout_ms);

/*
 * Ends every thread after the piece it works on; waking and waiting stay allowed and do nothing. For
 * who has to end what the work uses before it frees. NULL is fine.
 */
void schedule_stop(struct schedule *s);

/* Stops and frees. NULL is fine. */
void schedule_free(struct schedule *s);

#endif
