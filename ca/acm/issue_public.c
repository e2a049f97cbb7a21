#include "ca/acm/issue_public.h"

#include "ca/acm/private.h"
#include "ca/acm/renewal.h"
#include "ca/acm/renewal_public.h"
#include "ca/arn.h"
#include "ca/ct/ct.h"
#include "ca/jobs/key_maker.h"
#include "ca/jobs/schedule.h"
#include "ca/jobs/turns.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/trail/trail.h"
#include "ca/trust/trust.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY (INT64_C(24) * 3600)
#define CAA_AGE_US (INT64_C(8) * 3600 * SECOND_US) /* CA/Browser Forum BR 3.2.2.8: at most eight hours */
#define LOOK 1024 /* orders among which accounts take turns, few of each */
#define DELAY_MOST 10 /* 2^10 seconds */
#define POLICIES_MAX 16

int issue_public_want(struct store_tx *tx, const struct scope *scope, const char *certificate,
                      int64_t checked_at)
{
    int rc = store_public_order_put(tx, scope, certificate, clock_now_us(), checked_at);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

void issue_public_wake(struct core *core)
{
    static const char *const lines[] = {
        PUBLIC_ISSUE_JOB(1), PUBLIC_ISSUE_JOB(2), PUBLIC_ISSUE_JOB(3), PUBLIC_ISSUE_JOB(4),
        PUBLIC_ISSUE_JOB(5), PUBLIC_ISSUE_JOB(6), PUBLIC_ISSUE_JOB(7), PUBLIC_ISSUE_JOB(8),
    };
    static_assert(sizeof lines / sizeof lines[0] == PUBLIC_ISSUE_LINES, "a name for each line");
    for (size_t i = 0; i < PUBLIC_ISSUE_LINES; i++)
        schedule_wake(core->schedule, lines[i]);
}

/* ---- one certificate ---- */

struct work {
    struct private_work p;
    struct public_order_row order;
    struct pki_extras *extras, *poisoned; /* of the certificate, and of its precertificate */
    struct buf draft;
    bool logged; /* it carries timestamps of logs */
    struct key_row old_key; /* of one that is renewed */
    bool renewal;
    int64_t now;
    char note[256]; /* why it does not go on */
    char unlogged[256]; /* why it carries no timestamps although it should */
};

static int note(struct work *w, int code, const char *text)
{
    snprintf(w->note, sizeof w->note, "%s", text);
    return code;
}

/* certificatePolicies of the configuration. */
static int policies_add(struct work *w)
{
    char text[CONFIG_TEXT_MAX];
    struct pki_policy policies[POLICIES_MAX] = {0};
    size_t count = 0;
    char *rest = NULL;
    snprintf(text, sizeof text, "%s", w->p.core->config->trust_policies);
    for (char *oid = strtok_r(text, ",", &rest); oid != NULL && count < POLICIES_MAX;
         oid = strtok_r(NULL, ",", &rest))
        policies[count++].oid = oid;
    w->extras = pki_extras_new();
    w->poisoned = pki_extras_new();
    if (w->extras == NULL || w->poisoned == NULL)
        return CH_ENOMEM;
    int rc = pki_extras_add_policies(w->extras, policies, count);
    if (rc == 0)
        rc = pki_extras_add_policies(w->poisoned, policies, count);
    return rc == 0 ? pki_ct_add_poison(w->poisoned) : rc;
}

/* From the beginning of the day to the end of one, as AWS dates them. */
static int order_make(struct work *w)
{
    struct issue_order *o = &w->p.order;
    enum key_alg alg = w->p.row.key_alg;
    int64_t begin = w->now / SECOND_US / DAY * DAY;
    int64_t end = begin + w->p.core->config->trust_validity - 1;
    int rc = trust_choose(w->p.core, alg, end * SECOND_US, &w->p.authority);
    if (rc == CH_EBUSY)
        return note(w, rc, "The appliance's own authorities for keys of this kind are being made.");
    if (rc == CH_EUNSUPPORTED)
        return note(w, rc,
                    trust_has_place(w->p.core->config)
                        ? "The HSM cannot have an authority for keys of this kind."
                        : "The public plane of this appliance is off: nobody would serve the CRL.");
    if (rc == 0)
        rc = private_order_names(&w->p);
    if (rc == 0)
        rc = policies_add(w);
    o->profile = pki_profile_public(alg, false);
    o->sig_alg = trust_family_for(alg)->sig_alg;
    o->not_before = begin;
    o->not_after = end;
    o->extras = w->extras;
    return rc;
}

/* ---- certificate transparency ---- */

/* Anything but DISABLED is a wish for it. */
static bool wants_timestamps(const struct work *w)
{
    json_t *options = w->p.row.options == NULL ? NULL : json_loads(w->p.row.options, 0, NULL);
    const char *wish = member_text(options, "CertificateTransparencyLoggingPreference");
    bool wants = ct_is_on(w->p.core->config) && (wish == NULL || strcmp(wish, "DISABLED") != 0);
    json_decref(options);
    return wants;
}

static int chain_and_key(const struct work *w, struct buf *chain, struct buf *spki)
{
    int rc = authority_chain_put(&w->p.authority, chain);
    if (rc == 0)
        rc = buf_put_text(chain, "\n");
    return rc == 0 ? buf_put_slice(spki, buf_slice(&w->p.authority.spki)) : rc;
}

static int timestamps_get(struct work *w, struct slice precertificate, struct buf *list)
{
    struct buf chain = {0}, spki = {0};
    struct pki_reason why = {""};
    int rc = chain_and_key(w, &chain, &spki);
    struct ct_order order = {
        .precertificate = precertificate,
        .chain = buf_text(&chain),
        .issuer_spki = buf_slice(&spki),
        .not_after = w->p.order.not_after,
    };
    if (rc == 0)
        rc = ct_gather(w->p.core, &order, list, &why);
    buf_free(&spki);
    buf_free(&chain);
    return rc == CH_EBUSY ? note(w, rc, why.text) : rc;
}

/*
 * Signs the precertificate, under the serial number of the certificate to come (RFC 6962 3.1), and asks logs for
 * timestamps; the entry is what they signed. CH_EBUSY: too few did.
 */
static int timestamps_make(struct work *w, struct buf *list, struct pki_ct_entry *entry)
{
    struct private_work *p = &w->p;
    struct issue_order order = p->order;
    struct issued_row pre = {.scope = p->intent.scope};
    struct pki_reason why = {""};
    struct slice tbs = {0};
    memcpy(pre.authority, p->intent.authority, sizeof pre.authority);
    memcpy(pre.id, p->intent.id, sizeof pre.id);
    memcpy(pre.serial, p->intent.serial, sizeof pre.serial);
    order.profile = pki_profile_public(p->row.key_alg, true);
    order.extras = w->poisoned;
    int rc = issue_sign(p->core, &order, &pre, &why);
    if (rc != 0 && why.text[0] != '\0')
        note(w, rc, why.text);
    if (rc == 0)
        rc = pki_ct_tbs_of(buf_slice(&pre.certificate), &tbs);
    if (rc == 0)
        rc = pki_ct_entry_make(tbs, buf_slice(&p->authority.spki), entry);
    if (rc == 0)
        rc = timestamps_get(w, buf_slice(&pre.certificate), list);
    issued_row_free(&pre);
    return rc;
}

/* What is going to be signed must be what the logs have seen, but for the timestamps. */
static int is_as_logged(struct work *w, const struct pki_ct_entry *entry)
{
    struct pki_ct_entry own = {0};
    int rc = pki_ct_entry_make(buf_slice(&w->draft), buf_slice(&w->p.authority.spki), &own);
    if (rc == 0 && !slice_equal(buf_slice(&own.tbs), buf_slice(&entry->tbs)))
        rc = CH_EINTEGRITY;
    pki_ct_entry_free(&own);
    return rc;
}

static int draft_make(struct work *w)
{
    struct pki_reason why = {""};
    buf_clear(&w->draft);
    int rc = issue_draft(w->p.core, &w->p.order, &w->p.intent, &w->draft, &why);
    return rc == 0 || why.text[0] == '\0' ? rc : note(w, rc, why.text);
}

/* Too few logs: the configuration says whether that keeps a certificate from being issued. */
static int timestamps_add(struct work *w)
{
    struct buf list = {0};
    struct pki_ct_entry entry = {0};
    int rc = timestamps_make(w, &list, &entry);
    if (rc == CH_EBUSY && strcmp(w->p.core->config->ct_failure, "issue") == 0) {
        log_warn("certificate %s is issued without timestamps: %s", w->p.row.id, w->note);
        memcpy(w->unlogged, w->note, sizeof w->unlogged);
        w->note[0] = '\0';
        rc = 0;
    } else if (rc == 0) {
        rc = pki_ct_add_timestamps(w->extras, buf_slice(&list));
        if (rc == 0)
            rc = draft_make(w);
        if (rc == 0)
            rc = is_as_logged(w, &entry);
        w->logged = rc == 0;
    }
    pki_ct_entry_free(&entry);
    buf_free(&list);
    return rc;
}

/* ---- the signature ---- */

static int intent_unit(struct store_tx *tx, void *context)
{
    const struct work *w = context;
    return store_issued_insert(tx, &w->p.intent);
}

/* After the intent is committed. */
static int sign_intended(struct work *w)
{
    struct pki_reason why = {""};
    struct private_work *p = &w->p;
    int rc = wants_timestamps(w) ? timestamps_add(w) : 0;
    p->order.draft = buf_slice(&w->draft);
    if (rc == 0)
        rc = issue_sign(p->core, &p->order, &p->intent, &why);
    if (rc == 0)
        rc = private_row_issue(p);
    if (rc != 0) {
        issue_abandon(p->core, &p->intent);
        if (w->note[0] == '\0')
            note(w, rc, why.text[0] == '\0' ? "The HSM does not sign." : why.text);
    }
    return rc;
}

/* The linted TBS comes before the intent: what is refused leaves nothing behind. */
static int sign(struct work *w)
{
    struct private_work *p = &w->p;
    int rc = private_intend(p);
    if (rc == 0)
        rc = draft_make(w);
    if (rc == 0)
        rc = store_write(p->core->store, intent_unit, w);
    return rc == 0 ? sign_intended(w) : rc;
}

/* ---- the last commit ---- */

static int event_append(struct store_tx *tx, const struct work *w)
{
    const struct certificate_row *row = &w->p.row;
    char arn[ARN_SIZE];
    arn_certificate(&row->scope, row->id, arn);
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "CertificateIssued",
                .source = "acm.amazonaws.com",
                .account = row->scope.account,
                .region = row->scope.region,
                .at = w->now,
                .details = json_pack("{s:s,s:s,s:s,s:b,s:s*}", "certificateArn", arn, "serialNumber",
                                     row->serial, "trustService", w->p.authority.id,
                                     "transparencyLogged", w->logged, "transparencyFailure",
                                     w->unlogged[0] == '\0' ? NULL : w->unlogged),
            });
}

