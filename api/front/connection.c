#include "api/front/connection.h"

#include "api/front/identity.h"
#include "api/front/drain.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define TICK_MS 250
#define TRIM_FROM 500 /* connections: fewer are not worth a trim */
#define PUSH_PARTS_MAX 64 /* GnuTLS gathers 32 at most */
#define IDLE_BEFORE_EVICTION_MS 1000

enum phase { PHASE_HANDSHAKE, PHASE_IDLE, PHASE_RECEIVING, PHASE_WAITING, PHASE_REPLYING };

/*
 * phase, deadline and expired are shared with the thread that looks at the deadlines; the
 * rest belongs to the library's thread.
 */
struct connection {
    struct connections *all;
    struct connection *next;
    struct connection *previous;
    _Atomic(enum phase) phase;
    atomic_int_fast64_t deadline_ms; /* 0 = none */
    atomic_bool expired;
    bool told;   /* that it took too long */
    bool unread; /* answered before all of the request was read */
    int fd;
    gnutls_session_t session;
    struct identity *identity;
    char peer[64];
};

struct connections {
    struct connections_config config;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool stopping;
    size_t count;
    size_t peak; /* since memory was last given back */
    struct connection *first; /* the newest */
    struct drain *drain;
};

static void set_phase(struct connection *c, enum phase phase)
{
    const struct connections_config *config = &c->all->config;
    const int64_t timeouts[] = {[PHASE_HANDSHAKE] = config->request_timeout_ms,
                                [PHASE_IDLE] = config->idle_timeout_ms,
                                [PHASE_RECEIVING] = config->request_timeout_ms,
                                [PHASE_WAITING] = 0,
                                [PHASE_REPLYING] = config->idle_timeout_ms};
    atomic_store(&c->phase, phase);
    atomic_store(&c->deadline_ms,
                 timeouts[phase] == 0 ? 0 : clock_monotonic_ms() + timeouts[phase]);
}

/* ---- what TLS reads and writes ---- */

static ssize_t write_raw(struct connection *c, struct slice bytes)
{
    if (c->session == NULL)
        return send(c->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return gnutls_record_send(c->session, bytes.data, bytes.len);
}

void connection_refuse(struct connection *c, enum refusal why)
{
    struct buf raw = {0};
    if (atomic_load(&c->phase) == PHASE_RECEIVING && reply_refuse_raw(why, &raw) == 0 &&
        write_raw(c, buf_slice(&raw)) != (ssize_t)raw.len)
        log_debug("a peer did not take its refusal");
    buf_free(&raw);
}

/*
 * Sending from within a read is as good as from a second thread, which GnuTLS allows. The
 * end of input that follows makes the library close, with TLS's own good-bye.
 */
static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t len)
{
    struct connection *c = context;
    if (atomic_load(&c->expired)) {
        if (!c->told)
            connection_refuse(c, REFUSAL_TIMEOUT);
        c->told = true;
        return 0;
    }
    ssize_t got = recv(c->fd, data, len, 0);
    if (got > 0 && atomic_load(&c->phase) == PHASE_IDLE)
        set_phase(c, PHASE_RECEIVING);
    return got;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *parts, int count)
{
    struct connection *c = context;
    giovec_t copy[PUSH_PARTS_MAX]; /* the system's prototype has no const */
    PRECOND(count > 0 && count <= PUSH_PARTS_MAX);
    memcpy(copy, parts, (size_t)count * sizeof *copy);
    const struct msghdr message = {.msg_iov = copy, .msg_iovlen = (size_t)count};
    if (atomic_load(&c->phase) == PHASE_RECEIVING)
        c->unread = true;
    return sendmsg(c->fd, &message, MSG_NOSIGNAL);
}

/* GnuTLS wants it beside a pull function; only its own blocking waits use it. */
static int pull_timeout(gnutls_transport_ptr_t context, unsigned int ms)
{
    struct connection *c = context;
    return gnutls_system_recv_timeout((gnutls_transport_ptr_t)(intptr_t)c->fd, ms);
}

/* The client's Finished has come: from here on its bytes are requests. */
static int on_finished(gnutls_session_t session, unsigned int type, unsigned int when,
                       unsigned int incoming, const gnutls_datum_t *message)
{
    (void)type;
    (void)when;
    (void)message;
    struct connection *c = gnutls_transport_get_ptr(session);
    if (incoming != 0 && atomic_load(&c->phase) == PHASE_HANDSHAKE)
        set_phase(c, PHASE_IDLE);
    return 0;
}

int connection_choose_identity(gnutls_session_t session, const gnutls_datum_t *authorities,
                               int authority_count, const gnutls_pk_algorithm_t *algorithms,
                               int algorithm_count, gnutls_pcert_st **chain,
                               unsigned int *chain_len, gnutls_privkey_t *key)
{
    (void)authorities;
    (void)authority_count;
    (void)algorithms;
    (void)algorithm_count;
    struct connection *c = gnutls_transport_get_ptr(session);
    if (c->identity == NULL)
        c->identity = identity_current();
    if (c->identity == NULL)
        return -1;
    *chain_len = identity_get_chain(c->identity, chain, key);
    return 0;
}

/* ---- the thread that looks at the deadlines ---- */

static bool is_due(const struct connection *c, int64_t now)
{
    int64_t deadline = atomic_load(&c->deadline_ms);
    return deadline != 0 && now >= deadline && !atomic_load(&c->expired);
}

