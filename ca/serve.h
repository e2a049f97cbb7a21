/*
 * serve.h - the threads of core: a reader for each channel, one bounded queue, workers.
 * Callers take turns by access key, so that one who asks for much does not keep others waiting.
 * When the queue is full the readers stop reading, so that the pressure reaches the fronts.
 */
#ifndef CHANCERY_CA_SERVE_H
#define CHANCERY_CA_SERVE_H

#include "ca/core.h"
#include "firmware/base/channel.h"

struct serve;

/* Starts the workers. core must outlive it, and its serve is it from here on. CH_ENOMEM, CH_ESYS. */
int serve_new(struct core *core, unsigned workers, struct serve **out);

/* Serves a channel, which is taken over, until it ends: 0; else it is closed: CH_ENOMEM, CH_ESYS. */
int serve_wire(struct serve *s, struct channel *channel);

/*
 * Sends to all processes of that role what they did not ask for. The channel of one that does not
 * take it ends, so that nobody goes on in ignorance of it. s NULL is fine. Must not be called by
 * somebody who holds a lock that a handler takes.
 */
void serve_tell(struct serve *s, enum role role, enum message_type type, const void *message);

/*
 * Sends a question, with file attached when >= 0 (not taken over), to the process of that role that
 * came last. CH_ESTATE when there is none; what channel_send fails with, after which its
 * channel ends.
 */
int serve_ask(struct serve *s, enum role role, enum message_type type, uint64_t id,
              const void *message, int file);

/* Ends all channels, lets the workers finish what they are at, drops what is queued. NULL is fine. */
void serve_free(struct serve *s);

#endif
