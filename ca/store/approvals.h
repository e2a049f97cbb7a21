/*
 * approvals.h - calls that wait for a second principal, as rows. Conventions as in rows.h.
 */
#ifndef CHANCERY_STORE_APPROVALS_H
#define CHANCERY_STORE_APPROVALS_H

#include "ca/store/rows.h"

struct approval_row {
    int64_t number; /* in order of coming; set by the store */
    char id[ROW_UUID_SIZE];
    struct scope scope;
    char *requester, *requester_id, *origin;
    char *operation, *parameters;
    uint8_t digest[32];
    char *status; /* PENDING, APPROVED, DENIED, USED, EXPIRED */
    int64_t created_at, expires_at;
    int64_t decided_at;
    char *decided_by, *reason;
    int64_t used_at;
    char *used_by;
    uint8_t tag[32];
};

typedef int (*approval_visit)(void *context, const struct approval_row *row);

int store_approval_insert(struct store_tx *tx, const struct approval_row *row);
int store_approval_get(struct store_tx *tx, const char *id, struct approval_row *out);

/* The newest of the account with that digest that still counts at now: not used, not expired. */
int store_approval_find(struct store_tx *tx, const char *account, const uint8_t digest[32],
                        int64_t now, struct approval_row *out);

/*
 * Writes status, decision, use and tag of the row that still has the tag `before`. CH_ENOTFOUND
 * when somebody else has changed it meanwhile.
 */
int store_approval_update(struct store_tx *tx, const struct approval_row *row,
                          const uint8_t before[32]);

/* Newest first, those below that number; account "" = of all. */
int store_approval_list(struct store_tx *tx, const char *account, int64_t below, uint32_t limit,
                        approval_visit visit, void *context);

/* How many of the account wait or are approved, not expired at now. */
int store_approval_count_open(struct store_tx *tx, const char *account, int64_t now,
                              int64_t *out);

/* When the next one expires that waits or is approved (CH_ENOTFOUND: none); those that have at now. */
int store_approval_due_next(struct store_tx *tx, int64_t *at);
int store_approval_due_list(struct store_tx *tx, int64_t now, uint32_t limit,
                            approval_visit visit, void *context);

/* Removes what was over before then; the audit trail keeps it. */
int store_approval_prune(struct store_tx *tx, int64_t before);

int approval_row_copy(const struct approval_row *row, struct approval_row *copy);
void approval_row_free(struct approval_row *row);

#endif
