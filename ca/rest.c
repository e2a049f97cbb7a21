#include "ca/rest.h"

#include "ca/arn.h"
#include "ca/members.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER_DIGITS 9

enum parameter_kind { PARAMETER_TEXT, PARAMETER_INTEGER };

struct parameter {
    const char *name; /* in the query */
    const char *member;
    enum parameter_kind kind;
};

/* What a path names by its ARN, or by the id at its end. */
struct named {
    const char *member, *service, *resource;
};

struct rest_route {
    const char *method;
    const char *before, *after; /* what stands around the ARN or id; after NULL: the path has none */
    const struct named *named;  /* what has that id */
    const char *target;         /* the operation, as X-Amz-Target would name it */
    const struct parameter *parameters; /* NULL name at the end */
    bool body;                  /* a JSON body has further members */
};

static const struct parameter no_parameters[] = {{NULL, NULL, PARAMETER_TEXT}};
static const struct parameter delete_parameters[] = {
    {"resource", "Resource", PARAMETER_TEXT},
    {NULL, NULL, PARAMETER_TEXT},
};
static const struct parameter list_parameters[] = {
    {"maxResults", "MaxResults", PARAMETER_INTEGER},
    {"nextToken", "NextToken", PARAMETER_TEXT},
    {NULL, NULL, PARAMETER_TEXT},
};

static const struct parameter check_parameters[] = {
    {"domainName", "DomainName", PARAMETER_TEXT},
    {NULL, NULL, PARAMETER_TEXT},
};

static const struct parameter approvals_parameters[] = {
    {"status", "Status", PARAMETER_TEXT},
    {"maxResults", "MaxResults", PARAMETER_INTEGER},
    {"nextToken", "NextToken", PARAMETER_TEXT},
    {NULL, NULL, PARAMETER_TEXT},
};

static const struct named certificate = {"CertificateArn", "acm", "certificate"};
static const struct named approval = {"ApprovalArn", "chancery", "approval"};

#define CERTIFICATES "/chancery/v1/certificates/"
#define ASSOCIATIONS "/associations"
#define VALIDATIONS "/validations"
#define APPROVALS "/chancery/v1/approvals"

static const struct rest_route routes[] = {
    {"PUT", CERTIFICATES, ASSOCIATIONS, &certificate, "Chancery.PutAssociation", no_parameters, true},
    {"DELETE", CERTIFICATES, ASSOCIATIONS, &certificate, "Chancery.DeleteAssociation", delete_parameters, false},
    {"GET", CERTIFICATES, ASSOCIATIONS, &certificate, "Chancery.ListAssociations", list_parameters, false},
    {"GET", CERTIFICATES, VALIDATIONS, &certificate, "Chancery.ListValidations", no_parameters, false},
    {"POST", CERTIFICATES, VALIDATIONS "/check", &certificate, "Chancery.CheckValidations", check_parameters, false},
    {"GET", APPROVALS, NULL, NULL, "Chancery.ListApprovals", approvals_parameters, false},
    {"GET", APPROVALS "/", "", &approval, "Chancery.GetApproval", no_parameters, false},
    {"POST", APPROVALS "/", "/approve", &approval, "Chancery.ApproveRequest", no_parameters, true},
    {"POST", APPROVALS "/", "/deny", &approval, "Chancery.DenyRequest", no_parameters, true},
};

/* What stands between before and after; false when the path has not that form. */
static bool path_part(struct slice path, const struct rest_route *route, struct slice *part)
{
    size_t before = strlen(route->before);
    if (route->after == NULL)
        return slice_is(path, route->before);
    size_t after = strlen(route->after);
    if (path.len <= before + after || memcmp(path.data, route->before, before) != 0 ||
        memcmp(path.data + path.len - after, route->after, after) != 0)
        return false;
    *part = slice_of(path.data + before, path.len - before - after);
    return true;
}

const struct rest_route *rest_find(const struct msg_call *call)
{
    struct slice part;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (slice_is(call->method, routes[i].method) && path_part(call->path, &routes[i], &part))
            return &routes[i];
    return NULL;
}

bool rest_claims(const struct msg_call *call)
{
    static const char own[] = "/chancery/";
    return call->path.len >= sizeof own - 1 && memcmp(call->path.data, own, sizeof own - 1) == 0;
}

int rest_operation(struct request *r)
{
    const struct service *service = NULL;
    int rc = contract_find(slice_text(r->route->target), &service, &r->operation);
    PRECOND(rc == 0);
    if (r->service != service) {
        r->service = service;
        return api_fail(&r->error, "InvalidSignatureException",
                        "Credential should be scoped to correct service: '%s'.", service->name);
    }
    return 0;
}

