/*
 * trust.h - rows of the trust services and of public certificates that are to be issued;
 * conventions as in rows.h.
 */
#ifndef CHANCERY_STORE_TRUST_H
#define CHANCERY_STORE_TRUST_H

#include "ca/store/rows.h"

/* An authority that issues public certificates; there are few of them. */
struct trust_row {
    char id[ROW_UUID_SIZE]; /* of the authority */
    enum key_alg family;
    char parent[ROW_UUID_SIZE]; /* the root that issued it; a root: itself */
    uint32_t generation;
    int64_t retired_at; /* 0 = it issues */
    char *status;       /* of the authority, as authority_row has it */
    int64_t not_before, not_after;
};
/* All of them, in the order in which they came. */
int store_trust_list(struct store_tx *tx,
                     int (*visit)(void *context, const struct trust_row *row), void *context);
/* Its authority must be there, in that scope: CH_ENOTFOUND. */
int store_trust_insert(struct store_tx *tx, const struct scope *scope,
                       const struct trust_row *row);
/* CH_ENOTFOUND when it is retired already. */
int store_trust_retire(struct store_tx *tx, const struct scope *scope, const char *id,
                       int64_t now);
void trust_row_free(struct trust_row *row);

/* A public certificate whose names are proved, and that waits for its certificate. */
struct public_order_row {
    struct scope scope;
    char certificate[ROW_UUID_SIZE];
    int64_t due_at;
    uint32_t attempts;  /* in vain so far */
    int64_t checked_at; /* when CAA was last looked up for all its names */
    char *note;         /* why it does not go on */
};
/*
 * Puts a certificate on the list when every name of it is proved: one that is PENDING_VALIDATION, or
 * whose renewal is under way. CH_ENOTFOUND: it is not so far. One that is there gets checked_at.
 */
int store_public_order_put(struct store_tx *tx, const struct scope *scope,
                           const char *certificate, int64_t now, int64_t checked_at);
/* When the next is due. CH_ENOTFOUND: none. By index. */
int store_public_order_next(struct store_tx *tx, int64_t *at);
/* Numbers of scopes that have some, those above after, ascending. By index. */
int store_public_order_scopes(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max,
                              size_t *count);
/* Those of a scope that are due at now, the longest due first. By index. */
int store_public_order_list(struct store_tx *tx, int64_t scope, int64_t now, uint32_t limit,
                            int (*visit)(void *context, const struct public_order_row *row),
                            void *context);
int store_public_order_get(struct store_tx *tx, const struct scope *scope,
                           const char *certificate, struct public_order_row *out);
/* Writes due_at, attempts and note. CH_ENOTFOUND. */
int store_public_order_delay(struct store_tx *tx, const struct public_order_row *row);
/* All of them are due now: what they waited for may be there. */
int store_public_order_due(struct store_tx *tx, int64_t now);
/* 0 also when it is not there. */
int store_public_order_remove(struct store_tx *tx, const struct scope *scope,
                              const char *certificate);
void public_order_row_free(struct public_order_row *row);

#endif
