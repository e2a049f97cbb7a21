/* Tests of ca/pca/subject.c, ca/arn.c and ca/idempotency.c: what is read from requests without a
 * store. */
#include "ca/pca/subject.h"

#include "ca/arn.h"
#include "ca/idempotency.h"
#include "ca/pki/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* ---- subjects ---- */

static int build(const char *json, struct buf *der, struct api_error *error)
{
    json_t *subject = json_loads(json, 0, NULL);
    assert_non_null(subject);
    memset(error, 0, sizeof *error);
    int rc = pca_subject_build(subject, der, error);
    json_decref(subject);
    return rc;
}

static void every_member_has_its_attribute_and_place(void **state)
{
    (void)state;
    struct api_error error;
    struct buf der = {0};
    struct buf text = {0};
    assert_int_equal(
        build("{\"GenerationQualifier\":\"III\",\"Pseudonym\":\"p\",\"Initials\":\"AB\","
              "\"GivenName\":\"Ann\",\"Surname\":\"Bee\",\"Title\":\"Dr\",\"Locality\":\"Rome\","
              "\"SerialNumber\":\"7\",\"CommonName\":\"cn\",\"State\":\"Lazio\","
              "\"DistinguishedNameQualifier\":\"q\",\"OrganizationalUnit\":\"ou\","
              "\"Organization\":\"o\",\"Country\":\"IT\"}",
              &der, &error),
        0);
    assert_int_equal(pki_name_text(buf_slice(&der), &text), 0);
    const char *t = buf_text(&text);
    static const char *const order[] = {"C=IT",  "O=o", "OU=ou",  "=q",  "=Lazio",
                                        "CN=cn", "=7",  "L=Rome", "=Dr", "=Bee",
                                        "=Ann",  "=AB", "=p",     "=III"};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        t = strstr(t, order[i]);
        assert_non_null(t);
    }
    buf_free(&text);
    buf_free(&der);
}

static void what_cannot_be_encoded_is_refused(void **state)
{
    (void)state;
    static const char *const subjects[] = {
        "{}",
        "{\"CommonName\":\"\"}",
        "{\"CommonName\":\"x\",\"CustomAttributes\":[{\"ObjectIdentifier\":\"2.5.4.3\",\"Value\":"
        "\"y\"}]}",
        "{\"CustomAttributes\":[{\"ObjectIdentifier\":\"9.9.9\",\"Value\":\"y\"}]}",
    };
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        struct api_error error;
        struct buf der = {0};
        assert_int_equal(build(subjects[i], &der, &error), CH_EAPI);
        assert_string_equal(error.type, "InvalidArgsException");
        buf_free(&der);
    }
}

/* ---- ARNs ---- */

static void an_arn_is_taken_apart(void **state)
{
    (void)state;
    struct arn arn;
    assert_int_equal(arn_parse("arn:aws:acm:us-east-1:123456789012:certificate/a:b", &arn), 0);
    assert_true(slice_is(arn.partition, "aws"));
    assert_true(slice_is(arn.service, "acm"));
    assert_true(slice_is(arn.region, "us-east-1"));
    assert_true(slice_is(arn.account, "123456789012"));
    assert_true(slice_is(arn.resource, "certificate/a:b"));
    assert_int_equal(arn_parse("arn:aws:acm-pca:::template/X/V1", &arn), 0);
    assert_int_equal(arn.region.len, 0);
}

static void what_is_no_arn_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "arn",
                                        "arn:",
                                        "arn:aws:acm:us-east-1:123456789012",
                                        "arn:aws:acm:us-east-1:123456789012:",
                                        "arn::acm:us-east-1:123456789012:certificate/a",
                                        "arn:aws::us-east-1:123456789012:certificate/a",
                                        "urn:aws:acm:us-east-1:123456789012:certificate/a"};
    struct arn arn;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(arn_parse(texts[i], &arn), CH_EINVAL);
    assert_int_equal(arn_parse(NULL, &arn), CH_EINVAL);
}

