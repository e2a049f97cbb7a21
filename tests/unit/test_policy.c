/* The policy language: documents that are refused, statements, conditions, and the order of kinds. */
#include "ca/policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define OWN "111122223333"
#define OTHER "444455556666"
#define CERT "arn:aws:acm:us-east-1:" OWN ":certificate/c1"
#define CA "arn:aws:acm-pca:us-east-1:" OWN ":certificate-authority/a1"
#define ALICE "arn:aws:iam::" OWN ":user/alice"
#define ROLE "arn:aws:iam::" OWN ":role/r"
#define SESSION "arn:aws:sts::" OWN ":assumed-role/r/s"
#define DOC(statement) "{\"Version\":\"2012-10-17\",\"Statement\":" statement "}"
#define ANY "\"Resource\":\"*\""
#define ALLOW_ALL DOC("{\"Effect\":\"Allow\",\"Action\":\"*\"," ANY "}")

/* "key=value;key=value": a key twice has two values; "key" alone is there without a value. */
static int find(void *context, struct slice key, struct policy_values *out)
{
    const char *at = context;
    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ";"), name = strcspn(at, "=;");
        if (name == key.len && memcmp(at, key.data, key.len) == 0) {
            out->present = true;
            if (name < len)
                assert_int_equal(policy_values_put(out, slice_of(at + name + 1, len - name - 1)), 0);
        }
        at += len + (at[len] == ';');
    }
    return 0;
}

static struct policy *parsed(const char *text, enum policy_form form)
{
    char why[POLICY_WHY_SIZE];
    struct policy *p = NULL;
    int r = policy_parse(slice_text(text), form, &p, why);
    if (r != 0)
        print_error("%s: %s\n", text, why);
    assert_int_equal(r, 0);
    return p;
}

static bool contains(enum policy_answer expected, const char *text, const char *action,
                     const char *resource, const char *keys)
{
    struct policy *p = parsed(text, POLICY_FORM_IDENTITY);
    enum policy_answer got = POLICY_SILENT;
    struct policy_question q = {.action = action,
                                .resource = resource,
                                .principal = {.account = OWN, .arn = ALICE},
                                .find = find,
                                .context = (void *)(uintptr_t)keys};
    assert_int_equal(policy_ask(p, &q, &got), 0);
    policy_release(p);
    if (got != expected)
        print_error("%s\n  %s on %s with %s: %d, not %d\n", text, action,
                    resource == NULL ? "-" : resource, keys, got, expected);
    return got == expected;
}

/* ---- documents ---- */

