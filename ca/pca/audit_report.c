#include "ca/pca/audit_report.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/pca/revocation.h"
#include "ca/pki/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define TEMPLATE_ARN "arn:aws:acm-pca:::template/"

/* The columns, in the order of CSV. JSON leaves out what is empty. */
static const char *const columns[] = {
    "awsAccountId",   "requestedByServicePrincipal",
    "certificateArn", "serial",
    "subject",        "notBefore",
    "notAfter",       "issuedAt",
    "revokedAt",      "revocationReason",
    "templateArn",
};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

static bool is_csv(const struct audit_report_row *report)
{
    return strcmp(report->format, "CSV") == 0;
}

void audit_report_key(const struct audit_report_row *report, char key[AUDIT_REPORT_KEY_SIZE])
{
    snprintf(key, AUDIT_REPORT_KEY_SIZE, "audit-report/%s/%s.%s", report->authority, report->id,
             is_csv(report) ? "csv" : "json");
}

int audit_report_begin(const struct audit_report_row *report, struct buf *text)
{
    int rc = 0;
    if (!is_csv(report))
        return buf_put_text(text, "[");
    for (size_t i = 0; rc == 0 && i < COLUMN_COUNT; i++)
        rc = buf_printf(text, "%s%s", i == 0 ? "" : ",", columns[i]);
    return rc == 0 ? buf_put_text(text, "\n") : rc;
}

int audit_report_end(const struct audit_report_row *report, struct buf *text)
{
    return is_csv(report) ? 0 : buf_put_text(text, "]\n");
}

/* ---- one certificate ---- */

static int time_put(json_t *object, const char *column, int64_t us)
{
    char text[40];
    struct tm tm;
    time_t seconds = (time_t)(us / SECOND_US);
    if (us == 0 || gmtime_r(&seconds, &tm) == NULL)
        return 0;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+0000", &tm);
    return member_put_text(object, column, text);
}

/* Who asked, when it was not a user of Private CA, and the template; by what the intent says. */
static int origin_put(json_t *object, const char *template_name)
{
    static const struct {
        const struct pki_profile *(*profile)(void);
        const char *principal, *template_name;
    } services[] = {
        {pki_profile_acm_private, "acm.amazonaws.com", "EndEntityCertificate/V1"},
        {pki_profile_ocsp_responder, "acm-pca.amazonaws.com", "OCSPSigningCertificate/V1"},
    };
    char arn[128];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof services / sizeof services[0]; i++)
        if (template_name != NULL && strcmp(template_name, services[i].profile()->name) == 0) {
            template_name = services[i].template_name;
            rc = member_put_text(object, "requestedByServicePrincipal", services[i].principal);
        }
    snprintf(arn, sizeof arn, TEMPLATE_ARN "%s", template_name == NULL ? "" : template_name);
    return rc == 0 && template_name != NULL ? member_put_text(object, "templateArn", arn) : rc;
}

static int certificate_put(json_t *object, struct slice der)
{
    struct pki_certificate *certificate = NULL;
    struct pki_reason why;
    struct buf subject = {0};
    char serial[PKI_SERIAL_TEXT_SIZE];
    int rc = pki_certificate_parse(der, &certificate, &why);
    if (rc == 0)
        rc = pki_name_text_2253(pki_certificate_subject(certificate), &subject);
    if (rc == 0) {
        pki_certificate_serial(certificate, serial);
        rc = member_put_text(object, "serial", serial);
    }
    if (rc == 0)
        rc = member_put_text(object, "subject", subject.len == 0 ? "" : buf_text(&subject));
    buf_free(&subject);
    pki_certificate_free(certificate);
    return rc == CH_EINVAL ? CH_EINTEGRITY : rc;
}

static int times_put(json_t *object, const struct audit_report_line *line)
{
    int rc = time_put(object, "notBefore", line->not_before);
    if (rc == 0)
        rc = time_put(object, "notAfter", line->not_after);
    if (rc == 0)
        rc = time_put(object, "issuedAt", line->issued_at);
    if (rc == 0)
        rc = time_put(object, "revokedAt", line->revoked_at);
    if (rc == 0 && line->revoked_at != 0)
        rc = member_put_text(object, "revocationReason", revocation_reason_name(line->reason));
    return rc;
}

static int line_describe(const struct audit_report_row *report,
                         const struct audit_report_line *line, json_t *object)
{
    char arn[ARN_SIZE];
    arn_issued(&report->scope, report->authority, line->id, arn);
    int rc = member_put_text(object, "awsAccountId", report->scope.account);
    if (rc == 0)
        rc = member_put_text(object, "certificateArn", arn);
    if (rc == 0)
        rc = certificate_put(object, buf_slice(&line->certificate));
    if (rc == 0)
        rc = times_put(object, line);
    return rc == 0 ? origin_put(object, line->template_name) : rc;
}

/* ---- as text ---- */

/* RFC 4180: in quotes what has a comma, a quote or a line end in it. */
static int csv_cell(const char *value, struct buf *text)
{
    if (strpbrk(value, ",\"\r\n") == NULL)
        return buf_put_text(text, value);
    int rc = buf_put_text(text, "\"");
    for (const char *c = value; rc == 0 && *c != '\0'; c++) {
        rc = buf_put(text, c, 1);
        if (rc == 0 && *c == '"')
            rc = buf_put_text(text, "\"");
    }
    return rc == 0 ? buf_put_text(text, "\"") : rc;
}

static int csv_put(const json_t *object, struct buf *text)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < COLUMN_COUNT; i++) {
        const char *value = member_text(object, columns[i]);
        rc = i == 0 ? 0 : buf_put_text(text, ",");
        if (rc == 0 && value != NULL)
            rc = csv_cell(value, text);
    }
    return rc == 0 ? buf_put_text(text, "\n") : rc;
}

static int json_put(const json_t *object, bool first, struct buf *text)
{
    json_t *ordered = json_object();
    int rc = first ? 0 : buf_put_text(text, ",\n");
    for (size_t i = 0; rc == 0 && i < COLUMN_COUNT; i++)
        rc = member_put_text(ordered, columns[i], member_text(object, columns[i]));
    char *dump = rc == 0 ? json_dumps(ordered, JSON_INDENT(2)) : NULL;
    json_decref(ordered);
    if (rc == 0)
        rc = dump == NULL ? CH_ENOMEM : buf_put_text(text, dump);
    free(dump);
    return rc;
}

int audit_report_line(const struct audit_report_row *report, const struct audit_report_line *line,
                      bool first, struct buf *text)
{
    json_t *object = json_object();
    int rc = object == NULL ? CH_ENOMEM : line_describe(report, line, object);
    if (rc == 0)
        rc = is_csv(report) ? csv_put(object, text) : json_put(object, first, text);
    json_decref(object);
    return rc;
}
