/*
 * command.h - what the subcommands of `chancery` share.
 */
#ifndef CHANCERY_PROVISIONING_COMMAND_H
#define CHANCERY_PROVISIONING_COMMAND_H

#include "firmware/base/config.h"

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2, COMMAND_WAITS = 3 };

/* A row of the table in main.c. argv[0] of run is the last word of the command. */
struct command {
    const char *word;
    const char *second; /* "doctor" of "hsm doctor", or NULL */
    const char *arguments;
    const char *summary;
    const char *details; /* the options, a line each */
    int (*run)(int argc, char **argv);
};

int init_run(int argc, char **argv);
int status_run(int argc, char **argv);
int doctor_run(int argc, char **argv);
int user_add_run(int argc, char **argv);
int account_add_run(int argc, char **argv);
int account_limit_run(int argc, char **argv);
int account_root_key_run(int argc, char **argv);
int key_rotate_run(int argc, char **argv);
int secret_set_run(int argc, char **argv);
int trust_list_run(int argc, char **argv);
int trust_bundle_run(int argc, char **argv);
int trust_make_run(int argc, char **argv);
int trust_roll_over_run(int argc, char **argv);
int audit_verify_run(int argc, char **argv);
int approval_list_run(int argc, char **argv);
int approval_show_run(int argc, char **argv);
int approval_approve_run(int argc, char **argv);
int approval_deny_run(int argc, char **argv);
int ct_logs_run(int argc, char **argv);
int validation_list_run(int argc, char **argv);
int validation_show_run(int argc, char **argv);
int validation_check_run(int argc, char **argv);
int version_run(int argc, char **argv);
int help_run(int argc, char **argv);

/* Gives the root principal of an account ("" = the first) an access key and prints it, perhaps as lines for a shell. */
int user_root_key_add(const char *given, const char *account, bool as_env);

/* Prints "chancery: ..." and a newline to standard error; returns COMMAND_FAILED. */
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says how the running command is used; to standard error with COMMAND_USAGE, or to standard output with COMMAND_DONE. Returns status. */
int command_usage(int status);

/*
 * The folder of the appliance, absolute and free of links: `given`, or ./var when that is provisioned, or
 * /var/lib/chancery. 0, CH_ENOTFOUND (said to the user), CH_ELIMIT.
 */
int command_state(const char *given, char out[4096]);

/* Loads STATE/chancery.conf; what is wrong with it is said to the user. */
int command_config(const char *state, struct config *out);

#endif
