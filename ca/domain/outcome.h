/*
 * outcome.h - what a look at a name means for the name and its certificate: proved, asked for again later and
 * later, or forbidden; and, when all names are proved and CAA has just allowed them, that
 * the certificate can be issued.
 */
#ifndef CHANCERY_DOMAIN_OUTCOME_H
#define CHANCERY_DOMAIN_OUTCOME_H

#include "ca/core.h"

/* So long after the request a certificate waits for its names: user guide of ACM, "DNS validation". */
#define OUTCOME_WAIT_US (INT64_C(72) * 3600 * 1000000)

struct look; /* ca/jobs/domain_look.h */

/* Writes the outcome; failures are logged, and then the look is done again when its lease ends. */
void outcome_record(struct core *core, const struct look *look);

/* When the next name is due; INT64_MAX for never. */
int outcome_due_next(struct core *core, int64_t *at);

/* Microseconds from one look to the next after so many of them. */
int64_t outcome_interval(uint32_t attempts);

/*
 * In a write unit: when all names of the certificate are SUCCESS and CAA was looked up within the last minutes, the
 * certificate is to be issued: *ready. CAA that is older is looked up again.
 */
int outcome_complete(struct store_tx *tx, const struct scope *scope, const char *certificate,
                     int64_t now, bool *ready);

/* Does the certificate wait for its names: a new one, or one that is being renewed. */
bool outcome_is_awaited(const struct certificate_row *row);

#endif
