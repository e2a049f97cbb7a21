/*
 * console.h - one secret asked of a person: on the terminal that the program was started from, with
 * echo off, or, without a terminal, through systemd-ask-password and its agents.
 */
#ifndef CHANCERY_BASE_CONSOLE_H
#define CHANCERY_BASE_CONSOLE_H

#include "firmware/base/secret.h"

struct console; /* a question that waits for its answer */

/*
 * Asks, and does not wait. CH_ENOTFOUND: there is neither a terminal nor systemd-ask-password.
 * CH_ENOMEM, CH_ESYS.
 */
int console_open(const char *question, struct console **out);

/* Readable when console_read has something to do; for poll. Borrowed. */
int console_fd(const struct console *c);

/*
 * Takes what came. 0 with the answer, which is not empty and has at most `max` octets; CH_EBUSY: not
 * complete, ask poll again; CH_EINVAL: an empty line; CH_ELIMIT: too long a line; CH_ECLOSED: the person, or who
 * should have asked them, gave up. After anything but CH_EBUSY only console_close may follow.
 */
int console_read(struct console *c, size_t max, struct secret **answer);

/* Puts the terminal back as it was, ends who asks, wipes. NULL is fine. */
void console_close(struct console *c);

/*
 * Asks and waits for an answer of at most max octets; for programs that do nothing else meanwhile. As
 * console_open and console_read. Signals that end the program leave the terminal as it was.
 */
int console_ask(const char *question, size_t max, struct secret **answer);

#endif
