/*
 * RequestCertificate with CertificateAuthorityArn: private certificates. One commit writes the
 * row as PENDING_VALIDATION, the intent and the audit record; then it is signed, and a second
 * commit makes it ISSUED. When no key is ready, the key maker does the second half. A CA that
 * cannot issue it makes the certificate FAILED, not the call.
 */
#include "ca/acm/request.h"

#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "ca/auth/auth.h"
#include "ca/jobs/key_maker.h"
#include "ca/members.h"
#include "firmware/base/log.h"

#include <string.h>

/* ---- request -> row ---- */

static int options_read(struct ask *a)
{
    const json_t *in = json_object_get(a->r->in, "Options");
    const char *logging = member_text(in, "CertificateTransparencyLoggingPreference");
    json_t *options =
        json_pack("{s:s,s:s}", "CertificateTransparencyLoggingPreference",
                  logging == NULL ? "ENABLED" : logging, "Export", certificate_export_option(in));
    int rc = options == NULL ? CH_ENOMEM : member_dump(options, &a->work.row.options);
    json_decref(options);
    return rc;
}

static int authority_read(struct ask *a)
{
    const char *arn = member_text(a->r->in, "CertificateAuthorityArn");
    char id[ROW_UUID_SIZE];
    if (arn_authority_of_scope(&a->r->scope, arn, id) == CH_EINVAL)
        return api_fail(&a->r->error, "InvalidArnException",
                        "Not a valid certificate authority arn: %s", arn);
    return member_copy(arn, &a->work.row.authority_arn);
}

/* Domain validation has no meaning here: ValidationMethod and DomainValidationOptions are not
 * looked at. */
int ask_private_read(struct ask *a)
{
    int rc = authority_read(a);
    if (rc == 0)
        rc = options_read(a);
    return rc == 0 ? member_copy("PRIVATE", &a->work.row.type) : rc;
}

/* ---- may the caller use this CA ---- */

/* Why a CA elsewhere cannot be used; NULL for one of this scope, there or not. */
static const char *foreign_reason(struct ask *a)
{
    char id[ROW_UUID_SIZE];
    struct scope owner;
    const char *text = a->work.row.authority_arn;
    if (arn_authority_of_scope(&a->r->scope, text, id) == 0)
        return NULL;
    if (arn_authority_of_any(&a->r->scope, text, &owner, id) != 0)
        return "PCA_INVALID_ARN";
    /* Asked before anything is read: who may not learns nothing of what there is. */
    int rc = authorize(a->r, "acm-pca:IssueCertificate", text);
    memset(&a->r->error, 0, sizeof a->r->error);
    a->r->owner[0] = '\0'; /* its owner hears of what is issued, not of what was asked here */
    a->shared = rc == 0;
    return rc == 0 ? NULL : "PCA_ACCESS_DENIED";
}

static int check_access(struct ask *a, const char **reason)
{
    bool permitted = false;
    if (a->shared || authorize(a->r, "acm-pca:IssueCertificate", a->work.row.authority_arn) == 0)
        return 0;
    memset(&a->r->error, 0, sizeof a->r->error);
    int rc = private_is_permitted(&a->work, &permitted);
    if (rc == 0 && !permitted)
        *reason = "PCA_ACCESS_DENIED";
    return rc;
}

/* ---- key, commit, signature ---- */

static int key_make(struct ask *a)
{
    int rc = private_key_make(&a->work, false);
    if (rc == CH_EUNSUPPORTED)
        return api_fail(&a->r->error, "InvalidParameterException",
                        "The HSM of this appliance cannot keep keys of the algorithm %s.",
                        key_alg_info(a->work.row.key_alg)->name);
    return rc;
}

/* Without a ready key the row alone is committed, and the key maker goes on from it. */
static int commit_waiting(struct ask *a)
{
    a->waits = true;
    int rc = ask_commit(a);
    if (rc == 0 && !a->replayed)
        key_maker_wake(a->r->core->key_maker);
    return rc;
}

/* Claimed, so that the key maker does not take the row up while this thread is at it. */
static int commit_and_finish(struct ask *a)
{
    struct private_work *w = &a->work;
    struct key_maker *maker = a->r->core->key_maker;
    int late = 0;
    int rc = private_intend(w);
    if (rc == 0)
        rc = key_maker_claim(maker, w->row.id);
    if (rc != 0)
        return rc;
    rc = ask_commit(a);
    if (rc == 0 && !a->replayed)
        late = private_finish(w);
    key_maker_release(maker, w->row.id);
    if (late != 0) {
        /* The request stands: it is on disk. What failed now is tried again. */
        log_warn("certificate %s: left to the key maker: %s", w->row.id, ch_error_text(late));
        key_maker_wake(maker);
    }
    return rc;
}

static int ask_pending(struct ask *a)
{
    int rc = member_copy("PENDING_VALIDATION", &a->work.row.status);
    if (rc == 0)
        rc = key_make(a);
    if (rc == CH_EBUSY)
        return commit_waiting(a);
    return rc == 0 ? commit_and_finish(a) : rc;
}

int ask_private_make(struct ask *a)
{
    const char *reason = foreign_reason(a);
    if (reason != NULL)
        return ask_commit_failed(a, reason);
    int rc = private_prepare(&a->work, a->r->now, &reason);
    if (rc == 0 && reason == NULL)
        rc = check_access(a, &reason);
    if (rc != 0)
        return rc;
    return reason != NULL ? ask_commit_failed(a, reason) : ask_pending(a);
}
