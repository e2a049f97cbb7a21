#include "ca/acm/x509_attributes.h"

#include "ca/acm/certificate.h"
#include "ca/acm/listing.h"
#include "ca/members.h"
#include "ca/pki/pki.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- distinguished names ---- */

#define DOMAIN_COMPONENT "0.9.2342.19200300.100.1.25"

static const struct attribute_row {
    const char *oid;
    const char *member;
} attribute_rows[] = {
    {"2.5.4.3", "CommonName"},
    {"2.5.4.6", "Country"},
    {"2.5.4.46", "DistinguishedNameQualifier"},
    {"2.5.4.44", "GenerationQualifier"},
    {"2.5.4.42", "GivenName"},
    {"2.5.4.43", "Initials"},
    {"2.5.4.7", "Locality"},
    {"2.5.4.10", "Organization"},
    {"2.5.4.11", "OrganizationalUnit"},
    {"2.5.4.65", "Pseudonym"},
    {"2.5.4.5", "SerialNumber"},
    {"2.5.4.8", "State"},
    {"2.5.4.4", "Surname"},
    {"2.5.4.12", "Title"},
};

static const char *attribute_member(const char *oid)
{
    for (size_t i = 0; i < sizeof attribute_rows / sizeof attribute_rows[0]; i++)
        if (strcmp(oid, attribute_rows[i].oid) == 0)
            return attribute_rows[i].member;
    return NULL;
}

