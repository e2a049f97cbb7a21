/*
 * pki_kit.h - software keys, certificates and requests for the tests of everything that touches
 * X.509, made with ca/pki and signed in the process; and the openssl command as a second opinion.
 */
#ifndef CHANCERY_TESTS_PKI_KIT_H
#define CHANCERY_TESTS_PKI_KIT_H

#include "ca/pki/pki.h"

#include <openssl/evp.h>

#define KIT_NOW INT64_C(1800000000) /* 2027-01-15 08:00:00 UTC */
#define KIT_DAY INT64_C(86400)

/* A key pair of the test. */
struct kit_key {
    EVP_PKEY *pkey;
    struct buf spki;
};

/* Keys by type, made once for the process; number tells several of one type apart (0..3). */
const struct kit_key *kit_key(enum key_alg alg, unsigned number);

/* The DER SubjectPublicKeyInfo of any key. */
void kit_spki(EVP_PKEY *pkey, struct buf *spki);

/* Signs as the HSM would: ECDSA as DER, PSS with a salt as long as the hash. */
void kit_sign(const struct kit_key *key, enum sig_alg alg, struct slice message, struct buf *sig);

/* A certificate and its key. */
struct kit_cert {
    const struct kit_key *key;
    struct buf der;
    struct pki_certificate *parsed;
};

/* What a certificate is made from; zero values give the defaults in brackets. */
struct kit_order {
    const char *profile;           /* ["EndEntityCertificate/V1"] */
    const struct kit_key *key;     /* [P-256 number 0] */
    enum sig_alg alg;              /* [SHA256WITHECDSA] */
    const char *name;              /* common name; NULL = empty subject */
    const char *dns;               /* subjectAltName; NULL = none */
    const struct kit_cert *issuer; /* NULL = itself */
    int64_t not_before, not_after; /* [KIT_NOW - a day, KIT_NOW + 30 days] */
    struct pki_pointers pointers;
    const struct pki_extras *extras;
};

/* The TBS that an order asks for, built by pki_tbs_build. */
void kit_tbs(const struct kit_order *order, struct buf *tbs);

/* Builds, lints, signs, finishes and parses. Free with kit_cert_free. */
void kit_issue(const struct kit_order *order, struct kit_cert *out);

/* Signs a TBS of the test's own making, without linting it. */
void kit_certify(struct slice tbs, const struct kit_cert *issuer, enum sig_alg alg,
                 struct kit_cert *out);
void kit_cert_free(struct kit_cert *c);

/* DER Name with just a common name; NULL gives the empty name. */
void kit_name(const char *common_name, struct buf *der);

/* A scratch folder of the test, removed with all it holds by kit_folder_remove. */
const char *kit_folder(void);
int kit_folder_remove(void **state);

/* Writes a file into the folder. */
void kit_write(const char *name, struct slice contents);
void kit_write_pem(const char *name, const char *label, struct slice der);

/*
 * Runs a shell command inside the folder, both outputs into text (NUL-terminated, at most 64 KiB).
 * Returns its exit status.
 */
int kit_run(struct buf *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, and fails the test, printing the output, unless the status is 0. */
void kit_must_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
