/* A request as the front keeps it, and what core is told of it. */
#include "api/front/request.h"
#include "api/front/routes.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct request request;
static struct msg_call call;

static int setup(void **state)
{
    (void)state;
    request_init(&request, MESSAGE_BODY_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    request_free(&request);
    return 0;
}

static int add(const char *name, const char *value)
{
    return request_add_header(&request, slice_text(name), slice_text(value));
}

static const struct msg_call *told(void)
{
    request_to_call(&request, slice_text("192.0.2.1"), &call);
    return &call;
}

static void test_the_target_is_split_at_the_first_question_mark(void **state)
{
    (void)state;
    assert_int_equal(request_set_target(&request, slice_text("/a%20b?x=%2F?y")), 0);
    assert_true(slice_is(told()->path, "/a%20b"));
    assert_true(slice_is(told()->query, "x=%2F?y"));
}

static void test_a_target_without_a_query_has_an_empty_one(void **state)
{
    (void)state;
    assert_int_equal(request_set_target(&request, slice_text("/")), 0);
    assert_true(slice_is(told()->path, "/"));
    assert_int_equal(told()->query.len, 0);
}

static void test_a_bare_question_mark_is_an_empty_query(void **state)
{
    (void)state;
    assert_int_equal(request_set_target(&request, slice_text("/?")), 0);
    assert_true(slice_is(told()->path, "/"));
    assert_int_equal(told()->query.len, 0);
}

static void test_targets_with_forbidden_bytes_are_refused(void **state)
{
    (void)state;
    assert_int_equal(request_set_target(&request, slice_text("")), CH_EINVAL);
    assert_int_equal(request_set_target(&request, slice_text("/a b")), CH_EINVAL);
    assert_int_equal(request_set_target(&request, slice_text("/a\tb")), CH_EINVAL);
    assert_int_equal(request_set_target(&request, slice_of("/\0", 2)), CH_EINVAL);
    assert_int_equal(request_set_target(&request, slice_text("/\x7f")), CH_EINVAL);
    char long_one[REQUEST_TARGET_MAX + 2];
    memset(long_one, '/', sizeof long_one);
    long_one[REQUEST_TARGET_MAX + 1] = '\0';
    assert_int_equal(request_set_target(&request, slice_text(long_one)), CH_ELIMIT);
    long_one[REQUEST_TARGET_MAX] = '\0';
    assert_int_equal(request_set_target(&request, slice_text(long_one)), 0);
}

static void test_methods_are_tokens_of_bounded_length(void **state)
{
    (void)state;
    assert_int_equal(request_set_method(&request, slice_text("PO ST")), CH_EINVAL);
    assert_int_equal(request_set_method(&request, slice_text("")), CH_EINVAL);
    assert_int_equal(request_set_method(&request, slice_text("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG")),
                     CH_ELIMIT);
    assert_int_equal(request_set_method(&request, slice_text("post")), 0);
    assert_false(request_method_is(&request, "POST"));
    assert_true(request_method_is(&request, "post"));
}

static void test_header_names_are_lowered_and_values_kept(void **state)
{
    (void)state;
    assert_int_equal(add("X-Amz-Date", "20261123T000000Z"), 0);
    assert_int_equal(add("Authorization", "AWS4-HMAC-SHA256 A=B,  C=D "), 0);
    assert_int_equal(told()->headers.count, 2);
    assert_true(slice_is(told()->headers.pair[0].name, "x-amz-date"));
    assert_true(slice_is(told()->headers.pair[0].value, "20261123T000000Z"));
    assert_true(slice_is(told()->headers.pair[1].value, "AWS4-HMAC-SHA256 A=B,  C=D "));
}

static void test_repeated_headers_are_kept_in_order(void **state)
{
    (void)state;
    assert_int_equal(add("X-A", "1"), 0);
    assert_int_equal(add("x-b", "2"), 0);
    assert_int_equal(add("x-A", "3"), 0);
    assert_int_equal(add("x-a", ""), 0);
    assert_int_equal(told()->headers.count, 4);
    assert_true(slice_is(told()->headers.pair[0].value, "1"));
    assert_true(slice_is(told()->headers.pair[2].name, "x-a"));
    assert_true(slice_is(told()->headers.pair[2].value, "3"));
    assert_int_equal(told()->headers.pair[3].value.len, 0);
}

static void test_the_65th_header_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < MESSAGE_PAIRS_MAX; i++)
        assert_int_equal(add("h", "v"), 0);
    assert_int_equal(add("h", "v"), CH_ELIMIT);
    assert_int_equal(told()->headers.count, MESSAGE_PAIRS_MAX);
}

