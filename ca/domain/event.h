/*
 * event.h - what became of the proof of a name, in the audit trail: nobody calls when that is decided.
 */
#ifndef CHANCERY_DOMAIN_EVENT_H
#define CHANCERY_DOMAIN_EVENT_H

#include "ca/store/validations.h"

#define DOMAIN_VALIDATED "DomainValidated"
#define DOMAIN_DENIED "DomainValidationDenied"      /* by its owner, who got a mail */
#define DOMAIN_FORBIDDEN "DomainValidationForbidden" /* by CAA */
#define DOMAIN_TIMED_OUT "DomainValidationTimedOut"

/* Appends an AwsServiceEvent of that name about the row, with its reason; inside a write unit. */
int domain_event_append(struct store_tx *tx, const struct validation_row *row, const char *name,
                        int64_t now);

/* Appends DOMAIN_TIMED_OUT for a certificate and those of its names that are not proved. */
int domain_event_timed_out(struct store_tx *tx, const struct scope *scope, const char *certificate,
                           int64_t now);

#endif
