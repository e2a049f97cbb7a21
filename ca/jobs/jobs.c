#include "ca/acm/issue_public.h"
#include "ca/ct/ct.h"
#include "ca/duties/duties.h"
#include "ca/jobs/audit_checkpoint.h"
#include "ca/jobs/audit_report.h"
#include "ca/jobs/destruction.h"
#include "ca/jobs/delivery.h"
#include "ca/jobs/domain_check.h"
#include "ca/jobs/domain_mail.h"
#include "ca/jobs/expiry.h"
#include "ca/jobs/kek_rotation.h"
#include "ca/jobs/names.h"
#include "ca/jobs/ocsp.h"
#include "ca/jobs/renewal.h"
#include "ca/pca/crl.h"
#include "ca/trust/trust.h"

/* ---- the kinds of due work, a row each ---- */

const struct job_kind job_kinds[] = {
    {DESTRUCTION_JOB, destruction_job_due, destruction_job_run},
    {DELIVERY_JOB, delivery_job_due, delivery_job_run},
    {DOMAIN_MAIL_JOB(1), domain_mail_job_due, domain_mail_job_run},
    {DOMAIN_MAIL_JOB(2), domain_mail_job_due, domain_mail_job_run},
    {DOMAIN_MAIL_JOB(3), domain_mail_job_due, domain_mail_job_run},
    {DOMAIN_MAIL_JOB(4), domain_mail_job_due, domain_mail_job_run},
    {DOMAIN_CHECK_JOB, domain_check_job_due, domain_check_job_run},
    {"expiry", expiry_job_due, expiry_job_run},
    {"names", names_job_due, names_job_run},
    {OCSP_JOB, ocsp_job_due, ocsp_job_run},
    {RENEWAL_JOB, renewal_job_due, renewal_job_run},
    {TRUST_JOB, trust_job_due, trust_job_run},
    {CT_JOB, ct_log_job_due, ct_log_job_run},
    {DUTIES_JOB, duties_job_due, duties_job_run},
    {PUBLIC_ISSUE_JOB(1), issue_public_job_due, issue_public_job_run},
    {PUBLIC_ISSUE_JOB(2), issue_public_job_due, issue_public_job_run},
    {PUBLIC_ISSUE_JOB(3), issue_public_job_due, issue_public_job_run},
    {PUBLIC_ISSUE_JOB(4), issue_public_job_due, issue_public_job_run},
    {PUBLIC_ISSUE_JOB(5), issue_public_job_due, issue_public_job_run},
    {PUBLIC_ISSUE_JOB(6), issue_public_job_due, issue_public_job_run},
    {PUBLIC_ISSUE_JOB(7), issue_public_job_due, issue_public_job_run},
    {PUBLIC_ISSUE_JOB(8), issue_public_job_due, issue_public_job_run},
    {KEK_ROTATION, kek_rotation_due, kek_rotation_run},
    {CRL_JOB, crl_job_due, crl_job_run},
    {AUDIT_REPORT_JOB, audit_report_job_due, audit_report_job_run},
    {AUDIT_CHECKPOINT, audit_checkpoint_due, audit_checkpoint_run},
};
const size_t job_kind_count = sizeof job_kinds / sizeof job_kinds[0];
