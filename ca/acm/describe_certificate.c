/*
 * DescribeCertificate. While a certificate waits or has failed, what only an issued one has
 * (dates, serial) is absent, and its usages are empty lists.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/listing.h"
#include "ca/arn.h"
#include "ca/domain/validation.h"
#include "ca/members.h"

#include <string.h>

static int names_put(const struct certificate_row *row, json_t *out)
{
    char arn[ARN_SIZE];
    arn_certificate(&row->scope, row->id, arn);
    int rc = member_put_text(out, "CertificateArn", arn);
    if (rc == 0)
        rc = member_put_text(out, "DomainName", row->domain);
    if (rc == 0)
        rc = member_put_json(out, "SubjectAlternativeNames", row->names);
    if (rc == 0)
        rc = member_put_text(out, "ManagedBy", row->managed_by);
    if (rc == 0)
        rc = member_put_text(out, "Subject", row->subject);
    if (rc == 0)
        rc = member_put_text(out, "Issuer", row->issuer);
    if (rc == 0)
        rc = member_put_text(out, "Serial", row->serial);
    return rc;
}

/* Nobody validates the names of an imported certificate, but AWS lists them: [{"DomainName": ...}]. */
static int imported_names_put(const struct certificate_row *row, json_t *out)
{
    if (strcmp(row->type, "IMPORTED") != 0 || row->names == NULL)
        return 0;
    json_t *names = json_loads(row->names, 0, NULL);
    json_t *list = json_array();
    int rc = names == NULL ? CH_EINTEGRITY : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(names); i++)
        if (json_array_append_new(
                list, json_pack("{s:O}", "DomainName", json_array_get(names, i))) != 0)
            rc = CH_ENOMEM;
    if (rc == 0)
        rc = member_put_new(out, "DomainValidationOptions", json_incref(list));
    json_decref(list);
    json_decref(names);
    return rc;
}

static int times_put(const struct certificate_row *row, json_t *out)
{
    const struct {
        const char *member;
        int64_t time;
    } rows[] = {
        {"CreatedAt", row->created_at},   {"IssuedAt", row->issued_at},
        {"ImportedAt", row->imported_at}, {"NotBefore", row->not_before},
        {"NotAfter", row->not_after},     {"RevokedAt", row->revoked_at},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rows / sizeof rows[0]; i++)
        rc = member_put_time(out, rows[i].member, rows[i].time);
    return rc;
}

static int state_put(const struct certificate_row *row, int64_t now, json_t *out)
{
    int rc = member_put_text(out, "Status", certificate_status(row, now));
    if (rc == 0 && certificate_status_is(row, now, "FAILED"))
        rc = member_put_text(out, "FailureReason", row->failure_reason);
    if (rc == 0)
        rc = member_put_text(out, "RevocationReason", row->revocation_reason);
    if (rc == 0)
        rc = member_put_text(out, "Type", row->type);
    if (rc == 0)
        rc = member_put_text(out, "CertificateAuthorityArn", row->authority_arn);
    if (rc == 0)
        rc = member_put_text(out, "RenewalEligibility", certificate_renewal(row, now));
    if (rc == 0)
        rc = member_put_json(out, "Options", row->options);
    if (rc == 0)
        rc = member_put_text(out, "CertificateKeyPairOrigin", certificate_origin(row));
    return rc;
}

/* ["DIGITAL_SIGNATURE"] -> [{"Name": "DIGITAL_SIGNATURE"}] */
static int key_usages_put(const struct certificate_row *row, json_t *out)
{
    json_t *names = json_loads(row->key_usages == NULL ? "[]" : row->key_usages, 0, NULL);
    json_t *list = json_array();
    int rc = names == NULL ? CH_EINTEGRITY : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(names); i++)
        if (json_array_append_new(list, json_pack("{s:O}", "Name", json_array_get(names, i))) != 0)
            rc = CH_ENOMEM;
    if (rc == 0)
        rc = member_put_new(out, "KeyUsages", json_incref(list));
    json_decref(list);
    json_decref(names);
    return rc;
}

