#include "hsm/hsm.h"
#include "hsm/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SESSIONS_DEFAULT 32
#define SESSIONS_MAX 1024
#define UNWRAPPED_MAX 1000000
#define RANDOM_PIECE 4096

static const char *const md_names[] = {
    [HASH_SHA256] = "SHA256", [HASH_SHA384] = "SHA384", [HASH_SHA512] = "SHA512"};

static unsigned or_default(unsigned value, unsigned fallback, unsigned max)
{
    unsigned v = value == 0 ? fallback : value;
    return v > max ? max : v;
}

static bool has_pin(const struct hsm_config *config)
{
    return config->pin != NULL && config->pin->pin != NULL;
}

static int hsm_prepare(struct hsm *h, const struct hsm_config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_mutex_init(&h->create_lock, NULL);
    pthread_mutex_init(&h->resolve_lock, NULL);
    pthread_mutex_init(&h->transport_lock, NULL);
    h->notes = config->notes;
    pthread_mutex_init(&h->keys.lock, NULL);
    for (size_t i = 0; i < KEEPERS; i++)
        pthread_mutex_init(&h->keepers[i].lock, NULL);
    sem_init(&h->signers, 0, or_default(config->signers, processors < 1 ? 1 : (unsigned)processors,
                                        SESSIONS_MAX));
    h->epoch = 1;
    h->backoff_ms = 20;
    for (size_t i = 0; i < COUNT_OF(md_names); i++)
        if ((h->md[i] = EVP_MD_fetch(NULL, md_names[i], NULL)) == NULL)
            return CH_ENOMEM;
    bool own_pin = has_pin(config);
    if (own_pin)
        h->pin = secret_copy(secret_data(config->pin->pin), secret_len(config->pin->pin));
    else
        h->pin_file = strdup(config->pin_file);
    h->fsync_folder = config->fsync_folder == NULL ? NULL : strdup(config->fsync_folder);
    if ((own_pin ? h->pin == NULL : h->pin_file == NULL) ||
        (h->fsync_folder == NULL && config->fsync_folder != NULL))
        return CH_ENOMEM;
    return session_pool_open(&h->sessions,
                             or_default(config->sessions, SESSIONS_DEFAULT, SESSIONS_MAX));
}

static int token_open(struct hsm *h, const struct hsm_config *config)
{
    pthread_rwlock_wrlock(&h->module->lock);
    h->p11 = h->module->p11;
    h->generation = h->module->generation;
    CK_RV rv = token_find(h->module, config->token_label, config->token_serial, &h->slot,
                          &h->identity);
    if (rv == CKR_TOKEN_NOT_PRESENT)
        log_error("no token with label %s in %s", config->token_label, h->module->path);
    else if (rv == CKR_ARGUMENTS_BAD)
        log_error("several tokens with label %s: name the serial", config->token_label);
    else if (rv == CKR_OK && (rv = sessions_open(h)) != CKR_OK)
        log_error("cannot log in to the token %s: %s", config->token_label, rv_name(rv));
    pthread_rwlock_unlock(&h->module->lock);
    if (rv == CKR_TOKEN_NOT_PRESENT)
        return CH_ENOTFOUND;
    return rv == CKR_ARGUMENTS_BAD ? CH_EINVAL : rv_row_find(rv)->code;
}

static bool config_is_good(const struct hsm_config *c)
{
    if (c->module == NULL || *c->module == '\0')
        log_error("no PKCS#11 module is configured");
    else if (c->token_label == NULL || *c->token_label == '\0')
        log_error("no token label is configured");
    else if (!has_pin(c) && (c->pin_file == NULL || access(c->pin_file, R_OK) != 0))
        log_error("the PIN file cannot be read");
    else
        return true;
    return false;
}

int hsm_open(const struct hsm_config *config, struct hsm **out)
{
    PRECOND(config != NULL && out != NULL);
    *out = NULL;
    if (!config_is_good(config))
        return CH_EINVAL;
    struct hsm *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return CH_ENOMEM;
    int r = hsm_prepare(h, config);
    token_files_mend(config->fsync_folder);
    if (r == 0)
        r = module_open(config->module, config->init_args, &h->module);
    if (r == 0)
        r = token_open(h, config);
    if (r == 0)
        r = selftest_run(h);
    if (r == 0 && config->unwrapped_keys > 0) {
        unsigned size = config->unwrapped_keys;
        h->lru = lru_new(size > UNWRAPPED_MAX ? UNWRAPPED_MAX : size);
        r = h->lru == NULL ? CH_ENOMEM : 0;
    }
    if (r == 0)
        r = stock_open(h, config->pool_size);
    if (r == CH_EPIN && config->pin != NULL)
        config->pin->tries = h->pin_tries;
    if (r != 0) {
        hsm_close(h);
        return r;
    }
    *out = h;
    return 0;
}

void hsm_close(struct hsm *h)
{
    if (h == NULL)
        return;
    stock_close(h);
    if (h->module != NULL) {
        pthread_rwlock_wrlock(&h->module->lock);
        if (h->sessions.idle != NULL)
            sessions_close(h, h->generation != h->module->generation);
        pthread_rwlock_unlock(&h->module->lock);
        module_close(h->module);
    }
    session_pool_free(&h->sessions);
    lru_free(h->lru);
    key_table_free(&h->keys);
    EVP_PKEY_free(transport_wait(h));
    for (size_t i = 0; i < COUNT_OF(h->md); i++)
        EVP_MD_free(h->md[i]);
    secret_free(h->refused_pin);
    secret_free(h->pin);
    sem_destroy(&h->signers);
    free(h->pin_file);
    free(h->fsync_folder);
    free(h);
}

const struct hsm_capabilities *hsm_capabilities(const struct hsm *h)
{
    PRECOND(h != NULL);
    return &h->capabilities;
}

void hsm_describe(const struct hsm *h, char *out, size_t size)
{
    PRECOND(h != NULL && out != NULL && size > 0);
    snprintf(out, size, "%s %s, token %s, serial %s", h->identity.maker, h->identity.model,
             h->identity.label, h->identity.serial);
}

static CK_RV op_ping(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    (void)context;
    return token_check(h, session);
}

int hsm_ping(struct hsm *h)
{
    PRECOND(h != NULL);
    return hsm_run(h, op_ping, NULL);
}

struct random_piece {
    uint8_t *data;
    CK_ULONG len;
};

static CK_RV op_random(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct random_piece *piece = context;
    return h->p11->C_GenerateRandom(session, piece->data, piece->len);
}

int hsm_random(struct hsm *h, void *out, size_t len)
{
    PRECOND(h != NULL && out != NULL);
    uint8_t *at = out;
    int r = 0;
    while (r == 0 && len > 0) {
        struct random_piece piece = {at, len > RANDOM_PIECE ? RANDOM_PIECE : len};
        r = hsm_run(h, op_random, &piece);
        at += piece.len;
        len -= piece.len;
    }
    return r;
}
