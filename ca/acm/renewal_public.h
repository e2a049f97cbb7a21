/*
 * renewal_public.h - managed renewal of public certificates: 60 days before the end (45 for names
 * that are validated by e-mail) their names are looked at anew, and when all are proved, the
 * certificate is issued as a new one is (issue_public.h). Names that cannot be proved by
 * themselves leave the renewal PENDING_VALIDATION: the owner has to act. They are tried again
 * until the certificate ends. (ACM user guide, managed renewal.)
 */
#ifndef CHANCERY_ACM_RENEWAL_PUBLIC_H
#define CHANCERY_ACM_RENEWAL_PUBLIC_H

#include "ca/core.h"

/* When the renewal of an eligible public certificate begins (microseconds). */
int64_t renewal_public_begins(const struct certificate_row *row);

/* One round for a certificate that is due: its names are asked for (again). */
int renewal_public_attempt(struct core *core, const struct certificate_row *row, int64_t now);

/*
 * In a write unit: every name of the certificate is to be proved anew, from now on; then validation_wake.
 * Defaults for an appliance without the validation of domains.
 */
int validation_restart(struct store_tx *tx, const struct scope *scope, const char *certificate,
                       int64_t now);
void validation_wake(struct core *core);

#endif
