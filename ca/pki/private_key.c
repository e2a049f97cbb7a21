#include "ca/pki/private_key.h"

#include "ca/pki/key.h"
#include "ca/pki/pem_strict.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

#define SCALAR_MAX 66
#define POINT_MAX (1 + 2 * SCALAR_MAX)
#define PEM_MAX ((size_t)64 * 1024)

/* RSAPrivateKey, RFC 8017 A.1.2; two primes. */
typedef struct pki_rsa_private {
    ASN1_INTEGER *version;
    ASN1_INTEGER *n, *e, *d, *p, *q, *dp, *dq, *qinv;
} PKI_RSA_PRIVATE;

/* ECPrivateKey, RFC 5915 3. */
typedef struct pki_ec_private {
    ASN1_INTEGER *version;
    ASN1_OCTET_STRING *scalar;
    ASN1_TYPE *parameters;
    ASN1_BIT_STRING *point;
} PKI_EC_PRIVATE;

/* clang-format off */
ASN1_SEQUENCE(PKI_RSA_PRIVATE) = {
    ASN1_SIMPLE(PKI_RSA_PRIVATE, version, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, n, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, e, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, d, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, p, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, q, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, dp, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, dq, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_PRIVATE, qinv, ASN1_INTEGER),
} static_ASN1_SEQUENCE_END(PKI_RSA_PRIVATE)

ASN1_SEQUENCE(PKI_EC_PRIVATE) = {
    ASN1_SIMPLE(PKI_EC_PRIVATE, version, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_EC_PRIVATE, scalar, ASN1_OCTET_STRING),
    ASN1_EXP_OPT(PKI_EC_PRIVATE, parameters, ASN1_ANY, 0),
    ASN1_EXP_OPT(PKI_EC_PRIVATE, point, ASN1_BIT_STRING, 1),
} static_ASN1_SEQUENCE_END(PKI_EC_PRIVATE)
    /* clang-format on */

    /* One key being read. */
    struct reading {
    struct pki_private_key *out;
    enum pki_private_fault fault;
    struct pki_reason *why;
};

static int refuse(struct reading *r, enum pki_private_fault fault, const char *text)
{
    r->fault = fault;
    return pki_refuse(r->why, CH_EINVAL, "%s", text);
}

/* ---- writing ---- */

/* PrivateKeyInfo around the DER of inner; parameters: an OID, or NULL for the NULL of RSA. */
static int pkcs8_put(struct reading *r, int algorithm, ASN1_OBJECT *parameters, const void *inner,
                     const ASN1_ITEM *item)
{
    int rc = CH_ENOMEM;
    unsigned char *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = PKCS8_PRIV_KEY_INFO_new();
    int len = info == NULL ? 0 : ASN1_item_i2d(inner, &der, item);
    if (len <= 0 || PKCS8_pkey_set0(info, OBJ_nid2obj(algorithm), 0,
                                    parameters == NULL ? V_ASN1_NULL : V_ASN1_OBJECT, parameters,
                                    der, len) != 1)
        goto out;
    der = NULL; /* info has it */
    len = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    if (len <= 0)
        goto out;
    r->out->pkcs8 = secret_new((size_t)len);
    if (r->out->pkcs8 == NULL)
        goto out;
    unsigned char *end = secret_data(r->out->pkcs8);
    rc = i2d_PKCS8_PRIV_KEY_INFO(info, &end) == len ? 0 : CH_ENOMEM;
out:
    if (der != NULL)
        OPENSSL_clear_free(der, (size_t)len);
    PKCS8_PRIV_KEY_INFO_free(info);
    return rc;
}

static int spki_put(struct reading *r, int algorithm, ASN1_OBJECT *parameters, struct slice key)
{
    int rc = CH_ENOMEM;
    PKI_SPKI *spki = (PKI_SPKI *)ASN1_item_new(ASN1_ITEM_rptr(PKI_SPKI));
    if (spki != NULL &&
        X509_ALGOR_set0(spki->algorithm, OBJ_nid2obj(algorithm),
                        parameters == NULL ? V_ASN1_NULL : V_ASN1_OBJECT, parameters) == 1)
        rc = pki_der_set_bits(spki->key, key);
    if (rc == 0)
        rc = pki_der_encode(spki, ASN1_ITEM_rptr(PKI_SPKI), &r->out->spki);
    ASN1_item_free((ASN1_VALUE *)spki, ASN1_ITEM_rptr(PKI_SPKI));
    return rc;
}

