#include "ca/pca/ocsp_responder.h"

#include "ca/issue.h"
#include "ca/jobs/key_maker.h"
#include "ca/keyring.h"
#include "ca/pca/authority.h"
#include "ca/pca/validity.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIFETIME (INT64_C(7) * 24 * 3600)
#define RENEW_BEFORE (LIFETIME / 2)
#define RETRY_AFTER 60 /* seconds, when a renewal failed and the old certificate still holds */
#define OID_COMMON_NAME "2.5.4.3"
#define NAME_SIZE 48
#define SECOND_US INT64_C(1000000)

struct entry {
    struct entry *next;
    char id[ROW_UUID_SIZE];
    struct ocsp_responder responder;
    int64_t renew_at; /* seconds */
    bool gone; /* with its authority: no other comes */
};

struct ocsp_responders {
    struct core *core;
    pthread_mutex_t lock; /* also: one maker at a time */
    struct entry *entries;
};

struct ocsp_responders *ocsp_responders_new(struct core *core)
{
    struct ocsp_responders *all = calloc(1, sizeof *all);
    if (all == NULL)
        return NULL;
    all->core = core;
    pthread_mutex_init(&all->lock, NULL);
    return all;
}

void ocsp_responders_free(struct ocsp_responders *all)
{
    if (all == NULL)
        return;
    while (all->entries != NULL) {
        struct entry *gone = all->entries;
        all->entries = gone->next;
        ocsp_responder_free(&gone->responder);
        free(gone);
    }
    pthread_mutex_destroy(&all->lock);
    free(all);
}

void ocsp_responder_free(struct ocsp_responder *r)
{
    buf_free(&r->certificate);
    *r = (struct ocsp_responder){0};
}

/* ---- the certificate ---- */

static void key_name(const struct authority_row *authority, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "ocsp/%s", authority->id);
}

struct order {
    struct issue_order issue;
    struct buf subject;
    struct issued_row intent;
    char name[NAME_SIZE]; /* of the key */
    int64_t renew_at;     /* seconds */
};

/*
 * In the middle of its life; but one that holds as long as its authority does is the last: another would
 * end no later.
 */
static int64_t renewal_of(int64_t not_after, int64_t authority_end)
{
    return not_after >= authority_end ? not_after : not_after - RENEW_BEFORE;
}

/* Below the authority's own name, so that constraints on names let it be. */
static int order_make(struct core *core, const struct authority_row *authority, struct slice spki,
                      struct order *o)
{
    static const struct pki_attribute role = {OID_COMMON_NAME, "OCSP responder"};
    const struct authority_issuer *issuer = NULL;
    struct authority_cache *cache = key_maker_authorities(core->key_maker);
    int64_t now = clock_now();
    int r = authority_issuer_acquire(cache, authority, &issuer);
    if (r != 0)
        return r;
    int64_t end = pki_certificate_not_after(issuer->certificate);
    r = pki_name_append(pki_certificate_subject(issuer->certificate), &role, &o->subject);
    authority_issuer_release(cache, issuer);
    o->issue = (struct issue_order){
        .authority = authority,
        .profile = pki_profile_ocsp_responder(),
        .sig_alg = sig_alg_default(authority_key_alg(authority)),
        .subject = buf_slice(&o->subject),
        .spki = spki,
        .not_before = now - VALIDITY_BACKDATE,
        .not_after = now + LIFETIME < end ? now + LIFETIME : end,
    };
    o->renew_at = renewal_of(o->issue.not_after, end);
    key_name(authority, o->name);
    return r == 0 && end <= now ? CH_ESTATE : r;
}

static int intent_unit(struct store_tx *tx, void *context)
{
    const struct order *o = context;
    return store_issued_insert(tx, &o->intent);
}

static int record(struct store_tx *tx, const struct order *o)
{
    const struct scope *scope = &o->issue.authority->scope;
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "IssueOcspResponder",
                .source = "acm-pca.amazonaws.com",
                .account = scope->account,
                .region = scope->region,
                .at = clock_now_us(),
                .details = json_pack("{s:s, s:s}", "certificateAuthority", o->issue.authority->id,
                                     "certificate", o->intent.id),
            });
}

