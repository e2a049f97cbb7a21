/*
 * key.h - public keys inside ca/pki: judged by their encoding first, then handed to OpenSSL as
 * numbers. The general decoder of OpenSSL 3.0 tries every format it knows and costs
 * as much as verifying a signature; here there is one format. Private to ca/pki.
 */
#ifndef CHANCERY_PKI_KEY_H
#define CHANCERY_PKI_KEY_H

#include "ca/pki/sigalg.h"

#define PKI_RSA_BITS_MAX 8192

/* What is wrong with a SubjectPublicKeyInfo; PKI_KEY_FINE = nothing. */
enum pki_key_fault {
    PKI_KEY_FINE,
    PKI_KEY_MALFORMED,  /* not the DER of a SubjectPublicKeyInfo */
    PKI_KEY_UNKNOWN,    /* neither rsaEncryption nor id-ecPublicKey */
    PKI_KEY_PARAMETERS, /* RSA without NULL; EC parameters that are not a named curve */
    PKI_KEY_CURVE,      /* a curve that is not P-256, P-384 or P-521 */
    PKI_KEY_POINT,      /* not an uncompressed point of that size */
    PKI_KEY_WEAK,       /* RSA below 2048 bits */
    PKI_KEY_LARGE,      /* RSA above 8192 bits */
    PKI_KEY_EXPONENT,   /* RSA exponent even, below 3 or above 64 bits */
    PKI_KEY_MODULUS,    /* RSA modulus even or not positive */
};

/* What a SubjectPublicKeyInfo holds. */
struct pki_key_facts {
    bool rsa;
    unsigned bits;    /* modulus or field size */
    enum key_alg alg; /* KEY_ALG_NONE when the table does not have it */
};

/*
 * Judges the encoding and the strength, in that order; facts are filled as far as they could be
 * read.
 */
enum pki_key_fault pki_key_judge(struct slice spki, struct pki_key_facts *facts);

/* The same for one that is decoded; NULL, which could not be, is malformed. */
enum pki_key_fault pki_key_judge_parsed(const PKI_SPKI *spki, struct pki_key_facts *facts);

/* The fault in words, with the text it rests on. */
const char *pki_key_fault_text(enum pki_key_fault fault);

struct pki_public; /* a public key that verifies; immutable, threads may share it */

/*
 * Makes a key that verifies; an EC point is checked to be on its curve. CH_EINVAL
 * with the reason. Weak RSA keys of 1024 bits or more are let through: who judges strength calls
 * pki_key_judge.
 */
int pki_key_open(struct slice spki, struct pki_public **out, struct pki_reason *why);

/* The same for a key that is to be certified: whatever pki_key_judge faults is refused. */
int pki_key_open_strong(struct slice spki, struct pki_public **out, struct pki_reason *why);

/* Verifies with an opened key. 0, CH_EINTEGRITY, CH_EINVAL when algorithm and key do not fit. */
int pki_key_verify(const struct pki_public *key, const struct pki_sig_alg *alg,
                   struct slice message, struct slice signature);

void pki_public_free(struct pki_public *key);

#endif
