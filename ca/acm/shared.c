/* Certificates from authorities of other accounts: what ACM may do there when nobody asks. */
#include "ca/acm/private.h"
#include "ca/auth/resource_policy.h"

#include <stdio.h>
#include <string.h>

#define ROLE "AWSServiceRoleForCertificateManager"
#define TEMPLATE "arn:aws:acm-pca:::template/EndEntityCertificate/V1"

/* A renewal is no call: of all keys there are the template and whose it is. */
static int find(void *context, struct slice key, struct policy_values *out)
{
    const struct private_work *w = context;
    if (slice_is(key, "acm-pca:templatearn"))
        return policy_values_put_text(out, TEMPLATE);
    if (slice_is(key, "aws:principalaccount"))
        return policy_values_put_text(out, w->row.scope.account);
    return 0;
}

int private_sharing_allows(struct private_work *w, bool *permitted)
{
    char role[160], session[160];
    struct request r = {.core = w->core, .scope = w->row.scope};
    const struct policy *policy = NULL;
    enum policy_answer answer = POLICY_SILENT;
    snprintf(role, sizeof role, "arn:aws:iam::%s:role/aws-service-role/acm.amazonaws.com/" ROLE,
             w->row.scope.account);
    snprintf(session, sizeof session,
             "arn:aws:sts::%s:assumed-role/" ROLE "/acm", w->row.scope.account);
    int rc = resource_policy_get(&r, w->row.authority_arn, &policy);
    if (rc == 0 && policy != NULL)
        rc = policy_ask(policy,
                        &(struct policy_question){
                            .action = "acm-pca:IssueCertificate",
                            .resource = w->row.authority_arn,
                            .principal = {.account = w->row.scope.account,
                                          .arn = session,
                                          .role_arn = role},
                            .find = find,
                            .context = w,
                        },
                        &answer);
    policy_release(policy);
    *permitted = answer == POLICY_ALLOWS;
    return rc;
}
