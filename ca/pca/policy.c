/*
 * PutPolicy, GetPolicy, DeletePolicy: who else may use an authority. What a policy may say is what
 * the managed permissions of AWS RAM for Private CA say: named operations on this very authority, and
 * IssueCertificate for named templates.
 */
#include "ca/auth/condition.h"
#include "ca/auth/principal.h"
#include "ca/iam/principal_ids.h"
#include "ca/members.h"
#include "ca/pca/authority.h"
#include "ca/pca/pca.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct sharing {
    struct request *r;
    struct authority_row row;
    char *policy;
};

/* ---- what may be shared ---- */

static const char *const shareable[] = {
    "acm-pca:DescribeCertificateAuthority",
    "acm-pca:GetCertificate",
    "acm-pca:GetCertificateAuthorityCertificate",
    "acm-pca:IssueCertificate",
    "acm-pca:ListPermissions",
    "acm-pca:ListTags",
    "acm-pca:RevokeCertificate",
};

static int invalid(struct request *r, const char *why)
{
    return api_fail(&r->error, "InvalidPolicyException", "%s", why);
}

static size_t list_size(const json_t *value)
{
    return json_is_array(value) ? json_array_size(value) : value != NULL;
}

static const char *list_text(const json_t *value, size_t i)
{
    return json_string_value(json_is_array(value) ? json_array_get(value, i) : value);
}

static int check_actions(struct request *r, const json_t *actions, bool *issues)
{
    for (size_t i = 0; i < list_size(actions); i++) {
        const char *action = list_text(actions, i);
        bool known = false;
        for (size_t k = 0; action != NULL && k < sizeof shareable / sizeof shareable[0]; k++)
            known = known || strcmp(action, shareable[k]) == 0;
        if (!known)
            return api_fail(&r->error, "InvalidPolicyException",
                            "The resource policy allows the action %s, which cannot be shared.",
                            action == NULL ? "" : action);
        *issues = *issues || strcmp(action, "acm-pca:IssueCertificate") == 0;
    }
    return *issues || list_size(actions) > 0
               ? 0
               : invalid(r, "A statement that allows must name its actions.");
}

static bool names_everybody(const json_t *principal)
{
    const json_t *aws = json_is_object(principal) ? json_object_get(principal, "AWS") : principal;
    for (size_t i = 0; i < list_size(aws); i++) {
        const char *who = list_text(aws, i);
        if (who != NULL && strcmp(who, "*") == 0)
            return true;
    }
    return false;
}

/* Who may issue must be held to named templates: a subordinate authority is no end entity. */
static bool names_template(const json_t *statement)
{
    const char *operator, *key;
    json_t *keys, *values;
    json_object_foreach(json_object_get(statement, "Condition"), operator, keys) {
        if (strcmp(operator, "StringEquals") != 0 && strcmp(operator, "ArnEquals") != 0)
            continue;
        json_object_foreach(keys, key, values)
            if (strcasecmp(key, "acm-pca:TemplateArn") == 0 && list_size(values) > 0)
                return true;
    }
    return false;
}

static int check_resources(struct request *r, const json_t *resources)
{
    const char *arn = member_text(r->in, "ResourceArn");
    for (size_t i = 0; i < list_size(resources); i++) {
        const char *text = list_text(resources, i);
        if (text == NULL || strcmp(text, arn) != 0)
            return invalid(r, "The Resource of each statement must be the ARN of the certificate "
                              "authority.");
    }
    return 0;
}

static int check_statement(struct request *r, const json_t *statement)
{
    static const char *const never[] = {"NotPrincipal", "NotAction", "NotResource"};
    const char *effect = member_text(statement, "Effect");
    bool issues = false;
    int rc = check_resources(r, json_object_get(statement, "Resource"));
    if (rc != 0 || effect == NULL || strcmp(effect, "Allow") != 0)
        return rc;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (json_object_get(statement, never[i]) != NULL)
            return api_fail(&r->error, "InvalidPolicyException",
                            "A statement that allows cannot have %s.", never[i]);
    if (names_everybody(json_object_get(statement, "Principal")) &&
        json_object_size(json_object_get(statement, "Condition")) == 0)
        return invalid(r, "A statement for everybody needs a Condition.");
    rc = check_actions(r, json_object_get(statement, "Action"), &issues);
    if (rc == 0 && issues && !names_template(statement))
        rc = invalid(r, "A statement that allows acm-pca:IssueCertificate must name the templates in "
                        "a Condition with StringEquals and acm-pca:TemplateArn.");
    return rc;
}

