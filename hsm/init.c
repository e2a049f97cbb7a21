/*
 * init.c - making a token of a free slot, at provisioning.
 */
#include "hsm/internal.h"

#include <stdio.h>
#include <string.h>

#define SLOTS_MAX 256
#define LABEL_SIZE 32

static CK_RV slot_find_free(struct module *m, CK_SLOT_ID *out)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_RV rv = m->p11->C_GetSlotList(CK_TRUE, slots, &count);
    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < count; i++) {
        struct token_identity identity;
        CK_FLAGS flags = 0;
        if (token_identify(m, slots[i], &identity, &flags) == CKR_OK &&
            !(flags & CKF_TOKEN_INITIALIZED)) {
            *out = slots[i];
            return CKR_OK;
        }
    }
    return rv_from_code(CH_EUNSUPPORTED);
}

/* The security officer sets the user's PIN. */
static CK_RV set_pin(struct module *m, CK_SLOT_ID slot, struct secret *so_pin, struct secret *pin)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_RV rv = m->p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                     &session);
    if (rv != CKR_OK)
        return rv;
    rv = m->p11->C_Login(session, CKU_SO, secret_data(so_pin), (CK_ULONG)secret_len(so_pin));
    if (rv == CKR_OK)
        rv = m->p11->C_InitPIN(session, secret_data(pin), (CK_ULONG)secret_len(pin));
    (void)m->p11->C_Logout(session);
    (void)m->p11->C_CloseSession(session);
    return rv;
}

static CK_RV slot_init(struct module *m, const char *label, struct secret *so_pin,
                       struct secret *pin, struct token_identity *made)
{
    CK_SLOT_ID slot = 0;
    CK_FLAGS flags = 0;
    CK_UTF8CHAR padded[LABEL_SIZE];
    memset(padded, ' ', sizeof(padded));
    memcpy(padded, label, strlen(label));
    CK_RV rv = token_find(m, label, NULL, &slot, made);
    if (rv == CKR_OK || rv == CKR_ARGUMENTS_BAD)
        return rv_from_code(CH_EEXISTS);
    rv = slot_find_free(m, &slot);
    if (rv == CKR_OK)
        rv = m->p11->C_InitToken(slot, secret_data(so_pin), (CK_ULONG)secret_len(so_pin), padded);
    if (rv == CKR_OK)
        rv = set_pin(m, slot, so_pin, pin);
    if (rv == CKR_OK)
        rv = token_identify(m, slot, made, &flags);
    return rv;
}

int hsm_token_init(const char *module, const char *init_args, const char *label,
                   const struct secret *so_pin, const struct secret *pin, char *serial,
                   size_t serial_size)
{
    PRECOND(label != NULL && so_pin != NULL && pin != NULL && serial != NULL && serial_size > 0);
    struct module *m = NULL;
    struct token_identity made;
    /* C_Login takes PINs through pointers to non-const, and reads them. */
    struct secret *so_in = p11_in(so_pin);
    struct secret *pin_in = p11_in(pin);
    serial[0] = '\0';
    if (*label == '\0' || strlen(label) > LABEL_SIZE)
        return CH_EINVAL;
    int r = module_open(module, init_args, &m);
    if (r != 0)
        return r;
    pthread_rwlock_wrlock(&m->lock);
    CK_RV rv = slot_init(m, label, so_in, pin_in, &made);
    pthread_rwlock_unlock(&m->lock);
    module_close(m);
    if (rv != CKR_OK) {
        log_error("cannot initialize a token: %s", rv_name(rv));
        return rv_row_find(rv)->code;
    }
    snprintf(serial, serial_size, "%s", made.serial);
    return 0;
}
