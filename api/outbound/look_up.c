#include "api/outbound/look_up.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"

#include <string.h>

#define LEAST_MS 100

/* One walk at one resolver. */
struct walk {
    struct resolvers *resolvers;
    size_t which;
    int64_t deadline; /* monotonic milliseconds */
    struct slice until;
    struct buf *views;
};

static unsigned time_left(const struct walk *w)
{
    int64_t left = w->deadline - clock_monotonic_ms();
    return left < LEAST_MS ? LEAST_MS : (unsigned)left;
}

static int ask(struct walk *w, const char *name, enum dns_type type, struct resolved *out)
{
    resolvers_ask(w->resolvers, w->which, name, type, time_left(w), out);
    return dns_view_put(w->views, &out->view);
}

/* CNAMEs one by one, so that each is seen, and no more of them than count. */
static int chain_walk(struct walk *w, char name[DNS_NAME_SIZE])
{
    bool more = true;
    int r = 0;
    for (int i = 0; r == 0 && more && i < DNS_CHAIN_MAX; i++) {
        struct resolved a;
        r = ask(w, name, DNS_TYPE_CNAME, &a);
        more = a.view.state == DNS_FOUND && a.view.count == 1 &&
               a.view.records[0].len < DNS_NAME_SIZE &&
               !dns_name_equal(a.view.records[0], w->until, true);
        if (more) {
            memcpy(name, a.view.records[0].data, a.view.records[0].len);
            name[a.view.records[0].len] = '\0';
        }
        resolved_free(&a);
    }
    return r;
}

/* RFC 8659 3: the closest name that has records; the root is not asked. */
static int climb_walk(struct walk *w, char name[DNS_NAME_SIZE])
{
    const char *at = name;
    int r = 0;
    while (r == 0 && at != NULL && at[0] != '\0') {
        struct resolved a;
        r = ask(w, at, DNS_TYPE_CAA, &a);
        bool none = a.view.state == DNS_NO_RECORD || a.view.state == DNS_NXDOMAIN;
        resolved_free(&a);
        at = none ? strchr(at, '.') : NULL;
        if (at != NULL)
            at++;
    }
    return r;
}

/* What bounds how often servers are asked need not be asked of every resolver. */
static int ns_walk(struct walk *w, char name[DNS_NAME_SIZE])
{
    struct resolved a;
    if (w->which > 0)
        return 0;
    int r = ask(w, name, DNS_TYPE_NS, &a);
    resolved_free(&a);
    return r;
}

static int mx_walk(struct walk *w, char name[DNS_NAME_SIZE])
{
    struct resolved a;
    int r = ask(w, name, DNS_TYPE_MX, &a);
    resolved_free(&a);
    return r;
}

int look_up(struct resolvers *r, const struct msg_look_up *asked, struct buf *views)
{
    static int (*const walks[DNS_QUESTIONS])(struct walk *w, char name[DNS_NAME_SIZE]) = {
        [DNS_CNAME_CHAIN] = chain_walk, [DNS_CAA_CLIMB] = climb_walk, [DNS_MX] = mx_walk, [DNS_NS] = ns_walk};
    if (asked->question >= DNS_QUESTIONS || walks[asked->question] == NULL)
        return CH_EINVAL;
    size_t count = resolvers_count(r);
    int e = 0;
    for (size_t i = 0; e == 0 && i < count; i++) {
        char name[DNS_NAME_SIZE];
        struct walk w = {r, i, clock_monotonic_ms() + asked->timeout_ms / (int64_t)count,
                         asked->until, views};
        memcpy(name, asked->name.data, asked->name.len);
        name[asked->name.len] = '\0';
        e = walks[asked->question](&w, name);
    }
    return e;
}
