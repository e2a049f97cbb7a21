/*
 * softhsm.h - a SoftHSM token of the appliance's own, in STATE/token.
 */
#ifndef CHANCERY_PROVISIONING_SOFTHSM_H
#define CHANCERY_PROVISIONING_SOFTHSM_H

#include "firmware/base/config.h"
#include "firmware/base/secret.h"

/* The path of SoftHSM's module on this machine; NULL when it is not installed. */
const char *softhsm_module(void);

/* Points the configuration at a token in STATE/token. CH_ENOTFOUND without SoftHSM, CH_ELIMIT when STATE's path is too long. */
int softhsm_configure(const char *state, struct config *config);

/*
 * Makes what is missing: softhsm2.conf, the PINs and the token, whose serial number goes into the
 * configuration. A token is made only while softhsm_token_is_wanted. pin NULL: both PINs are random and kept in
 * STATE/secrets. Otherwise neither is kept: pin is the user's, and the security officer's is thrown away, as whoever
 * has that one has the token.
 */
int softhsm_prepare(const char *state, struct config *config, struct secret *pin);

/* The configuration names no token and there is no store that could belong to one. */
bool softhsm_token_is_wanted(const char *state, const struct config *config);

/* True when the configuration is one of softhsm_configure. */
bool softhsm_is_own(const char *state, const struct config *config);

#endif
