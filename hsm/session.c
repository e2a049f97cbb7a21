#include "hsm/internal.h"

#include "firmware/base/clock.h"

#include <stdlib.h>

#define SESSION_GROW_MS 10000

int session_pool_open(struct session_pool *pool, unsigned size)
{
    *pool = (struct session_pool){.size = size, .max = size};
    pool->idle = calloc(size, sizeof(*pool->idle));
    pool->transports = calloc(size, sizeof(*pool->transports));
    if (pool->idle == NULL || pool->transports == NULL) {
        free(pool->idle);
        free(pool->transports);
        pool->idle = NULL;
        return CH_ENOMEM;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->returned, NULL);
    return 0;
}

/* Forgets the keys of a session, CK_INVALID_HANDLE = of all; the token drops them with it. */
static void transports_forget(struct session_pool *pool, CK_SESSION_HANDLE session)
{
    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < pool->size; i++) {
        struct session_transport *t = &pool->transports[i];
        if (session != CK_INVALID_HANDLE && t->session != session)
            continue;
        secret_free(t->transport.key);
        *t = (struct session_transport){.session = CK_INVALID_HANDLE};
    }
    pthread_mutex_unlock(&pool->lock);
}

void session_pool_free(struct session_pool *pool)
{
    if (pool->idle == NULL)
        return;
    transports_forget(pool, CK_INVALID_HANDLE);
    free(pool->transports);
    free(pool->idle);
    pool->idle = NULL;
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->returned);
}

struct session_transport *session_transport(struct hsm *h, CK_SESSION_HANDLE session)
{
    struct session_pool *pool = &h->sessions;
    unsigned place = pool->size;
    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < pool->size; i++) {
        CK_SESSION_HANDLE owner = pool->transports[i].session;
        if (owner == session || (owner == CK_INVALID_HANDLE && place == pool->size))
            place = i;
        if (owner == session)
            break;
    }
    PRECOND(place < pool->size); /* no more sessions are open than there are places */
    pool->transports[place].session = session;
    pthread_mutex_unlock(&pool->lock);
    return &pool->transports[place];
}

static CK_RV session_open(struct hsm *h, CK_SESSION_HANDLE *out)
{
    *out = CK_INVALID_HANDLE;
    return h->p11->C_OpenSession(h->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, out);
}

/* No session is idle and no other may be opened. A token that once had no more may have one by now. */
static bool pool_is_full(struct session_pool *pool)
{
    if (pool->idle_count > 0 || pool->open < pool->max)
        return false;
    if (pool->max >= pool->size || clock_monotonic_ms() < pool->grow_at)
        return true;
    pool->max++;
    pool->grow_at = clock_monotonic_ms() + SESSION_GROW_MS;
    return false;
}

CK_RV session_get(struct hsm *h, CK_SESSION_HANDLE *out)
{
    struct session_pool *pool = &h->sessions;
    CK_RV rv = CKR_OK;
    *out = CK_INVALID_HANDLE;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool_is_full(pool))
            pthread_cond_wait(&pool->returned, &pool->lock);
        if (pool->idle_count > 0) {
            *out = pool->idle[--pool->idle_count];
            break;
        }
        pool->open++;
        pthread_mutex_unlock(&pool->lock);
        rv = session_open(h, out);
        pthread_mutex_lock(&pool->lock);
        if (rv == CKR_OK)
            break;
        pool->open--;
        /* Who waits may open one in our stead; nobody else would tell it. */
        pthread_cond_signal(&pool->returned);
        if (rv != CKR_SESSION_COUNT || pool->open == 0)
            break;
        /* The token has no more: make do with those that are open, and wait for one. */
        log_warn("the token allows no more than %u sessions", pool->open);
        pool->max = pool->open;
        pool->grow_at = clock_monotonic_ms() + SESSION_GROW_MS;
        rv = CKR_OK;
    }
    pthread_mutex_unlock(&pool->lock);
    return rv;
}

void session_put(struct hsm *h, CK_SESSION_HANDLE session, bool healthy)
{
    struct session_pool *pool = &h->sessions;
    if (!healthy) {
        /* Before its handle can be another session's. */
        transports_forget(pool, session);
        (void)h->p11->C_CloseSession(session);
    }
    pthread_mutex_lock(&pool->lock);
    if (healthy)
        pool->idle[pool->idle_count++] = session;
    else
        pool->open--;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
}

CK_RV keeper_get(struct hsm *h, unsigned i, CK_SESSION_HANDLE *out)
{
    struct keeper *k = &h->keepers[i];
    CK_RV rv = CKR_OK;
    pthread_mutex_lock(&k->lock);
    if (k->session == CK_INVALID_HANDLE)
        rv = session_open(h, &k->session);
    *out = k->session;
    if (rv != CKR_OK) {
        k->session = CK_INVALID_HANDLE;
        pthread_mutex_unlock(&k->lock);
    }
    return rv;
}

void keeper_put(struct hsm *h, unsigned i, bool healthy)
{
    struct keeper *k = &h->keepers[i];
    if (!healthy) {
        (void)h->p11->C_CloseSession(k->session);
        k->session = CK_INVALID_HANDLE;
    }
    pthread_mutex_unlock(&k->lock);
}

static void session_end(struct hsm *h, CK_SESSION_HANDLE *session, bool dead)
{
    if (*session != CK_INVALID_HANDLE && !dead)
        (void)h->p11->C_CloseSession(*session);
    *session = CK_INVALID_HANDLE;
}

/* One by one: C_CloseAllSessions would also close those of other users of the module. */
void sessions_close(struct hsm *h, bool dead)
{
    struct session_pool *pool = &h->sessions;
    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < pool->idle_count; i++)
        session_end(h, &pool->idle[i], dead);
    pool->idle_count = 0;
    pool->open = 0;
    pool->max = pool->size;
    pthread_mutex_unlock(&pool->lock);
    transports_forget(pool, CK_INVALID_HANDLE);
    for (unsigned i = 0; i < KEEPERS; i++)
        session_end(h, &h->keepers[i].session, dead);
    session_end(h, &h->anchor, dead);
}

CK_RV sessions_open(struct hsm *h)
{
    CK_RV rv = session_open(h, &h->anchor);
    if (rv != CKR_OK) {
        h->anchor = CK_INVALID_HANDLE;
        return rv;
    }
    token_files_keep_first(h->fsync_folder);
    rv = token_login(h, h->anchor);
    if (rv == CKR_OK)
        token_files_keep(h->fsync_folder);
    else
        session_end(h, &h->anchor, false);
    return rv;
}
