/*
 * ocsp_responder.h - the delegated OCSP responders, one an authority (RFC 6960 4.2.2.2): a P-256
 * pair in the HSM and a short-lived certificate that the authority issues for it, replaced long
 * before it ends.
 */
#ifndef CHANCERY_PCA_OCSP_RESPONDER_H
#define CHANCERY_PCA_OCSP_RESPONDER_H

#include "ca/core.h"

#define OCSP_RESPONDER_SIG_ALG SIG_ALG_SHA256WITHECDSA

struct ocsp_responders;

/* core must outlive them. NULL: no memory. */
struct ocsp_responders *ocsp_responders_new(struct core *core);
void ocsp_responders_free(struct ocsp_responders *all);

struct ocsp_responder {
    struct hsm_key *key;    /* the HSM's */
    struct buf certificate; /* DER, owned */
    uint8_t key_id[20];     /* SHA-1 of its key bits */
    int64_t not_after;      /* seconds */
};

/*
 * The responder of an authority as it is now; makes or renews it when it has to. CH_ESTATE: it has
 * none that holds and can get none (the authority has run out, or is revoked); CH_EHSM, CH_EIO.
 */
int ocsp_responder_take(struct ocsp_responders *all, const struct authority_row *authority,
                        struct ocsp_responder *out);
void ocsp_responder_free(struct ocsp_responder *r);

/* See ocsp_renew and ocsp_end. */
int ocsp_responder_renew(struct ocsp_responders *all, const struct authority_row *authority);
int ocsp_responder_destroy(struct ocsp_responders *all, const struct authority_row *authority);

#endif
