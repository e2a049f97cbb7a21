/* A group with a generator of one's own has a table only through a function that 3.0 deprecates. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ca/pki/fixed_key.h"

#include "firmware/base/error.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdlib.h>

#define POINT_SIZE 65 /* of P-256, uncompressed */

struct pki_fixed_key {
    EC_GROUP *curve; /* with the generator of P-256 */
    EC_GROUP *own;   /* the same curve, with the key as its generator, and the table */
    const BIGNUM *order;
};

/* ---- the table ---- */

static int key_point(const EVP_PKEY *key, uint8_t point[POINT_SIZE])
{
    char group[32] = "";
    size_t len = 0;
    if (EVP_PKEY_is_a(key, "EC") != 1 ||
        EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1 ||
        OBJ_sn2nid(group) != NID_X9_62_prime256v1)
        return CH_EUNSUPPORTED;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_SIZE, &len) !=
            1 ||
        len != POINT_SIZE)
        return CH_EUNSUPPORTED;
    return 0;
}

static int table_make(struct pki_fixed_key *f, const uint8_t point[POINT_SIZE])
{
    int rc = CH_ENOMEM;
    EC_POINT *q = NULL;
    f->curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    f->own = EC_GROUP_dup(f->curve);
    if (f->curve == NULL || f->own == NULL)
        return rc;
    f->order = EC_GROUP_get0_order(f->curve);
    q = EC_POINT_new(f->curve);
    if (q != NULL && EC_POINT_oct2point(f->curve, q, point, POINT_SIZE, NULL) == 1 &&
        EC_GROUP_set_generator(f->own, q, f->order, BN_value_one()) == 1 &&
        EC_GROUP_precompute_mult(f->own, NULL) == 1)
        rc = 0;
    EC_POINT_free(q);
    return rc;
}

int pki_fixed_key_new(const EVP_PKEY *key, struct pki_fixed_key **out)
{
    uint8_t point[POINT_SIZE];
    *out = NULL;
    int rc = key_point(key, point);
    if (rc != 0)
        goto out;
    struct pki_fixed_key *f = calloc(1, sizeof *f);
    rc = f == NULL ? CH_ENOMEM : table_make(f, point);
    if (rc == 0)
        *out = f;
    else
        pki_fixed_key_free(f);
out:
    ERR_clear_error();
    return rc;
}

void pki_fixed_key_free(struct pki_fixed_key *f)
{
    if (f == NULL)
        return;
    EC_GROUP_free(f->curve);
    EC_GROUP_free(f->own);
    free(f);
}

/* ---- verifying ---- */

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
