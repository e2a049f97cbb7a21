#include "ca/pki/weak_key.h"

#include "ca/pki/key.h"
#include "ca/pki/known_keys.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define TRIAL_LIMIT 4096  /* BR 6.1.6 wants 752; trial division this far costs as little */
#define ROCA_LIMIT 167    /* primes that divide the primorial of every key length of the flaw */
#define FERMAT_ROUNDS 100 /* BR 6.1.1.3: close primes */
#define SMALL_SCALARS 256
#define COORDINATE_MAX 66

/* A key taken apart for the checks; the members of its family are set. */
struct numbers {
    const BIGNUM *n, *e; /* RSA */
    struct slice point;  /* EC, as judged: uncompressed, of the size of its curve */
    enum key_alg alg;
    BN_CTX *ctx;
    bool no_memory;
};

/* ---- primes, once ---- */

static struct {
    BN_ULONG product[TRIAL_LIMIT / 8]; /* of as many primes as fit, one after the other */
    size_t products;
    struct {
        unsigned prime;
        uint64_t member[3]; /* bit r: r is a power of 65537 modulo prime */
    } roca[ROCA_LIMIT / 2];
    size_t rocas;
} primes;
static CRYPTO_ONCE primes_once = CRYPTO_ONCE_STATIC_INIT;

static bool is_prime(unsigned candidate)
{
    for (unsigned d = 3; d * d <= candidate; d += 2)
        if (candidate % d == 0)
            return false;
    return candidate % 2 != 0 && candidate > 2;
}

static void product_add(unsigned prime)
{
    BN_ULONG *last = &primes.product[primes.products == 0 ? 0 : primes.products - 1];
    if (primes.products > 0 && *last <= ~(BN_ULONG)0 / prime)
        *last *= prime;
    else
        primes.product[primes.products++] = prime;
}

/* Primes in whose residues 65537 makes every number tell nothing: they are left out. */
static void roca_add(unsigned prime)
{
    unsigned members = 0;
    unsigned power = 1;
    uint64_t member[3] = {0};
    do {
        member[power / 64] |= (uint64_t)1 << power % 64;
        members++;
        power = power * (65537 % prime) % prime;
    } while (power != 1 && power != 0);
    if (power == 0 || members == prime - 1)
        return;
    primes.roca[primes.rocas].prime = prime;
    memcpy(primes.roca[primes.rocas].member, member, sizeof member);
    primes.rocas++;
}

static void primes_find(void)
{
    for (unsigned p = 3; p < TRIAL_LIMIT; p += 2) {
        if (!is_prime(p))
            continue;
        product_add(p);
        if (p <= ROCA_LIMIT)
            roca_add(p);
    }
}

/* ---- RSA ---- */

static bool weak_exponent(struct numbers *k)
{
    return BN_is_negative(k->e) || !BN_is_odd(k->e) || BN_is_one(k->e);
}

static bool known(struct numbers *k)
{
    uint8_t hash[KNOWN_KEY_SIZE];
    k->no_memory = known_keys_hash(k->n, hash) != 0;
    return !k->no_memory && known_keys_have(hash);
}

