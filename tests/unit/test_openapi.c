/*
 * docs/openapi against the tables: every call of the files is a route with that operation, and what
 * goes in, comes out and is refused is what the contract says; every operation of Chancery's own is
 * in a file. Signing in, which is no call, has the members that its parser reads.
 */
#include "ca/contract/contract.h"
#include "ca/contract/services.h"
#include "ca/iam/sign_in_body.h"
#include "ca/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define ID "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
#define FILES "docs/openapi/*.yaml"

static yaml_document_t document;
static const char *file;
static const char *call; /* the operation that is compared */
static bool going_out;   /* of an answer the file may say less, but nothing else */
static unsigned covered[CHANCERY_OPERATION_COUNT];

/* ---- reading YAML ---- */

static const char *text(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                          : NULL;
}

static yaml_node_t *raw(const yaml_node_t *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++)
        if (strcmp(text(yaml_document_get_node(&document, p->key)), key) == 0)
            return yaml_document_get_node(&document, p->value);
    return NULL;
}

/* Follows "#/components/...". */
static yaml_node_t *resolved(yaml_node_t *node)
{
    char path[256];
    const char *reference = text(raw(node, "$ref"));
    if (reference == NULL)
        return node;
    char *rest = path;
    snprintf(path, sizeof path, "%s", reference + 2);
    yaml_node_t *at = yaml_document_get_root_node(&document);
    for (char *part = strsep(&rest, "/"); part != NULL; part = strsep(&rest, "/"))
        at = raw(at, part);
    if (at == NULL)
        fail_msg("%s: %s is not there", file, reference);
    return resolved(at);
}

static yaml_node_t *get(const yaml_node_t *map, const char *key)
{
    yaml_node_t *node = raw(map, key);
    return node == NULL ? NULL : resolved(node);
}

static yaml_node_t *item(const yaml_node_t *list, size_t i)
{
    if (list == NULL || list->type != YAML_SEQUENCE_NODE ||
        i >= (size_t)(list->data.sequence.items.top - list->data.sequence.items.start))
        return NULL;
    return resolved(yaml_document_get_node(&document, list->data.sequence.items.start[i]));
}

static bool list_has(const yaml_node_t *list, const char *wanted)
{
    for (size_t i = 0; item(list, i) != NULL; i++)
        if (strcmp(text(item(list, i)), wanted) == 0)
            return true;
    return false;
}

static bool is_true(const yaml_node_t *node)
{
    return text(node) != NULL && strcmp(text(node), "true") == 0;
}

/* ---- shapes ---- */

/* How a schema of that kind says its bounds; NULL where the form on the wire differs. */
static const struct {
    enum shape_kind kind;
    const char *type, *min, *max;
} kinds[] = {
    {SHAPE_STRING, "string", "minLength", "maxLength"},
    {SHAPE_ENUM, "string", NULL, NULL},
    {SHAPE_BLOB, "string", NULL, NULL},
    {SHAPE_INTEGER, "integer", "minimum", "maximum"},
    {SHAPE_LONG, "integer", "minimum", "maximum"},
    {SHAPE_BOOLEAN, "boolean", NULL, NULL},
    {SHAPE_TIMESTAMP, "number", NULL, NULL},
    {SHAPE_LIST, "array", "minItems", "maxItems"},
    {SHAPE_STRUCTURE, "object", NULL, NULL},
    {SHAPE_UNION, "object", NULL, NULL},
};

static void bound_expect(const yaml_node_t *schema, const char *key, int64_t bound)
{
    const char *said = key == NULL ? NULL : text(get(schema, key));
    if (key == NULL || (said == NULL && (bound == SHAPE_NO_BOUND || going_out)))
        return;
    if (said == NULL || bound == SHAPE_NO_BOUND || strtoll(said, NULL, 10) != bound)
        fail_msg("%s, %s: %s is %s", file, call, key, said == NULL ? "missing" : said);
}

static void pattern_expect(const yaml_node_t *schema, const struct shape *shape)
{
    char anchored[512];
    const char *said = text(get(schema, "pattern"));
    if (said == NULL && (shape->pattern == NULL || going_out))
        return;
    snprintf(anchored, sizeof anchored, "^%s$", shape->pattern == NULL ? "" : shape->pattern);
    if (said == NULL || strcmp(said, anchored) != 0)
        fail_msg("%s, %s: the pattern of %s is not %s", file, call, shape->name, anchored);
}

static void members_expect(yaml_node_t *schema, const struct shape *shape);