static int check_shape(struct request *r, const char *text)
{
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const json_t *statements = json_object_get(document, "Statement");
    int rc = document == NULL ? CH_ENOMEM : 0;
    if (rc == 0 && json_is_object(statements))
        rc = check_statement(r, statements);
    for (size_t i = 0; rc == 0 && i < json_array_size(statements); i++)
        rc = check_statement(r, json_array_get(statements, i));
    json_decref(document);
    return rc;
}

/* ---- may the caller go on ---- */

/* Nobody shuts himself out: then nobody of the account might be left who could take it back. */
static int check_lockout(struct request *r, const struct policy *p)
{
    static const char *const needed[] = {"acm-pca:PutPolicy", "acm-pca:GetPolicy",
                                         "acm-pca:DeletePolicy"};
    const char *arn = member_text(r->in, "ResourceArn");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof needed / sizeof needed[0]; i++) {
        enum policy_answer answer = POLICY_SILENT;
        struct condition context = {.r = r, .action = needed[i], .resource = arn};
        struct policy_question question = {.action = needed[i],
                                           .resource = arn,
                                           .principal = principal_named(r),
                                           .find = condition_find,
                                           .context = &context};
        rc = policy_ask(p, &question, &answer);
        if (rc == 0 && answer == POLICY_DENIES)
            rc = api_fail(&r->error, "LockoutPreventedException",
                          "The current action was prevented because it would lock the caller out "
                          "from performing subsequent actions. Verify that the specified parameters "
                          "would not result in the caller being denied access to the resource.");
    }
    return rc;
}

static int check_policy(struct request *r, const char *text)
{
    char why[POLICY_WHY_SIZE];
    struct policy *p = NULL;
    int rc = policy_parse(slice_text(text), POLICY_FORM_RESOURCE, &p, why);
    if (rc == CH_EINVAL || rc == CH_ELIMIT)
        return invalid(r, why);
    if (rc == 0)
        rc = check_shape(r, text);
    if (rc == 0)
        rc = check_lockout(r, p);
    policy_release(p);
    return rc;
}

/* ---- the operations ---- */

static int load(struct sharing *s)
{
    int rc = authority_load(s->r, member_text(s->r->in, "ResourceArn"), &s->row);
    return rc == 0 ? authority_check_not_deleted(s->r, &s->row) : rc;
}

static int missing(struct request *r, int rc)
{
    if (rc != CH_ENOTFOUND)
        return rc;
    return api_fail(&r->error, "ResourceNotFoundException",
                    "Could not find a policy for resource %s.", member_text(r->in, "ResourceArn"));
}

static int get_unit(struct store_tx *tx, void *context)
{
    struct sharing *s = context;
    return store_authority_policy_get(tx, &s->row.scope, s->row.id, &s->policy);
}

static int show_unit(struct store_tx *tx, void *context)
{
    struct sharing *s = context;
    char *kept = NULL;
    int rc = store_authority_policy_get(tx, &s->row.scope, s->row.id, &kept);
    if (rc == 0)
        rc = principal_ids_show(tx, kept, &s->policy);
    free(kept);
    return rc;
}

static int put_unit(struct store_tx *tx, void *context)
{
    struct sharing *s = context;
    char who[PRINCIPAL_TEXT_SIZE];
    int rc = principal_ids_bind(tx, member_text(s->r->in, "Policy"), &s->policy, who);
    if (rc == CH_ENOTFOUND)
        return api_fail(&s->r->error, "InvalidPolicyException",
                        "The resource policy names the principal %s, which does not exist.", who);
    return rc != 0 ? rc
                   : store_authority_policy_put(tx, &s->row.scope, s->row.id, s->policy, s->r->now);
}

static int delete_unit(struct store_tx *tx, void *context)
{
    struct sharing *s = context;
    int rc = get_unit(tx, s);
    return rc == 0 ? store_authority_policy_remove(tx, &s->row.scope, s->row.id) : rc;
}

static int done(struct sharing *s, int rc)
{
    free(s->policy);
    authority_row_free(&s->row);
    return rc;
}

int pca_put_policy(struct request *r)
{
    struct sharing s = {.r = r};
    const char *text = member_text(r->in, "Policy");
    int rc = load(&s);
    if (rc == 0)
        rc = check_policy(r, text);
    if (rc == 0)
        rc = request_commit(r, put_unit, &s);
    return done(&s, rc);
}

int pca_get_policy(struct request *r)
{
    struct sharing s = {.r = r};
    int rc = load(&s);
    if (rc == 0)
        rc = missing(r, request_read(r, show_unit, &s));
    if (rc == 0)
        rc = member_put_text(r->out, "Policy", s.policy);
    return done(&s, rc);
}

int pca_delete_policy(struct request *r)
{
    struct sharing s = {.r = r};
    int rc = load(&s);
    if (rc == 0)
        rc = missing(r, request_commit(r, delete_unit, &s));
    return done(&s, rc);
}
