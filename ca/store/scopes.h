/*
 * scopes.h - account and region as the small number that other tables refer to.
 */
#ifndef CHANCERY_STORE_SCOPES_H
#define CHANCERY_STORE_SCOPES_H

#include "ca/store/query.h"

/* Makes sure that the scope has a number. */
int scope_add(struct store_tx *tx, const struct scope *scope);

/* Adds change (1 or -1) to the number of certificates that the scope holds. */
int scope_count_change(struct store_tx *tx, const struct scope *scope, int change);

/* Runs a statement that lists numbers of scopes above after, at most max. */
int scopes_list(struct store_tx *tx, enum statement_id id, int64_t after, int64_t *scopes,
                size_t max, size_t *count);

#endif
