/*
 * Low-level keys and a group with a generator of one's own: OpenSSL 3.0 deprecates these functions,
 * and has nothing else that does the same for as little.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ca/pki/ecdsa.h"

#include "firmware/base/error.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>

struct pki_fixed_key {
    const EC_GROUP *curve; /* with the generator of P-256 */
    EC_GROUP *own;         /* the same curve, with the key as its generator, and the table */
    const BIGNUM *order;
};

/* ---- the curves, made once, never changed afterwards ---- */

static EC_GROUP *curves[KEY_ALG_COUNT];
static CRYPTO_ONCE curves_once = CRYPTO_ONCE_STATIC_INIT;

static void curves_make(void)
{
    curves[KEY_ALG_P256] = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    curves[KEY_ALG_P384] = EC_GROUP_new_by_curve_name(NID_secp384r1);
    curves[KEY_ALG_P521] = EC_GROUP_new_by_curve_name(NID_secp521r1);
}

/* CH_EINVAL for a point that is not on the curve. */
static int point_set(EC_KEY *key, const EC_GROUP *curve, struct slice octets)
{
    int rc = CH_ENOMEM;
    EC_POINT *point = EC_POINT_new(curve);
    if (point == NULL || EC_KEY_set_group(key, curve) != 1)
        goto out;
    rc = CH_EINVAL;
    if (EC_POINT_oct2point(curve, point, octets.data, octets.len, NULL) == 1)
        rc = EC_KEY_set_public_key(key, point) == 1 ? 0 : CH_ENOMEM;
out:
    EC_POINT_free(point);
    ERR_clear_error();
    return rc;
}

int pki_ec_key_new(enum key_alg alg, struct slice point, EC_KEY **out)
{
    *out = NULL;
    if (alg != KEY_ALG_P256 && alg != KEY_ALG_P384 && alg != KEY_ALG_P521)
        return CH_EINVAL;
    if (point.len == 0 || point.data[0] != POINT_CONVERSION_UNCOMPRESSED)
        return CH_EINVAL;
    if (CRYPTO_THREAD_run_once(&curves_once, curves_make) != 1 || curves[alg] == NULL)
        return CH_ENOMEM;
    EC_KEY *key = EC_KEY_new();
    int rc = key == NULL ? CH_ENOMEM : point_set(key, curves[alg], point);
    if (rc == 0)
        *out = key;
    else
        EC_KEY_free(key);
    return rc;
}

void pki_ec_key_free(EC_KEY *key)
{
    EC_KEY_free(key);
}

int pki_ec_key_check(EC_KEY *key, struct slice digest, struct slice signature)
{
    if (signature.len > INT_MAX)
        return CH_EINTEGRITY;
    int said = ECDSA_verify(0, digest.data, (int)digest.len, signature.data, (int)signature.len, key);
    ERR_clear_error();
    return said == 1 ? 0 : CH_EINTEGRITY;
}

/* ---- the table ---- */

int pki_fixed_key_new(const EC_KEY *key, struct pki_fixed_key **out)
{
    *out = NULL;
    if (EC_GROUP_get_curve_name(EC_KEY_get0_group(key)) != NID_X9_62_prime256v1)
        return CH_EUNSUPPORTED;
    struct pki_fixed_key *f = calloc(1, sizeof *f);
    if (f == NULL)
        return CH_ENOMEM;
    f->curve = curves[KEY_ALG_P256];
    f->order = EC_GROUP_get0_order(f->curve);
    f->own = EC_GROUP_dup(f->curve);
    if (f->own != NULL &&
        EC_GROUP_set_generator(f->own, EC_KEY_get0_public_key(key), f->order, BN_value_one()) == 1 &&
        EC_GROUP_precompute_mult(f->own, NULL) == 1)
        *out = f;
    else
        pki_fixed_key_free(f);
    ERR_clear_error();
    return *out == NULL ? CH_ENOMEM : 0;
}

void pki_fixed_key_free(struct pki_fixed_key *f)
{
    if (f == NULL)
        return;
    EC_GROUP_free(f->own);
    free(f);
}

/* ---- verifying with it ---- */

