#include "firmware/base/clock.h"

#include "firmware/base/error.h"

#include <stdio.h>
#include <time.h>

static int64_t system_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t (*clock_function)(void) = system_now_us;

int64_t clock_now_us(void)
{
    return clock_function();
}

int64_t clock_now(void)
{
    return clock_now_us() / 1000000;
}

int64_t clock_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0)
        return CH_ESYS;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    int r = pthread_cond_init(cond, &monotonic) == 0 ? 0 : CH_ESYS;
    pthread_condattr_destroy(&monotonic);
    return r;
}

struct timespec clock_deadline(int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

void clock_replace(int64_t (*now_us)(void))
{
    clock_function = now_us == NULL ? system_now_us : now_us;
}

void clock_format_iso(int64_t seconds, char *out)
{
    time_t when = (time_t)seconds;
    struct tm tm;
    if (gmtime_r(&when, &tm) == NULL ||
        strftime(out, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        out[0] = '\0';
}