static void only_names_of_the_scope_have_an_id(void **state)
{
    (void)state;
#define CA_PART ":certificate-authority/"
#define UUID "01234567-89ab-4cde-8f01-23456789abcd"
    static const struct {
        const char *text;
        int rc;
    } rows[] = {
        {"arn:aws:acm-pca:us-east-1:123456789012" CA_PART UUID, 0},
        {"arn:aws:acm-pca:eu-west-1:123456789012" CA_PART UUID, CH_ENOTFOUND},
        {"arn:aws:acm-pca:us-east-1:123456789013" CA_PART UUID, CH_ENOTFOUND},
        {"arn:aws-cn:acm-pca:us-east-1:123456789012" CA_PART UUID, CH_ENOTFOUND},
        {"arn:aws:acm-pca:us-east-1:123456789012" CA_PART "01234567", CH_ENOTFOUND},
        {"arn:aws:acm-pca:us-east-1:123456789012" CA_PART "01234567-89AB-4cde-8f01-23456789abcd",
         CH_ENOTFOUND},
        {"arn:aws:acm-pca:us-east-1:123456789012" CA_PART, CH_EINVAL},
        {"arn:aws:acm-pca:us-east-1:123456789012" CA_PART UUID "/certificate/x", CH_EINVAL},
        {"arn:aws:acm:us-east-1:123456789012" CA_PART UUID, CH_EINVAL},
        {"arn:aws:acm-pca:us-east-1:123456789012:certificate/" UUID, CH_EINVAL},
    };
    struct scope scope = {"123456789012", "us-east-1"};
    char id[ROW_UUID_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(arn_authority_of_scope(&scope, rows[i].text, id), rows[i].rc);
    assert_int_equal(arn_authority_of_scope(&scope, rows[0].text, id), 0);
    assert_string_equal(id, UUID);
}

static void what_is_made_is_understood_again(void **state)
{
    (void)state;
    struct scope scope = {"123456789012", "us-east-1"};
    char text[ARN_SIZE], id[ROW_UUID_SIZE], again[ROW_UUID_SIZE];
    for (int i = 0; i < 100; i++) {
        assert_int_equal(arn_uuid_new(id), 0);
        assert_int_equal(id[14], '4');
        assert_non_null(strchr("89ab", id[19]));
        arn_authority(&scope, id, text);
        assert_int_equal(arn_authority_of_scope(&scope, text, again), 0);
        assert_string_equal(id, again);
    }
}

/* ---- idempotency ---- */

static void the_order_of_members_does_not_matter(void **state)
{
    (void)state;
    struct buf a = {0};
    struct buf b = {0};
    json_t *one = json_loads("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", 0, NULL);
    json_t *two = json_loads("{\"b\":{\"d\":3,\"c\":2},\"a\":1}", 0, NULL);
    json_t *three = json_loads("{\"b\":{\"d\":3,\"c\":2},\"a\":2}", 0, NULL);
    assert_int_equal(idempotency_hash(one, &a), 0);
    assert_int_equal(a.len, 32);
    assert_int_equal(idempotency_hash(two, &b), 0);
    assert_true(idempotency_same(&a, &b));
    assert_int_equal(idempotency_hash(three, &b), 0);
    assert_false(idempotency_same(&a, &b));
    buf_clear(&a);
    buf_clear(&b);
    assert_false(idempotency_same(&a, &b));
    json_decref(one);
    json_decref(two);
    json_decref(three);
    buf_free(&a);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_has_its_attribute_and_place),
        cmocka_unit_test(what_cannot_be_encoded_is_refused),
        cmocka_unit_test(an_arn_is_taken_apart),
        cmocka_unit_test(what_is_no_arn_is_refused),
        cmocka_unit_test(only_names_of_the_scope_have_an_id),
        cmocka_unit_test(what_is_made_is_understood_again),
        cmocka_unit_test(the_order_of_members_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
