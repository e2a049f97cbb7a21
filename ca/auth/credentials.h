/*
 * credentials.h - users and their access keys, beyond what auth.h promises to all.
 */
#ifndef CHANCERY_AUTH_CREDENTIALS_H
#define CHANCERY_AUTH_CREDENTIALS_H

#include "ca/auth/auth.h"

/* An access key that is not in the store yet: its id and secret are chosen and sealed; whose it is, is not said. */
struct credentials_key {
    struct access_key_row row;
    struct secret *secret;
};

/* Chooses and seals; at: microseconds. The errors of hsm_random and hsm_seal. */
int credentials_key_make(struct core *core, const char *account, int64_t at,
                         struct credentials_key *out);
void credentials_key_free(struct credentials_key *key);

/* An access key id of size - 1 characters that begins with prefix, and a secret of 40 characters; the caller frees. */
int credentials_random(struct core *core, const char *prefix, char *id, size_t size,
                       struct secret **secret);

/*
 * Notes when and with what the access key of r was used, some minutes apart or when that is another
 * service or region; inside the unit that records the call.
 */
int credentials_note_use(struct store_tx *tx, const struct request *r);

/* The key of session tokens, which the HSM derives from the seal key; asked for once. */
int credentials_token_key(struct core *core, uint8_t key[32]);

/* Who a user or role is when asking with that access key; session: of a role, else NULL. p is zeroed. */
struct iam_row; /* ca/store/iam.h */
void credentials_principal_make(const struct iam_row *row, const char *access_key_id,
                                const char *session, struct principal *p);

/* A user that is not in the store yet; everything random is chosen and sealed. */
struct credentials_draft {
    struct user_row user;
    struct credentials_key key;
};

/* Chooses ids and secret for a user of an account. CH_EINVAL for a name that IAM would refuse. */
int credentials_draft_make(struct core *core, const char *account, const char *name,
                           bool administrator, struct credentials_draft *out);

/* Inserts user and access key, and records it; inside a write unit. CH_EEXISTS. */
int credentials_draft_insert(struct store_tx *tx, const struct credentials_draft *draft);

void credentials_draft_free(struct credentials_draft *draft);

/* The clear secret of an access key; the caller frees. CH_EINTEGRITY when the sealed value was moved or altered. */
int credentials_unseal(struct core *core, const struct access_key_row *key, struct secret **out);

#endif
