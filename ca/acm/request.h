/*
 * request.h - RequestCertificate in pieces: what both kinds of certificate share
 * (request_certificate.c), private ones (request_private.c), public ones (request_public.c).
 */
#ifndef CHANCERY_ACM_REQUEST_H
#define CHANCERY_ACM_REQUEST_H

#include "ca/acm/private.h"
#include "ca/domain/validation.h"
#include "ca/request.h"

/* One call under way; work.row is the certificate, of either kind. */
struct ask {
    struct request *r;
    struct private_work work;
    json_t *names;                      /* in lower case, the domain first, each once */
    struct validation_list validations; /* of a public one */
    bool replayed;                      /* the token is known: answered from what is there */
    bool shared;                        /* its CA is another account's, and the caller may use it */
    bool waits;                         /* for a key: quota_waiting is judged */
};

/* Judge what is of one kind only and fill the rest of the row. CH_EAPI. */
int ask_private_read(struct ask *a);
int ask_public_read(struct ask *a);

/* Make the certificate: everything from the first commit on. */
int ask_private_make(struct ask *a);
int ask_public_make(struct ask *a);

/* Commits row, validations, tags, intent and audit record as one, and fills the answer; or finds
 * that the token was used meanwhile, and sets replayed. */
int ask_commit(struct ask *a);

/* Likewise, as FAILED for that FailureReason. */
int ask_commit_failed(struct ask *a, const char *reason);

#endif
