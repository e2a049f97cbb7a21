/* Core's answer as a reply, and the front's own refusals. */
#include "api/front/reply.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct msg_call_reply answer;
static struct reply reply;

static int setup(void **state)
{
    (void)state;
    memset(&answer, 0, sizeof answer);
    memset(&reply, 0, sizeof reply);
    answer.status = 200;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reply_free(&reply);
    return 0;
}

static void answer_header(const char *name, const char *value)
{
    struct message_pair *pair = &answer.headers.pair[answer.headers.count++];
    pair->name = slice_text(name);
    pair->value = slice_text(value);
}

/* The value of a header of the reply, or NULL. */
static const char *header(const char *wanted)
{
    const char *name = NULL;
    const char *value = NULL;
    size_t at = 0;
    while (reply_next_header(&reply, &at, &name, &value))
        if (strcmp(name, wanted) == 0)
            return value;
    return NULL;
}

static void test_status_headers_and_body_of_core_pass(void **state)
{
    (void)state;
    answer.status = 400;
    answer.body = slice_text("{}");
    answer_header("x-amzn-RequestId", "id");
    answer_header("Content-Type", "application/x-amz-json-1.1");
    assert_int_equal(reply_from_core(&answer, &reply), 0);
    assert_int_equal(reply.status, 400);
    assert_true(slice_is(reply.body, "{}"));
    assert_string_equal(header("x-amzn-RequestId"), "id");
    assert_string_equal(header("Content-Type"), "application/x-amz-json-1.1");
    assert_false(reply.close);
}

static void test_headers_keep_their_order(void **state)
{
    (void)state;
    const char *name = NULL;
    const char *value = NULL;
    size_t at = 0;
    answer_header("b", "1");
    answer_header("a", "2");
    answer_header("b", "3");
    assert_int_equal(reply_from_core(&answer, &reply), 0);
    for (int i = 1; i <= 3; i++) {
        assert_true(reply_next_header(&reply, &at, &name, &value));
        assert_int_equal(value[0], '0' + i);
    }
    assert_false(reply_next_header(&reply, &at, &name, &value));
    assert_null(name);
}

static void test_close_of_core_becomes_a_flag_in_any_case(void **state)
{
    (void)state;
    answer_header("Connection", "Close");
    assert_int_equal(reply_from_core(&answer, &reply), 0);
    assert_true(reply.close);
    assert_null(header("Connection"));
}

static void test_another_connection_header_is_no_close(void **state)
{
    (void)state;
    answer_header("connection", "keep-alive");
    assert_int_equal(reply_from_core(&answer, &reply), 0);
    assert_false(reply.close);
    assert_null(header("connection"));
}

static void test_headers_of_the_server_itself_are_left_out(void **state)
{
    (void)state;
    answer_header("Content-Length", "99");
    answer_header("Transfer-Encoding", "chunked");
    answer_header("date", "x");
    answer_header("SERVER", "core");
    answer_header("Keep-Alive", "x");
    answer_header("x-kept", "y");
    assert_int_equal(reply_from_core(&answer, &reply), 0);
    assert_int_equal(reply.headers.len, sizeof "x-kept" + sizeof "y");
    assert_string_equal(header("x-kept"), "y");
}

static void test_a_status_outside_http_is_refused(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 100, 199, 600, 65536 + 200, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer.status = bad[i];
        assert_int_equal(reply_from_core(&answer, &reply), CH_EPROTO);
    }
}

static void test_a_header_that_would_split_the_reply_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{"x", "a\r\nb: c"}, {"x", "a\nb"}, {"x y", "a"},
                                         {"", "a"},          {"x:", "a"},   {"x", "a\tb"},
                                         {"x\r\ny", "a"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer.headers.count = 0;
        answer_header("fine", "v");
        answer_header(bad[i][0], bad[i][1]);
        assert_int_equal(reply_from_core(&answer, &reply), CH_EPROTO);
        assert_null(reply.headers.data);
    }
}

static void test_a_nul_in_a_value_is_refused(void **state)
{
    (void)state;
    answer_header("x", "");
    answer.headers.pair[0].value = slice_of("a\0b", 3);
    assert_int_equal(reply_from_core(&answer, &reply), CH_EPROTO);
}

