/*
 * base64_text.h - base64 between octets and JSON, for the forms of certificate transparency.
 */
#ifndef CHANCERY_CT_BASE64_TEXT_H
#define CHANCERY_CT_BASE64_TEXT_H

#include "firmware/base/buf.h"

#include <jansson.h>

/* A new JSON string; NULL when out of memory. */
json_t *ct_base64_json(struct slice octets);

/* Appends the octets of a text (NULL is none) of at most max octets. CH_EINVAL, CH_ENOMEM. */
int ct_base64_take(const char *text, size_t max, struct buf *out);

#endif
