#include "hsm/internal.h"

#include <string.h>

#define SLOTS_MAX 256
#define PIN_MAX 256

/* PKCS#11 pads texts with spaces; some modules with NULs. */
static void text_copy(char *out, const CK_UTF8CHAR *in, size_t len)
{
    while (len > 0 && (in[len - 1] == ' ' || in[len - 1] == '\0'))
        len--;
    memcpy(out, in, len);
    out[len] = '\0';
}

CK_RV token_identify(struct module *m, CK_SLOT_ID slot, struct token_identity *out,
                     CK_FLAGS *flags)
{
    CK_TOKEN_INFO info;
    memset(&info, 0, sizeof(info));
    memset(out, 0, sizeof(*out));
    *flags = 0;
    CK_RV rv = m->p11->C_GetTokenInfo(slot, &info);
    if (rv != CKR_OK)
        return rv;
    text_copy(out->label, info.label, sizeof(info.label));
    text_copy(out->serial, info.serialNumber, sizeof(info.serialNumber));
    text_copy(out->model, info.model, sizeof(info.model));
    text_copy(out->maker, info.manufacturerID, sizeof(info.manufacturerID));
    *flags = info.flags;
    return CKR_OK;
}

static bool identity_fits(const struct token_identity *identity, const char *label,
                          const char *serial)
{
    return (label == NULL || *label == '\0' || strcmp(identity->label, label) == 0) &&
           (serial == NULL || *serial == '\0' || strcmp(identity->serial, serial) == 0);
}

CK_RV token_find(struct module *m, const char *label, const char *serial, CK_SLOT_ID *slot,
                 struct token_identity *out)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_ULONG fitting = 0;
    CK_RV rv = m->p11->C_GetSlotList(CK_TRUE, slots, &count);
    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < count; i++) {
        struct token_identity identity;
        CK_FLAGS flags = 0;
        if (token_identify(m, slots[i], &identity, &flags) != CKR_OK ||
            !(flags & CKF_TOKEN_INITIALIZED) || !identity_fits(&identity, label, serial))
            continue;
        fitting++;
        *slot = slots[i];
        *out = identity;
    }
    if (fitting == 0)
        return CKR_TOKEN_NOT_PRESENT;
    return fitting == 1 ? CKR_OK : CKR_ARGUMENTS_BAD;
}

static bool secret_same(struct secret *a, struct secret *b)
{
    return a != NULL && b != NULL && secret_len(a) == secret_len(b) &&
           bytes_equal_ct(secret_data(a), secret_data(b), secret_len(a));
}

CK_RV token_login(struct hsm *h, CK_SESSION_HANDLE session)
{
    struct secret *pin = NULL;
    int r = secret_read_file(h->pin_file, PIN_MAX, &pin);
    if (r != 0) {
        log_error("cannot read the PIN file %s: %s", h->pin_file, ch_error_text(r));
        return rv_from_code(CH_EHSM);
    }
    if (secret_same(pin, h->refused_pin)) {
        secret_free(pin);
        return CKR_PIN_INCORRECT;
    }
    CK_RV rv = h->p11->C_Login(session, CKU_USER, secret_data(pin), (CK_ULONG)secret_len(pin));
    /* The login is the process's, not the session's: the token then did not look at the PIN. */
    if (rv == CKR_USER_ALREADY_LOGGED_IN)
        rv = CKR_OK;
    if (rv_row_find(rv)->class == RV_CLASS_PIN) {
        log_error("the token refused the PIN (%s); it is not tried again", rv_name(rv));
        secret_free(h->refused_pin);
        h->refused_pin = pin;
        return rv;
    }
    secret_free(pin);
    return rv;
}

CK_RV token_check(struct hsm *h, CK_SESSION_HANDLE session)
{
    struct token_identity identity;
    CK_FLAGS flags = 0;
    if (token_identify(h->module, h->slot, &identity, &flags) != CKR_OK ||
        strcmp(identity.label, h->identity.label) != 0 ||
        strcmp(identity.serial, h->identity.serial) != 0)
        return RV_TOKEN_LOST;
    CK_SESSION_INFO info;
    memset(&info, 0, sizeof(info));
    CK_RV rv = h->p11->C_GetSessionInfo(session, &info);
    if (rv != CKR_OK)
        return rv;
    /* A session that is not logged in finds no private object and says nothing about it. */
    return info.state == CKS_RW_USER_FUNCTIONS ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}
