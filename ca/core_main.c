/*
 * chancery-core: the process that decides and signs.
 *
 * It alone holds: the login to the HSM, the database, the unsealed secrets of access keys,
 * and for the length of an export a subscriber's private key.
 *
 * Who may talk to it: the front of the management plane (calls as they were signed, and the
 * request to certify the front's own TLS key), the front of the public plane (what is published,
 * OCSP), the outbound process (answers to what core asked), the chancery command over the operator socket (status, new
 * users), chanceryd (wires, stop). Each may send what the message catalogue and the
 * table in handlers.c have a row for; anything else ends its channel.
 *
 * It must never: open a network socket (but for the module of a network HSM), parse the body of a
 * call before its signature is verified, sign bytes that it did not build itself, do
 * anything that it cannot record, fork, or let a key or a PIN into a message, a log or the environment.
 */
#include "ca/contract/contract.h"
#include "ca/core.h"
#include "ca/jobs/domain_check.h"
#include "ca/jobs/key_maker.h"
#include "ca/jobs/schedule.h"
#include "ca/operator.h"
#include "ca/outbound.h"
#include "ca/pca/ocsp.h"
#include "ca/pki/pki.h"
#include "ca/serve.h"
#include "ca/trail/checkpoint.h"
#include "ca/weak_keys.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/process.h"

#include <malloc.h>
#include <sys/socket.h>

#define EXIT_FAILED 1
#define EXIT_CONFIGURATION 2 /* nothing that starting again would mend */
#define ARENAS 4 /* of malloc: what the workers free in their own they would all keep */

struct services {
    struct core core;
    struct serve *serve;
    struct operator *operator;
};

static void take_wire(void *context, struct channel *peer)
{
    struct services *s = context;
    enum role role = channel_peer(peer);
    int r = serve_wire(s->serve, peer);
    if (r != 0)
        log_error("wire to %s: %s", role_name(role), ch_error_text(r));
}

static bool has_operator_socket(void)
{
    int listening = 0;
    socklen_t len = sizeof listening;
    return getsockopt(PROCESS_OPERATOR_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 &&
           listening != 0;
}

/*
 * Before confinement, which takes away the credentials of the unit: the PIN, unless it is in the file that core
 * reads at each login.
 */
static int pin_take(const struct config *config, struct hsm_pin *out)
{
    enum pin_source source = PIN_FROM_FILE;
    int r = pin_source_find(config->hsm_pin_source, &source);
    if (r == 0 && source == PIN_FROM_CREDENTIAL)
        r = pin_read_credential(config->hsm_pin_credential, &out->pin);
    if (r == 0 && source == PIN_FROM_CONSOLE)
        r = pin_receive(PROCESS_PIN_FD, &out->pin);
    if (r != 0)
        log_error("no PIN for the token: %s", ch_error_text(r));
    return r;
}

static int services_start(struct process *p, struct hsm_pin *pin, struct services *s)
{
    int r = contract_init();
    if (r == 0)
        r = weak_keys_load(p->state, p->config.weak_keys_folder);
    if (r == 0)
        r = core_open(p->state, &p->config, pin, &s->core);
    if (r == 0)
        r = key_maker_new(&s->core, &s->core.key_maker);
    if (r == 0)
        r = ocsp_new(&s->core, &s->core.ocsp);
    if (r == 0)
        r = outbound_new(&s->core.outbound);
    if (r == 0)
        r = domain_checks_new(&s->core, &s->core.domain_checks);
    if (r == 0)
        r = schedule_new(&s->core, job_kinds, job_kind_count, &s->core.schedule);
    if (r == 0)
        r = serve_new(&s->core, (unsigned)p->config.core_workers, &s->serve);
    if (r == 0 && has_operator_socket())
        r = operator_new(&s->core, p->state, PROCESS_OPERATOR_FD, &s->operator);
    return r;
}

static void services_stop(struct services *s)
{
    operator_free(s->operator);
    schedule_stop(s->core.schedule); /* due work tells the fronts; calls wake due work */
    serve_free(s->serve);
    outbound_free(s->core.outbound);
    domain_checks_free(s->core.domain_checks);
    schedule_free(s->core.schedule);
    ocsp_free(s->core.ocsp);
    key_maker_free(s->core.key_maker);
    if (s->serve != NULL && checkpoint_make(&s->core) != 0) /* all that was recorded */
        log_warn("no checkpoint could be signed at the stop; the next start makes one");
    core_close(&s->core);
    contract_exit();
}

/* What a person has to mend: chanceryd does not start core again for it. */
static int exit_status(int code)
{
    static const int configuration[] = {CH_EINVAL, CH_ENOTFOUND, CH_EPIN, CH_EINTEGRITY,
                                        CH_ELIMIT, CH_EUNSUPPORTED};
    for (size_t i = 0; i < sizeof configuration / sizeof configuration[0]; i++)
        if (configuration[i] == code)
            return EXIT_CONFIGURATION;
    return code == 0 ? 0 : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    static struct process process;
    static struct services services;
    struct hsm_pin pin = {0};
    (void)mallopt(M_ARENA_MAX, ARENAS);
    contract_json_wipes();
    PRECOND(pki_memory_wipes() == 0);
    process_open(&process, ROLE_CORE, argc, argv);
    if (pin_take(&process.config, &pin) != 0)
        process_exit(&process, EXIT_CONFIGURATION);
    process_confine(&process);
    int r = services_start(&process, &pin, &services);
    secret_free(pin.pin); /* the HSM has its own */
    if (r != 0)
        log_error("cannot serve: %s", ch_error_text(r));
    if (r == CH_EPIN)
        (void)process_pin_refused(&process, pin.tries);
    if (r == 0)
        r = process_ready(&process);
    if (r == 0)
        r = process_run(&process, take_wire, &services);
    services_stop(&services);
    process_exit(&process, exit_status(r));
}
