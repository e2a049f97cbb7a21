/* Tests of ca/jobs/share.c: whose turn it is. */
#include "ca/jobs/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void nobody_waits(void **state)
{
    (void)state;
    unsigned rank = 7;
    assert_int_equal(share_rank(NULL, 0, &rank), 0);
    assert_int_equal(rank, 7);
}

static void each_owner_counts_its_own_from_nought(void **state)
{
    (void)state;
    static const char *const owners[] = {"a", "a", "b", "a", "c", "b", "a"};
    static const unsigned wanted[] = {0, 1, 0, 2, 0, 1, 3};
    unsigned ranks[7];
    assert_int_equal(share_rank(owners, 7, ranks), 0);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(ranks[i], wanted[i]);
}

static void a_single_one_behind_a_long_queue_is_in_the_first_turn(void **state)
{
    (void)state;
    static const char *owners[1001];
    static unsigned ranks[1001];
    for (size_t i = 0; i < 1000; i++)
        owners[i] = "111111111111";
    owners[1000] = "222222222222";
    assert_int_equal(share_rank(owners, 1001, ranks), 0);
    assert_int_equal(ranks[999], 999);
    assert_int_equal(ranks[1000], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits),
        cmocka_unit_test(each_owner_counts_its_own_from_nought),
        cmocka_unit_test(a_single_one_behind_a_long_queue_is_in_the_first_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
