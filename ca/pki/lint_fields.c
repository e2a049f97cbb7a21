#include "ca/pki/lint.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define SERIAL_OCTETS_MIN 8

bool lint_is_der(const struct lint *l)
{
    struct buf again = {0};
    bool same = pki_der_encode(l->tbs, ASN1_ITEM_rptr(PKI_TBS), &again) == 0 &&
                slice_equal(buf_slice(&again), l->der);
    buf_free(&again);
    return same;
}

bool lint_version(const struct lint *l)
{
    return l->tbs->version != NULL && ASN1_INTEGER_get(l->tbs->version) == 2;
}

bool lint_serial_positive(const struct lint *l)
{
    struct slice serial = pki_der_string(l->tbs->serial);
    return ASN1_STRING_type(l->tbs->serial) == V_ASN1_INTEGER && serial.len > 0 &&
           !(serial.len == 1 && serial.data[0] == 0);
}

/* A first bit that is set costs one octet more in DER. */
bool lint_serial_longest(const struct lint *l)
{
    struct slice serial = pki_der_string(l->tbs->serial);
    size_t encoded = serial.len + (serial.data[0] >> 7);
    return encoded <= PKI_SERIAL_SIZE;
}

bool lint_serial_shortest(const struct lint *l)
{
    return pki_der_string(l->tbs->serial).len >= SERIAL_OCTETS_MIN;
}

bool lint_signature_known(const struct lint *l)
{
    struct pki_sig_alg alg;
    return pki_sig_alg_get(l->tbs->signature, &alg) == 0;
}

/* ---- validity ---- */

/* Digits and a Z, nothing else: no fraction, no offset, no missing seconds. */
static bool is_plain(struct slice text, size_t digits)
{
    if (text.len != digits + 1 || text.data[digits] != 'Z')
        return false;
    for (size_t i = 0; i < digits; i++)
        if (!isdigit(text.data[i]))
            return false;
    return true;
}

static bool time_encoding(const ASN1_TIME *time)
{
    struct tm tm;
    bool utc = ASN1_STRING_type(time) == V_ASN1_UTCTIME;
    if (!is_plain(pki_der_string(time), utc ? 12 : 14) || ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    return utc == (tm.tm_year + 1900 < 2050);
}

bool lint_validity_encoding(const struct lint *l)
{
    return time_encoding(l->tbs->validity->not_before) &&
           time_encoding(l->tbs->validity->not_after);
}

bool lint_validity_order(const struct lint *l)
{
    return ASN1_TIME_compare(l->tbs->validity->not_before, l->tbs->validity->not_after) <= 0;
}

bool lint_no_unique_ids(const struct lint *l)
{
    return l->tbs->issuer_id == NULL && l->tbs->subject_id == NULL;
}

/* ---- key: one judgement, told apart by its fault ---- */

bool lint_key_form(const struct lint *l)
{
    return l->key_fault != PKI_KEY_MALFORMED;
}

bool lint_key_known(const struct lint *l)
{
    return l->key_fault != PKI_KEY_UNKNOWN;
}

bool lint_key_parameters(const struct lint *l)
{
    return l->key_fault != PKI_KEY_PARAMETERS;
}

bool lint_key_curve(const struct lint *l)
{
    return l->key_fault != PKI_KEY_CURVE;
}

bool lint_key_point(const struct lint *l)
{
    return l->key_fault != PKI_KEY_POINT;
}

bool lint_key_exponent(const struct lint *l)
{
    return l->key_fault != PKI_KEY_EXPONENT && l->key_fault != PKI_KEY_MODULUS;
}

bool lint_key_strong(const struct lint *l)
{
    return l->key_fault != PKI_KEY_WEAK && l->key_fault != PKI_KEY_LARGE;
}
