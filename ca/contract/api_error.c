#include "ca/contract/api_error.h"

#include "firmware/base/log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MEMBER "message"
#define TEXT_MEMBER_CAPITAL "Message"
#define THROTTLED_REASON "RequestRateExceeded" /* the model names none */

struct error_row {
    const char *type;
    unsigned status;
    const char *member; /* what carries the text on the wire */
};

/*
 * Sorted by type. The models give no status: a client's fault is 400 whatever its
 * kind (AccessDenied and the signature errors too), ours is 5xx.
 */
static const struct error_row rows[] = {
    {"AccessDeniedException", 400, TEXT_MEMBER_CAPITAL},
    {"CertificateMismatchException", 400, TEXT_MEMBER},
    {"ConcurrentModificationException", 400, TEXT_MEMBER},
    {"ConflictException", 400, TEXT_MEMBER},
    {"DeleteConflictException", 400, TEXT_MEMBER},
    {"EntityAlreadyExistsException", 400, TEXT_MEMBER},
    {"EntityTemporarilyUnmodifiableException", 400, TEXT_MEMBER},
    {"ExpiredTokenException", 400, TEXT_MEMBER},
    {"IncompleteSignatureException", 400, TEXT_MEMBER},
    {"InternalFailure", 500, TEXT_MEMBER},
    {"InternalServerException", 500, TEXT_MEMBER},
    {"InvalidActionException", 400, TEXT_MEMBER},
    {"InvalidArgsException", 400, TEXT_MEMBER},
    {"InvalidArnException", 400, TEXT_MEMBER},
    {"InvalidAuthenticationCodeException", 400, TEXT_MEMBER},
    {"InvalidDomainValidationOptionsException", 400, TEXT_MEMBER},
    {"InvalidInputException", 400, TEXT_MEMBER},
    {"InvalidNextTokenException", 400, TEXT_MEMBER},
    {"InvalidParameterException", 400, TEXT_MEMBER},
    {"InvalidParameterValueException", 400, TEXT_MEMBER},
    {"InvalidPolicyException", 400, TEXT_MEMBER},
    {"InvalidRequestException", 400, TEXT_MEMBER},
    {"InvalidSignatureException", 400, TEXT_MEMBER},
    {"InvalidStateException", 400, TEXT_MEMBER},
    {"InvalidTagException", 400, TEXT_MEMBER},
    {"InvalidUserTypeException", 400, TEXT_MEMBER},
    {"LimitExceededException", 400, TEXT_MEMBER},
    {"LockoutPreventedException", 400, TEXT_MEMBER},
    {"MalformedCSRException", 400, TEXT_MEMBER},
    {"MalformedCertificateException", 400, TEXT_MEMBER},
    {"MalformedInputException", 400, TEXT_MEMBER},
    {"MalformedPolicyDocumentException", 400, TEXT_MEMBER},
    {"MissingActionException", 400, TEXT_MEMBER},
    {"MissingAuthenticationTokenException", 400, TEXT_MEMBER},
    {"MultiFactorAuthenticationRequiredException", 401, TEXT_MEMBER},
    {"NoSuchEntityException", 400, TEXT_MEMBER},
    {"PackedPolicyTooLargeException", 400, TEXT_MEMBER},
    {"PasswordChangeRequiredException", 403, TEXT_MEMBER},
    {"PasswordExpiredException", 403, TEXT_MEMBER},
    {"PasswordPolicyViolationException", 400, TEXT_MEMBER},
    {"PermissionAlreadyExistsException", 400, TEXT_MEMBER},
    {"PolicyEvaluationException", 500, TEXT_MEMBER},
    {"PolicyNotAttachableException", 400, TEXT_MEMBER},
    {"RegionDisabledException", 400, TEXT_MEMBER},
    {"ReportGenerationLimitExceededException", 400, TEXT_MEMBER},
    {"RequestAlreadyProcessedException", 400, TEXT_MEMBER},
    {"RequestEntityTooLargeException", 413, TEXT_MEMBER},
    {"RequestFailedException", 400, TEXT_MEMBER},
    {"RequestInProgressException", 400, TEXT_MEMBER},
    {"RequestTimeoutException", 408, TEXT_MEMBER},
    {"ResourceInUseException", 400, TEXT_MEMBER},
    {"ResourceNotFoundException", 400, TEXT_MEMBER},
    {"SerializationException", 400, TEXT_MEMBER_CAPITAL},
    {"ServiceFailureException", 500, TEXT_MEMBER},
    {"ServiceNotSupportedException", 400, TEXT_MEMBER},
    {"ServiceQuotaExceededException", 400, TEXT_MEMBER},
    {"ServiceUnavailableException", 503, TEXT_MEMBER},
    {"SignInFailedException", 401, TEXT_MEMBER},
    {"TagPolicyException", 400, TEXT_MEMBER},
    {"ThrottlingException", 400, TEXT_MEMBER},
    {"TooManyTagsException", 400, TEXT_MEMBER},
    {"UnknownOperationException", 400, TEXT_MEMBER},
    {"UnmodifiableEntityException", 400, TEXT_MEMBER},
    {"UnrecognizedClientException", 400, TEXT_MEMBER},
    /* A real operation that this appliance does not offer: 4xx, since SDKs repeat a 5xx. */
    {"UnsupportedOperationException", 400, TEXT_MEMBER},
    {"ValidationException", 400, TEXT_MEMBER},
};

