#include "ca/jobs/domain_mail.h"

#include "ca/domain/approval.h"
#include "ca/domain/challenge.h"
#include "ca/domain/outcome.h"
#include "ca/domain/proof.h"
#include "ca/members.h"
#include "ca/outbound.h"
#include "ca/secrets.h"
#include "ca/store/validations.h"
#include "firmware/base/clock.h"
#include "firmware/base/dns_view.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 60000
#define LOOK_UP_MS 10000
#define RETRY_US (INT64_C(60) * 1000000)

struct work {
    struct core *core;
    int64_t now;
    struct mail_row mail;
    struct validation_row row;
    struct certificate_row certificate;
    bool awaited;
};

static int next_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    return store_validation_mail_next(tx, &w->mail);
}

int domain_mail_job_due(struct core *core, int64_t *at)
{
    struct work w = {0};
    *at = SCHEDULE_NEVER;
    if (core->config->mail_relay[0] == '\0')
        return 0;
    int rc = store_read(core->store, next_unit, &w);
    if (rc == 0)
        *at = w.mail.due_at;
    mail_row_free(&w.mail);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int load_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = store_validation_mail_next(tx, &w->mail);
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

static int subject_put(const struct work *w, struct buf *text)
{
    char date[64];
    struct tm tm;
    time_t at = (time_t)(w->now / 1000000);
    gmtime_r(&at, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    return buf_printf(text,
                      "From: <%s>\r\nTo: undisclosed-recipients:;\r\nDate: %s\r\n"
                      "Message-ID: <%s.%u.%lld@%s>\r\nSubject: Certificate request for %s\r\n"
                      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
                      w->core->config->mail_from, date, w->mail.certificate, w->mail.position,
                      (long long)w->now, strchr(w->core->config->mail_from, '@') + 1,
                      w->row.domain);
}

static int text_make(struct work *w, struct buf *text)
{
    struct buf link = {0};
    const struct scope *s = &w->mail.scope;
    int rc = approval_link(w->core, &w->row, w->now, &link);
    if (rc == 0)
        rc = subject_put(w, text);
    if (rc == 0)
        rc = buf_printf(
            text,
            "Greetings,\r\n\r\n"
            "We received a request to issue an SSL/TLS certificate for %s.%s\r\n\r\n"
            "Verify that the following domain, AWS account ID, and certificate identifier\r\n"
            "correspond to a request from you or someone in your organization.\r\n\r\n"
            "Domain: %s\r\nAWS account ID: %s\r\nAWS Region name: %s\r\n"
            "Certificate Identifier: arn:aws:acm:%s:%s:certificate/%s\r\n\r\n"
            "To approve this request, go to Certificate Approvals\r\n%s\r\n"
            "and follow the instructions on the page.\r\n\r\n"
            "This email is intended solely for authorized individuals for %s.\r\n",
            w->row.domain,
            strcmp(w->certificate.status, "ISSUED") == 0
                ? " The certificate\r\nis in use and is to be renewed."
                : "",
            w->row.domain, s->account, s->region, s->region, s->account, w->mail.certificate,
            buf_text(&link), w->row.domain);
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
                     w->now + RETRY_US, false);
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
        rc = end(w, "NOT_LOOKED_UP", ch_error_text(rc), w->now + RETRY_US, false);
    else if (mx.verdict == PROOF_GOOD)
        rc = send(w);
    else
        rc = end(w, mx.code, mx.reason, mx.verdict == PROOF_FORBIDDEN ? 0 : w->now + RETRY_US,
                 mx.verdict == PROOF_FORBIDDEN);
    proof_free(&mx);
    return rc;
}

int domain_mail_job_run(struct core *core, int64_t now)
{
    struct work w = {.core = core, .now = now};
    int rc = store_read(core->store, load_unit, &w);
    if (rc == 0)
        rc = work_do(&w);
    mail_row_free(&w.mail);
    validation_row_free(&w.row);
    certificate_row_free(&w.certificate);
    return rc == CH_ENOTFOUND ? 0 : rc;
}
