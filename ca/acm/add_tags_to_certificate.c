/*
 * AddTagsToCertificate: at most 50 tags on a certificate; the same key again changes its value.
 */
#include "ca/acm/acm.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/tags.h"

struct add {
    struct request *r;
    char id[ROW_UUID_SIZE];
};

static int add_unit(struct store_tx *tx, void *context)
{
    const struct add *a = context;
    struct certificate_row row = {0};
    char arn[ARN_SIZE];
    int rc = store_certificate_get(tx, &a->r->scope, a->id, &row);
    certificate_row_free(&row);
    arn_certificate(&a->r->scope, a->id, arn);
    return rc == 0 ? tags_put(tx, arn, json_object_get(a->r->in, "Tags")) : rc;
}

int acm_add_tags_to_certificate(struct request *r)
{
    struct add a = {.r = r};
    const char *arn = member_text(r->in, "CertificateArn");
    const json_t *tags = json_object_get(r->in, "Tags");
    int rc = arn_certificate_id(r, arn, a.id);
    if (rc == 0)
        rc = tags_check(r, tags);
    if (rc == 0)
        rc = request_commit(r, add_unit, &a);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == CH_ELIMIT)
        rc = tags_too_many(r, tags);
    return rc;
}
