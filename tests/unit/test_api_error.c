#include "ca/contract/api_error.h"
#include "ca/contract/services.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void body_is(const struct api_error *error, const char *expected)
{
    struct buf out = {0};
    assert_int_equal(api_error_body(error, &out), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void the_body_is_compact_and_begins_with_the_type(void **state)
{
    (void)state;
    struct api_error error = {0};
    const char *arn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    assert_int_equal(api_fail(&error, "ResourceInUseException",
                              "Certificate %s in account %s is in use.", arn, "123456789012"),
                     CH_EAPI);
    body_is(&error,
            "{\"__type\":\"ResourceInUseException\",\"message\":\"Certificate "
            "arn:aws:acm:us-east-1:123456789012:certificate/1 in account 123456789012 is in "
            "use.\"}");
}

static void some_types_have_their_text_under_a_capital_message(void **state)
{
    (void)state;
    static const char *const types[] = {"AccessDeniedException", "SerializationException"};
    for (size_t i = 0; i < 2; i++) {
        struct api_error error = {0};
        char expected[128];
        assert_int_equal(api_fail(&error, types[i], "no"), CH_EAPI);
        snprintf(expected, sizeof(expected), "{\"__type\":\"%s\",\"Message\":\"no\"}", types[i]);
        body_is(&error, expected);
    }
}

static void an_empty_text_leaves_the_member_out(void **state)
{
    (void)state;
    struct api_error error = {0};
    assert_int_equal(api_fail(&error, "UnknownOperationException", "%s", ""), CH_EAPI);
    body_is(&error, "{\"__type\":\"UnknownOperationException\"}");
}

static void the_text_is_escaped(void **state)
{
    (void)state;
    struct api_error error = {0};
    assert_int_equal(api_fail(&error, "ValidationException", "a \"b\" \\w+ /c\n\t\x01 \xC3\xA4"),
                     CH_EAPI);
    body_is(&error, "{\"__type\":\"ValidationException\",\"message\":\"a \\\"b\\\" \\\\w+ /c\\n\\t"
                    "\\u0001 \xC3\xA4\"}");
}

static void a_text_that_is_no_utf8_is_still_told(void **state)
{
    (void)state;
    struct api_error error = {0};
    assert_int_equal(api_fail(&error, "ValidationException", "bad \xFF\xC3 byte"), CH_EAPI);
    body_is(&error, "{\"__type\":\"ValidationException\",\"message\":\"bad ?? byte\"}");
}

static void the_first_error_stays(void **state)
{
    (void)state;
    struct api_error error = {0};
    assert_int_equal(api_fail(&error, "InvalidArnException", "first"), CH_EAPI);
    assert_int_equal(api_fail(&error, "ValidationException", "second"), CH_EAPI);
    assert_int_equal(api_fail_internal(&error, CH_EHSM), CH_EAPI);
    body_is(&error, "{\"__type\":\"InvalidArnException\",\"message\":\"first\"}");
}

static void a_text_that_is_too_long_ends_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x94\x92"};
    for (size_t i = 0; i < 4; i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            struct api_error error = {0};
            struct buf text = {0};
            size_t width = strlen(characters[i]);
            assert_int_equal(buf_put(&text, "xxxx", shift), 0);
            while (text.len < API_ERROR_TEXT_MAX + 100)
                assert_int_equal(buf_put_text(&text, characters[i]), 0);
            assert_int_equal(api_fail(&error, "ValidationException", "%s", buf_text(&text)),
                             CH_EAPI);
            size_t len = strlen(error.text);
            assert_true(len < API_ERROR_TEXT_MAX && len >= API_ERROR_TEXT_MAX - width);
            assert_int_equal((len - shift) % width, 0);
            buf_free(&text);
        }
    }
}

static void each_status_is_that_of_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        unsigned status;
    } rows[] = {
        {"ValidationException", 400},
        {"SerializationException", 400},
        {"UnknownOperationException", 400},
        {"UnsupportedOperationException", 400},
        {"MissingAuthenticationTokenException", 400},
        {"IncompleteSignatureException", 400},
        {"InvalidSignatureException", 400},
        {"UnrecognizedClientException", 400},
        {"ExpiredTokenException", 400},
        {"AccessDeniedException", 400},
        {"ThrottlingException", 400},
        {"ResourceNotFoundException", 400},
        {"RequestTimeoutException", 408},
        {"RequestEntityTooLargeException", 413},
        {"InternalFailure", 500},
        {"InternalServerException", 500},
        {"ServiceUnavailableException", 503},
        {"NoSuchException", 500},
        {"", 500},
        {NULL, 500},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(api_error_status(rows[i].type), rows[i].status);
}

