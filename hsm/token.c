#include "hsm/internal.h"

#include <string.h>

#define SLOTS_MAX 256

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

/* The PIN to log in with, the caller's. */
static int pin_get(struct hsm *h, struct secret **out)
{
    *out = NULL;
    if (h->pin != NULL) {
        *out = secret_copy(secret_data(h->pin), secret_len(h->pin));
        return *out == NULL ? CH_ENOMEM : 0;
    }
    int r = pin_read_file(h->pin_file, out);
    if (r == CH_EDENIED)
        log_error("the PIN file %s cannot be read, or others may read or change it (chmod 600)",
                  h->pin_file);
    else if (r != 0)
        log_error("cannot read the PIN file %s: %s", h->pin_file, ch_error_text(r));
    return r;
}

/* PKCS#11 has no number for it; flags that a module leaves at 0 say nothing. */
static enum pin_tries tries_left(struct hsm *h, CK_RV rv)
{
    struct token_identity identity;
    CK_FLAGS flags = 0;
    if (token_identify(h->module, h->slot, &identity, &flags) != CKR_OK)
        flags = 0;
    if (rv == CKR_PIN_LOCKED || (flags & CKF_USER_PIN_LOCKED) != 0)
        return PIN_TRIES_NONE;
    if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
        return PIN_TRIES_LAST;
    return (flags & CKF_USER_PIN_COUNT_LOW) != 0 ? PIN_TRIES_FEW : PIN_TRIES_UNKNOWN;
}

static void refusal_note(struct hsm *h, CK_RV rv)
{
    h->pin_tries = tries_left(h, rv);
    const char *tries = pin_tries_text(h->pin_tries);
    log_error("the token refused the PIN (%s); it is not tried again%s%s", rv_name(rv),
              tries[0] == '\0' ? "" : "; ", tries);
}

CK_RV token_login(struct hsm *h, CK_SESSION_HANDLE session)
{
    struct secret *pin = NULL;
    if (pin_get(h, &pin) != 0)
        return rv_from_code(CH_EHSM);
    if (secret_same(pin, h->refused_pin)) {
        secret_free(pin);
        return CKR_PIN_INCORRECT;
    }
    CK_RV rv = h->p11->C_Login(session, CKU_USER, secret_data(pin), (CK_ULONG)secret_len(pin));
    /* The login is the process's, not the session's: the token then did not look at the PIN. */
    if (rv == CKR_USER_ALREADY_LOGGED_IN)
        rv = CKR_OK;
    if (rv_row_find(rv)->class == RV_CLASS_PIN) {
        refusal_note(h, rv);
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
