#include "ca/acm/private.h"

#include "ca/acm/certificate.h"
#include "ca/acm/usage.h"
#include "ca/arn.h"
#include "ca/jobs/key_maker.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/validity.h"
#include "ca/quota.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define COMMON_NAME_OID "2.5.4.3"
#define NAMES_MAX 100
#define ACM_PRINCIPAL "acm.amazonaws.com"

void private_work_free(struct private_work *w)
{
    issued_row_free(&w->intent);
    buf_free(&w->names);
    buf_free(&w->subject);
    key_row_free(&w->key);
    authority_row_free(&w->authority);
    certificate_row_free(&w->row);
}

/* ---- may it be issued ---- */

struct load {
    struct private_work *w;
    const struct scope *scope;
    struct scope owner; /* of the authority */
    char id[ROW_UUID_SIZE];
};

static int authority_unit(struct store_tx *tx, void *context)
{
    struct load *l = context;
    return store_authority_get(tx, &l->owner, l->id, &l->w->authority);
}

/* One that can no longer be restored is not there, as for the callers of Private CA. */
static int authority_read(struct private_work *w, int64_t now)
{
    struct load l = {.w = w, .scope = &w->row.scope};
    int rc = arn_authority_of_any(&w->row.scope, w->row.authority_arn, &l.owner, l.id);
    if (rc == 0)
        rc = store_read(w->core->store, authority_unit, &l);
    return rc == 0 && authority_is_gone(&w->authority, now) ? CH_ENOTFOUND : rc;
}

static int quota_unit(struct store_tx *tx, void *context)
{
    const struct private_work *w = context;
    return quota_issued(w->core, tx, &w->authority.scope, w->authority.id);
}

/* Asked before the intent is written: those that ask at the same moment may go over by their number. */
static int check_quota(struct private_work *w, const char **reason)
{
    int rc = store_read(w->core->store, quota_unit, w);
    if (rc == CH_ELIMIT)
        *reason = "PCA_LIMIT_EXCEEDED";
    return rc == CH_ELIMIT ? 0 : rc;
}

static int names_build(struct private_work *w)
{
    const char *dns[NAMES_MAX];
    json_t *names = json_loads(w->row.names, 0, NULL);
    size_t count = json_array_size(names);
    int rc = names == NULL || count > NAMES_MAX ? CH_EINTEGRITY : 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        dns[i] = json_string_value(json_array_get(names, i));
    if (rc == 0)
        rc = pki_alt_names_build(dns, count, &w->names);
    json_decref(names);
    return rc;
}

int private_order_names(struct private_work *w)
{
    struct pki_attribute common_name = {COMMON_NAME_OID, w->row.domain};
    int rc = pki_name_build(&common_name, 1, &w->subject);
    if (rc == 0)
        rc = names_build(w);
    w->order.authority = &w->authority;
    w->order.subject = buf_slice(&w->subject);
    w->order.subject_alt_name = buf_slice(&w->names);
    return rc;
}

static int order_make(struct private_work *w, int64_t now)
{
    int rc = private_order_names(w);
    w->order.profile = pki_profile_acm_private();
    w->order.sig_alg = sig_alg_default(authority_key_alg(&w->authority));
    w->order.not_before = now / SECOND_US - VALIDITY_BACKDATE;
    w->order.not_after = now / SECOND_US + PRIVATE_VALIDITY_SECONDS;
    return rc;
}

static int text_replace(char **text, struct buf *with)
{
    free(*text);
    return member_copy(buf_text(with), text);
}

/* What Describe answers already before the certificate is there. */
static int row_describe(struct private_work *w)
{
    const struct authority_issuer *issuer = NULL;
    struct authority_cache *cache = key_maker_authorities(w->core->key_maker);
    struct buf subject = {0};
    struct buf issuer_text = {0};
    int rc = authority_issuer_acquire(cache, &w->authority, &issuer);
    if (rc == 0)
        rc = pki_name_text(buf_slice(&w->subject), &subject);
    if (rc == 0)
        rc = pki_name_issuer_text(pki_certificate_subject(issuer->certificate), &issuer_text);
    if (rc == 0)
        rc = text_replace(&w->row.subject, &subject);
    if (rc == 0)
        rc = text_replace(&w->row.issuer, &issuer_text);
    free(w->row.signature_algorithm);
    w->row.signature_algorithm = NULL;
    if (rc == 0)
        rc = member_copy(sig_alg_info(w->order.sig_alg)->name, &w->row.signature_algorithm);
    authority_issuer_release(cache, issuer);
    buf_free(&issuer_text);
    buf_free(&subject);
    return rc;
}

