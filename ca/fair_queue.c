#include "ca/fair_queue.h"

#include <sys/random.h>

void fair_queue_init(struct fair_queue *q)
{
    /* Without random bytes the order is still fair to those who mean well. */
    if (getrandom(&q->seed, sizeof q->seed, 0) != (ssize_t)sizeof q->seed)
        q->seed = 0;
    TAILQ_INIT(&q->turns);
    for (size_t i = 0; i < FAIR_LANES; i++)
        STAILQ_INIT(&q->lanes[i].items);
}

/* FNV-1a from a seed, its high bits folded in. */
static struct fair_lane *lane_of(struct fair_queue *q, struct slice who)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ q->seed;
    for (size_t i = 0; i < who.len; i++)
        hash = (hash ^ who.data[i]) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    return &q->lanes[(hash ^ hash >> 16) % FAIR_LANES];
}

void fair_queue_put(struct fair_queue *q, struct slice who, struct fair_item *item)
{
    struct fair_lane *lane = lane_of(q, who);
    if (STAILQ_EMPTY(&lane->items))
        TAILQ_INSERT_TAIL(&q->turns, lane, next);
    STAILQ_INSERT_TAIL(&lane->items, item, next);
}

struct fair_item *fair_queue_take(struct fair_queue *q)
{
    struct fair_lane *lane = TAILQ_FIRST(&q->turns);
    if (lane == NULL)
        return NULL;
    struct fair_item *item = STAILQ_FIRST(&lane->items);
    STAILQ_REMOVE_HEAD(&lane->items, next);
    TAILQ_REMOVE(&q->turns, lane, next);
    if (!STAILQ_EMPTY(&lane->items))
        TAILQ_INSERT_TAIL(&q->turns, lane, next);
    return item;
}
