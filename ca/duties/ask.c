/*
 * A call that needs approval: found among the requests, or put there.
 */
#include "ca/duties/duties.h"

#include "ca/auth/principal.h"
#include "ca/core.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 1000 /* of an account at once: nobody fills the disk with requests */

struct asking {
    struct request *r;
    struct approval_row row;
    char operation[96];
    bool found;
};

const char *duties_origin(const struct request *r)
{
    const char *origin = member_text(r->principal.session, "origin");
    if (r->principal.kind != PRINCIPAL_ROLE)
        return r->principal.user_id;
    return origin == NULL ? "" : origin;
}

/* A token of idempotency changes nothing in what is done, and SDKs make a new one for each try. */
static char *parameters_canonical(json_t *in)
{
    json_t *copy = json_copy(in);
    if (copy != NULL)
        json_object_del(copy, "IdempotencyToken");
    char *text = copy == NULL ? NULL : json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(copy);
    return text;
}

static int digest_make(struct asking *a)
{
    struct request *r = a->r;
    char *parameters = parameters_canonical(r->in);
    if (parameters == NULL)
        return CH_ENOMEM;
    const char *const parts[] = {r->principal.arn, r->principal.user_id, duties_origin(r),
                                 r->scope.region,  a->operation,         parameters};
    int rc = duties_digest(r->core, parts, sizeof parts / sizeof parts[0], a->row.digest);
    free(parameters);
    return rc;
}

static int find_unit(struct store_tx *tx, void *context)
{
    struct asking *a = context;
    struct approval_row found = {0};
    int rc = store_approval_find(tx, a->r->principal.account, a->row.digest, a->r->now, &found);
    if (rc != 0)
        return rc == CH_ENOTFOUND ? 0 : rc;
    approval_row_free(&a->row);
    a->row = found;
    a->found = true;
    return 0;
}

/* ---- the answers ---- */

static int refuse_waiting(struct asking *a)
{
    char until[CLOCK_ISO_SIZE];
    clock_format_iso(a->row.expires_at / 1000000, until);
    return api_fail(&a->r->error, "AccessDeniedException",
                    "%s needs the approval of a second principal. Request %s waits for it until %s. "
                    "Once it is approved (POST /chancery/v1/approvals/%s/approve, or chancery approval "
                    "approve %s), repeat this call unchanged.",
                    a->operation, a->row.id, until, a->row.id, a->row.id);
}

static int refuse_denied(struct asking *a)
{
    const char *reason = a->row.reason;
    return api_fail(&a->r->error, "AccessDeniedException",
                    "%s needs the approval of a second principal. Request %s was denied by %s%s%s",
                    a->operation, a->row.id, a->row.decided_by,
                    reason == NULL ? "." : ": ", reason == NULL ? "" : reason);
}

static int refuse_altered(struct asking *a)
{
    return api_fail(&a->r->error, "AccessDeniedException",
                    "%s needs the approval of a second principal. Request %s is damaged and cannot be "
                    "used.",
                    a->operation, a->row.id);
}

static int note_id(struct asking *a)
{
    memcpy(a->r->approval_id, a->row.id, sizeof a->r->approval_id);
    return 0;
}

/* ---- a new request ---- */

static int row_fill(struct asking *a)
{
    struct request *r = a->r;
    struct buf text = {0};
    a->row.scope = r->scope;
    int rc = trail_parameters(r, &text);
    if (rc == 0)
        rc = buf_put(&text, "", 1);
    if (rc == 0)
        rc = member_copy((const char *)text.data, &a->row.parameters);
    if (rc == 0)
        rc = member_copy(a->operation, &a->row.operation);
    if (rc == 0)
        rc = member_copy(r->principal.arn, &a->row.requester);
    if (rc == 0)
        rc = member_copy(r->principal.user_id, &a->row.requester_id);
    if (rc == 0)
        rc = member_copy(duties_origin(r), &a->row.origin);
    buf_free(&text);
    return rc == 0 ? duties_row_new(r->core, &a->row, r->now) : rc;
}

/* The refusal is the record of the request: both are committed together. */
static int insert_unit(struct store_tx *tx, void *context)
{
    const struct asking *a = context;
    int64_t open = 0;
    int rc = store_approval_count_open(tx, a->r->principal.account, a->r->now, &open);
    if (rc == 0 && open >= OPEN_MAX)
        return CH_ELIMIT;
    return rc == 0 ? store_approval_insert(tx, &a->row) : rc;
}

static int ask(struct asking *a)
{
    struct request *r = a->r;
    int rc = row_fill(a);
    if (rc != 0)
        return rc;
    note_id(a);
    (void)refuse_waiting(a);
    rc = request_commit(r, insert_unit, a);
    if (rc == CH_ELIMIT) {
        r->error.type = NULL;
        r->approval_id[0] = '\0';
        return api_fail(&r->error, "AccessDeniedException",
                        "%s needs the approval of a second principal, and %d requests of this account "
                        "wait already.",
                        a->operation, OPEN_MAX);
    }
    if (rc != 0) {
        r->error.type = NULL;
        return rc;
    }
    schedule_wake(r->core->schedule, DUTIES_JOB);
    return CH_EAPI;
}

/* ---- using ---- */

static int use_prepare(struct asking *a)
{
    struct request *r = a->r;
    struct duties_use *use = calloc(1, sizeof *use);
    if (use == NULL)
        return CH_ENOMEM;
    memcpy(use->before, a->row.tag, sizeof use->before);
    use->row = a->row;
    a->row = (struct approval_row){0};
    r->approval = use;
    free(use->row.status);
    use->row.status = NULL;
    use->row.used_at = r->now;
    int rc = member_copy("USED", &use->row.status);
    if (rc == 0)
        rc = member_copy(r->id, &use->row.used_by);
    return rc == 0 ? duties_tag(r->core, &use->row, use->row.tag) : rc;
}

static int judge_found(struct asking *a)
{
    note_id(a);
    int rc = duties_verify(a->r->core, &a->row);
    if (rc != 0)
        return rc == CH_EINTEGRITY ? refuse_altered(a) : rc;
    if (strcmp(a->row.status, "DENIED") == 0)
        return refuse_denied(a);
    return strcmp(a->row.status, "APPROVED") == 0 ? use_prepare(a) : refuse_waiting(a);
}

int duties_check(struct request *r)
{
    struct asking a = {.r = r};
    if (!duties_apply(r->core->config, r->service->name, r->operation->name))
        return 0;
    snprintf(a.operation, sizeof a.operation, "%s:%s", r->service->name, r->operation->name);
    int rc = digest_make(&a);
    if (rc == 0)
        rc = request_read(r, find_unit, &a);
    if (rc == 0)
        rc = a.found ? judge_found(&a) : ask(&a);
    approval_row_free(&a.row);
    return rc;
}

int duties_use(struct store_tx *tx, struct request *r)
{
    const struct duties_use *use = r->approval;
    int rc = store_approval_update(tx, &use->row, use->before);
    if (rc != CH_ENOTFOUND)
        return rc;
    return api_fail(&r->error, "AccessDeniedException",
                    "%s needs the approval of a second principal. Request %s is used up: it counts once.",
                    use->row.operation, use->row.id);
}

void duties_free(struct duties_use *use)
{
    if (use != NULL)
        approval_row_free(&use->row);
    free(use);
}
