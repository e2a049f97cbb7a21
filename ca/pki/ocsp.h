/*
 * ocsp.h - OCSP requests taken apart and responses built (RFC 6960, RFC 5019): X.509 only,
 * who is meant and what became of him is for others to know.
 */
#ifndef CHANCERY_PKI_OCSP_H
#define CHANCERY_PKI_OCSP_H

#include "ca/pki/pki.h"

#define PKI_OCSP_REQUESTS_MAX 16
#define PKI_OCSP_NONCE_MAX 32 /* octets, RFC 9654 2.1 */

/* What a CertID says, RFC 6960 4.1.1. Slices borrow from the request. */
struct pki_ocsp_id {
    bool sha256; /* the hash of both: SHA-1 or SHA-256 */
    struct slice issuer_name_hash;
    struct slice issuer_key_hash;
    bool known_hash; /* false: another one, so that the issuer cannot be found */
    uint8_t serial[PKI_SERIAL_SIZE]; /* big-endian, padded in front with zeros */
    bool serial_fits;                /* false: no certificate here can have it */
};

struct pki_ocsp_request;

/*
 * Parses an OCSPRequest. A signature on it is not looked at (RFC 6960 4.1.2 leaves that open).
 * CH_EINVAL: malformed, no CertID, more than PKI_OCSP_REQUESTS_MAX, or a critical extension that
 * is unknown.
 */
int pki_ocsp_request_parse(struct slice der, struct pki_ocsp_request **out);
void pki_ocsp_request_free(struct pki_ocsp_request *r);
size_t pki_ocsp_request_count(const struct pki_ocsp_request *r);
void pki_ocsp_request_id(const struct pki_ocsp_request *r, size_t index, struct pki_ocsp_id *out);

/* True when the request has a nonce that may be repeated: of 1 to PKI_OCSP_NONCE_MAX octets. */
bool pki_ocsp_request_has_nonce(const struct pki_ocsp_request *r);

/* The hashes by which CertIDs name an issuer: of the DER of its name, and of its key bits. */
struct pki_ocsp_issuer {
    uint8_t name_sha1[20], key_sha1[20];
    uint8_t name_sha256[32], key_sha256[32];
};
int pki_ocsp_issuer_hash(struct slice name, struct slice spki, struct pki_ocsp_issuer *out);
bool pki_ocsp_issuer_is(const struct pki_ocsp_issuer *issuer, const struct pki_ocsp_id *id);

enum pki_ocsp_status { PKI_OCSP_GOOD, PKI_OCSP_REVOKED, PKI_OCSP_UNKNOWN };

struct pki_ocsp_single {
    enum pki_ocsp_status status;
    uint32_t reason;    /* CRLReason, of PKI_OCSP_REVOKED; 0 is left out */
    int64_t revoked_at; /* seconds */
};

struct pki_ocsp_spec {
    const struct pki_ocsp_request *request; /* CertIDs and nonce are repeated from it */
    const struct pki_ocsp_single *singles;  /* one for each of its CertIDs, in order */
    struct slice responder_key_id;          /* SHA-1 of the responder's key bits */
    int64_t produced_at, this_update, next_update; /* seconds */
};

/* DER ResponseData, to be signed. CH_EINVAL, CH_ENOMEM. */
int pki_ocsp_tbs_build(const struct pki_ocsp_spec *spec, struct buf *tbs);

/* ResponseData, signature and the responder's certificate (DER) -> DER OCSPResponse. */
int pki_ocsp_finish(struct slice tbs, enum sig_alg alg, struct slice signature,
                    struct slice certificate, struct buf *der);

/* A response without bytes, RFC 6960 4.2.1. */
enum pki_ocsp_refusal {
    PKI_OCSP_MALFORMED = 1,
    PKI_OCSP_TRY_LATER = 3,
    PKI_OCSP_UNAUTHORIZED = 6,
};
int pki_ocsp_refuse(enum pki_ocsp_refusal why, struct buf *der);

#endif
