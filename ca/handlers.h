/*
 * handlers.h - what core does with each message, by the table {message, sender, handler}.
 */
#ifndef CHANCERY_CA_HANDLERS_H
#define CHANCERY_CA_HANDLERS_H

#include "ca/core.h"
#include "firmware/base/channel.h"

/*
 * Acts on a frame and sends the reply over the channel it came from. 0; CH_EPROTO when the
 * table has no row for that message from that sender: the channel must end. Failures
 * to send are logged and are 0: the reader of the channel sees its end.
 */
int handlers_act(struct core *core, struct channel *from, const struct frame *frame);

#endif
