/*
 * revocation_configuration.h - RevocationConfiguration of CreateCertificateAuthority and
 * UpdateCertificateAuthority.
 */
#ifndef CHANCERY_PCA_REVOCATION_CONFIGURATION_H
#define CHANCERY_PCA_REVOCATION_CONFIGURATION_H

#include "ca/request.h"

/* May an authority of r's scope have it? NULL is fine. CH_EAPI with InvalidArgsException. */
int revocation_configuration_check(struct request *r, const json_t *revocation);

#endif
