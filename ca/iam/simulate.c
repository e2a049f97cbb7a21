/*
 * SimulateCustomPolicy and SimulatePrincipalPolicy: what would be answered, by the same judge that
 * answers calls. Values of condition keys are those that the caller gives.
 */
#include "ca/arn.h"
#include "ca/auth/principal.h"
#include "ca/iam/operations.h"
#include "ca/iam/policy.h"
#include "ca/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct simulation {
    struct request *r;
    struct policy_set *policies;
    struct policy *resource_policy;
    struct iam_page page;
    char caller[IAM_ARN_SIZE];
    json_t *missing; /* keys that were asked for in vain, for the pair that is judged */
};

/* ---- the values that the caller gives ---- */

static int note_missing(const struct simulation *s, struct slice key)
{
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)key.len, (const char *)key.data);
    if (member_list_has(s->missing, name))
        return 0;
    return json_array_append_new(s->missing, json_string(name)) == 0 ? 0 : CH_ENOMEM;
}

static int find_value(void *context, struct slice key, struct policy_values *out)
{
    const struct simulation *s = context;
    const json_t *entries = json_object_get(s->r->in, "ContextEntries");
    int rc = 0;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const json_t *values = json_object_get(entry, "ContextKeyValues");
        const char *name = member_text(entry, "ContextKeyName");
        if (name == NULL || strlen(name) != key.len ||
            strncasecmp(name, (const char *)key.data, key.len) != 0)
            continue;
        for (size_t j = 0; rc == 0 && j < json_array_size(values); j++)
            rc = policy_values_put_text(out, json_string_value(json_array_get(values, j)));
    }
    return rc == 0 && !out->present ? note_missing(s, key) : rc;
}

/* ---- what is judged by ---- */

static int add_list(struct simulation *s, const char *member, const char *what,
                    enum policy_kind kind)
{
    const json_t *documents = json_object_get(s->r->in, member);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(documents); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%zu", what, i + 1);
        rc = policy_set_add_text(s->policies, kind,
                                 slice_text(json_string_value(json_array_get(documents, i))), name);
    }
    if (rc != CH_EINVAL && rc != CH_ELIMIT)
        return rc;
    return api_fail(&s->r->error, "InvalidInputException", "The policies in %s are not valid.",
                    member);
}

static int add_resource_policy(struct simulation *s)
{
    char why[POLICY_WHY_SIZE];
    const char *text = member_text(s->r->in, "ResourcePolicy");
    if (text == NULL)
        return 0;
    int rc = policy_parse(slice_text(text), POLICY_FORM_RESOURCE, &s->resource_policy, why);
    if (rc == 0)
        return policy_name_set(s->resource_policy, "ResourcePolicy");
    return rc == CH_EINVAL || rc == CH_ELIMIT
               ? api_fail(&s->r->error, "InvalidInputException", "%s", why)
               : rc;
}

/* The user, group or role of PolicySourceArn. */
static int source_find(struct request *r, struct store_tx *tx, struct iam_row *out)
{
    const char *arn = member_text(r->in, "PolicySourceArn"), *name = strrchr(arn, '/');
    char full[IAM_ARN_SIZE];
    int rc = CH_ENOTFOUND;
    for (enum iam_kind kind = IAM_USER; name != NULL && rc == CH_ENOTFOUND && kind <= IAM_ROLE;
         kind++) {
        rc = store_iam_get(tx, r->scope.account, kind, name + 1, out);
        if (rc != 0)
            continue;
        iam_arn(out, full);
        if (strcmp(full, arn) == 0)
            return 0;
        iam_row_free(out);
        rc = CH_ENOTFOUND;
    }
    return rc != CH_ENOTFOUND ? rc
                              : api_fail(&r->error, "NoSuchEntityException",
                                         "The entity %s cannot be found.", arn);
}

