/*
 * exchange.h - one request and its reply, from the first line to the last byte. Driven
 * by the HTTP library's threads; between them, core's answer arrives on another.
 */
#ifndef CHANCERY_FRONT_EXCHANGE_H
#define CHANCERY_FRONT_EXCHANGE_H

#include "api/front/connection.h"
#include "api/front/ocsp_cache.h"
#include "api/front/relay.h"
#include "api/front/request.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct exchange;

/* Bodies held at once by all requests of a plane; beyond it callers are told to try again. */
#define PLANE_BODIES_MAX ((int64_t)256 * 1024 * 1024)

/* What all exchanges of a plane share. */
struct plane {
    enum role role;
    struct relay *relay;
    struct connections *connections;
    struct ocsp_cache *ocsp_cache; /* of the public plane */
    size_t body_max;            /* octets of one request */
    atomic_int_fast64_t bodies; /* octets */
};

/* What core can be asked. */
union question {
    struct msg_call call;
    struct msg_sign_in sign_in;
    struct msg_fetch fetch;
    struct msg_ocsp ocsp;
    struct msg_approve approve;
};

/* Begins with the raw target of the request line. NULL when out of memory. */
struct exchange *exchange_new(struct plane *plane, struct MHD_Connection *mhd,
                              struct connection *connection, const char *target);

/*
 * The next step: called by the library after the head, for each part of the body, after
 * the last part, and after a resume. Takes all of the part. MHD_NO ends the connection.
 */
enum MHD_Result exchange_step(struct exchange *x, const char *method, struct slice part);

/* Route handler: relays the request to core as it was signed. */
bool exchange_relay_call(struct exchange *x);

/* For route handlers. The question may borrow from the request; both live until the reply is sent. */
struct request *exchange_request(struct exchange *x);
union question *exchange_question(struct exchange *x);
struct plane *exchange_plane(struct exchange *x);
struct slice exchange_peer(const struct exchange *x); /* as in struct msg_call */

/* Ends a route handler: asks core the question, and suspends until the answer; or refuses. */
bool exchange_ask(struct exchange *x, enum message_type type);
bool exchange_refuse(struct exchange *x, enum refusal why);

/* Ends it with a kept answer, which is taken over: nobody is asked, nothing suspended. */
bool exchange_reply_kept(struct exchange *x, struct ocsp_kept *kept);

/* Frees; NULL is fine. Never called while core is being asked: the connection is suspended. */
void exchange_free(struct exchange *x);

#endif
