/*
 * pkcs8.c - private keys as PKCS#8 DER. Keys in the one form that we write ourselves are taken
 * apart where they lie: OpenSSL's decoders take as long for one as the token for all it does.
 */
#include "hsm/internal.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

#define PKCS8_MAX 8192
#define POINT_UNCOMPRESSED 4

enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_OCTETS = 0x04, DER_SEQUENCE = 0x30, DER_EXPLICIT_1 = 0xa1 };

/* ---- through OpenSSL: any form ---- */

int pkcs8_parse(struct slice der, size_t padding, EVP_PKEY **out)
{
    *out = NULL;
    if (der.len == 0 || der.len > PKCS8_MAX)
        return CH_EINVAL;
    const unsigned char *at = der.data;
    const unsigned char *end = der.data + der.len;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (info == NULL)
        return CH_EINVAL;
    EVP_PKEY *key = (size_t)(end - at) <= padding ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    while (at < end && *at == 0)
        at++;
    if (key == NULL || at != end) {
        EVP_PKEY_free(key);
        return CH_EINVAL;
    }
    *out = key;
    return 0;
}

int pkcs8_encode(EVP_PKEY *key, struct secret **out)
{
    int r = CH_EINVAL;
    struct secret *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    *out = NULL;
    /* A key that came without its public half would be written without it, too. */
    if (EVP_PKEY_is_a(key, "EC") == 1 &&
        (EVP_PKEY_set_int_param(key, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 1) != 1 ||
         EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                        "uncompressed") != 1))
        return CH_EINVAL;
    info = EVP_PKEY2PKCS8(key);
    int len = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    if (len <= 0 || len > PKCS8_MAX)
        goto out;
    der = secret_new((size_t)len);
    r = der == NULL ? CH_ENOMEM : 0;
    if (der != NULL) {
        unsigned char *end = secret_data(der);
        if (i2d_PKCS8_PRIV_KEY_INFO(info, &end) != len)
            r = CH_EINVAL;
    }
    if (r == 0) {
        *out = der;
        der = NULL;
    }
out:
    secret_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    return r;
}

/* ---- in place: our own form ---- */

/* The content of the next element; *in moves behind it. The shortest length, of at most 2 octets. */
static bool der_take(struct slice *in, uint8_t tag, struct slice *content)
{
    size_t header = 2;
    if (in->len < header || in->data[0] != tag)
        return false;
    size_t len = in->data[1];
    if (len > 0x80) {
        size_t more = len - 0x80;
        header += more;
        if (more > 2 || in->len < header)
            return false;
        len = more == 1 ? in->data[2] : (size_t)in->data[2] << 8 | in->data[3];
        if (len < (more == 1 ? 0x80U : 0x100U))
            return false;
    } else if (len == 0x80) {
        return false;
    }
    if (in->len - header < len)
        return false;
    *content = slice_of(in->data + header, len);
    *in = slice_of(in->data + header + len, in->len - header - len);
    return true;
}

/* A positive number in its shortest form, without the octet that keeps it positive. */
static bool der_take_number(struct slice *in, struct slice *number)
{
    if (!der_take(in, DER_INTEGER, number) || number->len == 0 || number->data[0] > 0x7f)
        return false;
    if (number->data[0] != 0)
        return true;
    *number = slice_of(number->data + 1, number->len - 1);
    return number->len > 0 && number->data[0] > 0x7f;
}

static bool der_take_version(struct slice *in, uint8_t version)
{
    struct slice number;
    return der_take(in, DER_INTEGER, &number) && number.len == 1 && number.data[0] == version;
}

/* RSAPrivateKey of two primes, RFC 8017 A.1.2. */
static bool rsa_split(struct slice der, struct private_parts *out)
{
    struct slice in;
    if (!der_take(&der, DER_SEQUENCE, &in) || der.len != 0 || !der_take_version(&in, 0))
        return false;
    const uint8_t *first = in.data;
    for (size_t i = 0; i < PRIVATE_NUMBERS; i++) {
        if (!der_take_number(&in, &out->number[i]))
            return false;
        if (i == PRIVATE_E)
            out->public = slice_of(first, (size_t)(in.data - first));
    }
    return in.len == 0 && out->number[PRIVATE_N].data[0] > 0x7f;
}

