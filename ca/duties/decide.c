#include "ca/duties/duties.h"

#include "ca/core.h"
#include "ca/members.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    const char *id;
    struct approval_row *row;
};

static int read_unit(struct store_tx *tx, void *context)
{
    const struct reading *g = context;
    return store_approval_get(tx, g->id, g->row);
}

static bool is_operator(const char *id)
{
    return strcmp(id, DUTIES_OPERATOR) == 0;
}

/*
 * The same user or role in whatever session, or a role that the same user has put on. Of whom it is not known
 * who stands behind him, it may be the same.
 */
static bool is_same(const struct approval_row *row, const struct duties_decision *d)
{
    const char *origin = row->origin == NULL ? "" : row->origin;
    if (is_operator(row->requester_id) || is_operator(d->by_id))
        return strcmp(row->requester_id, d->by_id) == 0;
    return strcmp(row->requester_id, d->by_id) == 0 || origin[0] == '\0' ||
           d->by_origin[0] == '\0' || strcmp(origin, d->by_origin) == 0;
}

static enum duties_verdict judge(const struct approval_row *row, const struct duties_decision *d)
{
    if (d->account != NULL && strcmp(row->scope.account, d->account) != 0)
        return DUTIES_MISSING;
    /* Who asked may take it back, and not more. */
    if (d->approve && is_same(row, d))
        return DUTIES_SAME;
    return strcmp(duties_status(row, d->now), "PENDING") == 0 ? DUTIES_DONE : DUTIES_LATE;
}

static int row_decide(struct core *core, const struct duties_decision *d, struct duties_use *out)
{
    struct approval_row *row = &out->row;
    memcpy(out->before, row->tag, sizeof out->before);
    free(row->status);
    row->status = NULL;
    row->decided_at = d->now;
    int rc = member_copy(d->approve ? "APPROVED" : "DENIED", &row->status);
    if (rc == 0)
        rc = member_copy(d->by, &row->decided_by);
    if (rc == 0)
        rc = member_copy(d->reason, &row->reason);
    return rc == 0 ? duties_tag(core, row, row->tag) : rc;
}

int duties_decide(struct core *core, const struct duties_decision *d, struct duties_use *out,
                  enum duties_verdict *verdict)
{
    struct reading g = {.id = d->id, .row = &out->row};
    *verdict = DUTIES_MISSING;
    int rc = store_read(core->store, read_unit, &g);
    if (rc != 0)
        return rc == CH_ENOTFOUND ? 0 : rc;
    *verdict = judge(&out->row, d);
    if (*verdict == DUTIES_MISSING)
        return 0;
    rc = duties_verify(core, &out->row);
    return rc == 0 && *verdict == DUTIES_DONE ? row_decide(core, d, out) : rc;
}

int duties_decide_unit(struct store_tx *tx, void *context)
{
    const struct duties_use *use = context;
    return store_approval_update(tx, &use->row, use->before);
}
