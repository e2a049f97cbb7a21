/*
 * sign_in.h - signing in to the console: relayed to core, which alone decides.
 */
#ifndef CHANCERY_FRONT_SIGN_IN_H
#define CHANCERY_FRONT_SIGN_IN_H

#include "api/front/exchange.h"
#include "api/front/reply.h"

/* Route handler. What is not JSON by its type is refused: no form of another site can send that. */
bool sign_in_relay(struct exchange *x);

/* Core's answer as a reply that nobody keeps. 0, CH_EPROTO, CH_ENOMEM. */
int sign_in_reply(const struct request *request, struct frame *answer, struct reply *out);

#endif
