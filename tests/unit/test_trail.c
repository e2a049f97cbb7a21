/* What a record says, and above all what it does not say. */
#include "tests/unit/core_kit.h"

#include "ca/json_text.h"
#include "ca/trail/trail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARN "arn:aws:acm:us-east-1:111122223333:certificate/5ec7a1b2-0000-4000-8000-000000000001"

static struct core_kit_call call;

/* A request as dispatch hands it to the trail; free in and out. */
static void request_make(struct request *r, const char *target, json_t *in, json_t *out)
{
    memset(r, 0, sizeof *r);
    core_kit_call_make(&call, target, "{}");
    r->call = &call.call;
    r->now = 1440938160123456;
    snprintf(r->id, sizeof r->id, "0e0d0c0b-0a09-4807-8605-040302010000");
    snprintf(r->scope.account, sizeof r->scope.account, "111122223333");
    snprintf(r->scope.region, sizeof r->scope.region, "us-east-1");
    snprintf(r->principal.account, sizeof r->principal.account, "111122223333");
    snprintf(r->principal.arn, sizeof r->principal.arn, "arn:aws:iam::111122223333:user/alice");
    snprintf(r->principal.user_name, sizeof r->principal.user_name, "alice");
    snprintf(r->principal.user_id, sizeof r->principal.user_id, "AIDAABCDEFGHIJKLMNOPQ");
    snprintf(r->principal.access_key_id, sizeof r->principal.access_key_id, "AKIAABCDEFGHIJKLMNOP");
    (void)contract_find(slice_text(target), &r->service, &r->operation);
    r->in = in;
    r->out = out;
}

static json_t *record_of(struct request *r)
{
    struct buf text = {0};
    assert_int_equal(trail_record(r, &text), 0);
    json_t *record = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(record);
    buf_free(&text);
    json_decref(r->in);
    json_decref(r->out);
    return record;
}

static void text_is(const json_t *object, const char *member, const char *expected)
{
    assert_string_equal(json_string_value(json_object_get(object, member)), expected);
}

static void json_is(const json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text, expected);
    free(text);
}

static void a_record_names_who_what_when_and_whence(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_ACM "DescribeCertificate",
                 json_pack("{s:s}", "CertificateArn", ARN), json_object());
    r.read_only = true;
    json_t *record = record_of(&r);
    text_is(record, "eventVersion", "1.11");
    text_is(record, "eventTime", "2015-08-30T12:36:00Z");
    text_is(record, "eventSource", "acm.amazonaws.com");
    text_is(record, "eventName", "DescribeCertificate");
    text_is(record, "awsRegion", "us-east-1");
    text_is(record, "sourceIPAddress", "192.0.2.7");
    text_is(record, "userAgent", "kit/1.0");
    text_is(record, "requestID", "0e0d0c0b-0a09-4807-8605-040302010000");
    text_is(record, "eventType", "AwsApiCall");
    text_is(record, "recipientAccountId", "111122223333");
    assert_int_equal(strlen(json_string_value(json_object_get(record, "eventID"))), 36);
    assert_true(json_is_true(json_object_get(record, "readOnly")));
    json_is(json_object_get(record, "userIdentity"),
            "{\"type\":\"IAMUser\",\"principalId\":\"AIDAABCDEFGHIJKLMNOPQ\","
            "\"arn\":\"arn:aws:iam::111122223333:user/alice\",\"accountId\":\"111122223333\","
            "\"accessKeyId\":\"AKIAABCDEFGHIJKLMNOP\",\"userName\":\"alice\"}");
    json_is(json_object_get(record, "requestParameters"), "{\"certificateArn\":\"" ARN "\"}");
    json_is(json_object_get(record, "responseElements"), "null");
    assert_null(json_object_get(record, "errorCode"));
    json_decref(record);
}

static void a_change_tells_what_was_answered(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_ACM "RequestCertificate",
                 json_pack("{s:s, s:[s,s], s:[{s:s,s:s}]}", "DomainName", "example.com",
                           "SubjectAlternativeNames", "a.example.com", "b.example.com", "Tags",
                           "Key", "k", "Value", "v"),
                 json_pack("{s:s}", "CertificateArn", ARN));
    json_t *record = record_of(&r);
    json_is(json_object_get(record, "requestParameters"),
            "{\"domainName\":\"example.com\",\"subjectAlternativeNames\":[\"a.example.com\","
            "\"b.example.com\"],\"tags\":[{\"key\":\"k\",\"value\":\"v\"}]}");
    json_is(json_object_get(record, "responseElements"), "{\"certificateArn\":\"" ARN "\"}");
    assert_true(json_is_false(json_object_get(record, "readOnly")));
    json_decref(record);
}