static bool is_long_idle(const struct connection *c, int64_t now)
{
    int64_t since = atomic_load(&c->deadline_ms) - c->all->config.idle_timeout_ms;
    return atomic_load(&c->phase) == PHASE_IDLE && now - since >= IDLE_BEFORE_EVICTION_MS;
}

/* fd is open still: connection_close takes the connection off the list before it is closed. */
static void expire(struct connection *c)
{
    bool writing = atomic_load(&c->phase) == PHASE_REPLYING;
    atomic_store(&c->expired, true);
    shutdown(c->fd, writing ? SHUT_RDWR : SHUT_RD);
}

/* When nearly full, idle connections give way to newcomers. Lock held. */
static void look_at_all(struct connections *all, int64_t now)
{
    int64_t room = all->config.limit / 16;
    int64_t excess = (int64_t)all->count - (all->config.limit - room);
    for (struct connection *c = all->first; c != NULL; c = c->next) {
        if (is_due(c, now)) {
            expire(c);
        } else if (excess > 0 && !atomic_load(&c->expired) && is_long_idle(c, now)) {
            expire(c);
            excess--;
        }
    }
}

static void wait_tick(struct connections *all)
{
    struct timespec until = clock_deadline(TICK_MS);
    int waited = 0;
    while (!all->stopping && waited == 0)
        waited = pthread_cond_timedwait(&all->changed, &all->lock, &until);
}

/* True when many have gone since the last time: the allocator keeps what they freed. Lock held. */
static bool has_shrunk(struct connections *all)
{
    bool shrunk = all->peak >= TRIM_FROM && all->count <= all->peak / 2;
    if (shrunk || all->count > all->peak)
        all->peak = all->count;
    return shrunk;
}

static void *connections_main(void *context)
{
    struct connections *all = context;
    pthread_mutex_lock(&all->lock);
    while (!all->stopping) {
        look_at_all(all, clock_monotonic_ms());
        bool shrunk = has_shrunk(all);
        pthread_mutex_unlock(&all->lock);
        if (shrunk)
            malloc_trim(0);
        drain_look(all->drain, clock_monotonic_ms());
        all->config.on_tick(all->config.context);
        pthread_mutex_lock(&all->lock);
        wait_tick(all);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

struct connections *connections_open(const struct connections_config *config)
{
    PRECOND(config != NULL && config->on_tick != NULL && config->limit > 0);
    struct connections *all = calloc(1, sizeof *all);
    if (all == NULL)
        return NULL;
    all->config = *config;
    all->drain = drain_open();
    pthread_mutex_init(&all->lock, NULL);
    if (clock_cond_init(&all->changed) == 0 && all->drain != NULL && pthread_create(&all->thread, NULL, connections_main, all) == 0)
        return all;
    drain_close(all->drain);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    free(all);
    return NULL;
}

void connections_close(struct connections *all)
{
    if (all == NULL)
        return;
    pthread_mutex_lock(&all->lock);
    all->stopping = true;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
    pthread_join(all->thread, NULL);
    PRECOND(all->count == 0);
    drain_close(all->drain);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

size_t connections_count(struct connections *all)
{
    pthread_mutex_lock(&all->lock);
    size_t count = all->count;
    pthread_mutex_unlock(&all->lock);
    return count;
}

/* ---- one connection ---- */

static void list_put(struct connections *all, struct connection *c)
{
    pthread_mutex_lock(&all->lock);
    c->next = all->first;
    if (c->next != NULL)
        c->next->previous = c;
    all->first = c;
    all->count++;
    pthread_mutex_unlock(&all->lock);
}

static void list_remove(struct connections *all, struct connection *c)
{
    pthread_mutex_lock(&all->lock);
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        all->first = c->next;
    all->count--;
    pthread_mutex_unlock(&all->lock);
}

/* TLS reads and writes through here from now on. */
static void watch_session(struct connection *c, gnutls_session_t session)
{
    gnutls_transport_set_ptr(session, c);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_vec_push_function(session, push);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                       on_finished);
}

struct connection *connection_open(struct connections *all, int fd, gnutls_session_t session,
                                   struct slice peer)
{
    const int on = 1;
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    /* A handshake is a few small writes in a row: not to wait for the peer's delayed ACK. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        log_debug("TCP_NODELAY: not set");
    c->all = all;
    c->fd = fd;
    c->session = session;
    if (peer.len > 0 && peer.len < sizeof c->peer)
        memcpy(c->peer, peer.data, peer.len);
    set_phase(c, session == NULL ? PHASE_IDLE : PHASE_HANDSHAKE);
    if (session != NULL)
        watch_session(c, session);
    list_put(all, c);
    return c;
}

/* The session is gone already, the socket not yet. */
void connection_close(struct connection *c)
{
    if (c == NULL)
        return;
    list_remove(c->all, c);
    if (c->unread)
        drain_take(c->all->drain, c->fd);
    shutdown(c->fd, SHUT_WR);
    identity_unref(c->identity);
    free(c);
}

struct slice connection_peer(const struct connection *c)
{
    return slice_text(c->peer);
}

void connection_request_begins(struct connection *c)
{
    if (atomic_load(&c->phase) != PHASE_RECEIVING)
        set_phase(c, PHASE_RECEIVING);
}

void connection_request_complete(struct connection *c)
{
    set_phase(c, PHASE_WAITING);
}

void connection_reply_begins(struct connection *c)
{
    if (atomic_load(&c->phase) == PHASE_RECEIVING)
        c->unread = true;
    set_phase(c, PHASE_REPLYING);
}

void connection_reply_done(struct connection *c)
{
    set_phase(c, PHASE_IDLE);
}
