/*
 * pin.h - the PIN for a command that opens the token itself: init and hsm doctor.
 */
#ifndef CHANCERY_PROVISIONING_PIN_H
#define CHANCERY_PROVISIONING_PIN_H

#include "firmware/base/config.h"
#include "hsm/hsm.h"

/*
 * The PIN by [hsm] pin_source: nothing (out->pin stays NULL) when it is in the file that the HSM reads itself;
 * otherwise the credential, or what a person types, twice when it is the PIN of a new token. out->pin is the caller's
 * to free. What is wrong was said to the user: CH_EINVAL, CH_ENOTFOUND, CH_ECLOSED, CH_EDENIED.
 */
int pin_obtain(const struct config *config, bool is_new, struct hsm_pin *out);

/* Sets [hsm] pin_source from an option; CH_EINVAL for another word, said to the user. */
int pin_source_choose(const char *word, struct config *config);

#endif
