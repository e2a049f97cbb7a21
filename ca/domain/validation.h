/*
 * validation.h - how the names of one public certificate are validated: from the request to rows
 * of the store, and from rows to what the API answers.
 */
#ifndef CHANCERY_DOMAIN_VALIDATION_H
#define CHANCERY_DOMAIN_VALIDATION_H

#include "ca/core.h"
#include "ca/request.h"
#include "ca/store/validations.h"

/* The names of a certificate in their order; {0} is empty. */
struct validation_list {
    size_t count;
    struct validation_row *rows;
};
void validation_list_free(struct validation_list *list);

/* May mails for a name go to addresses at validation_domain (both in lower case): it is the
 * name, or a domain above it that is no public suffix. */
bool validation_domain_fits(const char *name, const char *validation_domain);

/*
 * Judges DomainValidationOptions (NULL is fine) against the names: each is for one of them, none
 * is contradicted by another, and each ValidationDomain fits. CH_EAPI with
 * InvalidDomainValidationOptionsException.
 */
int validation_options_check(struct request *r, const json_t *names, const json_t *options);

struct validation_order {
    const struct certificate_row *certificate; /* its scope, id and created_at */
    const char *method;                        /* EMAIL, DNS, HTTP */
    const json_t *names;                       /* in lower case */
    const json_t *options;                     /* DomainValidationOptions, judged */
};

/*
 * Fills a row for each name; those that policy refuses are FAILED, and then the others wait for
 * nothing. *reason is the FailureReason of the first such name, or NULL. CH_EHSM, CH_ENOMEM.
 */
int validation_list_make(struct core *core, const struct validation_order *order,
                         struct validation_list *out, const char **reason);

/* Stores the rows and, unless the certificate has failed, the mails that EMAIL needs at once. */
int validation_list_insert(struct store_tx *tx, const struct validation_list *list, int64_t now);

/* Reads the rows of a certificate; none is no failure. */
int validation_list_read(struct store_tx *tx, const struct scope *scope, const char *certificate,
                         struct validation_list *out);

/* As an entry of DomainValidationOptions of DescribeCertificate; NULL when out of memory or the
 * row is damaged. */
json_t *validation_describe(const struct validation_row *row);

/* As an entry of DomainValidationSummaryList of ListCertificateDomainValidations; likewise. */
json_t *validation_summarize(const struct validation_row *row);

#endif
