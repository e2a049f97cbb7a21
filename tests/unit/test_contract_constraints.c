#include "tests/unit/test_contract_kit.h"

#include <pthread.h>
#include <time.h>

#define DOMAIN_PATTERN                                           \
    "^(\\\\*\\\\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\\\\.)+" \
    "((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])$"

/* ---- constraints, in the recorded words ---- */

static void a_missing_member_is_a_null_value(void **state)
{
    (void)state;
    answer_is(CM "PutAccountConfiguration", "{\"ExpiryEvents\":{}}",
              VALIDATION "1 validation error detected: Value null at 'idempotencyToken' failed to "
                         "satisfy constraint: Member must not be null\"}");
    answer_is(CM "DescribeCertificate", "{\"CertificateArn\":null}",
              VALIDATION "1 validation error detected: Value null at 'certificateArn' failed to "
                         "satisfy constraint: Member must not be null\"}");
}

static void acm_hides_the_value(void **state)
{
    (void)state;
    answer_is(CM "ListCertificates", "{\"NextToken\":\"\"}",
              VALIDATION
              "1 validation error detected: Value of the input at 'nextToken' failed to "
              "satisfy constraint: Member must have length greater than or equal to 1\"}");
    answer_is(
        CM "PutAccountConfiguration",
        "{\"IdempotencyToken\":\"0a1b2c3d-0000-4000-8000-0123456789\"}",
        VALIDATION
        "2 validation errors detected: Value of the input at 'idempotencyToken' "
        "failed to satisfy constraint: Member must satisfy regular expression pattern: \\\\w+; "
        "Value of the input at 'idempotencyToken' failed to satisfy constraint: Member must "
        "have length less than or equal to 32\"}");
}

static void pca_repeats_the_value(void **state)
{
    (void)state;
    answer_is(PCA "IssueCertificate",
              "{\"CertificateAuthorityArn\":\"" CA_ARN "\",\"Csr\":\"MDAw\",\"SigningAlgorithm\":"
              "\"SHA256WITHRSA\",\"Validity\":{\"Value\":0,\"Type\":\"DAYS\"}}",
              VALIDATION
              "1 validation error detected: Value '0' at 'validity.value' failed to "
              "satisfy constraint: Member must have value greater than or equal to 1\"}");
    answer_is(
        PCA "CreatePermission",
        "{\"CertificateAuthorityArn\":\"" CA_ARN "\",\"Principal\":\"acm.amazonaws.com\","
        "\"Actions\":[\"IssueCertificate\",\"Dance\"]}",
        VALIDATION
        "1 validation error detected: Value '[IssueCertificate, Dance]' at 'actions' "
        "failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy "
        "enum value set: [IssueCertificate, GetCertificate, ListPermissions], Member must not "
        "be null]\"}");
    answer_is(PCA "CreatePermission",
              "{\"CertificateAuthorityArn\":\"" CA_ARN "\",\"Principal\":\"acm.amazonaws.com\","
              "\"Actions\":[]}",
              VALIDATION "1 validation error detected: Value '[]' at 'actions' failed to satisfy "
                         "constraint: Member must have length greater than or equal to 1\"}");
}

static void a_bad_name_and_a_bad_alternative_name_are_told_together(void **state)
{
    (void)state;
    answer_is(
        CM "RequestCertificate", "{\"DomainName\":\"ccc\",\"SubjectAlternativeNames\":[\"ccc\"]}",
        VALIDATION
        "2 validation errors detected: Value of the input at 'domainName' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: " DOMAIN_PATTERN
        "; Value of the input at 'subjectAlternativeNames' failed to satisfy constraint: Member "
        "must satisfy constraint: [Member must have length less than or equal to 253, Member "
        "must have length greater than or equal to 1, Member must satisfy regular expression "
        "pattern: " DOMAIN_PATTERN "]\"}");
}

static void an_empty_list_of_names_is_too_short(void **state)
{
    (void)state;
    answer_is(CM "RequestCertificate",
              "{\"DomainName\":\"a.example\",\"SubjectAlternativeNames\":[]}",
              VALIDATION
              "1 validation error detected: Value of the input at "
              "'subjectAlternativeNames' failed to satisfy constraint: Member must have length "
              "greater than or equal to 1\"}");
}

