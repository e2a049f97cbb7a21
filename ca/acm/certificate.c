#include "ca/acm/certificate.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/pki/pki.h"

#include <stdio.h>
#include <string.h>

struct load {
    const struct scope *scope;
    char id[ROW_UUID_SIZE];
    struct certificate_row *out;
};

static int load_unit(struct store_tx *tx, void *context)
{
    struct load *l = context;
    return store_certificate_get(tx, l->scope, l->id, l->out);
}

int certificate_load(struct request *r, struct certificate_row *out)
{
    struct load l = {.scope = &r->scope, .out = out};
    const char *arn = member_text(r->in, "CertificateArn");
    memset(out, 0, sizeof *out);
    int rc = arn_certificate_id(r, arn, l.id);
    if (rc == 0)
        rc = request_read(r, load_unit, &l);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}

const char *certificate_status(const struct certificate_row *row, int64_t now)
{
    if (strcmp(row->status, "ISSUED") == 0 && row->not_after < now)
        return "EXPIRED";
    return row->status;
}

bool certificate_status_is(const struct certificate_row *row, int64_t now, const char *status)
{
    return strcmp(certificate_status(row, now), status) == 0;
}

const char *certificate_renewal(const struct certificate_row *row, int64_t now)
{
    bool exported = row->exported_at != 0 && row->exported_at >= row->issued_at;
    bool wanted = strcmp(row->type, "IMPORTED") != 0 && (exported || row->in_use > 0);
    return wanted && certificate_status_is(row, now, "ISSUED") ? "ELIGIBLE" : "INELIGIBLE";
}

int certificate_key_name(const struct certificate_row *row, char out[32])
{
    const struct key_alg_info *info = key_alg_info(row->key_alg);
    if (info == NULL)
        return CH_EINTEGRITY;
    snprintf(out, 32, "%s", info->name);
    char *underscore = strchr(out, '_');
    if (underscore != NULL)
        *underscore = '-';
    return 0;
}

const char *certificate_export_option(const json_t *options)
{
    const char *option = member_text(options, "Export");
    return option == NULL ? "ENABLED" : option;
}

int certificate_pem_put(struct request *r, const struct certificate_row *row)
{
    struct buf pem = {0};
    int rc = pki_pem_put("CERTIFICATE", buf_slice(&row->certificate), true, &pem);
    if (rc == 0)
        rc = member_put_buf(r->out, "Certificate", &pem);
    if (rc == 0)
        rc = member_put_text(r->out, "CertificateChain", row->chain);
    buf_free(&pem);
    return rc;
}

int certificate_pending(struct request *r)
{
    return api_fail(&r->error, "RequestInProgressException",
                    "The certificate request for %s is still in progress. Try again later.",
                    member_text(r->in, "CertificateArn"));
}

int certificate_check_unused(struct request *r, const struct certificate_row *row)
{
    if (row->in_use == 0)
        return 0;
    return api_fail(&r->error, "ResourceInUseException", "Certificate %s in account %s is in use.",
                    member_text(r->in, "CertificateArn"), r->scope.account);
}

/* ---- its wrapped key ---- */

int certificate_key_row(const struct certificate_row *row, struct hsm_wrapped *wrapped,
                        struct key_row *out)
{
    memset(out, 0, sizeof *out);
    out->scope = row->scope;
    memcpy(out->certificate, row->id, sizeof out->certificate);
    out->version = wrapped->version;
    out->alg = wrapped->alg;
    memcpy(out->kek_id, wrapped->kek_id, sizeof out->kek_id);
    memcpy(out->tag, wrapped->tag, sizeof out->tag);
    int rc = member_copy(wrapped->format, &out->format);
    if (rc != 0)
        return rc;
    out->spki = wrapped->spki;
    out->blob = wrapped->blob;
    wrapped->spki = (struct buf){0};
    wrapped->blob = (struct buf){0};
    return 0;
}

int certificate_key_view(const struct key_row *row, struct hsm_wrapped *out)
{
    memset(out, 0, sizeof *out);
    if (row->format == NULL || strlen(row->format) >= sizeof out->format)
        return CH_EINTEGRITY;
    out->version = row->version;
    memcpy(out->format, row->format, strlen(row->format));
    memcpy(out->kek_id, row->kek_id, sizeof out->kek_id);
    out->alg = row->alg;
    out->spki = row->spki;
    out->blob = row->blob;
    memcpy(out->tag, row->tag, sizeof out->tag);
    return 0;
}
