/* Prints the tables of the contract as JSON in the form of the published models. */
#include "ca/contract/services.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const types[] = {
    [SHAPE_STRUCTURE] = "structure", [SHAPE_UNION] = "structure", [SHAPE_LIST] = "list",
    [SHAPE_STRING] = "string",       [SHAPE_ENUM] = "string",     [SHAPE_BLOB] = "blob",
    [SHAPE_INTEGER] = "integer",     [SHAPE_LONG] = "long",       [SHAPE_BOOLEAN] = "boolean",
    [SHAPE_TIMESTAMP] = "timestamp", [SHAPE_MAP] = "map",
};

static json_t *reference(const struct shape *shape)
{
    return json_pack("{s:s}", "shape", shape->name);
}

static void put(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        abort();
}

static void dump_shape(json_t *shapes, const struct shape *shape);

static void dump_members(json_t *shapes, json_t *out, const struct shape *shape)
{
    json_t *members = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < shape->member_count; i++) {
        put(members, shape->members[i].name, reference(shape->members[i].shape));
        if (shape->members[i].required)
            json_array_append_new(required, json_string(shape->members[i].name));
        dump_shape(shapes, shape->members[i].shape);
    }
    put(out, "members", members);
    put(out, "required", required);
    put(out, "union", json_boolean(shape->kind == SHAPE_UNION));
}

static void dump_shape(json_t *shapes, const struct shape *shape)
{
    if (json_object_get(shapes, shape->name) != NULL)
        return;
    json_t *out = json_pack("{s:s,s:b}", "type", types[shape->kind], "sensitive",
                            (int)shape->sensitive);
    put(shapes, shape->name, out);
    if (shape->min != SHAPE_NO_BOUND)
        put(out, "min", json_integer(shape->min));
    if (shape->max != SHAPE_NO_BOUND)
        put(out, "max", json_integer(shape->max));
    if (shape->pattern != NULL)
        put(out, "pattern", json_string(shape->pattern));
    if (shape->kind == SHAPE_ENUM) {
        put(out, "enum", json_array());
        for (size_t i = 0; shape->values[i] != NULL; i++)
            json_array_append_new(json_object_get(out, "enum"), json_string(shape->values[i]));
    }
    if (shape->kind == SHAPE_LIST || shape->kind == SHAPE_MAP) {
        put(out, shape->kind == SHAPE_MAP ? "value" : "member", reference(shape->item));
        dump_shape(shapes, shape->item);
    }
    if (shape->kind == SHAPE_STRUCTURE || shape->kind == SHAPE_UNION)
        dump_members(shapes, out, shape);
}

static json_t *dump_operation(json_t *shapes, const struct operation *operation)
{
    json_t *out = json_object();
    json_t *errors = json_array();
    if (operation->input != &contract_no_input) {
        put(out, "input", reference(operation->input));
        dump_shape(shapes, operation->input);
    }
    if (operation->output != NULL) {
        put(out, "output", reference(operation->output));
        dump_shape(shapes, operation->output);
    }
    for (size_t i = 0; operation->errors[i] != NULL; i++)
        json_array_append_new(errors, json_string(operation->errors[i]));
    put(out, "errors", errors);
    return out;
}

int main(void)
{
    size_t count = 0;
    const struct service *services = contract_services(&count);
    json_t *all = json_object();
    for (size_t s = 0; s < count; s++) {
        json_t *operations = json_object();
        json_t *shapes = json_object();
        for (size_t i = 0; i < services[s].operation_count; i++)
            put(operations, services[s].operations[i].name,
                dump_operation(shapes, &services[s].operations[i]));
        put(all, services[s].name,
            json_pack("{s:s,s:o,s:o}", "targetPrefix", services[s].target_prefix, "operations",
                      operations, "shapes", shapes));
    }
    int rc = json_dumpf(all, stdout, JSON_INDENT(1));
    json_decref(all);
    return rc == 0 ? 0 : 1;
}
