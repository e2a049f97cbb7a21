/*
 * listing.h - what ListCertificates and SearchCertificates have in common: conditions, tokens and
 * members of an entry.
 */
#ifndef CHANCERY_ACM_LISTING_H
#define CHANCERY_ACM_LISTING_H

#include "ca/request.h"
#include "ca/store/search.h"

/* One page: the query, the rows that came, and where the next page goes on. */
struct listing {
    struct request *r;
    struct condition where;
    struct certificate_query query; /* where and after are set by listing_page */
    int (*entry)(struct listing *l, const struct certificate_row *row, json_t *item);
    json_t *items;
    json_t *known; /* what a text of a row came to, by the text: the rows of a page have much in common */
};

/*
 * Reads NextToken, runs the query, puts one entry a row into l->items, and NextToken into r->out when
 * there is more. CH_EAPI with ValidationException for a foreign token.
 */
int listing_page(struct listing *l);

void listing_free(struct listing *l);

/* Adds a part, zeroed, to a condition of conditions. Parts added before may move. CH_ENOMEM. */
int condition_add(struct condition *c, enum condition_kind kind, struct condition **part);

/* Adds that the field has one of these words; a word that the field does not know fits nothing. */
int condition_add_words(struct condition *c, enum facet_field field, const json_t *words);
int condition_add_word(struct condition *c, enum facet_field field, const char *word);

/* Adds that the key pair is of one of these origins (CertificateKeyPairOrigin). */
int condition_add_origins(struct condition *c, const json_t *origins);

/* Where the key pair of the certificate comes from. */
const char *certificate_origin(const struct certificate_row *row);

/* ---- members of an entry ---- */

/* [{"Name": "ANY", ...}] -> ["ANY"]; NULL -> []. Entries share the list, which nobody may change. */
int listing_put_names(json_t *known, json_t *item, const char *member, const char *json);

/* InUse, Exported (not of imports), ExportOption, RenewalEligibility, Status, Type, ManagedBy,
 * CertificateKeyPairOrigin, CreatedAt, IssuedAt, ImportedAt, RevokedAt. */
int listing_put_metadata(const struct listing *l, const struct certificate_row *row, json_t *item);

#endif
