#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <getopt.h>
#include <string.h>

#define TIMEOUT_MS 60000
#define ID_LENGTH 36
#define REASON_MAX 512

static int reply_print(const struct msg_approval_reply *reply)
{
    if (reply->result != 0)
        return command_fail("%.*s", (int)reply->text.len, reply->text.data);
    fwrite(reply->text.data, 1, reply->text.len, stdout);
    return COMMAND_DONE;
}

static int ask(const char *given, const struct msg_approval *question)
{
    char state[4096];
    struct frame frame;
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_APPROVAL, question, MSG_APPROVAL_REPLY, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    int status = reply_print(&frame.message.approval_reply);
    frame_free(&frame);
    return status;
}

/* takes_id: one request is meant; needs_reason: and it is refused. */
static int approval_run(int argc, char **argv, const char *verb, bool takes_id, bool needs_reason)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"reason", required_argument, NULL, 'r'},
                                            {"all", no_argument, NULL, 'a'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL;
    struct msg_approval question = {.verb = slice_text(verb)};
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 's')
            given = optarg;
        else if (option == 'r' && takes_id)
            question.reason = slice_text(optarg);
        else if (option == 'a' && !takes_id)
            question.verb = slice_text("list all");
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    if (optind + (takes_id ? 1 : 0) != argc || (needs_reason && question.reason.len == 0))
        return command_usage(COMMAND_USAGE);
    if (takes_id)
        question.id = slice_text(argv[optind]);
    if (takes_id && question.id.len != ID_LENGTH)
        return command_fail("%s is not the id of a request", argv[optind]);
    if (question.reason.len > REASON_MAX)
        return command_fail("a reason has at most %d octets", REASON_MAX);
    return ask(given, &question);
}

int approval_list_run(int argc, char **argv)
{
    return approval_run(argc, argv, "list", false, false);
}

int approval_show_run(int argc, char **argv)
{
    return approval_run(argc, argv, "show", true, false);
}

int approval_approve_run(int argc, char **argv)
{
    return approval_run(argc, argv, "approve", true, false);
}

int approval_deny_run(int argc, char **argv)
{
    return approval_run(argc, argv, "deny", true, true);
}
