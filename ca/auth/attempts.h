/*
 * attempts.h - how often somebody may give a wrong password or code. Counted in memory, in a fixed number of
 * counters that several people may share: nobody gets more attempts by it, and who shares a counter is
 * chosen anew at every start.
 */
#ifndef CHANCERY_AUTH_ATTEMPTS_H
#define CHANCERY_AUTH_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#define ATTEMPTS_MAX 10                            /* wrong ones */
#define ATTEMPTS_WINDOW (INT64_C(15) * 60 * 1000000) /* microseconds, from the first of them */

struct attempts;

/* NULL when out of memory or the system has no randomness. */
struct attempts *attempts_new(void);
void attempts_free(struct attempts *a); /* NULL is fine */

/*
 * May who (such as a user's id) try once more at now (microseconds)? Counts the attempt as a wrong one until
 * attempts_right says otherwise, so that many at once are no way around. Safe from any thread.
 */
bool attempts_take(struct attempts *a, const char *who, int64_t now);

/* The attempt that was just taken was right: it does not count. */
void attempts_right(struct attempts *a, const char *who);

#endif
