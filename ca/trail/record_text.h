/*
 * record_text.h - JSON of records as text. jansson's own dump looks for loops and takes strings
 * apart letter by letter; every call writes a record, and there it was a tenth of what core does.
 */
#ifndef CHANCERY_CA_TRAIL_RECORD_TEXT_H
#define CHANCERY_CA_TRAIL_RECORD_TEXT_H

#include "firmware/base/buf.h"

#include <jansson.h>

/*
 * Appends the value to out, as json_dumpb with JSON_COMPACT writes it. It must have no loops, and be
 * no deeper than what contract_parse lets through. CH_ENOMEM, CH_ELIMIT of the buffer.
 */
int record_text(json_t *value, struct buf *out);

#endif
