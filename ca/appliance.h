/*
 * appliance.h - what makes a token and an empty store into an appliance: the system keys,
 * the node octet, the first account with its administrator.
 */
#ifndef CHANCERY_CA_APPLIANCE_H
#define CHANCERY_CA_APPLIANCE_H

#include "ca/core.h"

#define APPLIANCE_ADMINISTRATOR "admin"

/* What the operator is told afterwards. */
struct appliance {
    char account[ROW_ACCOUNT_SIZE];
    char access_key_id[32];
    struct secret *secret_access_key; /* of the administrator; owned */
    struct buf bundle;                /* PEM of the management CA; owned */
    bool existed;                     /* everything was there already */
};

/*
 * Provisions STATE (pin: as in hsm_config, or NULL): the token must be initialised, the folder of the store must exist. May be
 * repeated, also after an interruption at any point: it goes on where it stopped, and an
 * appliance that is complete is left as it is. Errors as store_open and hsm_open;
 * CH_EINTEGRITY when store and token do not belong together.
 */
int appliance_provision(const char *state, const struct config *config, struct hsm_pin *pin,
                        struct appliance *out);

void appliance_free(struct appliance *a);

#endif
