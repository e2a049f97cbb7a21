#include "api/outbound/resolvers.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unbound.h>

#define SELF "recursion"
#define CLASS_IN 1
#define POLL_MS 200 /* how soon a stop is seen */

/*
 * Answers are kept so briefly that "check now" sees what is there now, yet the delegations
 * above many names of one moment are asked for once.
 */
static const char *const settings[][2] = {
    {"cache-max-ttl:", "2"},      {"cache-max-negative-ttl:", "0"}, {"infra-host-ttl:", "30"},
    {"qname-minimisation:", "no"}, {"harden-below-nxdomain:", "no"},
    {"msg-cache-size:", "4m"},      {"rrset-cache-size:", "8m"},
    {"harden-glue:", "yes"},      {"aggressive-nsec:", "no"},       {"prefetch:", "no"},
    {"num-queries-per-thread:", "1024"}, {"val-bogus-ttl:", "2"},
    /* A server that stumbles once is asked again soon, not given up for half a minute; one that takes
     * a second is slow, not down. More would let silent servers hold a look for all of its time. */
    {"infra-cache-max-rtt:", "3000"}, {"infra-keep-probing:", "yes"},
};

/* libunbound answers for these by itself unless told; on a private network they may well be served. After
 * this no setting can be changed. */
static const char *const own_zones[] = {"test.", "home.arpa."};

struct perspective {
    char name[64];
    bool is_own;           /* the own recursion: no server is asked to do it */
    pthread_mutex_t fresh; /* held while one question has a resolver without memory */
    struct ub_ctx *unbound;
    pthread_t thread;
    bool started;
    _Atomic bool stop;
};

struct resolvers {
    char *state;
    const struct config *config; /* of the caller, who has it as long as this */
    size_t count;
    struct perspective perspectives[DNS_RESOLVERS_MAX];
};

/* ---- a question under way ---- */

struct question {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int error;
    struct ub_result *result;
};

