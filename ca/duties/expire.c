/*
 * The job: what was not decided or not used in time is EXPIRED, and the trail says so. What is long over is
 * removed; the trail keeps it.
 */
#include "ca/duties/duties.h"

#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/trail/trail.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 50
#define KEPT_US (INT64_C(90) * 86400 * 1000000)

struct expiring {
    struct core *core;
    int64_t now;
    size_t count;
    struct duties_use uses[BATCH];
};

static int due_unit(struct store_tx *tx, void *context)
{
    int64_t *at = context;
    int rc = store_approval_due_next(tx, at);
    if (rc == CH_ENOTFOUND)
        *at = SCHEDULE_NEVER;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

int duties_job_due(struct core *core, int64_t *at)
{
    return store_read(core->store, due_unit, at);
}

static int visit(void *context, const struct approval_row *row)
{
    struct expiring *e = context;
    struct duties_use *use = &e->uses[e->count];
    int rc = approval_row_copy(row, &use->row);
    if (rc == 0)
        e->count++;
    return rc;
}

static int read_unit(struct store_tx *tx, void *context)
{
    struct expiring *e = context;
    return store_approval_due_list(tx, e->now, BATCH, visit, e);
}

static int expire_one(struct store_tx *tx, const struct expiring *e, const struct duties_use *use)
{
    const struct approval_row *row = &use->row;
    int rc = store_approval_update(tx, row, use->before);
    if (rc != 0)
        return rc == CH_ENOTFOUND ? 0 : rc; /* used or decided meanwhile */
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "ApprovalExpired", .source = "chancery", .account = row->scope.account,
                .region = row->scope.region, .at = e->now,
                .details = json_pack("{s:s, s:s, s:s}", "approvalId", row->id, "operation",
                                     row->operation, "requestedBy", row->requester)});
}

static int write_unit(struct store_tx *tx, void *context)
{
    const struct expiring *e = context;
    int rc = store_approval_prune(tx, e->now - KEPT_US);
    for (size_t i = 0; rc == 0 && i < e->count; i++)
        rc = expire_one(tx, e, &e->uses[i]);
    return rc;
}

/* A row that was altered gets a tag that is right again: as one that is over. */
static int prepare(struct expiring *e, struct duties_use *use)
{
    memcpy(use->before, use->row.tag, sizeof use->before);
    free(use->row.status);
    use->row.status = NULL;
    int rc = member_copy("EXPIRED", &use->row.status);
    return rc == 0 ? duties_tag(e->core, &use->row, use->row.tag) : rc;
}

int duties_job_run(struct core *core, int64_t now)
{
    struct expiring *e = calloc(1, sizeof *e);
    if (e == NULL)
        return CH_ENOMEM;
    e->core = core;
    e->now = now;
    int rc = store_read(core->store, read_unit, e);
    for (size_t i = 0; rc == 0 && i < e->count; i++)
        rc = prepare(e, &e->uses[i]);
    if (rc == 0)
        rc = store_write(core->store, write_unit, e);
    for (size_t i = 0; i < e->count; i++)
        approval_row_free(&e->uses[i].row);
    free(e);
    return rc;
}
