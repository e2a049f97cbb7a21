#include "ca/contract/query.h"

#include "ca/contract/check.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_SIZE ((size_t)256)

static int malformed(struct api_error *error, const char *what)
{
    return api_fail(error, "MalformedInputException", "%s", what);
}

/* ---- the form ---- */

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

/* Appends s with %XX and plus decoded; CH_EINVAL for a damaged escape or a NUL. */
static int decode(struct slice s, struct buf *out)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s.len; i++) {
        uint8_t octet = s.data[i] == '+' ? ' ' : s.data[i];
        if (octet == '%') {
            rc = s.len - i < 3 ? CH_EINVAL
                               : hex_decode((const char *)s.data + i + 1, 2, &octet);
            i += 2;
        }
        if (rc == 0)
            rc = octet == 0 ? CH_EINVAL : buf_put(out, &octet, 1);
    }
    return rc;
}

/* The object that holds the last part of a name; made on the way. NULL when a text stands there, or no memory. */
static json_t *descend(json_t *form, struct slice *name)
{
    struct slice part;
    json_t *at = form;
    for (size_t depth = 0; memchr(name->data, '.', name->len) != NULL; depth++) {
        char key[NAME_MAX_SIZE];
        cut(name, '.', &part);
        if (part.len == 0 || name->len == 0 || depth + 2 > QUERY_DEPTH_MAX)
            return NULL;
        memcpy(key, part.data, part.len);
        key[part.len] = '\0';
        json_t *next = json_object_get(at, key);
        if (next == NULL) {
            next = json_object();
            if (json_object_set_new(at, key, next) != 0)
                return NULL;
        }
        if (!json_is_object(next))
            return NULL;
        at = next;
    }
    return at;
}

static int put_pair(json_t *form, const struct buf *name, const struct buf *value,
                    struct api_error *error)
{
    char key[NAME_MAX_SIZE];
    struct slice rest = buf_slice(name);
    if (rest.len == 0 || rest.len >= sizeof key)
        return malformed(error, "A parameter has no name, or one that is too long.");
    json_t *holder = descend(form, &rest);
    if (holder == NULL)
        return malformed(error, "The name of a parameter is not valid.");
    memcpy(key, rest.data, rest.len);
    key[rest.len] = '\0';
    if (json_object_get(holder, key) != NULL)
        return malformed(error, "A parameter comes more than once.");
    json_t *text = json_stringn(value->len == 0 ? "" : (const char *)value->data, value->len);
    if (text == NULL || json_object_set_new(holder, key, text) != 0)
        return malformed(error, "A parameter is not UTF-8.");
    return 0;
}

static int read_pair(struct slice pair, json_t *form, struct api_error *error)
{
    struct buf name = {0}, value = {0};
    struct slice rest = pair, left = {0};
    cut(&rest, '=', &left);
    int rc = decode(left, &name);
    if (rc == 0)
        rc = decode(rest, &value);
    rc = rc == CH_EINVAL ? malformed(error, "A parameter is not well encoded.")
         : rc != 0       ? api_fail_internal(error, rc)
                         : put_pair(form, &name, &value, error);
    buf_free(&name);
    buf_free(&value);
    return rc;
}

int query_parse(struct slice form, json_t **out, struct api_error *error)
{
    PRECOND(out != NULL && error != NULL);
    struct slice rest = form, pair;
    json_t *parsed = json_object();
    int rc = parsed == NULL ? api_fail_internal(error, CH_ENOMEM) : 0;
    *out = NULL;
    for (size_t count = 0; rc == 0 && cut(&rest, '&', &pair); count++)
        if (count == QUERY_PAIRS_MAX)
            rc = malformed(error, "There are too many parameters.");
        else if (pair.len > 0)
            rc = read_pair(pair, parsed, error);
    if (rc == 0) {
        *out = parsed;
        parsed = NULL;
    }
    json_decref(parsed);
    return rc;
}

int query_operation(const struct service *service, const json_t *form,
                    const struct operation **operation, struct api_error *error)
{
    PRECOND(service != NULL && service->version != NULL);
    const char *action = json_string_value(json_object_get(form, "Action"));
    const char *version = json_string_value(json_object_get(form, "Version"));
    *operation = NULL;
    if (action == NULL)
        return api_fail(error, "MissingActionException",
                        "The request is missing an action parameter.");
    if (version != NULL && strcmp(version, service->version) == 0)
        *operation = contract_operation(service, slice_text(action));
    if (*operation != NULL)
        return 0;
    return api_fail(error, "InvalidActionException",
                    "Could not find operation %.128s for version %.32s", action,
                    version == NULL ? "NO_VERSION_SPECIFIED" : version);
}

