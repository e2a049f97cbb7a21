/*
 * AssumeRole: the credentials of a role for a time. The role's trust policy must let the caller, and
 * the caller's own policies must let him; a session policy can only take away.
 */
#include "ca/arn.h"
#include "ca/auth/auth.h"
#include "ca/duties/duties.h"
#include "ca/iam/iam.h"
#include "ca/iam/policy.h"
#include "ca/members.h"
#include "ca/sts/operations.h"
#include "ca/sts/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_SECONDS 3600
#define CHAINED_SECONDS_MAX 3600
#define PACKED_MAX 2048 /* octets of session policies and tags together */

struct assuming {
    struct request *r;
    struct iam_row role;
    struct policy *trust;
    json_t *claims;
    struct sts_credentials credentials;
    int64_t seconds;
};

/* ---- the role ---- */

/* The same words whether the role exists or not: who may not take it learns nothing. */
static int denied(struct request *r, const char *action)
{
    return api_fail(&r->error, "AccessDeniedException",
                    "User: %s is not authorized to perform: %s on resource: %s", r->principal.arn,
                    action, member_text(r->in, "RoleArn"));
}

static int role_read(struct store_tx *tx, void *context)
{
    struct assuming *a = context;
    const char *text = member_text(a->r->in, "RoleArn"), *slash = strrchr(text, '/');
    char account[ROW_ACCOUNT_SIZE], full[IAM_ARN_SIZE];
    struct arn arn;
    if (slash == NULL || arn_parse(text, &arn) != 0 || arn.account.len != sizeof account - 1)
        return CH_ENOTFOUND;
    snprintf(account, sizeof account, "%.*s", (int)arn.account.len,
             (const char *)arn.account.data);
    int rc = store_iam_get(tx, account, IAM_ROLE, slash + 1, &a->role);
    if (rc != 0)
        return rc;
    iam_arn(&a->role, full);
    return strcmp(full, text) == 0 ? 0 : CH_ENOTFOUND;
}

static int role_find(struct assuming *a)
{
    char why[POLICY_WHY_SIZE];
    int rc = request_read(a->r, role_read, a);
    if (rc == CH_ENOTFOUND)
        return denied(a->r, "sts:AssumeRole");
    if (rc == 0)
        rc = policy_parse(slice_text(a->role.trust), POLICY_FORM_TRUST, &a->trust, why);
    return rc == CH_EINVAL ? CH_EINTEGRITY : rc;
}

static int ask(const struct assuming *a, const char *action)
{
    return authorize_on(a->r, &(struct authorize_target){
                                  .action = action,
                                  .resource = member_text(a->r->in, "RoleArn"),
                                  .owner = a->role.account,
                                  .policy = a->trust,
                                  .kind = POLICY_TRUST,
                              });
}

static int check_allowed(const struct assuming *a)
{
    const json_t *in = a->r->in;
    int rc = ask(a, "sts:AssumeRole");
    if (rc == 0 && json_array_size(json_object_get(in, "Tags")) > 0)
        rc = ask(a, "sts:TagSession");
    if (rc == 0 && json_object_get(in, "SourceIdentity") != NULL)
        rc = ask(a, "sts:SetSourceIdentity");
    return rc;
}

static int check_duration(struct assuming *a)
{
    bool chained = a->r->principal.kind == PRINCIPAL_ROLE;
    a->seconds = sts_duration(a->r, USUAL_SECONDS);
    if (chained && a->seconds > CHAINED_SECONDS_MAX)
        return api_fail(&a->r->error, "ValidationException",
                        "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                        "assumed by role chaining.");
    if (a->seconds > a->role.max_session)
        return api_fail(&a->r->error, "ValidationException",
                        "The requested DurationSeconds exceeds the MaxSessionDuration set for "
                        "this role.");
    return 0;
}

/* ---- what the session carries ---- */

static int check_policy(struct request *r)
{
    if (member_text(r->in, "Policy") == NULL)
        return 0;
    return iam_document_check(r, "Policy", POLICY_FORM_IDENTITY);
}

static int policies_unit(struct store_tx *tx, void *context)
{
    struct assuming *a = context;
    const json_t *given = json_object_get(a->r->in, "PolicyArns");
    json_t *arns = json_array();
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(given); i++) {
        const char *arn = member_text(json_array_get(given, i), "arn");
        char *document = NULL;
        rc = iam_policy_document(tx, a->role.account, arn == NULL ? "" : arn, &document);
        free(document);
        if (rc == CH_ENOTFOUND)
            rc = api_fail(&a->r->error, "ValidationException",
                          "Policy %s does not exist or is not attachable.", arn);
        if (rc == 0 && json_array_append_new(arns, json_string(arn)) != 0)
            rc = CH_ENOMEM;
    }
    if (rc == 0 && json_array_size(arns) > 0)
        rc = member_put_new(a->claims, "policies", json_incref(arns));
    json_decref(arns);
    return rc;
}

static int invalid(struct request *r, const char *text)
{
    return api_fail(&r->error, "InvalidParameterValueException", "%s", text);
}

