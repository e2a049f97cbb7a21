/*
 * http.h - one exchange with an HTTP server, by libcurl. Redirects are reported, not followed.
 */
#ifndef CHANCERY_OUTBOUND_HTTP_H
#define CHANCERY_OUTBOUND_HTTP_H

#include "api/outbound/resolvers.h"
#include "firmware/base/message.h"

/* What the workers share; borrowed. */
struct outbound {
    const struct config *config;
    const char *state;
    struct resolvers *resolvers; /* NULL when the configuration does not allow any */
};

/* The answer and the room for its texts. */
struct http_answer {
    struct msg_http_answer message; /* borrows from the rest */
    char why[OUTBOUND_WHY_MAX];
    char location[2049];
    char address[64];
    char resolver[64];
    struct buf body;
};

/* Does it; file is the body of a PUT, or -1. out is always filled, failures with the reason. */
void http_exchange(const struct outbound *o, const struct msg_http *asked, int file,
                   struct http_answer *out);
void http_answer_free(struct http_answer *a);

/* Sets what every transfer has: no signals, no proxy of the environment, TLS 1.2 with these authorities.
 * handle is a CURL of libcurl. */
void http_transfer_set(const struct outbound *o, void *handle, unsigned timeout_ms);

#endif
