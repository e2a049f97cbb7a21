/*
 * GetCertificate: certificate and chain, the leaf's issuer first.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/members.h"

int acm_get_certificate(struct request *r)
{
    struct certificate_row row = {0};
    int rc = certificate_load(r, &row);
    if (rc == 0 && certificate_status_is(&row, r->now, "PENDING_VALIDATION"))
        rc = certificate_pending(r);
    if (rc == 0 && row.certificate.len == 0)
        rc = api_fail(&r->error, "ValidationException",
                      "There is no certificate for %s: its status is %s.",
                      member_text(r->in, "CertificateArn"), certificate_status(&row, r->now));
    if (rc == 0)
        rc = certificate_pem_put(r, &row);
    certificate_row_free(&row);
    return rc;
}
