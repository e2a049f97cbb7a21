/*
 * subject.h - ASN1Subject of the API -> DER Name.
 */
#ifndef CHANCERY_PCA_SUBJECT_H
#define CHANCERY_PCA_SUBJECT_H

#include "ca/contract/contract.h"

/*
 * Encodes the members in the order of the API, or the custom attributes in their own: not
 * both. CH_EAPI with InvalidArgsException, also for a subject without any attribute,
 * which no CA may have (RFC 5280 4.1.2.6).
 */
int pca_subject_build(const json_t *subject, struct buf *der, struct api_error *error);

#endif