static BN_ULONG gcd(BN_ULONG a, BN_ULONG b)
{
    while (b != 0) {
        BN_ULONG rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool small_factor(struct numbers *k)
{
    if (!BN_is_odd(k->n) || BN_is_negative(k->n))
        return true;
    for (size_t i = 0; i < primes.products; i++)
        if (gcd(primes.product[i], BN_mod_word(k->n, primes.product[i])) != 1)
            return true;
    return false;
}

/*
 * CVE-2017-15361: the primes of a flawed smart-card library are 65537^a modulo a product of small
 * primes, and so is the modulus. One other key in 2^27 or fewer looks like that.
 */
static bool roca(struct numbers *k)
{
    for (size_t i = 0; i < primes.rocas; i++) {
        BN_ULONG rest = BN_mod_word(k->n, primes.roca[i].prime);
        if ((primes.roca[i].member[rest / 64] >> rest % 64 & 1) == 0)
            return false;
    }
    return true;
}

/* Newton: the largest root with root^2 <= n. */
static bool square_root(const BIGNUM *n, BIGNUM *root, BN_CTX *ctx)
{
    bool good = false;
    BN_CTX_start(ctx);
    BIGNUM *next = BN_CTX_get(ctx);
    if (next == NULL || BN_set_bit(next, (BN_num_bits(n) + 1) / 2) != 1)
        goto out;
    do {
        if (BN_copy(root, next) == NULL || BN_div(next, NULL, n, root, ctx) != 1 ||
            BN_add(next, next, root) != 1 || BN_rshift1(next, next) != 1)
            goto out;
    } while (BN_cmp(next, root) < 0);
    good = true;
out:
    BN_CTX_end(ctx);
    return good;
}

/* Squares leave few residues modulo 64, 63, 65 and 11: one candidate in a hundred gets further. */
static bool may_be_square(const BIGNUM *n)
{
    BN_ULONG rest = BN_mod_word(n, 64UL * 63 * 65 * 11);
    static const unsigned moduli[] = {64, 63, 65, 11};
    for (size_t i = 0; i < sizeof moduli / sizeof moduli[0]; i++) {
        bool found = false;
        for (unsigned r = 0; !found && r < moduli[i]; r++)
            found = r * r % moduli[i] == rest % moduli[i];
        if (!found)
            return false;
    }
    return true;
}

/* -1 when memory runs out. */
static int is_square(const BIGNUM *n, BN_CTX *ctx)
{
    int answer = -1;
    if (BN_is_zero(n))
        return 1;
    if (!may_be_square(n))
        return 0;
    BN_CTX_start(ctx);
    BIGNUM *root = BN_CTX_get(ctx);
    BIGNUM *square = BN_CTX_get(ctx);
    if (square != NULL && square_root(n, root, ctx) && BN_sqr(square, root, ctx) == 1)
        answer = BN_cmp(square, n) == 0;
    BN_CTX_end(ctx);
    return answer;
}

/* a = the least number with a^2 >= n; rest = a^2 - n. */
static bool fermat_start(const struct numbers *k, BIGNUM *a, BIGNUM *rest)
{
    if (!square_root(k->n, a, k->ctx) || BN_sqr(rest, a, k->ctx) != 1 ||
        BN_sub(rest, rest, k->n) != 1)
        return false;
    if (BN_is_zero(rest))
        return true;
    return BN_add_word(a, 1) == 1 && BN_sqr(rest, a, k->ctx) == 1 && BN_sub(rest, rest, k->n) == 1;
}

/* (a + 1)^2 - n = (a^2 - n) + 2a + 1 */
static bool fermat_step(BIGNUM *a, BIGNUM *rest)
{
    return BN_add(rest, rest, a) == 1 && BN_add_word(a, 1) == 1 && BN_add(rest, rest, a) == 1;
}

/* n = a^2 - b^2 = (a + b)(a - b): found at once when the primes are close, or the same. */
static bool close_primes(struct numbers *k)
{
    int square = 0;
    BN_CTX_start(k->ctx);
    BIGNUM *a = BN_CTX_get(k->ctx);
    BIGNUM *rest = BN_CTX_get(k->ctx);
    k->no_memory = rest == NULL || !fermat_start(k, a, rest);
    for (int i = 0; !k->no_memory && square == 0 && i < FERMAT_ROUNDS; i++) {
        square = is_square(rest, k->ctx);
        k->no_memory = square < 0 || !fermat_step(a, rest);
    }
    BN_CTX_end(k->ctx);
    return square == 1;
}

/* ---- EC ---- */

/* The x coordinates of G, 2G, 3G ..., sorted; a scalar and its negative have the same. */
struct multiples {
    void (*make)(void);
    size_t size; /* octets of a coordinate */
    CRYPTO_ONCE once; /* a curve's are made when the first key of that curve comes */
    int nid;
    bool made;
    uint8_t x[SMALL_SCALARS][COORDINATE_MAX]; /* zeros behind size */
};

static void multiples_p256(void);
static void multiples_p384(void);
static void multiples_p521(void);

static struct multiples multiples[KEY_ALG_COUNT] = {
    [KEY_ALG_P256] = {multiples_p256, 32, CRYPTO_ONCE_STATIC_INIT, NID_X9_62_prime256v1, false, {{0}}},
    [KEY_ALG_P384] = {multiples_p384, 48, CRYPTO_ONCE_STATIC_INIT, NID_secp384r1, false, {{0}}},
    [KEY_ALG_P521] = {multiples_p521, 66, CRYPTO_ONCE_STATIC_INIT, NID_secp521r1, false, {{0}}},
};

static int coordinate_order(const void *a, const void *b)
{
    return memcmp(a, b, COORDINATE_MAX);
}

static bool multiples_fill(struct multiples *m, const EC_GROUP *group, BN_CTX *ctx, BIGNUM *x)
{
    int size = (int)m->size;
    const EC_POINT *g = EC_GROUP_get0_generator(group);
    EC_POINT *point = EC_POINT_dup(g, group);
    bool good = point != NULL && x != NULL;
    for (size_t i = 0; good && i < SMALL_SCALARS; i++)
        good = EC_POINT_get_affine_coordinates(group, point, x, NULL, ctx) == 1 &&
               BN_bn2binpad(x, m->x[i], size) == size &&
               EC_POINT_add(group, point, point, g, ctx) == 1;
    EC_POINT_free(point);
    return good;
}

static void multiples_make(struct multiples *m)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *x = BN_new();
    EC_GROUP *group = EC_GROUP_new_by_curve_name(m->nid);
    m->made = ctx != NULL && group != NULL && multiples_fill(m, group, ctx, x);
    if (m->made)
        qsort(m->x, SMALL_SCALARS, COORDINATE_MAX, coordinate_order);
    EC_GROUP_free(group);
    BN_free(x);
    BN_CTX_free(ctx);
}

static void multiples_p256(void)
{
    multiples_make(&multiples[KEY_ALG_P256]);
}

static void multiples_p384(void)
{
    multiples_make(&multiples[KEY_ALG_P384]);
}

static void multiples_p521(void)
{
    multiples_make(&multiples[KEY_ALG_P521]);
}

static bool small_scalar(struct numbers *k)
{
    struct multiples *m = &multiples[k->alg];
    uint8_t x[COORDINATE_MAX] = {0};
    k->no_memory = m->make == NULL || CRYPTO_THREAD_run_once(&m->once, m->make) != 1 || !m->made;
    if (k->no_memory)
        return false;
    memcpy(x, k->point.data + 1, m->size);
    return bsearch(x, m->x, SMALL_SCALARS, COORDINATE_MAX, coordinate_order) != NULL;
}

/* ---- the table ---- */

static const struct check {
    const char *name;
    const char *text;
    bool rsa;
    bool (*fails)(struct numbers *k);
} checks[] = {
    {"rsa-exponent", "BR 6.1.6: the RSA public exponent must be an odd number of 3 or more", true,
     weak_exponent},
    {"rsa-known",
     "BR 6.1.1.3: the RSA key is on a list of keys whose private halves everybody can have, such as "
     "those that Debian made until 2008 (CVE-2008-0166)",
     true, known},
    {"rsa-small-factor", "BR 6.1.6: the RSA modulus must not have small factors", true,
     small_factor},
    {"rsa-roca",
     "BR 6.1.1.3: the RSA key was made by a flawed generator (ROCA, CVE-2017-15361), its private "
     "key can be computed",
     true, roca},
    {"rsa-close-primes",
     "BR 6.1.1.3: the primes of the RSA key are so close that Fermat's method finds them", true,
     close_primes},
    {"ec-small-scalar", "BR 6.1.1.3: the private key of this elliptic curve key is a small number",
     false, small_scalar},
};

#define CHECKS (sizeof checks / sizeof checks[0])

const char *pki_key_strength_check(size_t index)
{
    return index < CHECKS ? checks[index].name : NULL;
}

static int run_checks(struct numbers *k, bool rsa, const char **failed, struct pki_reason *why)
{
    k->ctx = rsa ? BN_CTX_new() : NULL;
    k->no_memory = rsa && k->ctx == NULL;
    int rc = 0;
    for (size_t i = 0; rc == 0 && !k->no_memory && i < CHECKS; i++) {
        if (checks[i].rsa != rsa || !checks[i].fails(k))
            continue;
        if (failed != NULL)
            *failed = checks[i].name;
        rc = pki_refuse(why, CH_EINVAL, "%s", checks[i].text);
    }
    BN_CTX_free(k->ctx);
    ERR_clear_error();
    return rc == 0 && k->no_memory ? pki_no_memory(why) : rc;
}

static int check_rsa(struct slice bits, const char **failed, struct pki_reason *why)
{
    struct numbers k = {.n = NULL};
    int rc = CH_EINVAL;
    PKI_RSA_KEY *key = pki_der_decode(bits, ASN1_ITEM_rptr(PKI_RSA_KEY));
    BIGNUM *n = key == NULL ? NULL : ASN1_INTEGER_to_BN(key->modulus, NULL);
    BIGNUM *e = key == NULL ? NULL : ASN1_INTEGER_to_BN(key->exponent, NULL);
    k.n = n;
    k.e = e;
    if (key == NULL)
        rc = pki_refuse(why, rc, "%s", pki_key_fault_text(PKI_KEY_MALFORMED));
    else if (n == NULL || e == NULL || CRYPTO_THREAD_run_once(&primes_once, primes_find) != 1)
        rc = pki_no_memory(why);
    else
        rc = run_checks(&k, true, failed, why);
    BN_free(n);
    BN_free(e);
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_RSA_KEY));
    return rc;
}

