#include "tests/unit/test_contract_kit.h"

/* ---- finding operations ---- */

static void each_operation_is_found_by_its_target(void **state)
{
    (void)state;
    size_t count = 0;
    const struct service *services = contract_services(&count);
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < services[s].operation_count && services[s].version == NULL; i++) {
            char target[128];
            const struct service *service = NULL;
            const struct operation *operation = NULL;
            snprintf(target, sizeof(target), "%s.%s", services[s].target_prefix,
                     services[s].operations[i].name);
            assert_int_equal(contract_find(slice_text(target), &service, &operation), 0);
            assert_ptr_equal(service, &services[s]);
            assert_ptr_equal(operation, &services[s].operations[i]);
        }
    }
}

static void the_same_name_means_another_operation_at_the_other_service(void **state)
{
    (void)state;
    assert_ptr_not_equal(operation_named(CM "GetCertificate"),
                         operation_named(PCA "GetCertificate"));
}

static void unknown_targets_are_not_found(void **state)
{
    (void)state;
    static const char *const targets[] = {
        "",
        ".",
        "CertificateManager",
        "CertificateManager.",
        ".RequestCertificate",
        "CertificateManager.requestcertificate",
        "CertificateManager.RequestCertificat",
        "CertificateManager.RequestCertificate2",
        "CertificateManager..RequestCertificate",
        "CertificateManager.RequestCertificate.x",
        "ACMPrivateCA.RequestCertificate",
        "certificatemanager.RequestCertificate",
        "CertificateManager_20151208.ListCertificates",
        "CertificateManager.A",
        "CertificateManager.Zzz",
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        const struct service *service = contract_services(&(size_t){0});
        const struct operation *operation = service->operations;
        assert_int_equal(contract_find(slice_text(targets[i]), &service, &operation), CH_ENOTFOUND);
        assert_null(service);
        assert_null(operation);
    }
}

static void a_target_with_a_nul_is_not_found(void **state)
{
    (void)state;
    const struct service *service = NULL;
    const struct operation *operation = NULL;
    struct slice target = slice_of("CertificateManager.ListCertificates\0x", 37);
    assert_int_equal(contract_find(target, &service, &operation), CH_ENOTFOUND);
    assert_int_equal(contract_find((struct slice){0}, &service, &operation), CH_ENOTFOUND);
}

/* ---- parsing ---- */

#define NOT_JSON "{\"__type\":\"SerializationException\"}"

static void what_is_no_json_object_is_refused_without_words(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        " ",
        "true",
        "null",
        "\"text\"",
        "12",
        "[]",
        "[{}]",
        "{",
        "}",
        "{}}",
        "{} {}",
        "{\"a\"}",
        "{\"a\":}",
        "{'a':1}",
        "{\"a\":1,}",
        "{a:1}",
        "\xEF\xBB\xBF{}",
        "{\"a\":NaN}",
        "{\"a\":01}",
        "{\"a\":1e999}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"a\":\"\xC3\"}",
        "{\"a\":\"\xC0\xAF\"}",
        "{\"a\":\"\xED\xA0\x80\"}",
        "{\"a\":\"\xF4\x90\x80\x80\"}",
        "{\"a\":\"line\nend\"}",
        "{\"a\":\"",
        "{\"a\":\"\\",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        answer_is(CM "ListCertificates", bodies[i], NOT_JSON);
}

static void a_repeated_member_is_refused(void **state)
{
    (void)state;
    answer_is(CM "ListCertificates", "{\"MaxItems\":1,\"MaxItems\":2}", NOT_JSON);
}

static void a_nul_in_the_body_is_refused(void **state)
{
    (void)state;
    char *text = answer_to_slice(CM "ListCertificates", slice_of("{}\0", 3));
    assert_string_equal(text, NOT_JSON);
    free(text);
    text = answer_to_slice(CM "ListCertificates", slice_of("{\"a\":\"\0\"}", 9));
    assert_string_equal(text, NOT_JSON);
    free(text);
}

