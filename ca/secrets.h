/*
 * secrets.h - users and passwords for servers of others (object store, mail relay): sealed in the store by a key
 * of the token, in clear for the length of a job alone.
 */
#ifndef CHANCERY_CA_SECRETS_H
#define CHANCERY_CA_SECRETS_H

#include "ca/core.h"
#include "firmware/base/secret.h"

#define SECRETS_USER_SIZE 257

/* For "s3" or "mail"; an empty user forgets it. CH_EINVAL for other names or texts, the errors of store and HSM. */
int secrets_put(struct core *core, const char *name, const char *user, struct slice password);

/* CH_ENOTFOUND when there is none; the caller frees. */
int secrets_get(struct core *core, const char *name, char user[SECRETS_USER_SIZE],
                struct secret **password);

#endif
