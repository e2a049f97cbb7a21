#include "ca/dispatch.h"

#include "ca/acm/operations.h"
#include "ca/arn.h"
#include "ca/auth/auth.h"
#include "ca/chancery/operations.h"
#include "ca/contract/query.h"
#include "ca/contract/xml.h"
#include "ca/core.h"
#include "ca/duties/duties.h"
#include "ca/iam/iam.h"
#include "ca/iam/operations.h"
#include "ca/json_text.h"
#include "ca/pca/operations.h"
#include "ca/rate.h"
#include "ca/rest.h"
#include "ca/sts/operations.h"
#include "ca/throttle.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CONTENT_TYPE "application/x-amz-json-1.1"
#define REST_CONTENT_TYPE "application/json"
#define FORM_CONTENT_TYPE "application/x-www-form-urlencoded"
#define XML_CONTENT_TYPE "text/xml"
#define REAL_DIGITS 16 /* a time in seconds to the microsecond */

static const struct {
    const char *service;
    const struct operation_binding *bindings;
    const size_t *count;
} bound_services[] = {
    {"acm", acm_operations, &acm_operation_count},
    {"acm-pca", pca_operations, &pca_operation_count},
    {"chancery", chancery_operations, &chancery_operation_count},
    {"iam", iam_operations, &iam_operation_count},
    {"sts", sts_operations, &sts_operation_count},
};

static const struct operation_binding *binding_find(const struct service *service,
                                                    const struct operation *operation)
{
    for (size_t s = 0; s < sizeof bound_services / sizeof bound_services[0]; s++) {
        if (strcmp(bound_services[s].service, service->name) != 0)
            continue;
        for (size_t i = 0; i < *bound_services[s].count; i++)
            if (strcmp(bound_services[s].bindings[i].name, operation->name) == 0)
                return &bound_services[s].bindings[i];
    }
    return NULL;
}

/* ---- what is no call of this protocol; such requests get XML, as the protocol has it ---- */

static const char xml_denied[] =
    "<AccessDeniedException>\n"
    "  <Message>Unable to determine service/operation name to be authorized</Message>\n"
    "</AccessDeniedException>\n";
static const char xml_unknown[] = "<UnknownOperationException/>\n";
static const char json_unknown[] =
    "{\"Output\":{\"__type\":\"com.amazon.coral.service#UnknownOperationException\"},"
    "\"Version\":\"1.0\"}";

static const char rest_unknown[] = "{\"__type\":\"UnknownOperationException\"}";

/* Fills the reply and returns true for a path of our own that leads to nothing. */
static bool leads_nowhere(const struct msg_call *call, struct dispatch_reply *out)
{
    if (!rest_claims(call) || rest_find(call) != NULL)
        return false;
    out->status = 404;
    out->content_type = REST_CONTENT_TYPE;
    (void)buf_put_text(&out->body, rest_unknown);
    return true;
}

static bool media_type_is(struct slice value, const char *type)
{
    const uint8_t *end = value.len == 0 ? NULL : memchr(value.data, ';', value.len);
    size_t len = end == NULL ? value.len : (size_t)(end - value.data);
    while (len > 0 && value.data[len - 1] == ' ')
        len--;
    return len == strlen(type) && strncasecmp((const char *)value.data, type, len) == 0;
}

/* A call of the query protocol: a form that names no target, or a form in the query of a GET. */
static bool is_query(const struct msg_call *call)
{
    if (!slice_is(call->path, "/") || request_header(call, "x-amz-target").len > 0)
        return false;
    return (slice_is(call->method, "GET") && call->query.len > 0) ||
           (slice_is(call->method, "POST") &&
            media_type_is(request_header(call, "content-type"), FORM_CONTENT_TYPE));
}