/* {"x":[[...]]}: an object and as many lists as make depth levels. */
static void nested_is(size_t depth, const char *expected)
{
    struct buf body = {0};
    assert_int_equal(buf_put_text(&body, "{\"x\":"), 0);
    for (size_t i = 1; i < depth; i++)
        assert_int_equal(buf_put_text(&body, "["), 0);
    for (size_t i = 1; i < depth; i++)
        assert_int_equal(buf_put_text(&body, "]"), 0);
    assert_int_equal(buf_put_text(&body, "}"), 0);
    answer_is(CM "ListCertificates", buf_text(&body), expected);
    buf_free(&body);
}

static void thirty_two_levels_are_taken_and_no_more(void **state)
{
    (void)state;
    nested_is(32, "{}");
    nested_is(33, NOT_JSON);
}

static void brackets_inside_texts_are_no_depth(void **state)
{
    (void)state;
    answer_is(CM "ListCertificates",
              "{\"x\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\\\\\",\"y\":\"{{{{{{{{{\"}",
              "{}");
}

static void a_body_of_endless_values_is_refused_before_it_is_parsed(void **state)
{
    (void)state;
    struct buf body = {0};
    assert_int_equal(buf_put_text(&body, "{\"x\":[0"), 0);
    for (size_t i = 0; i < 65536; i++)
        assert_int_equal(buf_put_text(&body, ",0"), 0);
    struct buf fits = {0};
    assert_int_equal(buf_put_slice(&fits, buf_slice(&body)), 0);
    assert_int_equal(buf_put_text(&fits, "]}"), 0);
    assert_int_equal(buf_put_text(&body, ",0]}"), 0);
    char *text = answer_to_slice(CM "ListCertificates", buf_slice(&body));
    assert_string_equal(text, NOT_JSON);
    free(text);
    text = answer_to_slice(CM "ListCertificates", buf_slice(&fits));
    assert_string_equal(text, "{}");
    free(text);
    buf_free(&fits);
    buf_free(&body);
}

/* ---- types ---- */

static void a_wrong_type_has_the_recorded_words(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body, *text;
    } rows[] = {
        {CM "RequestCertificate", "{\"DomainName\":1}",
         "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
         "String"},
        {CM "RequestCertificate", "{\"DomainName\":true}",
         "class java.lang.Boolean can not be converted to an String"},
        {CM "RequestCertificate", "{\"DomainName\":[\"a.example\"]}",
         "Start of list found where not expected"},
        {CM "RequestCertificate", "{\"DomainName\":{}}",
         "Start of structure or map found where not expected."},
        {CM "RequestCertificate", "{\"SubjectAlternativeNames\":\"a.example\"}",
         "Expected list or null"},
        {CM "RequestCertificate", "{\"SubjectAlternativeNames\":1.5}", "Expected list or null"},
        {CM "RequestCertificate", "{\"SubjectAlternativeNames\":{}}",
         "Start of structure or map found where not expected."},
        {CM "RequestCertificate", "{\"SubjectAlternativeNames\":[[]]}",
         "Start of list found where not expected"},
        {CM "RequestCertificate", "{\"Options\":false}", "Expected null"},
        {CM "RequestCertificate", "{\"Options\":[]}", "Start of list found where not expected"},
        {CM "RequestCertificate", "{\"Tags\":[\"a\"]}", "Expected null"},
        {CM "RequestCertificate", "{\"KeyAlgorithm\":2048}",
         "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
         "String"},
        {CM "SearchCertificates", "{\"FilterStatement\":7}", "Expected null"},
        {CM "SearchCertificates",
         "{\"FilterStatement\":{\"Filter\":{\"AcmCertificateMetadataFilter\":{\"InUse\":\"yes\"}}}"
         "}",
         "class java.lang.String can not be converted to an Boolean"},
        {CM "SearchCertificates",
         "{\"FilterStatement\":{\"Filter\":{\"X509AttributeFilter\":{\"NotAfter\":{\"Start\":\"x\"}"
         "}}}}",
         "class java.lang.String can not be converted to milliseconds since epoch"},
        {CM "ListCertificates", "{\"MaxItems\":\"10\"}",
         "class java.lang.String can not be converted to an Integer"},
        {CM "ListCertificates", "{\"MaxItems\":true}",
         "class java.lang.Boolean can not be converted to an Integer"},
        {PCA "IssueCertificate", "{\"Validity\":{\"Value\":\"1\"}}",
         "class java.lang.String can not be converted to an Long"},
        {PCA "IssueCertificate", "{\"Csr\":5}",
         "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to a "
         "Blob"},
        {PCA "IssueCertificate", "{\"Csr\":\"MDAw=\"}",
         "'MDAw=' can not be converted to a Blob: Base64 encoded length is expected a multiple of "
         "4 "
         "bytes but found: 5"},
        {PCA "IssueCertificate", "{\"Csr\":\"=DAw\"}",
         "'=DAw' can not be converted to a Blob: Invalid Base64 character: '='"},
        {PCA "IssueCertificate", "{\"Csr\":\"AA=A\"}",
         "'AA=A' can not be converted to a Blob: Invalid Base64 character: '='"},
        {PCA "IssueCertificate", "{\"Csr\":\"AB==\"}",
         "'AB==' can not be converted to a Blob: Invalid last non-pad Base64 character"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char expected[512];
        snprintf(expected, sizeof(expected), SERIALIZATION "%s\"}", rows[i].text);
        answer_is(rows[i].target, rows[i].body, expected);
    }
}

