/*
 * ListApprovals, GetApproval, ApproveRequest, DenyRequest: calls that wait for a second principal, seen
 * and decided by users of their account. Of another account there are none.
 */
#include "ca/chancery/operations.h"

#include "ca/arn.h"
#include "ca/duties/duties.h"
#include "ca/members.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 50
#define RESOURCE "approval/"

static int missing(struct request *r)
{
    return api_fail(&r->error, "ResourceNotFoundException", "There is no request %s.",
                    member_text(r->in, "ApprovalArn"));
}

static int id_take(struct request *r, char id[ROW_UUID_SIZE])
{
    struct arn arn;
    const char *text = member_text(r->in, "ApprovalArn");
    size_t before = sizeof RESOURCE - 1;
    if (arn_parse(text, &arn) != 0 || !slice_is(arn.service, "chancery") ||
        arn.resource.len <= before || memcmp(arn.resource.data, RESOURCE, before) != 0)
        return api_fail(&r->error, "InvalidArnException", "%s is not the ARN of a request.", text);
    if (arn.resource.len != before + ROW_UUID_SIZE - 1 ||
        !slice_is(arn.account, r->principal.account))
        return missing(r);
    memcpy(id, arn.resource.data + before, ROW_UUID_SIZE - 1);
    id[ROW_UUID_SIZE - 1] = '\0';
    return 0;
}

/* ---- one ---- */

struct one {
    struct request *r;
    char id[ROW_UUID_SIZE];
    struct approval_row row;
};

static int get_unit(struct store_tx *tx, void *context)
{
    struct one *one = context;
    int rc = store_approval_get(tx, one->id, &one->row);
    if (rc == 0 && strcmp(one->row.scope.account, one->r->principal.account) != 0)
        rc = CH_ENOTFOUND;
    return rc;
}

static int answer(struct request *r, const struct approval_row *row)
{
    json_t *members = duties_describe(row, r->now);
    int rc = members == NULL || json_object_update(r->out, members) != 0 ? CH_ENOMEM : 0;
    json_decref(members);
    return rc;
}

int chancery_get_approval(struct request *r)
{
    struct one one = {.r = r};
    int rc = id_take(r, one.id);
    if (rc == 0)
        rc = request_read(r, get_unit, &one);
    if (rc == CH_ENOTFOUND)
        rc = missing(r);
    if (rc == 0)
        rc = answer(r, &one.row);
    approval_row_free(&one.row);
    return rc;
}

/* ---- in pages; the token is the number of the last one, which gives nothing that the list would not ---- */

struct list {
    struct request *r;
    const char *status; /* NULL = all */
    uint32_t limit;
    int64_t below;
    json_t *items;
    uint32_t seen;
    int64_t last;
};

static int visit(void *context, const struct approval_row *row)
{
    struct list *l = context;
    l->seen++;
    l->last = row->number;
    if (l->status != NULL && strcmp(duties_status(row, l->r->now), l->status) != 0)
        return 0;
    json_t *item = duties_describe(row, l->r->now);
    /* A list tells who wants what; what exactly is told by GetApproval. */
    if (item == NULL || json_object_del(item, "Parameters") != 0)
        return CH_ENOMEM;
    return json_array_append_new(l->items, item) == 0 ? 0 : CH_ENOMEM;
}

static int list_unit(struct store_tx *tx, void *context)
{
    struct list *l = context;
    return store_approval_list(tx, l->r->principal.account, l->below, l->limit, visit, l);
}

static int token_read(struct list *l)
{
    struct buf token = {0};
    char *end = NULL;
    int rc = contract_blob(l->r->in, "NextToken", &token);
    if (rc == CH_ENOTFOUND)
        return 0;
    if (rc == 0)
        rc = buf_put(&token, "", 1);
    if (rc == 0) {
        l->below = strtoll((const char *)token.data, &end, 10);
        if (l->below <= 0 || *end != '\0')
            rc = api_fail(&l->r->error, "ValidationException",
                          "The NextToken is not one that this list has given.");
    }
    buf_free(&token);
    return rc;
}

static int token_put(const struct list *l)
{
    char plain[24], token[40];
    int len = snprintf(plain, sizeof plain, "%" PRId64, l->last);
    EVP_EncodeBlock((unsigned char *)token, (const unsigned char *)plain, len);
    return member_put_text(l->r->out, "NextToken", token);
}

int chancery_list_approvals(struct request *r)
{
    struct list l = {.r = r, .limit = PAGE_DEFAULT, .below = INT64_MAX, .items = json_array(),
                     .status = member_text(r->in, "Status")};
    const json_t *limit = json_object_get(r->in, "MaxResults");
    if (limit != NULL)
        l.limit = (uint32_t)json_integer_value(limit);
    int rc = l.items == NULL ? CH_ENOMEM : token_read(&l);
    if (rc == 0)
        rc = request_read(r, list_unit, &l);
    if (rc == 0 && l.seen == l.limit)
        rc = token_put(&l);
    if (rc == 0)
        rc = member_put_new(r->out, "Approvals", json_incref(l.items));
    json_decref(l.items);
    return rc;
}

/* ---- deciding ---- */

static int refuse(struct request *r, enum duties_verdict verdict, const struct approval_row *row)
{
    if (verdict == DUTIES_MISSING)
        return missing(r);
    if (verdict == DUTIES_SAME)
        return api_fail(&r->error, "AccessDeniedException",
                        "User: %s is not authorized to approve request %s: who asked for it cannot "
                        "approve it, in whatever session or role.",
                        r->principal.arn, row->id);
    return api_fail(&r->error, "InvalidStateException", "Request %s is %s.", row->id,
                    duties_status(row, r->now));
}

static int decide(struct request *r, bool approve)
{
    struct duties_use use = {0};
    char id[ROW_UUID_SIZE] = "";
    enum duties_verdict verdict = DUTIES_MISSING;
    int rc = id_take(r, id);
    const struct duties_decision d = {.id = id, .account = r->principal.account,
                                      .by = r->principal.arn, .by_id = r->principal.user_id,
                                      .by_origin = duties_origin(r), .approve = approve,
                                      .reason = member_text(r->in, "Reason"), .now = r->now};
    if (rc == 0)
        rc = duties_decide(r->core, &d, &use, &verdict);
    if (rc == CH_EINTEGRITY)
        rc = api_fail(&r->error, "InvalidStateException",
                      "Request %s was altered in the database and cannot be decided.", id);
    else if (rc == 0 && verdict != DUTIES_DONE)
        rc = refuse(r, verdict, &use.row);
    if (rc == 0)
        rc = answer(r, &use.row);
    if (rc == 0)
        rc = request_commit(r, duties_decide_unit, &use);
    if (rc == CH_ENOTFOUND)
        rc = api_fail(&r->error, "InvalidStateException", "Request %s was decided meanwhile.", id);
    approval_row_free(&use.row);
    return rc;
}

int chancery_approve_request(struct request *r)
{
    return decide(r, true);
}

int chancery_deny_request(struct request *r)
{
    return decide(r, false);
}
