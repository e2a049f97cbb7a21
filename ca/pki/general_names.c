/* GeneralNames of every kind that the API can name (RFC 5280 4.2.1.6). */
#include "ca/pki/der.h"

#include <openssl/err.h>
#include <string.h>

static ASN1_STRING *string_make(int type, const void *data, size_t len)
{
    ASN1_STRING *text = ASN1_STRING_type_new(type);
    if (text != NULL && ASN1_STRING_set(text, data, (int)len) != 1) {
        ASN1_STRING_free(text);
        text = NULL;
    }
    return text;
}

static ASN1_STRING *text_make(int type, const char *text)
{
    return string_make(type, text, strlen(text));
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text > 0x7f)
            return false;
    return true;
}

/* rfc822Name, dNSName and uniformResourceIdentifier are IA5Strings. */
static int ia5_set(GENERAL_NAME *name, int type, const char *text)
{
    if (text[0] == '\0' || !is_ascii(text))
        return CH_EINVAL;
    ASN1_STRING *value = text_make(V_ASN1_IA5STRING, text);
    if (value == NULL)
        return CH_ENOMEM;
    GENERAL_NAME_set0_value(name, type, value);
    return 0;
}

static int mail_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    return ia5_set(name, GEN_EMAIL, in->text);
}

static int dns_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    return ia5_set(name, GEN_DNS, in->text);
}

static int uri_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    return ia5_set(name, GEN_URI, in->text);
}

static int ip_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(in->text);
    if (address == NULL)
        return CH_EINVAL;
    GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    return 0;
}

static int registered_id_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(in->text, 1);
    if (oid == NULL)
        return CH_EINVAL;
    GENERAL_NAME_set0_value(name, GEN_RID, oid);
    return 0;
}

static int directory_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    X509_NAME *directory = pki_der_decode(in->directory, ASN1_ITEM_rptr(X509_NAME));
    if (directory == NULL)
        return CH_EINVAL;
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, directory);
    return 0;
}

static int other_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    int rc = CH_EINVAL;
    ASN1_TYPE *value = NULL;
    ASN1_STRING *text = NULL;
    ASN1_OBJECT *type = OBJ_txt2obj(in->detail, 1);

    if (type == NULL)
        goto out;
    rc = CH_ENOMEM;
    value = ASN1_TYPE_new();
    text = text_make(V_ASN1_UTF8STRING, in->text);
    if (value == NULL || text == NULL)
        goto out;
    ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
    text = NULL; /* now the value's */
    if (GENERAL_NAME_set0_othername(name, type, value) != 1)
        goto out;
    type = NULL; /* both the name's */
    value = NULL;
    rc = 0;
out:
    ASN1_STRING_free(text);
    ASN1_TYPE_free(value);
    ASN1_OBJECT_free(type);
    return rc;
}

static int edi_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    EDIPARTYNAME *party = EDIPARTYNAME_new();
    if (party == NULL)
        return CH_ENOMEM;
    ASN1_STRING_free(party->partyName);
    party->partyName = text_make(V_ASN1_UTF8STRING, in->text);
    if (in->detail != NULL)
        party->nameAssigner = text_make(V_ASN1_UTF8STRING, in->detail);
    if (party->partyName == NULL || (in->detail != NULL && party->nameAssigner == NULL)) {
        EDIPARTYNAME_free(party);
        return CH_ENOMEM;
    }
    GENERAL_NAME_set0_value(name, GEN_EDIPARTY, party);
    return 0;
}

static int (*const setters[])(GENERAL_NAME *name, const struct pki_general_name *in) = {
    [PKI_NAME_OTHER] = other_set, [PKI_NAME_MAIL] = mail_set,
    [PKI_NAME_DNS] = dns_set,     [PKI_NAME_DIRECTORY] = directory_set,
    [PKI_NAME_EDI] = edi_set,     [PKI_NAME_URI] = uri_set,
    [PKI_NAME_IP] = ip_set,       [PKI_NAME_REGISTERED_ID] = registered_id_set,
};

static int name_set(GENERAL_NAME *name, const struct pki_general_name *in)
{
    int rc = setters[in->kind](name, in);
    ERR_clear_error();
    return rc;
}

static int name_add(GENERAL_NAMES *names, const struct pki_general_name *in)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (name == NULL)
        return CH_ENOMEM;
    int rc = name_set(name, in);
    if (rc == 0 && sk_GENERAL_NAME_push(names, name) <= 0)
        rc = CH_ENOMEM;
    if (rc != 0)
        GENERAL_NAME_free(name);
    return rc;
}

int pki_general_names_build(const struct pki_general_name *names, size_t count, struct buf *der,
                            size_t *bad)
{
    int rc = 0;
    *bad = 0;
    if (count == 0)
        return CH_EINVAL;
    GENERAL_NAMES *list = GENERAL_NAMES_new();
    if (list == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        *bad = i;
        rc = name_add(list, &names[i]);
    }
    if (rc == 0)
        rc = pki_der_encode(list, ASN1_ITEM_rptr(GENERAL_NAMES), der);
    GENERAL_NAMES_free(list);
    return rc;
}

static int access_add(AUTHORITY_INFO_ACCESS *list, const struct pki_access *in)
{
    ACCESS_DESCRIPTION *access = ACCESS_DESCRIPTION_new();
    if (access == NULL)
        return CH_ENOMEM;
    ASN1_OBJECT_free(access->method);
    access->method = OBJ_txt2obj(in->method, 1);
    int rc = access->method == NULL ? CH_EINVAL : name_set(access->location, &in->location);
    if (rc == 0 && sk_ACCESS_DESCRIPTION_push(list, access) <= 0)
        rc = CH_ENOMEM;
    if (rc != 0)
        ACCESS_DESCRIPTION_free(access);
    ERR_clear_error();
    return rc;
}

int pki_info_access_build(const struct pki_access *list, size_t count, struct buf *der, size_t *bad)
{
    int rc = 0;
    *bad = 0;
    if (count == 0)
        return CH_EINVAL;
    AUTHORITY_INFO_ACCESS *all = AUTHORITY_INFO_ACCESS_new();
    if (all == NULL)
        return CH_ENOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        *bad = i;
        rc = access_add(all, &list[i]);
    }
    if (rc == 0)
        rc = pki_der_encode(all, ASN1_ITEM_rptr(AUTHORITY_INFO_ACCESS), der);
    AUTHORITY_INFO_ACCESS_free(all);
    return rc;
}
