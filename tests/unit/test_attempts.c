/* Wrong passwords and codes: ten in a quarter of an hour, and right ones do not count. */
#include "ca/auth/attempts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000000)

static void after_ten_wrong_ones_there_is_no_eleventh_until_the_window_ends(void **state)
{
    (void)state;
    struct attempts *a = attempts_new(ATTEMPTS_MAX, ATTEMPTS_WINDOW);
    assert_non_null(a);
    for (int i = 0; i < ATTEMPTS_MAX; i++)
        assert_true(attempts_take(a, "AIDAX", NOW + i));
    assert_false(attempts_take(a, "AIDAX", NOW + ATTEMPTS_MAX));
    assert_false(attempts_take(a, "AIDAX", NOW + ATTEMPTS_WINDOW - 1));
    assert_true(attempts_take(a, "AIDAX", NOW + ATTEMPTS_WINDOW));
    attempts_free(a);
}

static void right_ones_do_not_count(void **state)
{
    (void)state;
    struct attempts *a = attempts_new(ATTEMPTS_MAX, ATTEMPTS_WINDOW);
    assert_non_null(a);
    for (int i = 0; i < 10 * ATTEMPTS_MAX; i++) {
        assert_true(attempts_take(a, "AIDAX", NOW));
        attempts_right(a, "AIDAX");
    }
    attempts_free(a);
}

static void others_have_counters_of_their_own(void **state)
{
    (void)state;
    struct attempts *a = attempts_new(ATTEMPTS_MAX, ATTEMPTS_WINDOW);
    char who[] = "AIDA0";
    unsigned allowed = 0;
    assert_non_null(a);
    for (int i = 0; i <= ATTEMPTS_MAX; i++)
        (void)attempts_take(a, "AIDAX", NOW);
    for (who[4] = '0'; who[4] <= '9'; who[4]++)
        allowed += attempts_take(a, who, NOW);
    assert_true(allowed >= 8); /* two of ten may share the counter, which is as good as never */
    attempts_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_ten_wrong_ones_there_is_no_eleventh_until_the_window_ends),
        cmocka_unit_test(right_ones_do_not_count),
        cmocka_unit_test(others_have_counters_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
