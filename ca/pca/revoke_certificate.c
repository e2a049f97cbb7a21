/*
 * RevokeCertificate: by serial number, whatever the authority has issued; for ever. The
 * authority need not be able to issue any more.
 */
#include "ca/pca/pca.h"

#include "ca/core.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/crl.h"
#include "ca/pca/ocsp.h"
#include "ca/pca/revocation.h"

#include <string.h>

struct revoke {
    struct request *r;
    struct authority_row authority;
    uint8_t serial[PKI_SERIAL_SIZE];
    uint32_t reason;
};

static int check_state(struct revoke *v)
{
    static const char *const states[] = {"ACTIVE", "DISABLED", "EXPIRED"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (authority_status_is(&v->authority, v->r->now, states[i]))
            return 0;
    return api_fail(&v->r->error, "InvalidStateException",
                    "The certificate authority %s is not in the correct state to revoke "
                    "certificates.",
                    member_text(v->r->in, "CertificateAuthorityArn"));
}

static int input_read(struct revoke *v)
{
    const char *serial = member_text(v->r->in, "CertificateSerial");
    if (revocation_serial(serial, v->serial) != 0)
        return api_fail(&v->r->error, "InvalidRequestException",
                        "The certificate serial number is not valid: it must be hexadecimal, at "
                        "most 20 octets.");
    return revocation_reason(member_text(v->r->in, "RevocationReason"), &v->reason);
}

/* CH_ENOTFOUND also for one that is not signed yet, or never was. */
static int check_issued(struct revoke *v, const struct issued_row *issued)
{
    const struct pki_profile *profile = pki_profile_find(issued->template_name);
    if (strcmp(issued->state, "ISSUED") != 0)
        return CH_ENOTFOUND;
    if (profile != NULL && profile->self_signed)
        return api_fail(&v->r->error, "InvalidRequestException",
                        "Self-signed certificate can not be revoked");
    return 0;
}

static int revoke_unit(struct store_tx *tx, void *context)
{
    struct revoke *v = context;
    struct issued_row issued = {0};
    int rc = store_issued_by_serial(tx, &v->authority.scope, v->authority.id, v->serial, &issued);
    if (rc == 0)
        rc = check_issued(v, &issued);
    if (rc == 0)
        rc = revocation_record(tx, &issued, v->reason, v->r->now);
    issued_row_free(&issued);
    return rc;
}

static int refusal(struct revoke *v, int rc)
{
    const char *serial = member_text(v->r->in, "CertificateSerial");
    const char *arn = member_text(v->r->in, "CertificateAuthorityArn");
    if (rc == CH_ENOTFOUND)
        return api_fail(&v->r->error, "ResourceNotFoundException",
                        "Could not find certificate with serial number %s issued by %s.", serial,
                        arn);
    if (rc == CH_EEXISTS)
        return api_fail(&v->r->error, "RequestAlreadyProcessedException",
                        "The certificate with serial number %s has already been revoked.", serial);
    return rc;
}

int pca_revoke_certificate(struct request *r)
{
    struct revoke v = {.r = r};
    int rc = authority_load_shared(r, member_text(r->in, "CertificateAuthorityArn"), &v.authority);
    if (rc == 0)
        rc = check_state(&v);
    if (rc == 0)
        rc = input_read(&v);
    if (rc == 0)
        rc = refusal(&v, request_commit(r, revoke_unit, &v));
    if (rc == 0) {
        ocsp_forget(r->core, v.authority.id, v.serial);
        schedule_wake(r->core->schedule, CRL_JOB);
    }
    authority_row_free(&v.authority);
    return rc;
}
