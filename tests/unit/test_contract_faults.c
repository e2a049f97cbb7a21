/*
 * Every operation, every member, every way to get it wrong: a sample of each request is
 * made from the tables, must be accepted, and is then spoiled at one place after another.
 */
#include "ca/contract/services.h"
#include "tests/unit/contract_sample.h"
#include "tests/unit/test_contract_kit.h"

#include <ctype.h>

#define PATH_MAX_LEN 512

/* Fits no pattern at all: a control character and a star. */
#define FITS_NOWHERE "\x01*"

struct spoil {
    const struct operation *operation;
    json_t *request; /* the whole sample */
    size_t tried;
};

/* ---- judging one spoiled request ---- */

static int judge(struct spoil *s, struct api_error *error)
{
    json_t *in = json_deep_copy(s->request);
    assert_non_null(in);
    int rc = contract_check(s->operation, in, error);
    if (rc == 0) {
        json_t *again = json_deep_copy(in);
        assert_int_equal(contract_check(s->operation, again, error), 0);
        assert_true(json_equal(in, again));
        json_decref(again);
    }
    json_decref(in);
    s->tried++;
    return rc;
}

static void must_pass(struct spoil *s, const char *path)
{
    struct api_error error = {0};
    if (judge(s, &error) != 0)
        fail_msg("%s %s: refused: %s %s", s->operation->name, path, error.type, error.text);
}

static void must_fail(struct spoil *s, const char *type, const char *path, const char *words)
{
    struct api_error error = {0};
    int rc = judge(s, &error);
    if (rc != CH_EAPI || strcmp(error.type, type) != 0 || strstr(error.text, words) == NULL)
        fail_msg("%s %s: %d %s \"%s\", expected %s with \"%s\"", s->operation->name, path, rc,
                 error.type == NULL ? "-" : error.type, error.text, type, words);
    char at[PATH_MAX_LEN + 8];
    snprintf(at, sizeof(at), "at '%s' failed", path);
    if (strcmp(type, "ValidationException") == 0 && strstr(error.text, at) == NULL)
        fail_msg("%s: \"%s\" does not name %s", s->operation->name, error.text, path);
}

/* ---- where a value hangs ---- */

struct holder {
    json_t *object; /* or a list, then name is NULL and the item is the first */
    const char *name;
};

static json_t *held(struct holder h)
{
    return h.name != NULL ? json_object_get(h.object, h.name) : json_array_get(h.object, 0);
}

static void hold(struct holder h, json_t *value)
{
    assert_non_null(value);
    if (h.name != NULL)
        assert_int_equal(json_object_set_new(h.object, h.name, value), 0);
    else
        assert_int_equal(json_array_set_new(h.object, 0, value), 0);
}

/* Puts value there, expects a refusal, and puts the old one back. */
static void refuse(struct spoil *s, struct holder h, json_t *value, const char *type,
                   const char *path, const char *words)
{
    json_t *old = json_incref(held(h));
    hold(h, value);
    must_fail(s, type, path, words);
    hold(h, old);
}

static void spoil_type(struct spoil *s, struct holder h, const struct shape *shape,
                       const char *path)
{
    json_t *values[] = {json_string("YWJj"), json_integer(1), json_real(1.5),
                        json_true(),         json_array(),    json_object()};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        bool container = shape->kind == SHAPE_STRUCTURE || shape->kind == SHAPE_UNION;
        bool text =
            shape->kind == SHAPE_STRING || shape->kind == SHAPE_ENUM || shape->kind == SHAPE_BLOB;
        bool number = shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG ||
                      shape->kind == SHAPE_TIMESTAMP;
        bool fits = (json_is_object(values[i]) && container) ||
                    (json_is_array(values[i]) && shape->kind == SHAPE_LIST) ||
                    (json_is_string(values[i]) && text) || (json_is_number(values[i]) && number) ||
                    (json_is_boolean(values[i]) && shape->kind == SHAPE_BOOLEAN);
        if (fits)
            json_decref(values[i]);
        else
            refuse(s, h, values[i], "SerializationException", path, "");
    }
}

