/*
 * RestoreCertificateAuthority: a DELETED authority has again the status that it had before. What
 * cannot be restored any more is answered like what does not exist.
 */
#include "ca/pca/pca.h"

#include "ca/core.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/crl.h"

#include <string.h>

struct restoration {
    struct request *r;
    struct authority_row row;
};

static int restore_unit(struct store_tx *tx, void *context)
{
    const struct restoration *s = context;
    int rc = store_authority_restore(tx, &s->row, s->r->now);
    return rc == 0 ? crl_configured(tx, &s->row.scope, s->row.id, s->r->now) : rc;
}

int pca_restore_certificate_authority(struct request *r)
{
    struct restoration s = {.r = r};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &s.row);
    if (rc == 0 && strcmp(s.row.status, "DELETED") == 0)
        rc = request_commit(r, restore_unit, &s);
    else if (rc == 0)
        rc = CH_ESTATE;
    if (rc == CH_ESTATE)
        rc = api_fail(&r->error, "InvalidStateException",
                      "The certificate authority is not in a valid state for restoration.");
    if (rc == 0)
        schedule_wake(r->core->schedule, CRL_JOB);
    authority_row_free(&s.row);
    return rc;
}
