/*
 * ListTags: by key, in pages. An authority has at most 50, so all are read and the page is cut
 * out of them.
 */
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/page_token.h"
#include "ca/pca/authority.h"
#include "ca/tags.h"

#include <string.h>

struct tag_list {
    struct request *r;
    struct buf after; /* key of the last tag that was answered; empty at first */
    size_t limit;
    json_t *items;
    bool more;
};

static int visit(void *context, const char *key, const char *value)
{
    struct tag_list *l = context;
    if (l->after.len > 0 && strcmp(key, buf_text(&l->after)) <= 0)
        return 0;
    l->more = json_array_size(l->items) == l->limit;
    if (l->more)
        return 0;
    json_t *tag = json_pack("{s:s, s:s}", "Key", key, "Value", value == NULL ? "" : value);
    return json_array_append_new(l->items, tag) == 0 ? 0 : CH_ENOMEM;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct tag_list *l = context;
    return store_tag_list(tx, member_text(l->r->in, "CertificateAuthorityArn"), visit, l);
}

static int place_put(struct tag_list *l)
{
    const json_t *last = json_array_get(l->items, json_array_size(l->items) - 1);
    return page_place_put(l->r, slice_text(member_text(last, "Key")));
}

static int answer(struct tag_list *l)
{
    const json_t *limit = json_object_get(l->r->in, "MaxResults");
    l->limit = limit == NULL ? TAGS_MAX : (size_t)json_integer_value(limit);
    int rc = page_place_read(l->r, &l->after);
    if (rc == CH_EINVAL)
        return api_fail(&l->r->error, "ValidationException",
                        "The NextToken is not one that this list has given.");
    if (rc == 0)
        rc = request_read(l->r, list_unit, l);
    if (rc == 0 && l->more)
        rc = place_put(l);
    return rc == 0 ? member_put_new(l->r->out, "Tags", json_incref(l->items)) : rc;
}

int pca_list_tags(struct request *r)
{
    struct authority_row row = {0};
    struct tag_list l = {.r = r, .items = json_array()};
    int rc = authority_load_shared(r, member_text(r->in, "CertificateAuthorityArn"), &row);
    if (rc == 0)
        rc = authority_check_not_deleted(r, &row);
    if (rc == 0)
        rc = answer(&l);
    json_decref(l.items);
    buf_free(&l.after);
    authority_row_free(&row);
    return rc;
}
