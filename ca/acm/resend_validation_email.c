/*
 * ResendValidationEmail: for a public certificate that waits for an answer to its mails. What is
 * accepted is noted as a mail that is due now; the ValidationDomain of the call is for this mail
 * alone (user guide of ACM, "Resend validation email").
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/domain/challenge.h"
#include "ca/domain/validation.h"
#include "ca/members.h"
#include "ca/store/validations.h"

#include <string.h>

struct resend {
    struct request *r;
    char id[ROW_UUID_SIZE];
    struct certificate_row row;
    uint32_t position; /* of the domain in the certificate */
    char domain[DOMAIN_SIZE];
    char validation_domain[DOMAIN_SIZE];
};

static int refuse_state(struct resend *s, const char *why)
{
    return api_fail(&s->r->error, "InvalidStateException",
                    "Validation email cannot be sent again for certificate %s: %s.",
                    member_text(s->r->in, "CertificateArn"), why);
}

static int refuse_domain(struct resend *s, const char *why)
{
    return api_fail(&s->r->error, "InvalidDomainValidationOptionsException", "%s: %s.", s->domain,
                    why);
}

/* It waits to be issued, or to be renewed. */
static bool is_waiting(const struct resend *s)
{
    const struct certificate_row *row = &s->row;
    return certificate_status_is(row, s->r->now, "PENDING_VALIDATION") ||
           (row->renewal_status != NULL && strcmp(row->renewal_status, "PENDING_VALIDATION") == 0);
}

static int check_certificate(struct resend *s)
{
    if (strcmp(s->row.type, "AMAZON_ISSUED") != 0)
        return refuse_state(s, "ACM does not validate its domains");
    if (!is_waiting(s))
        return refuse_state(s, "it does not wait for validation");
    return 0;
}

static const struct validation_row *row_find(const struct resend *s,
                                             const struct validation_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->rows[i].domain, s->domain) == 0)
            return &list->rows[i];
    return NULL;
}

static int check_domain(struct resend *s, const struct validation_row *row)
{
    if (row == NULL)
        return refuse_domain(s, "the domain is not one of the certificate");
    if (strcmp(row->method, "EMAIL") != 0)
        return refuse_state(s, "the domain is not validated by email");
    if (strcmp(row->status, "PENDING_VALIDATION") != 0)
        return refuse_state(s, "the domain does not wait for validation");
    if (!validation_domain_fits(s->domain, s->validation_domain))
        return refuse_domain(s, "the validation domain must be the same as the domain or a "
                                "superdomain of it");
    return 0;
}

static int judge(struct store_tx *tx, struct resend *s)
{
    struct validation_list list = {0};
    int rc = check_certificate(s);
    if (rc == 0)
        rc = validation_list_read(tx, &s->r->scope, s->row.id, &list);
    const struct validation_row *row = rc == 0 ? row_find(s, &list) : NULL;
    if (rc == 0)
        rc = check_domain(s, row);
    if (rc == 0)
        s->position = row->position;
    validation_list_free(&list);
    return rc;
}

/* Judged where it is written: the certificate may have been validated a moment ago. */
static int resend_unit(struct store_tx *tx, void *context)
{
    struct resend *s = context;
    char mail_domain[DOMAIN_SIZE];
    certificate_row_free(&s->row);
    int rc = store_certificate_get(tx, &s->r->scope, s->id, &s->row);
    if (rc == 0)
        rc = judge(tx, s);
    if (rc != 0)
        return rc;
    challenge_mail_domain(s->domain, s->validation_domain, mail_domain);
    return store_validation_mail_put(tx, &s->r->scope, s->id, s->position, mail_domain, s->r->now);
}

int acm_resend_validation_email(struct request *r)
{
    struct resend s = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, s.id);
    if (rc == 0)
        rc = domain_fold(member_text(r->in, "Domain"), s.domain);
    if (rc == 0)
        rc = domain_fold(member_text(r->in, "ValidationDomain"), s.validation_domain);
    if (rc == 0)
        rc = request_commit(r, resend_unit, &s);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    certificate_row_free(&s.row);
    return rc;
}
