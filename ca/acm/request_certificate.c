/*
 * RequestCertificate: private certificates (CertificateAuthorityArn given). One commit writes
 * the row as PENDING_VALIDATION, the intent and the audit record; then it is signed, and
 * a second commit makes it ISSUED. When no key is ready, the key maker does the
 * second half. A CA that cannot issue it makes the certificate FAILED, not the call. A token seen
 * in the last hour with the same request gives the same certificate.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/private.h"
#include "ca/arn.h"
#include "ca/auth/auth.h"
#include "ca/idempotency.h"
#include "ca/jobs/key_maker.h"
#include "ca/members.h"
#include "ca/quota.h"
#include "ca/tags.h"
#include "firmware/base/log.h"

#include <ctype.h>
#include <string.h>

#define FIRST_NAME_MAX 64 /* it becomes the common name: X.520 ub-common-name */
#define NAME_SIZE 254
#define ACM_PRINCIPAL "acm.amazonaws.com"

struct ask {
    struct request *r;
    struct private_work work;
    bool replayed;
};

/* ---- request -> row ---- */

static void lower(const char *text, char out[NAME_SIZE])
{
    size_t i = 0;
    for (; i < NAME_SIZE - 1 && text[i] != '\0'; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    out[i] = '\0';
}

static bool list_has(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
            return true;
    return false;
}

static int name_add(json_t *names, const char *text)
{
    char name[NAME_SIZE];
    lower(text, name);
    if (list_has(names, name))
        return 0;
    return json_array_append_new(names, json_string(name)) == 0 ? 0 : CH_ENOMEM;
}

/* The domain first, then the others in their order, each once. */
static int names_read(struct ask *a)
{
    const json_t *others = json_object_get(a->r->in, "SubjectAlternativeNames");
    json_t *names = json_array();
    int rc = name_add(names, member_text(a->r->in, "DomainName"));
    for (size_t i = 0; rc == 0 && i < json_array_size(others); i++)
        rc = name_add(names, json_string_value(json_array_get(others, i)));
    const char *first = json_string_value(json_array_get(names, 0));
    if (rc == 0 && strlen(first) > FIRST_NAME_MAX)
        rc = api_fail(&a->r->error, "InvalidDomainValidationOptionsException",
                      "The first domain name can be no longer than %d characters.", FIRST_NAME_MAX);
    if (rc == 0)
        rc = quota_check(a->r, NULL, QUOTA_NAMES, json_array_size(names));
    if (rc == 0)
        rc = member_copy(first, &a->work.row.domain);
    if (rc == 0)
        rc = member_dump(names, &a->work.row.names);
    json_decref(names);
    return rc;
}

static int key_read(struct ask *a)
{
    const char *name = member_text(a->r->in, "KeyAlgorithm");
    a->work.row.key_alg = name == NULL ? KEY_ALG_RSA_2048 : key_alg_from_name(name);
    if (a->work.row.key_alg == KEY_ALG_NONE || key_alg_info(a->work.row.key_alg)->import_only)
        return api_fail(&a->r->error, "InvalidParameterException",
                        "The key algorithm %s is not supported for certificate requests.", name);
    return 0;
}

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

/* Domain validation has no meaning here: ValidationMethod and DomainValidationOptions are not
 * looked at. */
static int authority_read(struct ask *a)
{
    const char *arn = member_text(a->r->in, "CertificateAuthorityArn");
    char id[ROW_UUID_SIZE];
    if (arn == NULL)
        return api_fail(&a->r->error, "InvalidParameterException",
                        "This version of the appliance issues private certificates only: "
                        "CertificateAuthorityArn must name a private certificate authority.");
    if (arn_authority_of_scope(&a->r->scope, arn, id) == CH_EINVAL)
        return api_fail(&a->r->error, "InvalidArnException",
                        "Not a valid certificate authority arn: %s", arn);
    return member_copy(arn, &a->work.row.authority_arn);
}

static int row_texts(struct ask *a)
{
    struct certificate_row *row = &a->work.row;
    row->scope = a->r->scope;
    row->created_at = a->r->now;
    int rc = arn_uuid_new(row->id);
    if (rc == 0)
        rc = member_copy("PRIVATE", &row->type);
    if (rc == 0)
        rc = member_copy(member_text(a->r->in, "ManagedBy"), &row->managed_by);
    if (rc == 0)
        rc = member_copy(member_text(a->r->in, "IdempotencyToken"), &row->idempotency_token);
    if (rc == 0)
        rc = idempotency_hash(a->r->in, &row->request_hash);
    return rc;
}

static int row_read(struct ask *a)
{
    int rc = authority_read(a);
    if (rc == 0)
        rc = names_read(a);
    if (rc == 0)
        rc = key_read(a);
    if (rc == 0)
        rc = options_read(a);
    if (rc == 0)
        rc = tags_check(a->r, json_object_get(a->r->in, "Tags"));
    if (rc == 0)
        rc = row_texts(a);
    return rc;
}

/* ---- may the caller use this CA ---- */

struct permission_query {
    const struct private_work *work;
    struct permission_row row;
};

static int permission_unit(struct store_tx *tx, void *context)
{
    struct permission_query *q = context;
    const struct authority_row *authority = &q->work->authority;
    return store_permission_get(tx, &authority->scope, authority->id, ACM_PRINCIPAL,
                                authority->scope.account, &q->row);
}

/* The CA's owner has let ACM issue from it. */
static int acm_is_permitted(struct ask *a, bool *permitted)
{
    struct permission_query q = {.work = &a->work};
    *permitted = false;
    int rc = request_read(a->r, permission_unit, &q);
    if (rc == CH_ENOTFOUND)
        return 0;
    json_t *actions = rc == 0 ? json_loads(q.row.actions, 0, NULL) : NULL;
    *permitted = list_has(actions, "IssueCertificate") && list_has(actions, "GetCertificate");
    json_decref(actions);
    permission_row_free(&q.row);
    return rc;
}

static int check_access(struct ask *a, const char **reason)
{
    bool permitted = false;
    if (authorize(a->r, "acm-pca:IssueCertificate", a->work.row.authority_arn) == 0)
        return 0;
    memset(&a->r->error, 0, sizeof a->r->error);
    int rc = acm_is_permitted(a, &permitted);
    if (rc == 0 && !permitted)
        *reason = "PCA_ACCESS_DENIED";
    return rc;
}

/* ---- the first commit ---- */

static int answer(struct ask *a, const char *id)
{
    char arn[ARN_SIZE];
    arn_certificate(&a->r->scope, id, arn);
    return member_put_text(a->r->out, "CertificateArn", arn);
}

/* Sets replayed and the answer when the token is known. */
static int replay_unit(struct store_tx *tx, void *context)
{
    struct ask *a = context;
    struct certificate_row found = {0};
    if (a->work.row.idempotency_token == NULL)
        return 0;
    int rc = store_certificate_by_token(tx, &a->r->scope, a->work.row.idempotency_token,
                                        a->r->now - IDEMPOTENCY_ACM_US, &found);
    if (rc == CH_ENOTFOUND)
        return 0;
    if (rc == 0 && !idempotency_same(&found.request_hash, &a->work.row.request_hash))
        rc = api_fail(&a->r->error, "InvalidParameterException",
                      "The idempotency token was used with another request in the last hour.");
    if (rc == 0)
        rc = answer(a, found.id);
    a->replayed = rc == 0;
    certificate_row_free(&found);
    return rc;
}

static int first_unit(struct store_tx *tx, void *context)
{
    struct ask *a = context;
    const struct private_work *w = &a->work;
    char arn[ARN_SIZE];
    int rc = replay_unit(tx, a);
    if (rc != 0 || a->replayed)
        return rc;
    arn_certificate(&w->row.scope, w->row.id, arn);
    rc = answer(a, w->row.id);
    if (rc == 0)
        rc = store_certificate_insert(tx, &w->row);
    if (rc == 0)
        rc = tags_put(tx, arn, json_object_get(a->r->in, "Tags"));
    if (rc == 0 && w->intent.state != NULL)
        rc = store_issued_insert(tx, &w->intent);
    return rc;
}

/* A refusal of the CA is final: the certificate is born FAILED. */
static int commit_failed(struct ask *a, const char *reason)
{
    int rc = member_copy("FAILED", &a->work.row.status);
    if (rc == 0)
        rc = member_copy(reason, &a->work.row.failure_reason);
    return rc == 0 ? request_commit(a->r, first_unit, a) : rc;
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
    int rc = request_commit(a->r, first_unit, a);
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
    rc = request_commit(a->r, first_unit, a);
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

static int ask_run(struct ask *a)
{
    const char *reason = NULL;
    int rc = row_read(a);
    if (rc == 0)
        rc = request_read(a->r, replay_unit, a);
    if (rc != 0 || a->replayed)
        return rc;
    rc = private_prepare(&a->work, a->r->now, &reason);
    if (rc == 0 && reason == NULL)
        rc = check_access(a, &reason);
    if (rc != 0)
        return rc;
    return reason != NULL ? commit_failed(a, reason) : ask_pending(a);
}

int acm_request_certificate(struct request *r)
{
    struct ask a = {.r = r, .work = {.core = r->core}};
    int rc = ask_run(&a);
    if (rc == CH_ELIMIT)
        rc = tags_too_many(r, json_object_get(r->in, "Tags"));
    private_work_free(&a.work);
    return rc;
}
