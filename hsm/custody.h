/*
 * custody.h - the steps that custody.c and export.c share.
 */
#ifndef CHANCERY_HSM_CUSTODY_H
#define CHANCERY_HSM_CUSTODY_H

#include "hsm/internal.h"

/* A wrapped key in use: what its tag must cover, worked out once for all attempts. */
struct wrapped_use {
    const struct hsm_custody *custody;
    const struct hsm_wrapped *wrapped;
    struct buf bound;
    uint8_t digest[32]; /* of bound */
    EVP_PKEY *public;   /* after wrapped_unwrap */
};

/* True when kek and mac are keys of those kinds and of this HSM. */
bool custody_is_good(const struct hsm *h, const struct hsm_custody *custody);

/* 0, CH_EINVAL, CH_EUNSUPPORTED, CH_EINTEGRITY (not its KEK). wrapped_close also after a failure. */
int wrapped_open(struct hsm *h, const struct hsm_custody *custody, const struct hsm_wrapped *w,
                 struct slice arn, struct wrapped_use *out);
void wrapped_close(struct wrapped_use *use);
/* The tag is right: CKR_OK, else CH_EINTEGRITY as CK_RV. */
CK_RV wrapped_check(struct hsm *h, CK_SESSION_HANDLE session, const struct wrapped_use *use);
/* Unwraps as a session object of this session. Only after wrapped_check. */
CK_RV wrapped_unwrap(struct hsm *h, CK_SESSION_HANDLE session, struct wrapped_use *use,
                     bool extractable, CK_OBJECT_HANDLE *out);

/* Fills in version, algorithm, KEK and format. */
int wrapping_open(struct hsm *h, const struct hsm_custody *custody, enum key_alg alg,
                  struct hsm_wrapped *out);
/* Wraps and binds; out->spki is there already. */
CK_RV wrapping_wrap(struct hsm *h, CK_SESSION_HANDLE session, const struct hsm_custody *custody,
                    CK_OBJECT_HANDLE private_key, struct slice arn, struct hsm_wrapped *out);

#endif
