/*
 * authority.h - a certificate authority as the operations see it: its row, its state
 * now, and what issuing needs of its certificate, parsed once and shared.
 */
#ifndef CHANCERY_PCA_AUTHORITY_H
#define CHANCERY_PCA_AUTHORITY_H

#include "ca/core.h"
#include "ca/pki/pki.h"
#include "ca/request.h"

/* ---- rows ---- */

/* Reads the authority that arn names in r's scope. CH_EAPI with InvalidArnException or
 * ResourceNotFoundException. */
int authority_load(struct request *r, const char *arn, struct authority_row *out);

/* Likewise one of any account: for what its policy may allow to others, and authorize() has allowed. */
int authority_load_shared(struct request *r, const char *arn, struct authority_row *out);

/* Its status at now (microseconds): an ACTIVE authority whose certificate has run out is EXPIRED.
 * Static or borrowed from row. */
const char *authority_status(const struct authority_row *row, int64_t now);
bool authority_status_is(const struct authority_row *row, int64_t now, const char *status);

/* It is DELETED and can no longer be restored at now: for callers it does not exist. */
bool authority_is_gone(const struct authority_row *row, int64_t now);

/* CH_EAPI with InvalidStateException when it is DELETED: what most operations say then. */
int authority_check_not_deleted(struct request *r, const struct authority_row *row);

/* CH_EAPI: another call has changed the authority while this one worked (CH_ESTATE of the store). */
int authority_fail_concurrent(struct request *r);

/* The name of its pair in the HSM. */
void authority_key_name(const struct authority_row *row, struct hsm_name *out);

/* Its KeyAlgorithm, read from the accepted configuration; KEY_ALG_NONE when that is damaged. */
enum key_alg authority_key_alg(const struct authority_row *row);

/*
 * PEM of the chain that a certificate issued by this authority has: its own certificate
 * first, then what was imported with it, up to the root. No newline at the end.
 */
int authority_chain_put(const struct authority_row *row, struct buf *pem);

/* ---- the issuer, parsed ---- */

struct authority_issuer {
    struct pki_certificate *certificate;
    struct pki_verifier *verifier; /* of its key */
    enum key_alg key_alg;
    struct pki_constraints *constraints; /* of its certificate and those above */
    int path_length;                     /* by all of them; -1 = none */
};

struct authority_cache;
struct authority_cache *authority_cache_new(void);
void authority_cache_free(struct authority_cache *cache);

/*
 * The parsed certificate of an authority, from the cache when these very bytes were parsed
 * before; cache may be NULL. Give it back with authority_issuer_release. CH_ESTATE when
 * the row has no certificate, CH_EINTEGRITY when it cannot be parsed.
 */
int authority_issuer_acquire(struct authority_cache *cache, const struct authority_row *row,
                             const struct authority_issuer **out);
void authority_issuer_release(struct authority_cache *cache, const struct authority_issuer *issuer);

#endif
