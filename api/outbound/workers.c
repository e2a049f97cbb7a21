#include "api/outbound/workers.h"

#include "api/outbound/look_up.h"
#include "api/outbound/mail.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define QUEUE_MAX 4096 /* beyond it the channel is not read, and core feels it */
#define TIMEOUT_MOST_MS 600000

/* A channel and who uses it: its reader and each job that came over it. */
struct line {
    struct channel *channel;
    unsigned users;
};

struct job {
    STAILQ_ENTRY(job) next;
    struct line *line;
    struct frame frame;
};

struct workers {
    const struct outbound *outbound;
    pthread_mutex_t lock; /* guards all below and the users of each line */
    pthread_cond_t work, room;
    STAILQ_HEAD(job_list, job) jobs;
    size_t queued;
    unsigned most, started, idle; /* threads */
    struct line *current;
};

/* ---- what is done, a row a message ---- */

static unsigned timeout_of(uint32_t asked)
{
    return asked < TIMEOUT_MOST_MS ? asked : TIMEOUT_MOST_MS;
}

static int do_look_up(const struct outbound *o, struct channel *core, struct frame *f)
{
    struct buf views = {.cap_max = OUTBOUND_ANSWER_MAX};
    f->message.look_up.timeout_ms = timeout_of(f->message.look_up.timeout_ms);
    int r = o->resolvers == NULL ? CH_ESTATE : look_up(o->resolvers, &f->message.look_up, &views);
    if (r != 0) {
        log_warn("look-up: %s", ch_error_text(r));
        buf_clear(&views);
    }
    struct msg_looked_up answer = {buf_slice(&views)};
    r = channel_send(core, MSG_LOOKED_UP, f->header.id, &answer, -1);
    buf_free(&views);
    return r;
}

static int do_http(const struct outbound *o, struct channel *core, struct frame *f)
{
    struct http_answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL)
        return CH_ENOMEM;
    f->message.http.timeout_ms = timeout_of(f->message.http.timeout_ms);
    http_exchange(o, &f->message.http, f->fd, answer);
    int r = channel_send(core, MSG_HTTP_ANSWER, f->header.id, &answer->message, -1);
    http_answer_free(answer);
    free(answer);
    return r;
}

static int do_mail(const struct outbound *o, struct channel *core, struct frame *f)
{
    struct mail_answer answer;
    f->message.mail.timeout_ms = timeout_of(f->message.mail.timeout_ms);
    mail_send(o, &f->message.mail, &answer);
    return channel_send(core, MSG_MAIL_ANSWER, f->header.id, &answer.message, -1);
}

static const struct {
    enum message_type type;
    int (*act)(const struct outbound *o, struct channel *core, struct frame *f);
} tasks[] = {
    {MSG_LOOK_UP, do_look_up},
    {MSG_HTTP, do_http},
    {MSG_MAIL, do_mail},
};

static void job_do(struct workers *w, struct job *j)
{
    int r = CH_EPROTO;
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
        if (tasks[i].type == j->frame.header.type)
            r = tasks[i].act(w->outbound, j->line->channel, &j->frame);
    if (r != 0)
        log_warn("answer to core: %s", ch_error_text(r));
}

/* ---- threads ---- */

static void line_release(struct workers *w, struct line *l)
{
    pthread_mutex_lock(&w->lock);
    bool last = --l->users == 0;
    if (last && w->current == l)
        w->current = NULL;
    pthread_mutex_unlock(&w->lock);
    if (!last)
        return;
    channel_free(l->channel);
    free(l);
}

static struct job *job_take(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->idle++;
    while (STAILQ_EMPTY(&w->jobs))
        pthread_cond_wait(&w->work, &w->lock);
    w->idle--;
    struct job *j = STAILQ_FIRST(&w->jobs);
    STAILQ_REMOVE_HEAD(&w->jobs, next);
    w->queued--;
    pthread_cond_signal(&w->room);
    pthread_mutex_unlock(&w->lock);
    return j;
}

static void *worker_main(void *context)
{
    struct workers *w = context;
    for (;;) {
        struct job *j = job_take(w);
        job_do(w, j);
        frame_free(&j->frame);
        line_release(w, j->line);
        free(j);
    }
    return NULL;
}

static int thread_start(void *(*run)(void *context), void *context)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, context) != 0)
        return CH_ESYS;
    pthread_detach(thread);
    return 0;
}

/* With the lock held. Threads come with the work, as most of the time there is little. */
static void worker_add(struct workers *w)
{
    if (w->queued <= w->idle || w->started >= w->most)
        return;
    if (thread_start(worker_main, w) == 0)
        w->started++;
    else
        log_warn("no further thread: %u work", w->started);
}

static int read_one(struct workers *w, struct line *l)
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return CH_ENOMEM;
    int r = channel_receive(l->channel, &j->frame);
    if (r != 0) {
        free(j);
        return r;
    }
    j->line = l;
    pthread_mutex_lock(&w->lock);
    while (w->queued >= QUEUE_MAX)
        pthread_cond_wait(&w->room, &w->lock);
    l->users++;
    STAILQ_INSERT_TAIL(&w->jobs, j, next);
    w->queued++;
    worker_add(w);
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    return 0;
}

struct reading {
    struct workers *workers;
    struct line *line;
};

static void *reader_main(void *context)
{
    struct reading reading = *(struct reading *)context;
    free(context);
    int r = 0;
    while (r == 0)
        r = read_one(reading.workers, reading.line);
    if (r != CH_ECLOSED)
        log_error("channel of core ends: %s", ch_error_text(r));
    channel_shutdown(reading.line->channel);
    line_release(reading.workers, reading.line);
    return NULL;
}

void workers_attach(struct workers *w, struct channel *core)
{
    struct line *l = calloc(1, sizeof *l);
    struct reading *reading = malloc(sizeof *reading);
    if (l == NULL || reading == NULL) {
        free(l);
        free(reading);
        channel_free(core);
        return;
    }
    *l = (struct line){core, 1};
    *reading = (struct reading){w, l};
    pthread_mutex_lock(&w->lock);
    if (w->current != NULL)
        channel_shutdown(w->current->channel);
    w->current = l;
    pthread_mutex_unlock(&w->lock);
    if (thread_start(reader_main, reading) != 0) {
        free(reading);
        line_release(w, l);
    }
}

int workers_new(const struct outbound *o, unsigned count, struct workers **out)
{
    *out = NULL;
    struct workers *w = calloc(1, sizeof *w);
    if (w == NULL)
        return CH_ENOMEM;
    w->outbound = o;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->room, NULL);
    STAILQ_INIT(&w->jobs);
    w->most = count;
    if (thread_start(worker_main, w) != 0)
        return CH_ESYS; /* the process ends */
    w->started = 1;
    *out = w;
    return 0;
}

void workers_stop(struct workers *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    if (w->current != NULL)
        channel_shutdown(w->current->channel);
    pthread_mutex_unlock(&w->lock);
}