/* Called by the thread of the perspective. */
static void on_answer(void *context, int error, struct ub_result *result)
{
    struct question *q = context;
    pthread_mutex_lock(&q->lock);
    q->error = error;
    q->result = result;
    q->done = true;
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

static void *perspective_main(void *context)
{
    struct perspective *p = context;
    while (!p->stop) {
        struct pollfd wait = {.fd = ub_fd(p->unbound), .events = POLLIN};
        if (poll(&wait, 1, POLL_MS) > 0 && ub_process(p->unbound) != 0)
            log_warn("resolver %s: answers cannot be read", p->name);
    }
    return NULL;
}

static void deadline_set(struct timespec *deadline, unsigned ms)
{
    clock_gettime(CLOCK_MONOTONIC, deadline);
    deadline->tv_sec += ms / 1000;
    deadline->tv_nsec += (long)(ms % 1000) * 1000000;
    if (deadline->tv_nsec >= 1000000000) {
        deadline->tv_sec++;
        deadline->tv_nsec -= 1000000000;
    }
}

/*
 * Whoever gives up cancels; a cancel that comes too late finds the answer on its way, which must
 * be awaited as it is written to the question.
 */
static bool question_wait(struct perspective *p, struct question *q, int id, unsigned timeout_ms)
{
    struct timespec deadline;
    int e = 0;
    deadline_set(&deadline, timeout_ms);
    pthread_mutex_lock(&q->lock);
    while (!q->done && e == 0)
        e = pthread_cond_timedwait(&q->changed, &q->lock, &deadline);
    bool done = q->done;
    pthread_mutex_unlock(&q->lock);
    if (done || ub_cancel(p->unbound, id) == 0)
        return done;
    pthread_mutex_lock(&q->lock);
    while (!q->done)
        pthread_cond_wait(&q->changed, &q->lock);
    pthread_mutex_unlock(&q->lock);
    return true;
}

static void question_init(struct question *q)
{
    pthread_condattr_t attributes;
    *q = (struct question){0};
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* ---- from libunbound's result to a view ---- */

/* Of names the text; of anything else the octets. */
static int record_put(struct resolved *out, enum dns_type type, struct slice data, size_t at[2])
{
    char name[DNS_NAME_SIZE];
    size_t lead = type == DNS_TYPE_MX ? 2 : 0;
    at[0] = out->octets.len;
    int r = 0;
    if (type != DNS_TYPE_CNAME && type != DNS_TYPE_MX && type != DNS_TYPE_NS) {
        r = buf_put_slice(&out->octets, data);
    } else {
        r = data.len <= lead ? CH_EINVAL
                             : dns_name_from_wire(slice_of(data.data + lead, data.len - lead), name);
        if (r == 0 && lead == 2)
            r = buf_printf(&out->octets, "%u ", (unsigned)data.data[0] << 8 | data.data[1]);
        if (r == 0)
            r = buf_put_text(&out->octets, name);
    }
    at[1] = out->octets.len - at[0];
    return r;
}

/* What is too much to be reported is a failure: half a set of CAA records would say something else. */
static int records_take(struct resolved *out, enum dns_type type, const struct ub_result *result)
{
    size_t at[DNS_RECORDS_MAX][2];
    uint32_t count = 0;
    int r = 0;
    for (; r == 0 && result->data[count] != NULL; count++) {
        if (count == DNS_RECORDS_MAX || result->len[count] > (int)DNS_RECORD_MAX)
            return CH_ELIMIT;
        r = record_put(out, type,
                       slice_of(result->data[count], (size_t)result->len[count]), at[count]);
    }
    for (uint32_t i = 0; r == 0 && i < count; i++)
        out->view.records[i] = slice_of(out->octets.data + at[i][0], at[i][1]);
    out->view.count = r == 0 ? count : 0;
    return r;
}

static const char *rcode_text(int rcode)
{
    static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
    return rcode >= 0 && rcode < (int)(sizeof names / sizeof names[0]) ? names[rcode] : "an unknown code";
}

static void state_set(struct resolved *out, enum dns_state state, const char *why)
{
    out->view.state = state;
    snprintf(out->why, sizeof out->why, "%s", why == NULL ? "" : why);
    out->view.why = slice_text(out->why);
}

static void result_take(struct resolved *out, enum dns_type type, const struct ub_result *result)
{
    out->view.secure = result->secure != 0;
    if (result->bogus)
        state_set(out, DNS_BOGUS, result->why_bogus);
    else if (result->rcode == 3)
        state_set(out, DNS_NXDOMAIN, NULL);
    else if (result->rcode != 0)
        state_set(out, DNS_FAILED, rcode_text(result->rcode));
    else if (!result->havedata)
        state_set(out, DNS_NO_RECORD, NULL);
    else if (records_take(out, type, result) != 0)
        state_set(out, DNS_FAILED, "the answer has damaged records, or too many");
    else
        state_set(out, DNS_FOUND, NULL);
}

static void perspective_ask(struct perspective *p, const char *name, enum dns_type type, unsigned timeout_ms,
                            struct resolved *out)
{
    struct question q;
    int id = 0;
    *out = (struct resolved){0};
    snprintf(out->resolver, sizeof out->resolver, "%s", p->name);
    snprintf(out->name, sizeof out->name, "%s", name);
    out->view.resolver = slice_text(out->resolver);
    out->view.name = slice_text(out->name);
    out->view.type = type;
    question_init(&q);
    int e = ub_resolve_async(p->unbound, name, (int)type, CLASS_IN, &q, on_answer, &id);
    if (e != 0)
        state_set(out, DNS_FAILED, ub_strerror(e));
    else if (!question_wait(p, &q, id, timeout_ms))
        state_set(out, DNS_TIMED_OUT, NULL);
    else if (q.error != 0)
        state_set(out, DNS_FAILED, ub_strerror(q.error));
    else
        result_take(out, type, q.result);
    ub_resolve_free(q.result);
    pthread_cond_destroy(&q.changed);
    pthread_mutex_destroy(&q.lock);
}

void resolved_free(struct resolved *a)
{
    buf_free(&a->octets);
}

size_t resolvers_count(const struct resolvers *r)
{
    return r->count;
}

const char *resolvers_name(const struct resolvers *r, size_t which)
{
    return r->perspectives[which].name;
}

/* ---- from the configuration ---- */

/* Calls with each entry of a comma-separated list. */
static int list_visit(const char *list, int (*visit)(void *context, char *entry), void *context)
{
    char copy[CONFIG_TEXT_MAX];
    char *save = NULL;
    int r = 0;
    snprintf(copy, sizeof copy, "%s", list);
    for (char *entry = strtok_r(copy, ",", &save); r == 0 && entry != NULL;
         entry = strtok_r(NULL, ",", &save))
        r = visit(context, entry);
    return r;
}

static int refused(const char *what, const char *entry, int e)
{
    if (e != 0)
        log_error("%s %s: %s", what, entry, ub_strerror(e));
    return e == 0 ? 0 : CH_EINVAL;
}

static int stub_add(void *context, char *entry)
{
    struct perspective *p = context;
    char *equals = strchr(entry, '=');
    if (equals == NULL)
        return refused("stub", entry, UB_SYNTAX);
    *equals = '\0';
    return refused("stub", entry, ub_ctx_set_stub(p->unbound, entry, equals + 1, 0));
}

static int unsigned_add(void *context, char *entry)
{
    struct perspective *p = context;
    return refused("unsigned domain", entry,
                   ub_ctx_set_option(p->unbound, "domain-insecure:", entry));
}

static int settings_make(struct perspective *p)
{
    int e = 0;
    for (size_t i = 0; e == 0 && i < sizeof settings / sizeof settings[0]; i++)
        e = ub_ctx_set_option(p->unbound, settings[i][0], settings[i][1]);
    return refused("resolver", p->name, e);
}

static int own_zones_remove(struct perspective *p)
{
    int e = 0;
    for (size_t i = 0; e == 0 && i < sizeof own_zones / sizeof own_zones[0]; i++)
        e = ub_ctx_zone_remove(p->unbound, own_zones[i]);
    return refused("resolver", p->name, e);
}

/* libunbound keeps off the own machine unless told; whoever names a server there means it. */
static bool is_local(const struct config *config)
{
    static const char *const marks[] = {"127.", "::1"};
    bool local = false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        local = local || strstr(config->outbound_resolvers, marks[i]) != NULL ||
                strstr(config->outbound_stubs, marks[i]) != NULL;
    return local;
}

static int anchor_add(struct perspective *p, const char *state, const struct config *config)
{
    char path[4096];
    bool whole = config->outbound_trust_anchor[0] == '/';
    snprintf(path, sizeof path, "%s%s%s", whole ? "" : state, whole ? "" : "/",
             config->outbound_trust_anchor);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        log_error("no trust anchor of DNSSEC in %s", path);
        return CH_ENOTFOUND;
    }
    fclose(file);
    return refused("trust anchor", path, ub_ctx_add_ta_file(p->unbound, path));
}

static int perspective_open(struct perspective *p, const char *state, const struct config *config,
                            const char *server)
{
    snprintf(p->name, sizeof p->name, "%s", server == NULL ? SELF : server);
    p->is_own = server == NULL;
    pthread_mutex_init(&p->fresh, NULL);
    p->unbound = ub_ctx_create();
    int r = p->unbound == NULL ? CH_ENOMEM : 0;
    if (r == 0)
        r = refused("resolver", p->name, ub_ctx_async(p->unbound, 1));
    if (r == 0)
        r = settings_make(p);
    if (r == 0 && is_local(config))
        r = refused("resolver", p->name,
                    ub_ctx_set_option(p->unbound, "do-not-query-localhost:", "no"));
    if (r == 0 && server != NULL)
        r = refused("resolver", p->name, ub_ctx_set_fwd(p->unbound, server));
    if (r == 0)
        r = list_visit(config->outbound_stubs, stub_add, p);
    if (r == 0)
        r = list_visit(config->outbound_unsigned, unsigned_add, p);
    if (r == 0)
        r = anchor_add(p, state, config);
    if (r == 0)
        r = own_zones_remove(p);
    if (r == 0)
        r = pthread_create(&p->thread, NULL, perspective_main, p) == 0 ? 0 : CH_ESYS;
    p->started = r == 0;
    return r;
}

struct opening {
    struct resolvers *resolvers;
    const char *state;
    const struct config *config;
};

static int server_add(void *context, char *entry)
{
    struct opening *o = context;
    struct resolvers *r = o->resolvers;
    if (r->count == DNS_RESOLVERS_MAX)
        return refused("resolver beyond the eighth", entry, UB_SYNTAX);
    return perspective_open(&r->perspectives[r->count++], o->state, o->config, entry);
}

static void perspective_close(struct perspective *p)
{
    p->stop = true;
    if (p->started)
        pthread_join(p->thread, NULL);
    ub_ctx_delete(p->unbound);
}

int resolvers_open(const char *state, const struct config *config, struct resolvers **out)
{
    *out = NULL;
    struct resolvers *r = calloc(1, sizeof *r);
    struct opening o = {r, state, config};
    if (r == NULL)
        return CH_ENOMEM;
    r->config = config;
    r->state = strdup(state);
    int e = r->state == NULL ? CH_ENOMEM : list_visit(config->outbound_resolvers, server_add, &o);
    if (e == 0 && r->count == 0)
        e = perspective_open(&r->perspectives[r->count++], state, config, NULL);
    if (e != 0) {
        resolvers_free(r);
        return e;
    }
    *out = r;
    return 0;
}

void resolvers_free(struct resolvers *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->count; i++) {
        perspective_close(&r->perspectives[i]);
        pthread_mutex_destroy(&r->perspectives[i].fresh);
    }
    free(r->state);
    free(r);
}

