#include "ca/pki/extension.h"
#include "ca/pki/key.h"

#include <openssl/err.h>
#include <string.h>
#include <time.h>

#define CERTIFICATE_MAX ((size_t)64 * 1024)
#define INFO_ACCESS_OID "1.3.6.1.5.5.7.1.1"

struct pki_certificate {
    struct buf der;
    PKI_SIGNED *whole;
    PKI_TBS *tbs;
    struct pki_extensions e; /* borrows from tbs */
    int64_t not_before;
    int64_t not_after;
    int path_length;
};

/* ---- parsing ---- */

static int parse_der(struct pki_certificate *c, struct slice der, struct pki_reason *why)
{
    if (buf_put_slice(&c->der, der) != 0)
        return pki_no_memory(why);
    c->whole = pki_der_decode(der, ASN1_ITEM_rptr(PKI_SIGNED));
    if (c->whole != NULL)
        c->tbs = pki_der_decode(pki_der_string(c->whole->body), ASN1_ITEM_rptr(PKI_TBS));
    if (c->tbs == NULL)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1: this is not the DER of a certificate");
    return 0;
}

static bool is_name(struct slice der)
{
    X509_NAME *name = pki_der_decode(der, ASN1_ITEM_rptr(X509_NAME));
    X509_NAME_free(name);
    return name != NULL;
}

static int judge_fields(const struct pki_certificate *c, struct pki_reason *why)
{
    int64_t version = 0;
    if (c->tbs->version != NULL && ASN1_INTEGER_get_int64(&version, c->tbs->version) != 1)
        version = -1;
    if (version < 0 || version > 2)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1.2.1: the version must be 1, 2 or 3");
    if (c->tbs->extensions != NULL && version != 2)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1.2.9: extensions need version 3");
    if (pki_der_string(c->tbs->serial).len > PKI_SERIAL_SIZE)
        return pki_refuse(why, CH_EINVAL,
                          "RFC 5280 4.1.2.2: the serial number has more than 20 octets");
    if (!pki_sig_alg_same(c->whole->algorithm, c->tbs->signature))
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1.1.2: the two signature algorithms differ");
    if (!is_name(pki_certificate_issuer(c)) || !is_name(pki_certificate_subject(c)))
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1.2.4: issuer or subject is not a Name");
    return 0;
}

static int read_time(const ASN1_TIME *time, int64_t *seconds)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1) {
        ERR_clear_error();
        return CH_EINVAL;
    }
    *seconds = (int64_t)timegm(&tm);
    return 0;
}

static int parse_validity(struct pki_certificate *c, struct pki_reason *why)
{
    if (read_time(c->tbs->validity->not_before, &c->not_before) != 0 ||
        read_time(c->tbs->validity->not_after, &c->not_after) != 0)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.1.2.5: the validity is not a time");
    return 0;
}

static int parse_extensions(struct pki_certificate *c, struct pki_reason *why)
{
    char oid[64];
    if (pki_extensions_read(c->tbs->extensions, &c->e) != 0)
        return pki_refuse(why, CH_EINVAL, "the certificate has more than %d extensions",
                          PKI_EXTENSIONS_MAX);
    if (c->e.duplicate)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.2: an extension is in the certificate twice");
    if (c->e.malformed != NULL) {
        pki_extension_oid(c->e.malformed, oid);
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.2: the extension %s is malformed", oid);
    }
    if (pki_path_length_get(c->e.value[PKI_EXT_BASIC_CONSTRAINTS], &c->path_length) != 0)
        return pki_refuse(why, CH_EINVAL, "RFC 5280 4.2.1.9: the path length is negative");
    return 0;
}

int pki_certificate_parse(struct slice der, struct pki_certificate **out, struct pki_reason *why)
{
    *out = NULL;
    if (der.len > CERTIFICATE_MAX)
        return pki_refuse(why, CH_EINVAL, "the certificate is larger than %zu octets",
                          CERTIFICATE_MAX);
    struct pki_certificate *c = calloc(1, sizeof *c);
    if (c == NULL)
        return pki_no_memory(why);
    int rc = parse_der(c, der, why);
    if (rc == 0)
        rc = judge_fields(c, why);
    if (rc == 0)
        rc = parse_validity(c, why);
    if (rc == 0)
        rc = parse_extensions(c, why);
    if (rc == 0) {
        *out = c;
        c = NULL;
    }
    pki_certificate_free(c);
    return rc;
}

