/*
 * DescribeCertificateAuthority. Serial, NotBefore and NotAfter are there once the authority
 * has a certificate, FailureReason when it has failed.
 */
#include "ca/pca/describe.h"
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/pca/authority.h"

/* What was not configured is answered as switched off. */
static int revocation_put(const struct authority_row *row, json_t *object)
{
    static const char *const members[] = {"CrlConfiguration", "OcspConfiguration"};
    json_t *revocation =
        row->revocation == NULL ? json_object() : json_loads(row->revocation, 0, NULL);
    int rc = revocation == NULL ? CH_EINTEGRITY : 0;
    for (size_t i = 0; rc == 0 && i < sizeof members / sizeof members[0]; i++)
        if (json_object_get(revocation, members[i]) == NULL)
            rc = member_put_new(revocation, members[i], json_pack("{s:b}", "Enabled", 0));
    if (rc != 0) {
        json_decref(revocation);
        return rc;
    }
    return member_put_new(object, "RevocationConfiguration", revocation);
}

static int identity_put(const struct authority_row *row, json_t *object)
{
    char arn[ARN_SIZE];
    arn_authority(&row->scope, row->id, arn);
    int rc = member_put_text(object, "Arn", arn);
    if (rc == 0)
        rc = member_put_text(object, "OwnerAccount", row->scope.account);
    if (rc == 0)
        rc = member_put_time(object, "CreatedAt", row->created_at);
    if (rc == 0)
        rc = member_put_time(object, "LastStateChangeAt", row->state_changed_at);
    if (rc == 0)
        rc = member_put_text(object, "Type", row->type);
    return rc;
}

static int certificate_put(const struct authority_row *row, json_t *object)
{
    if (row->certificate.len == 0)
        return 0;
    int rc = member_put_text(object, "Serial", row->serial);
    if (rc == 0)
        rc = member_put_time(object, "NotBefore", row->not_before);
    if (rc == 0)
        rc = member_put_time(object, "NotAfter", row->not_after);
    return rc;
}

static int state_put(const struct authority_row *row, int64_t now, json_t *object)
{
    int rc = member_put_text(object, "Status", authority_status(row, now));
    if (rc == 0 && authority_status_is(row, now, "FAILED"))
        rc = member_put_text(object, "FailureReason", row->failure_reason);
    if (rc == 0 && authority_status_is(row, now, "DELETED"))
        rc = member_put_time(object, "RestorableUntil", row->restorable_until);
    return rc;
}

int authority_describe(const struct authority_row *row, int64_t now, json_t *object)
{
    int rc = identity_put(row, object);
    if (rc == 0)
        rc = certificate_put(row, object);
    if (rc == 0)
        rc = state_put(row, now, object);
    if (rc == 0)
        rc = member_put_json(object, "CertificateAuthorityConfiguration", row->configuration);
    if (rc == 0)
        rc = revocation_put(row, object);
    if (rc == 0)
        rc = member_put_text(object, "KeyStorageSecurityStandard", row->key_storage);
    if (rc == 0)
        rc = member_put_text(object, "UsageMode", row->usage_mode);
    return rc;
}

int pca_describe_certificate_authority(struct request *r)
{
    struct authority_row row = {0};
    json_t *object = json_object();
    int rc = authority_load_shared(r, member_text(r->in, "CertificateAuthorityArn"), &row);
    if (rc == 0)
        rc = authority_describe(&row, r->now, object);
    if (rc == 0)
        rc = member_put_new(r->out, "CertificateAuthority", json_incref(object));
    json_decref(object);
    authority_row_free(&row);
    return rc;
}
