/*
 * CreateCertificateAuthorityAuditReport: notes that a report is wanted; a job writes it
 * (ca/jobs/audit_report.c). S3BucketName must be one that [reports] buckets has: a folder of the
 * appliance's own report store.
 */
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/core.h"
#include "ca/jobs/audit_report.h"
#include "ca/members.h"
#include "ca/pca/audit_report.h"
#include "ca/pca/authority.h"

#include <string.h>

#define INTERVAL_US (INT64_C(30) * 60 * 1000000) /* one report in this time */

struct creation {
    struct request *r;
    struct audit_report_row report;
};

/* Is bucket one of a comma-separated list? */
static bool is_configured(const char *list, const char *bucket)
{
    size_t len = strlen(bucket);
    while (*list != '\0') {
        size_t item = strcspn(list, ",");
        if (item == len && strncmp(list, bucket, len) == 0)
            return true;
        list += item + (list[item] == ',' ? 1 : 0);
    }
    return false;
}

static int check_bucket(struct request *r)
{
    const char *bucket = member_text(r->in, "S3BucketName");
    if (is_configured(r->core->config->reports_buckets, bucket))
        return 0;
    return api_fail(&r->error, "ValidationException",
                    "Permission error with your S3 bucket '%s'. Check that your bucket policy, "
                    "encryption settings, S3 Block Public Access settings, and global account "
                    "permissions are configured correctly. For more information, check the service "
                    "documentation.",
                    bucket);
}

static int check_state(struct request *r, const struct authority_row *row)
{
    if (strcmp(row->status, "CREATING") == 0 || strcmp(row->status, "FAILED") == 0)
        return api_fail(&r->error, "InvalidStateException",
                        "The certificate authority %s is not in the correct state to have an audit "
                        "report.",
                        member_text(r->in, "CertificateAuthorityArn"));
    return authority_check_not_deleted(r, row);
}

static int report_fill(struct request *r, const struct authority_row *row,
                       struct audit_report_row *report)
{
    report->scope = r->scope;
    report->created_at = r->now;
    memcpy(report->authority, row->id, sizeof report->authority);
    int rc = arn_uuid_new(report->id);
    if (rc == 0)
        rc = member_copy(member_text(r->in, "S3BucketName"), &report->bucket);
    if (rc == 0)
        rc = member_copy(member_text(r->in, "AuditReportResponseFormat"), &report->format);
    return rc == 0 ? member_copy("CREATING", &report->status) : rc;
}

static int answer(const struct creation *c)
{
    char key[AUDIT_REPORT_KEY_SIZE];
    audit_report_key(&c->report, key);
    int rc = member_put_text(c->r->out, "AuditReportId", c->report.id);
    return rc == 0 ? member_put_text(c->r->out, "S3Key", key) : rc;
}

static int create_unit(struct store_tx *tx, void *context)
{
    struct creation *c = context;
    struct audit_report_row latest = {0};
    int rc = store_audit_report_latest(tx, &c->report.scope, c->report.authority,
                                       c->r->now - INTERVAL_US, &latest);
    audit_report_row_free(&latest);
    if (rc == 0)
        return api_fail(
            &c->r->error, "RequestInProgressException",
            "An audit report of this certificate authority was requested in the last 30 "
            "minutes. Try again later.");
    if (rc == CH_ENOTFOUND)
        rc = store_audit_report_insert(tx, &c->report);
    return rc == 0 ? answer(c) : rc;
}

int pca_create_certificate_authority_audit_report(struct request *r)
{
    struct authority_row row = {0};
    struct creation c = {.r = r};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &row);
    if (rc == 0)
        rc = check_state(r, &row);
    if (rc == 0)
        rc = check_bucket(r);
    if (rc == 0)
        rc = report_fill(r, &row, &c.report);
    if (rc == 0)
        rc = request_commit(r, create_unit, &c);
    if (rc == 0)
        schedule_wake(r->core->schedule, AUDIT_REPORT_JOB);
    audit_report_row_free(&c.report);
    authority_row_free(&row);
    return rc;
}
