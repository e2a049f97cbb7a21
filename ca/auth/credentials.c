#include "ca/auth/credentials.h"

#include "ca/core.h"
#include "ca/iam/iam.h"
#include "ca/sts/token.h"
#include "ca/trail/trail.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/crypto.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define CACHE_MAX 1000
#define CACHE_BUCKETS 1024
#define CACHE_SCOPES 4 /* signing keys kept for each access key */
#define SIGNING_KEY_SIZE 32
#define VAULT_SECRET_AT ((size_t)CACHE_SCOPES * SIGNING_KEY_SIZE)
#define SCOPE_MAX 96

/*
 * One access key whose secret is unsealed. `sealed` is what the row said then: when the row
 * says something else, the entry is worth nothing. Whose it is, and that it was active, holds while the
 * store has that version. The vault holds CACHE_SCOPES signing keys, then the secret.
 */
struct entry {
    TAILQ_ENTRY(entry) by_use;
    LIST_ENTRY(entry) by_id;
    char id[sizeof((struct principal *)0)->access_key_id];
    struct buf sealed;
    bool known; /* principal and version are set */
    struct principal principal;
    uint64_t version;
    int64_t noted_at; /* when its use was last noted; with what: */
    const struct service *noted_service;
    char noted_region[ROW_REGION_SIZE];
    struct secret *vault;
    char scopes[CACHE_SCOPES][SCOPE_MAX];
    size_t next_scope;
};

TAILQ_HEAD(entries, entry);
LIST_HEAD(bucket, entry);

struct credentials {
    struct core *core;
    pthread_mutex_t lock;
    struct entries entries; /* most recently used first */
    struct bucket buckets[CACHE_BUCKETS];
    size_t count;
    struct secret *token_key; /* of session tokens; NULL before the first */
};

/* ---- the cache ---- */

struct credentials *credentials_new(struct core *core)
{
    PRECOND(core != NULL);
    struct credentials *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->core = core;
    pthread_mutex_init(&c->lock, NULL);
    TAILQ_INIT(&c->entries);
    return c;
}

static void entry_free(struct entry *e)
{
    if (e == NULL)
        return;
    buf_free(&e->sealed);
    secret_free(e->vault);
    free(e);
}

static void cache_remove(struct credentials *c, struct entry *e)
{
    TAILQ_REMOVE(&c->entries, e, by_use);
    LIST_REMOVE(e, by_id);
    c->count--;
    entry_free(e);
}

