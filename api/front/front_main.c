/*
 * chancery-front, management plane: HTTPS in, messages to core out.
 *
 * It alone holds: the listening socket, the clients' connections, and the key of its own
 * TLS certificate, made in memory at start and never written anywhere.
 * Who talks to it: anybody on the network; core, over the channel that chanceryd
 * hands out; chanceryd.
 * What it must never do: hold another key or a database, look into a request's body,
 * judge who the caller is, connect to anything, wait for core while others wait
 * for it. What it relays is byte for byte what the caller signed, so a captured front can
 * drop or repeat a request, but not forge one.
 */
#include "api/front/renewal.h"
#include "api/front/server.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/process.h"

#include <signal.h>
#include <unistd.h>

/* For as long as core may take for one call; keys of 4096 bits made in a slow token included. */
#define ANSWER_TIMEOUT_MS 120000

struct front {
    struct process process;
    struct plane plane;
    struct server *server;
};

static void on_wire(void *context, struct channel *peer)
{
    struct front *f = context;
    if (channel_peer(peer) == ROLE_CORE) {
        relay_attach(f->plane.relay, peer);
        return;
    }
    log_error("a wire to a process that the front does not talk to");
    channel_free(peer);
}

static void on_tick(void *context)
{
    struct front *f = context;
    relay_expire(f->plane.relay);
}

/* With its first certificate the front can serve; before, it does not accept. */
static void on_certified(void *context)
{
    struct front *f = context;
    f->server = server_start(&f->plane, &f->process.config, PROCESS_LISTEN_FD);
    if (f->server == NULL || process_ready(&f->process) != 0)
        process_exit(&f->process, 1);
}

static struct connections *open_connections(struct front *f)
{
    const struct config *config = &f->process.config;
    const struct connections_config wanted = {
        .limit = config->manage_connections,
        .request_timeout_ms = config->manage_request_timeout * 1000,
        .idle_timeout_ms = config->manage_idle_timeout * 1000,
        .on_tick = on_tick,
        .context = f,
    };
    return connections_open(&wanted);
}

int main(int argc, char **argv)
{
    static struct front front = {.plane = {.role = ROLE_FRONT_MANAGE, .body_max = MESSAGE_BODY_MAX}};
    struct front *f = &front;
    struct renewal *renewal = NULL;
    int status = 1;

    signal(SIGPIPE, SIG_IGN);
    process_open(&f->process, f->plane.role, argc, argv);
    process_confine(&f->process);

    f->plane.relay = relay_open(ANSWER_TIMEOUT_MS);
    if (f->plane.relay != NULL)
        f->plane.connections = open_connections(f);
    if (f->plane.connections != NULL)
        renewal = renewal_start(f->plane.relay, on_certified, f);
    if (renewal != NULL)
        status = process_run(&f->process, on_wire, f) == 0 ? 0 : 1;
    else
        log_error("cannot start: %s", ch_error_text(CH_ENOMEM));

    if (f->plane.relay != NULL)
        relay_close(f->plane.relay);
    renewal_stop(renewal);
    server_stop(f->server);
    connections_close(f->plane.connections);
    relay_free(f->plane.relay);
    process_exit(&f->process, status);
}
