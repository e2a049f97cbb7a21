#include "ca/contract/contract.h"

#include "ca/contract/check.h"
#include "ca/contract/services.h"
#include "firmware/base/log.h"

#include <string.h>

/* A body is cut off by these before the parser sees it; no honest one comes near. */
#define DEPTH_MAX 32
#define VALUES_MAX 65536

const struct shape contract_no_input = {STRUCTURE_EMPTY("Unit")};

const struct service contract_service_table[SERVICE_COUNT] = {
    [SERVICE_ACM] = {.name = "acm",
                     .target_prefix = "CertificateManager",
                     .operations = contract_acm_operations,
                     .operation_count = ACM_OPERATION_COUNT},
    [SERVICE_PCA] = {.name = "acm-pca",
                     .target_prefix = "ACMPrivateCA",
                     .operations = contract_pca_operations,
                     .operation_count = PCA_OPERATION_COUNT,
                     .shows_values = true},
    [SERVICE_CHANCERY] = {.name = "chancery",
                          .target_prefix = "Chancery",
                          .operations = contract_chancery_operations,
                          .operation_count = CHANCERY_OPERATION_COUNT},
    [SERVICE_IAM] = {.name = "iam",
                     .target_prefix = "",
                     .operations = contract_iam_operations,
                     .operation_count = IAM_OPERATION_COUNT,
                     .shows_values = true,
                     .version = "2010-05-08",
                     .namespace = "https://iam.amazonaws.com/doc/2010-05-08/"},
    [SERVICE_STS] = {.name = "sts",
                     .target_prefix = "",
                     .operations = contract_sts_operations,
                     .operation_count = STS_OPERATION_COUNT,
                     .shows_values = true,
                     .version = "2011-06-15",
                     .namespace = "https://sts.amazonaws.com/doc/2011-06-15/"},
};

int contract_init(void)
{
    /* Now, while nobody else makes JSON. */
    json_object_seed(0);
    return patterns_compile();
}

void contract_exit(void)
{
    patterns_free();
}

const struct service *contract_services(size_t *count)
{
    *count = SERVICE_COUNT;
    return contract_service_table;
}

/* As strcmp, with a text that has no NUL. */
static int slice_compare(struct slice s, const char *text)
{
    size_t len = strlen(text);
    size_t shared = s.len < len ? s.len : len;
    int order = shared == 0 ? 0 : memcmp(s.data, text, shared);
    if (order != 0)
        return order;
    return s.len == len ? 0 : s.len < len ? -1 : 1;
}

const struct operation *contract_operation(const struct service *service, struct slice name)
{
    size_t low = 0;
    size_t high = service->operation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(name, service->operations[middle].name);
        if (order == 0)
            return &service->operations[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

int contract_find(struct slice target, const struct service **service,
                  const struct operation **operation)
{
    PRECOND(service != NULL && operation != NULL);
    *service = NULL;
    *operation = NULL;
    const uint8_t *dot = target.len == 0 ? NULL : memchr(target.data, '.', target.len);
    if (dot == NULL)
        return CH_ENOTFOUND;
    size_t split = (size_t)(dot - target.data);
    struct slice prefix = slice_of(target.data, split);
    struct slice name = slice_of(dot + 1, target.len - split - 1);
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        if (contract_service_table[i].version != NULL ||
            !slice_is(prefix, contract_service_table[i].target_prefix))
            continue;
        *operation = contract_operation(&contract_service_table[i], name);
        if (*operation == NULL)
            return CH_ENOTFOUND;
        *service = &contract_service_table[i];
        return 0;
    }
    return CH_ENOTFOUND;
}

/* Counts what the parser would nest and allocate, without doing either. */
static bool body_is_modest(struct slice body)
{
    size_t depth = 0;
    size_t values = 0;
    bool text = false;
    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = body.data[i];
        if (text) {
            if (c == '\\')
                i++;
            else if (c == '"')
                text = false;
            continue;
        }
        if (c == '"')
            text = true;
        else if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return false;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        else if (c == ',' && ++values > VALUES_MAX)
            return false;
    }
    return true;
}

int contract_parse(struct slice body, json_t **out, struct api_error *error)
{
    PRECOND(out != NULL && error != NULL);
    *out = NULL;
    /* The API says nothing more than the type about a body that is no JSON object. */
    if (body.len == 0 || !body_is_modest(body))
        return api_fail(error, "SerializationException", "%s", "");
    const char *bytes = (const char *)body.data;
    json_error_t reason = {0};
    json_t *in = json_loadb(bytes, body.len, JSON_REJECT_DUPLICATES, &reason);
    /* Numbers beyond 64 bits are clamped later, so they may lose digits now. */
    if (in == NULL && json_error_code(&reason) == json_error_numeric_overflow)
        in = json_loadb(bytes, body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &reason);
    if (in == NULL && json_error_code(&reason) == json_error_out_of_memory)
        return api_fail_internal(error, CH_ENOMEM);
    if (!json_is_object(in)) {
        json_decref(in);
        return api_fail(error, "SerializationException", "%s", "");
    }
    *out = in;
    return 0;
}

int contract_check(const struct operation *operation, json_t *in, struct api_error *error)
{
    PRECOND(operation != NULL && error != NULL);
    int rc = check_types(operation->input, in, error);
    return rc != 0 ? rc : check_constraints(operation, in, error);
}
