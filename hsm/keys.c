#include "hsm/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hsm_key **key_bucket(struct key_table *table, const uint8_t id[HSM_ID_SIZE])
{
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < HSM_ID_SIZE; i++)
        hash = (hash ^ id[i]) * 16777619u;
    return &table->bucket[hash % KEY_BUCKETS];
}

bool name_is_good(const struct hsm_name *name)
{
    return name->label[0] != '\0' && memchr(name->label, 0, sizeof(name->label)) != NULL;
}

static bool same_name(const struct hsm_name *a, const struct hsm_name *b)
{
    return memcmp(a->id, b->id, HSM_ID_SIZE) == 0 && strcmp(a->label, b->label) == 0;
}

/* A pair is one entry for each public key: a name that was given to a new pair is a new entry. */
static bool same_key(const struct hsm_key *a, const struct hsm_key *b)
{
    if (a->class != b->class || !same_name(&a->name, &b->name))
        return false;
    return a->class == KEY_CLASS_PAIR ? slice_equal(buf_slice(&a->spki), buf_slice(&b->spki))
                                      : a->kind == b->kind;
}

static void key_free(struct hsm_key *key)
{
    if (key == NULL)
        return;
    buf_free(&key->spki);
    EVP_PKEY_free(key->public);
    free(key);
}

static struct hsm_key *key_lookup(struct key_table *table, const struct hsm_key *like)
{
    struct hsm_key *key = *key_bucket(table, like->name.id);
    while (key != NULL && !same_key(key, like))
        key = key->next;
    return key;
}

/* Adds, or frees it and returns the one that was there first. */
static struct hsm_key *key_insert(struct key_table *table, struct hsm_key *key)
{
    pthread_mutex_lock(&table->lock);
    struct hsm_key *old = key_lookup(table, key);
    if (old == NULL) {
        struct hsm_key **bucket = key_bucket(table, key->name.id);
        key->next = *bucket;
        *bucket = key;
    }
    pthread_mutex_unlock(&table->lock);
    if (old == NULL)
        return key;
    key_free(key);
    return old;
}

void key_forget(struct hsm *h, const struct hsm_name *name)
{
    pthread_mutex_lock(&h->keys.lock);
    for (struct hsm_key *key = *key_bucket(&h->keys, name->id); key != NULL; key = key->next)
        if (same_name(&key->name, name))
            atomic_store(&key->epoch, 0);
    pthread_mutex_unlock(&h->keys.lock);
}

void key_table_free(struct key_table *table)
{
    for (size_t i = 0; i < KEY_BUCKETS; i++)
        while (table->bucket[i] != NULL) {
            struct hsm_key *key = table->bucket[i];
            table->bucket[i] = key->next;
            key_free(key);
        }
}

void secret_label(const struct hsm_name *name, enum hsm_secret_kind kind,
                  char out[SECRET_LABEL_MAX])
{
    static const char *const suffix[] = {[HSM_SECRET_KEK_EXPORT] = " (export)",
                                         [HSM_SECRET_KEK_NO_EXPORT] = " (no export)",
                                         [HSM_SECRET_MAC] = ""};
    snprintf(out, SECRET_LABEL_MAX, "%s%s", name->label, suffix[kind]);
}

/* A key that the token would show in clear is not one of ours. */
static CK_RV check_sealed_in(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    bool sensitive = false;
    bool extractable = true;
    CK_RV rv = object_read_bool(h, session, object, CKA_SENSITIVE, &sensitive);
    if (rv == CKR_OK)
        rv = object_read_bool(h, session, object, CKA_EXTRACTABLE, &extractable);
    if (rv == CKR_OK && (!sensitive || extractable)) {
        log_error("a key of the token is not sensitive or can be extracted");
        rv = rv_from_code(CH_EINTEGRITY);
    }
    return rv;
}

/* Asked first: signing with a key of another type is a general error to some modules. */
static CK_RV check_type(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                        enum key_alg alg)
{
    CK_KEY_TYPE type = 0;
    size_t len = sizeof(type);
    CK_RV rv = object_read(h, session, object, CKA_KEY_TYPE, &type, &len);
    if (rv == CKR_OK && type != (key_alg_info(alg)->rsa ? CKK_RSA : CKK_EC))
        rv = rv_from_code(CH_EINTEGRITY);
    return rv;
}

static CK_RV key_find(struct hsm *h, CK_SESSION_HANDLE session, struct hsm_key *key,
                      CK_OBJECT_HANDLE *out)
{
    char label[SECRET_LABEL_MAX];
    bool pair = key->class == KEY_CLASS_PAIR;
    secret_label(&key->name, pair ? HSM_SECRET_MAC : key->kind, label);
    CK_RV rv = object_find_named(h, session, pair ? CKO_PRIVATE_KEY : CKO_SECRET_KEY, label,
                                 key->name.id, out);
    if (rv == CKR_OK)
        rv = check_sealed_in(h, session, *out);
    if (rv == CKR_OK && pair)
        rv = check_type(h, session, *out, key->alg);
    if (rv == CKR_OK && pair)
        rv = sign_prove(h, session, *out, key->public, key->alg);
    return rv;
}

