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

/*
 * Does a certificate for the authority contradict what its CsrExtensions asked for? What was asked for may be left
 * out (templates of AWS do, and whoever signs decides), and digitalSignature, keyCertSign and cRLSign are what every
 * template gives. A usage beyond those that nobody asked for, or another subjectInfoAccess, was meant for
 * somebody else: CH_EDENIED with the extension in why.
 */
int pca_csr_extensions_compare(const json_t *extensions, const struct pki_certificate *certificate,
                               struct pki_reason *why);

/* A KeyUsage of the API -> bits as enum pki_key_usage; NULL is none. */
unsigned pca_key_usage_bits(const json_t *key_usage);

#endif
