#include "hsm/internal.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

/*
 * EVP_PKEY_check tests for primes, too: 50 ms for RSA-2048, and half a second for RSA-4096, which
 * anyone could make us spend. What a private key must be to sign for its public one costs next to
 * nothing.
 */

#define POINT_MAX 160

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
static bool exponent_fits(BIGNUM *const n[PRIVATE_NUMBERS], const BIGNUM *prime,
                          const BIGNUM *part, BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *less = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);
    bool good = rest != NULL && BN_is_odd(prime) && !BN_is_one(prime) &&
                BN_sub(less, prime, BN_value_one()) == 1 && BN_nnmod(rest, n[PRIVATE_D], less, ctx) == 1 &&
                BN_cmp(rest, part) == 0 && is_inverse(rest, n[PRIVATE_E], less, ctx);
    BN_CTX_end(ctx);
    return good;
}

/* RFC 8017 3.2, for keys of two primes. */
static bool numbers_fit(BIGNUM *const n[PRIVATE_NUMBERS], BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *product = BN_CTX_get(ctx);
    bool good = product != NULL && BN_mul(product, n[PRIVATE_P], n[PRIVATE_Q], ctx) == 1 &&
                BN_cmp(product, n[PRIVATE_N]) == 0 &&
                exponent_fits(n, n[PRIVATE_P], n[PRIVATE_DP], ctx) &&
                exponent_fits(n, n[PRIVATE_Q], n[PRIVATE_DQ], ctx) &&
                is_inverse(n[PRIVATE_QINV], n[PRIVATE_Q], n[PRIVATE_P], ctx);
    BN_CTX_end(ctx);
    return good;
}

static BIGNUM *number_of(struct slice octets)
{
    return BN_bin2bn(octets.data, (int)octets.len, NULL);
}

static bool rsa_fits(const struct private_parts *parts)
{
    BIGNUM *n[PRIVATE_NUMBERS] = {NULL};
    BN_CTX *ctx = BN_CTX_secure_new();
    bool good = ctx != NULL;
    for (size_t i = 0; good && i < PRIVATE_NUMBERS; i++)
        good = (n[i] = number_of(parts->number[i])) != NULL;
    good = good && numbers_fit(n, ctx);
    for (size_t i = 0; i < PRIVATE_NUMBERS; i++)
        BN_clear_free(n[i]);
    BN_CTX_free(ctx);
    return good;
}

static EC_GROUP *group_of(const struct private_parts *parts)
{
    return EC_GROUP_new_by_curve_name(OBJ_sn2nid(key_alg_info(parts->alg)->curve));
}

static bool scalar_fits(const struct private_parts *parts)
{
    EC_GROUP *group = group_of(parts);
    BIGNUM *scalar = number_of(parts->number[PRIVATE_SCALAR]);
    bool good = group != NULL && scalar != NULL && !BN_is_zero(scalar) &&
                BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;
    BN_clear_free(scalar);
    EC_GROUP_free(group);
    return good;
}

static bool point_fits(const struct private_parts *parts)
{
    uint8_t octets[POINT_MAX];
    size_t len = 0;
    EC_GROUP *group = group_of(parts);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    BIGNUM *scalar = number_of(parts->number[PRIVATE_SCALAR]);
    if (scalar != NULL)
        BN_set_flags(scalar, BN_FLG_CONSTTIME);
    if (point != NULL && scalar != NULL &&
        EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1)
        len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets,
                                 sizeof(octets), NULL);
    BN_clear_free(scalar);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return slice_equal(slice_of(octets, len), parts->public);
}

bool private_whole(const struct private_parts *parts)
{
    return key_alg_info(parts->alg)->rsa ? rsa_fits(parts) : scalar_fits(parts);
}

bool private_fits(const struct private_parts *parts)
{
    return private_whole(parts) && (key_alg_info(parts->alg)->rsa || point_fits(parts));
}
