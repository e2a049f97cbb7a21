#include "api/front/server.h"

#include "api/front/identity.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define SERVER_THREADS 2u
/* Bounds the head of a request, and is what a connection costs beside its TLS session. */
#define SERVER_HEAD_MEMORY ((size_t)20 * 1024)

struct server {
    struct plane *plane;
    struct MHD_Daemon *daemon;
};

static void on_log(void *context, const char *format, va_list args)
{
    (void)context;
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    log_debug("http: %s", text);
}

/* The address without the port; IPv4 stays IPv4 on a socket of both families. */
static void format_peer(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
    text[0] = '\0';
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        inet_ntop(AF_INET, &in->sin_addr, text, INET6_ADDRSTRLEN);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
            inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, text, INET6_ADDRSTRLEN);
        else
            inet_ntop(AF_INET6, &in6->sin6_addr, text, INET6_ADDRSTRLEN);
    }
}

static struct connection *accept_connection(struct server *s, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const union MHD_ConnectionInfo *client =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (fd == NULL || client == NULL || (tls == NULL && s->plane->role == ROLE_FRONT_MANAGE))
        return NULL;
    char peer[INET6_ADDRSTRLEN];
    format_peer(client->client_addr, peer);
    return connection_open(s->plane->connections, fd->connect_fd,
                           s->plane->role == ROLE_FRONT_MANAGE ? tls->tls_session : NULL,
                           slice_text(peer));
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **connection,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *connection = accept_connection(context, mhd);
        return;
    }
    connection_close(*connection);
    *connection = NULL;
}

/* The library's first word about a request, before it touches the target. */
static void *on_target(void *context, const char *target, struct MHD_Connection *mhd)
{
    struct server *s = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == NULL || info->socket_context == NULL)
        return NULL;
    return exchange_new(s->plane, mhd, info->socket_context, target);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **exchange)
{
    (void)context;
    (void)mhd;
    (void)url;
    (void)version;
    if (*exchange == NULL)
        return MHD_NO;
    struct slice part = slice_of(data, *len);
    *len = 0;
    return exchange_step(*exchange, method, part);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **exchange,
                         enum MHD_RequestTerminationCode how)
{
    (void)context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK && info != NULL && info->socket_context != NULL)
        connection_reply_done(info->socket_context);
    exchange_free(*exchange);
    *exchange = NULL;
}

/* Core needs the path as it was signed. */
static size_t leave_escaped(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return slice_text(text).len;
}

struct server *server_start(struct plane *plane, const struct config *config, int listen_fd)
{
    PRECOND(plane != NULL && config != NULL && listen_fd >= 0);
    bool tls = plane->role == ROLE_FRONT_MANAGE;
    int64_t connections = tls ? config->manage_connections : config->public_connections;
    int64_t per_address =
        tls ? config->manage_connections_per_address : config->public_connections_per_address;
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->plane = plane;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
            (tls ? MHD_USE_TLS : 0u),
        0, NULL, NULL, on_request, s,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_THREAD_POOL_SIZE, SERVER_THREADS,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, SERVER_HEAD_MEMORY,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u, /* connection.c keeps the time */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        /* a plane without TLS ends its options here */
        tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, IDENTITY_PRIORITIES,
        MHD_OPTION_HTTPS_CERT_CALLBACK, connection_choose_identity,
        MHD_OPTION_TLS_NO_ALPN, 1,
        MHD_OPTION_END);
    if (s->daemon == NULL) {
        log_error("the HTTP server cannot start");
        free(s);
        return NULL;
    }
    return s;
}

void server_stop(struct server *s)
{
    if (s == NULL)
        return;
    MHD_stop_daemon(s->daemon);
    free(s);
}
