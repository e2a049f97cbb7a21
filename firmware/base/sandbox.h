/*
 * sandbox.h - what each process may ask of the kernel, all lists side by side:
 * system calls (seccomp; anything else kills the process) and file system rules (Landlock).
 */
#ifndef CHANCERY_BASE_SANDBOX_H
#define CHANCERY_BASE_SANDBOX_H

#include "firmware/base/config.h"
#include "firmware/base/message.h"

/* no-new-privs, Landlock, seccomp for the role; for ever. 0, CH_ESYS (said in the log), CH_EUNSUPPORTED when the kernel has no seccomp. */
int sandbox_enter(enum role role, const char *state, const struct config *config);

/* True when the running kernel offers Landlock; without it sandbox_enter warns and goes on. */
bool sandbox_has_landlock(void);

#endif
