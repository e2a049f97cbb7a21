/* Tests of ca/acm and ca/domain: public certificates until they are validated. */
#include "tests/unit/ops_kit.h"

#include "ca/domain/challenge.h"
#include "ca/domain/validation.h"
#include "ca/jobs/expiry.h"
#include "ca/store/validations.h"
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
#define REQUEST "RequestCertificate"
#define OPTIONS "DomainValidationOptions"
#define BAD_OPTIONS "InvalidDomainValidationOptionsException"
#define BAD_PARAMETER "InvalidParameterException"
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

static json_t *describe_and_free(char *arn)
{
    json_t *c = ops_describe(arn);
    free(arn);
    return c;
}

/* Entry i of DomainValidationOptions. Borrowed. */
static const json_t *option(const json_t *c, size_t i)
{
    return json_array_get(json_object_get(c, OPTIONS), i);
}

static const char *record_text(const json_t *c, size_t i, const char *member)
{
    return ops_text(json_object_get(option(c, i), "ResourceRecord"), member);
}

static bool is_hex(const char *text, size_t len)
{
    return strspn(text, "0123456789abcdef") == len;
}

/* ---- refusals ---- */

static void keys_that_public_certificates_do_not_have_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"RSA_1024", "RSA_3072", "RSA_4096", "EC_secp521r1"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ops_refused(BAD_PARAMETER, ACM, REQUEST, "o",
                    asking_with("www.example.com", "DNS", "KeyAlgorithm", json_string(keys[i])));
}

