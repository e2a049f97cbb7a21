/*
 * ListValidations: for every name of a public certificate what its owner is to do, what was last seen, by whom, why
 * that was not good enough, and when it is looked at again. CheckValidations: have it looked
 * at now; and when all are proved, have what holds back the issuance tried again.
 */
#include "ca/chancery/operations.h"

#include "ca/acm/issue_public.h"
#include "ca/acm/renewal_public.h"
#include "ca/arn.h"
#include "ca/domain/name.h"
#include "ca/domain/report.h"
#include "ca/members.h"

struct work {
    struct request *r;
    char id[ROW_UUID_SIZE];
    struct report report;
    const char *domain; /* NULL: all */
    uint32_t count;
};

static int read_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = report_read(tx, &w->r->scope, w->id, &w->report);
    if (rc != CH_EUNSUPPORTED)
        return rc;
    return api_fail(&w->r->error, "InvalidStateException",
                    "Certificate %s is no public one: nobody has to prove its domains.",
                    member_text(w->r->in, "CertificateArn"));
}

int chancery_list_validations(struct request *r)
{
    struct work w = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, w.id);
    if (rc == 0)
        rc = request_read(r, read_unit, &w);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == 0)
        rc = report_put(r->core, &w.report, r->out);
    report_free(&w.report);
    return rc;
}

/* ---- now ---- */

static int hurry_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    report_free(&w->report);
    int rc = read_unit(tx, w);
    w->report.order.due_at = w->r->now;
    if (rc == 0 && w->report.ordered)
        rc = store_public_order_delay(tx, &w->report.order);
    return rc == 0 ? store_validation_hurry(tx, &w->r->scope, w->id, w->domain, w->r->now, &w->count)
                   : rc;
}

static int domain_take(struct work *w, char domain[DOMAIN_SIZE])
{
    const char *given = member_text(w->r->in, "DomainName");
    w->domain = given == NULL ? NULL : domain;
    if (given == NULL || domain_fold(given, domain) == 0)
        return 0;
    return api_fail(&w->r->error, "ValidationException", "%s is no name of a domain.", given);
}

int chancery_check_validations(struct request *r)
{
    struct work w = {.r = r};
    char domain[DOMAIN_SIZE];
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, w.id);
    if (rc == 0)
        rc = domain_take(&w, domain);
    if (rc == 0)
        rc = request_commit(r, hurry_unit, &w);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == 0)
        validation_wake(r->core);
    if (rc == 0 && w.report.ordered)
        issue_public_wake(r->core);
    if (rc == 0)
        rc = member_put_new(r->out, "Checking", json_integer(w.count));
    report_free(&w.report);
    return rc;
}
