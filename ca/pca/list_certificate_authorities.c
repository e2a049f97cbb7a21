/*
 * ListCertificateAuthorities: oldest first, keyset pages. Authorities are not shared between
 * accounts here, so OTHER_ACCOUNTS has none.
 */
#include "ca/pca/describe.h"
#include "ca/pca/pca.h"

#include "ca/members.h"
#include "ca/page_token.h"

#include <string.h>

#define PAGE_DEFAULT 100

struct list {
    struct request *r;
    struct page_key from, last;
    uint32_t limit;
    json_t *items;
    bool more;
};

static int visit(void *context, const struct authority_row *row)
{
    struct list *l = context;
    if (json_array_size(l->items) == l->limit) {
        l->more = true;
        return 0;
    }
    json_t *object = json_object();
    int rc = authority_describe(row, l->r->now, object);
    if (rc == 0 && json_array_append(l->items, object) != 0)
        rc = CH_ENOMEM;
    json_decref(object);
    l->last.created = row->created_at;
    memcpy(l->last.id, row->id, sizeof l->last.id);
    return rc;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct list *l = context;
    return store_authority_list(tx, &l->r->scope, l->r->now, l->from.created, l->from.id,
                                l->limit + 1, visit, l);
}

int pca_list_certificate_authorities(struct request *r)
{
    struct list l = {.r = r, .limit = PAGE_DEFAULT};
    const char *owner = member_text(r->in, "ResourceOwner");
    const json_t *limit = json_object_get(r->in, "MaxResults");
    if (limit != NULL)
        l.limit = (uint32_t)json_integer_value(limit);
    int rc = page_token_read(r, &l.from);
    if (rc == CH_EINVAL)
        return api_fail(&r->error, "InvalidNextTokenException",
                        "The NextToken is not one that this list has given.");
    l.items = json_array();
    if (rc == 0 && (owner == NULL || strcmp(owner, "OTHER_ACCOUNTS") != 0))
        rc = request_read(r, list_unit, &l);
    if (rc == 0 && l.more)
        rc = page_token_put(r, &l.last);
    if (rc == 0)
        rc = member_put_new(r->out, "CertificateAuthorities", json_incref(l.items));
    json_decref(l.items);
    return rc;
}