static void shape_expect(yaml_node_t *schema, const struct shape *shape)
{
    size_t k = 0;
    while (kinds[k].kind != shape->kind)
        k++;
    const char *type = text(get(schema, "type"));
    if (type == NULL && (get(schema, "enum") != NULL || get(schema, "const") != NULL))
        type = "string";
    if (type == NULL || strcmp(type, kinds[k].type) != 0)
        fail_msg("%s, %s: %s is no %s", file, call, shape->name, kinds[k].type);
    bound_expect(schema, kinds[k].min, shape->min);
    bound_expect(schema, kinds[k].max, shape->max);
    pattern_expect(schema, shape);
    for (size_t i = 0; shape->kind == SHAPE_ENUM && shape->values[i] != NULL; i++)
        assert_true(list_has(get(schema, "enum"), shape->values[i]));
    if (shape->kind == SHAPE_LIST)
        shape_expect(get(schema, "items"), shape->item);
    if (shape->kind == SHAPE_STRUCTURE || shape->kind == SHAPE_UNION)
        members_expect(schema, shape);
}

static const struct shape_member *member_find(const struct shape *shape, const char *name)
{
    for (size_t i = 0; shape != NULL && i < shape->member_count; i++)
        if (strcmp(shape->members[i].name, name) == 0)
            return &shape->members[i];
    fail_msg("%s, %s: the contract has no %s", file, call, name);
    return NULL;
}

/* Each property is a member; the number found, each part of an allOf counted. */
static size_t properties_expect(yaml_node_t *schema, const struct shape *shape)
{
    size_t count = 0;
    const yaml_node_t *all = get(schema, "allOf");
    for (size_t i = 0; item(all, i) != NULL; i++)
        count += properties_expect(item(all, i), shape);
    const yaml_node_t *properties = get(schema, "properties");
    if (properties == NULL)
        return count;
    for (yaml_node_pair_t *p = properties->data.mapping.pairs.start;
         p < properties->data.mapping.pairs.top; p++, count++) {
        const char *name = text(yaml_document_get_node(&document, p->key));
        const struct shape_member *m = member_find(shape, name);
        shape_expect(resolved(yaml_document_get_node(&document, p->value)), m->shape);
        if (going_out && get(schema, "required") == NULL)
            continue;
        if (list_has(get(schema, "required"), name) != m->required)
            fail_msg("%s, %s: is %s required?", file, call, name);
    }
    return count;
}

static void members_expect(yaml_node_t *schema, const struct shape *shape)
{
    size_t count = properties_expect(schema, shape);
    if (count != shape->member_count)
        fail_msg("%s, %s: %zu of the %zu members of %s", file, call, count, shape->member_count,
                 shape->name);
}

/* ---- calls ---- */

/* maxResults in the query and certificate in the path are MaxResults and CertificateArn; so are others. */
static const struct shape_member *parameter_member(const struct operation *operation,
                                                   const yaml_node_t *parameter)
{
    char name[64];
    bool in_path = strcmp(text(get(parameter, "in")), "path") == 0;
    snprintf(name, sizeof name, "%s%s", text(get(parameter, "name")), in_path ? "Arn" : "");
    name[0] = (char)toupper(name[0]);
    return member_find(operation->input, name);
}

static size_t parameters_expect(const yaml_node_t *list, const struct operation *operation)
{
    size_t i = 0;
    for (; item(list, i) != NULL; i++) {
        const struct shape_member *m = parameter_member(operation, item(list, i));
        assert_int_equal(is_true(get(item(list, i), "required")), m->required);
        if (strcmp(text(get(item(list, i), "in")), "path") != 0)
            shape_expect(get(item(list, i), "schema"), m->shape);
    }
    return i;
}

static yaml_node_t *json_of(const yaml_node_t *node)
{
    return get(get(get(node, "content"), "application/json"), "schema");
}

static void input_expect(const yaml_node_t *path, const yaml_node_t *node,
                         const struct operation *operation)
{
    size_t count = parameters_expect(get(path, "parameters"), operation);
    count += parameters_expect(get(node, "parameters"), operation);
    yaml_node_t *body = json_of(get(node, "requestBody"));
    if (body != NULL)
        count += properties_expect(body, operation->input);
    if (count != operation->input->member_count)
        fail_msg("%s, %s: %zu of the %zu members that go in", file, call, count,
                 operation->input->member_count);
}

static void output_expect(const yaml_node_t *responses, const struct operation *operation)
{
    yaml_node_t *schema = json_of(get(responses, "200"));
    assert_non_null(get(responses, "200"));
    assert_int_equal(schema != NULL, operation->output != NULL);
    going_out = true;
    if (schema != NULL)
        members_expect(schema, operation->output);
    going_out = false;
}

