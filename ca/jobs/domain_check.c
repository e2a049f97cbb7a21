#include "ca/jobs/domain_check.h"

#include "ca/domain/outcome.h"
#include "ca/domain/suffix.h"
#include "ca/jobs/domain_look.h"
#include "ca/jobs/domain_pace.h"
#include "ca/store/validations.h"
#include "firmware/base/clock.h"
#include "firmware/base/dns_view.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_US (INT64_C(120) * 1000000) /* then a look whose end nobody told of is done again */
#define SCOPES_MAX 1024
#define PICKS_MAX 64 /* rows in one round */
#define REST_US 100000 /* after a round that found nothing that it may begin */

/* One name under way. */
struct going {
    LIST_ENTRY(going) next;
    struct domain_checks *checks;
    struct look look;
    uint64_t server; /* whose place it has, see domain_pace.h; has_place: it is to be given back */
    bool has_place;
    int64_t again;   /* it was put off until then, because why; 0 = it was not */
    char why[PACE_WHY_SIZE];
    char account[ROW_ACCOUNT_SIZE];
    bool hurried, first;
};

struct domain_checks {
    struct core *core;
    pthread_mutex_t lock; /* guards all below */
    LIST_HEAD(goings, going) goings;
    size_t count;
    struct pace *pace;
    int64_t rest_until;
    int64_t after; /* scope whose turn was last */
};

int domain_checks_new(struct core *core, struct domain_checks **out)
{
    struct domain_checks *c = calloc(1, sizeof *c);
    *out = c;
    if (c == NULL)
        return CH_ENOMEM;
    int rc = pace_new(core->config->domains_checks_per_server,
                      core->config->domains_checks_per_second, &c->pace);
    if (rc != 0) {
        free(c);
        *out = NULL;
        return rc;
    }
    c->core = core;
    pthread_mutex_init(&c->lock, NULL);
    LIST_INIT(&c->goings);
    return 0;
}

