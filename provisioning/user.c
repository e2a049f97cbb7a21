#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include <getopt.h>
#include <string.h>

#define TIMEOUT_MS 15000

static int reply_print(const struct msg_user_added *added, const char *name, bool as_env)
{
    if (added->result != 0)
        return command_fail("%s: %.*s", name, (int)added->text.len, added->text.data);
    if (as_env) {
        printf("export AWS_ACCESS_KEY_ID='%.*s'\nexport AWS_SECRET_ACCESS_KEY='%.*s'\n",
               (int)added->access_key_id.len, added->access_key_id.data,
               (int)added->secret_access_key.len, added->secret_access_key.data);
        return COMMAND_DONE;
    }
    printf("user               %s\naccount            %.*s\naccess key id      %.*s\n"
           "secret access key  %.*s\n",
           name, (int)added->account.len, added->account.data, (int)added->access_key_id.len,
           added->access_key_id.data, (int)added->secret_access_key.len,
           added->secret_access_key.data);
    return COMMAND_DONE;
}

int user_root_key_add(const char *given, const char *account, bool as_env)
{
    char state[4096];
    struct frame frame;
    struct msg_user_add question = {.account = slice_text(account)};
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_USER_ADD, &question, MSG_USER_ADDED, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    int status = reply_print(&frame.message.user_added, "root", as_env);
    frame_free(&frame);
    return status;
}

int account_root_key_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"account", required_argument, NULL, 'a'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL, *account = "", *format = "text";
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 's')
            given = optarg;
        else if (option == 'a')
            account = optarg;
        else if (option == 'f')
            format = optarg;
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    bool as_env = strcmp(format, "env") == 0;
    if (optind != argc || (!as_env && strcmp(format, "text") != 0))
        return command_usage(COMMAND_USAGE);
    return user_root_key_add(given, account, as_env);
}

int user_add_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"account", required_argument, NULL, 'a'},
                                            {"administrator", no_argument, NULL, 'A'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL, *account = "", *format = "text";
    uint32_t administrator = 0;
    char state[4096];
    struct frame frame;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 's':
            given = optarg;
            break;
        case 'a':
            account = optarg;
            break;
        case 'A':
            administrator = 1;
            break;
        case 'f':
            format = optarg;
            break;
        default:
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
        }
    }
    bool as_env = strcmp(format, "env") == 0;
    if (optind != argc - 1 || argv[optind][0] == '\0' ||
        (!as_env && strcmp(format, "text") != 0))
        return command_usage(COMMAND_USAGE);
    struct msg_user_add question = {.account = slice_text(account),
                                    .name = slice_text(argv[optind]),
                                    .administrator = administrator};
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_USER_ADD, &question, MSG_USER_ADDED, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    int status = reply_print(&frame.message.user_added, argv[optind], as_env);
    frame_free(&frame);
    return status;
}
