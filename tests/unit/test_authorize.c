/* Whether they may: deny by default, and nothing of one account is open to another. */
#include "ca/auth/auth.h"
#include "ca/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OWN "111122223333"
#define FOREIGN "444455556666"
#define CERTIFICATE(account) "arn:aws:acm:us-east-1:" account ":certificate/5ec7a1b2-0000-4000-8000-000000000001"
#define AUTHORITY(account) "arn:aws:acm-pca:us-east-1:" account ":certificate-authority/5ec7a1b2-0000-4000-8000-000000000001"

static struct request request;
static struct core core;
static struct policy_set *everything, *nothing;

static int ask(bool administrator, const char *action, const char *resource)
{
    memset(&request, 0, sizeof request);
    snprintf(request.principal.account, sizeof request.principal.account, OWN);
    snprintf(request.scope.account, sizeof request.scope.account, OWN);
    snprintf(request.principal.arn, sizeof request.principal.arn,
             "arn:aws:iam::" OWN ":user/alice");
    request.principal.policies = administrator ? everything : nothing;
    request.core = &core;
    return authorize(&request, action, resource);
}

static void refused_with(const char *type, const char *text)
{
    assert_string_equal(request.error.type, type);
    assert_string_equal(request.error.text, text);
}

static void an_administrator_may_use_what_is_of_his_account(void **state)
{
    (void)state;
    assert_int_equal(ask(true, "acm:DescribeCertificate", CERTIFICATE(OWN)), 0);
    assert_int_equal(ask(true, "acm-pca:IssueCertificate", AUTHORITY(OWN)), 0);
    assert_int_equal(ask(true, "acm:RequestCertificate", "arn:aws:acm:us-east-1:" OWN
                                                         ":certificate/*"),
                     0);
    assert_null(request.error.type);
}

static void an_administrator_may_what_has_no_resource(void **state)
{
    (void)state;
    assert_int_equal(ask(true, "acm:ListCertificates", NULL), 0);
}

static void anyone_else_may_nothing(void **state)
{
    (void)state;
    assert_int_equal(ask(false, "acm:RequestCertificate", "arn:aws:acm:us-east-1:" OWN
                                                          ":certificate/*"),
                     CH_EAPI);
    refused_with("AccessDeniedException",
                 "User: arn:aws:iam::" OWN ":user/alice is not authorized to perform: "
                 "acm:RequestCertificate on resource: arn:aws:acm:us-east-1:" OWN
                 ":certificate/* because no identity-based policy allows the "
                 "acm:RequestCertificate action");
}

static void a_refusal_without_a_resource_names_none(void **state)
{
    (void)state;
    assert_int_equal(ask(false, "acm:ListCertificates", NULL), CH_EAPI);
    refused_with("AccessDeniedException",
                 "User: arn:aws:iam::" OWN ":user/alice is not authorized to perform: "
                 "acm:ListCertificates because no identity-based policy allows the "
                 "acm:ListCertificates action");
}

static void the_text_of_a_refusal_goes_out_under_a_capital_message(void **state)
{
    (void)state;
    struct buf body = {0};
    assert_int_equal(ask(false, "acm:ListCertificates", NULL), CH_EAPI);
    assert_int_equal(api_error_body(&request.error, &body), 0);
    assert_non_null(strstr(buf_text(&body), "\"__type\":\"AccessDeniedException\",\"Message\":"));
    buf_free(&body);
}

static void a_certificate_of_another_account_does_not_exist(void **state)
{
    (void)state;
    assert_int_equal(ask(true, "acm:DescribeCertificate", CERTIFICATE(FOREIGN)), CH_EAPI);
    refused_with("ResourceNotFoundException",
                 "Could not find certificate " CERTIFICATE(FOREIGN) " in account " OWN ".");
}

static void an_authority_of_another_account_needs_its_owners_policy(void **state)
{
    (void)state;
    assert_int_equal(ask(true, "acm-pca:IssueCertificate", AUTHORITY(FOREIGN)), CH_EAPI);
    refused_with("AccessDeniedException",
                 "User: arn:aws:iam::" OWN ":user/alice is not authorized to perform: "
                 "acm-pca:IssueCertificate on resource: " AUTHORITY(FOREIGN)
                 " because no resource-based policy allows the acm-pca:IssueCertificate action");
}

static void an_account_that_only_begins_alike_is_another_one(void **state)
{
    (void)state;
    assert_int_equal(ask(true, "acm-pca:IssueCertificate", AUTHORITY(OWN "4")), CH_EAPI);
    assert_int_equal(ask(true, "acm-pca:IssueCertificate", AUTHORITY("11112222333")), CH_EAPI);
    assert_int_equal(ask(true, "acm-pca:IssueCertificate", AUTHORITY("")), CH_EAPI);
}

static void what_is_no_arn_is_left_to_the_handler_for_administrators_only(void **state)
{
    (void)state;
    assert_int_equal(ask(true, "acm-pca:GetCertificate", "not-an-arn"), 0);
    assert_int_equal(ask(false, "acm-pca:GetCertificate", "not-an-arn"), CH_EAPI);
    assert_string_equal(request.error.type, "AccessDeniedException");
}

static void nobody_may_nothing(void **state)
{
    (void)state;
    memset(&request, 0, sizeof request);
    request.principal.policies = everything;
    assert_int_equal(authorize(&request, "acm:ListCertificates", NULL), CH_EAPI);
    assert_string_equal(request.error.type, "AccessDeniedException");
}

static int sets_make(void **state)
{
    static const char all[] = "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
                              "\"Action\":\"*\",\"Resource\":\"*\"}}";
    (void)state;
    nothing = policy_set_new();
    everything = policy_set_new();
    return policy_set_add_text(everything, POLICY_IDENTITY, slice_text(all), NULL);
}

static int sets_free(void **state)
{
    (void)state;
    policy_set_release(nothing);
    policy_set_release(everything);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_administrator_may_use_what_is_of_his_account),
        cmocka_unit_test(an_administrator_may_what_has_no_resource),
        cmocka_unit_test(anyone_else_may_nothing),
        cmocka_unit_test(a_refusal_without_a_resource_names_none),
        cmocka_unit_test(the_text_of_a_refusal_goes_out_under_a_capital_message),
        cmocka_unit_test(a_certificate_of_another_account_does_not_exist),
        cmocka_unit_test(an_authority_of_another_account_needs_its_owners_policy),
        cmocka_unit_test(an_account_that_only_begins_alike_is_another_one),
        cmocka_unit_test(what_is_no_arn_is_left_to_the_handler_for_administrators_only),
        cmocka_unit_test(nobody_may_nothing),
    };
    return cmocka_run_group_tests(tests, sets_make, sets_free);
}
