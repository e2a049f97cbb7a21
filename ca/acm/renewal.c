#include "ca/acm/renewal.h"

#include "ca/acm/certificate.h"
#include "ca/acm/private.h"
#include "ca/acm/renewal_public.h"
#include "ca/arn.h"
#include "ca/members.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)
#define DAY_US (24 * HOUR_US)
#define RETRY_MIN_US (60 * SECOND_US)
#define RETRY_MAX_US (6 * HOUR_US)
#define TIMEOUT_US (72 * HOUR_US)
#define PENDING "PENDING_AUTO_RENEWAL"
#define PENDING_PERSON "PENDING_VALIDATION" /* of public ones: the owner has to act */

/* ---- when ---- */

/* Days before the end at which a renewal begins (again). */
static const int starts[] = {60, 45, 30, 15, 7, 3, 1};

/* The first of them that is still to come; 0 when none is. */
static int64_t next_start(const struct certificate_row *row, int64_t now)
{
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (row->not_after - starts[i] * DAY_US > now)
            return row->not_after - starts[i] * DAY_US;
    return 0;
}

static bool is_public(const struct certificate_row *row)
{
    return strcmp(row->type, "AMAZON_ISSUED") == 0;
}

static bool is_renewable(const struct certificate_row *row, int64_t now)
{
    return strcmp(certificate_renewal(row, now), "ELIGIBLE") == 0;
}

int64_t renewal_due(const struct certificate_row *row, int64_t now)
{
    if (!is_renewable(row, now))
        return 0;
    int64_t first =
        is_public(row) ? renewal_public_begins(row) : row->not_after - starts[0] * DAY_US;
    return first > now ? first : now;
}

bool renewal_is_pending(const struct certificate_row *row)
{
    return row->renewal_status != NULL && (strcmp(row->renewal_status, PENDING) == 0 ||
                                           strcmp(row->renewal_status, PENDING_PERSON) == 0);
}

int renewal_plan(struct store_tx *tx, const struct certificate_row *row, int64_t now)
{
    int64_t due = renewal_due(row, now);
    if (renewal_is_pending(row) || strcmp(row->status, "ISSUED") != 0 || (due != 0) == (row->renew_at != 0))
        return 0;
    return store_certificate_set_renew_at(tx, &row->scope, row->id, due);
}

/* ---- what the row says of it ---- */

static int text_set(char **text, const char *value)
{
    free(*text);
    return member_copy(value, text);
}

static int summary_set(struct certificate_row *row, const char *status, const char *reason,
                       int64_t now)
{
    row->renewal_updated_at = now;
    int rc = text_set(&row->renewal_status, status);
    return rc == 0 ? text_set(&row->renewal_reason, reason) : rc;
}

int renewal_begin(struct store_tx *tx, struct certificate_row *row, int64_t now)
{
    row->renewal_started_at = now;
    row->renew_at = now;
    int rc = summary_set(row, PENDING, NULL, now);
    return rc == 0 ? store_certificate_set_renewal(tx, row) : rc;
}

/* ---- one attempt ---- */

struct attempt {
    struct private_work work;
    struct key_row old_key;
    int64_t now;
};

static int load_unit(struct store_tx *tx, void *context)
{
    struct attempt *a = context;
    struct certificate_row *row = &a->work.row;
    struct scope scope = row->scope;
    char id[ROW_UUID_SIZE];
    memcpy(id, row->id, sizeof id);
    return store_certificate_get(tx, &scope, id, row);
}

/* The CA's refusal, or what ACM calls our own trouble; NULL when the certificate is there. */
static const char *make(struct attempt *a)
{
    struct private_work *w = &a->work;
    const char *reason = NULL;
    bool permitted = false;
    int rc = private_prepare(w, a->now, &reason);
    if (rc == 0 && reason == NULL)
        rc = private_is_permitted(w, &permitted);
    if (rc == 0 && reason == NULL && !permitted)
        reason = "PCA_ACCESS_DENIED";
    if (rc == 0 && reason == NULL)
        rc = private_key_make(w, true);
    if (rc == 0 && reason == NULL)
        rc = private_intend_now(w);
    if (rc == 0 && reason == NULL)
        rc = private_sign(w, &reason);
    if (rc == 0 || reason != NULL)
        return reason;
    log_warn("renewal of certificate %s: %s", w->row.id, ch_error_text(rc));
    return rc == CH_EUNSUPPORTED ? "OTHER" : "PCA_REQUEST_FAILED";
}

/* Fills in what became of the certificate while the new one was made. CH_ESTATE: no longer ours. */
static int check_same(struct store_tx *tx, struct certificate_row *row)
{
    struct certificate_row now = {0};
    int rc = store_certificate_get(tx, &row->scope, row->id, &now);
    if (rc == CH_ENOTFOUND || (rc == 0 && strcmp(now.status, "ISSUED") != 0))
        rc = CH_ESTATE;
    row->in_use = now.in_use;
    row->exported_at = now.exported_at;
    certificate_row_free(&now);
    return rc;
}

