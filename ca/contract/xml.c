#include "ca/contract/xml.h"

#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <inttypes.h>
#include <string.h>

/*
 * Types whose code or status is another one here; models of IAM and STS, and what AWS answers
 * on this protocol. Of all others the type is the code, and its status that of JSON.
 */
static const struct {
    const char *type;
    const char *code;
    unsigned status;
} rows[] = {
    {"AccessDeniedException", "AccessDenied", 403},
    {"ConcurrentModificationException", "ConcurrentModification", 409},
    {"DeleteConflictException", "DeleteConflict", 409},
    {"EntityAlreadyExistsException", "EntityAlreadyExists", 409},
    {"EntityTemporarilyUnmodifiableException", "EntityTemporarilyUnmodifiable", 409},
    {"ExpiredTokenException", "ExpiredToken", 403},
    {"IncompleteSignatureException", "IncompleteSignature", 400},
    {"InvalidActionException", "InvalidAction", 400},
    {"InvalidAuthenticationCodeException", "InvalidAuthenticationCode", 403},
    {"InvalidInputException", "InvalidInput", 400},
    {"InvalidParameterValueException", "InvalidParameterValue", 400},
    {"InvalidSignatureException", "SignatureDoesNotMatch", 403},
    {"InvalidUserTypeException", "InvalidUserType", 400},
    {"LimitExceededException", "LimitExceeded", 409},
    {"MalformedInputException", "MalformedInput", 400},
    {"MalformedPolicyDocumentException", "MalformedPolicyDocument", 400},
    {"MissingActionException", "MissingAction", 400},
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403},
    {"NoSuchEntityException", "NoSuchEntity", 404},
    {"PackedPolicyTooLargeException", "PackedPolicyTooLarge", 400},
    {"PasswordPolicyViolationException", "PasswordPolicyViolation", 400},
    {"PolicyEvaluationException", "PolicyEvaluation", 500},
    {"PolicyNotAttachableException", "PolicyNotAttachable", 400},
    {"RegionDisabledException", "RegionDisabledException", 403},
    {"ServiceFailureException", "ServiceFailure", 500},
    {"ServiceNotSupportedException", "NotSupportedService", 404},
    {"ServiceUnavailableException", "ServiceUnavailable", 503},
    {"ThrottlingException", "Throttling", 400},
    {"UnmodifiableEntityException", "UnmodifiableEntity", 400},
    {"UnrecognizedClientException", "InvalidClientTokenId", 403},
    {"ValidationException", "ValidationError", 400},
};

static const char *error_code(const char *type, unsigned *status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].type, type) != 0)
            continue;
        *status = rows[i].status;
        return rows[i].code;
    }
    *status = api_error_status(type);
    return type;
}

unsigned xml_error_status(const char *type)
{
    unsigned status = 500;
    if (type != NULL)
        error_code(type, &status);
    return status;
}

/* ---- text ---- */

static const char *escape(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\r':
        return "&#xD;";
    case '\n':
    case '\t':
        return NULL;
    default:
        return c < 0x20 || c == 0x7f ? "?" : NULL;
    }
}

/* U+FFFE and U+FFFF are valid UTF-8 and no characters of XML. */
static size_t noncharacter(const char *text)
{
    bool is = text[0] == '\xef' && text[1] == '\xbf' && (text[2] == '\xbe' || text[2] == '\xbf');
    return is ? 3 : 0;
}

int xml_put_text(struct buf *out, const char *text)
{
    int rc = 0;
    while (rc == 0 && *text != '\0') {
        const char *escaped = escape((unsigned char)*text);
        size_t odd = noncharacter(text);
        if (odd > 0)
            rc = buf_put(out, "?", 1);
        else
            rc = escaped != NULL ? buf_put_text(out, escaped) : buf_put(out, text, 1);
        text += odd > 0 ? odd : 1;
    }
    return rc;
}

/* ---- values ---- */

static int put_value(struct buf *out, const struct shape *shape, const json_t *value);

static int put_element(struct buf *out, const char *name, const struct shape *shape,
                       const json_t *value)
{
    int rc = buf_printf(out, "<%s>", name);
    if (rc == 0)
        rc = put_value(out, shape, value);
    return rc == 0 ? buf_printf(out, "</%s>", name) : rc;
}

