/*
 * algorithm.h - the names of key and signature algorithms, one table for all.
 */
#ifndef CHANCERY_BASE_ALGORITHM_H
#define CHANCERY_BASE_ALGORITHM_H

#include <stdbool.h>
#include <stddef.h>

enum key_alg {
    KEY_ALG_NONE,
    KEY_ALG_RSA_2048,
    KEY_ALG_RSA_3072,
    KEY_ALG_RSA_4096,
    KEY_ALG_P256,
    KEY_ALG_P384,
    KEY_ALG_P521,
    KEY_ALG_RSA_1024, /* the store keeps these numbers: new ones go to the end */
    KEY_ALG_COUNT
};

enum hash_alg { HASH_SHA256, HASH_SHA384, HASH_SHA512 };

enum sig_scheme { SIG_SCHEME_RSA_PKCS1, SIG_SCHEME_RSA_PSS, SIG_SCHEME_ECDSA };

enum sig_alg {
    SIG_ALG_NONE,
    SIG_ALG_SHA256WITHRSA,
    SIG_ALG_SHA384WITHRSA,
    SIG_ALG_SHA512WITHRSA,
    SIG_ALG_SHA256WITHRSA_PSS,
    SIG_ALG_SHA384WITHRSA_PSS,
    SIG_ALG_SHA512WITHRSA_PSS,
    SIG_ALG_SHA256WITHECDSA,
    SIG_ALG_SHA384WITHECDSA,
    SIG_ALG_SHA512WITHECDSA,
    SIG_ALG_COUNT
};

struct key_alg_info {
    enum key_alg alg;
    const char *name; /* as in the API: "RSA_2048", "EC_prime256v1" */
    bool rsa;
    unsigned bits;          /* modulus or field size */
    const char *curve;      /* OpenSSL group name, NULL for RSA */
    size_t signature_max;   /* longest DER/raw signature, octets */
    enum hash_alg hash;     /* the hash that matches the strength */
    bool import_only;       /* never made here; only keys that are imported may be of it */
};

struct sig_alg_info {
    enum sig_alg alg;
    const char *name; /* as in the API: "SHA256WITHRSA" */
    enum sig_scheme scheme;
    enum hash_alg hash;
};

/* The row of an algorithm; NULL for NONE and for numbers outside the enum. Static storage. */
const struct key_alg_info *key_alg_info(enum key_alg alg);
const struct sig_alg_info *sig_alg_info(enum sig_alg alg);

/* Finds by API name, exactly as spelled; *_NONE when unknown or NULL. */
enum key_alg key_alg_from_name(const char *name);
enum sig_alg sig_alg_from_name(const char *name);

/* True when keys of this type can make signatures of this type (RSA with RSA, EC with ECDSA). */
bool sig_alg_fits_key(enum sig_alg sig, enum key_alg key);

/* The signature algorithm that a key of this type uses when nobody says otherwise. */
enum sig_alg sig_alg_default(enum key_alg key);

/* Octets of a digest: 32, 48 or 64. */
size_t hash_alg_size(enum hash_alg hash);

#endif
