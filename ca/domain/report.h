/*
 * report.h - what somebody who waits for a public certificate is told: for each name what its owner is to do, what was last
 * seen, by whom, why that is not good enough, and when it is looked at again; and what the certificate as a whole
 * waits for.
 */
#ifndef CHANCERY_DOMAIN_REPORT_H
#define CHANCERY_DOMAIN_REPORT_H

#include "ca/domain/validation.h"
#include "ca/store/trust.h"

#define REPORT_MAILS_MAX 128

/* Everything that is known of one certificate; {0} is empty. */
struct report {
    struct certificate_row certificate;
    struct validation_list list;
    bool ordered; /* all names are proved, and order says how its issuance stands */
    struct public_order_row order;
    size_t mail_count; /* mails that are due, by position of the name */
    struct {
        uint32_t position;
        int64_t due_at;
    } mails[REPORT_MAILS_MAX];
};
void report_free(struct report *r);

/* Into a zeroed report. CH_ENOTFOUND: no such certificate; CH_EUNSUPPORTED: it is no public one. */
int report_read(struct store_tx *tx, const struct scope *scope, const char *id, struct report *out);

/*
 * Puts CertificateArn, Status, FailureReason, GivenUpAt, Waiting and Validations into an object, as ListValidations
 * answers them. CH_ENOMEM.
 */
int report_put(struct core *core, const struct report *r, json_t *out);

/* Likewise, but of Validations only the count of all and of those that are proved. */
int report_put_short(struct core *core, const struct report *r, json_t *out);

#endif
