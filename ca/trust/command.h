/*
 * command.h - what the operator's command asks of the trust services.
 */
#ifndef CHANCERY_TRUST_COMMAND_H
#define CHANCERY_TRUST_COMMAND_H

#include "ca/core.h"

/*
 * Does one of "list", "bundle", "make", "roll-over intermediate", "roll-over root"; family is a token such as
 * "rsa-2048", or "" for all. out gets what is to be printed. On failure it is what is wrong, in
 * words, or empty. CH_EINVAL: no such word or family; CH_ENOTFOUND, CH_EUNSUPPORTED.
 */
int trust_command(struct core *core, const char *verb, const char *family, struct buf *out);

#endif
