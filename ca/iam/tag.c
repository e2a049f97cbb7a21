/*
 * Tags of users, roles and policies.
 */
#include "ca/iam/iam.h"
#include "ca/iam/operations.h"
#include "ca/iam/policy.h"
#include "ca/members.h"

/* The row whose tags the call is about. */
static int find(struct request *r, struct store_tx *tx, struct iam_row *out)
{
    const char *arn = member_text(r->in, "PolicyArn");
    struct iam_policy policy;
    if (iam_kind_of(r) != IAM_POLICY)
        return iam_find(r, tx, iam_kind_of(r), out);
    int rc = iam_policy_get(tx, r->scope.account, arn, &policy);
    if (rc == CH_ENOTFOUND || (rc == 0 && policy.aws != NULL))
        return iam_missing(r, IAM_POLICY, arn);
    *out = policy.row;
    return rc;
}

static int tag_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    int rc = find(r, tx, &row);
    if (rc == 0)
        rc = iam_tags_add(r, tx, row.id);
    iam_row_free(&row);
    return rc;
}

int iam_tag(struct request *r)
{
    int rc = iam_tags_check(r, json_object_get(r->in, "Tags"));
    return rc == 0 ? iam_write(r, tag_step) : rc;
}

static int untag_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    const json_t *keys = json_object_get(r->in, "TagKeys");
    int rc = find(r, tx, &row);
    for (size_t i = 0; rc == 0 && i < json_array_size(keys); i++)
        rc = store_tag_remove(tx, row.id, json_string_value(json_array_get(keys, i)), NULL);
    iam_row_free(&row);
    return rc;
}

int iam_untag(struct request *r)
{
    return iam_write(r, untag_step);
}

static int visit(void *context, const char *key, const char *value)
{
    struct iam_page *page = context;
    if (!iam_page_takes(page, key))
        return 0;
    return iam_page_add(page, key, json_pack("{s:s, s:s}", "Key", key, "Value",
                                             value == NULL ? "" : value));
}

static int list_step(struct request *r, struct store_tx *tx)
{
    struct iam_row row = {0};
    struct iam_page page;
    int rc = find(r, tx, &row);
    if (rc != 0)
        return rc;
    rc = iam_page_open(r, &page);
    if (rc == 0)
        rc = store_tag_list(tx, row.id, visit, &page);
    iam_row_free(&row);
    return iam_page_close(&page, "Tags", rc);
}

int iam_list_tags(struct request *r)
{
    return iam_read(r, list_step);
}
