/*
 * How the trust services come into being: TRUST_JOB looks what is missing and makes one at a time.
 * All it knows stands in the store: CREATING is a row without a key, PENDING_CERTIFICATE one without
 * a certificate.
 */
#include "ca/trust/cross.h"
#include "ca/trust/trust.h"

#include "ca/acm/issue_public.h"
#include "ca/arn.h"
#include "ca/issue.h"
#include "ca/jobs/key_maker.h"
#include "ca/jobs/schedule.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/authority_key.h"
#include "ca/pca/crl.h"
#include "ca/pca/ocsp.h"
#include "ca/pca/revocation_configuration.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY (INT64_C(24) * 3600)
#define YEAR (365 * DAY)
#define ROOT_YEARS 25
#define ROOT_LEFT (8 * YEAR * SECOND_US) /* a root with less left gets a successor */
#define OTHER_YEARS 10
#define OTHER_LEFT (2 * YEAR * SECOND_US) /* likewise an authority below */
/* A fresh appliance first serves who is waiting for it: the token makes one key at a time. */
#define FIRST_AFTER (20 * SECOND_US)
#define WANTED_SETTING "trust-wanted/"
#define REVOCATION                                                                                 \
    "{\"CrlConfiguration\":{\"Enabled\":true,\"ExpirationInDays\":7},"                             \
    "\"OcspConfiguration\":{\"Enabled\":true}}"
#define ANY_POLICY "2.5.29.32.0"

/* ---- which families are to be there ---- */

struct wanted {
    const struct trust_family *only; /* NULL = all; for trust_want */
    bool families[TRUST_FAMILIES];
};

static void setting_name(const struct trust_family *family, char name[64])
{
    snprintf(name, 64, WANTED_SETTING "%s", family->token);
}

static int wanted_read(struct store_tx *tx, void *context)
{
    struct wanted *w = context;
    char name[64];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < TRUST_FAMILIES; i++) {
        char *value = NULL;
        setting_name(&trust_families[i], name);
        rc = store_setting_get(tx, name, &value);
        w->families[i] = rc == 0;
        free(value);
        rc = rc == CH_ENOTFOUND ? 0 : rc;
    }
    return rc;
}

static int wanted_write(struct store_tx *tx, void *context)
{
    const struct wanted *w = context;
    char name[64];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < TRUST_FAMILIES; i++) {
        setting_name(&trust_families[i], name);
        if (w->only == NULL || w->only == &trust_families[i])
            rc = store_setting_put(tx, name, "yes");
    }
    return rc;
}

static bool is_on_demand(const struct core *core)
{
    return strcmp(core->config->trust_create, "demand") == 0;
}

static int wanted_find(struct core *core, struct wanted *out)
{
    *out = (struct wanted){0};
    if (is_on_demand(core))
        return store_read(core->store, wanted_read, out);
    for (size_t i = 0; i < TRUST_FAMILIES; i++)
        out->families[i] = true;
    return 0;
}

static bool is_wanted_already(struct core *core, const struct trust_family *family)
{
    struct wanted w;
    bool all = wanted_find(core, &w) == 0;
    for (size_t i = 0; i < TRUST_FAMILIES; i++)
        if (family == NULL || family == &trust_families[i])
            all = all && w.families[i];
    return all;
}

int trust_want(struct core *core, const struct trust_family *family)
{
    int rc = 0;
    if (!is_wanted_already(core, family))
        rc = store_write(core->store, wanted_write, &(struct wanted){.only = family});
    if (rc == 0)
        schedule_wake(core->schedule, TRUST_JOB);
    return rc;
}

/* ---- what is missing ---- */

struct plan {
    const struct trust_family *family; /* NULL: nothing is to be done before `due` */
    int64_t due;
    const struct trust_row *unfinished; /* to go on with; NULL = a new one */
    const struct trust_row *root;       /* under which; NULL = a root is missing */
    uint32_t generation;
};

static bool is_of(const struct trust_row *row, const struct trust_family *family, bool root)
{
    return row->family == family->key_alg && trust_is_root(row) == root;
}

static bool is_finished(const struct trust_row *row)
{
    return strcmp(row->status, "CREATING") != 0 &&
           strcmp(row->status, "PENDING_CERTIFICATE") != 0;
}

