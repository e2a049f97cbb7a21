#include "ca/outbound.h"

#include "ca/serve.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#define BUCKETS 1024 /* a power of two: ids count up, so they spread by themselves */
#define GRACE_MS 5000 /* outbound minds the time; this is for one that does not */

struct question {
    LIST_ENTRY(question) next;
    uint64_t id;
    enum message_type reply;
    int64_t deadline; /* monotonic milliseconds */
    outbound_done done;
    void *context;
};

LIST_HEAD(bucket, question);

struct outbound_client {
    pthread_mutex_t lock;
    uint64_t last_id;
    struct bucket buckets[BUCKETS];
};

int outbound_new(struct outbound_client **out)
{
    struct outbound_client *c = calloc(1, sizeof *c);
    *out = c;
    if (c == NULL)
        return CH_ENOMEM;
    pthread_mutex_init(&c->lock, NULL);
    return 0;
}

void outbound_free(struct outbound_client *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (!LIST_EMPTY(&c->buckets[i])) {
            struct question *q = LIST_FIRST(&c->buckets[i]);
            LIST_REMOVE(q, next);
            q->done(q->context, CH_ECLOSED, NULL);
            free(q);
        }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct question *question_take(struct outbound_client *c, uint64_t id)
{
    struct question *q, *found = NULL;
    pthread_mutex_lock(&c->lock);
    LIST_FOREACH(q, &c->buckets[id & (BUCKETS - 1)], next)
        if (q->id == id)
            found = q;
    if (found != NULL)
        LIST_REMOVE(found, next);
    pthread_mutex_unlock(&c->lock);
    return found;
}

int outbound_ask(struct core *core, enum message_type type, const void *message, int file,
                 unsigned timeout_ms, outbound_done done, void *context)
{
    struct outbound_client *c = core->outbound;
    const struct message_row *row = message_row_find((uint16_t)type);
    PRECOND(row != NULL && row->reply != 0);
    struct question *q = c == NULL ? NULL : calloc(1, sizeof *q);
    if (q == NULL)
        return c == NULL ? CH_ESTATE : CH_ENOMEM;
    *q = (struct question){.reply = (enum message_type)row->reply,
                           .deadline = clock_monotonic_ms() + timeout_ms + GRACE_MS,
                           .done = done,
                           .context = context};
    pthread_mutex_lock(&c->lock);
    q->id = ++c->last_id;
    uint64_t id = q->id;
    LIST_INSERT_HEAD(&c->buckets[id & (BUCKETS - 1)], q, next);
    pthread_mutex_unlock(&c->lock);
    int r = serve_ask(core->serve, ROLE_OUTBOUND, type, id, message, file);
    if (r == 0)
        return 0;
    q = question_take(c, id);
    free(q);
    return q != NULL ? r : 0; /* somebody else has told of the end already */
}

int outbound_take(struct core *core, const struct frame *frame)
{
    struct question *q = core->outbound == NULL
                             ? NULL
                             : question_take(core->outbound, frame->header.id);
    if (q == NULL)
        return 0;
    bool right = frame->header.type == q->reply;
    q->done(q->context, right ? 0 : CH_ECLOSED, right ? &frame->message : NULL);
    free(q);
    return right ? 0 : CH_EPROTO;
}

/* Ends all questions whose deadline is before a time. */
static void fail_before(struct outbound_client *c, int64_t before, int failure)
{
    struct bucket late = LIST_HEAD_INITIALIZER(late);
    struct question *q = NULL;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct question *after = LIST_FIRST(&c->buckets[i]); (q = after) != NULL;) {
            after = LIST_NEXT(q, next);
            if (q->deadline >= before)
                continue;
            LIST_REMOVE(q, next);
            LIST_INSERT_HEAD(&late, q, next);
        }
    pthread_mutex_unlock(&c->lock);
    while ((q = LIST_FIRST(&late)) != NULL) {
        LIST_REMOVE(q, next);
        q->done(q->context, failure, NULL);
        free(q);
    }
}

void outbound_lost(struct core *core)
{
    if (core->outbound != NULL)
        fail_before(core->outbound, INT64_MAX, CH_ECLOSED);
}

void outbound_expire(struct core *core)
{
    if (core->outbound != NULL)
        fail_before(core->outbound, clock_monotonic_ms(), CH_ETIMEOUT);
}

/* ---- waiting ---- */

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int failure;
    enum message_type type;
    struct outbound_answer *out;
};

void outbound_answer_free(struct outbound_answer *a)
{
    buf_free(&a->body);
    *a = (struct outbound_answer){0};
}

static void words_copy(struct outbound_answer *out, struct slice why)
{
    snprintf(out->why, sizeof out->why, "%.*s", (int)why.len, (const char *)why.data);
}

static int answer_copy(struct wait *w, const union message_any *answer)
{
    struct outbound_answer *out = w->out;
    if (w->type == MSG_LOOK_UP)
        return buf_put_slice(&out->body, answer->looked_up.views);
    if (w->type == MSG_MAIL) {
        out->failure = answer->mail_answer.failure;
        out->status = answer->mail_answer.status;
        words_copy(out, answer->mail_answer.why);
        return 0;
    }
    out->failure = answer->http_answer.failure;
    out->status = answer->http_answer.status;
    words_copy(out, answer->http_answer.why);
    return buf_put_slice(&out->body, answer->http_answer.body);
}

static void on_done(void *context, int failure, const union message_any *answer)
{
    struct wait *w = context;
    int r = failure != 0 ? failure : answer_copy(w, answer);
    pthread_mutex_lock(&w->lock);
    w->failure = r;
    w->done = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* By short naps that also look for questions that are late, as nobody else may do so. */
static void wait_end(struct core *core, struct wait *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->done) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == 0)
            continue;
        pthread_mutex_unlock(&w->lock);
        outbound_expire(core);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
}

int outbound_call(struct core *core, enum message_type type, const void *message, int file,
                  unsigned timeout_ms, struct outbound_answer *out)
{
    PRECOND(type == MSG_HTTP || type == MSG_MAIL || type == MSG_LOOK_UP);
    struct wait w = {.type = type, .out = out};
    *out = (struct outbound_answer){0};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.changed, NULL);
    int r = outbound_ask(core, type, message, file, timeout_ms, on_done, &w);
    if (r == 0) {
        wait_end(core, &w);
        r = w.failure;
    }
    pthread_cond_destroy(&w.changed);
    pthread_mutex_destroy(&w.lock);
    if (r != 0)
        outbound_answer_free(out);
    return r;
}
