/*
 * crl.h - certificate revocation lists, RFC 5280 section 5, made in pieces: one can be longer than
 * memory should be, so the entries are put one by one, and what stands around them is built once their
 * length is known.
 *
 *     CertificateList = seal head | TBSCertList                      | seal tail
 *                                   frame head | entries | frame tail
 */
#ifndef CHANCERY_PKI_CRL_H
#define CHANCERY_PKI_CRL_H

#include "ca/pki/pki.h"

struct pki_crl_entry {
    uint8_t serial[PKI_SERIAL_SIZE]; /* big-endian, leading zeros are dropped */
    uint32_t reason;                 /* CRLReason, 5.3.1; 0 = unspecified, which is not written */
    int64_t revoked_at;              /* seconds; UTCTime until 2049, GeneralizedTime after */
};

/* Appends an entry of revokedCertificates. CH_EINVAL: a time before 1950 or after 9999, a reason over 10 or 8 (removeFromCRL). */
int pki_crl_entry_put(const struct pki_crl_entry *entry, struct buf *out);

struct pki_crl_spec {
    enum sig_alg sig_alg;
    struct slice issuer;             /* DER Name, as in the authority's certificate */
    struct slice issuer_key_id;      /* its subjectKeyIdentifier */
    int64_t this_update, next_update; /* seconds */
    int64_t number;                  /* cRLNumber, 5.2.3; > 0 */
    /*
     * NULL: the list has all certificates of the issuer. Else it has those whose cRLDistributionPoints say this
     * very URI, which then stands in the critical issuingDistributionPoint, 5.2.5.
     */
    const char *uri;
};

/* Appends what stands before and behind entries_len octets of entries; 0 = none. CH_EINVAL: spec makes no list. */
int pki_crl_frame(const struct pki_crl_spec *spec, uint64_t entries_len, struct buf *head,
                  struct buf *tail);

/* Appends what stands before and behind a TBSCertList of tbs_len octets. */
int pki_crl_seal(enum sig_alg alg, struct slice signature, uint64_t tbs_len, struct buf *head,
                 struct buf *tail);

#endif
