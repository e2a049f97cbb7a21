#include "ca/trust/cross.h"

#include "ca/issue.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/crl.h"
#include "ca/pca/revocation_configuration.h"
#include "ca/trail/trail.h"
#include "firmware/base/log.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY (INT64_C(24) * 3600)
#define ANY_POLICY "2.5.29.32.0"

struct cross {
    struct core *core;
    const struct trust_family *family;
    const struct authority_row *root; /* that is to be certified */
    struct authority_row old;
    struct issued_row intent;
    int64_t now;
};

/* ---- who was there before ---- */

/* NULL: nobody who still holds. */
static const struct trust_row *predecessor(const struct trust_list *list, const struct cross *c)
{
    const struct trust_row *newest = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct trust_row *row = &list->rows[i];
        if (row->family == c->family->key_alg && trust_is_root(row) &&
            strcmp(row->id, c->root->id) != 0 && strcmp(row->status, "ACTIVE") == 0 &&
            row->not_after > c->now &&
            (newest == NULL || row->generation > newest->generation))
            newest = row;
    }
    return newest;
}

struct load {
    const char *id;
    struct authority_row *out;
};

static int load_unit(struct store_tx *tx, void *context)
{
    struct load *l = context;
    authority_row_free(l->out);
    return store_authority_get(tx, &trust_scope, l->id, l->out);
}

/* CH_ENOTFOUND: there is none. */
static int predecessor_load(struct cross *c)
{
    struct trust_list list;
    int rc = trust_list_read(c->core, &list);
    const struct trust_row *row = rc == 0 ? predecessor(&list, c) : NULL;
    if (rc == 0)
        rc = row == NULL ? CH_ENOTFOUND
                         : store_read(c->core->store, load_unit, &(struct load){row->id, &c->old});
    trust_list_free(&list);
    return rc;
}

/* ---- its certificate ---- */

static int intent_unit(struct store_tx *tx, void *context)
{
    const struct cross *c = context;
    return store_issued_insert(tx, &c->intent);
}

static int finish_unit(struct store_tx *tx, void *context)
{
    const struct cross *c = context;
    int rc = store_issued_complete(tx, &c->intent);
    if (rc != 0)
        return rc;
    return trail_append_event(
        tx, &(struct trail_event){
                .name = "TrustServiceCrossCertified",
                .source = "chancery.internal",
                .at = c->now,
                .details = json_pack("{s:s,s:s,s:s}", "authority", c->root->id, "by", c->old.id,
                                     "family", c->family->name),
            });
}

static int sign(struct cross *c, const struct issue_order *order)
{
    struct pki_reason why = {""};
    int rc = store_write(c->core->store, intent_unit, c);
    if (rc != 0)
        return rc;
    rc = issue_sign(c->core, order, &c->intent, &why);
    if (rc == 0)
        rc = store_write(c->core->store, finish_unit, c);
    if (rc != 0) {
        log_error("trust services: the root before does not certify root %s: %s %s", c->root->id,
                  ch_error_text(rc), why.text);
        issue_abandon(c->core, &c->intent);
    }
    return rc;
}

/* As long as the old root holds: who trusts it alone has no more use for it then. */
static int certify(struct cross *c, const struct pki_csr *csr)
{
    static const struct pki_policy any_policy = {.oid = ANY_POLICY};
    struct revocation_pointers pointers;
    struct pki_extras *extras = pki_extras_new();
    struct issue_order order = {
        .authority = &c->old,
        .profile = pki_profile_trust_cross(),
        .sig_alg = c->family->sig_alg,
        .subject = pki_csr_subject(csr),
        .spki = buf_slice(&c->root->spki),
        .not_before = c->now / SECOND_US / DAY * DAY,
        .not_after = c->old.not_after / SECOND_US,
        .extras = extras,
    };
    int rc = extras == NULL ? CH_ENOMEM : pki_extras_add_policies(extras, &any_policy, 1);
    if (rc == 0)
        rc = issue_intend(c->core, &order, &c->intent);
    if (rc == 0)
        rc = revocation_pointers_fill(c->core->config, &c->old, c->intent.serial, &pointers,
                                      &order.pointers);
    if (rc == 0)
        rc = sign(c, &order);
    pki_extras_free(extras);
    return rc;
}

static int chain_take(const struct cross *c, char **chain)
{
    struct buf pem = {0};
    int rc = pki_pem_put("CERTIFICATE", buf_slice(&c->intent.certificate), true, &pem);
    if (rc == 0)
        rc = trust_chain_put(&c->old, &pem);
    if (rc == 0)
        rc = member_copy(buf_text(&pem), chain);
    buf_free(&pem);
    return rc;
}

int trust_cross_make(struct core *core, const struct trust_family *family,
                     const struct authority_row *root, int64_t now, char **chain)
{
    struct cross c = {.core = core, .family = family, .root = root, .now = now};
    struct pki_csr *csr = NULL;
    struct pki_reason why = {""};
    *chain = NULL;
    int rc = predecessor_load(&c);
    if (rc == 0)
        rc = pki_csr_parse(buf_slice(&root->csr), &csr, &why);
    if (rc == 0)
        rc = certify(&c, csr);
    if (rc == 0)
        rc = chain_take(&c, chain);
    pki_csr_free(csr);
    issued_row_free(&c.intent);
    authority_row_free(&c.old);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

int trust_chain_put(const struct authority_row *root, struct buf *pem)
{
    return root->chain != NULL ? buf_put_text(pem, root->chain) : authority_chain_put(root, pem);
}
