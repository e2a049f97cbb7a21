#include "provisioning/command.h"
#include "provisioning/operator_client.h"

#include "firmware/base/error.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#define TIMEOUT_MS 3600000 /* a chain of many millions of records takes its time */
#define LINE_SIZE 4096
#define CHAIN_DIGITS 64
#define NUMBER_DIGITS 18
#define MARK "audit checkpoint: record "
#define BETWEEN ", chain "

/* The last checkpoints that a log tells of, oldest first from `next` on. */
struct kept {
    char number[MESSAGE_PAIRS_MAX][NUMBER_DIGITS + 1];
    char chain[MESSAGE_PAIRS_MAX][CHAIN_DIGITS + 1];
    size_t count;
};

static void line_take(const char *line, struct kept *k)
{
    const char *at = strstr(line, MARK);
    if (at == NULL)
        return;
    at += sizeof MARK - 1;
    size_t digits = strspn(at, "0123456789");
    const char *chain = at + digits + sizeof BETWEEN - 1;
    if (digits == 0 || digits > NUMBER_DIGITS ||
        strncmp(at + digits, BETWEEN, sizeof BETWEEN - 1) != 0 ||
        strspn(chain, "0123456789abcdef") != CHAIN_DIGITS)
        return;
    size_t slot = k->count++ % MESSAGE_PAIRS_MAX;
    memcpy(k->number[slot], at, digits);
    k->number[slot][digits] = '\0';
    memcpy(k->chain[slot], chain, CHAIN_DIGITS);
    k->chain[slot][CHAIN_DIGITS] = '\0';
}

static int log_read(const char *path, struct kept *k)
{
    char line[LINE_SIZE];
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (f == NULL)
        return command_fail("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, f) != NULL)
        line_take(line, k);
    bool failed = ferror(f) != 0;
    if (f != stdin)
        fclose(f);
    if (failed)
        return command_fail("%s cannot be read", path);
    return k->count > 0 ? COMMAND_DONE
                        : command_fail("%s has no line \"" MARK "N" BETWEEN "...\"", path);
}

static void pairs_fill(const struct kept *k, struct message_pairs *out)
{
    size_t most = k->count < MESSAGE_PAIRS_MAX ? k->count : MESSAGE_PAIRS_MAX;
    out->count = (uint32_t)most;
    for (size_t i = 0; i < most; i++) {
        size_t slot = (k->count - most + i) % MESSAGE_PAIRS_MAX;
        out->pair[i] = (struct message_pair){slice_text(k->number[slot]),
                                             slice_text(k->chain[slot])};
    }
}

static int reply_print(const struct msg_audit_reply *reply)
{
    bool found = reply->result == 0 || reply->result == (uint32_t)-CH_EINTEGRITY;
    if (!found)
        return command_fail("%.*s", (int)reply->text.len, reply->text.data);
    fwrite(reply->text.data, 1, reply->text.len, stdout);
    return reply->result == 0 ? COMMAND_DONE : COMMAND_FAILED;
}

int audit_verify_run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"log", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static struct kept kept;
    static struct msg_audit question;
    const char *given = NULL, *log = NULL;
    char state[4096];
    struct frame frame;
    int option = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 's')
            given = optarg;
        else if (option == 'l')
            log = optarg;
        else
            return command_usage(option == 'h' ? COMMAND_DONE : COMMAND_USAGE);
    }
    if (optind != argc)
        return command_usage(COMMAND_USAGE);
    if (log != NULL && log_read(log, &kept) != COMMAND_DONE)
        return COMMAND_FAILED;
    pairs_fill(&kept, &question.kept);
    if (command_state(given, state) != 0 ||
        operator_ask(state, MSG_AUDIT, &question, MSG_AUDIT_REPLY, TIMEOUT_MS, &frame) != 0)
        return COMMAND_FAILED;
    int status = reply_print(&frame.message.audit_reply);
    frame_free(&frame);
    return status;
}