static int finish_unit(struct store_tx *tx, void *context)
{
    const struct order *o = context;
    int r = store_issued_complete(tx, &o->intent);
    if (r == 0)
        r = store_system_key_set_certificate(tx, o->name, buf_slice(&o->intent.certificate));
    if (r == 0)
        r = store_ocsp_renewal_set(tx, &o->issue.authority->scope, o->issue.authority->id,
                                   o->renew_at * SECOND_US);
    return r == 0 ? record(tx, o) : r;
}

/* By the road of every certificate: intent, TBS, lint, signature, verification, store. */
static int certificate_issue(struct core *core, const struct authority_row *authority,
                             struct slice spki, struct buf *der)
{
    struct pki_reason why = {""};
    struct order o = {0};
    bool intended = false;
    int r = order_make(core, authority, spki, &o);
    if (r == 0)
        r = issue_check(core, &o.issue, clock_now_us(), &why);
    if (r == 0)
        r = issue_intend(core, &o.issue, &o.intent);
    if (r == 0)
        r = store_write(core->store, intent_unit, &o);
    intended = r == 0;
    if (r == 0)
        r = issue_sign(core, &o.issue, &o.intent, &why);
    if (r == 0)
        r = store_write(core->store, finish_unit, &o);
    if (r != 0 && intended)
        issue_abandon(core, &o.intent);
    if (r == 0)
        r = buf_put_slice(der, buf_slice(&o.intent.certificate));
    if (r != 0)
        log_warn("authority %s: no OCSP responder: %s%s%s", authority->id, ch_error_text(r),
                 why.text[0] == '\0' ? "" : ": ", why.text);
    issued_row_free(&o.intent);
    buf_free(&o.subject);
    return r;
}

/* ---- responders ---- */

/* Does the certificate come from the authority's present one, how long does it hold, when is it renewed? */
static int certificate_judge(const struct authority_row *authority, struct slice der,
                             int64_t *not_after, int64_t *renew_at)
{
    struct pki_certificate *certificate = NULL;
    struct pki_certificate *issuer = NULL;
    struct pki_reason why;
    int r = pki_certificate_parse(der, &certificate, &why);
    if (r == 0)
        r = pki_certificate_parse(buf_slice(&authority->certificate), &issuer, &why);
    if (r == 0)
        r = pki_certificate_issued_by(certificate, issuer, &why);
    if (r == 0) {
        *not_after = pki_certificate_not_after(certificate);
        *renew_at = renewal_of(*not_after, pki_certificate_not_after(issuer));
    }
    pki_certificate_free(issuer);
    pki_certificate_free(certificate);
    return r;
}

static int responder_fill(struct core *core, const struct authority_row *authority,
                          struct ocsp_responder *out, int64_t *renew_at)
{
    struct system_key_row row = {0};
    char name[NAME_SIZE];
    int64_t now = clock_now();
    key_name(authority, name);
    int r = keyring_pair_ensure(core->keyring, name, &row, &out->key);
    if (r == 0)
        r = pki_key_id(buf_slice(&row.spki), out->key_id);
    bool holds = r == 0 && row.certificate.len > 0 &&
                 certificate_judge(authority, buf_slice(&row.certificate), &out->not_after,
                                   renew_at) == 0 &&
                 *renew_at > now;
    if (holds)
        r = buf_put_slice(&out->certificate, buf_slice(&row.certificate));
    else if (r == 0)
        r = certificate_issue(core, authority, buf_slice(&row.spki), &out->certificate);
    if (r == 0)
        r = certificate_judge(authority, buf_slice(&out->certificate), &out->not_after, renew_at);
    system_key_row_free(&row);
    return r;
}

static struct entry *entry_find(const struct ocsp_responders *all, const char *id)
{
    struct entry *e = all->entries;
    while (e != NULL && strcmp(e->id, id) != 0)
        e = e->next;
    return e;
}

