/*
 * validity.h - Validity of the API -> seconds since 1970.
 */
#ifndef CHANCERY_PCA_VALIDITY_H
#define CHANCERY_PCA_VALIDITY_H

#include "ca/contract/contract.h"

#define VALIDITY_BACKDATE 3600 /* notBefore lies an hour back, for clocks that are behind */

/*
 * The end that a Validity means, counted from now (seconds). END_DATE: YYYYMMDDHHMMSS,
 * or YYMMDDHHMMSS by the UTCTime rule (RFC 5280 4.1.2.5.1). CH_EINVAL for a
 * date that does not exist, lies before now, or after the year 9999.
 */
int validity_end(const json_t *validity, int64_t now, int64_t *out);

/* The beginning: ValidityNotBefore, ABSOLUTE only; NULL means an hour before now. CH_EINVAL. */
int validity_begin(const json_t *validity, int64_t now, int64_t *out);

#endif
