/*
 * Every operation, every member, every way to get it wrong: a sample of each request is
 * made from the tables, must be accepted, and is then spoiled at one place after another.
 */
#include "ca/contract/patterns.h"
#include "ca/contract/services.h"
#include "tests/unit/test_contract_kit.h"

#include <ctype.h>

#define DEPTH_MAX 12
#define PATH_MAX_LEN 512

/* A text that fits each pattern at any length bound of the shapes that use it. */
static const char *const fitting[PATTERN_COUNT] = {
    [PATTERN_ACME_BINDING_ARN] =
        "arn:aws:acm:eu-west-1:123456789012:acme-endpoint/a/acme-external-account-binding/b",
    [PATTERN_ACME_DOMAIN_VALIDATION_ARN] =
        "arn:aws:acm:eu-west-1:123456789012:acme-endpoint/a/acme-domain-validation/b",
    [PATTERN_ACME_ENDPOINT_ARN] = "arn:aws:acm:eu-west-1:123456789012:acme-endpoint/a",
    [PATTERN_ACM_ARN] = CERT_ARN,
    [PATTERN_BASE64] = "QUJD",
    [PATTERN_CNAME] = "crl.example",
    [PATTERN_COUNTRY] = "DE",
    [PATTERN_CRL_PATH] = "a/b",
    [PATTERN_DIGITS] = "123456789012",
    [PATTERN_DOMAIN_NAME] = "a.example",
    [PATTERN_DOMAIN_NAME_OR_WILDCARD] = "*.a.example",
    [PATTERN_HOSTED_ZONE_ID] = "Z0123",
    [PATTERN_LATIN1] = "token",
    [PATTERN_LATIN1_SOME] = "{}",
    [PATTERN_OID] = "1.3.6.1",
    [PATTERN_PCA_ARN] = CA_ARN,
    [PATTERN_PCA_ARN_ANY_ACCOUNT] = CA_ARN,
    [PATTERN_PRINCIPAL] = "acm.amazonaws.com",
    [PATTERN_PRINTABLE] = "text",
    [PATTERN_ROLE_ARN] = "arn:aws:iam::123456789012:role/a",
    [PATTERN_S3_BUCKET] = "bucket",
    [PATTERN_SERIAL_NUMBER] = "0a:1b",
    [PATTERN_TAG] = "Name",
    [PATTERN_UUID_LIKE] = "01234567-0123-0123-0123-0123456789ab",
    [PATTERN_WORD] = "token_1",
};

/* Fits no pattern at all: a control character and a star. */
#define FITS_NOWHERE "\x01*"

struct spoil {
    const struct operation *operation;
    json_t *request; /* the whole sample */
    size_t tried;
};

static json_t *sample(const struct shape *shape, int depth);

static json_t *text_of_length(int64_t len)
{
    char *text = malloc((size_t)len + 1);
    assert_non_null(text);
    memset(text, 'a', (size_t)len);
    text[len] = '\0';
    json_t *value = json_string(text);
    free(text);
    return value;
}

/* Base64 of len octets, all zero. */
static json_t *octets_of_length(int64_t len)
{
    size_t size = ((size_t)len + 2) / 3 * 4;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'A', size);
    text[size] = '\0';
    if (len % 3 != 0)
        memset(text + size - (3 - len % 3), '=', (size_t)(3 - len % 3));
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *sample_structure(const struct shape *shape, int depth)
{
    json_t *object = json_object();
    for (size_t i = 0; i < shape->member_count; i++)
        assert_int_equal(json_object_set_new(object, shape->members[i].name,
                                             sample(shape->members[i].shape, depth + 1)),
                         0);
    return object;
}

/* The last member: the one of a recursive union that ends the recursion. */
static json_t *sample_union(const struct shape *shape, int depth)
{
    const struct shape_member *member = &shape->members[shape->member_count - 1];
    return json_pack("{s:o}", member->name, sample(member->shape, depth + 1));
}

static json_t *sample_text(const struct shape *shape)
{
    if (shape->pattern == NULL)
        return text_of_length(shape->min == SHAPE_NO_BOUND ? 1 : shape->min);
    assert_non_null(fitting[shape->pattern_id]);
    return json_string(fitting[shape->pattern_id]);
}

static json_t *sample(const struct shape *shape, int depth)
{
    int64_t low = shape->min == SHAPE_NO_BOUND ? 1 : shape->min;
    assert_true(depth < DEPTH_MAX);
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        return sample_structure(shape, depth);
    case SHAPE_UNION:
        return sample_union(shape, depth);
    case SHAPE_LIST:
        return json_pack("[o]", sample(shape->item, depth + 1));
    case SHAPE_STRING:
        return sample_text(shape);
    case SHAPE_ENUM:
        return json_string(shape->values[0]);
    case SHAPE_BLOB:
        return octets_of_length(low < 1 ? 1 : low);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return json_integer(low);
    case SHAPE_BOOLEAN:
        return json_true();
    case SHAPE_TIMESTAMP:
        return json_real(1565117610.5);
    }
    return NULL;
}

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
        refuse(s, h, text_of_length(shape->max + 1), "ValidationException", path, words);
    }
    if (shape->min != SHAPE_NO_BOUND && shape->min > 0) {
        snprintf(words, sizeof(words), "length greater than or equal to %lld",
                 (long long)shape->min);
        refuse(s, h, text_of_length(shape->min - 1), "ValidationException", path, words);
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
    hold(h, octets_of_length(shape->max));
    must_pass(s, path);
    refuse(s, h, octets_of_length(shape->max + 1), "ValidationException", path, "less than");
    if (shape->min > 0)
        refuse(s, h, octets_of_length(shape->min - 1), "ValidationException", path, "greater than");
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
        json_t *one = json_pack("{s:o}", member->name, sample(member->shape, 0));
        hold(h, one);
        must_pass(s, here);
        spoil_value(s, (struct holder){one, member->name}, member->shape, here, depth + 1);
        if (i > 0) {
            const struct shape_member *other = &shape->members[i - 1];
            json_t *two = json_pack("{s:o,s:o}", member->name, sample(member->shape, 0),
                                    other->name, sample(other->shape, 0));
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
    if (depth > DEPTH_MAX - 4)
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
        s.request = sample(s.operation->input, 0);
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