static uint32_t next_generation(const struct trust_list *list, const struct plan *p, bool root)
{
    uint32_t last = 0;
    for (size_t i = 0; i < list->count; i++)
        if (is_of(&list->rows[i], p->family, root) && list->rows[i].generation > last)
            last = list->rows[i].generation;
    return last + 1;
}

/* Those that serve at now, and the one under way; p->due comes when the first of them runs short. */
static unsigned count_serving(const struct trust_list *list, struct plan *p, bool root, int64_t now,
                              const struct trust_row **last)
{
    int64_t left = root ? ROOT_LEFT : OTHER_LEFT;
    unsigned count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct trust_row *row = &list->rows[i];
        if (!is_of(row, p->family, root) || row->retired_at != 0)
            continue;
        if (!is_finished(row))
            p->unfinished = row;
        if (!trust_issues(row, now + left))
            continue;
        count++;
        *last = row;
        if (row->not_after - left < p->due)
            p->due = row->not_after - left;
    }
    return count;
}

static bool has_failed(const struct trust_list *list, const struct trust_family *family)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].family == family->key_alg &&
            strcmp(list->rows[i].status, "FAILED") == 0)
            return true;
    return false;
}

/* True when something of the family is missing. */
static bool plan_family(const struct trust_list *list, const struct trust_family *family,
                        const struct config *config, int64_t now, struct plan *p)
{
    const struct trust_row *other = NULL;
    p->family = family;
    p->unfinished = NULL;
    p->root = NULL;
    unsigned roots = count_serving(list, p, true, now, &p->root);
    if (p->unfinished != NULL)
        return true;
    p->generation = next_generation(list, p, roots == 0);
    if (roots == 0)
        return true;
    unsigned others = count_serving(list, p, false, now, &other);
    return p->unfinished != NULL || others < (unsigned)config->trust_intermediates;
}

static void plan_make(const struct trust_list *list, const struct wanted *wanted,
                      const struct config *config, int64_t now, struct plan *p)
{
    *p = (struct plan){.due = SCHEDULE_NEVER};
    for (size_t i = 0; i < TRUST_FAMILIES; i++) {
        const struct trust_family *family = &trust_families[i];
        if (wanted->families[i] && !has_failed(list, family) &&
            plan_family(list, family, config, now, p)) {
            p->due = now;
            return;
        }
    }
    p->family = NULL;
}

/* list is the caller's to free, also on failure. */
static int plan_find(struct core *core, int64_t now, struct trust_list *list, struct plan *p)
{
    struct wanted wanted;
    *p = (struct plan){.due = SCHEDULE_NEVER};
    *list = (struct trust_list){0};
    if (!trust_has_place(core->config))
        return 0;
    int rc = wanted_find(core, &wanted);
    if (rc == 0)
        rc = trust_list_read(core, list);
    if (rc == 0)
        plan_make(list, &wanted, core->config, now, p);
    return rc;
}

int trust_job_due(struct core *core, int64_t *at)
{
    struct trust_list list;
    struct plan p;
    int rc = plan_find(core, clock_now_us(), &list, &p);
    *at = p.due;
    if (p.family != NULL && list.count == 0 && !is_on_demand(core))
        *at = p.due > core->started_at + FIRST_AFTER ? p.due : core->started_at + FIRST_AFTER;
    trust_list_free(&list);
    return rc;
}

int trust_progress(struct core *core, unsigned *have, unsigned *want)
{
    struct trust_list list;
    struct wanted wanted = {0};
    int64_t now = clock_now_us();
    *have = *want = 0;
    int rc = trust_list_read(core, &list);
    if (rc == 0)
        rc = wanted_find(core, &wanted);
    for (size_t i = 0; i < TRUST_FAMILIES; i++)
        *want += wanted.families[i] ? 1 + (unsigned)core->config->trust_intermediates : 0;
    for (size_t i = 0; rc == 0 && i < list.count; i++)
        *have += trust_issues(&list.rows[i], now);
    trust_list_free(&list);
    return rc;
}

/* ---- a new row ---- */

