/* Tests of firmware/base/buf.c. */
#include "firmware/base/buf.h"

#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void slices_compare_by_their_bytes(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_of("a\0b", 3), slice_of("a\0b", 3)));
    assert_false(slice_equal(slice_of("a\0b", 3), slice_of("a\0c", 3)));
    assert_false(slice_equal(slice_text("ab"), slice_text("abc")));
    assert_true(slice_equal(slice_text(NULL), slice_text("")));
    assert_true(slice_is(slice_text("GET"), "GET"));
    assert_false(slice_is(slice_of("GET", 4), "GET"));
}

static void a_slice_is_copied_as_text(void **state)
{
    (void)state;
    char *text = slice_dup(slice_of("abcdef", 3));
    assert_string_equal(text, "abc");
    free(text);
    text = slice_dup((struct slice){0});
    assert_string_equal(text, "");
    free(text);
}

static void a_slice_with_a_nul_is_no_text(void **state)
{
    (void)state;
    assert_null(slice_dup(slice_of("a\0b", 3)));
    assert_null(slice_dup(slice_of("", 1)));
}

static void constant_time_comparison_sees_every_byte(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    assert_true(bytes_equal_ct(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = 0x80;
        assert_false(bytes_equal_ct(a, b, sizeof a));
        b[i] = 0;
    }
    assert_true(bytes_equal_ct(a, b, 0));
}

static void appended_bytes_stay_in_order_while_the_buf_grows(void **state)
{
    (void)state;
    struct buf b = {0};
    for (unsigned i = 0; i < 5000; i++)
        assert_int_equal(buf_put(&b, &(uint8_t){(uint8_t)i}, 1), 0);
    assert_int_equal(b.len, 5000);
    for (unsigned i = 0; i < 5000; i++)
        assert_int_equal(b.data[i], (uint8_t)i);
    buf_free(&b);
}

static void a_bound_is_kept_and_a_refused_append_changes_nothing(void **state)
{
    (void)state;
    struct buf b = {.cap_max = 8};
    assert_int_equal(buf_put_text(&b, "12345"), 0);
    assert_int_equal(buf_put_text(&b, "6789"), CH_ELIMIT);
    assert_true(slice_is(buf_slice(&b), "12345"));
    assert_int_equal(buf_put_text(&b, "678"), 0);
    assert_int_equal(buf_put_text(&b, "9"), CH_ELIMIT);
    assert_null(buf_reserve(&b, 1));
    assert_true(slice_is(buf_slice(&b), "12345678"));
    buf_free(&b);
}

static void a_bound_is_kept_by_formatting_and_hex_too(void **state)
{
    (void)state;
    struct buf b = {.cap_max = 8};
    assert_int_equal(buf_printf(&b, "%s", "123456789"), CH_ELIMIT);
    assert_int_equal(buf_put_hex(&b, "abcde", 5), CH_ELIMIT);
    assert_int_equal(buf_put_hex(&b, "abcde", SIZE_MAX / 2 + 2), CH_ELIMIT);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void a_formatted_text_may_fill_the_bound_exactly(void **state)
{
    (void)state;
    struct buf b = {.cap_max = 8};
    assert_int_equal(buf_printf(&b, "%d", 12345678), 0);
    assert_true(slice_is(buf_slice(&b), "12345678"));
    buf_free(&b);
    b.cap_max = 8;
    assert_int_equal(buf_put_hex(&b, "abcd", 4), 0);
    assert_true(slice_is(buf_slice(&b), "61626364"));
    buf_free(&b);
}

static void lengths_that_overflow_are_refused(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_int_equal(buf_put_text(&b, "x"), 0);
    assert_int_equal(buf_put(&b, "x", SIZE_MAX), CH_ELIMIT);
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_null(buf_reserve(&b, BUF_MAX));
    assert_int_equal(b.len, 1);
    buf_free(&b);
}

static void an_empty_append_needs_no_bytes(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_int_equal(buf_put(&b, NULL, 0), 0);
    assert_int_equal(buf_put_slice(&b, (struct slice){0}), 0);
    assert_int_equal(buf_put_text(&b, NULL), 0);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void formatted_text_is_appended(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_int_equal(buf_printf(&b, "%d-%s", 42, "x"), 0);
    assert_int_equal(buf_printf(&b, "%s", "!"), 0);
    assert_string_equal(buf_text(&b), "42-x!");
    assert_int_equal(b.len, 5);
    buf_free(&b);
}

static void text_of_an_empty_buf_is_empty(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_string_equal(buf_text(&b), "");
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void clearing_wipes_the_old_bytes(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_int_equal(buf_put_text(&b, "secret"), 0);
    const uint8_t *bytes = b.data;
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(bytes[i], 0);
    buf_free(&b);
    buf_free(&b);
    buf_free(NULL);
    assert_null(b.data);
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x7f, 0x80, 0xff, 0x1a};
    char text[11];
    uint8_t back[5];
    struct buf b = {0};
    hex_encode(bytes, sizeof bytes, text);
    assert_string_equal(text, "007f80ff1a");
    assert_int_equal(hex_decode("007F80fF1A", 10, back), 0);
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_int_equal(buf_put_hex(&b, bytes, sizeof bytes), 0);
    assert_string_equal(buf_text(&b), text);
    buf_free(&b);
}

static void malformed_hex_is_refused(void **state)
{
    static const char *const wrong[] = {"0", "0g", "g0", "0x", " 0", "-1", "00 0"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t out[2];
        assert_int_equal(hex_decode(wrong[i], strlen(wrong[i]), out), CH_EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare_by_their_bytes),
        cmocka_unit_test(a_slice_is_copied_as_text),
        cmocka_unit_test(a_slice_with_a_nul_is_no_text),
        cmocka_unit_test(constant_time_comparison_sees_every_byte),
        cmocka_unit_test(appended_bytes_stay_in_order_while_the_buf_grows),
        cmocka_unit_test(a_bound_is_kept_and_a_refused_append_changes_nothing),
        cmocka_unit_test(a_bound_is_kept_by_formatting_and_hex_too),
        cmocka_unit_test(a_formatted_text_may_fill_the_bound_exactly),
        cmocka_unit_test(lengths_that_overflow_are_refused),
        cmocka_unit_test(an_empty_append_needs_no_bytes),
        cmocka_unit_test(formatted_text_is_appended),
        cmocka_unit_test(text_of_an_empty_buf_is_empty),
        cmocka_unit_test(clearing_wipes_the_old_bytes),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(malformed_hex_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
