/*
 * chanceryd - the parent of all processes of an appliance.
 *
 * It alone holds the process table: who is started, as what, with which descriptors, and
 * which two of them a wire joins. It holds the listening sockets, the lock of STATE
 * and, when started as root, root itself: its children give that up, it keeps it in order
 * to start them again.
 *
 * When [hsm] pin_source is console it also holds the PIN that a person typed, in locked memory, so
 * that a core that died can be started again (pin_prompt.h).
 *
 * Its children may talk to it, each over its own control channel, and may say two things:
 * MSG_READY, and core MSG_PIN_REFUSED. Signals (SIGTERM and SIGINT: stop in order) and the terminal,
 * while it asks for the PIN, are the only other ways in.
 *
 * It must never read a byte that comes from a network, open the store or the token, see a key or
 * a PIN that nobody typed, or accept a connection itself.
 */
#include "firmware/base/config.h"
#include "firmware/base/log.h"
#include "firmware/base/supervisor.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

static const char usage[] =
    "usage: chanceryd --state DIR [--libexec DIR]\n"
    "       chanceryd --help | --version\n"
    "\n"
    "Runs the appliance that was provisioned in DIR, in the foreground, until SIGTERM or SIGINT.\n"
    "\n"
    "  --state DIR     folder made by `chancery init`; its chancery.conf is read\n"
    "  --libexec DIR   where the programs are (default: the folder of chanceryd)\n"
    "  --help          this text and the keys of chancery.conf\n"
    "  --version       the version\n"
    "\n"
    "Exit status: 0 stopped in order, 1 cannot serve, 2 wrong usage or configuration.\n";

static int usage_error(void)
{
    fputs(usage, stderr);
    return 2;
}

static int help_print(void)
{
    fputs(usage, stdout);
    fputs("\nKeys of chancery.conf:\n\n", stdout);
    config_describe(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"state", required_argument, NULL, 's'},
                                          {"libexec", required_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    struct supervisor_options options = {0};
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 's':
            options.state = optarg;
            break;
        case 'l':
            options.libexec = optarg;
            break;
        case 'h':
            return help_print();
        case 'v':
            puts("chanceryd " CHANCERY_VERSION);
            return 0;
        default:
            return usage_error();
        }
    }
    if (options.state == NULL || optind != argc)
        return usage_error();
    log_open("chanceryd", LOG_LEVEL_INFO);
    (void)signal(SIGPIPE, SIG_IGN);
    return supervisor_run(&options);
}
