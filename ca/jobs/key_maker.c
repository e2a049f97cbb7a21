#include "ca/jobs/key_maker.h"

#include "ca/acm/private.h"
#include "ca/jobs/share.h"
#include "ca/pca/authority.h"
#include "ca/pca/authority_key.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHARE 4 /* keys of one account in a turn */
#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 30000

/* Something that waits for a key. */
struct item {
    struct scope scope;
    char id[ROW_UUID_SIZE];
};

struct items {
    struct item *list;
    size_t count, room;
};

struct claim {
    char id[ROW_UUID_SIZE];
    struct claim *next;
};

struct key_maker {
    struct core *core;
    struct authority_cache *authorities;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t wanted; /* rounds asked for */
    uint64_t done;   /* rounds begun after they were asked for, and ended */
    bool stop;
    struct claim *claims;
};

/* ---- claims ---- */

static struct claim **claim_find(struct key_maker *m, const char *id)
{
    struct claim **c = &m->claims;
    while (*c != NULL && strcmp((*c)->id, id) != 0)
        c = &(*c)->next;
    return c;
}

int key_maker_claim(struct key_maker *m, const char id[ROW_UUID_SIZE])
{
    if (m == NULL)
        return 0;
    struct claim *mine = calloc(1, sizeof *mine);
    if (mine == NULL)
        return CH_ENOMEM;
    memcpy(mine->id, id, sizeof mine->id);
    pthread_mutex_lock(&m->mutex);
    bool taken = *claim_find(m, id) != NULL;
    if (!taken) {
        mine->next = m->claims;
        m->claims = mine;
    }
    pthread_mutex_unlock(&m->mutex);
    if (taken)
        free(mine);
    return taken ? CH_EBUSY : 0;
}

void key_maker_release(struct key_maker *m, const char id[ROW_UUID_SIZE])
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&m->mutex);
    struct claim **c = claim_find(m, id);
    struct claim *mine = *c;
    if (mine != NULL)
        *c = mine->next;
    pthread_mutex_unlock(&m->mutex);
    free(mine);
}

struct authority_cache *key_maker_authorities(struct key_maker *m)
{
    return m == NULL ? NULL : m->authorities;
}

/* ---- one round ---- */

static int items_add(struct items *items, const struct scope *scope, const char *id)
{
    if (items->count == items->room) {
        size_t room = items->room == 0 ? 16 : items->room * 2;
        struct item *list = reallocarray(items->list, room, sizeof *list);
        if (list == NULL)
            return CH_ENOMEM;
        items->list = list;
        items->room = room;
    }
    struct item *item = &items->list[items->count++];
    item->scope = *scope;
    memcpy(item->id, id, sizeof item->id);
    return 0;
}

static int authority_visit(void *context, const struct authority_row *row)
{
    return items_add(context, &row->scope, row->id);
}

static int certificate_visit(void *context, const struct certificate_row *row)
{
    return items_add(context, &row->scope, row->id);
}

static int creating_unit(struct store_tx *tx, void *context)
{
    return store_authority_list_creating(tx, authority_visit, context);
}

static int pending_unit(struct store_tx *tx, void *context)
{
    return store_certificate_list_pending(tx, certificate_visit, context);
}

static bool stopping(struct key_maker *m)
{
    pthread_mutex_lock(&m->mutex);
    bool stop = m->stop;
    pthread_mutex_unlock(&m->mutex);
    return stop;
}

/* One that is deleted for good at this moment is that job's business. */
static int make_authority(struct key_maker *m, const struct item *item)
{
    int rc = key_maker_claim(m, item->id);
    if (rc == CH_EBUSY)
        return 0;
    if (rc == 0) {
        rc = authority_key_make(m->core, &item->scope, item->id);
        key_maker_release(m, item->id);
    }
    return rc;
}

/* A certificate that a request works on at this moment is its business. */
static int make_certificate(struct key_maker *m, const struct item *item)
{
    int rc = key_maker_claim(m, item->id);
    if (rc == CH_EBUSY)
        return 0;
    if (rc == 0) {
        rc = private_make(m->core, &item->scope, item->id);
        key_maker_release(m, item->id);
    }
    return rc;
}

/* ---- whose turn it is ---- */

static bool items_have(const struct items *items, const char *id)
{
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->list[i].id, id) == 0)
            return true;
    return false;
}

/* Drops what was tried in this round already, keeping the order. */
static void items_drop(struct items *items, const struct items *tried)
{
    size_t kept = 0;
    for (size_t i = 0; i < items->count; i++)
        if (!items_have(tried, items->list[i].id))
            items->list[kept++] = items->list[i];
    items->count = kept;
}

static int items_rank(const struct items *items, unsigned *ranks)
{
    const char **owners = calloc(items->count + 1, sizeof *owners);
    if (owners == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; i < items->count; i++)
        owners[i] = items->list[i].scope.account;
    int rc = share_rank(owners, items->count, ranks);
    free(owners);
    return rc;
}

/* One item of a turn; whatever became of it, it does not come up again in this round. */
static int item_make(struct key_maker *m, const struct item *item, struct items *tried,
                     int (*make)(struct key_maker *m, const struct item *item))
{
    int rc = items_add(tried, &item->scope, item->id);
    if (rc == 0)
        rc = make(m, item);
    if (rc != 0)
        log_warn("key maker: %s waits on: %s", item->id, ch_error_text(rc));
    return rc;
}

