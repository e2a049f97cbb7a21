/*
 * ImportCertificateAuthorityCertificate: makes an authority ACTIVE. The certificate must be
 * the one for this authority's key and name, allow it to act as a CA now, and lead to a
 * self-signed root: by itself for a ROOT, through the chain for a SUBORDINATE. One that was DISABLED
 * when its certificate ran out stays so.
 */
#include "ca/pca/pca.h"

#include "ca/core.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/crl.h"
#include "ca/pca/csr_extensions.h"
#include "ca/pca/ocsp.h"
#include "firmware/base/log.h"

#include <string.h>

#define CHAIN_MAX 16
#define SECOND_US INT64_C(1000000)

struct import {
    struct request *r;
    struct authority_row row;
    struct pki_certificate *certificate;
    struct pki_certificate *chain[CHAIN_MAX];
    size_t chain_count;
    struct pki_reason why;
};

#define malformed(i, ...) api_fail(&(i)->r->error, "MalformedCertificateException", __VA_ARGS__)
#define mismatch(i, ...) api_fail(&(i)->r->error, "CertificateMismatchException", __VA_ARGS__)
#define invalid(i, ...) api_fail(&(i)->r->error, "InvalidRequestException", __VA_ARGS__)

/* ---- reading ---- */

static int certificate_visit(void *context, struct slice der)
{
    struct import *i = context;
    PRECOND(i->certificate == NULL);
    return pki_certificate_parse(der, &i->certificate, &i->why);
}

static int chain_visit(void *context, struct slice der)
{
    struct import *i = context;
    PRECOND(i->chain_count < CHAIN_MAX);
    int rc = pki_certificate_parse(der, &i->chain[i->chain_count], &i->why);
    if (rc == 0)
        i->chain_count++;
    return rc;
}

static int certificate_read(struct import *i)
{
    struct buf pem = {0};
    int rc = contract_blob(i->r->in, "Certificate", &pem);
    if (rc == 0)
        rc = pki_pem_each(buf_slice(&pem), 1, certificate_visit, i);
    buf_free(&pem);
    if (rc == CH_ELIMIT)
        return malformed(i, "The certificate field contains more than one certificate. You can "
                            "specify only one certificate in this field.");
    if (rc == CH_EINVAL)
        return malformed(i, "The certificate is not a valid PEM certificate. %s", i->why.text);
    return rc;
}

static int chain_read(struct import *i)
{
    struct buf pem = {0};
    int rc = contract_blob(i->r->in, "CertificateChain", &pem);
    bool absent = rc == CH_ENOTFOUND || (rc == 0 && pem.len == 0);
    if (rc == 0 && !absent)
        rc = pki_pem_each(buf_slice(&pem), CHAIN_MAX, chain_visit, i);
    buf_free(&pem);
    if (absent)
        return 0;
    if (rc == CH_ELIMIT)
        return malformed(i, "The certificate chain holds more than %d certificates.", CHAIN_MAX);
    if (rc == CH_EINVAL)
        return malformed(i, "The certificate chain is not valid PEM certificates. %s", i->why.text);
    return rc;
}

/* ---- judging ---- */

static int check_state(struct import *i)
{
    static const char *const importable[] = {"PENDING_CERTIFICATE", "ACTIVE", "EXPIRED"};
    const char *arn = member_text(i->r->in, "CertificateAuthorityArn");
    if (strcmp(i->row.status, "CREATING") == 0)
        return api_fail(&i->r->error, "RequestInProgressException",
                        "The certificate authority %s is still being created. Try again later.",
                        arn);
    for (size_t k = 0; k < sizeof importable / sizeof importable[0]; k++)
        if (authority_status_is(&i->row, i->r->now, importable[k]))
            return 0;
    return api_fail(&i->r->error, "InvalidStateException",
                    "The certificate authority %s is not in the correct state to import a "
                    "certificate: it is %s.",
                    arn, i->row.status);
}

static int check_identity(struct import *i)
{
    struct pki_csr *csr = NULL;
    if (!slice_equal(pki_certificate_spki(i->certificate), buf_slice(&i->row.spki)))
        return mismatch(i, "The public key of the certificate is not the key of the certificate "
                           "authority.");
    int rc = pki_csr_parse(buf_slice(&i->row.csr), &csr, &i->why);
    if (rc != 0)
        return rc == CH_EINVAL ? CH_EINTEGRITY : rc;
    if (!slice_equal(pki_certificate_subject(i->certificate), pki_csr_subject(csr)))
        rc = mismatch(i, "The subject of the certificate is not the subject of the certificate "
                         "signing request.");
    pki_csr_free(csr);
    return rc;
}

/* What CsrExtensions asked for. */
static int check_extensions(struct import *i)
{
    json_t *json = json_loads(i->row.configuration, 0, NULL);
    int rc = pca_csr_extensions_compare(json_object_get(json, "CsrExtensions"), i->certificate,
                                        &i->why);
    json_decref(json);
    return rc == CH_EDENIED ? mismatch(i, "%s", i->why.text) : rc;
}

static int check_authority(struct import *i)
{
    int64_t now = i->r->now / SECOND_US;
    if (!pki_certificate_is_ca(i->certificate))
        return malformed(i, "The certificate is no CA certificate: basic constraints with CA:TRUE "
                            "are needed (RFC 5280 4.2.1.9).");
    if ((pki_certificate_key_usage(i->certificate) & PKI_KU_KEY_CERT_SIGN) == 0)
        return malformed(i, "The key usage of the certificate lacks keyCertSign (RFC 5280 "
                            "4.2.1.3).");
    if (now < pki_certificate_not_before(i->certificate))
        return malformed(i, "The certificate is not in effect yet.");
    if (now > pki_certificate_not_after(i->certificate))
        return malformed(i, "The certificate has expired.");
    return 0;
}

