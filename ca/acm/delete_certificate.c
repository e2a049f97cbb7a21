/*
 * DeleteCertificate: certificate, wrapped key and tags in one commit; the HSM forgets its
 * unwrapped copy. What the CA has issued stays issued. In any state, but not while it is in use.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/core.h"
#include "ca/members.h"

#include <string.h>

struct deletion {
    struct request *r;
    char id[ROW_UUID_SIZE];
    struct key_row key;
    bool has_key;
};

static int delete_unit(struct store_tx *tx, void *context)
{
    struct deletion *d = context;
    struct certificate_row row = {0};
    int rc = store_certificate_get(tx, &d->r->scope, d->id, &row);
    if (rc == 0)
        rc = certificate_check_unused(d->r, &row);
    certificate_row_free(&row);
    if (rc != 0)
        return rc;
    rc = store_key_get(tx, &d->r->scope, d->id, &d->key);
    d->has_key = rc == 0;
    if (rc == 0 || rc == CH_ENOTFOUND)
        rc = store_certificate_delete(tx, &d->r->scope, d->id);
    return rc;
}

static void forget(struct request *r, const struct deletion *d)
{
    struct hsm_wrapped wrapped;
    if (d->has_key && certificate_key_view(&d->key, &wrapped) == 0)
        hsm_subscriber_forget(r->core->hsm, &wrapped);
}

int acm_delete_certificate(struct request *r)
{
    struct deletion d = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, d.id);
    if (rc == 0)
        rc = request_commit(r, delete_unit, &d);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == 0)
        forget(r, &d);
    key_row_free(&d.key);
    return rc;
}
