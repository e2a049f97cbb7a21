/*
 * IssueCertificate: template, ApiPassthrough, CSR and validity become an order; the order is
 * checked against the authority, its intent committed, signed, and stored with the audit record. A
 * token seen in the last five minutes with the same request gives the same certificate: the writer
 * decides that, so many callers at once get one.
 */
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/core.h"
#include "ca/idempotency.h"
#include "ca/issue.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/passthrough.h"
#include "ca/pca/revocation_configuration.h"
#include "ca/pca/validity.h"
#include "ca/pki/weak_key.h"
#include "ca/quota.h"

#include <stdio.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define TEMPLATE_PREFIX "template/"
#define TEMPLATE_DEFAULT "EndEntityCertificate/V1"
#define TEMPLATE_MAX 128
#define SUBJECT_ALT_NAME_OID "2.5.29.17"
#define EMPTY_NAME_SIZE 2 /* DER of a Name without attributes */

struct issue {
    struct request *r;
    struct authority_row authority;
    struct pki_csr *csr;
    struct pki_extras *extras; /* NULL unless the template lets something through */
    struct buf subject;        /* of ApiPassthrough; empty = that of the CSR */
    struct buf hash;
    char token[13 + 4 * 36 + 2]; /* account and token; what order.idempotency_token borrows */
    struct buf tbs;
    struct issue_order order;
    struct revocation_pointers pointers; /* what order.pointers borrows */
    struct issued_row intent;
    bool replayed;
};

#define invalid_args(i, ...) api_fail(&(i)->r->error, "InvalidArgsException", __VA_ARGS__)

/* ---- request -> order ---- */

/* arn:<partition>:acm-pca:::template/<Name>/V1 */
static int template_read(struct issue *i)
{
    const char *text = member_text(i->r->in, "TemplateArn");
    struct arn arn;
    char name[TEMPLATE_MAX] = TEMPLATE_DEFAULT;
    size_t n = strlen(TEMPLATE_PREFIX);
    if (text != NULL) {
        if (arn_parse(text, &arn) != 0 || !slice_is(arn.service, "acm-pca") ||
            arn.region.len != 0 || arn.account.len != 0 || arn.resource.len <= n ||
            arn.resource.len - n >= sizeof name ||
            memcmp(arn.resource.data, TEMPLATE_PREFIX, n) != 0)
            return api_fail(&i->r->error, "InvalidArnException", "Not a valid arn.");
        memcpy(name, arn.resource.data + n, arn.resource.len - n);
        name[arn.resource.len - n] = '\0';
    }
    i->order.profile = pki_profile_find(name);
    if (i->order.profile == NULL)
        return invalid_args(i, "The template %s is not known.", name);
    return 0;
}

static int algorithm_read(struct issue *i)
{
    const char *name = member_text(i->r->in, "SigningAlgorithm");
    i->order.sig_alg = sig_alg_from_name(name);
    if (i->order.sig_alg == SIG_ALG_NONE)
        return invalid_args(i, "The signing algorithm %s is not supported by this appliance.",
                            name);
    return 0;
}

static int dates_read(struct issue *i)
{
    int64_t now = i->r->now / SECOND_US;
    if (validity_end(json_object_get(i->r->in, "Validity"), now, &i->order.not_after) != 0)
        return invalid_args(i, "The validity is no date in the future up to the year 9999.");
    if (validity_begin(json_object_get(i->r->in, "ValidityNotBefore"), now, &i->order.not_before) !=
        0)
        return invalid_args(i, "ValidityNotBefore must be an ABSOLUTE time up to the year 9999.");
    if (i->order.not_before >= i->order.not_after)
        return invalid_args(i, "ValidityNotBefore is not before the end of the validity.");
    return 0;
}