void pki_certificate_free(struct pki_certificate *c)
{
    if (c == NULL)
        return;
    pki_extensions_free(&c->e);
    ASN1_item_free((ASN1_VALUE *)c->whole, ASN1_ITEM_rptr(PKI_SIGNED));
    ASN1_item_free((ASN1_VALUE *)c->tbs, ASN1_ITEM_rptr(PKI_TBS));
    buf_free(&c->der);
    free(c);
}

/* ---- what it says ---- */

struct slice pki_certificate_der(const struct pki_certificate *c)
{
    return buf_slice(&c->der);
}

struct slice pki_certificate_subject(const struct pki_certificate *c)
{
    return pki_der_string(c->tbs->subject);
}

struct slice pki_certificate_issuer(const struct pki_certificate *c)
{
    return pki_der_string(c->tbs->issuer);
}

struct slice pki_certificate_spki(const struct pki_certificate *c)
{
    return pki_der_string(c->tbs->spki);
}

struct slice pki_certificate_key_id(const struct pki_certificate *c)
{
    return pki_der_string(c->e.value[PKI_EXT_SUBJECT_KEY_ID]);
}

int64_t pki_certificate_not_before(const struct pki_certificate *c)
{
    return c->not_before;
}

int64_t pki_certificate_not_after(const struct pki_certificate *c)
{
    return c->not_after;
}

void pki_certificate_serial(const struct pki_certificate *c, char text[PKI_SERIAL_TEXT_SIZE])
{
    static const uint8_t zero[1];
    struct slice serial = pki_der_string(c->tbs->serial);
    if (serial.len == 0)
        serial = slice_of(zero, sizeof zero);
    for (size_t i = 0; i < serial.len; i++) {
        hex_encode(serial.data + i, 1, text + 3 * i);
        text[3 * i + 2] = ':';
    }
    text[3 * serial.len - 1] = '\0';
}

bool pki_certificate_serial_is_negative(const struct pki_certificate *c)
{
    return ASN1_STRING_type(c->tbs->serial) == V_ASN1_NEG_INTEGER;
}

int pki_certificate_version(const struct pki_certificate *c)
{
    int64_t version = 0;
    if (c->tbs->version != NULL)
        (void)ASN1_INTEGER_get_int64(&version, c->tbs->version); /* parsing has judged it */
    return (int)version + 1;
}

bool pki_certificate_has_key_usage(const struct pki_certificate *c)
{
    return c->e.value[PKI_EXT_KEY_USAGE] != NULL;
}

bool pki_certificate_has_extended_key_usage(const struct pki_certificate *c)
{
    return c->e.value[PKI_EXT_EXTENDED_KEY_USAGE] != NULL;
}

int pki_certificate_ocsp_length(const struct pki_certificate *c, size_t *length)
{
    struct slice der;
    *length = 0;
    if (pki_extension_find(c->tbs->extensions, INFO_ACCESS_OID, &der) == NULL)
        return 0;
    AUTHORITY_INFO_ACCESS *access = pki_der_decode(der, ASN1_ITEM_rptr(AUTHORITY_INFO_ACCESS));
    for (int i = 0; access != NULL && i < sk_ACCESS_DESCRIPTION_num(access); i++) {
        const ACCESS_DESCRIPTION *row = sk_ACCESS_DESCRIPTION_value(access, i);
        if (OBJ_obj2nid(row->method) != NID_ad_OCSP || row->location->type != GEN_URI)
            continue;
        size_t n = pki_der_string(row->location->d.uniformResourceIdentifier).len;
        *length = n > *length ? n : *length;
    }
    int rc = access == NULL ? CH_EINVAL : 0;
    AUTHORITY_INFO_ACCESS_free(access);
    return rc;
}

bool pki_certificate_is_ca(const struct pki_certificate *c)
{
    const BASIC_CONSTRAINTS *constraints = c->e.value[PKI_EXT_BASIC_CONSTRAINTS];
    return constraints != NULL && constraints->ca != 0;
}

