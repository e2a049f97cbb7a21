/*
 * json_text.h - JSON of records and answers as text. jansson's own dump looks for loops and takes strings
 * apart letter by letter; every call writes a record, and there it was a tenth of what core does, of the
 * page of a list a third.
 */
#ifndef CHANCERY_CA_JSON_TEXT_H
#define CHANCERY_CA_JSON_TEXT_H

#include "firmware/base/buf.h"

#include <jansson.h>

/*
 * Appends the value to out, as json_dumpb with JSON_COMPACT and JSON_REAL_PRECISION(digits) writes it,
 * digits being 17 or 16. It must have no loops, and be no deeper than what contract_parse lets through.
 * CH_ENOMEM, CH_ELIMIT of the buffer.
 */
int json_text(json_t *value, unsigned digits, struct buf *out);

#endif
