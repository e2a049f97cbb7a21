/* Rates: who calls too often is told so, and nobody else. */
#include "ca/throttle.h"

#include "firmware/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

static const struct scope one = {"111122223333", "us-east-1"};
static const struct scope other_account = {"444455556666", "us-east-1"};
static const struct scope other_region = {"111122223333", "eu-west-1"};

static struct throttle *make(int64_t percent, const char *exceptions)
{
    struct throttle *t = NULL;
    struct config config;
    config_defaults(&config);
    config.rate_percent = percent;
    snprintf(config.rate_exceptions, sizeof config.rate_exceptions, "%s", exceptions);
    assert_int_equal(throttle_new(&config, &t), 0);
    return t;
}

static const struct operation *operation(const char *target)
{
    const struct service *service = NULL;
    const struct operation *found = NULL;
    assert_int_equal(contract_find(slice_text(target), &service, &found), 0);
    return found;
}

/* How many of a hundred calls at once go through. */
static int through(struct throttle *t, const struct scope *scope, const char *target, int64_t now)
{
    const struct operation *called = operation(target);
    int count = 0;
    for (int i = 0; i < 100; i++) {
        struct api_error error = {0};
        int rc = throttle_take(t, scope, called, now, &error);
        if (rc == 0)
            count++;
        else
            assert_string_equal(error.type, "ThrottlingException");
    }
    return count;
}

#define REQUEST "CertificateManager.RequestCertificate"
#define ISSUE "ACMPrivateCA.IssueCertificate"

static void by_default_nothing_is_limited(void **state)
{
    (void)state;
    struct throttle *t = make(0, "");
    assert_int_equal(through(t, &one, REQUEST, SECOND), 100);
    assert_int_equal(through(t, &one, "CertificateManager.ImportCertificate", SECOND), 100);
    throttle_free(t);
}

static void at_a_hundred_percent_the_rates_are_those_of_aws(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        int per_second;
    } some[] = {{REQUEST, 5},
                {"CertificateManager.DescribeCertificate", 10},
                {"CertificateManager.ImportCertificate", 1},
                {"CertificateManager.ListCertificates", 8},
                {ISSUE, 25},
                {"ACMPrivateCA.GetCertificate", 75},
                {"ACMPrivateCA.CreateCertificateAuthority", 1},
                {"CertificateManager.TagResource", 100}};
    const struct service *iam = NULL;
    size_t count = 0;
    struct throttle *t = make(100, "");
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_int_equal(through(t, &one, some[i].target, SECOND), some[i].per_second);
    for (iam = contract_services(&count); strcmp(iam->name, "iam") != 0; iam++)
        continue;
    for (size_t i = 0; i < 30; i++) {
        struct api_error error = {0};
        int rc = throttle_take(t, &one, &iam->operations[0], SECOND, &error);
        assert_int_equal(rc, i < 20 ? 0 : CH_EAPI);
    }
    throttle_free(t);
}

static void what_was_taken_comes_back_with_time(void **state)
{
    (void)state;
    struct throttle *t = make(100, "");
    assert_int_equal(through(t, &one, REQUEST, SECOND), 5);
    assert_int_equal(through(t, &one, REQUEST, SECOND + SECOND / 5 - 1), 0);
    assert_int_equal(through(t, &one, REQUEST, SECOND + SECOND / 5), 1);
    assert_int_equal(through(t, &one, REQUEST, 2 * SECOND), 4);
    assert_int_equal(through(t, &one, REQUEST, 100 * SECOND), 5);
    throttle_free(t);
}

static void account_region_and_operation_have_buckets_of_their_own(void **state)
{
    (void)state;
    struct throttle *t = make(100, "");
    assert_int_equal(through(t, &one, REQUEST, SECOND), 5);
    assert_int_equal(through(t, &other_account, REQUEST, SECOND), 5);
    assert_int_equal(through(t, &other_region, REQUEST, SECOND), 5);
    assert_int_equal(through(t, &one, "CertificateManager.RenewCertificate", SECOND), 5);
    throttle_free(t);
}

