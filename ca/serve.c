#include "ca/serve.h"

#include "ca/fair_queue.h"
#include "ca/handlers.h"
#include "ca/outbound.h"
#include "ca/request.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* More than the front has connections: as a rule nobody who waits keeps others from being queued. */
#define QUEUE_MAX 16384
#define QUEUE_OCTETS_MAX ((size_t)64 * 1024 * 1024)

/* A channel and who uses it: its reader and each job that came over it. */
struct link {
    LIST_ENTRY(link) next;
    struct serve *serve;
    struct channel *channel;
    unsigned users;
};

struct job {
    struct fair_item item; /* first: what the queue gives back */
    struct link *link;
    struct frame frame;
};

struct serve {
    struct core *core;
    pthread_mutex_t lock; /* guards all below and the users of each link */
    pthread_cond_t work, room, idle;
    struct fair_queue queue;
    LIST_HEAD(links, link) links;
    size_t queued, queued_octets;
    unsigned readers;
    bool stopping;
    unsigned worker_count;
    pthread_t workers[];
};

/* ---- links ---- */

static void link_release(struct link *l)
{
    struct serve *s = l->serve;
    pthread_mutex_lock(&s->lock);
    bool last = --l->users == 0;
    pthread_mutex_unlock(&s->lock);
    if (!last)
        return;
    channel_free(l->channel);
    free(l);
}

static void job_free(struct job *j)
{
    frame_free(&j->frame);
    link_release(j->link);
    free(j);
}

/* ---- the queue ---- */

static size_t job_octets(const struct job *j)
{
    return sizeof *j + j->frame.payload.len;
}

/* The access key in "...Credential=AKIA.../20261123/...", or empty. */
static struct slice claimed_key(struct slice text)
{
    static const char mark[] = "Credential=";
    const uint8_t *at = text.len == 0 ? NULL : memmem(text.data, text.len, mark, sizeof mark - 1);
    if (at == NULL)
        return slice_of(NULL, 0);
    at += sizeof mark - 1;
    size_t left = (size_t)(text.data + text.len - at), len = 0;
    while (len < left && at[len] != '/' && at[len] != '%')
        len++;
    return slice_of(at, len);
}

/*
 * Whose turn a job takes: of a call the access key that it claims. That is not proved yet and
 * need not be: who claims another's key waits with the other, and gets nothing of his. Who signs in has none: his address.
 */
static struct slice job_owner(const struct job *j)
{
    if (j->frame.header.type == MSG_SIGN_IN)
        return j->frame.message.sign_in.peer;
    if (j->frame.header.type != MSG_CALL)
        return slice_of(NULL, 0);
    const struct msg_call *call = &j->frame.message.call;
    struct slice key = claimed_key(request_header(call, "authorization"));
    return key.len > 0 ? key : claimed_key(call->query);
}

static bool queue_is_full(const struct serve *s)
{
    return s->queued >= QUEUE_MAX || s->queued_octets >= QUEUE_OCTETS_MAX;
}

/* Waits for room. False when core stops: the job stays the caller's. */
static bool queue_put(struct serve *s, struct job *j)
{
    struct slice who = job_owner(j);
    pthread_mutex_lock(&s->lock);
    while (queue_is_full(s) && !s->stopping)
        pthread_cond_wait(&s->room, &s->lock);
    bool put = !s->stopping;
    if (put) {
        j->link->users++;
        fair_queue_put(&s->queue, who, &j->item);
        s->queued++;
        s->queued_octets += job_octets(j);
    }
    pthread_mutex_unlock(&s->lock);
    if (put)
        pthread_cond_signal(&s->work); /* with the lock free, or it would wake only to wait again */
    return put;
}

/* The next job, or NULL when core stops. */
static struct job *queue_take(struct serve *s)
{
    struct job *j = NULL;
    pthread_mutex_lock(&s->lock);
    while (s->queued == 0 && !s->stopping)
        pthread_cond_wait(&s->work, &s->lock);
    if (!s->stopping) {
        j = (struct job *)fair_queue_take(&s->queue);
        s->queued--;
        s->queued_octets -= job_octets(j);
        pthread_cond_broadcast(&s->room);
    }
    pthread_mutex_unlock(&s->lock);
    return j;
}

static void *worker_main(void *context)
{
    struct serve *s = context;
    struct job *j = NULL;
    while ((j = queue_take(s)) != NULL) {
        if (handlers_act(s->core, j->link->channel, &j->frame) == CH_EPROTO) {
            log_error("%s sent a message that it may not send: its channel ends",
                      role_name(channel_peer(j->link->channel)));
            channel_shutdown(j->link->channel);
        }
        job_free(j);
    }
    return NULL;
}

/* ---- readers ---- */

/* What status shows: the peers of all links. The lock is held. */
static void connected_update(struct serve *s)
{
    unsigned roles = 0;
    for (const struct link *l = LIST_FIRST(&s->links); l != NULL; l = LIST_NEXT(l, next))
        roles |= 1u << channel_peer(l->channel);
    s->core->connected = roles;
}

/* One frame from the channel into the queue. */
static int read_one(struct link *l)
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return CH_ENOMEM;
    j->link = l;
    int r = channel_receive(l->channel, &j->frame);
    if (r == 0 && queue_put(l->serve, j))
        return 0;
    if (r == 0)
        frame_free(&j->frame);
    free(j);
    return r == 0 ? CH_ECLOSED : r;
}

