#include "ca/pca/revocation_configuration.h"

static bool enabled(const json_t *revocation, const char *member)
{
    return json_is_true(json_object_get(json_object_get(revocation, member), "Enabled"));
}

/* An enabled CRL that nobody would publish is worse than a refusal. */
int revocation_configuration_check(struct request *r, const json_t *revocation)
{
    if (enabled(revocation, "CrlConfiguration"))
        return api_fail(&r->error, "InvalidArgsException",
                        "CRLs are not published by this version: CrlConfiguration.Enabled must be "
                        "false.");
    if (enabled(revocation, "OcspConfiguration"))
        return api_fail(&r->error, "InvalidArgsException",
                        "OCSP is not served by this version: OcspConfiguration.Enabled must be "
                        "false.");
    return 0;
}
