#include "hsm/internal.h"

#include <stdlib.h>
#include <string.h>

#define HALVES_MAX 8
#define LIST_MAX 65536

static const uint8_t exponent_65537[] = {0x01, 0x00, 0x01};

static void put_name(struct template *t, const struct hsm_name *name)
{
    if (name == NULL)
        return;
    template_put(t, CKA_LABEL, name->label, strlen(name->label));
    template_put(t, CKA_ID, name->id, HSM_ID_SIZE);
}

static void public_template(struct template *t, const struct key_alg_info *info,
                            const CK_ULONG *bits, const struct hsm_name *name)
{
    template_put_bool(t, CKA_TOKEN, name != NULL);
    template_put_bool(t, CKA_PRIVATE, false);
    /*
     * No word of CKA_VERIFY and CKA_ENCRYPT: a public key's uses are no secret, and tpm2-pkcs11 takes them
     * for the private key's, decrypting and signing.
     */
    if (info->rsa) {
        template_put_bool(t, CKA_WRAP, false);
        template_put_ulong(t, CKA_MODULUS_BITS, bits);
        template_put(t, CKA_PUBLIC_EXPONENT, exponent_65537, sizeof(exponent_65537));
    } else {
        struct slice params = curve_params(info->alg);
        template_put(t, CKA_EC_PARAMS, params.data, params.len);
    }
    put_name(t, name);
}

static void private_template(const struct hsm *h, struct template *t,
                             const struct key_alg_info *info, const struct hsm_name *name)
{
    template_put_bool(t, CKA_TOKEN, name != NULL);
    template_put_bool(t, CKA_PRIVATE, true);
    template_put_bool(t, CKA_SENSITIVE, true);
    template_put_bool(t, CKA_EXTRACTABLE, name == NULL);
    template_put_bool(t, CKA_SIGN, true);
    if (info->rsa) {
        template_put_bool(t, CKA_UNWRAP, false);
        if (!h->rsa_decrypts)
            template_put_bool(t, CKA_DECRYPT, false);
    } else {
        template_put_bool(t, CKA_DERIVE, false);
    }
    put_name(t, name);
}

CK_RV pair_make(struct hsm *h, CK_SESSION_HANDLE session, enum key_alg alg,
                const struct hsm_name *name, CK_OBJECT_HANDLE *public_key,
                CK_OBJECT_HANDLE *private_key)
{
    *public_key = CK_INVALID_HANDLE;
    *private_key = CK_INVALID_HANDLE;
    const struct key_alg_info *info = key_alg_info(alg);
    if (info == NULL)
        return rv_from_code(CH_EUNSUPPORTED);
    CK_ULONG bits = info->bits;
    struct template public = {.count = 0};
    struct template private = {.count = 0};
    CK_MECHANISM mechanism = {info->rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, NULL,
                              0};
    public_template(&public, info, &bits, name);
    private_template(h, &private, info, name);
    if (name != NULL)
        pthread_mutex_lock(&h->module->objects);
    CK_RV rv = h->p11->C_GenerateKeyPair(session, &mechanism, public.at, public.count, private.at,
                                         private.count, public_key, private_key);
    if (name != NULL)
        pthread_mutex_unlock(&h->module->objects);
    return rv;
}

CK_RV pair_make_session(struct hsm *h, CK_SESSION_HANDLE session, enum key_alg alg,
                        CK_OBJECT_HANDLE *private_key, struct buf *spki)
{
    CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
    CK_RV rv = pair_make(h, session, alg, NULL, &public_key, private_key);
    if (rv != CKR_OK)
        return rv;
    rv = public_read(h, session, public_key, alg, spki);
    (void)h->p11->C_DestroyObject(session, public_key);
    if (rv != CKR_OK) {
        (void)h->p11->C_DestroyObject(session, *private_key);
        *private_key = CK_INVALID_HANDLE;
    }
    return rv;
}

