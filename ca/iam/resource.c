/*
 * What a call of IAM is about, as policies see it: the ARN of the entity that is there, with the
 * path that it has, or of the one that is to be made.
 */
#include "ca/auth/auth.h"
#include "ca/iam/iam.h"
#include "ca/iam/managed.h"
#include "ca/members.h"

#include <stdio.h>
#include <string.h>

struct look {
    struct request *r;
    enum iam_kind kind;
    const char *name;
    char *arn;
};

static int look_unit(struct store_tx *tx, void *context)
{
    const struct look *l = context;
    struct iam_row row = {0};
    int rc = store_iam_get(tx, l->r->scope.account, l->kind, l->name, &row);
    if (rc == 0)
        iam_arn(&row, l->arn);
    iam_row_free(&row);
    return rc == CH_ENOTFOUND ? 0 : rc;
}

static void put_arn(const struct request *r, const char *noun, const char *path, const char *name,
                    char out[IAM_ARN_SIZE])
{
    snprintf(out, IAM_ARN_SIZE, "arn:aws:iam::%s:%s%s%s", r->scope.account, noun,
             path == NULL ? "/" : path, name == NULL ? "" : name);
}

/* One that is there has its path; one that is not is judged as if it stood at "/". */
static int named_arn(struct request *r, enum iam_kind kind, const char *noun, const char *name,
                     char out[IAM_ARN_SIZE])
{
    struct look l = {.r = r, .kind = kind, .name = name, .arn = out};
    put_arn(r, noun, "/", name, out);
    return request_read(r, look_unit, &l);
}

static const struct {
    const char *form;
    enum iam_kind kind;
    const char *name; /* the member */
} forms[] = {
    {"user", IAM_USER, "UserName"},
    {"group", IAM_GROUP, "GroupName"},
    {"role", IAM_ROLE, "RoleName"},
    {"policy", IAM_POLICY, "PolicyArn"},
    {"mfa", 0, "SerialNumber"},
    {"source", 0, "PolicySourceArn"},
    {"user+", IAM_USER, "UserName"},
    {"group+", IAM_GROUP, "GroupName"},
    {"role+", IAM_ROLE, "RoleName"},
    {"policy+", IAM_POLICY, "PolicyName"},
    {"mfa+", 0, "VirtualMFADeviceName"},
};

static int resource_arn(struct request *r, const char *form, char out[IAM_ARN_SIZE])
{
    size_t i = 0;
    while (i < sizeof forms / sizeof forms[0] - 1 && strcmp(forms[i].form, form) != 0)
        i++;
    const char *name = member_text(r->in, forms[i].name);
    size_t len = strcspn(form, "+");
    if (strcmp(form, "slr") == 0) {
        const char *service = member_text(r->in, "AWSServiceName");
        bool acm = strcmp(service, "acm.amazonaws.com") == 0;
        snprintf(out, IAM_ARN_SIZE, "arn:aws:iam::%s:role/aws-service-role/%s/%s",
                 r->scope.account, service, acm ? "AWSServiceRoleForCertificateManager" : "*");
        return 0;
    }
    char noun[16];
    snprintf(noun, sizeof noun, "%.*s", (int)len, form);
    if (form[len] == '+') {
        put_arn(r, noun, member_text(r->in, "Path"), name, out);
        return 0;
    }
    if (forms[i].kind == IAM_POLICY || forms[i].kind == 0) {
        snprintf(out, IAM_ARN_SIZE, "%s", name == NULL ? "" : name);
        return 0;
    }
    if (name == NULL && r->principal.kind == PRINCIPAL_ROOT && forms[i].kind == IAM_USER) {
        snprintf(out, IAM_ARN_SIZE, "%s", r->principal.arn);
        return 0;
    }
    if (name == NULL && r->principal.kind == PRINCIPAL_USER)
        name = r->principal.user_name;
    if (name == NULL)
        put_arn(r, noun, "/", "*", out);
    return name == NULL ? 0 : named_arn(r, forms[i].kind, noun, name, out);
}

int iam_check_allowed(struct request *r, const char *action, const char *form)
{
    char arn[IAM_ARN_SIZE] = "";
    const json_t *session = r->principal.session;
    /* AWS's rule for GetSessionToken: identities are not managed with what no second factor stands behind. */
    if (session != NULL && r->principal.kind != PRINCIPAL_ROLE &&
        json_object_get(session, "mfa") == NULL && json_object_get(session, "console") == NULL &&
        strncmp(action, "iam:", 4) == 0)
        return api_fail(&r->error, "UnrecognizedClientException",
                        "The security token included in the request is invalid");
    if (form == NULL)
        return authorize(r, action, NULL);
    if (strcmp(form, IAM_NO_CHECK) == 0 || strcmp(form, IAM_OWN_CHECK) == 0)
        return 0;
    int rc = resource_arn(r, form, arn);
    /* The policies of AWS belong to nobody: whoever may look at policies may look at them. */
    if (rc == 0 && managed_policy_find(arn) != NULL)
        return authorize_on(r, &(struct authorize_target){.action = action, .resource = arn});
    return rc != 0 ? rc : authorize(r, action, arn);
}
