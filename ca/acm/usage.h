/*
 * usage.h - key usages of a certificate, as ACM names them.
 */
#ifndef CHANCERY_ACM_USAGE_H
#define CHANCERY_ACM_USAGE_H

#include "ca/pki/pki.h"

#include <jansson.h>

/* ["DIGITAL_SIGNATURE", ...] in the order of the bits; NULL when out of memory. */
json_t *usage_names(unsigned key_usage);

/* [{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}, ...]; an unknown OID is
 * CUSTOM. */
json_t *usage_extended(const struct pki_certificate *certificate);

#endif
