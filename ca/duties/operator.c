/*
 * Commands of the operator that work on the HSM: they wait for a principal of the appliance's first account.
 * What they do takes many transactions, so that the approval is used up before they begin.
 */
#include "ca/duties/duties.h"

#include "ca/core.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct commanding {
    struct core *core;
    const char *command;
    json_t *parameters;
    int64_t now;
    struct duties_use use;
    bool found;
};

static int find_unit(struct store_tx *tx, void *context)
{
    struct commanding *c = context;
    struct approval_row found = {0};
    int rc = store_approval_find(tx, c->use.row.scope.account, c->use.row.digest, c->now, &found);
    if (rc != 0)
        return rc == CH_ENOTFOUND ? 0 : rc;
    approval_row_free(&c->use.row);
    c->use.row = found;
    c->found = true;
    return 0;
}

static int account_unit(struct store_tx *tx, void *context)
{
    struct commanding *c = context;
    return store_account_first(tx, c->use.row.scope.account);
}

static int row_fill(struct commanding *c, const char *text)
{
    struct approval_row *row = &c->use.row;
    const char *regions = c->core->config->core_regions;
    const char *const parts[] = {DUTIES_OPERATOR, c->command, text};
    snprintf(row->scope.region, sizeof row->scope.region, "%.*s", (int)strcspn(regions, ","),
             regions);
    int rc = store_read(c->core->store, account_unit, c);
    if (rc == 0)
        rc = duties_digest(c->core, parts, sizeof parts / sizeof parts[0], row->digest);
    if (rc == 0)
        rc = member_copy(text, &row->parameters);
    if (rc == 0)
        rc = member_copy(DUTIES_OPERATOR, &row->requester);
    if (rc == 0)
        rc = member_copy(DUTIES_OPERATOR, &row->requester_id);
    row->operation = NULL;
    size_t size = sizeof DUTIES_OPERATOR + 1 + strlen(c->command);
    if (rc == 0 && (row->operation = malloc(size)) == NULL)
        rc = CH_ENOMEM;
    if (rc == 0)
        snprintf(row->operation, size, "%s:%s", DUTIES_OPERATOR, c->command);
    return rc;
}

static int event(struct store_tx *tx, const struct commanding *c, const char *name)
{
    const struct approval_row *row = &c->use.row;
    return trail_append_event(
        tx, &(struct trail_event){.name = name, .source = "chancery", .account = row->scope.account,
                                  .region = row->scope.region, .at = c->now,
                                  .details = json_pack("{s:s, s:s, s:s, s:s?}", "approvalId",
                                                       row->id, "operation", row->operation,
                                                       "parameters", row->parameters, "approvedBy",
                                                       row->decided_by)});
}

static int ask_unit(struct store_tx *tx, void *context)
{
    const struct commanding *c = context;
    int rc = store_approval_insert(tx, &c->use.row);
    return rc == 0 ? event(tx, c, "ApprovalRequested") : rc;
}

static int use_unit(struct store_tx *tx, void *context)
{
    const struct commanding *c = context;
    int rc = store_approval_update(tx, &c->use.row, c->use.before);
    return rc == 0 ? event(tx, c, "ApprovalUsed") : rc;
}

static int wait_for(struct commanding *c, char why[512])
{
    const struct approval_row *row = &c->use.row;
    char until[CLOCK_ISO_SIZE];
    clock_format_iso(row->expires_at / 1000000, until);
    if (strcmp(row->status, "DENIED") == 0)
        snprintf(why, 512, "request %s was denied by %s: %.200s", row->id, row->decided_by,
                 row->reason == NULL ? "without a reason" : row->reason);
    else
        snprintf(why, 512,
                 "this needs the approval of a second principal: request %s waits until %s for a user "
                 "of account %s (POST /chancery/v1/approvals/%s/approve); then give the command again",
                 row->id, until, row->scope.account, row->id);
    return CH_EDENIED;
}

static int ask(struct commanding *c, char why[512])
{
    int rc = duties_row_new(c->core, &c->use.row, c->now);
    if (rc == 0)
        rc = store_write(c->core->store, ask_unit, c);
    if (rc != 0)
        return rc;
    schedule_wake(c->core->schedule, DUTIES_JOB);
    return wait_for(c, why);
}

static int use(struct commanding *c, char why[512])
{
    struct approval_row *row = &c->use.row;
    int rc = duties_verify(c->core, row);
    if (rc != 0 || strcmp(row->status, "APPROVED") != 0)
        return rc != 0 ? rc : wait_for(c, why);
    memcpy(c->use.before, row->tag, sizeof c->use.before);
    free(row->status);
    row->status = NULL;
    row->used_at = c->now;
    rc = member_copy("USED", &row->status);
    if (rc == 0)
        rc = duties_tag(c->core, row, row->tag);
    if (rc == 0)
        rc = store_write(c->core->store, use_unit, c);
    return rc == CH_ENOTFOUND ? CH_EBUSY : rc;
}

int duties_check_operator(struct core *core, const char *command, json_t *parameters,
                          char why[512])
{
    struct commanding c = {.core = core, .command = command, .parameters = parameters,
                           .now = clock_now_us()};
    char *text = NULL;
    int rc = 0;
    why[0] = '\0';
    if (!duties_apply(core->config, DUTIES_OPERATOR, command))
        goto out;
    text = json_dumps(parameters, JSON_COMPACT | JSON_SORT_KEYS);
    rc = text == NULL ? CH_ENOMEM : row_fill(&c, text);
    if (rc == 0)
        rc = store_read(core->store, find_unit, &c);
    if (rc == 0)
        rc = c.found ? use(&c, why) : ask(&c, why);
    if (rc != 0 && why[0] == '\0')
        snprintf(why, 512, "%s", ch_error_text(rc));
out:
    json_decref(parameters);
    free(text);
    approval_row_free(&c.use.row);
    return rc;
}