static void names_that_are_none_are_refused_by_the_contract(void **state)
{
    (void)state;
    static const char *const names[] = {"example.com.", "com", "*.com", "a_b.example.com",
                                        "*.*.example.com", "-a.example.com", "b\xc3\xbc.de"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ops_refused("ValidationException", ACM, REQUEST, "o", asking(names[i], "DNS"));
}

static void a_first_name_over_64_octets_is_refused_and_a_second_one_is_not(void **state)
{
    (void)state;
    static const char name[] = "a123456789b123456789c123456789d123456789e123456789f12.example.com";
    ops_refused(BAD_OPTIONS, ACM, REQUEST, "o", asking(name, "DNS"));
    assert_string_equal(ops.text, "The first domain name can be no longer than 64 characters.");
    free(ops_request_with(asking_with("example.com", "DNS", "SubjectAlternativeNames",
                             json_pack("[s]", name))));
}

static void more_names_than_the_quota_are_refused(void **state)
{
    (void)state;
    json_t *others = json_array();
    for (int i = 0; i < 10; i++)
        json_array_append_new(others, json_sprintf("n%d.example.com", i));
    ops.config.quota_names = 10;
    ops_refused("LimitExceededException", ACM, REQUEST, "o",
                asking_with("example.com", "DNS", "SubjectAlternativeNames", json_incref(others)));
    json_array_set_new(others, 9, json_string("EXAMPLE.com"));
    free(ops_request_with(asking_with("example.com", "DNS", "SubjectAlternativeNames", others)));
    ops.config.quota_names = 100;
}

static void http_is_for_cloudfront_and_not_for_wildcards(void **state)
{
    (void)state;
    ops_refused(BAD_PARAMETER, ACM, REQUEST, "o", asking("www.example.com", "HTTP"));
    json_t *in = asking_with("www.example.com", "HTTP", "ManagedBy", json_string("CLOUDFRONT"));
    json_object_set_new(in, "SubjectAlternativeNames", json_pack("[s]", "*.example.com"));
    ops_refused(BAD_PARAMETER, ACM, REQUEST, "o", in);
}

static void validation_domains_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *domain;
    } bad[] = {
        {"other.example.com", "example.com"},   {"www.example.com", "example.org"},
        {"www.example.com", "a.example.com"},   {"www.example.com", "ample.com"},
        {"www.example.com", "a.www.example.com"}, {"www.example.com", "*.example.com"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ops_refused(BAD_OPTIONS, ACM, REQUEST, "o",
                    asking_with("www.example.com", "EMAIL", OPTIONS,
                                json_pack("[{s:s,s:s}]", "DomainName", bad[i].name,
                                          "ValidationDomain", bad[i].domain)));
    ops_refused(BAD_OPTIONS, ACM, REQUEST, "o",
                asking_with("www.example.co.uk", "EMAIL", OPTIONS,
                            json_pack("[{s:s,s:s}]", "DomainName", "www.example.co.uk",
                                      "ValidationDomain", "co.uk")));
    ops_refused(BAD_OPTIONS, ACM, REQUEST, "o",
                asking_with("www.example.com", "EMAIL", OPTIONS,
                            json_pack("[{s:s,s:s},{s:s,s:s}]", "DomainName", "www.example.com",
                                      "ValidationDomain", "example.com", "DomainName",
                                      "WWW.example.com", "ValidationDomain", "www.example.com")));
}

static void quotas_of_public_certificates_are_kept(void **state)
{
    (void)state;
    free(ops_request_with(asking("quota.example.com", "DNS")));
    ops.config.quota_certificates_per_year = 1;
    ops_refused("LimitExceededException", ACM, REQUEST, "o", asking("quota.example.com", "DNS"));
    assert_string_equal(ops.text,
                        "Error: you have reached your limit of 1 certificates in the last year.");
    ops.config.quota_certificates_per_year = 0;
    ops.config.quota_certificates = 1;
    ops_refused("LimitExceededException", ACM, REQUEST, "o", asking("quota.example.com", "DNS"));
    ops.config.quota_certificates = 0;
}

/* ---- what waits ---- */

static void a_pending_certificate_is_described_as_acm_does(void **state)
{
    (void)state;
    json_t *c = describe_and_free(ops_request_with(asking("Pending.Example.com", "DNS")));
    static const char *const absent[] = {"IssuedAt", "NotBefore",      "NotAfter",
                                         "Serial",   "FailureReason",  "RenewalSummary",
                                         "ManagedBy", "ImportedAt",    "CertificateAuthorityArn",
                                         "RevokedAt", "RevocationReason"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        if (json_object_get(c, absent[i]) != NULL)
            fail_msg("%s is there", absent[i]);
    assert_true(json_is_real(json_object_get(c, "CreatedAt")));
    json_object_del(c, ARN);
    json_object_del(c, "CreatedAt");
    json_object_del(c, OPTIONS);
    ops_assert_json(c, "{\"CertificateKeyPairOrigin\":\"AWS_MANAGED\","
                   "\"DomainName\":\"pending.example.com\",\"ExtendedKeyUsages\":[],"
                   "\"InUseBy\":[],\"Issuer\":\"Amazon\",\"KeyAlgorithm\":\"RSA-2048\","
                   "\"KeyUsages\":[],"
                   "\"Options\":{\"CertificateTransparencyLoggingPreference\":\"ENABLED\","
                   "\"Export\":\"DISABLED\"},\"RenewalEligibility\":\"INELIGIBLE\","
                   "\"SignatureAlgorithm\":\"SHA256WITHRSA\",\"Status\":\"PENDING_VALIDATION\","
                   "\"Subject\":\"CN=pending.example.com\","
                   "\"SubjectAlternativeNames\":[\"pending.example.com\"],"
                   "\"Type\":\"AMAZON_ISSUED\"}");
    json_decref(c);
}

static void what_was_asked_is_kept(void **state)
{
    (void)state;
    json_t *in = asking_with("asked.example.com", "DNS", "KeyAlgorithm",
                             json_string("EC_secp384r1"));
    json_object_set_new(in, "Options",
                        json_pack("{s:s,s:s}", "CertificateTransparencyLoggingPreference",
                                  "DISABLED", "Export", "ENABLED"));
    json_object_set_new(in, "ManagedBy", json_string("CLOUDFRONT"));
    json_object_set_new(in, "Tags", json_pack("[{s:s}]", "Key", "k"));
    char *arn = ops_request_with(in);
    json_t *c = ops_describe(arn);
    json_t *tags = ops_ok(ACM, "ListTagsForCertificate", "{s:s}", ARN, arn);
    assert_string_equal(ops_text(c, "KeyAlgorithm"), "EC-secp384r1");
    assert_string_equal(ops_text(c, "SignatureAlgorithm"), "SHA384WITHECDSA");
    assert_string_equal(ops_text(c, "ManagedBy"), "CLOUDFRONT");
    ops_assert_json(json_object_get(c, "Options"),
                "{\"CertificateTransparencyLoggingPreference\":\"DISABLED\","
                "\"Export\":\"ENABLED\"}");
    assert_int_equal(json_array_size(json_object_get(tags, "Tags")), 1);
    ops_refused("RequestInProgressException", ACM, "GetCertificate", "{s:s}", ARN, arn);
    json_decref(tags);
    json_decref(c);
    free(arn);
}

/* ---- DNS ---- */

static void a_dns_record_has_the_form_of_acm(void **state)
{
    (void)state;
    json_t *c = describe_and_free(ops_request_with(asking("*.form.example.com", "DNS")));
    const json_t *o = option(c, 0);
    const char *name = record_text(c, 0, "Name");
    const char *value = record_text(c, 0, "Value");
    assert_int_equal(json_object_size(o), 5);
    assert_string_equal(ops_text(o, "DomainName"), "*.form.example.com");
    assert_string_equal(ops_text(o, "ValidationDomain"), "*.form.example.com");
    assert_string_equal(ops_text(o, "ValidationMethod"), "DNS");
    assert_string_equal(ops_text(o, "ValidationStatus"), "PENDING_VALIDATION");
    assert_string_equal(record_text(c, 0, "Type"), "CNAME");
    assert_true(name[0] == '_' && is_hex(name + 1, 32));
    assert_string_equal(name + 33, ".form.example.com.");
    assert_true(value[0] == '_' && is_hex(value + 1, 32) && value[33] == '.');
    assert_int_equal(strspn(value + 34, "abcdefghijklmnopqrstuvwxyz"), 10);
    assert_string_equal(value + 44, ".acm-validations.aws.");
    assert_memory_not_equal(name + 1, value + 1, 32);
    json_decref(c);
}

static json_t *two_names(const char *region)
{
    ops.region = region;
    return describe_and_free(ops_request_with(asking_with("same.example.com", "DNS",
                                                 "SubjectAlternativeNames",
                                                 json_pack("[s,s]", "*.same.example.com",
                                                           "other.example.com"))));
}

static void a_record_is_the_same_for_account_and_domain_whenever_and_wherever(void **state)
{
    (void)state;
    json_t *first = two_names("us-east-1");
    json_t *second = two_names("eu-west-1");
    ops_restart();
    json_t *third = two_names("us-east-1");
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(record_text(first, i, "Name"), record_text(second, i, "Name"));
        assert_string_equal(record_text(first, i, "Value"), record_text(third, i, "Value"));
    }
    assert_string_equal(record_text(first, 0, "Name"), record_text(first, 1, "Name"));
    assert_string_equal(record_text(first, 0, "Value"), record_text(first, 1, "Value"));
    assert_memory_not_equal(record_text(first, 0, "Name"), record_text(first, 2, "Name"), 33);
    json_decref(first);
    json_decref(second);
    json_decref(third);
}

static void another_account_has_another_record(void **state)
{
    (void)state;
    struct challenge a, b, c;
    assert_int_equal(challenge_dns(&ops.core, "111111111111", "example.com", &a), 0);
    assert_int_equal(challenge_dns(&ops.core, "222222222222", "example.com", &b), 0);
    assert_memory_not_equal(a.name, b.name, 33);
    snprintf(ops.config.domains_dns_suffix, sizeof ops.config.domains_dns_suffix, "v.example.net");
    assert_int_equal(challenge_dns(&ops.core, "111111111111", "example.com", &c), 0);
    assert_string_equal(c.value + 44, ".v.example.net.");
    assert_memory_equal(a.value, c.value, 44);
    snprintf(ops.config.domains_dns_suffix, sizeof ops.config.domains_dns_suffix,
             "acm-validations.aws");
}

static void the_longest_name_fits(void **state)
{
    (void)state;
    char name[DOMAIN_SIZE];
    struct challenge c;
    const struct scope scope = {.account = "111111111111", .region = "us-east-1"};
    memset(name, 'a', sizeof name - 1);
    name[63] = name[127] = name[191] = '.';
    name[sizeof name - 1] = '\0';
    assert_int_equal(challenge_dns(&ops.core, scope.account, name, &c), 0);
    assert_int_equal(strlen(c.name), 1 + 32 + 1 + 253 + 1);
    memset(ops.config.domains_redirect_host, 'h', CONFIG_TEXT_MAX - 1);
    assert_int_equal(challenge_http(&ops.core, &scope, name, &c), 0);
    assert_string_equal(c.name + strlen(c.name) - 4, ".txt");
    assert_string_equal(c.value + strlen(c.value) - 4, ".txt");
    memset(ops.config.domains_redirect_host, 0, CONFIG_TEXT_MAX);
}

/* ---- mail ---- */

static void email_is_the_default_and_goes_to_five_addresses(void **state)
{
    (void)state;
    json_t *c = describe_and_free(ops_request_with(asking("mail.example.com", NULL)));
    ops_assert_json(option(c, 0),
                "{\"DomainName\":\"mail.example.com\",\"ValidationDomain\":\"mail.example.com\","
                "\"ValidationEmails\":[\"admin@mail.example.com\","
                "\"administrator@mail.example.com\",\"hostmaster@mail.example.com\","
                "\"postmaster@mail.example.com\",\"webmaster@mail.example.com\"],"
                "\"ValidationMethod\":\"EMAIL\",\"ValidationStatus\":\"PENDING_VALIDATION\"}");
    json_decref(c);
}

static void www_and_asterisk_are_taken_off_the_address(void **state)
{
    (void)state;
    static const struct {
        const char *name, *validation_domain, *mail_domain;
    } rows[] = {
        {"www.example.com", "www.example.com", "example.com"},
        {"*.example.com", "*.example.com", "example.com"},
        {"*.www.example.com", "*.www.example.com", "www.example.com"},
        {"wwww.example.com", "wwww.example.com", "wwww.example.com"},
        {"www.com", "www.com", "www.com"},
        {"www.co.uk", "www.co.uk", "www.co.uk"},
        {"a.www.example.com", "www.example.com", "www.example.com"},
        {"a.b.example.com", "example.com", "example.com"},
    };
    char mail_domain[DOMAIN_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        challenge_mail_domain(rows[i].name, rows[i].validation_domain, mail_domain);
        assert_string_equal(mail_domain, rows[i].mail_domain);
    }
}

static void a_validation_domain_moves_the_mail(void **state)
{
    (void)state;
    json_t *in = asking_with("*.a.example.com", "EMAIL", "SubjectAlternativeNames",
                             json_pack("[s]", "b.example.com"));
    json_object_set_new(in, OPTIONS,
                        json_pack("[{s:s,s:s}]", "DomainName", "*.A.example.com",
                                  "ValidationDomain", "Example.com"));
    json_t *c = describe_and_free(ops_request_with(in));
    assert_string_equal(ops_text(option(c, 0), "ValidationDomain"), "example.com");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(option(c, 0), "ValidationEmails"), 0)),
        "admin@example.com");
    assert_string_equal(ops_text(option(c, 1), "ValidationDomain"), "b.example.com");
    json_decref(c);
}

