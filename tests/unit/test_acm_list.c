/* Tests of ca/acm: ListCertificates, and the tags of certificates. */
#include "tests/unit/ops_kit.h"

#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACM "acm"
#define ARN "CertificateArn"
#define EC_SIG "SHA256WITHECDSA"
#define EC_COUNT 5

static char *root;
static char *rsa;          /* an RSA_2048 certificate */
static char *ec[EC_COUNT]; /* P-256, oldest first */
static char *failed;       /* P-256, FAILED */

static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "List Root");
    char *pending = ops_authority("ROOT", "EC_prime256v1", EC_SIG, "List Pending");
    rsa = ops_request(root, "RSA_2048", "rsa.example.com");
    for (size_t i = 0; i < EC_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "ec%zu.example.com", i);
        ec[i] = ops_request(root, "EC_prime256v1", name);
    }
    failed = ops_request(pending, "EC_prime256v1", "failed.example.com");
    free(pending);
    return 0;
}

static int teardown(void **state)
{
    for (size_t i = 0; i < EC_COUNT; i++)
        free(ec[i]);
    free(failed);
    free(rsa);
    free(root);
    return ops_teardown(state);
}

/* ---- lists ---- */

static json_t *list(json_t *in)
{
    return ops_ok(ACM, "ListCertificates", "o", in);
}

static json_t *ec_includes(void)
{
    return json_pack("{s:{s:[s]}}", "Includes", "keyTypes", "EC_prime256v1");
}

static size_t size(const json_t *out)
{
    return json_array_size(json_object_get(out, "CertificateSummaryList"));
}

static const json_t *entry(const json_t *out, size_t i)
{
    return json_array_get(json_object_get(out, "CertificateSummaryList"), i);
}

static size_t list_size(json_t *in)
{
    json_t *out = list(in);
    size_t n = size(out);
    assert_null(json_object_get(out, "NextToken"));
    json_decref(out);
    return n;
}

static void rsa_2048_alone_is_listed_without_key_types(void **state)
{
    (void)state;
    json_t *out = list(json_object());
    assert_int_equal(size(out), 1);
    assert_string_equal(ops_text(entry(out, 0), ARN), rsa);
    json_decref(out);
    assert_int_equal(
        list_size(json_pack("{s:[s,s,s]}", "CertificateStatuses", "ISSUED", "FAILED", "EXPIRED")),
        1);
    assert_int_equal(list_size(ec_includes()), EC_COUNT + 1);
    assert_int_equal(list_size(json_pack("{s:{s:[s]}}", "Includes", "keyTypes", "RSA_1024")), 0);
    assert_int_equal(
        list_size(json_pack("{s:{s:[s,s]}}", "Includes", "keyTypes", "RSA_1024", "RSA_2048")), 1);
}

static void an_entry_has_the_members_of_an_issued_certificate(void **state)
{
    (void)state;
    json_t *out = list(json_object());
    const json_t *e = entry(out, 0);
    char *usages = json_dumps(json_object_get(e, "ExtendedKeyUsages"), JSON_COMPACT);
    assert_string_equal(ops_text(e, "DomainName"), "rsa.example.com");
    assert_string_equal(ops_text(e, "Status"), "ISSUED");
    assert_string_equal(ops_text(e, "Type"), "PRIVATE");
    assert_string_equal(ops_text(e, "KeyAlgorithm"), "RSA-2048");
    assert_string_equal(ops_text(e, "RenewalEligibility"), "INELIGIBLE");
    assert_string_equal(usages,
                        "[\"TLS_WEB_SERVER_AUTHENTICATION\",\"TLS_WEB_CLIENT_AUTHENTICATION\"]");
    assert_string_equal(json_string_value(json_array_get(json_object_get(e, "KeyUsages"), 0)),
                        "DIGITAL_SIGNATURE");
    assert_true(json_is_false(json_object_get(e, "Exported")));
    assert_true(json_is_false(json_object_get(e, "InUse")));
    assert_true(json_is_false(json_object_get(e, "HasAdditionalSubjectAlternativeNames")));
    assert_int_equal(json_array_size(json_object_get(e, "SubjectAlternativeNameSummaries")), 1);
    assert_true(json_is_real(json_object_get(e, "NotAfter")));
    assert_true(json_is_real(json_object_get(e, "IssuedAt")));
    assert_null(json_object_get(e, "ImportedAt"));
    free(usages);
    json_decref(out);
}

static void a_failed_entry_has_no_dates(void **state)
{
    (void)state;
    json_t *in = ec_includes();
    json_object_set_new(in, "CertificateStatuses", json_pack("[s]", "FAILED"));
    json_t *out = list(in);
    assert_int_equal(size(out), 1);
    assert_string_equal(ops_text(entry(out, 0), ARN), failed);
    assert_null(json_object_get(entry(out, 0), "NotAfter"));
    assert_null(json_object_get(entry(out, 0), "IssuedAt"));
    json_decref(out);
}

