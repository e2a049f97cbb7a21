#include "hsm/internal.h"

#define BLOB_MAX 4096
#define POINT_MAX 160

/* In order of preference; the self test takes the first that does it all. */
static const struct wrap_driver drivers[] = {
    {"kwp-210b", CKM_AES_KEY_WRAP_KWP, 0},
    {"kwp-210b", CKM_AES_KEY_WRAP_KWP, CKA_NSS_DB},
    {"kwp-210a", CKM_AES_KEY_WRAP_PAD, 0},
};

const struct wrap_driver *wrap_drivers(size_t *count)
{
    *count = COUNT_OF(drivers);
    return drivers;
}

CK_RV wrap_key(struct hsm *h, CK_SESSION_HANDLE session, const struct wrap_driver *driver,
               CK_OBJECT_HANDLE kek, CK_OBJECT_HANDLE key, struct buf *blob)
{
    CK_MECHANISM mechanism = {driver->mechanism, NULL, 0};
    uint8_t wrapped[BLOB_MAX];
    CK_ULONG len = sizeof(wrapped);
    buf_clear(blob);
    CK_RV rv = h->p11->C_WrapKey(session, &mechanism, kek, key, wrapped, &len);
    if (rv == CKR_OK && (len == 0 || len > sizeof(wrapped)))
        rv = CKR_WRAPPED_KEY_LEN_RANGE;
    return rv == CKR_OK ? rv_from_code(buf_put(blob, wrapped, len)) : rv;
}

/* openCryptoki takes the template and does not do what it says: look. */
static CK_RV check_unwrapped(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                             bool extractable)
{
    bool is_sensitive = false;
    bool is_extractable = true;
    CK_RV rv = object_read_bool(h, session, key, CKA_SENSITIVE, &is_sensitive);
    if (rv == CKR_OK)
        rv = object_read_bool(h, session, key, CKA_EXTRACTABLE, &is_extractable);
    if (rv == CKR_OK && (!is_sensitive || is_extractable != extractable)) {
        log_error("the token does not keep unwrapped keys as it was told to");
        rv = rv_from_code(CH_EUNSUPPORTED);
    }
    return rv;
}

CK_RV unwrap_key(struct hsm *h, CK_SESSION_HANDLE session, const struct wrap_driver *driver,
                 CK_OBJECT_HANDLE kek, struct slice blob, EVP_PKEY *public, bool extractable,
                 CK_OBJECT_HANDLE *out)
{
    const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    bool rsa = EVP_PKEY_is_a(public, "RSA") == 1;
    const CK_KEY_TYPE type = rsa ? CKK_RSA : CKK_EC;
    uint8_t point[POINT_MAX];
    size_t point_len = 0;
    struct template t = {.count = 0};
    *out = CK_INVALID_HANDLE;
    template_put_ulong(&t, CKA_CLASS, &class);
    template_put_ulong(&t, CKA_KEY_TYPE, &type);
    template_put_bool(&t, CKA_TOKEN, false);
    template_put_bool(&t, CKA_PRIVATE, true);
    template_put_bool(&t, CKA_SENSITIVE, true);
    template_put_bool(&t, CKA_EXTRACTABLE, extractable);
    template_put_bool(&t, CKA_SIGN, true);
    if (driver->point_attribute != 0 && !rsa) {
        if (public_point(public, point, sizeof(point), &point_len) != 0)
            return rv_from_code(CH_EINVAL);
        template_put(&t, driver->point_attribute, point, point_len);
    }
    CK_MECHANISM mechanism = {driver->mechanism, NULL, 0};
    CK_RV rv = h->p11->C_UnwrapKey(session, &mechanism, kek, p11_in(blob.data),
                                   (CK_ULONG)blob.len, t.at, t.count, out);
    if (rv != CKR_OK)
        return rv;
    rv = check_unwrapped(h, session, *out, extractable);
    if (rv != CKR_OK) {
        (void)h->p11->C_DestroyObject(session, *out);
        *out = CK_INVALID_HANDLE;
    }
    return rv;
}
