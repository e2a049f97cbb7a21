#include "ca/pki/pki.h"

#include <string.h>

#define OID_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define OID_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

#define KU_CA (PKI_KU_DIGITAL_SIGNATURE | PKI_KU_KEY_CERT_SIGN | PKI_KU_CRL_SIGN)
#define KU_TLS (PKI_KU_DIGITAL_SIGNATURE | PKI_KU_KEY_ENCIPHERMENT)

static const char *const eku_tls[] = {OID_SERVER_AUTH, OID_CLIENT_AUTH, NULL};

/*
 * What AWS Private CA's page of template definitions says of each: CA templates have critical basic
 * constraints and no extended key usage, end entities CA:FALSE that is not critical; subject and
 * subject alternative name pass through from the request; a root has no authority key identifier.
 */
static const struct pki_profile profiles[] = {
    /* name, ca, path length, key usage, extended key usage, self-signed, names from the CSR */
    {"RootCACertificate/V1", true, -1, KU_CA, NULL, true, true},
    {"SubordinateCACertificate_PathLen0/V1", true, 0, KU_CA, NULL, false, true},
    {"SubordinateCACertificate_PathLen1/V1", true, 1, KU_CA, NULL, false, true},
    {"SubordinateCACertificate_PathLen2/V1", true, 2, KU_CA, NULL, false, true},
    {"SubordinateCACertificate_PathLen3/V1", true, 3, KU_CA, NULL, false, true},
    {"EndEntityCertificate/V1", false, -1, KU_TLS, eku_tls, false, true},
};

/* Subject and names come from ACM's own request, never from a CSR. */
static const struct pki_profile acm_private = {
    "ACM private certificate", false, -1, KU_TLS, eku_tls, false, false,
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
