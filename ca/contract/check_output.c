#include "ca/contract/acm_shapes.h"
#include "ca/contract/base64.h"
#include "ca/contract/check.h"
#include "firmware/base/log.h"

#include <string.h>

static int output_value(const struct shape *shape, json_t *value, const char *name,
                        struct buf *why);

static int wrong(struct buf *why, const char *name, const char *reason)
{
    int rc = buf_printf(why, "%s %s", name, reason);
    return rc != 0 ? rc : CH_EINVAL;
}

static int output_structure(const struct shape *shape, json_t *object, struct buf *why)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value) {
        const struct shape_member *member = shape_member_find(shape, name);
        if (member == NULL)
            return wrong(why, name, "is no member of the answer");
        int rc = output_value(member->shape, value, name, why);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int output_map(const struct shape *shape, json_t *object, struct buf *why)
{
    const char *name = NULL;
    json_t *value = NULL;
    int rc = 0;
    json_object_foreach(object, name, value)
        if (rc == 0)
            rc = output_value(shape->item, value, name, why);
    return rc;
}

static int output_list(const struct shape *shape, json_t *list, const char *name, struct buf *why)
{
    size_t index = 0;
    json_t *value = NULL;
    json_array_foreach(list, index, value) {
        int rc = output_value(shape->item, value, name, why);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* Answers of ACM spell key algorithms with a hyphen ("RSA-2048"), requests with an underscore. */
static bool is_answer_spelling(const struct shape *shape, const char *value)
{
    char spelled[32];
    size_t len = strlen(value);
    const char *hyphen = strchr(value, '-');
    if (shape != &acm_key_algorithm || hyphen == NULL || len >= sizeof(spelled))
        return false;
    memcpy(spelled, value, len + 1);
    spelled[hyphen - value] = '_';
    return shape_has_value(shape, spelled);
}

static int output_enum(const struct shape *shape, const json_t *value, const char *name,
                       struct buf *why)
{
    const char *text = json_string_value(value);
    if (shape_has_value(shape, text) || is_answer_spelling(shape, text))
        return 0;
    return wrong(why, name, "has a value outside its enumeration");
}

static int output_blob(const json_t *value, const char *name, struct buf *why)
{
    size_t at = 0;
    struct slice text = slice_of(json_string_value(value), json_string_length(value));
    return base64_judge(text, &at) == BASE64_FINE ? 0 : wrong(why, name, "is no base64");
}

static int output_value(const struct shape *shape, json_t *value, const char *name, struct buf *why)
{
    if (!shape_takes(shape, value))
        return wrong(why, name, "has the wrong type");
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        return output_structure(shape, value, why);
    case SHAPE_UNION:
        if (json_object_size(value) != 1)
            return wrong(why, name, "must have exactly one member");
        return output_structure(shape, value, why);
    case SHAPE_MAP:
        return output_map(shape, value, why);
    case SHAPE_LIST:
        return output_list(shape, value, name, why);
    case SHAPE_ENUM:
        return output_enum(shape, value, name, why);
    case SHAPE_BLOB:
        return output_blob(value, name, why);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return json_is_integer(value) ? 0 : wrong(why, name, "is no whole number");
    default:
        return 0;
    }
}

int contract_check_output(const struct operation *operation, const json_t *out, struct buf *why)
{
    PRECOND(operation != NULL && why != NULL);
    if (operation->output == NULL)
        return json_object_size(out) == 0 ? 0 : wrong(why, "the answer", "must be empty");
    /* jansson walks only objects that it could change. */
    json_t *copy = json_deep_copy(out);
    if (copy == NULL)
        return out == NULL ? wrong(why, "the answer", "is missing") : CH_ENOMEM;
    int rc = output_value(operation->output, copy, "the answer", why);
    json_decref(copy);
    return rc;
}
