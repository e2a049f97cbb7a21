/* Rules for certificates of public trust: CA/Browser Forum Baseline Requirements, and CT. */
#include "ca/pki/lint.h"

#include <openssl/err.h>
#include <string.h>

#define DAYS_MAX 398
#define POISON_OID "1.3.6.1.4.1.11129.2.4.3"
#define TIMESTAMPS_OID "1.3.6.1.4.1.11129.2.4.2"
/* Version, log id, time, no extensions, hash and signature algorithm, length of a signature. */
#define TIMESTAMP_LEAST (1 + 32 + 8 + 2 + 2 + 2)
#define KU_CA_NEEDED (PKI_KU_KEY_CERT_SIGN | PKI_KU_CRL_SIGN)

static bool is_ca(const struct lint *l)
{
    const BASIC_CONSTRAINTS *constraints = l->e.value[PKI_EXT_BASIC_CONSTRAINTS];
    return constraints != NULL && constraints->ca != 0;
}

static bool is_root(const struct lint *l)
{
    return slice_equal(pki_der_string(l->tbs->issuer), pki_der_string(l->tbs->subject));
}

/* ---- fields ---- */

bool lint_public_validity(const struct lint *l)
{
    int days = 0, seconds = 0;
    const PKI_VALIDITY *validity = l->tbs->validity;
    if (is_ca(l))
        return true;
    return ASN1_TIME_diff(&days, &seconds, validity->not_before, validity->not_after) == 1 &&
           days < DAYS_MAX;
}

bool lint_public_hash(const struct lint *l)
{
    static const int nids[] = {NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption,
                               NID_sha512WithRSAEncryption, NID_ecdsa_with_SHA256,
                               NID_ecdsa_with_SHA384,       NID_ecdsa_with_SHA512,
                               NID_rsassaPss};
    int nid = OBJ_obj2nid(l->tbs->signature->algorithm);
    for (size_t i = 0; i < sizeof nids / sizeof nids[0]; i++)
        if (nids[i] == nid)
            return true;
    return false;
}

/* ---- names ---- */

static int count_of(const X509_NAME *name, int nid)
{
    int count = 0;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;)
        count++;
    return count;
}

bool lint_public_subject(const struct lint *l)
{
    int names = count_of(l->subject, NID_commonName);
    return is_ca(l) || (names <= 1 && X509_NAME_entry_count(l->subject) == names);
}

bool lint_public_ca_subject(const struct lint *l)
{
    return !is_ca(l) || (count_of(l->subject, NID_countryName) == 1 &&
                         count_of(l->subject, NID_organizationName) == 1 &&
                         count_of(l->subject, NID_commonName) == 1);
}

bool lint_public_names(const struct lint *l)
{
    const GENERAL_NAMES *names = l->e.value[PKI_EXT_ALT_NAME];
    if (is_ca(l))
        return names == NULL;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        if (sk_GENERAL_NAME_value(names, i)->type != GEN_DNS)
            return false;
    return sk_GENERAL_NAME_num(names) > 0;
}

static bool has_name(const GENERAL_NAMES *names, struct slice wanted)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS && slice_equal(pki_der_string(name->d.dNSName), wanted))
            return true;
    }
    return false;
}

bool lint_public_common_name(const struct lint *l)
{
    int at = X509_NAME_get_index_by_NID(l->subject, NID_commonName, -1);
    if (is_ca(l) || at < 0)
        return true;
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(l->subject, at));
    return has_name(l->e.value[PKI_EXT_ALT_NAME], pki_der_string(text));
}

/* ---- usages ---- */

bool lint_public_purposes(const struct lint *l)
{
    const EXTENDED_KEY_USAGE *usage = l->e.value[PKI_EXT_EXTENDED_KEY_USAGE];
    if (is_root(l))
        return usage == NULL;
    return usage != NULL && sk_ASN1_OBJECT_num(usage) == 1 &&
           OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, 0)) == NID_server_auth;
}

