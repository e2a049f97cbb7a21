#include "ca/contract/check.h"
#include "ca/contract/base64.h"
#include "ca/contract/patterns.h"
#include "firmware/base/log.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* The API lists no more than this; the number in front counts what is listed. */
#define PROBLEMS_MAX 10
/* Characters of a refused value that are repeated. */
#define VALUE_SHOWN_MAX 128
/* Left free in the error text for the count in front. */
#define PREFIX_ROOM 64

/* Where a value stands: a chain up the call stack, spelled out only when something is wrong. */
struct place {
    const struct place *up;
    const char *member; /* NULL: an item of a list */
    size_t number;      /* of the item, from 1 */
};

struct report {
    bool shows_values;
    bool is_iam;        /* which has words of its own for patterns, and tells the first only */
    struct buf sentence; /* that one; takes the place of all problems */
    struct buf problems;
    unsigned count;
    bool full;
    int failure; /* ours: out of memory */
    pcre2_match_data *match;
};

static void check_value(struct report *r, const struct place *place, const struct shape *shape,
                        const json_t *value);

/* ---- what a problem looks like ---- */

static int put_path(struct buf *out, const struct place *place)
{
    if (place->up != NULL) {
        int rc = put_path(out, place->up);
        if (rc != 0)
            return rc;
        if ((rc = buf_put_text(out, ".")) != 0)
            return rc;
    }
    if (place->member == NULL)
        return buf_printf(out, "%zu.member", place->number);
    return buf_printf(out, "%c%s", tolower((unsigned char)place->member[0]), place->member + 1);
}

/* A text, shortened at the end of a character. */
static int put_shown(struct buf *out, const json_t *text)
{
    const char *bytes = json_string_value(text);
    size_t len = json_string_length(text);
    size_t end = 0;
    for (size_t characters = 0; end < len && characters <= VALUE_SHOWN_MAX; end++)
        if (((unsigned char)bytes[end] & 0xC0) != 0x80 && ++characters > VALUE_SHOWN_MAX)
            break;
    int rc = buf_put(out, bytes, end);
    return rc == 0 && end < len ? buf_put_text(out, "...") : rc;
}

static int put_scalar(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        return put_shown(out, value);
    if (json_is_integer(value))
        return buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return buf_put_text(out, json_is_null(value) ? "null" : "");
}

static int put_list(struct buf *out, const json_t *list)
{
    size_t start = out->len;
    int rc = buf_put_text(out, "[");
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        if (out->len - start > VALUE_SHOWN_MAX) {
            rc = buf_put_text(out, ", ...");
            break;
        }
        if (i > 0)
            rc = buf_put_text(out, ", ");
        if (rc == 0)
            rc = put_scalar(out, json_array_get(list, i));
    }
    return rc != 0 ? rc : buf_put_text(out, "]");
}

/* Octets, secrets and structures are never repeated. */
static bool shape_is_showable(const struct shape *shape)
{
    if (shape->sensitive)
        return false;
    switch (shape->kind) {
    case SHAPE_BLOB:
    case SHAPE_STRUCTURE:
    case SHAPE_UNION:
        return false;
    case SHAPE_LIST:
        return shape_is_showable(shape->item);
    default:
        return true;
    }
}

static int put_value(struct report *r, const struct shape *shape, const json_t *value)
{
    struct buf *out = &r->problems;
    if (json_is_null(value) || value == NULL)
        return buf_put_text(out, "Value null at '");
    if (!shape_is_showable(shape))
        return buf_put_text(out, "Value at '");
    if (!r->shows_values)
        return buf_put_text(out, "Value of the input at '");
    int rc = buf_put_text(out, "Value '");
    if (rc == 0)
        rc = shape->kind == SHAPE_LIST ? put_list(out, value) : put_scalar(out, value);
    return rc != 0 ? rc : buf_put_text(out, "' at '");
}

typedef int (*constraint_writer)(struct buf *out, const struct shape *shape);

static int put_not_null(struct buf *out, const struct shape *shape)
{
    (void)shape;
    return buf_put_text(out, "Member must not be null");
}

static int put_one_member(struct buf *out, const struct shape *shape)
{
    (void)shape;
    return buf_put_text(out, "Member must have exactly one value set");
}

static int put_bound(struct buf *out, const struct shape *shape, const char *relation,
                     int64_t bound)
{
    bool number = shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG;
    return buf_printf(out, "Member must have %s %s than or equal to %" PRId64,
                      number ? "value" : "length", relation, bound);
}

static int put_max(struct buf *out, const struct shape *shape)
{
    return put_bound(out, shape, "less", shape->max);
}

static int put_min(struct buf *out, const struct shape *shape)
{
    return put_bound(out, shape, "greater", shape->min);
}

