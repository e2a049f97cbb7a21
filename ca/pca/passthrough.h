/*
 * passthrough.h - ApiPassthrough of IssueCertificate -> DER subject and extensions.
 */
#ifndef CHANCERY_PCA_PASSTHROUGH_H
#define CHANCERY_PCA_PASSTHROUGH_H

#include "ca/contract/contract.h"
#include "ca/pki/pki.h"

/*
 * Appends the extensions to extras in the order of the API: certificate policies, extended key usage,
 * key usage, subject alternative names, custom extensions. subject stays empty when there is none.
 * CH_EAPI with InvalidArgsException for what cannot be encoded, for an extension that is there twice,
 * and for a member of a choice that is not alone.
 */
int pca_passthrough_read(const json_t *passthrough, struct buf *subject, struct pki_extras *extras,
                         struct api_error *error);

#endif
