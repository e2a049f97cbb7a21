/*
 * chancery: the operator's command. It provisions STATE, examines an HSM, and asks the
 * running appliance over STATE/run/operator.sock. It opens no network socket.
 */
#include "provisioning/command.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/secret.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct command commands[] = {
    {"init", NULL, "--state DIR [options]", "make or complete an appliance in DIR",
     "  --state DIR          folder of the appliance (made when it is missing)\n"
     "  --port N             TCP port of the API (8443)\n"
     "  --public-port N      TCP port of OCSP and CRLs (8080; 0 = off)\n"
     "  --name HOST          a name or address for the TLS certificate; may be repeated\n"
     "  --organization NAME  organization in the roots of public certificates (Chancery)\n"
     "  --country CC         country in them, two letters (XX = none)\n"
     "  --region R           region that the appliance answers for (us-east-1); may be repeated\n"
     "  --module PATH        PKCS#11 module; default: SoftHSM with a token in DIR/token\n"
     "  --token-label L      label of the token (chancery)\n"
     "  --pin-file FILE      file with the user PIN of the token\n"
     "  --pin-source S       where the PIN comes from: file (default), credential (systemd),\n"
     "                       console; --module needs this or --pin-file\n",
     init_run},
    {"status", NULL, "[--state DIR] [--verify]", "ask the running appliance how it is",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --verify             also walk the hash chain of the audit trail and verify its\n"
     "                       signed checkpoints; ends with 1 when they are broken\n",
     status_run},
    {"user", "add", "NAME [options]", "add a user with an access key and, until policies grant some, no rights",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --account ID         account of the user (the first one)\n"
     "  --administrator      all rights in the account (a user has none)\n"
     "  --format text|env    how the key is printed, which happens only once (text)\n",
     user_add_run},
    {"account", "add", "NAME [options]", "add an account; what is in one account is closed to all others",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --account ID         its number, 12 digits (chosen at random)\n"
     "  --root-key           print an access key of its root principal, too\n",
     account_add_run},
    {"account", "root-key", "[options]", "make an access key of an account's root principal, who may do everything in it",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --account ID         the account (the first one)\n"
     "  --format text|env    how the key is printed, which happens only once (text)\n",
     account_root_key_run},
    {"account", "limit", "NAME --account ID --policy FILE | --remove [options]",
     "put or remove a service control policy, which limits all users of an account",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --account ID         the account that it limits\n"
     "  --policy FILE        the document (- = standard input); NAME is put or replaced\n"
     "  --remove             the policy NAME limits no more\n",
     account_limit_run},
    {"key", "rotate", "[options]", "replace wrapping keys; what they wrap is wrapped anew meanwhile",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --account ID         only those of that account\n"
     "  --region R           only those of that region\n"
     "  --class C            only export, or only no-export\n",
     key_rotate_run},
    {"secret", "set", "NAME [options]",
     "keep user and password for the object store (s3) or the mail relay (mail), sealed",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --user USER          user or access key; the password is the first line of standard input\n"
     "  --remove             forget both\n",
     secret_set_run},
    {"trust", "list", "[options]", "list the appliance's own authorities that issue public certificates",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --family F           only rsa-2048, rsa-4096, p-256 or p-384\n",
     trust_list_run},
    {"trust", "bundle", "[--state DIR]", "print the roots that clients are to trust, as PEM",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n",
     trust_bundle_run},
    {"trust", "make", "[options]", "make the authorities now, not with the first certificate",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --family F           only rsa-2048, rsa-4096, p-256 or p-384\n",
     trust_make_run},
    {"trust", "roll-over", "intermediate|root [options]",
     "retire the authorities that issue, or roots and all; successors are made at once",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --family F           only rsa-2048, rsa-4096, p-256 or p-384\n",
     trust_roll_over_run},
    {"ct", "logs", "[FILE] [options]",
     "tell which logs of certificate transparency are asked, or take them from FILE",
     "  FILE                 list of logs, as browsers have it (log_list.json, version 3)\n"
     "  --none               no logs but the appliance's own\n"
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n",
     ct_logs_run},
    {"validation", "list", "[options]", "list the public certificates that wait, and what for",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --account ID         only those of that account (all)\n"
     "  --json               for programs\n",
     validation_list_run},
    {"validation", "show", "ARN [options]",
     "tell for each name of a certificate what is expected, what was seen, and why that is not enough",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --json               for programs, as ListValidations answers\n",
     validation_show_run},
    {"validation", "check", "ARN [DOMAIN] [options]",
     "look now, and tell what was seen; ends with 3 when a name is not proved",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n"
     "  --wait SECONDS       wait so long for what is seen (15)\n"
     "  --json               for programs, as ListValidations answers\n",
     validation_check_run},
    {"audit", "verify", "[options]", "verify the audit trail; ends with 1 when it is broken",
     "  --log FILE           compare it also with the checkpoints that a log tells of (- = standard\n"
     "                       input): kept on another machine, nobody can take those along\n"
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n",
     audit_verify_run},
    {"approval", "list", "[options]", "list what waits for a second principal",
     "  --all                also what was used, denied or expired\n"
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n",
     approval_list_run},
    {"approval", "show", "ID [--state DIR]", "print one request with all that is asked for",
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n",
     approval_show_run},
    {"approval", "approve", "ID [options]", "approve a request: who asked may repeat the call, once",
     "  --reason TEXT        is kept with the decision\n"
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n",
     approval_approve_run},
    {"approval", "deny", "ID --reason TEXT [--state DIR]", "deny a request",
     "  --reason TEXT        is told to who asked\n"
     "  --state DIR          folder of the appliance (./var or /var/lib/chancery)\n",
     approval_deny_run},
    {"hsm", "doctor", "[options]", "say whether an HSM can do what Chancery needs",
     "  --state DIR          take module, token and PIN from the appliance in DIR\n"
     "  --module PATH        PKCS#11 module\n"
     "  --token-label L      label of the token\n"
     "  --pin-file FILE      file with the user PIN\n"
     "  --pin-source S       file, credential (systemd's hsm-pin) or console\n",
     doctor_run},
    {"version", NULL, "", "print the version", "", version_run},
    {"help", NULL, "[COMMAND]", "print this, or how a command is used", "", help_run},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const struct command *running;