/* What a CA's refusal is called by ACM. */
static const char *refusal_reason(int rc)
{
    static const struct {
        int code;
        const char *reason;
    } rows[] = {
        {CH_ENOTFOUND, "PCA_RESOURCE_NOT_FOUND"},
        {CH_ESTATE, "PCA_INVALID_STATE"},
        {CH_ELIMIT, "PCA_INVALID_DURATION"},
        {CH_EINVAL, "PCA_INVALID_ARGS"},
        {CH_EDENIED, "PCA_NAME_CONSTRAINTS_VALIDATION"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == rc)
            return rows[i].reason;
    return NULL;
}

int private_prepare(struct private_work *w, int64_t now, const char **reason)
{
    struct pki_reason why = {0};
    *reason = NULL;
    int rc = authority_read(w, now);
    if (rc == 0)
        rc = order_make(w, now);
    if (rc == 0)
        rc = issue_check(w->core, &w->order, now, &why);
    if (rc == 0)
        rc = row_describe(w);
    *reason = refusal_reason(rc);
    if (rc == 0)
        rc = check_quota(w, reason);
    if (*reason != NULL)
        log_info("certificate %s: %s: %s", w->row.id, *reason, why.text);
    return *reason != NULL ? 0 : rc;
}

struct permission_query {
    const struct authority_row *authority;
    struct permission_row row;
};

static int permission_unit(struct store_tx *tx, void *context)
{
    struct permission_query *q = context;
    return store_permission_get(tx, &q->authority->scope, q->authority->id, ACM_PRINCIPAL,
                                q->authority->scope.account, &q->row);
}

bool private_is_shared(const struct private_work *w)
{
    return strcmp(w->authority.scope.account, w->row.scope.account) != 0;
}

int private_is_permitted(struct private_work *w, bool *permitted)
{
    struct permission_query q = {.authority = &w->authority};
    *permitted = false;
    if (private_is_shared(w))
        return private_sharing_allows(w, permitted);
    int rc = store_read(w->core->store, permission_unit, &q);
    if (rc == CH_ENOTFOUND)
        return 0;
    json_t *actions = rc == 0 ? json_loads(q.row.actions, 0, NULL) : NULL;
    *permitted =
        member_list_has(actions, "IssueCertificate") && member_list_has(actions, "GetCertificate");
    json_decref(actions);
    permission_row_free(&q.row);
    return rc;
}

/* ---- the key ---- */

static bool may_be_exported(const struct certificate_row *row)
{
    json_t *options = row->options == NULL ? NULL : json_loads(row->options, 0, NULL);
    bool enabled = strcmp(certificate_export_option(options), "ENABLED") == 0;
    json_decref(options);
    return enabled;
}

int private_key_make(struct private_work *w, bool wait)
{
    struct hsm_custody custody = {0};
    struct hsm_wrapped wrapped = {0};
    char arn[ARN_SIZE];
    arn_certificate(&w->row.scope, w->row.id, arn);
    int rc = core_custody(w->core, &w->row.scope, may_be_exported(&w->row), &custody);
    if (rc == 0)
        rc = hsm_subscriber_generate(w->core->hsm, &custody, w->row.key_alg, slice_text(arn), wait,
                                     &wrapped);
    if (rc == 0)
        rc = certificate_key_row(&w->row, &wrapped, &w->key);
    hsm_wrapped_free(&wrapped);
    w->order.spki = buf_slice(&w->key.spki);
    return rc;
}

int private_intend(struct private_work *w)
{
    int rc = issue_intend(w->core, &w->order, &w->intent);
    return rc == 0 ? revocation_pointers_fill(w->core->config, &w->authority, w->intent.serial,
                                              &w->pointers, &w->order.pointers)
                   : rc;
}

static int intent_unit(struct store_tx *tx, void *context)
{
    const struct private_work *w = context;
    return store_issued_insert(tx, &w->intent);
}

int private_intend_now(struct private_work *w)
{
    int rc = private_intend(w);
    return rc == 0 ? store_write(w->core->store, intent_unit, w) : rc;
}

/* ---- the certificate ---- */

/* A certificate that is renewed has all of this already. */
static void issuance_clear(struct certificate_row *row)
{
    char **const texts[] = {&row->serial, &row->issued_id, &row->key_usages,
                            &row->extended_key_usages};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
    buf_clear(&row->certificate);
}

static int usages_fill(struct private_work *w, const struct pki_certificate *certificate)
{
    json_t *names = usage_names(pki_certificate_key_usage(certificate));
    json_t *extended = usage_extended(certificate);
    int rc = names == NULL || extended == NULL ? CH_ENOMEM : 0;
    if (rc == 0)
        rc = member_dump(names, &w->row.key_usages);
    if (rc == 0)
        rc = member_dump(extended, &w->row.extended_key_usages);
    json_decref(extended);
    json_decref(names);
    return rc;
}

static int chain_fill(struct private_work *w)
{
    struct buf chain = {0};
    int rc = authority_chain_put(&w->authority, &chain);
    if (rc == 0)
        rc = buf_put_text(&chain, "\n");
    if (rc == 0)
        rc = text_replace(&w->row.chain, &chain);
    buf_free(&chain);
    return rc;
}

int private_row_issue(struct private_work *w)
{
    struct pki_certificate *certificate = NULL;
    struct pki_reason why;
    char serial[PKI_SERIAL_TEXT_SIZE];
    int rc = pki_certificate_parse(buf_slice(&w->intent.certificate), &certificate, &why);
    if (rc != 0)
        return rc;
    issuance_clear(&w->row);
    pki_certificate_serial(certificate, serial);
    w->row.not_before = pki_certificate_not_before(certificate) * SECOND_US;
    w->row.not_after = pki_certificate_not_after(certificate) * SECOND_US;
    w->row.issued_at = w->intent.issued_at;
    rc = member_copy(serial, &w->row.serial);
    if (rc == 0)
        rc = member_copy(w->intent.id, &w->row.issued_id);
    if (rc == 0)
        rc = buf_put_slice(&w->row.certificate, pki_certificate_der(certificate));
    if (rc == 0)
        rc = usages_fill(w, certificate);
    if (rc == 0)
        rc = chain_fill(w);
    pki_certificate_free(certificate);
    return rc;
}

static int event_append(struct store_tx *tx, const struct private_work *w)
{
    const struct certificate_row *row = &w->row;
    char arn[ARN_SIZE];
    arn_certificate(&row->scope, row->id, arn);
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "CertificateIssued",
                .source = "acm.amazonaws.com",
                .account = row->scope.account,
                .region = row->scope.region,
                .owner = w->authority.scope.account,
                .at = row->issued_at,
                .details = json_pack("{s:s, s:s*, s:s}", "certificateArn", arn,
                                     "certificateAuthorityArn", row->authority_arn,
                                     "serialNumber", row->serial),
            });
}

