/*
 * TagCertificateAuthority: puts tags on an authority, at most 50 together; a key that is there gets
 * the new value.
 */
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/tags.h"

static int tag_unit(struct store_tx *tx, void *context)
{
    const struct request *r = context;
    return tags_put(tx, member_text(r->in, "CertificateAuthorityArn"),
                    json_object_get(r->in, "Tags"));
}

int pca_tag_certificate_authority(struct request *r)
{
    struct authority_row row = {0};
    const json_t *tags = json_object_get(r->in, "Tags");
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &row);
    if (rc == 0)
        rc = authority_check_not_deleted(r, &row);
    if (rc == 0)
        rc = tags_check(r, tags);
    if (rc == 0)
        rc = request_commit(r, tag_unit, r);
    authority_row_free(&row);
    return rc == CH_ELIMIT ? tags_too_many(r, tags) : rc;
}
