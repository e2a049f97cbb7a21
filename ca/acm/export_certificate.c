/*
 * ExportCertificate: the one place where a private key leaves. It comes out of the HSM into
 * locked memory and goes into PBES2 under the caller's passphrase; certificate and chain beside it.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/core.h"
#include "ca/members.h"
#include "ca/pki/pki.h"

#include <string.h>

struct export
{
    struct request *r;
    struct certificate_row row;
    struct key_row key;
};

static int check_exportable(struct export *e)
{
    const char *arn = member_text(e->r->in, "CertificateArn");
    struct api_error *error = &e->r->error;
    json_t *options = e->row.options == NULL ? NULL : json_loads(e->row.options, 0, NULL);
    bool allowed = strcmp(certificate_export_option(options), "ENABLED") == 0;
    json_decref(options);
    if (strcmp(e->row.type, "PRIVATE") != 0)
        return api_fail(error, "ValidationException",
                        "Certificate ARN: %s is not a private certificate", arn);
    if (strcmp(e->row.status, "PENDING_VALIDATION") == 0)
        return certificate_pending(e->r);
    if (e->row.certificate.len == 0)
        return api_fail(error, "ValidationException",
                        "Certificate ARN: %s cannot be exported: its status is %s", arn,
                        e->row.status);
    if (!allowed)
        return api_fail(error, "ValidationException",
                        "Certificate ARN: %s was requested with Export DISABLED", arn);
    return 0;
}

static int key_unit(struct store_tx *tx, void *context)
{
    struct export *e = context;
    return store_key_get(tx, &e->row.scope, e->row.id, &e->key);
}

static int key_bring_out(struct export *e, struct secret **pkcs8)
{
    struct hsm_custody custody = {0};
    struct hsm_wrapped wrapped;
    char arn[ARN_SIZE];
    arn_certificate(&e->row.scope, e->row.id, arn);
    int rc = request_read(e->r, key_unit, e);
    if (rc == 0)
        rc = certificate_key_view(&e->key, &wrapped);
    if (rc == 0)
        rc = core_custody_by_id(e->r->core, e->key.kek_id, &custody);
    if (rc == 0)
        rc = hsm_subscriber_export(e->r->core->hsm, &custody, &wrapped, slice_text(arn), pkcs8);
    /* A certificate without its key is a damaged store, not something that the caller misnamed. */
    return rc == CH_ENOTFOUND ? CH_EINTEGRITY : rc;
}

static int key_put(struct export *e)
{
    struct secret *passphrase = NULL;
    struct secret *pkcs8 = NULL;
    struct buf pem = {0};
    int rc = contract_blob_secret(e->r->in, "Passphrase", &passphrase);
    if (rc == 0)
        rc = key_bring_out(e, &pkcs8);
    if (rc == 0)
        rc = pki_key_encrypt(pkcs8, passphrase, &pem);
    if (rc == 0)
        rc = member_put_buf(e->r->out, "PrivateKey", &pem);
    buf_free(&pem);
    secret_free(pkcs8);
    secret_free(passphrase);
    return rc;
}

static int exported_unit(struct store_tx *tx, void *context)
{
    const struct export *e = context;
    return store_certificate_set_exported(tx, &e->row.scope, e->row.id, e->r->now);
}

int acm_export_certificate(struct request *r)
{
    struct export e = {.r = r};
    int rc = certificate_load(r, &e.row);
    if (rc == 0)
        rc = check_exportable(&e);
    if (rc == 0)
        rc = certificate_pem_put(r, &e.row);
    if (rc == 0)
        rc = key_put(&e);
    if (rc == 0)
        rc = request_commit(r, exported_unit, &e);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, member_text(r->in, "CertificateArn"));
    key_row_free(&e.key);
    certificate_row_free(&e.row);
    return rc;
}