/* Fills the reply and returns false for a request that does not speak the protocol. */
static bool speaks_protocol(const struct msg_call *call, struct dispatch_reply *out)
{
    const struct service *service = NULL;
    const struct operation *operation = NULL;
    struct slice type = request_header(call, "content-type");
    bool post = slice_is(call->method, "POST");
    if (post && media_type_is(type, CONTENT_TYPE))
        return true;
    const char *body = json_unknown;
    out->status = 404;
    out->content_type = "application/json";
    if (!post || !media_type_is(type, "application/json")) {
        bool known =
            contract_find(request_header(call, "x-amz-target"), &service, &operation) == 0;
        body = known ? xml_unknown : xml_denied;
        out->status = known ? 404 : 403;
        out->content_type = "text/xml";
    }
    out->close = true;
    (void)buf_put_text(&out->body, body);
    return false;
}

/* ---- the steps ---- */

/* Records of calls that nobody signed would let anyone fill the disk: they are only logged, and not all. */
static int authenticate(struct request *r)
{
    static struct rate log_rate = RATE_INIT(3600, 20);
    int code = auth_authenticate(r);
    if (code == CH_EAPI && rate_take(&log_rate))
        log_info("call from %.*s refused: %s", (int)r->call->peer.len,
                 (const char *)r->call->peer.data, r->error.type);
    return code;
}

static int find_operation(struct request *r)
{
    const struct service *service = NULL;
    if (r->route != NULL)
        return rest_operation(r);
    if (r->query)
        return query_operation(r->service, r->form, &r->operation, &r->error);
    if (contract_find(request_header(r->call, "x-amz-target"), &service, &r->operation) != 0)
        return api_fail(&r->error, "UnknownOperationException", "%s", "");
    r->service = service;
    return 0;
}

static int find_binding(struct request *r, const struct operation_binding **out)
{
    *out = binding_find(r->service, r->operation);
    if (*out == NULL)
        return api_fail_unsupported(&r->error, r->operation->name);
    r->read_only = (*out)->read_only;
    return 0;
}

static int check_allowed(struct request *r, const struct operation_binding *binding)
{
    char action[96], arn[ARN_SIZE];
    const char *resource = NULL;
    snprintf(action, sizeof action, "%s:%s", r->service->name, r->operation->name);
    if (r->query)
        return iam_check_allowed(r, action, binding->resource_form);
    if (binding->resource_member != NULL)
        resource = json_string_value(json_object_get(r->in, binding->resource_member));
    if (resource == NULL && binding->resource_form != NULL) {
        request_arn(r, r->service->name, binding->resource_form, arn, sizeof arn);
        resource = arn;
    }
    return authorize(r, action, resource);
}

static int read_form(struct request *r)
{
    bool post = slice_is(r->call->method, "POST");
    return query_parse(post ? r->call->body : r->call->query, &r->form, &r->error);
}

static int read_input(struct request *r)
{
    if (r->query)
        return query_input(r->operation, r->form, &r->in, &r->error);
    return r->route != NULL ? rest_input(r) : contract_parse(r->call->body, &r->in, &r->error);
}

static int act(struct request *r)
{
    const struct operation_binding *binding = NULL;
    int code = r->query ? read_form(r) : 0;
    if (code == 0)
        code = find_operation(r);
    if (code == 0)
        code = find_binding(r, &binding);
    if (code == 0)
        code = read_input(r);
    if (code == 0)
        code = contract_check(r->operation, r->in, &r->error);
    if (code == 0)
        code = check_allowed(r, binding);
    if (code == 0)
        code = throttle_take(r->core->throttle, &r->scope, r->operation,
                             clock_monotonic_ms() * 1000, &r->error);
    if (code == 0)
        code = duties_check(r);
    if (code == 0)
        code = binding->handler(r);
    /* A handler that found nothing to change has not used the approval up. */
    return code == 0 && r->approval != NULL && !r->recorded ? request_record(r) : code;
}