/* A new one takes the place of the old; when there is none to be had, the old serves to its end. */
static int entry_renew(struct ocsp_responders *all, const struct authority_row *authority,
                       struct entry **entry)
{
    struct ocsp_responder fresh = {0};
    struct entry *e = *entry;
    int64_t now = clock_now();
    int64_t renew_at = 0;
    int r = responder_fill(all->core, authority, &fresh, &renew_at);
    if (r != 0) {
        ocsp_responder_free(&fresh);
        if (e == NULL || e->responder.not_after <= now)
            return r;
        e->renew_at = now + RETRY_AFTER;
        return 0;
    }
    if (e == NULL && (e = calloc(1, sizeof *e)) == NULL) {
        ocsp_responder_free(&fresh);
        return CH_ENOMEM;
    }
    if (*entry == NULL) {
        memcpy(e->id, authority->id, sizeof e->id);
        e->next = all->entries;
        all->entries = e;
    }
    ocsp_responder_free(&e->responder);
    e->responder = fresh;
    e->renew_at = renew_at;
    *entry = e;
    return 0;
}

int ocsp_responder_take(struct ocsp_responders *all, const struct authority_row *authority,
                        struct ocsp_responder *out)
{
    int r = 0;
    *out = (struct ocsp_responder){0};
    pthread_mutex_lock(&all->lock);
    struct entry *e = entry_find(all, authority->id);
    if (e != NULL && e->gone)
        r = CH_ESTATE;
    else if (e == NULL || clock_now() >= e->renew_at)
        r = entry_renew(all, authority, &e);
    if (r == 0) {
        out->key = e->responder.key;
        memcpy(out->key_id, e->responder.key_id, sizeof out->key_id);
        out->not_after = e->responder.not_after;
        r = buf_put_slice(&out->certificate, buf_slice(&e->responder.certificate));
    }
    pthread_mutex_unlock(&all->lock);
    return r;
}

/* ---- the job's part ---- */

struct next_renewal {
    const struct authority_row *authority;
    int64_t at;
};

static int next_unit(struct store_tx *tx, void *context)
{
    const struct next_renewal *n = context;
    return store_ocsp_renewal_set(tx, &n->authority->scope, n->authority->id, n->at);
}

/* The time when this process will renew what it has, which may differ from what the store had. */
static int64_t renewal_time(struct ocsp_responders *all, const char *id)
{
    pthread_mutex_lock(&all->lock);
    const struct entry *e = entry_find(all, id);
    int64_t at = e == NULL || e->gone ? STORE_OCSP_NEVER : e->renew_at * SECOND_US;
    pthread_mutex_unlock(&all->lock);
    return at;
}

int ocsp_responder_renew(struct ocsp_responders *all, const struct authority_row *authority)
{
    struct ocsp_responder responder = {0};
    struct next_renewal n = {.authority = authority, .at = STORE_OCSP_NEVER};
    int r = ocsp_responder_take(all, authority, &responder);
    ocsp_responder_free(&responder);
    if (r == 0)
        n.at = renewal_time(all, authority->id);
    else if (r != CH_ESTATE) /* one that fails must not keep the others waiting */
        n.at = clock_now_us() + RETRY_AFTER * SECOND_US;
    return store_write(all->core->store, next_unit, &n);
}

/* Whoever takes later, with a row that he read before, finds that it is gone. */
static int entry_end(struct ocsp_responders *all, const char *id)
{
    struct entry *e = entry_find(all, id);
    if (e == NULL && (e = calloc(1, sizeof *e)) != NULL) {
        memcpy(e->id, id, sizeof e->id);
        e->next = all->entries;
        all->entries = e;
    }
    if (e == NULL)
        return CH_ENOMEM;
    ocsp_responder_free(&e->responder);
    e->gone = true;
    return 0;
}

int ocsp_responder_destroy(struct ocsp_responders *all, const struct authority_row *authority)
{
    struct next_renewal never = {.authority = authority, .at = STORE_OCSP_NEVER};
    char name[NAME_SIZE];
    key_name(authority, name);
    pthread_mutex_lock(&all->lock);
    int r = entry_end(all, authority->id);
    if (r == 0)
        r = keyring_pair_destroy(all->core->keyring, name);
    if (r == 0)
        r = store_write(all->core->store, next_unit, &never);
    pthread_mutex_unlock(&all->lock);
    return r;
}
