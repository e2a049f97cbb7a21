/*
 * chancery-front-public: the public plane. HTTP in, messages to core out.
 *
 * It alone holds: its listening socket and the connections of relying parties. No key, no
 * TLS: what it serves is signed by the authorities and public.
 * Who talks to it: anybody; core, over the channel that chanceryd hands out; chanceryd.
 * What it must never do: hold a key or a database, open a file (published ones come
 * from core, open), send a call of the API, connect to anything, wait for core while
 * others wait for it. A captured one can keep answers back or repeat old ones until they
 * run out, but not make one.
 */
#include "api/front/server.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/process.h"

#include <signal.h>

#define ANSWER_TIMEOUT_MS 20000
#define KEPT_ANSWERS 65536
#define KEPT_OCTETS ((size_t)96 * 1024 * 1024)

struct front {
    struct process process;
    struct plane plane;
};

static void on_wire(void *context, struct channel *peer)
{
    struct front *f = context;
    if (channel_peer(peer) == ROLE_CORE) {
        relay_attach(f->plane.relay, peer);
        return;
    }
    log_error("a wire to a process that the public front does not talk to");
    channel_free(peer);
}

static void on_told(void *context, const struct frame *frame)
{
    struct front *f = context;
    if (frame->message.forget.all != 0)
        ocsp_cache_forget_all(f->plane.ocsp_cache);
    else
        ocsp_cache_forget(f->plane.ocsp_cache, frame->message.forget.tag);
}

/* What core might have told in the meantime is not known. */
static void on_ended(void *context)
{
    struct front *f = context;
    ocsp_cache_forget_all(f->plane.ocsp_cache);
}

static void on_tick(void *context)
{
    struct front *f = context;
    relay_expire(f->plane.relay);
}

static struct connections *open_connections(struct front *f)
{
    const struct config *config = &f->process.config;
    const struct connections_config wanted = {
        .limit = config->public_connections,
        .request_timeout_ms = config->public_request_timeout * 1000,
        .idle_timeout_ms = config->public_idle_timeout * 1000,
        .on_tick = on_tick,
        .context = f,
    };
    return connections_open(&wanted);
}

static int relay_start(struct front *f)
{
    const struct ocsp_cache_limits limits = {KEPT_ANSWERS, KEPT_OCTETS};
    f->plane.ocsp_cache = ocsp_cache_new(&limits);
    if (f->plane.ocsp_cache != NULL)
        f->plane.relay = relay_open(ANSWER_TIMEOUT_MS);
    if (f->plane.relay == NULL)
        return CH_ENOMEM;
    relay_listen(f->plane.relay, &(struct relay_listener){on_told, on_ended, f});
    return 0;
}

int main(int argc, char **argv)
{
    static struct front front = {
        .plane = {.role = ROLE_FRONT_PUBLIC, .body_max = PUBLIC_REQUEST_MAX}};
    struct front *f = &front;
    struct server *server = NULL;
    int status = 1;

    signal(SIGPIPE, SIG_IGN);
    process_open(&f->process, f->plane.role, argc, argv);
    process_confine(&f->process);

    if (relay_start(f) == 0)
        f->plane.connections = open_connections(f);
    if (f->plane.connections != NULL)
        server = server_start(&f->plane, &f->process.config, PROCESS_LISTEN_FD);
    if (server == NULL)
        log_error("cannot start: %s", ch_error_text(CH_ENOMEM));
    else if (process_ready(&f->process) == 0)
        status = process_run(&f->process, on_wire, f) == 0 ? 0 : 1;

    if (f->plane.relay != NULL)
        relay_close(f->plane.relay);
    server_stop(server);
    connections_close(f->plane.connections);
    relay_free(f->plane.relay);
    ocsp_cache_free(f->plane.ocsp_cache);
    process_exit(&f->process, status);
}