static void items_of_structures_are_counted_from_one(void **state)
{
    (void)state;
    answer_is(CM "AddTagsToCertificate",
              "{\"CertificateArn\":\"" CERT_ARN "\",\"Tags\":[{\"Key\":\"a\"},{\"Key\":\"Name\","
              "\"Value\":\"*.dev.example.com\"},null]}",
              VALIDATION
              "2 validation errors detected: Value of the input at 'tags.2.member.value' "
              "failed to satisfy constraint: Member must satisfy regular expression pattern: "
              "([\\\\p{L}\\\\p{Z}\\\\p{N}_.:/=+\\\\-@]*); Value null at 'tags.3.member' failed to "
              "satisfy constraint: Member must not be null\"}");
}

static void a_value_of_an_enumeration_in_a_list_is_told_on_the_list(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{\"CertificateKeyPairOrigins\":[\"ACME\",\"IMPORTED\"]}",
                                         "{\"CertificateKeyPairOrigins\":[null]}"};
    for (size_t i = 0; i < 2; i++)
        answer_is(CM "ListCertificates", bodies[i],
                  VALIDATION
                  "1 validation error detected: Value of the input at "
                  "'certificateKeyPairOrigins' failed to satisfy constraint: Member must satisfy "
                  "constraint: [Member must satisfy enum value set: [AWS_MANAGED, ACME, "
                  "CUSTOMER_PROVIDED], Member must not be null]\"}");
}

static void octets_and_secrets_are_left_out(void **state)
{
    (void)state;
    answer_is(CM "ExportCertificate",
              "{\"CertificateArn\":\"" CERT_ARN "\",\"Passphrase\":\"YWJj\"}",
              VALIDATION "1 validation error detected: Value at 'passphrase' failed to satisfy "
                         "constraint: Member must have length greater than or equal to 4\"}");
    answer_is(PCA "ImportCertificateAuthorityCertificate",
              "{\"CertificateAuthorityArn\":\"" CA_ARN "\",\"Certificate\":\"\"}",
              VALIDATION "1 validation error detected: Value at 'certificate' failed to satisfy "
                         "constraint: Member must have length greater than or equal to 1\"}");
}

static void a_union_holds_exactly_one_member(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"FilterStatement\":{}}", "{\"FilterStatement\":{\"Unknown\":1}}",
        "{\"FilterStatement\":{\"Not\":null}}",
        "{\"FilterStatement\":{\"Filter\":{\"CertificateArn\":\"" CERT_ARN "\"},\"Not\":{}}}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        answer_is(CM "SearchCertificates", bodies[i],
                  VALIDATION "1 validation error detected: Value at 'filterStatement' failed to "
                             "satisfy constraint: Member must have exactly one value set\"}");
    answer_is(CM "SearchCertificates",
              "{\"FilterStatement\":{\"And\":[{\"Filter\":{\"CertificateArn\":\"" CERT_ARN
              "\"}},{\"Not\":{}}]}}",
              VALIDATION "1 validation error detected: Value at 'filterStatement.and.2.member.not' "
                         "failed to satisfy constraint: Member must have exactly one value set\"}");
}

static void at_most_ten_problems_are_listed(void **state)
{
    (void)state;
    struct buf body = {0};
    assert_int_equal(buf_put_text(&body, "{\"CertificateArn\":\"" CERT_ARN "\",\"Tags\":[{}"), 0);
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(buf_put_text(&body, ",{}"), 0);
    assert_int_equal(buf_put_text(&body, "]}"), 0);
    char *text = answer_to_slice(CM "AddTagsToCertificate", buf_slice(&body));
    assert_non_null(strstr(text, "\"10 validation errors detected: "));
    assert_non_null(strstr(text, "'tags.10.member.key'"));
    assert_null(strstr(text, "'tags.11.member.key'"));
    free(text);
    buf_free(&body);
}

