/*
 * trust.h - the appliance's own trust services: for each family of keys a root and several
 * authorities below it, which issue public certificates. They are authorities like any other
 * (issuance, CRLs, OCSP) of an account that nobody has, so no customer sees or reaches them.
 *
 * They come into being in the background (TRUST_JOB), one after the other: a row, a pair in the
 * HSM, a certificate; what a stop interrupts is taken up at the next start. An authority that is
 * retired, or that ends too soon for the certificates it is to issue, gets a successor the same way.
 */
#ifndef CHANCERY_TRUST_TRUST_H
#define CHANCERY_TRUST_TRUST_H

#include "ca/core.h"
#include "ca/store/trust.h"

#define TRUST_ACCOUNT "000000000000"
#define TRUST_REGION "trust"
#define TRUST_JOB "trust"

/* The scope of all their rows. */
extern const struct scope trust_scope;

/* A family of keys: what it is called, and how it signs. */
struct trust_family {
    enum key_alg key_alg;
    enum sig_alg sig_alg;
    const char *name;  /* "RSA 2048" */
    const char *token; /* "rsa-2048": in commands and paths */
    const char *root;  /* "Root CA 1" */
};
#define TRUST_FAMILIES 4
/* In the order in which they are made: what is quick comes first. */
extern const struct trust_family trust_families[TRUST_FAMILIES];
/* NULL: no such family. */
const struct trust_family *trust_family_find(enum key_alg alg);
const struct trust_family *trust_family_named(const char *token);

/* The family that signs certificates for keys of that algorithm; NULL: none does. */
const struct trust_family *trust_family_for(enum key_alg alg);

/* ---- what there is (services.c) ---- */

struct trust_list {
    struct trust_row *rows;
    size_t count;
};
int trust_list_read(struct core *core, struct trust_list *out);
void trust_list_free(struct trust_list *list);
bool trust_is_root(const struct trust_row *row);
/* It has its certificate, is not retired, and goes on until then (microseconds). */
bool trust_issues(const struct trust_row *row, int64_t until);

/* Does anybody serve CRLs, OCSP and issuers' certificates? Without, there is no public issuance. */
bool trust_has_place(const struct config *config);

/*
 * One of those that issue for keys of that algorithm, by chance; until: as above. CH_EBUSY: there is none
 * yet, and the job has been told; CH_EUNSUPPORTED: the HSM cannot have keys of that family, or nobody
 * serves what certificates point to.
 */
int trust_choose(struct core *core, enum key_alg alg, int64_t until, struct authority_row *out);

/* A certificate that one of them issued, by its id. CH_ENOTFOUND. */
int trust_issued_get(struct store_tx *tx, const char *id, struct issued_row *out);

/* ---- how they come and go (make.c) ---- */

/* They are to be there, however [trust] create stands; NULL = all families. */
int trust_want(struct core *core, const struct trust_family *family);

/*
 * Retires those of a family (NULL = of all): the authorities that issue, or root and all. They issue
 * no more from the commit on; what they issued holds, and CRLs and OCSP go on. Successors are made by the
 * job. *count says how many. CH_ENOTFOUND: there was none.
 */
int trust_roll_over(struct core *core, const struct trust_family *family, bool root,
                    unsigned *count);

int trust_job_due(struct core *core, int64_t *at);
int trust_job_run(struct core *core, int64_t now);

/* How many of those that should be there are there. */
int trust_progress(struct core *core, unsigned *have, unsigned *want);

/* ---- what is published (publish.c) ---- */

struct publication; /* ca/public.h */

/* PEM of all roots whose certificates still hold, retired ones too: what clients are to trust. */
int trust_bundle_put(struct core *core, struct buf *pem);

/* What stands at a path below /trust/. CH_ENOTFOUND. */
int trust_fetch(struct core *core, struct slice path, struct publication *out);

#endif
