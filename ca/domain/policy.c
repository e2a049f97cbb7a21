#include "ca/domain/policy.h"

#include "ca/domain/name.h"
#include "ca/domain/suffix.h"

#include <stddef.h>

static bool is_not_public(const struct config *config, const char *name)
{
    const char *base = domain_base(name);
    return domain_fault(name) != NULL || !suffix_is_known(base, config->domains_top_level) ||
           (domain_is_wildcard(name) && suffix_is_public(base));
}

static bool is_forbidden(const struct config *config, const char *name)
{
    return domain_list_covers(config->domains_forbidden, domain_base(name));
}

static bool needs_review(const struct config *config, const char *name)
{
    return domain_list_covers(config->domains_review, domain_base(name));
}

static const struct {
    bool (*applies)(const struct config *config, const char *name);
    const char *reason;
} rows[] = {
    {is_not_public, "INVALID_PUBLIC_DOMAIN"},
    {is_forbidden, "DOMAIN_NOT_ALLOWED"},
    {needs_review, "ADDITIONAL_VERIFICATION_REQUIRED"},
};

const char *policy_refusal(const struct config *config, const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].applies(config, name))
            return rows[i].reason;
    return NULL;
}
