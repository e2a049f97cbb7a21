/*
 * connection.h - one TLS connection beneath the HTTP library: its clock, its end.
 *
 * The library knows a single timeout, which every byte renews, and closes without a
 * word. So each connection has a deadline of its own here: for the handshake, for a
 * whole request, for idling, for taking the reply. One thread looks at all of them.
 * What falls due is shut down for reading, which wakes the library's own thread; that
 * thread, the only one to touch the TLS session, says 408 where it is due and closes.
 */
#ifndef CHANCERY_FRONT_CONNECTION_H
#define CHANCERY_FRONT_CONNECTION_H

#include "api/front/reply.h"

#include <gnutls/abstract.h>

struct connection;
struct connections;

struct connections_config {
    int64_t limit;              /* connections; near it the idle ones give way */
    int64_t request_timeout_ms; /* handshake; header and body of one request */
    int64_t idle_timeout_ms;    /* between requests; also for taking a reply */
    void (*on_tick)(void *context); /* called now and then by the thread */
    void *context;
};

/* Starts the thread. NULL when it cannot. */
struct connections *connections_open(const struct connections_config *config);

/* Ends the thread. All connections must be closed. NULL is fine. */
void connections_close(struct connections *all);

size_t connections_count(struct connections *all);

/*
 * Takes note of an accepted connection, before its handshake. fd and session stay the
 * library's; session is NULL on a plane without TLS. NULL when out of memory.
 */
struct connection *connection_open(struct connections *all, int fd, gnutls_session_t session,
                                   struct slice peer);

/*
 * The last act, called before the library closes fd; the session is gone. Keeps the socket
 * a moment when the peer may still be sending.
 */
void connection_close(struct connection *c);

/* The peer's address as text; borrowed. */
struct slice connection_peer(const struct connection *c);

/* What the library reports about the request of a connection. */
void connection_request_begins(struct connection *c); /* its first line has come */
void connection_request_complete(struct connection *c); /* all of it; core may take its time */
void connection_reply_begins(struct connection *c);
void connection_reply_done(struct connection *c);

/*
 * Writes a refusal onto the TLS session by hand, in mid-request, where the library takes no
 * reply any more; the library then has to close. For the library's thread alone.
 */
void connection_refuse(struct connection *c, enum refusal why);

/* For gnutls_certificate_set_retrieve_function2: the current identity, held by the connection. */
int connection_choose_identity(gnutls_session_t session, const gnutls_datum_t *authorities,
                               int authority_count, const gnutls_pk_algorithm_t *algorithms,
                               int algorithm_count, gnutls_pcert_st **chain,
                               unsigned int *chain_len, gnutls_privkey_t *key);

#endif