static void a_rate_below_one_a_second_lets_one_through(void **state)
{
    (void)state;
    struct throttle *t = make(10, "");
    assert_int_equal(through(t, &one, REQUEST, SECOND), 1);
    assert_int_equal(through(t, &one, REQUEST, 2 * SECOND), 0);
    assert_int_equal(through(t, &one, REQUEST, 3 * SECOND), 1);
    throttle_free(t);
}

static void an_exception_has_its_own_rate(void **state)
{
    (void)state;
    struct throttle *t =
        make(100, "acm:RequestCertificate=50,acm-pca:IssueCertificate=0,acm:TagResource=3");
    assert_int_equal(through(t, &one, REQUEST, SECOND), 50);
    assert_int_equal(through(t, &one, ISSUE, SECOND), 100);
    assert_int_equal(through(t, &one, "CertificateManager.TagResource", SECOND), 3);
    assert_int_equal(through(t, &one, "CertificateManager.RenewCertificate", SECOND), 5);
    throttle_free(t);
}

static void an_exception_that_means_nothing_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "acm:Nothing=1",  "nothing:RequestCertificate=1", "RequestCertificate=1",
        "acm=1",          "acm:RequestCertificate",       "acm:RequestCertificate=",
        "acm:RequestCertificate=x", "acm:RequestCertificate=1x", "acm:RequestCertificate=-1",
        "acm:RequestCertificate=1000001", "=acm:RequestCertificate", "acm:RequestCertificate=1=2"};
    struct config config;
    config_defaults(&config);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct throttle *t = NULL;
        snprintf(config.rate_exceptions, sizeof config.rate_exceptions, "%s", wrong[i]);
        assert_int_equal(throttle_new(&config, &t), CH_EINVAL);
        assert_null(t);
    }
}

static void body_is(const char *target, const char *expected)
{
    struct throttle *t = make(100, "");
    const struct operation *called = operation(target);
    struct api_error error = {0};
    struct buf body = {0};
    while (throttle_take(t, &one, called, SECOND, &error) == 0)
        ;
    assert_int_equal(api_error_body(&error, &body), 0);
    assert_string_equal(buf_text(&body), expected);
    assert_int_equal(api_error_status(error.type), 400);
    buf_free(&body);
    throttle_free(t);
}

static void the_error_is_that_of_the_service(void **state)
{
    (void)state;
    body_is(REQUEST, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\","
                     "\"throttlingReasons\":[{\"reason\":\"RequestRateExceeded\","
                     "\"resource\":\"acm:RequestCertificate\"}]}");
    body_is(ISSUE, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}");
}

static void very_many_accounts_are_counted_and_forgotten(void **state)
{
    (void)state;
    struct throttle *t = make(100, "");
    const struct operation *called = operation(REQUEST);
    struct api_error error = {0};
    for (int i = 0; i < 70000; i++) {
        struct scope scope = {"", "us-east-1"};
        snprintf(scope.account, sizeof scope.account, "%012d", i);
        assert_int_equal(throttle_take(t, &scope, called, SECOND, &error), 0);
    }
    assert_int_equal(through(t, &one, REQUEST, 10 * SECOND), 5);
    throttle_free(t);
}

static int quiet(void **state)
{
    (void)state;
    log_open("test", LOG_LEVEL_ERROR);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_nothing_is_limited),
        cmocka_unit_test(at_a_hundred_percent_the_rates_are_those_of_aws),
        cmocka_unit_test(what_was_taken_comes_back_with_time),
        cmocka_unit_test(account_region_and_operation_have_buckets_of_their_own),
        cmocka_unit_test(a_rate_below_one_a_second_lets_one_through),
        cmocka_unit_test(an_exception_has_its_own_rate),
        cmocka_unit_test(an_exception_that_means_nothing_is_refused),
        cmocka_unit_test(the_error_is_that_of_the_service),
        cmocka_unit_test(very_many_accounts_are_counted_and_forgotten),
    };
    return cmocka_run_group_tests(tests, quiet, NULL);
}
