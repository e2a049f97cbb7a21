/*
 * DeletePermission: takes back what CreatePermission gave. Certificates that ACM has already
 * requested stay as they are, but cannot be renewed.
 */
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/pca/authority.h"

struct removal {
    struct request *r;
    struct authority_row row;
    const char *principal, *account;
};

static int remove_unit(struct store_tx *tx, void *context)
{
    const struct removal *d = context;
    return store_permission_remove(tx, &d->row.scope, d->row.id, d->principal, d->account);
}

int pca_delete_permission(struct request *r)
{
    struct removal d = {.r = r,
                        .principal = member_text(r->in, "Principal"),
                        .account = member_text(r->in, "SourceAccount")};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &d.row);
    if (rc == 0)
        rc = authority_check_not_deleted(r, &d.row);
    if (d.account == NULL)
        d.account = r->scope.account;
    if (rc == 0)
        rc = request_commit(r, remove_unit, &d);
    if (rc == CH_ENOTFOUND)
        rc =
            api_fail(&r->error, "ResourceNotFoundException",
                     "The permission of %s for account %s does not exist.", d.principal, d.account);
    authority_row_free(&d.row);
    return rc;
}
