#include "firmware/base/pin_prompt.h"

#include "firmware/base/endpoint.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DUMPABLE 1 /* leak checkers must be able to look in */
#else
#define DUMPABLE 0
#endif

static int ask(struct pin_prompt *p)
{
    char question[CONFIG_TEXT_MAX + 160];
    const char *tries = pin_tries_text(p->tries);
    snprintf(question, sizeof question, "%s%s%s%sPIN of the token \"%s\": ",
             p->refused ? "The token refused the PIN" : "", tries[0] == '\0' ? "" : "; ", tries,
             p->refused ? ". " : "", p->token_label);
    int r = console_open(question, &p->console);
    if (r == CH_ENOTFOUND)
        log_error("pin_source is console, but there is neither a terminal nor systemd-ask-password");
    else if (r != 0)
        log_error("the PIN cannot be asked for: %s", ch_error_text(r));
    else
        endpoint_notify("STATUS=Waiting for the PIN of the token at the console");
    return r;
}

int pin_prompt_open(struct pin_prompt *p, const struct config *config)
{
    enum pin_source source = PIN_FROM_FILE;
    *p = (struct pin_prompt){.token_label = config->hsm_token_label};
    PRECOND(pin_source_find(config->hsm_pin_source, &source) == 0);
    p->wanted = source == PIN_FROM_CONSOLE;
    if (!p->wanted)
        return 0;
    const struct rlimit none = {0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, DUMPABLE, 0, 0, 0) != 0) {
        log_error("this process cannot be closed to others: %s", strerror(errno));
        return CH_ESYS;
    }
    return ask(p);
}

int pin_prompt_fd(const struct pin_prompt *p)
{
    return p->console == NULL ? -1 : console_fd(p->console);
}

bool pin_prompt_waits(const struct pin_prompt *p)
{
    return p->wanted && p->pin == NULL;
}

int pin_prompt_read(struct pin_prompt *p)
{
    int r = console_read(p->console, PIN_MAX, &p->pin);
    if (r == CH_EBUSY)
        return 0;
    console_close(p->console);
    p->console = NULL;
    if (r == 0)
        endpoint_notify("STATUS=Starting");
    if (r == CH_EINVAL || r == CH_ELIMIT) /* an empty line, or one that no token would take */
        return ask(p);
    if (r != 0)
        log_error("nobody gave the PIN");
    return r;
}

int pin_prompt_pipe(const struct pin_prompt *p, int *out)
{
    *out = -1;
    return p->wanted ? pin_pipe(p->pin, out) : 0;
}

int pin_prompt_refused(struct pin_prompt *p, uint32_t tries)
{
    secret_free(p->pin);
    p->pin = NULL;
    p->refused = true;
    p->tries = tries < PIN_TRIES_COUNT ? (enum pin_tries)tries : PIN_TRIES_UNKNOWN;
    if (!p->wanted || p->tries == PIN_TRIES_NONE)
        return CH_EPIN;
    return ask(p);
}

void pin_prompt_close(struct pin_prompt *p)
{
    console_close(p->console);
    secret_free(p->pin);
    *p = (struct pin_prompt){0};
}
