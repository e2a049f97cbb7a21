#include "ca/domain/outcome.h"

#include "ca/acm/issue_public.h"
#include "ca/acm/renewal_public.h"
#include "ca/domain/challenge.h"
#include "ca/domain/event.h"
#include "ca/domain/validation.h"
#include "ca/jobs/domain_check.h"
#include "ca/jobs/domain_look.h"
#include "ca/jobs/domain_mail.h"
#include "ca/members.h"
#include "ca/store/validations.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define FIRST_INTERVAL_US (INT64_C(10) * SECOND_US)
#define LAST_INTERVAL_US (INT64_C(1800) * SECOND_US)
#define FAILED_INTERVAL_US (INT64_C(5) * SECOND_US) /* nobody could look */
#define CAA_FRESH_US (INT64_C(300) * SECOND_US)     /* "right before issuance"; BR 3.2.2.8 has 8 hours */
#define SEEN_MAX 16384

int64_t outcome_interval(uint32_t attempts)
{
    int64_t interval = FIRST_INTERVAL_US;
    for (uint32_t i = 0; i < attempts && interval < LAST_INTERVAL_US; i++)
        interval += interval / 4;
    return interval < LAST_INTERVAL_US ? interval : LAST_INTERVAL_US;
}

static int due_unit(struct store_tx *tx, void *context)
{
    return store_validation_due_next(tx, context);
}

int outcome_due_next(struct core *core, int64_t *at)
{
    int rc = store_read(core->store, due_unit, at);
    if (rc == CH_ENOTFOUND)
        *at = INT64_MAX;
    return rc == CH_ENOTFOUND ? 0 : rc;
}

/* ---- all over again ---- */

static int mail_again(struct store_tx *tx, const struct validation_row *row, int64_t now)
{
    char mail_domain[DOMAIN_SIZE];
    if (strcmp(row->method, "EMAIL") != 0)
        return 0;
    challenge_mail_domain(row->domain, row->validation_domain, mail_domain);
    return store_validation_mail_put(tx, &row->scope, row->certificate, row->position, mail_domain,
                                     now);
}

int validation_restart(struct store_tx *tx, const struct scope *scope, const char *certificate,
                       int64_t now)
{
    struct validation_list list;
    int rc = store_validation_restart(tx, scope, certificate, now);
    if (rc != 0 || (rc = validation_list_read(tx, scope, certificate, &list)) != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < list.count; i++)
        rc = mail_again(tx, &list.rows[i], now);
    validation_list_free(&list);
    return rc;
}

void validation_wake(struct core *core)
{
    schedule_wake(core->schedule, DOMAIN_CHECK_JOB);
    schedule_wake(core->schedule, DOMAIN_MAIL_JOB(1));
}

bool outcome_is_awaited(const struct certificate_row *row)
{
    if (strcmp(row->type, "AMAZON_ISSUED") != 0)
        return false;
    if (strcmp(row->status, "PENDING_VALIDATION") == 0)
        return true;
    return strcmp(row->status, "ISSUED") == 0 && row->renewal_status != NULL &&
           (strcmp(row->renewal_status, "PENDING_AUTO_RENEWAL") == 0 ||
            strcmp(row->renewal_status, "PENDING_VALIDATION") == 0);
}

/* ---- the row of the name ---- */

static int text_set(char **field, const char *text)
{
    free(*field);
    *field = NULL;
    return text == NULL || text[0] == '\0' ? 0 : member_copy(text, field);
}

static int seen_set(char **field, const json_t *seen)
{
    free(*field);
    *field = NULL;
    int rc = member_dump(seen, field);
    if (rc == 0 && strlen(*field) > SEEN_MAX) {
        free(*field);
        *field = NULL;
        rc = member_copy("[]", field);
    }
    return rc;
}

static int finding_set(struct validation_row *row, const struct proof *p)
{
    int rc = text_set(&row->code, p->code);
    return rc == 0 ? text_set(&row->reason, p->reason) : rc;
}

static int proof_apply(struct validation_row *row, const struct look *l)
{
    int rc = finding_set(row, &l->proof);
    if (rc == 0)
        rc = seen_set(&row->seen, l->proof.seen);
    if (rc == 0 && l->proof.verdict == PROOF_GOOD)
        rc = text_set(&row->status, "SUCCESS");
    return rc;
}

static int caa_apply(struct validation_row *row, const struct look *l, int64_t now)
{
    int rc = finding_set(row, &l->caa);
    if (rc == 0)
        rc = seen_set(&row->caa_seen, l->caa.seen);
    if (rc == 0 && l->caa.verdict == PROOF_GOOD)
        row->caa_at = now;
    if (rc == 0 && l->caa.verdict == PROOF_FORBIDDEN)
        rc = text_set(&row->status, "FAILED");
    return rc;
}

static int failure_apply(struct validation_row *row, const struct look *l)
{
    int rc = text_set(&row->code, "NOT_LOOKED_UP");
    return rc == 0 ? text_set(&row->reason, l->failure == CH_ESTATE
                                                ? "The process that looks names up does not run"
                                                : "The process that looks names up did not answer")
                   : rc;
}

