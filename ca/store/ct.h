/*
 * ct.h - rows of the appliance's own log of certificate transparency; conventions as in rows.h.
 */
#ifndef CHANCERY_STORE_CT_H
#define CHANCERY_STORE_CT_H

#include "ca/store/rows.h"

#define CT_HASH_SIZE 32

struct ct_entry_row {
    int64_t number; /* from 0 */
    struct buf leaf, extra;
    uint8_t hash[CT_HASH_SIZE]; /* of the leaf */
};
/* How many entries there are; in a write unit, the number of the next. */
int store_ct_size(struct store_tx *tx, int64_t *out);
int store_ct_entry_insert(struct store_tx *tx, const struct ct_entry_row *row);
int store_ct_entry_get(struct store_tx *tx, int64_t number, struct ct_entry_row *out);
/* The number of the entry with that hash. CH_ENOTFOUND. */
int store_ct_entry_find(struct store_tx *tx, const uint8_t hash[CT_HASH_SIZE], int64_t *number);
void ct_entry_row_free(struct ct_entry_row *row);

int store_ct_node_insert(struct store_tx *tx, int64_t level, int64_t position,
                         const uint8_t hash[CT_HASH_SIZE]);
int store_ct_node_get(struct store_tx *tx, int64_t level, int64_t position,
                      uint8_t hash[CT_HASH_SIZE]);

/* A signed tree head. */
struct ct_head_row {
    int64_t size;
    int64_t at; /* milliseconds */
    uint8_t root[CT_HASH_SIZE];
    struct buf signature; /* DER */
};
int store_ct_head_insert(struct store_tx *tx, const struct ct_head_row *row);
/* The newest. CH_ENOTFOUND. */
int store_ct_head_last(struct store_tx *tx, struct ct_head_row *out);
void ct_head_row_free(struct ct_head_row *row);

#endif
