/*
 * quota.h - how much a scope may have: the quotas of ACM and AWS Private CA (user guide,
 * "Quotas"), with the limits of the configuration's section [quota]. The store counts what is
 * there by itself (migration 0008); here it is judged, inside the transaction that would add more.
 */
#ifndef CHANCERY_CA_QUOTA_H
#define CHANCERY_CA_QUOTA_H

#include "ca/request.h"

enum quota {
    QUOTA_CERTIFICATES,          /* public ones, held now, whatever their status */
    QUOTA_CERTIFICATES_PER_YEAR, /* public ones, requested in 365 days */
    QUOTA_IMPORTS,               /* imported ones, held now */
    QUOTA_IMPORTS_PER_YEAR,      /* imported in 365 days; a re-import adds none */
    QUOTA_NAMES,                 /* of one requested certificate; amount = how many it has */
    QUOTA_AUTHORITIES,           /* held now; deleted ones until they cannot be restored */
    QUOTA_COUNT
};

/*
 * May r's scope have `amount` more at r->now? 0; CH_EAPI with LimitExceededException and AWS's
 * text; or what the store says. tx is of the unit that goes on to insert (QUOTA_NAMES needs none:
 * NULL). Call it after idempotency has been judged: what is answered again adds nothing.
 */
int quota_check(struct request *r, struct store_tx *tx, enum quota quota, uint64_t amount);

/*
 * May one more private certificate of r's scope wait for a key? 0, or CH_EAPI with ThrottlingException: the SDKs then
 * try again later, which is what there is to do. In the unit that inserts it.
 */
int quota_waiting(struct request *r, struct store_tx *tx);

/* May this authority sign one more? CH_ELIMIT when not; the caller words it (PCA_LIMIT_EXCEEDED of
 * ACM, LimitExceededException of Private CA by quota_fail_issued). */
int quota_issued(const struct core *core, struct store_tx *tx, const struct scope *scope,
                 const char *authority);

/* CH_EAPI with LimitExceededException. */
int quota_fail_issued(struct request *r);

#endif
