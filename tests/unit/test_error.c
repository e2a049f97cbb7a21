/* Tests of firmware/base/error.c. */
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define LISTED(name, number, text) {name, #name, text},
static const struct {
    int code;
    const char *name, *text;
} listed[] = {CH_ERROR_LIST(LISTED)};
#define COUNT (sizeof listed / sizeof listed[0])

static void every_code_has_its_own_name_and_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_equal(ch_error_name(listed[i].code), listed[i].name);
        assert_string_equal(ch_error_text(listed[i].code), listed[i].text);
    }
}

static void codes_are_negative_and_distinct(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(listed[i].code < 0);
        for (size_t j = i + 1; j < COUNT; j++)
            assert_int_not_equal(listed[i].code, listed[j].code);
    }
}

static void texts_do_not_end_with_a_dot(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(strlen(listed[i].text) > 0);
        assert_int_not_equal(listed[i].text[strlen(listed[i].text) - 1], '.');
    }
}

static void success_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(ch_error_name(0), "CH_OK");
    assert_string_equal(ch_error_text(0), "success");
}

static void a_foreign_number_is_unknown(void **state)
{
    static const int foreign[] = {1, -1000, INT32_MAX, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_string_equal(ch_error_text(foreign[i]), "unknown error");
        assert_string_equal(ch_error_name(foreign[i]), "CH_EUNKNOWN");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_own_name_and_text),
        cmocka_unit_test(codes_are_negative_and_distinct),
        cmocka_unit_test(texts_do_not_end_with_a_dot),
        cmocka_unit_test(success_has_a_text),
        cmocka_unit_test(a_foreign_number_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
