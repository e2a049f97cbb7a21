/*
 * outbound.h - core's end of the outbound process: what is asked of it, and who waits for which
 * answer. Nothing of it is kept over a restart: what must not be lost stands in the store
 * with a due time, and is asked for again.
 */
#ifndef CHANCERY_CA_OUTBOUND_H
#define CHANCERY_CA_OUTBOUND_H

#include "ca/core.h"
#include "firmware/base/channel.h"

struct outbound_client;

int outbound_new(struct outbound_client **out);
/* Nobody may wait any more. NULL is fine. */
void outbound_free(struct outbound_client *c);

/*
 * Hears the end of a question: failure 0 and the answer, which is borrowed, or CH_ECLOSED (the process
 * ended) or CH_ETIMEOUT and NULL. Called once, by a worker of core or whoever finds it late; it
 * may ask again, but must not wait.
 */
typedef void (*outbound_done)(void *context, int failure, const union message_any *answer);

/*
 * Sends a question (file is attached when >= 0, and stays the caller's). 0: done will be called;
 * else it is not: CH_ESTATE when there is no such process, or what sending failed with.
 */
int outbound_ask(struct core *core, enum message_type type, const void *message, int file,
                 unsigned timeout_ms, outbound_done done, void *context);

/* An answer came over the channel; CH_EPROTO when it is none. Nobody waiting any more is fine. */
int outbound_take(struct core *core, const struct frame *frame);

/* The process has ended: fails all that wait. */
void outbound_lost(struct core *core);

/* Fails what waits for too long: seldom needed, as outbound minds the time itself. */
void outbound_expire(struct core *core);

/* ---- for threads of jobs, which may wait ---- */

struct outbound_answer {
    uint32_t failure; /* 0 = somebody answered; else a positive CH_E* */
    uint32_t status;  /* HTTP or SMTP */
    char why[256]; /* of a failure, in words */
    struct buf body;
};
void outbound_answer_free(struct outbound_answer *a);

/*
 * Asks and waits for MSG_HTTP, MSG_MAIL or MSG_LOOK_UP (the views become the body). 0 with out filled, or as outbound_ask, CH_ECLOSED, CH_ETIMEOUT. Never
 * from a worker, as a worker has to bring the answer.
 */
int outbound_call(struct core *core, enum message_type type, const void *message, int file,
                  unsigned timeout_ms, struct outbound_answer *out);

#endif
