/*
 * attempts.h - how often somebody may give a wrong password or code. Counted in memory, in a fixed number of
 * counters that several people may share: nobody gets more attempts by it, and who shares a counter is
 * chosen anew at every start.
 */
#ifndef CHANCERY_AUTH_ATTEMPTS_H
#define CHANCERY_AUTH_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

/* Of those who are signed in already. */
#define ATTEMPTS_MAX 10
#define ATTEMPTS_WINDOW (INT64_C(15) * 60 * 1000000)

struct attempts;

/*
 * max wrong ones in a window of microseconds, which begins with the first of them. NULL when out of memory or the
 * system has no randomness.
 */
struct attempts *attempts_new(uint32_t max, int64_t window);
void attempts_free(struct attempts *a); /* NULL is fine */

/*
 * May who (such as a user's id) try once more at now (microseconds)? Counts the attempt as a wrong one until
 * attempts_right says otherwise, so that many at once are no way around. Safe from any thread.
 */
bool attempts_take(struct attempts *a, const char *who, int64_t now);

/* The attempt that was just taken was right: it does not count. */
void attempts_right(struct attempts *a, const char *who);

#endif
