#include "ca/pki/extension.h"
#include "ca/pki/key.h"
#include "firmware/base/log.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define CSR_MAX ((size_t)32 * 1024)

struct pki_csr {
    PKI_SIGNED *whole;
    PKI_REQUEST_INFO *info;
    STACK_OF(X509_EXTENSION) * extensions; /* NULL = none asked for */
};

/* ---- parsing ---- */

/*
 * DER begins with a SEQUENCE and a length in long form; text can begin with '0' but not go on like
 * that.
 */
static bool is_der(struct slice input)
{
    return input.len > 1 && input.data[0] == 0x30 && (input.data[1] & 0x80) != 0;
}

static bool is_csr_label(const char *label)
{
    return strcmp(label, PEM_STRING_X509_REQ) == 0 || strcmp(label, PEM_STRING_X509_REQ_OLD) == 0;
}

/* What follows the PEM block may only be white space. */
static bool is_at_end(BIO *bio)
{
    char c;
    while (BIO_read(bio, &c, 1) == 1)
        if (strchr(" \t\r\n", c) == NULL)
            return false;
    return true;
}

static int read_pem(struct slice input, struct buf *der, struct pki_reason *why)
{
    char *label = NULL;
    char *header = NULL;
    unsigned char *data = NULL;
    long len = 0;
    int rc = CH_ENOMEM;
    BIO *bio = BIO_new_mem_buf(input.data, (int)input.len);

    if (bio == NULL)
        goto out;
    rc = CH_EINVAL;
    if (PEM_read_bio(bio, &label, &header, &data, &len) != 1)
        pki_refuse(why, rc, "RFC 7468 2: the request is neither DER nor a whole PEM block");
    else if (!is_csr_label(label) || header[0] != '\0')
        pki_refuse(why, rc, "RFC 7468 7: the PEM block is not a CERTIFICATE REQUEST");
    else if (!is_at_end(bio))
        pki_refuse(why, rc, "RFC 7468 2: there is something after the PEM block of the request");
    else
        rc = buf_put(der, data, (size_t)len);
out:
    BIO_free(bio);
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, (size_t)len);
    ERR_clear_error();
    return rc;
}

static int parse_der(struct pki_csr *csr, struct slice der, struct pki_reason *why)
{
    PRECOND(csr != NULL);
    csr->whole = pki_der_decode(der, ASN1_ITEM_rptr(PKI_SIGNED));
    if (csr->whole != NULL)
        csr->info =
            pki_der_decode(pki_der_string(csr->whole->body), ASN1_ITEM_rptr(PKI_REQUEST_INFO));
    if (csr->info == NULL)
        return pki_refuse(why, CH_EINVAL,
                          "RFC 2986 4: the request is not the DER of a CertificationRequest");
    if (ASN1_INTEGER_get(csr->info->version) != 0)
        return pki_refuse(why, CH_EINVAL, "RFC 2986 4.1: the version of the request must be 0");
    X509_NAME *subject = pki_der_decode(pki_csr_subject(csr), ASN1_ITEM_rptr(X509_NAME));
    X509_NAME_free(subject);
    if (subject == NULL)
        return pki_refuse(why, CH_EINVAL, "RFC 2986 4.1: the subject is not a Name");
    return 0;
}

/* ---- attributes ---- */

static bool is_extension_request(X509_ATTRIBUTE *attribute)
{
    int nid = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute));
    return nid == NID_ext_req || nid == NID_ms_ext_req;
}

static STACK_OF(X509_EXTENSION) * read_request(X509_ATTRIBUTE *attribute)
{
    ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);
    if (X509_ATTRIBUTE_count(attribute) != 1 || value == NULL || value->type != V_ASN1_SEQUENCE)
        return NULL;
    return pki_der_decode(pki_der_string(value->value.sequence), ASN1_ITEM_rptr(X509_EXTENSIONS));
}

