/*
 * Policy documents as callers give them.
 */
#include "ca/iam/policy.h"

#include "ca/members.h"

size_t iam_document_size(const char *text)
{
    return policy_counted_size(slice_text(text));
}

int iam_document_check(struct request *r, const char *member, enum policy_form form)
{
    char why[POLICY_WHY_SIZE] = "";
    struct policy *policy = NULL;
    int rc = policy_parse(slice_text(member_text(r->in, member)), form, &policy, why);
    if (rc == 0)
        policy_release(policy);
    if (rc != CH_EINVAL && rc != CH_ELIMIT)
        return rc;
    return api_fail(&r->error, "MalformedPolicyDocumentException", "%s", why);
}
