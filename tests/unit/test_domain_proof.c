/* Tests of ca/domain/caa.c and proof.c: what counts as proof and as permission, and what people are told. */
#include "ca/domain/caa.h"
#include "ca/domain/outcome.h"
#include "ca/domain/proof.h"
#include "firmware/base/dns_view.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VALUE "_y.abcdefghij.acm-validations.aws."
#define AMAZON "amazon.com,amazontrust.com,awstrust.com,amazonaws.com"

static struct config config;

static int setup(void **state)
{
    (void)state;
    config_defaults(&config);
    return 0;
}

/* ---- CAA records ---- */

static struct slice rdata(uint8_t flags, const char *tag, const char *value)
{
    static uint8_t rooms[8][600];
    static size_t next;
    uint8_t *room = rooms[next++ % 8];
    size_t tag_len = strlen(tag), len = strlen(value);
    room[0] = flags;
    room[1] = (uint8_t)tag_len;
    memcpy(room + 2, tag, tag_len);
    memcpy(room + 2 + tag_len, value, len);
    return slice_of(room, 2 + tag_len + len);
}

static const struct caa_asker asker = {AMAZON, "123456789012", "ca-tbr-7"};

static enum caa_verdict judged(bool wildcard, size_t count, const struct slice *records)
{
    size_t which = 0;
    return caa_judge(records, count, wildcard, &asker, &which);
}

#define JUDGE(wildcard, ...)                                                                       \
    judged(wildcard, sizeof((struct slice[]){__VA_ARGS__}) / sizeof(struct slice),                 \
           (struct slice[]){__VA_ARGS__})

static void without_records_everybody_may_issue(void **state)
{
    (void)state;
    assert_int_equal(judged(false, 0, NULL), CAA_ALLOWS);
    assert_int_equal(judged(true, 0, NULL), CAA_ALLOWS);
    assert_int_equal(JUDGE(false, rdata(0, "iodef", "mailto:a@example.com")), CAA_ALLOWS);
    assert_int_equal(JUDGE(false, rdata(0, "issuewild", ";")), CAA_ALLOWS);
    assert_int_equal(JUDGE(true, rdata(0, "contactemail", "a@example.com")), CAA_ALLOWS);
}

static void each_of_our_names_allows(void **state)
{
    (void)state;
    static const char *const names[] = {"amazon.com", "amazontrust.com", "awstrust.com",
                                        "amazonaws.com", " AMAZON.com ", "amazon.com; a=b ; c=d",
                                        "amazon.com;"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(JUDGE(false, rdata(0, "issue", names[i])), CAA_ALLOWS);
        assert_int_equal(JUDGE(true, rdata(0, "issue", names[i])), CAA_ALLOWS);
        assert_int_equal(JUDGE(true, rdata(0, "ISSUEwild", names[i])), CAA_ALLOWS);
    }
}

static void accounts_and_methods_that_a_record_names_bind(void **state)
{
    (void)state;
    static const char *const allowing[] = {
        "amazon.com; validationmethods=ca-tbr-7",
        "amazon.com; ValidationMethods = http-01,CA-TBR-7",
        "amazon.com; accounturi=acct:123456789012@amazon.com",
        "amazon.com; accounturi=acct:123456789012@awstrust.com; validationmethods=ca-tbr-4,ca-tbr-7",
        "amazon.com; other=x",
    };
    static const char *const forbidding[] = {
        "amazon.com; validationmethods=dns-01", /* of ACME, which this is not */
        "amazon.com; validationmethods=ca-tbr-18",
        "amazon.com; validationmethods=",
        "amazon.com; validationmethods=ca-tbr-7,",
        "amazon.com; validationmethods=,ca-tbr-7",
        "amazon.com; validationmethods=ca_tbr,ca-tbr-7",
        "amazon.com; validationmethods=ca-tbr-7; validationmethods=ca-tbr-7",
        "amazon.com; accounturi=acct:210987654321@amazon.com",
        "amazon.com; accounturi=acct:123456789012@ca.example",
        "amazon.com; accounturi=acct:123456789012@",
        "amazon.com; accounturi=https://amazon.com/123456789012",
        "amazon.com; accounturi=",
        "amazon.com; accounturi=acct:123456789012@amazon.com; accounturi=acct:123456789012@amazon.com",
        "amazon.com; accounturi=acct:123456789012@amazon.com; validationmethods=dns-01",
    };
    for (size_t i = 0; i < sizeof allowing / sizeof allowing[0]; i++)
        assert_int_equal(JUDGE(false, rdata(0, "issue", allowing[i])), CAA_ALLOWS);
    for (size_t i = 0; i < sizeof forbidding / sizeof forbidding[0]; i++)
        assert_int_equal(JUDGE(false, rdata(0, "issue", forbidding[i])), CAA_FORBIDS);
    assert_int_equal(JUDGE(false, rdata(0, "issue", forbidding[0]), rdata(0, "issue", "amazon.com")),
                     CAA_ALLOWS); /* any that allows is enough */
    assert_string_equal(caa_method_label("EMAIL"), "ca-tbr-4");
    assert_string_equal(caa_method_label("HTTP"), "ca-tbr-18");
}