static void types_are_judged_before_constraints(void **state)
{
    (void)state;
    answer_is(CM "ListCertificates", "{\"NextToken\":\"\",\"MaxItems\":\"1\"}",
              SERIALIZATION "class java.lang.String can not be converted to an Integer\"}");
}

static void bad_base64_of_a_secret_is_not_repeated(void **state)
{
    (void)state;
    answer_is(
        CM "ExportCertificate", "{\"CertificateArn\":\"" CERT_ARN "\",\"Passphrase\":\"s3cr3\"}",
        SERIALIZATION "Value can not be converted to a Blob: Base64 encoded length is expected "
                      "a multiple of 4 bytes but found: 5\"}");
    answer_is(
        CM "ExportCertificate", "{\"CertificateArn\":\"" CERT_ARN "\",\"Passphrase\":\"s3cr!t00\"}",
        SERIALIZATION "Value can not be converted to a Blob: Invalid Base64 character: '?'\"}");
}

static void bad_base64_that_is_long_is_not_repeated(void **state)
{
    (void)state;
    char body[1200] = "{\"Csr\":\"";
    memset(body + 8, 'A', 1001);
    memcpy(body + 1009, "\"}", 3);
    answer_is(PCA "IssueCertificate", body,
              SERIALIZATION
              "Value can not be converted to a Blob: Base64 encoded length is expected "
              "a multiple of 4 bytes but found: 1001\"}");
}

static void null_and_unknown_members_are_taken_out(void **state)
{
    (void)state;
    answer_is(
        CM "ListCertificates",
        "{\"NextToken\":null,\"MaxItems\":5,\"Nope\":{\"a\":[1]},\"Includes\":{\"keyTypes\":null,"
        "\"other\":1}}",
        "{\"MaxItems\":5,\"Includes\":{}}");
    answer_is(CM "GetAccountConfiguration", "{\"anything\":1}", "{}");
}

static void member_names_are_case_sensitive(void **state)
{
    (void)state;
    answer_is(CM "ListCertificates", "{\"maxItems\":5}", "{}");
}

