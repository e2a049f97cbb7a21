/*
 * import.h - what ImportCertificate works with: the material that came (import_material.c), the row
 * that it becomes (import_row.c), and the certificate whose place it takes (import_again.c).
 */
#ifndef CHANCERY_ACM_IMPORT_H
#define CHANCERY_ACM_IMPORT_H

#include "ca/pki/private_key.h"
#include "ca/request.h"

#define IMPORT_CHAIN_MAX 16

struct import {
    struct request *r;
    struct pki_certificate *certificate;
    struct pki_certificate *chain[IMPORT_CHAIN_MAX]; /* the leaf's issuer first */
    size_t chain_count;
    struct pki_private_key key;
    struct certificate_row row; /* what is stored */
    struct key_row wrapped;
    struct certificate_row old; /* of a re-import */
    struct key_row old_wrapped;
    struct pki_reason why;
};

/* All that refuses an import has this type. */
#define import_refuse(i, ...) api_fail(&(i)->r->error, "ValidationException", __VA_ARGS__)

/*
 * Reads Certificate, PrivateKey and CertificateChain of the request and judges them by the rules of
 * the user guide ("Prerequisites for importing ACM certificates") and RFC 5280 6.1. CH_EAPI with
 * ValidationException, which says what is wrong where.
 */
int import_material(struct import *i);

/* Fills i->row from the certificate; id and times are there already. CH_EAPI for texts that no
 * answer could carry. */
int import_row(struct import *i);

/*
 * Reads the certificate that CertificateArn names into i->old and judges whether the new one may
 * take its place (user guide, "Reimport a certificate"); import_row has been called. CH_EAPI.
 */
int import_again_load(struct import *i, const char *arn);
int import_again_check(struct import *i);

#endif
