#include "ca/pca/passthrough.h"

#include "ca/members.h"
#include "ca/pca/csr_extensions.h"
#include "ca/pca/general_name.h"
#include "ca/pca/subject.h"

#include <stdlib.h>
#include <string.h>

#define POLICIES_MAX 20
#define PURPOSES_MAX 20
#define NAMES_MAX 150

#define invalid_args(error, ...) api_fail(error, "InvalidArgsException", __VA_ARGS__)

/* What pki_extras_add says of the extension called what -> the error of the API. */
static int added(int rc, const char *what, struct api_error *error)
{
    if (rc == CH_EEXISTS)
        return invalid_args(error, "ApiPassthrough holds the extension %s twice.", what);
    if (rc == CH_EINVAL)
        return invalid_args(error, "ApiPassthrough holds an extension %s that cannot be encoded.",
                            what);
    if (rc == CH_ELIMIT)
        return invalid_args(error, "ApiPassthrough holds too many extensions.");
    return rc;
}

/* ---- CertificatePolicies ---- */

static int policy_read(const json_t *in, struct pki_policy *policy)
{
    const json_t *qualifiers = json_object_get(in, "PolicyQualifiers");
    *policy = (struct pki_policy){.oid = member_text(in, "CertPolicyId")};
    for (size_t i = 0; i < json_array_size(qualifiers); i++) {
        const char *uri = member_text_in(json_array_get(qualifiers, i), "Qualifier", "CpsUri");
        if (uri == NULL || policy->cps_count == sizeof policy->cps / sizeof policy->cps[0])
            return CH_EINVAL;
        policy->cps[policy->cps_count++] = uri;
    }
    return policy->oid == NULL ? CH_EINVAL : 0;
}

static int policies_read(const json_t *in, struct pki_extras *extras, struct api_error *error)
{
    struct pki_policy policies[POLICIES_MAX];
    size_t count = json_array_size(in);
    int rc = count > POLICIES_MAX ? CH_EINVAL : 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = policy_read(json_array_get(in, i), &policies[i]);
    if (rc == 0)
        rc = pki_extras_add_policies(extras, policies, count);
    return added(rc, "CertificatePolicies", error);
}

/* ---- ExtendedKeyUsage ---- */

static const struct purpose_row {
    const char *type;
    const char *oid;
} purpose_rows[] = {
    {"SERVER_AUTH", "1.3.6.1.5.5.7.3.1"},
    {"CLIENT_AUTH", "1.3.6.1.5.5.7.3.2"},
    {"CODE_SIGNING", "1.3.6.1.5.5.7.3.3"},
    {"EMAIL_PROTECTION", "1.3.6.1.5.5.7.3.4"},
    {"TIME_STAMPING", "1.3.6.1.5.5.7.3.8"},
    {"OCSP_SIGNING", "1.3.6.1.5.5.7.3.9"},
    {"SMART_CARD_LOGIN", "1.3.6.1.4.1.311.20.2.2"},
    {"DOCUMENT_SIGNING", "1.3.6.1.4.1.311.10.3.12"},
    {"CERTIFICATE_TRANSPARENCY", "1.3.6.1.4.1.11129.2.4.4"},
};

static const char *purpose_oid(const char *type)
{
    for (size_t i = 0; i < sizeof purpose_rows / sizeof purpose_rows[0]; i++)
        if (strcmp(purpose_rows[i].type, type) == 0)
            return purpose_rows[i].oid;
    return NULL;
}

/* NULL unless there is one of the two. */
static const char *purpose_read(const json_t *in)
{
    const char *type = member_text(in, "ExtendedKeyUsageType");
    const char *oid = member_text(in, "ExtendedKeyUsageObjectIdentifier");
    if ((type == NULL) == (oid == NULL))
        return NULL;
    return type == NULL ? oid : purpose_oid(type);
}

