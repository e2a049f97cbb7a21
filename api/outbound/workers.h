/*
 * workers.h - the threads that do what core asks for, and the channel to core: one reader, one
 * bounded queue, a row of the table for each message.
 */
#ifndef CHANCERY_OUTBOUND_WORKERS_H
#define CHANCERY_OUTBOUND_WORKERS_H

#include "api/outbound/http.h"
#include "firmware/base/channel.h"

struct workers;

/* Starts count threads; o must outlive them. CH_ENOMEM, CH_ESYS. */
int workers_new(const struct outbound *o, unsigned count, struct workers **out);

/* Serves a channel of core, which is taken over, from now on, in the place of a former one, which ends. */
void workers_attach(struct workers *w, struct channel *core);

/* Ends the channel; the threads end with the process. NULL is fine. */
void workers_stop(struct workers *w);

#endif