static int first_time(struct store_tx *tx, struct work *w)
{
    struct private_work *p = &w->p;
    int rc = store_issued_complete(tx, &p->intent);
    if (rc == 0)
        rc = store_key_insert(tx, &p->key);
    if (rc == 0)
        rc = store_certificate_set_issued(tx, &p->row);
    return rc == 0 ? event_append(tx, w) : rc;
}

static int finish_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = w->renewal ? renewal_complete(tx, &w->p, &w->old_key, w->now) : first_time(tx, w);
    return rc == 0 ? store_public_order_remove(tx, &w->p.row.scope, w->p.row.id) : rc;
}

static int finish(struct work *w)
{
    int rc = store_write(w->p.core->store, finish_unit, w);
    if (rc != 0) {
        issue_abandon(w->p.core, &w->p.intent);
        return rc;
    }
    if (w->renewal)
        renewal_key_forget(w->p.core, &w->old_key);
    log_info("certificate %s is issued by trust service %s", w->p.row.id, w->p.authority.id);
    return 0;
}

/* ---- what becomes of it ---- */

static int make(struct work *w)
{
    int rc = order_make(w);
    if (rc == 0)
        rc = private_key_make(&w->p, true);
    if (rc == CH_EUNSUPPORTED && w->note[0] == '\0')
        note(w, rc, "The HSM cannot keep keys of this kind.");
    if (rc == 0)
        rc = sign(w);
    return rc == 0 ? finish(w) : rc;
}