/* A failure that is ours becomes an error of the API, and is said in the log. */
static int settle(struct request *r, int code)
{
    if (code == 0 || (code == CH_EAPI && r->error.type != NULL))
        return code;
    log_error("request %s, %s: %s", r->id, r->operation == NULL ? "-" : r->operation->name,
              ch_error_text(code));
    return api_fail_internal(&r->error, code);
}

/* Whoever signed leaves a record, refused or not; a call whose record cannot be written has failed. */
static int record(struct request *r, int code)
{
    if (r->principal.account[0] == '\0' || r->recorded)
        return code;
    int recorded = request_record(r);
    if (recorded == 0)
        return code;
    r->error.type = NULL;
    return settle(r, recorded);
}

/* ---- the reply ---- */

static void check_answer(const struct request *r)
{
    struct buf why = {0};
    if (strcmp(r->core->config->log_level, "debug") == 0 && r->operation->output != NULL &&
        contract_check_output(r->operation, r->out, &why) != 0)
        log_error("request %s: the answer of %s breaks the contract: %s", r->id,
                  r->operation->name, buf_text(&why) == NULL ? "" : buf_text(&why));
    buf_free(&why);
}

static int put_answer(const struct request *r, struct buf *body)
{
    check_answer(r);
    if (r->query)
        return xml_put_answer(body, r->operation, r->out, r->id);
    if (r->operation->output == NULL)
        return 0;
    return json_text(r->out, REAL_DIGITS, body);
}

static void reply(struct request *r, int code, struct dispatch_reply *out)
{
    if (code == 0) {
        code = settle(r, put_answer(r, &out->body));
        if (code != 0)
            buf_clear(&out->body);
    }
    out->status = 200;
    if (code == 0)
        return;
    out->status = r->query           ? xml_error_status(r->error.type)
                  : r->route != NULL ? rest_status(r->error.type)
                                     : api_error_status(r->error.type);
    out->close = true;
    code = r->query ? xml_put_error(&out->body, r->service, &r->error, r->id)
                    : api_error_body(&r->error, &out->body);
    if (code != 0)
        log_error("request %s: no memory for its error", r->id);
}

void dispatch_call(struct core *core, const struct msg_call *call, struct dispatch_reply *out)
{
    PRECOND(core != NULL && call != NULL && out != NULL);
    *out = (struct dispatch_reply){.status = 500, .content_type = CONTENT_TYPE, .close = true};
    struct request r = {.core = core, .call = call, .now = clock_now_us(), .out = json_object()};
    if (arn_uuid_new(r.id) != 0 || r.out == NULL)
        goto out;
    memcpy(out->id, r.id, sizeof out->id);
    r.route = rest_find(call);
    r.query = is_query(call);
    if (leads_nowhere(call, out) || (r.route == NULL && !r.query && !speaks_protocol(call, out)))
        goto out;
    if (r.route != NULL || r.query)
        out->content_type = r.query ? XML_CONTENT_TYPE : REST_CONTENT_TYPE;
    out->close = false;
    int code = authenticate(&r);
    if (code == 0)
        code = act(&r);
    code = settle(&r, code);
    code = record(&r, code);
    reply(&r, code, out);
out:
    json_decref(r.in);
    json_decref(r.out);
    json_decref(r.form);
    json_decref(r.principal.session);
    duties_free(r.approval);
}

void dispatch_reply_message(const struct dispatch_reply *reply, struct msg_call_reply *out)
{
    struct message_pair *pair = out->headers.pair;
    out->status = reply->status;
    out->body = buf_slice(&reply->body);
    *pair++ = (struct message_pair){slice_text("x-amzn-RequestId"), slice_text(reply->id)};
    *pair++ = (struct message_pair){slice_text("Content-Type"), slice_text(reply->content_type)};
    if (reply->close)
        *pair++ = (struct message_pair){slice_text("connection"), slice_text("close")};
    out->headers.count = (uint32_t)(pair - out->headers.pair);
}

void dispatch_reply_free(struct dispatch_reply *reply)
{
    buf_free(&reply->body);
}
