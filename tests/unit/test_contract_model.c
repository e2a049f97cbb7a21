/*
 * The tables against the published model of each service, member by member and both
 * ways. Without the models beside the repository the cases are skipped.
 */
#include "ca/contract/contract.h"
#include "ca/contract/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MODELS "../shared/contract/models/"
#define SEEN_MAX 512

struct walk {
    json_t *model;
    json_t *shapes;
    const struct shape *seen[SEEN_MAX];
    size_t seen_count;
};

static void shape_must_match(struct walk *w, const struct shape *shape, const char *name);

static json_t *model_read(const char *file)
{
    char path[256];
    json_error_t reason;
    snprintf(path, sizeof(path), MODELS "%s", file);
    if (access(path, R_OK) != 0) {
        print_message("%s is not there\n", path);
        skip();
    }
    json_t *model = json_load_file(path, 0, &reason);
    assert_non_null(model);
    return model;
}

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static json_t *model_shape(struct walk *w, const char *name)
{
    json_t *shape = json_object_get(w->shapes, name);
    if (shape == NULL)
        fail_msg("%s is not in the model", name);
    return shape;
}

static enum shape_kind model_kind(const json_t *shape)
{
    static const struct {
        const char *type;
        enum shape_kind kind;
    } rows[] = {
        {"structure", SHAPE_STRUCTURE}, {"list", SHAPE_LIST},           {"string", SHAPE_STRING},
        {"blob", SHAPE_BLOB},           {"integer", SHAPE_INTEGER},     {"long", SHAPE_LONG},
        {"boolean", SHAPE_BOOLEAN},     {"timestamp", SHAPE_TIMESTAMP},
        {"map", SHAPE_MAP},
    };
    if (json_object_get(shape, "enum") != NULL)
        return SHAPE_ENUM;
    if (json_is_true(json_object_get(shape, "union")))
        return SHAPE_UNION;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].type, text_of(shape, "type")) == 0)
            return rows[i].kind;
    fail_msg("unknown type %s", text_of(shape, "type"));
    return SHAPE_STRUCTURE;
}

static void bound_must_match(const json_t *model, const char *which, int64_t bound,
                             const char *name)
{
    const json_t *value = json_object_get(model, which);
    int64_t expected = value == NULL ? SHAPE_NO_BOUND : json_integer_value(value);
    if (expected != bound)
        fail_msg("%s of %s: %lld, in the model %lld", which, name, (long long)bound,
                 (long long)expected);
}

/* The service prints one pattern with anchors that the model lacks. */
static void pattern_must_match(const json_t *model, const struct shape *shape)
{
    char expected[1024];
    const char *text = text_of(model, "pattern");
    if (text == NULL) {
        assert_null(shape->pattern);
        assert_int_equal(shape->pattern_id, PATTERN_NONE);
        return;
    }
    bool anchored = strcmp(shape->name, "DomainNameString") == 0;
    snprintf(expected, sizeof(expected), "%s%s%s", anchored ? "^" : "", text, anchored ? "$" : "");
    assert_non_null(shape->pattern);
    assert_string_equal(shape->pattern, expected);
    assert_int_not_equal(shape->pattern_id, PATTERN_NONE);
}

static void values_must_match(const json_t *model, const struct shape *shape)
{
    const json_t *values = json_object_get(model, "enum");
    size_t count = 0;
    while (shape->values != NULL && shape->values[count] != NULL)
        count++;
    assert_int_equal(count, json_array_size(values));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(shape->values[i], json_string_value(json_array_get(values, i)));
}

static bool is_required(const json_t *model, const char *name)
{
    size_t i = 0;
    json_t *value = NULL;
    json_array_foreach(json_object_get(model, "required"), i, value)
        if (strcmp(json_string_value(value), name) == 0)
            return true;
    return false;
}

static void members_must_match(struct walk *w, const json_t *model, const struct shape *shape)
{
    const json_t *members = json_object_get(model, "members");
    if (shape->member_count != json_object_size(members))
        fail_msg("%s has %zu members, in the model %zu", shape->name, shape->member_count,
                 json_object_size(members));
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const json_t *row = json_object_get(members, member->name);
        if (row == NULL)
            fail_msg("%s.%s is not in the model", shape->name, member->name);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(shape->members[j].name, member->name);
        if (member->required != is_required(model, member->name))
            fail_msg("%s.%s: required differs", shape->name, member->name);
        shape_must_match(w, member->shape, text_of(row, "shape"));
    }
}

/* One name of the model is one shape of the tables. */
static bool was_seen(struct walk *w, const struct shape *shape)
{
    for (size_t i = 0; i < w->seen_count; i++) {
        if (w->seen[i] == shape)
            return true;
        assert_string_not_equal(w->seen[i]->name, shape->name);
    }
    assert_true(w->seen_count < SEEN_MAX);
    w->seen[w->seen_count++] = shape;
    return false;
}

