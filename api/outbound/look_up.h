/*
 * look_up.h - the look-ups that core asks for: one after another at each resolver.
 */
#ifndef CHANCERY_OUTBOUND_LOOK_UP_H
#define CHANCERY_OUTBOUND_LOOK_UP_H

#include "api/outbound/resolvers.h"
#include "firmware/base/message.h"

/*
 * Appends the views of all resolvers; each gets an equal part of the time. A name that is too long
 * gives no view. CH_EINVAL for a question that does not exist, CH_ENOMEM, CH_ELIMIT when
 * there is too much to report.
 */
int look_up(struct resolvers *r, const struct msg_look_up *asked, struct buf *views);

#endif