/* ---- HTTP ---- */

static void an_http_redirect_has_the_form_of_acm(void **state)
{
    (void)state;
    json_t *c = describe_and_free(ops_request_with(
        asking_with("http.example.com", "HTTP", "ManagedBy", json_string("CLOUDFRONT"))));
    const json_t *redirect = json_object_get(option(c, 0), "HttpRedirect");
    const char *from = ops_text(redirect, "RedirectFrom");
    const char *to = ops_text(redirect, "RedirectTo");
    static const char before[] = "http://http.example.com/.well-known/pki-validation/";
    static const char host[] = "https://validation.us-east-1.acm-validations.aws/";
    assert_memory_equal(from, before, strlen(before));
    const char *file = from + strlen(before);
    assert_true(is_hex(file, 32));
    assert_string_equal(file + 32, ".txt");
    assert_memory_equal(to, host, strlen(host));
    assert_true(is_hex(to + strlen(host), 12));
    assert_string_equal(strstr(to, file), file);
    assert_null(json_object_get(option(c, 0), "ResourceRecord"));
    assert_null(json_object_get(option(c, 0), "ValidationEmails"));
    json_decref(c);
}

/* ---- what fails ---- */

static void a_name_that_policy_refuses_makes_the_certificate_fail(void **state)
{
    (void)state;
    static const struct {
        const char *name, *reason;
    } rows[] = {
        {"www.example.invalidpublicdomain", "INVALID_PUBLIC_DOMAIN"},
        {"xn--example.com", "INVALID_PUBLIC_DOMAIN"},
        {"*.co.uk", "INVALID_PUBLIC_DOMAIN"},
        {"10.0.0.10", "INVALID_PUBLIC_DOMAIN"},
        {"x.amazonaws.com", "DOMAIN_NOT_ALLOWED"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *c = describe_and_free(
            ops_request_with(asking_with("good.example.com", "EMAIL", "SubjectAlternativeNames",
                                json_pack("[s]", rows[i].name))));
        assert_string_equal(ops_text(c, "Status"), "FAILED");
        assert_string_equal(ops_text(c, "FailureReason"), rows[i].reason);
        assert_string_equal(ops_text(option(c, 0), "ValidationStatus"), "PENDING_VALIDATION");
        assert_string_equal(ops_text(option(c, 1), "ValidationStatus"), "FAILED");
        ops_assert_json(json_object_get(option(c, 1), "ValidationEmails"), "[]");
        assert_null(json_object_get(c, "NotAfter"));
        json_decref(c);
    }
}

/* ---- idempotency ---- */

static json_t *asking_with_token(const char *domain)
{
    return asking_with(domain, "DNS", "IdempotencyToken", json_string("public1"));
}

static void a_token_gives_the_same_certificate_for_an_hour(void **state)
{
    (void)state;
    char *first = ops_request_with(asking_with_token("token.example.com"));
    ops_clock_ahead(HOUR_US - 60 * 1000000);
    char *second = ops_request_with(asking_with_token("token.example.com"));
    assert_string_equal(first, second);
    ops_refused(BAD_PARAMETER, ACM, REQUEST, "o", asking_with_token("other.example.com"));
    ops_clock_ahead(HOUR_US + 60 * 1000000);
    char *third = ops_request_with(asking_with_token("other.example.com"));
    assert_string_not_equal(first, third);
    free(third);
    free(second);
    free(first);
}

/* ---- the store: what is due ---- */

struct due {
    const char *id;
    struct validation_list list;
    size_t mails;
    char mail_domains[256];
};

static int mail_visit(void *context, uint32_t position, const char *mail_domain, int64_t due_at)
{
    struct due *d = context;
    size_t used = strlen(d->mail_domains);
    assert_true(due_at > 0);
    snprintf(d->mail_domains + used, sizeof d->mail_domains - used, "%u:%s ", position,
             mail_domain);
    d->mails++;
    return 0;
}

static int due_unit(struct store_tx *tx, void *context)
{
    struct due *d = context;
    struct scope scope = {0};
    memcpy(scope.account, ops.account, sizeof scope.account);
    snprintf(scope.region, sizeof scope.region, "%s", OPS_REGION);
    int rc = store_validation_mail_list(tx, &scope, d->id, mail_visit, d);
    return rc == 0 ? validation_list_read(tx, &scope, d->id, &d->list) : rc;
}

static void due_read(const char *arn, struct due *d)
{
    *d = (struct due){.id = strstr(arn, "certificate/") + 12};
    assert_int_equal(store_read(ops.core.store, due_unit, d), 0);
}

static void what_is_due_is_stored_and_goes_with_the_certificate(void **state)
{
    (void)state;
    struct due due;
    char *dns = ops_request_with(asking("due.example.com", "DNS"));
    due_read(dns, &due);
    assert_int_equal(due.mails, 0);
    assert_true(due.list.count == 1 && due.list.rows[0].next_try > 0);
    validation_list_free(&due.list);
    char *mail = ops_request_with(asking_with("www.due.example.com", "EMAIL", "SubjectAlternativeNames",
                                     json_pack("[s]", "*.due.example.com")));
    due_read(mail, &due);
    assert_string_equal(due.mail_domains, "0:due.example.com 1:due.example.com ");
    assert_true(due.list.count == 2 && due.list.rows[0].next_try == 0);
    validation_list_free(&due.list);
    char *failed = ops_request_with(asking("due.example.nodomain", NULL));
    due_read(failed, &due);
    assert_true(due.mails == 0 && due.list.count == 1 && due.list.rows[0].next_try == 0);
    validation_list_free(&due.list);
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, mail));
    due_read(mail, &due);
    assert_true(due.mails == 0 && due.list.count == 0);
    validation_list_free(&due.list);
    free(failed);
    free(mail);
    free(dns);
}