bool lint_public_key_usage(const struct lint *l)
{
    unsigned bits = pki_key_usage_bits(l->e.value[PKI_EXT_KEY_USAGE]);
    enum key_alg alg = pki_key_alg(pki_der_string(l->tbs->spki));
    const struct key_alg_info *key = key_alg_info(alg);
    unsigned allowed = PKI_KU_DIGITAL_SIGNATURE;
    if (is_ca(l))
        return (bits & KU_CA_NEEDED) == KU_CA_NEEDED &&
               (bits & ~(unsigned)(KU_CA_NEEDED | PKI_KU_DIGITAL_SIGNATURE)) == 0;
    if (key != NULL && key->rsa)
        allowed |= PKI_KU_KEY_ENCIPHERMENT;
    return (bits & PKI_KU_DIGITAL_SIGNATURE) != 0 && (bits & ~allowed) == 0;
}

/* ---- what else must be there ---- */

bool lint_public_policies(const struct lint *l)
{
    return is_root(l) ||
           (l->e.value[PKI_EXT_POLICIES] != NULL && !l->e.critical[PKI_EXT_POLICIES]);
}

bool lint_public_status(const struct lint *l)
{
    return is_root(l) || l->e.value[PKI_EXT_CRL_POINTS] != NULL;
}

static bool has_access(const AUTHORITY_INFO_ACCESS *list, int method)
{
    static const char scheme[] = "http://";
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list); i++) {
        const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(list, i);
        if (OBJ_obj2nid(access->method) != method || access->location->type != GEN_URI)
            continue;
        struct slice uri = pki_der_string(access->location->d.uniformResourceIdentifier);
        if (uri.len > sizeof scheme - 1 && memcmp(uri.data, scheme, sizeof scheme - 1) == 0)
            return true;
    }
    return false;
}

bool lint_public_issuer(const struct lint *l)
{
    const AUTHORITY_INFO_ACCESS *list = l->e.value[PKI_EXT_AUTHORITY_INFO];
    return is_root(l) ||
           (has_access(list, NID_ad_OCSP) && has_access(list, NID_ad_ca_issuers));
}

/* ---- certificate transparency ---- */

bool lint_public_poison(const struct lint *l)
{
    static const uint8_t null[] = {0x05, 0x00};
    struct slice value = {0};
    X509_EXTENSION *poison = pki_extension_find(l->tbs->extensions, POISON_OID, &value);
    if (poison == NULL)
        return !l->profile->precertificate;
    return l->profile->precertificate && X509_EXTENSION_get_critical(poison) > 0 &&
           slice_equal(value, slice_of(null, sizeof null));
}

static size_t take_length(struct slice *from)
{
    size_t len = (size_t)from->data[0] << 8 | from->data[1];
    *from = slice_of(from->data + 2, from->len - 2);
    return len;
}

/* SignedCertificateTimestampList: at least one, and nothing is left over. */
static bool is_list(struct slice list)
{
    if (list.len < 2 || take_length(&list) != list.len || list.len == 0)
        return false;
    while (list.len >= 2) {
        size_t len = take_length(&list);
        if (len < TIMESTAMP_LEAST || len > list.len)
            return false;
        list = slice_of(list.data + len, list.len - len);
    }
    return list.len == 0;
}

bool lint_public_timestamps(const struct lint *l)
{
    struct slice value = {0};
    X509_EXTENSION *list = pki_extension_find(l->tbs->extensions, TIMESTAMPS_OID, &value);
    if (list == NULL)
        return true;
    const unsigned char *at = value.data;
    ASN1_OCTET_STRING *octets = d2i_ASN1_OCTET_STRING(NULL, &at, (long)value.len);
    bool sound = octets != NULL && at == value.data + value.len &&
                 is_list(pki_der_string(octets)) && !l->profile->precertificate &&
                 X509_EXTENSION_get_critical(list) == 0;
    ASN1_OCTET_STRING_free(octets);
    ERR_clear_error();
    return sound;
}
