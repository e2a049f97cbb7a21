#include "ca/jobs/schedule.h"

#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_AGAIN_MS 2000 /* the wall clock may be stepped; nothing else is looked for */
#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 30000

/* One kind and its thread. */
struct line {
    struct schedule *schedule;
    const struct job_kind *kind;
    pthread_t thread;
    uint64_t wanted; /* rounds asked for */
    uint64_t done;   /* rounds begun after they were asked for, and ended */
    int result;      /* of the last round */
};

struct schedule {
    struct core *core;
    pthread_mutex_t mutex; /* guards all below but kind and thread */
    pthread_cond_t changed;
    bool stop;
    size_t count;
    struct line lines[];
};

/* ---- one round: everything that is due ---- */

static bool stopping(struct schedule *s)
{
    pthread_mutex_lock(&s->mutex);
    bool stop = s->stop;
    pthread_mutex_unlock(&s->mutex);
    return stop;
}

/* Runs until nothing is due; *next = when to look again. */
static int line_round(struct line *l, int64_t *next)
{
    struct core *core = l->schedule->core;
    int r = 0;
    *next = SCHEDULE_NEVER;
    while (r == 0 && !stopping(l->schedule)) {
        r = l->kind->due(core, next);
        int64_t now = clock_now_us();
        if (r != 0 || *next > now)
            break;
        r = l->kind->run(core, now);
    }
    if (r != 0)
        log_warn("%s waits on: %s", l->kind->name, ch_error_text(r));
    return r;
}

/* ---- the threads ---- */

/* Milliseconds to rest: until the next work, but never so long that a stepped clock goes unseen. */
static int64_t rest_ms(int64_t next)
{
    int64_t now = clock_now_us();
    if (next <= now)
        return 0;
    return next - now >= INT64_C(1000) * LOOK_AGAIN_MS ? LOOK_AGAIN_MS : (next - now) / 1000 + 1;
}

static int64_t retry_next(int64_t retry_ms)
{
    if (retry_ms == 0)
        return RETRY_MIN_MS;
    return retry_ms * 2 < RETRY_MAX_MS ? retry_ms * 2 : RETRY_MAX_MS;
}

/* Called with the mutex held. */
static void rest(struct line *l, int64_t ms)
{
    struct schedule *s = l->schedule;
    struct timespec deadline = clock_deadline(ms);
    while (!s->stop && l->wanted == l->done)
        if (pthread_cond_timedwait(&s->changed, &s->mutex, &deadline) != 0)
            return;
}

static void *line_main(void *context)
{
    struct line *l = context;
    struct schedule *s = l->schedule;
    int64_t retry_ms = 0;
    pthread_mutex_lock(&s->mutex);
    while (!s->stop) {
        int64_t next = SCHEDULE_NEVER;
        uint64_t round = l->wanted;
        pthread_mutex_unlock(&s->mutex);
        int r = line_round(l, &next);
        retry_ms = r == 0 ? 0 : retry_next(retry_ms);
        pthread_mutex_lock(&s->mutex);
        l->done = round;
        l->result = r;
        pthread_cond_broadcast(&s->changed);
        rest(l, retry_ms != 0 ? retry_ms : rest_ms(next));
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

/* ---- waking and waiting ---- */

static struct line *line_find(struct schedule *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->lines[i].kind->name, name) == 0)
            return &s->lines[i];
    return NULL;
}

void schedule_wake(struct schedule *s, const char *name)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->mutex);
    struct line *l = line_find(s, name);
    PRECOND(l != NULL);
    l->wanted++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

int schedule_wait(struct schedule *s, const char *name, unsigned timeout_ms)
{
    int r = 0;
    if (s == NULL)
        return CH_ESTATE;
    struct timespec deadline = clock_deadline(timeout_ms);
    pthread_mutex_lock(&s->mutex);
    struct line *l = line_find(s, name);
    PRECOND(l != NULL);
    uint64_t mine = ++l->wanted;
    pthread_cond_broadcast(&s->changed);
    while (!s->stop && l->done < mine && r == 0)
        if (pthread_cond_timedwait(&s->changed, &s->mutex, &deadline) != 0)
            r = CH_ETIMEOUT;
    if (r == 0)
        r = l->result;
    pthread_mutex_unlock(&s->mutex);
    return r;
}

/* ---- start and stop ---- */

int schedule_new(struct core *core, const struct job_kind *kinds, size_t count,
                 struct schedule **out)
{
    PRECOND(core != NULL && out != NULL);
    *out = NULL;
    struct schedule *s = calloc(1, sizeof *s + count * sizeof s->lines[0]);
    if (s == NULL)
        return CH_ENOMEM;
    s->core = core;
    pthread_mutex_init(&s->mutex, NULL);
    int r = clock_cond_init(&s->changed);
    if (r != 0) {
        pthread_mutex_destroy(&s->mutex);
        free(s);
        return r;
    }
    for (size_t i = 0; i < count; i++)
        s->lines[i] = (struct line){.schedule = s, .kind = &kinds[i]};
    *out = s;
    pthread_mutex_lock(&s->mutex);
    while (s->count < count &&
           pthread_create(&s->lines[s->count].thread, NULL, line_main, &s->lines[s->count]) == 0)
        s->count++;
    pthread_mutex_unlock(&s->mutex);
    if (s->count == count)
        return 0;
    *out = NULL;
    schedule_free(s);
    return CH_ESYS;
}

void schedule_stop(struct schedule *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->mutex);
    bool running = !s->stop;
    s->stop = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    for (size_t i = 0; running && i < s->count; i++)
        pthread_join(s->lines[i].thread, NULL);
}

void schedule_free(struct schedule *s)
{
    if (s == NULL)
        return;
    schedule_stop(s);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}
