/*
 * x509_attributes.h - X509Attributes of SearchCertificates: what a certificate says of itself.
 */
#ifndef CHANCERY_ACM_X509_ATTRIBUTES_H
#define CHANCERY_ACM_X509_ATTRIBUTES_H

#include "ca/store/rows.h"

#include <jansson.h>

/*
 * X509Attributes of the row into out: from its certificate, or while it has none from what was asked
 * for. known is that of the listing; here it remembers the issuer names of a page, which are mostly the
 * same, by hex of the DER. CH_ENOMEM, CH_EINTEGRITY.
 */
int x509_attributes_put(const struct certificate_row *row, json_t *known, json_t *out);

#endif
