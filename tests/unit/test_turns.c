/* Tests of ca/jobs/turns.c: whose work is next, and that who has much does not keep others waiting. */
#include "ca/jobs/turns.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MUCH 6

/* Six pieces of the first account, then one of the second. */
static void list_make(struct turn list[MUCH + 1])
{
    for (int i = 0; i <= MUCH; i++) {
        list[i] = (struct turn){.scope = i < MUCH ? 1 : 2};
        snprintf(list[i].account, sizeof list[i].account, "%012d", i < MUCH ? 1 : 2);
        snprintf(list[i].key, sizeof list[i].key, "piece %d", i);
    }
}

static void who_has_little_is_next(void **state)
{
    (void)state;
    struct turns t = TURNS_INIT;
    struct turn list[MUCH + 1];
    list_make(list);
    assert_int_equal(turns_take(&t, list, MUCH + 1, TURNS_LINES), 0);
    assert_int_equal(turns_take(&t, list, MUCH + 1, TURNS_LINES), MUCH);
    assert_int_equal(turns_take(&t, list, MUCH + 1, TURNS_LINES), 1);
    turns_release(&t, &list[0]);
    assert_int_equal(turns_find(&t, list, MUCH + 1, TURNS_LINES), 0);
}

static void an_account_has_no_more_than_its_share(void **state)
{
    (void)state;
    struct turns t = TURNS_INIT;
    struct turn list[MUCH + 1];
    list_make(list);
    for (int i = 0; i < 3; i++)
        assert_int_equal(turns_take(&t, list, MUCH, 3), i);
    assert_int_equal(turns_take(&t, list, MUCH, 3), -1);
    assert_int_equal(turns_take(&t, list, MUCH + 1, 3), MUCH);
    turns_release(&t, &list[1]);
    assert_int_equal(turns_take(&t, list, MUCH + 1, 3), 1);
}

static void there_are_no_more_lines_than_there_are(void **state)
{
    (void)state;
    struct turns t = TURNS_INIT;
    struct turn list[TURNS_LINES + 1] = {0};
    for (int i = 0; i <= TURNS_LINES; i++) {
        snprintf(list[i].account, sizeof list[i].account, "%012d", i);
        snprintf(list[i].key, sizeof list[i].key, "piece %d", i);
    }
    for (int i = 0; i < TURNS_LINES; i++)
        assert_int_equal(turns_take(&t, list, TURNS_LINES + 1, TURNS_LINES), i);
    assert_int_equal(turns_take(&t, list, TURNS_LINES + 1, TURNS_LINES), -1);
}

/* Scopes 1 to 200 have work. */
static int scopes_list_all(struct store_tx *tx, int64_t after, int64_t *scopes, size_t max, size_t *count)
{
    (void)tx;
    for (*count = 0; *count < max && after < 200;)
        scopes[(*count)++] = ++after;
    return 0;
}

struct seen {
    int64_t first, last;
    size_t count, most;
};

static int on_scope(void *context, struct store_tx *tx, int64_t scope)
{
    struct seen *s = context;
    (void)tx;
    if (s->count == s->most)
        return CH_ELIMIT;
    s->first = s->count++ == 0 ? scope : s->first;
    s->last = scope;
    return 0;
}

static void scopes_take_turns_around(void **state)
{
    (void)state;
    struct turns t = TURNS_INIT;
    struct seen s = {.most = 1000};
    assert_int_equal(turns_walk(&t, NULL, scopes_list_all, on_scope, &s), 0);
    assert_true(s.first == 1 && s.last == 200 && s.count == 200);
    struct turn one = {.scope = 77, .account = "000000000001", .key = "x"};
    assert_int_equal(turns_take(&t, &one, 1, 1), 0);
    s = (struct seen){.most = 1000};
    assert_int_equal(turns_walk(&t, NULL, scopes_list_all, on_scope, &s), 0);
    assert_true(s.first == 78 && s.last == 77 && s.count == 200);
    s = (struct seen){.most = 3};
    assert_int_equal(turns_walk(&t, NULL, scopes_list_all, on_scope, &s), 0);
    assert_true(s.first == 78 && s.last == 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_little_is_next),
        cmocka_unit_test(an_account_has_no_more_than_its_share),
        cmocka_unit_test(there_are_no_more_lines_than_there_are),
        cmocka_unit_test(scopes_take_turns_around),
    };
    return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
