#include "hsm/internal.h"

#include <string.h>

void *p11_in(const void *data)
{
    void *p = NULL;
    memcpy(&p, &data, sizeof(p));
    return p;
}

void template_put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    PRECOND(t->count < TEMPLATE_MAX);
    t->at[t->count++] = (CK_ATTRIBUTE){type, p11_in(value), (CK_ULONG)len};
}

void template_put_bool(struct template *t, CK_ATTRIBUTE_TYPE type, bool value)
{
    static const CK_BBOOL values[2] = {CK_FALSE, CK_TRUE};
    template_put(t, type, &values[value], sizeof(CK_BBOOL));
}

void template_put_ulong(struct template *t, CK_ATTRIBUTE_TYPE type, const CK_ULONG *value)
{
    template_put(t, type, value, sizeof(*value));
}

CK_RV object_find_locked(struct hsm *h, CK_SESSION_HANDLE session, struct template *t,
                         CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count)
{
    *count = 0;
    CK_RV rv = h->p11->C_FindObjectsInit(session, t->at, t->count);
    if (rv != CKR_OK)
        return rv;
    rv = h->p11->C_FindObjects(session, found, max, count);
    CK_RV final = h->p11->C_FindObjectsFinal(session);
    return rv != CKR_OK ? rv : final;
}

CK_RV object_find(struct hsm *h, CK_SESSION_HANDLE session, struct template *t,
                  CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count)
{
    pthread_mutex_lock(&h->module->objects);
    CK_RV rv = object_find_locked(h, session, t, found, max, count);
    pthread_mutex_unlock(&h->module->objects);
    return rv;
}

CK_RV object_believe_miss(struct hsm *h, CK_SESSION_HANDLE session)
{
    CK_RV rv = token_check(h, session);
    if (rv != CKR_OK || !h->has_anchor_name)
        return rv;
    struct template t = {.count = 0};
    CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    template_put_bool(&t, CKA_TOKEN, true);
    template_put(&t, CKA_ID, h->anchor_name.id, HSM_ID_SIZE);
    rv = object_find(h, session, &t, &found, 1, &count);
    if (rv != CKR_OK)
        return rv;
    return count > 0 ? CKR_OK : RV_TOKEN_LOST;
}

CK_RV object_find_named(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                        const char *label, const uint8_t id[HSM_ID_SIZE], CK_OBJECT_HANDLE *out)
{
    CK_OBJECT_HANDLE found[2] = {CK_INVALID_HANDLE, CK_INVALID_HANDLE};
    CK_ULONG count = 0;
    struct template t = {.count = 0};
    *out = CK_INVALID_HANDLE;
    template_put_ulong(&t, CKA_CLASS, &class);
    template_put_bool(&t, CKA_TOKEN, true);
    template_put(&t, CKA_LABEL, label, strlen(label));
    template_put(&t, CKA_ID, id, HSM_ID_SIZE);
    CK_RV rv = object_find(h, session, &t, found, COUNT_OF(found), &count);
    if (rv != CKR_OK)
        return rv;
    if (count > 1)
        return rv_from_code(CH_EINTEGRITY);
    *out = found[0];
    if (count == 1)
        return CKR_OK;
    rv = object_believe_miss(h, session);
    return rv == CKR_OK ? rv_from_code(CH_ENOTFOUND) : rv;
}

CK_RV object_destroy(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    pthread_mutex_lock(&h->module->objects);
    CK_RV rv = h->p11->C_DestroyObject(session, object);
    pthread_mutex_unlock(&h->module->objects);
    return rv;
}

CK_RV object_read(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                  CK_ATTRIBUTE_TYPE type, void *value, size_t *len)
{
    CK_ATTRIBUTE at = {type, value, (CK_ULONG)*len};
    *len = 0;
    CK_RV rv = h->p11->C_GetAttributeValue(session, object, &at, 1);
    if (rv != CKR_OK)
        return rv;
    if (at.ulValueLen == CK_UNAVAILABLE_INFORMATION)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    *len = at.ulValueLen;
    return CKR_OK;
}

CK_RV object_read_bool(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                       CK_ATTRIBUTE_TYPE type, bool *value)
{
    CK_BBOOL raw = CK_FALSE;
    size_t len = sizeof(raw);
    *value = false;
    CK_RV rv = object_read(h, session, object, type, &raw, &len);
    if (rv == CKR_OK && len != sizeof(raw))
        rv = CKR_ATTRIBUTE_VALUE_INVALID;
    *value = rv == CKR_OK && raw != CK_FALSE;
    return rv;
}