static void *reader_main(void *context)
{
    struct link *l = context;
    struct serve *s = l->serve;
    enum role peer = channel_peer(l->channel);
    int r = channel_read_ahead(l->channel);
    while (r == 0)
        r = read_one(l);
    if (r != CH_ECLOSED)
        log_error("channel of %s ends: %s", role_name(peer), ch_error_text(r));
    channel_shutdown(l->channel);
    pthread_mutex_lock(&s->lock);
    LIST_REMOVE(l, next);
    connected_update(s);
    pthread_mutex_unlock(&s->lock);
    link_release(l);
    if (peer == ROLE_OUTBOUND)
        outbound_lost(s->core);
    pthread_mutex_lock(&s->lock);
    s->readers--;
    pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

int serve_wire(struct serve *s, struct channel *channel)
{
    PRECOND(s != NULL && channel != NULL);
    pthread_t thread;
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL) {
        channel_free(channel);
        return CH_ENOMEM;
    }
    *l = (struct link){.serve = s, .channel = channel, .users = 1};
    pthread_mutex_lock(&s->lock);
    LIST_INSERT_HEAD(&s->links, l, next);
    s->readers++;
    bool started = pthread_create(&thread, NULL, reader_main, l) == 0;
    if (!started) {
        LIST_REMOVE(l, next);
        s->readers--;
    }
    connected_update(s);
    pthread_mutex_unlock(&s->lock);
    if (!started) {
        link_release(l);
        return CH_ESYS;
    }
    pthread_detach(thread);
    return 0;
}

/* ---- what core says of its own accord ---- */

#define TOLD_MAX 8 /* links of one role: one, and a former one that is not quite gone */

/* The links of that role, each held; others than the first TOLD_MAX end, as they would hear nothing. */
static size_t links_hold(struct serve *s, enum role role, struct link *held[TOLD_MAX])
{
    size_t count = 0;
    pthread_mutex_lock(&s->lock);
    for (struct link *l = LIST_FIRST(&s->links); l != NULL; l = LIST_NEXT(l, next)) {
        if (channel_peer(l->channel) != role)
            continue;
        if (count == TOLD_MAX) {
            channel_shutdown(l->channel);
            continue;
        }
        l->users++;
        held[count++] = l;
    }
    pthread_mutex_unlock(&s->lock);
    return count;
}

void serve_tell(struct serve *s, enum role role, enum message_type type, const void *message)
{
    if (s == NULL)
        return;
    struct link *held[TOLD_MAX];
    size_t count = links_hold(s, role, held);
    for (size_t i = 0; i < count; i++) {
        if (channel_send(held[i]->channel, type, 0, message, -1) != 0)
            channel_shutdown(held[i]->channel);
        link_release(held[i]);
    }
}

static struct link *link_newest(struct serve *s, enum role role)
{
    struct link *l, *newest = NULL;
    pthread_mutex_lock(&s->lock);
    LIST_FOREACH(l, &s->links, next)
        if (newest == NULL && channel_peer(l->channel) == role)
            newest = l;
    if (newest != NULL)
        newest->users++;
    pthread_mutex_unlock(&s->lock);
    return newest;
}

int serve_ask(struct serve *s, enum role role, enum message_type type, uint64_t id,
              const void *message, int file)
{
    struct link *l = s == NULL ? NULL : link_newest(s, role);
    if (l == NULL)
        return CH_ESTATE;
    int r = channel_send(l->channel, type, id, message, file);
    if (r != 0 && r != CH_EINVAL && r != CH_ELIMIT)
        channel_shutdown(l->channel);
    link_release(l);
    return r;
}

/* ---- start and stop ---- */

int serve_new(struct core *core, unsigned workers, struct serve **out)
{
    PRECOND(core != NULL && workers > 0);
    *out = NULL;
    struct serve *s = calloc(1, sizeof *s + workers * sizeof s->workers[0]);
    if (s == NULL)
        return CH_ENOMEM;
    s->core = core;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->room, NULL);
    pthread_cond_init(&s->idle, NULL);
    fair_queue_init(&s->queue);
    LIST_INIT(&s->links);
    while (s->worker_count < workers &&
           pthread_create(&s->workers[s->worker_count], NULL, worker_main, s) == 0)
        s->worker_count++;
    if (s->worker_count < workers) {
        serve_free(s);
        return CH_ESYS;
    }
    core->serve = s;
    *out = s;
    return 0;
}

static void readers_stop(struct serve *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (const struct link *l = LIST_FIRST(&s->links); l != NULL; l = LIST_NEXT(l, next))
        channel_shutdown(l->channel);
    pthread_cond_broadcast(&s->room);
    pthread_cond_broadcast(&s->work);
    while (s->readers > 0)
        pthread_cond_wait(&s->idle, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

void serve_free(struct serve *s)
{
    if (s == NULL)
        return;
    readers_stop(s);
    for (unsigned i = 0; i < s->worker_count; i++)
        pthread_join(s->workers[i], NULL);
    for (struct fair_item *item = NULL; (item = fair_queue_take(&s->queue)) != NULL;)
        job_free((struct job *)item);
    s->core->serve = NULL;
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->room);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