/* Scalars in a list are told on the list, so path names it. */
static void spoil_text(struct spoil *s, struct holder h, const struct shape *shape,
                       const char *path)
{
    char words[64];
    if (shape->pattern != NULL)
        refuse(s, h, json_string(FITS_NOWHERE), "ValidationException", path, shape->pattern);
    if (shape->max != SHAPE_NO_BOUND) {
        snprintf(words, sizeof(words), "length less than or equal to %lld", (long long)shape->max);
        refuse(s, h, sample_text_of_length(shape->max + 1), "ValidationException", path, words);
    }
    if (shape->min != SHAPE_NO_BOUND && shape->min > 0) {
        snprintf(words, sizeof(words), "length greater than or equal to %lld",
                 (long long)shape->min);
        refuse(s, h, sample_text_of_length(shape->min - 1), "ValidationException", path, words);
    }
}

static void spoil_enum(struct spoil *s, struct holder h, const struct shape *shape,
                       const char *path)
{
    const char *words = "Member must satisfy enum value set: [";
    refuse(s, h, json_string(""), "ValidationException", path, words);
    refuse(s, h, json_string("NO_SUCH_VALUE"), "ValidationException", path, words);
    for (size_t i = 0; shape->values[i] != NULL; i++) {
        char longer[128];
        hold(h, json_string(shape->values[i]));
        must_pass(s, path);
        snprintf(longer, sizeof(longer), "%s ", shape->values[i]);
        refuse(s, h, json_string(longer), "ValidationException", path, words);
    }
}

static void spoil_blob(struct spoil *s, struct holder h, const struct shape *shape,
                       const char *path)
{
    static const char *const bad[] = {"A", "AAAAA", "AA=A", "A===", "AB==", "AA-_", "AAA\xC3\xA4"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse(s, h, json_string(bad[i]), "SerializationException", path,
               "can not be converted to a Blob");
    hold(h, sample_octets_of_length(shape->max));
    must_pass(s, path);
    refuse(s, h, sample_octets_of_length(shape->max + 1), "ValidationException", path, "less than");
    if (shape->min > 0)
        refuse(s, h, sample_octets_of_length(shape->min - 1), "ValidationException", path, "greater than");
}

static void spoil_number(struct spoil *s, struct holder h, const struct shape *shape,
                         const char *path)
{
    if (shape->min != SHAPE_NO_BOUND)
        refuse(s, h, json_integer(shape->min - 1), "ValidationException", path,
               "Member must have value greater than or equal to");
    if (shape->max != SHAPE_NO_BOUND) {
        refuse(s, h, json_integer(shape->max + 1), "ValidationException", path,
               "Member must have value less than or equal to");
        refuse(s, h, json_real(1e300), "ValidationException", path, "less than");
    }
    hold(h, json_real((double)shape->min + 0.5));
    must_pass(s, path);
}

static void spoil_list(struct spoil *s, struct holder h, const struct shape *shape,
                       const char *path)
{
    if (shape->min != SHAPE_NO_BOUND && shape->min > 0)
        refuse(s, h, json_array(), "ValidationException", path, "length greater than or equal to");
    if (shape->max == SHAPE_NO_BOUND)
        return;
    json_t *many = json_array();
    for (int64_t i = 0; i < shape->max; i++)
        assert_int_equal(json_array_append(many, json_array_get(held(h), 0)), 0);
    json_t *old = json_incref(held(h));
    json_t *first = json_incref(json_array_get(old, 0));
    hold(h, many);
    must_pass(s, path);
    assert_int_equal(json_array_append_new(many, first), 0);
    must_fail(s, "ValidationException", path, "length less than or equal to");
    hold(h, old);
}

static void spoil_value(struct spoil *s, struct holder h, const struct shape *shape,
                        const char *path, int depth);

static void path_append(char *out, const char *path, const char *member)
{
    snprintf(out, PATH_MAX_LEN, "%s%s%s", path, path[0] == '\0' ? "" : ".", member);
    size_t start = path[0] == '\0' ? 0 : strlen(path) + 1;
    out[start] = (char)tolower((unsigned char)out[start]);
}

static void spoil_members(struct spoil *s, json_t *object, const struct shape *shape,
                          const char *path, int depth)
{
    assert_int_equal(json_object_set_new(object, "NoSuchMember", json_array()), 0);
    must_pass(s, path);
    assert_int_equal(json_object_del(object, "NoSuchMember"), 0);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        struct holder h = {object, member->name};
        char here[PATH_MAX_LEN];
        path_append(here, path, member->name);
        json_t *old = json_incref(held(h));
        for (int null = 0; null < 2; null++) {
            if (null)
                hold(h, json_null());
            else
                assert_int_equal(json_object_del(object, member->name), 0);
            if (member->required)
                must_fail(s, "ValidationException", here, "Member must not be null");
            else
                must_pass(s, here);
        }
        hold(h, old);
        spoil_value(s, h, member->shape, here, depth + 1);
    }
}