struct failure_row {
    int code;
    const char *text;
};

/* Failures that pass: the client may come back. */
static const struct failure_row passing[] = {
    {CH_EHSM, "The hardware security module is not available. Try again later."},
    {CH_EPIN, "The hardware security module is not unlocked. Try again later."},
    {CH_EBUSY, "The service is busy. Try again later."},
    {CH_ETIMEOUT, "The request took too long. Try again later."},
    {CH_ENOSPACE, "The service has no storage space left."},
    {CH_ENOMEM, "The service is short of memory. Try again later."},
};

static int row_compare(const void *key, const void *row)
{
    return strcmp(key, ((const struct error_row *)row)->type);
}

static const struct error_row *row_find(const char *type)
{
    if (type == NULL)
        return NULL;
    return bsearch(type, rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), row_compare);
}

/* Takes off a final character of UTF-8 that was cut in half. */
static void text_mend(char *text)
{
    size_t len = strlen(text);
    size_t lead = len;
    while (lead > 0 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead == 0)
        return;
    unsigned char first = (unsigned char)text[--lead];
    size_t whole = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (len - lead < whole)
        text[lead] = '\0';
}

int api_fail(struct api_error *error, const char *type, const char *format, ...)
{
    PRECOND(error != NULL);
    const struct error_row *row = row_find(type);
    PRECOND(row != NULL);
    if (error->type != NULL)
        return CH_EAPI;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    if (len < 0)
        error->text[0] = '\0';
    else if ((size_t)len >= sizeof(error->text))
        text_mend(error->text);
    error->type = row->type;
    return CH_EAPI;
}

unsigned api_error_status(const char *type)
{
    const struct error_row *row = row_find(type);
    return row == NULL ? 500 : row->status;
}

/* A text that quotes bytes which are no UTF-8 loses them, but the error is still told. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    char plain[API_ERROR_TEXT_MAX];
    size_t len = strnlen(text, sizeof(plain) - 1);
    for (size_t i = 0; i < len; i++)
        plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    return json_stringn(plain, len);
}

/* 0 also when there is nothing to put. */
static int put_throttled(json_t *body, const struct api_error *error)
{
    if (error->throttled[0] == '\0')
        return 0;
    return json_object_set_new(body, "throttlingReasons",
                               json_pack("[{s:s,s:s}]", "reason", THROTTLED_REASON, "resource",
                                         error->throttled));
}

int api_error_body(const struct api_error *error, struct buf *out)
{
    PRECOND(error != NULL && error->type != NULL);
    int rc = CH_ENOMEM;
    char *text = NULL;
    json_t *body = json_object();
    const struct error_row *row = row_find(error->type);
    if (json_object_set_new(body, "__type", json_string(error->type)) != 0)
        goto out;
    if (error->text[0] != '\0' && json_object_set_new(body, row == NULL ? TEXT_MEMBER : row->member,
                                                      text_value(error->text)) != 0)
        goto out;
    if (put_throttled(body, error) != 0)
        goto out;
    text = json_dumps(body, JSON_COMPACT);
    if (text != NULL)
        rc = buf_put_text(out, text);
out:
    free(text);
    json_decref(body);
    return rc;
}

int api_fail_internal(struct api_error *error, int code)
{
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (passing[i].code == code)
            return api_fail(error, "ServiceUnavailableException", "%s", passing[i].text);
    return api_fail(error, "InternalFailure",
                    "The request failed for a reason that lies with the service.");
}

int api_fail_unsupported(struct api_error *error, const char *operation)
{
    return api_fail(error, "UnsupportedOperationException", "This service does not offer %s.",
                    operation);
}

int api_fail_throttled(struct api_error *error, const char *service, const char *operation)
{
    int rc = api_fail(error, "ThrottlingException", "Rate exceeded");
    if (strcmp(service, "acm") == 0)
        snprintf(error->throttled, sizeof error->throttled, "%s:%s", service, operation);
    return rc;
}
