/*
 * chancery-outbound: what calls out. DNS look-ups, HTTP exchanges and mails that core asks for, one
 * message each; what was seen goes back as it was seen.
 *
 * It alone holds: the connections to resolvers, web servers, object stores and the mail
 * relay; for the length of one job the password that this job needs.
 * Who talks to it: core, over the channel that chanceryd hands out; chanceryd; and whoever
 * answers its questions.
 * What it must never do: hold a key or a database, accept a connection, decide whether what it saw
 * proves anything, follow a redirect, connect to an address of this appliance or of a
 * private network because a domain says so. A captured one can lie to core about what the
 * outside world says (several resolvers do not help then); it cannot sign, and what it made core do is in
 * the audit trail.
 */
#include "api/outbound/workers.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/process.h"

#include <curl/curl.h>
#include <signal.h>

struct calling {
    struct process process;
    struct outbound outbound;
    struct workers *workers;
};

static void on_wire(void *context, struct channel *peer)
{
    struct calling *c = context;
    if (channel_peer(peer) == ROLE_CORE) {
        workers_attach(c->workers, peer);
        return;
    }
    log_error("a wire to a process that outbound does not talk to");
    channel_free(peer);
}

/* Without resolvers mail and uploads go on, and each look-up says what is wrong. */
static int start(struct calling *c)
{
    const struct config *config = &c->process.config;
    c->outbound = (struct outbound){.config = config, .state = c->process.state};
    int r = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : CH_ENOMEM;
    if (r == 0 && resolvers_open(c->process.state, config, &c->outbound.resolvers) != 0)
        log_error("no resolver: names cannot be looked up");
    if (r == 0)
        r = workers_new(&c->outbound, (unsigned)config->outbound_workers, &c->workers);
    return r;
}

int main(int argc, char **argv)
{
    static struct calling calling;
    struct calling *c = &calling;
    signal(SIGPIPE, SIG_IGN);
    process_open(&c->process, ROLE_OUTBOUND, argc, argv);
    process_confine(&c->process);
    int r = start(c);
    if (r != 0)
        log_error("cannot start: %s", ch_error_text(r));
    if (r == 0)
        r = process_ready(&c->process);
    if (r == 0)
        r = process_run(&c->process, on_wire, c);
    workers_stop(c->workers);
    process_exit(&c->process, r == 0 ? 0 : 1);
}
