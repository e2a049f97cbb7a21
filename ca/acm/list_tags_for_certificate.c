/*
 * ListTagsForCertificate: all tags, at most 50, so there are no pages.
 */
#include "ca/acm/acm.h"

#include "ca/arn.h"
#include "ca/members.h"

struct list {
    struct request *r;
    char id[ROW_UUID_SIZE];
    json_t *tags;
};

static int visit(void *context, const char *key, const char *value)
{
    struct list *l = context;
    json_t *tag = json_pack("{s:s,s:s}", "Key", key, "Value", value == NULL ? "" : value);
    return json_array_append_new(l->tags, tag) == 0 ? 0 : CH_ENOMEM;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct list *l = context;
    struct certificate_row row = {0};
    char arn[ARN_SIZE];
    int rc = store_certificate_get(tx, &l->r->scope, l->id, &row);
    certificate_row_free(&row);
    arn_certificate(&l->r->scope, l->id, arn);
    return rc == 0 ? store_tag_list(tx, arn, visit, l) : rc;
}

int acm_list_tags_for_certificate(struct request *r)
{
    struct list l = {.r = r, .tags = json_array()};
    const char *arn = member_text(r->in, "CertificateArn");
    int rc = arn_certificate_id(r, arn, l.id);
    if (rc == 0)
        rc = request_read(r, list_unit, &l);
    if (rc == 0)
        rc = member_put_new(r->out, "Tags", json_incref(l.tags));
    json_decref(l.tags);
    return rc == CH_ENOTFOUND ? arn_certificate_missing(r, arn) : rc;
}