static void what_nobody_proved_in_72_hours_has_failed(void **state)
{
    (void)state;
    struct due due;
    char *dns = ops_request_with(asking("late.example.com", "DNS"));
    char *mail = ops_request_with(asking("late.example.com", "EMAIL"));
    assert_int_equal(expiry_job_run(&ops.core, clock_now_us() + 71 * HOUR_US), 0);
    due_read(mail, &due);
    assert_int_equal(due.mails, 1);
    validation_list_free(&due.list);
    assert_int_equal(expiry_job_run(&ops.core, clock_now_us() + 73 * HOUR_US), 0);
    json_t *c = ops_describe(dns);
    assert_string_equal(ops_text(c, "Status"), "VALIDATION_TIMED_OUT");
    assert_string_equal(ops_text(option(c, 0), "ValidationStatus"), "FAILED");
    assert_null(json_object_get(c, "FailureReason"));
    json_decref(c);
    due_read(dns, &due);
    assert_int_equal(due.list.rows[0].next_try, 0);
    validation_list_free(&due.list);
    due_read(mail, &due);
    assert_int_equal(due.mails, 0);
    validation_list_free(&due.list);
    ops_refused(BAD_STATE, ACM, "ResendValidationEmail", "{s:s, s:s, s:s}", ARN, mail, "Domain",
                "late.example.com", "ValidationDomain", "late.example.com");
    ops_refused(BAD_STATE, ACM, "UpdateCertificateOptions", "{s:s, s:{s:s}}", ARN, mail, "Options",
                "CertificateTransparencyLoggingPreference", "DISABLED");
    free(mail);
    free(dns);
}

