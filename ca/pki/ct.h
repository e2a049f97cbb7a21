/*
 * ct.h - the structures of certificate transparency (RFC 6962): precertificates, leaves of a log, signed
 * timestamps and tree heads. Only bytes: no log, no network.
 */
#ifndef CHANCERY_PKI_CT_H
#define CHANCERY_PKI_CT_H

#include "ca/pki/pki.h"

#define PKI_CT_HASH 32
#define PKI_CT_POISON_OID "1.3.6.1.4.1.11129.2.4.3"
#define PKI_CT_TIMESTAMPS_OID "1.3.6.1.4.1.11129.2.4.2"
#define PKI_CT_EXTENSIONS_MAX 1024 /* octets of CtExtensions */
#define PKI_CT_SIGNATURE_MAX 1024

/* What a log signs for a precertificate: RFC 6962 3.2 PreCert. */
struct pki_ct_entry {
    uint8_t issuer_key_hash[PKI_CT_HASH]; /* SHA-256 of the issuer's SubjectPublicKeyInfo */
    struct buf tbs;                       /* without poison and timestamps */
};

/* From a precertificate, or a certificate with or without timestamps: DER TBSCertificate. CH_EINVAL, CH_ENOMEM. */
int pki_ct_entry_make(struct slice tbs, struct slice issuer_spki, struct pki_ct_entry *out);
void pki_ct_entry_free(struct pki_ct_entry *entry);

/* The TBSCertificate inside a DER certificate, borrowed from it. CH_EINVAL. */
int pki_ct_tbs_of(struct slice certificate, struct slice *tbs);

/* Adds the poison, or a list of timestamps (the SignedCertificateTimestampList itself). */
int pki_ct_add_poison(struct pki_extras *extras);
int pki_ct_add_timestamps(struct pki_extras *extras, struct slice list);

/* A SignedCertificateTimestamp of version 1; slices borrow from what was read. */
struct pki_timestamp {
    uint8_t log_id[PKI_CT_HASH];
    uint64_t at; /* milliseconds since 1970 */
    struct slice extensions;
    uint8_t hash, signature_alg; /* of TLS 1.2: 4 = SHA-256; 1 = RSA, 3 = ECDSA */
    struct slice signature;
};

/* Appends its serialized form. CH_ELIMIT. */
int pki_timestamp_put(const struct pki_timestamp *t, struct buf *out);
/* Reads one that fills octets. CH_EINVAL. */
int pki_timestamp_read(struct slice octets, struct pki_timestamp *out);
/* Appends one to a SignedCertificateTimestampList without its own length; pki_timestamps_close makes it whole. */
int pki_timestamps_add(struct buf *items, const struct pki_timestamp *t);
int pki_timestamps_close(const struct buf *items, struct buf *list);

/* What the log signs for that entry: digitally-signed struct of RFC 6962 3.2. */
int pki_timestamp_message(const struct pki_timestamp *t, const struct pki_ct_entry *entry,
                          struct buf *out);
/* 0, or CH_EINTEGRITY when t is no signature of that key over the entry, or of another log. */
int pki_timestamp_check(const struct pki_timestamp *t, const struct pki_ct_entry *entry,
                        struct slice log_spki);

/* The MerkleTreeLeaf of the entry (RFC 6962 3.4). */
int pki_ct_leaf_put(const struct pki_timestamp *t, const struct pki_ct_entry *entry,
                    struct buf *out);
/* The PrecertChainEntry of get-entries (RFC 6962 4.6): the precertificate, and PEM of what is above. */
int pki_ct_extra_put(struct slice precertificate, struct slice chain_pem, struct buf *out);

/* What the log signs for its tree head (RFC 6962 3.5). */
int pki_tree_head_message(uint64_t at, uint64_t size, const uint8_t root[PKI_CT_HASH],
                          struct buf *out);

/* digitally-signed of TLS 1.2 (RFC 5246 4.7) for ECDSA with SHA-256. */
int pki_ct_signature_put(struct slice signature, struct buf *out);

/* SHA-256; CH_ENOMEM. */
int pki_ct_hash(struct slice octets, uint8_t hash[PKI_CT_HASH]);

#endif