/* ---- path and query ---- */

static bool cut(struct slice *rest, char end, struct slice *part)
{
    if (rest->len == 0)
        return false;
    const uint8_t *at = memchr(rest->data, end, rest->len);
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->data);
    size_t past = at == NULL ? len : len + 1;
    *part = slice_of(rest->data, len);
    *rest = slice_of(rest->data + past, rest->len - past);
    return true;
}

/*
 * %XX becomes its octet, and plus what the signature takes it for: a blank in a query. NULL as JSON
 * cannot hold it: damaged escapes, NUL, what is not UTF-8.
 */
static json_t *decode(struct slice s, char plus)
{
    struct buf plain = {0};
    json_t *text = NULL;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s.len; i++) {
        uint8_t octet = s.data[i] == '+' ? (uint8_t)plus : s.data[i];
        if (octet == '%') {
            rc = s.len - i < 3 ? CH_EINVAL
                               : hex_decode((const char *)s.data + i + 1, 2, &octet);
            i += 2;
        }
        if (rc == 0)
            rc = octet == 0 ? CH_EINVAL : buf_put(&plain, &octet, 1);
    }
    if (rc == 0)
        text = json_stringn(plain.len == 0 ? "" : (const char *)plain.data, plain.len);
    buf_free(&plain);
    return text;
}

static int malformed(struct request *r, const char *what)
{
    return api_fail(&r->error, "ValidationException", "The %s is not valid.", what);
}

static const struct parameter *parameter_find(const struct rest_route *route, struct slice name)
{
    const struct parameter *p = route->parameters;
    while (p->name != NULL && !slice_is(name, p->name))
        p++;
    return p->name == NULL ? NULL : p;
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= INTEGER_DIGITS && text[digits] == '\0';
}

static int parameter_put(struct request *r, const struct parameter *p, struct slice value)
{
    json_t *text = decode(value, ' ');
    if (text == NULL)
        return malformed(r, "query of the request");
    /* What is no number stays a text, and the contract says what is wrong with it. */
    if (p->kind == PARAMETER_INTEGER && is_number(json_string_value(text))) {
        json_t *number = json_integer(strtol(json_string_value(text), NULL, 10));
        json_decref(text);
        text = number;
    }
    return member_put_new(r->in, p->member, text);
}

static int query_read(struct request *r)
{
    struct slice rest = r->call->query;
    struct slice pair;
    int rc = 0;
    while (rc == 0 && cut(&rest, '&', &pair)) {
        struct slice name = {0};
        if (!cut(&pair, '=', &name))
            continue;
        const struct parameter *p = parameter_find(r->route, name);
        if (p == NULL)
            continue;
        if (json_object_get(r->in, p->member) != NULL)
            rc = malformed(r, "query of the request: it has a parameter twice");
        else
            rc = parameter_put(r, p, pair);
    }
    return rc;
}

/* An ARN, or the id at its end: not every signer agrees with others on colons in a path. */
static int path_read(struct request *r)
{
    char arn[ARN_SIZE];
    struct slice part = {0};
    const struct named *named = r->route->named;
    if (named == NULL)
        return 0;
    path_part(r->call->path, r->route, &part);
    json_t *text = decode(part, '+');
    if (text == NULL)
        return malformed(r, "path of the request");
    if (strchr(json_string_value(text), ':') == NULL) {
        snprintf(arn, sizeof arn, "arn:aws:%s:%s:%s:%s/%s", named->service, r->scope.region,
                 r->scope.account, named->resource, json_string_value(text));
        json_decref(text);
        text = json_string(arn);
    }
    return member_put_new(r->in, named->member, text);
}

static int body_read(struct request *r)
{
    if (r->route->body)
        return contract_parse(r->call->body, &r->in, &r->error);
    if (r->call->body.len > 0)
        return api_fail(&r->error, "ValidationException", "This request takes no body.");
    r->in = json_object();
    return r->in == NULL ? CH_ENOMEM : 0;
}

int rest_input(struct request *r)
{
    int rc = body_read(r);
    if (rc == 0)
        rc = path_read(r);
    return rc == 0 ? query_read(r) : rc;
}

/* ---- status ---- */

unsigned rest_status(const char *type)
{
    static const struct {
        const char *type;
        unsigned status;
    } rows[] = {
        {"AccessDeniedException", 403},      {"IncompleteSignatureException", 403},
        {"InvalidSignatureException", 403},  {"MissingAuthenticationTokenException", 403},
        {"ResourceNotFoundException", 404},  {"ThrottlingException", 429},
        {"UnrecognizedClientException", 403},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].type, type) == 0)
            return rows[i].status;
    return api_error_status(type);
}
