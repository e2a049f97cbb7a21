/*
 * turns.h - who works on what, in a job whose lines work beside each other, and whose turn it is: accounts that have much wait
 * for accounts that have little. Nothing of it is in the store: after a crash nobody works on anything.
 */
#ifndef CHANCERY_JOBS_TURNS_H
#define CHANCERY_JOBS_TURNS_H

#include "ca/store/rows.h"
#include "ca/store/store.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define TURNS_LINES 8     /* of a job, at most */
#define TURNS_KEY_SIZE 320

/* A piece of work that is due. */
struct turn {
    int64_t scope; /* number of the scope in the store */
    char account[ROW_ACCOUNT_SIZE];
    char key[TURNS_KEY_SIZE]; /* no two pieces of the job have the same */
};

/* One for a job, static, with TURNS_INIT. */
struct turns {
    pthread_mutex_t lock; /* guards all below */
    struct turn held[TURNS_LINES]; /* key "" = free */
    int64_t after;        /* scope whose turn was last */
};
#define TURNS_INIT {.lock = PTHREAD_MUTEX_INITIALIZER}

/* Lists numbers of scopes that have work, those above after, ascending; see store_public_order_scopes. */
typedef int (*turns_scopes)(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max,
                            size_t *count);

/*
 * Calls visit with every scope that has work, from the one whose turn is next around to the one whose turn was last.
 * What visit returns ends it, CH_ELIMIT as 0.
 */
int turns_walk(struct turns *t, struct store_tx *tx, turns_scopes scopes,
               int (*visit)(void *context, struct store_tx *tx, int64_t scope), void *context);

/*
 * Which of count pieces, listed in the order of turns_walk, is worked on next: nobody works on it, its account has fewest
 * under way, and fewer than most; of several the first. -1: none.
 */
int turns_find(struct turns *t, const struct turn *list, size_t count, size_t most);
/* The same, and then it is worked on, until turns_release. */
int turns_take(struct turns *t, const struct turn *list, size_t count, size_t most);
void turns_release(struct turns *t, const struct turn *turn);

#endif