static int source_read(struct store_tx *tx, void *context)
{
    struct simulation *s = context;
    struct iam_row row = {0};
    int rc = source_find(s->r, tx, &row);
    if (rc == 0)
        rc = principal_policies_read(tx, &row, NULL, &s->policies);
    if (rc == 0)
        iam_arn(&row, s->caller);
    iam_row_free(&row);
    return rc;
}

static int gather(struct simulation *s)
{
    const char *caller = member_text(s->r->in, "CallerArn");
    int rc = 0;
    snprintf(s->caller, sizeof s->caller, "%s", s->r->principal.arn);
    if (json_object_get(s->r->in, "PolicySourceArn") != NULL)
        rc = request_read(s->r, source_read, s);
    else
        rc = (s->policies = policy_set_new()) == NULL ? CH_ENOMEM : 0;
    if (caller != NULL)
        snprintf(s->caller, sizeof s->caller, "%s", caller);
    if (rc == 0)
        rc = add_list(s, "PolicyInputList", "PolicyInputList", POLICY_IDENTITY);
    if (rc == 0)
        rc = add_list(s, "PermissionsBoundaryPolicyInputList", "PermissionsBoundaryPolicyInputList",
                      POLICY_BOUNDARY);
    return rc == 0 ? add_resource_policy(s) : rc;
}

/* ---- judging ---- */

static const char *source_type(const struct policy_verdict *v, const char *name)
{
    if (v->by == POLICY_RESOURCE)
        return "resource";
    if (strncmp(name, "arn:aws:iam::aws:", 17) == 0)
        return "aws-managed";
    return strncmp(name, "arn:", 4) == 0 ? "user-managed" : "none";
}

/* NULL for no place. */
static json_t *position(struct policy_position place)
{
    return place.line == 0 ? NULL
                           : json_pack("{s:i, s:i}", "Line", (int)place.line, "Column",
                                       (int)place.column);
}

static json_t *matched(const struct policy_verdict *v)
{
    json_t *list = json_array();
    const char *name = v->policy == NULL ? "" : policy_name(v->policy);
    if (v->policy != NULL)
        json_array_append_new(list, json_pack("{s:s, s:s, s:o*, s:o*}", "SourcePolicyId", name,
                                              "SourcePolicyType", source_type(v, name),
                                              "StartPosition", position(v->from), "EndPosition",
                                              position(v->to)));
    return list;
}

/* Puts what a kind of policy that limits has to say: {what: true or false}. What one resource is refused, the whole is. */
static int limit_put(struct simulation *s, const struct policy_question *question,
                     enum policy_kind kind, json_t *result, const char *member, const char *what)
{
    bool limits = false;
    enum policy_answer answer;
    int rc = policy_set_ask(s->policies, kind, question, &limits, &answer);
    if (rc != 0 || !limits || json_is_false(json_object_get(json_object_get(result, member), what)))
        return rc;
    return member_put_new(result, member, json_pack("{s:b}", what, answer == POLICY_ALLOWS));
}

static const char decisions[][16] = {"explicitDeny", "implicitDeny", "allowed"};

/* The one that comes first among the decisions; both are of that table. */
static const char *worse(const char *one, const char *other)
{
    return one < other ? one : other;
}

/*
 * The verdict on one pair, in members that the result for an action and the one for a resource share, and what
 * the organization says of it in the action's, whole; *decided is its decision.
 */
