/*
 * core.h - what the core process holds, shared by everything in ca/: the store, the
 * HSM, the configuration and the keys of the system. Nothing here is global.
 */
#ifndef CHANCERY_CA_CORE_H
#define CHANCERY_CA_CORE_H

#include "ca/store/rows.h"
#include "firmware/base/config.h"
#include "hsm/hsm.h"

#include <pthread.h>

struct key_maker;   /* ca/jobs/key_maker.h */
struct keyring;     /* ca/keyring.h */
struct sign_ins;    /* ca/iam/sign_in.h */
struct attempts;    /* ca/auth/attempts.h */
struct principals;  /* ca/auth/principal.h */
struct management;  /* ca/management.h */
struct credentials; /* ca/auth/credentials.h */
struct ocsp;        /* ca/pca/ocsp.h */
struct resource_policies; /* ca/auth/resource_policy.h */
struct outbound_client; /* ca/outbound.h */
struct domain_checks;   /* ca/jobs/domain_check.h */
struct schedule;    /* ca/jobs/schedule.h */
struct serve;       /* ca/serve.h */
struct throttle;    /* ca/throttle.h */

#define CORE_PATH_MAX 4096

#define CORE_RANDOM_AHEAD 1024

/* Octets of the token's generator that were fetched together; each is given once and wiped. */
struct random_ahead {
    pthread_mutex_t lock; /* all zeros is a mutex that is free */
    size_t left;          /* the first so many have not been given */
    uint8_t octets[CORE_RANDOM_AHEAD];
};

struct core {
    const struct config *config;
    char public_folder[CORE_PATH_MAX]; /* what is published as files; "" = nowhere */
    char reports_folder[CORE_PATH_MAX]; /* where audit reports are written */
    struct store *store;
    struct hsm *hsm;
    struct random_ahead random_ahead;
    struct hsm_key *binding; /* tags of wrapped subscriber keys */
    struct hsm_key *seal;    /* secrets of access keys, NextToken MACs */
    uint8_t node;            /* serial prefix octet */
    struct credentials *credentials;
    struct principals *principals;
    struct attempts *attempts; /* wrong passwords and codes of those who are signed in */
    struct sign_ins *sign_ins;
    struct resource_policies *resource_policies;
    struct throttle *throttle;
    struct key_maker *key_maker;
    struct schedule *schedule;
    struct ocsp *ocsp;
    struct outbound_client *outbound;
    struct domain_checks *domain_checks;
    struct serve *serve; /* NULL before anybody is served */
    int64_t started_at;
    struct keyring *keyring;
    struct hsm_key *audit;   /* signs audit checkpoints */
    struct buf audit_spki;   /* its public key, to which the token's was proved to belong */
    struct management *management;
    _Atomic unsigned connected; /* bits 1u << enum role of the processes that are wired to core now */
};

/*
 * Opens store and HSM in `state`, finds the system keys, reconciles. The folder must have been
 * provisioned: CH_ENOTFOUND otherwise. pin: as in hsm_config, or NULL.
 */
int core_open(const char *state, const struct config *config, struct hsm_pin *pin,
              struct core *out);
void core_close(struct core *core);

/*
 * Octets of the token's generator for what becomes public at once (serials, ids): a call to the
 * token gives many such. At most CORE_RANDOM_AHEAD; the errors of hsm_random.
 */
int core_random(struct core *core, uint8_t *out, size_t len);

/* A path of the configuration in `state`: as it is when absolute or empty. CH_ELIMIT when it is too long. */
int core_path(const char *state, const char *path, char out[CORE_PATH_MAX]);

/* The files that the HSM's configuration names; hsm borrows from it. */
struct core_hsm {
    struct hsm_config hsm;
    char pin_file[CORE_PATH_MAX];
    char writable[CORE_PATH_MAX];
};

/* The configuration as hsm_open wants it; config, pin (or NULL) and out must outlive its use. CH_ELIMIT. */
int core_hsm_config(const char *state, const struct config *config, struct hsm_pin *pin,
                    struct core_hsm *out);

/* Keeps the findings of the HSM's self test in the settings of the store, which must outlive hsm_open. */
struct hsm_notes core_hsm_notes(struct store *store);

/* Puts "NAME=value" for the PKCS#11 module into the environment; before hsm_open, before threads. CH_EINVAL, CH_ESYS. */
int core_hsm_environment(const struct config *config);

/* The custody keys of a scope, for a new key; makes the KEK on first use. */
int core_custody(struct core *core, const struct scope *scope, bool exportable,
                 struct hsm_custody *out);

/* The custody keys for a stored key: its own KEK by id. */
int core_custody_by_id(struct core *core, const uint8_t kek_id[HSM_ID_SIZE],
                       struct hsm_custody *out);

#endif
