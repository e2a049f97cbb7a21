/* Tests of audit reports: asked for, written, and looked at. */
#include "tests/unit/ops_kit.h"

#include "ca/jobs/audit_report.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PCA "acm-pca"
#define ARN "CertificateAuthorityArn"
#define BUCKET "audit-bucket"
#define CREATE "CreateCertificateAuthorityAuditReport"
#define DESCRIBE "DescribeCertificateAuthorityAuditReport"
#define HEADER                                                                                     \
    "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,"   \
    "issuedAt,revokedAt,revocationReason,templateArn\n"

static int setup(void **state)
{
    char path[512];
    ops_setup(state);
    snprintf(ops.config.reports_buckets, sizeof ops.config.reports_buckets, "other," BUCKET);
    snprintf(path, sizeof path, "%s/reports", ops.state);
    return mkdir(path, 0750);
}

static char *root;

static int case_setup(void **state)
{
    (void)state;
    root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Audited");
    return 0;
}

static int case_teardown(void **state)
{
    (void)state;
    free(root);
    clock_replace(NULL);
    return 0;
}

static json_t *wanted(const char *format)
{
    return ops_ok(PCA, CREATE, "{s:s, s:s, s:s}", ARN, root, "S3BucketName", BUCKET,
                  "AuditReportResponseFormat", format);
}

static json_t *described(const json_t *made)
{
    return ops_ok(PCA, DESCRIBE, "{s:s, s:s}", ARN, root, "AuditReportId",
                  ops_text(made, "AuditReportId"));
}

/* Runs the job and gives the text of the file. */
static char *report_of(const json_t *made)
{
    char path[1024];
    struct stat st;
    assert_int_equal(audit_report_job_run(&ops.core, clock_now_us()), 0);
    json_t *looked = described(made);
    assert_string_equal(ops_text(looked, "AuditReportStatus"), "SUCCESS");
    json_decref(looked);
    snprintf(path, sizeof path, "%s/reports/" BUCKET "/%s", ops.state, ops_text(made, "S3Key"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    assert_int_equal(st.st_mode & 0777 & ~(mode_t)0640, 0);
    char *text = calloc(1, (size_t)st.st_size + 1);
    assert_int_equal(fread(text, 1, (size_t)st.st_size, file), (size_t)st.st_size);
    (void)fclose(file);
    return text;
}

static void buckets_that_are_not_configured_are_refused(void **state)
{
    (void)state;
    static const char *const buckets[] = {"nowhere", "audit", "other,audit-bucket", "audit-bucket2",
                                          "..."};
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        ops_refused("ValidationException", PCA, CREATE, "{s:s, s:s, s:s}", ARN, root,
                    "S3BucketName", buckets[i], "AuditReportResponseFormat", "JSON");
        assert_non_null(strstr(ops.text, "Permission error with your S3 bucket '"));
    }
    ops_refused("ValidationException", PCA, CREATE, "{s:s, s:s, s:s}", ARN, root, "S3BucketName",
                BUCKET, "AuditReportResponseFormat", "XML");
}

static void a_report_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    ops_refused("ResourceNotFoundException", PCA, DESCRIBE, "{s:s, s:s}", ARN, root,
                "AuditReportId", "00000000-0000-4000-8000-000000000000");
    ops_refused("ValidationException", PCA, DESCRIBE, "{s:s, s:s}", ARN, root, "AuditReportId",
                "short");
}

static void one_report_in_thirty_minutes(void **state)
{
    (void)state;
    json_decref(wanted("JSON"));
    ops_refused("RequestInProgressException", PCA, CREATE, "{s:s, s:s, s:s}", ARN, root,
                "S3BucketName", BUCKET, "AuditReportResponseFormat", "CSV");
    ops_clock_ahead(INT64_C(31) * 60 * 1000000);
    json_decref(wanted("CSV"));
    assert_int_equal(audit_report_job_run(&ops.core, clock_now_us()), 0);
    assert_int_equal(audit_report_job_run(&ops.core, clock_now_us()), 0);
}