/* Each error's status is among the responses, and where the schema of that one lists names, its own. */
static void errors_expect(const yaml_node_t *responses, const struct operation *operation)
{
    char status[16];
    for (size_t i = 0; operation->errors[i] != NULL; i++) {
        snprintf(status, sizeof status, "%u", rest_status(operation->errors[i]));
        yaml_node_t *schema = json_of(get(responses, status));
        yaml_node_t *names = get(get(get(schema, "properties"), "__type"), "enum");
        if (schema == NULL || (names != NULL && !list_has(names, operation->errors[i])))
            fail_msg("%s, %s: %s with status %s is missing", file, call, operation->errors[i],
                     status);
    }
}

/* The operation to which the appliance takes that method and path. */
static const struct operation *route_operation(const char *method, const char *path)
{
    char plain[256];
    char upper[16] = "";
    const char *begin = strchr(path, '{');
    if (begin == NULL)
        snprintf(plain, sizeof plain, "%s", path);
    else
        snprintf(plain, sizeof plain, "%.*s" ID "%s", (int)(begin - path), path,
                 strchr(begin, '}') + 1);
    for (size_t i = 0; method[i] != '\0' && i < sizeof upper - 1; i++)
        upper[i] = (char)toupper(method[i]);
    struct msg_call asked = {.method = slice_text(upper), .path = slice_text(plain)};
    struct request r = {.call = &asked, .route = rest_find(&asked)};
    if (r.route == NULL)
        fail_msg("%s: %s %s is no route", file, upper, plain);
    assert_int_equal(contract_find(slice_text("Chancery.ListAssociations"), &r.service,
                                   &r.operation), 0);
    assert_int_equal(rest_operation(&r), 0);
    return r.operation;
}

static void operation_expect(const char *method, const char *path, const yaml_node_t *path_node,
                             const yaml_node_t *node)
{
    const struct operation *operation = route_operation(method, path);
    call = operation->name;
    assert_string_equal(text(get(node, "operationId")), operation->name);
    input_expect(path_node, node, operation);
    output_expect(get(node, "responses"), operation);
    errors_expect(get(node, "responses"), operation);
    covered[operation - operation->service->operations]++;
}

static void sign_in_expect(const yaml_node_t *node)
{
    yaml_node_t *schema = json_of(get(get(node, "post"), "requestBody"));
    const yaml_node_t *properties = get(schema, "properties");
    for (size_t i = 0; i < sign_in_member_count; i++) {
        const struct sign_in_member *m = &sign_in_members[i];
        const yaml_node_t *property = get(properties, m->name);
        call = m->name;
        assert_non_null(property);
        bound_expect(property, "minLength", (int64_t)m->min);
        bound_expect(property, "maxLength", (int64_t)m->max);
        assert_int_equal(list_has(get(schema, "required"), m->name), m->required);
    }
    assert_int_equal(properties->data.mapping.pairs.top - properties->data.mapping.pairs.start,
                     sign_in_member_count);
}

static void path_expect(const char *path, const yaml_node_t *node)
{
    static const char *const methods[] = {"get", "put", "post", "delete", "patch"};
    if (strcmp(path, "/chancery/v1/sign-in") == 0) {
        sign_in_expect(node);
        return;
    }
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (get(node, methods[i]) != NULL)
            operation_expect(methods[i], path, node, get(node, methods[i]));
}

static void file_expect(const char *name)
{
    yaml_parser_t parser;
    FILE *input = fopen(name, "r");
    file = name;
    assert_non_null(input);
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, input);
    assert_true(yaml_parser_load(&parser, &document));
    yaml_node_t *paths = get(yaml_document_get_root_node(&document), "paths");
    assert_non_null(paths);
    for (yaml_node_pair_t *p = paths->data.mapping.pairs.start; p < paths->data.mapping.pairs.top;
         p++)
        path_expect(text(yaml_document_get_node(&document, p->key)),
                    resolved(yaml_document_get_node(&document, p->value)));
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    fclose(input);
}

static void the_files_say_what_the_tables_say(void **state)
{
    (void)state;
    const struct service *service = NULL;
    const struct operation *operation = NULL;
    glob_t files;
    assert_int_equal(glob(FILES, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        file_expect(files.gl_pathv[i]);
    globfree(&files);
    assert_int_equal(contract_find(slice_text("Chancery.ListAssociations"), &service, &operation),
                     0);
    for (size_t i = 0; i < service->operation_count; i++)
        if (covered[i] != 1)
            fail_msg("%s is in %u files", service->operations[i].name, covered[i]);
}

static int setup(void **state)
{
    (void)state;
    return contract_init();
}

static int teardown(void **state)
{
    (void)state;
    contract_exit();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_files_say_what_the_tables_say)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