static bool may_be_critical(int nid)
{
    static const int rows[] = {
        NID_authority_key_identifier, NID_basic_constraints,   NID_certificate_policies,
        NID_ext_key_usage,            NID_inhibit_any_policy,  NID_issuer_alt_name,
        NID_key_usage,                NID_name_constraints,    NID_policy_mappings,
        NID_subject_alt_name,         NID_subject_directory_attributes,
        NID_subject_key_identifier,   NID_sinfo_access,
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i] == nid)
            return true;
    return false;
}

int pki_certificate_check_critical(const struct pki_certificate *c, struct pki_reason *why)
{
    bool constrained = false;
    for (int i = 0; i < sk_X509_EXTENSION_num(c->tbs->extensions); i++) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(c->tbs->extensions, i);
        const ASN1_OBJECT *name = X509_EXTENSION_get_object(extension);
        char oid[80];
        if (X509_EXTENSION_get_critical(extension) <= 0)
            continue;
        OBJ_obj2txt(oid, sizeof oid, name, 1);
        if (!may_be_critical(OBJ_obj2nid(name)))
            return pki_refuse(why, CH_EINVAL, "The extension %s must not be critical.", oid);
        constrained = constrained || OBJ_obj2nid(name) == NID_basic_constraints;
    }
    if (!constrained)
        return pki_refuse(why, CH_EINVAL,
                          "RFC 5280 4.2.1.9: the basic constraints must be there and critical");
    return 0;
}

int pki_certificate_path_length(const struct pki_certificate *c)
{
    return c->path_length;
}

unsigned pki_certificate_key_usage(const struct pki_certificate *c)
{
    return pki_key_usage_bits(c->e.value[PKI_EXT_KEY_USAGE]);
}

struct slice pki_certificate_extension(const struct pki_certificate *c, const char *oid)
{
    struct slice value;
    (void)pki_extension_find(c->tbs->extensions, oid, &value);
    return value;
}

size_t pki_certificate_extended_key_usage(const struct pki_certificate *c, char (*oids)[64],
                                          size_t max)
{
    const EXTENDED_KEY_USAGE *usage = c->e.value[PKI_EXT_EXTENDED_KEY_USAGE];
    size_t count = usage == NULL ? 0 : (size_t)sk_ASN1_OBJECT_num(usage);
    for (size_t i = 0; i < count && i < max; i++)
        OBJ_obj2txt(oids[i], sizeof oids[i], sk_ASN1_OBJECT_value(usage, (int)i), 1);
    return count;
}

void pki_certificate_dns_names(const struct pki_certificate *c,
                               void (*visit)(void *context, struct slice name), void *context)
{
    const GENERAL_NAMES *names = c->e.value[PKI_EXT_ALT_NAME];
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS)
            visit(context, pki_der_string(name->d.dNSName));
    }
}

static void other_name(const OTHERNAME *other, struct pki_alt_name *out)
{
    const ASN1_TYPE *value = other->value;
    OBJ_obj2txt(out->oid, sizeof out->oid, other->type_id, 1);
    if (value->type != V_ASN1_BOOLEAN && value->type != V_ASN1_NULL &&
        value->type != V_ASN1_OBJECT)
        out->value = pki_der_string(value->value.asn1_string);
}

/* false for forms that nobody uses: X.400 addresses, EDI parties. */
static bool general_name(const GENERAL_NAME *name, struct buf *directory,
                         struct pki_alt_name *out)
{
    static const enum pki_general_kind kinds[] = {
        [GEN_OTHERNAME] = PKI_NAME_OTHER, [GEN_EMAIL] = PKI_NAME_MAIL, [GEN_DNS] = PKI_NAME_DNS,
        [GEN_DIRNAME] = PKI_NAME_DIRECTORY, [GEN_URI] = PKI_NAME_URI, [GEN_IPADD] = PKI_NAME_IP,
        [GEN_RID] = PKI_NAME_REGISTERED_ID,
    };
    if (name->type == GEN_X400 || name->type == GEN_EDIPARTY)
        return false;
    *out = (struct pki_alt_name){.kind = kinds[name->type]};
    switch (out->kind) {
    case PKI_NAME_OTHER:
        other_name(name->d.otherName, out);
        break;
    case PKI_NAME_REGISTERED_ID:
        OBJ_obj2txt(out->oid, sizeof out->oid, name->d.registeredID, 1);
        break;
    case PKI_NAME_DIRECTORY:
        if (pki_der_encode(name->d.directoryName, ASN1_ITEM_rptr(X509_NAME), directory) != 0)
            return false;
        out->value = buf_slice(directory);
        break;
    default:
        out->value = pki_der_string(name->d.ia5);
    }
    return true;
}

