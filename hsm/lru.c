#include "hsm/internal.h"

#include <stdlib.h>
#include <string.h>

/* Entries stand in a bucket list and in the list of use, latest first. */
struct lru_entry {
    struct lru_entry *chain;
    struct lru_entry *newer;
    struct lru_entry *older;
    uint8_t tag[HSM_TAG_SIZE];
    uint8_t digest[32];
    CK_OBJECT_HANDLE handle;
    unsigned held;
    bool removed; /* out of the lists; the last holder frees it */
};

struct lru {
    pthread_mutex_t lock;
    struct lru_entry **bucket;
    size_t buckets;
    struct lru_entry *newest;
    struct lru_entry *oldest;
    unsigned count;
    unsigned size;
};

struct lru *lru_new(unsigned size)
{
    PRECOND(size > 0);
    struct lru *lru = calloc(1, sizeof(*lru));
    if (lru == NULL)
        return NULL;
    lru->buckets = (size_t)size + 1;
    lru->size = size;
    lru->bucket = calloc(lru->buckets, sizeof(*lru->bucket));
    if (lru->bucket == NULL) {
        free(lru);
        return NULL;
    }
    pthread_mutex_init(&lru->lock, NULL);
    return lru;
}

/* Tags are MACs, so any of their bytes are a hash. */
static struct lru_entry **lru_bucket(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE])
{
    uint64_t hash = 0;
    memcpy(&hash, tag, sizeof(hash));
    return &lru->bucket[hash % lru->buckets];
}

static struct lru_entry *lru_lookup(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE])
{
    struct lru_entry *e = *lru_bucket(lru, tag);
    while (e != NULL && memcmp(e->tag, tag, HSM_TAG_SIZE) != 0)
        e = e->chain;
    return e;
}

static void use_unlink(struct lru *lru, struct lru_entry *e)
{
    *(e->newer == NULL ? &lru->newest : &e->newer->older) = e->older;
    *(e->older == NULL ? &lru->oldest : &e->older->newer) = e->newer;
}

static void use_front(struct lru *lru, struct lru_entry *e)
{
    e->newer = NULL;
    e->older = lru->newest;
    *(lru->newest == NULL ? &lru->oldest : &lru->newest->newer) = e;
    lru->newest = e;
}

/* Out of both lists; returns the handle to destroy now, if nobody holds the entry. */
static CK_OBJECT_HANDLE entry_remove(struct lru *lru, struct lru_entry *e)
{
    struct lru_entry **at = lru_bucket(lru, e->tag);
    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    use_unlink(lru, e);
    lru->count--;
    e->removed = true;
    if (e->held > 0)
        return CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE handle = e->handle;
    free(e);
    return handle;
}

struct lru_entry *lru_get(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE],
                          const uint8_t digest[32])
{
    pthread_mutex_lock(&lru->lock);
    struct lru_entry *e = lru_lookup(lru, tag);
    /* The same tag on other bytes is a forgery or a mix-up: the MAC is computed and refuses it. */
    if (e != NULL && memcmp(e->digest, digest, sizeof(e->digest)) != 0)
        e = NULL;
    if (e != NULL) {
        e->held++;
        use_unlink(lru, e);
        use_front(lru, e);
    }
    pthread_mutex_unlock(&lru->lock);
    return e;
}

static CK_OBJECT_HANDLE evict_one(struct lru *lru)
{
    struct lru_entry *e = lru->oldest;
    while (e != NULL && e->held > 0)
        e = e->newer;
    return e == NULL ? CK_INVALID_HANDLE : entry_remove(lru, e);
}

static struct lru_entry *entry_new(const uint8_t tag[HSM_TAG_SIZE], const uint8_t digest[32],
                                   CK_OBJECT_HANDLE handle)
{
    struct lru_entry *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return NULL;
    memcpy(e->tag, tag, HSM_TAG_SIZE);
    memcpy(e->digest, digest, sizeof(e->digest));
    e->handle = handle;
    e->held = 1;
    return e;
}

static void entry_insert(struct lru *lru, struct lru_entry *e)
{
    struct lru_entry **bucket = lru_bucket(lru, e->tag);
    e->chain = *bucket;
    *bucket = e;
    use_front(lru, e);
    lru->count++;
}

void lru_add(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE], const uint8_t digest[32],
             CK_OBJECT_HANDLE handle, struct lru_entry **out, CK_OBJECT_HANDLE *evicted)
{
    struct lru_entry *fresh = entry_new(tag, digest, handle);
    *out = NULL;
    *evicted = handle;
    pthread_mutex_lock(&lru->lock);
    struct lru_entry *known = lru_lookup(lru, tag);
    if (known != NULL && memcmp(known->digest, digest, sizeof(known->digest)) == 0) {
        known->held++;
        *out = known;
    } else if (known == NULL && fresh != NULL) {
        CK_OBJECT_HANDLE old = lru->count < lru->size ? CK_INVALID_HANDLE : evict_one(lru);
        if (lru->count < lru->size) {
            entry_insert(lru, fresh);
            *out = fresh;
            *evicted = old;
            fresh = NULL;
        }
    }
    pthread_mutex_unlock(&lru->lock);
    free(fresh);
}

CK_OBJECT_HANDLE lru_handle(const struct lru_entry *entry)
{
    return entry->handle;
}

CK_OBJECT_HANDLE lru_put(struct lru *lru, struct lru_entry *entry)
{
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    pthread_mutex_lock(&lru->lock);
    PRECOND(entry->held > 0);
    if (--entry->held == 0 && entry->removed) {
        handle = entry->handle;
        free(entry);
    }
    pthread_mutex_unlock(&lru->lock);
    return handle;
}

CK_OBJECT_HANDLE lru_remove(struct lru *lru, const uint8_t tag[HSM_TAG_SIZE])
{
    pthread_mutex_lock(&lru->lock);
    struct lru_entry *e = lru_lookup(lru, tag);
    CK_OBJECT_HANDLE handle = e == NULL ? CK_INVALID_HANDLE : entry_remove(lru, e);
    pthread_mutex_unlock(&lru->lock);
    return handle;
}

void lru_clear(struct lru *lru)
{
    pthread_mutex_lock(&lru->lock);
    for (struct lru_entry *e = lru->newest, *older = NULL; e != NULL; e = older) {
        PRECOND(e->held == 0);
        older = e->older;
        (void)entry_remove(lru, e);
    }
    pthread_mutex_unlock(&lru->lock);
}

unsigned lru_count(struct lru *lru)
{
    pthread_mutex_lock(&lru->lock);
    unsigned count = lru->count;
    pthread_mutex_unlock(&lru->lock);
    return count;
}

void lru_free(struct lru *lru)
{
    if (lru == NULL)
        return;
    lru_clear(lru);
    pthread_mutex_destroy(&lru->lock);
    free(lru->bucket);
    free(lru);
}
