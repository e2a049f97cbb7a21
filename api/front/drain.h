/*
 * drain.h - sockets whose peer may still be sending what nobody will read.
 *
 * Closing a socket with unread bytes makes the kernel send a reset, and the peer
 * may lose the reply that was just written. So such a socket is kept for a moment,
 * shut for writing, and what arrives is thrown away.
 */
#ifndef CHANCERY_FRONT_DRAIN_H
#define CHANCERY_FRONT_DRAIN_H

#include <stdint.h>

#define DRAIN_MAX 64       /* sockets at once; more are closed without a wait */
#define DRAIN_MS 2000
#define DRAIN_BYTES (8 << 20) /* thrown away for one socket at most */

struct drain;

/* NULL: out of memory. */
struct drain *drain_open(void);

/* Keeps a duplicate of fd; the caller closes its own as always. Safe from many threads. */
void drain_take(struct drain *d, int fd);

/* Reads and throws away, closes what has ended or stayed too long. For one thread. */
void drain_look(struct drain *d, int64_t now_ms);

/* How many are kept. */
unsigned drain_count(struct drain *d);

/* Closes all and frees; NULL is fine. */
void drain_close(struct drain *d);

#endif