static int remove_unit(struct store_tx *tx, void *context)
{
    const struct work *w = context;
    return store_public_order_remove(tx, &w->order.scope, w->order.certificate);
}

static int delay_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = store_public_order_delay(tx, &w->order);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

/* Tried again after 1, 2, 4 ... seconds; what waits for an authority is woken by it. */
static int put_off(struct work *w, int code)
{
    uint32_t power = w->order.attempts < DELAY_MOST ? w->order.attempts : DELAY_MOST;
    free(w->order.note);
    w->order.note = NULL;
    int rc = member_copy(w->note[0] == '\0' ? ch_error_text(code) : w->note, &w->order.note);
    w->order.attempts++;
    w->order.due_at = w->now + (SECOND_US << power);
    log_info("certificate %s waits: %s", w->order.certificate,
             w->order.note == NULL ? ch_error_text(code) : w->order.note);
    return rc == 0 ? store_write(w->p.core->store, delay_unit, w) : rc;
}

static int row_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    return store_certificate_get(tx, &w->order.scope, w->order.certificate, &w->p.row);
}

static bool is_wanted(struct work *w)
{
    const struct certificate_row *row = &w->p.row;
    w->renewal = strcmp(row->status, "ISSUED") == 0 && renewal_is_pending(row);
    return strcmp(row->type, "AMAZON_ISSUED") == 0 &&
           (w->renewal || strcmp(row->status, "PENDING_VALIDATION") == 0);
}

