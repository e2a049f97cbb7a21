#include "hsm/evp.h"
#include "hsm/internal.h"

#include <libp11.h>
#include <stdlib.h>
#include <string.h>

/* What libp11 holds for a module; freed with it. */
struct libp11 {
    PKCS11_CTX *ctx;
    PKCS11_SLOT *slots;
    unsigned count;
};

static void libp11_free(void *context)
{
    struct libp11 *l = context;
    if (l->slots != NULL)
        PKCS11_release_all_slots(l->ctx, l->slots, l->count);
    if (l->ctx != NULL) {
        PKCS11_CTX_unload(l->ctx);
        PKCS11_CTX_free(l->ctx);
    }
    free(l);
}

/*
 * The module is loaded and initialized already, by us; libp11 joins. It enumerates the slots
 * once, for ever: PKCS11_update_slots crashes when there are several.
 */
static int libp11_join(struct module *m)
{
    if (m->libp11 != NULL)
        return 0;
    struct libp11 *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return CH_ENOMEM;
    l->ctx = PKCS11_CTX_new();
    if (l->ctx != NULL && m->init_args != NULL)
        PKCS11_CTX_init_args(l->ctx, m->init_args);
    if (l->ctx == NULL || PKCS11_CTX_load(l->ctx, m->path) != 0 ||
        PKCS11_enumerate_slots(l->ctx, &l->slots, &l->count) != 0) {
        log_error("libp11 cannot use %s", m->path);
        PKCS11_CTX_free(l->ctx);
        free(l);
        return CH_EHSM;
    }
    m->libp11 = l;
    m->libp11_free = libp11_free;
    return 0;
}

static PKCS11_TOKEN *token_of(const struct hsm *h)
{
    struct libp11 *l = h->module->libp11;
    for (unsigned i = 0; i < l->count; i++) {
        PKCS11_TOKEN *token = l->slots[i].token;
        if (token != NULL && token->initialized && token->label != NULL &&
            token->serialnr != NULL && strcmp(token->label, h->identity.label) == 0 &&
            strcmp(token->serialnr, h->identity.serial) == 0)
            return token;
    }
    return NULL;
}

static int key_of(PKCS11_TOKEN *token, const struct hsm_name *name, EVP_PKEY **out)
{
    PKCS11_KEY *keys = NULL;
    unsigned count = 0;
    if (PKCS11_enumerate_keys(token, &keys, &count) != 0)
        return CH_EHSM;
    for (unsigned i = 0; i < count; i++) {
        PKCS11_KEY *key = &keys[i];
        if (key->isPrivate && key->id_len == HSM_ID_SIZE && key->label != NULL &&
            memcmp(key->id, name->id, HSM_ID_SIZE) == 0 && strcmp(key->label, name->label) == 0) {
            *out = PKCS11_get_private_key(key);
            return *out == NULL ? CH_EHSM : 0;
        }
    }
    return CH_ENOTFOUND;
}

int hsm_pair_evp(struct hsm *h, const struct hsm_name *name, EVP_PKEY **out)
{
    PRECOND(h != NULL && name != NULL && out != NULL);
    *out = NULL;
    int r = hsm_ping(h);
    if (r != 0)
        return r;
    pthread_rwlock_wrlock(&h->module->lock);
    r = libp11_join(h->module);
    PKCS11_TOKEN *token = r == 0 ? token_of(h) : NULL;
    if (r == 0)
        r = token == NULL ? CH_EHSM : key_of(token, name, out);
    pthread_rwlock_unlock(&h->module->lock);
    return r;
}
