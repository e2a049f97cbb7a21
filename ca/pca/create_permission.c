/*
 * CreatePermission: lets ACM itself (acm.amazonaws.com) use an authority, for the
 * certificates that it requests and renews.
 */
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/pca/authority.h"

#include <string.h>

#define ACM_PRINCIPAL "acm.amazonaws.com"

static int check_input(struct request *r)
{
    const char *source = member_text(r->in, "SourceAccount");
    if (strcmp(member_text(r->in, "Principal"), ACM_PRINCIPAL) != 0)
        return api_fail(&r->error, "ValidationException",
                        "The principal must be " ACM_PRINCIPAL ".");
    if (source != NULL && strcmp(source, r->scope.account) != 0)
        return api_fail(&r->error, "ValidationException",
                        "The source account must be the account of the certificate authority.");
    return 0;
}

static int check_state(struct request *r, const struct authority_row *row)
{
    if (authority_status_is(row, r->now, "FAILED"))
        return api_fail(&r->error, "InvalidStateException",
                        "The certificate authority %s is not in the correct state to have "
                        "permissions.",
                        member_text(r->in, "CertificateAuthorityArn"));
    return authority_check_not_deleted(r, row);
}

static int permission_unit(struct store_tx *tx, void *context)
{
    return store_permission_insert(tx, context);
}

static int permission_fill(struct request *r, const struct authority_row *row,
                           struct permission_row *p)
{
    p->scope = r->scope;
    p->created_at = r->now;
    memcpy(p->authority, row->id, sizeof p->authority);
    int rc = member_copy(ACM_PRINCIPAL, &p->principal);
    if (rc == 0)
        rc = member_copy(r->scope.account, &p->source_account);
    if (rc == 0)
        rc = member_dump(json_object_get(r->in, "Actions"), &p->actions);
    return rc;
}

int pca_create_permission(struct request *r)
{
    struct authority_row row = {0};
    struct permission_row p = {0};
    int rc = check_input(r);
    if (rc == 0)
        rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &row);
    if (rc == 0)
        rc = check_state(r, &row);
    if (rc == 0)
        rc = permission_fill(r, &row, &p);
    if (rc == 0)
        rc = request_commit(r, permission_unit, &p);
    if (rc == CH_EEXISTS)
        rc = api_fail(&r->error, "PermissionAlreadyExistsException",
                      "The permission for " ACM_PRINCIPAL " already exists.");
    permission_row_free(&p);
    authority_row_free(&row);
    return rc;
}
