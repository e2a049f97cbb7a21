/*
 * RevokeCertificate: a certificate that was exported; for ever. Its authority's own record of it and
 * the certificate's state change in one commit.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/core.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/pca/crl.h"
#include "ca/pca/ocsp.h"
#include "ca/pca/revocation.h"
#include "ca/trust/trust.h"

#include <string.h>

struct revoke {
    struct request *r;
    char id[ROW_UUID_SIZE];
    uint32_t reason;
    char authority[ROW_UUID_SIZE]; /* that has issued it, and under which number */
    uint8_t serial[20];
};

static int refuse(struct request *r, const char *why)
{
    return api_fail(&r->error, "ValidationException", "Certificate %s cannot be revoked: %s.",
                    member_text(r->in, "CertificateArn"), why);
}

static int check(struct request *r, const struct certificate_row *row)
{
    if (strcmp(row->type, "IMPORTED") == 0)
        return refuse(r, "it was imported");
    if (certificate_status_is(row, r->now, "REVOKED"))
        return refuse(r, "it has already been revoked");
    if (!certificate_status_is(row, r->now, "ISSUED"))
        return refuse(r, "it is not issued");
    if (row->exported_at == 0)
        return refuse(r, "it was never exported");
    if (row->issued_id == NULL)
        return refuse(r, "no authority of this appliance has issued it");
    return certificate_check_unused(r, row);
}

/* The CA's side. It may have revoked the certificate before, by its serial number. */
static int record(struct store_tx *tx, struct revoke *v, const struct certificate_row *row)
{
    struct issued_row issued = {0};
    struct scope owner = row->scope;
    int rc = 0;
    if (row->authority_arn == NULL)
        rc = trust_issued_get(tx, row->issued_id, &issued);
    else
        rc = arn_authority_of_any(&row->scope, row->authority_arn, &owner, v->authority);
    if (rc == 0 && row->authority_arn == NULL)
        memcpy(v->authority, issued.authority, sizeof v->authority);
    else if (rc == 0)
        rc = store_issued_get(tx, &owner, v->authority, row->issued_id, &issued);
    if (rc == 0)
        memcpy(v->serial, issued.serial, sizeof v->serial);
    if (rc == 0)
        rc = revocation_record(tx, &issued, v->reason, v->r->now);
    issued_row_free(&issued);
    if (rc == CH_ENOTFOUND || rc == CH_EINVAL)
        return CH_EINTEGRITY;
    return rc == CH_EEXISTS ? 0 : rc;
}

static int revoke_unit(struct store_tx *tx, void *context)
{
    struct revoke *v = context;
    struct certificate_row row = {0};
    int rc = store_certificate_get(tx, &v->r->scope, v->id, &row);
    if (rc == 0)
        rc = check(v->r, &row);
    if (rc == 0)
        rc = record(tx, v, &row);
    if (rc == 0)
        rc = store_certificate_set_revoked(tx, &row.scope, row.id,
                                           member_text(v->r->in, "RevocationReason"), v->r->now);
    certificate_row_free(&row);
    return rc;
}

int acm_revoke_certificate(struct request *r)
{
    struct revoke v = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, v.id);
    if (rc == 0 && revocation_reason(member_text(r->in, "RevocationReason"), &v.reason) != 0)
        rc = refuse(r, "REMOVE_FROM_CRL takes back a revocation, and revocations are permanent");
    if (rc == 0)
        rc = member_put_text(r->out, "CertificateArn", arn);
    if (rc == 0)
        rc = request_commit(r, revoke_unit, &v);
    if (rc == 0) {
        ocsp_forget(r->core, v.authority, v.serial);
        schedule_wake(r->core->schedule, CRL_JOB);
    }
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