/* Ten long problems do not fit the text: those that are listed are whole, and counted. */
static void a_problem_that_does_not_fit_is_left_out(void **state)
{
    (void)state;
    struct buf body = {0};
    assert_int_equal(buf_put_text(&body, "{\"CertificateAuthorityArn\":\"" CA_ARN "\",\"Tags\":["),
                     0);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(buf_put_text(&body, i == 0 ? "{\"Key\":\"" : ",{\"Key\":\""), 0);
        for (size_t j = 0; j < 300; j++)
            assert_int_equal(buf_put_text(&body, "\xF0\x9F\x94\x92"), 0);
        assert_int_equal(buf_put_text(&body, "\"}"), 0);
    }
    assert_int_equal(buf_put_text(&body, "]}"), 0);
    struct api_error error = {0};
    json_t *in = NULL;
    assert_int_equal(body_check_slice(PCA "TagCertificateAuthority", buf_slice(&body), &in, &error),
                     CH_EAPI);
    unsigned claimed = 0;
    unsigned listed = 0;
    assert_int_equal(sscanf(error.text, "%u validation errors", &claimed), 1);
    for (const char *p = error.text; (p = strstr(p, "failed to satisfy")) != NULL; p++)
        listed++;
    assert_int_equal(claimed, listed);
    assert_in_range(claimed, 2, 10);
    assert_true(strlen(error.text) < API_ERROR_TEXT_MAX);
    json_decref(in);
    buf_free(&body);
}

static void a_long_value_is_shortened_between_characters(void **state)
{
    (void)state;
    char body[2000] = "{\"CertificateAuthorityArn\":\"";
    for (size_t i = 0; i < 300; i++)
        strcat(body, "\xC3\xA4");
    strcat(body, "\"}");
    char expected[2000] = VALIDATION "2 validation errors detected: Value '";
    for (size_t i = 0; i < 128; i++)
        strcat(expected, "\xC3\xA4");
    strcat(expected, "...' at 'certificateAuthorityArn' failed");
    char *text = answer_to_slice(PCA "ListTags", slice_text(body));
    assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
    free(text);
}

static void text_is_measured_in_characters(void **state)
{
    (void)state;
    char body[700] = "{\"ResourceArn\":\"" CERT_ARN "\",\"TagKeys\":[\"";
    for (size_t i = 0; i < 128; i++)
        strcat(body, "\xC3\xA4");
    strcat(body, "\"]}");
    char *text = answer_to_slice(CM "UntagResource", slice_text(body));
    assert_non_null(strstr(text, "\"TagKeys\""));
    free(text);
    body[strlen(body) - 3] = '\0';
    strcat(body, "\xC3\xA4\"]}");
    text = answer_to_slice(CM "UntagResource", slice_text(body));
    assert_non_null(strstr(text, "Member must have length less than or equal to 128"));
    free(text);
}

static bool domain_is_taken(const char *domain)
{
    char body[512];
    snprintf(body, sizeof(body), "{\"DomainName\":\"%s\"}", domain);
    char *text = answer_to_slice(CM "RequestCertificate", slice_text(body));
    bool taken = strstr(text, "__type") == NULL;
    free(text);
    return taken;
}