void domain_checks_free(struct domain_checks *c)
{
    if (c == NULL)
        return;
    PRECOND(LIST_EMPTY(&c->goings));
    pace_free(c->pace);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* ---- how many at once, and how fast ---- */

static void parent_find(const char *name, char out[DOMAIN_SIZE])
{
    const char *at = domain_base(name);
    const char *parent = NULL;
    while ((parent = domain_parent(at)) != NULL && !suffix_is_public(parent))
        at = parent;
    snprintf(out, DOMAIN_SIZE, "%s", at);
}

static size_t count_of_account(const struct domain_checks *c, const char *account)
{
    const struct going *g = NULL;
    size_t count = 0;
    LIST_FOREACH(g, &c->goings, next)
        if (strcmp(g->account, account) == 0)
            count++;
    return count;
}

/*
 * A look waits in one worker of outbound for servers that may never answer: mails, logs and web servers
 * of others find a worker all the same.
 */
static size_t places_of(const struct domain_checks *c)
{
    size_t most = (size_t)c->core->config->domains_checks;
    size_t workers = (size_t)c->core->config->outbound_workers;
    size_t share = workers - workers / 4;
    return most < share ? most : share;
}

/* No account may have so much under way that there is no room when another comes. */
static size_t room_of(const struct domain_checks *c, const char *account)
{
    size_t most = places_of(c);
    size_t share = most - most / 4;
    size_t used = count_of_account(c, account);
    size_t room = most > c->count ? most - c->count : 0;
    size_t own = share > used ? share - used : 0;
    return own < room ? own : room;
}

/* ---- one look, from its begin to its end ---- */

static void going_free(struct going *g)
{
    look_free(&g->look);
    free(g);
}

/* With the lock held: it is under way no more. */
static void going_remove(struct domain_checks *c, struct going *g)
{
    LIST_REMOVE(g, next);
    c->count--;
    if (g->has_place)
        pace_end(c->pace, g->server);
}

static int again_unit(struct store_tx *tx, void *context)
{
    const struct going *g = context;
    struct validation_row row = {.scope = g->look.scope, .position = g->look.position,
                                 .next_try = g->look.lease};
    memcpy(row.certificate, g->look.certificate, sizeof row.certificate);
    return store_validation_postpone(tx, &row, g->again, g->why);
}

/* What cannot be written now is looked at when the lease ends. */
static void put_off(struct core *core, struct going *g)
{
    int rc = store_write(core->store, again_unit, g);
    if (rc != 0)
        log_warn("%s: a later time could not be written: %s", g->look.domain, ch_error_text(rc));
}

/* The last step of a look: its end is written and others may begin. */
static void on_end(void *context)
{
    struct going *g = context;
    struct domain_checks *c = g->checks;
    struct core *core = c->core;
    pthread_mutex_lock(&c->lock);
    going_remove(c, g);
    c->rest_until = 0;
    pthread_mutex_unlock(&c->lock);
    if (g->again != 0)
        put_off(core, g);
    else
        outcome_record(core, &g->look);
    going_free(g);
    schedule_wake(core->schedule, DOMAIN_CHECK_JOB);
}

/* The alphabetically first of the names in an answer to DNS_NS; false: there is none. */
static bool first_server(struct slice views, char out[DNS_NAME_SIZE])
{
    struct dns_view v;
    out[0] = '\0';
    if (dns_view_take(&views, &v) != 0)
        return false;
    for (uint32_t i = 0; i < v.count; i++) {
        char name[DNS_NAME_SIZE];
        snprintf(name, sizeof name, "%.*s", (int)v.records[i].len, (const char *)v.records[i].data);
        for (char *at = name; *at != '\0'; at++)
            *at = *at >= 'A' && *at <= 'Z' ? (char)(*at + ('a' - 'A')) : *at;
        if (out[0] == '\0' || strcmp(name, out) < 0)
            memcpy(out, name, sizeof name);
    }
    return out[0] != '\0';
}

/* Now it is known whom the look asks: the place of the domain is changed for one of its servers. */
static bool on_servers(void *context, const char *registered, struct slice views)
{
    struct going *g = context;
    struct domain_checks *c = g->checks;
    char first[DNS_NAME_SIZE];
    int64_t now = clock_now_us();
    bool found = first_server(views, first);
    pthread_mutex_lock(&c->lock);
    pace_end(c->pace, g->server);
    g->server = pace_learn(c->pace, registered, found ? first : NULL, now);
    const struct pace_ask ask = {.server = g->server, .domain = registered, .account = g->account,
                                 .now = now, .hurried = g->hurried,
                                 .first = g->first};
    g->has_place = pace_begin(c->pace, &ask, &g->again, g->why);
    if (g->has_place)
        g->again = 0;
    pthread_mutex_unlock(&c->lock);
    return g->has_place;
}

static bool is_hurried(const struct validation_row *row)
{
    return row->held != NULL && strcmp(row->held, VALIDATION_HURRIED) == 0;
}

static struct going *going_new(struct domain_checks *c, struct validation_row *row,
                               const char *registered, uint64_t server, bool known)
{
    struct going *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->checks = c;
    g->server = server;
    g->has_place = true;
    g->hurried = is_hurried(row);
    g->first = row->looked_at == 0;
    snprintf(g->account, sizeof g->account, "%s", row->scope.account);
    look_init(&g->look, c->core, row, on_end, g);
    g->look.servers = on_servers;
    if (!known)
        snprintf(g->look.registered, sizeof g->look.registered, "%s", registered);
    return g;
}

/* ---- a round ---- */

struct pick {
    struct validation_row row;
    struct going *going; /* NULL: put off until at, because held */
    int64_t at;
    char held[PACE_WHY_SIZE];
};

struct round {
    struct domain_checks *checks;
    int64_t now;
    size_t count;
    struct pick picks[PICKS_MAX];
};

/* Rows of one scope: those that may begin get their place, the others a later time. */
static int scope_pick(struct store_tx *tx, struct round *r, int64_t scope, size_t share)
{
    struct validation_row rows[PICKS_MAX] = {0};
    size_t count = 0;
    size_t max = PICKS_MAX - r->count < share ? PICKS_MAX - r->count : share;
    int rc = store_validation_due_list(tx, scope, r->now, rows, max, &count);
    if (rc == 0 && count > 0) {
        size_t room = room_of(r->checks, rows[0].scope.account);
        for (size_t i = 0; i < count && i < room; i++) {
            r->picks[r->count++].row = rows[i];
            rows[i] = (struct validation_row){0};
        }
    }
    for (size_t i = 0; i < count; i++)
        validation_row_free(&rows[i]);
    return rc;
}

static int pick_unit(struct store_tx *tx, void *context)
{
    struct round *r = context;
    struct domain_checks *c = r->checks;
    int64_t scopes[SCOPES_MAX];
    size_t count = 0;
    int rc = store_validation_due_scopes(tx, c->after, scopes, SCOPES_MAX, &count);
    if (rc == 0 && count == 0 && c->after != 0)
        rc = store_validation_due_scopes(tx, 0, scopes, SCOPES_MAX, &count);
    size_t share = count == 0 || PICKS_MAX / count == 0 ? 1 : PICKS_MAX / count;
    for (size_t i = 0; rc == 0 && i < count && r->count < PICKS_MAX; i++) {
        rc = scope_pick(tx, r, scopes[i], share);
        c->after = scopes[i];
    }
    return rc;
}

static int claim_unit(struct store_tx *tx, void *context)
{
    struct round *r = context;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->count; i++)
        rc = store_validation_postpone(tx, &r->picks[i].row, r->picks[i].at,
                                       r->picks[i].going == NULL ? r->picks[i].held : NULL);
    return rc;
}