/* ---- ResendValidationEmail ---- */

static void resend_refused(const char *type, const char *arn, const char *domain,
                           const char *validation_domain)
{
    ops_refused(type, ACM, "ResendValidationEmail", "{s:s, s:s, s:s}", ARN, arn, "Domain", domain,
                "ValidationDomain", validation_domain);
}

static void mail_that_makes_no_sense_is_not_sent_again(void **state)
{
    (void)state;
    char *mail = ops_request_with(asking("sub.resend.example.com", "EMAIL"));
    char *dns = ops_request_with(asking("resend.example.com", "DNS"));
    char *failed = ops_request_with(asking("resend.example.nodomain", "EMAIL"));
    char missing[256];
    snprintf(missing, sizeof missing,
             "arn:aws:acm:us-east-1:%s:certificate/00000000-0000-4000-8000-000000000000",
             ops.account);
    resend_refused("InvalidArnException", "arn:aws:acm:us-east-1:123456789012:nothing/x",
                   "a.example.com", "a.example.com");
    resend_refused("ResourceNotFoundException", missing, "a.example.com", "a.example.com");
    resend_refused(BAD_STATE, dns, "resend.example.com", "resend.example.com");
    resend_refused(BAD_STATE, failed, "resend.example.nodomain", "resend.example.nodomain");
    resend_refused(BAD_OPTIONS, mail, "other.example.com", "example.com");
    resend_refused(BAD_OPTIONS, mail, "sub.resend.example.com", "example.org");
    resend_refused(BAD_OPTIONS, mail, "sub.resend.example.com", "a.sub.resend.example.com");
    resend_refused("ValidationException", mail, "sub.resend.example.com", "com");
    free(failed);
    free(dns);
    free(mail);
}

