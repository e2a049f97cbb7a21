/*
 * ocsp.h - answers OCSP requests for every authority of the appliance (RFC 6960, RFC 5019): by
 * what was issued and what was revoked, signed by a delegated responder whose certificate
 * the appliance itself has the authority issue and replaces in time.
 */
#ifndef CHANCERY_PCA_OCSP_H
#define CHANCERY_PCA_OCSP_H

#include "ca/core.h"

struct ocsp;

/* core must outlive it, and have its store, HSM and key maker. CH_ENOMEM. */
int ocsp_new(struct core *core, struct ocsp **out);

/* NULL is fine. */
void ocsp_free(struct ocsp *o);

struct ocsp_answer {
    struct buf body; /* DER OCSPResponse; the caller frees */
    bool cacheable;  /* the same request has the same answer until next_update, or a revocation */
    int64_t this_update, next_update; /* seconds; of a successful response */
    uint64_t tag;    /* of the one certificate that it speaks of; see ocsp_tag */
};

/*
 * Answers a request (DER). 0 also with what RFC 6960 4.2.1 has for what cannot be answered: malformed,
 * unauthorized (no authority here, RFC 5019 2.2.3), tryLater (HSM or store away). CH_ENOMEM.
 */
int ocsp_answer(struct ocsp *o, struct slice request, struct ocsp_answer *out);

/*
 * Tells the public fronts that kept answers are true no longer: those about one certificate, or
 * (for one whose authority has changed) all. After the commit that made them so: an answer computed
 * before it is dropped or never kept, one computed after the word is true. core may serve nobody yet.
 */
void ocsp_forget(const struct core *core, const char authority[ROW_UUID_SIZE],
                 const uint8_t serial[20]);
void ocsp_forget_all(const struct core *core);

/*
 * Renews the responder of an authority when it is due, by ca/jobs/ocsp.c; one that can have none any more is
 * not due again, one that fails is due a minute later. CH_EIO.
 */
int ocsp_renew(struct ocsp *o, const struct authority_row *authority);

/*
 * The authority can no longer be restored: its responder's key is destroyed, and it gets no
 * other. The fronts are told. 0 also when it had none; o NULL is fine. CH_EHSM, CH_EIO: again.
 */
int ocsp_end(struct ocsp *o, const struct authority_row *authority);

/* What tells one certificate's answers from another's, for those who keep them. */
uint64_t ocsp_tag(const char authority[ROW_UUID_SIZE], const uint8_t serial[20]);

#endif
