/*
 * csr_extensions.h - CsrExtensions of CertificateAuthorityConfiguration: what the CSR of an authority asks
 * for besides CA:TRUE.
 */
#ifndef CHANCERY_PCA_CSR_EXTENSIONS_H
#define CHANCERY_PCA_CSR_EXTENSIONS_H

#include "ca/contract/contract.h"
#include "ca/pki/pki.h"

/*
 * key_usage: bits as enum pki_key_usage, 0 = none asked for. subject_info: DER of subjectInfoAccess (RFC 5280
 * 4.2.2.2), empty = none. extensions may be NULL. CH_EAPI with InvalidArgsException.
 */
int pca_csr_extensions_read(const json_t *extensions, unsigned *key_usage,
                            struct buf *subject_info, struct api_error *error);

/* A KeyUsage of the API -> bits as enum pki_key_usage; NULL is none. */
unsigned pca_key_usage_bits(const json_t *key_usage);

#endif
