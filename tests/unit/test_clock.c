/* Tests of firmware/base/clock.c. */
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>

static int64_t fixed_now(void)
{
    return (int64_t)1700000000 * 1000000 + 999999;
}

static int restore(void **state)
{
    (void)state;
    clock_replace(NULL);
    return 0;
}

static void the_clock_is_the_systems(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL);
    int64_t now = clock_now();
    assert_in_range((uintmax_t)now, (uintmax_t)before - 1, (uintmax_t)before + 5);
}

static void a_replaced_clock_is_obeyed_until_restored(void **state)
{
    (void)state;
    clock_replace(fixed_now);
    assert_int_equal(clock_now_us(), fixed_now());
    assert_int_equal(clock_now(), 1700000000);
    clock_replace(NULL);
    assert_int_not_equal(clock_now_us(), fixed_now());
}

static void monotonic_time_does_not_follow_the_replaced_clock(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ms();
    clock_replace(fixed_now);
    int64_t after = clock_monotonic_ms();
    assert_true(after >= before && after - before < 10000);
}

static void iso_texts_are_utc(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {1700000000, "2023-11-14T22:13:20Z"},
        {4102444799, "2099-12-31T23:59:59Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[CLOCK_ISO_SIZE];
        clock_format_iso(rows[i].seconds, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void a_year_of_five_digits_leaves_an_empty_text(void **state)
{
    (void)state;
    char text[CLOCK_ISO_SIZE] = "x";
    clock_format_iso(INT64_C(253402300800), text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_is_the_systems),
        cmocka_unit_test_teardown(a_replaced_clock_is_obeyed_until_restored, restore),
        cmocka_unit_test_teardown(monotonic_time_does_not_follow_the_replaced_clock, restore),
        cmocka_unit_test(iso_texts_are_utc),
        cmocka_unit_test(a_year_of_five_digits_leaves_an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
