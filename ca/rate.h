/*
 * rate.h - a token bucket: at most `burst` at once and `per_hour` in the long run.
 */
#ifndef CHANCERY_CA_RATE_H
#define CHANCERY_CA_RATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct rate {
    pthread_mutex_t lock;
    int64_t per_hour;
    int64_t burst;
    int64_t spent_ms; /* how far the bucket is ahead of the clock */
    int64_t seen_ms;
};

#define RATE_INIT(hourly, at_once)                                                                 \
    {.lock = PTHREAD_MUTEX_INITIALIZER, .per_hour = (hourly), .burst = (at_once)}

/* Takes one; false when there is none left. */
bool rate_take(struct rate *rate);

#endif
