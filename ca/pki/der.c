#include "ca/pki/der.h"

#include "ca/pki/sigalg.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

/* clang-format off */
ASN1_SEQUENCE(PKI_SPKI) = {
    ASN1_SIMPLE(PKI_SPKI, algorithm, X509_ALGOR),
    ASN1_SIMPLE(PKI_SPKI, key, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END(PKI_SPKI)

ASN1_SEQUENCE(PKI_RSA_KEY) = {
    ASN1_SIMPLE(PKI_RSA_KEY, modulus, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_RSA_KEY, exponent, ASN1_INTEGER),
} ASN1_SEQUENCE_END(PKI_RSA_KEY)

ASN1_SEQUENCE(PKI_SIGNED) = {
    ASN1_SIMPLE(PKI_SIGNED, body, ASN1_SEQUENCE),
    ASN1_SIMPLE(PKI_SIGNED, algorithm, X509_ALGOR),
    ASN1_SIMPLE(PKI_SIGNED, signature, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END(PKI_SIGNED)

ASN1_SEQUENCE(PKI_VALIDITY) = {
    ASN1_SIMPLE(PKI_VALIDITY, not_before, ASN1_TIME),
    ASN1_SIMPLE(PKI_VALIDITY, not_after, ASN1_TIME),
} ASN1_SEQUENCE_END(PKI_VALIDITY)

ASN1_SEQUENCE(PKI_TBS) = {
    ASN1_EXP_OPT(PKI_TBS, version, ASN1_INTEGER, 0),
    ASN1_SIMPLE(PKI_TBS, serial, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_TBS, signature, X509_ALGOR),
    ASN1_SIMPLE(PKI_TBS, issuer, ASN1_SEQUENCE),
    ASN1_SIMPLE(PKI_TBS, validity, PKI_VALIDITY),
    ASN1_SIMPLE(PKI_TBS, subject, ASN1_SEQUENCE),
    ASN1_SIMPLE(PKI_TBS, spki, ASN1_SEQUENCE),
    ASN1_IMP_OPT(PKI_TBS, issuer_id, ASN1_BIT_STRING, 1),
    ASN1_IMP_OPT(PKI_TBS, subject_id, ASN1_BIT_STRING, 2),
    ASN1_EXP_SEQUENCE_OF_OPT(PKI_TBS, extensions, X509_EXTENSION, 3),
} ASN1_SEQUENCE_END(PKI_TBS)

/* RFC 2986 always has the attributes; requests that leave them out are in use. */
ASN1_SEQUENCE(PKI_REQUEST_INFO) = {
    ASN1_SIMPLE(PKI_REQUEST_INFO, version, ASN1_INTEGER),
    ASN1_SIMPLE(PKI_REQUEST_INFO, subject, ASN1_SEQUENCE),
    ASN1_SIMPLE(PKI_REQUEST_INFO, spki, ASN1_SEQUENCE),
    ASN1_IMP_SET_OF_OPT(PKI_REQUEST_INFO, attributes, X509_ATTRIBUTE, 0),
} ASN1_SEQUENCE_END(PKI_REQUEST_INFO)
/* clang-format on */

void *pki_der_decode(struct slice der, const ASN1_ITEM *item)
{
    const unsigned char *p = der.data;
    if (der.len == 0 || der.len > LONG_MAX)
        return NULL;
    ASN1_VALUE *value = ASN1_item_d2i(NULL, &p, (long)der.len, item);
    if (value != NULL && p != der.data + der.len) {
        ASN1_item_free(value, item);
        value = NULL;
    }
    if (value == NULL)
        ERR_clear_error();
    return value;
}

int pki_der_encode(const void *value, const ASN1_ITEM *item, struct buf *out)
{
    int len = ASN1_item_i2d(value, NULL, item);
    if (len <= 0) {
        ERR_clear_error();
        return CH_EINVAL;
    }
    uint8_t *end = buf_reserve(out, (size_t)len);
    if (end == NULL)
        return CH_ENOMEM;
    len = ASN1_item_i2d(value, &end, item);
    if (len <= 0)
        return CH_EINVAL;
    out->len += (size_t)len;
    return 0;
}

struct slice pki_der_string(const ASN1_STRING *string)
{
    if (string == NULL)
        return slice_of(NULL, 0);
    return slice_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

int pki_der_set_sequence(ASN1_STRING *field, struct slice der)
{
    ASN1_STRING *whole = pki_der_decode(der, ASN1_ITEM_rptr(ASN1_SEQUENCE));
    if (whole == NULL)
        return CH_EINVAL;
    int rc = ASN1_STRING_copy(field, whole) == 1 ? 0 : CH_ENOMEM;
    ASN1_STRING_free(whole);
    return rc;
}

int pki_der_set_bits(ASN1_BIT_STRING *bits, struct slice octets)
{
    if (octets.len > INT_MAX)
        return CH_ELIMIT;
    if (ASN1_STRING_set(bits, octets.data, (int)octets.len) != 1)
        return CH_ENOMEM;
    /* Says "no unused bits"; without it the encoder takes zero bits off the end. */
    bits->flags &= ~0x07L;
    bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
    return 0;
}

int pki_der_get_bits(const ASN1_BIT_STRING *bits, struct slice *octets)
{
    *octets = pki_der_string(bits);
    return octets->len == 0 || (bits->flags & 0x07) != 0 ? CH_EINVAL : 0;
}

int pki_der_sign(struct slice body, enum sig_alg alg, struct slice signature, struct buf *der)
{
    int rc = CH_ENOMEM;
    PKI_SIGNED *whole = (PKI_SIGNED *)ASN1_item_new(ASN1_ITEM_rptr(PKI_SIGNED));

    if (whole == NULL)
        goto out;
    rc = pki_der_set_sequence(whole->body, body);
    if (rc == 0)
        rc = pki_sig_alg_put(alg, whole->algorithm);
    if (rc == 0)
        rc = pki_der_set_bits(whole->signature, signature);
    if (rc == 0)
        rc = pki_der_encode(whole, ASN1_ITEM_rptr(PKI_SIGNED), der);
out:
    ASN1_item_free((ASN1_VALUE *)whole, ASN1_ITEM_rptr(PKI_SIGNED));
    return rc;
}

int pki_refuse(struct pki_reason *why, int code, const char *format, ...)
{
    if (why != NULL) {
        va_list args;
        va_start(args, format);
        vsnprintf(why->text, sizeof why->text, format, args);
        va_end(args);
    }
    return code;
}

int pki_no_memory(struct pki_reason *why)
{
    return pki_refuse(why, CH_ENOMEM, "out of memory");
}
