#include "api/front/relay.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>

#define RELAY_BUCKETS 4096 /* a power of two: ids count up, so they spread by themselves */

struct relay {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t sender;
    pthread_t receiver;
    int answer_timeout_ms;
    struct relay_listener listener; /* told NULL: nobody listens */
    bool closed;
    struct channel *current; /* in use by the threads */
    struct channel *next;    /* attached, not yet taken up */
    bool sender_inside;      /* the sender is using current */
    struct ask *sending;     /* its message is being read: must not be failed by others */
    uint64_t last_id;
    size_t pending;
    struct ask *queue_head;
    struct ask **queue_tail;
    struct ask *bucket[RELAY_BUCKETS];
};

static struct ask **bucket_of(struct relay *r, uint64_t id)
{
    return &r->bucket[id & (RELAY_BUCKETS - 1)];
}

static struct ask **table_find(struct relay *r, uint64_t id)
{
    struct ask **at = bucket_of(r, id);
    while (*at != NULL && (*at)->id != id)
        at = &(*at)->bucket_next;
    return at;
}

static void table_put(struct relay *r, struct ask *ask)
{
    struct ask **head = bucket_of(r, ask->id);
    ask->bucket_next = *head;
    *head = ask;
    r->pending++;
}

static struct ask *table_take(struct relay *r, struct ask **at)
{
    struct ask *ask = *at;
    *at = ask->bucket_next;
    ask->bucket_next = NULL;
    r->pending--;
    return ask;
}

static void queue_put(struct relay *r, struct ask *ask)
{
    ask->state = ASK_QUEUED;
    ask->queue_next = NULL;
    *r->queue_tail = ask;
    r->queue_tail = &ask->queue_next;
}

static struct ask *queue_take(struct relay *r)
{
    struct ask *ask = r->queue_head;
    r->queue_head = ask->queue_next;
    if (r->queue_head == NULL)
        r->queue_tail = &r->queue_head;
    ask->queue_next = NULL;
    return ask;
}

static void queue_remove(struct relay *r, const struct ask *ask)
{
    struct ask **at = &r->queue_head;
    while (*at != NULL && *at != ask)
        at = &(*at)->queue_next;
    if (*at == NULL)
        return;
    *at = ask->queue_next;
    if (*at == NULL)
        r->queue_tail = at;
}

/* Takes out all questions (or only those due by now), chained by queue_next. Lock held. */
static struct ask *take_failed(struct relay *r, bool all, int64_t now)
{
    struct ask *failed = NULL;
    for (size_t i = 0; i < RELAY_BUCKETS && r->pending > 0; i++) {
        struct ask **at = &r->bucket[i];
        while (*at != NULL) {
            if (*at == r->sending || (!all && (*at)->deadline_ms > now)) {
                at = &(*at)->bucket_next;
                continue;
            }
            struct ask *ask = table_take(r, at);
            if (ask->state == ASK_QUEUED)
                queue_remove(r, ask);
            ask->queue_next = failed;
            failed = ask;
        }
    }
    return failed;
}

static void fail_chain(struct ask *failed, int failure)
{
    while (failed != NULL) {
        struct ask *ask = failed;
        failed = ask->queue_next;
        ask->done(ask, failure, NULL);
    }
}

/* Sends one question; on return the lock is held again. */
static void send_one(struct relay *r, struct ask *ask)
{
    struct channel *core = r->current;
    r->sending = ask;
    r->sender_inside = true;
    ask->state = ASK_SENDING;
    pthread_mutex_unlock(&r->lock);
    int result = channel_send(core, ask->type, ask->id, ask->message, -1);
    bool lost = result != 0 && result != CH_EINVAL && result != CH_ELIMIT;
    if (lost) {
        log_warn("core does not take messages: %s", ch_error_text(result));
        channel_shutdown(core);
    }
    pthread_mutex_lock(&r->lock);
    r->sending = NULL;
    r->sender_inside = false;
    ask->state = ASK_SENT;
    /* The channel may have ended meanwhile; then whoever failed all others left this one out. */
    if (result == 0 && (r->closed || r->current != core))
        result = CH_ECLOSED;
    if (result != 0)
        table_take(r, table_find(r, ask->id));
    pthread_cond_broadcast(&r->changed);
    if (result == 0)
        return;
    pthread_mutex_unlock(&r->lock);
    ask->done(ask, lost ? CH_ECLOSED : result, NULL);
    pthread_mutex_lock(&r->lock);
}

