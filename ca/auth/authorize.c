#include "ca/auth/auth.h"

#include "ca/arn.h"
#include "firmware/base/log.h"

#include <string.h>

static int deny(struct request *r, const char *action, const char *resource, const char *kind)
{
    bool named = resource != NULL;
    return api_fail(&r->error, "AccessDeniedException",
                    "User: %s is not authorized to perform: %s%s%s because no %s-based policy "
                    "allows the %s action",
                    r->principal.arn, action, named ? " on resource: " : "",
                    named ? resource : "", kind, action);
}

/*
 * Nothing of one account is open to another. ACM itself has no sharing, so there a foreign
 * certificate is answered like one that does not exist; elsewhere the owner's policy is missing.
 */
static int deny_foreign(struct request *r, const char *action, const char *resource,
                        const struct arn *arn)
{
    return slice_is(arn->service, "acm") ? arn_certificate_missing(r, resource)
                                         : deny(r, action, resource, "resource");
}

int authorize(struct request *r, const char *action, const char *resource)
{
    struct arn arn;
    PRECOND(r != NULL && action != NULL);
    if (!r->principal.administrator || r->principal.account[0] == '\0')
        return deny(r, action, resource, "identity");
    /* What is no ARN names nothing that could be guarded; the handler refuses it in its own words. */
    if (resource == NULL || arn_parse(resource, &arn) != 0)
        return 0;
    if (!slice_is(arn.account, r->principal.account))
        return deny_foreign(r, action, resource, &arn);
    return 0;
}
