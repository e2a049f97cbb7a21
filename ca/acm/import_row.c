#include "ca/acm/import.h"

#include "ca/acm/usage.h"
#include "ca/members.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define SECOND_US INT64_C(1000000)
#define NAME_MAX_OCTETS 253

/* Imports neither go to the logs of Certificate Transparency nor out again. */
static const char options[] =
    "{\"CertificateTransparencyLoggingPreference\":\"DISABLED\",\"Export\":\"DISABLED\"}";

/* ---- names ---- */

struct names {
    struct import *i;
    json_t *list;
    size_t seen; /* dNSNames, whatever became of them */
    int rc;
};

/*
 * AWS takes dNSNames that are none ("localhost.cloudIP:127.0.0.1" is on record), so what an answer
 * can show passes: visible ASCII.
 */
static bool is_visible(struct slice name)
{
    for (size_t k = 0; k < name.len; k++)
        if (name.data[k] <= 0x20 || name.data[k] >= 0x7f)
            return false;
    return name.len > 0 && name.len <= NAME_MAX_OCTETS;
}

/* The place of a name in the list; its length when it is not there. */
static size_t names_find(const json_t *list, const char *name)
{
    size_t k = 0;
    while (k < json_array_size(list) &&
           strcasecmp(json_string_value(json_array_get(list, k)), name) != 0)
        k++;
    return k;
}

static void name_visit(void *context, struct slice name)
{
    struct names *n = context;
    char text[NAME_MAX_OCTETS + 1];
    n->seen++;
    if (n->rc != 0)
        return;
    if (!is_visible(name)) {
        n->rc = import_refuse(n->i,
                              "The subject alternative name of the certificate has a dNSName, "
                              "number %zu, that is empty, longer than %d octets, or has other than "
                              "visible ASCII characters (RFC 5280 4.2.1.6).",
                              n->seen, NAME_MAX_OCTETS);
        return;
    }
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    if (names_find(n->list, text) == json_array_size(n->list) &&
        json_array_append_new(n->list, json_string(text)) != 0)
        n->rc = CH_ENOMEM;
}

#define LETTERS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* A common name that could be the name of a server: no blank, no address. */
static bool is_host_name(const char *text)
{
    unsigned char octets[16];
    const char *base = strncmp(text, "*.", 2) == 0 ? text + 2 : text;
    size_t len = strlen(base);
    return len > 0 && len <= NAME_MAX_OCTETS && strspn(base, LETTERS_DIGITS) > 0 &&
           strspn(base, LETTERS_DIGITS "-._") == len && inet_pton(AF_INET, text, octets) != 1;
}

/* The first name is the common name when that is one of them; without dNSNames it is the only one.
 */
static int domain_put(struct import *i, const char *common, json_t *list)
{
    if (json_array_size(list) == 0 && is_host_name(common) &&
        json_array_append_new(list, json_string(common)) != 0)
        return CH_ENOMEM;
    size_t at = names_find(list, common);
    if (json_array_size(list) == 0)
        return 0;
    if (at == json_array_size(list))
        at = 0;
    int rc = member_copy(json_string_value(json_array_get(list, at)), &i->row.domain);
    return rc == 0 ? member_dump(list, &i->row.names) : rc;
}

/* As text without NUL, or a refusal. */
static int text_check(struct import *i, int code, struct buf *text, const char *field)
{
    if (code == CH_ENOMEM || code == CH_ELIMIT)
        return code;
    json_t *json = code == 0 ? json_stringn((const char *)text->data, text->len) : NULL;
    bool good = json != NULL && memchr(json_string_value(json), 0, text->len) == NULL;
    json_decref(json);
    if (!good && (code != 0 || text->len > 0))
        return import_refuse(
            i,
            "The %s field of the certificate has an attribute that is not the text "
            "its type promises, or holds a NUL (RFC 5280 4.1.2.4).",
            field);
    return 0;
}

static int names_fill(struct import *i)
{
    struct buf common = {0};
    struct names n = {.i = i, .list = json_array()};
    if (n.list == NULL)
        return CH_ENOMEM;
    pki_certificate_dns_names(i->certificate, name_visit, &n);
    if (n.rc == 0)
        n.rc = text_check(i, pki_name_common_name(pki_certificate_subject(i->certificate), &common),
                          &common, "Subject");
    const char *text = n.rc == 0 ? buf_text(&common) : NULL;
    if (n.rc == 0)
        n.rc = text == NULL ? CH_ENOMEM : domain_put(i, text, n.list);
    buf_free(&common);
    json_decref(n.list);
    return n.rc;
}

/* ---- the rest ---- */

static int name_text(struct import *i, int (*print)(struct slice der, struct buf *text),
                     struct slice name, const char *field, char **out)
{
    struct buf text = {0};
    int rc = text_check(i, print(name, &text), &text, field);
    if (rc == 0)
        rc = member_copy(buf_text(&text), out);
    buf_free(&text);
    return rc;
}

static int usages_fill(struct import *i)
{
    json_t *names = usage_of(i->certificate);
    json_t *extended = usage_extended(i->certificate);
    int rc = names == NULL || extended == NULL ? CH_ENOMEM : 0;
    if (rc == 0)
        rc = member_dump(names, &i->row.key_usages);
    if (rc == 0)
        rc = member_dump(extended, &i->row.extended_key_usages);
    json_decref(extended);
    json_decref(names);
    return rc;
}

static int chain_fill(struct import *i)
{
    struct buf pem = {0};
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < i->chain_count; k++)
        rc = pki_pem_put("CERTIFICATE", pki_certificate_der(i->chain[k]), true, &pem);
    if (rc == 0 && pem.len > 0)
        rc = member_copy(buf_text(&pem), &i->row.chain);
    buf_free(&pem);
    return rc;
}

static int words_fill(struct import *i)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    struct certificate_row *row = &i->row;
    pki_certificate_serial(i->certificate, serial);
    row->key_alg = i->key.alg;
    row->not_before = pki_certificate_not_before(i->certificate) * SECOND_US;
    row->not_after = pki_certificate_not_after(i->certificate) * SECOND_US;
    int rc = member_copy("IMPORTED", &row->type);
    if (rc == 0)
        rc = member_copy("ISSUED", &row->status);
    if (rc == 0)
        rc = member_copy(options, &row->options);
    if (rc == 0)
        rc = member_copy(serial, &row->serial);
    if (rc == 0)
        rc = member_copy(pki_certificate_signature_algorithm(i->certificate),
                         &row->signature_algorithm);
    return rc;
}

int import_row(struct import *i)
{
    struct certificate_row *row = &i->row;
    int rc = words_fill(i);
    if (rc == 0)
        rc = names_fill(i);
    if (rc == 0)
        rc = name_text(i, pki_name_text, pki_certificate_subject(i->certificate), "Subject",
                       &row->subject);
    if (rc == 0)
        rc = name_text(i, pki_name_issuer_text, pki_certificate_issuer(i->certificate), "Issuer",
                       &row->issuer);
    if (rc == 0)
        rc = usages_fill(i);
    if (rc == 0)
        rc = chain_fill(i);
    if (rc == 0)
        rc = buf_put_slice(&row->certificate, pki_certificate_der(i->certificate));
    return rc;
}
