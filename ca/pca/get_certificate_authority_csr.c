/*
 * GetCertificateAuthorityCsr: RequestInProgressException until the key maker is done.
 */
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/pca/authority.h"

#include <string.h>

static int check_state(struct request *r, const struct authority_row *row)
{
    const char *arn = member_text(r->in, "CertificateAuthorityArn");
    if (strcmp(row->status, "CREATING") == 0)
        return api_fail(&r->error, "RequestInProgressException",
                        "The certificate signing request of %s is still being created. Try again "
                        "later.",
                        arn);
    if (strcmp(row->status, "DELETED") == 0 || row->csr.len == 0)
        return api_fail(&r->error, "InvalidStateException",
                        "The certificate authority %s is not in the correct state to have a "
                        "certificate signing request.",
                        arn);
    return 0;
}

int pca_get_certificate_authority_csr(struct request *r)
{
    struct authority_row row = {0};
    struct buf pem = {0};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &row);
    if (rc == 0)
        rc = check_state(r, &row);
    if (rc == 0)
        rc = pki_pem_put("CERTIFICATE REQUEST", buf_slice(&row.csr), true, &pem);
    if (rc == 0)
        rc = member_put_buf(r->out, "Csr", &pem);
    buf_free(&pem);
    authority_row_free(&row);
    return rc;
}