static int judge(struct simulation *s, const char *action, const char *resource, json_t *whole,
                 json_t *result, const char **decided)
{
    char account[ROW_ACCOUNT_SIZE];
    struct arn arn;
    struct policy_verdict v;
    bool named = arn_parse(s->caller, &arn) == 0 && arn.account.len == sizeof account - 1;
    snprintf(account, sizeof account, "%.*s", named ? (int)arn.account.len : 12,
             named ? (const char *)arn.account.data : s->r->scope.account);
    struct policy_question question = {
        .action = action,
        .resource = strcmp(resource, "*") == 0 ? NULL : resource,
        .principal = {.account = account, .arn = s->caller},
        .policies = s->policies,
        .resource_policy = s->resource_policy,
        .resource_kind = POLICY_RESOURCE,
        .find = find_value,
        .context = s,
    };
    json_decref(s->missing);
    s->missing = json_array();
    int rc = policy_judge(&question, &v);
    if (rc != 0)
        return rc;
    *decided = decisions[v.allowed ? 2 : v.explicit_deny ? 0 : 1];
    rc = member_put_new(result, "MatchedStatements", matched(&v));
    if (rc == 0)
        rc = member_put_new(result, "MissingContextValues", json_incref(s->missing));
    if (rc == 0)
        rc = limit_put(s, &question, POLICY_BOUNDARY, result, "PermissionsBoundaryDecisionDetail",
                       "AllowedByPermissionsBoundary");
    return rc != 0 ? rc
                   : limit_put(s, &question, POLICY_SCP, whole, "OrganizationsDecisionDetail",
                               "AllowedByOrganizations");
}

/* The resources of the call, each with a result of its own; *worst is the hardest decision on them, its statements go into whole. */
static int judge_each(struct simulation *s, const char *action, const json_t *resources,
                      json_t *whole, json_t *results, const char **worst)
{
    int rc = 0;
    *worst = NULL;
    for (size_t i = 0; rc == 0 && i < json_array_size(resources); i++) {
        const char *resource = json_string_value(json_array_get(resources, i)), *decided = NULL;
        json_t *result = json_pack("{s:s}", "EvalResourceName", resource);
        rc = judge(s, action, resource, whole, result, &decided);
        if (rc == 0)
            rc = member_put_text(result, "EvalResourceDecision", decided);
        if (rc == 0 && (*worst == NULL || worse(*worst, decided) != *worst)) {
            *worst = decided;
            rc = member_put_new(whole, "MatchedStatements",
                                json_incref(json_object_get(result, "MatchedStatements")));
        }
        if (rc == 0 && json_array_append(results, result) != 0)
            rc = CH_ENOMEM;
        json_decref(result);
    }
    return rc;
}

/*
 * One result for an action. When resources were named, each has its own below it, with the keys that were
 * missing and the statements that decided; the action's decision is then the hardest of theirs.
 */
static int judge_action(struct simulation *s, const char *action)
{
    const json_t *resources = json_object_get(s->r->in, "ResourceArns");
    size_t count = json_array_size(resources);
    const char *decided = NULL;
    if (!iam_page_takes(&s->page, action))
        return 0;
    json_t *results = json_array();
    json_t *result = json_pack("{s:s, s:s}", "EvalActionName", action, "EvalResourceName",
                               count == 1 ? json_string_value(json_array_get(resources, 0)) : "*");
    int rc = count == 0 ? judge(s, action, "*", result, result, &decided)
                        : judge_each(s, action, resources, result, results, &decided);
    if (rc == 0)
        rc = member_put_text(result, "EvalDecision", decided);
    if (rc == 0 && count > 0)
        rc = member_put_new(result, "ResourceSpecificResults", json_incref(results));
    if (rc == 0)
        rc = iam_page_add(&s->page, action, json_incref(result));
    json_decref(results);
    json_decref(result);
    return rc;
}

static int judge_all(struct simulation *s)
{
    const json_t *actions = json_object_get(s->r->in, "ActionNames");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(actions); i++)
        rc = judge_action(s, json_string_value(json_array_get(actions, i)));
    return rc;
}

int iam_simulate(struct request *r)
{
    struct simulation s = {.r = r};
    int rc = iam_page_open(r, &s.page);
    if (rc == 0)
        rc = gather(&s);
    if (rc == 0)
        rc = judge_all(&s);
    rc = iam_page_close(&s.page, "EvaluationResults", rc);
    json_decref(s.missing);
    policy_set_release(s.policies);
    policy_release(s.resource_policy);
    return rc;
}
