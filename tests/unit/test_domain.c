/* Domain names as ACM treats them: rules of one name, suffixes, what a public certificate is for. */
#include "ca/domain/name.h"
#include "ca/domain/policy.h"
#include "ca/domain/suffix.h"
#include "firmware/base/error.h"

#include <idn2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config config;

static int setup(void **state)
{
    (void)state;
    config_defaults(&config);
    return 0;
}

/* n times c */
static const char *times(char c, size_t n)
{
    static char text[4][300];
    static size_t next;
    char *out = text[next++ % 4];
    memset(out, c, n);
    out[n] = '\0';
    return out;
}

/* ---- one name ---- */

static void assert_bad(const char *name, const char *why)
{
    const char *fault = domain_fault(name);
    if (fault == NULL || strstr(fault, why) == NULL)
        fail_msg("%s: %s, not %s", name, fault == NULL ? "accepted" : fault, why);
}

static void assert_good(const char *name)
{
    const char *fault = domain_fault(name);
    if (fault != NULL)
        fail_msg("%s: %s", name, fault);
}

static void malformed_names_are_refused(void **state)
{
    (void)state;
    char name[400];
    assert_bad("", "empty label");
    assert_bad("example.com.", "empty label");
    assert_bad(".example.com", "empty label");
    assert_bad("a..b.com", "empty label");
    assert_bad("*.", "empty label");
    assert_bad("*", "characters other than");
    assert_bad("*.*.example.com", "characters other than");
    assert_bad("a.*.example.com", "characters other than");
    assert_bad("*a.example.com", "characters other than");
    assert_bad("under_score.example.com", "characters other than");
    assert_bad("UPPER.example.com", "characters other than");
    assert_bad("b\xc3\xbc" "cher.example.com", "characters other than");
    assert_bad("with space.com", "characters other than");
    assert_bad("-a.example.com", "hyphen");
    assert_bad("a-.example.com", "hyphen");
    snprintf(name, sizeof name, "%s.com", times('a', 64));
    assert_bad(name, "63 octets");
    snprintf(name, sizeof name, "%s.%s.%s.%s", times('a', 63), times('b', 63), times('c', 63),
             times('d', 62));
    assert_bad(name, "253 octets");
}

static void names_up_to_the_limits_are_accepted(void **state)
{
    (void)state;
    char name[400];
    assert_good("example.com");
    assert_good("*.example.com");
    assert_good("1.2.3.com");
    assert_good("a.b");
    snprintf(name, sizeof name, "%s.%s.%s.%s", times('a', 63), times('b', 63), times('c', 63),
             times('d', 61));
    assert_good(name);
}

/* The table of the user guide. */
static void punycode_is_judged_as_in_the_guide(void **state)
{
    (void)state;
    assert_good("example.com");
    assert_good("a--example.com");
    assert_good("abc--example.com");
    assert_good("xn--xyz.com");
    assert_bad("xn--example.com", "not an internationalized name");
    assert_bad("ab--example.com", "third and fourth");
    assert_bad("www.ab--example.com", "third and fourth");
    assert_bad("*.xn--example.com", "not an internationalized name");
}

