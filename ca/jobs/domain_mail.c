#include "ca/jobs/domain_mail.h"

#include "ca/domain/approval.h"
#include "ca/domain/challenge.h"
#include "ca/domain/letter.h"
#include "ca/domain/outcome.h"
#include "ca/domain/proof.h"
#include "ca/jobs/turns.h"
#include "ca/members.h"
#include "ca/outbound.h"
#include "ca/secrets.h"
#include "ca/store/validations.h"
#include "firmware/base/clock.h"
#include "firmware/base/dns_view.h"
#include "firmware/base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 60000
#define LOOK_UP_MS 10000
#define SECOND_US INT64_C(1000000)
#define RETRY_FIRST_US (5 * SECOND_US) /* twice as long each time */
#define RETRY_MOST_US (60 * SECOND_US)
#define LOOK 256 /* mails among which accounts take turns, few of each */
#define SHARE (DOMAIN_MAIL_LINES - 1) /* no account has all lines: another's mail need not wait for its slow servers */

struct work {
    struct core *core;
    int64_t now;
    struct mail_row mail;
    struct validation_row row;
    struct certificate_row certificate;
    bool due, awaited;
};

/* Somebody may have sent it between the look and the turn. */
static int still_visit(void *context, uint32_t position, const char *mail_domain, int64_t due_at)
{
    struct work *w = context;
    w->due = w->due || (position == w->mail.position && due_at == w->mail.due_at &&
                        strcmp(mail_domain, w->mail.mail_domain) == 0);
    return 0;
}

static int load_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = store_validation_mail_list(tx, &w->mail.scope, w->mail.certificate, still_visit, w);
    if (rc == 0 && !w->due)
        return CH_ENOTFOUND;
    if (rc == 0)
        rc = store_validation_get(tx, &w->mail.scope, w->mail.certificate, w->mail.position,
                                  &w->row);
    if (rc == 0)
        rc = store_certificate_get(tx, &w->mail.scope, w->mail.certificate, &w->certificate);
    w->awaited = rc == 0 && outcome_is_awaited(&w->certificate) &&
                 strcmp(w->row.status, "PENDING_VALIDATION") == 0;
    return rc;
}

/* ---- the text ---- */

static int text_make(struct work *w, struct buf *text)
{
    struct buf link = {0};
    const struct scope *s = &w->mail.scope;
    int rc = approval_link(w->core, &w->row, w->now, &link);
    if (rc == 0) {
        const struct letter letter = {
            .from = w->core->config->mail_from, .domain = w->row.domain, .account = s->account,
            .region = s->region, .certificate = w->mail.certificate, .link = buf_text(&link),
            .position = w->mail.position, .number = w->mail.due_at, .at = w->now / SECOND_US,
            .renewal = strcmp(w->certificate.status, "ISSUED") == 0};
        rc = letter_make(&letter, text);
    }
    buf_free(&link);
    return rc;
}

static int recipients_make(const struct work *w, struct buf *to)
{
    json_t *all = challenge_emails(w->mail.mail_domain);
    int rc = all == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(all); i++)
        rc = buf_printf(to, "%s%s", i == 0 ? "" : ",", json_string_value(json_array_get(all, i)));
    json_decref(all);
    return rc;
}

/* ---- the outcome ---- */

static int note_set(struct validation_row *row, const char *code, const char *reason)
{
    free(row->code);
    free(row->reason);
    row->code = row->reason = NULL;
    int rc = member_copy(code, &row->code);
    return rc == 0 && reason[0] != '\0' ? member_copy(reason, &row->reason) : rc;
}

struct end {
    struct work *w;
    const char *code, *reason;
    int64_t again; /* 0 = done */
    bool failed;
};

