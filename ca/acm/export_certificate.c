/*
 * ExportCertificate: the one place where a private key leaves. It comes out of the HSM into
 * locked memory and goes into PBES2 under the caller's passphrase; certificate and chain beside it.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/renewal.h"
#include "ca/arn.h"
#include "ca/core.h"
#include "ca/members.h"
#include "ca/pki/pki.h"

#include <string.h>

struct export
{
    struct request *r;
    char id[ROW_UUID_SIZE];
    struct certificate_row row;
    struct key_row key;
    int key_found; /* 0, CH_ENOTFOUND, or what the store failed with */
};

/* Certificate and key in one reading: a renewal replaces both at once. */
static int load_unit(struct store_tx *tx, void *context)
{
    struct export *e = context;
    int rc = store_certificate_get(tx, &e->r->scope, e->id, &e->row);
    if (rc == 0)
        e->key_found = store_key_get(tx, &e->r->scope, e->id, &e->key);
    return rc;
}

static int load(struct export *e)
{
    const char *arn = member_text(e->r->in, "CertificateArn");
    int rc = arn_certificate_id(e->r, arn, e->id);
    if (rc == 0)
        rc = request_read(e->r, load_unit, e);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(e->r, arn) : rc;
}

/* "Any ASCII character except #, $, or %" (API, Passphrase); the length is the contract's. */
static int check_passphrase(struct request *r, const struct secret *passphrase)
{
    struct slice octets = secret_slice(passphrase);
    for (size_t i = 0; i < octets.len; i++)
        if (octets.data[i] > 0x7f || memchr("#$%", octets.data[i], 3) != NULL)
            return api_fail(&r->error, "ValidationException",
                            "The passphrase can have any ASCII character except #, $, or %%.");
    return 0;
}

/* Private certificates may leave unless the request said otherwise, public ones if it said so. */
static bool is_exportable(const struct certificate_row *row)
{
    json_t *options = row->options == NULL ? NULL : json_loads(row->options, 0, NULL);
    const char *option = member_text(options, "Export");
    bool private = strcmp(row->type, "PRIVATE") == 0;
    bool public = strcmp(row->type, "AMAZON_ISSUED") == 0;
    bool enabled = option != NULL && strcmp(option, "ENABLED") == 0;
    bool may = option == NULL ? private : enabled && (private || public);
    json_decref(options);
    return may;
}

static int check_exportable(struct export *e)
{
    const char *arn = member_text(e->r->in, "CertificateArn");
    struct api_error *error = &e->r->error;
    if (!is_exportable(&e->row))
        return api_fail(error, "ValidationException",
                        strcmp(e->row.type, "PRIVATE") == 0
                            ? "Certificate ARN: %s was requested with Export DISABLED"
                            : "Certificate ARN: %s is not a private certificate",
                        arn);
    if (strcmp(e->row.status, "PENDING_VALIDATION") == 0)
        return certificate_pending(e->r);
    if (e->row.certificate.len == 0 || strcmp(e->row.status, "REVOKED") == 0)
        return api_fail(error, "ValidationException",
                        "Certificate ARN: %s cannot be exported: its status is %s", arn,
                        e->row.status);
    return 0;
}

static int key_bring_out(struct export *e, struct secret **pkcs8)
{
    struct hsm_custody custody = {0};
    struct hsm_wrapped wrapped;
    char arn[ARN_SIZE];
    arn_certificate(&e->row.scope, e->row.id, arn);
    int rc = e->key_found;
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
        rc = check_passphrase(e->r, passphrase);
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

/* It may have been renewed while the key came out: then what left is the certificate before, which the
 * time of this call tells from the new one. */
static int exported_unit(struct store_tx *tx, void *context)
{
    const struct export *e = context;
    struct certificate_row row = {0};
    int rc = store_certificate_set_exported(tx, &e->row.scope, e->id, e->r->now);
    if (rc == 0)
        rc = store_certificate_get(tx, &e->row.scope, e->id, &row);
    if (rc == 0)
        rc = renewal_plan(tx, &row, e->r->now);
    certificate_row_free(&row);
    return rc;
}

int acm_export_certificate(struct request *r)
{
    struct export e = {.r = r};
    int rc = load(&e);
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