void credentials_free(struct credentials *c)
{
    if (c == NULL)
        return;
    while (!TAILQ_EMPTY(&c->entries))
        cache_remove(c, TAILQ_FIRST(&c->entries));
    secret_free(c->token_key);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct bucket *cache_bucket(struct credentials *c, const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a; who knows a key id gains nothing by a collision */
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619u;
    return &c->buckets[hash % CACHE_BUCKETS];
}

static struct entry *cache_entry(struct credentials *c, const char *id)
{
    struct entry *e = LIST_FIRST(cache_bucket(c, id));
    while (e != NULL && strcmp(e->id, id) != 0)
        e = LIST_NEXT(e, by_id);
    return e;
}

static struct entry *cache_find(struct credentials *c, const struct access_key_row *key)
{
    struct entry *e = cache_entry(c, key->id);
    if (e == NULL)
        return NULL;
    if (!slice_equal(buf_slice(&e->sealed), buf_slice(&key->sealed_secret))) {
        cache_remove(c, e);
        return NULL;
    }
    TAILQ_REMOVE(&c->entries, e, by_use);
    TAILQ_INSERT_HEAD(&c->entries, e, by_use);
    return e;
}

static void cache_add(struct credentials *c, struct entry *e)
{
    TAILQ_INSERT_HEAD(&c->entries, e, by_use);
    LIST_INSERT_HEAD(cache_bucket(c, e->id), e, by_id);
    if (++c->count > CACHE_MAX)
        cache_remove(c, TAILQ_LAST(&c->entries, entries));
}

static int entry_new(const struct access_key_row *key, struct slice secret, struct entry **out)
{
    struct entry *e = calloc(1, sizeof *e);
    if (e == NULL)
        return CH_ENOMEM;
    snprintf(e->id, sizeof e->id, "%s", key->id);
    e->vault = secret_new(VAULT_SECRET_AT + secret.len);
    if (e->vault == NULL || buf_put_slice(&e->sealed, buf_slice(&key->sealed_secret)) != 0) {
        entry_free(e);
        return CH_ENOMEM;
    }
    memcpy(secret_data(e->vault) + VAULT_SECRET_AT, secret.data, secret.len);
    *out = e;
    return 0;
}

/* The signing key of an entry for the date, region and service signed with; made when it is new. */
static int entry_signing_key(struct entry *e, const struct sigv4 *sig,
                             uint8_t key[SIGNING_KEY_SIZE])
{
    char scope[SCOPE_MAX];
    struct slice all = secret_slice(e->vault);
    struct slice clear = slice_of(all.data + VAULT_SECRET_AT,
                                  all.len - VAULT_SECRET_AT);
    snprintf(scope, sizeof scope, "%.*s/%.*s/%.*s", (int)sig->date.len, sig->date.data,
             (int)sig->region.len, sig->region.data, (int)sig->service.len, sig->service.data);
    size_t i = 0;
    while (i < CACHE_SCOPES && strcmp(e->scopes[i], scope) != 0)
        i++;
    if (i == CACHE_SCOPES) {
        i = e->next_scope++ % CACHE_SCOPES;
        e->scopes[i][0] = '\0';
        int r = sigv4_signing_key(clear, sig, secret_data(e->vault) + i * SIGNING_KEY_SIZE);
        if (r != 0)
            return r;
        snprintf(e->scopes[i], SCOPE_MAX, "%s", scope);
    }
    memcpy(key, all.data + i * SIGNING_KEY_SIZE, SIGNING_KEY_SIZE);
    return 0;
}

int credentials_unseal(struct core *core, const struct access_key_row *key, struct secret **out)
{
    char context[160];
    *out = NULL;
    snprintf(context, sizeof context, "access-key/%s", key->id);
    return hsm_unseal(core->hsm, core->seal, slice_text(context), buf_slice(&key->sealed_secret),
                      out);
}

static int signing_key_get(struct credentials *c, const struct access_key_row *row,
                           const struct sigv4 *sig, uint8_t key[SIGNING_KEY_SIZE])
{
    struct secret *clear = NULL;
    struct entry *e = NULL;
    pthread_mutex_lock(&c->lock);
    e = cache_find(c, row);
    int r = e != NULL ? entry_signing_key(e, sig, key) : CH_ENOTFOUND;
    pthread_mutex_unlock(&c->lock);
    if (r != CH_ENOTFOUND)
        return r;
    r = credentials_unseal(c->core, row, &clear);
    if (r == 0)
        r = entry_new(row, secret_slice(clear), &e);
    secret_free(clear);
    if (r != 0)
        return r;
    pthread_mutex_lock(&c->lock);
    struct entry *meanwhile = cache_find(c, row);
    if (meanwhile != NULL)
        cache_remove(c, meanwhile);
    cache_add(c, e);
    r = entry_signing_key(e, sig, key);
    pthread_mutex_unlock(&c->lock);
    return r;
}

/* ---- who asks ---- */

struct key_query {
    char id[sizeof((struct principal *)0)->access_key_id];
    struct access_key_row key;
    struct iam_row entity;
};

static int key_read(struct store_tx *tx, void *context)
{
    struct key_query *q = context;
    int r = store_access_key_get(tx, q->id, &q->key);
    if (r != 0)
        return r;
    enum iam_kind kind = strcmp(q->key.user, IAM_ROOT_NAME) == 0 ? IAM_ROOT : IAM_USER;
    return store_iam_get(tx, q->key.account, kind, q->key.user, &q->entity);
}

static void time_text(int64_t seconds, char out[17])
{
    char iso[CLOCK_ISO_SIZE];
    size_t n = 0;
    clock_format_iso(seconds, iso);
    for (const char *c = iso; *c != '\0' && n < 16; c++)
        if (*c != '-' && *c != ':')
            out[n++] = *c;
    out[n] = '\0';
}

static int check_time(struct request *r, const struct sigv4 *sig)
{
    int64_t now = r->now / 1000000, skew = r->core->config->core_clock_skew;
    int64_t until = sig->presigned ? sig->time + sig->expires : sig->time;
    int64_t slack = sig->presigned ? 0 : skew;
    char signed_at[17], edge[17], now_text[17];
    time_text(now, now_text);
    if (until < now - slack) {
        time_text(until, signed_at);
        time_text(now - slack, edge);
        return api_fail(&r->error, "InvalidSignatureException",
                        "Signature expired: %s is now earlier than %s (%s - %lld min.)", signed_at,
                        edge, now_text, (long long)slack / 60);
    }
    if (sig->time > now + skew) {
        time_text(sig->time, signed_at);
        time_text(now + skew, edge);
        return api_fail(&r->error, "InvalidSignatureException",
                        "Signature not yet current: %s is still later than %s (%s + %lld min.)",
                        signed_at, edge, now_text, (long long)skew / 60);
    }
    return 0;
}

static bool region_is_ours(const char *regions, struct slice region)
{
    while (*regions != '\0') {
        size_t skip = strspn(regions, ", ");
        size_t len = strcspn(regions + skip, ", ");
        if (len > 0 && slice_equal(slice_of(regions + skip, len), region))
            return true;
        regions += skip + len;
    }
    return false;
}

/*
 * The service that the caller means: that of the target, which is signed; else any that speaks the
 * protocol of the call.
 */
static int check_service(struct request *r, const struct sigv4 *sig)
{
    size_t count = 0;
    const struct service *services = contract_services(&count);
    const struct service *meant = NULL, *scoped = NULL, *first = NULL;
    struct slice target = request_header(r->call, "x-amz-target");
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(services[i].target_prefix);
        if ((services[i].version != NULL) != r->query)
            continue;
        if (first == NULL)
            first = &services[i];
        if (target.len > len && memcmp(target.data, services[i].target_prefix, len) == 0 &&
            target.data[len] == '.')
            meant = &services[i];
        if (slice_is(sig->service, services[i].name))
            scoped = &services[i];
    }
    r->service = scoped;
    if (scoped != NULL && (meant == NULL || meant == scoped))
        return 0;
    return api_fail(&r->error, "InvalidSignatureException",
                    "Credential should be scoped to correct service: '%s'.",
                    meant != NULL ? meant->name : first != NULL ? first->name : "");
}