static void fractions_are_cut_off_and_big_numbers_clamped(void **state)
{
    (void)state;
    answer_is(CM "ListCertificates", "{\"MaxItems\":2.9}", "{\"MaxItems\":2}");
    answer_is(CM "ListCertificates", "{\"MaxItems\":1e2}", "{\"MaxItems\":100}");
    answer_is(PCA "UpdateCertificateAuthority",
              "{\"CertificateAuthorityArn\":\"" CA_ARN "\","
              "\"RevocationConfiguration\":{\"CrlConfiguration\":{\"Enabled\":true,"
              "\"ExpirationInDays\":-0.5}}}",
              VALIDATION
              "1 validation error detected: Value '0' at "
              "'revocationConfiguration.crlConfiguration.expirationInDays' failed to satisfy "
              "constraint: Member must have value greater than or equal to 1\"}");
    answer_is(PCA "ListCertificateAuthorities", "{\"MaxResults\":99999999999}",
              VALIDATION
              "1 validation error detected: Value '2147483647' at 'maxResults' failed to "
              "satisfy constraint: Member must have value less than or equal to 1000\"}");
    answer_is(PCA "ListCertificateAuthorities", "{\"MaxResults\":-1e300}",
              VALIDATION
              "1 validation error detected: Value '-2147483648' at 'maxResults' failed to "
              "satisfy constraint: Member must have value greater than or equal to 1\"}");
    answer_is(CM "CreateAcmeExternalAccountBinding",
              "{\"AcmeEndpointArn\":"
              "\"arn:aws:acm:eu-west-1:123456789012:acme-endpoint/a\",\"RoleArn\":"
              "\"arn:aws:iam::123456789012:role/a\",\"Expiration\":{\"Type\":\"DAYS\",\"Value\":"
              "123456789012345678901234567890}}",
              "{\"AcmeEndpointArn\":\"arn:aws:acm:eu-west-1:123456789012:acme-endpoint/a\","
              "\"RoleArn\":\"arn:aws:iam::123456789012:role/a\",\"Expiration\":{\"Type\":\"DAYS\","
              "\"Value\":9223372036854775807}}");
}

static void a_large_whole_number_keeps_its_digits(void **state)
{
    (void)state;
    char *text = answer_to_slice(
        CM "CreateAcmeExternalAccountBinding",
        slice_text("{\"AcmeEndpointArn\":\"arn:aws:acm:eu-west-1:123456789012:acme-endpoint/a\","
                   "\"RoleArn\":\"arn:aws:iam::123456789012:role/a\","
                   "\"Expiration\":{\"Value\":9007199254740993,\"Type\":\"DAYS\"}}"));
    assert_non_null(strstr(text, "9007199254740993"));
    free(text);
}

/* ---- values ---- */

static void a_timestamp_is_a_double_of_twelve_characters(void **state)
{
    (void)state;
    static const struct {
        int64_t microseconds;
        const char *text;
    } rows[] = {
        {INT64_C(1565117610000000), "1565117610.0"},     {0, "0.0"},
        {INT64_C(1565117610500999), "1565117610.5"},     {INT64_C(-1000001), "-1.0009999999999999"},
        {INT64_C(253402300799000000), "253402300799.0"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *value = contract_timestamp(rows[i].microseconds);
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        if (rows[i].microseconds >= 0)
            assert_string_equal(text, rows[i].text);
        else
            assert_true(json_real_value(value) == -1.001);
        free(text);
        json_decref(value);
    }
}

static void blobs_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *octets;
        size_t len;
    } rows[] = {{"", "", 0},        {"YQ==", "a", 1},        {"YWI=", "ab", 2},
                {"YWJj", "abc", 3}, {"AAD/", "\0\0\xFF", 3}, {"+/+/", "\xFB\xFF\xBF", 3}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = {0};
        json_t *object = json_pack("{s:s}", "Blob", rows[i].text);
        assert_int_equal(buf_put_text(&out, "x"), 0);
        assert_int_equal(contract_blob(object, "Blob", &out), 0);
        assert_int_equal(out.len, rows[i].len + 1);
        assert_memory_equal(out.data + 1, rows[i].octets, rows[i].len);
        buf_free(&out);
        json_decref(object);
    }
}

