#include "api/front/ocsp_cache.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <gnutls/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BUCKETS 32768      /* a power of two */
#define TAG_SLOTS 4096     /* a power of two */
#define DIGEST_SIZE 32     /* SHA-256: nobody can choose requests that meet in one bucket */
#define REFRESH_PART 4     /* in the last quarter of its life an answer is asked for anew */
#define REFRESH_AGAIN 30   /* seconds until somebody else is told to */

/* TAILQ and LIST entries are guarded by the cache's lock; the rest never changes. */
struct ocsp_kept {
    LIST_ENTRY(ocsp_kept) by_request, by_tag;
    TAILQ_ENTRY(ocsp_kept) by_use;
    atomic_uint users;
    struct frame *answer;
    int64_t refresh_at; /* guarded as well; seconds */
    size_t octets;
    size_t request_len;
    uint8_t request[];
};
LIST_HEAD(kept_list, ocsp_kept);

struct ocsp_cache {
    struct ocsp_cache_limits limits;
    pthread_mutex_t lock; /* guards all below */
    size_t count, octets;
    uint64_t moment;
    uint64_t all_forgotten;            /* the moment */
    uint64_t forgotten[TAG_SLOTS];     /* the moments, by tag */
    TAILQ_HEAD(kept_queue, ocsp_kept) use; /* the last used first */
    struct kept_list tags[TAG_SLOTS];
    struct kept_list requests[BUCKETS];
};

/* ---- kept answers ---- */

struct frame *ocsp_kept_answer(struct ocsp_kept *kept)
{
    return kept->answer;
}

struct slice ocsp_kept_request(const struct ocsp_kept *kept)
{
    return slice_of(kept->request, kept->request_len);
}

void ocsp_kept_ref(struct ocsp_kept *kept)
{
    atomic_fetch_add(&kept->users, 1);
}

void ocsp_kept_unref(struct ocsp_kept *kept)
{
    if (kept == NULL || atomic_fetch_sub(&kept->users, 1) != 1)
        return;
    if (kept->answer != NULL)
        frame_free(kept->answer);
    free(kept->answer);
    free(kept);
}

static const struct msg_ocsp_answer *message_of(const struct ocsp_kept *kept)
{
    return &kept->answer->message.ocsp_answer;
}

static size_t tag_slot(uint64_t tag)
{
    return tag & (TAG_SLOTS - 1);
}

static struct kept_list *bucket_of(struct ocsp_cache *c, struct slice request)
{
    uint8_t digest[DIGEST_SIZE] = {0};
    uint32_t place = 0;
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, request.data, request.len, digest) == 0)
        memcpy(&place, digest, sizeof place);
    return &c->requests[place & (BUCKETS - 1)];
}

/* ---- under the lock ---- */

static void drop(struct ocsp_cache *c, struct ocsp_kept *kept)
{
    LIST_REMOVE(kept, by_request);
    LIST_REMOVE(kept, by_tag);
    TAILQ_REMOVE(&c->use, kept, by_use);
    c->count--;
    c->octets -= kept->octets;
    ocsp_kept_unref(kept);
}

static struct ocsp_kept *look(const struct kept_list *bucket, struct slice request)
{
    struct ocsp_kept *kept = LIST_FIRST(bucket);
    while (kept != NULL && !slice_equal(ocsp_kept_request(kept), request))
        kept = LIST_NEXT(kept, by_request);
    return kept;
}

static bool was_forgotten(const struct ocsp_cache *c, uint64_t tag, uint64_t since)
{
    return c->all_forgotten > since || c->forgotten[tag_slot(tag)] > since;
}

static bool has_room(const struct ocsp_cache *c, size_t octets)
{
    return c->count < c->limits.entries && c->octets + octets <= c->limits.octets;
}

static void insert(struct ocsp_cache *c, struct kept_list *bucket, struct ocsp_kept *kept)
{
    struct ocsp_kept *former = look(bucket, ocsp_kept_request(kept));
    if (former != NULL)
        drop(c, former);
    while (!has_room(c, kept->octets))
        drop(c, TAILQ_LAST(&c->use, kept_queue));
    LIST_INSERT_HEAD(bucket, kept, by_request);
    LIST_INSERT_HEAD(&c->tags[tag_slot(message_of(kept)->tag)], kept, by_tag);
    TAILQ_INSERT_HEAD(&c->use, kept, by_use);
    c->count++;
    c->octets += kept->octets;
    ocsp_kept_ref(kept);
}

/* ---- the cache ---- */

