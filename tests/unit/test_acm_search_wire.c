/* Tests of SearchCertificates: a result member by member, and what is refused. test_acm_search.c is about what is
 * found. */
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

static char *root;

/* More certificates than a page of two. */
static int setup(void **state)
{
    static const char *const names[] = {"a.example.net", "b.example.net", "c.example.net"};
    ops_setup(state);
    root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Search Root");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        free(ops_request(root, "EC_prime256v1", names[i]));
    return 0;
}

static int teardown(void **state)
{
    free(root);
    return ops_teardown(state);
}

/* ---- a result, member by member; refusals ---- */

static void a_result_has_what_the_certificate_says(void **state)
{
    (void)state;
    char *arn = ops_request(root, "EC_prime256v1", "shop.example.net");
    json_t *out = ops_ok(ACM, "SearchCertificates", "{s:{s:{s:s}}}", "FilterStatement", "Filter",
                         "CertificateArn", arn);
    json_t *results = json_object_get(out, "Results");
    assert_int_equal(json_array_size(results), 1);
    json_t *x = json_object_get(json_array_get(results, 0), "X509Attributes");
    json_t *m = json_object_get(json_object_get(json_array_get(results, 0), "CertificateMetadata"),
                                "AcmCertificateMetadata");
    char *names = json_dumps(json_object_get(x, "SubjectAlternativeNames"), JSON_COMPACT);
    char *usages = json_dumps(json_object_get(x, "ExtendedKeyUsages"), JSON_COMPACT);
    assert_string_equal(ops_text(json_object_get(x, "Subject"), "CommonName"), "shop.example.net");
    assert_string_equal(ops_text(json_object_get(x, "Issuer"), "CommonName"), "Search Root");
    assert_string_equal(names, "[{\"DnsName\":\"shop.example.net\"}]");
    assert_string_equal(usages,
                        "[\"TLS_WEB_SERVER_AUTHENTICATION\",\"TLS_WEB_CLIENT_AUTHENTICATION\"]");
    assert_string_equal(ops_text(x, "KeyAlgorithm"), "EC-prime256v1");
    assert_int_equal(strlen(ops_text(x, "SerialNumber")), 59);
    assert_true(json_is_real(json_object_get(x, "NotAfter")));
    assert_string_equal(ops_text(m, "Status"), "ISSUED");
    assert_string_equal(ops_text(m, "Type"), "PRIVATE");
    assert_string_equal(ops_text(m, "CertificateKeyPairOrigin"), "AWS_MANAGED");
    assert_true(json_is_false(json_object_get(m, "Exported")));
    assert_true(json_is_false(json_object_get(m, "InUse")));
    assert_null(json_object_get(m, "ValidationMethod"));
    assert_null(json_object_get(m, "RenewalStatus"));
    assert_null(json_object_get(out, "NextToken"));
    free(usages);
    free(names);
    json_decref(out);
    free(arn);
}

static void statements_that_the_contract_does_not_know_are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{}",
        "{\"And\":[]}",
        "{\"And\":[{\"Filter\":{}}]}",
        "{\"Not\":{},\"Filter\":{}}",
        "{\"Filter\":{\"X509AttributeFilter\":{\"KeyAlgorithm\":\"DSA\"}}}",
        "{\"Filter\":{\"X509AttributeFilter\":{\"SerialNumber\":\"zz\"}}}",
        "{\"Filter\":{\"X509AttributeFilter\":{\"Subject\":{\"CommonName\":{\"Value\":\"a\"}}}}}",
        "{\"Filter\":{\"X509AttributeFilter\":{\"Subject\":{\"CommonName\":{\"Value\":\"a\","
        "\"ComparisonOperator\":\"BEGINS\"}}}}}",
        "{\"Filter\":{\"AcmCertificateMetadataFilter\":{\"Status\":\"LOST\"}}}",
        "{\"Filter\":{\"AcmCertificateMetadataFilter\":{\"Status\":\"ISSUED\",\"Type\":\"PRIVATE\"}}}",
        "{\"Filter\":{\"CertificateArn\":\"x\"}}",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ops_refused("ValidationException", ACM, "SearchCertificates", "{s:o}", "FilterStatement",
                    json_loads(refused[i], 0, NULL));
    ops_refused("ValidationException", ACM, "SearchCertificates", "{s:i}", "MaxResults", 501);
    ops_refused("ValidationException", ACM, "SearchCertificates", "{s:i}", "MaxResults", 0);
    ops_refused("ValidationException", ACM, "SearchCertificates", "{s:s}", "SortBy", "COLOUR");
}

static json_t *many_filters(unsigned lists)
{
    json_t *all = json_array();
    for (unsigned i = 0; i < lists; i++) {
        json_t *list = json_array();
        for (unsigned at = 0; at < 15; at++)
            json_array_append_new(list, json_pack("{s:{s:{s:b}}}", "Filter",
                                                  "AcmCertificateMetadataFilter", "InUse", 0));
        json_array_append_new(all, json_pack("{s:o}", "Or", list));
    }
    return json_pack("{s:[{s:o},{s:o}]}", "And", "And", all, "And", json_incref(all));
}

static void a_statement_has_a_greatest_number_of_filters(void **state)
{
    (void)state;
    json_decref(ops_ok(ACM, "SearchCertificates", "{s:o}", "FilterStatement", many_filters(8)));
    ops_refused("ValidationException", ACM, "SearchCertificates", "{s:o}", "FilterStatement",
                many_filters(9));
}

static void a_next_token_serves_its_own_search_only(void **state)
{
    (void)state;
    json_t *out = ops_ok(ACM, "SearchCertificates", "{s:i}", "MaxResults", 2);
    char *token = strdup(ops_text(out, "NextToken"));
    json_decref(ops_ok(ACM, "SearchCertificates", "{s:s, s:i}", "NextToken", token, "MaxResults", 5));
    ops_refused("ValidationException", ACM, "SearchCertificates", "{s:s, s:s}", "NextToken", token,
                "SortBy", "STATUS");
    ops_refused("ValidationException", ACM, "ListCertificates", "{s:s}", "NextToken", token);
    ops.region = "eu-west-1";
    ops_refused("ValidationException", ACM, "SearchCertificates", "{s:s}", "NextToken", token);
    ops.region = OPS_REGION;
    static const char *const strange[] = {"A", "AAAA", "====", "no base64 at all", "\xc3\xbc"};
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        ops_refused("ValidationException", ACM, "SearchCertificates", "{s:s}", "NextToken",
                    strange[i]);
    for (size_t i = 0; i < strlen(token); i += 5) {
        char kept = token[i];
        token[i] = kept == 'x' ? 'y' : 'x';
        ops_refused("ValidationException", ACM, "SearchCertificates", "{s:s}", "NextToken", token);
        token[i] = kept;
    }
    free(token);
    json_decref(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_has_what_the_certificate_says),
        cmocka_unit_test(statements_that_the_contract_does_not_know_are_refused),
        cmocka_unit_test(a_statement_has_a_greatest_number_of_filters),
        cmocka_unit_test(a_next_token_serves_its_own_search_only),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
