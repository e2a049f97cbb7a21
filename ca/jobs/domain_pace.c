#include "ca/jobs/domain_pace.h"

#include "firmware/base/error.h"

#include <stdio.h>
#include <stdlib.h>

#define SERVERS 1024   /* places by hash; servers that share one share its limits: no harm */
#define LINES 32       /* two for each account at one server, by hash likewise */
#define DOMAINS 16384  /* registered domains whose servers are remembered */
#define SECOND_US INT64_C(1000000)
#define KNOWN_US (INT64_C(3600) * SECOND_US)
#define UNKNOWN_US (INT64_C(60) * SECOND_US) /* servers that were not to be had are asked for again */
#define SOON_US 50000      /* so early is on time */
#define BURST_US 250000    /* what a server may be asked ahead of its pace */
#define CROWDED_US 500000  /* who finds all places taken comes back after */

struct server {
    size_t going;
    int64_t next;          /* when its pace has room again */
    int64_t lines[LINES];  /* when the last of each line begins */
};

struct domain {
    uint64_t name, server; /* hashes; 0 = none */
    int64_t until;
};

struct pace {
    int64_t at_once, per_second;
    struct server servers[SERVERS];
    struct domain domains[DOMAINS];
};

int pace_new(int64_t at_once, int64_t per_second, struct pace **out)
{
    struct pace *p = calloc(1, sizeof *p);
    *out = p;
    if (p == NULL)
        return CH_ENOMEM;
    p->at_once = at_once;
    p->per_second = per_second;
    return 0;
}

void pace_free(struct pace *p)
{
    free(p);
}

static uint64_t hash(const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (const char *at = text; *at != '\0'; at++)
        h = (h ^ (uint8_t)*at) * UINT64_C(1099511628211);
    return h ^ h >> 32;
}

/* ---- which servers ---- */

uint64_t pace_server(const struct pace *p, const char *domain, int64_t now, bool *known)
{
    uint64_t name = hash(domain);
    const struct domain *d = &p->domains[name % DOMAINS];
    *known = d->name == name && d->until > now;
    return *known ? d->server : name;
}

uint64_t pace_learn(struct pace *p, const char *domain, const char *first_server, int64_t now)
{
    uint64_t name = hash(domain);
    struct domain *d = &p->domains[name % DOMAINS];
    *d = (struct domain){.name = name,
                         .server = first_server == NULL ? name : hash(first_server),
                         .until = now + (first_server == NULL ? UNKNOWN_US : KNOWN_US)};
    return d->server;
}

/* ---- when ---- */

static size_t lines_used(const struct server *s, int64_t now)
{
    size_t count = 0;
    for (size_t i = 0; i < LINES; i++)
        if (s->lines[i] > now)
            count++;
    return count == 0 ? 1 : count;
}

/* The end of the account's line, and then the line is longer; lines share the pace of the server. */
static int64_t line_join(struct server *s, const struct pace_ask *ask, int64_t per_second)
{
    int64_t *line = &s->lines[hash(ask->account) % (LINES / 2) * 2 + ask->first];
    int64_t at = *line > ask->now ? *line : ask->now;
    *line = at + (int64_t)lines_used(s, ask->now) * SECOND_US / per_second;
    return at;
}

static bool has_room(const struct pace *p, const struct server *s, const struct pace_ask *ask,
                     int64_t *at, char why[PACE_WHY_SIZE])
{
    if (s->going < (size_t)p->at_once)
        return true;
    *at = ask->now + CROWDED_US;
    snprintf(why, PACE_WHY_SIZE,
             "%zu names are being looked at at the servers of %s: no more than that at once "
             "([domains] checks_per_server)",
             s->going, ask->domain);
    return false;
}

/* Is it time; if not, at which time it may be. */
static bool is_time(const struct pace *p, struct server *s, const struct pace_ask *ask,
                    int64_t *at, char why[PACE_WHY_SIZE])
{
    snprintf(why, PACE_WHY_SIZE,
             "The servers of %s are asked about no more than %lld names a second ([domains] "
             "checks_per_second); accounts take turns",
             ask->domain, (long long)p->per_second);
    *at = ask->in_line ? ask->now : line_join(s, ask, p->per_second);
    if (*at > ask->now + SOON_US)
        return false;
    *at = s->next - BURST_US;
    return *at <= ask->now;
}

bool pace_begin(struct pace *p, const struct pace_ask *ask, int64_t *at, char why[PACE_WHY_SIZE])
{
    struct server *s = &p->servers[ask->server % SERVERS];
    if (p->per_second > 0 && !ask->hurried && !is_time(p, s, ask, at, why))
        return false;
    if (!has_room(p, s, ask, at, why))
        return false;
    if (p->per_second > 0)
        s->next = (s->next > ask->now ? s->next : ask->now) + SECOND_US / p->per_second;
    s->going++;
    why[0] = '\0';
    return true;
}

void pace_end(struct pace *p, uint64_t server)
{
    struct server *s = &p->servers[server % SERVERS];
    if (s->going > 0)
        s->going--;
}
