/*
 * softhsm.h - a SoftHSM token of the appliance's own, in STATE/token.
 */
#ifndef CHANCERY_PROVISIONING_SOFTHSM_H
#define CHANCERY_PROVISIONING_SOFTHSM_H

#include "firmware/base/config.h"

/* The path of SoftHSM's module on this machine; NULL when it is not installed. */
const char *softhsm_module(void);

/* Points the configuration at a token in STATE/token. CH_ENOTFOUND without SoftHSM, CH_ELIMIT when STATE's path is too long. */
int softhsm_configure(const char *state, struct config *config);

/*
 * Makes what is missing: softhsm2.conf, the PINs in STATE/secrets, and the token, whose serial number goes into
 * the configuration. A token is made only while the configuration names none and there is no store that could
 * belong to one.
 */
int softhsm_prepare(const char *state, struct config *config);

/* True when the configuration is one of softhsm_configure. */
bool softhsm_is_own(const char *state, const struct config *config);

#endif
