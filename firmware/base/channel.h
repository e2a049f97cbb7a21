/*
 * channel.h - framed messages over a connected Unix stream socket.
 *
 * Both ends know each other's role; a frame that the catalogue does not allow from
 * that peer is CH_EPROTO, after which the channel must be freed. Sending is safe
 * from many threads; receiving belongs to one.
 */
#ifndef CHANCERY_BASE_CHANNEL_H
#define CHANCERY_BASE_CHANNEL_H

#include "firmware/base/message.h"

struct channel;

/* A received frame; payload and what was decoded from it live until frame_free. */
struct frame {
    struct message_header header;
    union message_any message;
    struct buf payload;
    int fd; /* attached descriptor (as the message's row has it), or -1; owned by the frame until taken (set to -1) */
};

/*
 * Takes fd over. A send that the peer does not drain within send_timeout_ms fails with
 * CH_ETIMEOUT. NULL: out of memory (fd closed).
 */
struct channel *channel_new(int fd, enum role self, enum role peer, int send_timeout_ms);

/*
 * Bounds channel_receive from call to whole frame (-1, the default: wait for ever): CH_ETIMEOUT,
 * after which the channel must be freed. For a supervisor that no peer may hold up.
 */
void channel_set_receive_timeout(struct channel *c, int timeout_ms);

/*
 * Lets channel_receive take from the socket whatever is there, many frames at once. Before the
 * first channel_receive, and not for who polls channel_fd, which says nothing of frames taken
 * already. Without effect when the catalogue lets the peer send a descriptor. CH_ENOMEM.
 */
int channel_read_ahead(struct channel *c);

/*
 * Encodes and sends one message, with fd attached when >= 0 (not taken over). 0, CH_EINVAL,
 * CH_ELIMIT, CH_ECLOSED, CH_EIO, CH_ETIMEOUT. When part of the frame went out before the
 * failure, the channel is shut down.
 */
int channel_send(struct channel *c, enum message_type type, uint64_t id, const void *message,
                 int fd);

/*
 * Waits for the next frame. 0, CH_ECLOSED at a clean end, CH_EPROTO, CH_EIO, CH_ENOMEM. On
 * failure out holds nothing.
 */
int channel_receive(struct channel *c, struct frame *out);

/* Makes both ends see the end; receivers wake with CH_ECLOSED. Safe from any thread. */
void channel_shutdown(struct channel *c);

/* The descriptor, for poll; borrowed. */
int channel_fd(const struct channel *c);
enum role channel_peer(const struct channel *c);

/* Shuts down, closes and frees; nobody may be inside. NULL is fine. */
void channel_free(struct channel *c);

/* Wipes and frees what a frame holds; closes its fd unless taken. */
void frame_free(struct frame *f);

#endif