/* Objects of that name; class NULL = any. Caller holds module.objects. */
static CK_RV named_find(struct hsm *h, CK_SESSION_HANDLE session, const struct hsm_name *name,
                        const CK_OBJECT_CLASS *class, CK_OBJECT_HANDLE found[HALVES_MAX],
                        CK_ULONG *count)
{
    struct template t = {.count = 0};
    template_put_bool(&t, CKA_TOKEN, true);
    if (class != NULL)
        template_put_ulong(&t, CKA_CLASS, class);
    put_name(&t, name);
    return object_find_locked(h, session, &t, found, HALVES_MAX, count);
}

/* Destroys what there is of a pair, and no secret key that has the same name. */
static CK_RV named_destroy(struct hsm *h, CK_SESSION_HANDLE session, const struct hsm_name *name)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    CK_OBJECT_HANDLE found[HALVES_MAX];
    CK_ULONG count = 0;
    CK_ULONG all = 0;
    CK_RV rv = CKR_OK;
    pthread_mutex_lock(&h->module->objects);
    for (size_t c = 0; rv == CKR_OK && c < COUNT_OF(classes); c++) {
        rv = named_find(h, session, name, &classes[c], found, &count);
        for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
            rv = h->p11->C_DestroyObject(session, found[i]);
        all += count;
    }
    pthread_mutex_unlock(&h->module->objects);
    return rv == CKR_OK && all == 0 ? object_believe_miss(h, session) : rv;
}

static CK_RV named_refuse(struct hsm *h, CK_SESSION_HANDLE session, const struct hsm_name *name)
{
    CK_OBJECT_HANDLE found[HALVES_MAX];
    CK_ULONG count = 0;
    pthread_mutex_lock(&h->module->objects);
    CK_RV rv = named_find(h, session, name, NULL, found, &count);
    pthread_mutex_unlock(&h->module->objects);
    if (rv == CKR_OK && count > 0)
        return rv_from_code(CH_EEXISTS);
    return rv == CKR_OK ? object_believe_miss(h, session) : rv;
}

struct generate {
    const struct hsm_name *name;
    enum key_alg alg;
    struct buf *spki;
    bool begun; /* an earlier attempt may have left a half */
};

static CK_RV prove_new(struct hsm *h, CK_SESSION_HANDLE session, const struct generate *g,
                       CK_OBJECT_HANDLE public_key, CK_OBJECT_HANDLE private_key)
{
    EVP_PKEY *public = NULL;
    enum key_alg alg = KEY_ALG_NONE;
    CK_RV rv = public_read(h, session, public_key, g->alg, g->spki);
    if (rv == CKR_OK)
        rv = rv_from_code(public_parse(buf_slice(g->spki), &public, &alg));
    if (rv == CKR_OK)
        rv = sign_prove(h, session, private_key, public, alg);
    EVP_PKEY_free(public);
    return rv;
}

static CK_RV op_generate(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct generate *g = context;
    CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
    CK_RV rv = g->begun ? named_destroy(h, session, g->name) : named_refuse(h, session, g->name);
    if (rv != CKR_OK)
        return rv;
    g->begun = true;
    rv = pair_make(h, session, g->alg, g->name, &public_key, &private_key);
    if (rv == CKR_OK)
        rv = prove_new(h, session, g, public_key, private_key);
    if (rv != CKR_OK)
        (void)named_destroy(h, session, g->name);
    return rv;
}

int pair_generate(struct hsm *h, const struct hsm_name *name, enum key_alg alg, struct buf *spki)
{
    struct generate g = {.name = name, .alg = alg, .spki = spki, .begun = false};
    pthread_mutex_lock(&h->create_lock);
    int r = hsm_run(h, op_generate, &g);
    if (r == 0)
        r = folder_fsync(h->fsync_folder);
    pthread_mutex_unlock(&h->create_lock);
    if (r == CH_EIO)
        (void)hsm_pair_destroy(h, name);
    if (r != 0)
        buf_clear(spki);
    return r;
}

int hsm_pair_generate(struct hsm *h, const struct hsm_name *name, enum key_alg alg,
                      struct buf *spki)
{
    PRECOND(h != NULL && name != NULL && spki != NULL);
    if (!name_is_good(name) || key_alg_info(alg) == NULL)
        return CH_EINVAL;
    /* Not tried again: a failure may leave its traces in the token (loaded objects in a TPM). */
    if ((h->capabilities.key_algs & 1u << alg) == 0)
        return CH_EUNSUPPORTED;
    return pair_generate(h, name, alg, spki);
}

