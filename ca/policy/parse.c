/*
 * From JSON to a compiled policy. The texts of refusals are IAM's; what IAM would take and only later not
 * understand (keys written twice, control characters, unknown operators) is refused here, so that
 * nothing is in force that reads differently to two readers.
 */
#include "ca/policy/internal.h"
#include "firmware/base/log.h"

#include <jansson.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYNTAX "Syntax errors in policy."
#define TEXT_MAX ((size_t)64) /* of what is repeated in a refusal */

struct parsing {
    struct policy *p;
    struct slice text;
    char *why;
    unsigned flags; /* PATTERN_VARIABLES in the language of 2012 */
};

static int fail(struct parsing *ps, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct parsing *ps, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ps->why, POLICY_WHY_SIZE, format, args);
    va_end(args);
    return CH_EINVAL;
}

/* Only a failure of the text gets a text. */
static int fail_as(struct parsing *ps, int code, const char *text)
{
    return code == CH_EINVAL ? fail(ps, "%s", text) : code;
}

/* ---- text or list of texts ---- */

static size_t list_size(const json_t *value)
{
    return json_is_array(value) ? json_array_size(value) : 1;
}

static const json_t *list_item(const json_t *value, size_t i)
{
    return json_is_array(value) ? json_array_get(value, i) : value;
}

static bool is_printable(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.data[i] < 0x20 && memchr("\t\r\n", s.data[i], 3) == NULL) || s.data[i] == 0x7f)
            return false;
    return true;
}

static int text_take(struct parsing *ps, const json_t *value, struct slice *out)
{
    if (!json_is_string(value))
        return fail(ps, SYNTAX);
    *out = slice_of(json_string_value(value), json_string_length(value));
    return is_printable(*out) ? 0 : fail(ps, SYNTAX);
}

/* ---- actions ---- */

static bool is_vendor(struct slice s)
{
    size_t n = 0;
    while (n < s.len && memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-",
                               s.data[n], 63) != NULL)
        n++;
    return s.len > 0 && n == s.len;
}

static int action_parse(struct parsing *ps, struct slice text, struct action_pattern *out)
{
    out->anything = slice_is(text, "*");
    if (out->anything)
        return 0;
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.data, ':', text.len);
    if (colon == NULL)
        return fail(ps, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    struct slice vendor = slice_of(text.data, (size_t)(colon - text.data));
    struct slice name = slice_of(colon + 1, text.len - vendor.len - 1);
    if (name.len > 0 && memchr(name.data, ':', name.len) != NULL)
        return fail(ps, "Actions/Condition can contain only one colon.");
    if (!is_vendor(vendor))
        return fail(ps, "Vendor %.*s is not valid",
                    (int)(vendor.len > TEXT_MAX ? TEXT_MAX : vendor.len), (const char *)vendor.data);
    if (name.len == 0)
        return fail(ps, SYNTAX);
    unsigned flags = PATTERN_WILD | PATTERN_FOLD;
    int r = pattern_compile(&ps->p->arena, vendor, flags, &out->service);
    return r != 0 ? r : pattern_compile(&ps->p->arena, name, flags, &out->name);
}

static int actions_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    size_t count = list_size(value);
    struct action_pattern *list = arena_take(&ps->p->arena, count, sizeof *list);
    int r = list == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        struct slice text = {0};
        r = text_take(ps, list_item(value, i), &text);
        if (r == 0)
            r = action_parse(ps, text, &list[i]);
    }
    st->actions = list;
    st->action_count = count;
    if (r == 0 && count == 0)
        r = fail(ps, "Policy statement must contain actions.");
    return r;
}

/* ---- resources ---- */

static int resource_check(struct parsing *ps, struct slice text)
{
    static const char *const partitions[] = {"aws", "aws-cn", "aws-us-gov"};
    const char *shown = (const char *)text.data;
    int len = (int)(text.len > 4 * TEXT_MAX ? 4 * TEXT_MAX : text.len);
    if (slice_is(text, "*"))
        return 0;
    if (text.len < 4 || memcmp(text.data, "arn:", 4) != 0)
        return fail(ps, "Resource %.*s must be in ARN format or \"*\".", len, shown);
    const uint8_t *from = text.data + 4;
    const uint8_t *colon = memchr(from, ':', text.len - 4);
    struct slice partition = slice_of(from, colon == NULL ? text.len - 4 : (size_t)(colon - from));
    bool known = memchr(partition.data, '*', partition.len) != NULL ||
                 memchr(partition.data, '?', partition.len) != NULL ||
                 memchr(partition.data, '$', partition.len) != NULL;
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++)
        known = known || slice_is(partition, partitions[i]);
    if (!known)
        return fail(ps, "Partition \"%.*s\" is not valid for resource \"%.*s\".",
                    (int)(partition.len > TEXT_MAX ? TEXT_MAX : partition.len),
                    (const char *)partition.data, len, shown);
    return 0;
}