/* Each member of a union in turn; none and two are refused. */
static void spoil_union(struct spoil *s, struct holder h, const struct shape *shape,
                        const char *path, int depth)
{
    const char *words = "exactly one value";
    refuse(s, h, json_object(), "ValidationException", path, words);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        char here[PATH_MAX_LEN];
        path_append(here, path, member->name);
        json_t *one = json_pack("{s:o}", member->name, sample_full(member->shape, 0));
        hold(h, one);
        must_pass(s, here);
        spoil_value(s, (struct holder){one, member->name}, member->shape, here, depth + 1);
        if (i > 0) {
            const struct shape_member *other = &shape->members[i - 1];
            json_t *two = json_pack("{s:o,s:o}", member->name, sample_full(member->shape, 0),
                                    other->name, sample_full(other->shape, 0));
            refuse(s, h, two, "ValidationException", path, words);
        }
    }
}

static void spoil_items(struct spoil *s, json_t *list, const struct shape *item, const char *path,
                        int depth)
{
    char here[PATH_MAX_LEN];
    struct holder h = {list, NULL};
    bool container = item->member_count > 0;
    snprintf(here, sizeof(here), "%s.1.member", path);
    refuse(s, h, json_null(), "ValidationException", container ? here : path, "Member must");
    spoil_value(s, h, item, container ? here : path, depth + 1);
}

static void spoil_value(struct spoil *s, struct holder h, const struct shape *shape,
                        const char *path, int depth)
{
    if (depth > SAMPLE_DEPTH_MAX - 4)
        return;
    json_t *good = json_deep_copy(held(h));
    spoil_type(s, h, shape, path);
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        spoil_members(s, held(h), shape, path, depth);
        break;
    case SHAPE_UNION:
        spoil_union(s, h, shape, path, depth);
        break;
    case SHAPE_LIST:
        spoil_list(s, h, shape, path);
        spoil_items(s, held(h), shape->item, path, depth);
        break;
    case SHAPE_STRING:
        spoil_text(s, h, shape, path);
        break;
    case SHAPE_ENUM:
        spoil_enum(s, h, shape, path);
        break;
    case SHAPE_BLOB:
        spoil_blob(s, h, shape, path);
        break;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        spoil_number(s, h, shape, path);
        break;
    default:
        break;
    }
    hold(h, good);
    must_pass(s, path);
}

static void spoil_service(enum service_index index)
{
    const struct service *service = &contract_service_table[index];
    size_t tried = 0;
    for (size_t i = 0; i < service->operation_count; i++) {
        struct spoil s = {.operation = &service->operations[i]};
        s.request = sample_full(s.operation->input, 0);
        must_pass(&s, "");
        spoil_members(&s, s.request, s.operation->input, "", 0);
        json_decref(s.request);
        tried += s.tried;
    }
    print_message("%s: %zu requests tried\n", service->name, tried);
    assert_true(tried > 1000);
}

static void every_fault_of_every_member_of_acm_is_told(void **state)
{
    (void)state;
    spoil_service(SERVICE_ACM);
}

static void every_fault_of_every_member_of_acm_pca_is_told(void **state)
{
    (void)state;
    spoil_service(SERVICE_PCA);
}

static void a_request_that_is_no_object_is_refused(void **state)
{
    (void)state;
    json_t *values[] = {json_string("a"), json_integer(1), json_true(), json_null(), json_array()};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct api_error error = {0};
        assert_int_equal(contract_check(operation_named(CM "ListCertificates"), values[i], &error),
                         CH_EAPI);
        assert_string_equal(error.type, "SerializationException");
        json_decref(values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_of_every_member_of_acm_is_told),
        cmocka_unit_test(every_fault_of_every_member_of_acm_pca_is_told),
        cmocka_unit_test(a_request_that_is_no_object_is_refused),
    };
    return cmocka_run_group_tests_name("faults of every member", tests, start, stop);
}
