/* Tests of ca/acm: how the names of a certificate are validated, as it is listed; its options; and the account's
 * configuration. */
#include "tests/unit/ops_kit.h"

#include "firmware/base/clock.h"

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
#define BAD_STATE "InvalidStateException"
#define HOUR_US (INT64_C(3600) * 1000000)

static int teardown_test(void **state)
{
    (void)state;
    clock_replace(NULL);
    ops.region = OPS_REGION;
    return 0;
}

static json_t *asking(const char *domain, const char *method)
{
    return json_pack("{s:s, s:s*}", "DomainName", domain, "ValidationMethod", method);
}

static json_t *asking_with(const char *domain, const char *method, const char *member,
                           json_t *value)
{
    json_t *in = asking(domain, method);
    json_object_set_new(in, member, value);
    return in;
}

/* ---- ListCertificateDomainValidations ---- */

#define LIST "ListCertificateDomainValidations"

static void validations_are_listed_by_page(void **state)
{
    (void)state;
    char *arn = ops_request_with(asking_with("l0.example.com", "DNS", "SubjectAlternativeNames",
                                    json_pack("[s,s,s,s]", "l1.example.com", "l2.example.com",
                                              "l3.example.com", "l4.example.com")));
    char *other = ops_request_with(asking("l0.example.com", "DNS"));
    char token[512] = "";
    int seen = 0;
    for (int page = 0; page < 3; page++) {
        json_t *out = ops_ok(ACM, LIST, "{s:s, s:i, s:s*}", ARN, arn, "MaxItems", 2, "NextToken",
                             page == 0 ? NULL : token);
        const json_t *list = json_object_get(out, "DomainValidationSummaryList");
        for (size_t i = 0; i < json_array_size(list); i++, seen++) {
            char name[32];
            snprintf(name, sizeof name, "l%d.example.com", seen);
            assert_string_equal(ops_text(json_array_get(list, i), "DomainName"), name);
        }
        assert_int_equal(json_array_size(list), page == 2 ? 1 : 2);
        const char *next = json_string_value(json_object_get(out, "NextToken"));
        assert_int_equal(next == NULL, page == 2);
        if (next != NULL)
            snprintf(token, sizeof token, "%s", next);
        json_decref(out);
    }
    ops_refused("InvalidArgsException", ACM, LIST, "{s:s, s:s}", ARN, other, "NextToken", token);
    token[4] = token[4] == 'A' ? 'B' : 'A';
    ops_refused("InvalidArgsException", ACM, LIST, "{s:s, s:s}", ARN, arn, "NextToken", token);
    ops_refused("InvalidArgsException", ACM, LIST, "{s:s}", ARN,
                "arn:aws:acm:us-east-1:123456789012:nothing/x");
    ops_refused("ValidationException", ACM, LIST, "{s:s, s:i}", ARN, arn, "MaxItems", 0);
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, other));
    ops_refused("ResourceNotFoundException", ACM, LIST, "{s:s}", ARN, other);
    free(other);
    free(arn);
}

static json_t *only_summary(char *arn)
{
    json_t *out = ops_ok(ACM, LIST, "{s:s}", ARN, arn);
    json_t *list = json_object_get(out, "DomainValidationSummaryList");
    assert_int_equal(json_array_size(list), 1);
    json_t *summary = json_incref(json_array_get(list, 0));
    json_decref(out);
    free(arn);
    return summary;
}

static void a_summary_shows_the_challenge_of_its_method(void **state)
{
    (void)state;
    json_t *mail = only_summary(ops_request_with(asking("www.s.example.com", "EMAIL")));
    json_t *http = only_summary(ops_request_with(
        asking_with("h.example.com", "HTTP", "ManagedBy", json_string("CLOUDFRONT"))));
    json_t *dns = only_summary(ops_request_with(asking("d.example.com", "DNS")));
    const json_t *active = json_object_get(dns, "ActiveValidationConfiguration");
    const json_t *record = json_object_get(
        json_object_get(json_object_get(active, "ValidationChallenge"), "DnsValidationChallenge"),
        "ResourceRecord");
    assert_string_equal(ops_text(record, "Type"), "CNAME");
    ops_assert_json(mail,
                "{\"ActiveValidationConfiguration\":{\"ValidationChallenge\":"
                "{\"EmailValidationChallenge\":{\"ValidationDomain\":\"www.s.example.com\","
                "\"ValidationEmails\":[\"admin@s.example.com\",\"administrator@s.example.com\","
                "\"hostmaster@s.example.com\",\"postmaster@s.example.com\","
                "\"webmaster@s.example.com\"]}},\"ValidationMethod\":\"EMAIL\","
                "\"ValidationStatus\":\"PENDING_VALIDATION\"},"
                "\"DomainName\":\"www.s.example.com\"}");
    ops_assert_json(http, "{\"ActiveValidationConfiguration\":{\"ValidationMethod\":\"HTTP\","
                      "\"ValidationStatus\":\"PENDING_VALIDATION\"},"
                      "\"DomainName\":\"h.example.com\"}");
    json_decref(dns);
    json_decref(http);
    json_decref(mail);
}

