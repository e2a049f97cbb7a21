/*
 * PutAssociation: a resource uses a certificate from now on. Once more is no fault and changes
 * nothing. The certificate is then renewed by itself and is not deleted.
 */
#include "ca/chancery/operations.h"

#include "ca/acm/certificate.h"
#include "ca/acm/renewal.h"
#include "ca/arn.h"
#include "ca/members.h"

#include <string.h>

struct put {
    struct request *r;
    char id[ROW_UUID_SIZE];
    const char *resource;
    int64_t created_at;
};

static int check(struct put *p, const struct certificate_row *row)
{
    if (!certificate_status_is(row, p->r->now, "ISSUED"))
        return api_fail(&p->r->error, "InvalidStateException",
                        "Certificate %s cannot be used: its status is %s.",
                        member_text(p->r->in, "CertificateArn"),
                        certificate_status(row, p->r->now));
    if (row->in_use >= ASSOCIATIONS_MAX)
        return api_fail(&p->r->error, "ServiceQuotaExceededException",
                        "A certificate can be used by at most %d resources.", ASSOCIATIONS_MAX);
    return 0;
}

static int visit(void *context, const char *resource, int64_t created_at)
{
    struct put *p = context;
    if (strcmp(resource, p->resource) == 0)
        p->created_at = created_at;
    return 0;
}

/* Sets created_at when the resource uses the certificate already. */
static int find_unit(struct store_tx *tx, struct put *p)
{
    return store_association_list(tx, &p->r->scope, p->id, "", ASSOCIATIONS_MAX, visit, p);
}

static int add(struct store_tx *tx, struct put *p, struct certificate_row *row)
{
    int rc = check(p, row);
    if (rc == 0)
        rc = store_association_put(tx, &p->r->scope, p->id, p->resource, p->r->now);
    if (rc != 0)
        return rc;
    p->created_at = p->r->now;
    row->in_use++;
    return renewal_plan(tx, row, p->r->now);
}

static int answer(struct put *p)
{
    json_t *out = p->r->out;
    int rc = member_put_text(out, "CertificateArn", member_text(p->r->in, "CertificateArn"));
    if (rc == 0)
        rc = member_put_text(out, "Resource", p->resource);
    return rc == 0 ? member_put_time(out, "CreatedAt", p->created_at) : rc;
}

static int put_unit(struct store_tx *tx, void *context)
{
    struct put *p = context;
    struct certificate_row row = {0};
    int rc = store_certificate_get(tx, &p->r->scope, p->id, &row);
    if (rc == 0)
        rc = find_unit(tx, p);
    if (rc == 0 && p->created_at == 0)
        rc = add(tx, p, &row);
    certificate_row_free(&row);
    return rc == 0 ? answer(p) : rc;
}

int chancery_put_association(struct request *r)
{
    struct put p = {.r = r, .resource = member_text(r->in, "Resource")};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, p.id);
    if (rc == 0)
        rc = request_commit(r, put_unit, &p);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