/* What does not encode to the same octets again was not DER. */
static ECDSA_SIG *signature_read(struct slice der)
{
    const unsigned char *p = der.data;
    unsigned char *again = NULL;
    if (der.len == 0 || der.len > INT_MAX)
        return NULL;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.len);
    int len = sig == NULL ? -1 : i2d_ECDSA_SIG(sig, &again);
    if (len < 0 || !slice_equal(slice_of(again, (size_t)len), der)) {
        ECDSA_SIG_free(sig);
        sig = NULL;
    }
    OPENSSL_free(again);
    return sig;
}

static bool is_scalar(const struct pki_fixed_key *f, const BIGNUM *n)
{
    return !BN_is_zero(n) && !BN_is_negative(n) && BN_ucmp(n, f->order) < 0;
}

/* The numbers of one verification; all from ctx. */
struct scalars {
    BIGNUM *e, *w, *u1, *u2, *x;
};

static bool scalars_get(BN_CTX *ctx, struct scalars *s)
{
    s->e = BN_CTX_get(ctx);
    s->w = BN_CTX_get(ctx);
    s->u1 = BN_CTX_get(ctx);
    s->u2 = BN_CTX_get(ctx);
    s->x = BN_CTX_get(ctx);
    return s->x != NULL;
}

/* u1 = e / s, u2 = r / s; of a longer digest the leftmost octets count. */
static bool scalars_make(const struct pki_fixed_key *f, struct slice digest, const ECDSA_SIG *sig,
                         BN_CTX *ctx, struct scalars *s)
{
    int size = BN_num_bytes(f->order);
    int len = digest.len < (size_t)size ? (int)digest.len : size;
    return BN_bin2bn(digest.data, len, s->e) != NULL &&
           BN_mod_inverse(s->w, ECDSA_SIG_get0_s(sig), f->order, ctx) != NULL &&
           BN_mod_mul(s->u1, s->e, s->w, f->order, ctx) == 1 &&
           BN_mod_mul(s->u2, ECDSA_SIG_get0_r(sig), s->w, f->order, ctx) == 1;
}

/* x of u1 G + u2 Q, modulo the order; CH_EINTEGRITY when the sum is the point at infinity. */
static int point_make(const struct pki_fixed_key *f, BN_CTX *ctx, struct scalars *s)
{
    int rc = CH_ENOMEM;
    EC_POINT *sum = EC_POINT_new(f->curve);
    EC_POINT *other = EC_POINT_new(f->own);
    if (sum == NULL || other == NULL || EC_POINT_mul(f->curve, sum, s->u1, NULL, NULL, ctx) != 1 ||
        EC_POINT_mul(f->own, other, s->u2, NULL, NULL, ctx) != 1 ||
        EC_POINT_add(f->curve, sum, sum, other, ctx) != 1)
        goto out;
    rc = CH_EINTEGRITY;
    if (EC_POINT_is_at_infinity(f->curve, sum) == 1)
        goto out;
    rc = EC_POINT_get_affine_coordinates(f->curve, sum, s->x, NULL, ctx) == 1 &&
                 BN_nnmod(s->x, s->x, f->order, ctx) == 1
             ? 0
             : CH_ENOMEM;
out:
    EC_POINT_free(sum);
    EC_POINT_free(other);
    return rc;
}

static int judge(const struct pki_fixed_key *f, struct slice digest, const ECDSA_SIG *sig,
                 BN_CTX *ctx)
{
    struct scalars s;
    if (!is_scalar(f, ECDSA_SIG_get0_r(sig)) || !is_scalar(f, ECDSA_SIG_get0_s(sig)))
        return CH_EINTEGRITY;
    if (!scalars_get(ctx, &s) || !scalars_make(f, digest, sig, ctx, &s))
        return CH_ENOMEM;
    int rc = point_make(f, ctx, &s);
    return rc == 0 && BN_cmp(s.x, ECDSA_SIG_get0_r(sig)) != 0 ? CH_EINTEGRITY : rc;
}

int pki_fixed_key_check(const struct pki_fixed_key *f, struct slice digest, struct slice signature)
{
    int rc = CH_EINTEGRITY;
    ECDSA_SIG *sig = signature_read(signature);
    BN_CTX *ctx = sig == NULL ? NULL : BN_CTX_new();
    if (sig != NULL && ctx == NULL)
        rc = CH_ENOMEM;
    if (ctx != NULL) {
        BN_CTX_start(ctx);
        rc = judge(f, digest, sig, ctx);
        BN_CTX_end(ctx);
    }
    BN_CTX_free(ctx);
    ECDSA_SIG_free(sig);
    ERR_clear_error();
    return rc;
}