/* ---- RSA ---- */

static bool is_small(const ASN1_INTEGER *number, int64_t value)
{
    int64_t got = -1;
    bool same = ASN1_INTEGER_get_int64(&got, number) == 1 && got == value;
    ERR_clear_error();
    return same;
}

static int rsa_judge(struct reading *r)
{
    struct pki_key_facts facts;
    enum pki_key_fault fault = pki_key_judge(buf_slice(&r->out->spki), &facts);
    r->out->alg = facts.alg;
    r->out->bits = facts.bits;
    if (fault != PKI_KEY_FINE && fault != PKI_KEY_WEAK && fault != PKI_KEY_LARGE)
        return refuse(r, PKI_PRIVATE_DAMAGED, pki_key_fault_text(fault));
    if (facts.alg == KEY_ALG_NONE)
        return refuse(r, PKI_PRIVATE_LENGTH, "RSA keys have 1024, 2048, 3072 or 4096 bits");
    return 0;
}

static int rsa_convert(struct reading *r, const PKI_RSA_PRIVATE *key)
{
    struct buf public = {0};
    const PKI_RSA_KEY numbers = {.modulus = key->n, .exponent = key->e};
    if (!is_small(key->version, 0))
        return refuse(r, PKI_PRIVATE_DAMAGED,
                      "RFC 8017 A.1.2: an RSA private key must be of version 0, with two primes");
    int rc = pki_der_encode(&numbers, ASN1_ITEM_rptr(PKI_RSA_KEY), &public);
    if (rc == 0)
        rc = spki_put(r, NID_rsaEncryption, NULL, buf_slice(&public));
    if (rc == 0)
        rc = rsa_judge(r);
    if (rc == 0)
        rc = pkcs8_put(r, NID_rsaEncryption, NULL, key, ASN1_ITEM_rptr(PKI_RSA_PRIVATE));
    buf_free(&public);
    return rc;
}

static int rsa_read(struct reading *r, struct slice der)
{
    PKI_RSA_PRIVATE *key = pki_der_decode(der, ASN1_ITEM_rptr(PKI_RSA_PRIVATE));
    int rc = key == NULL
                 ? refuse(r, PKI_PRIVATE_DAMAGED, "RFC 8017 A.1.2: this is not an RSA private key")
                 : rsa_convert(r, key);
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_RSA_PRIVATE));
    return rc;
}

/* ---- EC ---- */

static struct curve {
    int nid;
    enum key_alg alg;
    EC_GROUP *group; /* made once, never changed */
} curves[] = {
    {NID_X9_62_prime256v1, KEY_ALG_P256, NULL},
    {NID_secp384r1, KEY_ALG_P384, NULL},
    {NID_secp521r1, KEY_ALG_P521, NULL},
};
static CRYPTO_ONCE curves_once = CRYPTO_ONCE_STATIC_INIT;

#define CURVES (sizeof curves / sizeof curves[0])

static void curves_make(void)
{
    for (size_t i = 0; i < CURVES; i++)
        curves[i].group = EC_GROUP_new_by_curve_name(curves[i].nid);
}

static const struct curve *curve_find(const ASN1_OBJECT *oid)
{
    for (size_t i = 0; i < CURVES; i++)
        if (curves[i].nid == OBJ_obj2nid(oid))
            return &curves[i];
    return NULL;
}

/* Leading zeros are put where encoders leave them out. */
static int scalar_check(struct reading *r, PKI_EC_PRIVATE *key, const struct curve *curve)
{
    uint8_t padded[SCALAR_MAX];
    int size = (int)(key_alg_info(curve->alg)->bits + 7) / 8;
    struct slice octets = pki_der_string(key->scalar);
    BIGNUM *scalar = octets.len > SCALAR_MAX ? NULL : BN_bin2bn(octets.data, (int)octets.len, NULL);
    bool good = scalar != NULL && !BN_is_zero(scalar) &&
                BN_cmp(scalar, EC_GROUP_get0_order(curve->group)) < 0 &&
                BN_bn2binpad(scalar, padded, size) == size;
    BN_clear_free(scalar);
    int rc = good ? 0
                  : refuse(r, PKI_PRIVATE_DAMAGED,
                           "RFC 5915 3: the private key must be between 1 and the order of its "
                           "curve");
    if (good && ASN1_OCTET_STRING_set(key->scalar, padded, size) != 1)
        rc = CH_ENOMEM;
    OPENSSL_cleanse(padded, sizeof padded);
    return rc;
}

