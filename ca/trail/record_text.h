/*
 * record_text.h - JSON of records as text: what is chained stays as it was written.
 */
#ifndef CHANCERY_CA_TRAIL_RECORD_TEXT_H
#define CHANCERY_CA_TRAIL_RECORD_TEXT_H

#include "ca/json_text.h"

/* Appends the value to out as json_text does, real numbers with the 17 digits of jansson. */
static inline int record_text(json_t *value, struct buf *out)
{
    return json_text(value, 17, out);
}

#endif