/* Whoever asked for a look while this one was under way gets one of his own. */
static void next_set(struct validation_row *row, const struct look *l, bool done, int64_t now)
{
    if (done)
        row->next_try = 0;
    else if (row->next_try == l->lease)
        row->next_try = now + (l->failure != 0 ? FAILED_INTERVAL_US
                                               : outcome_interval(row->attempts));
}

static int row_apply(struct validation_row *row, const struct look *l, int64_t now)
{
    int rc = 0;
    if (l->failure != 0 && !l->proof_is)
        rc = failure_apply(row, l);
    if (rc == 0 && l->proof_is)
        rc = proof_apply(row, l);
    if (rc == 0 && l->caa_is)
        rc = caa_apply(row, l, now);
    bool done = l->caa_is && l->caa.verdict != PROOF_NOT_YET;
    next_set(row, l, done, now);
    row->looked_at = now;
    free(row->held);
    row->held = NULL;
    if (l->failure == 0)
        row->attempts++;
    return rc;
}

/* ---- the certificate ---- */

/* Old CAA is looked up again, so that all of it is as of a moment before issuance. */
static int caa_renew(struct store_tx *tx, struct validation_list *list, int64_t now)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        struct validation_row *row = &list->rows[i];
        if (row->caa_at >= now - CAA_FRESH_US || row->next_try != 0)
            continue;
        row->next_try = now;
        rc = store_validation_update(tx, row);
    }
    return rc;
}

int outcome_complete(struct store_tx *tx, const struct scope *scope, const char *certificate,
                     int64_t now, bool *ready)
{
    struct validation_list list;
    int64_t oldest = now;
    bool proved = true;
    *ready = false;
    int rc = validation_list_read(tx, scope, certificate, &list);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < list.count; i++) {
        proved = proved && strcmp(list.rows[i].status, "SUCCESS") == 0;
        oldest = list.rows[i].caa_at < oldest ? list.rows[i].caa_at : oldest;
    }
    *ready = proved && list.count > 0 && oldest >= now - CAA_FRESH_US;
    if (proved && !*ready)
        rc = caa_renew(tx, &list, now);
    else if (*ready)
        rc = issue_public_want(tx, scope, certificate, oldest);
    validation_list_free(&list);
    return rc;
}

struct record {
    const struct look *look;
    int64_t now;
    bool ready;
};

static int certificate_apply(struct store_tx *tx, struct record *r,
                             const struct certificate_row *certificate)
{
    const struct look *l = r->look;
    if (l->caa_is && l->caa.verdict == PROOF_FORBIDDEN)
        return strcmp(certificate->status, "PENDING_VALIDATION") != 0
                   ? 0 /* a renewal: whoever renews sees the row */
                   : store_certificate_set_failed(tx, &l->scope, l->certificate, "CAA_ERROR");
    if (!l->caa_is || l->caa.verdict != PROOF_GOOD)
        return 0;
    return outcome_complete(tx, &l->scope, l->certificate, r->now, &r->ready);
}

/* What was decided about the name just now, for the trail. */
static int decision_record(struct store_tx *tx, const struct record *r,
                           const struct validation_row *row, bool was_proved)
{
    if (strcmp(row->status, "FAILED") == 0)
        return domain_event_append(tx, row, DOMAIN_FORBIDDEN, r->now);
    return !was_proved && strcmp(row->status, "SUCCESS") == 0
               ? domain_event_append(tx, row, DOMAIN_VALIDATED, r->now)
               : 0;
}

/* The name may have been decided, or the certificate be gone, while we looked. */
static int record_unit(struct store_tx *tx, void *context)
{
    struct record *r = context;
    const struct look *l = r->look;
    struct validation_row row = {0};
    struct certificate_row certificate = {0};
    int rc = store_validation_get(tx, &l->scope, l->certificate, l->position, &row);
    if (rc == 0)
        rc = store_certificate_get(tx, &l->scope, l->certificate, &certificate);
    bool awaited = rc == 0 && outcome_is_awaited(&certificate) &&
                   strcmp(row.status, "FAILED") != 0;
    bool was_proved = awaited && strcmp(row.status, "SUCCESS") == 0;
    if (awaited)
        rc = row_apply(&row, l, r->now);
    else if (rc == 0)
        row.next_try = 0;
    if (rc == 0)
        rc = store_validation_update(tx, &row);
    if (rc == 0 && awaited)
        rc = decision_record(tx, r, &row, was_proved);
    if (rc == 0 && awaited)
        rc = certificate_apply(tx, r, &certificate);
    validation_row_free(&row);
    certificate_row_free(&certificate);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

void outcome_record(struct core *core, const struct look *look)
{
    struct record r = {look, clock_now_us(), false};
    int rc = store_write(core->store, record_unit, &r);
    if (rc != 0)
        log_warn("%s: what was seen could not be written: %s", look->domain, ch_error_text(rc));
    else if (r.ready)
        issue_public_wake(core);
}