static void other_names_and_none_forbid(void **state)
{
    (void)state;
    static const char *const values[] = {";", "", "ca.example", "xamazon.com", "amazon.com.example",
                                         "amazon", "com", "amazon.com,amazontrust.com",
                                         "amazon.com a", "amazon.com; a", "amazon.com; a=b c",
                                         "amazon.com; =b", ".amazon.com", "amazon..com", "-a.com"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (JUDGE(false, rdata(0, "issue", values[i])) != CAA_FORBIDS)
            fail_msg("issue \"%s\" allows", values[i]);
}

static void one_of_several_records_is_enough(void **state)
{
    (void)state;
    assert_int_equal(JUDGE(false, rdata(0, "issue", "ca.example"), rdata(0, "issue", "amazon.com")),
                     CAA_ALLOWS);
    assert_int_equal(JUDGE(false, rdata(0, "issue", ";"), rdata(0, "issue", "amazon.com")),
                     CAA_ALLOWS);
}

static void issuewild_alone_counts_for_wildcards_when_there_is_one(void **state)
{
    (void)state;
    struct slice issue = rdata(0, "issue", "amazon.com");
    struct slice other = rdata(0, "issuewild", "ca.example");
    assert_int_equal(JUDGE(true, issue, other), CAA_FORBIDS);
    assert_int_equal(JUDGE(false, issue, other), CAA_ALLOWS);
    assert_int_equal(JUDGE(true, rdata(0, "issue", ";"), rdata(0, "issuewild", "amazon.com")),
                     CAA_ALLOWS);
}

static void a_critical_tag_that_is_not_known_forbids(void **state)
{
    (void)state;
    struct slice ours = rdata(128, "issue", "amazon.com");
    assert_int_equal(JUDGE(false, ours), CAA_ALLOWS);
    assert_int_equal(JUDGE(false, ours, rdata(128, "tbs", "x")), CAA_FORBIDS);
    assert_int_equal(JUDGE(false, ours, rdata(1, "tbs", "x")), CAA_ALLOWS);
}

static void damaged_records_forbid(void **state)
{
    (void)state;
    static const uint8_t no_tag[] = {0, 0, 'a'}, short_tag[] = {0, 9, 'a'}, odd[] = {0, 1, '_'};
    struct slice ours = rdata(0, "issue", "amazon.com");
    assert_int_equal(JUDGE(false, ours, slice_of(no_tag, 3)), CAA_FORBIDS);
    assert_int_equal(JUDGE(false, ours, slice_of(short_tag, 3)), CAA_FORBIDS);
    assert_int_equal(JUDGE(false, ours, slice_of(odd, 3)), CAA_FORBIDS);
    assert_int_equal(JUDGE(false, ours, slice_of(odd, 1)), CAA_FORBIDS);
}

static void records_are_shown_as_in_a_zone_file(void **state)
{
    (void)state;
    struct caa_record record;
    struct buf text = {0};
    assert_int_equal(caa_parse(rdata(128, "issue", "a\"\\\x01"), &record), 0);
    assert_int_equal(caa_print(&record, &text), 0);
    assert_string_equal(buf_text(&text), "128 issue \"a\\\"\\\\\\001\"");
    buf_free(&text);
}

/* ---- DNS validation ---- */

static void view_add(struct buf *views, const char *resolver, const char *name, uint32_t type,
                     enum dns_state state, const char *record)
{
    struct dns_view v = {.resolver = slice_text(resolver), .name = slice_text(name), .type = type,
                         .state = state, .count = record == NULL ? 0 : 1};
    v.records[0] = slice_text(record);
    assert_int_equal(dns_view_put(views, &v), 0);
}

/* A chain "a>b>c": CNAME from each to the next; one that ends in "!" is NXDOMAIN. */
static void chain_add(struct buf *views, const char *resolver, const char *chain)
{
    char copy[512], *save = NULL;
    snprintf(copy, sizeof copy, "%s", chain);
    char *at = strtok_r(copy, ">", &save);
    for (char *next = NULL; (next = strtok_r(NULL, ">", &save)) != NULL; at = next) {
        bool end = strcmp(next, "!") == 0;
        view_add(views, resolver, at, DNS_TYPE_CNAME, end ? DNS_NXDOMAIN : DNS_FOUND,
                 end ? NULL : next);
    }
}

static void assert_proof(struct buf *views, const char *code, const char *words)
{
    struct proof p;
    assert_int_equal(proof_dns(&config, buf_slice(views), VALUE, &p), 0);
    if (strcmp(p.code, code) != 0 || strstr(p.reason, words) == NULL)
        fail_msg("%s: %s, not %s: %s", p.code, p.reason, code, words);
    assert_int_equal(p.verdict == PROOF_GOOD, strcmp(code, "OK") == 0);
    proof_free(&p);
    buf_free(views);
}

static void assert_chain(const char *chain, const char *code, const char *words)
{
    struct buf views = {0};
    chain_add(&views, "recursion", chain);
    assert_proof(&views, code, words);
}

static void the_value_proves_in_any_form(void **state)
{
    (void)state;
    assert_chain("_x>_y.abcdefghij.acm-validations.aws", "OK", "");
    assert_chain("_x>_Y.ABCDEFGHIJ.acm-validations.AWS.", "OK", "");
    assert_chain("_x>y.abcdefghij.acm-validations.aws", "OK", "");
}

static void five_cnames_prove_and_six_do_not(void **state)
{
    (void)state;
    assert_chain("_x>a>b>c>d>_y.abcdefghij.acm-validations.aws", "OK", "");
    assert_chain("_x>a>b>c>d>e>_y.abcdefghij.acm-validations.aws", "CHAIN_TOO_LONG", "More than 5");
}

static void what_is_wrong_is_said_in_words(void **state)
{
    (void)state;
    assert_chain("_x>!", "NO_RECORD", "NXDOMAIN");
    assert_chain("_x>other.example>!", "WRONG_VALUE", "points to other.example; it should");
    assert_chain("_x>_y.abcdefghij.acm-validations.aws.example.com>!", "DOUBLED_DOMAIN",
                 "the provider has put the domain behind the value");
    assert_chain("_x>y.abcdefghij.acm-validations.aws.example.com>!", "DOUBLED_DOMAIN", "provider");
    struct buf views = {0};
    view_add(&views, "r", "_x", DNS_TYPE_CNAME, DNS_BOGUS, NULL);
    assert_proof(&views, "DNSSEC_FAILURE", "not shown to be genuine");
    view_add(&views, "r", "_x", DNS_TYPE_CNAME, DNS_FAILED, NULL);
    assert_proof(&views, "SERVFAIL", "do not answer properly");
    view_add(&views, "r", "_x", DNS_TYPE_CNAME, DNS_TIMED_OUT, NULL);
    assert_proof(&views, "TIMEOUT", "in time");
    assert_proof(&views, "NOT_LOOKED_UP", "resolver");
}

static void resolvers_must_agree(void **state)
{
    (void)state;
    struct buf views = {0};
    chain_add(&views, "one", "_x>_y.abcdefghij.acm-validations.aws");
    chain_add(&views, "two", "_x>_y.abcdefghij.acm-validations.aws");
    chain_add(&views, "three", "_x>!");
    assert_proof(&views, "NO_RECORD", "2 of 3 resolvers see what is needed, but not three");
    config.outbound_quorum = 2;
    chain_add(&views, "one", "_x>!");
    chain_add(&views, "two", "_x>_y.abcdefghij.acm-validations.aws");
    chain_add(&views, "three", "_x>_y.abcdefghij.acm-validations.aws");
    assert_proof(&views, "OK", "");
    /* one that said nothing makes the quorum no smaller */
    snprintf(config.outbound_resolvers, sizeof config.outbound_resolvers, "192.0.2.1, 192.0.2.2,192.0.2.3@53");
    chain_add(&views, "one", "_x>_y.abcdefghij.acm-validations.aws");
    assert_proof(&views, "NOT_LOOKED_UP", "1 resolvers see what is needed, and others said nothing: 2 must agree");
    config.outbound_quorum = 0;
    chain_add(&views, "one", "_x>_y.abcdefghij.acm-validations.aws");
    chain_add(&views, "two", "_x>_y.abcdefghij.acm-validations.aws");
    assert_proof(&views, "NOT_LOOKED_UP", "others said nothing: 3 must agree");
    config.outbound_resolvers[0] = '\0';
}

static void damaged_reports_are_no_proof(void **state)
{
    (void)state;
    struct proof p;
    assert_int_equal(proof_dns(&config, slice_text("nonsense"), VALUE, &p), CH_EPROTO);
}

/* ---- CAA as it was looked up ---- */

static void assert_caa(struct buf *views, const char *name, enum proof_verdict verdict,
                       const char *words)
{
    struct proof p;
    assert_int_equal(proof_caa(&config, buf_slice(views), name,
                               &(struct proof_asker){"123456789012", "DNS"}, &p), 0);
    if (p.verdict != verdict || strstr(p.reason, words) == NULL)
        fail_msg("%d: %s", (int)p.verdict, p.reason);
    proof_free(&p);
    buf_free(views);
}

static void caa_put(struct buf *views, const char *resolver, const char *name, const char *value)
{
    struct dns_view v = {.resolver = slice_text(resolver), .name = slice_text(name),
                         .type = DNS_TYPE_CAA, .state = DNS_FOUND, .count = 1};
    v.records[0] = rdata(0, "issue", value);
    assert_int_equal(dns_view_put(views, &v), 0);
}

static void the_closest_records_decide(void **state)
{
    (void)state;
    struct buf views = {0};
    view_add(&views, "r", "www.example.com", DNS_TYPE_CAA, DNS_NXDOMAIN, NULL);
    view_add(&views, "r", "example.com", DNS_TYPE_CAA, DNS_NO_RECORD, NULL);
    view_add(&views, "r", "com", DNS_TYPE_CAA, DNS_NO_RECORD, NULL);
    assert_caa(&views, "www.example.com", PROOF_GOOD, "");
    view_add(&views, "r", "www.example.com", DNS_TYPE_CAA, DNS_NO_RECORD, NULL);
    caa_put(&views, "r", "example.com", "ca.example");
    assert_caa(&views, "www.example.com", PROOF_FORBIDDEN,
               "The CAA record of example.com forbids it: CAA 0 issue \"ca.example\"");
}

static void a_look_up_that_fails_is_no_permission(void **state)
{
    (void)state;
    struct buf views = {0};
    view_add(&views, "r", "www.example.com", DNS_TYPE_CAA, DNS_NO_RECORD, NULL);
    view_add(&views, "r", "example.com", DNS_TYPE_CAA, DNS_FAILED, NULL);
    assert_caa(&views, "www.example.com", PROOF_NOT_YET, "do not answer properly");
    assert_caa(&views, "www.example.com", PROOF_NOT_YET, "could not look");
}

static void one_resolver_that_sees_a_refusal_is_enough(void **state)
{
    (void)state;
    struct buf views = {0};
    caa_put(&views, "one", "example.com", "amazon.com");
    caa_put(&views, "two", "example.com", "ca.example");
    assert_caa(&views, "example.com", PROOF_FORBIDDEN, "1 of 2");
}

/* ---- HTTP ---- */

#define TARGET "https://v.example/f/t.txt"

static void assert_http(uint32_t status, const char *location, const char *body, const char *code)
{
    struct msg_http_answer a = {.status = status, .location = slice_text(location),
                                .body = slice_text(body), .address = slice_text("192.0.2.1")};
    struct proof p;
    struct proof_pages pages = {0};
    assert_int_equal(proof_page_add(&pages, &a, TARGET, "abc"), 0);
    proof_pages_end(&config, &pages, &p);
    assert_string_equal(p.code, code);
    proof_free(&p);
}

static void a_redirect_to_the_target_or_the_token_itself_proves(void **state)
{
    (void)state;
    assert_http(302, "https://v.example/f/t.txt", "", "OK");
    assert_http(308, "https://v.example/f/t.txt", "moved", "OK");
    assert_http(200, "", "abc", "OK");
    assert_http(200, "", "abc\r\n", "OK");
    assert_http(200, "", "abcd", "WRONG_CONTENT");
    assert_http(302, "https://v.example/f/u.txt", "abc", "WRONG_REDIRECT");
    assert_http(302, "http://127.0.0.1/\xff", "", "WRONG_REDIRECT");
    assert_http(404, "", "abc", "WRONG_STATUS");
}

/* The first `good` of three pages have the redirect; "" = the quorum is met. */
static void assert_pages(int64_t quorum, size_t good, const char *words)
{
    static const char *const resolvers[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
    struct proof_pages pages = {0};
    struct proof p;
    for (size_t i = 0; i < 3; i++) {
        const struct msg_http_answer a = {.status = i < good ? 302 : 404, .location = slice_text(TARGET),
                                          .resolver = slice_text(resolvers[i]), .perspectives = 3};
        assert_int_equal(proof_page_add(&pages, &a, TARGET, "abc"), 0);
    }
    config.outbound_quorum = quorum;
    proof_pages_end(&config, &pages, &p);
    config.outbound_quorum = 0;
    assert_int_equal(p.verdict, words[0] == '\0' ? PROOF_GOOD : PROOF_NOT_YET);
    assert_non_null(strstr(p.reason, words));
    assert_int_equal(json_array_size(p.seen), 3);
    proof_free(&p);
}

static void a_quorum_of_resolvers_must_lead_to_the_page(void **state)
{
    (void)state;
    assert_pages(0, 3, "");
    assert_pages(2, 2, "");
    assert_pages(0, 2, "2 of 3 resolvers see what is needed, but not 192.0.2.3: The web server answers with status 404");
    assert_pages(2, 1, "1 of 3 resolvers see what is needed, but not 192.0.2.2");
    assert_pages(2, 0, "The web server answers with status 404");
}

static void intervals_grow_to_half_an_hour(void **state)
{
    (void)state;
    int64_t before = 0;
    for (uint32_t i = 0; i < 40; i++) {
        assert_true(outcome_interval(i) >= before);
        before = outcome_interval(i);
    }
    assert_int_equal(outcome_interval(0), 10 * INT64_C(1000000));
    assert_int_equal(before, 1800 * INT64_C(1000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_records_everybody_may_issue),
        cmocka_unit_test(each_of_our_names_allows),
        cmocka_unit_test(accounts_and_methods_that_a_record_names_bind),
        cmocka_unit_test(other_names_and_none_forbid),
        cmocka_unit_test(one_of_several_records_is_enough),
        cmocka_unit_test(issuewild_alone_counts_for_wildcards_when_there_is_one),
        cmocka_unit_test(a_critical_tag_that_is_not_known_forbids),
        cmocka_unit_test(damaged_records_forbid),
        cmocka_unit_test(records_are_shown_as_in_a_zone_file),
        cmocka_unit_test(the_value_proves_in_any_form),
        cmocka_unit_test(five_cnames_prove_and_six_do_not),
        cmocka_unit_test(what_is_wrong_is_said_in_words),
        cmocka_unit_test(resolvers_must_agree),
        cmocka_unit_test(damaged_reports_are_no_proof),
        cmocka_unit_test(the_closest_records_decide),
        cmocka_unit_test(a_look_up_that_fails_is_no_permission),
        cmocka_unit_test(one_resolver_that_sees_a_refusal_is_enough),
        cmocka_unit_test(a_redirect_to_the_target_or_the_token_itself_proves),
        cmocka_unit_test(a_quorum_of_resolvers_must_lead_to_the_page),
        cmocka_unit_test(intervals_grow_to_half_an_hour),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
