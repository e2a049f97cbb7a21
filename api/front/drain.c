#include "api/front/drain.h"

#include "firmware/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct draining {
    int fd;
    int64_t until_ms;
    int64_t left; /* bytes */
};

struct drain {
    pthread_mutex_t lock;
    unsigned count;
    struct draining at[DRAIN_MAX];
};

struct drain *drain_open(void)
{
    struct drain *d = calloc(1, sizeof *d);
    if (d != NULL)
        pthread_mutex_init(&d->lock, NULL);
    return d;
}

void drain_take(struct drain *d, int fd)
{
    pthread_mutex_lock(&d->lock);
    if (d->count < DRAIN_MAX) {
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (copy >= 0)
            d->at[d->count++] = (struct draining){
                .fd = copy, .until_ms = clock_monotonic_ms() + DRAIN_MS, .left = DRAIN_BYTES};
    }
    pthread_mutex_unlock(&d->lock);
}

/* True when there may come more. */
static bool throw_away(struct draining *it)
{
    uint8_t waste[16384];
    while (it->left > 0) {
        ssize_t got = recv(it->fd, waste, sizeof waste, MSG_DONTWAIT);
        if (got <= 0)
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        it->left -= got;
    }
    return false;
}

void drain_look(struct drain *d, int64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    for (unsigned i = 0; i < d->count;) {
        if (throw_away(&d->at[i]) && now_ms < d->at[i].until_ms) {
            i++;
            continue;
        }
        close(d->at[i].fd);
        d->at[i] = d->at[--d->count];
    }
    pthread_mutex_unlock(&d->lock);
}

unsigned drain_count(struct drain *d)
{
    pthread_mutex_lock(&d->lock);
    unsigned count = d->count;
    pthread_mutex_unlock(&d->lock);
    return count;
}

void drain_close(struct drain *d)
{
    if (d == NULL)
        return;
    for (unsigned i = 0; i < d->count; i++)
        close(d->at[i].fd);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
