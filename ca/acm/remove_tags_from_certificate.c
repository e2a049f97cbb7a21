/*
 * RemoveTagsFromCertificate: with a value, a tag goes only when it has that value.
 */
#include "ca/acm/acm.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/tags.h"

struct removal {
    struct request *r;
    char id[ROW_UUID_SIZE];
};

static int remove_unit(struct store_tx *tx, void *context)
{
    const struct removal *d = context;
    const json_t *tags = json_object_get(d->r->in, "Tags");
    struct certificate_row row = {0};
    char arn[ARN_SIZE];
    int rc = store_certificate_get(tx, &d->r->scope, d->id, &row);
    certificate_row_free(&row);
    arn_certificate(&d->r->scope, d->id, arn);
    for (size_t i = 0; rc == 0 && i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        rc = store_tag_remove(tx, arn, member_text(tag, "Key"), member_text(tag, "Value"));
    }
    return rc;
}

int acm_remove_tags_from_certificate(struct request *r)
{
    struct removal d = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, d.id);
    if (rc == 0)
        rc = tags_check(r, json_object_get(r->in, "Tags"));
    if (rc == 0)
        rc = request_commit(r, remove_unit, &d);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
