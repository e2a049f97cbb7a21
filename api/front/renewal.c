#include "api/front/renewal.h"

#include "api/front/identity.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Asking costs core one signature, so the pause after failures stays short. */
#define RETRY_FIRST_MS 20
#define RETRY_MAX_MS 5000
#define RETRY_TELL_MS 1000 /* at start core is often a moment later: no word about that */
#define CLOCK_LOOK_MS 1000 /* the wall clock may be set: look at it again this often */

struct renewal {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct relay *relay;
    void (*on_first)(void *context);
    void *context;
    bool stopping;
    struct ask ask;
    bool answered;
    int failure;
    struct frame *reply;
};

static void on_answer(struct ask *ask, int failure, struct frame *reply)
{
    struct renewal *r = (struct renewal *)((char *)ask - offsetof(struct renewal, ask));
    pthread_mutex_lock(&r->lock);
    r->answered = true;
    r->failure = failure;
    r->reply = reply;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* Asks core and waits; only this thread waits. */
static int ask_core(struct renewal *r, struct slice csr, struct frame **reply)
{
    struct msg_tls_certify question = {.csr = csr};
    r->answered = false;
    r->ask = (struct ask){.type = MSG_TLS_CERTIFY, .message = &question, .done = on_answer};
    relay_ask(r->relay, &r->ask);
    pthread_mutex_lock(&r->lock);
    while (!r->answered)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    *reply = r->reply;
    return r->failure;
}

/* One attempt, with a key of its own. */
static int certify(struct renewal *r, int64_t *renew_at)
{
    struct identity *fresh = NULL;
    struct frame *reply = NULL;
    struct buf csr = {0};
    int result = identity_new(&fresh, &csr);
    if (result == 0)
        result = ask_core(r, buf_slice(&csr), &reply);
    if (result == 0)
        result = identity_take_chain(fresh, &reply->message.tls_certified);
    if (result == 0) {
        identity_install(fresh);
        *renew_at = identity_renew_at(fresh);
    }
    relay_free_reply(reply);
    buf_free(&csr);
    identity_unref(fresh);
    return result;
}

/* True when told to stop. */
static bool wait_ms(struct renewal *r, int64_t ms)
{
    struct timespec until = clock_deadline(ms);
    pthread_mutex_lock(&r->lock);
    int waited = 0;
    while (!r->stopping && waited == 0)
        waited = pthread_cond_timedwait(&r->changed, &r->lock, &until);
    bool stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return stopping;
}

/* Retries until certified. False when told to stop. */
static bool certify_until_done(struct renewal *r, int64_t *renew_at)
{
    int64_t pause = RETRY_FIRST_MS;
    bool told = false;
    for (;;) {
        int result = certify(r, renew_at);
        if (result == 0)
            return true;
        if (!told && pause >= RETRY_TELL_MS) {
            log_warn("no TLS certificate from core yet: %s", ch_error_text(result));
            told = true;
        }
        if (wait_ms(r, pause))
            return false;
        pause = pause * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : pause * 2;
    }
}

static void *renewal_main(void *context)
{
    struct renewal *r = context;
    int64_t renew_at = 0;
    bool first = true;
    while (certify_until_done(r, &renew_at)) {
        char when[CLOCK_ISO_SIZE];
        clock_format_iso(renew_at, when);
        log_info("new TLS certificate, the next one at %s", when);
        if (first)
            r->on_first(r->context);
        first = false;
        /* A certificate that is due already (a clock gone wrong) must not become a storm. */
        do {
            if (wait_ms(r, CLOCK_LOOK_MS))
                return NULL;
        } while (clock_now() < renew_at);
    }
    return NULL;
}

struct renewal *renewal_start(struct relay *relay, void (*on_first)(void *context), void *context)
{
    PRECOND(relay != NULL && on_first != NULL);
    struct renewal *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->relay = relay;
    r->on_first = on_first;
    r->context = context;
    pthread_mutex_init(&r->lock, NULL);
    if (clock_cond_init(&r->changed) == 0 && pthread_create(&r->thread, NULL, renewal_main, r) == 0)
        return r;
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return NULL;
}

void renewal_stop(struct renewal *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    identity_install(NULL);
    free(r);
}
