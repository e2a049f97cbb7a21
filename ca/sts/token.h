/*
 * token.h - temporary credentials. Everything about a session stands in its token, encrypted and
 * authenticated under a key that the HSM derives from the seal key: core keeps no table of sessions. A
 * token ends by its time, or by the end of the user or role that it is of.
 *
 * What a token says ("claims", a JSON object; times in seconds since 1970):
 *   key         its access key id, ASIA...
 *   entity      id of the user or role (AIDA..., AROA...)
 *   issued, expires
 *   session     name of a role's session
 *   mfa         when a code of multi-factor authentication was given
 *   policy      session policy; policies: ARNs of managed ones
 *   tags        {key: value}; transitive: [keys] that go along to the next role
 *   chained     true: taken with the credentials of another role
 *   source      source identity
 *   console     true: of a user who signed in with a password
 *   origin      id of the user at the beginning of a chain of roles
 */
#ifndef CHANCERY_STS_TOKEN_H
#define CHANCERY_STS_TOKEN_H

#include "ca/core.h"
#include "firmware/base/secret.h"

#include <jansson.h>

#define STS_TOKEN_MAX ((size_t)8192)  /* characters */
#define STS_CLAIMS_MAX ((size_t)4096) /* octets of JSON; headers have no room for more */

/* New credentials. */
struct sts_credentials {
    char access_key_id[21];
    struct secret *secret; /* 40 characters */
    char *token;
};

/*
 * Makes credentials that stand for claims, which get their "key". CH_ELIMIT when claims are too large;
 * the errors of hsm_random and hsm_mac. Free with sts_credentials_free.
 */
int sts_credentials_make(struct core *core, json_t *claims, struct sts_credentials *out);
void sts_credentials_free(struct sts_credentials *credentials);

/*
 * Opens a token as it stood in the header, or percent-encoded in a query. CH_ENOTFOUND for anything that
 * this appliance did not make. The caller owns claims and secret.
 */
int sts_token_open(struct core *core, struct slice token, json_t **claims, struct secret **secret);

#endif