/* IAM and STS have no region of their own: clients sign for that of AWS's global endpoints, or for their own. */
#define GLOBAL_REGION "us-east-1"

static int check_scope(struct request *r, const struct sigv4 *sig)
{
    bool global = r->query && slice_is(sig->region, GLOBAL_REGION);
    if (sig->region.len >= sizeof r->scope.region ||
        (!global && !region_is_ours(r->core->config->core_regions, sig->region)))
        return api_fail(&r->error, "InvalidSignatureException",
                        "Credential should be scoped to a valid region.");
    return check_service(r, sig);
}

void credentials_principal_make(const struct iam_row *row, const char *access_key_id,
                                const char *session, struct principal *p)
{
    char arn[IAM_ARN_SIZE];
    iam_arn(row, arn);
    p->kind = row->kind == IAM_ROLE   ? PRINCIPAL_ROLE
              : row->kind == IAM_ROOT ? PRINCIPAL_ROOT
                                      : PRINCIPAL_USER;
    p->number = row->number;
    snprintf(p->account, sizeof p->account, "%s", row->account);
    if (p->kind != PRINCIPAL_ROOT)
        snprintf(p->user_name, sizeof p->user_name, "%s", row->name);
    snprintf(p->user_id, sizeof p->user_id, "%s", row->id);
    snprintf(p->access_key_id, sizeof p->access_key_id, "%s", access_key_id);
    if (p->kind != PRINCIPAL_ROLE) {
        snprintf(p->arn, sizeof p->arn, "%.639s", arn);
        return;
    }
    snprintf(p->role_arn, sizeof p->role_arn, "%.639s", arn);
    snprintf(p->arn, sizeof p->arn, "arn:aws:sts::%s:assumed-role/%s/%s", p->account, row->name,
             session == NULL ? "" : session);
}

static void principal_set(struct request *r, const struct principal *p, const struct sigv4 *sig)
{
    r->principal = *p;
    snprintf(r->scope.account, sizeof r->scope.account, "%s", p->account);
    snprintf(r->scope.region, sizeof r->scope.region, "%.*s", (int)sig->region.len,
             sig->region.data);
}

