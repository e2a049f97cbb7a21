/*
 * fixed_key.h - ECDSA with a public key that verifies again and again: that of an authority, which
 * checks each signature of the HSM. OpenSSL keeps multiples of a group's generator in a table;
 * here the key becomes the generator of a group of its own, and verifying costs two walks through
 * tables, a third of what it costs with a key that is seen once. All arithmetic is OpenSSL's.
 * What comes from outside is verified with pki_key_verify. Private to ca/pki and its tests.
 */
#ifndef CHANCERY_PKI_FIXED_KEY_H
#define CHANCERY_PKI_FIXED_KEY_H

#include "firmware/base/algorithm.h"
#include "firmware/base/buf.h"

#include <openssl/evp.h>

struct pki_fixed_key; /* immutable; threads may share it */

/* Makes the table: 150 KiB, 30 milliseconds, P-256 only. CH_EUNSUPPORTED for another key, CH_ENOMEM. */
int pki_fixed_key_new(const EVP_PKEY *key, struct pki_fixed_key **out);
void pki_fixed_key_free(struct pki_fixed_key *f);

/*
 * Verifies the DER of an Ecdsa-Sig-Value over a digest, FIPS 186-5 6.4.2: 0, CH_EINTEGRITY,
 * CH_ENOMEM. The signature must be DER, as OpenSSL wants it, too.
 */
int pki_fixed_key_check(const struct pki_fixed_key *f, struct slice digest,
                        struct slice signature);

#endif
