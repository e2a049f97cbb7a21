/*
 * weak_key.h - public keys that anyone can use, because their private halves can be found. For keys
 * that come from outside: imported ones, those of certification requests.
 */
#ifndef CHANCERY_PKI_WEAK_KEY_H
#define CHANCERY_PKI_WEAK_KEY_H

#include "ca/pki/pki.h"

/*
 * Runs the checks of the table in weak_key.c on a SubjectPublicKeyInfo: known ways to break single
 * keys (CA/Browser Forum Baseline Requirements 6.1.1.3, 6.1.6). The length of the key is not judged:
 * which lengths are served is for the caller to say. 0; CH_EINVAL with the name of the check that
 * failed in *failed ("rsa-roca"; static storage) and a sentence in why; CH_ENOMEM. *failed is NULL
 * but for CH_EINVAL; failed and why may be NULL.
 *
 * Debian's weak keys of 2008 are known by lists of their hashes: known_keys.h. Without lists they pass.
 */
int pki_key_check_strength(struct slice spki, const char **failed, struct pki_reason *why);

/*
 * The same for the key of a request, without the name of the check: what pki_csr_parse has
 * found already, that the point of an EC key is on its curve, is not done again.
 */
int pki_csr_check_strength(const struct pki_csr *csr, struct pki_reason *why);

/* The names of the checks in their order; for tests and documents. NULL behind the last one. */
const char *pki_key_strength_check(size_t index);

#endif