static int put_structure(struct buf *out, const struct shape *shape, const json_t *object)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const json_t *value = json_object_get(object, member->name);
        if (value != NULL && !json_is_null(value))
            rc = put_element(out, member->name, member->shape, value);
    }
    return rc;
}

static int put_list(struct buf *out, const struct shape *shape, const json_t *list)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
        rc = put_element(out, "member", shape->item, json_array_get(list, i));
    return rc;
}

static int put_entry(struct buf *out, const struct shape *item, const char *key,
                     const json_t *value)
{
    int rc = buf_put_text(out, "<entry><key>");
    if (rc == 0)
        rc = xml_put_text(out, key);
    if (rc == 0)
        rc = buf_put_text(out, "</key>");
    if (rc == 0)
        rc = put_element(out, "value", item, value);
    return rc == 0 ? buf_put_text(out, "</entry>") : rc;
}

/* jansson walks only objects that it could change, so a copy is walked: maps are small. */
static int put_map(struct buf *out, const struct shape *shape, const json_t *map)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)map);
    const char *key = NULL;
    json_t *value = NULL;
    int rc = copy == NULL ? CH_ENOMEM : 0;
    json_object_foreach(copy, key, value)
        if (rc == 0)
            rc = put_entry(out, shape->item, key, value);
    json_decref(copy);
    return rc;
}

static int put_time(struct buf *out, const json_t *value)
{
    char iso[CLOCK_ISO_SIZE];
    clock_format_iso((int64_t)json_number_value(value), iso);
    return buf_put_text(out, iso);
}

static int put_value(struct buf *out, const struct shape *shape, const json_t *value)
{
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
    case SHAPE_UNION:
        return put_structure(out, shape, value);
    case SHAPE_LIST:
        return put_list(out, shape, value);
    case SHAPE_MAP:
        return put_map(out, shape, value);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case SHAPE_BOOLEAN:
        return buf_put_text(out, json_is_true(value) ? "true" : "false");
    case SHAPE_TIMESTAMP:
        return put_time(out, value);
    default:
        return xml_put_text(out, json_string_value(value) == NULL ? "" : json_string_value(value));
    }
}

/* ---- whole answers ---- */

static int put_result(struct buf *out, const struct operation *operation, const json_t *answer)
{
    int rc = operation->output == NULL ? 0 : buf_printf(out, "  <%sResult>", operation->name);
    if (rc == 0 && operation->output != NULL)
        rc = put_structure(out, operation->output, answer);
    if (rc == 0 && operation->output != NULL)
        rc = buf_printf(out, "</%sResult>\n", operation->name);
    return rc;
}

int xml_put_answer(struct buf *out, const struct operation *operation, const json_t *answer,
                   const char *request_id)
{
    PRECOND(operation != NULL && operation->service->namespace != NULL);
    int rc = buf_printf(out, "<%sResponse xmlns=\"%s\">\n", operation->name,
                        operation->service->namespace);
    if (rc == 0)
        rc = put_result(out, operation, answer);
    if (rc != 0)
        return rc;
    return buf_printf(out,
                      "  <ResponseMetadata>\n    <RequestId>%s</RequestId>\n"
                      "  </ResponseMetadata>\n</%sResponse>\n",
                      request_id, operation->name);
}

int xml_put_error(struct buf *out, const struct service *service, const struct api_error *error,
                  const char *request_id)
{
    unsigned status = 0;
    PRECOND(error != NULL && error->type != NULL);
    const char *code = error_code(error->type, &status);
    const char *namespace = service == NULL || service->namespace == NULL
                                ? "http://webservices.amazon.com/AWSFault/2005-15-09"
                                : service->namespace;
    int rc = buf_printf(out,
                        "<ErrorResponse xmlns=\"%s\">\n  <Error>\n    <Type>%s</Type>\n"
                        "    <Code>%s</Code>\n    <Message>",
                        namespace, status < 500 ? "Sender" : "Receiver", code);
    if (rc == 0)
        rc = xml_put_text(out, error->text);
    if (rc != 0)
        return rc;
    return buf_printf(out,
                      "</Message>\n  </Error>\n  <RequestId>%s</RequestId>\n</ErrorResponse>\n",
                      request_id);
}
