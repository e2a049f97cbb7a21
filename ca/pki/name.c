#include "ca/pki/der.h"

#include <limits.h>
#include <openssl/err.h>

struct name_row {
    int nid;
    int type; /* V_ASN1_* */
};

/* Attributes whose ASN.1 type is not DirectoryString (RFC 5280 Appendix A.1). */
static const struct name_row name_rows[] = {
    {NID_countryName, V_ASN1_PRINTABLESTRING},  {NID_serialNumber, V_ASN1_PRINTABLESTRING},
    {NID_dnQualifier, V_ASN1_PRINTABLESTRING},  {NID_domainComponent, V_ASN1_IA5STRING},
    {NID_pkcs9_emailAddress, V_ASN1_IA5STRING},
};

static int attribute_type(int nid)
{
    for (size_t i = 0; i < sizeof name_rows / sizeof name_rows[0]; i++)
        if (name_rows[i].nid == nid)
            return name_rows[i].type;
    return V_ASN1_UTF8STRING;
}

static bool is_utf8(struct slice text)
{
    unsigned long code = 0;
    while (text.len > 0) {
        int used = UTF8_getc(text.data, (int)text.len, &code);
        if (used <= 0)
            return false;
        text = slice_of(text.data + used, text.len - (size_t)used);
    }
    return true;
}

/* The smallest type that holds the text says whether the wanted one can. */
static bool text_fits(struct slice text, int type)
{
    if (text.len == 0 || text.len > INT_MAX)
        return false;
    if (type == V_ASN1_UTF8STRING)
        return is_utf8(text);
    int smallest = ASN1_PRINTABLE_type(text.data, (int)text.len);
    return smallest == V_ASN1_PRINTABLESTRING ||
           (smallest == V_ASN1_IA5STRING && type == V_ASN1_IA5STRING);
}

static int name_add(X509_NAME *name, const struct pki_attribute *attribute)
{
    int rc = CH_EINVAL;
    struct slice value = slice_text(attribute->value);
    ASN1_OBJECT *oid = attribute->oid == NULL ? NULL : OBJ_txt2obj(attribute->oid, 1);

    if (oid == NULL)
        goto out;
    int type = attribute_type(OBJ_obj2nid(oid));
    if (!text_fits(value, type))
        goto out;
    int added = X509_NAME_add_entry_by_OBJ(name, oid, type, value.data, (int)value.len, -1, 0);
    rc = added == 1 ? 0 : CH_ENOMEM;
out:
    ASN1_OBJECT_free(oid);
    ERR_clear_error();
    return rc;
}

int pki_name_build(const struct pki_attribute *attributes, size_t count, struct buf *der)
{
    int rc = CH_ENOMEM;
    X509_NAME *name = X509_NAME_new();

    if (name == NULL)
        goto out;
    rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = name_add(name, &attributes[i]);
    if (rc == 0)
        rc = pki_der_encode(name, ASN1_ITEM_rptr(X509_NAME), der);
out:
    X509_NAME_free(name);
    return rc;
}

int pki_name_append(struct slice old, const struct pki_attribute *attribute, struct buf *der)
{
    X509_NAME *name = (X509_NAME *)pki_der_decode(old, ASN1_ITEM_rptr(X509_NAME));
    if (name == NULL)
        return CH_EINVAL;
    int rc = name_add(name, attribute);
    if (rc == 0)
        rc = pki_der_encode(name, ASN1_ITEM_rptr(X509_NAME), der);
    X509_NAME_free(name);
    return rc;
}

/*
 * RFC 4514 escapes, but in the order of the encoding; attributes that OpenSSL has no short name
 * for appear by their dotted OID.
 */
#define NAME_TEXT_FLAGS                                                                            \
    (XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN | ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL |      \
     ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_DUMP_UNKNOWN | ASN1_STRFLGS_DUMP_DER)

static int bio_take(BIO *bio, struct buf *text)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return len <= 0 ? 0 : buf_put(text, data, (size_t)len);
}

int pki_name_text(struct slice der, struct buf *text)
{
    int rc = CH_ENOMEM;
    BIO *bio = BIO_new(BIO_s_mem());
    X509_NAME *name = pki_der_decode(der, ASN1_ITEM_rptr(X509_NAME));

    if (name == NULL) {
        rc = CH_EINVAL;
        goto out;
    }
    if (bio == NULL)
        goto out;
    if (X509_NAME_print_ex(bio, name, 0, NAME_TEXT_FLAGS) < 0) {
        rc = CH_EINVAL;
        goto out;
    }
    rc = bio_take(bio, text);
out:
    X509_NAME_free(name);
    BIO_free(bio);
    ERR_clear_error();
    return rc;
}

/* ---- RFC 2253 ---- */