static void shape_must_match(struct walk *w, const struct shape *shape, const char *name)
{
    assert_non_null(shape);
    assert_string_equal(shape->name, name);
    if (was_seen(w, shape))
        return;
    const json_t *model = model_shape(w, name);
    if (shape->kind != model_kind(model))
        fail_msg("%s is of another kind in the model", name);
    bound_must_match(model, "min", shape->min, name);
    bound_must_match(model, "max", shape->max, name);
    pattern_must_match(model, shape);
    values_must_match(model, shape);
    /* Session tokens are no secrets to the model, but they are to us. */
    if (shape->sensitive != json_is_true(json_object_get(model, "sensitive")) &&
        strcmp(name, "tokenType") != 0)
        fail_msg("%s: sensitive differs", name);
    members_must_match(w, model, shape);
    assert_int_equal(shape->item != NULL, shape->kind == SHAPE_LIST || shape->kind == SHAPE_MAP);
    const char *part = shape->kind == SHAPE_MAP ? "value" : "member";
    if (shape->item != NULL)
        shape_must_match(w, shape->item, text_of(json_object_get(model, part), "shape"));
}

static void errors_must_match(const json_t *model, const struct operation *operation)
{
    const json_t *errors = json_object_get(model, "errors");
    size_t count = 0;
    for (; operation->errors[count] != NULL; count++) {
        bool found = false;
        size_t i = 0;
        json_t *row = NULL;
        json_array_foreach(errors, i, row)
            found = found || strcmp(text_of(row, "shape"), operation->errors[count]) == 0;
        if (!found)
            fail_msg("%s: %s is not in the model", operation->name, operation->errors[count]);
        for (size_t j = 0; j < count; j++)
            assert_string_not_equal(operation->errors[j], operation->errors[count]);
    }
    if (count != json_array_size(errors))
        fail_msg("%s lacks an error of the model", operation->name);
}

static void operation_must_match(struct walk *w, const struct operation *operation)
{
    json_t *model = json_object_get(json_object_get(w->model, "operations"), operation->name);
    if (model == NULL)
        fail_msg("%s is not in the model", operation->name);
    const json_t *input = json_object_get(model, "input");
    const json_t *output = json_object_get(model, "output");
    assert_non_null(operation->input);
    if (input != NULL)
        shape_must_match(w, operation->input, text_of(input, "shape"));
    else
        assert_ptr_equal(operation->input, &contract_no_input);
    assert_int_equal(operation->output != NULL, output != NULL);
    if (output != NULL)
        shape_must_match(w, operation->output, text_of(output, "shape"));
    errors_must_match(model, operation);
}

static void mark_exception_parts(struct walk *w, json_t *parts, const char *name)
{
    const json_t *shape = model_shape(w, name);
    const char *member = NULL;
    json_t *row = NULL;
    if (json_object_get(parts, name) != NULL)
        return;
    json_object_set_new(parts, name, json_true());
    json_object_foreach(json_object_get(shape, "members"), member, row)
        mark_exception_parts(w, parts, text_of(row, "shape"));
    if (json_object_get(shape, "member") != NULL)
        mark_exception_parts(w, parts, text_of(json_object_get(shape, "member"), "shape"));
}

/* An exception of the model: known by name, with the right status and text member. */
static void exception_must_match(const char *name, const json_t *shape)
{
    struct api_error error = {0};
    struct buf body = {0};
    const json_t *members = json_object_get(shape, "members");
    bool capital = json_object_get(members, "Message") != NULL;
    assert_true(capital || json_object_get(members, "message") != NULL);
    assert_int_equal(api_error_status(name),
                     json_is_true(json_object_get(shape, "fault")) ? 500 : 400);
    assert_int_equal(api_fail(&error, name, "x"), CH_EAPI);
    assert_int_equal(api_error_body(&error, &body), 0);
    char expected[256];
    snprintf(expected, sizeof(expected), "{\"__type\":\"%s\",\"%s\":\"x\"}", name,
             capital ? "Message" : "message");
    assert_string_equal(buf_text(&body), expected);
    buf_free(&body);
}

static void nothing_of_the_model_may_be_missing(struct walk *w)
{
    json_t *parts = json_object();
    const char *name = NULL;
    json_t *shape = NULL;
    json_object_foreach(w->shapes, name, shape) {
        if (!json_is_true(json_object_get(shape, "exception")))
            continue;
        exception_must_match(name, shape);
        mark_exception_parts(w, parts, name);
    }
    json_object_foreach(w->shapes, name, shape) {
        bool seen = json_object_get(parts, name) != NULL;
        for (size_t i = 0; i < w->seen_count && !seen; i++)
            seen = strcmp(w->seen[i]->name, name) == 0;
        if (!seen)
            fail_msg("the tables lack %s", name);
    }
    json_decref(parts);
}

/* Newer than the model; their shapes are those of the SDK's documentation. */
static const char *const beyond_the_model[] = {"ListCertificateDomainValidations"};

static bool is_beyond_the_model(const struct operation *operation)
{
    for (size_t i = 0; i < sizeof beyond_the_model / sizeof beyond_the_model[0]; i++)
        if (strcmp(beyond_the_model[i], operation->name) == 0)
            return true;
    return false;
}

