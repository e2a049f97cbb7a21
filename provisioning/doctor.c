#include "ca/core.h"
#include "firmware/base/error.h"
#include "hsm/hsm.h"
#include "provisioning/command.h"
#include "provisioning/pin.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct choices {
    const char *state, *module, *label, *pin_file, *pin_source;
};

static int choices_take(int argc, char **argv, struct choices *out)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"module", required_argument, NULL, 'm'},
                                            {"token-label", required_argument, NULL, 'l'},
                                            {"pin-file", required_argument, NULL, 'p'},
                                            {"pin-source", required_argument, NULL, 'S'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        const char **into = option == 's'   ? &out->state
                            : option == 'm' ? &out->module
                            : option == 'l' ? &out->label
                            : option == 'p' ? &out->pin_file
                            : option == 'S' ? &out->pin_source
                                            : NULL;
        if (into == NULL)
            return option;
        *into = optarg;
    }
    bool file = out->pin_source == NULL || strcmp(out->pin_source, "file") == 0;
    bool named = out->module != NULL && out->label != NULL && file == (out->pin_file != NULL);
    bool any = out->module != NULL || out->label != NULL || out->pin_file != NULL;
    return optind == argc && (any ? named && out->state == NULL : true) ? 0 : '?';
}

/* Module, token and PIN: of the appliance, or as the options say. */
static int hsm_choose(const struct choices *choices, struct config *config, struct hsm_pin *pin,
                      struct core_hsm *out)
{
    char state[4096] = "";
    config_defaults(config);
    int r = 0;
    if (choices->module == NULL) {
        r = command_state(choices->state, state);
        if (r == 0)
            r = command_config(state, config);
        if (r == 0)
            r = core_hsm_environment(config);
        if (r == 0)
            r = core_hsm_config(state, config, pin, out);
    } else {
        snprintf(config->hsm_token_label, sizeof config->hsm_token_label, "%s", choices->label);
        out->hsm = (struct hsm_config){.module = choices->module,
                                       .token_label = choices->label,
                                       .pin = pin,
                                       .pin_file = choices->pin_file};
    }
    if (r == 0 && choices->pin_source != NULL)
        r = pin_source_choose(choices->pin_source, config);
    return r != 0 ? r : pin_obtain(config, false, pin);
}

int doctor_run(int argc, char **argv)
{
    struct choices choices = {0};
    struct core_hsm hsm = {0};
    struct config config;
    struct hsm_pin pin = {0};
    int option = choices_take(argc, argv, &choices);
    if (option != 0)
        return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    if (hsm_choose(&choices, &config, &pin, &hsm) != 0)
        return COMMAND_FAILED;
    int r = hsm_doctor(&hsm.hsm, stdout);
    secret_free(pin.pin);
    if (r != 0 && r != CH_EUNSUPPORTED)
        command_fail("the HSM cannot be examined: %s", ch_error_text(r));
    return r == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
