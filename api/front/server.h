/*
 * server.h - the HTTP library (libmicrohttpd) behind a narrow door: it accepts,
 * speaks TLS and HTTP, and drives exchanges.
 */
#ifndef CHANCERY_FRONT_SERVER_H
#define CHANCERY_FRONT_SERVER_H

#include "api/front/exchange.h"
#include "firmware/base/config.h"

struct server;

/* Accepts on listen_fd (taken over) from here on. NULL when it cannot, said in the log. */
struct server *server_start(struct plane *plane, const struct config *config, int listen_fd);

/*
 * Stops accepting and closes every connection. The relay must be closed before, so that
 * no connection is suspended. NULL is fine.
 */
void server_stop(struct server *s);

#endif