/* An authority on its way. */
struct making {
    struct core *core;
    const struct trust_family *family;
    struct trust_row row;
    struct authority_row authority, root; /* root: of the one above, unless it is a root itself */
    struct issued_row intent;
    char *cross; /* of a root after another: the way from that one to it */
    int64_t now;
};

static void making_free(struct making *m)
{
    free(m->cross);
    issued_row_free(&m->intent);
    authority_row_free(&m->authority);
    authority_row_free(&m->root);
}

/* The end of the name tells appliances apart that have the same organization. */
static void common_name(const struct making *m, char name[65])
{
    const char *organization = m->core->config->trust_organization;
    char generation[16] = "";
    if (trust_is_root(&m->row)) {
        if (m->row.generation > 1)
            snprintf(generation, sizeof generation, " G%u", (unsigned)m->row.generation);
        snprintf(name, 65, "%.36s %s%s %.8s", organization, m->family->root, generation, m->row.id);
    } else {
        snprintf(name, 65, "%.36s %s M%02u %.8s", organization, m->family->name,
                 (unsigned)m->row.generation, m->row.id);
    }
}

static int configuration_fill(struct making *m)
{
    char name[65];
    const struct config *c = m->core->config;
    common_name(m, name);
    json_t *json = json_pack(
        "{s:s,s:s,s:{s:s,s:s,s:s}}", "KeyAlgorithm", key_alg_info(m->family->key_alg)->name,
        "SigningAlgorithm", sig_alg_info(m->family->sig_alg)->name, "Subject", "Country",
        c->trust_country, "Organization", c->trust_organization, "CommonName", name);
    int rc = json == NULL ? CH_ENOMEM : member_dump(json, &m->authority.configuration);
    json_decref(json);
    return rc;
}

static int authority_fill(struct making *m)
{
    struct authority_row *a = &m->authority;
    a->scope = trust_scope;
    a->created_at = a->state_changed_at = m->now;
    memcpy(a->id, m->row.id, sizeof a->id);
    int rc = hsm_random(m->core->hsm, a->key_id, sizeof a->key_id);
    if (rc == 0)
        rc = configuration_fill(m);
    if (rc == 0)
        rc = member_copy(trust_is_root(&m->row) ? "ROOT" : "SUBORDINATE", &a->type);
    if (rc == 0)
        rc = member_copy("CREATING", &a->status);
    if (rc == 0)
        rc = member_copy("GENERAL_PURPOSE", &a->usage_mode);
    if (rc == 0)
        rc = member_copy("FIPS_140_2_LEVEL_3_OR_HIGHER", &a->key_storage);
    return rc == 0 ? member_copy(REVOCATION, &a->revocation) : rc;
}

static int insert_unit(struct store_tx *tx, void *context)
{
    const struct making *m = context;
    int rc = store_authority_insert(tx, &m->authority);
    return rc == 0 ? store_trust_insert(tx, &trust_scope, &m->row) : rc;
}

/* Claimed before it can be seen, so that the key maker leaves it alone. */
static int row_new(struct making *m, const struct plan *p)
{
    m->row.family = p->family->key_alg;
    m->row.generation = p->generation;
    int rc = arn_uuid_new(m->row.id);
    memcpy(m->row.parent, p->root == NULL ? m->row.id : p->root->id, sizeof m->row.parent);
    if (rc == 0)
        rc = key_maker_claim(m->core->key_maker, m->row.id);
    if (rc != 0)
        return rc;
    rc = authority_fill(m);
    if (rc == 0)
        rc = store_write(m->core->store, insert_unit, m);
    if (rc != 0)
        key_maker_release(m->core->key_maker, m->row.id);
    return rc;
}

static int row_take(struct making *m, const struct trust_row *row)
{
    m->row = *row;
    m->row.status = NULL;
    return key_maker_claim(m->core->key_maker, m->row.id);
}

/* ---- the certificate ---- */

static int rows_unit(struct store_tx *tx, void *context)
{
    struct making *m = context;
    authority_row_free(&m->authority);
    int rc = store_authority_get(tx, &trust_scope, m->row.id, &m->authority);
    if (rc == 0 && !trust_is_root(&m->row))
        rc = store_authority_get(tx, &trust_scope, m->row.parent, &m->root);
    return rc;
}

static int intent_unit(struct store_tx *tx, void *context)
{
    const struct making *m = context;
    return store_issued_insert(tx, &m->intent);
}