static void service_must_match(const struct service *service, const char *file)
{
    struct walk w = {0};
    w.model = model_read(file);
    w.shapes = json_object_get(w.model, "shapes");
    const json_t *metadata = json_object_get(w.model, "metadata");
    assert_string_equal(service->name, text_of(metadata, "signingName"));
    assert_string_equal(service->target_prefix, text_of(metadata, "targetPrefix"));
    size_t matched = 0;
    for (size_t i = 0; i < service->operation_count; i++) {
        if (is_beyond_the_model(&service->operations[i]))
            continue;
        operation_must_match(&w, &service->operations[i]);
        matched++;
    }
    assert_int_equal(matched, json_object_size(json_object_get(w.model, "operations")));
    nothing_of_the_model_may_be_missing(&w);
    print_message("%s: %zu operations, %zu shapes\n", service->name, service->operation_count,
                  w.seen_count);
    json_decref(w.model);
}

static void acm_is_the_model_of_acm(void **state)
{
    (void)state;
    service_must_match(&contract_service_table[SERVICE_ACM], "acm.json");
}

static void acm_pca_is_the_model_of_acm_pca(void **state)
{
    (void)state;
    service_must_match(&contract_service_table[SERVICE_PCA], "acm-pca.json");
}

static void members_of(json_t *model, json_t *operation, const char *side, json_t **out)
{
    const char *name = text_of(json_object_get(operation, side), "shape");
    *out = name == NULL ? NULL
                        : json_object_get(json_object_get(json_object_get(model, "shapes"), name),
                                          "members");
}

/* Clients that were built a year ago still find all they know. */
static void older_model_must_fit(const struct service *service, const char *file)
{
    json_t *model = model_read(file);
    const char *name = NULL;
    json_t *row = NULL;
    json_object_foreach(json_object_get(model, "operations"), name, row) {
        const struct service *found = NULL;
        const struct operation *operation = NULL;
        char target[128];
        snprintf(target, sizeof(target), "%s.%s", service->target_prefix, name);
        assert_int_equal(contract_find(slice_text(target), &found, &operation), 0);
        for (int side = 0; side < 2; side++) {
            const struct shape *shape = side == 0 ? operation->input : operation->output;
            json_t *members = NULL;
            const char *member = NULL;
            json_t *unused = NULL;
            members_of(model, row, side == 0 ? "input" : "output", &members);
            json_object_foreach(members, member, unused) {
                bool known = false;
                for (size_t i = 0; i < shape->member_count && !known; i++)
                    known = strcmp(shape->members[i].name, member) == 0;
                if (!known)
                    fail_msg("%s.%s was in the older model", name, member);
            }
        }
    }
    json_decref(model);
}

static void the_older_models_are_contained(void **state)
{
    (void)state;
    older_model_must_fit(&contract_service_table[SERVICE_ACM], "1.43.11/acm.json");
    older_model_must_fit(&contract_service_table[SERVICE_PCA], "1.43.11/acm-pca.json");
}

/* Of IAM and STS a part is served; what is served must be as in the model that the aws command brings along. */
static void part_must_match(const struct service *service, const char *file)
{
    static const char installed[] = "/usr/lib/python3/dist-packages/awscli/botocore/data/";
    char path[256];
    struct walk w = {0};
    snprintf(path, sizeof(path), "%s%s", installed, file);
    if (access(path, R_OK) != 0)
        skip();
    w.model = json_load_file(path, 0, NULL);
    assert_non_null(w.model);
    w.shapes = json_object_get(w.model, "shapes");
    const json_t *metadata = json_object_get(w.model, "metadata");
    assert_string_equal(service->version, text_of(metadata, "apiVersion"));
    assert_string_equal(service->namespace, text_of(metadata, "xmlNamespace"));
    for (size_t i = 0; i < service->operation_count; i++)
        operation_must_match(&w, &service->operations[i]);
    json_decref(w.model);
}

static void iam_is_a_part_of_its_model(void **state)
{
    (void)state;
    part_must_match(&contract_service_table[SERVICE_IAM], "iam/2010-05-08/service-2.json");
}

static void sts_is_a_part_of_its_model(void **state)
{
    (void)state;
    part_must_match(&contract_service_table[SERVICE_STS], "sts/2011-06-15/service-2.json");
}

static void operations_are_sorted_and_complete(void **state)
{
    (void)state;
    size_t count = 0;
    const struct service *services = contract_services(&count);
    assert_int_equal(count, SERVICE_COUNT);
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < services[s].operation_count; i++) {
            const struct operation *operation = &services[s].operations[i];
            assert_non_null(operation->name);
            assert_ptr_equal(operation->service, &services[s]);
            assert_int_equal(operation->input->kind, SHAPE_STRUCTURE);
            if (i > 0)
                assert_true(strcmp(operation[-1].name, operation->name) < 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acm_is_the_model_of_acm),
        cmocka_unit_test(iam_is_a_part_of_its_model),
        cmocka_unit_test(sts_is_a_part_of_its_model),
        cmocka_unit_test(acm_pca_is_the_model_of_acm_pca),
        cmocka_unit_test(the_older_models_are_contained),
        cmocka_unit_test(operations_are_sorted_and_complete),
    };
    return cmocka_run_group_tests_name("contract against the models", tests, NULL, NULL);
}
