#include "ca/keyring.h"

#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIR_KIND "p256"
#define ID_HEX ((size_t)2 * HSM_ID_SIZE)

struct held {
    struct held *next;
    char *name;
    uint8_t id[HSM_ID_SIZE];
    struct hsm_key *key;
};

/* Which KEK of a family wraps new keys. */
struct current {
    struct current *next;
    char *family;
    struct hsm_key *key;
};

/* held and current save the reads of the store that would come before every wrap; two entries a scope. */
struct keyring {
    struct store *store;
    struct hsm *hsm;
    pthread_mutex_t lock; /* also: one maker at a time */
    struct held *held;
    struct current *current;
};

static const struct {
    enum hsm_secret_kind kind;
    const char *name;
} kinds[] = {
    {HSM_SECRET_KEK_EXPORT, "kek-export"},
    {HSM_SECRET_KEK_NO_EXPORT, "kek-no-export"},
    {HSM_SECRET_MAC, "mac"},
};

static const char *kind_name(enum hsm_secret_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return NULL;
}

int keyring_kind_find(const char *name, enum hsm_secret_kind *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *out = kinds[i].kind;
            return 0;
        }
    }
    return CH_EINTEGRITY;
}

struct keyring *keyring_new(struct store *store, struct hsm *hsm)
{
    PRECOND(store != NULL && hsm != NULL);
    struct keyring *ring = calloc(1, sizeof *ring);
    if (ring == NULL)
        return NULL;
    ring->store = store;
    ring->hsm = hsm;
    pthread_mutex_init(&ring->lock, NULL);
    return ring;
}

static void held_drop(struct held **at)
{
    struct held *gone = *at;
    *at = gone->next;
    free(gone->name);
    free(gone);
}

static void current_drop(struct current **at)
{
    struct current *gone = *at;
    *at = gone->next;
    free(gone->family);
    free(gone);
}

