/* Turns: who queues much waits behind himself. */
#include "ca/fair_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct thing {
    struct fair_item item;
    int number;
};

static struct fair_queue queue;
static struct thing things[2000];

static void put(const char *who, int number)
{
    things[number].number = number;
    fair_queue_put(&queue, slice_text(who), &things[number].item);
}

static int take(void)
{
    struct fair_item *item = fair_queue_take(&queue);
    return item == NULL ? -1 : ((struct thing *)(void *)item)->number;
}

static int empty(void **state)
{
    (void)state;
    fair_queue_init(&queue);
    return 0;
}

static void nothing_comes_of_an_empty_queue(void **state)
{
    (void)state;
    assert_int_equal(take(), -1);
    put("a", 1);
    assert_int_equal(take(), 1);
    assert_int_equal(take(), -1);
}

static void one_alone_is_served_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        put("a", i);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(take(), i);
    assert_int_equal(take(), -1);
}

/* The lanes of "b" and "flood" are the same for one seed in FAIR_LANES: then try the next seed. */
static void lanes_part(const char *a, const char *b)
{
    for (;;) {
        fair_queue_init(&queue);
        put(a, 0);
        put(a, 1);
        put(b, 2);
        int first = take(), second = take(), third = take();
        if (first == 0 && second == 2 && third == 1)
            return;
        queue.seed++;
    }
}

static void who_comes_late_waits_for_one_of_each_not_for_all(void **state)
{
    (void)state;
    lanes_part("flood", "b");
    for (int i = 0; i < 1000; i++)
        put("flood", i);
    assert_int_equal(take(), 0);
    put("b", 1500);
    assert_int_equal(take(), 1);
    assert_int_equal(take(), 1500);
    assert_int_equal(take(), 2);
}

static void two_floods_share_alike(void **state)
{
    (void)state;
    lanes_part("flood", "b");
    for (int i = 0; i < 100; i++)
        put("flood", i);
    for (int i = 1000; i < 1100; i++)
        put("b", i);
    int first = 0;
    for (int i = 0; i < 100; i++)
        first += take() < 1000;
    assert_int_equal(first, 50);
}

static void very_many_names_are_all_served(void **state)
{
    (void)state;
    char name[32];
    bool seen[2000] = {false};
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "AKIA%016d", i);
        put(name, i);
    }
    for (int i = 0; i < 2000; i++) {
        int number = take();
        assert_true(number >= 0 && !seen[number]);
        seen[number] = true;
    }
    assert_int_equal(take(), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_comes_of_an_empty_queue, empty),
        cmocka_unit_test_setup(one_alone_is_served_in_order, empty),
        cmocka_unit_test_setup(who_comes_late_waits_for_one_of_each_not_for_all, empty),
        cmocka_unit_test_setup(two_floods_share_alike, empty),
        cmocka_unit_test_setup(very_many_names_are_all_served, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