static void test_headers_with_forbidden_bytes_are_refused(void **state)
{
    (void)state;
    assert_int_equal(add("x y", "v"), CH_EINVAL);
    assert_int_equal(add("", "v"), CH_EINVAL);
    assert_int_equal(add("x:", "v"), CH_EINVAL);
    assert_int_equal(add("x", "a\nb"), CH_EINVAL);
    assert_int_equal(add("x", "a\rb"), CH_EINVAL);
    assert_int_equal(request_add_header(&request, slice_text("x"), slice_of("a\0b", 3)), CH_EINVAL);
    assert_int_equal(told()->headers.count, 0);
}

static void test_a_head_over_its_maximum_is_refused(void **state)
{
    (void)state;
    char *large = calloc(1, REQUEST_HEAD_MAX);
    assert_non_null(large);
    memset(large, 'x', REQUEST_HEAD_MAX - 1);
    assert_int_equal(add("name", large), CH_ELIMIT);
    assert_int_equal(told()->headers.count, 0);
    free(large);
}

static void test_earlier_parts_survive_the_growth_of_the_head(void **state)
{
    (void)state;
    assert_int_equal(request_set_target(&request, slice_text("/path?query")), 0);
    assert_int_equal(request_set_method(&request, slice_text("POST")), 0);
    for (int i = 0; i < 40; i++)
        assert_int_equal(add("x-name", "a value of some length, to make the buffer move"), 0);
    assert_true(slice_is(told()->method, "POST"));
    assert_true(slice_is(told()->path, "/path"));
    assert_true(slice_is(told()->query, "query"));
    assert_true(slice_is(told()->headers.pair[0].name, "x-name"));
    assert_true(slice_is(told()->peer, "192.0.2.1"));
}

static void test_the_body_is_gathered_up_to_its_maximum(void **state)
{
    (void)state;
    size_t half = MESSAGE_BODY_MAX / 2;
    char *part = malloc(half);
    assert_non_null(part);
    memset(part, 'b', half);
    assert_int_equal(request_add_body(&request, slice_of(part, half)), 0);
    assert_int_equal(request_add_body(&request, slice_of(part, half)), 0);
    assert_int_equal(told()->body.len, MESSAGE_BODY_MAX);
    assert_int_equal(request_add_body(&request, slice_text("x")), CH_ELIMIT);
    assert_int_equal(told()->body.len, MESSAGE_BODY_MAX);
    free(part);
}

static void test_a_head_without_a_body_passes(void **state)
{
    (void)state;
    assert_int_equal(add("host", "a"), 0);
    assert_int_equal(request_check_head(&request), REFUSAL_NONE);
}

static void check_length(const char *value, enum refusal wanted)
{
    request_free(&request);
    request_init(&request, MESSAGE_BODY_MAX);
    assert_int_equal(add("Content-Length", value), 0);
    assert_int_equal(request_check_head(&request), wanted);
}

static void test_the_announced_length_is_judged_before_the_body(void **state)
{
    (void)state;
    check_length("0", REFUSAL_NONE);
    check_length("4194304", REFUSAL_NONE);
    check_length("4194305", REFUSAL_TOO_LARGE);
    check_length("18446744073709551616", REFUSAL_TOO_LARGE);
    check_length("-1", REFUSAL_MALFORMED);
    check_length("1, 1", REFUSAL_MALFORMED);
    check_length("", REFUSAL_MALFORMED);
}

