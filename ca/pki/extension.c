#include "ca/pki/extension.h"

#include <limits.h>
#include <openssl/err.h>

struct extension_row {
    int nid;
    const ASN1_ITEM *(*item)(void);
};

static const struct extension_row extension_rows[PKI_EXT_COUNT] = {
    [PKI_EXT_ALT_NAME] = {NID_subject_alt_name, ASN1_ITEM_ref(GENERAL_NAMES)},
    [PKI_EXT_BASIC_CONSTRAINTS] = {NID_basic_constraints, ASN1_ITEM_ref(BASIC_CONSTRAINTS)},
    [PKI_EXT_AUTHORITY_KEY_ID] = {NID_authority_key_identifier, ASN1_ITEM_ref(AUTHORITY_KEYID)},
    [PKI_EXT_SUBJECT_KEY_ID] = {NID_subject_key_identifier, ASN1_ITEM_ref(ASN1_OCTET_STRING)},
    [PKI_EXT_KEY_USAGE] = {NID_key_usage, ASN1_ITEM_ref(ASN1_BIT_STRING)},
    [PKI_EXT_EXTENDED_KEY_USAGE] = {NID_ext_key_usage, ASN1_ITEM_ref(EXTENDED_KEY_USAGE)},
    [PKI_EXT_POLICIES] = {NID_certificate_policies, ASN1_ITEM_ref(CERTIFICATEPOLICIES)},
    [PKI_EXT_POLICY_MAPPINGS] = {NID_policy_mappings, ASN1_ITEM_ref(POLICY_MAPPINGS)},
    [PKI_EXT_POLICY_CONSTRAINTS] = {NID_policy_constraints, ASN1_ITEM_ref(POLICY_CONSTRAINTS)},
    [PKI_EXT_INHIBIT_ANY_POLICY] = {NID_inhibit_any_policy, ASN1_ITEM_ref(ASN1_INTEGER)},
    [PKI_EXT_NAME_CONSTRAINTS] = {NID_name_constraints, ASN1_ITEM_ref(NAME_CONSTRAINTS)},
    [PKI_EXT_ISSUER_ALT_NAME] = {NID_issuer_alt_name, ASN1_ITEM_ref(GENERAL_NAMES)},
    [PKI_EXT_CRL_POINTS] = {NID_crl_distribution_points, ASN1_ITEM_ref(CRL_DIST_POINTS)},
    [PKI_EXT_AUTHORITY_INFO] = {NID_info_access, ASN1_ITEM_ref(AUTHORITY_INFO_ACCESS)},
    [PKI_EXT_SUBJECT_INFO] = {NID_sinfo_access, ASN1_ITEM_ref(AUTHORITY_INFO_ACCESS)},
    [PKI_EXT_OCSP_NO_CHECK] = {NID_id_pkix_OCSP_noCheck, ASN1_ITEM_ref(ASN1_NULL)},
};

/* The row number of an extension; count when the first so many rows do not have it. */
static size_t row_find(X509_EXTENSION *extension, size_t count)
{
    int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    size_t i = 0;
    while (i < count && extension_rows[i].nid != nid)
        i++;
    return i;
}

static bool is_repeated(const STACK_OF(X509_EXTENSION) * list, int index)
{
    const ASN1_OBJECT *oid = X509_EXTENSION_get_object(sk_X509_EXTENSION_value(list, index));
    for (int i = 0; i < index; i++)
        if (OBJ_cmp(oid, X509_EXTENSION_get_object(sk_X509_EXTENSION_value(list, i))) == 0)
            return true;
    return false;
}

/* One whole element of DER, whatever is in it. */
static bool is_element(struct slice der)
{
    ASN1_TYPE *any = pki_der_decode(der, ASN1_ITEM_rptr(ASN1_ANY));
    ASN1_TYPE_free(any);
    return any != NULL;
}