static void a_blob_that_is_absent_is_not_found(void **state)
{
    (void)state;
    struct buf out = {0};
    struct secret *secret = NULL;
    json_t *object = json_pack("{s:n}", "Null");
    assert_int_equal(contract_blob(object, "Blob", &out), CH_ENOTFOUND);
    assert_int_equal(contract_blob(object, "Null", &out), CH_ENOTFOUND);
    assert_int_equal(contract_blob_secret(object, "Blob", &secret), CH_ENOTFOUND);
    assert_null(secret);
    assert_int_equal(out.len, 0);
    json_decref(object);
}

static void what_is_no_base64_is_not_decoded(void **state)
{
    (void)state;
    static const char *const bad[] = {"A",
                                      "AA",
                                      "AAA",
                                      "AAAAA",
                                      "A===",
                                      "====",
                                      "AA==AAAA",
                                      " AAA",
                                      "AAA ",
                                      "AAA\n",
                                      "AA-_",
                                      "AB==",
                                      "AAB=",
                                      "\xC3\xA4"
                                      "AA"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf out = {0};
        struct secret *secret = NULL;
        json_t *object = json_pack("{s:s}", "Blob", bad[i]);
        assert_non_null(object);
        assert_int_equal(contract_blob(object, "Blob", &out), CH_EINVAL);
        assert_int_equal(contract_blob_secret(object, "Blob", &secret), CH_EINVAL);
        assert_int_equal(out.len, 0);
        json_decref(object);
    }
    json_t *number = json_pack("{s:i}", "Blob", 7);
    assert_int_equal(contract_blob(number, "Blob", &(struct buf){0}), CH_EINVAL);
    json_decref(number);
}

static void a_secret_blob_lives_in_a_secret(void **state)
{
    (void)state;
    struct secret *secret = NULL;
    json_t *object = json_pack("{s:s,s:s}", "Passphrase", "cGFzc3BocmFzZQ==", "Empty", "");
    size_t before = secret_count();
    assert_int_equal(contract_blob_secret(object, "Passphrase", &secret), 0);
    assert_int_equal(secret_count(), before + 1);
    assert_true(slice_is(secret_slice(secret), "passphrase"));
    secret_free(secret);
    assert_int_equal(contract_blob_secret(object, "Empty", &secret), CH_EINVAL);
    assert_null(secret);
    assert_int_equal(secret_count(), before);
    json_decref(object);
}

/* The head of a freed block is the allocator's; behind it the old bytes would still stand. */
static void json_is_wiped_when_it_is_freed(void **state)
{
    (void)state;
    json_free_t give_back = NULL;
    json_malloc_t take = NULL;
    json_get_alloc_funcs(&take, &give_back);
    assert_ptr_equal(take, malloc);
    assert_true(give_back != free);
    give_back(NULL);
#if !defined(__SANITIZE_ADDRESS__)
    volatile unsigned char *block = take(200);
    for (size_t i = 0; i < 200; i++)
        block[i] = 0x5A;
    give_back((void *)(uintptr_t)block);
    for (size_t i = 32; i < 200; i++)
        assert_int_equal(block[i], 0);
#endif
}

/* ---- answers ---- */

static int output_rc(const char *target, const char *body, struct buf *why)
{
    json_t *out = body == NULL ? NULL : json_loads(body, 0, NULL);
    int rc = contract_check_output(operation_named(target), out, why);
    json_decref(out);
    return rc;
}

static void answers_that_keep_to_the_shape_pass(void **state)
{
    (void)state;
    struct buf why = {0};
    assert_int_equal(output_rc(CM "RequestCertificate", "{\"CertificateArn\":\"x\"}", &why), 0);
    assert_int_equal(output_rc(CM "DeleteCertificate", "{}", &why), 0);
    assert_int_equal(output_rc(CM "DeleteCertificate", NULL, &why), 0);
    assert_int_equal(output_rc(CM "DescribeCertificate",
                               "{\"Certificate\":{\"KeyAlgorithm\":\"RSA-2048\",\"CreatedAt\":1.0,"
                               "\"InUseBy\":[],\"KeyUsages\":[{\"Name\":\"DIGITAL_SIGNATURE\"}]}}",
                               &why),
                     0);
    assert_int_equal(output_rc(CM "DescribeCertificate",
                               "{\"Certificate\":{\"KeyAlgorithm\":\"EC-prime256v1\"}}", &why),
                     0);
    assert_int_equal(why.len, 0);
}

