/*
 * asks.h - questions to several logs at once. Who asks hears the answers in the order in which they come, and
 * may go before the last: what comes later is dropped.
 */
#ifndef CHANCERY_CT_ASKS_H
#define CHANCERY_CT_ASKS_H

#include "ca/core.h"

struct ct_post {
    uint32_t status; /* HTTP; 0 = nothing came back, and why says why */
    char why[256];
    struct buf body;
};

struct ct_asks;

/* CH_ENOMEM. */
int ct_asks_new(struct core *core, struct ct_asks **out);
/* NULL is fine. */
void ct_asks_free(struct ct_asks *a);

/*
 * Posts JSON to a log through the outbound process; tag tells the answer from others. A post that cannot even be
 * sent is one that ended. CH_ENOMEM.
 */
int ct_asks_send(struct ct_asks *a, const char *url, struct slice body, size_t tag);

/*
 * The next that ended, waited for at most ms; out->body is the caller's to free. CH_ETIMEOUT: none did;
 * CH_ENOTFOUND: none is under way. Never from a worker of core, as a worker has to bring the answer.
 */
int ct_asks_next(struct ct_asks *a, unsigned ms, size_t *tag, struct ct_post *out);

/* How many are under way, or have ended unheard. */
size_t ct_asks_count(const struct ct_asks *a);

#endif
