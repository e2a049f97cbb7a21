#include "ca/ct/asks.h"

#include "ca/outbound.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#define CONTENT_TYPE "application/json"
#define NAP_MS 1000 /* between looks for what is late, as nobody else may look */

struct ask {
    STAILQ_ENTRY(ask) next;
    struct ct_asks *all;
    size_t tag;
    struct ct_post post;
};

/* Lives as long as its owner, and as each ask that is under way. */
struct ct_asks {
    struct core *core;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    STAILQ_HEAD(ask_list, ask) ended;
    unsigned users; /* guarded by lock, as is all above */
    size_t count;   /* of those unheard; the owner's alone */
};

int ct_asks_new(struct core *core, struct ct_asks **out)
{
    struct ct_asks *a = *out = calloc(1, sizeof *a);
    if (a == NULL)
        return CH_ENOMEM;
    a->core = core;
    a->users = 1;
    STAILQ_INIT(&a->ended);
    pthread_mutex_init(&a->lock, NULL);
    int rc = clock_cond_init(&a->changed);
    if (rc != 0) {
        pthread_mutex_destroy(&a->lock);
        free(a);
        *out = NULL;
    }
    return rc;
}

static void ask_free(struct ask *ask)
{
    buf_free(&ask->post.body);
    free(ask);
}

static void release(struct ct_asks *a)
{
    struct ask *ask = NULL;
    pthread_mutex_lock(&a->lock);
    bool last = --a->users == 0;
    pthread_mutex_unlock(&a->lock);
    if (!last)
        return;
    while ((ask = STAILQ_FIRST(&a->ended)) != NULL) {
        STAILQ_REMOVE_HEAD(&a->ended, next);
        ask_free(ask);
    }
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

void ct_asks_free(struct ct_asks *a)
{
    if (a != NULL)
        release(a);
}

size_t ct_asks_count(const struct ct_asks *a)
{
    return a->count;
}

static void end(struct ask *ask)
{
    struct ct_asks *a = ask->all;
    pthread_mutex_lock(&a->lock);
    STAILQ_INSERT_TAIL(&a->ended, ask, next);
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    release(a);
}

static void fail(struct ct_post *post, const char *why, size_t len)
{
    post->status = 0;
    snprintf(post->why, sizeof post->why, "%.*s", (int)len, why);
}

static void on_done(void *context, int failure, const union message_any *answer)
{
    struct ask *ask = context;
    const struct msg_http_answer *http = failure == 0 ? &answer->http_answer : NULL;
    if (http != NULL && http->failure == 0) {
        ask->post.status = http->status;
        failure = buf_put_slice(&ask->post.body, http->body);
    } else if (http != NULL) {
        fail(&ask->post, (const char *)http->why.data, http->why.len);
    }
    if (failure != 0)
        fail(&ask->post, ch_error_text(failure), slice_text(ch_error_text(failure)).len);
    end(ask);
}

static int post(struct ask *ask, const char *url, struct slice body)
{
    struct core *core = ask->all->core;
    unsigned timeout_ms = (unsigned)core->config->ct_timeout * 1000;
    struct msg_http message = {.method = slice_text("POST"),
                               .url = slice_text(url),
                               .body = body,
                               .timeout_ms = timeout_ms,
                               .answer_max = (uint32_t)OUTBOUND_ANSWER_MAX};
    message.headers.count = 1;
    message.headers.pair[0] =
        (struct message_pair){slice_text("Content-Type"), slice_text(CONTENT_TYPE)};
    return outbound_ask(core, MSG_HTTP, &message, -1, timeout_ms, on_done, ask);
}

int ct_asks_send(struct ct_asks *a, const char *url, struct slice body, size_t tag)
{
    struct ask *ask = calloc(1, sizeof *ask);
    if (ask == NULL)
        return CH_ENOMEM;
    ask->all = a;
    ask->tag = tag;
    pthread_mutex_lock(&a->lock);
    a->users++;
    pthread_mutex_unlock(&a->lock);
    a->count++;
    int rc = post(ask, url, body);
    if (rc != 0)
        on_done(ask, rc, NULL);
    return 0;
}

/* Waits for an end until the time has come; lock held. */
static struct ask *wait_ended(struct ct_asks *a, int64_t until)
{
    struct ask *ask = NULL;
    while ((ask = STAILQ_FIRST(&a->ended)) == NULL) {
        int64_t left = until - clock_monotonic_ms();
        if (left <= 0)
            return NULL;
        struct timespec deadline = clock_deadline(left < NAP_MS ? left : NAP_MS);
        if (pthread_cond_timedwait(&a->changed, &a->lock, &deadline) == 0)
            continue;
        pthread_mutex_unlock(&a->lock);
        outbound_expire(a->core);
        pthread_mutex_lock(&a->lock);
    }
    STAILQ_REMOVE_HEAD(&a->ended, next);
    return ask;
}

int ct_asks_next(struct ct_asks *a, unsigned ms, size_t *tag, struct ct_post *out)
{
    *out = (struct ct_post){0};
    if (a->count == 0)
        return CH_ENOTFOUND;
    pthread_mutex_lock(&a->lock);
    struct ask *ask = wait_ended(a, clock_monotonic_ms() + ms);
    pthread_mutex_unlock(&a->lock);
    if (ask == NULL)
        return CH_ETIMEOUT;
    a->count--;
    *tag = ask->tag;
    *out = ask->post;
    ask->post.body = (struct buf){0};
    ask_free(ask);
    return 0;
}