static void domain_names_follow_the_pattern(void **state)
{
    (void)state;
    static const char *const good[] = {"a.example", "*.a.example", "A-b.Example.COM", "1.2.example",
                                       "xn--bcher-kva.example"};
    static const char *const bad[] = {"example",
                                      "a.example.",
                                      ".a.example",
                                      "a..example",
                                      "-a.example",
                                      "a-.example",
                                      "*",
                                      "*.*.a.example",
                                      "a.*.example",
                                      "a_b.example",
                                      "a.example\\n",
                                      "a.e",
                                      "b\xC3\xBC"
                                      "cher.example"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(domain_is_taken(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(domain_is_taken(bad[i]));
}

static bool token_is_taken(const char *token)
{
    char body[128];
    snprintf(body, sizeof(body), "{\"NextToken\":\"%s\"}", token);
    char *text = answer_to_slice(CM "ListCertificates", slice_text(body));
    bool taken = strstr(text, "__type") == NULL;
    free(text);
    return taken;
}

static void escapes_in_patterns_mean_code_points(void **state)
{
    (void)state;
    assert_true(token_is_taken("\\t\\n\\r ~\xC3\xBF"));
    assert_false(token_is_taken("\xC4\x80"));
    assert_false(token_is_taken("\\u000b"));
    assert_true(token_is_taken("u0009"));
}

static unsigned problems_of_arn(size_t segments)
{
    unsigned count = 0;
    struct buf body = {0};
    assert_int_equal(buf_put_text(&body, "{\"CertificateArn\":\"" CERT_ARN), 0);
    for (size_t i = 0; i < segments; i++)
        assert_int_equal(buf_put_text(&body, "/a"), 0);
    assert_int_equal(buf_put_text(&body, "\"}"), 0);
    char *text = answer_to_slice(CM "DescribeCertificate", buf_slice(&body));
    for (const char *p = text; (p = strstr(p, "failed to satisfy")) != NULL; p++)
        count++;
    free(text);
    buf_free(&body);
    return count;
}

/* The compiled pattern has little stack; what exceeds it is judged all the same, up to a bound. */
static void a_long_text_that_fits_its_pattern_is_only_too_long(void **state)
{
    (void)state;
    assert_int_equal(problems_of_arn(100), 0);
    assert_int_equal(problems_of_arn(2500), 1);
    assert_int_equal(problems_of_arn(20000), 1);
    assert_int_equal(problems_of_arn(1000000), 2);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Values made to send a matcher astray are refused without much work. */
static void no_text_can_keep_a_pattern_busy(void **state)
{
    (void)state;
    static const struct {
        const char *target, *head, *unit, *tail;
    } rows[] = {
        {CM "RequestCertificate", "{\"DomainName\":\"", "a-", "!\"}"},
        {CM "RequestCertificate", "{\"DomainName\":\"", "a.", "!\"}"},
        {CM "RequestCertificate", "{\"DomainName\":\"", "a", "\"}"},
        {CM "CreateAcmeDomainValidation", "{\"DomainName\":\"", "a-a", "!\"}"},
        {CM "CreateAcmeDomainValidation", "{\"DomainName\":\"", "a.", "-\"}"},
        {CM "DescribeCertificate", "{\"CertificateArn\":\"arn:a:acm::0:", "a/", "!\"}"},
        {CM "DescribeCertificate", "{\"CertificateArn\":\"arn:", ":acm:", "!\"}"},
        {PCA "IssueCertificate",
         "{\"ApiPassthrough\":{\"Extensions\":{\"CustomExtensions\":[{\"Value\":\"", "AAAA",
         "!\"}]}}}"},
        {PCA "IssueCertificate",
         "{\"ApiPassthrough\":{\"Extensions\":{\"CustomExtensions\":[{\"ObjectIdentifier\":\"1.2",
         ".1", "!\"}]}}}"},
        {PCA "PutPolicy", "{\"Policy\":\"", "a", "\xC4\x80\"}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf body = {0};
        assert_int_equal(buf_put_text(&body, rows[i].head), 0);
        while (body.len < 500000)
            assert_int_equal(buf_put_text(&body, rows[i].unit), 0);
        assert_int_equal(buf_put_text(&body, rows[i].tail), 0);
        double started = seconds();
        char *text = answer_to_slice(rows[i].target, buf_slice(&body));
        assert_true(seconds() - started < 2.0);
        assert_non_null(strstr(text, "ValidationException"));
        free(text);
        buf_free(&body);
    }
}

static void the_longest_base64_extension_is_taken(void **state)
{
    (void)state;
    struct buf body = {0};
    assert_int_equal(
        buf_put_text(&body,
                     "{\"CertificateAuthorityArn\":\"" CA_ARN "\",\"Csr\":\"MDAw\","
                     "\"SigningAlgorithm\":\"SHA256WITHRSA\",\"Validity\":{\"Value\":1,\"Type\":"
                     "\"DAYS\"},\"ApiPassthrough\":{\"Extensions\":{\"CustomExtensions\":[{"
                     "\"ObjectIdentifier\":\"1.2.3\",\"Value\":\""),
        0);
    for (size_t i = 0; i < 1023; i++)
        assert_int_equal(buf_put_text(&body, "AAAA"), 0);
    assert_int_equal(buf_put_text(&body, "AAA=\"}]}}}"), 0);
    char *text = answer_to_slice(PCA "IssueCertificate", buf_slice(&body));
    assert_null(strstr(text, "__type"));
    free(text);
    buf_free(&body);
}

static void an_error_that_is_set_stays(void **state)
{
    (void)state;
    struct api_error error = {0};
    json_t *in = NULL;
    assert_int_equal(api_fail(&error, "ThrottlingException", "Rate exceeded"), CH_EAPI);
    assert_int_equal(contract_parse(slice_text("nope"), &in, &error), CH_EAPI);
    assert_string_equal(error.type, "ThrottlingException");
}

#define ISSUE                                                                                     \
    "{\"CertificateAuthorityArn\":\"" CA_ARN "\",\"Csr\":\"MDAw\",\"SigningAlgorithm\":"          \
    "\"SHA256WITHECDSA\",\"TemplateArn\":\"arn:aws:acm-pca:::template/EndEntityCertificate/V1\"," \
    "\"Validity\":{\"Value\":365,\"Type\":\"DAYS\"},\"IdempotencyToken\":\"12345\"}"

static void *check_many_times(void *failed)
{
    const struct operation *operation = operation_named(PCA "IssueCertificate");
    for (size_t i = 0; i < 500; i++) {
        struct api_error error = {0};
        json_t *in = NULL;
        if (contract_parse(slice_text(ISSUE), &in, &error) != 0 ||
            contract_check(operation, in, &error) != 0)
            *(bool *)failed = true;
        json_decref(in);
    }
    return NULL;
}

static void many_threads_check_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool failed[4] = {false};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_many_times, &failed[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(failed[i]);
    }
}

/* ---- speed ---- */

static void issue_certificate_is_checked_within_twenty_microseconds(void **state)
{
    (void)state;
    const struct operation *operation = operation_named(PCA "IssueCertificate");
    struct api_error error = {0};
    json_t *in = NULL;
    const int rounds = 5000;
    assert_int_equal(contract_parse(slice_text(ISSUE), &in, &error), 0);
    double started = seconds();
    for (int i = 0; i < rounds; i++)
        assert_int_equal(contract_check(operation, in, &error), 0);
    double each = (seconds() - started) / rounds * 1e6;
    print_message("contract_check of IssueCertificate: %.2f us\n", each);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(each < 20);
#endif
    json_decref(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_member_is_a_null_value),
        cmocka_unit_test(acm_hides_the_value),
        cmocka_unit_test(pca_repeats_the_value),
        cmocka_unit_test(a_bad_name_and_a_bad_alternative_name_are_told_together),
        cmocka_unit_test(an_empty_list_of_names_is_too_short),
        cmocka_unit_test(items_of_structures_are_counted_from_one),
        cmocka_unit_test(a_value_of_an_enumeration_in_a_list_is_told_on_the_list),
        cmocka_unit_test(octets_and_secrets_are_left_out),
        cmocka_unit_test(a_union_holds_exactly_one_member),
        cmocka_unit_test(at_most_ten_problems_are_listed),
        cmocka_unit_test(a_problem_that_does_not_fit_is_left_out),
        cmocka_unit_test(a_long_value_is_shortened_between_characters),
        cmocka_unit_test(text_is_measured_in_characters),
        cmocka_unit_test(domain_names_follow_the_pattern),
        cmocka_unit_test(escapes_in_patterns_mean_code_points),
        cmocka_unit_test(a_long_text_that_fits_its_pattern_is_only_too_long),
        cmocka_unit_test(no_text_can_keep_a_pattern_busy),
        cmocka_unit_test(the_longest_base64_extension_is_taken),
        cmocka_unit_test(an_error_that_is_set_stays),
        cmocka_unit_test(many_threads_check_at_once),
        cmocka_unit_test(issue_certificate_is_checked_within_twenty_microseconds),
    };
    return cmocka_run_group_tests_name("constraints of the contract", tests, start, stop);
}
