/* Tests of ca/jobs/schedule.c: what is due is done once and in time, failures come again. */
#include "ca/jobs/schedule.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define WAIT_MS 10000

static _Atomic int64_t due_at;
static atomic_int runs, failures_left;

static int counted_due(struct core *core, int64_t *at)
{
    (void)core;
    *at = due_at;
    return 0;
}

static int counted_run(struct core *core, int64_t now)
{
    (void)core;
    assert_true(now >= due_at);
    if (failures_left > 0) {
        failures_left--;
        return CH_EIO;
    }
    runs++;
    due_at = SCHEDULE_NEVER;
    return 0;
}

static int idle_due(struct core *core, int64_t *at)
{
    (void)core;
    *at = SCHEDULE_NEVER;
    return 0;
}

static int idle_run(struct core *core, int64_t now)
{
    (void)core;
    (void)now;
    fail_msg("nothing was due");
    return 0;
}

static const struct job_kind kinds[] = {
    {"counted", counted_due, counted_run},
    {"idle", idle_due, idle_run},
};

static struct schedule *start(int64_t due, int failures)
{
    static struct core core;
    struct schedule *s = NULL;
    due_at = due;
    runs = 0;
    failures_left = failures;
    assert_int_equal(schedule_new(&core, kinds, 2, &s), 0);
    return s;
}

static void past_work_is_done_at_the_start_and_once(void **state)
{
    (void)state;
    struct schedule *s = start(1, 0);
    assert_int_equal(schedule_wait(s, "counted", WAIT_MS), 0);
    assert_int_equal(schedule_wait(s, "counted", WAIT_MS), 0);
    assert_int_equal(schedule_wait(s, "idle", WAIT_MS), 0);
    assert_int_equal(runs, 1);
    schedule_free(s);
}

static void work_is_done_when_its_time_comes(void **state)
{
    (void)state;
    struct schedule *s = start(SCHEDULE_NEVER, 0);
    assert_int_equal(schedule_wait(s, "counted", WAIT_MS), 0);
    assert_int_equal(runs, 0);
    due_at = clock_now_us() + 100000;
    schedule_wake(s, "counted");
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    while (runs == 0 && clock_monotonic_ms() < end)
        schedule_wait(s, "idle", 10);
    assert_int_equal(runs, 1);
    schedule_free(s);
}

static void a_failure_is_told_to_who_waits_and_tried_again(void **state)
{
    (void)state;
    struct schedule *s = start(SCHEDULE_NEVER, 2);
    assert_int_equal(schedule_wait(s, "counted", WAIT_MS), 0);
    due_at = 1;
    assert_int_equal(schedule_wait(s, "counted", WAIT_MS), CH_EIO);
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    while (runs == 0 && clock_monotonic_ms() < end)
        schedule_wait(s, "idle", 10);
    assert_int_equal(runs, 1);
    assert_int_equal(failures_left, 0);
    schedule_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_work_is_done_at_the_start_and_once),
        cmocka_unit_test(work_is_done_when_its_time_comes),
        cmocka_unit_test(a_failure_is_told_to_who_waits_and_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