static bool self_issued(const struct pki_certificate *c)
{
    return slice_equal(pki_certificate_subject(c), pki_certificate_issuer(c));
}

static int check_root(struct import *i)
{
    if (!self_issued(i->certificate))
        return mismatch(i, "The certificate of a root CA must be self-signed.");
    if (i->chain_count > 0)
        return invalid(i, "A self-signed certificate must be imported without a certificate "
                          "chain.");
    if (pki_certificate_issued_by(i->certificate, i->certificate, &i->why) != 0)
        return malformed(i, "The signature of the self-signed certificate does not verify.");
    return 0;
}

static int check_subordinate(struct import *i)
{
    if (self_issued(i->certificate))
        return mismatch(i, "The certificate of a subordinate CA must not be self-signed.");
    if (i->chain_count == 0)
        return invalid(i, "The certificate of a subordinate CA needs a certificate chain up to a "
                          "root.");
    int rc = pki_chain_check(i->certificate, i->chain, i->chain_count, i->r->now / SECOND_US, true,
                             &i->why);
    if (rc == 0)
        rc = pki_constraints_check_path(i->certificate, i->chain, i->chain_count, &i->why);
    if (rc == CH_ENOMEM)
        return rc;
    return rc == 0 ? 0
                   : mismatch(i, "The certificate chain does not certify the certificate. %s",
                              i->why.text);
}

/* What AWS lets a CA certificate, and each of the chain, mark critical. */
static int check_critical(struct import *i)
{
    int rc = pki_certificate_check_critical(i->certificate, &i->why);
    if (rc != 0)
        return malformed(i, "The certificate cannot be imported. %s", i->why.text);
    for (size_t k = 0; rc == 0 && k < i->chain_count; k++) {
        rc = pki_certificate_check_critical(i->chain[k], &i->why);
        if (rc != 0)
            return malformed(i, "Certificate %zu of the chain cannot be imported. %s", k + 1,
                             i->why.text);
    }
    return 0;
}

static int check_all(struct import *i)
{
    int rc = check_state(i);
    if (rc == 0)
        rc = certificate_read(i);
    if (rc == 0)
        rc = chain_read(i);
    if (rc == 0)
        rc = check_identity(i);
    if (rc == 0)
        rc = check_authority(i);
    if (rc == 0)
        rc = check_extensions(i);
    if (rc == 0)
        rc = check_critical(i);
    if (rc == 0)
        rc = strcmp(i->row.type, "ROOT") == 0 ? check_root(i) : check_subordinate(i);
    return rc;
}

/* ---- acting ---- */

/* The chain is kept as we write PEM: no newline at the end, no text between the blocks. */
static int chain_text(const struct import *i, char **out)
{
    struct buf pem = {0};
    int rc = 0;
    *out = NULL;
    for (size_t k = 0; rc == 0 && k < i->chain_count; k++) {
        if (k > 0)
            rc = buf_put_text(&pem, "\n");
        if (rc == 0)
            rc = pki_pem_put("CERTIFICATE", pki_certificate_der(i->chain[k]), false, &pem);
    }
    if (rc == 0 && pem.len > 0)
        rc = member_copy(buf_text(&pem), out);
    buf_free(&pem);
    return rc;
}

static int row_new(const struct import *i, struct authority_row *row)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    row->scope = i->row.scope;
    memcpy(row->id, i->row.id, sizeof row->id);
    row->not_before = pki_certificate_not_before(i->certificate) * SECOND_US;
    row->not_after = pki_certificate_not_after(i->certificate) * SECOND_US;
    row->state_changed_at = i->r->now;
    pki_certificate_serial(i->certificate, serial);
    int rc = member_copy(serial, &row->serial);
    if (rc == 0)
        rc = member_copy("ACTIVE", &row->status);
    if (rc == 0)
        rc = buf_put_slice(&row->certificate, pki_certificate_der(i->certificate));
    return rc == 0 ? chain_text(i, &row->chain) : rc;
}

static int import_unit(struct store_tx *tx, void *context)
{
    const struct authority_row *row = context;
    int rc = store_authority_set_certificate(tx, row);
    return rc == 0 ? crl_configured(tx, &row->scope, row->id, row->state_changed_at) : rc;
}

static void import_free(struct import *i)
{
    for (size_t k = 0; k < i->chain_count; k++)
        pki_certificate_free(i->chain[k]);
    pki_certificate_free(i->certificate);
    authority_row_free(&i->row);
}

int pca_import_certificate_authority_certificate(struct request *r)
{
    struct import i = {.r = r};
    struct authority_row row = {0};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &i.row);
    if (rc == 0)
        rc = check_all(&i);
    if (rc == 0)
        rc = row_new(&i, &row);
    if (rc == 0)
        rc = request_commit(r, import_unit, &row);
    if (rc == 0) {
        ocsp_forget_all(r->core);
        schedule_wake(r->core->schedule, CRL_JOB);
    }
    if (rc == CH_ESTATE)
        rc = api_fail(&r->error, "InvalidStateException",
                      "The certificate authority %s is not in the correct state to import a "
                      "certificate.",
                      member_text(r->in, "CertificateAuthorityArn"));
    authority_row_free(&row);
    import_free(&i);
    return rc;
}