static void test_chunks_pass_other_codings_do_not(void **state)
{
    (void)state;
    assert_int_equal(add("Transfer-Encoding", "Chunked"), 0);
    assert_int_equal(request_check_head(&request), REFUSAL_NONE);
    request_free(&request);
    request_init(&request, MESSAGE_BODY_MAX);
    assert_int_equal(add("Transfer-Encoding", "gzip, chunked"), 0);
    assert_int_equal(request_check_head(&request), REFUSAL_MALFORMED);
}

static void test_a_length_that_can_be_read_in_two_ways_is_malformed(void **state)
{
    (void)state;
    static const char *const doubled[][2] = {{"content-length", "content-length"},
                                             {"content-length", "transfer-encoding"},
                                             {"transfer-encoding", "transfer-encoding"}};
    for (size_t i = 0; i < 3; i++) {
        request_free(&request);
        request_init(&request, MESSAGE_BODY_MAX);
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(add(doubled[i][j], doubled[i][j][0] == 'c' ? "2" : "chunked"), 0);
        assert_int_equal(request_check_head(&request), REFUSAL_MALFORMED);
    }
}

static enum refusal route(enum role plane, const char *method, const char *target, char *allow)
{
    const struct route *found = NULL;
    request_free(&request);
    request_init(&request, MESSAGE_BODY_MAX);
    assert_int_equal(request_set_target(&request, slice_text(target)), 0);
    assert_int_equal(request_set_method(&request, slice_text(method)), 0);
    enum refusal why = routes_find(plane, &request, &found, allow);
    assert_int_equal(found != NULL, why == REFUSAL_NONE);
    return why;
}

static void test_the_api_is_a_post_on_the_root_with_any_query(void **state)
{
    (void)state;
    char allow[ROUTES_ALLOW_SIZE];
    assert_int_equal(route(ROLE_FRONT_MANAGE, "POST", "/", allow), REFUSAL_NONE);
    assert_int_equal(route(ROLE_FRONT_MANAGE, "POST", "/?a=b", allow), REFUSAL_NONE);
    assert_string_equal(allow, "");
}

static void test_other_methods_hear_what_is_allowed(void **state)
{
    (void)state;
    char allow[ROUTES_ALLOW_SIZE];
    static const char *const others[] = {"OPTIONS", "PUT", "post", "POSTS"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(route(ROLE_FRONT_MANAGE, others[i], "/", allow), REFUSAL_METHOD);
        assert_string_equal(allow, "POST, GET");
    }
}

static void test_other_paths_are_unknown(void **state)
{
    (void)state;
    char allow[ROUTES_ALLOW_SIZE];
    static const char *const others[] = {"/x", "//", "*", "/%2f", "http://a/", "/."};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(route(ROLE_FRONT_MANAGE, "POST", others[i], allow), REFUSAL_NOT_FOUND);
        assert_string_equal(allow, "");
    }
}

static void test_paths_of_our_own_take_their_methods_and_need_a_rest(void **state)
{
    (void)state;
    char allow[ROUTES_ALLOW_SIZE];
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        assert_int_equal(route(ROLE_FRONT_MANAGE, methods[i], "/chancery/v1/a/b?c", allow),
                         REFUSAL_NONE);
        assert_int_equal(route(ROLE_FRONT_MANAGE, methods[i], "/chancery/v1/", allow),
                         REFUSAL_NOT_FOUND);
        assert_int_equal(route(ROLE_FRONT_MANAGE, methods[i], "/chancery/v2/a", allow),
                         REFUSAL_NOT_FOUND);
    }
    assert_int_equal(route(ROLE_FRONT_MANAGE, "PATCH", "/chancery/v1/a", allow), REFUSAL_METHOD);
    assert_string_equal(allow, "GET, POST, PUT, DELETE");
}