int command_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("chancery: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return COMMAND_FAILED;
}

static void command_describe(const struct command *c, FILE *out)
{
    fprintf(out, "usage: chancery %s%s%s %s\n%s.\n%s%s", c->word, c->second == NULL ? "" : " ",
            c->second == NULL ? "" : c->second, c->arguments, c->summary,
            c->details[0] == '\0' ? "" : "\n", c->details);
}

static int usage_all(FILE *out, int status)
{
    fputs("usage: chancery COMMAND [options]\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char words[32];
        snprintf(words, sizeof words, "%s%s%s", commands[i].word,
                 commands[i].second == NULL ? "" : " ",
                 commands[i].second == NULL ? "" : commands[i].second);
        fprintf(out, "  %-16s %s\n", words, commands[i].summary);
    }
    fputs("\n`chancery help COMMAND` tells the options of a command.\n", out);
    return status;
}

int command_usage(int status)
{
    FILE *out = status == COMMAND_DONE ? stdout : stderr;
    if (running == NULL)
        return usage_all(out, status);
    command_describe(running, out);
    return status;
}

int command_state(const char *given, char out[4096])
{
    const char *path = given != NULL                               ? given
                       : access("var/chancery.conf", F_OK) == 0 ? "var"
                                                                   : "/var/lib/chancery";
    char *real = realpath(path, NULL);
    if (real == NULL) {
        command_fail("%s: %s", path, strerror(errno));
        return CH_ENOTFOUND;
    }
    int len = snprintf(out, 4096, "%s", real);
    free(real);
    return len < 4096 - 256 ? 0 : CH_ELIMIT;
}

int command_config(const char *state, struct config *out)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/chancery.conf", state);
    int r = config_load(path, out, stderr);
    if (r == CH_ENOTFOUND)
        command_fail("%s is not provisioned: run `chancery init --state %s`", state, state);
    else if (r != 0)
        command_fail("%s: %s", path, ch_error_text(r));
    return r;
}

int version_run(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return command_usage(COMMAND_USAGE);
    puts("chancery " CHANCERY_VERSION);
    return COMMAND_DONE;
}

/* The command that the words name, and how many words that took. */
static const struct command *command_find(int count, char **words, int *used)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        bool two = commands[i].second != NULL;
        if (count < (two ? 2 : 1) || strcmp(commands[i].word, words[0]) != 0 ||
            (two && strcmp(commands[i].second, words[1]) != 0))
            continue;
        *used = two ? 2 : 1;
        return &commands[i];
    }
    return NULL;
}

int help_run(int argc, char **argv)
{
    int used = 0;
    if (argc <= 1)
        return usage_all(stdout, COMMAND_DONE);
    const struct command *about = command_find(argc - 1, argv + 1, &used);
    if (about == NULL || used != argc - 1) {
        command_fail("no command of that name");
        return usage_all(stderr, COMMAND_USAGE);
    }
    command_describe(about, stdout);
    return COMMAND_DONE;
}

static bool is_word(const char *text, const char *const words[])
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], text) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    static const char *const help_words[] = {"--help", "-h", NULL};
    static const char *const version_words[] = {"--version", "-V", NULL};
    int used = 0;
    umask(027);
    log_open("chancery", LOG_LEVEL_WARN);
    if (argc == 2 && is_word(argv[1], help_words))
        return usage_all(stdout, COMMAND_DONE);
    if (argc == 2 && is_word(argv[1], version_words))
        return version_run(1, argv);
    running = command_find(argc - 1, argv + 1, &used);
    if (running == NULL) {
        if (argc > 1)
            command_fail("no command \"%s\"", argv[1]);
        return usage_all(stderr, COMMAND_USAGE);
    }
    int status = running->run(argc - used, argv + used);
    secret_wipe_all();
    return status;
}
