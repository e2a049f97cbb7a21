/*
 * DescribeCertificateAuthorityAuditReport: how far a report is, and where it is written.
 */
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/pca/audit_report.h"
#include "ca/pca/authority.h"

struct look {
    const struct request *r;
    struct authority_row row;
    struct audit_report_row report;
};

static int get_unit(struct store_tx *tx, void *context)
{
    struct look *l = context;
    return store_audit_report_get(tx, &l->row.scope, l->row.id,
                                  member_text(l->r->in, "AuditReportId"), &l->report);
}

static int answer(const struct look *l, json_t *out)
{
    char key[AUDIT_REPORT_KEY_SIZE];
    audit_report_key(&l->report, key);
    int rc = member_put_text(out, "AuditReportStatus", l->report.status);
    if (rc == 0)
        rc = member_put_text(out, "S3BucketName", l->report.bucket);
    if (rc == 0)
        rc = member_put_text(out, "S3Key", key);
    return rc == 0 ? member_put_time(out, "CreatedAt", l->report.created_at) : rc;
}

int pca_describe_certificate_authority_audit_report(struct request *r)
{
    struct look l = {.r = r};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &l.row);
    if (rc == 0)
        rc = request_read(r, get_unit, &l);
    if (rc == 0)
        rc = answer(&l, r->out);
    if (rc == CH_ENOTFOUND)
        rc = api_fail(&r->error, "ResourceNotFoundException", "The audit report %s does not exist.",
                      member_text(r->in, "AuditReportId"));
    audit_report_row_free(&l.report);
    authority_row_free(&l.row);
    return rc;
}