static int point_compute(PKI_EC_PRIVATE *key, const struct curve *curve)
{
    uint8_t octets[POINT_MAX];
    size_t len = 0;
    struct slice scalar = pki_der_string(key->scalar);
    EC_POINT *point = EC_POINT_new(curve->group);
    BIGNUM *d = BN_bin2bn(scalar.data, (int)scalar.len, NULL);
    if (d != NULL)
        BN_set_flags(d, BN_FLG_CONSTTIME);
    if (point != NULL && d != NULL && EC_POINT_mul(curve->group, point, d, NULL, NULL, NULL) == 1)
        len = EC_POINT_point2oct(curve->group, point, POINT_CONVERSION_UNCOMPRESSED, octets,
                                 sizeof octets, NULL);
    EC_POINT_free(point);
    BN_clear_free(d);
    if (key->point == NULL)
        key->point = ASN1_BIT_STRING_new();
    return len == 0 || key->point == NULL ? CH_ENOMEM
                                          : pki_der_set_bits(key->point, slice_of(octets, len));
}

/* What the key says of its public half is taken when it has the right form. */
static int point_complete(PKI_EC_PRIVATE *key, const struct curve *curve)
{
    struct slice octets;
    size_t size = 1 + 2 * (((size_t)key_alg_info(curve->alg)->bits + 7) / 8);
    if (key->point != NULL && pki_der_get_bits(key->point, &octets) == 0 && octets.len == size &&
        octets.data[0] == POINT_CONVERSION_UNCOMPRESSED)
        return 0;
    return point_compute(key, curve);
}

static int ec_convert(struct reading *r, PKI_EC_PRIVATE *key, const struct curve *curve)
{
    ASN1_OBJECT *oid = OBJ_nid2obj(curve->nid);
    if (!is_small(key->version, 1))
        return refuse(r, PKI_PRIVATE_DAMAGED, "RFC 5915 3: an EC private key must be of version 1");
    int rc = scalar_check(r, key, curve);
    if (rc == 0)
        rc = point_complete(key, curve);
    if (rc != 0)
        return rc;
    ASN1_TYPE_free(key->parameters); /* the AlgorithmIdentifier says it */
    key->parameters = NULL;
    r->out->alg = curve->alg;
    r->out->bits = key_alg_info(curve->alg)->bits;
    rc = spki_put(r, NID_X9_62_id_ecPublicKey, oid, pki_der_string(key->point));
    if (rc == 0)
        rc = pkcs8_put(r, NID_X9_62_id_ecPublicKey, oid, key, ASN1_ITEM_rptr(PKI_EC_PRIVATE));
    return rc;
}

/* parameters: of the PKCS #8 around it; NULL = those in the key itself. */
static int ec_read(struct reading *r, struct slice der, const ASN1_TYPE *parameters)
{
    PKI_EC_PRIVATE *key = pki_der_decode(der, ASN1_ITEM_rptr(PKI_EC_PRIVATE));
    const ASN1_TYPE *named = parameters == NULL && key != NULL ? key->parameters : parameters;
    const struct curve *curve =
        named == NULL || named->type != V_ASN1_OBJECT ? NULL : curve_find(named->value.object);
    int rc;
    if (CRYPTO_THREAD_run_once(&curves_once, curves_make) != 1)
        rc = CH_ENOMEM;
    else if (key == NULL)
        rc = refuse(r, PKI_PRIVATE_DAMAGED, "RFC 5915 3: this is not an EC private key");
    else if (curve == NULL)
        rc = refuse(r, PKI_PRIVATE_TYPE,
                    "RFC 5480 2.1.1.1: the key must name the curve P-256, P-384 or P-521");
    else
        rc = curve->group == NULL ? CH_ENOMEM : ec_convert(r, key, curve);
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_EC_PRIVATE));
    return rc;
}

/* ---- the blocks ---- */

static int sec1_read(struct reading *r, struct slice der)
{
    return ec_read(r, der, NULL);
}

