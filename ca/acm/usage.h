/*
 * usage.h - key usages of a certificate, as ACM names them.
 */
#ifndef CHANCERY_ACM_USAGE_H
#define CHANCERY_ACM_USAGE_H

#include "ca/pki/pki.h"

#include <jansson.h>

#define USAGE_EXTENDED_MAX 100 /* more extended key usages than this are not looked at */

/* ["DIGITAL_SIGNATURE", ...] in the order of the bits; NULL when out of memory. */
json_t *usage_names(unsigned key_usage);

/* The same of a certificate: ["ANY"] when it has no keyUsage, which then restricts nothing. */
json_t *usage_of(const struct pki_certificate *certificate);

/* [{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}, ...]; an unknown OID is
 * CUSTOM; without the extension [{"Name": "NONE"}]. */
json_t *usage_extended(const struct pki_certificate *certificate);

#endif