static int resources_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    size_t count = list_size(value);
    struct arn_pattern *list = arena_take(&ps->p->arena, count, sizeof *list);
    int r = list == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        struct slice text = {0};
        r = text_take(ps, list_item(value, i), &text);
        if (r == 0)
            r = resource_check(ps, text);
        if (r == 0)
            r = fail_as(ps, arn_pattern_compile(&ps->p->arena, text, ps->flags, &list[i]), SYNTAX);
    }
    st->resources = list;
    st->resource_count = count;
    if (r == 0 && count == 0)
        r = fail(ps, "Policy statement must contain resources.");
    return r;
}

/* ---- principals ---- */

static int who_fail(struct parsing *ps, const char *kind, struct slice text)
{
    return fail(ps, "Invalid principal in policy: \"%.32s\":\"%.*s\"", kind,
                (int)(text.len > 4 * TEXT_MAX ? 4 * TEXT_MAX : text.len),
                text.len == 0 ? "" : (const char *)text.data);
}

static int who_list_parse(struct parsing *ps, const char *kind, const json_t *value,
                          struct who *list, size_t *count)
{
    int r = 0;
    for (size_t i = 0; i < list_size(value) && r == 0; i++) {
        struct slice text = {0};
        r = text_take(ps, list_item(value, i), &text);
        if (r == 0)
            r = who_parse(&ps->p->arena, kind, text, &list[*count]);
        if (r == CH_EINVAL && ps->why[0] == '\0')
            r = who_fail(ps, kind, text);
        *count += 1;
    }
    return r;
}

static size_t who_room(const json_t *value)
{
    size_t room = 1;
    const char *kind;
    json_t *names;
    json_object_foreach((json_t *)(uintptr_t)value, kind, names)
        room += list_size(names);
    return room;
}

static int who_element_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    int r = 0;
    const char *kind;
    json_t *names;
    struct who *list = arena_take(&ps->p->arena, who_room(value), sizeof *list);
    if (list == NULL)
        return CH_ENOMEM;
    st->who = list;
    if (json_is_string(value))
        return slice_is(slice_text(json_string_value(value)), "*")
                   ? who_list_parse(ps, "AWS", value, list, &st->who_count)
                   : fail(ps, "Invalid principal in policy.");
    if (!json_is_object(value))
        return fail(ps, SYNTAX);
    json_object_foreach((json_t *)(uintptr_t)value, kind, names) {
        r = who_list_parse(ps, kind, names, list, &st->who_count);
        if (r != 0)
            return r;
    }
    return st->who_count > 0 ? 0 : fail(ps, "Invalid principal in policy.");
}

/* ---- conditions ---- */

/* Booleans and numbers stand for their texts. */
static int scalar_take(struct parsing *ps, const json_t *value, char room[40], struct slice *out)
{
    if (json_is_boolean(value))
        snprintf(room, 40, "%s", json_is_true(value) ? "true" : "false");
    else if (json_is_integer(value))
        snprintf(room, 40, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(room, 40, "%.15g", json_real_value(value));
    else
        return text_take(ps, value, out);
    *out = slice_text(room);
    return 0;
}

static int operands_parse(struct parsing *ps, const json_t *value, struct clause *c)
{
    size_t count = list_size(value);
    struct operand *list = arena_take(&ps->p->arena, count, sizeof *list);
    int r = list == NULL ? CH_ENOMEM : 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        char room[40];
        struct slice text = {0};
        r = scalar_take(ps, list_item(value, i), room, &text);
        if (r == 0)
            r = fail_as(ps, operand_parse(&ps->p->arena, c->operator, text, ps->flags, &list[i]),
                        SYNTAX);
    }
    c->operands = list;
    c->operand_count = count;
    return r;
}

