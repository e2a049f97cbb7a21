/*
 * ListPermissions: by principal and account, keyset pages.
 */
#include "ca/pca/pca.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "ca/page_token.h"
#include "ca/pca/authority.h"

#include <string.h>

#define PAGE_DEFAULT 100

struct permission_list {
    struct request *r;
    struct authority_row row;
    struct buf place; /* principal, newline, account of the last one that was answered */
    uint32_t limit;
    json_t *items;
    bool more;
};

static int describe(const struct permission_row *row, json_t *object)
{
    char arn[ARN_SIZE];
    const char *account = row->source_account;
    arn_authority(&row->scope, row->authority, arn);
    int rc = member_put_text(object, "CertificateAuthorityArn", arn);
    if (rc == 0)
        rc = member_put_time(object, "CreatedAt", row->created_at);
    if (rc == 0)
        rc = member_put_text(object, "Principal", row->principal);
    if (rc == 0 && account != NULL && account[0] != '\0')
        rc = member_put_text(object, "SourceAccount", account);
    return rc == 0 ? member_put_json(object, "Actions", row->actions) : rc;
}

static int visit(void *context, const struct permission_row *row)
{
    struct permission_list *l = context;
    l->more = json_array_size(l->items) == l->limit;
    if (l->more)
        return 0;
    json_t *object = json_object();
    int rc = describe(row, object);
    if (rc == 0 && json_array_append(l->items, object) != 0)
        rc = CH_ENOMEM;
    json_decref(object);
    return rc;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct permission_list *l = context;
    char principal[256] = "";
    const char *place = l->place.len == 0 ? "" : buf_text(&l->place);
    const char *line = strchr(place, '\n');
    if (line != NULL && (size_t)(line - place) < sizeof principal)
        memcpy(principal, place, (size_t)(line - place));
    return store_permission_list(tx, &l->row.scope, l->row.id, principal,
                                 line == NULL ? "" : line + 1, l->limit + 1, visit, l);
}

static int place_put(struct permission_list *l)
{
    const json_t *last = json_array_get(l->items, json_array_size(l->items) - 1);
    const char *account = member_text(last, "SourceAccount");
    struct buf place = {0};
    int rc = buf_printf(&place, "%s\n%s", member_text(last, "Principal"),
                        account == NULL ? "" : account);
    if (rc == 0)
        rc = page_place_put(l->r, buf_slice(&place));
    buf_free(&place);
    return rc;
}

static int answer(struct permission_list *l)
{
    const json_t *limit = json_object_get(l->r->in, "MaxResults");
    l->limit = limit == NULL ? PAGE_DEFAULT : (uint32_t)json_integer_value(limit);
    int rc = page_place_read(l->r, &l->place);
    if (rc == CH_EINVAL)
        return api_fail(&l->r->error, "InvalidNextTokenException",
                        "The NextToken is not one that this list has given.");
    if (rc == 0)
        rc = request_read(l->r, list_unit, l);
    if (rc == 0 && l->more)
        rc = place_put(l);
    return rc == 0 ? member_put_new(l->r->out, "Permissions", json_incref(l->items)) : rc;
}

int pca_list_permissions(struct request *r)
{
    struct permission_list l = {.r = r, .items = json_array()};
    int rc = authority_load_shared(r, member_text(r->in, "CertificateAuthorityArn"), &l.row);
    if (rc == 0)
        rc = authority_check_not_deleted(r, &l.row);
    if (rc == 0)
        rc = answer(&l);
    json_decref(l.items);
    buf_free(&l.place);
    authority_row_free(&l.row);
    return rc;
}