/* The look-up of CAA is too old: names and CAA are to be looked at anew. */
static int recheck_unit(struct store_tx *tx, void *context)
{
    struct work *w = context;
    int rc = validation_restart(tx, &w->order.scope, w->order.certificate, w->now);
    return rc == 0 ? remove_unit(tx, w) : rc;
}

static int work_run(struct work *w)
{
    struct core *core = w->p.core;
    int rc = store_read(core->store, row_unit, w);
    if (rc == CH_ENOTFOUND || (rc == 0 && !is_wanted(w)))
        return store_write(core->store, remove_unit, w);
    if (rc == 0 && w->now - w->order.checked_at > CAA_AGE_US) {
        rc = store_write(core->store, recheck_unit, w);
        if (rc == 0)
            validation_wake(core);
        return rc;
    }
    if (rc == 0)
        rc = make(w);
    /* Deleted or settled by somebody else meanwhile: the next round sees it. */
    return rc == 0 ? 0 : put_off(w, rc);
}

static void work_free(struct work *w)
{
    private_work_free(&w->p);
    public_order_row_free(&w->order);
    key_row_free(&w->old_key);
    pki_extras_free(w->poisoned);
    pki_extras_free(w->extras);
    buf_free(&w->draft);
}

/* ---- whose turn it is: the lines work beside each other, as one may wait for logs elsewhere ---- */

static_assert(PUBLIC_ISSUE_LINES <= TURNS_LINES, "each line may hold one");
static struct turns turns = TURNS_INIT;

struct look {
    int64_t now;
    int64_t scope; /* at hand */
    struct public_order_row rows[LOOK];
    struct turn turns[LOOK];
    size_t count;
};

static int look_visit(void *context, const struct public_order_row *row)
{
    struct look *l = context;
    struct turn *t = &l->turns[l->count];
    t->scope = l->scope;
    memcpy(t->account, row->scope.account, sizeof t->account);
    snprintf(t->key, sizeof t->key, "%s", row->certificate);
    l->rows[l->count] = *row;
    l->rows[l->count++].note = NULL;
    return 0;
}

/* So many that all lines can work for one account. */
static int scope_visit(void *context, struct store_tx *tx, int64_t scope)
{
    struct look *l = context;
    if (l->count + PUBLIC_ISSUE_LINES > LOOK)
        return CH_ELIMIT;
    l->scope = scope;
    return store_public_order_list(tx, scope, l->now, PUBLIC_ISSUE_LINES, look_visit, l);
}

static int look_unit(struct store_tx *tx, void *context)
{
    return turns_walk(&turns, tx, store_public_order_scopes, scope_visit, context);
}

/* ---- the job ---- */

static int look_read(struct core *core, int64_t now, struct look **out)
{
    struct look *l = *out = calloc(1, sizeof *l);
    if (l == NULL)
        return CH_ENOMEM;
    l->now = now;
    return store_read(core->store, look_unit, l);
}

static int due_unit(struct store_tx *tx, void *context)
{
    return store_public_order_next(tx, context);
}

int issue_public_job_due(struct core *core, int64_t *at)
{
    struct look *l = NULL;
    int64_t now = clock_now_us();
    int rc = store_read(core->store, due_unit, at);
    if (rc == CH_ENOTFOUND)
        *at = SCHEDULE_NEVER;
    if (rc != 0 || *at > now)
        return rc == CH_ENOTFOUND ? 0 : rc;
    rc = look_read(core, now, &l);
    if (rc == 0 && turns_find(&turns, l->turns, l->count, PUBLIC_ISSUE_LINES) < 0)
        *at = SCHEDULE_NEVER; /* others have all that is due */
    free(l);
    return rc;
}

int issue_public_job_run(struct core *core, int64_t now)
{
    struct look *l = NULL;
    int rc = look_read(core, now, &l);
    int mine = rc == 0 ? turns_take(&turns, l->turns, l->count, PUBLIC_ISSUE_LINES) : -1;
    if (mine >= 0) {
        struct work w = {.p = {.core = core}, .order = l->rows[mine], .now = now};
        rc = work_run(&w);
        work_free(&w);
        turns_release(&turns, &l->turns[mine]);
    }
    free(l);
    return rc;
}
