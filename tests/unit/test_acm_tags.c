/* Tests of ca/acm: tags by ResourceArn, beside those by CertificateArn. */
#include "tests/unit/ops_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ACM "acm"
#define ARN "CertificateArn"

static char *root;

static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Tag Root");
    return 0;
}

static int teardown(void **state)
{
    free(root);
    return ops_teardown(state);
}

/* ---- tags by ResourceArn ---- */

#define RESOURCE "ResourceArn"

static void tag_refused(const char *type, const char *arn, const char *key)
{
    ops_refused(type, ACM, "TagResource", "{s:s, s:[{s:s}]}", RESOURCE, arn, "Tags", "Key", key);
    ops_refused(type, ACM, "UntagResource", "{s:s, s:[s]}", RESOURCE, arn, "TagKeys", key);
}

static void tag(const char *arn, const char *key, const char *value)
{
    json_decref(ops_ok(ACM, "TagResource", "{s:s, s:[{s:s, s:s}]}", RESOURCE, arn, "Tags", "Key",
                       key, "Value", value));
}

static size_t count_tags(const char *arn)
{
    json_t *by_resource = ops_ok(ACM, "ListTagsForResource", "{s:s}", RESOURCE, arn);
    json_t *by_certificate = ops_ok(ACM, "ListTagsForCertificate", "{s:s}", ARN, arn);
    assert_true(json_equal(by_resource, by_certificate));
    size_t count = json_array_size(json_object_get(by_resource, "Tags"));
    json_decref(by_certificate);
    json_decref(by_resource);
    return count;
}

static void resources_that_are_no_certificate_have_no_tags(void **state)
{
    char *arn = ops_request(root, "EC_prime256v1", "tags.example.com");
    (void)state;
    tag_refused("ValidationException", arn, "aws:x");
    tag_refused("ValidationException", arn, "AWS:x");
    tag_refused("ValidationException", "arn:aws:acm:us-east-1:111122223333:acme-endpoint/a", "k");
    tag_refused("ResourceNotFoundException",
                "arn:aws:acm:us-east-1:111122223333:certificate/"
                "00000000-0000-4000-8000-000000000000",
                "k");
    ops_refused("ResourceNotFoundException", ACM, "ListTagsForResource", "{s:s}", RESOURCE,
                "arn:aws:acm:us-east-1:111122223333:certificate/"
                "00000000-0000-4000-8000-000000000000");
    ops_refused("ValidationException", ACM, "TagResource", "{s:s, s:[{s:s}, {s:s}]}", RESOURCE, arn,
                "Tags", "Key", "k", "Key", "k");
    ops_refused("ValidationException", ACM, "UntagResource", "{s:s, s:[]}", RESOURCE, arn,
                "TagKeys");
    assert_int_equal(count_tags(arn), 0);
    free(arn);
}

static void a_certificate_has_fifty_tags_and_no_more(void **state)
{
    char key[16];
    char *arn = ops_request(root, "EC_prime256v1", "fifty.example.com");
    (void)state;
    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "k%d", i);
        tag(arn, key, "v");
    }
    ops_refused("ServiceQuotaExceededException", ACM, "TagResource", "{s:s, s:[{s:s}]}", RESOURCE,
                arn, "Tags", "Key", "one more");
    ops_refused("TooManyTagsException", ACM, "AddTagsToCertificate", "{s:s, s:[{s:s}]}", ARN, arn,
                "Tags", "Key", "one more");
    tag(arn, "k7", "changed");
    assert_int_equal(count_tags(arn), 50);
    json_decref(ops_ok(ACM, "UntagResource", "{s:s, s:[s,s]}", RESOURCE, arn, "TagKeys", "k7",
                       "not there"));
    assert_int_equal(count_tags(arn), 49);
    free(arn);
}

static void the_longest_tags_are_those_of_the_contract(void **state)
{
    char key[130];
    char value[258];
    char *arn = ops_request(root, "EC_prime256v1", "long.example.com");
    (void)state;
    memset(key, 'k', sizeof key);
    memset(value, 'v', sizeof value);
    key[128] = value[256] = '\0';
    tag(arn, key, value);
    assert_int_equal(count_tags(arn), 1);
    key[128] = 'k';
    key[129] = value[256] = '\0';
    tag_refused("ValidationException", arn, key);
    value[256] = 'v';
    value[257] = '\0';
    ops_refused("ValidationException", ACM, "TagResource", "{s:s, s:[{s:s, s:s}]}", RESOURCE, arn,
                "Tags", "Key", "k", "Value", value);
    free(arn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resources_that_are_no_certificate_have_no_tags),
        cmocka_unit_test(a_certificate_has_fifty_tags_and_no_more),
        cmocka_unit_test(the_longest_tags_are_those_of_the_contract),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
