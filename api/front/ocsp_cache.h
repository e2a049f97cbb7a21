/*
 * ocsp_cache.h - OCSP answers that the public front keeps, so that most questions are answered
 * without core: by the octets of the request, to the octet, until nextUpdate. Bounded; what was
 * not asked for longest goes first. Safe from any thread.
 *
 * Core tells when an answer is true no longer (MSG_FORGET). One that core computed before that may
 * still be under way then; it must not come in behind the word that drops it. Hence the moment:
 * taken before core is asked, and an answer is kept only when nothing of its tag was forgotten
 * since. Core commits before it tells, so one who asked after the word sees what was committed.
 */
#ifndef CHANCERY_FRONT_OCSP_CACHE_H
#define CHANCERY_FRONT_OCSP_CACHE_H

#include "firmware/base/channel.h"

struct ocsp_cache;

struct ocsp_cache_limits {
    size_t entries;
    size_t octets; /* of requests, answers and what keeps them */
};

/* A kept answer; lives as long as somebody holds it, also after it was dropped. */
struct ocsp_kept;

/* NULL when out of memory. limits is copied. */
struct ocsp_cache *ocsp_cache_new(const struct ocsp_cache_limits *limits);
/* Nobody may use it any more; answers that are held outlive it. NULL is fine. */
void ocsp_cache_free(struct ocsp_cache *c);

/*
 * The answer to these octets, held for the caller (ocsp_kept_unref), or NULL. *refresh: it ends
 * soon, and the caller is the one who should ask core for the next (told once a while only).
 */
struct ocsp_kept *ocsp_cache_find(struct ocsp_cache *c, struct slice request, bool *refresh);

/* The moment of ocsp_cache_put, to be taken before core is asked. */
uint64_t ocsp_cache_moment(struct ocsp_cache *c);

/*
 * Keeps core's MSG_OCSP_ANSWER to these octets, asked at that moment, and takes it over: the kept
 * answer, held for the caller. NULL when it is not to be kept or there is no memory: it stays the caller's.
 */
struct ocsp_kept *ocsp_cache_put(struct ocsp_cache *c, struct slice request, uint64_t moment,
                                 struct frame *answer);

/* Drops the answers of that tag; all of them. */
void ocsp_cache_forget(struct ocsp_cache *c, uint64_t tag);
void ocsp_cache_forget_all(struct ocsp_cache *c);

/* How many are kept, and their octets. */
void ocsp_cache_count(struct ocsp_cache *c, size_t *entries, size_t *octets);

/* Both borrowed. The frame is not to be changed. */
struct frame *ocsp_kept_answer(struct ocsp_kept *kept);
struct slice ocsp_kept_request(const struct ocsp_kept *kept);
void ocsp_kept_ref(struct ocsp_kept *kept);
void ocsp_kept_unref(struct ocsp_kept *kept);

#endif
