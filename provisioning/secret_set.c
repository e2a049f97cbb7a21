#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include "firmware/base/error.h"
#include "firmware/base/secret.h"

#include <getopt.h>
#include <unistd.h>

#define TIMEOUT_MS 15000
#define PASSWORD_MAX 256

/* Not from the arguments, which other users of the machine can read. */
static struct secret *password_read(void)
{
    struct secret *password = NULL;
    if (secret_read_fd(STDIN_FILENO, PASSWORD_MAX, &password) != 0)
        return NULL;
    const uint8_t *text = secret_data(password);
    size_t len = secret_len(password);
    while (len > 1 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    secret_trim(password, len);
    return password;
}

static int ask(const char *given, const struct msg_secret_set *question)
{
    char state[4096];
    struct frame frame;
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_SECRET_SET, question, MSG_SECRET_SET_REPLY, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    uint32_t result = frame.message.secret_set_reply.result;
    frame_free(&frame);
    if (result == (uint32_t)-CH_EINVAL)
        return command_fail("the name is s3 or mail; user and password have 1 to 256 octets");
    return result == 0 ? COMMAND_DONE : command_fail("%s", ch_error_text(-(int)result));
}

int secret_set_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"remove", no_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *given = NULL, *user = "";
    bool forget = false;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 's':
            given = optarg;
            break;
        case 'u':
            user = optarg;
            break;
        case 'r':
            forget = true;
            break;
        default:
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
        }
    }
    if (optind != argc - 1 || forget != (user[0] == '\0'))
        return command_usage(COMMAND_USAGE);
    struct secret *password = forget ? NULL : password_read();
    if (!forget && password == NULL)
        return command_fail("no password on standard input, or one of more than %d octets", PASSWORD_MAX);
    const struct msg_secret_set question = {slice_text(argv[optind]), slice_text(user),
                                            password == NULL ? slice_text("")
                                                             : secret_slice(password)};
    int status = ask(given, &question);
    secret_free(password);
    return status;
}
