/*
 * stock.c - RSA pairs made ahead: one costs 200 ms and more, so threads of low priority make
 * them while nobody waits. Each thread owns the session that its pairs live on.
 */
#include "hsm/internal.h"

#include "firmware/base/clock.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STOCK_SIZE_MAX 1024
#define NICE 10
#define PAUSE_MS 1000 /* after a failure */

struct shelf {
    struct stock_pair *pairs;
    unsigned count;
    unsigned making;
    unsigned size;
};

struct maker {
    struct stock *stock;
    unsigned keeper;
    pthread_t thread;
};

struct stock {
    struct hsm *hsm;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    struct shelf shelves[KEY_ALG_COUNT];
    struct maker makers[KEEPERS_POOL_MAX];
    unsigned maker_count;
};

/* The emptiest shelf; KEY_ALG_NONE when all are full. Caller holds the lock. */
static enum key_alg stock_lacking(const struct stock *stock)
{
    enum key_alg worst = KEY_ALG_NONE;
    unsigned worst_fill = 1000;
    for (enum key_alg alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++) {
        const struct shelf *s = &stock->shelves[alg];
        unsigned have = s->count + s->making;
        unsigned fill = s->size == 0 ? 1000 : have * 1000 / s->size;
        if (fill < worst_fill) {
            worst = alg;
            worst_fill = fill;
        }
    }
    return worst;
}

struct make {
    struct stock *stock;
    enum key_alg alg;
};

/* Puts the pair on its shelf inside the operation: no recovery comes between making and keeping. */
static CK_RV op_make(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct make *m = context;
    struct shelf *shelf = &m->stock->shelves[m->alg];
    struct stock_pair pair = {.private_key = CK_INVALID_HANDLE};
    CK_RV rv = pair_make_session(h, session, m->alg, &pair.private_key, &pair.spki);
    if (rv != CKR_OK) {
        buf_free(&pair.spki);
        return rv;
    }
    pthread_mutex_lock(&m->stock->lock);
    shelf->pairs[shelf->count++] = pair;
    pthread_mutex_unlock(&m->stock->lock);
    return CKR_OK;
}

static void pause_or_stop(struct stock *stock)
{
    struct timespec until = clock_deadline(PAUSE_MS);
    if (!stock->stop)
        (void)pthread_cond_timedwait(&stock->wake, &stock->lock, &until);
}

static void *maker_main(void *argument)
{
    const struct maker *maker = argument;
    struct stock *stock = maker->stock;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    pthread_mutex_lock(&stock->lock);
    while (!stock->stop) {
        struct make make = {stock, stock_lacking(stock)};
        if (make.alg == KEY_ALG_NONE) {
            pthread_cond_wait(&stock->wake, &stock->lock);
            continue;
        }
        stock->shelves[make.alg].making++;
        pthread_mutex_unlock(&stock->lock);
        int r = hsm_run_keeper(stock->hsm, maker->keeper, op_make, &make);
        pthread_mutex_lock(&stock->lock);
        stock->shelves[make.alg].making--;
        if (r != 0)
            pause_or_stop(stock);
    }
    pthread_mutex_unlock(&stock->lock);
    return NULL;
}

static int shelves_open(struct stock *stock, const unsigned size[KEY_ALG_COUNT], bool *any)
{
    for (enum key_alg alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++) {
        if (size[alg] == 0 || !key_alg_info(alg)->rsa)
            continue;
        struct shelf *s = &stock->shelves[alg];
        s->size = size[alg] > STOCK_SIZE_MAX ? STOCK_SIZE_MAX : size[alg];
        s->pairs = calloc(s->size, sizeof(*s->pairs));
        if (s->pairs == NULL)
            return CH_ENOMEM;
        *any = true;
    }
    return 0;
}

static int makers_start(struct stock *stock)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = processors < 1                  ? 1
                      : processors > KEEPERS_POOL_MAX ? KEEPERS_POOL_MAX
                                                      : (unsigned)processors;
    for (unsigned i = 0; i < wanted; i++) {
        struct maker *maker = &stock->makers[i];
        *maker = (struct maker){.stock = stock, .keeper = KEEPERS_LRU + i};
        if (pthread_create(&maker->thread, NULL, maker_main, maker) != 0)
            return CH_ESYS;
        stock->maker_count++;
    }
    return 0;
}

int stock_open(struct hsm *h, const unsigned size[KEY_ALG_COUNT])
{
    bool any = false;
    struct stock *stock = calloc(1, sizeof(*stock));
    if (stock == NULL)
        return CH_ENOMEM;
    stock->hsm = h;
    pthread_mutex_init(&stock->lock, NULL);
    int r = clock_cond_init(&stock->wake);
    h->stock = stock;
    if (r == 0)
        r = shelves_open(stock, size, &any);
    if (r == 0 && any && h->capabilities.rsa && h->wrap != NULL)
        r = makers_start(stock);
    if (r != 0)
        stock_close(h);
    return r;
}

void stock_clear(struct hsm *h)
{
    if (h->stock == NULL)
        return;
    pthread_mutex_lock(&h->stock->lock);
    for (size_t alg = 0; alg < KEY_ALG_COUNT; alg++) {
        struct shelf *s = &h->stock->shelves[alg];
        while (s->count > 0)
            buf_free(&s->pairs[--s->count].spki);
    }
    pthread_cond_broadcast(&h->stock->wake);
    pthread_mutex_unlock(&h->stock->lock);
}

void stock_close(struct hsm *h)
{
    struct stock *stock = h->stock;
    if (stock == NULL)
        return;
    pthread_mutex_lock(&stock->lock);
    stock->stop = true;
    pthread_cond_broadcast(&stock->wake);
    pthread_mutex_unlock(&stock->lock);
    for (unsigned i = 0; i < stock->maker_count; i++)
        pthread_join(stock->makers[i].thread, NULL);
    stock_clear(h);
    for (size_t alg = 0; alg < KEY_ALG_COUNT; alg++)
        free(stock->shelves[alg].pairs);
    pthread_mutex_destroy(&stock->lock);
    pthread_cond_destroy(&stock->wake);
    free(stock);
    h->stock = NULL;
}

bool stock_take(struct hsm *h, enum key_alg alg, struct stock_pair *out)
{
    struct stock *stock = h->stock;
    *out = (struct stock_pair){.private_key = CK_INVALID_HANDLE};
    if (stock == NULL)
        return false;
    pthread_mutex_lock(&stock->lock);
    struct shelf *s = &stock->shelves[alg];
    bool some = s->count > 0;
    if (some)
        *out = s->pairs[--s->count];
    pthread_cond_signal(&stock->wake);
    pthread_mutex_unlock(&stock->lock);
    return some;
}

unsigned stock_count(struct hsm *h, enum key_alg alg)
{
    if (h->stock == NULL)
        return 0;
    pthread_mutex_lock(&h->stock->lock);
    unsigned count = h->stock->shelves[alg].count;
    pthread_mutex_unlock(&h->stock->lock);
    return count;
}
