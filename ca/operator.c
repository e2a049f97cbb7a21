#include "ca/operator.h"

#include "ca/handlers.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 10000

struct operator {
    struct core *core;
    int listening;
    uid_t owner; /* of STATE */
    pthread_t thread;
    pthread_mutex_t lock;
    struct channel *current;
    bool stopping;
};

static bool may_speak(const struct operator *o, int fd)
{
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    if (peer.uid == 0 || peer.uid == geteuid() || peer.uid == o->owner)
        return true;
    log_warn("operator socket: user %u refused", (unsigned)peer.uid);
    return false;
}

/* Publishes the channel, so that a stop can end it; false when the stop came first. */
static bool current_set(struct operator *o, struct channel *c)
{
    pthread_mutex_lock(&o->lock);
    bool go_on = !o->stopping;
    o->current = c;
    pthread_mutex_unlock(&o->lock);
    return go_on;
}

static void converse(struct operator *o, struct channel *c)
{
    struct frame frame;
    int r = 0;
    while (r == 0 && (r = channel_receive(c, &frame)) == 0) {
        r = handlers_act(o->core, c, &frame);
        frame_free(&frame);
    }
    if (r != CH_ECLOSED)
        log_warn("operator connection ends: %s", ch_error_text(r));
}

static void serve_connection(struct operator *o, int fd)
{
    struct channel *c = channel_new(fd, ROLE_CORE, ROLE_OPERATOR, TIMEOUT_MS);
    if (c == NULL)
        return;
    channel_set_receive_timeout(c, TIMEOUT_MS);
    if (current_set(o, c))
        converse(o, c);
    (void)current_set(o, NULL);
    channel_free(c);
}

static bool is_stopping(struct operator *o)
{
    pthread_mutex_lock(&o->lock);
    bool stopping = o->stopping;
    pthread_mutex_unlock(&o->lock);
    return stopping;
}

static void *operator_main(void *context)
{
    struct operator *o = context;
    while (!is_stopping(o)) {
        int fd = accept4(o->listening, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && !is_stopping(o)) {
            /* Out of descriptors, say: waiting is all that can be done. */
            (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
            continue;
        }
        if (fd < 0)
            continue;
        if (may_speak(o, fd))
            serve_connection(o, fd);
        else
            close(fd);
    }
    return NULL;
}

int operator_new(struct core *core, const char *state, int listening, struct operator **out)
{
    PRECOND(core != NULL && state != NULL && listening >= 0);
    struct stat st;
    *out = NULL;
    struct operator *o = calloc(1, sizeof *o);
    if (o == NULL) {
        close(listening);
        return CH_ENOMEM;
    }
    o->core = core;
    o->listening = listening;
    o->owner = stat(state, &st) == 0 ? st.st_uid : geteuid();
    pthread_mutex_init(&o->lock, NULL);
    if (pthread_create(&o->thread, NULL, operator_main, o) != 0) {
        pthread_mutex_destroy(&o->lock);
        close(listening);
        free(o);
        return CH_ESYS;
    }
    *out = o;
    return 0;
}

void operator_free(struct operator *o)
{
    if (o == NULL)
        return;
    pthread_mutex_lock(&o->lock);
    o->stopping = true;
    if (o->current != NULL)
        channel_shutdown(o->current);
    pthread_mutex_unlock(&o->lock);
    (void)shutdown(o->listening, SHUT_RDWR); /* wakes accept */
    pthread_join(o->thread, NULL);
    close(o->listening);
    pthread_mutex_destroy(&o->lock);
    free(o);
}