static int finish_unit(struct store_tx *tx, void *context)
{
    struct private_work *w = context;
    int rc = store_issued_complete(tx, &w->intent);
    if (rc == 0)
        rc = store_key_insert(tx, &w->key);
    if (rc == 0)
        rc = store_certificate_set_issued(tx, &w->row);
    return rc == 0 ? event_append(tx, w) : rc;
}

struct failure {
    const struct certificate_row *row;
    const char *reason;
};

static int failed_unit(struct store_tx *tx, void *context)
{
    const struct failure *f = context;
    const struct scope *scope = &f->row->scope;
    char arn[ARN_SIZE];
    int rc = store_certificate_set_failed(tx, scope, f->row->id, f->reason);
    arn_certificate(scope, f->row->id, arn);
    return rc != 0 ? rc
                   : trail_append_event(
                         tx, &(struct trail_event){
                                 .name = "CertificateFailed",
                                 .source = "acm.amazonaws.com",
                                 .account = scope->account,
                                 .region = scope->region,
                                 .at = clock_now_us(),
                                 .details = json_pack("{s:s, s:s}", "certificateArn", arn,
                                                      "failureReason", f->reason)});
}

static int set_failed(struct private_work *w, const char *reason)
{
    struct failure f = {.row = &w->row, .reason = reason};
    return store_write(w->core->store, failed_unit, &f);
}

int private_sign(struct private_work *w, const char **reason)
{
    struct pki_reason why = {0};
    int rc = issue_sign(w->core, &w->order, &w->intent, &why);
    *reason = refusal_reason(rc);
    if (*reason != NULL)
        log_warn("certificate %s: %s: %s", w->row.id, *reason, why.text);
    if (rc == 0)
        rc = private_row_issue(w);
    if (rc != 0)
        issue_abandon(w->core, &w->intent);
    return rc;
}

int private_finish(struct private_work *w)
{
    const char *reason = NULL;
    int rc = private_sign(w, &reason);
    if (reason != NULL)
        return set_failed(w, reason);
    if (rc != 0)
        return rc;
    rc = store_write(w->core->store, finish_unit, w);
    if (rc != 0)
        issue_abandon(w->core, &w->intent);
    return rc;
}

/* ---- what waited ---- */

static int row_unit(struct store_tx *tx, void *context)
{
    struct load *l = context;
    return store_certificate_get(tx, l->scope, l->id, &l->w->row);
}

static int make_waiting(struct private_work *w)
{
    const char *reason = NULL;
    int rc = private_prepare(w, clock_now_us(), &reason);
    if (rc != 0)
        return rc;
    if (reason != NULL)
        return set_failed(w, reason);
    rc = private_key_make(w, true);
    if (rc == CH_EUNSUPPORTED)
        return set_failed(w, "OTHER");
    if (rc == 0)
        rc = private_intend_now(w);
    return rc == 0 ? private_finish(w) : rc;
}

int private_make(struct core *core, const struct scope *scope, const char *id)
{
    struct private_work w = {.core = core};
    struct load l = {.w = &w, .scope = scope};
    memcpy(l.id, id, sizeof l.id);
    int rc = store_read(core->store, row_unit, &l);
    if (rc == CH_ENOTFOUND)
        return 0;
    if (rc == 0 && strcmp(w.row.status, "PENDING_VALIDATION") == 0)
        rc = make_waiting(&w);
    private_work_free(&w);
    /* Deleted or settled by somebody else meanwhile: nothing waits any more. */
    return rc == CH_ESTATE ? 0 : rc;
}
