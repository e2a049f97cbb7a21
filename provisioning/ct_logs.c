#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 60000

/* All of a file ("-" = standard input), at most max octets; NULL when it cannot be read. */
static char *file_text(const char *path, size_t max, size_t *len)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = file == NULL ? NULL : malloc(max + 1);
    if (text == NULL) {
        command_fail("%s: %s", path, strerror(errno));
        return NULL;
    }
    *len = fread(text, 1, max + 1, file);
    bool whole = ferror(file) == 0 && *len <= max;
    if (file != stdin)
        fclose(file);
    if (whole)
        return text;
    command_fail("%s: %s", path, *len > max ? "the file is too long" : "it cannot be read");
    free(text);
    return NULL;
}

static int ask(const char *given, struct msg_ct_logs *question)
{
    char state[4096];
    struct frame frame;
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_CT_LOGS, question, MSG_CT_LOGS_REPLY, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    const struct msg_ct_logs_reply *reply = &frame.message.ct_logs_reply;
    int status = COMMAND_DONE;
    if (reply->result != 0)
        status = command_fail("%.*s", (int)reply->text.len, reply->text.data);
    else
        fwrite(reply->text.data, 1, reply->text.len, stdout);
    frame_free(&frame);
    return status;
}

int ct_logs_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"none", no_argument, NULL, 'n'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL;
    struct msg_ct_logs question = {0};
    char *text = NULL;
    size_t len = 0;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 's')
            given = optarg;
        else if (option == 'n')
            question.change = 1;
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    if (argc - optind > 1 || (question.change == 1 && optind != argc))
        return command_usage(COMMAND_USAGE);
    if (optind < argc) {
        text = file_text(argv[optind], CT_LOGS_MAX, &len);
        if (text == NULL)
            return COMMAND_FAILED;
        question.change = 1;
        question.list = slice_of(text, len);
    }
    int status = ask(given, &question);
    free(text);
    return status;
}
