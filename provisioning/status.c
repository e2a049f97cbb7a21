#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <getopt.h>

#include <string.h>

#define TIMEOUT_MS 15000
#define VERIFY_TIMEOUT_MS 3600000 /* a chain of many millions of records takes its time */

/* What a person must see, and a script: core begins such a fact with that word. */
static bool is_broken(struct slice value)
{
    static const char word[] = "BROKEN";
    return value.len >= sizeof word - 1 && memcmp(value.data, word, sizeof word - 1) == 0;
}

int status_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"verify", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL;
    char state[4096];
    struct msg_status question = {0};
    struct frame frame;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 's')
            given = optarg;
        else if (option == 'v')
            question.detail = 1;
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    if (optind != argc)
        return command_usage(COMMAND_USAGE);
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_STATUS, &question, MSG_STATUS_REPLY,
                     question.detail == 0 ? TIMEOUT_MS : VERIFY_TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    const struct message_pairs *facts = &frame.message.status_reply.facts;
    printf("%-20s %s\n", "state", state);
    int status = COMMAND_DONE;
    for (uint32_t i = 0; i < facts->count; i++) {
        printf("%-20.*s %.*s\n", (int)facts->pair[i].name.len, facts->pair[i].name.data,
               (int)facts->pair[i].value.len, facts->pair[i].value.data);
        if (is_broken(facts->pair[i].value))
            status = COMMAND_FAILED;
    }
    frame_free(&frame);
    return status;
}