/* ---- asking ---- */

/*
 * libunbound keeps for a minute that the keys of a zone could not be had, whatever its settings; so long
 * nobody should wait for servers that are back.
 */
static bool is_remembered(const struct resolved *a)
{
    return a->view.state == DNS_BOGUS && strstr(a->why, "previous validation failure") != NULL;
}

/* Asks anew with a resolver that remembers nothing. One at a time: who comes meanwhile has the remembered answer. */
static void fresh_ask(struct resolvers *r, struct perspective *p, enum dns_type type, unsigned timeout_ms,
                      struct resolved *out)
{
    struct perspective fresh = {0};
    char name[DNS_NAME_SIZE];
    if (pthread_mutex_trylock(&p->fresh) != 0)
        return;
    if (perspective_open(&fresh, r->state, r->config, p->is_own ? NULL : p->name) == 0) {
        snprintf(name, sizeof name, "%s", out->name);
        resolved_free(out);
        perspective_ask(&fresh, name, type, timeout_ms, out);
    }
    perspective_close(&fresh);
    pthread_mutex_destroy(&fresh.fresh);
    pthread_mutex_unlock(&p->fresh);
}

void resolvers_ask(struct resolvers *r, size_t which, const char *name, enum dns_type type,
                   unsigned timeout_ms, struct resolved *out)
{
    PRECOND(which < r->count);
    perspective_ask(&r->perspectives[which], name, type, timeout_ms, out);
    if (is_remembered(out))
        fresh_ask(r, &r->perspectives[which], type, timeout_ms, out);
}