static void names_of_a_private_certificate_come_without_configuration(void **state)
{
    (void)state;
    char *arn = ops_request("arn:aws:acm-pca:us-east-1:999999999999:certificate-authority/x",
                            "EC_prime256v1", "p.example.com");
    json_t *summary = only_summary(arn);
    ops_assert_json(summary, "{\"DomainName\":\"p.example.com\"}");
    json_decref(summary);
}

/* ---- UpdateCertificateOptions ---- */

#define UPDATE "UpdateCertificateOptions"
#define LOGGING "CertificateTransparencyLoggingPreference"

static void options_that_cannot_change_are_refused(void **state)
{
    (void)state;
    char *arn = ops_request_with(asking("options.example.com", "DNS"));
    char *failed = ops_request_with(asking("options.example.nodomain", "DNS"));
    char *private = ops_request("arn:aws:acm-pca:us-east-1:999999999999:certificate-authority/x",
                                "EC_prime256v1", "p.example.com");
    ops_refused("ValidationException", ACM, UPDATE, "{s:s, s:{}}", ARN, arn, "Options");
    ops_refused("ValidationException", ACM, UPDATE, "{s:s, s:{s:s}}", ARN, arn, "Options",
                "ValidationMethod", "DNS");
    ops_refused("ValidationException", ACM, UPDATE, "{s:s, s:{s:s}}", ARN, arn, "Options", "Export",
                "ENABLED");
    ops_refused(BAD_STATE, ACM, UPDATE, "{s:s, s:{s:s}}", ARN, failed, "Options", LOGGING,
                "DISABLED");
    ops_refused(BAD_STATE, ACM, UPDATE, "{s:s, s:{s:s}}", ARN, private, "Options", LOGGING,
                "DISABLED");
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, failed));
    ops_refused("ResourceNotFoundException", ACM, UPDATE, "{s:s, s:{s:s}}", ARN, failed, "Options",
                LOGGING, "DISABLED");
    free(private);
    free(failed);
    free(arn);
}

static void the_transparency_preference_changes(void **state)
{
    (void)state;
    char *arn = ops_request_with(asking("logging.example.com", "DNS"));
    json_decref(ops_ok(ACM, UPDATE, "{s:s, s:{s:s, s:s}}", ARN, arn, "Options", LOGGING, "DISABLED",
                       "Export", "DISABLED"));
    json_t *c = ops_describe(arn);
    free(arn);
    ops_assert_json(json_object_get(c, "Options"),
                "{\"CertificateTransparencyLoggingPreference\":\"DISABLED\","
                "\"Export\":\"DISABLED\"}");
    json_decref(c);
}

/* ---- the account's configuration ---- */

#define PUT "PutAccountConfiguration"

static void put_days(int days, const char *token)
{
    json_decref(ops_ok(ACM, PUT, "{s:{s:i}, s:s}", "ExpiryEvents", "DaysBeforeExpiry", days,
                       "IdempotencyToken", token));
}

static void assert_days(int days)
{
    json_t *out = ops_ok(ACM, "GetAccountConfiguration", "{}");
    char expected[64];
    snprintf(expected, sizeof expected, "{\"ExpiryEvents\":{\"DaysBeforeExpiry\":%d}}", days);
    ops_assert_json(out, expected);
    json_decref(out);
}

static void an_empty_configuration_is_refused(void **state)
{
    (void)state;
    ops_refused("ValidationException", ACM, PUT, "{s:{}}", "ExpiryEvents");
    assert_non_null(strstr(ops.text, "Value null at 'idempotencyToken'"));
    ops_refused("ValidationException", ACM, PUT, "{s:s}", "IdempotencyToken", "t");
    assert_string_equal(ops.text, "Configuration for events is empty.");
    ops_refused("ValidationException", ACM, PUT, "{s:s, s:{}}", "IdempotencyToken", "t",
                "ExpiryEvents");
    ops_refused("ValidationException", ACM, PUT, "{s:s, s:{s:i}}", "IdempotencyToken", "t",
                "ExpiryEvents", "DaysBeforeExpiry", 0);
    assert_days(45);
}

static void the_configuration_is_kept_for_each_region(void **state)
{
    (void)state;
    ops.region = "eu-west-1";
    put_days(30, "r1");
    assert_days(30);
    ops.region = OPS_REGION;
    assert_days(45);
}

static void a_token_counts_for_an_hour_whatever_came_between(void **state)
{
    (void)state;
    put_days(20, "one");
    put_days(10, "two");
    put_days(20, "one");
    assert_days(10);
    ops_refused("ConflictException", ACM, PUT, "{s:{s:i}, s:s}", "ExpiryEvents", "DaysBeforeExpiry",
                11, "IdempotencyToken", "one");
    ops_clock_ahead(HOUR_US + 60 * 1000000);
    put_days(11, "one");
    assert_days(11);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown_test)
    const struct CMUnitTest tests[] = {
        TEST(validations_are_listed_by_page),
        TEST(a_summary_shows_the_challenge_of_its_method),
        TEST(names_of_a_private_certificate_come_without_configuration),
        TEST(options_that_cannot_change_are_refused),
        TEST(the_transparency_preference_changes),
        TEST(an_empty_configuration_is_refused),
        TEST(the_configuration_is_kept_for_each_region),
        TEST(a_token_counts_for_an_hour_whatever_came_between),
    };
    return cmocka_run_group_tests(tests, ops_setup, ops_teardown);
}
