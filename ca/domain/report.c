#include "ca/domain/report.h"

#include "ca/arn.h"
#include "ca/domain/outcome.h"
#include "ca/jobs/domain_check.h"
#include "ca/members.h"
#include "firmware/base/clock.h"

#include <stdio.h>
#include <string.h>

void report_free(struct report *r)
{
    certificate_row_free(&r->certificate);
    validation_list_free(&r->list);
    public_order_row_free(&r->order);
    *r = (struct report){0};
}

static int mail_visit(void *context, uint32_t position, const char *mail_domain, int64_t due_at)
{
    struct report *r = context;
    (void)mail_domain;
    if (r->mail_count == REPORT_MAILS_MAX)
        return 0;
    r->mails[r->mail_count].position = position;
    r->mails[r->mail_count++].due_at = due_at;
    return 0;
}

int report_read(struct store_tx *tx, const struct scope *scope, const char *id, struct report *out)
{
    int rc = store_certificate_get(tx, scope, id, &out->certificate);
    if (rc == 0 && strcmp(out->certificate.type, "AMAZON_ISSUED") != 0)
        return CH_EUNSUPPORTED;
    if (rc == 0)
        rc = validation_list_read(tx, scope, id, &out->list);
    if (rc == 0)
        rc = store_validation_mail_list(tx, scope, id, mail_visit, out);
    if (rc != 0)
        return rc;
    rc = store_public_order_get(tx, scope, id, &out->order);
    out->ordered = rc == 0;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

/* ---- what it waits for ---- */

static int waiting_add(json_t *list, const char *domain, const char *code, const char *reason,
                       int64_t next)
{
    json_t *entry = json_object();
    int rc = member_put_text(entry, "DomainName", domain);
    if (rc == 0)
        rc = member_put_text(entry, "Code", code);
    if (rc == 0)
        rc = member_put_text(entry, "Reason", reason);
    if (rc == 0)
        rc = member_put_time(entry, "NextAt", next);
    if (rc == 0 && json_array_append(list, entry) != 0)
        rc = CH_ENOMEM;
    json_decref(entry);
    return rc;
}

/* When a mail for that name is due; 0 = none is. */
static int64_t mail_due(const struct report *r, uint32_t position)
{
    int64_t due_at = 0;
    for (size_t i = 0; i < r->mail_count; i++)
        if (r->mails[i].position == position && (due_at == 0 || r->mails[i].due_at < due_at))
            due_at = r->mails[i].due_at;
    return due_at;
}

static int waiting_mail(struct core *core, const struct report *r,
                        const struct validation_row *row, json_t *list)
{
    char reason[512];
    int64_t due_at = mail_due(r, row->position);
    if (due_at == 0) {
        snprintf(reason, sizeof reason,
                 "Mails were sent to the addresses of %s; the certificate waits until somebody who got one "
                 "follows its link and approves",
                 row->validation_domain);
        return waiting_add(list, row->domain, "AWAITING_APPROVAL", reason, 0);
    }
    if (core->config->mail_relay[0] == '\0')
        return waiting_add(list, row->domain, "NO_MAIL_RELAY",
                           "A mail is to be sent, but no mail relay is configured: [mail] relay", 0);
    if (row->code != NULL && row->reason != NULL)
        return waiting_add(list, row->domain, row->code, row->reason, due_at);
    return waiting_add(list, row->domain, "MAIL_DUE", "A mail is about to be sent; accounts take turns",
                       due_at);
}

/* A name that outbound looks at; of SUCCESS: for CAA. */
static int waiting_look(struct core *core, const struct validation_row *row, json_t *list)
{
    char reason[512];
    if (row->next_try == 0)
        return 0;
    bool due = row->next_try <= clock_now_us();
    if (row->held != NULL && !due)
        return waiting_add(list, row->domain, "HELD_BACK", row->held, row->next_try);
    if (due || row->code == NULL) {
        const char *code = domain_checks_why(core, row, reason, sizeof reason);
        return waiting_add(list, row->domain, code, reason, 0);
    }
    return waiting_add(list, row->domain, row->code,
                       row->reason != NULL ? row->reason : "CAA is looked up once more before issuance",
                       row->next_try);
}

static int waiting_issuance(const struct report *r, json_t *list)
{
    if (r->order.note != NULL)
        return waiting_add(list, NULL, "ISSUANCE_HELD_BACK", r->order.note, r->order.due_at);
    return waiting_add(list, NULL, "ISSUING",
                       "All names are proved; the certificate is issued in its turn, accounts take turns",
                       0);
}

static int waiting_put(struct core *core, const struct report *r, json_t *out)
{
    json_t *list = json_array();
    bool awaited = outcome_is_awaited(&r->certificate);
    int rc = list == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; rc == 0 && awaited && i < r->list.count; i++) {
        const struct validation_row *row = &r->list.rows[i];
        bool by_mail = strcmp(row->method, "EMAIL") == 0;
        if (by_mail && strcmp(row->status, "PENDING_VALIDATION") == 0)
            rc = waiting_mail(core, r, row, list);
        else
            rc = waiting_look(core, row, list);
    }
    if (rc == 0 && awaited && r->ordered)
        rc = waiting_issuance(r, list);
    if (rc == 0)
        rc = member_put_new(out, "Waiting", json_incref(list));
    json_decref(list);
    return rc;
}

