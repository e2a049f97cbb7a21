/* Tests of ca/pca/validity.c. */
#include "ca/pca/validity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NOW INT64_C(1706702400) /* 2024-01-31T12:00:00Z */

struct row {
    const char *type;
    int64_t value;
    int64_t end; /* 0 = refused */
};

static void rows_check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t end = 0;
        json_t *v =
            json_pack("{s:s,s:I}", "Type", rows[i].type, "Value", (json_int_t)rows[i].value);
        int rc = validity_end(v, NOW, &end);
        assert_int_equal(rc, rows[i].end == 0 ? CH_EINVAL : 0);
        if (rc == 0)
            assert_int_equal(end, rows[i].end);
        json_decref(v);
    }
}

static void spans_follow_the_calendar(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"DAYS", 1, NOW + 86400},
        {"MONTHS", 1, INT64_C(1709208000)},  /* 2024-02-29T12:00:00Z: January has 31 days */
        {"MONTHS", 13, INT64_C(1740744000)}, /* 2025-02-28T12:00:00Z */
        {"MONTHS", 12, INT64_C(1738324800)}, /* 2025-01-31T12:00:00Z */
        {"YEARS", 1, INT64_C(1738324800)},
        {"YEARS", 10, INT64_C(2022321600)}, /* 2034-01-31T12:00:00Z */
    };
    rows_check(rows, sizeof rows / sizeof rows[0]);
}

static void end_dates_are_read_in_both_lengths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"END_DATE", 20300101000000, INT64_C(1893456000)},
        {"END_DATE", 300101000000, INT64_C(1893456000)},
        {"END_DATE", 491231235959, INT64_C(2524607999)},
        {"END_DATE", 20491231235959, INT64_C(2524607999)},
        {"END_DATE", 20500101000000, INT64_C(2524608000)},
        {"END_DATE", 99991231235959, INT64_C(253402300799)},
        {"END_DATE", 20240229120000 + 0, INT64_C(1709208000)},
    };
    rows_check(rows, sizeof rows / sizeof rows[0]);
}

static void dates_that_do_not_exist_or_are_past_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"END_DATE", 20250229000000, 0},
        {"END_DATE", 20301301000000, 0},
        {"END_DATE", 20300001000000, 0},
        {"END_DATE", 20300132000000, 0},
        {"END_DATE", 20300100000000, 0},
        {"END_DATE", 20300101240000, 0},
        {"END_DATE", 20300101006000, 0},
        {"END_DATE", 20300101000060, 0},
        {"END_DATE", 500101000000, 0}, /* 1950 */
        {"END_DATE", 20200101000000, 0},
        {"END_DATE", 1000000000000, 0},
        {"END_DATE", 100000000000000, 0},
        {"END_DATE", INT64_MAX, 0},
        {"ABSOLUTE", NOW, 0},
        {"ABSOLUTE", INT64_C(253402300800), 0},
        {"ABSOLUTE", INT64_MAX, 0},
        {"DAYS", INT64_MAX, 0},
        {"DAYS", 0, 0},
        {"DAYS", -1, 0},
        {"MONTHS", INT64_MAX, 0},
        {"MONTHS", 119988, 0},
        {"YEARS", INT64_MAX, 0},
        {"YEARS", 7976, 0},
        {"WEEKS", 1, 0},
    };
    rows_check(rows, sizeof rows / sizeof rows[0]);
}

static void absolute_is_taken_as_it_is(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"ABSOLUTE", NOW + 1, NOW + 1},
        {"ABSOLUTE", INT64_C(253402300799), INT64_C(253402300799)},
    };
    rows_check(rows, sizeof rows / sizeof rows[0]);
}

static void the_beginning_is_absolute_or_an_hour_back(void **state)
{
    (void)state;
    int64_t begin = 0;
    json_t *v = json_pack("{s:s,s:I}", "Type", "ABSOLUTE", "Value", (json_int_t)NOW + 5);
    assert_int_equal(validity_begin(NULL, NOW, &begin), 0);
    assert_int_equal(begin, NOW - 3600);
    assert_int_equal(validity_begin(v, NOW, &begin), 0);
    assert_int_equal(begin, NOW + 5);
    json_object_set_new(v, "Type", json_string("END_DATE"));
    assert_int_equal(validity_begin(v, NOW, &begin), CH_EINVAL);
    json_decref(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_follow_the_calendar),
        cmocka_unit_test(end_dates_are_read_in_both_lengths),
        cmocka_unit_test(dates_that_do_not_exist_or_are_past_are_refused),
        cmocka_unit_test(absolute_is_taken_as_it_is),
        cmocka_unit_test(the_beginning_is_absolute_or_an_hour_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
