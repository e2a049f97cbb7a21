/*
 * private_key.h - private keys that come as PEM: PKCS #1 (RFC 8017 A.1.2), SEC 1 (RFC 5915) and
 * PKCS #8 (RFC 5208), unencrypted. They live in struct secret, and while they are taken apart in memory of
 * OpenSSL, which wipes what it frees (memory.c).
 */
#ifndef CHANCERY_PKI_PRIVATE_KEY_H
#define CHANCERY_PKI_PRIVATE_KEY_H

#include "ca/pki/pki.h"

/* Why a private key is refused. */
enum pki_private_fault {
    PKI_PRIVATE_FINE,
    PKI_PRIVATE_NO_PEM,    /* not one PEM block of a private key */
    PKI_PRIVATE_ENCRYPTED, /* it has a passphrase */
    PKI_PRIVATE_TYPE,      /* neither RSA nor a key of P-256, P-384 or P-521 by name */
    PKI_PRIVATE_LENGTH,    /* RSA of a length that is not served */
    PKI_PRIVATE_DAMAGED,   /* its contents are not what the block says */
};

struct pki_private_key {
    enum key_alg alg;
    unsigned bits;        /* also with PKI_PRIVATE_LENGTH */
    struct secret *pkcs8; /* DER PrivateKeyInfo, written anew: named curve, public point, no attributes */
    struct buf spki;      /* DER SubjectPublicKeyInfo: what the key says of itself, or computed */
};

/*
 * Reads one private key; a block EC PARAMETERS before it is dropped. 0; CH_EINVAL with *fault and the
 * reason; CH_ENOMEM. That the numbers of an RSA key fit together, and a public point its private scalar, is
 * for the HSM to prove. Free with pki_private_key_free, also after a failure.
 */
int pki_private_key_read(struct slice pem, struct pki_private_key *out,
                         enum pki_private_fault *fault, struct pki_reason *why);
void pki_private_key_free(struct pki_private_key *key);

#endif