/* Opening the key proves that the point is on its curve. */
static int check_point(struct slice spki, const char **failed, struct pki_reason *why)
{
    struct pki_public *key = NULL;
    int rc = pki_key_open(spki, &key, why);
    if (rc == CH_EINVAL && failed != NULL)
        *failed = "ec-point";
    pki_public_free(key);
    return rc;
}

static int check_ec(struct slice spki, const struct numbers *k, bool opened, const char **failed,
                    struct pki_reason *why)
{
    struct numbers mine = *k;
    int rc = opened ? 0 : check_point(spki, failed, why);
    return rc == 0 ? run_checks(&mine, false, failed, why) : rc;
}

static int refuse_key(enum pki_key_fault fault, const char **failed, struct pki_reason *why)
{
    if (failed != NULL)
        *failed = "key";
    return pki_refuse(why, CH_EINVAL, "%s",
                      pki_key_fault_text(fault == PKI_KEY_FINE ? PKI_KEY_MALFORMED : fault));
}

static int check(struct slice spki, bool opened, const char **failed, struct pki_reason *why)
{
    struct pki_key_facts facts;
    struct numbers k = {.n = NULL};
    int rc = 0;
    if (failed != NULL)
        *failed = NULL;
    PKI_SPKI *parsed = pki_der_decode(spki, ASN1_ITEM_rptr(PKI_SPKI));
    enum pki_key_fault fault = pki_key_judge_parsed(parsed, &facts);
    k.alg = facts.alg;
    if (facts.rsa && facts.bits > PKI_RSA_BITS_MAX) /* what follows would take too long */
        fault = PKI_KEY_LARGE;
    if (parsed == NULL || pki_der_get_bits(parsed->key, &k.point) != 0 || fault == PKI_KEY_LARGE ||
        (!facts.rsa && facts.alg == KEY_ALG_NONE))
        rc = refuse_key(fault, failed, why);
    else if (facts.rsa)
        rc = check_rsa(k.point, failed, why);
    else
        rc = check_ec(spki, &k, opened && fault == PKI_KEY_FINE, failed, why);
    ASN1_item_free((ASN1_VALUE *)parsed, ASN1_ITEM_rptr(PKI_SPKI));
    return rc;
}

int pki_key_check_strength(struct slice spki, const char **failed, struct pki_reason *why)
{
    return check(spki, false, failed, why);
}

int pki_csr_check_strength(const struct pki_csr *csr, struct pki_reason *why)
{
    return check(pki_csr_spki(csr), true, NULL, why);
}
