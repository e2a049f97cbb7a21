/*
 * ListAssociations: by resource, in pages. The token is the last resource seen: it gives nothing that
 * the list itself would not, so it needs no seal.
 */
#include "ca/chancery/operations.h"

#include "ca/arn.h"
#include "ca/members.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 100

struct list {
    struct request *r;
    char id[ROW_UUID_SIZE];
    uint32_t limit;
    char *after;
    json_t *items;
    bool more;
};

static int visit(void *context, const char *resource, int64_t created_at)
{
    struct list *l = context;
    if (json_array_size(l->items) == l->limit) {
        l->more = true;
        return 0;
    }
    json_t *item = json_object();
    int rc = member_put_text(item, "Resource", resource);
    if (rc == 0)
        rc = member_put_time(item, "CreatedAt", created_at);
    if (rc == 0 && json_array_append(l->items, item) != 0)
        rc = CH_ENOMEM;
    json_decref(item);
    return rc;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct list *l = context;
    struct certificate_row row = {0};
    int rc = store_certificate_get(tx, &l->r->scope, l->id, &row);
    certificate_row_free(&row);
    if (rc == 0)
        rc = store_association_list(tx, &l->r->scope, l->id, l->after == NULL ? "" : l->after,
                                    l->limit + 1, visit, l);
    return rc;
}

static int token_read(struct list *l)
{
    struct buf token = {0};
    int rc = contract_blob(l->r->in, "NextToken", &token);
    if (rc == 0 && memchr(token.data, '\0', token.len) != NULL)
        rc = api_fail(&l->r->error, "ValidationException",
                      "The NextToken is not one that this list has given.");
    if (rc == 0) {
        l->after = slice_dup(buf_slice(&token));
        rc = l->after == NULL ? CH_ENOMEM : 0;
    }
    buf_free(&token);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int token_put(struct list *l)
{
    const char *last = member_text(json_array_get(l->items, l->limit - 1), "Resource");
    size_t len = strlen(last);
    char *token = malloc(4 * ((len + 2) / 3) + 1);
    if (token == NULL)
        return CH_ENOMEM;
    EVP_EncodeBlock((unsigned char *)token, (const unsigned char *)last, (int)len);
    int rc = member_put_text(l->r->out, "NextToken", token);
    free(token);
    return rc;
}

int chancery_list_associations(struct request *r)
{
    struct list l = {.r = r, .limit = PAGE_DEFAULT, .items = json_array()};
    const char *arn = member_text(r->in, "CertificateArn");
    const json_t *limit = json_object_get(r->in, "MaxResults");
    if (limit != NULL)
        l.limit = (uint32_t)json_integer_value(limit);
    int rc = arn_certificate_id(r, arn, l.id);
    if (rc == 0)
        rc = token_read(&l);
    if (rc == 0)
        rc = request_read(r, list_unit, &l);
    if (rc == CH_ENOTFOUND)
        rc = arn_certificate_missing(r, arn);
    if (rc == 0 && l.more)
        rc = token_put(&l);
    if (rc == 0)
        rc = member_put_new(r->out, "Associations", json_incref(l.items));
    json_decref(l.items);
    free(l.after);
    return rc;
}
