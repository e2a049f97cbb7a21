/*
 * ct.h - certificate transparency of public certificates (RFC 6962): the appliance's own log, other
 * logs, and the timestamps that a certificate gets from both before it is signed.
 */
#ifndef CHANCERY_CT_CT_H
#define CHANCERY_CT_CT_H

#include "ca/core.h"
#include "ca/ct/merkle.h"
#include "ca/pki/ct.h"
#include "ca/store/ct.h"

#define CT_JOB "ct-head"
#define CT_OWN_OPERATOR "Chancery" /* of the own log, whatever the others are called */

/* ---- the own log (log.c) ---- */

/*
 * Signs a timestamp for an entry, and takes the entry up: when it returns, the entry is on disk and
 * in the tree. extra: PrecertChainEntry. t's slices borrow from signature, which the caller frees.
 * CH_EHSM, CH_EIO.
 */
int ct_log_add(struct core *core, const struct pki_ct_entry *entry, struct slice extra,
               struct pki_timestamp *t, struct buf *signature);

/* The public key of the own log; it must have been used, or its first head made. CH_ENOTFOUND. */
int ct_log_key(struct core *core, struct buf *spki);

/* The tree in the store, for the functions of merkle.h; tx must outlive it. */
struct merkle ct_log_tree(struct store_tx *tx);

/* The job that signs tree heads: after each change, and when the last grows old. */
int ct_log_job_due(struct core *core, int64_t *at);
int ct_log_job_run(struct core *core, int64_t now);

/* ---- other logs (list.c) ---- */

struct ct_log {
    char url[256]; /* ends with a slash */
    char operator_name[64];
    char description[128];
    struct buf spki;
    int64_t begin, end; /* of its shard: NotAfter, seconds; 0 and INT64_MAX = all */
};
struct ct_list {
    struct ct_log *logs;
    size_t count;
};
/*
 * Reads a list of logs in the form of https://www.gstatic.com/ct/log_list/v3/log_list_schema.json: operators with
 * logs of RFC 6962. Those that are not usable (state) are left out. CH_EINVAL with what is wrong.
 */
int ct_list_parse(struct slice json, struct ct_list *out, struct pki_reason *why);
void ct_list_free(struct ct_list *list);

/* The list that the operator gave; empty when none was. */
int ct_list_load(struct core *core, struct ct_list *out);
/* What is to be printed of it. */
int ct_list_show(struct core *core, struct buf *out);
/* Judges a list and keeps it in place of the one before; "" keeps none. out: what is to be printed, or what is wrong. */
int ct_list_command(struct core *core, struct slice json, struct buf *out);

/* ---- timestamps for a certificate (gather.c) ---- */

struct ct_order {
    struct slice precertificate; /* DER, signed */
    const char *chain;           /* PEM, its issuer first */
    struct slice issuer_spki;
    int64_t not_after; /* seconds */
};

/* Does the configuration want timestamps at all? */
bool ct_is_on(const struct config *config);

/*
 * Timestamps from logs of the configured number of operators, each verified, as a
 * SignedCertificateTimestampList. Several logs are asked at once; one that is slow is overtaken by another. CH_EBUSY: too few logs gave one; why says which and why.
 */
int ct_gather(struct core *core, const struct ct_order *order, struct buf *list,
              struct pki_reason *why);

/* ---- what is published (publish.c) ---- */

struct publication; /* ca/public.h */

/* What stands at a target below /ct/, with its query. CH_ENOTFOUND; CH_EINVAL: the query is wrong. */
int ct_fetch(struct core *core, struct slice target, struct publication *out);

#endif
