/*
 * tags.h - the tags of a resource, the same rules for every service.
 */
#ifndef CHANCERY_CA_TAGS_H
#define CHANCERY_CA_TAGS_H

#include "ca/request.h"

#define TAGS_MAX 50 /* of a resource */

/*
 * Judges a list of {Key, Value}: no key of AWS's own ("aws:"), none twice. NULL is fine.
 * CH_EAPI with InvalidTagException.
 */
int tags_check(struct request *r, const json_t *tags);

/* Likewise with another type; the key alone. */
int tags_check_as(struct request *r, const json_t *tags, const char *type);
int tags_check_key(struct request *r, const char *key, const char *type);

/*
 * Inside a write unit: puts tags on the resource. CH_ELIMIT when it has more than
 * TAGS_MAX afterwards (nothing is kept, as the unit fails). A tag without a value has "".
 */
int tags_put(struct store_tx *tx, const char *resource, const json_t *tags);

/* CH_EAPI with TooManyTagsException. */
int tags_too_many(struct request *r, const json_t *tags);

/* Likewise with another type. */
int tags_too_many_as(struct request *r, const json_t *tags, const char *type);

#endif