static int end_unit(struct store_tx *tx, void *context)
{
    struct end *e = context;
    struct work *w = e->w;
    struct validation_row row = {0};
    int rc = e->again == 0 ? store_validation_mail_done(tx, &w->mail)
                           : store_validation_mail_delay(tx, &w->mail, e->again);
    if (rc == 0)
        rc = store_validation_get(tx, &w->mail.scope, w->mail.certificate, w->mail.position, &row);
    if (rc == 0 && strcmp(row.status, "PENDING_VALIDATION") == 0) {
        rc = note_set(&row, e->code, e->reason);
        row.looked_at = w->now;
        row.attempts++;
        if (rc == 0 && e->failed) {
            free(row.status);
            row.status = NULL;
            rc = member_copy("FAILED", &row.status);
        }
        if (rc == 0)
            rc = store_validation_update(tx, &row);
    }
    if (rc == 0 && e->failed) {
        rc = store_certificate_set_failed(tx, &w->mail.scope, w->mail.certificate,
                                          "NO_AVAILABLE_CONTACTS");
        rc = rc == CH_ESTATE || rc == CH_ENOTFOUND ? 0 : rc;
    }
    validation_row_free(&row);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int end(struct work *w, const char *code, const char *reason, int64_t again, bool failed)
{
    struct end e = {w, code, reason, again, failed};
    return store_write(w->core->store, end_unit, &e);
}

/* ---- MX, and the relay ---- */

static int64_t retry_at(const struct work *w)
{
    int64_t wait = RETRY_FIRST_US;
    for (uint32_t i = 0; i < w->row.attempts && wait < RETRY_MOST_US; i++)
        wait *= 2;
    return w->now + (wait < RETRY_MOST_US ? wait : RETRY_MOST_US);
}

static int mx_ask(struct work *w, struct proof *out)
{
    struct outbound_answer answer;
    const struct msg_look_up ask = {.question = DNS_MX,
                                    .name = slice_text(w->mail.mail_domain),
                                    .timeout_ms = LOOK_UP_MS};
    int rc = outbound_call(w->core, MSG_LOOK_UP, &ask, -1, LOOK_UP_MS, &answer);
    if (rc == 0) {
        rc = proof_mx(w->core->config, buf_slice(&answer.body), out);
        outbound_answer_free(&answer);
    }
    return rc;
}

static int hand_over(struct work *w, struct outbound_answer *answer)
{
    char user[SECRETS_USER_SIZE];
    struct secret *password = NULL;
    struct buf text = {0}, to = {0};
    int rc = secrets_get(w->core, "mail", user, &password);
    rc = rc == CH_ENOTFOUND ? 0 : rc; /* a relay may know us by our address */
    if (rc == 0)
        rc = text_make(w, &text);
    if (rc == 0)
        rc = recipients_make(w, &to);
    if (rc == 0) {
        const struct msg_mail ask = {
            .from = slice_text(w->core->config->mail_from), .to = buf_slice(&to),
            .text = buf_slice(&text), .user = slice_text(user),
            .password = password == NULL ? slice_text("") : secret_slice(password),
            .timeout_ms = TIMEOUT_MS};
        rc = outbound_call(w->core, MSG_MAIL, &ask, -1, TIMEOUT_MS, answer);
    }
    secret_free(password);
    buf_free(&text);
    buf_free(&to);
    return rc;
}

static int send(struct work *w)
{
    struct outbound_answer answer = {0};
    int rc = hand_over(w, &answer);
    bool taken = rc == 0 && answer.failure == 0;
    if (!taken)
        log_warn("mail for %s: %s", w->row.domain, rc != 0 ? ch_error_text(rc) : answer.why);
    rc = taken ? end(w, "MAIL_SENT", "The mail was sent; nobody has answered yet", 0, false)
               : end(w, "MAIL_FAILED", rc != 0 ? ch_error_text(rc) : answer.why,
                     retry_at(w), false);
    outbound_answer_free(&answer);
    return rc;
}

static int work_do(struct work *w)
{
    struct proof mx = {0};
    if (!w->awaited)
        return end(w, "", "", 0, false);
    int rc = mx_ask(w, &mx);
    if (rc != 0)
        rc = end(w, "NOT_LOOKED_UP", ch_error_text(rc), retry_at(w), false);
    else if (mx.verdict == PROOF_GOOD)
        rc = send(w);
    else
        rc = end(w, mx.code, mx.reason, mx.verdict == PROOF_FORBIDDEN ? 0 : retry_at(w),
                 mx.verdict == PROOF_FORBIDDEN);
    proof_free(&mx);
    return rc;
}

/* ---- whose turn it is: the lines work beside each other, as the relay or a domain's servers may be slow ---- */

static_assert(DOMAIN_MAIL_LINES <= TURNS_LINES, "each line may hold one");
static struct turns turns = TURNS_INIT;

struct look {
    int64_t now;
    size_t count;
    struct mail_row mails[LOOK];
    struct turn turns[LOOK];
};

static void turn_set(struct turn *t, int64_t scope, const struct mail_row *mail)
{
    t->scope = scope;
    memcpy(t->account, mail->scope.account, sizeof t->account);
    snprintf(t->key, sizeof t->key, "%s.%u.%s", mail->certificate, mail->position,
             mail->mail_domain);
}

static int scope_visit(void *context, struct store_tx *tx, int64_t scope)
{
    struct look *l = context;
    size_t count = 0;
    if (l->count + DOMAIN_MAIL_LINES > LOOK)
        return CH_ELIMIT;
    int rc = store_validation_mail_due_list(tx, scope, l->now, l->mails + l->count,
                                            DOMAIN_MAIL_LINES, &count);
    for (size_t i = l->count; rc == 0 && i < l->count + count; i++)
        turn_set(&l->turns[i], scope, &l->mails[i]);
    l->count += count;
    return rc;
}

static int look_unit(struct store_tx *tx, void *context)
{
    return turns_walk(&turns, tx, store_validation_mail_scopes, scope_visit, context);
}

static int look_read(struct core *core, int64_t now, struct look **out)
{
    struct look *l = *out = calloc(1, sizeof *l);
    if (l == NULL)
        return CH_ENOMEM;
    l->now = now;
    return store_read(core->store, look_unit, l);
}

static void look_free(struct look *l)
{
    for (size_t i = 0; l != NULL && i < l->count; i++)
        mail_row_free(&l->mails[i]);
    free(l);
}

/* ---- the job ---- */

static int due_unit(struct store_tx *tx, void *context)
{
    return store_validation_mail_next(tx, context);
}

int domain_mail_job_due(struct core *core, int64_t *at)
{
    struct look *l = NULL;
    int64_t now = clock_now_us();
    int rc = core->config->mail_relay[0] == '\0' ? CH_ENOTFOUND
                                                 : store_read(core->store, due_unit, at);
    if (rc == CH_ENOTFOUND)
        *at = SCHEDULE_NEVER;
    if (rc != 0 || *at > now)
        return rc == CH_ENOTFOUND ? 0 : rc;
    rc = look_read(core, now, &l);
    if (rc == 0 && turns_find(&turns, l->turns, l->count, SHARE) < 0)
        *at = SCHEDULE_NEVER;
    look_free(l);
    return rc;
}

static int mail_do(struct core *core, int64_t now, struct mail_row *mail)
{
    struct work w = {.core = core, .now = now, .mail = *mail};
    *mail = (struct mail_row){0};
    int rc = store_read(core->store, load_unit, &w);
    if (rc == 0)
        rc = work_do(&w);
    mail_row_free(&w.mail);
    validation_row_free(&w.row);
    certificate_row_free(&w.certificate);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

int domain_mail_job_run(struct core *core, int64_t now)
{
    struct look *l = NULL;
    int rc = look_read(core, now, &l);
    int mine = rc == 0 ? turns_take(&turns, l->turns, l->count, SHARE) : -1;
    if (mine >= 0) {
        rc = mail_do(core, now, &l->mails[mine]);
        turns_release(&turns, &l->turns[mine]);
    }
    look_free(l);
    return rc;
}