static void json_has_an_object_for_each_certificate(void **state)
{
    (void)state;
    char *csr = ops_csr("EC", "/CN=leaf.example", NULL);
    char *leaf = ops_issue(root, "SHA256WITHECDSA", csr);
    json_t *made = wanted("JSON");
    json_t *before = described(made);
    assert_string_equal(ops_text(before, "AuditReportStatus"), "CREATING");
    assert_string_equal(ops_text(before, "S3BucketName"), BUCKET);
    assert_string_equal(ops_text(before, "S3Key"), ops_text(made, "S3Key"));
    assert_true(json_is_number(json_object_get(before, "CreatedAt")));
    char *text = report_of(made);
    json_t *report = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_is_array(report));
    assert_int_equal(json_array_size(report), 2); /* the root's own, and the leaf */
    bool found = false;
    for (size_t i = 0; i < json_array_size(report); i++) {
        const json_t *line = json_array_get(report, i);
        assert_string_equal(ops_text(line, "awsAccountId"), ops.account);
        assert_null(json_object_get(line, "revokedAt"));
        assert_null(json_object_get(line, "requestedByServicePrincipal"));
        if (strcmp(ops_text(line, "certificateArn"), leaf) != 0)
            continue;
        found = true;
        assert_string_equal(ops_text(line, "subject"), "CN=leaf.example");
        assert_string_equal(ops_text(line, "templateArn"),
                            "arn:aws:acm-pca:::template/EndEntityCertificate/V1");
        assert_int_equal(strlen(ops_text(line, "notAfter")), strlen("2019-02-26T19:39:57+0000"));
        assert_non_null(strstr(ops_text(line, "issuedAt"), "+0000"));
        assert_non_null(strchr(ops_text(line, "serial"), ':'));
    }
    assert_true(found);
    json_decref(report);
    free(text);
    json_decref(before);
    json_decref(made);
    free(leaf);
    free(csr);
}

static void csv_has_the_columns_of_aws_and_revocations(void **state)
{
    (void)state;
    char *csr = ops_csr("EC", "/CN=revoked.example", NULL);
    char *leaf = ops_issue(root, "SHA256WITHECDSA", csr);
    json_t *got = ops_get(root, leaf);
    struct pki_certificate *certificate = ops_parse(ops_text(got, "Certificate"));
    char serial[PKI_SERIAL_TEXT_SIZE], line[512];
    pki_certificate_serial(certificate, serial);
    json_decref(ops_ok(PCA, "RevokeCertificate", "{s:s, s:s, s:s}", ARN, root, "CertificateSerial",
                       serial, "RevocationReason", "CERTIFICATE_AUTHORITY_COMPROMISE"));
    json_t *made = wanted("CSV");
    char *text = report_of(made);
    assert_int_equal(strncmp(text, HEADER, strlen(HEADER)), 0);
    snprintf(line, sizeof line, "\n%s,,%s,%s,CN=revoked.example,", ops.account, leaf, serial);
    assert_non_null(strstr(text, line));
    assert_non_null(strstr(text, ",CERTIFICATE_AUTHORITY_COMPROMISE,arn:aws:acm-pca:::template/"
                                 "EndEntityCertificate/V1\n"));
    free(text);
    json_decref(made);
    pki_certificate_free(certificate);
    json_decref(got);
    free(leaf);
    free(csr);
}

