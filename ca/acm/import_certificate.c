/*
 * ImportCertificate: certificate, private key and chain that were made elsewhere. The key goes from
 * the request into locked memory, from there into the HSM, and is wrapped under the KEK whose keys
 * never come out: what was imported cannot be exported. Certificate, key and tags are one commit.
 * With CertificateArn the import takes the place of an earlier one, which keeps its ARN, tags and
 * uses.
 */
#include "ca/acm/acm.h"

#include "ca/acm/certificate.h"
#include "ca/acm/import.h"
#include "ca/arn.h"
#include "ca/core.h"
#include "ca/members.h"
#include "ca/quota.h"
#include "ca/tags.h"

#include <string.h>

static const json_t *tags_of(const struct import *i)
{
    return json_object_get(i->r->in, "Tags");
}

static bool is_again(const struct import *i)
{
    return i->old.type != NULL;
}

/* ---- which certificate ---- */

static int target_read(struct import *i)
{
    const char *arn = member_text(i->r->in, "CertificateArn");
    i->row.scope = i->r->scope;
    i->row.imported_at = i->r->now;
    if (arn == NULL) {
        i->row.created_at = i->r->now;
        int rc = tags_check(i->r, tags_of(i));
        return rc == 0 ? arn_uuid_new(i->row.id) : rc;
    }
    int rc = import_again_load(i, arn);
    if (rc == 0 && tags_of(i) != NULL)
        rc = import_refuse(i, "Tagging is not permitted on re-import.");
    return rc;
}

/* ---- the key ---- */

static int key_wrap(struct import *i)
{
    struct hsm_custody custody = {0};
    struct hsm_wrapped wrapped = {0};
    char arn[ARN_SIZE];
    arn_certificate(&i->row.scope, i->row.id, arn);
    int rc = core_custody(i->r->core, &i->row.scope, false, &custody);
    if (rc != 0)
        return rc;
    rc = hsm_subscriber_import(i->r->core->hsm, &custody, secret_slice(i->key.pkcs8),
                               slice_text(arn), &wrapped);
    secret_free(i->key.pkcs8);
    i->key.pkcs8 = NULL;
    if (rc == CH_EINVAL)
        rc = import_refuse(i, "The private key is not supported. Its numbers do not fit together, "
                              "or do not fit the public key (RFC 8017 3.2, RFC 5915 3).");
    if (rc == CH_EUNSUPPORTED)
        rc = api_fail(&i->r->error, "InvalidParameterException",
                      "The HSM of this appliance cannot keep imported keys.");
    if (rc == 0)
        rc = certificate_key_row(&i->row, &wrapped, &i->wrapped);
    hsm_wrapped_free(&wrapped);
    return rc;
}

/* ---- the commit ---- */

static int first_unit(struct store_tx *tx, const struct import *i, const char *arn)
{
    int rc = quota_check(i->r, tx, QUOTA_IMPORTS, 1);
    if (rc == 0)
        rc = quota_check(i->r, tx, QUOTA_IMPORTS_PER_YEAR, 1);
    if (rc == 0)
        rc = store_certificate_insert(tx, &i->row);
    if (rc == 0)
        rc = store_key_insert(tx, &i->wrapped);
    if (rc == 0)
        rc = tags_put(tx, arn, tags_of(i));
    return rc;
}

static int again_unit(struct store_tx *tx, const struct import *i)
{
    int rc = store_certificate_set_imported(tx, &i->row, i->old.imported_at);
    return rc == 0 ? store_key_replace(tx, &i->wrapped) : rc;
}

static int import_unit(struct store_tx *tx, void *context)
{
    const struct import *i = context;
    char arn[ARN_SIZE];
    arn_certificate(&i->row.scope, i->row.id, arn);
    int rc = is_again(i) ? again_unit(tx, i) : first_unit(tx, i, arn);
    return rc == 0 ? member_put_text(i->r->out, "CertificateArn", arn) : rc;
}

static int commit(struct import *i)
{
    int rc = request_commit(i->r, import_unit, i);
    if (rc == CH_ESTATE)
        return api_fail(
            &i->r->error, "ConflictException",
            "You are trying to update a certificate that is already being updated. Wait "
            "for the previous operation to finish and try again.");
    if (rc == CH_ENOTFOUND)
        return arn_certificate_missing(i->r, member_text(i->r->in, "CertificateArn"));
    return rc == CH_ELIMIT ? tags_too_many(i->r, tags_of(i)) : rc;
}

/* The HSM may still hold the key that was replaced. */
static void forget(const struct import *i)
{
    struct hsm_wrapped wrapped;
    if (is_again(i) && certificate_key_view(&i->old_wrapped, &wrapped) == 0)
        hsm_subscriber_forget(i->r->core->hsm, &wrapped);
}

static int import_run(struct import *i)
{
    int rc = target_read(i);
    if (rc == 0)
        rc = import_material(i);
    if (rc == 0)
        rc = import_row(i);
    if (rc == 0 && is_again(i))
        rc = import_again_check(i);
    if (rc == 0)
        rc = key_wrap(i);
    if (rc == 0)
        rc = commit(i);
    if (rc == 0)
        forget(i);
    return rc;
}

static void import_free(struct import *i)
{
    for (size_t k = 0; k < i->chain_count; k++)
        pki_certificate_free(i->chain[k]);
    pki_certificate_free(i->certificate);
    pki_private_key_free(&i->key);
    certificate_row_free(&i->row);
    key_row_free(&i->wrapped);
    certificate_row_free(&i->old);
    key_row_free(&i->old_wrapped);
}

int acm_import_certificate(struct request *r)
{
    struct import i = {.r = r};
    int rc = import_run(&i);
    import_free(&i);
    return rc;
}
