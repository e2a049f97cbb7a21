/*
 * RequestCertificate without CertificateAuthorityArn: public certificates. What the owner of each
 * name is to do is made and stored with the row, so that the first DescribeCertificate shows it.
 * The certificate waits as PENDING_VALIDATION; it has no key yet. Names that policy refuses make
 * it FAILED at once.
 */
#include "ca/acm/request.h"

#include "ca/acm/renewal_public.h"
#include "ca/domain/name.h"
#include "ca/members.h"

#include <string.h>

#define ISSUER "Amazon"

static int options_read(struct ask *a)
{
    const json_t *in = json_object_get(a->r->in, "Options");
    const char *logging = member_text(in, "CertificateTransparencyLoggingPreference");
    const char *export_option = member_text(in, "Export");
    json_t *options = json_pack("{s:s,s:s}", "CertificateTransparencyLoggingPreference",
                                logging == NULL ? "ENABLED" : logging, "Export",
                                export_option == NULL ? "DISABLED" : export_option);
    int rc = options == NULL ? CH_ENOMEM : member_dump(options, &a->work.row.options);
    json_decref(options);
    return rc;
}

static const char *method_of(const struct ask *a)
{
    const char *method = member_text(a->r->in, "ValidationMethod");
    return method == NULL ? "EMAIL" : method;
}

/* HTTP validation is for CloudFront, and proves nothing of the names below a domain (user guide of
 * ACM, "HTTP validation"; Baseline Requirements 3.2.2.4.18). */
static int http_check(struct ask *a)
{
    if (strcmp(method_of(a), "HTTP") != 0)
        return 0;
    if (member_text(a->r->in, "ManagedBy") == NULL)
        return api_fail(&a->r->error, "InvalidParameterException",
                        "HTTP validation can be used for certificates managed by CLOUDFRONT only.");
    for (size_t i = 0; i < json_array_size(a->names); i++) {
        const char *name = json_string_value(json_array_get(a->names, i));
        if (domain_is_wildcard(name))
            return api_fail(&a->r->error, "InvalidParameterException",
                            "HTTP validation cannot be used for the wildcard domain %s.", name);
    }
    return 0;
}

/* What Describe answers already before the certificate is there. */
static int texts_fill(struct ask *a)
{
    struct certificate_row *row = &a->work.row;
    struct buf subject = {0};
    int rc = buf_printf(&subject, "CN=%s", row->domain);
    if (rc == 0)
        rc = member_copy(buf_text(&subject), &row->subject);
    if (rc == 0)
        rc = member_copy(ISSUER, &row->issuer);
    if (rc == 0)
        rc = member_copy(sig_alg_info(sig_alg_default(row->key_alg))->name,
                         &row->signature_algorithm);
    if (rc == 0)
        rc = member_copy("AMAZON_ISSUED", &row->type);
    if (rc == 0)
        rc = member_copy(method_of(a), &row->validation_method);
    buf_free(&subject);
    return rc;
}

int ask_public_read(struct ask *a)
{
    int rc = http_check(a);
    if (rc == 0)
        rc = validation_options_check(a->r, a->names,
                                      json_object_get(a->r->in, "DomainValidationOptions"));
    if (rc == 0)
        rc = options_read(a);
    return rc == 0 ? texts_fill(a) : rc;
}

int ask_public_make(struct ask *a)
{
    const char *reason = NULL;
    const struct validation_order order = {
        .certificate = &a->work.row,
        .method = method_of(a),
        .names = a->names,
        .options = json_object_get(a->r->in, "DomainValidationOptions"),
    };
    int rc = validation_list_make(a->r->core, &order, &a->validations, &reason);
    if (rc != 0)
        return rc;
    if (reason != NULL)
        return ask_commit_failed(a, reason);
    rc = member_copy("PENDING_VALIDATION", &a->work.row.status);
    if (rc == 0)
        rc = ask_commit(a);
    if (rc == 0)
        validation_wake(a->r->core);
    return rc;
}