static void read_one(X509_EXTENSION *extension, size_t count, struct pki_extensions *out)
{
    size_t row = row_find(extension, count);
    bool critical = X509_EXTENSION_get_critical(extension) > 0;
    struct slice der = pki_der_string(X509_EXTENSION_get_data(extension));
    if (row == count) {
        if (critical)
            out->alien_critical = extension;
        if (count == PKI_EXT_COUNT && !is_element(der))
            out->malformed = extension;
        return;
    }
    out->critical[row] = critical;
    out->value[row] = pki_der_decode(der, extension_rows[row].item());
    if (out->value[row] == NULL)
        out->malformed = extension;
}

static int read_rows(const STACK_OF(X509_EXTENSION) * list, size_t count,
                     struct pki_extensions *out)
{
    *out = (struct pki_extensions){.duplicate = false};
    if (sk_X509_EXTENSION_num(list) > PKI_EXTENSIONS_MAX)
        return CH_ELIMIT;
    for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
        if (is_repeated(list, i))
            out->duplicate = true;
        else
            read_one(sk_X509_EXTENSION_value(list, i), count, out);
    }
    return 0;
}

int pki_extensions_read(const STACK_OF(X509_EXTENSION) * list, struct pki_extensions *out)
{
    return read_rows(list, PKI_EXT_BASE, out);
}

int pki_extensions_read_all(const STACK_OF(X509_EXTENSION) * list, struct pki_extensions *out)
{
    return read_rows(list, PKI_EXT_COUNT, out);
}

void pki_extensions_free(struct pki_extensions *e)
{
    for (size_t i = 0; i < PKI_EXT_COUNT; i++)
        ASN1_item_free(e->value[i], extension_rows[i].item());
    *e = (struct pki_extensions){.duplicate = false};
}

unsigned pki_key_usage_bits(const ASN1_BIT_STRING *bits)
{
    unsigned usage = 0;
    for (int n = 0; bits != NULL && n <= 8; n++)
        if (ASN1_BIT_STRING_get_bit(bits, n))
            usage |= 1u << n;
    return usage;
}

int pki_path_length_get(const BASIC_CONSTRAINTS *constraints, int *length)
{
    int64_t value = 0;
    *length = -1;
    if (constraints == NULL || constraints->pathlen == NULL)
        return 0;
    if (ASN1_INTEGER_get_int64(&value, constraints->pathlen) != 1 || value > INT_MAX) {
        ERR_clear_error();
        value = INT_MAX;
    }
    if (value < 0 || (ASN1_STRING_type(constraints->pathlen) & V_ASN1_NEG) != 0)
        return CH_EINVAL;
    *length = (int)value;
    return 0;
}

X509_EXTENSION *pki_extension_find(const STACK_OF(X509_EXTENSION) * list, const char *oid,
                                   struct slice *value)
{
    char text[64];
    *value = slice_of(NULL, 0);
    for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(list, i);
        pki_extension_oid(extension, text);
        if (strcmp(text, oid) == 0) {
            *value = pki_der_string(X509_EXTENSION_get_data(extension));
            return extension;
        }
    }
    return NULL;
}

void pki_extension_oid(X509_EXTENSION *extension, char oid[64])
{
    OBJ_obj2txt(oid, 64, X509_EXTENSION_get_object(extension), 1);
}

/* ---- writing ---- */

int pki_extension_add(STACK_OF(X509_EXTENSION) * list, int nid, bool critical, struct slice der)
{
    int rc = CH_ENOMEM;
    X509_EXTENSION *extension = NULL;
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();

    if (octets == NULL || der.len > INT_MAX ||
        ASN1_OCTET_STRING_set(octets, der.data, (int)der.len) != 1)
        goto out;
    extension = X509_EXTENSION_create_by_NID(NULL, nid, critical, octets);
    if (extension == NULL || sk_X509_EXTENSION_push(list, extension) <= 0)
        goto out;
    extension = NULL;
    rc = 0;
out:
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
    return rc;
}

