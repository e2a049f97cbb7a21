#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 15000
#define DOCUMENT_MAX ((size_t)8192)

static int ask(const char *given, const struct msg_account *question, struct frame *frame)
{
    char state[4096];
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_ACCOUNT, question, MSG_ACCOUNT_REPLY, TIMEOUT_MS, frame) != 0)
        return COMMAND_FAILED;
    const struct msg_account_reply *reply = &frame->message.account_reply;
    if (reply->result == 0)
        return COMMAND_DONE;
    int status = command_fail("%.*s", (int)reply->text.len, reply->text.data);
    frame_free(frame);
    return status;
}

int account_add_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"account", required_argument, NULL, 'a'},
                                            {"root-key", no_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL;
    bool root_key = false;
    char account[13] = "";
    struct msg_account question = {0};
    struct frame frame;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 's')
            given = optarg;
        else if (option == 'a')
            question.account = slice_text(optarg);
        else if (option == 'r')
            root_key = true;
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    if (optind != argc - 1)
        return command_usage(COMMAND_USAGE);
    question.name = slice_text(argv[optind]);
    if (question.account.len > 12)
        return command_fail("an account has a number of 12 digits");
    if (ask(given, &question, &frame) != COMMAND_DONE)
        return COMMAND_FAILED;
    printf("account            %.*s\nname               %s\n",
           (int)frame.message.account_reply.account.len, frame.message.account_reply.account.data,
           argv[optind]);
    snprintf(account, sizeof account, "%.*s", (int)frame.message.account_reply.account.len,
             frame.message.account_reply.account.data);
    frame_free(&frame);
    return root_key ? user_root_key_add(given, account, false) : COMMAND_DONE;
}

/* The whole file, or standard input for "-". */
static int document_read(const char *path, char out[DOCUMENT_MAX], struct slice *document)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL)
        return command_fail("%s: %s", path, strerror(errno));
    size_t len = fread(out, 1, DOCUMENT_MAX, file);
    bool whole = len < DOCUMENT_MAX && !ferror(file) && len > 0;
    if (file != stdin)
        fclose(file);
    *document = slice_of(out, len);
    return whole ? COMMAND_DONE : command_fail("%s: empty, not readable or too large", path);
}

int account_limit_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"account", required_argument, NULL, 'a'},
                                            {"policy", required_argument, NULL, 'p'},
                                            {"remove", no_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    char text[DOCUMENT_MAX];
    const char *given = NULL, *path = NULL;
    bool removes = false;
    struct msg_account question = {0};
    struct frame frame;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 's':
            given = optarg;
            break;
        case 'a':
            question.account = slice_text(optarg);
            break;
        case 'p':
            path = optarg;
            break;
        case 'r':
            removes = true;
            break;
        default:
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
        }
    }
    if (optind != argc - 1 || question.account.len != 12 || removes == (path != NULL))
        return command_usage(COMMAND_USAGE);
    question.policy_name = slice_text(argv[optind]);
    if (path != NULL && document_read(path, text, &question.document) != COMMAND_DONE)
        return COMMAND_FAILED;
    if (ask(given, &question, &frame) != COMMAND_DONE)
        return COMMAND_FAILED;
    frame_free(&frame);
    return COMMAND_DONE;
}
