#include "provisioning/pin.h"

#include "firmware/base/console.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "provisioning/command.h"

#include <string.h>
#include <sys/prctl.h>

static int ask(const char *what, const char *label, struct secret **out)
{
    char question[CONFIG_TEXT_MAX + 64];
    snprintf(question, sizeof question, "%s \"%s\": ", what, label);
    int r = console_ask(question, PIN_MAX, out);
    if (r == CH_ENOTFOUND)
        command_fail("there is no terminal to type the PIN at");
    else if (r == CH_EINVAL || r == CH_ELIMIT)
        command_fail("a PIN has 1 to %d octets", PIN_MAX);
    else if (r != 0)
        command_fail("no PIN was given");
    return r;
}

static int ask_new(const char *label, struct secret **out)
{
    struct secret *again = NULL;
    int r = ask("PIN of the new token", label, out);
    if (r == 0)
        r = ask("Again, PIN of the new token", label, &again);
    if (r == 0 && !(secret_len(*out) == secret_len(again) &&
                    bytes_equal_ct(secret_data(*out), secret_data(again), secret_len(again)))) {
        command_fail("the two are not the same");
        r = CH_EINVAL;
    }
    secret_free(again);
    if (r != 0) {
        secret_free(*out);
        *out = NULL;
    }
    return r;
}

int pin_obtain(const struct config *config, bool is_new, struct hsm_pin *out)
{
    enum pin_source source = PIN_FROM_FILE;
    *out = (struct hsm_pin){0};
    PRECOND(pin_source_find(config->hsm_pin_source, &source) == 0);
    if (source == PIN_FROM_FILE)
        return 0;
    /* Before the PIN is in memory: no debugger of the same user, no core file. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (source == PIN_FROM_CREDENTIAL)
        return pin_read_credential(config->hsm_pin_credential, &out->pin);
    return is_new ? ask_new(config->hsm_token_label, &out->pin)
                  : ask("PIN of the token", config->hsm_token_label, &out->pin);
}

int pin_source_choose(const char *word, struct config *config)
{
    enum pin_source source = PIN_FROM_FILE;
    int r = pin_source_find(word, &source);
    if (r != 0)
        command_fail("--pin-source %s: not one of file, credential, console", word);
    else
        snprintf(config->hsm_pin_source, sizeof config->hsm_pin_source, "%s", word);
    return r;
}
