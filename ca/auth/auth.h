/*
 * auth.h - who asks (SigV4) and whether they may (authorize).
 */
#ifndef CHANCERY_AUTH_AUTH_H
#define CHANCERY_AUTH_AUTH_H

#include "ca/policy/policy.h"
#include "ca/request.h"
#include "firmware/base/secret.h"

/* ---- SigV4, pure (sigv4.c) ---- */

/* A parsed Authorization header or presigned query; slices borrow from the call. */
struct sigv4 {
    struct slice access_key_id;
    struct slice date, region, service; /* of the credential scope */
    struct slice signed_headers;        /* "host;x-amz-date" */
    struct slice signature;             /* 64 hex digits */
    struct slice timestamp;             /* 20261123T131700Z */
    struct slice token;                 /* X-Amz-Security-Token, or empty */
    bool presigned;
    int64_t time;                       /* of timestamp, seconds */
    int64_t expires;                    /* presigned: seconds; else 0 */
};

/* Finds and splits what the caller signed with. CH_EAPI with AWS's error (MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException). */
int sigv4_parse(const struct msg_call *call, struct sigv4 *out, struct api_error *error);

/* The canonical request and string to sign over the very bytes of the call (SigV4, normalised path as for services other than S3). Errors: CH_EINVAL, CH_ENOMEM. */
int sigv4_canonical_request(const struct msg_call *call, const struct sigv4 *sig, struct buf *out);
int sigv4_string_to_sign(const struct sigv4 *sig, struct slice canonical_request, struct buf *out);

/* Signing key of a secret for date, region, service. */
int sigv4_signing_key(struct slice secret, const struct sigv4 *sig, uint8_t key[32]);

/* 0 when the signature is the one made with this signing key, constant-time; CH_EDENIED otherwise. */
int sigv4_verify(const struct msg_call *call, const struct sigv4 *sig, const uint8_t key[32]);

/* ---- principals (credentials.c) ---- */

/* The cache of unsealed secrets. NULL when out of memory. */
struct credentials *credentials_new(struct core *core);
void credentials_free(struct credentials *c);

/*
 * Steps 1-2 of a request: parse, date within the skew, scope (region configured, service known), key
 * known and active, signature right. Fills r->principal and r->scope. Must come before the
 * body is parsed. CH_EAPI with AWS's error names and texts.
 */
int auth_authenticate(struct request *r);

/* ---- authorization (authorize.c) ---- */

/*
 * The one question, on every path: may this principal do this action ("acm:RequestCertificate")
 * on this resource (ARN, or NULL when the operation has none)? 0, or CH_EAPI with AccessDeniedException
 * in AWS's words. Deny by default.
 */
int authorize(struct request *r, const char *action, const char *resource);

/* A resource that brings what is known of it along. */
struct authorize_target {
    const char *action;
    const char *resource;        /* ARN, or NULL */
    const char *owner;           /* account of the resource; NULL: that of its ARN */
    const struct policy *policy; /* of the resource: a role's trust policy; NULL = none */
    enum policy_kind kind;       /* POLICY_RESOURCE; POLICY_TRUST must allow within the account, too */
};

/* As authorize, for such a resource: nothing about it is looked up. */
int authorize_on(struct request *r, const struct authorize_target *target);

/* Makes a user with one access key inside a write unit; id and secret (40 characters) come out once. */
struct new_user { const char *account; const char *name; bool administrator; char access_key_id[21]; struct secret *secret; };
int credentials_user_add(struct core *core, struct new_user *user);

/*
 * The same for the root principal of user's account (name and administrator are not looked at), which is made when it is
 * not there. CH_ENOTFOUND for an unknown account; CH_ELIMIT when it has two keys already.
 */
int credentials_root_key_add(struct core *core, struct new_user *user);

#endif
