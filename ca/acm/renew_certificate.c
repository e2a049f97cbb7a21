/*
 * RenewCertificate: private and public certificates that were exported since they were issued or last
 * renewed, or that are in use. The call notes that the renewal has begun; the job does it. The names
 * of a public one are proved anew before.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/renewal.h"
#include "ca/arn.h"
#include "ca/core.h"
#include "ca/jobs/renewal.h"
#include "ca/members.h"

#include <string.h>

struct renew {
    struct request *r;
    char id[ROW_UUID_SIZE];
};

static int refuse(struct request *r, const char *why)
{
    return api_fail(&r->error, "ValidationException", "Certificate %s cannot be renewed: %s.",
                    member_text(r->in, "CertificateArn"), why);
}

/* Tried and not yet successful is no reason to wait: what hindered it may be mended. */
static bool is_under_way(const struct certificate_row *row)
{
    return row->renewal_status != NULL && strncmp(row->renewal_status, "PENDING_", 8) == 0 &&
           row->renewal_reason == NULL;
}

static int check(struct request *r, const struct certificate_row *row)
{
    if (strcmp(row->status, "PENDING_VALIDATION") == 0)
        return certificate_pending(r);
    if (strcmp(row->type, "IMPORTED") == 0)
        return refuse(r, "it was imported");
    if (!certificate_status_is(row, r->now, "ISSUED"))
        return refuse(r, "it is not issued");
    if (is_under_way(row))
        return api_fail(&r->error, "RequestInProgressException",
                        "The renewal of certificate %s is in progress.",
                        member_text(r->in, "CertificateArn"));
    if (strcmp(certificate_renewal(row, r->now), "ELIGIBLE") != 0)
        return refuse(r, "it is not eligible, as it was not exported since it was issued or last "
                         "renewed and is not in use");
    return 0;
}

static int renew_unit(struct store_tx *tx, void *context)
{
    const struct renew *n = context;
    struct certificate_row row = {0};
    int rc = store_certificate_get(tx, &n->r->scope, n->id, &row);
    if (rc == 0)
        rc = check(n->r, &row);
    if (rc == 0)
        rc = renewal_begin(tx, &row, n->r->now);
    certificate_row_free(&row);
    return rc;
}

int acm_renew_certificate(struct request *r)
{
    struct renew n = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, n.id);
    if (rc == 0)
        rc = request_commit(r, renew_unit, &n);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == 0)
        schedule_wake(r->core->schedule, RENEWAL_JOB);
    return rc;
}