/* ---- what is remembered of active keys ---- */

/* Principal and signing key without asking the store, when it would say the same now. */
static bool recall(struct credentials *c, const char *id, uint64_t version, const struct sigv4 *sig,
                   struct principal *principal, uint8_t key[SIGNING_KEY_SIZE])
{
    pthread_mutex_lock(&c->lock);
    struct entry *e = cache_entry(c, id);
    bool found = e != NULL && e->known && e->version == version &&
                 entry_signing_key(e, sig, key) == 0;
    if (found) {
        *principal = e->principal;
        TAILQ_REMOVE(&c->entries, e, by_use);
        TAILQ_INSERT_HEAD(&c->entries, e, by_use);
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

/* After signing_key_get, for an active key: what its row and its user's said at that version. */
static void remember(struct credentials *c, const struct access_key_row *key, uint64_t version,
                     const struct principal *principal)
{
    pthread_mutex_lock(&c->lock);
    struct entry *e = cache_find(c, key);
    if (e != NULL) {
        e->principal = *principal;
        e->version = version;
        e->known = true;
    }
    pthread_mutex_unlock(&c->lock);
}

/* ---- when keys were used ---- */

#define NOTE_INTERVAL (INT64_C(5) * 60 * 1000000)

/* Is a use due to be noted? Says at once that it is, so that other threads do not. */
static bool note_due(struct credentials *c, const struct request *r)
{
    pthread_mutex_lock(&c->lock);
    struct entry *e = cache_entry(c, r->principal.access_key_id);
    bool due = e != NULL && (r->now - e->noted_at > NOTE_INTERVAL ||
                             e->noted_service != r->service ||
                             strcmp(e->noted_region, r->scope.region) != 0);
    if (due) {
        e->noted_at = r->now;
        e->noted_service = r->service;
        snprintf(e->noted_region, sizeof e->noted_region, "%s", r->scope.region);
    }
    pthread_mutex_unlock(&c->lock);
    return due;
}

int credentials_note_use(struct store_tx *tx, const struct request *r)
{
    if (r->service == NULL || r->principal.session != NULL || r->core->credentials == NULL ||
        !note_due(r->core->credentials, r))
        return 0;
    return store_iam_key_used(tx, r->principal.access_key_id, r->now, r->service->name,
                              r->scope.region);
}

/* ---- temporary credentials ---- */

struct session_query {
    const char *entity;
    struct iam_row row;
};

static int session_read(struct store_tx *tx, void *context)
{
    struct session_query *q = context;
    return store_iam_get_by_id(tx, q->entity, &q->row);
}

/* The token is ours; it must be that of this access key, and its user or role still there. */
static int session_check(struct request *r, const struct sigv4 *sig, json_t *claims,
                         struct principal *principal)
{
    const char *id = json_string_value(json_object_get(claims, "key"));
    struct session_query q = {.entity = json_string_value(json_object_get(claims, "entity"))};
    if (id == NULL || q.entity == NULL || !slice_is(sig->access_key_id, id))
        return CH_ENOTFOUND;
    int code = request_read(r, session_read, &q);
    if (code == 0)
        credentials_principal_make(
            &q.row, id, json_string_value(json_object_get(claims, "session")), principal);
    if (code == 0)
        principal->session = json_incref(claims);
    iam_row_free(&q.row);
    return code;
}

/* The same for an access key that comes with a session token: nothing is looked up but whose it is. */
static int identify_session(struct request *r, const struct sigv4 *sig,
                            struct principal *principal, uint8_t key[SIGNING_KEY_SIZE])
{
    json_t *claims = NULL;
    struct secret *secret = NULL;
    int code = sts_token_open(r->core, sig->token, &claims, &secret);
    if (code == 0)
        code = session_check(r, sig, claims, principal);
    if (code == 0)
        code = sigv4_signing_key(secret_slice(secret), sig, key);
    secret_free(secret);
    json_decref(claims);
    return code;
}

/* After the signature is known to be right: who has no business here learns nothing of the token. */
static int check_expiry(struct request *r, const struct principal *principal)
{
    const json_t *expires = json_object_get(principal->session, "expires");
    if (expires == NULL || r->now / 1000000 < json_integer_value(expires))
        return 0;
    return api_fail(&r->error, "ExpiredTokenException",
                    "The security token included in the request is expired");
}

/*
 * The principal that an access key stands for and the key that it signs with. CH_ENOTFOUND when it
 * is unknown or not active.
 */
static int identify(struct request *r, const struct sigv4 *sig, struct principal *principal,
                    uint8_t key[SIGNING_KEY_SIZE])
{
    struct credentials *c = r->core->credentials;
    struct key_query query = {0};
    uint64_t version = store_version(r->core->store);
    if (sig->access_key_id.len >= sizeof query.id)
        return CH_ENOTFOUND;
    if (sig->token.len > 0)
        return identify_session(r, sig, principal, key);
    memcpy(query.id, sig->access_key_id.data, sig->access_key_id.len);
    if (recall(c, query.id, version, sig, principal, key))
        return 0;
    int code = request_read(r, key_read, &query);
    if (code == 0 && !query.key.active)
        code = CH_ENOTFOUND;
    if (code == 0 && signing_key_get(c, &query.key, sig, key) != 0)
        code = CH_EINTEGRITY;
    if (code == 0) {
        credentials_principal_make(&query.entity, query.key.id, NULL, principal);
        remember(c, &query.key, version, principal);
    }
    access_key_row_free(&query.key);
    iam_row_free(&query.entity);
    return code;
}

/* An unknown key costs the same work as a wrong secret: a signature is checked in both cases. */
static int check_signature(struct request *r, const struct sigv4 *sig,
                           const uint8_t key[SIGNING_KEY_SIZE], bool known)
{
    int code = sigv4_verify(r->call, sig, key);
    if (!known)
        return api_fail(&r->error, "UnrecognizedClientException",
                        "The security token included in the request is invalid.");
    if (code == CH_EDENIED)
        return api_fail(&r->error, "InvalidSignatureException",
                        "The request signature we calculated does not match the signature you "
                        "provided. Check your AWS Secret Access Key and signing method. Consult the "
                        "service documentation for details.");
    return code == 0 ? 0 : api_fail_internal(&r->error, code);
}

int auth_authenticate(struct request *r)
{
    struct sigv4 sig;
    struct principal principal = {.account = ""};
    uint8_t key[SIGNING_KEY_SIZE] = {0};
    int code = sigv4_parse(r->call, &sig, &r->error);
    if (code == 0)
        code = check_time(r, &sig);
    if (code == 0)
        code = check_scope(r, &sig);
    if (code != 0)
        return code;
    code = identify(r, &sig, &principal, key);
    bool known = code == 0;
    if (code == CH_ENOTFOUND)
        code = sigv4_signing_key(sig.access_key_id, &sig, key);
    if (code == 0) {
        code = check_signature(r, &sig, key, known);
    } else {
        log_error("an access key cannot be used: %s", ch_error_text(code));
        code = api_fail_internal(&r->error, code);
    }
    if (code == 0)
        code = check_expiry(r, &principal);
    if (code == 0)
        principal_set(r, &principal, &sig);
    else
        json_decref(principal.session);
    OPENSSL_cleanse(key, sizeof key);
    return code;
}

/* ---- the key of session tokens ---- */

#define TOKEN_KEY_PURPOSE "chancery session token 1"

static int token_key_derive(struct credentials *c)
{
    struct secret *key = secret_new(SIGNING_KEY_SIZE);
    int r = key == NULL ? CH_ENOMEM
                        : hsm_mac(c->core->hsm, c->core->seal, slice_text(TOKEN_KEY_PURPOSE),
                                  secret_data(key));
    if (r != 0) {
        secret_free(key);
        return r;
    }
    c->token_key = key;
    return 0;
}

int credentials_token_key(struct core *core, uint8_t key[SIGNING_KEY_SIZE])
{
    struct credentials *c = core->credentials;
    pthread_mutex_lock(&c->lock);
    int r = c->token_key != NULL ? 0 : token_key_derive(c);
    if (r == 0)
        memcpy(key, secret_data(c->token_key), SIGNING_KEY_SIZE);
    pthread_mutex_unlock(&c->lock);
    return r;
}
