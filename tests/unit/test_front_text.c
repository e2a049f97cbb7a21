/* What may stand where in an HTTP message. */
#include "api/front/text.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_a_token_has_the_characters_of_rfc_9110_and_no_others(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        uint8_t byte = (uint8_t)c;
        bool wanted = c > 0x20 && c < 0x7f && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
        assert_int_equal(text_is_token(slice_of(&byte, 1)), wanted);
    }
}

static void test_an_empty_token_is_none(void **state)
{
    (void)state;
    assert_false(text_is_token(slice_text("")));
    assert_true(text_is_token(slice_text("X-Amz-Date")));
    assert_false(text_is_token(slice_text("X-Amz Date")));
}

static void test_a_value_has_no_control_characters_but_the_tab(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        uint8_t bytes[3] = {'a', (uint8_t)c, 'b'};
        bool wanted = c == '\t' || (c >= 0x20 && c != 0x7f);
        assert_int_equal(text_is_field_value(slice_of(bytes, 3)), wanted);
    }
    assert_true(text_is_field_value(slice_text("")));
}

static void test_a_target_has_neither_controls_nor_blanks(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        uint8_t bytes[2] = {'/', (uint8_t)c};
        assert_int_equal(text_is_target(slice_of(bytes, 2)), c > 0x20 && c != 0x7f);
    }
}

static void test_lowering_touches_ascii_letters_only(void **state)
{
    (void)state;
    uint8_t text[] = "AZaz@[`{09\xc4";
    text_lower(text, sizeof text - 1);
    assert_memory_equal(text, "azaz@[`{09\xc4", sizeof text);
}

static void test_comparing_without_case_needs_the_same_length(void **state)
{
    (void)state;
    assert_true(text_equal_nocase(slice_text("Close"), "cLOSE"));
    assert_false(text_equal_nocase(slice_text("close"), "clos"));
    assert_false(text_equal_nocase(slice_text("clos"), "close"));
    assert_false(text_equal_nocase(slice_text("close"), "klose"));
    assert_true(text_equal_nocase(slice_text(""), ""));
}

static void test_numbers_are_read_to_their_last_bit(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_int_equal(text_to_u64(slice_text("0"), &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(text_to_u64(slice_text("0004194304"), &value), 0);
    assert_int_equal(value, 4194304);
    assert_int_equal(text_to_u64(slice_text("18446744073709551615"), &value), 0);
    assert_true(value == UINT64_MAX);
}

static void test_numbers_over_64_bits_are_over_the_limit(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_int_equal(text_to_u64(slice_text("18446744073709551616"), &value), CH_ELIMIT);
    assert_int_equal(value, 0);
    assert_int_equal(text_to_u64(slice_text("99999999999999999999999999"), &value), CH_ELIMIT);
}

static void test_what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1,2",
                                      "99999999999999999999999x"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(text_to_u64(slice_text(bad[i]), &value), CH_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_has_the_characters_of_rfc_9110_and_no_others),
        cmocka_unit_test(test_an_empty_token_is_none),
        cmocka_unit_test(test_a_value_has_no_control_characters_but_the_tab),
        cmocka_unit_test(test_a_target_has_neither_controls_nor_blanks),
        cmocka_unit_test(test_lowering_touches_ascii_letters_only),
        cmocka_unit_test(test_comparing_without_case_needs_the_same_length),
        cmocka_unit_test(test_numbers_are_read_to_their_last_bit),
        cmocka_unit_test(test_numbers_over_64_bits_are_over_the_limit),
        cmocka_unit_test(test_what_is_no_number_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