static int clause_key(struct parsing *ps, const char *name, struct clause *c)
{
    struct slice text = slice_text(name);
    if (text.len == 0 || memchr(text.data, ':', text.len) == NULL || !is_printable(text))
        return fail(ps, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    char *key = arena_copy(&ps->p->arena, text);
    if (key == NULL)
        return CH_ENOMEM;
    for (char *k = key; *k != '\0' && *k != '/'; k++)
        if (*k >= 'A' && *k <= 'Z')
            *k = (char)(*k + 32);
    c->key = slice_of(key, text.len);
    return 0;
}

static size_t clause_room(const json_t *value)
{
    size_t room = 0;
    const char *name;
    json_t *keys;
    json_object_foreach((json_t *)(uintptr_t)value, name, keys)
        room += json_object_size(keys);
    return room;
}

static int operator_clauses_parse(struct parsing *ps, const char *name, const json_t *keys,
                                  struct statement *st, struct clause *list)
{
    struct clause pattern = {0};
    const char *key;
    json_t *values;
    int r = 0;
    if (operator_parse(slice_text(name), &pattern) != 0)
        return fail(ps, "Invalid Condition type : %.64s.", name);
    if (!json_is_object(keys))
        return fail(ps, SYNTAX);
    json_object_foreach((json_t *)(uintptr_t)keys, key, values) {
        struct clause *c = &list[st->clause_count++];
        *c = pattern;
        r = clause_key(ps, key, c);
        if (r == 0)
            r = operands_parse(ps, values, c);
        if (r != 0)
            return r;
    }
    return 0;
}

static int conditions_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    const char *name;
    json_t *keys;
    int r = 0;
    if (!json_is_object(value))
        return fail(ps, SYNTAX);
    struct clause *list = arena_take(&ps->p->arena, clause_room(value), sizeof *list);
    if (list == NULL)
        return CH_ENOMEM;
    st->clauses = list;
    json_object_foreach((json_t *)(uintptr_t)value, name, keys) {
        r = operator_clauses_parse(ps, name, keys, st, list);
        if (r != 0)
            return r;
    }
    return 0;
}

/* ---- statements ---- */

static int sid_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    struct slice text = {0};
    int r = text_take(ps, value, &text);
    bool strict = ps->p->form != POLICY_FORM_RESOURCE;
    for (size_t i = 0; i < text.len && r == 0 && strict; i++)
        if (!is_vendor(slice_of(text.data + i, 1)) || text.data[i] == '-')
            r = fail(ps, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies "
                         "the regular expression [0-9A-Za-z]*");
    st->sid = r == 0 ? arena_copy(&ps->p->arena, text) : "";
    return r == 0 && st->sid == NULL ? CH_ENOMEM : r;
}

static int effect_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    struct slice text = {0};
    int r = text_take(ps, value, &text);
    if (r != 0)
        return r;
    st->denies = slice_is(text, "Deny");
    return st->denies || slice_is(text, "Allow") ? 0 : fail(ps, SYNTAX);
}

static int not_actions_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    st->not_actions = true;
    return actions_parse(ps, value, st);
}

static int not_resources_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    st->not_resources = true;
    return resources_parse(ps, value, st);
}

static int not_who_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    st->not_who = true;
    return who_element_parse(ps, value, st);
}

enum element_group { GROUP_SID, GROUP_EFFECT, GROUP_WHO, GROUP_ACTION, GROUP_RESOURCE, GROUP_CONDITION };

static const struct element {
    const char *name;
    enum element_group group;
    int (*parse)(struct parsing *ps, const json_t *value, struct statement *st);
} elements[] = {
    {"Sid", GROUP_SID, sid_parse},
    {"Effect", GROUP_EFFECT, effect_parse},
    {"Principal", GROUP_WHO, who_element_parse},
    {"NotPrincipal", GROUP_WHO, not_who_parse},
    {"Action", GROUP_ACTION, actions_parse},
    {"NotAction", GROUP_ACTION, not_actions_parse},
    {"Resource", GROUP_RESOURCE, resources_parse},
    {"NotResource", GROUP_RESOURCE, not_resources_parse},
    {"Condition", GROUP_CONDITION, conditions_parse},
};

static const struct element *element_find(const char *name)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (strcmp(elements[i].name, name) == 0)
            return &elements[i];
    return NULL;
}

/* What must be there and what must not, by the form of the document. */
static int groups_check(struct parsing *ps, unsigned seen, const struct statement *st)
{
    enum policy_form form = ps->p->form;
    bool who = (seen & 1u << GROUP_WHO) != 0, resource = (seen & 1u << GROUP_RESOURCE) != 0;
    if ((seen & 1u << GROUP_EFFECT) == 0)
        return fail(ps, "Missing required field Effect");
    if (form == POLICY_FORM_IDENTITY && who)
        return fail(ps, "Policy document should not specify a principal.");
    if (form != POLICY_FORM_IDENTITY && !who)
        return fail(ps, "Missing required field Principal");
    if (st->not_who && !st->denies)
        return fail(ps, "Allow with NotPrincipal is not allowed.");
    if ((seen & 1u << GROUP_ACTION) == 0)
        return fail(ps, "Policy statement must contain actions.");
    if (form == POLICY_FORM_TRUST && resource)
        return fail(ps, "Has prohibited field Resource");
    if (form != POLICY_FORM_TRUST && !resource)
        return fail(ps, "Policy statement must contain resources.");
    return 0;
}