CK_RV key_resolve(struct hsm *h, CK_SESSION_HANDLE session, struct hsm_key *key,
                  CK_OBJECT_HANDLE *out)
{
    if (atomic_load_explicit(&key->epoch, memory_order_acquire) == h->epoch) {
        *out = atomic_load_explicit(&key->handle, memory_order_relaxed);
        return CKR_OK;
    }
    CK_RV rv = CKR_OK;
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    pthread_mutex_lock(&h->resolve_lock);
    if (atomic_load(&key->epoch) == h->epoch)
        handle = atomic_load(&key->handle);
    else
        rv = key_find(h, session, key, &handle);
    if (rv == CKR_OK) {
        atomic_store_explicit(&key->handle, handle, memory_order_relaxed);
        atomic_store_explicit(&key->epoch, h->epoch, memory_order_release);
    }
    pthread_mutex_unlock(&h->resolve_lock);
    *out = handle;
    return rv;
}

static CK_RV op_resolve(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    return key_resolve(h, session, context, &handle);
}

/* Finds it in the table or on the token; owns key, whatever happens. */
static int key_get(struct hsm *h, struct hsm_key *key, struct hsm_key **out)
{
    pthread_mutex_lock(&h->keys.lock);
    struct hsm_key *known = key_lookup(&h->keys, key);
    pthread_mutex_unlock(&h->keys.lock);
    if (known != NULL) {
        key_free(key);
        key = known;
    }
    int r = 0;
    /* Not the token's epoch: a hit costs no lock; a stale handle is looked up when it is used. */
    if (known == NULL || atomic_load(&key->epoch) == 0)
        r = hsm_run(h, op_resolve, key);
    if (r != 0) {
        if (known == NULL)
            key_free(key);
        return r;
    }
    *out = known != NULL ? known : key_insert(&h->keys, key);
    return 0;
}

static int key_new(struct hsm *h, const struct hsm_name *name, enum key_class class,
                   struct hsm_key **out)
{
    if (!name_is_good(name))
        return CH_EINVAL;
    struct hsm_key *key = calloc(1, sizeof(*key));
    if (key == NULL)
        return CH_ENOMEM;
    key->hsm = h;
    key->class = class;
    key->name = *name;
    *out = key;
    return 0;
}

/* The cached entry of that very name and public key, without a look at the token. */
static struct hsm_key *pair_cached(struct hsm *h, const struct hsm_name *name, struct slice spki)
{
    pthread_mutex_lock(&h->keys.lock);
    struct hsm_key *key = *key_bucket(&h->keys, name->id);
    while (key != NULL && (key->class != KEY_CLASS_PAIR || !same_name(&key->name, name) ||
                           !slice_equal(buf_slice(&key->spki), spki)))
        key = key->next;
    pthread_mutex_unlock(&h->keys.lock);
    return key != NULL && atomic_load(&key->epoch) != 0 ? key : NULL;
}

int hsm_pair_find(struct hsm *h, const struct hsm_name *name, struct slice spki,
                  struct hsm_key **out)
{
    PRECOND(h != NULL && name != NULL && out != NULL);
    struct hsm_key *key = NULL;
    *out = pair_cached(h, name, spki);
    if (*out != NULL)
        return 0;
    int r = key_new(h, name, KEY_CLASS_PAIR, &key);
    if (r == 0)
        r = buf_put_slice(&key->spki, spki);
    if (r == 0)
        r = public_parse(spki, &key->public, &key->alg);
    if (r != 0) {
        key_free(key);
        return r;
    }
    return key_get(h, key, out);
}

int hsm_secret_find(struct hsm *h, const struct hsm_name *name, enum hsm_secret_kind kind,
                    struct hsm_key **out)
{
    PRECOND(h != NULL && name != NULL && out != NULL && kind <= HSM_SECRET_MAC);
    struct hsm_key *key = NULL;
    *out = NULL;
    int r = key_new(h, name, KEY_CLASS_SECRET, &key);
    if (r != 0)
        return r;
    key->kind = kind;
    return key_get(h, key, out);
}

void hsm_anchor_set(struct hsm *h, const struct hsm_name *name)
{
    PRECOND(h != NULL && name != NULL);
    pthread_rwlock_wrlock(&h->module->lock);
    h->anchor_name = *name;
    h->has_anchor_name = true;
    pthread_rwlock_unlock(&h->module->lock);
}
