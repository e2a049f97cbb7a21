#include "ca/pca/authority.h"

#include "ca/arn.h"
#include "ca/jobs/key_maker.h"
#include "ca/members.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

struct load {
    const struct scope *scope;
    char id[ROW_UUID_SIZE];
    struct authority_row *out;
};

static int load_unit(struct store_tx *tx, void *context)
{
    struct load *l = context;
    return store_authority_get(tx, l->scope, l->id, l->out);
}

const char *authority_status(const struct authority_row *row, int64_t now)
{
    bool lives = strcmp(row->status, "ACTIVE") == 0 || strcmp(row->status, "DISABLED") == 0;
    if (lives && row->not_after < now)
        return "EXPIRED";
    return row->status;
}

bool authority_status_is(const struct authority_row *row, int64_t now, const char *status)
{
    return strcmp(authority_status(row, now), status) == 0;
}

bool authority_is_gone(const struct authority_row *row, int64_t now)
{
    return strcmp(row->status, "DELETED") == 0 && row->restorable_until <= now;
}

int authority_check_not_deleted(struct request *r, const struct authority_row *row)
{
    if (strcmp(row->status, "DELETED") != 0)
        return 0;
    return api_fail(&r->error, "InvalidStateException",
                    "The certificate authority is in the DELETED state and must be restored to "
                    "complete this action.");
}

int authority_fail_concurrent(struct request *r)
{
    return api_fail(&r->error, "ConcurrentModificationException",
                    "The certificate authority was changed by another request at the same time. "
                    "Try again.");
}

void authority_key_name(const struct authority_row *row, struct hsm_name *out)
{
    memset(out, 0, sizeof *out);
    snprintf(out->label, sizeof out->label, "ca/%s", row->id);
    memcpy(out->id, row->key_id, HSM_ID_SIZE);
}

enum key_alg authority_key_alg(const struct authority_row *row)
{
    json_t *configuration = json_loads(row->configuration, 0, NULL);
    enum key_alg alg =
        key_alg_from_name(json_string_value(json_object_get(configuration, "KeyAlgorithm")));
    json_decref(configuration);
    return alg;
}

int authority_chain_put(const struct authority_row *row, struct buf *pem)
{
    int rc = pki_pem_put("CERTIFICATE", buf_slice(&row->certificate), false, pem);
    if (rc == 0 && row->chain != NULL)
        rc = buf_printf(pem, "\n%s", row->chain);
    return rc;
}

/* ---- what is remembered ---- */

#define CACHE_SIZE 64

/* A row as it was read while the store had that version. */
struct memory {
    struct authority_row row; /* without an id when the place is free */
    uint64_t version;
};

struct entry {
    struct authority_issuer issuer; /* first: the pointer that callers hold */
    char id[ROW_UUID_SIZE];
    char *chain;      /* as in the row; NULL = none */
    unsigned users;   /* holders, and the cache itself */
    uint64_t used_at; /* tick of the last use */
};

struct authority_cache {
    pthread_mutex_t mutex;
    uint64_t tick;
    struct entry *entries[CACHE_SIZE];
    struct memory memories[CACHE_SIZE];
    size_t next_memory; /* to be given up when another authority needs the place */
};

struct authority_cache *authority_cache_new(void)
{
    struct authority_cache *cache = calloc(1, sizeof *cache);
    if (cache != NULL)
        pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

static void entry_free(struct entry *e)
{
    if (e == NULL)
        return;
    free(e->chain);
    pki_constraints_free(e->issuer.constraints);
    pki_verifier_free(e->issuer.verifier);
    pki_certificate_free(e->issuer.certificate);
    free(e);
}

void authority_cache_free(struct authority_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        entry_free(cache->entries[i]);
        authority_row_free(&cache->memories[i].row);
    }
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

/* ---- rows, remembered ---- */

static bool scope_is(const struct scope *a, const struct scope *b)
{
    return strcmp(a->account, b->account) == 0 && strcmp(a->region, b->region) == 0;
}

static struct memory *memory_find(struct authority_cache *cache, const char *id)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        if (strcmp(cache->memories[i].row.id, id) == 0)
            return &cache->memories[i];
    return NULL;
}