static CK_RV op_destroy(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    return named_destroy(h, session, context);
}

int hsm_pair_destroy(struct hsm *h, const struct hsm_name *name)
{
    PRECOND(h != NULL && name != NULL);
    struct hsm_name copy = *name;
    if (!name_is_good(name))
        return CH_EINVAL;
    pthread_mutex_lock(&h->create_lock);
    int r = hsm_run(h, op_destroy, &copy);
    key_forget(h, name);
    if (r == 0)
        r = folder_fsync(h->fsync_folder);
    pthread_mutex_unlock(&h->create_lock);
    return r;
}

/* ---- listing ---- */

struct listed {
    struct hsm_name name;
    bool public_found;
};

struct listing {
    const char *prefix;
    struct listed *rows;
    size_t count;
};

static CK_RV read_name(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                       struct hsm_name *out, bool *ours)
{
    size_t label_len = sizeof(out->label) - 1;
    size_t id_len = sizeof(out->id);
    memset(out, 0, sizeof(*out));
    *ours = false;
    CK_RV rv = object_read(h, session, object, CKA_LABEL, out->label, &label_len);
    /* Names that do not fit are not of our making. */
    if (rv == CKR_BUFFER_TOO_SMALL || rv == CKR_ATTRIBUTE_TYPE_INVALID)
        return CKR_OK;
    if (rv != CKR_OK)
        return rv;
    rv = object_read(h, session, object, CKA_ID, out->id, &id_len);
    if (rv == CKR_BUFFER_TOO_SMALL || rv == CKR_ATTRIBUTE_TYPE_INVALID)
        return CKR_OK;
    *ours = rv == CKR_OK && id_len == HSM_ID_SIZE && strlen(out->label) == label_len;
    return rv;
}

static CK_RV list_row(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                      struct listing *listing)
{
    struct listed row = {.public_found = false};
    bool ours = false;
    CK_OBJECT_HANDLE half = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_RV rv = read_name(h, session, object, &row.name, &ours);
    if (rv != CKR_OK || !ours ||
        strncmp(row.name.label, listing->prefix, strlen(listing->prefix)) != 0)
        return rv;
    struct template t = {.count = 0};
    template_put_ulong(&t, CKA_CLASS, &class);
    template_put_bool(&t, CKA_TOKEN, true);
    put_name(&t, &row.name);
    rv = object_find(h, session, &t, &half, 1, &count);
    if (rv != CKR_OK)
        return rv;
    row.public_found = count > 0;
    listing->rows[listing->count++] = row;
    return CKR_OK;
}

static CK_RV list_handles(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *found,
                          CK_ULONG *count)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    struct template t = {.count = 0};
    template_put_ulong(&t, CKA_CLASS, &class);
    template_put_bool(&t, CKA_TOKEN, true);
    CK_RV rv = object_find(h, session, &t, found, LIST_MAX, count);
    return rv == CKR_OK && *count == 0 ? object_believe_miss(h, session) : rv;
}

static CK_RV op_list(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct listing *listing = context;
    CK_ULONG count = 0;
    CK_OBJECT_HANDLE *found = calloc(LIST_MAX, sizeof(*found));
    if (found == NULL)
        return CKR_HOST_MEMORY;
    CK_RV rv = list_handles(h, session, found, &count);
    free(listing->rows);
    listing->count = 0;
    listing->rows = calloc(count + 1, sizeof(*listing->rows));
    if (listing->rows == NULL)
        rv = CKR_HOST_MEMORY;
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv = list_row(h, session, found[i], listing);
    free(found);
    return rv;
}

int hsm_pair_list(struct hsm *h, const char *prefix,
                  void (*visit)(void *context, const struct hsm_name *name, bool public_found),
                  void *context)
{
    PRECOND(h != NULL && prefix != NULL && visit != NULL);
    struct listing listing = {.prefix = prefix};
    int r = hsm_run(h, op_list, &listing);
    for (size_t i = 0; r == 0 && i < listing.count; i++)
        visit(context, &listing.rows[i].name, listing.rows[i].public_found);
    free(listing.rows);
    return r;
}
