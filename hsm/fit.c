#include "hsm/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

/*
 * EVP_PKEY_check tests for primes, too: 50 ms for RSA-2048, and half a second for RSA-4096, which
 * anyone could make us spend. What a private key must be to sign for its public one costs next to
 * nothing.
 */
enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

static const char *const number_names[NUMBERS] = {
    [N] = OSSL_PKEY_PARAM_RSA_N,          [E] = OSSL_PKEY_PARAM_RSA_E,
    [D] = OSSL_PKEY_PARAM_RSA_D,          [P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
    [Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
    [DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* a b = 1 modulo m */
static bool is_inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *product = BN_CTX_get(ctx);
    bool good = product != NULL && BN_mod_mul(product, a, b, m, ctx) == 1 && BN_is_one(product);
    BN_CTX_end(ctx);
    return good;
}

/* d is right modulo prime - 1, and part (dP or dQ) is what remains of d there. */
static bool exponent_fits(BIGNUM *const n[NUMBERS], const BIGNUM *prime, const BIGNUM *part,
                          BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *less = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);
    bool good = rest != NULL && !BN_is_zero(prime) && !BN_is_one(prime) &&
                BN_sub(less, prime, BN_value_one()) == 1 && is_inverse(n[D], n[E], less, ctx) &&
                BN_nnmod(rest, n[D], less, ctx) == 1 && BN_cmp(rest, part) == 0;
    BN_CTX_end(ctx);
    return good;
}

/* RFC 8017 3.2, for keys of two primes. */
static bool numbers_fit(BIGNUM *const n[NUMBERS], BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *product = BN_CTX_get(ctx);
    bool good = product != NULL && BN_mul(product, n[P], n[Q], ctx) == 1 &&
                BN_cmp(product, n[N]) == 0 && exponent_fits(n, n[P], n[DP], ctx) &&
                exponent_fits(n, n[Q], n[DQ], ctx) && is_inverse(n[QINV], n[Q], n[P], ctx);
    BN_CTX_end(ctx);
    return good;
}

static bool rsa_fits(const EVP_PKEY *key)
{
    BIGNUM *n[NUMBERS] = {NULL};
    BIGNUM *third = NULL;
    BN_CTX *ctx = BN_CTX_secure_new();
    bool good = ctx != NULL;
    for (size_t i = 0; good && i < NUMBERS; i++)
        good = EVP_PKEY_get_bn_param(key, number_names[i], &n[i]) == 1;
    if (good && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) == 1)
        good = false;
    good = good && numbers_fit(n, ctx);
    for (size_t i = 0; i < NUMBERS; i++)
        BN_clear_free(n[i]);
    BN_clear_free(third);
    BN_CTX_free(ctx);
    return good;
}

/* That the point is on its curve was proved when it was read, and the curves have no other order.
 */
static bool ec_fits(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool fits =
        ctx != NULL && EVP_PKEY_private_check(ctx) == 1 && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return fits;
}

bool private_fits(EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "RSA") == 1 ? rsa_fits(key) : ec_fits(key);
}
