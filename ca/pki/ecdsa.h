/*
 * ecdsa.h - verifying ECDSA with a key that came as the octets of a point. OpenSSL 3.0 takes half as
 * long to dress a point as an EVP_PKEY, and to look up what verifies with it, as to verify; here the
 * curves are made once and a point gets no more than an EC_KEY. All arithmetic is OpenSSL's, nothing
 * here is secret. Private to ca/pki and its tests.
 */
#ifndef CHANCERY_PKI_ECDSA_H
#define CHANCERY_PKI_ECDSA_H

#include "firmware/base/algorithm.h"
#include "firmware/base/buf.h"

#include <openssl/types.h>

/*
 * Takes an uncompressed point of P-256, P-384 or P-521. CH_EINVAL when it is not on the curve or the curve is
 * none of these, CH_ENOMEM.
 */
int pki_ec_key_new(enum key_alg alg, struct slice point, EC_KEY **out);
void pki_ec_key_free(EC_KEY *key);

/*
 * Verifies the DER of an Ecdsa-Sig-Value over a digest, FIPS 186-5 6.4.2: 0, CH_EINTEGRITY. Threads may
 * share the key.
 */
int pki_ec_key_check(EC_KEY *key, struct slice digest, struct slice signature);

/*
 * A key that verifies again and again: that of an authority, which checks each signature of the
 * HSM. OpenSSL keeps multiples of a group's generator in a table; here the key becomes the
 * generator of a group of its own, and verifying costs two walks through tables, a third of what
 * it costs with a key that is seen once.
 */
struct pki_fixed_key; /* immutable; threads may share it */

/* Makes the table: 150 KiB, 30 milliseconds, P-256 only. CH_EUNSUPPORTED for another key, CH_ENOMEM. */
int pki_fixed_key_new(const EC_KEY *key, struct pki_fixed_key **out);
void pki_fixed_key_free(struct pki_fixed_key *f);

/* As pki_ec_key_check; CH_ENOMEM. */
int pki_fixed_key_check(const struct pki_fixed_key *f, struct slice digest,
                        struct slice signature);

#endif
