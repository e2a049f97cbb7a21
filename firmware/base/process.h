/*
 * process.h - the life of a child of chanceryd, the same for all: take the control
 * channel, drop, confine, say ready, receive wires, stop.
 *
 * chanceryd starts a child as `<binary> --state DIR` with the control channel
 * on descriptor 3 and, for fronts, its listening socket on descriptor 4. The end of
 * the control channel, SIGTERM or SIGINT means: stop.
 */
#ifndef CHANCERY_BASE_PROCESS_H
#define CHANCERY_BASE_PROCESS_H

#include "firmware/base/channel.h"
#include "firmware/base/config.h"

#define PROCESS_CONTROL_FD 3
#define PROCESS_LISTEN_FD 4
#define PROCESS_OPERATOR_FD 5 /* core: listening Unix socket of the chancery command */
#define PROCESS_PIN_FD 6      /* core: pipe with the PIN that a person typed (pin.h) */

struct process {
    enum role role;
    struct config config;
    char state[4096]; /* absolute path of STATE */
    struct channel *control;
};

/*
 * Parses --state, loads the configuration, opens the log, takes the control channel.
 * Exits with 2 and a clear text when started by hand. Called first in main.
 */
void process_open(struct process *p, enum role role, int argc, char **argv);

/*
 * Gives up what the process does not need: other Unix user and groups (when root),
 * capabilities, core dumps, rlimits of the role's row; then the seccomp list and
 * the Landlock rules of the role (sandbox.h). Exits when any of it fails.
 * If the own user cannot reach STATE, keeps uid 0 without any capability and warns.
 */
void process_confine(struct process *p);

/* Tells chanceryd that the process serves. */
int process_ready(struct process *p);

/*
 * Tells chanceryd, before an exit, that the token refused the PIN: it then does not start the process again
 * with the same one. tries: enum pin_tries.
 */
int process_pin_refused(struct process *p, unsigned tries);

/*
 * Blocks in the main thread: hands each wire to on_wire (which owns the channel), until
 * told to stop. Signals are blocked in all other threads by process_open.
 * Returns 0 on an ordered stop. CH_ESTATE, except in core: a wire has ended and was not
 * made anew within 15 seconds, so its peer lives and cut it; the process is to exit with
 * a failure, which gets it started afresh. CH_EPROTO, CH_ENOMEM, CH_ESYS.
 */
int process_run(struct process *p, void (*on_wire)(void *context, struct channel *peer),
                void *context);

/* Wipes all secrets and ends the process. */
_Noreturn void process_exit(struct process *p, int status);

#endif