static void test_the_public_plane_does_not_have_the_api(void **state)
{
    (void)state;
    char allow[ROUTES_ALLOW_SIZE];
    const struct route *manage = NULL;
    const struct route *found = NULL;
    struct request root;
    request_init(&root, 0);
    assert_int_equal(request_set_target(&root, slice_text("/")), 0);
    assert_int_equal(request_set_method(&root, slice_text("POST")), 0);
    assert_int_equal(routes_find(ROLE_FRONT_MANAGE, &root, &manage, allow), REFUSAL_NONE);
    assert_int_equal(routes_find(ROLE_FRONT_PUBLIC, &root, &found, allow), REFUSAL_NONE);
    assert_ptr_not_equal(found->handle, manage->handle);
    request_free(&root);
    request_init(&root, 0);
    assert_int_equal(request_set_target(&root, slice_text("/chancery/v1/a")), 0);
    assert_int_equal(request_set_method(&root, slice_text("GET")), 0);
    assert_int_equal(routes_find(ROLE_FRONT_PUBLIC, &root, &found, allow), REFUSAL_NONE);
    assert_ptr_not_equal(found->handle, manage->handle);
    request_free(&root);
}

static void test_a_pattern_takes_what_follows_and_get_takes_head(void **state)
{
    (void)state;
    char allow[ROUTES_ALLOW_SIZE];
    assert_int_equal(route(ROLE_FRONT_PUBLIC, "GET", "/ca/x.cer", allow), REFUSAL_NONE);
    assert_int_equal(route(ROLE_FRONT_PUBLIC, "HEAD", "/crl/x.crl", allow), REFUSAL_NONE);
    assert_int_equal(route(ROLE_FRONT_PUBLIC, "POST", "/ocsp", allow), REFUSAL_NONE);
    assert_int_equal(route(ROLE_FRONT_PUBLIC, "POST", "/ca/x.cer", allow), REFUSAL_METHOD);
    assert_string_equal(allow, "GET");
    assert_int_equal(route(ROLE_FRONT_PUBLIC, "DELETE", "/", allow), REFUSAL_METHOD);
    assert_string_equal(allow, "POST, GET");
}

static void test_freeing_twice_is_fine(void **state)
{
    (void)state;
    assert_int_equal(add("a", "b"), 0);
    request_free(&request);
    request_free(&request);
    request_free(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_target_is_split_at_the_first_question_mark),
        CASE(test_a_target_without_a_query_has_an_empty_one),
        CASE(test_a_bare_question_mark_is_an_empty_query),
        CASE(test_targets_with_forbidden_bytes_are_refused),
        CASE(test_methods_are_tokens_of_bounded_length),
        CASE(test_header_names_are_lowered_and_values_kept),
        CASE(test_repeated_headers_are_kept_in_order),
        CASE(test_the_65th_header_is_refused),
        CASE(test_headers_with_forbidden_bytes_are_refused),
        CASE(test_a_head_over_its_maximum_is_refused),
        CASE(test_earlier_parts_survive_the_growth_of_the_head),
        CASE(test_the_body_is_gathered_up_to_its_maximum),
        CASE(test_a_head_without_a_body_passes),
        CASE(test_the_announced_length_is_judged_before_the_body),
        CASE(test_chunks_pass_other_codings_do_not),
        CASE(test_a_length_that_can_be_read_in_two_ways_is_malformed),
        CASE(test_the_api_is_a_post_on_the_root_with_any_query),
        CASE(test_other_methods_hear_what_is_allowed),
        CASE(test_other_paths_are_unknown),
        CASE(test_paths_of_our_own_take_their_methods_and_need_a_rest),
        CASE(test_the_public_plane_does_not_have_the_api),
        CASE(test_a_pattern_takes_what_follows_and_get_takes_head),
        CASE(test_freeing_twice_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