static int event_append(struct store_tx *tx, const struct making *m)
{
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "TrustServiceCreated",
                .source = "chancery.internal",
                .at = m->now,
                .details = json_pack("{s:s,s:s,s:b,s:s}", "authority", m->row.id, "family",
                                     m->family->name, "root", trust_is_root(&m->row),
                                     "serialNumber", m->authority.serial),
            });
}

/* Public certificates may have waited for this one. */
static int finish_unit(struct store_tx *tx, void *context)
{
    const struct making *m = context;
    int rc = store_issued_complete(tx, &m->intent);
    if (rc == 0)
        rc = store_authority_set_certificate(tx, &m->authority);
    if (rc == 0)
        rc = crl_configured(tx, &trust_scope, m->row.id, m->now);
    if (rc == 0 && !trust_is_root(&m->row))
        rc = store_public_order_due(tx, m->now);
    return rc == 0 ? event_append(tx, m) : rc;
}

/* What the certificate says, and the chain above it, into the row. */
static int authority_take(struct making *m)
{
    struct authority_row *a = &m->authority;
    struct pki_certificate *certificate = NULL;
    struct pki_reason why;
    struct buf chain = {0};
    char serial[PKI_SERIAL_TEXT_SIZE];
    int rc = pki_certificate_parse(buf_slice(&m->intent.certificate), &certificate, &why);
    if (rc != 0)
        return rc;
    pki_certificate_serial(certificate, serial);
    a->not_before = pki_certificate_not_before(certificate) * SECOND_US;
    a->not_after = pki_certificate_not_after(certificate) * SECOND_US;
    a->state_changed_at = m->now;
    free(a->serial);
    free(a->chain);
    a->chain = NULL;
    rc = member_copy(serial, &a->serial);
    if (rc == 0)
        rc = buf_put_slice(&a->certificate, buf_slice(&m->intent.certificate));
    if (rc == 0 && !trust_is_root(&m->row))
        rc = trust_chain_put(&m->root, &chain);
    if (rc == 0)
        rc = member_copy(chain.len > 0 ? buf_text(&chain) : m->cross, &a->chain);
    buf_free(&chain);
    pki_certificate_free(certificate);
    return rc;
}

static int sign(struct making *m, const struct issue_order *order)
{
    struct pki_reason why = {""};
    int rc = store_write(m->core->store, intent_unit, m);
    if (rc != 0)
        return rc;
    rc = issue_sign(m->core, order, &m->intent, &why);
    if (rc == 0)
        rc = authority_take(m);
    if (rc == 0)
        rc = store_write(m->core->store, finish_unit, m);
    if (rc != 0) {
        log_error("trust service %s: %s %s", m->row.id, ch_error_text(rc), why.text);
        issue_abandon(m->core, &m->intent);
    }
    return rc;
}

/* By whom, under which profile, and until when: no longer than the one above. */
static void order_fill(struct making *m, struct issue_order *o)
{
    bool root = trust_is_root(&m->row);
    int64_t years = root ? ROOT_YEARS : OTHER_YEARS;
    o->authority = root ? &m->authority : &m->root;
    o->profile = root ? pki_profile_trust_root() : pki_profile_trust_intermediate();
    o->sig_alg = m->family->sig_alg;
    o->not_before = m->now / SECOND_US / DAY * DAY; /* BR 7.1.2.10.1: at most a day back */
    o->not_after = o->not_before + years * YEAR - 1;
    if (!root && o->not_after > m->root.not_after / SECOND_US)
        o->not_after = m->root.not_after / SECOND_US;
    o->spki = buf_slice(&m->authority.spki);
}

