#include "ca/jobs/turns.h"

#include "firmware/base/error.h"

#include <stdbool.h>
#include <string.h>

#define PAGE 64 /* scopes at a time */

/* ---- around all scopes ---- */

struct walk {
    struct store_tx *tx;
    turns_scopes scopes;
    int (*visit)(void *context, struct store_tx *tx, int64_t scope);
    void *context;
};

/* The scopes from after, without it, to last, with it. */
static int part_walk(const struct walk *w, int64_t after, int64_t last)
{
    int64_t scopes[PAGE];
    size_t count = PAGE;
    int rc = 0;
    while (rc == 0 && count == PAGE) {
        rc = w->scopes(w->tx, after, scopes, PAGE, &count);
        for (size_t i = 0; rc == 0 && i < count; i++) {
            if (scopes[i] > last)
                return 0;
            rc = w->visit(w->context, w->tx, scopes[i]);
            after = scopes[i];
        }
    }
    return rc;
}

int turns_walk(struct turns *t, struct store_tx *tx, turns_scopes scopes,
               int (*visit)(void *context, struct store_tx *tx, int64_t scope), void *context)
{
    const struct walk w = {tx, scopes, visit, context};
    pthread_mutex_lock(&t->lock);
    int64_t after = t->after;
    pthread_mutex_unlock(&t->lock);
    int rc = part_walk(&w, after, INT64_MAX);
    if (rc == 0 && after > 0)
        rc = part_walk(&w, 0, after);
    return rc == CH_ELIMIT ? 0 : rc;
}

/* ---- who works on what ---- */

/* *share = how many of its account are being worked on; true: it itself is. Lock held. */
static bool is_held(const struct turns *t, const struct turn *turn, size_t *share)
{
    bool held = false;
    *share = 0;
    for (size_t i = 0; i < TURNS_LINES; i++) {
        const struct turn *h = &t->held[i];
        if (h->key[0] == '\0' || strcmp(h->account, turn->account) != 0)
            continue;
        (*share)++;
        held = held || strcmp(h->key, turn->key) == 0;
    }
    return held;
}

static int choose(const struct turns *t, const struct turn *list, size_t count, size_t most)
{
    size_t least = most, share = 0;
    int best = -1;
    for (size_t i = 0; i < count && least > 0; i++)
        if (!is_held(t, &list[i], &share) && share < least) {
            best = (int)i;
            least = share;
        }
    return best;
}

int turns_find(struct turns *t, const struct turn *list, size_t count, size_t most)
{
    pthread_mutex_lock(&t->lock);
    int best = choose(t, list, count, most);
    pthread_mutex_unlock(&t->lock);
    return best;
}

int turns_take(struct turns *t, const struct turn *list, size_t count, size_t most)
{
    struct turn *mine = NULL;
    pthread_mutex_lock(&t->lock);
    int best = choose(t, list, count, most);
    for (size_t i = 0; i < TURNS_LINES && best >= 0; i++)
        if (t->held[i].key[0] == '\0')
            mine = &t->held[i];
    if (mine != NULL) {
        *mine = list[best];
        t->after = mine->scope;
    }
    pthread_mutex_unlock(&t->lock);
    return mine == NULL ? -1 : best;
}

void turns_release(struct turns *t, const struct turn *turn)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < TURNS_LINES; i++)
        if (strcmp(t->held[i].key, turn->key) == 0)
            t->held[i].key[0] = '\0';
    pthread_mutex_unlock(&t->lock);
}
