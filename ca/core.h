/*
 * core.h - what the core process holds, shared by everything in ca/: the store, the
 * HSM, the configuration and the keys of the system. Nothing here is global.
 */
#ifndef CHANCERY_CA_CORE_H
#define CHANCERY_CA_CORE_H

#include "ca/store/rows.h"
#include "firmware/base/config.h"
#include "hsm/hsm.h"

struct key_maker;   /* ca/jobs/key_maker.h */
struct credentials; /* ca/auth/credentials.h */

struct core {
    const struct config *config;
    struct store *store;
    struct hsm *hsm;
    struct hsm_key *binding; /* tags of wrapped subscriber keys */
    struct hsm_key *seal;    /* secrets of access keys, NextToken MACs */
    uint8_t node;            /* serial prefix octet */
    struct credentials *credentials;
    struct key_maker *key_maker;
    int64_t started_at;
};

/* Opens store and HSM in `state`, finds the system keys, reconciles. The folder must have been provisioned. CH_ENOTFOUND otherwise. */
int core_open(const char *state, const struct config *config, struct core *out);
void core_close(struct core *core);

/* The custody keys of a scope; makes the KEK on first use. */
int core_custody(struct core *core, const struct scope *scope, bool exportable,
                 struct hsm_custody *out);

/* The custody keys for a stored key: its own KEK by id. */
int core_custody_by_id(struct core *core, const uint8_t kek_id[HSM_ID_SIZE],
                       struct hsm_custody *out);

#endif
