/*
 * audit_report.h - what an audit report of an authority says: a line a certificate, in JSON or CSV, with
 * the columns of AWS Private CA (user guide, "Use audit reports with your private CA").
 */
#ifndef CHANCERY_PCA_AUDIT_REPORT_H
#define CHANCERY_PCA_AUDIT_REPORT_H

#include "ca/core.h"

#define AUDIT_REPORT_KEY_SIZE 128

/* Its S3Key: audit-report/<authority>/<report>.json or .csv. */
void audit_report_key(const struct audit_report_row *report, char key[AUDIT_REPORT_KEY_SIZE]);

/* What comes before the first line, and after the last. CH_ENOMEM. */
int audit_report_begin(const struct audit_report_row *report, struct buf *text);
int audit_report_end(const struct audit_report_row *report, struct buf *text);

/* One certificate; first: none stands before it. CH_EINTEGRITY when it cannot be parsed, CH_ENOMEM. */
int audit_report_line(const struct audit_report_row *report, const struct audit_report_line *line,
                      bool first, struct buf *text);

#endif
