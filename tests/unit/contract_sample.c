#include "tests/unit/contract_sample.h"

#include "ca/contract/patterns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CA_ARN "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/11111111"
#define CERT_ARN "arn:aws:acm:eu-central-1:123456789012:certificate/11111111"

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

json_t *sample_text_of_length(int64_t len)
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
json_t *sample_octets_of_length(int64_t len)
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
                                             sample_full(shape->members[i].shape, depth + 1)),
                         0);
    return object;
}

/* The last member: the one of a recursive union that ends the recursion. */
static json_t *sample_union(const struct shape *shape, int depth)
{
    const struct shape_member *member = &shape->members[shape->member_count - 1];
    return json_pack("{s:o}", member->name, sample_full(member->shape, depth + 1));
}

static json_t *sample_text(const struct shape *shape)
{
    if (shape->pattern == NULL)
        return sample_text_of_length(shape->min == SHAPE_NO_BOUND ? 1 : shape->min);
    assert_non_null(fitting[shape->pattern_id]);
    return json_string(fitting[shape->pattern_id]);
}

json_t *sample_full(const struct shape *shape, int depth)
{
    int64_t low = shape->min == SHAPE_NO_BOUND ? 1 : shape->min;
    assert_true(depth < SAMPLE_DEPTH_MAX);
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        return sample_structure(shape, depth);
    case SHAPE_UNION:
        return sample_union(shape, depth);
    case SHAPE_MAP:
        return json_pack("{s:o}", "key", sample_full(shape->item, depth + 1));
    case SHAPE_LIST:
        return json_pack("[o]", sample_full(shape->item, depth + 1));
    case SHAPE_STRING:
        return sample_text(shape);
    case SHAPE_ENUM:
        return json_string(shape->values[0]);
    case SHAPE_BLOB:
        return sample_octets_of_length(low < 1 ? 1 : low);
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

json_t *sample_required(const struct shape *shape)
{
    json_t *object = json_object();
    for (size_t i = 0; i < shape->member_count; i++)
        if (shape->members[i].required)
            assert_int_equal(json_object_set_new(object, shape->members[i].name,
                                                 sample_full(shape->members[i].shape, 1)),
                             0);
    return object;
}
