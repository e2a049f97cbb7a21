#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <getopt.h>

#define TIMEOUT_MS 600000 /* a new key in the HSM for each account and region */

static int reply_print(const struct msg_key_rotated *reply)
{
    if (reply->count > 0 || reply->result == 0)
        printf("%u wrapping key%s replaced; `chancery status` tells how many keys are left to wrap "
               "anew\n",
               (unsigned)reply->count, reply->count == 1 ? "" : "s");
    return reply->result == 0 ? COMMAND_DONE
                              : command_fail("%.*s", (int)reply->text.len, reply->text.data);
}

int key_rotate_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"account", required_argument, NULL, 'a'},
                                            {"region", required_argument, NULL, 'r'},
                                            {"class", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL;
    struct msg_key_rotate question = {0};
    char state[4096];
    struct frame frame;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        struct slice *into = option == 'a'   ? &question.account
                             : option == 'r' ? &question.region
                             : option == 'c' ? &question.class
                                             : NULL;
        if (option == 's')
            given = optarg;
        else if (into != NULL)
            *into = slice_text(optarg);
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    if (optind != argc)
        return command_usage(COMMAND_USAGE);
    if (question.account.len > 12 || question.region.len > 32 || question.class.len > 16)
        return command_fail("no such account, region or class");
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_KEY_ROTATE, &question, MSG_KEY_ROTATED, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    int status = reply_print(&frame.message.key_rotated);
    frame_free(&frame);
    return status;
}
