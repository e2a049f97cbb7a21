#include "ca/pki/lint.h"

#include <ctype.h>
#include <openssl/err.h>
#include <string.h>

/* ---- distinguished names ---- */

/* Upper bounds of RFC 5280 Appendix A.1, in characters; emailAddress of Appendix A.1 too. */
struct bound_row {
    int nid;
    int type; /* V_ASN1_*; V_ASN1_UNDEF = DirectoryString */
    int max;
};

static const struct bound_row bounds[] = {
    {NID_countryName, V_ASN1_PRINTABLESTRING, 2},
    {NID_serialNumber, V_ASN1_PRINTABLESTRING, 64},
    {NID_dnQualifier, V_ASN1_PRINTABLESTRING, 64},
    {NID_domainComponent, V_ASN1_IA5STRING, 63},
    {NID_pkcs9_emailAddress, V_ASN1_IA5STRING, 255},
    {NID_commonName, V_ASN1_UNDEF, 64},
    {NID_organizationName, V_ASN1_UNDEF, 64},
    {NID_organizationalUnitName, V_ASN1_UNDEF, 64},
    {NID_localityName, V_ASN1_UNDEF, 128},
    {NID_stateOrProvinceName, V_ASN1_UNDEF, 128},
    {NID_title, V_ASN1_UNDEF, 64},
    {NID_surname, V_ASN1_UNDEF, 32768},
    {NID_givenName, V_ASN1_UNDEF, 32768},
    {NID_initials, V_ASN1_UNDEF, 32768},
    {NID_generationQualifier, V_ASN1_UNDEF, 32768},
    {NID_pseudonym, V_ASN1_UNDEF, 128},
    {NID_name, V_ASN1_UNDEF, 32768},
};

static const struct bound_row *bound_find(const X509_NAME_ENTRY *entry)
{
    int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        if (bounds[i].nid == nid)
            return &bounds[i];
    return NULL;
}

/* Characters of a text; -1 when it is not valid in its own encoding. */
static int count_characters(const ASN1_STRING *text)
{
    unsigned char *utf8 = NULL;
    int count = 0;
    int len = ASN1_STRING_to_UTF8(&utf8, text);
    if (len < 0) {
        ERR_clear_error();
        return -1;
    }
    for (int i = 0; i < len; i++)
        if ((utf8[i] & 0xc0) != 0x80)
            count++;
    OPENSSL_free(utf8);
    return count;
}

/* Printable and IA5 strings are judged by the smallest type that would hold the same octets. */
static bool holds_its_type(const ASN1_STRING *text)
{
    struct slice octets = pki_der_string(text);
    int smallest = ASN1_PRINTABLE_type(octets.data, (int)octets.len);
    switch (ASN1_STRING_type(text)) {
    case V_ASN1_PRINTABLESTRING:
        return smallest == V_ASN1_PRINTABLESTRING;
    case V_ASN1_IA5STRING:
        return smallest != V_ASN1_T61STRING;
    default:
        return count_characters(text) >= 0;
    }
}

static bool has_type(const X509_NAME_ENTRY *entry)
{
    const struct bound_row *row = bound_find(entry);
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(entry);
    int type = ASN1_STRING_type(text);
    if (row == NULL)
        return true; /* not ours to say */
    if (row->type == V_ASN1_UNDEF ? type != V_ASN1_PRINTABLESTRING && type != V_ASN1_UTF8STRING
                                  : type != row->type)
        return false;
    return holds_its_type(text);
}

static bool is_in_bounds(const X509_NAME_ENTRY *entry)
{
    const struct bound_row *row = bound_find(entry);
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(entry);
    if (row == NULL)
        return true;
    int count = count_characters(text);
    return count >= 1 && count <= row->max;
}

static bool is_country(const X509_NAME_ENTRY *entry)
{
    if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_countryName)
        return true;
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(entry);
    struct slice octets = pki_der_string(text);
    return ASN1_STRING_type(text) == V_ASN1_PRINTABLESTRING && octets.len == 2 &&
           isalpha(octets.data[0]) && isalpha(octets.data[1]);
}

static bool every_attribute(const X509_NAME *name, bool (*keeps)(const X509_NAME_ENTRY *entry))
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++)
        if (!keeps(X509_NAME_get_entry(name, i)))
            return false;
    return true;
}

bool lint_names_are_names(const struct lint *l)
{
    return l->issuer != NULL && l->subject != NULL;
}

bool lint_issuer_there(const struct lint *l)
{
    return X509_NAME_entry_count(l->issuer) > 0;
}

bool lint_country(const struct lint *l)
{
    return every_attribute(l->subject, is_country);
}

bool lint_attribute_types(const struct lint *l)
{
    return every_attribute(l->subject, has_type);
}