static int parse_attributes(struct pki_csr *csr, struct pki_reason *why)
{
    PRECOND(csr->info != NULL);
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(csr->info->attributes); i++) {
        X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(csr->info->attributes, i);
        if (!is_extension_request(attribute))
            continue;
        if (csr->extensions != NULL)
            return pki_refuse(why, CH_EINVAL,
                              "RFC 2986 4.1: the request has more than one extensionRequest");
        csr->extensions = read_request(attribute);
        if (csr->extensions == NULL)
            return pki_refuse(why, CH_EINVAL,
                              "RFC 2985 5.4.2: the extensionRequest is not one list of extensions");
    }
    return 0;
}

static int judge_extensions(const struct pki_csr *csr, struct pki_reason *why)
{
    char oid[64];
    struct pki_extensions e;
    int rc = 0;
    if (pki_extensions_read(csr->extensions, &e) != 0)
        rc = pki_refuse(why, CH_EINVAL, "the request asks for more than %d extensions",
                        PKI_EXTENSIONS_MAX);
    else if (e.duplicate)
        rc = pki_refuse(why, CH_EINVAL, "RFC 5280 4.2: the request asks for an extension twice");
    else if (e.malformed != NULL) {
        pki_extension_oid(e.malformed, oid);
        rc = pki_refuse(why, CH_EINVAL,
                        "RFC 5280 4.2: the extension %s of the request is malformed", oid);
    }
    pki_extensions_free(&e);
    return rc;
}

/* ---- key and signature ---- */

static int judge_signature(const struct pki_csr *csr, const struct pki_public *key, struct pki_reason *why)
{
    struct pki_sig_alg alg;
    struct slice signature;

    if (pki_sig_alg_get(csr->whole->algorithm, &alg) != 0)
        return pki_refuse(why, CH_EINVAL,
                          "RFC 2986 4.2: the request must be signed by RSA, RSASSA-PSS or ECDSA "
                          "with SHA-256, SHA-384 or SHA-512");
    if (pki_der_get_bits(csr->whole->signature, &signature) != 0)
        return pki_refuse(why, CH_EINVAL, "RFC 2986 4.2: the signature is not a string of octets");
    int rc = pki_key_verify(key, &alg, pki_der_string(csr->whole->body), signature);
    if (rc == CH_EINTEGRITY)
        return pki_refuse(why, CH_EINVAL,
                          "RFC 2986 3: the request is not signed by the key that it contains");
    if (rc == CH_EINVAL)
        return pki_refuse(why, rc, "RFC 2986 4.2: the signature algorithm does not fit the key");
    return rc;
}

/* ---- public ---- */

int pki_csr_parse(struct slice input, struct pki_csr **out, struct pki_reason *why)
{
    struct buf der = {0};
    struct pki_csr *csr = NULL;
    struct pki_public *key = NULL;
    int rc = 0;

    *out = NULL;
    if (input.len == 0)
        return pki_refuse(why, CH_EINVAL, "the request is empty");
    if (input.len > CSR_MAX)
        return pki_refuse(why, CH_EINVAL, "the request is larger than %zu octets", CSR_MAX);
    if (!is_der(input)) {
        rc = read_pem(input, &der, why);
        input = buf_slice(&der);
    }
    csr = calloc(1, sizeof *csr);
    if (csr == NULL)
        rc = pki_no_memory(why);
    if (rc == 0)
        rc = parse_der(csr, input, why);
    if (rc == 0)
        rc = parse_attributes(csr, why);
    if (rc == 0)
        rc = judge_extensions(csr, why);
    if (rc == 0)
        rc = pki_key_open_strong(pki_csr_spki(csr), &key, why);
    if (rc == 0)
        rc = judge_signature(csr, key, why);
    if (rc == 0) {
        *out = csr;
        csr = NULL;
    }
    pki_public_free(key);
    pki_csr_free(csr);
    buf_free(&der);
    return rc;
}

struct slice pki_csr_subject(const struct pki_csr *csr)
{
    return pki_der_string(csr->info->subject);
}

struct slice pki_csr_spki(const struct pki_csr *csr)
{
    return pki_der_string(csr->info->spki);
}

struct slice pki_csr_extension(const struct pki_csr *csr, const char *oid, bool *critical)
{
    struct slice value;
    X509_EXTENSION *extension = pki_extension_find(csr->extensions, oid, &value);
    if (critical != NULL)
        *critical = extension != NULL && X509_EXTENSION_get_critical(extension) > 0;
    return value;
}