static int key_put(const struct certificate_row *row, json_t *out)
{
    char key_name[32];
    const char *extended = row->extended_key_usages;
    int rc = certificate_key_name(row, key_name);
    if (rc == 0)
        rc = member_put_text(out, "KeyAlgorithm", key_name);
    if (rc == 0)
        rc = member_put_text(out, "SignatureAlgorithm", row->signature_algorithm);
    if (rc == 0)
        rc = key_usages_put(row, out);
    if (rc == 0)
        rc = member_put_json(out, "ExtendedKeyUsages", extended == NULL ? "[]" : extended);
    return rc;
}

static int user_visit(void *context, const char *resource, int64_t created_at)
{
    (void)created_at;
    return json_array_append_new(context, json_string(resource)) == 0 ? 0 : CH_ENOMEM;
}

struct users {
    const struct certificate_row *row;
    json_t *list;
};

static int users_unit(struct store_tx *tx, void *context)
{
    const struct users *u = context;
    return store_association_list(tx, &u->row->scope, u->row->id, "", ASSOCIATIONS_MAX, user_visit,
                                  u->list);
}

static int users_put(struct request *r, const struct certificate_row *row, json_t *out)
{
    struct users u = {.row = row, .list = json_array()};
    int rc = row->in_use == 0 ? 0 : request_read(r, users_unit, &u);
    if (rc == 0)
        rc = member_put_new(out, "InUseBy", json_incref(u.list));
    json_decref(u.list);
    return rc;
}

/* ---- public ones: how their names are validated ---- */

struct validations {
    const struct certificate_row *row;
    struct validation_list list;
};

static int validations_unit(struct store_tx *tx, void *context)
{
    struct validations *v = context;
    return validation_list_read(tx, &v->row->scope, v->row->id, &v->list);
}

static int validations_put(struct request *r, const struct certificate_row *row, json_t *out)
{
    struct validations v = {.row = row};
    json_t *list = json_array();
    if (strcmp(row->type, "AMAZON_ISSUED") != 0) {
        json_decref(list);
        return 0;
    }
    int rc = request_read(r, validations_unit, &v);
    for (size_t i = 0; rc == 0 && i < v.list.count; i++)
        if (json_array_append_new(list, validation_describe(&v.list.rows[i])) != 0)
            rc = CH_ENOMEM;
    if (rc == 0 && v.list.count > 0)
        rc = member_put_new(out, "DomainValidationOptions", json_incref(list));
    json_decref(list);
    validation_list_free(&v.list);
    return rc;
}

/* Absent until a renewal has begun. Public ones tell how far their names are, too. */
static int renewal_put(const struct certificate_row *row, json_t *validations, json_t *out)
{
    json_t *summary = json_object();
    int rc = 0;
    if (row->renewal_status != NULL) {
        rc = member_put_text(summary, "RenewalStatus", row->renewal_status);
        if (rc == 0)
            rc = member_put_text(summary, "RenewalStatusReason", row->renewal_reason);
        if (rc == 0)
            rc = member_put_time(summary, "UpdatedAt", row->renewal_updated_at);
        if (rc == 0 && validations != NULL)
            rc = member_put_new(summary, "DomainValidationOptions", json_incref(validations));
        if (rc == 0)
            rc = member_put_new(out, "RenewalSummary", json_incref(summary));
    }
    json_decref(summary);
    return rc;
}

int acm_describe_certificate(struct request *r)
{
    struct certificate_row row = {0};
    json_t *out = json_object();
    int rc = certificate_load(r, &row);
    if (rc == 0)
        rc = names_put(&row, out);
    if (rc == 0)
        rc = imported_names_put(&row, out);
    if (rc == 0)
        rc = validations_put(r, &row, out);
    if (rc == 0)
        rc = times_put(&row, out);
    if (rc == 0)
        rc = state_put(&row, r->now, out);
    if (rc == 0)
        rc = renewal_put(&row, json_object_get(out, "DomainValidationOptions"), out);
    if (rc == 0)
        rc = users_put(r, &row, out);
    if (rc == 0)
        rc = key_put(&row, out);
    if (rc == 0)
        rc = member_put_new(r->out, "Certificate", json_incref(out));
    json_decref(out);
    certificate_row_free(&row);
    return rc;
}