static void answers_that_leave_the_shape_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body, *why;
    } rows[] = {
        {CM "RequestCertificate", "{\"Arn\":\"x\"}", "Arn is no member of the answer"},
        {CM "RequestCertificate", "{\"CertificateArn\":1}", "CertificateArn has the wrong type"},
        {CM "RequestCertificate", "{\"CertificateArn\":null}", "CertificateArn has the wrong type"},
        {CM "RequestCertificate", NULL, "the answer is missing"},
        {CM "DeleteCertificate", "{\"a\":1}", "the answer must be empty"},
        {CM "DescribeCertificate", "{\"Certificate\":{\"Status\":\"FINE\"}}",
         "Status has a value outside its enumeration"},
        {CM "DescribeCertificate", "{\"Certificate\":{\"KeyAlgorithm\":\"RSA-2049\"}}",
         "KeyAlgorithm has a value outside its enumeration"},
        {CM "DescribeCertificate", "{\"Certificate\":{\"Status\":\"PENDING-VALIDATION\"}}",
         "Status has a value outside its enumeration"},
        {CM "DescribeCertificate", "{\"Certificate\":{\"InUseBy\":[1]}}",
         "InUseBy has the wrong type"},
        {CM "GetAccountConfiguration", "{\"ExpiryEvents\":{\"DaysBeforeExpiry\":1.5}}",
         "DaysBeforeExpiry is no whole number"},
        {CM "SearchCertificates", "{\"Results\":[{\"CertificateMetadata\":{}}]}",
         "CertificateMetadata must have exactly one member"},
        {PCA "ListTags", "[]", "the answer has the wrong type"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf why = {0};
        assert_int_equal(output_rc(rows[i].target, rows[i].body, &why), CH_EINVAL);
        assert_string_equal(buf_text(&why), rows[i].why);
        buf_free(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_operation_is_found_by_its_target),
        cmocka_unit_test(the_same_name_means_another_operation_at_the_other_service),
        cmocka_unit_test(unknown_targets_are_not_found),
        cmocka_unit_test(a_target_with_a_nul_is_not_found),
        cmocka_unit_test(what_is_no_json_object_is_refused_without_words),
        cmocka_unit_test(a_repeated_member_is_refused),
        cmocka_unit_test(a_nul_in_the_body_is_refused),
        cmocka_unit_test(thirty_two_levels_are_taken_and_no_more),
        cmocka_unit_test(brackets_inside_texts_are_no_depth),
        cmocka_unit_test(a_body_of_endless_values_is_refused_before_it_is_parsed),
        cmocka_unit_test(a_wrong_type_has_the_recorded_words),
        cmocka_unit_test(types_are_judged_before_constraints),
        cmocka_unit_test(bad_base64_of_a_secret_is_not_repeated),
        cmocka_unit_test(bad_base64_that_is_long_is_not_repeated),
        cmocka_unit_test(null_and_unknown_members_are_taken_out),
        cmocka_unit_test(member_names_are_case_sensitive),
        cmocka_unit_test(fractions_are_cut_off_and_big_numbers_clamped),
        cmocka_unit_test(a_large_whole_number_keeps_its_digits),
        cmocka_unit_test(a_timestamp_is_a_double_of_twelve_characters),
        cmocka_unit_test(blobs_are_decoded),
        cmocka_unit_test(a_blob_that_is_absent_is_not_found),
        cmocka_unit_test(what_is_no_base64_is_not_decoded),
        cmocka_unit_test(a_secret_blob_lives_in_a_secret),
        cmocka_unit_test(json_is_wiped_when_it_is_freed),
        cmocka_unit_test(answers_that_keep_to_the_shape_pass),
        cmocka_unit_test(answers_that_leave_the_shape_are_named),
    };
    return cmocka_run_group_tests_name("contract", tests, start, stop);
}
