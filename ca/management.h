/*
 * management.h - the management CA: it certifies the TLS key of the management plane,
 * for the names of the configuration and for nothing else.
 */
#ifndef CHANCERY_CA_MANAGEMENT_H
#define CHANCERY_CA_MANAGEMENT_H

#include "ca/core.h"

struct management;

/* Takes the CA's pair and certificate out of core's keyring. CH_ENOTFOUND before provisioning, CH_EINTEGRITY, CH_EHSM. */
int management_open(struct core *core, struct management **out);

/* NULL is fine. */
void management_close(struct management *m);

/* PEM of the CA certificate; what clients trust. */
int management_bundle(const struct management *m, struct buf *pem);

/*
 * Makes the CA's certificate, when there is none yet, for the pair in the keyring: self-signed, ten
 * years. At provisioning.
 */
int management_provision(struct core *core);

struct management_certificate {
    struct buf chain;              /* PEM, leaf first; owned */
    int64_t not_before, not_after; /* seconds */
};

/*
 * Certifies the key of a CSR (DER); its names are ignored, its proof of possession is
 * checked. CH_EINVAL for a bad CSR or no P-256 key, CH_ELIMIT over 10 at once or 60 an hour, CH_EHSM, CH_EIO.
 */
int management_certify(struct management *m, struct slice csr, struct management_certificate *out);

#endif