/* SHARE items of each account that waits; *left = how many more wait. */
static int turn_make(struct key_maker *m, struct items *items, struct items *tried, size_t *left,
                     int (*make)(struct key_maker *m, const struct item *item))
{
    unsigned *ranks = calloc(items->count + 1, sizeof *ranks);
    int failure = ranks == NULL ? CH_ENOMEM : items_rank(items, ranks);
    *left = 0;
    for (unsigned rank = 0; failure != CH_ENOMEM && rank < SHARE; rank++)
        for (size_t i = 0; i < items->count && failure != CH_EHSM && !stopping(m); i++) {
            int rc = ranks[i] == rank ? item_make(m, &items->list[i], tried, make) : 0;
            failure = rc != 0 ? rc : failure;
        }
    for (size_t i = 0; failure != CH_ENOMEM && i < items->count; i++)
        *left += ranks[i] >= SHARE;
    free(ranks);
    return failure;
}

/*
 * Makes all that waits, by turns, and lists anew for each: who came meanwhile waits for a turn, not for
 * all that stood before. The last failure, if any; a lost HSM ends the round.
 */
static int make_all(struct key_maker *m, store_unit list,
                    int (*make)(struct key_maker *m, const struct item *item))
{
    struct items tried = {0};
    size_t left = 1;
    int failure = 0;
    while (left > 0 && failure != CH_EHSM && failure != CH_ENOMEM && !stopping(m)) {
        struct items items = {0};
        int rc = store_read(m->core->store, list, &items);
        if (rc != 0) {
            log_error("key maker: the store cannot be read: %s", ch_error_text(rc));
            failure = rc;
            left = 0;
        } else {
            items_drop(&items, &tried);
            rc = turn_make(m, &items, &tried, &left, make);
            failure = rc != 0 ? rc : failure;
        }
        free(items.list);
    }
    free(tried.list);
    return failure;
}

static int round_make(struct key_maker *m)
{
    int authorities = make_all(m, creating_unit, make_authority);
    int certificates = make_all(m, pending_unit, make_certificate);
    return authorities != 0 ? authorities : certificates;
}

/* ---- the thread ---- */

/* Sleeps until asked, or, after a failure, for retry_ms at most. Called with the mutex held. */
static void rest(struct key_maker *m, unsigned retry_ms)
{
    struct timespec deadline = clock_deadline(retry_ms);
    while (!m->stop && m->wanted == m->done) {
        if (retry_ms == 0)
            pthread_cond_wait(&m->changed, &m->mutex);
        else if (pthread_cond_timedwait(&m->changed, &m->mutex, &deadline) != 0)
            return;
    }
}

static unsigned retry_next(unsigned retry_ms, int rc)
{
    if (rc == 0)
        return 0;
    if (retry_ms == 0)
        return RETRY_MIN_MS;
    return retry_ms * 2 < RETRY_MAX_MS ? retry_ms * 2 : RETRY_MAX_MS;
}

static void *thread_main(void *context)
{
    struct key_maker *m = context;
    unsigned retry_ms = 0;
    pthread_mutex_lock(&m->mutex);
    while (!m->stop) {
        uint64_t round = m->wanted;
        pthread_mutex_unlock(&m->mutex);
        retry_ms = retry_next(retry_ms, round_make(m));
        pthread_mutex_lock(&m->mutex);
        m->done = round;
        pthread_cond_broadcast(&m->changed);
        rest(m, retry_ms);
    }
    pthread_mutex_unlock(&m->mutex);
    return NULL;
}

static void parts_free(struct key_maker *m)
{
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->mutex);
    authority_cache_free(m->authorities);
    free(m);
}

int key_maker_new(struct core *core, struct key_maker **out)
{
    *out = NULL;
    struct key_maker *m = calloc(1, sizeof *m);
    if (m == NULL)
        return CH_ENOMEM;
    m->core = core;
    m->authorities = authority_cache_new();
    pthread_mutex_init(&m->mutex, NULL);
    int rc = clock_cond_init(&m->changed);
    if (rc == 0 && m->authorities == NULL)
        rc = CH_ENOMEM;
    *out = m;
    if (rc == 0 && pthread_create(&m->thread, NULL, thread_main, m) != 0)
        rc = CH_ESYS;
    if (rc != 0) {
        *out = NULL;
        parts_free(m);
    }
    return rc;
}

void key_maker_wake(struct key_maker *m)
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&m->mutex);
    m->wanted++;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->mutex);
}

int key_maker_wait(struct key_maker *m, unsigned timeout_ms)
{
    int rc = 0;
    if (m == NULL)
        return CH_ESTATE;
    struct timespec deadline = clock_deadline(timeout_ms);
    pthread_mutex_lock(&m->mutex);
    uint64_t mine = ++m->wanted;
    pthread_cond_broadcast(&m->changed);
    while (!m->stop && m->done < mine && rc == 0)
        if (pthread_cond_timedwait(&m->changed, &m->mutex, &deadline) != 0)
            rc = CH_ETIMEOUT;
    pthread_mutex_unlock(&m->mutex);
    return rc;
}

void key_maker_free(struct key_maker *m)
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&m->mutex);
    m->stop = true;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->mutex);
    pthread_join(m->thread, NULL);
    parts_free(m);
}
