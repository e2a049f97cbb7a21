/*
 * validations.h - how the names of public certificates are proved: the rows of names and of the mails to their owners.
 */
#ifndef CHANCERY_STORE_VALIDATIONS_H
#define CHANCERY_STORE_VALIDATIONS_H

#include "ca/store/rows.h"

struct validation_row {
    struct scope scope;
    char certificate[ROW_UUID_SIZE];
    uint32_t position;       /* of the name in the certificate, from 0 */
    char *domain;
    char *validation_domain; /* the same or above it */
    char *method;            /* EMAIL, DNS, HTTP */
    char *status;            /* PENDING_VALIDATION, SUCCESS, FAILED */
    char *challenge_name;    /* name of the CNAME record or URL that redirects; NULL for EMAIL */
    char *challenge_value;   /* what that points to */
    char *emails;            /* JSON list of addresses; NULL for DNS and HTTP */
    int64_t next_try;        /* when it is to be looked at, 0 = never; of SUCCESS: for CAA alone */
    uint32_t attempts;
    int64_t looked_at;       /* when it was, 0 = never */
    char *code;              /* what came of it, see ca/domain/proof.h; NULL = not looked at yet */
    char *reason;            /* why that is not good enough, in words; NULL = it is */
    char *seen;              /* JSON list: what each resolver or server said */
    int64_t caa_at;          /* when CAA was last found to allow, 0 = not yet */
    char *caa_seen;          /* JSON list: what each resolver said of CAA */
    char *held;              /* why next_try is a place in line that was given to it, in words; NULL = it is none */
};
/* Its certificate must be there: CH_ENOTFOUND. */
int store_validation_insert(struct store_tx *tx, const struct validation_row *row);
/* The names of one certificate, in order, into rows that the caller zeroed; CH_ELIMIT when there
 * are more than max. *count is right on failure, too. */
int store_validation_list(struct store_tx *tx, const struct scope *scope, const char *certificate,
                          struct validation_row *rows, size_t max, size_t *count);
void validation_row_free(struct validation_row *row);
/* One name, into a zeroed row. CH_ENOTFOUND. */
int store_validation_get(struct store_tx *tx, const struct scope *scope, const char *certificate,
                         uint32_t position, struct validation_row *out);
/* Status, next_try, and every member from attempts on. CH_ENOTFOUND. */
int store_validation_update(struct store_tx *tx, const struct validation_row *row);
/* All names of a certificate wait again, as at first; those by mail for what their owner answers. */
int store_validation_restart(struct store_tx *tx, const struct scope *scope,
                             const char *certificate, int64_t now);
/* The name whose redirect of HTTP validation leads to a URL; any of them. CH_ENOTFOUND. By index. */
int store_validation_by_target(struct store_tx *tx, const char *url, struct validation_row *out);
/* held of a name that somebody wants to be looked at now. */
#define VALIDATION_HURRIED "It is asked for out of turn"
/* What of a certificate is to be looked at some time, is now; only that domain, or NULL for all; *count = how many names. */
int store_validation_hurry(struct store_tx *tx, const struct scope *scope,
                           const char *certificate, const char *domain, int64_t now,
                           uint32_t *count);
/* next_try = at, if it is still what row says; held = why it is put off, or NULL. */
int store_validation_postpone(struct store_tx *tx, const struct validation_row *row, int64_t at,
                              const char *held);
struct awaited_row {
    int64_t number; /* in the store; the order of the list */
    struct scope scope;
    char certificate[ROW_UUID_SIZE];
};
/*
 * Up to max certificates, of one account or ("") of all, whose names or whose issuance are waited for, beyond
 * `after` in their order.
 */
int store_validation_awaited(struct store_tx *tx, int64_t after, const char *account,
                             struct awaited_row *rows, size_t max, size_t *count);
/* The earliest next_try. CH_ENOTFOUND when there is none. By index. */
int store_validation_due_next(struct store_tx *tx, int64_t *at);
/*
 * Up to max numbers of scopes beyond `after` for which something is to be looked at some time; and what is
 * due at now in one of them, the earliest first.
 */
int store_validation_due_scopes(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max,
                                size_t *count);
int store_validation_due_list(struct store_tx *tx, int64_t scope, int64_t now,
                              struct validation_row *rows, size_t max, size_t *count);

/*
 * Notes that the addresses of mail_domain are to get the validation mail for a name. Of the same mail the newest
 * time counts, so that one that is being handed over is followed by another (see _done). CH_ENOTFOUND.
 */
int store_validation_mail_put(struct store_tx *tx, const struct scope *scope,
                              const char *certificate, uint32_t position, const char *mail_domain,
                              int64_t due_at);
struct mail_row {
    struct scope scope;
    char certificate[ROW_UUID_SIZE];
    uint32_t position;
    char *mail_domain;
    int64_t due_at;
};
/* When the first mail is due. CH_ENOTFOUND: none. By index. */
int store_validation_mail_next(struct store_tx *tx, int64_t *at);
/* Numbers of scopes that have mails, those above after, ascending. By index. */
int store_validation_mail_scopes(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max,
                                 size_t *count);
/* Those of a scope that are due at now, the longest due first, into zeroed rows; those counted are the caller's
 * to free, also on failure. By index. */
int store_validation_mail_due_list(struct store_tx *tx, int64_t scope, int64_t now,
                                   struct mail_row *rows, size_t max, size_t *count);
/* Sent, or due at another time: unless it was asked for anew since. */
int store_validation_mail_done(struct store_tx *tx, const struct mail_row *row);
int store_validation_mail_delay(struct store_tx *tx, const struct mail_row *row, int64_t at);
void mail_row_free(struct mail_row *row);
int store_validation_mail_list(struct store_tx *tx, const struct scope *scope,
                               const char *certificate,
                               int (*visit)(void *context, uint32_t position,
                                            const char *mail_domain, int64_t due_at),
                               void *context);

#endif
