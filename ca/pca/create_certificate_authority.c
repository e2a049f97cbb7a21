/*
 * CreateCertificateAuthority: the row is committed as CREATING together with its tags and the
 * audit record; the key maker makes the pair. A token seen in the last five minutes
 * with the same request gives the same authority.
 */
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/core.h"
#include "ca/idempotency.h"
#include "ca/jobs/key_maker.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/authority_key.h"
#include "ca/pca/csr_extensions.h"
#include "ca/pca/revocation_configuration.h"
#include "ca/pca/subject.h"
#include "ca/quota.h"
#include "ca/tags.h"

#include <string.h>

#define KEY_WAIT_MS 1000 /* an EC pair is ready within this as a rule, so scripts need not poll */

static int refuse(struct request *r, const char *text)
{
    return api_fail(&r->error, "InvalidArgsException", "%s", text);
}

static int check_algorithms(struct request *r, const json_t *configuration)
{
    const char *key_name = member_text(configuration, "KeyAlgorithm");
    const char *sig_name = member_text(configuration, "SigningAlgorithm");
    enum key_alg key = key_alg_from_name(key_name);
    enum sig_alg sig = sig_alg_from_name(sig_name);
    if (key == KEY_ALG_NONE)
        return api_fail(&r->error, "InvalidArgsException",
                        "The key algorithm %s is not supported by this appliance.", key_name);
    if (sig == SIG_ALG_NONE)
        return api_fail(&r->error, "InvalidArgsException",
                        "The signing algorithm %s is not supported by this appliance.", sig_name);
    if (!sig_alg_fits_key(sig, key))
        return api_fail(&r->error, "InvalidArgsException",
                        "The signing algorithm %s cannot be used with the key algorithm %s.",
                        sig_name, key_name);
    return 0;
}

/* The HSM's own standard is not ours to know; that of China's regions is not met. */
static int check_key_storage(struct request *r)
{
    const char *standard = member_text(r->in, "KeyStorageSecurityStandard");
    if (standard == NULL || strncmp(standard, "FIPS_", 5) == 0)
        return 0;
    return refuse(r, "A certificate authority cannot be created in this region with the specified "
                     "security standard.");
}

static int check_extensions(struct request *r, const json_t *extensions)
{
    struct buf der = {0};
    unsigned key_usage = 0;
    int rc = pca_csr_extensions_read(extensions, &key_usage, &der, &r->error);
    buf_free(&der);
    return rc;
}

static int check_subject(struct request *r, const json_t *configuration)
{
    struct buf der = {0};
    int rc = pca_subject_build(json_object_get(configuration, "Subject"), &der, &r->error);
    buf_free(&der);
    return rc;
}

static int check_input(struct request *r)
{
    const json_t *configuration = json_object_get(r->in, "CertificateAuthorityConfiguration");
    int rc = check_algorithms(r, configuration);
    if (rc == 0)
        rc = check_key_storage(r);
    if (rc == 0)
        rc = check_extensions(r, json_object_get(configuration, "CsrExtensions"));
    if (rc == 0)
        rc = check_subject(r, configuration);
    if (rc == 0)
        rc = revocation_configuration_check(r, json_object_get(r->in, "RevocationConfiguration"));
    if (rc == 0)
        rc = tags_check(r, json_object_get(r->in, "Tags"));
    return rc;
}

static const char *text_or(const json_t *in, const char *member, const char *otherwise)
{
    const char *text = member_text(in, member);
    return text == NULL ? otherwise : text;
}

static int row_texts(const struct request *r, struct authority_row *row)
{
    const json_t *in = r->in;
    int rc = member_copy("CREATING", &row->status);
    if (rc == 0)
        rc = member_copy(member_text(in, "CertificateAuthorityType"), &row->type);
    if (rc == 0)
        rc = member_copy(text_or(in, "UsageMode", "GENERAL_PURPOSE"), &row->usage_mode);
    if (rc == 0)
        rc = member_copy(text_or(in, "KeyStorageSecurityStandard", "FIPS_140_2_LEVEL_3_OR_HIGHER"),
                         &row->key_storage);
    if (rc == 0)
        rc = member_dump(json_object_get(in, "CertificateAuthorityConfiguration"),
                         &row->configuration);
    if (rc == 0)
        rc = member_dump(json_object_get(in, "RevocationConfiguration"), &row->revocation);
    if (rc == 0)
        rc = member_copy(member_text(in, "IdempotencyToken"), &row->idempotency_token);
    return rc;
}

static int row_fill(struct request *r, struct authority_row *row)
{
    row->scope = r->scope;
    row->created_at = r->now;
    row->state_changed_at = r->now;
    int rc = arn_uuid_new(row->id);
    if (rc == 0)
        rc = hsm_random(r->core->hsm, row->key_id, sizeof row->key_id);
    if (rc == 0)
        rc = idempotency_hash(r->in, &row->request_hash);
    return rc == 0 ? row_texts(r, row) : rc;
}

struct create {
    struct request *r;
    struct authority_row row;
};

static int answer(struct request *r, const char *id)
{
    char arn[ARN_SIZE];
    arn_authority(&r->scope, id, arn);
    return member_put_text(r->out, "CertificateAuthorityArn", arn);
}

/* CH_ENOTFOUND: the token is new. */
static int replay(struct store_tx *tx, struct create *c)
{
    struct authority_row found = {0};
    if (c->row.idempotency_token == NULL)
        return CH_ENOTFOUND;
    int rc = store_authority_by_token(tx, &c->row.scope, c->row.idempotency_token,
                                      c->r->now - IDEMPOTENCY_PCA_US, &found);
    if (rc == 0)
        rc = idempotency_same(&found.request_hash, &c->row.request_hash)
                 ? answer(c->r, found.id)
                 : refuse(c->r, "The idempotency token was used with another request in the last "
                                "five minutes.");
    authority_row_free(&found);
    return rc;
}

static int create_unit(struct store_tx *tx, void *context)
{
    struct create *c = context;
    char arn[ARN_SIZE];
    int rc = replay(tx, c);
    if (rc != CH_ENOTFOUND)
        return rc;
    arn_authority(&c->row.scope, c->row.id, arn);
    rc = quota_check(c->r, tx, QUOTA_AUTHORITIES, 1);
    if (rc == 0)
        rc = answer(c->r, c->row.id);
    if (rc == 0)
        rc = store_authority_insert(tx, &c->row);
    if (rc == 0)
        rc = tags_put(tx, arn, json_object_get(c->r->in, "Tags"));
    return rc;
}

int pca_create_certificate_authority(struct request *r)
{
    struct create c = {.r = r};
    int rc = check_input(r);
    if (rc == 0)
        rc = row_fill(r, &c.row);
    if (rc == 0)
        rc = request_commit(r, create_unit, &c);
    if (rc == 0 && !key_alg_info(authority_key_alg(&c.row))->rsa)
        key_maker_wait(r->core->key_maker, KEY_WAIT_MS);
    else if (rc == 0)
        key_maker_wake(r->core->key_maker);
    authority_row_free(&c.row);
    return rc;
}
