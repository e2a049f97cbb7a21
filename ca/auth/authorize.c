#include "ca/auth/auth.h"

#include "ca/arn.h"
#include "ca/auth/condition.h"
#include "ca/auth/principal.h"
#include "ca/auth/resource_policy.h"
#include "ca/core.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <string.h>

/* AssumeRole alone is refused without a reason: who is outside learns nothing of a role's policy. */
static int deny(struct request *r, const struct authorize_target *t,
                const struct policy_verdict *verdict)
{
    struct buf why = {0};
    bool named = t->resource != NULL;
    int rc = t->kind == POLICY_TRUST ? 0 : policy_refusal_put(verdict, t->action, &why);
    const char *reason = buf_text(&why);
    if (rc == 0 && reason != NULL)
        rc = api_fail(&r->error, "AccessDeniedException",
                      "User: %s is not authorized to perform: %s%s%s%s%s", r->principal.arn,
                      t->action, named ? " on resource: " : "", named ? t->resource : "",
                      reason[0] == '\0' ? "" : " ", reason);
    else
        rc = CH_ENOMEM;
    buf_free(&why);
    return rc;
}

int authorize_on(struct request *r, const struct authorize_target *t)
{
    PRECOND(r != NULL && t != NULL && t->action != NULL);
    struct condition context = {.r = r, .action = t->action, .resource = t->resource};
    const struct policy_set *policies = NULL;
    struct policy_verdict verdict = {.by = POLICY_IDENTITY};
    if (r->principal.account[0] == '\0')
        return deny(r, t, &verdict);
    int rc = principal_policies(r, &policies);
    if (rc != 0)
        return rc;
    struct policy_question question = {
        .action = t->action,
        .resource = t->resource,
        .principal = principal_named(r),
        .owner = t->owner,
        .policies = policies,
        .resource_policy = t->policy,
        .resource_kind = t->kind,
        .resource_must_allow = t->kind == POLICY_TRUST,
        .find = condition_find,
        .context = &context,
    };
    rc = policy_judge(&question, &verdict);
    if (rc == 0 && !verdict.allowed)
        rc = deny(r, t, &verdict);
    if (rc == 0 && t->owner != NULL && strcmp(t->owner, r->principal.account) != 0)
        snprintf(r->owner, sizeof r->owner, "%s", t->owner);
    policy_set_release(policies);
    return rc;
}

/*
 * ACM has no policies of resources, so a certificate of another account is answered like one that does
 * not exist to who may ask at all.
 */
static int authorize_certificate(struct request *r, struct authorize_target *t)
{
    t->owner = NULL;
    int rc = authorize_on(r, t);
    return rc != 0 ? rc : arn_certificate_missing(r, t->resource);
}

int authorize(struct request *r, const char *action, const char *resource)
{
    struct arn arn;
    char owner[ROW_ACCOUNT_SIZE] = "";
    const struct policy *policy = NULL;
    PRECOND(r != NULL && action != NULL);
    struct authorize_target t = {.action = action, .resource = resource, .kind = POLICY_RESOURCE};
    /* What is no ARN names nothing that has an owner; the handler refuses it in its own words. */
    if (resource == NULL || arn_parse(resource, &arn) != 0)
        return authorize_on(r, &t);
    bool own = slice_is(arn.account, r->principal.account);
    if (!own && slice_is(arn.service, "acm"))
        return authorize_certificate(r, &t);
    snprintf(owner, sizeof owner, "%.*s",
             arn.account.len < sizeof owner ? (int)arn.account.len : 0,
             (const char *)arn.account.data);
    t.owner = own ? NULL : owner;
    int rc = resource_policy_get(r, resource, &policy);
    t.policy = policy;
    if (rc == 0)
        rc = authorize_on(r, &t);
    policy_release(policy);
    return rc;
}