int pki_certificate_alt_names(const struct pki_certificate *c,
                                  int (*visit)(void *context, const struct pki_alt_name *name),
                                  void *context)
{
    const GENERAL_NAMES *names = c->e.value[PKI_EXT_ALT_NAME];
    int rc = 0;
    for (int i = 0; rc == 0 && names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        struct buf directory = {0};
        struct pki_alt_name name;
        if (general_name(sk_GENERAL_NAME_value(names, i), &directory, &name))
            rc = visit(context, &name);
        buf_free(&directory);
    }
    return rc;
}

const char *pki_certificate_signature_algorithm(const struct pki_certificate *c)
{
    return pki_sig_alg_name(c->whole->algorithm);
}

/* ---- who issued it ---- */

/* Equal bytes nearly always; else as RFC 5280 7.1 compares names. */
static bool same_name(struct slice a, struct slice b)
{
    if (slice_equal(a, b))
        return true;
    X509_NAME *x = pki_der_decode(a, ASN1_ITEM_rptr(X509_NAME));
    X509_NAME *y = pki_der_decode(b, ASN1_ITEM_rptr(X509_NAME));
    bool same = x != NULL && y != NULL && X509_NAME_cmp(x, y) == 0;
    X509_NAME_free(x);
    X509_NAME_free(y);
    return same;
}

static bool key_ids_contradict(const struct pki_certificate *c,
                               const struct pki_certificate *issuer)
{
    const AUTHORITY_KEYID *authority = c->e.value[PKI_EXT_AUTHORITY_KEY_ID];
    struct slice theirs = pki_certificate_key_id(issuer);
    if (authority == NULL || authority->keyid == NULL || theirs.len == 0)
        return false;
    return !slice_equal(pki_der_string(authority->keyid), theirs);
}

static int verify_signature(const struct pki_certificate *c, const struct pki_certificate *issuer,
                            struct pki_reason *why)
{
    struct pki_public *key = NULL;
    struct pki_sig_alg alg;
    struct slice signature;
    if (pki_sig_alg_get(c->whole->algorithm, &alg) != 0)
        return pki_refuse(why, CH_EINTEGRITY,
                          "RFC 5280 6.1.3 (a)(1): its signature algorithm is not supported");
    if (pki_der_get_bits(c->whole->signature, &signature) != 0)
        return pki_refuse(why, CH_EINTEGRITY, "RFC 5280 4.1.1.3: its signature is malformed");
    int rc = pki_key_open(pki_certificate_spki(issuer), &key, why);
    if (rc == 0) {
        rc = pki_key_verify(key, &alg, pki_der_string(c->whole->body), signature);
        if (rc != 0)
            pki_refuse(why, rc, "RFC 5280 6.1.3 (a)(1): its issuer's key did not sign it");
    }
    pki_public_free(key);
    return rc == CH_ENOMEM ? rc : rc != 0 ? CH_EINTEGRITY : 0;
}

int pki_certificate_issued_by(const struct pki_certificate *c, const struct pki_certificate *issuer,
                              struct pki_reason *why)
{
    if (!same_name(pki_certificate_issuer(c), pki_certificate_subject(issuer)))
        return pki_refuse(why, CH_EINTEGRITY,
                          "RFC 5280 6.1.3 (a)(4): its issuer is not the next one's subject");
    if (key_ids_contradict(c, issuer))
        return pki_refuse(why, CH_EINTEGRITY,
                          "RFC 5280 4.2.1.1: its authority key identifier is "
                          "not the issuer's subject key identifier");
    return verify_signature(c, issuer, why);
}