static void a_labels_are_those_of_idna_2008(void **state)
{
    (void)state;
    static const char *const good[] = {
        "xn--bcher-kva",      "xn--strae-oqa",    "xn--fiqs8s",     "xn--p1ai",
        "xn--mgba3a4f16a",    "xn--fa-hia",       "xn--80ak6aa92e", "xn--4l5a",
        "xn--mgbaam7a8h",     "xn--3e0b707e",     "xn--wgbh1c",     "xn--kpry57d",
        "xn--hgbk6aj7f53bba", "xn--jxalpdlp",
    };
    static const char *const bad[] = {
        "xn--",        "xn---",   "xn--a",  "xn--0", "xn--99zzzz", "xn--ls8h", /* a symbol */
        "xn--www-",    "xn--abc", "xn--a-", "xn--example",
        "xn--bcher-kv" /* cut short */,
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_good(good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_non_null(domain_fault(bad[i]));
}

/* Whatever libidn2 makes of letters of many scripts is accepted; the same cut short or changed
 * never makes it crash, and an accepted one always decodes. */
static void random_a_labels_are_accepted_exactly_when_they_decode(void **state)
{
    (void)state;
    static const uint32_t scripts[] = {0x00e0, 0x03b1, 0x0430, 0x05d0, 0x0e01, 0x3042, 0x4e00, 0xac00};
    unsigned seed = 20260708;
    size_t encoded_count = 0;
    for (int round = 0; round < 3000; round++) {
        uint32_t letters[12];
        size_t count = 1 + (size_t)rand_r(&seed) % 11;
        uint32_t script = scripts[(size_t)rand_r(&seed) % 8];
        uint8_t *encoded = NULL;
        uint8_t utf8[64] = {0};
        size_t len = 0;
        for (size_t i = 0; i < count; i++) {
            letters[i] = script + (uint32_t)rand_r(&seed) % 20;
            uint32_t u = letters[i];
            if (u < 0x800) {
                utf8[len++] = (uint8_t)(0xc0 | u >> 6);
            } else {
                utf8[len++] = (uint8_t)(0xe0 | u >> 12);
                utf8[len++] = (uint8_t)(0x80 | (u >> 6 & 0x3f));
            }
            utf8[len++] = (uint8_t)(0x80 | (u & 0x3f));
        }
        if (idn2_lookup_u8(utf8, &encoded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
            continue;
        char *label = (char *)encoded;
        if (strlen(label) <= 63 && strncmp(label, "xn--", 4) == 0) {
            encoded_count++;
            assert_good(label);
            label[4 + (size_t)rand_r(&seed) % (strlen(label) - 4)] =
                "abcdefghijklmnopqrstuvwxyz0123456789-"[(size_t)rand_r(&seed) % 37];
            char *unicode = NULL;
            if (domain_fault(label) == NULL)
                assert_int_equal(idn2_to_unicode_8z8z(label, &unicode, 0), IDN2_OK);
            idn2_free(unicode);
        }
        idn2_free(encoded);
    }
    assert_true(encoded_count > 1000);
}

static void folding_takes_capitals_away_and_nothing_else(void **state)
{
    (void)state;
    char out[DOMAIN_SIZE];
    assert_int_equal(domain_fold("*.WWW.Example-1.COM", out), 0);
    assert_string_equal(out, "*.www.example-1.com");
    assert_int_equal(domain_fold(times('A', 253), out), 0);
    assert_string_equal(out, times('a', 253));
    assert_int_equal(domain_fold(times('A', 254), out), CH_ELIMIT);
}

static void a_name_is_within_itself_and_what_is_above_it(void **state)
{
    (void)state;
    assert_true(domain_is_within("example.com", "example.com"));
    assert_true(domain_is_within("a.b.example.com", "example.com"));
    assert_true(domain_is_within("*.example.com", "example.com"));
    assert_false(domain_is_within("badexample.com", "example.com"));
    assert_false(domain_is_within("example.com", "a.example.com"));
    assert_false(domain_is_within("example.com", ""));
    assert_true(domain_list_covers("a.org, example.com", "x.example.com"));
    assert_false(domain_list_covers("a.org,example.com", "example.org"));
    assert_false(domain_list_covers("", "example.org"));
    assert_string_equal(domain_base("*.example.com"), "example.com");
    assert_string_equal(domain_base("example.com"), "example.com");
    assert_string_equal(domain_parent("a.example.com"), "example.com");
    assert_null(domain_parent("com"));
}

/* ---- suffixes ---- */

static void top_level_domains_are_those_of_the_list_and_the_operators(void **state)
{
    (void)state;
    static const char *const known[] = {"a.com", "a.co.uk", "a.ck", "a.kawasaki.jp", "a.xn--p1ai",
                                        "a.github.io", "com"};
    static const char *const unknown[] = {"a.invalidpublicdomain", "a.internal", "a.local",
                                          "a.test", "10.0.0.10", "a.xn--xyz"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_true(suffix_is_known(known[i], ""));
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_false(suffix_is_known(unknown[i], ""));
    assert_true(suffix_is_known("a.internal", "corp,internal"));
    assert_false(suffix_is_known("a.internal", "corp"));
}

static void registries_suffixes_are_public_and_those_of_one_owner_are_not(void **state)
{
    (void)state;
    assert_true(suffix_is_public("com"));
    assert_true(suffix_is_public("co.uk"));
    assert_true(suffix_is_public("anything.ck"));
    assert_true(suffix_is_public("internal"));
    assert_false(suffix_is_public("www.ck"));
    assert_false(suffix_is_public("github.io"));
    assert_false(suffix_is_public("example.com"));
}

/* ---- policy ---- */

static void names_of_no_public_domain_fail(void **state)
{
    (void)state;
    static const char *const names[] = {"www.example.invalidpublicdomain", "10.0.0.10",
                                        "xn--example.com", "ab--example.com", "*.co.uk",
                                        "*.xn--fiqs8s", "host.internal"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(policy_refusal(&config, names[i]), "INVALID_PUBLIC_DOMAIN");
    snprintf(config.domains_top_level, sizeof config.domains_top_level, "internal");
    assert_null(policy_refusal(&config, "host.internal"));
    config_defaults(&config);
}

static void names_that_nobody_gets_fail(void **state)
{
    (void)state;
    static const char *const names[] = {"amazonaws.com", "a.b.amazonaws.com", "*.cloudfront.net",
                                        "x.elasticbeanstalk.com"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(policy_refusal(&config, names[i]), "DOMAIN_NOT_ALLOWED");
    snprintf(config.domains_review, sizeof config.domains_review, "example.com");
    assert_string_equal(policy_refusal(&config, "*.example.com"),
                        "ADDITIONAL_VERIFICATION_REQUIRED");
    config_defaults(&config);
}

static void other_names_pass(void **state)
{
    (void)state;
    static const char *const names[] = {"example.com", "*.example.com", "myamazonaws.com",
                                        "a.github.io", "*.github.io", "xn--bcher-kva.de"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(policy_refusal(&config, names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_names_are_refused),
        cmocka_unit_test(names_up_to_the_limits_are_accepted),
        cmocka_unit_test(punycode_is_judged_as_in_the_guide),
        cmocka_unit_test(a_labels_are_those_of_idna_2008),
        cmocka_unit_test(random_a_labels_are_accepted_exactly_when_they_decode),
        cmocka_unit_test(folding_takes_capitals_away_and_nothing_else),
        cmocka_unit_test(a_name_is_within_itself_and_what_is_above_it),
        cmocka_unit_test(top_level_domains_are_those_of_the_list_and_the_operators),
        cmocka_unit_test(registries_suffixes_are_public_and_those_of_one_owner_are_not),
        cmocka_unit_test(names_of_no_public_domain_fail),
        cmocka_unit_test(names_that_nobody_gets_fail),
        cmocka_unit_test(other_names_pass),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
