#include "ca/core.h"
#include "firmware/base/error.h"
#include "hsm/hsm.h"
#include "provisioning/command.h"

#include <getopt.h>
#include <stdio.h>

struct choices {
    const char *state, *module, *label, *pin_file;
};

static int choices_take(int argc, char **argv, struct choices *out)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"module", required_argument, NULL, 'm'},
                                            {"token-label", required_argument, NULL, 'l'},
                                            {"pin-file", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        const char **into = option == 's'   ? &out->state
                            : option == 'm' ? &out->module
                            : option == 'l' ? &out->label
                            : option == 'p' ? &out->pin_file
                                            : NULL;
        if (into == NULL)
            return option;
        *into = optarg;
    }
    bool named = out->module != NULL && out->label != NULL && out->pin_file != NULL;
    bool any = out->module != NULL || out->label != NULL || out->pin_file != NULL;
    return optind == argc && (any ? named && out->state == NULL : true) ? 0 : '?';
}

int doctor_run(int argc, char **argv)
{
    struct choices choices = {0};
    struct core_hsm hsm = {0};
    struct config config;
    char state[4096] = "";
    int option = choices_take(argc, argv, &choices);
    if (option != 0)
        return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    config_defaults(&config);
    if (choices.module == NULL) {
        if (command_state(choices.state, state) != 0 || command_config(state, &config) != 0 ||
            core_hsm_environment(&config) != 0 || core_hsm_config(state, &config, &hsm) != 0)
            return COMMAND_FAILED;
    } else {
        hsm.hsm = (struct hsm_config){.module = choices.module,
                                      .token_label = choices.label,
                                      .pin_file = choices.pin_file};
    }
    int r = hsm_doctor(&hsm.hsm, stdout);
    if (r != 0 && r != CH_EUNSUPPORTED)
        command_fail("the HSM cannot be examined: %s", ch_error_text(r));
    return r == 0 ? COMMAND_DONE : COMMAND_FAILED;
}