static int csr_read(struct issue *i)
{
    struct buf input = {0};
    struct pki_reason why = {0};
    bool critical = false;
    int rc = contract_blob(i->r->in, "Csr", &input);
    if (rc == 0)
        rc = pki_csr_parse(buf_slice(&input), &i->csr, &why);
    if (rc == 0)
        rc = pki_csr_check_strength(i->csr, &why);
    buf_free(&input);
    if (rc == CH_EINVAL)
        return api_fail(&i->r->error, "MalformedCSRException", "%s", why.text);
    if (rc != 0)
        return rc;
    i->order.subject = pki_csr_subject(i->csr);
    i->order.spki = pki_csr_spki(i->csr);
    if (i->order.profile->names_from_csr)
        i->order.subject_alt_name = pki_csr_extension(i->csr, SUBJECT_ALT_NAME_OID, &critical);
    return 0;
}

/* ApiPassthrough counts with the templates that take it; with others it is not looked at. */
static const json_t *passthrough(const struct issue *i)
{
    return (i->order.profile->passthrough & PKI_FROM_API) == 0
               ? NULL
               : json_object_get(i->r->in, "ApiPassthrough");
}

/* The call comes first, so that it wins over the CSR. */
static int extras_collect(struct issue *i)
{
    int rc = 0;
    i->extras = pki_extras_new();
    if (i->extras == NULL)
        return CH_ENOMEM;
    if (passthrough(i) != NULL)
        rc = pca_passthrough_read(passthrough(i), &i->subject, i->extras, &i->r->error);
    if (rc == 0 && (i->order.profile->passthrough & PKI_FROM_CSR) != 0)
        rc = pki_extras_add_request(i->extras, i->csr);
    if (rc == CH_ELIMIT)
        return invalid_args(i, "Call and CSR together ask for too many extensions.");
    i->order.extras = i->extras;
    if (i->subject.len > 0)
        i->order.subject = buf_slice(&i->subject);
    return rc;
}

static int names_check(struct issue *i)
{
    if (i->order.subject.len > EMPTY_NAME_SIZE || i->order.subject_alt_name.len > 0 ||
        pki_extras_has(i->extras, SUBJECT_ALT_NAME_OID))
        return 0;
    return api_fail(&i->r->error, "MalformedCSRException",
                    "The CSR has neither a subject nor a subject alternative name.");
}

/*
 * A token is its caller's: one of another account is kept behind that account's number, parted by an octet that
 * no token has, so that nobody comes upon what another has asked for.
 */
static int token_read(struct issue *i)
{
    const char *token = member_text(i->r->in, "IdempotencyToken");
    if (token == NULL)
        return 0;
    if (strcmp(i->r->principal.account, i->authority.scope.account) == 0)
        snprintf(i->token, sizeof i->token, "%s", token);
    else
        snprintf(i->token, sizeof i->token, "%s\x1f%s", i->r->principal.account, token);
    i->order.idempotency_token = i->token;
    int rc = idempotency_hash(i->r->in, &i->hash);
    i->order.request_hash = buf_slice(&i->hash);
    return rc;
}

static int order_read(struct issue *i)
{
    int rc = template_read(i);
    if (rc == 0)
        rc = algorithm_read(i);
    if (rc == 0)
        rc = dates_read(i);
    if (rc == 0)
        rc = csr_read(i);
    if (rc == 0 && i->order.profile->passthrough != 0)
        rc = extras_collect(i);
    if (rc == 0)
        rc = names_check(i);
    if (rc == 0)
        rc = token_read(i);
    i->order.authority = &i->authority;
    return rc;
}

/* What issue_check and issue_sign say -> the error of the API. */
static int refusal(struct issue *i, int rc, const char *invalid_type, const struct pki_reason *why)
{
    struct api_error *error = &i->r->error;
    if (rc == CH_ESTATE)
        return api_fail(error, "InvalidStateException", "%s", why->text);
    if (rc == CH_ELIMIT || rc == CH_EDENIED)
        return api_fail(error, "ValidationException", "%s", why->text);
    if (rc == CH_EINVAL)
        return api_fail(error, invalid_type, "%s", why->text);
    return rc;
}

/* ---- order -> certificate ---- */