/* ---- the input, by its shape ---- */

static int settle(const struct shape *shape, json_t *value, json_t **out, struct api_error *error);

struct place {
    unsigned long number;
    json_t *value;
};

static int place_order(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int places_read(json_t *numbered, struct place *places, struct api_error *error)
{
    const char *name = NULL;
    json_t *value = NULL;
    size_t count = 0;
    json_object_foreach(numbered, name, value) {
        size_t digits = strspn(name, "0123456789");
        if (name[digits] != '\0' || digits > QUERY_NUMBER_DIGITS || name[0] == '0')
            return malformed(error, "Key is not valid for a list: it must be a number from 1.");
        places[count++] = (struct place){.number = strtoul(name, NULL, 10), .value = value};
    }
    qsort(places, count, sizeof *places, place_order);
    return 0;
}

/* "Tags=" is an empty list; "Tags.member.1=..." a list of what the numbers hold. */
static int settle_list(const struct shape *shape, json_t *value, json_t *list,
                       struct api_error *error)
{
    json_t *numbered = json_object_get(value, "member");
    size_t count = json_object_size(numbered);
    if (json_is_string(value) && json_string_length(value) == 0)
        return 0;
    if (!json_is_object(numbered) || json_object_size(value) != 1)
        return malformed(error, "A list must be given as member.1, member.2 and so on.");
    struct place *places = calloc(count + 1, sizeof *places); /* an empty one, too, is one */
    if (places == NULL)
        return api_fail_internal(error, CH_ENOMEM);
    int rc = places_read(numbered, places, error);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        json_t *item = NULL;
        rc = settle(shape->item, places[i].value, &item, error);
        if (rc == 0 && json_array_append_new(list, item) != 0)
            rc = api_fail_internal(error, CH_ENOMEM);
    }
    free(places);
    return rc;
}

static int settle_structure(const struct shape *shape, json_t *value, json_t *object,
                            struct api_error *error)
{
    int rc = 0;
    if (!json_is_object(value))
        return malformed(error, "A structure must be given by its members.");
    for (size_t i = 0; rc == 0 && i < shape->member_count; i++) {
        json_t *member = NULL;
        json_t *given = json_object_get(value, shape->members[i].name);
        if (given == NULL)
            continue;
        rc = settle(shape->members[i].shape, given, &member, error);
        if (rc == 0 && json_object_set_new(object, shape->members[i].name, member) != 0)
            rc = api_fail_internal(error, CH_ENOMEM);
    }
    return rc;
}

static int settle_number(const char *text, json_t **out, struct api_error *error)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || strspn(text, "-0123456789") != strlen(text))
        return malformed(error, "A number is not valid.");
    *out = json_integer(number);
    return 0;
}

static int settle_truth(const char *text, json_t **out, struct api_error *error)
{
    bool yes = strcasecmp(text, "true") == 0;
    if (!yes && strcasecmp(text, "false") != 0)
        return malformed(error, "A truth value must be true or false.");
    *out = json_boolean(yes);
    return 0;
}

static int settle_scalar(const struct shape *shape, json_t *value, json_t **out,
                         struct api_error *error)
{
    if (!json_is_string(value))
        return malformed(error, "A value was expected where members were given.");
    switch (shape->kind) {
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return settle_number(json_string_value(value), out, error);
    case SHAPE_BOOLEAN:
        return settle_truth(json_string_value(value), out, error);
    default:
        *out = json_incref(value);
        return 0;
    }
}

static int settle(const struct shape *shape, json_t *value, json_t **out, struct api_error *error)
{
    bool list = shape->kind == SHAPE_LIST, structure = shape->kind == SHAPE_STRUCTURE;
    int rc = 0;
    if (!list && !structure) {
        rc = settle_scalar(shape, value, out, error);
        return rc == 0 && *out == NULL ? api_fail_internal(error, CH_ENOMEM) : rc;
    }
    *out = list ? json_array() : json_object();
    if (*out == NULL)
        return api_fail_internal(error, CH_ENOMEM);
    rc = list ? settle_list(shape, value, *out, error)
              : settle_structure(shape, value, *out, error);
    if (rc != 0) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}

int query_input(const struct operation *operation, json_t *form, json_t **out,
                struct api_error *error)
{
    PRECOND(operation != NULL && out != NULL && error != NULL);
    *out = NULL;
    return settle(operation->input, form, out, error);
}
