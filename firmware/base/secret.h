/*
 * secret.h - the only home of clear secrets: PINs, private keys on export,
 * passphrases, access-key secrets.
 *
 * The bytes live in their own locked pages that are left out of core dumps, are
 * wiped when freed, and are all wiped by secret_wipe_all() on any exit.
 */
#ifndef CHANCERY_BASE_SECRET_H
#define CHANCERY_BASE_SECRET_H

#include "firmware/base/buf.h"

struct secret;

/* A zero-filled secret of len bytes (1 .. 1 MiB); NULL when memory cannot be had. */
struct secret *secret_new(size_t len);

/* A secret with a copy of the bytes; the caller still has to wipe the original. NULL as above. */
struct secret *secret_copy(const void *data, size_t len);

/* Reads a whole file of at most max bytes, less one final newline. 0, CH_ENOTFOUND, CH_ELIMIT, CH_EIO, CH_EINVAL if empty. */
int secret_read_file(const char *path, size_t max, struct secret **out);

/* Likewise from a descriptor, to its end; fd stays the caller's. */
int secret_read_fd(int fd, size_t max, struct secret **out);

/* The bytes, writable, and their number. */
uint8_t *secret_data(struct secret *s);
size_t secret_len(const struct secret *s);
struct slice secret_slice(const struct secret *s);

/* Shortens to len bytes and wipes the rest; len <= the present length. */
void secret_trim(struct secret *s, size_t len);

/* Wipes and frees; NULL is fine. */
void secret_free(struct secret *s);

/* Wipes every living secret. For the end of a process; async-signal-safe. */
void secret_wipe_all(void);

/* How many secrets live; for tests. */
size_t secret_count(void);

#endif