/* Text of a certificate need not be UTF-8: what is not is left out. */
static json_t *text_new(struct slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

static int list_add(json_t *object, const char *member, json_t *value)
{
    json_t *list = json_object_get(object, member);
    if (list == NULL) {
        list = json_array();
        if (json_object_set_new(object, member, list) != 0) {
            json_decref(value);
            return CH_ENOMEM;
        }
    }
    return json_array_append_new(list, value) == 0 ? 0 : CH_ENOMEM;
}

/* The first value of a kind counts; the API has no room for a second one. */
static int attribute_put(void *context, const char *oid, struct slice text)
{
    json_t *name = context;
    const char *member = attribute_member(oid);
    json_t *value = text_new(text);
    if (value == NULL)
        return 0;
    if (strcmp(oid, DOMAIN_COMPONENT) == 0)
        return list_add(name, "DomainComponents", value);
    if (member == NULL)
        return list_add(name, "CustomAttributes",
                        json_pack("{s:s, s:o}", "ObjectIdentifier", oid, "Value", value));
    if (json_object_get(name, member) == NULL)
        return member_put_new(name, member, value);
    json_decref(value);
    return 0;
}

static int name_new(struct slice der, json_t **out)
{
    *out = json_object();
    int rc = *out == NULL ? CH_ENOMEM : pki_name_each(der, attribute_put, *out);
    return rc == CH_EINVAL ? 0 : rc; /* a value that is no text: what came before stands */
}

static int issuer_put(struct slice der, json_t *known, json_t *out)
{
    struct buf key = {0};
    int rc = buf_put_hex(&key, der.data, der.len);
    const char *hex = buf_text(&key);
    json_t *name = hex == NULL ? NULL : json_incref(json_object_get(known, hex));
    if (rc == 0 && name == NULL)
        rc = name_new(der, &name);
    if (rc == 0 && hex != NULL && json_object_set(known, hex, name) != 0)
        rc = CH_ENOMEM;
    if (rc == 0)
        rc = member_put_new(out, "Issuer", json_incref(name));
    json_decref(name);
    buf_free(&key);
    return rc;
}

static int subject_put(struct slice der, json_t *out)
{
    json_t *name = NULL;
    int rc = name_new(der, &name);
    if (rc == 0)
        rc = member_put_new(out, "Subject", json_incref(name));
    json_decref(name);
    return rc;
}

/* ---- alternative names ---- */

static json_t *address_new(struct slice octets)
{
    char text[INET6_ADDRSTRLEN];
    int family = octets.len == 4 ? AF_INET : AF_INET6;
    if (octets.len != 4 && octets.len != 16)
        return NULL;
    return json_string(inet_ntop(family, octets.data, text, sizeof text));
}

static json_t *other_new(const struct pki_alt_name *name)
{
    json_t *value = text_new(name->value);
    return json_pack("{s:s, s:o*}", "ObjectIdentifier", name->oid, "Value", value);
}

static json_t *directory_new(struct slice der)
{
    json_t *name = NULL;
    if (name_new(der, &name) == 0)
        return name;
    json_decref(name);
    return NULL;
}

static json_t *general_name_new(const struct pki_alt_name *name)
{
    switch (name->kind) {
    case PKI_NAME_IP:
        return address_new(name->value);
    case PKI_NAME_REGISTERED_ID:
        return json_string(name->oid);
    case PKI_NAME_DIRECTORY:
        return directory_new(name->value);
    case PKI_NAME_OTHER:
        return other_new(name);
    default:
        return text_new(name->value);
    }
}

static int general_name_put(void *context, const struct pki_alt_name *name)
{
    static const char *const members[] = {
        [PKI_NAME_DNS] = "DnsName",
        [PKI_NAME_MAIL] = "Rfc822Name",
        [PKI_NAME_URI] = "UniformResourceIdentifier",
        [PKI_NAME_IP] = "IpAddress",
        [PKI_NAME_REGISTERED_ID] = "RegisteredId",
        [PKI_NAME_DIRECTORY] = "DirectoryName",
        [PKI_NAME_OTHER] = "OtherName",
    };
    json_t *value = general_name_new(name);
    if (value == NULL)
        return 0;
    json_t *item = json_object();
    int rc = member_put_new(item, members[name->kind], value);
    if (json_array_append_new(context, item) != 0)
        rc = CH_ENOMEM;
    return rc;
}

/* ---- from the certificate, or from the request for it ---- */

static int read_certificate(const struct certificate_row *row, json_t *known, json_t *names,
                            json_t *out)
{
    struct pki_certificate *certificate = NULL;
    struct pki_reason why;
    if (pki_certificate_parse(buf_slice(&row->certificate), &certificate, &why) != 0)
        return CH_EINTEGRITY;
    int rc = issuer_put(pki_certificate_issuer(certificate), known, out);
    if (rc == 0)
        rc = subject_put(pki_certificate_subject(certificate), out);
    if (rc == 0)
        rc = pki_certificate_alt_names(certificate, general_name_put, names);
    pki_certificate_free(certificate);
    return rc;
}

static int read_request(const struct certificate_row *row, json_t *names, json_t *out)
{
    json_t *list = json_loads(row->names == NULL ? "[]" : row->names, 0, NULL);
    int rc = list == NULL ? CH_EINTEGRITY : 0;
    if (rc == 0 && row->domain != NULL)
        rc = member_put_new(out, "Subject", json_pack("{s:s}", "CommonName", row->domain));
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
        if (json_array_append_new(names, json_pack("{s:O}", "DnsName", json_array_get(list, i))) !=
            0)
            rc = CH_ENOMEM;
    json_decref(list);
    return rc;
}

int x509_attributes_put(const struct certificate_row *row, json_t *known, json_t *out)
{
    char key_name[32];
    json_t *names = json_array();
    int rc = row->certificate.len > 0 ? read_certificate(row, known, names, out)
                                      : read_request(row, names, out);
    if (rc == 0)
        rc = member_put_new(out, "SubjectAlternativeNames", json_incref(names));
    if (rc == 0)
        rc = certificate_key_name(row, key_name);
    if (rc == 0)
        rc = member_put_text(out, "KeyAlgorithm", key_name);
    if (rc == 0)
        rc = listing_put_names(known, out, "KeyUsages", row->key_usages);
    if (rc == 0)
        rc = listing_put_names(known, out, "ExtendedKeyUsages", row->extended_key_usages);
    if (rc == 0)
        rc = member_put_text(out, "SerialNumber", row->serial);
    if (rc == 0)
        rc = member_put_time(out, "NotBefore", row->not_before);
    if (rc == 0)
        rc = member_put_time(out, "NotAfter", row->not_after);
    json_decref(names);
    return rc;
}