/* A copy of the row, when the store would give the same now. */
static bool row_recall(struct authority_cache *cache, const struct load *l, uint64_t version)
{
    if (cache == NULL)
        return false;
    pthread_mutex_lock(&cache->mutex);
    const struct memory *m = memory_find(cache, l->id);
    bool found = m != NULL && m->version == version && scope_is(&m->row.scope, l->scope) &&
                 authority_row_copy(&m->row, l->out) == 0;
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

/* Without memory for it, it is read again the next time. */
static void row_remember(struct authority_cache *cache, const struct authority_row *row,
                         uint64_t version)
{
    struct authority_row copy, old;
    if (cache == NULL || authority_row_copy(row, &copy) != 0)
        return;
    pthread_mutex_lock(&cache->mutex);
    struct memory *m = memory_find(cache, row->id);
    if (m == NULL)
        m = &cache->memories[cache->next_memory++ % CACHE_SIZE];
    old = m->row;
    *m = (struct memory){.row = copy, .version = version};
    pthread_mutex_unlock(&cache->mutex);
    authority_row_free(&old);
}

static int load(struct request *r, const struct scope *scope, const char *arn, const char *id,
                struct authority_row *out)
{
    struct load l = {.scope = scope, .out = out};
    struct key_maker *maker = r->core->key_maker;
    struct authority_cache *cache = maker == NULL ? NULL : key_maker_authorities(maker);
    uint64_t version = store_version(r->core->store);
    memcpy(l.id, id, sizeof l.id);
    bool known = row_recall(cache, &l, version);
    int rc = known ? 0 : request_read(r, load_unit, &l);
    if (rc == 0 && !known)
        row_remember(cache, out, version);
    if (rc == 0 && authority_is_gone(out, r->now)) {
        authority_row_free(out);
        rc = CH_ENOTFOUND;
    }
    return rc == CH_ENOTFOUND ? arn_authority_missing(r, arn) : rc;
}

int authority_load(struct request *r, const char *arn, struct authority_row *out)
{
    char id[ROW_UUID_SIZE];
    memset(out, 0, sizeof *out);
    int rc = arn_authority_id(r, arn, id);
    return rc == 0 ? load(r, &r->scope, arn, id, out) : rc;
}

int authority_load_shared(struct request *r, const char *arn, struct authority_row *out)
{
    struct scope owner;
    char id[ROW_UUID_SIZE];
    memset(out, 0, sizeof *out);
    int rc = arn_authority_of_any(&r->scope, arn, &owner, id);
    return rc == 0 ? load(r, &owner, arn, id, out) : arn_authority_id(r, arn, id);
}

/* ---- the issuer, parsed ---- */

static int entry_new(const struct authority_row *row, struct entry **out)
{
    struct pki_reason why;
    struct entry *e = calloc(1, sizeof *e);
    *out = e;
    if (e == NULL)
        return CH_ENOMEM;
    memcpy(e->id, row->id, sizeof e->id);
    e->users = 1;
    int rc = pki_certificate_parse(buf_slice(&row->certificate), &e->issuer.certificate, &why);
    if (rc == 0)
        rc = pki_verifier_new(pki_certificate_spki(e->issuer.certificate), &e->issuer.verifier);
    if (rc == 0)
        rc = pki_constraints_new(e->issuer.certificate, row->chain, &e->issuer.constraints);
    if (rc == 0)
        rc = member_copy(row->chain, &e->chain);
    if (rc == 0) {
        e->issuer.key_alg = pki_key_alg(pki_certificate_spki(e->issuer.certificate));
        e->issuer.path_length = pki_constraints_path_length(e->issuer.constraints);
        return 0;
    }
    entry_free(e);
    *out = NULL;
    return rc == CH_EINVAL ? CH_EINTEGRITY : rc;
}

static bool chain_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The entry of these very bytes; a renewed certificate must never meet its predecessor's. */
static struct entry *cache_find(struct authority_cache *cache, const struct authority_row *row)
{
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        struct entry *e = cache->entries[i];
        if (e != NULL && strcmp(e->id, row->id) == 0 &&
            slice_equal(pki_certificate_der(e->issuer.certificate), buf_slice(&row->certificate)) &&
            chain_same(e->chain, row->chain))
            return e;
    }
    return NULL;
}

/* Puts e in place of the entry that was used longest ago. */
static struct entry *cache_put(struct authority_cache *cache, struct entry *e)
{
    size_t oldest = 0;
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        if (cache->entries[i] == NULL) {
            oldest = i;
            break;
        }
        if (cache->entries[i]->used_at < cache->entries[oldest]->used_at)
            oldest = i;
    }
    struct entry *dropped = cache->entries[oldest];
    cache->entries[oldest] = e;
    e->users++;
    return dropped != NULL && --dropped->users == 0 ? dropped : NULL;
}

static struct entry *cache_hold(struct authority_cache *cache, const struct authority_row *row)
{
    pthread_mutex_lock(&cache->mutex);
    struct entry *e = cache_find(cache, row);
    if (e != NULL) {
        e->users++;
        e->used_at = ++cache->tick;
    }
    pthread_mutex_unlock(&cache->mutex);
    return e;
}

int authority_issuer_acquire(struct authority_cache *cache, const struct authority_row *row,
                             const struct authority_issuer **out)
{
    struct entry *dropped = NULL;
    *out = NULL;
    if (row->certificate.len == 0)
        return CH_ESTATE;
    struct entry *e = cache == NULL ? NULL : cache_hold(cache, row);
    int rc = e == NULL ? entry_new(row, &e) : 0;
    if (rc != 0)
        return rc;
    if (cache != NULL && e->used_at == 0) {
        pthread_mutex_lock(&cache->mutex);
        e->used_at = ++cache->tick;
        dropped = cache_put(cache, e);
        pthread_mutex_unlock(&cache->mutex);
    }
    entry_free(dropped);
    *out = &e->issuer;
    return 0;
}

void authority_issuer_release(struct authority_cache *cache, const struct authority_issuer *issuer)
{
    if (issuer == NULL)
        return;
    struct entry *e = (struct entry *)((uintptr_t)issuer - offsetof(struct entry, issuer));
    if (cache != NULL)
        pthread_mutex_lock(&cache->mutex);
    bool last = --e->users == 0;
    if (cache != NULL)
        pthread_mutex_unlock(&cache->mutex);
    if (last)
        entry_free(e);
}
