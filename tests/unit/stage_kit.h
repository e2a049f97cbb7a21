/*
 * stage_kit.h - processes for tests of process.c and supervisor.c: a STATE, a folder of
 * programs, and stand-ins for them. A stand-in is the test itself under the name of the real
 * program; what it does stands in STATE/fake.<program>, as one of the words in stage_kit.c.
 */
#ifndef CHANCERY_TESTS_STAGE_KIT_H
#define CHANCERY_TESTS_STAGE_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STAGE_WAIT_MS 20000

/* Of the present case: its folder, STATE, the folder of programs, the log of all processes. */
extern char stage_root[64], stage_state[80], stage_libexec[80], stage_log[80];
extern int stage_port;      /* of the management plane */
extern pid_t stage_daemon;  /* chanceryd, 0 = not running */

/* For main: when the test was started as a stand-in, plays it and sets *status. */
bool stage_is_stand_in(int argc, char **argv, int *status);

/* Set-up and tear-down of a case: core and front serve, as nobody; the public plane is off. */
int stage_set(void **unused);
int stage_clear(void **unused);

/* Writes a file below stage_root. */
void stage_write(const char *name, const char *text);

/* Says what the stand-in of a program does from its next start on. */
void stage_play(const char *program, const char *word);

/* Puts the test into the folder of programs under that name. */
void stage_install(const char *program);

/* A TCP port that was free a moment ago. */
int stage_port_free(void);

/* Starts chanceryd in a fork; _serves also waits until it serves; _stops wants status 0. */
pid_t stage_start(void);
void stage_serves(void);
void stage_stops(void);

/* The exit status of a child; the case fails when a signal ended it. */
int stage_exit_of(pid_t pid);

/* How often a text stands in the log; and waiting until it does. */
size_t stage_logged(const char *wanted);
void stage_must_log(const char *wanted, size_t times);

/* The process number that the stand-in of that role logged last. */
pid_t stage_pid(const char *role);

/* Waits until a process, whose parent may be gone, has ended. */
void stage_must_end(pid_t pid);

#endif
