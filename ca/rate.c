#include "ca/rate.h"

#include "firmware/base/clock.h"

#define HOUR_MS ((int64_t)3600 * 1000)

bool rate_take(struct rate *rate)
{
    int64_t now = clock_monotonic_ms(), price = HOUR_MS / rate->per_hour;
    pthread_mutex_lock(&rate->lock);
    rate->spent_ms -= now - rate->seen_ms;
    rate->seen_ms = now;
    if (rate->spent_ms < 0)
        rate->spent_ms = 0;
    bool taken = rate->spent_ms + price <= rate->burst * price;
    if (taken)
        rate->spent_ms += price;
    pthread_mutex_unlock(&rate->lock);
    return taken;
}