bool lint_attribute_bounds(const struct lint *l)
{
    return every_attribute(l->subject, is_in_bounds);
}

bool lint_ca_subject_there(const struct lint *l)
{
    const BASIC_CONSTRAINTS *constraints = l->e.value[PKI_EXT_BASIC_CONSTRAINTS];
    return constraints == NULL || !constraints->ca || X509_NAME_entry_count(l->subject) > 0;
}

bool lint_subject_or_alt_name(const struct lint *l)
{
    return X509_NAME_entry_count(l->subject) > 0 || l->e.value[PKI_EXT_ALT_NAME] != NULL;
}

/* ---- alternative names ---- */

bool lint_alt_name_critical(const struct lint *l)
{
    return X509_NAME_entry_count(l->subject) > 0 || l->e.critical[PKI_EXT_ALT_NAME];
}

bool lint_alt_name_filled(const struct lint *l)
{
    const GENERAL_NAMES *names = l->e.value[PKI_EXT_ALT_NAME];
    return names == NULL || sk_GENERAL_NAME_num(names) > 0;
}

/* Applies a rule to each name of one type (GEN_*). */
static bool every_name(const struct lint *l, int type, bool (*keeps)(struct slice name))
{
    const GENERAL_NAMES *names = l->e.value[PKI_EXT_ALT_NAME];
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        /* DNS, mail, URI and IP names are all strings behind the same pointer. */
        if (name->type == type && !keeps(pki_der_string(GENERAL_NAME_get0_value(name, NULL))))
            return false;
    }
    return true;
}

/* Cuts the first label off; false when there is none left. */
static bool next_label(struct slice *rest, struct slice *label)
{
    if (rest->data == NULL)
        return false;
    const uint8_t *dot = rest->len == 0 ? NULL : memchr(rest->data, '.', rest->len);
    if (dot == NULL) {
        *label = *rest;
        *rest = slice_of(NULL, 0);
        return true;
    }
    size_t len = (size_t)(dot - rest->data);
    *label = slice_of(rest->data, len);
    *rest = slice_of(dot + 1, rest->len - len - 1);
    return true;
}

static bool dns_length(struct slice name)
{
    struct slice label;
    if (name.len == 0 || name.len > 253)
        return false;
    while (next_label(&name, &label))
        if (label.len == 0 || label.len > 63)
            return false;
    return true;
}

static bool dns_wildcard(struct slice name)
{
    if (name.len > 2 && name.data[0] == '*' && name.data[1] == '.')
        name = slice_of(name.data + 2, name.len - 2);
    return memchr(name.data, '*', name.len) == NULL;
}

static bool is_ldh_label(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (label.data[i] > 127 || (!isalnum(label.data[i]) && label.data[i] != '-'))
            return false;
    return label.data[0] != '-' && label.data[label.len - 1] != '-';
}

static bool dns_letters(struct slice name)
{
    struct slice label;
    while (next_label(&name, &label))
        if (!slice_is(label, "*") && !is_ldh_label(label))
            return false;
    return true;
}

static bool ip_size(struct slice address)
{
    return address.len == 4 || address.len == 16;
}

/* Printable ASCII without blanks. */
static bool is_graphic(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f)
            return false;
    return text.len > 0;
}

static bool mailbox(struct slice address)
{
    if (!is_graphic(address))
        return false;
    const uint8_t *sign = address.data == NULL ? NULL : memrchr(address.data, '@', address.len);
    if (sign == NULL || sign == address.data)
        return false;
    struct slice host = slice_of(sign + 1, address.len - (size_t)(sign - address.data) - 1);
    return dns_length(host) && dns_letters(host) && dns_wildcard(host);
}

bool lint_is_uri(struct slice text)
{
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.data, ':', text.len);
    if (!is_graphic(text) || colon == NULL || colon == text.data || !isalpha(text.data[0]))
        return false;
    for (const uint8_t *c = text.data; c < colon; c++)
        if (!isalnum(*c) && strchr("+-.", *c) == NULL)
            return false;
    return (size_t)(colon - text.data) + 1 < text.len;
}

bool lint_dns_length(const struct lint *l)
{
    return every_name(l, GEN_DNS, dns_length);
}

bool lint_dns_wildcard(const struct lint *l)
{
    return every_name(l, GEN_DNS, dns_wildcard);
}

bool lint_dns_letters(const struct lint *l)
{
    return every_name(l, GEN_DNS, dns_letters);
}

bool lint_ip_size(const struct lint *l)
{
    return every_name(l, GEN_IPADD, ip_size);
}

bool lint_mailbox(const struct lint *l)
{
    return every_name(l, GEN_EMAIL, mailbox);
}

bool lint_uri(const struct lint *l)
{
    return every_name(l, GEN_URI, lint_is_uri);
}