static void passphrases_and_private_keys_are_left_out(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_ACM "ExportCertificate",
                 json_pack("{s:s, s:s}", "CertificateArn", ARN, "Passphrase", "c2VjcmV0"),
                 json_pack("{s:s, s:s}", "Certificate", "PEM", "PrivateKey", "VERY PRIVATE"));
    json_t *record = record_of(&r);
    char *text = json_dumps(record, 0);
    json_is(json_object_get(record, "requestParameters"), "{\"certificateArn\":\"" ARN "\"}");
    assert_null(strstr(text, "c2VjcmV0"));
    assert_null(strstr(text, "VERY PRIVATE"));
    assert_null(strstr(text, "assphrase"));
    free(text);
    json_decref(record);
}

static void imported_keys_are_left_out(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_ACM "ImportCertificate",
                 json_pack("{s:s, s:s}", "Certificate", "Q0VSVA==", "PrivateKey", "S0VZ"), NULL);
    json_t *record = record_of(&r);
    json_is(json_object_get(record, "requestParameters"), "{}");
    json_decref(record);
}

static void blobs_are_left_out(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_PCA "IssueCertificate",
                 json_pack("{s:s, s:s, s:{s:i, s:s}}", "CertificateAuthorityArn", "arn:x", "Csr",
                           "Q1NS", "Validity", "Value", 30, "Type", "DAYS"),
                 NULL);
    json_t *record = record_of(&r);
    text_is(record, "eventSource", "acm-pca.amazonaws.com");
    json_is(json_object_get(record, "requestParameters"),
            "{\"certificateAuthorityArn\":\"arn:x\",\"validity\":{\"value\":30,\"type\":\"DAYS\"}}");
    json_decref(record);
}

static void members_that_the_api_does_not_have_are_left_out(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_ACM "DescribeCertificate",
                 json_pack("{s:s, s:s, s:{s:s}}", "CertificateArn", "x", "PrivateKey", "leak",
                           "Other", "Passphrase", "leak"),
                 NULL);
    json_t *record = record_of(&r);
    json_is(json_object_get(record, "requestParameters"), "{\"certificateArn\":\"x\"}");
    json_decref(record);
}

static void members_of_a_wrong_type_are_not_kept(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_ACM "DescribeCertificate",
                 json_pack("{s:{s:s}}", "CertificateArn", "PrivateKey", "leak"), NULL);
    json_t *record = record_of(&r);
    json_is(json_object_get(record, "requestParameters"), "{\"certificateArn\":null}");
    json_decref(record);
}

static void a_refusal_is_recorded_with_its_error(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, CORE_KIT_ACM "DeleteCertificate",
                 json_pack("{s:s}", "CertificateArn", ARN), json_pack("{s:s}", "x", "y"));
    (void)api_fail(&r.error, "ResourceNotFoundException", "Could not find it.");
    json_t *record = record_of(&r);
    text_is(record, "errorCode", "ResourceNotFoundException");
    text_is(record, "errorMessage", "Could not find it.");
    json_is(json_object_get(record, "responseElements"), "null");
    json_decref(record);
}

static void what_is_too_long_is_left_out_and_said_to_be(void **state)
{
    (void)state;
    struct request r;
    json_t *names = json_array();
    for (int i = 0; i < 1000; i++)
        json_array_append_new(names, json_sprintf("name-%d.example.com", i));
    request_make(&r, CORE_KIT_ACM "RequestCertificate",
                 json_pack("{s:o}", "SubjectAlternativeNames", names), NULL);
    json_t *record = record_of(&r);
    const json_t *parameters = json_object_get(record, "requestParameters");
    assert_true(json_is_true(json_object_get(parameters, "omitted")));
    assert_true(json_integer_value(json_object_get(parameters, "originalSize")) >
                TRAIL_PARAMETERS_MAX);
    json_decref(record);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct request r;
    char name[5001];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    request_make(&r, CORE_KIT_ACM "RequestCertificate", json_pack("{s:s}", "DomainName", name),
                 NULL);
    json_t *record = record_of(&r);
    const json_t *parameters = json_object_get(record, "requestParameters");
    assert_int_equal(json_string_length(json_object_get(parameters, "domainName")), 1024);
    json_decref(record);
}

static void headers_that_are_no_text_do_not_break_the_record(void **state)
{
    (void)state;
    struct request r;
    request_make(&r, "Nothing.\xff\xfe\"\n", NULL, NULL);
    call.call.headers.pair[2].value = slice_text("agent\xff\x01");
    json_t *record = record_of(&r);
    text_is(record, "userAgent", "agent??");
    text_is(record, "eventName", "??\"?");
    json_is(json_object_get(record, "requestParameters"), "null");
    json_decref(record);
}

static int event_write(struct store_tx *tx, void *context)
{
    (void)context;
    return trail_append_event(tx, &(struct trail_event){.name = "CertifyManagementKey",
                                                        .source = "chancery.internal",
                                                        .at = 1440938160000000,
                                                        .details = json_pack("{s:s}", "a", "b")});
}