const STACK_OF(X509_EXTENSION) * pki_csr_extensions(const struct pki_csr *csr)
{
    return csr->extensions;
}

void pki_csr_free(struct pki_csr *csr)
{
    if (csr == NULL)
        return;
    ASN1_item_free((ASN1_VALUE *)csr->whole, ASN1_ITEM_rptr(PKI_SIGNED));
    ASN1_item_free((ASN1_VALUE *)csr->info, ASN1_ITEM_rptr(PKI_REQUEST_INFO));
    sk_X509_EXTENSION_pop_free(csr->extensions, X509_EXTENSION_free);
    free(csr);
}

/* ---- requests of our own CAs ---- */

/* Takes the list of wanted extensions as one attribute; none gives none. */
static int add_request(PKI_REQUEST_INFO *info, const STACK_OF(X509_EXTENSION) * wanted)
{
    struct buf der = {0};
    X509_ATTRIBUTE *attribute = NULL;
    ASN1_STRING *value = NULL;
    int rc = 0;

    if (sk_X509_EXTENSION_num(wanted) == 0)
        return 0;
    rc = pki_der_encode(wanted, ASN1_ITEM_rptr(X509_EXTENSIONS), &der);
    if (rc != 0)
        goto out;
    rc = CH_ENOMEM;
    value = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    if (value == NULL || ASN1_STRING_set(value, der.data, (int)der.len) != 1)
        goto out;
    attribute = X509_ATTRIBUTE_create(NID_ext_req, V_ASN1_SEQUENCE, value);
    if (attribute == NULL)
        goto out;
    value = NULL; /* now the attribute's */
    if (sk_X509_ATTRIBUTE_push(info->attributes, attribute) <= 0)
        goto out;
    attribute = NULL;
    rc = 0;
out:
    X509_ATTRIBUTE_free(attribute);
    ASN1_STRING_free(value);
    buf_free(&der);
    return rc;
}

static int want_extensions(PKI_REQUEST_INFO *info, bool ca, unsigned key_usage,
                           struct slice subject_info)
{
    int rc = 0;
    STACK_OF(X509_EXTENSION) *wanted = sk_X509_EXTENSION_new_null();

    if (wanted == NULL)
        return CH_ENOMEM;
    if (ca)
        rc = pki_extension_add_basic_constraints(wanted, true, -1, true);
    if (rc == 0 && key_usage != 0)
        rc = pki_extension_add_key_usage(wanted, key_usage, true);
    if (rc == 0 && subject_info.len > 0)
        rc = pki_extension_add(wanted, NID_sinfo_access, false, subject_info);
    if (rc == 0)
        rc = add_request(info, wanted);
    sk_X509_EXTENSION_pop_free(wanted, X509_EXTENSION_free);
    return rc;
}

int pki_csr_info_build(struct slice subject, struct slice spki, bool ca, unsigned key_usage,
                       struct slice subject_info, struct buf *out)
{
    int rc = CH_ENOMEM;
    PKI_REQUEST_INFO *info = (PKI_REQUEST_INFO *)ASN1_item_new(ASN1_ITEM_rptr(PKI_REQUEST_INFO));

    if (info == NULL || ASN1_INTEGER_set(info->version, 0) != 1)
        goto out;
    info->attributes = sk_X509_ATTRIBUTE_new_null();
    if (info->attributes == NULL)
        goto out;
    rc = pki_der_set_sequence(info->subject, subject);
    if (rc == 0)
        rc = pki_der_set_sequence(info->spki, spki);
    if (rc == 0)
        rc = want_extensions(info, ca, key_usage, subject_info);
    if (rc == 0)
        rc = pki_der_encode(info, ASN1_ITEM_rptr(PKI_REQUEST_INFO), out);
out:
    ASN1_item_free((ASN1_VALUE *)info, ASN1_ITEM_rptr(PKI_REQUEST_INFO));
    return rc;
}

int pki_csr_finish(struct slice info, enum sig_alg alg, struct slice signature, struct buf *der)
{
    return pki_der_sign(info, alg, signature, der);
}
