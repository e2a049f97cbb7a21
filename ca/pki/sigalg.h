/*
 * sigalg.h - AlgorithmIdentifiers of signatures (RFC 3279, 4055, 5758) and what they mean.
 * Private to ca/pki.
 */
#ifndef CHANCERY_PKI_SIGALG_H
#define CHANCERY_PKI_SIGALG_H

#include "ca/pki/der.h"

/* A signature algorithm as it was read; PSS has a salt length of its own. */
struct pki_sig_alg {
    enum sig_alg alg;
    int salt; /* octets; PSS only */
};

/*
 * Fills an AlgorithmIdentifier: parameters NULL for RSA PKCS#1 v1.5, absent for ECDSA, whole
 * RSASSA-PSS-params (MGF1 with the same hash, a salt as long as the hash) for PSS.
 */
int pki_sig_alg_put(enum sig_alg alg, X509_ALGOR *out);

/* Reads one; CH_EUNSUPPORTED when the table does not have it or its parameters are wrong. */
int pki_sig_alg_get(const X509_ALGOR *algorithm, struct pki_sig_alg *out);

/* True when two AlgorithmIdentifiers say the same in the same bytes. */
bool pki_sig_alg_same(const X509_ALGOR *a, const X509_ALGOR *b);

/* As the API names it: "SHA256WITHRSA"; "" when not in the table. */
const char *pki_sig_alg_name(const X509_ALGOR *algorithm);

/* What OpenSSL calls a hash; NULL when it has no memory for it. */
const EVP_MD *pki_hash_md(enum hash_alg hash);

#endif
