#include "ca/auth/attempts.h"

#include <openssl/rand.h>

#include <pthread.h>
#include <stdlib.h>

#define COUNTERS 4096

struct counter {
    int64_t since; /* of the first wrong attempt that counts */
    uint32_t wrong;
};

struct attempts {
    pthread_mutex_t lock;
    uint64_t seed;
    uint32_t max;
    int64_t window;
    struct counter counters[COUNTERS];
};

struct attempts *attempts_new(uint32_t max, int64_t window)
{
    struct attempts *a = calloc(1, sizeof *a);
    if (a != NULL && RAND_bytes((unsigned char *)&a->seed, sizeof a->seed) != 1) {
        free(a);
        a = NULL;
    }
    if (a == NULL)
        return NULL;
    pthread_mutex_init(&a->lock, NULL);
    a->max = max;
    a->window = window;
    return a;
}

void attempts_free(struct attempts *a)
{
    if (a == NULL)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a);
}

static struct counter *counter_of(struct attempts *a, const char *who)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ a->seed; /* FNV-1a */
    for (; *who != '\0'; who++)
        hash = (hash ^ (uint8_t)*who) * UINT64_C(1099511628211);
    return &a->counters[(hash >> 32) % COUNTERS];
}

bool attempts_take(struct attempts *a, const char *who, int64_t now)
{
    pthread_mutex_lock(&a->lock);
    struct counter *c = counter_of(a, who);
    if (c->wrong == 0 || now - c->since >= a->window)
        *c = (struct counter){.since = now};
    bool allowed = c->wrong < a->max;
    if (allowed)
        c->wrong++;
    pthread_mutex_unlock(&a->lock);
    return allowed;
}

void attempts_right(struct attempts *a, const char *who)
{
    pthread_mutex_lock(&a->lock);
    struct counter *c = counter_of(a, who);
    if (c->wrong > 0)
        c->wrong--;
    pthread_mutex_unlock(&a->lock);
}