static void a_subject_is_written_as_java_writes_it(void **state)
{
    (void)state;
    static const struct pki_attribute attributes[] = {
        {"2.5.4.6", "US"}, {"2.5.4.10", "Example, Inc"}, {"2.5.4.5", "7"}, {"2.5.4.3", "a+b"}};
    struct buf der = {0}, text = {0};
    assert_int_equal(pki_name_build(attributes, 4, &der), 0);
    assert_int_equal(pki_name_text_2253(buf_slice(&der), &text), 0);
    assert_string_equal(buf_text(&text), "CN=a\\+b,2.5.4.5=#130137,O=Example\\, Inc,C=US");
    buf_clear(&text);
    assert_int_equal(pki_name_text_2253(slice_text("no name"), &text), CH_EINVAL);
    buf_free(&text);
    buf_free(&der);
}

static void what_acm_requested_says_so(void **state)
{
    (void)state;
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s, s, s]}", ARN, root, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate", "GetCertificate",
                       "ListPermissions"));
    free(ops_request(root, "EC_prime256v1", "acm.example.internal"));
    ops_wait();
    json_t *made = wanted("CSV");
    char *text = report_of(made);
    char begin[64];
    snprintf(begin, sizeof begin, "\n%s,acm.amazonaws.com,", ops.account);
    assert_non_null(strstr(text, begin));
    free(text);
    json_decref(made);
}

static int cut_unit(struct store_tx *tx, void *context)
{
    const json_t *made = context;
    struct audit_report_row row = {.status = (char *)"CREATING", .length = 77};
    memcpy(row.scope.account, ops.account, sizeof row.scope.account);
    snprintf(row.scope.region, sizeof row.scope.region, OPS_REGION);
    snprintf(row.authority, sizeof row.authority, "%s", strrchr(root, '/') + 1);
    snprintf(row.id, sizeof row.id, "%s", ops_text(made, "AuditReportId"));
    uint8_t serial[20];
    memset(serial, 0xff, sizeof serial);
    assert_int_equal(buf_put(&row.after_serial, serial, sizeof serial), 0);
    int rc = store_audit_report_progress(tx, &row);
    buf_free(&row.after_serial);
    return rc;
}

/* As after a stop between the renaming of the file and the record that it is done. */
static void a_report_whose_file_is_lost_is_begun_anew(void **state)
{
    (void)state;
    json_t *made = wanted("JSON");
    assert_int_equal(store_write(ops.core.store, cut_unit, made), 0);
    char *text = report_of(made);
    json_t *report = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(report), 1);
    json_decref(report);
    free(text);
    json_decref(made);
}

static void a_report_that_cannot_be_written_has_failed(void **state)
{
    (void)state;
    char path[512];
    snprintf(ops.config.reports_buckets, sizeof ops.config.reports_buckets, "blocked");
    snprintf(path, sizeof path, "%s/reports/blocked", ops.state);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    json_t *made = ops_ok(PCA, CREATE, "{s:s, s:s, s:s}", ARN, root, "S3BucketName", "blocked",
                          "AuditReportResponseFormat", "CSV");
    assert_int_equal(audit_report_job_run(&ops.core, clock_now_us()), 0);
    json_t *looked = described(made);
    assert_string_equal(ops_text(looked, "AuditReportStatus"), "FAILED");
    int64_t due = 0;
    assert_int_equal(audit_report_job_due(&ops.core, &due), 0);
    assert_true(due == SCHEDULE_NEVER);
    json_decref(looked);
    json_decref(made);
    snprintf(ops.config.reports_buckets, sizeof ops.config.reports_buckets, "other," BUCKET);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, case_setup, case_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(buckets_that_are_not_configured_are_refused),
        TEST(a_report_that_is_not_there_is_not_found),
        TEST(one_report_in_thirty_minutes),
        TEST(json_has_an_object_for_each_certificate),
        TEST(csv_has_the_columns_of_aws_and_revocations),
        TEST(a_subject_is_written_as_java_writes_it),
        TEST(what_acm_requested_says_so),
        TEST(a_report_whose_file_is_lost_is_begun_anew),
        TEST(a_report_that_cannot_be_written_has_failed),
    };
    return cmocka_run_group_tests(tests, setup, ops_teardown);
}