static int statement_parse(struct parsing *ps, const json_t *value, struct statement *st)
{
    unsigned seen = 0;
    const char *name;
    json_t *content;
    st->sid = "";
    if (!json_is_object(value))
        return fail(ps, SYNTAX);
    json_object_foreach((json_t *)(uintptr_t)value, name, content) {
        const struct element *e = element_find(name);
        if (e == NULL || (seen & 1u << e->group) != 0)
            return fail(ps, SYNTAX);
        seen |= 1u << e->group;
        int r = e->parse(ps, content, st);
        if (r != 0)
            return r;
    }
    return groups_check(ps, seen, st);
}

/* The policies of resources that AWS itself shows repeat them. */
static int sids_check(struct parsing *ps)
{
    const struct policy *p = ps->p;
    if (p->form == POLICY_FORM_RESOURCE)
        return 0;
    for (size_t i = 0; i < p->statement_count; i++)
        for (size_t k = i + 1; k < p->statement_count && p->statements[i].sid[0] != '\0'; k++)
            if (strcmp(p->statements[i].sid, p->statements[k].sid) == 0)
                return fail(ps, "Statement IDs (SID) in a single policy must be unique.");
    return 0;
}

static int statements_parse(struct parsing *ps, const json_t *value)
{
    size_t count = value == NULL ? 0 : list_size(value);
    struct statement *list = arena_take(&ps->p->arena, count, sizeof *list);
    int r = list == NULL ? CH_ENOMEM : count == 0 ? fail(ps, SYNTAX) : 0;
    for (size_t i = 0; i < count && r == 0; i++)
        r = statement_parse(ps, list_item(value, i), &list[i]);
    if (r == 0)
        statement_positions_find(ps->text, list, count);
    ps->p->statements = list;
    ps->p->statement_count = count;
    return r != 0 ? r : sids_check(ps);
}

/* ---- the document ---- */

static int version_parse(struct parsing *ps, const json_t *value)
{
    struct slice text = slice_text("2008-10-17");
    int r = value == NULL ? 0 : text_take(ps, value, &text);
    if (r != 0)
        return r;
    if (slice_is(text, "2012-10-17"))
        ps->flags = PATTERN_VARIABLES;
    else if (!slice_is(text, "2008-10-17"))
        return fail(ps, "The policy must contain a valid version string");
    return 0;
}

static int document_parse(struct parsing *ps, const json_t *document)
{
    const char *name;
    json_t *value;
    if (!json_is_object(document))
        return fail(ps, SYNTAX);
    json_object_foreach((json_t *)(uintptr_t)document, name, value)
        if (strcmp(name, "Version") != 0 && strcmp(name, "Id") != 0 && strcmp(name, "Statement") != 0)
            return fail(ps, SYNTAX);
    const json_t *id = json_object_get(document, "Id");
    if (id != NULL && !json_is_string(id))
        return fail(ps, SYNTAX);
    int r = version_parse(ps, json_object_get(document, "Version"));
    return r != 0 ? r : statements_parse(ps, json_object_get(document, "Statement"));
}

int policy_parse(struct slice text, enum policy_form form, struct policy **out,
                 char why[POLICY_WHY_SIZE])
{
    PRECOND(out != NULL && why != NULL);
    *out = NULL;
    why[0] = '\0';
    if (text.len > POLICY_SIZE_MAX) {
        snprintf(why, POLICY_WHY_SIZE, "The policy is larger than %zu octets.", POLICY_SIZE_MAX);
        return CH_ELIMIT;
    }
    struct policy *p = calloc(1, sizeof *p);
    if (p == NULL)
        return CH_ENOMEM;
    atomic_init(&p->holds, 1);
    p->form = form;
    struct parsing ps = {.text = text, .p = p, .why = why};
    json_t *document =
        json_loadb(text.len == 0 ? "" : (const char *)text.data, text.len, JSON_REJECT_DUPLICATES,
                   NULL);
    int r = document_parse(&ps, document);
    json_decref(document);
    if (r == 0)
        *out = p;
    else
        policy_release(p);
    return r;
}

size_t policy_counted_size(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += memchr(" \t\r\n", text.data[i], 4) == NULL && (text.data[i] & 0xc0) != 0x80;
    return count;
}