void keyring_free(struct keyring *ring)
{
    if (ring == NULL)
        return;
    while (ring->held != NULL)
        held_drop(&ring->held);
    while (ring->current != NULL)
        current_drop(&ring->current);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

/* What the token object of a row is called. */
static void object_name(const char *name, const uint8_t id[HSM_ID_SIZE], struct hsm_name *out)
{
    memset(out, 0, sizeof *out);
    snprintf(out->label, sizeof out->label, "chancery/%s", name);
    memcpy(out->id, id, HSM_ID_SIZE);
}

/* ---- what the store knows ---- */

struct row_query {
    const char *name;
    const uint8_t *id; /* used when name is NULL */
    struct system_key_row *row;
    char *intent;
};

static int row_read(struct store_tx *tx, void *context)
{
    struct row_query *q = context;
    char setting[160];
    if (q->name == NULL)
        return store_system_key_get_by_id(tx, q->id, q->row);
    int r = store_system_key_get(tx, q->name, q->row);
    if (r != CH_ENOTFOUND)
        return r;
    snprintf(setting, sizeof setting, "intent/%s", q->name);
    r = store_setting_get(tx, setting, &q->intent);
    return r == 0 ? CH_ENOTFOUND : r;
}

struct row_making {
    const struct system_key_row *row;
    const char *name;
    const char *intent; /* "" when it is fulfilled */
};

static int row_write(struct store_tx *tx, void *context)
{
    const struct row_making *m = context;
    char setting[160];
    snprintf(setting, sizeof setting, "intent/%s", m->name);
    int r = m->row == NULL ? 0 : store_system_key_insert(tx, m->row);
    return r != 0 ? r : store_setting_put(tx, setting, m->intent);
}

int keyring_anchor_set(struct keyring *ring)
{
    PRECOND(ring != NULL);
    struct system_key_row row = {0};
    struct row_query query = {.name = KEYRING_BINDING, .row = &row};
    struct hsm_name name;
    int r = store_read(ring->store, row_read, &query);
    if (r == 0) {
        object_name(row.name, row.hsm_id, &name);
        hsm_anchor_set(ring->hsm, &name);
    }
    free(query.intent);
    system_key_row_free(&row);
    return r;
}

/*
 * The object id under which a key is to be made: that of an earlier, interrupted try (*again)
 * or a fresh one, committed before the HSM sees it.
 */
static int intend(struct keyring *ring, const char *name, const char *earlier,
                  uint8_t id[HSM_ID_SIZE], bool *again)
{
    char hex[ID_HEX + 1];
    *again = earlier != NULL && strlen(earlier) == ID_HEX &&
             hex_decode(earlier, ID_HEX, id) == 0;
    if (*again)
        return 0;
    int r = hsm_random(ring->hsm, id, HSM_ID_SIZE);
    if (r != 0)
        return r;
    hex_encode(id, HSM_ID_SIZE, hex);
    return store_write(ring->store, row_write, &(struct row_making){.name = name, .intent = hex});
}

static int fulfil(struct keyring *ring, const char *name, const char *kind,
                  const uint8_t id[HSM_ID_SIZE], struct slice spki, struct system_key_row *row)
{
    row->name = strdup(name);
    row->kind = strdup(kind);
    row->created_at = clock_now_us();
    memcpy(row->hsm_id, id, HSM_ID_SIZE);
    int r = row->name == NULL || row->kind == NULL ? CH_ENOMEM : buf_put_slice(&row->spki, spki);
    if (r != 0)
        return r;
    return store_write(ring->store, row_write,
                       &(struct row_making){.row = row, .name = name, .intent = ""});
}

/* "Not found" in the token of a key that the store knows is damage, never a reason to make another. */
static int missing_is_damage(int r, const char *name)
{
    if (r != CH_ENOTFOUND)
        return r;
    log_error("the token lacks the key \"%s\" that the store names", name);
    return CH_EINTEGRITY;
}

/* ---- secret keys ---- */

static struct hsm_key *held_find(const struct keyring *ring, const char *name, const uint8_t *id)
{
    for (const struct held *h = ring->held; h != NULL; h = h->next)
        if (name != NULL ? strcmp(h->name, name) == 0 : memcmp(h->id, id, HSM_ID_SIZE) == 0)
            return h->key;
    return NULL;
}

static int held_add(struct keyring *ring, const struct system_key_row *row, struct hsm_key *key)
{
    struct held *h = calloc(1, sizeof *h);
    if (h == NULL)
        return CH_ENOMEM;
    h->name = strdup(row->name);
    if (h->name == NULL) {
        free(h);
        return CH_ENOMEM;
    }
    memcpy(h->id, row->hsm_id, HSM_ID_SIZE);
    h->key = key;
    h->next = ring->held;
    ring->held = h;
    return 0;
}

static int secret_make(struct keyring *ring, const char *name, enum hsm_secret_kind kind,
                       const char *earlier, struct system_key_row *row, struct hsm_key **out)
{
    struct hsm_name object;
    uint8_t id[HSM_ID_SIZE];
    bool again = false;
    int r = intend(ring, name, earlier, id, &again);
    if (r != 0)
        return r;
    object_name(name, id, &object);
    r = again ? hsm_secret_find(ring->hsm, &object, kind, out) : CH_ENOTFOUND;
    if (r == CH_ENOTFOUND) {
        r = hsm_secret_generate(ring->hsm, &object, kind);
        if (r == 0)
            r = hsm_secret_find(ring->hsm, &object, kind, out);
    }
    return r != 0 ? r : fulfil(ring, name, kind_name(kind), id, (struct slice){0}, row);
}

static int secret_look_up(struct keyring *ring, const struct system_key_row *row,
                          struct hsm_key **out)
{
    enum hsm_secret_kind kind = HSM_SECRET_MAC;
    struct hsm_name object;
    int r = keyring_kind_find(row->kind, &kind);
    if (r != 0)
        return r;
    object_name(row->name, row->hsm_id, &object);
    return missing_is_damage(hsm_secret_find(ring->hsm, &object, kind, out), row->name);
}

/* By name (made when `kind` is given and the store does not know it) or by id; the lock is held. */
static int secret_get(struct keyring *ring, const char *name, const uint8_t *id,
                      const enum hsm_secret_kind *kind, struct hsm_key **out)
{
    struct system_key_row row = {0};
    struct row_query query = {.name = name, .id = id, .row = &row};
    PRECOND(name != NULL || id != NULL);
    *out = held_find(ring, name, id);
    if (*out != NULL)
        return 0;
    int r = store_read(ring->store, row_read, &query);
    if (r == 0)
        r = secret_look_up(ring, &row, out);
    else if (r == CH_ENOTFOUND && kind != NULL)
        r = secret_make(ring, name, *kind, query.intent, &row, out);
    if (r == 0)
        r = held_add(ring, &row, *out);
    if (r != 0)
        *out = NULL;
    free(query.intent);
    system_key_row_free(&row);
    return r;
}

int keyring_secret_find(struct keyring *ring, const char *name, struct hsm_key **out)
{
    PRECOND(ring != NULL && name != NULL);
    pthread_mutex_lock(&ring->lock);
    int r = secret_get(ring, name, NULL, NULL, out);
    pthread_mutex_unlock(&ring->lock);
    return r;
}

int keyring_secret_find_by_id(struct keyring *ring, const uint8_t id[HSM_ID_SIZE],
                              struct hsm_key **out)
{
    PRECOND(ring != NULL && id != NULL);
    pthread_mutex_lock(&ring->lock);
    int r = secret_get(ring, NULL, id, NULL, out);
    pthread_mutex_unlock(&ring->lock);
    return r;
}

int keyring_secret_ensure(struct keyring *ring, const char *name, enum hsm_secret_kind kind,
                          struct hsm_key **out)
{
    PRECOND(ring != NULL && name != NULL && kind_name(kind) != NULL);
    pthread_mutex_lock(&ring->lock);
    int r = secret_get(ring, name, NULL, &kind, out);
    pthread_mutex_unlock(&ring->lock);
    return r;
}

/* ---- wrapping keys ---- */

static struct current **current_find(struct keyring *ring, const char *family)
{
    struct current **c = &ring->current;
    while (*c != NULL && strcmp((*c)->family, family) != 0)
        c = &(*c)->next;
    return c;
}

static int current_add(struct keyring *ring, const char *family, struct hsm_key *key)
{
    struct current *c = calloc(1, sizeof *c);
    if (c == NULL)
        return CH_ENOMEM;
    c->family = strdup(family);
    if (c->family == NULL) {
        free(c);
        return CH_ENOMEM;
    }
    c->key = key;
    c->next = ring->current;
    ring->current = c;
    return 0;
}

struct kek_query {
    const char *family;
    struct kek_row row;
};

static int kek_read(struct store_tx *tx, void *context)
{
    struct kek_query *q = context;
    return store_kek_current(tx, q->family, &q->row);
}

/* The lock is held. */
static int kek_get(struct keyring *ring, const char *family, enum hsm_secret_kind kind,
                   struct hsm_key **out)
{
    struct kek_query q = {.family = family};
    char first[160];
    const struct current *known = *current_find(ring, family);
    if (known != NULL) {
        *out = known->key;
        return 0;
    }
    int r = store_read(ring->store, kek_read, &q);
    snprintf(first, sizeof first, "%s/1", family);
    if (r == 0)
        r = secret_get(ring, q.row.name, NULL, NULL, out);
    else if (r == CH_ENOTFOUND)
        r = secret_get(ring, first, NULL, &kind, out);
    kek_row_free(&q.row);
    if (r == 0)
        r = current_add(ring, family, *out);
    return r;
}

int keyring_kek(struct keyring *ring, const char *family, enum hsm_secret_kind kind,
                struct hsm_key **out)
{
    PRECOND(ring != NULL && family != NULL && kind != HSM_SECRET_MAC);
    *out = NULL;
    pthread_mutex_lock(&ring->lock);
    int r = kek_get(ring, family, kind, out);
    pthread_mutex_unlock(&ring->lock);
    return r;
}

void keyring_kek_changed(struct keyring *ring, const char *family)
{
    pthread_mutex_lock(&ring->lock);
    struct current **c = current_find(ring, family);
    if (*c != NULL)
        current_drop(c);
    pthread_mutex_unlock(&ring->lock);
}

int keyring_kek_destroy(struct keyring *ring, const struct kek_row *row)
{
    enum hsm_secret_kind kind = HSM_SECRET_MAC;
    struct hsm_name object;
    int r = keyring_kind_find(row->kind, &kind);
    if (r != 0 || kind == HSM_SECRET_MAC)
        return CH_EINTEGRITY;
    object_name(row->name, row->hsm_id, &object);
    pthread_mutex_lock(&ring->lock);
    for (struct held **h = &ring->held; *h != NULL;)
        if (memcmp((*h)->id, row->hsm_id, HSM_ID_SIZE) == 0)
            held_drop(h);
        else
            h = &(*h)->next;
    r = hsm_secret_destroy(ring->hsm, &object, kind);
    pthread_mutex_unlock(&ring->lock);
    return r;
}

/* ---- pairs ---- */

static int pair_make(struct keyring *ring, const char *name, const char *earlier,
                     struct system_key_row *row, struct hsm_key **out)
{
    struct hsm_name object;
    struct buf spki = {0};
    uint8_t id[HSM_ID_SIZE];
    bool again = false;
    int r = intend(ring, name, earlier, id, &again);
    if (r != 0)
        return r;
    object_name(name, id, &object);
    if (again)
        r = hsm_pair_destroy(ring->hsm, &object);
    if (r == 0)
        r = hsm_pair_generate(ring->hsm, &object, KEY_ALG_P256, &spki);
    if (r == 0)
        r = hsm_pair_find(ring->hsm, &object, buf_slice(&spki), out);
    if (r == 0)
        r = fulfil(ring, name, PAIR_KIND, id, buf_slice(&spki), row);
    buf_free(&spki);
    return r;
}

static int pair_get(struct keyring *ring, const char *name, bool make, struct system_key_row *row,
                    struct hsm_key **out)
{
    struct row_query query = {.name = name, .row = row};
    struct hsm_name object;
    *out = NULL;
    memset(row, 0, sizeof *row);
    pthread_mutex_lock(&ring->lock);
    int r = store_read(ring->store, row_read, &query);
    if (r == 0) {
        object_name(row->name, row->hsm_id, &object);
        r = missing_is_damage(hsm_pair_find(ring->hsm, &object, buf_slice(&row->spki), out), name);
    } else if (r == CH_ENOTFOUND && make) {
        r = pair_make(ring, name, query.intent, row, out);
    }
    pthread_mutex_unlock(&ring->lock);
    free(query.intent);
    if (r != 0) {
        *out = NULL;
        system_key_row_free(row);
    }
    return r;
}

int keyring_pair_find(struct keyring *ring, const char *name, struct system_key_row *row,
                      struct hsm_key **out)
{
    PRECOND(ring != NULL && name != NULL);
    return pair_get(ring, name, false, row, out);
}

int keyring_pair_ensure(struct keyring *ring, const char *name, struct system_key_row *row,
                        struct hsm_key **out)
{
    PRECOND(ring != NULL && name != NULL);
    return pair_get(ring, name, true, row, out);
}

static int row_remove(struct store_tx *tx, void *context)
{
    const struct row_making *m = context;
    int r = store_system_key_remove(tx, m->name);
    return r != 0 ? r : row_write(tx, context);
}

/* The object id under which the pair stands, or was to stand. CH_ENOTFOUND. */
static int pair_id(const struct row_query *q, int read, uint8_t id[HSM_ID_SIZE])
{
    if (read == 0)
        memcpy(id, q->row->hsm_id, HSM_ID_SIZE);
    else if (read != CH_ENOTFOUND || q->intent == NULL || strlen(q->intent) != ID_HEX ||
             hex_decode(q->intent, ID_HEX, id) != 0)
        return read;
    return 0;
}

int keyring_pair_destroy(struct keyring *ring, const char *name)
{
    PRECOND(ring != NULL && name != NULL);
    struct system_key_row row = {0};
    struct row_query query = {.name = name, .row = &row};
    struct row_making removal = {.name = name, .intent = ""};
    struct hsm_name object;
    uint8_t id[HSM_ID_SIZE];
    pthread_mutex_lock(&ring->lock);
    int r = pair_id(&query, store_read(ring->store, row_read, &query), id);
    if (r == 0) {
        object_name(name, id, &object);
        r = hsm_pair_destroy(ring->hsm, &object);
    }
    if (r == 0)
        r = store_write(ring->store, row_remove, &removal);
    pthread_mutex_unlock(&ring->lock);
    free(query.intent);
    system_key_row_free(&row);
    return r == CH_ENOTFOUND ? 0 : r;
}
