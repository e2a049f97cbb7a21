/*
 * facets.h - the facet of a certificate: everything about it that has few values, packed into one
 * number by the schema (migration 0016). Filters and orders are tried on facets first.
 */
#ifndef CHANCERY_STORE_FACETS_H
#define CHANCERY_STORE_FACETS_H

#include "firmware/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum facet_field {
    FACET_TYPE,
    FACET_STATUS,
    FACET_KEY_ALG, /* enum key_alg */
    FACET_EXPORTED,
    FACET_EXPORTED_SINCE_ISSUE,
    FACET_IN_USE,
    FACET_RENEWAL_STATUS,
    FACET_MANAGED_BY,
    FACET_NAMELESS, /* it has no domain */
    FACET_HAS_VALIDITY,
    FACET_HAS_ISSUE,
    FACET_HAS_IMPORT,
    FACET_HAS_REVOCATION,
    FACET_HAS_COMMON_NAME,
    FACET_EXPORT_OPTION,
    FACET_VALIDATION_METHOD,
    FACET_KEY_USAGES,          /* a set */
    FACET_EXTENDED_KEY_USAGES, /* a set */
    FACET_FIELDS
};

/* The value of a field; of a set, one bit a member. */
unsigned facet_get(int64_t facet, enum facet_field field);

/* The same facet with that field changed. */
int64_t facet_put(int64_t facet, enum facet_field field, unsigned value);

/* Is the status ISSUED; the same facet with EXPIRED. */
bool facet_is_issued(int64_t facet);
int64_t facet_run_out(int64_t facet);

/*
 * What a word of the API ("ISSUED", "RSA_2048", "CODE_SIGNING") is in the field: a value, or the number
 * of a member's bit. -1 when the field has no such word.
 */
int facet_value(enum facet_field field, const char *word);

/* The word of a value; NULL when it has none ("never renewed"). */
const char *facet_word(enum facet_field field, unsigned value);

/* ---- what the store derives from the texts of a row ---- */

/*
 * Column usages, of the JSON of key_usages and extended_key_usages (either may be NULL). No usage at
 * all counts as ANY key usage and as NONE of the extended ones.
 */
int64_t facet_usages(const char *key_usages, const char *extended_key_usages);

/* Column export_option, of the JSON of options (may be NULL: ENABLED). */
int64_t facet_export_option(const char *options);

/*
 * Appends the first CN of a subject ("C=AU,CN=localhost", RFC 4514 escapes) as UTF-8; nothing when
 * it has none. CH_ENOMEM.
 */
int facet_common_name(const char *subject, struct buf *out);

#endif