static void test_request_ids_are_version_4_uuids_and_differ(void **state)
{
    (void)state;
    char one[REPLY_ID_SIZE];
    char other[REPLY_ID_SIZE];
    reply_new_id(one);
    reply_new_id(other);
    assert_int_equal(strlen(one), 36);
    assert_int_equal(strspn(one, "0123456789abcdef-"), 36);
    assert_true(one[8] == '-' && one[13] == '-' && one[18] == '-' && one[23] == '-');
    assert_int_equal(one[14], '4');
    assert_non_null(strchr("89ab", one[19]));
    assert_string_not_equal(one, other);
}

static void test_every_refusal_has_a_status_and_a_json_body(void **state)
{
    (void)state;
    for (int why = REFUSAL_NONE + 1; why < REFUSAL_COUNT; why++) {
        char type[64] = "";
        assert_int_equal(reply_refuse((enum refusal)why, NULL, &reply), 0);
        assert_in_range(reply.status, 400, 599);
        assert_string_equal(header("Content-Type"), "application/x-amz-json-1.1");
        assert_int_equal(strlen(header("x-amzn-RequestId")), 36);
        assert_null(header("Allow"));
        char *body = slice_dup(reply.body);
        assert_non_null(body);
        assert_int_equal(sscanf(body, "{\"__type\":\"%63[A-Za-z]\",\"message\":\"", type), 1);
        assert_true(strlen(type) > 5);
        assert_string_equal(body + strlen(body) - 2, "\"}");
        free(body);
        reply_free(&reply);
    }
}

static void test_the_statuses_are_those_of_http(void **state)
{
    (void)state;
    static const unsigned wanted[REFUSAL_COUNT] = {
        [REFUSAL_MALFORMED] = 400,      [REFUSAL_TOO_MANY_HEADERS] = 400, [REFUSAL_NOT_FOUND] = 404,
        [REFUSAL_METHOD] = 405,         [REFUSAL_TIMEOUT] = 408,          [REFUSAL_TOO_LARGE] = 413,
        [REFUSAL_TARGET_TOO_LONG] = 414, [REFUSAL_MEDIA_TYPE] = 415,       [REFUSAL_HEAD_TOO_LARGE] = 431,
        [REFUSAL_INTERNAL] = 500,       [REFUSAL_UNAVAILABLE] = 503};
    for (int why = REFUSAL_NONE + 1; why < REFUSAL_COUNT; why++) {
        assert_int_equal(reply_refuse((enum refusal)why, NULL, &reply), 0);
        assert_int_equal(reply.status, wanted[why]);
        reply_free(&reply);
    }
}

static void test_a_refused_method_tells_the_allowed_ones(void **state)
{
    (void)state;
    assert_int_equal(reply_refuse(REFUSAL_METHOD, "GET, POST", &reply), 0);
    assert_string_equal(header("Allow"), "GET, POST");
}

static void test_a_raw_refusal_is_a_whole_message_that_closes(void **state)
{
    (void)state;
    struct buf raw = {0};
    size_t announced = 0;
    assert_int_equal(reply_refuse_raw(REFUSAL_TIMEOUT, &raw), 0);
    const char *text = buf_text(&raw);
    assert_int_equal(strncmp(text, "HTTP/1.1 408 Request Timeout\r\n", 30), 0);
    assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(text, "\r\nDate: "));
    assert_non_null(strstr(text, " GMT\r\n"));
    assert_int_equal(sscanf(strstr(text, "Content-Length:"), "Content-Length: %zu", &announced), 1);
    const char *body = strstr(text, "\r\n\r\n") + 4;
    assert_int_equal(strlen(body), announced);
    assert_non_null(strstr(body, "\"__type\":\"RequestTimeoutException\""));
    buf_free(&raw);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_status_headers_and_body_of_core_pass),
        CASE(test_headers_keep_their_order),
        CASE(test_close_of_core_becomes_a_flag_in_any_case),
        CASE(test_another_connection_header_is_no_close),
        CASE(test_headers_of_the_server_itself_are_left_out),
        CASE(test_a_status_outside_http_is_refused),
        CASE(test_a_header_that_would_split_the_reply_is_refused),
        CASE(test_a_nul_in_a_value_is_refused),
        CASE(test_request_ids_are_version_4_uuids_and_differ),
        CASE(test_every_refusal_has_a_status_and_a_json_body),
        CASE(test_the_statuses_are_those_of_http),
        CASE(test_a_refused_method_tells_the_allowed_ones),
        CASE(test_a_raw_refusal_is_a_whole_message_that_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