static int answer(struct issue *i, const char *id)
{
    char arn[ARN_SIZE];
    arn_issued(&i->authority.scope, i->authority.id, id, arn);
    return member_put_text(i->r->out, "CertificateArn", arn);
}

/* CH_ENOTFOUND: the token is new. */
static int replay(struct store_tx *tx, struct issue *i)
{
    struct issued_row found = {0};
    if (i->order.idempotency_token == NULL)
        return CH_ENOTFOUND;
    int rc = store_issued_by_token(tx, &i->authority.scope, i->authority.id, i->order.idempotency_token,
                                   i->r->now - IDEMPOTENCY_PCA_US, &found);
    if (rc == 0 && !idempotency_same(&found.request_hash, &i->hash))
        rc = invalid_args(i, "The idempotency token was used with another request in the last "
                             "five minutes.");
    else if (rc == 0 && strcmp(found.state, "FAILED") == 0)
        rc = CH_ENOTFOUND;
    else if (rc == 0)
        rc = answer(i, found.id);
    i->replayed = rc == 0;
    issued_row_free(&found);
    return rc;
}

static int intent_unit(struct store_tx *tx, void *context)
{
    struct issue *i = context;
    int rc = replay(tx, i);
    if (rc != CH_ENOTFOUND)
        return rc;
    rc = quota_issued(i->r->core, tx, &i->intent.scope, i->intent.authority);
    if (rc == CH_ELIMIT)
        return quota_fail_issued(i->r);
    return rc == 0 ? store_issued_insert(tx, &i->intent) : rc;
}

static int complete_unit(struct store_tx *tx, void *context)
{
    struct issue *i = context;
    return store_issued_complete(tx, &i->intent);
}

/* Nobody is told of a certificate that was signed and could not be stored. */
static int sign_and_store(struct issue *i)
{
    struct pki_reason why = {0};
    int rc = issue_sign(i->r->core, &i->order, &i->intent, &why);
    rc = refusal(i, rc, "InvalidArgsException", &why);
    if (rc == 0)
        rc = answer(i, i->intent.id);
    if (rc == 0)
        rc = request_commit(i->r, complete_unit, i);
    if (rc != 0)
        issue_abandon(i->r->core, &i->intent);
    return rc;
}

/* What is wrong now came with the CSR, or with ApiPassthrough where there is one. */
static int draft(struct issue *i)
{
    struct pki_reason why = {0};
    int rc = issue_draft(i->r->core, &i->order, &i->intent, &i->tbs, &why);
    i->order.draft = buf_slice(&i->tbs);
    return refusal(i, rc, passthrough(i) == NULL ? "MalformedCSRException" : "InvalidArgsException",
                   &why);
}

static int issue(struct issue *i)
{
    struct pki_reason why = {0};
    int rc = issue_check(i->r->core, &i->order, i->r->now, &why);
    rc = refusal(i, rc, "InvalidArgsException", &why);
    if (rc == 0)
        rc = issue_intend(i->r->core, &i->order, &i->intent);
    if (rc == 0)
        rc = revocation_pointers_fill(i->r->core->config, &i->authority, i->intent.serial,
                                      &i->pointers, &i->order.pointers);
    if (rc == 0)
        rc = draft(i);
    if (rc == 0)
        rc = store_write(i->r->core->store, intent_unit, i);
    if (rc != 0 || i->replayed)
        return rc;
    return sign_and_store(i);
}

int pca_issue_certificate(struct request *r)
{
    struct issue i = {.r = r};
    int rc = authority_load_shared(r, member_text(r->in, "CertificateAuthorityArn"), &i.authority);
    if (rc == 0)
        rc = order_read(&i);
    if (rc == 0)
        rc = issue(&i);
    issued_row_free(&i.intent);
    buf_free(&i.hash);
    buf_free(&i.tbs);
    buf_free(&i.subject);
    pki_extras_free(i.extras);
    pki_csr_free(i.csr);
    authority_row_free(&i.authority);
    return rc;
}
