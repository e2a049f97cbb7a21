#include "ca/auth/principal.h"

#include "ca/core.h"
#include "ca/iam/policy.h"
#include "ca/members.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is remembered ---- */

#define SLOTS 1024

/*
 * The policies that went with an access key when the tables of identities had that version; the
 * store's own version saves the question whether they still do.
 */
struct slot {
    char access_key_id[sizeof((struct principal *)0)->access_key_id];
    uint64_t store_version;
    int64_t iam_version;
    const struct policy_set *set;
};

struct principals {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct principals *principals_new(void)
{
    struct principals *p = calloc(1, sizeof *p);
    if (p != NULL)
        pthread_mutex_init(&p->lock, NULL);
    return p;
}

void principals_free(struct principals *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        policy_set_release(p->slots[i].set);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static struct slot *slot_of(struct principals *p, const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a: keys that meet take turns, at worst */
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619u;
    return &p->slots[hash % SLOTS];
}

/* A held set when the slot is of that key and of one of the versions. */
static const struct policy_set *recall(struct principals *p, const char *id, uint64_t store_version,
                                       const int64_t *iam_version)
{
    const struct policy_set *set = NULL;
    pthread_mutex_lock(&p->lock);
    struct slot *s = slot_of(p, id);
    bool same = s->set != NULL && strcmp(s->access_key_id, id) == 0;
    if (same && iam_version != NULL && s->iam_version == *iam_version)
        s->store_version = store_version;
    if (same && s->store_version == store_version)
        set = policy_set_hold(s->set);
    pthread_mutex_unlock(&p->lock);
    return set;
}

static void remember(struct principals *p, const char *id, uint64_t store_version,
                     int64_t iam_version, const struct policy_set *set)
{
    pthread_mutex_lock(&p->lock);
    struct slot *s = slot_of(p, id);
    const struct policy_set *old = s->set;
    snprintf(s->access_key_id, sizeof s->access_key_id, "%s", id);
    s->store_version = store_version;
    s->iam_version = iam_version;
    s->set = policy_set_hold(set);
    pthread_mutex_unlock(&p->lock);
    policy_set_release(old);
}

/* ---- reading them ---- */

struct gather {
    struct store_tx *tx;
    const char *account;
    struct policy_set *set;
    enum policy_kind kind;
};

/* A stored document that can no longer be read might have denied: then nothing is allowed. */
static int add(struct gather *g, enum policy_kind kind, const char *name, const char *document)
{
    int rc = policy_set_add_text(g->set, kind, slice_text(document), name);
    if (rc != CH_EINVAL && rc != CH_ELIMIT)
        return rc;
    log_error("the policy %s of account %s cannot be read", name, g->account);
    policy_set_block(g->set);
    return 0;
}

static int add_document(void *context, const char *name, const char *document)
{
    struct gather *g = context;
    return add(g, g->kind, name, document);
}

/* A managed policy by its ARN. One that is gone grants nothing; as a limit it lets nothing through. */
static int add_managed(void *context, const char *arn, const char *unused)
{
    struct gather *g = context;
    char *document = NULL;
    (void)unused;
    int rc = iam_policy_document(g->tx, g->account, arn, &document);
    if (rc == 0)
        rc = add(g, g->kind, arn, document);
    if (rc == CH_ENOTFOUND) {
        if (g->kind != POLICY_IDENTITY)
            policy_set_limit(g->set, g->kind);
        rc = 0;
    }
    free(document);
    return rc;
}

static int add_entity(struct gather *g, int64_t number)
{
    g->kind = POLICY_IDENTITY;
    int rc = store_iam_inline_list(g->tx, number, add_document, g);
    return rc == 0 ? store_iam_attached_list(g->tx, number, add_managed, g) : rc;
}

static int add_group(void *context, struct iam_row *row)
{
    return add_entity(context, row->number);
}

static int add_boundary(struct gather *g, const struct iam_row *row)
{
    g->kind = POLICY_BOUNDARY;
    return row->boundary == NULL ? 0 : add_managed(g, row->boundary, NULL);
}

static int add_controls(struct gather *g)
{
    g->kind = POLICY_SCP;
    return store_iam_control_list(g->tx, g->account, add_document, g);
}

/* What whoever took the role, or asked for the session, gave away of its permissions. */
static int add_session(struct gather *g, const json_t *session)
{
    const json_t *arns = json_object_get(session, "policies");
    const char *document = member_text(session, "policy");
    int rc = document == NULL ? 0 : add(g, POLICY_SESSION, "session", document);
    g->kind = POLICY_SESSION;
    for (size_t i = 0; rc == 0 && i < json_array_size(arns); i++)
        rc = add_managed(g, json_string_value(json_array_get(arns, i)), NULL);
    return rc;
}

int principal_policies_read(struct store_tx *tx, const struct iam_row *row, const json_t *session,
                            struct policy_set **out)
{
    struct gather g = {.tx = tx, .account = row->account, .set = policy_set_new()};
    int rc = g.set == NULL ? CH_ENOMEM : add_entity(&g, row->number);
    if (rc == 0 && row->kind == IAM_USER)
        rc = store_iam_groups_list(tx, row->number, add_group, &g);
    if (rc == 0)
        rc = add_boundary(&g, row);
    if (rc == 0)
        rc = add_controls(&g);
    if (rc == 0)
        rc = add_session(&g, session);
    *out = rc == 0 ? g.set : NULL;
    if (rc != 0)
        policy_set_release(g.set);
    return rc;
}

struct question {
    struct request *r;
    uint64_t store_version;
    const struct policy_set *set;
};

static int read_set(struct store_tx *tx, struct question *q, int64_t version)
{
    struct request *r = q->r;
    struct iam_row row = {0};
    struct policy_set *set = NULL;
    int rc = store_iam_get_by_id(tx, r->principal.user_id, &row);
    if (rc == 0)
        rc = principal_policies_read(tx, &row, r->principal.session, &set);
    if (rc == 0)
        remember(r->core->principals, r->principal.access_key_id, q->store_version, version, set);
    q->set = set;
    iam_row_free(&row);
    return rc;
}

static int policies_unit(struct store_tx *tx, void *context)
{
    struct question *q = context;
    int64_t version = 0;
    int rc = store_iam_version(tx, &version);
    if (rc == 0)
        q->set = recall(q->r->core->principals, q->r->principal.access_key_id, q->store_version,
                        &version);
    return rc == 0 && q->set == NULL ? read_set(tx, q, version) : rc;
}

int principal_policies(struct request *r, const struct policy_set **out)
{
    if (r->principal.policies != NULL) {
        *out = policy_set_hold(r->principal.policies);
        return 0;
    }
    struct question q = {.r = r, .store_version = store_version(r->core->store)};
    q.set = recall(r->core->principals, r->principal.access_key_id, q.store_version, NULL);
    int rc = q.set != NULL ? 0 : request_read(r, policies_unit, &q);
    *out = rc == 0 ? q.set : NULL;
    if (rc == CH_ENOTFOUND) /* deleted since the signature was checked: no policy, no permission */
        rc = (*out = policy_set_new()) == NULL ? CH_ENOMEM : 0;
    return rc;
}

/* ---- who, as policies name it ---- */

struct policy_principal principal_named(const struct request *r)
{
    const struct principal *p = &r->principal;
    return (struct policy_principal){
        .account = p->account,
        .arn = p->arn,
        .role_arn = p->kind == PRINCIPAL_ROLE ? p->role_arn : NULL,
        .id = p->user_id,
        .root = p->kind == PRINCIPAL_ROOT,
    };
}

/* ---- condition keys ---- */

static int key_arn(const struct request *r, struct slice rest, struct policy_values *out)
{
    bool role = r->principal.kind == PRINCIPAL_ROLE;
    (void)rest;
    return policy_values_put_text(out, role ? r->principal.role_arn : r->principal.arn);
}

static int key_account(const struct request *r, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return policy_values_put_text(out, r->principal.account);
}

static int key_type(const struct request *r, struct slice rest, struct policy_values *out)
{
    static const char *const types[] = {
        [PRINCIPAL_USER] = "User", [PRINCIPAL_ROLE] = "AssumedRole", [PRINCIPAL_ROOT] = "Account"};
    (void)rest;
    return policy_values_put_text(out, types[r->principal.kind]);
}

static int key_user_name(const struct request *r, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return r->principal.kind == PRINCIPAL_USER ? policy_values_put_text(out, r->principal.user_name)
                                               : 0;
}

static int key_user_id(const struct request *r, struct slice rest, struct policy_values *out)
{
    char id[sizeof r->principal.user_id + 66];
    const char *session = member_text(r->principal.session, "session");
    (void)rest;
    snprintf(id, sizeof id, "%s%s%s", r->principal.user_id, session == NULL ? "" : ":",
             session == NULL ? "" : session);
    return policy_values_put_text(out, id);
}

/* Long-term keys say nothing of multi-factor authentication: the key is absent, not false. */
static int key_mfa(const struct request *r, struct slice rest, struct policy_values *out)
{
    (void)rest;
    if (r->mfa_at != 0)
        return policy_values_put_bool(out, true);
    if (r->principal.session == NULL)
        return 0;
    return policy_values_put_bool(out, json_object_get(r->principal.session, "mfa") != NULL);
}

static int key_mfa_age(const struct request *r, struct slice rest, struct policy_values *out)
{
    const json_t *at = json_object_get(r->principal.session, "mfa");
    (void)rest;
    if (r->mfa_at != 0)
        return policy_values_put_number(out, 0);
    return at == NULL ? 0
                      : policy_values_put_number(out, r->now / 1000000 - json_integer_value(at));
}

static int key_issued(const struct request *r, struct slice rest, struct policy_values *out)
{
    const json_t *at = json_object_get(r->principal.session, "issued");
    (void)rest;
    return at == NULL ? 0 : policy_values_put_time(out, json_integer_value(at));
}

static int key_source(const struct request *r, struct slice rest, struct policy_values *out)
{
    (void)rest;
    return policy_values_put_text(out, member_text(r->principal.session, "source"));
}

struct tag_search {
    struct slice key;
    const char *id;
    struct policy_values *out;
};

static bool tag_is(struct slice key, const char *name)
{
    return key.len == strlen(name) && strncasecmp((const char *)key.data, name, key.len) == 0;
}

static int tag_visit(void *context, const char *key, const char *value)
{
    const struct tag_search *s = context;
    return tag_is(s->key, key) ? policy_values_put_text(s->out, value == NULL ? "" : value) : 0;
}

static int tag_unit(struct store_tx *tx, void *context)
{
    const struct tag_search *s = context;
    return store_tag_list(tx, s->id, tag_visit, context);
}

/* A session's tags stand before those of the user or role. */
static int key_tag(const struct request *r, struct slice rest, struct policy_values *out)
{
    json_t *tags = json_object_get(r->principal.session, "tags");
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(tags, name, value)
        if (tag_is(rest, name))
            return policy_values_put_text(out, json_string_value(value));
    struct tag_search s = {.key = rest, .id = r->principal.user_id, .out = out};
    return store_read(r->core->store, tag_unit, &s);
}

static const struct {
    const char *key; /* with a '/' at its end: a family */
    int (*find)(const struct request *r, struct slice rest, struct policy_values *out);
} keys[] = {
    {"aws:principalarn", key_arn},
    {"aws:principalaccount", key_account},
    {"aws:principaltype", key_type},
    {"aws:principaltag/", key_tag},
    {"aws:username", key_user_name},
    {"aws:userid", key_user_id},
    {"aws:multifactorauthpresent", key_mfa},
    {"aws:multifactorauthage", key_mfa_age},
    {"aws:tokenissuetime", key_issued},
    {"aws:sourceidentity", key_source},
};

int principal_key_find(void *context, struct slice key, struct policy_values *out)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t len = strlen(keys[i].key);
        bool family = keys[i].key[len - 1] == '/';
        if (key.len < len || memcmp(key.data, keys[i].key, len) != 0 || (key.len > len && !family))
            continue;
        return keys[i].find(context, slice_of(key.data + len, key.len - len), out);
    }
    return 0;
}
