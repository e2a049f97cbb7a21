/*
 * keyring.h - the appliance's own keys: which HSM object bears which name, found
 * through the store, made on first use so that a crash in between is healed.
 *
 * Order of making: the intent (name and object id) is committed, the object made and
 * fsynced, the row committed. So an object without a row is known by its intent: a
 * secret key is adopted, a pair is destroyed and made again.
 */
#ifndef CHANCERY_CA_KEYRING_H
#define CHANCERY_CA_KEYRING_H

#include "ca/store/rows.h"
#include "hsm/hsm.h"

#define KEYRING_BINDING "binding"
#define KEYRING_SEAL "seal"
#define KEYRING_AUDIT "audit"
#define KEYRING_MANAGEMENT_CA "management-ca"

struct keyring;

/* Both must outlive the ring. NULL when out of memory. */
struct keyring *keyring_new(struct store *store, struct hsm *hsm);

/* NULL is fine. The keys themselves belong to the HSM. */
void keyring_free(struct keyring *ring);

/*
 * The secret key of that name. CH_ENOTFOUND: the store does not know the name.
 * CH_EINTEGRITY: the store knows it and the token lacks it. CH_EHSM, CH_EIO.
 */
int keyring_secret_find(struct keyring *ring, const char *name, struct hsm_key **out);

/* Likewise, by the id of the object. */
int keyring_secret_find_by_id(struct keyring *ring, const uint8_t id[HSM_ID_SIZE],
                              struct hsm_key **out);

/* Finds, or makes when the store does not know the name. */
int keyring_secret_ensure(struct keyring *ring, const char *name, enum hsm_secret_kind kind,
                          struct hsm_key **out);

/*
 * The KEK that wraps new keys of that family ("kek/<account>/<region>/<class>"); its first one is made when there is
 * none. kind: HSM_SECRET_KEK_*.
 */
int keyring_kek(struct keyring *ring, const char *family, enum hsm_secret_kind kind,
                struct hsm_key **out);

/* Says that another KEK of the family wraps new keys from now on. */
void keyring_kek_changed(struct keyring *ring, const char *family);

/* Destroys a KEK in the token. 0 also when it is gone already. The row stays. */
int keyring_kek_destroy(struct keyring *ring, const struct kek_row *row);

/* The kind that a row's text names. CH_EINTEGRITY. */
int keyring_kind_find(const char *name, enum hsm_secret_kind *out);

/* The pair of that name, with its row (spki, certificate), which the caller frees. Errors as keyring_secret_find. */
int keyring_pair_find(struct keyring *ring, const char *name, struct system_key_row *row,
                      struct hsm_key **out);

/* Finds, or makes a P-256 pair when the store does not know the name. */
int keyring_pair_ensure(struct keyring *ring, const char *name, struct system_key_row *row,
                        struct hsm_key **out);

/* Destroys a pair in the token, then its row. 0 also when there is none, or was none yet. */
int keyring_pair_destroy(struct keyring *ring, const char *name);

/*
 * Names the binding key as the HSM's anchor (hsm_anchor_set), from what the store knows. CH_ENOTFOUND: the
 * store is not provisioned.
 */
int keyring_anchor_set(struct keyring *ring);

#endif
