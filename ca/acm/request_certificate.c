/*
 * RequestCertificate: what private and public certificates share. A token seen in the last hour
 * with the same request gives the same certificate.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/request.h"
#include "ca/arn.h"
#include "ca/auth/principal.h"
#include "ca/domain/name.h"
#include "ca/idempotency.h"
#include "ca/members.h"
#include "ca/quota.h"
#include "ca/tags.h"

#include <string.h>

#define FIRST_NAME_MAX 64 /* it becomes the common name: X.520 ub-common-name */

/* What a request of each kind may be for, and who judges the rest of it. */
static const struct kind {
    unsigned key_algs; /* bits 1u << enum key_alg */
    int (*read)(struct ask *a);
    int (*make)(struct ask *a);
} public_kind = {1u << KEY_ALG_RSA_2048 | 1u << KEY_ALG_P256 | 1u << KEY_ALG_P384,
                 ask_public_read, ask_public_make},
  private_kind = {1u << KEY_ALG_RSA_2048 | 1u << KEY_ALG_RSA_3072 | 1u << KEY_ALG_RSA_4096 |
                      1u << KEY_ALG_P256 | 1u << KEY_ALG_P384 | 1u << KEY_ALG_P521,
                  ask_private_read, ask_private_make};

static const struct kind *kind_of(const struct ask *a)
{
    bool private = member_text(a->r->in, "CertificateAuthorityArn") != NULL;
    return private ? &private_kind : &public_kind;
}

/* ---- request -> row ---- */

static int name_add(json_t *names, const char *text)
{
    char name[DOMAIN_SIZE];
    int rc = domain_fold(text, name);
    if (rc != 0 || member_list_has(names, name))
        return rc;
    return json_array_append_new(names, json_string(name)) == 0 ? 0 : CH_ENOMEM;
}

/* The domain first, then the others in their order, each once. */
static int names_read(struct ask *a)
{
    const json_t *others = json_object_get(a->r->in, "SubjectAlternativeNames");
    a->names = json_array();
    int rc = name_add(a->names, member_text(a->r->in, "DomainName"));
    for (size_t i = 0; rc == 0 && i < json_array_size(others); i++)
        rc = name_add(a->names, json_string_value(json_array_get(others, i)));
    const char *first = json_string_value(json_array_get(a->names, 0));
    if (rc == 0 && strlen(first) > FIRST_NAME_MAX)
        rc = api_fail(&a->r->error, "InvalidDomainValidationOptionsException",
                      "The first domain name can be no longer than %d characters.", FIRST_NAME_MAX);
    if (rc == 0)
        rc = quota_check(a->r, NULL, QUOTA_NAMES, json_array_size(a->names));
    if (rc == 0)
        rc = member_copy(first, &a->work.row.domain);
    return rc == 0 ? member_dump(a->names, &a->work.row.names) : rc;
}

static int key_read(struct ask *a)
{
    const char *name = member_text(a->r->in, "KeyAlgorithm");
    enum key_alg alg = name == NULL ? KEY_ALG_RSA_2048 : key_alg_from_name(name);
    a->work.row.key_alg = alg;
    if (alg == KEY_ALG_NONE || (kind_of(a)->key_algs & 1u << alg) == 0)
        return api_fail(&a->r->error, "InvalidParameterException",
                        "The key algorithm %s is not supported for certificate requests.", name);
    return 0;
}

static int row_texts(struct ask *a)
{
    struct certificate_row *row = &a->work.row;
    row->scope = a->r->scope;
    row->created_at = a->r->now;
    int rc = arn_uuid_new(row->id);
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
    int rc = names_read(a);
    if (rc == 0)
        rc = key_read(a);
    if (rc == 0)
        rc = kind_of(a)->read(a);
    if (rc == 0)
        rc = tags_check(a->r, json_object_get(a->r->in, "Tags"));
    return rc == 0 ? row_texts(a) : rc;
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

/* Private certificates do not count (user guide of ACM, "Quotas"). */
static int check_quotas(struct ask *a, struct store_tx *tx)
{
    if (kind_of(a) == &private_kind)
        return 0;
    int rc = quota_check(a->r, tx, QUOTA_CERTIFICATES, 1);
    return rc == 0 ? quota_check(a->r, tx, QUOTA_CERTIFICATES_PER_YEAR, 1) : rc;
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
    if (rc == 0 && a->waits)
        rc = quota_waiting(a->r, tx);
    if (rc == 0)
        rc = check_quotas(a, tx);
    if (rc == 0)
        rc = store_certificate_insert(tx, &w->row);
    if (rc == 0)
        rc = validation_list_insert(tx, &a->validations, a->r->now);
    if (rc == 0)
        rc = tags_put(tx, arn, json_object_get(a->r->in, "Tags"));
    if (rc == 0 && w->intent.state != NULL)
        rc = store_issued_insert(tx, &w->intent);
    if (rc == 0 && a->shared)
        rc = principal_service_role_ensure(tx, w->row.scope.account);
    return rc;
}

int ask_commit(struct ask *a)
{
    return request_commit(a->r, first_unit, a);
}

int ask_commit_failed(struct ask *a, const char *reason)
{
    int rc = member_copy("FAILED", &a->work.row.status);
    if (rc == 0)
        rc = member_copy(reason, &a->work.row.failure_reason);
    return rc == 0 ? ask_commit(a) : rc;
}

static int ask_run(struct ask *a)
{
    int rc = row_read(a);
    if (rc == 0)
        rc = request_read(a->r, replay_unit, a);
    if (rc != 0 || a->replayed)
        return rc;
    return kind_of(a)->make(a);
}

int acm_request_certificate(struct request *r)
{
    struct ask a = {.r = r, .work = {.core = r->core}};
    int rc = ask_run(&a);
    if (rc == CH_ELIMIT)
        rc = tags_too_many(r, json_object_get(r->in, "Tags"));
    validation_list_free(&a.validations);
    json_decref(a.names);
    private_work_free(&a.work);
    return rc;
}