struct ocsp_cache *ocsp_cache_new(const struct ocsp_cache_limits *limits)
{
    PRECOND(limits != NULL && limits->entries > 0);
    struct ocsp_cache *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->limits = *limits;
    pthread_mutex_init(&c->lock, NULL);
    TAILQ_INIT(&c->use);
    return c;
}

void ocsp_cache_free(struct ocsp_cache *c)
{
    if (c == NULL)
        return;
    ocsp_cache_forget_all(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

struct ocsp_kept *ocsp_cache_find(struct ocsp_cache *c, struct slice request, bool *refresh)
{
    PRECOND(c != NULL && refresh != NULL);
    int64_t now = clock_now();
    struct kept_list *bucket = bucket_of(c, request);
    *refresh = false;
    pthread_mutex_lock(&c->lock);
    struct ocsp_kept *kept = look(bucket, request);
    if (kept != NULL && (int64_t)message_of(kept)->next_update <= now) {
        drop(c, kept);
        kept = NULL;
    }
    if (kept != NULL) {
        TAILQ_REMOVE(&c->use, kept, by_use);
        TAILQ_INSERT_HEAD(&c->use, kept, by_use);
        *refresh = now >= kept->refresh_at;
        if (*refresh)
            kept->refresh_at = now + REFRESH_AGAIN;
        ocsp_kept_ref(kept);
    }
    pthread_mutex_unlock(&c->lock);
    return kept;
}

uint64_t ocsp_cache_moment(struct ocsp_cache *c)
{
    pthread_mutex_lock(&c->lock);
    uint64_t moment = c->moment;
    pthread_mutex_unlock(&c->lock);
    return moment;
}

/* Core says what may be kept, and of what age; a clock that went astray keeps nothing. */
static bool is_worth_keeping(const struct frame *answer, struct slice request)
{
    const struct msg_ocsp_answer *m = &answer->message.ocsp_answer;
    uint64_t now = (uint64_t)clock_now();
    return answer->header.type == MSG_OCSP_ANSWER && m->status == 200 && m->cacheable == 1 &&
           m->this_update <= now && m->next_update > now && request.len > 0 &&
           request.len <= PUBLIC_REQUEST_MAX;
}

struct ocsp_kept *ocsp_cache_put(struct ocsp_cache *c, struct slice request, uint64_t moment,
                                 struct frame *answer)
{
    PRECOND(c != NULL && answer != NULL);
    if (!is_worth_keeping(answer, request))
        return NULL;
    const struct msg_ocsp_answer *m = &answer->message.ocsp_answer;
    struct ocsp_kept *kept = malloc(sizeof *kept + request.len);
    if (kept == NULL)
        return NULL;
    memset(kept, 0, sizeof *kept);
    memcpy(kept->request, request.data, request.len);
    kept->request_len = request.len;
    kept->octets = sizeof *kept + request.len + sizeof *answer + answer->payload.cap;
    kept->refresh_at =
        (int64_t)(m->next_update - (m->next_update - m->this_update) / REFRESH_PART);
    kept->users = 1;
    struct kept_list *bucket = bucket_of(c, request);
    pthread_mutex_lock(&c->lock);
    bool keep = !was_forgotten(c, m->tag, moment) && kept->octets <= c->limits.octets;
    if (keep) {
        kept->answer = answer;
        insert(c, bucket, kept);
    }
    pthread_mutex_unlock(&c->lock);
    if (keep)
        return kept;
    free(kept);
    return NULL;
}

void ocsp_cache_forget(struct ocsp_cache *c, uint64_t tag)
{
    PRECOND(c != NULL);
    size_t slot = tag_slot(tag);
    pthread_mutex_lock(&c->lock);
    c->forgotten[slot] = ++c->moment;
    struct ocsp_kept *next = NULL;
    for (struct ocsp_kept *kept = LIST_FIRST(&c->tags[slot]); kept != NULL; kept = next) {
        next = LIST_NEXT(kept, by_tag);
        if (message_of(kept)->tag == tag)
            drop(c, kept);
    }
    pthread_mutex_unlock(&c->lock);
}

void ocsp_cache_forget_all(struct ocsp_cache *c)
{
    PRECOND(c != NULL);
    pthread_mutex_lock(&c->lock);
    c->all_forgotten = ++c->moment;
    while (!TAILQ_EMPTY(&c->use))
        drop(c, TAILQ_FIRST(&c->use));
    pthread_mutex_unlock(&c->lock);
}

void ocsp_cache_count(struct ocsp_cache *c, size_t *entries, size_t *octets)
{
    pthread_mutex_lock(&c->lock);
    *entries = c->count;
    *octets = c->octets;
    pthread_mutex_unlock(&c->lock);
}
