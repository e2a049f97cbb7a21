/* Tests of ca/jobs/domain_pace.c: limits for each authoritative server, and a line of its own for each account. */
#include "ca/jobs/domain_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define START (INT64_C(1800000000) * SECOND)

static char why[PACE_WHY_SIZE];

static bool begins(struct pace *p, uint64_t server, const char *account, bool in_line, int64_t now,
                   int64_t *at)
{
    const struct pace_ask ask = {.server = server, .domain = "example.com", .account = account, .in_line = in_line, .now = now};
    return pace_begin(p, &ask, at, why);
}

static void domains_of_the_same_servers_share_their_limits(void **state)
{
    (void)state;
    struct pace *p = NULL;
    bool known = true;
    int64_t at = 0;
    assert_int_equal(pace_new(2, 0, &p), 0);
    uint64_t alone = pace_server(p, "a.example", START, &known);
    assert_false(known);
    assert_true(alone != pace_server(p, "b.example", START, &known));
    uint64_t a = pace_learn(p, "a.example", "ns1.host.example", START);
    uint64_t b = pace_learn(p, "b.example", "ns1.host.example", START);
    assert_true(a == b && a == pace_server(p, "a.example", START, &known) && known);
    assert_true(begins(p, a, "1", false, START, &at) && begins(p, b, "2", false, START, &at));
    assert_false(begins(p, a, "3", false, START, &at));
    assert_true(at > START);
    assert_non_null(strstr(why, "2 names are being looked at at the servers of example.com"));
    pace_end(p, a);
    assert_true(begins(p, b, "3", true, START, &at));
    (void)pace_server(p, "a.example", START + 7200 * SECOND, &known);
    assert_false(known);
    pace_learn(p, "c.example", NULL, START);
    (void)pace_server(p, "c.example", START + SECOND, &known);
    assert_true(known);
    (void)pace_server(p, "c.example", START + 120 * SECOND, &known);
    assert_false(known);
    pace_free(p);
}

/* Ten thousand names of one account; then one of another, and another, comes. */
static void a_long_line_delays_nobody_else(void **state)
{
    (void)state;
    struct pace *p = NULL;
    int64_t at = 0, last = 0;
    assert_int_equal(pace_new(1000000, 100, &p), 0);
    for (unsigned i = 0; i < 10000; i++)
        if (!begins(p, 7, "1", false, START, &at))
            last = at;
    assert_true(last > START + 90 * SECOND && last < START + 110 * SECOND);
    assert_true(begins(p, 7, "2", false, START + SECOND, &at));
    assert_true(begins(p, 7, "3", false, START + SECOND, &at));
    pace_free(p);
}

/* Whoever comes at his time begins, and does not get a later one for ever. */
/* Ten thousand names of an account that were looked at in vain, and then one of the same account that is new. */
static void a_new_name_does_not_wait_behind_repeats(void **state)
{
    (void)state;
    struct pace *p = NULL;
    int64_t at = 0;
    assert_int_equal(pace_new(8, 20, &p), 0);
    struct pace_ask ask = {.server = 7, .domain = "example.com", .account = "1", .now = START};
    for (int i = 0; i < 10000; i++)
        if (pace_begin(p, &ask, &at, why))
            pace_end(p, 7);
    assert_true(at > START + 400 * SECOND);
    ask.first = true;
    if (!pace_begin(p, &ask, &at, why))
        assert_true(at <= START + SECOND);
    for (int i = 0; i < 100; i++)
        pace_begin(p, &ask, &at, why);
    assert_true(at > START + 5 * SECOND); /* new names stand in line among themselves */
    pace_free(p);
}

static void a_time_that_was_given_counts(void **state)
{
    (void)state;
    enum { NAMES = 500 };
    struct pace *p = NULL;
    int64_t times[NAMES];
    size_t begun = 0, late = 0;
    assert_int_equal(pace_new(1000000, 100, &p), 0);
    for (size_t i = 0; i < NAMES; i++)
        if (begins(p, 7, "1", false, START, &times[i])) {
            times[i] = 0;
            begun++;
        }
    for (int64_t now = START; now < START + 10 * SECOND; now += SECOND / 100)
        for (size_t i = 0; i < NAMES; i++) {
            if (times[i] == 0 || times[i] > now)
                continue;
            if (begins(p, 7, "1", true, now, &times[i])) {
                times[i] = 0;
                begun++;
                late = now > START + 6 * SECOND ? late + 1 : late;
            }
            assert_true(times[i] == 0 || times[i] > now);
        }
    assert_int_equal(begun, NAMES);
    assert_int_equal(late, 0);
    pace_free(p);
}

static void the_pace_of_a_server_holds_for_all_accounts_together(void **state)
{
    (void)state;
    struct pace *p = NULL;
    char account[13];
    int64_t at = 0;
    size_t begun = 0;
    assert_int_equal(pace_new(1000000, 10, &p), 0);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(account, sizeof account, "%u", i);
        begun += begins(p, 7, account, false, START, &at) ? 1 : 0;
    }
    assert_true(begun >= 1 && begun <= 4);
    pace_free(p);
}

/* The servers are busy to the limit. */
static void a_name_that_somebody_asks_for_now_waits_for_places_alone(void **state)
{
    (void)state;
    struct pace *p = NULL;
    int64_t at = 0;
    assert_int_equal(pace_new(1000, 100, &p), 0);
    struct pace_ask ask = {.server = 7, .domain = "example.com", .account = "1", .in_line = true, .now = START};
    while (pace_begin(p, &ask, &at, why)) { /* what room there is */
    }
    ask.hurried = true;
    assert_true(pace_begin(p, &ask, &at, why));
    ask.hurried = false;
    int64_t before = at;
    assert_false(pace_begin(p, &ask, &at, why));
    assert_int_equal(at - before, SECOND / 100); /* it counts */
    ask.hurried = true;
    for (int i = 0; i < 1000 && pace_begin(p, &ask, &at, why); i++) {
    }
    assert_non_null(strstr(why, "1000 names are being looked at"));
    pace_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_of_the_same_servers_share_their_limits),
        cmocka_unit_test(a_long_line_delays_nobody_else),
        cmocka_unit_test(a_new_name_does_not_wait_behind_repeats),
        cmocka_unit_test(a_time_that_was_given_counts),
        cmocka_unit_test(the_pace_of_a_server_holds_for_all_accounts_together),
        cmocka_unit_test(a_name_that_somebody_asks_for_now_waits_for_places_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