static void events_of_the_appliance_itself_have_their_own_type(void **state)
{
    (void)state;
    assert_int_equal(store_write(core_kit.core.store, event_write, NULL), 0);
    json_t *record = core_kit_record_newest();
    text_is(record, "eventType", "AwsServiceEvent");
    text_is(record, "eventName", "CertifyManagementKey");
    text_is(record, "eventTime", "2015-08-30T12:36:00Z");
    json_is(json_object_get(record, "serviceEventDetails"), "{\"a\":\"b\"}");
    assert_null(json_object_get(record, "awsRegion"));
    json_decref(record);
}

static int verify(struct store_tx *tx, void *context)
{
    uint64_t bad = 0;
    return store_audit_verify(tx, context, &bad);
}

static void the_chain_of_what_was_recorded_holds(void **state)
{
    (void)state;
    uint64_t count = 0;
    for (int i = 0; i < 5; i++)
        free(core_kit_ask(CORE_KIT_ACM "ListCertificates", "{}", NULL));
    assert_int_equal(store_read(core_kit.core.store, verify, &count), 0);
    assert_int_equal(count, core_kit_record_count());
    assert_true(count >= 5);
}

/* Byte for byte what jansson writes, whose text the chain of older records was made of. */
static void the_text_of_a_record_is_that_of_jansson(void **state)
{
    (void)state;
    static const char *const values[] = {
        "{}",
        "[]",
        "[[],{},[{}],null,true,false,0,-1,9223372036854775807,1.5,1e300]",
        "{\"b\":1,\"a\":{\"\":\"\"},\"\\\"\":[1,[2,3]]}",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"]",
        "[\"\\\"\", \"a\\\"\", \"\\\"a\", \"a\\nb\", \"/\"]",
        "[\"Z\u00fcrich \u2713 \U0001F512\"]",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct buf text = {0};
        json_t *value = json_loads(values[i], 0, NULL);
        assert_non_null(value);
        char *expected = json_dumps(value, JSON_COMPACT);
        assert_int_equal(json_text(value, 17, &text), 0);
        assert_int_equal(text.len, strlen(expected));
        assert_memory_equal(text.data, expected, text.len);
        json_decref(value);
        free(expected);
        buf_free(&text);
    }
    struct buf nothing = {0};
    assert_int_equal(json_text(NULL, 17, &nothing), CH_ENOMEM);
    assert_int_equal(nothing.len, 0);
}

static void same_number(double number)
{
    char expected[64];
    struct buf text = {0};
    json_t *value = json_real(number);
    size_t len = json_dumpb(value, expected, sizeof expected, JSON_ENCODE_ANY | JSON_REAL_PRECISION(16));
    assert_int_equal(json_text(value, 16, &text), 0);
    assert_int_equal(text.len, len);
    assert_memory_equal(text.data, expected, len);
    json_decref(value);
    buf_free(&text);
}

static void the_text_of_a_time_is_that_of_jansson(void **state)
{
    (void)state;
    static const double odd[] = {0,       -0.0,         1,         0.001,        0.5,   1.0005,
                                 -1.5,    3999999999.0, 4e9,       3999999999.999, 1e15, 1.7e9,
                                 1e300,   1700000000.1, 1e-7,      1700000000.01, 0.9995};
    uint64_t seed = 12345;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        same_number(odd[i]);
    for (unsigned i = 0; i < 100000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        same_number((double)((seed >> 16) % UINT64_C(4100000000000)) / 1000.0);
        same_number((double)((seed >> 8) % UINT64_C(4100000000000000)) / 1e6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_names_who_what_when_and_whence),
        cmocka_unit_test(a_change_tells_what_was_answered),
        cmocka_unit_test(passphrases_and_private_keys_are_left_out),
        cmocka_unit_test(imported_keys_are_left_out),
        cmocka_unit_test(blobs_are_left_out),
        cmocka_unit_test(members_that_the_api_does_not_have_are_left_out),
        cmocka_unit_test(members_of_a_wrong_type_are_not_kept),
        cmocka_unit_test(a_refusal_is_recorded_with_its_error),
        cmocka_unit_test(what_is_too_long_is_left_out_and_said_to_be),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(headers_that_are_no_text_do_not_break_the_record),
        cmocka_unit_test(events_of_the_appliance_itself_have_their_own_type),
        cmocka_unit_test(the_text_of_a_record_is_that_of_jansson),
        cmocka_unit_test(the_text_of_a_time_is_that_of_jansson),
        cmocka_unit_test(the_chain_of_what_was_recorded_holds),
    };
    return cmocka_run_group_tests(tests, core_kit_setup, core_kit_teardown);
}
