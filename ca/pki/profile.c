#include "ca/pki/pki.h"

#include "firmware/base/log.h"

#include <string.h>

#define OID_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define OID_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define OID_CODE_SIGNING "1.3.6.1.5.5.7.3.3"
#define OID_OCSP_SIGNING "1.3.6.1.5.5.7.3.9"

#define KU_CA (PKI_KU_DIGITAL_SIGNATURE | PKI_KU_KEY_CERT_SIGN | PKI_KU_CRL_SIGN)
#define KU_TLS (PKI_KU_DIGITAL_SIGNATURE | PKI_KU_KEY_ENCIPHERMENT)

static const char *const eku_tls[] = {OID_SERVER_AUTH, OID_CLIENT_AUTH, NULL};
static const char *const eku_client[] = {OID_CLIENT_AUTH, NULL};
static const char *const eku_server[] = {OID_SERVER_AUTH, NULL};
static const char *const eku_code[] = {OID_CODE_SIGNING, NULL};
static const char *const eku_ocsp[] = {OID_OCSP_SIGNING, NULL};

#define FROM_BOTH (PKI_FROM_API | PKI_FROM_CSR)

/* A template; `from` is what passes through. */
/* clang-format off */
#define LEAF(title, from, usage, purposes, critical)                                               \
    {.name = title "/V1", .path_length = -1, .key_usage = (usage),                                 \
     .extended_key_usage = (purposes), .extended_key_usage_critical = (critical),                  \
     .names_from_csr = true, .pointers = true, .passthrough = (from)}
#define BLANK_LEAF(title, from, critical)                                                          \
    {.name = title "/V1", .path_length = -1, .constraints_critical = (critical),                   \
     .names_from_csr = true, .blank = true, .pointers = true, .passthrough = (from)}
#define CA(title, from, length)                                                                    \
    {.name = title "/V1", .ca = true, .path_length = (length), .constraints_critical = true,       \
     .key_usage = KU_CA, .names_from_csr = true, .pointers = true, .passthrough = (from)}
#define BLANK_CA(title, from, length)                                                              \
    {.name = title "/V1", .ca = true, .path_length = (length), .constraints_critical = true,       \
     .names_from_csr = true, .blank = true, .pointers = true, .passthrough = (from)}
#define ROOT(title, from)                                                                          \
    {.name = title "/V1", .ca = true, .path_length = -1, .constraints_critical = true,             \
     .key_usage = KU_CA, .self_signed = true, .names_from_csr = true, .passthrough = (from)}
#define BLANK_ROOT(title, length)                                                                  \
    {.name = title "/V1", .ca = true, .path_length = (length), .constraints_critical = true,       \
     .self_signed = true, .names_from_csr = true, .blank = true, .passthrough = PKI_FROM_API}

/* The varieties of a template: what passes through is said by the end of its name. */
#define PASSING(row, title, ...)                                                                   \
    row(title "_APIPassthrough", PKI_FROM_API, __VA_ARGS__),                                       \
    row(title "_CSRPassthrough", PKI_FROM_CSR, __VA_ARGS__),                                       \
    row(title "_APICSRPassthrough", FROM_BOTH, __VA_ARGS__)
#define VARIETIES(row, title, ...) row(title, 0, __VA_ARGS__), PASSING(row, title, __VA_ARGS__)

/*
 * What AWS Private CA's page of template definitions says of each. Subject and subject alternative name
 * come from the request; key identifiers are in every certificate, but a root has none of its authority.
 * The most used template comes first.
 */
