/*
 * renewal.h - keeps the front certified: a first certificate as soon as core can be
 * asked, another with a fresh key when a third of the lifetime is left.
 */
#ifndef CHANCERY_FRONT_RENEWAL_H
#define CHANCERY_FRONT_RENEWAL_H

#include "api/front/relay.h"

struct renewal;

/*
 * Starts the thread. on_first is called once, in that thread, when the first
 * certificate is installed. NULL when it cannot start.
 */
struct renewal *renewal_start(struct relay *relay, void (*on_first)(void *context), void *context);

/* Ends the thread; the relay must be closed before, so that nobody waits. NULL is fine. */
void renewal_stop(struct renewal *r);

#endif
