/*
 * relay.h - questions to core and their answers. Nobody who asks ever waits for core:
 * one thread sends what was queued, one receives and hands each answer to its asker.
 *
 * When the channel ends, every open question fails; a new channel may be attached
 * at any time. Answers that nobody waits for are dropped; what core says of its own accord goes
 * to a listener.
 */
#ifndef CHANCERY_FRONT_RELAY_H
#define CHANCERY_FRONT_RELAY_H

#include "firmware/base/channel.h"

struct relay;

enum ask_state { ASK_NEW, ASK_QUEUED, ASK_SENDING, ASK_SENT };

/* A question. The asker fills the first part and keeps it alive until done was called. */
struct ask {
    enum message_type type;
    const void *message;
    /*
     * Called exactly once, from any thread, without any lock held. failure 0: reply is
     * the answer, owned by the asker now (relay_free_reply). Else reply is NULL and
     * failure is CH_ECLOSED, CH_ETIMEOUT, or what the encoder said.
     */
    void (*done)(struct ask *ask, int failure, struct frame *reply);

    /* The relay's own. */
    uint64_t id;
    int64_t deadline_ms;
    enum ask_state state;
    struct ask *bucket_next;
    struct ask *queue_next;
};

/* For what core says unasked. Called from the receiving thread, in the order of the channel. */
struct relay_listener {
    void (*told)(void *context, const struct frame *frame); /* the frame is borrowed */
    void (*ended)(void *context); /* the channel did: nothing of it comes any more, no answer either */
    void *context;
};

/* Who listens, for ever; before the first relay_attach. Copied. */
void relay_listen(struct relay *r, const struct relay_listener *listener);

/* Starts the threads, or NULL. answer_timeout_ms bounds the wait for one answer. */
struct relay *relay_open(int answer_timeout_ms);

/* Gives the relay a channel to core; owned from here on. A former one is shut down first. */
void relay_attach(struct relay *r, struct channel *core);

/* Asks. ask->done may run before this returns, when core is away. */
void relay_ask(struct relay *r, struct ask *ask);

/* Fails the questions that wait too long. To be called now and then. */
void relay_expire(struct relay *r);

/* How many questions are open. */
size_t relay_pending(struct relay *r);

/* Fails all questions, now and from now on; the threads end. relay_free follows. */
void relay_close(struct relay *r);

/* Frees after relay_close; NULL is fine. */
void relay_free(struct relay *r);

/* Wipes and frees an answer; NULL is fine. */
void relay_free_reply(struct frame *reply);

#endif