static int pkcs8_read(struct reading *r, struct slice der)
{
    const ASN1_OBJECT *oid = NULL;
    const X509_ALGOR *algorithm = NULL;
    struct slice inner = {0};
    int len = 0;
    PKCS8_PRIV_KEY_INFO *info = pki_der_decode(der, ASN1_ITEM_rptr(PKCS8_PRIV_KEY_INFO));
    int rc = CH_EINVAL;
    if (info == NULL || PKCS8_pkey_get0(&oid, &inner.data, &len, &algorithm, info) != 1) {
        rc = refuse(r, PKI_PRIVATE_DAMAGED, "RFC 5208 5: this is not a PrivateKeyInfo");
        goto out;
    }
    inner.len = (size_t)len;
    switch (OBJ_obj2nid(oid)) {
    case NID_rsaEncryption:
        rc = rsa_read(r, inner);
        break;
    case NID_X9_62_id_ecPublicKey:
        rc = ec_read(r, inner, algorithm->parameter);
        break;
    default:
        rc = refuse(r, PKI_PRIVATE_TYPE, "the key is neither RSA nor elliptic curve");
    }
out:
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return rc;
}

static int encrypted_read(struct reading *r, struct slice der)
{
    (void)der;
    return refuse(r, PKI_PRIVATE_ENCRYPTED, "the block is an encrypted private key");
}

static int other_read(struct reading *r, struct slice der)
{
    (void)der;
    return refuse(r, PKI_PRIVATE_TYPE, "the key is neither RSA nor elliptic curve");
}

static const struct block_row {
    const char *label;
    int (*read)(struct reading *r, struct slice der);
} block_rows[] = {
    {"PRIVATE KEY", pkcs8_read},     {"RSA PRIVATE KEY", rsa_read},
    {"EC PRIVATE KEY", sec1_read},   {"ENCRYPTED PRIVATE KEY", encrypted_read},
    {"DSA PRIVATE KEY", other_read}, {"OPENSSH PRIVATE KEY", other_read},
};

static const struct block_row *block_find(struct slice label)
{
    for (size_t i = 0; i < sizeof block_rows / sizeof block_rows[0]; i++)
        if (slice_is(label, block_rows[i].label))
            return &block_rows[i];
    return NULL;
}

/* RFC 1421 4.6.1.1: how PKCS #1 and SEC 1 say that they are encrypted. */
static bool has_encryption_header(struct slice body)
{
    static const char header[] = "Proc-Type: 4,ENCRYPTED";
    return memmem(body.data, body.len, header, sizeof header - 1) != NULL;
}

static int block_read(struct reading *r, const struct pki_pem_block *block)
{
    const struct block_row *row = block_find(block->label);
    size_t len = 0;
    if (row == NULL)
        return refuse(r, PKI_PRIVATE_NO_PEM, "the PEM block is not a private key");
    if (has_encryption_header(block->body))
        return encrypted_read(r, block->body);
    struct secret *der = secret_new(pki_pem_size(block));
    int rc = der == NULL ? CH_ENOMEM : pki_pem_decode(block, secret_data(der), &len);
    if (rc == 0)
        rc = row->read(r, slice_of(secret_data(der), len));
    else if (rc == CH_EINVAL)
        rc = refuse(r, PKI_PRIVATE_NO_PEM, "RFC 7468 3: the PEM block is not base64 in lines");
    secret_free(der);
    return rc;
}

static int blocks_read(struct reading *r, struct slice pem)
{
    struct pki_pem_block block, more;
    int rc = pem.len > PEM_MAX ? CH_EINVAL : pki_pem_next(&pem, &block);
    if (rc == 0 && slice_is(block.label, "EC PARAMETERS"))
        rc = pki_pem_next(&pem, &block);
    if (rc != 0)
        return refuse(r, PKI_PRIVATE_NO_PEM, "RFC 7468 3: there is no whole PEM block");
    if (pki_pem_next(&pem, &more) != CH_ENOTFOUND)
        return refuse(r, PKI_PRIVATE_NO_PEM, "there is more than one PEM block of a private key");
    return block_read(r, &block);
}

int pki_private_key_read(struct slice pem, struct pki_private_key *out,
                         enum pki_private_fault *fault, struct pki_reason *why)
{
    struct reading r = {.out = out, .why = why};
    memset(out, 0, sizeof *out);
    int rc = blocks_read(&r, pem);
    *fault = r.fault;
    return rc;
}

void pki_private_key_free(struct pki_private_key *key)
{
    secret_free(key->pkcs8);
    buf_free(&key->spki);
    memset(key, 0, sizeof *key);
}
