/*
 * clock.h - the one source of time. Unit tests replace the function; nothing
 * in the product does.
 */
#ifndef CHANCERY_BASE_CLOCK_H
#define CHANCERY_BASE_CLOCK_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_now_us(void);

/* Seconds since 1970-01-01 UTC. */
int64_t clock_now(void);

/* Milliseconds of a clock that never steps; for timeouts and back-off only. */
int64_t clock_monotonic_ms(void);

/*
 * A condition whose deadlines are of the clock that never steps, and such a deadline, ms from now: for
 * pthread_cond_timedwait, so that a stepped clock neither wakes nor delays anybody. CH_ESYS.
 */
int clock_cond_init(pthread_cond_t *cond);
struct timespec clock_deadline(int64_t ms);

/* Replaces the function behind clock_now_us (NULL = the system's); for unit tests. */
void clock_replace(int64_t (*now_us)(void));

#define CLOCK_ISO_SIZE 21
/* Writes seconds as "2026-11-23T13:17:00Z" into out[CLOCK_ISO_SIZE]; "" for years over 9999. */
void clock_format_iso(int64_t seconds, char *out);

#endif
