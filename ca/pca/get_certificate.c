/*
 * GetCertificate: the certificate and its chain up to the root, neither with a newline at the end.
 * A root's own certificate has no chain.
 */
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/pca/authority.h"

#include <string.h>

struct get {
    struct request *r;
    struct scope owner; /* of the authority */
    char authority[ROW_UUID_SIZE];
    char id[ARN_ISSUED_ID_SIZE];
    bool authority_found;
    struct authority_row row;
    struct issued_row issued;
};

static int get_unit(struct store_tx *tx, void *context)
{
    struct get *g = context;
    int rc = store_authority_get(tx, &g->owner, g->authority, &g->row);
    if (rc == 0 && authority_is_gone(&g->row, g->r->now))
        rc = CH_ENOTFOUND;
    g->authority_found = rc == 0;
    if (rc == 0 && strcmp(g->row.status, "DELETED") != 0)
        rc = store_issued_get(tx, &g->owner, g->authority, g->id, &g->issued);
    return rc;
}

static int not_found(struct get *g, const char *authority_arn, const char *arn)
{
    if (!g->authority_found)
        return arn_authority_missing(g->r, authority_arn);
    return arn_certificate_missing(g->r, arn);
}

static int check_state(struct get *g, const char *authority_arn, const char *arn)
{
    struct api_error *error = &g->r->error;
    if (strcmp(g->row.status, "DELETED") == 0)
        return api_fail(error, "InvalidStateException",
                        "The certificate authority %s is not in the correct state to have issued "
                        "certificates.",
                        authority_arn);
    if (strcmp(g->issued.state, "INTENT") == 0)
        return api_fail(error, "RequestInProgressException",
                        "The request to issue certificate %s is still in progress. Try again "
                        "later.",
                        arn);
    if (g->issued.certificate.len == 0)
        return api_fail(error, "RequestFailedException",
                        "The request to issue certificate %s has failed.", arn);
    return 0;
}

static int answer(struct get *g)
{
    struct buf pem = {0};
    struct buf chain = {0};
    const struct pki_profile *profile = pki_profile_find(g->issued.template_name);
    bool root = profile != NULL && profile->self_signed;
    int rc = pki_pem_put("CERTIFICATE", buf_slice(&g->issued.certificate), false, &pem);
    if (rc == 0)
        rc = member_put_buf(g->r->out, "Certificate", &pem);
    if (rc == 0 && !root)
        rc = authority_chain_put(&g->row, &chain);
    if (rc == 0 && !root)
        rc = member_put_buf(g->r->out, "CertificateChain", &chain);
    buf_free(&chain);
    buf_free(&pem);
    return rc;
}

int pca_get_certificate(struct request *r)
{
    struct get g = {.r = r};
    const char *authority_arn = member_text(r->in, "CertificateAuthorityArn");
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_authority_of_any(&r->scope, authority_arn, &g.owner, g.authority);
    if (rc != 0)
        rc = arn_authority_id(r, authority_arn, g.authority);
    if (rc == 0)
        rc = arn_issued_id(r, authority_arn, arn, g.id);
    if (rc == 0)
        rc = request_read(r, get_unit, &g);
    if (rc == CH_ENOTFOUND)
        rc = not_found(&g, authority_arn, arn);
    if (rc == 0)
        rc = check_state(&g, authority_arn, arn);
    if (rc == 0)
        rc = answer(&g);
    issued_row_free(&g.issued);
    authority_row_free(&g.row);
    return rc;
}
