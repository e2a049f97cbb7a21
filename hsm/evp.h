/*
 * evp.h - a token key as EVP_PKEY, through libp11; for tools (key ceremony, CMS) that
 * have to hand OpenSSL a key. The server signs with hsm_sign.
 *
 * Not for use while other threads make token objects. From the first call to hsm_close the
 * module is not initialized again: a lost token stays lost. Free the EVP_PKEYs before
 * hsm_close.
 */
#ifndef CHANCERY_HSM_EVP_H
#define CHANCERY_HSM_EVP_H

#include "hsm/hsm.h"

#include <openssl/evp.h>

/* 0; CH_ENOTFOUND, CH_EHSM. The caller frees *out with EVP_PKEY_free. */
int hsm_pair_evp(struct hsm *h, const struct hsm_name *name, EVP_PKEY **out);

#endif