static int put_pattern(struct buf *out, const struct shape *shape)
{
    return buf_printf(out, "Member must satisfy regular expression pattern: %s", shape->pattern);
}

static int put_enum(struct buf *out, const struct shape *shape)
{
    int rc = buf_put_text(out, "Member must satisfy enum value set: [");
    for (size_t i = 0; rc == 0 && shape->values[i] != NULL; i++)
        rc = buf_printf(out, "%s%s", i == 0 ? "" : ", ", shape->values[i]);
    return rc != 0 ? rc : buf_put_text(out, "]");
}

static int put_item_part(struct buf *out, size_t start, constraint_writer write,
                         const struct shape *item)
{
    int rc = out->len == start ? 0 : buf_put_text(out, ", ");
    return rc != 0 ? rc : write(out, item);
}

/* All that an item of this list has to keep to, in the service's order. */
static int put_items(struct buf *out, const struct shape *list)
{
    const struct shape *item = list->item;
    int rc = buf_put_text(out, "Member must satisfy constraint: [");
    size_t start = out->len;
    if (rc == 0 && item->max != SHAPE_NO_BOUND)
        rc = put_item_part(out, start, put_max, item);
    if (rc == 0 && item->min != SHAPE_NO_BOUND)
        rc = put_item_part(out, start, put_min, item);
    if (rc == 0 && item->pattern != NULL)
        rc = put_item_part(out, start, put_pattern, item);
    if (rc == 0 && item->values != NULL)
        rc = put_item_part(out, start, put_enum, item);
    if (rc == 0 && (item->values != NULL || out->len == start))
        rc = put_item_part(out, start, put_not_null, item);
    return rc != 0 ? rc : buf_put_text(out, "]");
}

/* ---- collecting problems ---- */

/* A problem that does not fit whole is left out, and so are all after it. */
static void add_problem(struct report *r, const struct place *place, const struct shape *shape,
                        const json_t *value, constraint_writer write)
{
    if (r->full)
        return;
    struct buf *out = &r->problems;
    size_t before = out->len;
    int rc = before == 0 ? 0 : buf_put_text(out, "; ");
    if (rc == 0)
        rc = put_value(r, shape, value);
    if (rc == 0)
        rc = put_path(out, place);
    if (rc == 0)
        rc = buf_put_text(out, "' failed to satisfy constraint: ");
    if (rc == 0)
        rc = write(out, shape);
    if (rc != 0) {
        out->len = before;
        r->full = true;
        r->failure = rc == CH_ELIMIT ? 0 : rc;
        return;
    }
    r->full = ++r->count == PROBLEMS_MAX;
}

/* What IAM says a value must be, by its pattern. */
static const struct {
    enum pattern_id pattern;
    const char *must;
} iam_words[] = {
    {PATTERN_IAM_NAME, "contain only alphanumeric characters and/or the following: +=,.@_-"},
    {PATTERN_IAM_PATH, "begin and end with / and contain only alphanumeric characters and/or / "
                       "characters."},
    {PATTERN_LATIN1_SOME, "contain only printable ASCII characters."},
};

static void add_pattern(struct report *r, const struct place *place, const struct shape *shape,
                        const json_t *value)
{
    size_t i = 0, count = sizeof iam_words / sizeof iam_words[0];
    while (i < count && iam_words[i].pattern != (enum pattern_id)shape->pattern_id)
        i++;
    add_problem(r, place, shape, value, put_pattern);
    if (!r->is_iam || i == count || shape->sensitive || r->sentence.len > 0)
        return;
    int rc = buf_put_text(&r->sentence, "The specified value for ");
    if (rc == 0)
        rc = put_path(&r->sentence, place);
    if (rc == 0)
        rc = buf_printf(&r->sentence, " is invalid. It must %s", iam_words[i].must);
    r->failure = rc;
}

static bool pattern_fits(struct report *r, const struct shape *shape, const json_t *value)
{
    if (shape->pattern == NULL)
        return true;
    if (r->match == NULL)
        r->match = pcre2_match_data_create(1, NULL);
    if (r->match == NULL) {
        r->failure = CH_ENOMEM;
        r->full = true;
        return true;
    }
    return pattern_matches((enum pattern_id)shape->pattern_id, json_string_value(value),
                           json_string_length(value), r->match);
}

bool shape_has_value(const struct shape *shape, const char *value)
{
    if (shape->kind != SHAPE_ENUM)
        return false;
    for (size_t i = 0; shape->values[i] != NULL; i++)
        if (strcmp(shape->values[i], value) == 0)
            return true;
    return false;
}

/* Characters are Unicode code points. */
static int64_t text_length(const json_t *value)
{
    const char *bytes = json_string_value(value);
    size_t len = json_string_length(value);
    int64_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return count;
}

