/*
 * `chancery approval`: the requests, seen and decided by the operator. What the operator asked for itself
 * it cannot approve.
 */
#include "ca/duties/duties.h"

#include "ca/core.h"
#include "ca/members.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 150 /* what fits a message even when names are of the greatest length */

struct listing {
    struct buf *out;
    bool all;
    int64_t now;
};

static int put_line(void *context, const struct approval_row *row)
{
    struct listing *l = context;
    char until[CLOCK_ISO_SIZE];
    const char *status = duties_status(row, l->now);
    if (!l->all && strcmp(status, "PENDING") != 0 && strcmp(status, "APPROVED") != 0)
        return 0;
    clock_format_iso(row->expires_at / 1000000, until);
    return buf_printf(l->out, "%s  %-8s  %s  %s  %s\n", row->id, status, until, row->operation,
                      row->requester);
}

static int list_unit(struct store_tx *tx, void *context)
{
    return store_approval_list(tx, "", INT64_MAX, LISTED_MAX, put_line, context);
}

static int list(struct core *core, bool all, struct buf *out)
{
    struct listing l = {.out = out, .all = all, .now = clock_now_us()};
    int rc = store_read(core->store, list_unit, &l);
    if (rc == 0 && out->len == 0)
        rc = buf_put_text(out, core->config->approval_operations[0] == '\0'
                                   ? "No request; no operation needs approval (see [approval] in "
                                     "chancery.conf).\n"
                                   : "No request.\n");
    return rc;
}

/* ---- one ---- */

struct showing {
    const char *id;
    struct approval_row row;
};

static int show_unit(struct store_tx *tx, void *context)
{
    struct showing *s = context;
    return store_approval_get(tx, s->id, &s->row);
}

static int missing(struct buf *out)
{
    int rc = buf_put_text(out, "there is no request of that id");
    return rc == 0 ? CH_ENOTFOUND : rc;
}

static int put_fact(struct buf *out, const char *name, const char *text)
{
    return text == NULL ? 0 : buf_printf(out, "%-12s %s\n", name, text);
}

static int put_time(struct buf *out, const char *name, int64_t at)
{
    char text[CLOCK_ISO_SIZE];
    clock_format_iso(at / 1000000, text);
    return at == 0 ? 0 : put_fact(out, name, text);
}

static int put_row(struct core *core, const struct approval_row *row, struct buf *out)
{
    const struct {
        const char *name, *text;
    } facts[] = {
        {"id", row->id},
        {"status", duties_verify(core, row) == 0 ? duties_status(row, clock_now_us())
                                                 : "DAMAGED: altered in the database"},
        {"operation", row->operation},
        {"account", row->scope.account},
        {"region", row->scope.region},
        {"requested by", row->requester},
        {"parameters", row->parameters},
        {"decided by", row->decided_by},
        {"reason", row->reason},
        {"used by call", row->used_by},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof facts / sizeof facts[0]; i++)
        rc = put_fact(out, facts[i].name, facts[i].text);
    if (rc == 0)
        rc = put_time(out, "requested", row->created_at);
    if (rc == 0)
        rc = put_time(out, "expires", row->expires_at);
    if (rc == 0)
        rc = put_time(out, "decided", row->decided_at);
    return rc == 0 ? put_time(out, "used", row->used_at) : rc;
}

static int show(struct core *core, const char *id, struct buf *out)
{
    struct showing s = {.id = id};
    int rc = store_read(core->store, show_unit, &s);
    if (rc == 0)
        rc = put_row(core, &s.row, out);
    approval_row_free(&s.row);
    return rc == CH_ENOTFOUND ? missing(out) : rc;
}

/* ---- deciding ---- */

struct deciding {
    struct duties_use use;
    int64_t now;
};

static int decide_unit(struct store_tx *tx, void *context)
{
    struct deciding *d = context;
    const struct approval_row *row = &d->use.row;
    int rc = duties_decide_unit(tx, &d->use);
    if (rc != 0)
        return rc;
    bool approved = strcmp(row->status, "APPROVED") == 0;
    return trail_append_event(
        tx, &(struct trail_event){.name = approved ? "ApproveRequest" : "DenyRequest",
                                  .source = "chancery", .account = row->scope.account,
                                  .region = row->scope.region, .at = d->now,
                                  .details = json_pack("{s:s, s:s, s:s, s:s, s:s?}", "approvalId",
                                                       row->id, "operation", row->operation,
                                                       "requestedBy", row->requester, "decidedBy",
                                                       row->decided_by, "reason", row->reason)});
}

static int refuse(enum duties_verdict verdict, const struct approval_row *row, int64_t now,
                  struct buf *out)
{
    int rc = verdict == DUTIES_SAME
                 ? buf_put_text(out, "the operator asked for this: a user of the account must approve it")
                 : buf_printf(out, "the request is %s", duties_status(row, now));
    return rc == 0 ? CH_EDENIED : rc;
}

static int decide(struct core *core, const char *id, const char *reason, bool approve,
                  struct buf *out)
{
    struct deciding d = {.now = clock_now_us()};
    enum duties_verdict verdict = DUTIES_MISSING;
    struct duties_decision decision = {.id = id, .by = DUTIES_OPERATOR, .by_id = DUTIES_OPERATOR,
                                       .by_origin = "", .approve = approve,
                                       .reason = reason[0] == '\0' ? NULL : reason, .now = d.now};
    int rc = duties_decide(core, &decision, &d.use, &verdict);
    if (rc == 0 && verdict == DUTIES_MISSING)
        rc = missing(out);
    else if (rc == 0 && verdict != DUTIES_DONE)
        rc = refuse(verdict, &d.use.row, d.now, out);
    if (rc == 0)
        rc = store_write(core->store, decide_unit, &d);
    if (rc == 0)
        rc = buf_printf(out, "%s: %s by %s is %s\n", id, d.use.row.operation, d.use.row.requester,
                        d.use.row.status);
    approval_row_free(&d.use.row);
    return rc;
}

int duties_command(struct core *core, const char *verb, const char *id, const char *reason,
                   struct buf *out)
{
    if (strcmp(verb, "list") == 0 || strcmp(verb, "list all") == 0)
        return list(core, verb[4] != '\0', out);
    if (strcmp(verb, "show") == 0)
        return show(core, id, out);
    bool approve = strcmp(verb, "approve") == 0;
    if (!approve && strcmp(verb, "deny") != 0)
        return CH_EINVAL;
    return decide(core, id, reason, approve, out);
}