static const struct pki_profile profiles[] = {
    /* key usage (critical), extended key usage, whether that is critical */
    VARIETIES(LEAF, "EndEntityCertificate", KU_TLS, eku_tls, false),
    VARIETIES(LEAF, "EndEntityClientAuthCertificate", KU_TLS, eku_client, false),
    VARIETIES(LEAF, "EndEntityServerAuthCertificate", KU_TLS, eku_server, false),
    VARIETIES(LEAF, "CodeSigningCertificate", PKI_KU_DIGITAL_SIGNATURE, eku_code, true),
    VARIETIES(LEAF, "OCSPSigningCertificate", PKI_KU_DIGITAL_SIGNATURE, eku_ocsp, true),
    /* whether basic constraints are critical */
    PASSING(BLANK_LEAF, "BlankEndEntityCertificate", false),
    PASSING(BLANK_LEAF, "BlankEndEntityCertificate_CriticalBasicConstraints", true),
    /* path length */
    VARIETIES(CA, "SubordinateCACertificate_PathLen0", 0),
    VARIETIES(CA, "SubordinateCACertificate_PathLen1", 1),
    VARIETIES(CA, "SubordinateCACertificate_PathLen2", 2),
    VARIETIES(CA, "SubordinateCACertificate_PathLen3", 3),
    PASSING(BLANK_CA, "BlankSubordinateCACertificate_PathLen0", 0),
    PASSING(BLANK_CA, "BlankSubordinateCACertificate_PathLen1", 1),
    PASSING(BLANK_CA, "BlankSubordinateCACertificate_PathLen2", 2),
    PASSING(BLANK_CA, "BlankSubordinateCACertificate_PathLen3", 3),
    ROOT("RootCACertificate", 0),
    ROOT("RootCACertificate_APIPassthrough", PKI_FROM_API),
    BLANK_ROOT("BlankRootCACertificate_APIPassthrough", -1),
    BLANK_ROOT("BlankRootCACertificate_PathLen0_APIPassthrough", 0),
    BLANK_ROOT("BlankRootCACertificate_PathLen1_APIPassthrough", 1),
    BLANK_ROOT("BlankRootCACertificate_PathLen2_APIPassthrough", 2),
    BLANK_ROOT("BlankRootCACertificate_PathLen3_APIPassthrough", 3),
};

/* Subject and names come from ACM's own request, never from a CSR. */
static const struct pki_profile acm_private = {
    .name = "ACM private certificate", .path_length = -1, .key_usage = KU_TLS,
    .extended_key_usage = eku_tls, .pointers = true,
};
/* clang-format on */

/* ---- public trust: CA/Browser Forum BR 7.1.2.1 (roots), 7.1.2.6 (CAs), 7.1.2.7 (subscribers) ---- */

static const struct pki_profile trust_root = {
    .name = "trust services root",
    .ca = true,
    .path_length = -1,
    .constraints_critical = true,
    .key_usage = KU_CA,
    .self_signed = true,
    .public_trust = true,
};

static const struct pki_profile trust_intermediate = {
    .name = "trust services intermediate",
    .ca = true,
    .path_length = 0,
    .constraints_critical = true,
    .key_usage = KU_CA,
    .extended_key_usage = eku_server,
    .pointers = true,
    .public_trust = true,
};

/* For the key of the next root (BR 7.1.2.2). */
static const struct pki_profile trust_cross = {
    .name = "trust services cross-certificate",
    .ca = true,
    .path_length = -1,
    .constraints_critical = true,
    .key_usage = KU_CA,
    .extended_key_usage = eku_server,
    .pointers = true,
    .public_trust = true,
};

/* Key encipherment is for RSA keys only (BR 7.1.2.7.11). */
#define PUBLIC_LEAF(title, usage, poisoned)                                                        \
    {                                                                                              \
        .name = (title), .path_length = -1, .constraints_critical = true, .key_usage = (usage),      \
        .extended_key_usage = eku_server, .pointers = true, .public_trust = true,                  \
        .precertificate = (poisoned)                                                               \
    }

static const struct pki_profile public_leaves[2][2] = {
    {PUBLIC_LEAF("public certificate, EC", PKI_KU_DIGITAL_SIGNATURE, false),
     PUBLIC_LEAF("public precertificate, EC", PKI_KU_DIGITAL_SIGNATURE, true)},
    {PUBLIC_LEAF("public certificate, RSA", KU_TLS, false),
     PUBLIC_LEAF("public precertificate, RSA", KU_TLS, true)},
};

/* It lives a few days only and says that nobody need ask whether it still holds. */
static const struct pki_profile ocsp_responder = {
    .name = "OCSP responder",
    .path_length = -1,
    .key_usage = PKI_KU_DIGITAL_SIGNATURE,
    .extended_key_usage = eku_ocsp,
    .no_check = true,
};

const struct pki_profile *pki_profile_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof profiles / sizeof profiles[0]; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

const struct pki_profile *pki_profile_acm_private(void)
{
    return &acm_private;
}

const struct pki_profile *pki_profile_ocsp_responder(void)
{
    return &ocsp_responder;
}

const struct pki_profile *pki_profile_trust_root(void)
{
    return &trust_root;
}

const struct pki_profile *pki_profile_trust_cross(void)
{
    return &trust_cross;
}

const struct pki_profile *pki_profile_trust_intermediate(void)
{
    return &trust_intermediate;
}

const struct pki_profile *pki_profile_public(enum key_alg alg, bool precertificate)
{
    PRECOND(key_alg_info(alg) != NULL);
    return &public_leaves[key_alg_info(alg)->rsa][precertificate];
}