static void a_mail_sent_again_is_due_once_and_changes_nothing_else(void **state)
{
    (void)state;
    struct due due;
    char *arn = ops_request_with(asking("a.again.example.com", "EMAIL"));
    json_t *before = ops_describe(arn);
    for (int i = 0; i < 3; i++)
        json_decref(ops_ok(ACM, "ResendValidationEmail", "{s:s, s:s, s:s}", ARN, arn, "Domain",
                           "A.again.example.com", "ValidationDomain", "again.example.com"));
    due_read(arn, &due);
    assert_string_equal(due.mail_domains, "0:a.again.example.com 0:again.example.com ");
    json_t *after = ops_describe(arn);
    assert_true(json_equal(before, after));
    validation_list_free(&due.list);
    json_decref(after);
    json_decref(before);
    free(arn);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown_test)
    const struct CMUnitTest tests[] = {
        TEST(keys_that_public_certificates_do_not_have_are_refused),
        TEST(names_that_are_none_are_refused_by_the_contract),
        TEST(a_first_name_over_64_octets_is_refused_and_a_second_one_is_not),
        TEST(more_names_than_the_quota_are_refused),
        TEST(http_is_for_cloudfront_and_not_for_wildcards),
        TEST(validation_domains_that_do_not_fit_are_refused),
        TEST(quotas_of_public_certificates_are_kept),
        TEST(a_pending_certificate_is_described_as_acm_does),
        TEST(what_was_asked_is_kept),
        TEST(a_dns_record_has_the_form_of_acm),
        TEST(a_record_is_the_same_for_account_and_domain_whenever_and_wherever),
        TEST(another_account_has_another_record),
        TEST(the_longest_name_fits),
        TEST(email_is_the_default_and_goes_to_five_addresses),
        TEST(www_and_asterisk_are_taken_off_the_address),
        TEST(a_validation_domain_moves_the_mail),
        TEST(an_http_redirect_has_the_form_of_acm),
        TEST(a_name_that_policy_refuses_makes_the_certificate_fail),
        TEST(a_token_gives_the_same_certificate_for_an_hour),
        TEST(what_is_due_is_stored_and_goes_with_the_certificate),
        TEST(what_nobody_proved_in_72_hours_has_failed),
        TEST(mail_that_makes_no_sense_is_not_sent_again),
        TEST(a_mail_sent_again_is_due_once_and_changes_nothing_else),
    };
    return cmocka_run_group_tests(tests, ops_setup, ops_teardown);
}
