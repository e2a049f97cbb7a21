#include "hsm/internal.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

#define POINT_MAX 160
#define MODULUS_MAX 1024

struct curve_row {
    enum key_alg alg;
    size_t len;
    uint8_t params[12]; /* DER OBJECT IDENTIFIER, as PKCS#11 wants it */
};

static const struct curve_row curves[] = {
    {KEY_ALG_P256, 10, {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}},
    {KEY_ALG_P384, 7, {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22}},
    {KEY_ALG_P521, 7, {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23}},
};

struct slice curve_params(enum key_alg alg)
{
    for (size_t i = 0; i < COUNT_OF(curves); i++)
        if (curves[i].alg == alg)
            return slice_of(curves[i].params, curves[i].len);
    return slice_of(NULL, 0);
}

enum key_alg public_alg(const EVP_PKEY *key)
{
    char group[64] = "";
    bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
    if (!rsa && (EVP_PKEY_is_a(key, "EC") != 1 ||
                 EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1))
        return KEY_ALG_NONE;
    for (enum key_alg alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++) {
        const struct key_alg_info *info = key_alg_info(alg);
        if (info->rsa == rsa && (rsa ? EVP_PKEY_get_bits(key) == (int)info->bits
                                     : strcmp(group, info->curve) == 0))
            return alg;
    }
    return KEY_ALG_NONE;
}

int public_parse(struct slice spki, EVP_PKEY **key, enum key_alg *alg)
{
    *key = NULL;
    *alg = KEY_ALG_NONE;
    if (spki.len == 0 || spki.len > LONG_MAX)
        return CH_EINVAL;
    const unsigned char *at = spki.data;
    EVP_PKEY *parsed = d2i_PUBKEY(NULL, &at, (long)spki.len);
    if (parsed == NULL || at != spki.data + spki.len) {
        EVP_PKEY_free(parsed);
        return CH_EINVAL;
    }
    *alg = public_alg(parsed);
    if (*alg == KEY_ALG_NONE) {
        EVP_PKEY_free(parsed);
        return CH_EUNSUPPORTED;
    }
    *key = parsed;
    return 0;
}

int public_encode(EVP_PKEY *key, struct buf *spki)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    if (len <= 0)
        return CH_EINVAL;
    int r = buf_put(spki, der, (size_t)len);
    OPENSSL_free(der);
    return r;
}

int public_point(EVP_PKEY *key, uint8_t *out, size_t max, size_t *len)
{
    *len = 0;
    /* Some keys were parsed with a compressed point; tokens want the long form. */
    if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       "uncompressed") != 1)
        return CH_EINVAL;
    return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out, max,
                                           len) == 1
               ? 0
               : CH_EINVAL;
}

static int put_number(EVP_PKEY *key, const char *name, struct buf *out)
{
    BIGNUM *number = NULL;
    int r = CH_EINVAL;
    if (EVP_PKEY_get_bn_param(key, name, &number) == 1) {
        int len = BN_num_bytes(number);
        uint8_t *end = buf_reserve(out, (size_t)len);
        r = end == NULL ? CH_ENOMEM : 0;
        if (end != NULL)
            out->len += (size_t)BN_bn2bin(number, end);
    }
    BN_free(number);
    return r;
}

int public_rsa(EVP_PKEY *key, struct buf *modulus, struct buf *exponent)
{
    int r = put_number(key, OSSL_PKEY_PARAM_RSA_N, modulus);
    return r == 0 ? put_number(key, OSSL_PKEY_PARAM_RSA_E, exponent) : r;
}

static EVP_PKEY *public_build(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *ec_build(const char *curve, struct slice point)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data,
                                         point.len) == 1)
        key = public_build("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *rsa_build(struct slice modulus, struct slice exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    EVP_PKEY *key = NULL;
    if (builder != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = public_build("RSA", builder);
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

EVP_PKEY *public_of_private(const struct private_parts *parts)
{
    const struct key_alg_info *info = key_alg_info(parts->alg);
    return info->rsa ? rsa_build(parts->number[PRIVATE_N], parts->number[PRIVATE_E])
                     : ec_build(info->curve, parts->public);
}

static CK_RV rsa_read(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                      EVP_PKEY **out)
{
    uint8_t modulus[MODULUS_MAX];
    uint8_t exponent[64];
    size_t modulus_len = sizeof(modulus);
    size_t exponent_len = sizeof(exponent);
    CK_RV rv = object_read(h, session, object, CKA_MODULUS, modulus, &modulus_len);
    if (rv == CKR_OK)
        rv = object_read(h, session, object, CKA_PUBLIC_EXPONENT, exponent, &exponent_len);
    if (rv == CKR_OK)
        *out = rsa_build(slice_of(modulus, modulus_len), slice_of(exponent, exponent_len));
    return rv;
}

/* The point comes in an OCTET STRING, from some modules bare. */
static CK_RV ec_read(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                     const struct key_alg_info *info, EVP_PKEY **out)
{
    uint8_t value[POINT_MAX];
    size_t len = sizeof(value);
    CK_RV rv = object_read(h, session, object, CKA_EC_POINT, value, &len);
    if (rv != CKR_OK)
        return rv;
    if (len == 1 + 2 * (((size_t)info->bits + 7) / 8)) {
        *out = ec_build(info->curve, slice_of(value, len));
        return CKR_OK;
    }
    const unsigned char *at = value;
    ASN1_OCTET_STRING *point = d2i_ASN1_OCTET_STRING(NULL, &at, (long)len);
    if (point != NULL)
        *out = ec_build(info->curve, slice_of(ASN1_STRING_get0_data(point),
                                              (size_t)ASN1_STRING_length(point)));
    ASN1_OCTET_STRING_free(point);
    return CKR_OK;
}

CK_RV public_read(struct hsm *h, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                  enum key_alg alg, struct buf *spki)
{
    const struct key_alg_info *info = key_alg_info(alg);
    EVP_PKEY *key = NULL;
    CK_RV rv = info->rsa ? rsa_read(h, session, object, &key)
                         : ec_read(h, session, object, info, &key);
    if (rv == CKR_OK && (key == NULL || public_alg(key) != alg))
        rv = CKR_PUBLIC_KEY_INVALID;
    buf_clear(spki);
    if (rv == CKR_OK)
        rv = rv_from_code(public_encode(key, spki));
    EVP_PKEY_free(key);
    return rv;
}