/* With the lock held. A name that begins has its place at its servers; another has its time. */
static int place_take(struct round *r, struct pick *p)
{
    struct domain_checks *c = r->checks;
    char registered[DOMAIN_SIZE];
    bool known = false;
    parent_find(p->row.domain, registered);
    uint64_t server = pace_server(c->pace, registered, r->now, &known);
    const struct pace_ask ask = {.server = server, .domain = registered,
                                 .account = p->row.scope.account, .in_line = p->row.held != NULL,
                                 .now = r->now, .hurried = is_hurried(&p->row),
                                 .first = p->row.looked_at == 0};
    if (!pace_begin(c->pace, &ask, &p->at, p->held))
        return 0;
    p->at = r->now + LEASE_US;
    p->going = going_new(c, &p->row, registered, server, known);
    if (p->going == NULL) {
        pace_end(c->pace, server);
        return CH_ENOMEM;
    }
    LIST_INSERT_HEAD(&c->goings, p->going, next);
    c->count++;
    return 0;
}

static int places_take(struct round *r)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->count; i++)
        rc = place_take(r, &r->picks[i]);
    return rc;
}

static void places_give_back(struct round *r)
{
    struct domain_checks *c = r->checks;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < r->count; i++) {
        if (r->picks[i].going == NULL)
            continue;
        going_remove(c, r->picks[i].going);
        going_free(r->picks[i].going);
        r->picks[i].going = NULL;
    }
    pthread_mutex_unlock(&c->lock);
}

/* Only what is claimed on disk is looked at; what is claimed is told by its lease. */
static void round_begin(struct round *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct pick *p = &r->picks[i];
        if (p->going != NULL)
            look_begin(&p->going->look, &p->row, p->at);
        validation_row_free(&p->row);
    }
}

/* ---- why not yet ---- */

static bool is_going(const struct domain_checks *c, const struct validation_row *row)
{
    const struct going *g = NULL;
    LIST_FOREACH(g, &c->goings, next)
        if (g->look.position == row->position &&
            strcmp(g->look.certificate, row->certificate) == 0)
            return true;
    return false;
}

const char *domain_checks_why(struct core *core, const struct validation_row *row, char *reason,
                              size_t size)
{
    struct domain_checks *c = core->domain_checks;
    const char *code = "QUEUED";
    if (c == NULL || (core->connected & (1u << ROLE_OUTBOUND)) == 0) {
        snprintf(reason, size, "The process that looks names up does not run");
        return code;
    }
    pthread_mutex_lock(&c->lock);
    if (is_going(c, row)) {
        code = "LOOKING";
        snprintf(reason, size, "It is being looked at now");
    } else if (c->count >= places_of(c)) {
        snprintf(reason, size,
                 "%zu names are being looked at, which are all at once ([domains] checks); accounts "
                 "take turns", c->count);
    } else if (room_of(c, row->scope.account) == 0) {
        snprintf(reason, size,
                 "%zu names of this account are being looked at: the other places are kept for "
                 "other accounts ([domains] checks)",
                 count_of_account(c, row->scope.account));
    } else {
        snprintf(reason, size, "It is due and is looked at in its turn; accounts take turns");
    }
    pthread_mutex_unlock(&c->lock);
    return code;
}

int domain_check_job_due(struct core *core, int64_t *at)
{
    struct domain_checks *c = core->domain_checks;
    *at = SCHEDULE_NEVER;
    if (c == NULL)
        return 0;
    outbound_expire(core);
    pthread_mutex_lock(&c->lock);
    bool full = c->count >= places_of(c);
    int64_t rest_until = c->rest_until;
    pthread_mutex_unlock(&c->lock);
    int rc = full ? 0 : outcome_due_next(core, at);
    if (rc == 0 && *at < rest_until)
        *at = rest_until;
    return rc;
}

int domain_check_job_run(struct core *core, int64_t now)
{
    struct domain_checks *c = core->domain_checks;
    struct round *r = calloc(1, sizeof *r);
    if (r == NULL)
        return CH_ENOMEM;
    r->checks = c;
    r->now = now;
    pthread_mutex_lock(&c->lock);
    int rc = store_read(core->store, pick_unit, r);
    if (rc == 0)
        rc = places_take(r);
    if (r->count == 0)
        c->rest_until = now + REST_US;
    pthread_mutex_unlock(&c->lock);
    if (rc == 0 && r->count > 0)
        rc = store_write(core->store, claim_unit, r);
    if (rc != 0)
        places_give_back(r);
    round_begin(r);
    free(r);
    return rc;
}
