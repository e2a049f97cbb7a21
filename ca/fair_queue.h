/*
 * fair_queue.h - a queue with lanes, served in turn: whoever puts much waits behind his own,
 * not others behind him. Who somebody is, is a hint of the caller's: it decides the order and
 * nothing else. Not safe from many threads by itself.
 */
#ifndef CHANCERY_CA_FAIR_QUEUE_H
#define CHANCERY_CA_FAIR_QUEUE_H

#include "firmware/base/buf.h"

#include <sys/queue.h>

#define FAIR_LANES 256

/* Part of what is queued. */
struct fair_item {
    STAILQ_ENTRY(fair_item) next;
};

STAILQ_HEAD(fair_items, fair_item);

struct fair_lane {
    TAILQ_ENTRY(fair_lane) next;
    struct fair_items items;
};

struct fair_queue {
    uint64_t seed; /* so that nobody can choose whom to share a lane with */
    struct fair_lane lanes[FAIR_LANES];
    TAILQ_HEAD(fair_turns, fair_lane) turns; /* lanes with items, the next one first */
};

void fair_queue_init(struct fair_queue *q);

/* To the end of who's lane; equal names share a lane, some others may, too. */
void fair_queue_put(struct fair_queue *q, struct slice who, struct fair_item *item);

/* The first of the lane whose turn it is; NULL when there is nothing. */
struct fair_item *fair_queue_take(struct fair_queue *q);

#endif
