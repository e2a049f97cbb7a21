/*
 * GetCertificateAuthorityCertificate: certificate and chain without a newline at the end; a
 * root has no chain.
 */
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/pca/authority.h"

#include <string.h>

int pca_get_certificate_authority_certificate(struct request *r)
{
    struct authority_row row = {0};
    struct buf pem = {0};
    const char *arn = member_text(r->in, "CertificateAuthorityArn");
    int rc = authority_load_shared(r, arn, &row);
    /* "signing request" is what AWS says here, and clients look for it. */
    if (rc == 0 && (row.certificate.len == 0 || strcmp(row.status, "DELETED") == 0))
        rc = api_fail(&r->error, "InvalidStateException",
                      "The certificate authority %s is not in the correct state to have a "
                      "certificate signing request.",
                      arn);
    if (rc == 0)
        rc = pki_pem_put("CERTIFICATE", buf_slice(&row.certificate), false, &pem);
    if (rc == 0)
        rc = member_put_buf(r->out, "Certificate", &pem);
    if (rc == 0)
        rc = member_put_text(r->out, "CertificateChain", row.chain);
    buf_free(&pem);
    authority_row_free(&row);
    return rc;
}
