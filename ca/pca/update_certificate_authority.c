/*
 * UpdateCertificateAuthority: an authority that is ACTIVE or DISABLED becomes the other, or gets
 * another RevocationConfiguration, or both. What is not given stays.
 */
#include "ca/pca/pca.h"

#include "ca/core.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/crl.h"
#include "ca/pca/revocation_configuration.h"

#include <stdlib.h>
#include <string.h>

struct update {
    struct request *r;
    struct authority_row row;
    const char *status; /* as it is to be */
    char *revocation;   /* JSON; NULL = as it is */
};

static bool is_settable(const char *status)
{
    return strcmp(status, "ACTIVE") == 0 || strcmp(status, "DISABLED") == 0;
}

static int check_input(struct request *r)
{
    const char *status = member_text(r->in, "Status");
    if (status != NULL && !is_settable(status))
        return api_fail(&r->error, "InvalidArgsException",
                        "The status of a certificate authority can be set to ACTIVE or DISABLED, "
                        "not to %s.",
                        status);
    return revocation_configuration_check(r, json_object_get(r->in, "RevocationConfiguration"));
}

static int check_state(struct update *u)
{
    if (is_settable(authority_status(&u->row, u->r->now)))
        return 0;
    return api_fail(&u->r->error, "InvalidStateException",
                    "The certificate authority must be in the ACTIVE or DISABLED state to be "
                    "updated.");
}

static int update_unit(struct store_tx *tx, void *context)
{
    const struct update *u = context;
    int rc = store_authority_update(tx, &u->row, u->status, u->revocation, u->r->now);
    return rc == 0 ? crl_configured(tx, &u->row.scope, u->row.id, u->r->now) : rc;
}

int pca_update_certificate_authority(struct request *r)
{
    struct update u = {.r = r, .status = member_text(r->in, "Status")};
    int rc = check_input(r);
    if (rc == 0)
        rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &u.row);
    if (rc == 0)
        rc = check_state(&u);
    if (rc == 0)
        rc = member_dump(json_object_get(r->in, "RevocationConfiguration"), &u.revocation);
    if (rc == 0) {
        if (u.status == NULL)
            u.status = u.row.status;
        rc = request_commit(r, update_unit, &u);
    }
    if (rc == 0)
        schedule_wake(r->core->schedule, CRL_JOB);
    free(u.revocation);
    authority_row_free(&u.row);
    return rc == CH_ESTATE ? authority_fail_concurrent(r) : rc;
}
