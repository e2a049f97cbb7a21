/*
 * shared.h - texts kept once (table shared_texts), however many rows have them.
 */
#ifndef CHANCERY_STORE_SHARED_H
#define CHANCERY_STORE_SHARED_H

#include "ca/store/query.h"

/* The number of the text, which is added when it is new. */
int shared_put(struct store_tx *tx, const char *text, int64_t *number);

/* A fresh copy of the text with that number. CH_EINTEGRITY when there is none. */
int shared_get(struct store_tx *tx, int64_t number, char **text);

#endif
