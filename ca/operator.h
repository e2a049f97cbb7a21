/*
 * operator.h - the socket of the chancery command: one connection at a time, in a thread
 * of its own, only for root, for core's own user and for the owner of STATE.
 */
#ifndef CHANCERY_CA_OPERATOR_H
#define CHANCERY_CA_OPERATOR_H

#include "ca/core.h"

struct operator;

/* Serves the listening socket, which is taken over. CH_ENOMEM, CH_ESYS. */
int operator_new(struct core *core, const char *state, int listening, struct operator **out);

/* Ends the thread and closes the socket. NULL is fine. */
void operator_free(struct operator *o);

#endif
