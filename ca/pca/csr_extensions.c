#include "ca/pca/csr_extensions.h"

#include "ca/members.h"
#include "ca/pca/general_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCESS_MAX ((size_t)64) /* a CSR has 32 KiB at most */
#define SUBJECT_INFO_ACCESS_OID "1.3.6.1.5.5.7.1.11"
#define KU_TEMPLATES (PKI_KU_DIGITAL_SIGNATURE | PKI_KU_KEY_CERT_SIGN | PKI_KU_CRL_SIGN)

/* KeyUsage of the API -> bits of RFC 5280 4.2.1.3. */
static const struct usage_row {
    const char *member;
    unsigned bit;
} usage_rows[] = {
    {"DigitalSignature", PKI_KU_DIGITAL_SIGNATURE},
    {"NonRepudiation", PKI_KU_NON_REPUDIATION},
    {"KeyEncipherment", PKI_KU_KEY_ENCIPHERMENT},
    {"DataEncipherment", PKI_KU_DATA_ENCIPHERMENT},
    {"KeyAgreement", PKI_KU_KEY_AGREEMENT},
    {"KeyCertSign", PKI_KU_KEY_CERT_SIGN},
    {"CRLSign", PKI_KU_CRL_SIGN},
    {"EncipherOnly", PKI_KU_ENCIPHER_ONLY},
    {"DecipherOnly", PKI_KU_DECIPHER_ONLY},
};

unsigned pca_key_usage_bits(const json_t *key_usage)
{
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof usage_rows / sizeof usage_rows[0]; i++)
        if (json_is_true(json_object_get(key_usage, usage_rows[i].member)))
            bits |= usage_rows[i].bit;
    return bits;
}

/* ---- SubjectInformationAccess ---- */

/* RFC 5280 4.2.2.2, RFC 6487 4.8.8, RFC 8182 3.2. */
static const struct method_row {
    const char *type, *oid;
} method_rows[] = {
    {"CA_REPOSITORY", "1.3.6.1.5.5.7.48.5"},
    {"RESOURCE_PKI_MANIFEST", "1.3.6.1.5.5.7.48.10"},
    {"RESOURCE_PKI_NOTIFY", "1.3.6.1.5.5.7.48.13"},
};

/* NULL unless there is one of the two. */
static const char *method_read(const json_t *in)
{
    const char *type = member_text(in, "AccessMethodType");
    const char *oid = member_text(in, "CustomObjectIdentifier");
    if ((type == NULL) == (oid == NULL))
        return NULL;
    for (size_t i = 0; type != NULL && i < sizeof method_rows / sizeof method_rows[0]; i++)
        if (strcmp(method_rows[i].type, type) == 0)
            oid = method_rows[i].oid;
    return oid;
}

struct accesses {
    struct pki_access list[ACCESS_MAX];
    struct buf directories[ACCESS_MAX]; /* DER of directory names */
    size_t count;
};

static int access_read(const json_t *in, struct accesses *a, struct api_error *error)
{
    struct pki_access *access = &a->list[a->count];
    access->method = method_read(json_object_get(in, "AccessMethod"));
    if (access->method == NULL)
        return api_fail(error, "InvalidArgsException",
                        "The AccessMethod of SubjectInformationAccess %zu must have either "
                        "AccessMethodType or CustomObjectIdentifier.",
                        a->count + 1);
    return pca_general_name_read(json_object_get(in, "AccessLocation"), "An AccessLocation",
                                 &access->location, &a->directories[a->count++], error);
}

static int accesses_build(const json_t *in, struct accesses *a, struct buf *der,
                          struct api_error *error)
{
    size_t bad = 0;
    int rc = 0;
    if (json_array_size(in) > ACCESS_MAX)
        return api_fail(error, "InvalidArgsException",
                        "SubjectInformationAccess may have at most %zu members.", ACCESS_MAX);
    for (size_t i = 0; rc == 0 && i < json_array_size(in); i++)
        rc = access_read(json_array_get(in, i), a, error);
    if (rc == 0)
        rc = pki_info_access_build(a->list, a->count, der, &bad);
    if (rc == CH_EINVAL)
        rc = api_fail(error, "InvalidArgsException",
                      "SubjectInformationAccess %zu cannot be encoded.", bad + 1);
    return rc;
}

static int subject_info_read(const json_t *in, struct buf *der, struct api_error *error)
{
    struct accesses *a = calloc(1, sizeof *a);
    if (a == NULL)
        return CH_ENOMEM;
    int rc = accesses_build(in, a, der, error);
    for (size_t i = 0; i < a->count; i++)
        buf_free(&a->directories[i]);
    free(a);
    return rc;
}

int pca_csr_extensions_read(const json_t *extensions, unsigned *key_usage, struct buf *subject_info,
                            struct api_error *error)
{
    const json_t *access = json_object_get(extensions, "SubjectInformationAccess");
    *key_usage = pca_key_usage_bits(json_object_get(extensions, "KeyUsage"));
    return json_array_size(access) == 0 ? 0 : subject_info_read(access, subject_info, error);
}

/* ---- against the certificate ---- */

static int usage_compare(unsigned asked, unsigned got, struct pki_reason *why)
{
    unsigned beyond = asked == 0 ? 0 : got & ~(asked | (unsigned)KU_TEMPLATES);
    for (size_t i = 0; i < sizeof usage_rows / sizeof usage_rows[0]; i++)
        if ((beyond & usage_rows[i].bit) != 0) {
            snprintf(why->text, sizeof why->text,
                     "The key usage has %s, which the certificate signing request did not ask for "
                     "(RFC 5280 4.2.1.3).",
                     usage_rows[i].member);
            return CH_EDENIED;
        }
    return 0;
}

static int subject_info_compare(struct slice asked, struct slice got, struct pki_reason *why)
{
    if (asked.len == 0 || got.len == 0 || slice_equal(asked, got))
        return 0;
    snprintf(why->text, sizeof why->text,
             "The subject information access is not that of the certificate signing request (RFC "
             "5280 4.2.2.2).");
    return CH_EDENIED;
}

int pca_csr_extensions_compare(const json_t *extensions, const struct pki_certificate *certificate,
                               struct pki_reason *why)
{
    struct api_error error = {0};
    struct buf subject_info = {0};
    unsigned usage = 0;
    int rc = pca_csr_extensions_read(extensions, &usage, &subject_info, &error);
    if (rc == CH_EAPI)
        rc = CH_EINTEGRITY; /* it was judged when the authority was made */
    if (rc == 0)
        rc = usage_compare(usage, pki_certificate_key_usage(certificate), why);
    if (rc == 0)
        rc = subject_info_compare(buf_slice(&subject_info),
                                  pki_certificate_extension(certificate, SUBJECT_INFO_ACCESS_OID),
                                  why);
    buf_free(&subject_info);
    return rc;
}
