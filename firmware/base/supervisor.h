/*
 * supervisor.h - the life of chanceryd: the process table, wires, restarts, the ordered stop.
 */
#ifndef CHANCERY_BASE_SUPERVISOR_H
#define CHANCERY_BASE_SUPERVISOR_H

struct supervisor_options {
    const char *state;   /* folder that was provisioned */
    const char *libexec; /* folder with the programs; NULL = that of the running program */
};

/*
 * Starts the processes of the table, joins them by wires, starts them again when they
 * die, until SIGTERM or SIGINT. Returns the exit status: 0 after an ordered stop, 1 when it
 * cannot serve (port in use, locked, a child refuses its configuration), 2 when STATE or
 * its configuration cannot be used. The reason is logged.
 */
int supervisor_run(const struct supervisor_options *options);

#endif