static const struct keyword_row {
    int nid;
    const char *keyword;
} keyword_rows[] = {
    {NID_commonName, "CN"},
    {NID_localityName, "L"},
    {NID_stateOrProvinceName, "ST"},
    {NID_organizationName, "O"},
    {NID_organizationalUnitName, "OU"},
    {NID_countryName, "C"},
    {NID_streetAddress, "STREET"},
    {NID_domainComponent, "DC"},
    {NID_userId, "UID"},
};

static const char *keyword_of(const X509_NAME_ENTRY *entry)
{
    int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    for (size_t i = 0; i < sizeof keyword_rows / sizeof keyword_rows[0]; i++)
        if (keyword_rows[i].nid == nid)
            return keyword_rows[i].keyword;
    return NULL;
}

/* False: no memory. */
static bool entry_print(BIO *bio, const X509_NAME_ENTRY *entry)
{
    char oid[64];
    const char *keyword = keyword_of(entry);
    unsigned long flags =
        keyword != NULL ? ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT
                        : ASN1_STRFLGS_DUMP_ALL | ASN1_STRFLGS_DUMP_DER;
    OBJ_obj2txt(oid, sizeof oid, X509_NAME_ENTRY_get_object(entry), 1);
    return BIO_printf(bio, "%s=", keyword != NULL ? keyword : oid) > 0 &&
           ASN1_STRING_print_ex(bio, X509_NAME_ENTRY_get_data(entry), flags) >= 0;
}

static bool name_print(BIO *bio, const X509_NAME *name)
{
    int above = -1; /* the RDN of the attribute before */
    bool fine = true;
    for (int i = X509_NAME_entry_count(name) - 1; fine && i >= 0; i--) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        int rdn = X509_NAME_ENTRY_set(entry);
        if (above >= 0)
            fine = BIO_puts(bio, rdn == above ? "+" : ",") > 0;
        above = rdn;
        fine = fine && entry_print(bio, entry);
    }
    return fine;
}

int pki_name_text_2253(struct slice der, struct buf *text)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509_NAME *name = pki_der_decode(der, ASN1_ITEM_rptr(X509_NAME));
    int rc = name == NULL ? CH_EINVAL : bio == NULL || !name_print(bio, name) ? CH_ENOMEM : 0;
    if (rc == 0)
        rc = bio_take(bio, text);
    X509_NAME_free(name);
    BIO_free(bio);
    ERR_clear_error();
    return rc;
}

/* Appends the first attribute of that type as UTF-8; CH_ENOTFOUND when there is none. */
static int put_attribute(const X509_NAME *name, int nid, struct buf *text)
{
    unsigned char *utf8 = NULL;
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0)
        return CH_ENOTFOUND;
    int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (len < 0) {
        ERR_clear_error();
        return CH_EINVAL;
    }
    int rc = buf_put(text, utf8, (size_t)len);
    OPENSSL_free(utf8);
    return rc;
}

int pki_name_common_name(struct slice der, struct buf *text)
{
    X509_NAME *name = pki_der_decode(der, ASN1_ITEM_rptr(X509_NAME));
    if (name == NULL)
        return CH_EINVAL;
    int rc = put_attribute(name, NID_commonName, text);
    X509_NAME_free(name);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

int pki_name_issuer_text(struct slice der, struct buf *text)
{
    X509_NAME *name = pki_der_decode(der, ASN1_ITEM_rptr(X509_NAME));
    if (name == NULL)
        return CH_EINVAL;
    int rc = put_attribute(name, NID_organizationName, text);
    if (rc == CH_ENOTFOUND)
        rc = put_attribute(name, NID_commonName, text);
    X509_NAME_free(name);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static int entry_visit(const X509_NAME_ENTRY *entry,
                       int (*visit)(void *context, const char *oid, struct slice value),
                       void *context)
{
    char oid[64];
    unsigned char *utf8 = NULL;
    OBJ_obj2txt(oid, sizeof oid, X509_NAME_ENTRY_get_object(entry), 1);
    int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    if (len < 0) {
        ERR_clear_error();
        return CH_EINVAL;
    }
    int rc = visit(context, oid, slice_of(utf8, (size_t)len));
    OPENSSL_free(utf8);
    return rc;
}

int pki_name_each(struct slice der,
                  int (*visit)(void *context, const char *oid, struct slice value), void *context)
{
    X509_NAME *name = pki_der_decode(der, ASN1_ITEM_rptr(X509_NAME));
    int rc = name == NULL ? CH_EINVAL : 0;
    for (int i = 0; rc == 0 && i < X509_NAME_entry_count(name); i++)
        rc = entry_visit(X509_NAME_get_entry(name, i), visit, context);
    X509_NAME_free(name);
    return rc;
}