int pki_extension_add_value(STACK_OF(X509_EXTENSION) * list, enum pki_extension_id id,
                            bool critical, const void *value)
{
    struct buf der = {0};
    int rc = pki_der_encode(value, extension_rows[id].item(), &der);
    if (rc == 0)
        rc = pki_extension_add(list, extension_rows[id].nid, critical, buf_slice(&der));
    buf_free(&der);
    return rc;
}

int pki_extension_add_basic_constraints(STACK_OF(X509_EXTENSION) * list, bool ca, int path_length,
                                        bool critical)
{
    int rc = CH_ENOMEM;
    BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();

    if (constraints == NULL)
        goto out;
    constraints->ca = ca ? 0xff : 0;
    if (path_length >= 0) {
        constraints->pathlen = ASN1_INTEGER_new();
        if (constraints->pathlen == NULL ||
            ASN1_INTEGER_set(constraints->pathlen, path_length) != 1)
            goto out;
    }
    rc = pki_extension_add_value(list, PKI_EXT_BASIC_CONSTRAINTS, critical, constraints);
out:
    BASIC_CONSTRAINTS_free(constraints);
    return rc;
}

int pki_extension_add_key_usage(STACK_OF(X509_EXTENSION) * list, unsigned bits, bool critical)
{
    int rc = 0;
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();

    if (usage == NULL)
        return CH_ENOMEM;
    for (int n = 0; rc == 0 && n <= 8; n++)
        if ((bits & 1u << n) != 0 && ASN1_BIT_STRING_set_bit(usage, n, 1) != 1)
            rc = CH_ENOMEM;
    if (rc == 0)
        rc = pki_extension_add_value(list, PKI_EXT_KEY_USAGE, critical, usage);
    ASN1_BIT_STRING_free(usage);
    return rc;
}

int pki_extension_add_extended_key_usage(STACK_OF(X509_EXTENSION) * list, const char *const *oids,
                                         bool critical)
{
    int rc = CH_ENOMEM;
    ASN1_OBJECT *oid = NULL;
    EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();

    if (usage == NULL)
        goto out;
    for (size_t i = 0; oids[i] != NULL; i++) {
        oid = OBJ_txt2obj(oids[i], 1);
        if (oid == NULL) {
            rc = CH_EINVAL;
            goto out;
        }
        if (sk_ASN1_OBJECT_push(usage, oid) <= 0)
            goto out;
        oid = NULL;
    }
    rc = pki_extension_add_value(list, PKI_EXT_EXTENDED_KEY_USAGE, critical, usage);
out:
    ASN1_OBJECT_free(oid);
    EXTENDED_KEY_USAGE_free(usage);
    ERR_clear_error();
    return rc;
}

int pki_extension_add_subject_key_id(STACK_OF(X509_EXTENSION) * list, struct slice id)
{
    int rc = CH_ENOMEM;
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();

    if (octets != NULL && ASN1_OCTET_STRING_set(octets, id.data, (int)id.len) == 1)
        rc = pki_extension_add_value(list, PKI_EXT_SUBJECT_KEY_ID, false, octets);
    ASN1_OCTET_STRING_free(octets);
    return rc;
}

int pki_extension_add_authority_key_id(STACK_OF(X509_EXTENSION) * list, struct slice id)
{
    int rc = CH_ENOMEM;
    AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();

    if (authority == NULL)
        goto out;
    authority->keyid = ASN1_OCTET_STRING_new();
    if (authority->keyid != NULL &&
        ASN1_OCTET_STRING_set(authority->keyid, id.data, (int)id.len) == 1)
        rc = pki_extension_add_value(list, PKI_EXT_AUTHORITY_KEY_ID, false, authority);
out:
    AUTHORITY_KEYID_free(authority);
    return rc;
}

int pki_extension_add_alt_name(STACK_OF(X509_EXTENSION) * list, struct slice der, bool critical)
{
    return pki_extension_add(list, NID_subject_alt_name, critical, der);
}