static int purposes_read(const json_t *in, struct pki_extras *extras, struct api_error *error)
{
    const char *oids[PURPOSES_MAX + 1] = {NULL};
    size_t count = json_array_size(in);
    for (size_t i = 0; i < count && i < PURPOSES_MAX; i++) {
        oids[i] = purpose_read(json_array_get(in, i));
        if (oids[i] == NULL)
            return invalid_args(error,
                                "ExtendedKeyUsage %zu must have either ExtendedKeyUsageType or "
                                "ExtendedKeyUsageObjectIdentifier.",
                                i + 1);
    }
    return added(pki_extras_add_purposes(extras, oids), "ExtendedKeyUsage", error);
}

/* ---- KeyUsage ---- */

static int usage_read(const json_t *in, struct pki_extras *extras, struct api_error *error)
{
    unsigned bits = pca_key_usage_bits(in);
    if (bits == 0)
        return invalid_args(error, "KeyUsage must have at least one usage (RFC 5280 4.2.1.3).");
    return added(pki_extras_add_key_usage(extras, bits), "KeyUsage", error);
}

/* ---- SubjectAlternativeNames ---- */

struct names {
    struct pki_general_name names[NAMES_MAX];
    struct buf directories[NAMES_MAX]; /* DER of directory names */
    size_t count;
};

static int names_collect(const json_t *in, struct names *n, struct api_error *error)
{
    int rc = 0;
    n->count = json_array_size(in) < NAMES_MAX ? json_array_size(in) : NAMES_MAX;
    for (size_t i = 0; rc == 0 && i < n->count; i++)
        rc = pca_general_name_read(json_array_get(in, i), "A subject alternative name",
                                   &n->names[i], &n->directories[i], error);
    return rc;
}

static int names_read(const json_t *in, struct pki_extras *extras, struct api_error *error)
{
    struct buf der = {0};
    size_t bad = 0;
    struct names *n = calloc(1, sizeof *n);
    if (n == NULL)
        return CH_ENOMEM;
    int rc = names_collect(in, n, error);
    if (rc == 0) {
        rc = pki_general_names_build(n->names, n->count, &der, &bad);
        if (rc == CH_EINVAL)
            rc = invalid_args(error, "Subject alternative name %zu cannot be encoded.", bad + 1);
    }
    if (rc == 0)
        rc = added(pki_extras_add(extras, "2.5.29.17", false, buf_slice(&der)),
                   "SubjectAlternativeNames", error);
    for (size_t i = 0; i < n->count; i++)
        buf_free(&n->directories[i]);
    free(n);
    buf_free(&der);
    return rc;
}

/* ---- CustomExtensions ---- */

static int custom_read(const json_t *in, struct pki_extras *extras, struct api_error *error)
{
    struct buf value = {0};
    const char *oid = member_text(in, "ObjectIdentifier");
    if (oid == NULL || member_text(in, "Value") == NULL)
        return invalid_args(error, "A custom extension needs ObjectIdentifier and Value.");
    int rc = contract_blob(in, "Value", &value);
    if (rc == 0)
        rc = pki_extras_add(extras, oid, json_is_true(json_object_get(in, "Critical")),
                            buf_slice(&value));
    buf_free(&value);
    return added(rc, oid, error);
}

static int customs_read(const json_t *in, struct pki_extras *extras, struct api_error *error)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(in); i++)
        rc = custom_read(json_array_get(in, i), extras, error);
    return rc;
}

/* ---- all ---- */

static const struct extension_row {
    const char *member;
    int (*read)(const json_t *in, struct pki_extras *extras, struct api_error *error);
} extension_rows[] = {
    {"CertificatePolicies", policies_read},
    {"ExtendedKeyUsage", purposes_read},
    {"KeyUsage", usage_read},
    {"SubjectAlternativeNames", names_read},
    {"CustomExtensions", customs_read},
};

int pca_passthrough_read(const json_t *passthrough, struct buf *subject, struct pki_extras *extras,
                         struct api_error *error)
{
    const json_t *name = json_object_get(passthrough, "Subject");
    const json_t *extensions = json_object_get(passthrough, "Extensions");
    int rc = name == NULL ? 0 : pca_subject_build(name, subject, error);
    for (size_t i = 0; rc == 0 && i < sizeof extension_rows / sizeof extension_rows[0]; i++) {
        const json_t *in = json_object_get(extensions, extension_rows[i].member);
        if (in != NULL)
            rc = extension_rows[i].read(in, extras, error);
    }
    return rc;
}
