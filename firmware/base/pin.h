/*
 * pin.h - where the user PIN of the token comes from ([hsm] pin_source): a file, a credential
 * of systemd, a person at the console; and how it gets from chanceryd to core.
 */
#ifndef CHANCERY_BASE_PIN_H
#define CHANCERY_BASE_PIN_H

#include "firmware/base/secret.h"

#define PIN_MAX 255 /* octets */

enum pin_source { PIN_FROM_FILE, PIN_FROM_CREDENTIAL, PIN_FROM_CONSOLE };

/* "file", "credential", "console"; CH_EINVAL for anything else. */
int pin_source_find(const char *name, enum pin_source *out);

/*
 * What a token says of its tries after it refused a PIN; no token tells their number. The
 * numbers travel in MSG_PIN_REFUSED.
 */
enum pin_tries { PIN_TRIES_UNKNOWN, PIN_TRIES_FEW, PIN_TRIES_LAST, PIN_TRIES_NONE, PIN_TRIES_COUNT };

/* For a person, such as "one try is left"; "" when nothing is known. Never NULL. */
const char *pin_tries_text(enum pin_tries tries);

/*
 * Reads a file of one line. It must be a regular file that others may neither read nor write
 * and that its group may not write. 0, CH_ENOTFOUND, CH_EDENIED (modes), CH_EINVAL (empty, no regular file),
 * CH_ELIMIT, CH_EIO.
 */
int pin_read_file(const char *path, struct secret **out);

/* A name that LoadCredential= of systemd takes: no slash, not "." or "..". */
bool pin_credential_name_is_good(const char *name);

/*
 * Reads $CREDENTIALS_DIRECTORY/<name>, which systemd made for this unit: as pin_read_file, and folder and
 * file must belong to root or to the caller and be writable by nobody else. CH_ENOTFOUND also without the variable. What
 * is wrong is logged.
 */
int pin_read_credential(const char *name, struct secret **out);

/*
 * A pipe with the PIN in it and its writing end closed: the reader gets PIN and end of file. The
 * descriptor is close-on-exec and the caller's. CH_ESYS.
 */
int pin_pipe(const struct secret *pin, int *out);

/* Reads what pin_pipe wrote, to the end, and closes fd. CH_EINVAL when it is empty, CH_ELIMIT, CH_EIO. */
int pin_receive(int fd, struct secret **out);

#endif
