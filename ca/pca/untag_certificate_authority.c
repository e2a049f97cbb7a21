/*
 * UntagCertificateAuthority: takes tags off an authority: those with that key, and that value where
 * one is given. What is not there is no failure.
 */
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/tags.h"

static int untag_unit(struct store_tx *tx, void *context)
{
    const struct request *r = context;
    const json_t *tags = json_object_get(r->in, "Tags");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        rc = store_tag_remove(tx, member_text(r->in, "CertificateAuthorityArn"),
                              member_text(tag, "Key"), member_text(tag, "Value"));
    }
    return rc;
}

int pca_untag_certificate_authority(struct request *r)
{
    struct authority_row row = {0};
    int rc = authority_load(r, member_text(r->in, "CertificateAuthorityArn"), &row);
    if (rc == 0)
        rc = authority_check_not_deleted(r, &row);
    if (rc == 0)
        rc = tags_check(r, json_object_get(r->in, "Tags"));
    if (rc == 0)
        rc = request_commit(r, untag_unit, r);
    authority_row_free(&row);
    return rc;
}
