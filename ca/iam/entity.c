#include "ca/iam/entity.h"

#include "ca/iam/policy.h"
#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

static const char *const id_prefixes[] = {
    [IAM_USER] = "AIDA", [IAM_GROUP] = "AGPA", [IAM_ROLE] = "AROA", [IAM_POLICY] = "ANPA"};

static int draft_boundary(struct request *r, struct store_tx *tx, struct iam_row *row)
{
    const char *arn = member_text(r->in, "PermissionsBoundary");
    if (arn == NULL)
        return 0;
    int rc = iam_policy_must_exist(r, tx, arn);
    return rc == 0 ? member_copy(arn, &row->boundary) : rc;
}

int iam_row_draft(struct request *r, struct store_tx *tx, enum iam_kind kind, struct iam_row *out)
{
    char id[IAM_ID_SIZE];
    const char *member = kind == IAM_POLICY ? "PolicyName" : iam_name_member(kind);
    const char *path = member_text(r->in, "Path");
    int rc = iam_id_new(r->core, id_prefixes[kind], id);
    *out = (struct iam_row){.kind = kind, .created_at = r->now, .updated_at = r->now};
    memcpy(out->account, r->scope.account, sizeof out->account);
    if (rc == 0)
        rc = member_copy(id, &out->id);
    if (rc == 0)
        rc = member_copy(member_text(r->in, member), &out->name);
    if (rc == 0)
        rc = member_copy(path == NULL ? "/" : path, &out->path);
    if (rc == 0)
        rc = member_copy(member_text(r->in, "Description"), &out->description);
    return rc == 0 ? draft_boundary(r, tx, out) : rc;
}

int iam_list_entities(struct request *r, struct store_tx *tx, enum iam_kind kind,
                      iam_row_visit visit, const char *member)
{
    struct iam_page page;
    const char *prefix = member_text(r->in, "PathPrefix");
    int rc = iam_page_open(r, &page);
    page.tx = tx;
    page.past = true; /* the store goes on from there */
    if (rc == 0)
        rc = store_iam_list(tx, r->scope.account, kind, prefix == NULL ? "" : prefix, page.after,
                            page.limit + 1, visit, &page);
    return iam_page_close(&page, member, rc);
}

static int replace(char **text, const char *new)
{
    char *copy = NULL;
    int rc = new == NULL ? 0 : member_copy(new, &copy);
    if (copy == NULL)
        return rc;
    free(*text);
    *text = copy;
    return 0;
}

int iam_rename(struct request *r, struct store_tx *tx, struct iam_row *row, const char *member)
{
    int rc = replace(&row->name, member_text(r->in, member));
    if (rc == 0)
        rc = replace(&row->path, member_text(r->in, "NewPath"));
    if (rc == 0)
        rc = store_iam_update(tx, row);
    return rc == CH_EEXISTS ? iam_exists(r, row->kind, row->name) : rc;
}

static int count_text(void *context, const char *a, const char *b)
{
    (void)a;
    (void)b;
    ++*(unsigned *)context;
    return 0;
}

int iam_delete_entity(struct request *r, struct store_tx *tx, const struct iam_row *row)
{
    unsigned attached = 0, inlined = 0;
    int rc = store_iam_attached_list(tx, row->number, count_text, &attached);
    if (rc == 0)
        rc = store_iam_inline_list(tx, row->number, count_text, &inlined);
    if (rc == 0 && attached > 0)
        return iam_conflict(r, "detach all policies");
    if (rc == 0 && inlined > 0)
        return iam_conflict(r, "delete policies");
    return rc == 0 ? store_iam_delete(tx, row) : rc;
}
