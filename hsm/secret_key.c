#include "hsm/internal.h"

#include <string.h>

#define SECRET_SIZE 32

struct secret_row {
    CK_MECHANISM_TYPE mechanism;
    CK_KEY_TYPE type;
    bool wraps; /* WRAP and UNWRAP; otherwise SIGN and VERIFY */
};

static const struct secret_row secret_rows[] = {
    [HSM_SECRET_KEK_EXPORT] = {CKM_AES_KEY_GEN, CKK_AES, true},
    [HSM_SECRET_KEK_NO_EXPORT] = {CKM_AES_KEY_GEN, CKK_AES, true},
    [HSM_SECRET_MAC] = {CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, false},
};

/* What the token then demands of each key unwrapped by a KEK of this class. */
static void unwrapped_template(struct template *t)
{
    template_put_bool(t, CKA_SENSITIVE, true);
    template_put_bool(t, CKA_EXTRACTABLE, false);
}

static CK_RV secret_create(struct hsm *h, CK_SESSION_HANDLE session, struct template *t,
                           CK_MECHANISM_TYPE type, bool token, CK_OBJECT_HANDLE *out)
{
    CK_MECHANISM mechanism = {type, NULL, 0};
    if (token)
        pthread_mutex_lock(&h->module->objects);
    CK_RV rv = h->p11->C_GenerateKey(session, &mechanism, t->at, t->count, out);
    if (token)
        pthread_mutex_unlock(&h->module->objects);
    return rv;
}

CK_RV secret_key_make(struct hsm *h, CK_SESSION_HANDLE session, const struct hsm_name *name,
                      enum hsm_secret_kind kind, CK_OBJECT_HANDLE *out)
{
    const struct secret_row *row = &secret_rows[kind];
    const CK_ULONG size = SECRET_SIZE;
    char label[SECRET_LABEL_MAX];
    struct template t = {.count = 0};
    struct template unwrapped = {.count = 0};
    *out = CK_INVALID_HANDLE;
    template_put_bool(&t, CKA_TOKEN, name != NULL);
    template_put_bool(&t, CKA_PRIVATE, true);
    template_put_bool(&t, CKA_SENSITIVE, true);
    template_put_bool(&t, CKA_EXTRACTABLE, false);
    template_put_ulong(&t, CKA_VALUE_LEN, &size);
    template_put_ulong(&t, CKA_KEY_TYPE, &row->type);
    /* Modules take what is left out as permission: a KEK that decrypts would undo its wraps. */
    template_put_bool(&t, CKA_ENCRYPT, false);
    template_put_bool(&t, CKA_DECRYPT, false);
    template_put_bool(&t, CKA_DERIVE, false);
    template_put_bool(&t, CKA_WRAP, row->wraps);
    template_put_bool(&t, CKA_UNWRAP, row->wraps);
    template_put_bool(&t, CKA_SIGN, !row->wraps);
    template_put_bool(&t, CKA_VERIFY, !row->wraps);
    if (name != NULL) {
        secret_label(name, kind, label);
        template_put(&t, CKA_LABEL, label, strlen(label));
        template_put(&t, CKA_ID, name->id, HSM_ID_SIZE);
    }
    if (kind == HSM_SECRET_KEK_NO_EXPORT && h->unwrap_template) {
        unwrapped_template(&unwrapped);
        template_put(&t, CKA_UNWRAP_TEMPLATE, unwrapped.at,
                     unwrapped.count * sizeof(CK_ATTRIBUTE));
    }
    return secret_create(h, session, &t, row->mechanism, name != NULL, out);
}

struct generate {
    const struct hsm_name *name;
    enum hsm_secret_kind kind;
    bool begun;
};

static CK_RV op_generate(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    struct generate *g = context;
    char label[SECRET_LABEL_MAX];
    CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
    secret_label(g->name, g->kind, label);
    CK_RV rv = object_find_named(h, session, CKO_SECRET_KEY, label, g->name->id, &found);
    if (rv == CKR_OK && !g->begun)
        return rv_from_code(CH_EEXISTS);
    /* An attempt whose answer was lost may have made the key, or half of one: it makes way. */
    if (rv == CKR_OK)
        rv = object_destroy(h, session, found);
    else if (rv == rv_from_code(CH_ENOTFOUND))
        rv = CKR_OK;
    if (rv != CKR_OK)
        return rv;
    g->begun = true;
    return secret_key_make(h, session, g->name, g->kind, &found);
}

int hsm_secret_generate(struct hsm *h, const struct hsm_name *name, enum hsm_secret_kind kind)
{
    PRECOND(h != NULL && name != NULL && kind <= HSM_SECRET_MAC);
    if (!name_is_good(name))
        return CH_EINVAL;
    struct generate g = {.name = name, .kind = kind, .begun = false};
    pthread_mutex_lock(&h->create_lock);
    int r = hsm_run(h, op_generate, &g);
    if (r == 0)
        r = folder_fsync(h->fsync_folder);
    pthread_mutex_unlock(&h->create_lock);
    return r;
}

struct destroy {
    const struct hsm_name *name;
    enum hsm_secret_kind kind;
};

static CK_RV op_destroy(struct hsm *h, CK_SESSION_HANDLE session, void *context)
{
    const struct destroy *d = context;
    char label[SECRET_LABEL_MAX];
    CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
    secret_label(d->name, d->kind, label);
    CK_RV rv = object_find_named(h, session, CKO_SECRET_KEY, label, d->name->id, &found);
    if (rv == rv_from_code(CH_ENOTFOUND))
        return CKR_OK;
    return rv == CKR_OK ? object_destroy(h, session, found) : rv;
}

int hsm_secret_destroy(struct hsm *h, const struct hsm_name *name, enum hsm_secret_kind kind)
{
    PRECOND(h != NULL && name != NULL && kind <= HSM_SECRET_MAC);
    struct destroy d = {name, kind};
    if (!name_is_good(name))
        return CH_EINVAL;
    pthread_mutex_lock(&h->create_lock);
    int r = hsm_run(h, op_destroy, &d);
    key_forget(h, name);
    if (r == 0)
        r = folder_fsync(h->fsync_folder);
    pthread_mutex_unlock(&h->create_lock);
    return r;
}