/* Tags of the call, over those that the calling session hands on; a handed one cannot be changed. */
static int put_tags(struct assuming *a)
{
    struct request *r = a->r;
    json_t *caller = r->principal.session, *tags = json_object();
    const json_t *handed = json_object_get(caller, "transitive");
    const json_t *given = json_object_get(r->in, "Tags");
    json_t *transitive = json_object_get(r->in, "TransitiveTagKeys");
    json_t *keys = json_array();
    int rc = tags == NULL || keys == NULL ? CH_ENOMEM : iam_tags_check(r, given);
    for (size_t i = 0; rc == 0 && i < json_array_size(handed); i++) {
        const char *key = json_string_value(json_array_get(handed, i));
        json_t *value = json_object_get(json_object_get(caller, "tags"), key);
        if (json_object_set(tags, key, value) != 0 ||
            json_array_append_new(keys, json_string(key)) != 0)
            rc = CH_ENOMEM;
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(given); i++) {
        const json_t *tag = json_array_get(given, i);
        if (member_list_has(handed, member_text(tag, "Key")))
            rc = invalid(r, "One of the specified transitive tag keys can't be set because it "
                            "conflicts with a transitive tag key from the calling session");
        else
            rc = member_put_text(tags, member_text(tag, "Key"), member_text(tag, "Value"));
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(transitive); i++) {
        json_t *key = json_array_get(transitive, i);
        if (json_object_get(tags, json_string_value(key)) == NULL)
            rc = invalid(r, "The specified transitive tag key must be included in the requested "
                            "tags");
        else if (json_array_append(keys, key) != 0)
            rc = CH_ENOMEM;
    }
    if (rc == 0 && json_object_size(tags) > 0)
        rc = member_put_new(a->claims, "tags", json_incref(tags));
    if (rc == 0 && json_array_size(keys) > 0)
        rc = member_put_new(a->claims, "transitive", json_incref(keys));
    json_decref(tags);
    json_decref(keys);
    return rc;
}

static int put_claims(struct assuming *a)
{
    struct request *r = a->r;
    const char *source = member_text(r->in, "SourceIdentity");
    const char *inherited = member_text(r->principal.session, "source");
    a->claims = sts_claims(r, a->role.id, a->seconds);
    int rc = a->claims == NULL ? CH_ENOMEM : 0;
    if (rc == 0 && source != NULL && inherited != NULL && strcmp(source, inherited) != 0)
        return denied(r, "sts:SetSourceIdentity");
    if (rc == 0)
        rc = member_put_text(a->claims, "session", member_text(r->in, "RoleSessionName"));
    if (rc == 0)
        rc = member_put_text(a->claims, "policy", member_text(r->in, "Policy"));
    if (rc == 0)
        rc = member_put_text(a->claims, "source", source == NULL ? inherited : source);
    if (rc == 0)
        rc = member_put_text(a->claims, "origin", duties_origin(r));
    if (rc == 0 && r->principal.kind == PRINCIPAL_ROLE)
        rc = member_put_bool(a->claims, "chained", true);
    if (rc == 0)
        rc = put_tags(a);
    return rc == 0 ? request_read(r, policies_unit, a) : rc;
}

/* ---- the answer ---- */

static size_t dumped(const json_t *value)
{
    return value == NULL ? 0 : json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* Of what AWS allows for policies and tags; session policies count without white space. */
static int put_packed_size(struct assuming *a)
{
    const char *policy = member_text(a->r->in, "Policy");
    size_t used = (policy == NULL ? 0 : iam_document_size(policy)) +
                  dumped(json_object_get(a->claims, "tags")) +
                  dumped(json_object_get(a->claims, "policies"));
    unsigned percent = (unsigned)((used * 100 + PACKED_MAX - 1) / PACKED_MAX);
    if (percent > 100)
        return api_fail(&a->r->error, "PackedPolicyTooLargeException",
                        "Packed size of session tags consumes %u%% of allotted space.", percent);
    return used == 0 ? 0 : member_put_new(a->r->out, "PackedPolicySize", json_integer(percent));
}

static int answer(struct assuming *a)
{
    struct request *r = a->r;
    const char *session = member_text(r->in, "RoleSessionName");
    int rc = sts_put_credentials(r, &a->credentials, r->now / 1000000 + a->seconds);
    if (rc == 0)
        rc = member_put_new(
            r->out, "AssumedRoleUser",
            json_pack("{s:o, s:o}", "AssumedRoleId", json_sprintf("%s:%s", a->role.id, session),
                      "Arn", json_sprintf("arn:aws:sts::%s:assumed-role/%s/%s", a->role.account,
                                          a->role.name, session)));
    if (rc == 0)
        rc = put_packed_size(a);
    return rc == 0 ? member_put_text(r->out, "SourceIdentity",
                                     member_text(a->claims, "source"))
                   : rc;
}

static int used_unit(struct store_tx *tx, void *context)
{
    const struct assuming *a = context;
    return store_iam_used(tx, a->role.number, a->r->now, a->r->scope.region);
}

int sts_assume_role(struct request *r)
{
    struct assuming a = {.r = r};
    if (r->principal.kind == PRINCIPAL_ROOT)
        return api_fail(&r->error, "AccessDeniedException",
                        "Roles may not be assumed by root accounts.");
    int rc = sts_check_mfa(r);
    if (rc == 0)
        rc = role_find(&a);
    if (rc == 0)
        rc = check_allowed(&a);
    if (rc == 0)
        rc = check_duration(&a);
    if (rc == 0)
        rc = check_policy(r);
    if (rc == 0)
        rc = put_claims(&a);
    if (rc == 0)
        rc = sts_credentials_make(r->core, a.claims, &a.credentials);
    if (rc == CH_ELIMIT)
        rc = api_fail(&r->error, "PackedPolicyTooLargeException",
                      "The session policies and tags are too large together.");
    if (rc == 0)
        rc = answer(&a);
    if (rc == 0)
        rc = request_commit(r, used_unit, &a);
    sts_credentials_free(&a.credentials);
    json_decref(a.claims);
    policy_release(a.trust);
    iam_row_free(&a.role);
    return rc;
}
