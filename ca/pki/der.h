/*
 * der.h - the ASN.1 templates of ca/pki, and how bytes become structures and back.
 *
 * Names, keys and what is signed stay opaque (the ASN1_SEQUENCE item keeps a whole
 * element as it was sent): they are copied verbatim from a request into a certificate, and
 * OpenSSL does not decode a key or put a name in canonical form unless someone needs it.
 * Private to ca/pki and its tests.
 */
#ifndef CHANCERY_PKI_DER_H
#define CHANCERY_PKI_DER_H

#include "ca/pki/pki.h"

#include <openssl/asn1t.h>
#include <openssl/x509v3.h>

/* SubjectPublicKeyInfo, RFC 5280 4.1.2.7. */
typedef struct pki_spki {
    X509_ALGOR *algorithm;
    ASN1_BIT_STRING *key;
} PKI_SPKI;
DECLARE_ASN1_ITEM(PKI_SPKI)

/* RSAPublicKey, RFC 3279 2.3.1. */
typedef struct pki_rsa_key {
    ASN1_INTEGER *modulus;
    ASN1_INTEGER *exponent;
} PKI_RSA_KEY;
DECLARE_ASN1_ITEM(PKI_RSA_KEY)

/* What certificates and certification requests have in common: a body and its signature. */
typedef struct pki_signed {
    ASN1_STRING *body; /* the whole element, verbatim */
    X509_ALGOR *algorithm;
    ASN1_BIT_STRING *signature;
} PKI_SIGNED;
DECLARE_ASN1_ITEM(PKI_SIGNED)

typedef struct pki_validity {
    ASN1_TIME *not_before;
    ASN1_TIME *not_after;
} PKI_VALIDITY;
DECLARE_ASN1_ITEM(PKI_VALIDITY)

/* TBSCertificate, RFC 5280 4.1. */
typedef struct pki_tbs {
    ASN1_INTEGER *version; /* NULL = version 1 */
    ASN1_INTEGER *serial;
    X509_ALGOR *signature;
    ASN1_STRING *issuer;
    PKI_VALIDITY *validity;
    ASN1_STRING *subject;
    ASN1_STRING *spki;
    ASN1_BIT_STRING *issuer_id;
    ASN1_BIT_STRING *subject_id;
    STACK_OF(X509_EXTENSION) *extensions; /* NULL = none */
} PKI_TBS;
DECLARE_ASN1_ITEM(PKI_TBS)

/* CertificationRequestInfo, RFC 2986 4.1. */
typedef struct pki_request_info {
    ASN1_INTEGER *version;
    ASN1_STRING *subject;
    ASN1_STRING *spki;
    STACK_OF(X509_ATTRIBUTE) *attributes;
} PKI_REQUEST_INFO;
DECLARE_ASN1_ITEM(PKI_REQUEST_INFO)

/*
 * The element that fills der from its first to its last octet, to be freed with ASN1_item_free;
 * NULL otherwise.
 */
void *pki_der_decode(struct slice der, const ASN1_ITEM *item);

/* Appends the DER of value. 0, CH_EINVAL when it is incomplete, CH_ENOMEM, CH_ELIMIT. */
int pki_der_encode(const void *value, const ASN1_ITEM *item, struct buf *out);

/* Borrowed contents of an ASN.1 string; empty for NULL. */
struct slice pki_der_string(const ASN1_STRING *string);

/*
 * Replaces the contents of an opaque field. 0, CH_EINVAL when der is not one whole SEQUENCE,
 * CH_ENOMEM.
 */
int pki_der_set_sequence(ASN1_STRING *field, struct slice der);

/* Fills a BIT STRING that has no unused bits. 0, CH_ENOMEM, CH_ELIMIT. */
int pki_der_set_bits(ASN1_BIT_STRING *bits, struct slice octets);

/* The octets of a BIT STRING without unused bits; CH_EINVAL when it has some or is empty. */
int pki_der_get_bits(const ASN1_BIT_STRING *bits, struct slice *octets);

/* DER of a signed element: body verbatim, algorithm, signature. Errors as pki_der_encode. */
int pki_der_sign(struct slice body, enum sig_alg alg, struct slice signature, struct buf *der);

/* Writes the reason, when somebody wants it, and returns code. */
int pki_refuse(struct pki_reason *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* CH_ENOMEM with its reason. */
int pki_no_memory(struct pki_reason *why);

#endif