/* ECPrivateKey with its point and without parameters, RFC 5915 3. */
static bool ec_split(struct slice der, struct private_parts *out)
{
    struct slice in, tagged, bits;
    size_t size = (key_alg_info(out->alg)->bits + 7) / 8;
    if (!der_take(&der, DER_SEQUENCE, &in) || der.len != 0 || !der_take_version(&in, 1) ||
        !der_take(&in, DER_OCTETS, &out->number[PRIVATE_SCALAR]) ||
        !der_take(&in, DER_EXPLICIT_1, &tagged) || !der_take(&tagged, DER_BITS, &bits) ||
        in.len != 0 || tagged.len != 0 || out->number[PRIVATE_SCALAR].len != size)
        return false;
    if (bits.len != 2 + 2 * size || bits.data[0] != 0 || bits.data[1] != POINT_UNCOMPRESSED)
        return false;
    out->public = slice_of(bits.data + 1, bits.len - 1);
    return true;
}

/* Which type an AlgorithmIdentifier names; of the RSA types the one of that many octets. */
static enum key_alg algorithm_find(struct slice algorithm, size_t modulus)
{
    static const uint8_t rsa[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                  0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    static const uint8_t ec[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
    bool is_rsa = slice_equal(algorithm, slice_of(rsa, sizeof(rsa)));
    if (!is_rsa && (algorithm.len < sizeof(ec) || memcmp(algorithm.data, ec, sizeof(ec)) != 0))
        return KEY_ALG_NONE;
    struct slice curve = is_rsa ? slice_of(NULL, 0)
                                : slice_of(algorithm.data + sizeof(ec), algorithm.len - sizeof(ec));
    for (enum key_alg alg = KEY_ALG_NONE + 1; alg < KEY_ALG_COUNT; alg++) {
        const struct key_alg_info *info = key_alg_info(alg);
        if (info->rsa == is_rsa && (is_rsa ? info->bits == modulus * 8
                                           : slice_equal(curve, curve_params(alg))))
            return alg;
    }
    return KEY_ALG_NONE;
}

/* The octets of the modulus of an RSAPrivateKey; 0 for what is none. */
static size_t modulus_size(struct slice der)
{
    struct slice in, modulus;
    return der_take(&der, DER_SEQUENCE, &in) && der_take_version(&in, 0) &&
                   der_take_number(&in, &modulus)
               ? modulus.len
               : 0;
}

bool private_split(struct slice pkcs8, struct private_parts *out)
{
    struct slice in = pkcs8;
    struct slice algorithm, key;
    memset(out, 0, sizeof(*out));
    if (pkcs8.len > PKCS8_MAX || !der_take(&in, DER_SEQUENCE, &key) || in.len != 0)
        return false;
    in = key;
    if (!der_take_version(&in, 0) || !der_take(&in, DER_SEQUENCE, &algorithm) ||
        !der_take(&in, DER_OCTETS, &key) || in.len != 0)
        return false;
    out->algorithm = algorithm;
    out->alg = algorithm_find(algorithm, modulus_size(key));
    if (out->alg == KEY_ALG_NONE)
        return false;
    return key_alg_info(out->alg)->rsa ? rsa_split(key, out) : ec_split(key, out);
}

/* ---- the public half ---- */

#define HEADER_MAX 4

/* Tag and length, then what the caller puts. */
static int der_put_header(struct buf *out, uint8_t tag, size_t len)
{
    const uint8_t high = (uint8_t)(len >> 8), low = (uint8_t)len;
    const uint8_t header[HEADER_MAX] = {tag, len < 0x80 ? low : len < 0x100 ? 0x81 : 0x82,
                                        len < 0x100 ? low : high, low};
    return buf_put(out, header, len < 0x80 ? 2 : len < 0x100 ? 3 : HEADER_MAX);
}

static size_t der_size(size_t len)
{
    return len + (len < 0x80 ? 2 : len < 0x100 ? 3 : HEADER_MAX);
}

int private_spki(const struct private_parts *parts, struct buf *spki)
{
    bool rsa = key_alg_info(parts->alg)->rsa;
    size_t key = rsa ? der_size(parts->public.len) : parts->public.len;
    const uint8_t no_unused_bits = 0;
    int r = der_put_header(spki, DER_SEQUENCE, der_size(parts->algorithm.len) + der_size(key + 1));
    if (r == 0)
        r = der_put_header(spki, DER_SEQUENCE, parts->algorithm.len);
    if (r == 0)
        r = buf_put_slice(spki, parts->algorithm);
    if (r == 0)
        r = der_put_header(spki, DER_BITS, key + 1);
    if (r == 0)
        r = buf_put(spki, &no_unused_bits, 1);
    if (r == 0 && rsa)
        r = der_put_header(spki, DER_SEQUENCE, parts->public.len);
    return r == 0 ? buf_put_slice(spki, parts->public) : r;
}