static int certify(struct making *m)
{
    static const struct pki_policy any_policy = {.oid = ANY_POLICY};
    struct issue_order order = {0};
    struct revocation_pointers pointers;
    struct pki_csr *csr = NULL;
    struct pki_reason why = {""};
    struct pki_extras *extras = pki_extras_new();
    order_fill(m, &order);
    int rc = extras == NULL ? CH_ENOMEM : 0;
    if (rc == 0 && !trust_is_root(&m->row))
        rc = pki_extras_add_policies(extras, &any_policy, 1);
    order.extras = extras;
    if (rc == 0)
        rc = pki_csr_parse(buf_slice(&m->authority.csr), &csr, &why);
    if (rc == 0) {
        order.subject = pki_csr_subject(csr);
        rc = issue_intend(m->core, &order, &m->intent);
    }
    if (rc == 0 && !trust_is_root(&m->row))
        rc = revocation_pointers_fill(m->core->config, &m->root, m->intent.serial, &pointers,
                                      &order.pointers);
    if (rc == 0)
        rc = sign(m, &order);
    pki_csr_free(csr);
    pki_extras_free(extras);
    return rc;
}

static void announce(struct making *m)
{
    ocsp_forget_all(m->core);
    schedule_wake(m->core->schedule, CRL_JOB);
    if (!trust_is_root(&m->row))
        issue_public_wake(m->core);
    log_info("trust services: %s %s %u is ready (%s)", m->family->name,
             trust_is_root(&m->row) ? "root" : "intermediate", (unsigned)m->row.generation,
             m->row.id);
}

/* From wherever it stands to its certificate. */
static int making_go_on(struct making *m)
{
    int rc = authority_key_make(m->core, &trust_scope, m->row.id);
    if (rc == 0)
        rc = store_read(m->core->store, rows_unit, m);
    if (rc == 0 && strcmp(m->authority.status, "FAILED") == 0)
        log_error("trust services: the HSM cannot have keys of %s: %s", m->family->name,
                  m->authority.failure_reason);
    if (rc != 0 || strcmp(m->authority.status, "PENDING_CERTIFICATE") != 0)
        return rc;
    /* Before its own certificate: a stop in between has it made again. */
    if (trust_is_root(&m->row))
        rc = trust_cross_make(m->core, m->family, &m->authority, m->now, &m->cross);
    if (rc == 0)
        rc = certify(m);
    if (rc == 0)
        announce(m);
    return rc;
}

int trust_job_run(struct core *core, int64_t now)
{
    struct trust_list list;
    struct plan p;
    struct making m = {.core = core, .now = now};
    int rc = plan_find(core, now, &list, &p);
    if (rc != 0 || p.family == NULL)
        goto out;
    m.family = p.family;
    rc = p.unfinished != NULL ? row_take(&m, p.unfinished) : row_new(&m, &p);
    if (rc == 0) {
        rc = making_go_on(&m);
        key_maker_release(core->key_maker, m.row.id);
    }
out:
    making_free(&m);
    trust_list_free(&list);
    return rc;
}

/* ---- successors ---- */

struct roll_over {
    const struct trust_family *family; /* NULL = all */
    bool root;
    int64_t now;
    struct trust_list list;
    unsigned count;
};

static int retire_unit(struct store_tx *tx, void *context)
{
    struct roll_over *r = context;
    int rc = 0;
    r->count = 0;
    for (size_t i = 0; rc == 0 && i < r->list.count; i++) {
        const struct trust_row *row = &r->list.rows[i];
        if ((r->family != NULL && row->family != r->family->key_alg) || row->retired_at != 0 ||
            (!r->root && trust_is_root(row)))
            continue;
        rc = store_trust_retire(tx, &trust_scope, row->id, r->now);
        r->count += rc == 0;
    }
    if (rc == 0 && r->count > 0)
        rc = trail_append_event(
            tx, &(struct trail_event){
                    .name = "TrustServicesRolledOver",
                    .source = "chancery.internal",
                    .at = r->now,
                    .details = json_pack("{s:s,s:b,s:i}", "family",
                                         r->family == NULL ? "all" : r->family->name, "root",
                                         r->root, "retired", (int)r->count),
                });
    return rc;
}

int trust_roll_over(struct core *core, const struct trust_family *family, bool root,
                    unsigned *count)
{
    struct roll_over r = {.family = family, .root = root, .now = clock_now_us()};
    int rc = trust_list_read(core, &r.list);
    if (rc == 0)
        rc = store_write(core->store, retire_unit, &r);
    *count = rc == 0 ? r.count : 0;
    trust_list_free(&r.list);
    if (rc == 0)
        schedule_wake(core->schedule, TRUST_JOB);
    return rc == 0 && *count == 0 ? CH_ENOTFOUND : rc;
}
