#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <getopt.h>
#include <string.h>

#define TIMEOUT_MS 60000

static int reply_print(const struct msg_trust_reply *reply)
{
    if (reply->result != 0)
        return command_fail("%.*s", (int)reply->text.len, reply->text.data);
    fwrite(reply->text.data, 1, reply->text.len, stdout);
    return COMMAND_DONE;
}

/* takes_kind: the word behind the verb says whether roots or intermediates are meant. */
static int trust_run(int argc, char **argv, const char *verb, bool takes_kind)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"family", required_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL;
    struct msg_trust question = {.verb = slice_text(verb)};
    char state[4096], both[32];
    struct frame frame;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 's')
            given = optarg;
        else if (option == 'f')
            question.family = slice_text(optarg);
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    const char *kind = takes_kind && optind + 1 == argc ? argv[optind] : "";
    if (takes_kind ? strcmp(kind, "root") != 0 && strcmp(kind, "intermediate") != 0
                   : optind != argc)
        return command_usage(COMMAND_USAGE);
    if (takes_kind) {
        snprintf(both, sizeof both, "%s %s", verb, kind);
        question.verb = slice_text(both);
    }
    if (question.family.len > 16)
        return command_fail("the families are rsa-2048, rsa-4096, p-256 and p-384");
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_TRUST, &question, MSG_TRUST_REPLY, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    int status = reply_print(&frame.message.trust_reply);
    frame_free(&frame);
    return status;
}

int trust_list_run(int argc, char **argv)
{
    return trust_run(argc, argv, "list", false);
}

int trust_bundle_run(int argc, char **argv)
{
    return trust_run(argc, argv, "bundle", false);
}

int trust_make_run(int argc, char **argv)
{
    return trust_run(argc, argv, "make", false);
}

int trust_roll_over_run(int argc, char **argv)
{
    return trust_run(argc, argv, "roll-over", true);
}