static void the_order_can_be_chosen(void **state)
{
    (void)state;
    json_t *in = ec_includes();
    json_object_set_new(in, "SortBy", json_string("CREATED_AT"));
    json_object_set_new(in, "SortOrder", json_string("ASCENDING"));
    json_t *out = list(in);
    for (size_t i = 0; i < EC_COUNT; i++)
        assert_string_equal(ops_text(entry(out, i), ARN), ec[i]);
    json_decref(out);
    in = ec_includes();
    json_object_set_new(in, "SortBy", json_string("CREATED_AT"));
    json_object_set_new(in, "SortOrder", json_string("DESCENDING"));
    out = list(in);
    assert_string_equal(ops_text(entry(out, 0), ARN), failed);
    assert_string_equal(ops_text(entry(out, EC_COUNT), ARN), ec[0]);
    json_decref(out);
    ops_refused("InvalidArgsException", ACM, "ListCertificates", "{s:s}", "SortOrder", "ASCENDING");
}

/* Follows the pages of a question; returns how many entries came, each once. */
static size_t pages(const char *question, int page_size)
{
    json_t *seen = json_object();
    char *token = NULL;
    size_t total = 0;
    do {
        json_t *in = json_loads(question, 0, NULL);
        json_object_set_new(in, "MaxItems", json_integer(page_size));
        if (token != NULL)
            json_object_set_new(in, "NextToken", json_string(token));
        json_t *out = list(in);
        assert_true(size(out) <= (size_t)page_size);
        total += size(out);
        for (size_t i = 0; i < size(out); i++)
            json_object_set_new(seen, ops_text(entry(out, i), ARN), json_true());
        const char *next = json_string_value(json_object_get(out, "NextToken"));
        free(token);
        token = next == NULL ? NULL : strdup(next);
        json_decref(out);
    } while (token != NULL);
    assert_int_equal(json_object_size(seen), total);
    json_decref(seen);
    return total;
}

static void pages_cover_the_list_once(void **state)
{
    (void)state;
    static const char *const question = "{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"]}}";
    for (int page_size = 1; page_size <= EC_COUNT + 2; page_size++)
        assert_int_equal(pages(question, page_size), EC_COUNT + 1);
    assert_int_equal(pages("{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"]},\"SortBy\":"
                           "\"CREATED_AT\",\"SortOrder\":\"ASCENDING\"}",
                           2),
                     EC_COUNT + 1);
}

static void filters_of_usages_and_options_are_obeyed(void **state)
{
    (void)state;
    static const struct {
        const char *question;
        size_t count;
    } rows[] = {
        {"{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"],\"keyUsage\":[\"DIGITAL_SIGNATURE\"]}}",
         EC_COUNT},
        {"{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"],\"keyUsage\":[\"CRL_SIGNING\"]}}", 0},
        {"{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"],\"extendedKeyUsage\":"
         "[\"CODE_SIGNING\",\"TLS_WEB_CLIENT_AUTHENTICATION\"]}}",
         EC_COUNT},
        {"{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"],\"exportOption\":\"DISABLED\"}}", 0},
        {"{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"],\"managedBy\":\"CLOUDFRONT\"}}", 0},
        {"{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"]},\"CertificateKeyPairOrigins\":"
         "[\"ACME\"]}",
         0},
        {"{\"Includes\":{\"keyTypes\":[\"EC_prime256v1\"]},\"CertificateKeyPairOrigins\":"
         "[\"ACME\",\"AWS_MANAGED\"]}",
         EC_COUNT + 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(pages(rows[i].question, 2), rows[i].count);
        assert_int_equal(pages(rows[i].question, 1000), rows[i].count);
    }
}

static void a_next_token_serves_its_own_question_only(void **state)
{
    (void)state;
    json_t *in = ec_includes();
    json_object_set_new(in, "MaxItems", json_integer(2));
    json_t *out = list(in);
    char *token = strdup(ops_text(out, "NextToken"));
    ops_refused("ValidationException", ACM, "ListCertificates", "{s:s}", "NextToken", token);
    in = ec_includes();
    json_object_set_new(in, "NextToken", json_string(token));
    ops.region = "eu-west-1";
    ops_refused("ValidationException", ACM, "ListCertificates", "o", in);
    ops.region = OPS_REGION;
    for (size_t i = 0; i < strlen(token); i += 9) {
        char kept = token[i];
        token[i] = kept == 'x' ? 'y' : 'x';
        in = ec_includes();
        json_object_set_new(in, "NextToken", json_string(token));
        ops_refused("ValidationException", ACM, "ListCertificates", "o", in);
        token[i] = kept;
    }
    free(token);
    json_decref(out);
}

static int64_t in_two_years(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec + INT64_C(2) * 365 * 86400) * 1000000;
}

static void what_has_run_out_is_listed_as_expired(void **state)
{
    (void)state;
    clock_replace(in_two_years);
    assert_int_equal(list_size(json_pack("{s:[s]}", "CertificateStatuses", "ISSUED")), 0);
    json_t *out = list(json_pack("{s:[s]}", "CertificateStatuses", "EXPIRED"));
    assert_int_equal(size(out), 1);
    assert_string_equal(ops_text(entry(out, 0), "Status"), "EXPIRED");
    json_decref(out);
    clock_replace(NULL);
}