/* What min and max bound: characters, octets, items, or the number itself. */
static int64_t measure(const struct shape *shape, const json_t *value)
{
    switch (shape->kind) {
    case SHAPE_STRING:
        return text_length(value);
    case SHAPE_BLOB:
        return (int64_t)base64_size(slice_of(json_string_value(value), json_string_length(value)));
    case SHAPE_LIST:
        return (int64_t)json_array_size(value);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return json_integer_value(value);
    default:
        return 0;
    }
}

static bool over_max(const struct shape *shape, const json_t *value)
{
    return shape->max != SHAPE_NO_BOUND && measure(shape, value) > shape->max;
}

static bool under_min(const struct shape *shape, const json_t *value)
{
    return shape->min != SHAPE_NO_BOUND && measure(shape, value) < shape->min;
}

static void check_bounds(struct report *r, const struct place *place, const struct shape *shape,
                         const json_t *value)
{
    if (over_max(shape, value))
        add_problem(r, place, shape, value, put_max);
    else if (under_min(shape, value))
        add_problem(r, place, shape, value, put_min);
}

static void check_structure(struct report *r, const struct place *place, const struct shape *shape,
                            const json_t *object)
{
    for (size_t i = 0; i < shape->member_count && !r->full; i++) {
        const struct shape_member *member = &shape->members[i];
        const struct place here = {.up = place, .member = member->name};
        const json_t *value = json_object_get(object, member->name);
        if (value != NULL)
            check_value(r, &here, member->shape, value);
        else if (member->required)
            add_problem(r, &here, member->shape, NULL, put_not_null);
    }
}

/* No recorded text tells how the service words this; the form is that of the others. */
static void check_union(struct report *r, const struct place *place, const struct shape *shape,
                        const json_t *object)
{
    if (json_object_size(object) != 1)
        add_problem(r, place, shape, object, put_one_member);
    else
        check_structure(r, place, shape, object);
}

static bool scalar_fits(struct report *r, const struct shape *shape, const json_t *value)
{
    if (json_is_null(value))
        return false;
    if (shape->kind == SHAPE_ENUM)
        return shape_has_value(shape, json_string_value(value));
    return pattern_fits(r, shape, value) && !over_max(shape, value) && !under_min(shape, value);
}

/* Faults of scalar items are told once, on the list. */
static void check_scalars(struct report *r, const struct place *place, const struct shape *shape,
                          const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!scalar_fits(r, shape->item, json_array_get(list, i))) {
            add_problem(r, place, shape, list, put_items);
            return;
        }
    }
}

static void check_items(struct report *r, const struct place *place, const struct shape *shape,
                        const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && !r->full; i++) {
        const struct place here = {.up = place, .number = i + 1};
        const json_t *item = json_array_get(list, i);
        if (json_is_null(item))
            add_problem(r, &here, shape->item, NULL, put_not_null);
        else
            check_value(r, &here, shape->item, item);
    }
}

static bool shape_is_container(const struct shape *shape)
{
    return shape->kind == SHAPE_STRUCTURE || shape->kind == SHAPE_UNION ||
           shape->kind == SHAPE_LIST;
}

/* Pattern before length, items before their number: the order in which the service tells them. */
static void check_value(struct report *r, const struct place *place, const struct shape *shape,
                        const json_t *value)
{
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        check_structure(r, place, shape, value);
        return;
    case SHAPE_UNION:
        check_union(r, place, shape, value);
        return;
    case SHAPE_LIST:
        if (shape_is_container(shape->item))
            check_items(r, place, shape, value);
        else
            check_scalars(r, place, shape, value);
        break;
    case SHAPE_ENUM:
        if (!shape_has_value(shape, json_string_value(value)))
            add_problem(r, place, shape, value, put_enum);
        return;
    case SHAPE_STRING:
        if (!pattern_fits(r, shape, value))
            add_pattern(r, place, shape, value);
        break;
    default:
        break;
    }
    check_bounds(r, place, shape, value);
}

int check_constraints(const struct operation *operation, const json_t *in, struct api_error *error)
{
    struct report r = {
        .shows_values = operation->service->shows_values,
        .is_iam = strcmp(operation->service->name, "iam") == 0,
        .problems = {.cap_max = API_ERROR_TEXT_MAX - PREFIX_ROOM},
    };
    int rc = 0;
    check_structure(&r, NULL, operation->input, in);
    const char *problems = buf_text(&r.problems);
    if (r.failure != 0 || problems == NULL)
        rc = api_fail_internal(error, CH_ENOMEM);
    else if (r.sentence.len > 0)
        rc = api_fail(error, "ValidationException", "%s", buf_text(&r.sentence));
    else if (r.count > 0)
        rc = api_fail(error, "ValidationException", "%u validation error%s detected: %s", r.count,
                      r.count == 1 ? "" : "s", problems);
    pcre2_match_data_free(r.match);
    buf_free(&r.sentence);
    buf_free(&r.problems);
    return rc;
}