static void documents_that_are_not_valid_are_refused_in_iams_words(void **state)
{
    static const struct {
        enum policy_form form;
        const char *text, *why;
    } rows[] = {
        {POLICY_FORM_IDENTITY, "", "Syntax errors in policy."},
        {POLICY_FORM_IDENTITY, "[]", "Syntax errors in policy."},
        {POLICY_FORM_IDENTITY, "{}", "Syntax errors in policy."},
        {POLICY_FORM_IDENTITY, DOC("[]"), "Syntax errors in policy."},
        {POLICY_FORM_IDENTITY, ALLOW_ALL "x", "Syntax errors in policy."},
        {POLICY_FORM_IDENTITY, "{\"Version\":\"2020-01-01\",\"Statement\":[]}",
         "The policy must contain a valid version string"},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"allow\",\"Action\":\"*\"," ANY "}"), "Syntax errors in policy."},
        {POLICY_FORM_IDENTITY, DOC("{\"Action\":\"*\"," ANY "}"), "Missing required field Effect"},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\"," ANY "}"), "Policy statement must contain actions."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"*\"}"), "Policy statement must contain resources."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":[]," ANY "}"), "Policy statement must contain actions."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"," ANY "}"),
         "Policy document should not specify a principal."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"read\"," ANY "}"),
         "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"a:b:c\"," ANY "}"), "Actions/Condition can contain only one colon."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"ac*:x\"," ANY "}"), "Vendor ac* is not valid"},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"c1\"}"),
         "Resource c1 must be in ARN format or \"*\"."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:az:acm:::x\"}"),
         "Partition \"az\" is not valid for resource \"arn:az:acm:::x\"."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"*\"," ANY ",\"Condition\":{\"StringMatches\":{\"a:b\":\"c\"}}}"),
         "Invalid Condition type : StringMatches."},
        {POLICY_FORM_IDENTITY, DOC("{\"Effect\":\"Allow\",\"Action\":\"*\"," ANY ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"300.1.1.1\"}}}"),
         "Syntax errors in policy."},
        {POLICY_FORM_IDENTITY, DOC("[{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Action\":\"*\"," ANY "},{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Action\":\"*\"," ANY "}]"),
         "Statement IDs (SID) in a single policy must be unique."},
        {POLICY_FORM_IDENTITY, DOC("{\"Sid\":\"a b\",\"Effect\":\"Allow\",\"Action\":\"*\"," ANY "}"),
         "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
        {POLICY_FORM_TRUST, DOC("{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"}"), "Missing required field Principal"},
        {POLICY_FORM_TRUST, DOC("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" OWN "\"},\"Action\":\"sts:AssumeRole\"," ANY "}"),
         "Has prohibited field Resource"},
        {POLICY_FORM_RESOURCE, DOC("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::1:user/*\"},\"Action\":\"*\"," ANY "}"),
         "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:user/*\""},
        {POLICY_FORM_RESOURCE, DOC("{\"Effect\":\"Allow\",\"Principal\":{\"aws\":\"" OWN "\"},\"Action\":\"*\"," ANY "}"),
         "Invalid principal in policy: \"aws\":\"" OWN "\""},
        {POLICY_FORM_RESOURCE, DOC("{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"" OWN "\"},\"Action\":\"*\"," ANY "}"),
         "Allow with NotPrincipal is not allowed."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char why[POLICY_WHY_SIZE];
        struct policy *p = NULL;
        assert_int_equal(policy_parse(slice_text(rows[i].text), rows[i].form, &p, why), CH_EINVAL);
        assert_string_equal(why, rows[i].why);
        assert_null(p);
    }
}

static void what_two_readers_might_read_differently_is_refused(void **state)
{
    static const char *const texts[] = {
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Effect\":\"Allow\",\"Action\":\"*\"," ANY "}}",
        DOC("{\"Effect\":\"Allow\",\"Action\":\"*\",\"NotAction\":\"acm:X\"," ANY "}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"*\",\"action\":\"acm:X\"," ANY "}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:Get\\u0000*\"," ANY "}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:Get\\u0001\"," ANY "}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:aws:acm:::${aws:username\"}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:aws:acm:::${username}\"}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"\xD0\xB0" "cm:GetCertificate\"," ANY "}"), /* a Cyrillic a */
        DOC("{\"Effect\":\"Allow\",\"Action\":\"*\"," ANY ",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"yes\"}}}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"*\"," ANY ",\"Condition\":{\"stringequals\":{\"a:b\":\"c\"}}}"),
        DOC("{\"Effect\":\"Allow\",\"Action\":\"*\"," ANY ",\"Condition\":[]}"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char why[POLICY_WHY_SIZE];
        struct policy *p = NULL;
        if (policy_parse(slice_text(texts[i]), POLICY_FORM_IDENTITY, &p, why) != CH_EINVAL)
            fail_msg("taken: %s", texts[i]);
    }
}

static void a_document_beyond_the_limit_is_not_looked_at(void **state)
{
    char why[POLICY_WHY_SIZE];
    struct policy *p = NULL;
    char *huge = malloc(POLICY_SIZE_MAX + 1);
    (void)state;
    memset(huge, ' ', POLICY_SIZE_MAX + 1);
    assert_int_equal(policy_parse(slice_of(huge, POLICY_SIZE_MAX + 1), POLICY_FORM_IDENTITY, &p, why), CH_ELIMIT);
    memset(huge, '[', POLICY_SIZE_MAX);
    assert_int_equal(policy_parse(slice_of(huge, POLICY_SIZE_MAX), POLICY_FORM_IDENTITY, &p, why), CH_EINVAL);
    free(huge);
    assert_int_equal(policy_counted_size(slice_text(" { \"a\" :\n 1 }\t")), 7);
}

/* ---- statements and conditions ---- */

#define IF(operator, key, value) DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:*\"," ANY ",\"Condition\":{\"" operator "\":{\"" key "\":" value "}}}")
#define ON(resource) DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:*\",\"Resource\":\"" resource "\"}")
#define DO(action) DOC("{\"Effect\":\"Allow\",\"Action\":\"" action "\"," ANY "}")

static const struct {
    bool allows;
    const char *text, *resource, *keys;
} cases[] = {
    /* actions: any case, wildcards; all asked for acm:GetCertificate */
    {true, DO("acm:GetCertificate"), CERT, ""},
    {true, DO("ACM:getcertificate"), CERT, ""},
    {true, DO("acm:Get*"), CERT, ""},
    {true, DO("acm:*Cert??icate"), CERT, ""},
    {true, DO("*"), CERT, ""},
    {false, DO("acm:Get"), CERT, ""},
    {false, DO("acm-pca:GetCertificate"), CERT, ""},
    {false, DO("acm:GetCertificate?"), CERT, ""},
    {false, DO("acm:\xC4\xA0" "etCertificate"), CERT, ""},
    {true, DOC("{\"Effect\":\"Allow\",\"NotAction\":\"acm:Delete*\"," ANY "}"), CERT, ""},
    {false, DOC("{\"Effect\":\"Allow\",\"NotAction\":\"acm:Get*\"," ANY "}"), CERT, ""},
    /* resources: part by part, with regard to case */
    {true, ON(CERT), CERT, ""},
    {true, ON("arn:aws:acm:*:*:certificate/*"), CERT, ""},
    {true, ON("arn:aws:acm"), CERT, ""},
    {true, ON("arn:aws:acm:us-east-1:" OWN ":*"), CERT, ""},
    {true, ON("arn:*:acm:us-ea*t-?:" OWN ":certificate/c?"), CERT, ""},
    {false, ON("arn:aws:acm:*:certificate/*"), CERT, ""},
    {false, ON("arn:aws:acm:us-east-1:" OWN ":Certificate/c1"), CERT, ""},
    {false, ON("arn:aws:acm:us-east-1:" OTHER ":certificate/c1"), CERT, ""},
    {false, ON("arn:aws:acm-pca:*:*:*"), CERT, ""},
    {true, ON("*"), NULL, ""},
    {false, ON("arn:aws:acm:*:*:*"), NULL, ""},
    {false, DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:*\",\"NotResource\":\"" CERT "\"}"), CERT, ""},
    {true, DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:*\",\"NotResource\":\"" CA "\"}"), CERT, ""},
    /* variables */
    {true, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${aws:username}"), CERT, "aws:username=c1"},
    {true, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${aws:UserName}"), CERT, "aws:username=c1"},
    {false, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${aws:username}"), CERT, "aws:username=*"},
    {false, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${aws:username}"), CERT, ""},
    {false, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${aws:username}"), CERT, "aws:username=c1;aws:username=c1"},
    {true, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${aws:username, 'c1'}"), CERT, ""},
    {true, ON("arn:aws:acm:us-east-1:${aws:PrincipalAccount}:certificate/*"), CERT, "aws:principalaccount=" OWN},
    {false, ON("arn:aws:acm:${aws:username}:certificate/c1"), CERT, "aws:username=us-east-1:" OWN},
    {true, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${*}"), "arn:aws:acm:us-east-1:" OWN ":certificate/*", ""},
    {false, ON("arn:aws:acm:us-east-1:" OWN ":certificate/${*}"), CERT, ""},
    {false, "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"acm:*\",\"Resource\":\"arn:aws:acm:us-east-1:" OWN ":certificate/${aws:username}\"}}", CERT, "aws:username=c1"},
    {true, IF("StringEquals", "aws:PrincipalTag/Team", "\"${aws:ResourceTag/Team}\""), CERT, "aws:principaltag/Team=a;aws:resourcetag/Team=a"},
    {false, IF("StringEquals", "aws:PrincipalTag/Team", "\"${aws:ResourceTag/Team}\""), CERT, "aws:principaltag/Team=a"},
    /* strings */
    {true, IF("StringEquals", "a:b", "[\"x\",\"y\"]"), CERT, "a:b=y"},
    {true, IF("StringEquals", "A:B", "\"y\""), CERT, "a:b=y"},
    {false, IF("StringEquals", "a:b", "\"y\""), CERT, "a:b=Y"},
    {false, IF("StringEquals", "a:b", "\"y*\""), CERT, "a:b=yy"},
    {false, IF("StringEquals", "a:b", "\"y\""), CERT, ""},
    {true, IF("StringEqualsIfExists", "a:b", "\"y\""), CERT, ""},
    {false, IF("StringEqualsIfExists", "a:b", "\"y\""), CERT, "a:b=z"},
    {true, IF("StringNotEquals", "a:b", "\"y\""), CERT, ""},
    {false, IF("StringNotEquals", "a:b", "[\"x\",\"y\"]"), CERT, "a:b=y"},
    {true, IF("StringEqualsIgnoreCase", "a:b", "\"Yy\""), CERT, "a:b=yY"},
    {false, IF("StringNotEqualsIgnoreCase", "a:b", "\"Yy\""), CERT, "a:b=yY"},
    {true, IF("StringLike", "a:b", "\"*.example.com\""), CERT, "a:b=www.example.com"},
    {false, IF("StringLike", "a:b", "\"*.example.com\""), CERT, "a:b=www.example.com.evil.org"},
    {false, IF("StringLike", "a:b", "\"a?c\""), CERT, "a:b=ac"},
    {true, IF("StringLike", "a:b", "\"a?c\""), CERT, "a:b=a\xC3\xBC" "c"},
    {true, IF("StringNotLike", "a:b", "\"a*\""), CERT, "a:b=b"},
    {false, IF("StringEquals", "a:b", "[]"), CERT, "a:b=b"},
    /* numbers, dates, truth, octets */
    {true, IF("NumericLessThan", "a:n", "\"10\""), CERT, "a:n=9.5"},
    {false, IF("NumericLessThan", "a:n", "10"), CERT, "a:n=10"},
    {true, IF("NumericLessThanEquals", "a:n", "10"), CERT, "a:n=10.0"},
    {false, IF("NumericGreaterThan", "a:n", "10"), CERT, "a:n=ten"},
    {true, IF("NumericGreaterThanEquals", "a:n", "-1"), CERT, "a:n=-1"},
    {true, IF("NumericEquals", "a:n", "5"), CERT, "a:n=5"},
    {true, IF("NumericNotEquals", "a:n", "5"), CERT, "a:n=6"},
    {false, IF("NumericEquals", "a:n", "5"), CERT, "a:n=0x5"},
    {true, IF("DateGreaterThan", "aws:CurrentTime", "\"2026-01-01T00:00:00Z\""), CERT, "aws:currenttime=2026-11-23T13:17:00Z"},
    {false, IF("DateLessThan", "aws:CurrentTime", "\"2026-01-01T00:00:00Z\""), CERT, "aws:currenttime=2026-11-23T13:17:00Z"},
    {true, IF("DateEquals", "aws:EpochTime", "\"1970-01-01T01:00:00+01:00\""), CERT, "aws:epochtime=0"},
    {true, IF("DateLessThanEquals", "aws:EpochTime", "1800000000"), CERT, "aws:epochtime=1800000000"},
    {true, IF("DateGreaterThanEquals", "aws:CurrentTime", "\"2026-11-23\""), CERT, "aws:currenttime=2026-11-23T00:00:00Z"},
    {true, IF("DateNotEquals", "aws:CurrentTime", "\"2026-11-23\""), CERT, "aws:currenttime=2026-11-23T00:00:01Z"},
    {true, IF("Bool", "aws:SecureTransport", "true"), CERT, "aws:securetransport=true"},
    {true, IF("Bool", "aws:SecureTransport", "\"TRUE\""), CERT, "aws:securetransport=true"},
    {false, IF("Bool", "aws:MultiFactorAuthPresent", "\"true\""), CERT, ""},
    {true, IF("BoolIfExists", "aws:MultiFactorAuthPresent", "\"true\""), CERT, ""},
    {true, IF("BinaryEquals", "a:k", "\"QmluYXJ5\""), CERT, "a:k=QmluYXJ5"},
    {false, IF("BinaryEquals", "a:k", "\"QmluYXJ5\""), CERT, "a:k=QmluYXJ6"},
    /* addresses */
    {true, IF("IpAddress", "aws:SourceIp", "\"192.0.2.0/24\""), CERT, "aws:sourceip=192.0.2.77"},
    {false, IF("IpAddress", "aws:SourceIp", "\"192.0.2.0/24\""), CERT, "aws:sourceip=192.0.3.1"},
    {true, IF("IpAddress", "aws:SourceIp", "\"192.0.2.0/24\""), CERT, "aws:sourceip=::ffff:192.0.2.77"},
    {true, IF("IpAddress", "aws:SourceIp", "[\"203.0.113.5\",\"2001:db8::/33\"]"), CERT, "aws:sourceip=2001:db8:7fff::1"},
    {false, IF("IpAddress", "aws:SourceIp", "\"2001:db8::/33\""), CERT, "aws:sourceip=2001:db8:8000::1"},
    {true, IF("IpAddress", "aws:SourceIp", "\"0.0.0.0/0\""), CERT, "aws:sourceip=8.8.8.8"},
    {false, IF("IpAddress", "aws:SourceIp", "\"0.0.0.0/0\""), CERT, "aws:sourceip=2001:db8::1"},
    {false, IF("NotIpAddress", "aws:SourceIp", "\"192.0.2.0/24\""), CERT, "aws:sourceip=192.0.2.77"},
    {true, IF("NotIpAddress", "aws:SourceIp", "\"192.0.2.0/24\""), CERT, "aws:sourceip=10.0.0.1"},
    /* ARNs, presence */
    {true, IF("ArnLike", "a:arn", "\"arn:aws:iam::*:role/x*\""), CERT, "a:arn=arn:aws:iam::1:role/xy"},
    {true, IF("ArnEquals", "a:arn", "\"arn:aws:iam::*:role/x*\""), CERT, "a:arn=arn:aws:iam::1:role/xy"},
    {false, IF("ArnLike", "a:arn", "\"arn:aws:iam:*:role/x\""), CERT, "a:arn=arn:aws:iam::1:role/x"},
    {true, IF("ArnNotLike", "a:arn", "\"arn:aws:iam::*:role/x\""), CERT, "a:arn=arn:aws:iam::1:role/y"},
    {false, IF("ArnNotEquals", "a:arn", "\"arn:aws:iam::*:role/x\""), CERT, "a:arn=arn:aws:iam::1:role/x"},
    {false, IF("ArnLike", "a:arn", "\"arn:aws:iam::*:role/x\""), CERT, "a:arn=role/x"},
    {true, IF("Null", "a:b", "true"), CERT, ""},
    {false, IF("Null", "a:b", "\"true\""), CERT, "a:b=x"},
    {true, IF("Null", "a:b", "\"false\""), CERT, "a:b=x"},
    {true, IF("Null", "a:b", "true"), CERT, "a:b"},
    /* sets */
    {true, IF("ForAllValues:StringEquals", "aws:TagKeys", "[\"a\",\"b\"]"), CERT, "aws:tagkeys=a;aws:tagkeys=b"},
    {false, IF("ForAllValues:StringEquals", "aws:TagKeys", "[\"a\",\"b\"]"), CERT, "aws:tagkeys=a;aws:tagkeys=c"},
    {true, IF("ForAllValues:StringEquals", "aws:TagKeys", "[\"a\"]"), CERT, ""},
    {true, IF("ForAnyValue:StringEquals", "aws:TagKeys", "[\"a\"]"), CERT, "aws:tagkeys=c;aws:tagkeys=a"},
    {false, IF("ForAnyValue:StringEquals", "aws:TagKeys", "[\"a\"]"), CERT, ""},
    {false, IF("ForAnyValue:StringNotEquals", "aws:TagKeys", "[\"a\"]"), CERT, "aws:tagkeys=a"},
    {true, IF("ForAnyValue:StringNotEquals", "aws:TagKeys", "[\"a\"]"), CERT, "aws:tagkeys=a;aws:tagkeys=b"},
    {false, IF("ForAllValues:StringNotLike", "aws:TagKeys", "[\"a*\"]"), CERT, "aws:tagkeys=b;aws:tagkeys=ab"},
    /* all clauses must hold */
    {false, DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:*\"," ANY ",\"Condition\":{\"StringEquals\":{\"a:b\":\"x\",\"a:c\":\"y\"}}}"), CERT, "a:b=x"},
    {true, DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:*\"," ANY ",\"Condition\":{\"StringEquals\":{\"a:b\":\"x\"},\"Null\":{\"a:c\":true}}}"), CERT, "a:b=x"},
};

static void statements_hold_as_iams_rules_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(contains(cases[i].allows ? POLICY_ALLOWS : POLICY_SILENT, cases[i].text,
                             "acm:GetCertificate", cases[i].resource, cases[i].keys));
}

/* ---- the user guide of ACM ---- */

#define DENY_REQUEST(condition) DOC("{\"Effect\":\"Deny\",\"Action\":\"acm:RequestCertificate\"," ANY ",\"Condition\":{" condition "}}")

static void the_examples_of_acms_guide_mean_what_its_text_says(void **state)
{
    static const struct {
        enum policy_answer answer;
        const char *text, *action, *keys;
    } rows[] = {
#define EMAIL DENY_REQUEST("\"StringLike\":{\"acm:ValidationMethod\":\"EMAIL\"},\"ArnNotLike\":{\"aws:PrincipalArn\":[\"arn:aws:iam::123456789012:role/AllowedEmailValidation\"]}")
        {POLICY_DENIES, EMAIL, "acm:RequestCertificate", "acm:validationmethod=EMAIL;aws:principalarn=" ALICE},
        {POLICY_SILENT, EMAIL, "acm:RequestCertificate", "acm:validationmethod=EMAIL;aws:principalarn=arn:aws:iam::123456789012:role/AllowedEmailValidation"},
        {POLICY_SILENT, EMAIL, "acm:RequestCertificate", "acm:validationmethod=DNS;aws:principalarn=" ALICE},
#define WILD DENY_REQUEST("\"ForAnyValue:StringLike\":{\"acm:DomainNames\":[\"${*}.*\"]}")
        {POLICY_DENIES, WILD, "acm:RequestCertificate", "acm:domainnames=a.example;acm:domainnames=*.example"},
        {POLICY_SILENT, WILD, "acm:RequestCertificate", "acm:domainnames=a.example"},
#define ENDS DENY_REQUEST("\"ForAnyValue:StringNotLike\":{\"acm:DomainNames\":[\"*.amazonaws.com\"]}")
        {POLICY_SILENT, ENDS, "acm:RequestCertificate", "acm:domainnames=a.amazonaws.com"},
        {POLICY_DENIES, ENDS, "acm:RequestCertificate", "acm:domainnames=a.amazonaws.com;acm:domainnames=b.example"},
#define SUB DENY_REQUEST("\"ForAllValues:StringNotLike\":{\"acm:DomainNames\":[\"support.amazonaws.com\",\"developer.amazonaws.com\"]}")
        {POLICY_DENIES, SUB, "acm:RequestCertificate", "acm:domainnames=a.amazonaws.com"},
        {POLICY_SILENT, SUB, "acm:RequestCertificate", "acm:domainnames=support.amazonaws.com"},
#define KEY DENY_REQUEST("\"StringNotLike\":{\"acm:KeyAlgorithm\":\"EC_secp384r1\"}")
        {POLICY_DENIES, KEY, "acm:RequestCertificate", "acm:keyalgorithm=RSA_2048"},
        {POLICY_SILENT, KEY, "acm:RequestCertificate", "acm:keyalgorithm=EC_secp384r1"},
#define RSA DENY_REQUEST("\"StringLike\":{\"acm:KeyAlgorithm\":\"RSA*\"}")
        {POLICY_DENIES, RSA, "acm:RequestCertificate", "acm:keyalgorithm=RSA_4096"},
        {POLICY_SILENT, RSA, "acm:RequestCertificate", "acm:keyalgorithm=EC_prime256v1"},
#define ONLY_CA DENY_REQUEST("\"StringNotLike\":{\"acm:CertificateAuthority\":\"" CA "\"}")
        {POLICY_SILENT, ONLY_CA, "acm:RequestCertificate", "acm:certificateauthority=" CA},
        {POLICY_DENIES, ONLY_CA, "acm:RequestCertificate", "acm:certificateauthority=" CA "2"},
        {POLICY_DENIES, ONLY_CA, "acm:RequestCertificate", ""},
#define PUBLIC DENY_REQUEST("\"Null\":{\"acm:CertificateAuthority\":\"false\"}")
        {POLICY_DENIES, PUBLIC, "acm:RequestCertificate", "acm:certificateauthority=" CA},
        {POLICY_SILENT, PUBLIC, "acm:RequestCertificate", ""},
#define EXPORTABLE DENY_REQUEST("\"StringEquals\":{\"acm:Export\":\"ENABLED\"}")
        {POLICY_DENIES, EXPORTABLE, "acm:RequestCertificate", "acm:export=ENABLED"},
        {POLICY_SILENT, EXPORTABLE, "acm:RequestCertificate", "acm:export=DISABLED"},
#define LIST DOC("[{\"Effect\":\"Allow\",\"Action\":\"acm:ListCertificates\"," ANY "}]")
        {POLICY_ALLOWS, LIST, "acm:ListCertificates", ""},
        {POLICY_SILENT, LIST, "acm:GetCertificate", ""},
#define GET DOC("{\"Effect\":\"Allow\",\"Action\":\"acm:GetCertificate\",\"Resource\":\"" CERT "\"}")
        {POLICY_ALLOWS, GET, "acm:GetCertificate", ""},
        {POLICY_SILENT, GET, "acm:DeleteCertificate", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(contains(rows[i].answer, rows[i].text, rows[i].action, CERT, rows[i].keys));
}

/* ---- the order of kinds ---- */

#define SAY(effect, action) DOC("{\"Effect\":\"" effect "\",\"Action\":\"" action "\"," ANY "}")
#define FOR(effect, who) DOC("{\"Effect\":\"" effect "\",\"Principal\":{\"AWS\":\"" who "\"},\"Action\":\"acm-pca:*\",\"Resource\":\"" CA "\"}")
#define G SAY("Allow", "acm-pca:*")
#define NONE SAY("Allow", "acm:*")
#define D SAY("Deny", "acm-pca:Issue*")

struct scene {
    const char *scp, *boundary, *session, *identity, *resource;
    const char *arn, *role, *owner;
    const char *end; /* of the refusal; NULL = allowed */
};

static const struct scene scenes[] = {
    {.identity = G},
    {.identity = NONE, .end = "because no identity-based policy allows the acm-pca:IssueCertificate action"},
    {.end = "because no identity-based policy allows the acm-pca:IssueCertificate action"},
    {.identity = D, .end = "with an explicit deny in an identity-based policy"},
    {.scp = NONE, .identity = G, .end = "because no service control policy allows the acm-pca:IssueCertificate action"},
    {.scp = D, .identity = G, .end = "with an explicit deny in a service control policy"},
    {.scp = G, .identity = G},
    {.boundary = NONE, .identity = G, .end = "because no permissions boundary allows the acm-pca:IssueCertificate action"},
    {.boundary = D, .identity = G, .end = "with an explicit deny in a permissions boundary"},
    {.boundary = G, .end = "because no identity-based policy allows the acm-pca:IssueCertificate action"},
    {.session = NONE, .identity = G, .end = "because no session policy allows the acm-pca:IssueCertificate action"},
    {.session = D, .identity = G, .end = "with an explicit deny in a session policy"},
    {.scp = G, .boundary = G, .session = G, .identity = G},
    {.scp = NONE, .boundary = D, .identity = G, .end = "with an explicit deny in a permissions boundary"},
    /* the resource's policy, within the account */
    {.resource = FOR("Allow", ALICE)},
    {.resource = FOR("Allow", ALICE), .boundary = NONE},
    {.resource = FOR("Allow", ALICE), .scp = NONE, .end = "because no service control policy allows the acm-pca:IssueCertificate action"},
    {.resource = FOR("Deny", ALICE), .identity = G, .end = "with an explicit deny in a resource-based policy"},
    {.resource = FOR("Allow", OWN), .end = "because no identity-based policy allows the acm-pca:IssueCertificate action"},
    {.resource = FOR("Allow", OWN), .identity = G},
    {.resource = FOR("Allow", "*")},
    {.resource = FOR("Allow", "*"), .boundary = NONE, .end = "because no permissions boundary allows the acm-pca:IssueCertificate action"},
    {.resource = FOR("Allow", ROLE), .arn = SESSION, .role = ROLE},
    {.resource = FOR("Allow", ROLE), .arn = SESSION, .role = ROLE, .session = NONE, .end = "because no session policy allows the acm-pca:IssueCertificate action"},
    {.resource = FOR("Allow", SESSION), .arn = SESSION, .role = ROLE, .session = NONE},
    /* across accounts */
    {.owner = OTHER, .identity = G, .end = "because no resource-based policy allows the acm-pca:IssueCertificate action"},
    {.owner = OTHER, .identity = G, .resource = FOR("Allow", OWN)},
    {.owner = OTHER, .identity = G, .resource = FOR("Allow", OTHER), .end = "because no resource-based policy allows the acm-pca:IssueCertificate action"},
    {.owner = OTHER, .resource = FOR("Allow", ALICE), .end = "because no identity-based policy allows the acm-pca:IssueCertificate action"},
    {.owner = OTHER, .identity = G, .resource = FOR("Allow", "arn:aws:iam::" OWN ":root")},
    {.owner = OTHER, .identity = G, .resource = FOR("Allow", "arn:aws:iam::" OWN ":user/Alice"), .end = "because no resource-based policy allows the acm-pca:IssueCertificate action"},
    {.owner = OTHER, .identity = G, .boundary = NONE, .resource = FOR("Allow", ALICE), .end = "because no permissions boundary allows the acm-pca:IssueCertificate action"},
};

static void add(struct policy_set *set, enum policy_kind kind, const char *text)
{
    if (text != NULL)
        assert_int_equal(policy_set_add_text(set, kind, slice_text(text), "test"), 0);
}

static void each_kind_of_policy_is_judged_in_its_turn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        const struct scene *s = &scenes[i];
        struct policy_set *set = policy_set_new();
        struct policy *resource = s->resource == NULL ? NULL : parsed(s->resource, POLICY_FORM_RESOURCE);
        struct policy_verdict v;
        struct buf why = {0};
        add(set, POLICY_SCP, s->scp);
        add(set, POLICY_BOUNDARY, s->boundary);
        add(set, POLICY_SESSION, s->session);
        add(set, POLICY_IDENTITY, s->identity);
        struct policy_question q = {.action = "acm-pca:IssueCertificate",
                                    .resource = CA,
                                    .principal = {.account = OWN, .arn = s->arn == NULL ? ALICE : s->arn, .role_arn = s->role},
                                    .owner = s->owner,
                                    .policies = set,
                                    .resource_policy = resource,
                                    .resource_kind = POLICY_RESOURCE};
        assert_int_equal(policy_judge(&q, &v), 0);
        assert_int_equal(policy_refusal_put(&v, q.action, &why), 0);
        if (v.allowed != (s->end == NULL) || (s->end != NULL && strcmp(buf_text(&why), s->end) != 0))
            fail_msg("scene %zu: %s, %s", i, v.allowed ? "allowed" : "refused", buf_text(&why));
        buf_free(&why);
        policy_release(resource);
        policy_set_release(set);
    }
}

static void a_boundary_that_is_gone_allows_nothing(void **state)
{
    struct policy_set *set = policy_set_new();
    struct policy_verdict v;
    (void)state;
    add(set, POLICY_IDENTITY, G);
    policy_set_limit(set, POLICY_BOUNDARY);
    struct policy_question q = {.action = "acm-pca:IssueCertificate", .resource = CA, .principal = {.account = OWN, .arn = ALICE}, .policies = set};
    assert_int_equal(policy_judge(&q, &v), 0);
    assert_false(v.allowed);
    assert_int_equal(v.by, POLICY_BOUNDARY);
    policy_set_release(set);
}

static void a_document_that_cannot_be_read_allows_nothing(void **state)
{
    struct policy_set *set = policy_set_new();
    struct policy *resource = parsed(FOR("Allow", ALICE), POLICY_FORM_RESOURCE);
    struct policy_verdict v;
    (void)state;
    add(set, POLICY_SCP, G);
    add(set, POLICY_IDENTITY, G);
    policy_set_block(set);
    struct policy_question q = {.action = "acm-pca:IssueCertificate", .resource = CA, .principal = {.account = OWN, .arn = ALICE, .root = true}, .policies = set, .resource_policy = resource, .resource_kind = POLICY_RESOURCE};
    assert_int_equal(policy_judge(&q, &v), 0);
    assert_false(v.allowed);
    policy_release(resource);
    policy_set_release(set);
}

static void a_trust_policy_must_allow_within_the_account_too(void **state)
{
    static const struct {
        const char *trust, *identity;
        bool allowed;
    } rows[] = {
#define TRUST(who) DOC("{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" who "\"},\"Action\":\"sts:AssumeRole\"}")
        {TRUST(OTHER), SAY("Allow", "*"), false},
        {TRUST(OWN), SAY("Allow", "*"), true},
        {TRUST(OWN), SAY("Allow", "acm:*"), false},
        {TRUST(ALICE), SAY("Allow", "acm:*"), true},
        {DOC("{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"acm.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}"), SAY("Allow", "*"), false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct policy_set *set = policy_set_new();
        struct policy *trust = parsed(rows[i].trust, POLICY_FORM_TRUST);
        struct policy_verdict v;
        add(set, POLICY_IDENTITY, rows[i].identity);
        struct policy_question q = {.action = "sts:AssumeRole", .resource = ROLE, .principal = {.account = OWN, .arn = ALICE}, .policies = set,
                                    .resource_policy = trust, .resource_kind = POLICY_TRUST, .resource_must_allow = true};
        assert_int_equal(policy_judge(&q, &v), 0);
        assert_int_equal(v.allowed, rows[i].allowed);
        policy_release(trust);
        policy_set_release(set);
    }
}

static void not_principal_spares_only_who_is_named_as_all_that_he_is(void **state)
{
    static const struct {
        const char *names, *arn, *role;
        enum policy_answer answer;
    } rows[] = {
        {"[\"" ALICE "\",\"" OWN "\"]", ALICE, NULL, POLICY_SILENT},
        {"[\"" ALICE "\"]", ALICE, NULL, POLICY_DENIES},
        {"[\"" OWN "\"]", ALICE, NULL, POLICY_DENIES},
        {"[\"" SESSION "\",\"" ROLE "\",\"" OWN "\"]", SESSION, ROLE, POLICY_SILENT},
        {"[\"" SESSION "\",\"" OWN "\"]", SESSION, ROLE, POLICY_DENIES},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        enum policy_answer answer;
        snprintf(text, sizeof text, DOC("{\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":%s},\"Action\":\"*\"," ANY "}"), rows[i].names);
        struct policy *p = parsed(text, POLICY_FORM_RESOURCE);
        struct policy_question q = {.action = "acm-pca:X", .resource = CA, .principal = {.account = OWN, .arn = rows[i].arn, .role_arn = rows[i].role}};
        assert_int_equal(policy_ask(p, &q, &answer), 0);
        assert_int_equal(answer, rows[i].answer);
        policy_release(p);
    }
}

static void key_seen(void *context, const char *key)
{
    strcat(context, key);
    strcat(context, " ");
}

static void the_keys_that_a_policy_asks_for_are_told(void **state)
{
    char keys[256] = "";
    (void)state;
    struct policy *p = parsed(DOC("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:aws:acm:::${aws:UserName}\",\"Condition\":{\"StringEquals\":{\"aws:SourceIp\":\"${aws:PrincipalTag/Team}\"}}}"), POLICY_FORM_IDENTITY);
    policy_keys_visit(p, key_seen, keys);
    assert_string_equal(keys, "aws:username aws:sourceip aws:principaltag/Team ");
    policy_release(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_that_are_not_valid_are_refused_in_iams_words),
        cmocka_unit_test(what_two_readers_might_read_differently_is_refused),
        cmocka_unit_test(a_document_beyond_the_limit_is_not_looked_at),
        cmocka_unit_test(statements_hold_as_iams_rules_say),
        cmocka_unit_test(the_examples_of_acms_guide_mean_what_its_text_says),
        cmocka_unit_test(each_kind_of_policy_is_judged_in_its_turn),
        cmocka_unit_test(a_boundary_that_is_gone_allows_nothing),
        cmocka_unit_test(a_document_that_cannot_be_read_allows_nothing),
        cmocka_unit_test(a_trust_policy_must_allow_within_the_account_too),
        cmocka_unit_test(not_principal_spares_only_who_is_named_as_all_that_he_is),
        cmocka_unit_test(the_keys_that_a_policy_asks_for_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
