/*
 * key_maker.h - the thread that makes what takes long: the pairs of authorities that are
 * CREATING, and private certificates that waited for a key. It works from the store
 * alone, so what a stop interrupted is taken up at the next start.
 */
#ifndef CHANCERY_JOBS_KEY_MAKER_H
#define CHANCERY_JOBS_KEY_MAKER_H

#include "ca/core.h"

struct authority_cache; /* ca/pca/authority.h */

/*
 * Starts the thread, which begins with all that waits in the store. core must outlive it. out
 * should be &core->key_maker: it is set before the thread runs. CH_ENOMEM, CH_ESYS.
 */
int key_maker_new(struct core *core, struct key_maker **out);

/* Tells the thread that there is work. NULL is fine. */
void key_maker_wake(struct key_maker *m);

/*
 * Wakes the thread and waits until it has looked through all that was in the store at
 * this moment, at most timeout_ms. 0, CH_ETIMEOUT, or CH_ESTATE when m is NULL.
 */
int key_maker_wait(struct key_maker *m, unsigned timeout_ms);

/*
 * Claims a certificate or an authority, so that one thread alone works on it: the request that made it,
 * the job that destroys its key, or the key maker. 0, CH_EBUSY when it is claimed, CH_ENOMEM. m NULL: always 0.
 */
int key_maker_claim(struct key_maker *m, const char id[ROW_UUID_SIZE]);
void key_maker_release(struct key_maker *m, const char id[ROW_UUID_SIZE]);

/* The parsed certificates of issuing authorities, shared by all threads; NULL when m is. */
struct authority_cache *key_maker_authorities(struct key_maker *m);

/* Ends the thread after the key it is making, and frees. NULL is fine. */
void key_maker_free(struct key_maker *m);

#endif
