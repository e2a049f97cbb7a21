/*
 * child.h - starts one child of chanceryd: its descriptors and its environment, nothing else.
 */
#ifndef CHANCERY_BASE_CHILD_H
#define CHANCERY_BASE_CHILD_H

#include <sys/types.h>

struct child_start {
    const char *program;     /* absolute path */
    const char *state;       /* absolute path of STATE */
    const char *environment; /* one more NAME=value, or "" */
    int control;             /* becomes PROCESS_CONTROL_FD */
    int listen;              /* becomes PROCESS_LISTEN_FD; -1 = none */
    int operator_listen;     /* becomes PROCESS_OPERATOR_FD; -1 = none */
    int pin;                 /* becomes PROCESS_PIN_FD; -1 = none */
};

/*
 * Forks and executes `program --state STATE` in a session of its own, to be killed when the
 * caller dies. The descriptors are borrowed. 0, CH_ENOMEM, CH_ESYS. A program that cannot be
 * executed shows as an exit with status 127.
 */
int child_start(const struct child_start *start, pid_t *out);

#endif
