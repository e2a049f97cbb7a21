/*
 * resolvers.h - the DNS with DNSSEC, by libunbound: one point of view for each resolver of the
 * configuration, or the own recursion alone.
 */
#ifndef CHANCERY_OUTBOUND_RESOLVERS_H
#define CHANCERY_OUTBOUND_RESOLVERS_H

#include "firmware/base/config.h"
#include "firmware/base/dns_view.h"

struct resolvers;

/*
 * Reads resolvers, stubs, unsigned and trust_anchor of [outbound], and starts a thread for each
 * point of view. 0, CH_EINVAL for a server that is no address (said in the log), CH_ENOTFOUND
 * without a readable trust anchor, CH_ENOMEM, CH_ESYS.
 */
int resolvers_open(const char *state, const struct config *config, struct resolvers **out);
void resolvers_free(struct resolvers *r);

size_t resolvers_count(const struct resolvers *r);

/* ADDRESS or ADDRESS@PORT as configured, or "recursion"; lives as long as r. which is below the count. */
const char *resolvers_name(const struct resolvers *r, size_t which);

/* The answer to one question; view borrows from it. */
struct resolved {
    struct dns_view view;
    char resolver[64];
    char name[DNS_NAME_SIZE];
    char why[256];
    struct buf octets; /* of the records */
};

/*
 * Asks one point of view and waits at most timeout_ms; from any thread. Always fills out, if with
 * DNS_FAILED or DNS_TIMED_OUT.
 */
void resolvers_ask(struct resolvers *r, size_t which, const char *name, enum dns_type type,
                   unsigned timeout_ms, struct resolved *out);
void resolved_free(struct resolved *a);

#endif