static void another_region_has_an_empty_list(void **state)
{
    (void)state;
    ops.region = "eu-west-1";
    assert_int_equal(list_size(ec_includes()), 0);
    ops.region = OPS_REGION;
}

/* ---- tags ---- */

static char *tags_of(const char *arn)
{
    json_t *out = ops_ok(ACM, "ListTagsForCertificate", "{s:s}", ARN, arn);
    char *text = json_dumps(json_object_get(out, "Tags"), JSON_COMPACT);
    json_decref(out);
    return text;
}

#define assert_tags(arn, expected)                                                                 \
    do {                                                                                           \
        char *tags_ = tags_of(arn);                                                                \
        assert_string_equal(tags_, expected);                                                      \
        free(tags_);                                                                               \
    } while (0)

static void tag(const char *operation, const char *key, const char *value)
{
    json_decref(ops_ok(ACM, operation, "{s:s, s:[{s:s, s:s*}]}", ARN, ec[0], "Tags", "Key", key,
                       "Value", value));
}

static void tags_are_added_changed_and_removed_by_value(void **state)
{
    (void)state;
    assert_tags(ec[0], "[]");
    tag("AddTagsToCertificate", "env", "test");
    tag("AddTagsToCertificate", "env", "prod");
    tag("AddTagsToCertificate", "owner", NULL);
    assert_tags(ec[0], "[{\"Key\":\"env\",\"Value\":\"prod\"},{\"Key\":\"owner\",\"Value\":\"\"}]");
    tag("RemoveTagsFromCertificate", "env", "test");
    assert_tags(ec[0], "[{\"Key\":\"env\",\"Value\":\"prod\"},{\"Key\":\"owner\",\"Value\":\"\"}]");
    tag("RemoveTagsFromCertificate", "env", "prod");
    tag("RemoveTagsFromCertificate", "owner", NULL);
    tag("RemoveTagsFromCertificate", "never", NULL);
    assert_tags(ec[0], "[]");
}

static json_t *many_tags(const char *prefix, int count)
{
    json_t *tags = json_array();
    for (int i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s%d", prefix, i);
        json_array_append_new(tags, json_pack("{s:s,s:s}", "Key", key, "Value", "v"));
    }
    return tags;
}

static void a_certificate_has_fifty_tags_at_most(void **state)
{
    (void)state;
    json_decref(
        ops_ok(ACM, "AddTagsToCertificate", "{s:s, s:o}", ARN, ec[1], "Tags", many_tags("a", 50)));
    ops_refused("TooManyTagsException", ACM, "AddTagsToCertificate", "{s:s, s:o}", ARN, ec[1],
                "Tags", many_tags("b", 1));
    assert_string_equal(ops.text, "the TagSet: '{b0=v}' contains too many Tags");
    json_decref(
        ops_ok(ACM, "AddTagsToCertificate", "{s:s, s:o}", ARN, ec[1], "Tags", many_tags("a", 50)));
    json_t *out = ops_ok(ACM, "ListTagsForCertificate", "{s:s}", ARN, ec[1]);
    assert_int_equal(json_array_size(json_object_get(out, "Tags")), 50);
    json_decref(out);
}

static void tags_of_aws_are_refused(void **state)
{
    (void)state;
    ops_refused("InvalidTagException", ACM, "AddTagsToCertificate", "{s:s, s:[{s:s}]}", ARN, ec[2],
                "Tags", "Key", "aws:x");
    assert_string_equal(ops.text, "Invalid Tag Key: \"aws:x\". AWS internal tags cannot be changed "
                                  "with this API");
    ops_refused("InvalidTagException", ACM, "RemoveTagsFromCertificate", "{s:s, s:[{s:s}]}", ARN,
                ec[2], "Tags", "Key", "AWS:x");
    ops_refused("InvalidTagException", ACM, "AddTagsToCertificate", "{s:s, s:[{s:s},{s:s}]}", ARN,
                ec[2], "Tags", "Key", "twice", "Key", "twice");
    assert_tags(ec[2], "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_2048_alone_is_listed_without_key_types),
        cmocka_unit_test(an_entry_has_the_members_of_an_issued_certificate),
        cmocka_unit_test(a_failed_entry_has_no_dates),
        cmocka_unit_test(the_order_can_be_chosen),
        cmocka_unit_test(pages_cover_the_list_once),
        cmocka_unit_test(filters_of_usages_and_options_are_obeyed),
        cmocka_unit_test(a_next_token_serves_its_own_question_only),
        cmocka_unit_test(what_has_run_out_is_listed_as_expired),
        cmocka_unit_test(another_region_has_an_empty_list),
        cmocka_unit_test(tags_are_added_changed_and_removed_by_value),
        cmocka_unit_test(a_certificate_has_fifty_tags_at_most),
        cmocka_unit_test(tags_of_aws_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