static void every_error_of_every_operation_is_in_the_table(void **state)
{
    (void)state;
    size_t count = 0;
    const struct service *services = contract_services(&count);
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < services[s].operation_count; i++) {
            for (const char *const *type = services[s].operations[i].errors; *type != NULL;
                 type++) {
                struct api_error error = {0};
                assert_int_equal(api_fail(&error, *type, "x"), CH_EAPI);
                assert_string_equal(error.type, *type);
            }
        }
    }
}

static void what_passes_is_unavailable_and_the_rest_a_failure(void **state)
{
    (void)state;
    static const struct {
        int code;
        unsigned status;
        const char *words;
    } rows[] = {
        {CH_EHSM, 503, "hardware security module"},
        {CH_EPIN, 503, "hardware security module"},
        {CH_EBUSY, 503, "busy"},
        {CH_ENOSPACE, 503, "storage"},
        {CH_ETIMEOUT, 503, "too long"},
        {CH_ENOMEM, 503, "memory"},
        {CH_EINVAL, 500, ""},
        {CH_EINTEGRITY, 500, ""},
        {CH_EAPI, 500, ""},
        {0, 500, ""},
        {-9999, 500, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct api_error error = {0};
        assert_int_equal(api_fail_internal(&error, rows[i].code), CH_EAPI);
        assert_int_equal(api_error_status(error.type), rows[i].status);
        assert_string_equal(error.type, rows[i].status == 503 ? "ServiceUnavailableException"
                                                              : "InternalFailure");
        assert_non_null(strstr(error.text, rows[i].words));
    }
}

static void no_failure_of_ours_is_called_the_clients(void **state)
{
    (void)state;
#define CODE(name, number, text) name,
    static const int codes[] = {CH_ERROR_LIST(CODE)};
#undef CODE
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct api_error error = {0};
        api_fail_internal(&error, codes[i]);
        assert_true(api_error_status(error.type) >= 500);
        assert_true(error.text[0] != '\0');
    }
}

static void an_operation_that_is_not_offered_is_named(void **state)
{
    (void)state;
    struct api_error error = {0};
    assert_int_equal(api_fail_unsupported(&error, "CreateAcmeEndpoint"), CH_EAPI);
    assert_int_equal(api_error_status(error.type), 400);
    body_is(&error, "{\"__type\":\"UnsupportedOperationException\",\"message\":\"This service does "
                    "not offer CreateAcmeEndpoint.\"}");
}

static void a_type_outside_the_table_ends_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct api_error error = {0};
        close(STDERR_FILENO);
        api_fail(&error, "NoSuchException", "x");
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void a_full_buffer_is_said(void **state)
{
    (void)state;
    struct api_error error = {0};
    struct buf small = {.cap_max = 10};
    assert_int_equal(api_fail(&error, "ValidationException", "x"), CH_EAPI);
    assert_int_equal(api_error_body(&error, &small), CH_ELIMIT);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_is_compact_and_begins_with_the_type),
        cmocka_unit_test(some_types_have_their_text_under_a_capital_message),
        cmocka_unit_test(an_empty_text_leaves_the_member_out),
        cmocka_unit_test(the_text_is_escaped),
        cmocka_unit_test(a_text_that_is_no_utf8_is_still_told),
        cmocka_unit_test(the_first_error_stays),
        cmocka_unit_test(a_text_that_is_too_long_ends_between_characters),
        cmocka_unit_test(each_status_is_that_of_its_type),
        cmocka_unit_test(every_error_of_every_operation_is_in_the_table),
        cmocka_unit_test(what_passes_is_unavailable_and_the_rest_a_failure),
        cmocka_unit_test(no_failure_of_ours_is_called_the_clients),
        cmocka_unit_test(an_operation_that_is_not_offered_is_named),
        cmocka_unit_test(a_type_outside_the_table_ends_the_process),
        cmocka_unit_test(a_full_buffer_is_said),
    };
    return cmocka_run_group_tests_name("errors of the API", tests, NULL, NULL);
}