static void *sender_main(void *context)
{
    struct relay *r = context;
    pthread_mutex_lock(&r->lock);
    while (!r->closed) {
        if (r->queue_head == NULL || r->current == NULL)
            pthread_cond_wait(&r->changed, &r->lock);
        else
            send_one(r, queue_take(r));
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* An answer to nothing, by the catalogue: core speaks of its own accord. */
static bool is_unasked(const struct frame *frame)
{
    return frame->header.type == MSG_FORGET;
}

/* Finds who asked and hands the answer over. False when core broke the agreement. */
static bool deliver(struct relay *r, struct frame *reply)
{
    if (is_unasked(reply)) {
        if (r->listener.told != NULL)
            r->listener.told(r->listener.context, reply);
        relay_free_reply(reply);
        return true;
    }
    pthread_mutex_lock(&r->lock);
    struct ask **at = table_find(r, reply->header.id);
    while (*at != NULL && *at == r->sending) {
        pthread_cond_wait(&r->changed, &r->lock);
        at = table_find(r, reply->header.id);
    }
    bool known = *at != NULL && (*at)->state == ASK_SENT;
    bool fits = known && message_row_find((uint16_t)(*at)->type)->reply == reply->header.type;
    struct ask *ask = fits ? table_take(r, at) : NULL;
    pthread_mutex_unlock(&r->lock);
    if (ask != NULL) {
        ask->done(ask, 0, reply);
        return true;
    }
    relay_free_reply(reply);
    if (known)
        log_error("core answered with a message of another kind");
    return !known;
}

static void receive_all(struct relay *r, struct channel *core)
{
    int result = channel_read_ahead(core);
    while (result == 0) {
        struct frame *reply = calloc(1, sizeof *reply);
        result = reply == NULL ? CH_ENOMEM : channel_receive(core, reply);
        if (result != 0)
            free(reply);
        else if (!deliver(r, reply))
            result = CH_EPROTO;
    }
    log_info("the channel to core ended: %s", ch_error_text(result));
    channel_shutdown(core);
}

/* After the end of a channel: nobody may be inside any more, every question fails. Lock held. */
static void drop_current(struct relay *r)
{
    struct channel *core = r->current;
    r->current = NULL;
    struct ask *failed = take_failed(r, true, 0);
    while (r->sender_inside)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    if (r->listener.ended != NULL)
        r->listener.ended(r->listener.context);
    fail_chain(failed, CH_ECLOSED);
    channel_free(core);
    pthread_mutex_lock(&r->lock);
}

static void *receiver_main(void *context)
{
    struct relay *r = context;
    pthread_mutex_lock(&r->lock);
    while (!r->closed) {
        if (r->next == NULL) {
            pthread_cond_wait(&r->changed, &r->lock);
            continue;
        }
        r->current = r->next;
        r->next = NULL;
        pthread_cond_broadcast(&r->changed);
        pthread_mutex_unlock(&r->lock);
        receive_all(r, r->current);
        pthread_mutex_lock(&r->lock);
        drop_current(r);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

struct relay *relay_open(int answer_timeout_ms)
{
    struct relay *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->answer_timeout_ms = answer_timeout_ms;
    r->queue_tail = &r->queue_head;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    if (pthread_create(&r->sender, NULL, sender_main, r) != 0)
        goto no_sender;
    if (pthread_create(&r->receiver, NULL, receiver_main, r) != 0)
        goto no_receiver;
    return r;

no_receiver:
    pthread_mutex_lock(&r->lock);
    r->closed = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->sender, NULL);
no_sender:
    relay_free(r);
    return NULL;
}

void relay_listen(struct relay *r, const struct relay_listener *listener)
{
    PRECOND(r != NULL && listener != NULL && listener->told != NULL && listener->ended != NULL);
    pthread_mutex_lock(&r->lock);
    r->listener = *listener;
    pthread_mutex_unlock(&r->lock);
}

void relay_attach(struct relay *r, struct channel *core)
{
    PRECOND(r != NULL && core != NULL);
    pthread_mutex_lock(&r->lock);
    struct channel *unused = r->closed ? core : r->next;
    if (!r->closed) {
        r->next = core;
        if (r->current != NULL)
            channel_shutdown(r->current);
    }
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    channel_free(unused);
}

void relay_ask(struct relay *r, struct ask *ask)
{
    PRECOND(r != NULL && ask != NULL && ask->message != NULL && ask->done != NULL);
    pthread_mutex_lock(&r->lock);
    bool away = r->closed || (r->current == NULL && r->next == NULL);
    bool first = r->queue_head == NULL;
    if (!away) {
        ask->id = ++r->last_id;
        ask->deadline_ms = clock_monotonic_ms() + r->answer_timeout_ms;
        table_put(r, ask);
        queue_put(r, ask);
    }
    pthread_mutex_unlock(&r->lock);
    if (!away && first) /* the sender sleeps only before an empty queue, or without a channel */
        pthread_cond_broadcast(&r->changed);
    if (away)
        ask->done(ask, CH_ECLOSED, NULL);
}

void relay_expire(struct relay *r)
{
    pthread_mutex_lock(&r->lock);
    struct ask *failed = take_failed(r, false, clock_monotonic_ms());
    pthread_mutex_unlock(&r->lock);
    fail_chain(failed, CH_ETIMEOUT);
}

size_t relay_pending(struct relay *r)
{
    pthread_mutex_lock(&r->lock);
    size_t pending = r->pending;
    pthread_mutex_unlock(&r->lock);
    return pending;
}

void relay_close(struct relay *r)
{
    PRECOND(r != NULL);
    pthread_mutex_lock(&r->lock);
    r->closed = true;
    if (r->current != NULL)
        channel_shutdown(r->current);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->sender, NULL);
    pthread_join(r->receiver, NULL);
    pthread_mutex_lock(&r->lock);
    struct ask *failed = take_failed(r, true, 0);
    pthread_mutex_unlock(&r->lock);
    fail_chain(failed, CH_ECLOSED);
}

void relay_free(struct relay *r)
{
    if (r == NULL)
        return;
    PRECOND(r->pending == 0);
    channel_free(r->next);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void relay_free_reply(struct frame *reply)
{
    if (reply == NULL)
        return;
    frame_free(reply);
    free(reply);
}