/* ---- one name ---- */

static json_t *list_load(const char *text)
{
    json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL);
    return list == NULL ? json_array() : list;
}

static int look_put(const struct validation_row *row, json_t *out)
{
    int rc = member_put_text(out, "Result", row->code == NULL ? "NOT_LOOKED_AT" : row->code);
    if (rc == 0)
        rc = member_put_text(out, "Reason", row->reason);
    if (rc == 0)
        rc = member_put_time(out, "LookedAt", row->looked_at);
    if (rc == 0)
        rc = member_put_time(out, "NextLookAt", row->next_try);
    if (rc == 0)
        rc = member_put_time(out, "CaaAllowedAt", row->caa_at);
    if (rc == 0)
        rc = member_put_new(out, "Seen", list_load(row->seen));
    return rc == 0 ? member_put_new(out, "CaaSeen", list_load(row->caa_seen)) : rc;
}

static int name_put(const struct validation_row *row, json_t *names)
{
    json_t *out = validation_describe(row);
    int rc = out == NULL ? CH_ENOMEM : member_put_new(out, "Attempts", json_integer(row->attempts));
    if (rc == 0)
        rc = look_put(row, out);
    if (rc == 0 && json_array_append(names, out) != 0)
        rc = CH_ENOMEM;
    json_decref(out);
    return rc;
}

/* ---- the whole ---- */

static int head_put(struct core *core, const struct report *r, json_t *out)
{
    char arn[ARN_SIZE];
    const struct certificate_row *c = &r->certificate;
    arn_certificate(&c->scope, c->id, arn);
    int rc = member_put_text(out, "CertificateArn", arn);
    if (rc == 0)
        rc = member_put_text(out, "Status", c->status);
    if (rc == 0)
        rc = member_put_text(out, "FailureReason", c->failure_reason);
    if (rc == 0 && strcmp(c->status, "PENDING_VALIDATION") == 0)
        rc = member_put_time(out, "GivenUpAt", c->created_at + OUTCOME_WAIT_US);
    return rc == 0 ? waiting_put(core, r, out) : rc;
}

int report_put(struct core *core, const struct report *r, json_t *out)
{
    json_t *names = json_array();
    int rc = head_put(core, r, out);
    for (size_t i = 0; rc == 0 && i < r->list.count; i++)
        rc = name_put(&r->list.rows[i], names);
    if (rc == 0)
        rc = member_put_new(out, "Validations", json_incref(names));
    json_decref(names);
    return rc;
}

int report_put_short(struct core *core, const struct report *r, json_t *out)
{
    size_t proved = 0;
    for (size_t i = 0; i < r->list.count; i++)
        if (strcmp(r->list.rows[i].status, "SUCCESS") == 0)
            proved++;
    int rc = head_put(core, r, out);
    if (rc == 0)
        rc = member_put_text(out, "DomainName", r->certificate.domain);
    if (rc == 0)
        rc = member_put_new(out, "Names", json_integer((json_int_t)r->list.count));
    return rc == 0 ? member_put_new(out, "Proved", json_integer((json_int_t)proved)) : rc;
}
