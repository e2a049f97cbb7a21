#include "ca/contract/base64.h"
#include "ca/contract/check.h"

#include <stdio.h>
#include <string.h>

/* A refused value is repeated up to this length; beyond it the text would hide its reason. */
#define ECHO_MAX 512

struct kind_row {
    const char *noun;     /* "class ... can not be converted to <noun>" */
    const char *expected; /* said when a scalar stands in a container's place */
};

static const struct kind_row kinds[] = {
    [SHAPE_STRUCTURE] = {.expected = "Expected null"},
    [SHAPE_UNION] = {.expected = "Expected null"},
    [SHAPE_LIST] = {.expected = "Expected list or null"},
    [SHAPE_MAP] = {.expected = "Expected null"},
    [SHAPE_STRING] = {.noun = "an String"},
    [SHAPE_ENUM] = {.noun = "an String"},
    [SHAPE_BLOB] = {.noun = "a Blob"},
    [SHAPE_INTEGER] = {.noun = "an Integer"},
    [SHAPE_LONG] = {.noun = "an Long"},
    [SHAPE_BOOLEAN] = {.noun = "an Boolean"},
    [SHAPE_TIMESTAMP] = {.noun = "milliseconds since epoch"},
};

static const char *java_class(const json_t *value)
{
    if (json_is_string(value))
        return "java.lang.String";
    if (json_is_boolean(value))
        return "java.lang.Boolean";
    return "com.amazon.coral.value.json.numbers.TruncatingBigNumber";
}

static int refuse_type(const struct shape *shape, const json_t *value, struct api_error *error)
{
    const char *type = "SerializationException";
    const struct kind_row *row = &kinds[shape->kind];
    if (json_is_array(value))
        return api_fail(error, type, "Start of list found where not expected");
    if (json_is_object(value))
        return api_fail(error, type, "Start of structure or map found where not expected.");
    if (row->expected != NULL)
        return api_fail(error, type, "%s", row->expected);
    return api_fail(error, type, "class %s can not be converted to %s", java_class(value),
                    row->noun);
}

const struct shape_member *shape_member_find(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, name) == 0)
            return &shape->members[i];
    return NULL;
}

/* What an integer shape makes of a number: whole, cut to its width; NULL when it stays as it is. */
static json_t *settled_number(const struct shape *shape, const json_t *value)
{
    if (shape->kind != SHAPE_INTEGER && shape->kind != SHAPE_LONG)
        return NULL;
    const int64_t high = shape->kind == SHAPE_INTEGER ? INT32_MAX : INT64_MAX;
    const int64_t low = shape->kind == SHAPE_INTEGER ? INT32_MIN : INT64_MIN;
    int64_t number = 0;
    if (json_is_integer(value)) {
        number = json_integer_value(value);
        if (number >= low && number <= high)
            return NULL;
        number = number < low ? low : high;
    } else {
        double real = json_real_value(value);
        /* (double)INT64_MAX is 2^63 itself, so >= keeps the conversion, which cuts off, defined. */
        number = real >= (double)high ? high : real <= (double)low ? low : (int64_t)real;
    }
    return json_integer(number);
}

static int check_blob(const struct shape *shape, const json_t *value, struct api_error *error)
{
    struct slice text = slice_of(json_string_value(value), json_string_length(value));
    size_t at = 0;
    enum base64_fault fault = base64_judge(text, &at);
    if (fault == BASE64_FINE)
        return 0;
    bool hidden = shape->sensitive || text.len > ECHO_MAX;
    char reason[128];
    if (fault == BASE64_LENGTH)
        snprintf(reason, sizeof(reason),
                 "Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
                 text.len);
    else if (fault == BASE64_CHARACTER && text.data[at] >= 0x20 && text.data[at] < 0x7F)
        snprintf(reason, sizeof(reason), "Invalid Base64 character: '%c'",
                 shape->sensitive ? '?' : text.data[at]);
    else if (fault == BASE64_CHARACTER)
        snprintf(reason, sizeof(reason), "Invalid Base64 character");
    else
        snprintf(reason, sizeof(reason), "Invalid last non-pad Base64 character");
    if (hidden)
        return api_fail(error, "SerializationException", "Value can not be converted to a Blob: %s",
                        reason);
    return api_fail(error, "SerializationException", "'%.*s' can not be converted to a Blob: %s",
                    (int)text.len, (const char *)text.data, reason);
}

static int check_structure(const struct shape *shape, json_t *object, struct api_error *error)
{
    const char *name = NULL;
    json_t *value = NULL;
    void *next = NULL;
    json_object_foreach_safe(object, next, name, value) {
        const struct shape_member *member = shape_member_find(shape, name);
        if (member == NULL || json_is_null(value)) {
            json_object_del(object, name);
            continue;
        }
        int rc = check_types(member->shape, value, error);
        if (rc != 0)
            return rc;
        json_t *settled = settled_number(member->shape, value);
        if (settled != NULL &&
            json_object_iter_set_new(object, json_object_key_to_iter(name), settled) != 0)
            return api_fail_internal(error, CH_ENOMEM);
    }
    return 0;
}

/* Null items stay: the second pass says what it thinks of them. */
static int check_list(const struct shape *shape, json_t *list, struct api_error *error)
{
    size_t index = 0;
    json_t *value = NULL;
    json_array_foreach(list, index, value) {
        if (json_is_null(value))
            continue;
        int rc = check_types(shape->item, value, error);
        if (rc != 0)
            return rc;
        json_t *settled = settled_number(shape->item, value);
        if (settled != NULL && json_array_set_new(list, index, settled) != 0)
            return api_fail_internal(error, CH_ENOMEM);
    }
    return 0;
}

bool shape_takes(const struct shape *shape, const json_t *value)
{
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
    case SHAPE_UNION:
    case SHAPE_MAP:
        return json_is_object(value);
    case SHAPE_LIST:
        return json_is_array(value);
    case SHAPE_STRING:
    case SHAPE_ENUM:
    case SHAPE_BLOB:
        return json_is_string(value);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_TIMESTAMP:
        return json_is_number(value);
    case SHAPE_BOOLEAN:
        return json_is_boolean(value);
    }
    return false;
}

int check_types(const struct shape *shape, json_t *value, struct api_error *error)
{
    if (!shape_takes(shape, value))
        return refuse_type(shape, value, error);
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
    case SHAPE_UNION:
        return check_structure(shape, value, error);
    case SHAPE_LIST:
        return check_list(shape, value, error);
    case SHAPE_BLOB:
        return check_blob(shape, value, error);
    default:
        return 0;
    }
}
