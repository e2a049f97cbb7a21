#include "firmware/base/algorithm.h"

#include <string.h>

static const struct key_alg_info key_algs[] = {
    {KEY_ALG_RSA_2048, "RSA_2048", true, 2048, NULL, 256, HASH_SHA256, false},
    {KEY_ALG_RSA_3072, "RSA_3072", true, 3072, NULL, 384, HASH_SHA256, false},
    {KEY_ALG_RSA_4096, "RSA_4096", true, 4096, NULL, 512, HASH_SHA256, false},
    {KEY_ALG_P256, "EC_prime256v1", false, 256, "prime256v1", 72, HASH_SHA256, false},
    {KEY_ALG_P384, "EC_secp384r1", false, 384, "secp384r1", 104, HASH_SHA384, false},
    {KEY_ALG_P521, "EC_secp521r1", false, 521, "secp521r1", 141, HASH_SHA512, false},
    {KEY_ALG_RSA_1024, "RSA_1024", true, 1024, NULL, 128, HASH_SHA256, true},
};

static const struct sig_alg_info sig_algs[] = {
    {SIG_ALG_SHA256WITHRSA, "SHA256WITHRSA", SIG_SCHEME_RSA_PKCS1, HASH_SHA256},
    {SIG_ALG_SHA384WITHRSA, "SHA384WITHRSA", SIG_SCHEME_RSA_PKCS1, HASH_SHA384},
    {SIG_ALG_SHA512WITHRSA, "SHA512WITHRSA", SIG_SCHEME_RSA_PKCS1, HASH_SHA512},
    {SIG_ALG_SHA256WITHRSA_PSS, "SHA256WITHRSA_PSS", SIG_SCHEME_RSA_PSS, HASH_SHA256},
    {SIG_ALG_SHA384WITHRSA_PSS, "SHA384WITHRSA_PSS", SIG_SCHEME_RSA_PSS, HASH_SHA384},
    {SIG_ALG_SHA512WITHRSA_PSS, "SHA512WITHRSA_PSS", SIG_SCHEME_RSA_PSS, HASH_SHA512},
    {SIG_ALG_SHA256WITHECDSA, "SHA256WITHECDSA", SIG_SCHEME_ECDSA, HASH_SHA256},
    {SIG_ALG_SHA384WITHECDSA, "SHA384WITHECDSA", SIG_SCHEME_ECDSA, HASH_SHA384},
    {SIG_ALG_SHA512WITHECDSA, "SHA512WITHECDSA", SIG_SCHEME_ECDSA, HASH_SHA512},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct key_alg_info *key_alg_info(enum key_alg alg)
{
    for (size_t i = 0; i < COUNT(key_algs); i++)
        if (key_algs[i].alg == alg)
            return &key_algs[i];
    return NULL;
}

const struct sig_alg_info *sig_alg_info(enum sig_alg alg)
{
    for (size_t i = 0; i < COUNT(sig_algs); i++)
        if (sig_algs[i].alg == alg)
            return &sig_algs[i];
    return NULL;
}

enum key_alg key_alg_from_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < COUNT(key_algs); i++)
        if (strcmp(key_algs[i].name, name) == 0)
            return key_algs[i].alg;
    return KEY_ALG_NONE;
}

enum sig_alg sig_alg_from_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < COUNT(sig_algs); i++)
        if (strcmp(sig_algs[i].name, name) == 0)
            return sig_algs[i].alg;
    return SIG_ALG_NONE;
}

bool sig_alg_fits_key(enum sig_alg sig, enum key_alg key)
{
    const struct sig_alg_info *s = sig_alg_info(sig);
    const struct key_alg_info *k = key_alg_info(key);
    return s != NULL && k != NULL && k->rsa == (s->scheme != SIG_SCHEME_ECDSA);
}

enum sig_alg sig_alg_default(enum key_alg key)
{
    const struct key_alg_info *k = key_alg_info(key);
    if (k == NULL)
        return SIG_ALG_NONE;
    if (k->rsa)
        return SIG_ALG_SHA256WITHRSA;
    return k->hash == HASH_SHA256   ? SIG_ALG_SHA256WITHECDSA
           : k->hash == HASH_SHA384 ? SIG_ALG_SHA384WITHECDSA
                                    : SIG_ALG_SHA512WITHECDSA;
}

size_t hash_alg_size(enum hash_alg hash)
{
    static const size_t sizes[] = {[HASH_SHA256] = 32, [HASH_SHA384] = 48, [HASH_SHA512] = 64};
    return sizes[hash];
}