static int event_append(struct store_tx *tx, const struct certificate_row *row, const char *owner)
{
    char arn[ARN_SIZE];
    arn_certificate(&row->scope, row->id, arn);
    struct trail_event event = {
        .name = "CertificateRenewed",
        .source = "acm.amazonaws.com",
        .account = row->scope.account,
        .region = row->scope.region,
        .owner = owner,
        .at = row->renewal_updated_at,
        .details = json_pack("{s:s,s:s*,s:s}", "certificateArn", arn, "certificateAuthorityArn",
                             row->authority_arn, "serialNumber", row->serial),
    };
    return trail_append_event(tx, &event);
}

int renewal_complete(struct store_tx *tx, struct private_work *w, struct key_row *old_key,
                     int64_t now)
{
    struct certificate_row *row = &w->row;
    int rc = check_same(tx, row);
    if (rc == 0)
        rc = store_key_get(tx, &row->scope, row->id, old_key);
    if (rc == 0)
        rc = store_issued_complete(tx, &w->intent);
    if (rc == 0)
        rc = store_key_replace(tx, &w->key);
    if (rc == 0)
        rc = summary_set(row, "SUCCESS", NULL, now);
    row->renewal_started_at = 0;
    row->renew_at = renewal_due(row, now);
    if (rc == 0)
        rc = store_certificate_set_renewed(tx, row);
    return rc == 0 ? event_append(tx, row, w->authority.scope.account) : rc;
}

static int finish_unit(struct store_tx *tx, void *context)
{
    struct attempt *a = context;
    return renewal_complete(tx, &a->work, &a->old_key, a->now);
}

void renewal_key_forget(struct core *core, const struct key_row *old_key)
{
    struct hsm_wrapped wrapped;
    if (certificate_key_view(old_key, &wrapped) == 0)
        hsm_subscriber_forget(core->hsm, &wrapped);
}

static int finish(struct attempt *a)
{
    a->now = clock_now_us();
    int rc = store_write(a->work.core->store, finish_unit, a);
    if (rc == 0) {
        renewal_key_forget(a->work.core, &a->old_key);
        log_info("certificate %s is renewed", a->work.row.id);
        return 0;
    }
    issue_abandon(a->work.core, &a->work.intent);
    return rc;
}

static int failure_unit(struct store_tx *tx, void *context)
{
    const struct attempt *a = context;
    return store_certificate_set_renewal(tx, &a->work.row);
}

/* Notes why, and when to try again. */
static int put_off(struct attempt *a, const char *reason)
{
    struct certificate_row *row = &a->work.row;
    if (!renewal_is_pending(row))
        row->renewal_started_at = a->now;
    int64_t elapsed = a->now - row->renewal_started_at;
    int64_t delay = elapsed < RETRY_MIN_US   ? RETRY_MIN_US
                    : elapsed > RETRY_MAX_US ? RETRY_MAX_US
                                             : elapsed;
    bool in_time = elapsed + delay <= TIMEOUT_US;
    row->renew_at = in_time ? a->now + delay : next_start(row, a->now);
    int rc = summary_set(row, in_time ? PENDING : "FAILED", reason, a->now);
    return rc == 0 ? store_write(a->work.core->store, failure_unit, a) : rc;
}

/* No longer eligible: what was under way has failed, and the list forgets it. */
static int drop(struct attempt *a)
{
    struct certificate_row *row = &a->work.row;
    row->renew_at = 0;
    int rc = renewal_is_pending(row) ? text_set(&row->renewal_status, "FAILED") : 0;
    return rc == 0 ? store_write(a->work.core->store, failure_unit, a) : rc;
}

static int attempt_run(struct attempt *a)
{
    struct certificate_row *row = &a->work.row;
    if (!is_renewable(row, a->now))
        return drop(a);
    if (is_public(row))
        return renewal_public_attempt(a->work.core, row, a->now);
    const char *reason = make(a);
    return reason == NULL ? finish(a) : put_off(a, reason);
}

int renewal_attempt(struct core *core, const struct scope *scope, const char *id)
{
    struct attempt a = {.work = {.core = core}, .now = clock_now_us()};
    a.work.row.scope = *scope;
    memcpy(a.work.row.id, id, sizeof a.work.row.id);
    int rc = store_read(core->store, load_unit, &a);
    if (rc == 0)
        rc = attempt_run(&a);
    key_row_free(&a.old_key);
    private_work_free(&a.work);
    /* Deleted, revoked or expired meanwhile: nothing is left to be renewed. */
    return rc == CH_ENOTFOUND || rc == CH_ESTATE ? 0 : rc;
}
