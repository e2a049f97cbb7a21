/*
 * DeleteAssociation: a resource uses a certificate no more. It may be deleted once nothing uses it.
 */
#include "ca/chancery/operations.h"

#include "ca/acm/renewal.h"
#include "ca/arn.h"
#include "ca/members.h"

struct deletion {
    struct request *r;
    char id[ROW_UUID_SIZE];
};

static int delete_unit(struct store_tx *tx, void *context)
{
    struct deletion *d = context;
    struct certificate_row row = {0};
    const char *resource = member_text(d->r->in, "Resource");
    int rc = store_certificate_get(tx, &d->r->scope, d->id, &row);
    if (rc != 0)
        return rc;
    rc = store_association_remove(tx, &d->r->scope, d->id, resource);
    if (rc == CH_ENOTFOUND)
        rc = api_fail(&d->r->error, "ResourceNotFoundException",
                      "Certificate %s is not used by %s.", member_text(d->r->in, "CertificateArn"),
                      resource);
    else if (rc == 0 && row.in_use > 0)
        row.in_use--;
    if (rc == 0)
        rc = renewal_plan(tx, &row, d->r->now);
    certificate_row_free(&row);
    return rc;
}

int chancery_delete_association(struct request *r)
{
    struct deletion d = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, d.id);
    if (rc == 0)
        rc = request_commit(r, delete_unit, &d);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
