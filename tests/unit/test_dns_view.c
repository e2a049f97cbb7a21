/* Tests of firmware/base/dns_view.c: what outbound reports, out and in; names as DNS compares them. */
#include "firmware/base/dns_view.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct dns_view sample(void)
{
    struct dns_view v = {.resolver = slice_text("192.0.2.53"),
                         .name = slice_text("_x.example.com"),
                         .type = DNS_TYPE_CNAME,
                         .state = DNS_FOUND,
                         .secure = 1,
                         .why = slice_text(""),
                         .count = 2};
    v.records[0] = slice_text("one.example");
    v.records[1] = slice_text("two.example");
    return v;
}

static void views_come_back_as_they_were_put(void **state)
{
    (void)state;
    struct buf b = {0};
    struct dns_view v = sample(), out;
    assert_int_equal(dns_view_put(&b, &v), 0);
    v.state = DNS_BOGUS;
    v.count = 0;
    v.why = slice_text("no signature");
    assert_int_equal(dns_view_put(&b, &v), 0);
    struct slice rest = buf_slice(&b);
    assert_int_equal(dns_view_take(&rest, &out), 0);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.secure, 1);
    assert_true(slice_is(out.resolver, "192.0.2.53"));
    assert_true(slice_is(out.records[1], "two.example"));
    assert_int_equal(dns_view_take(&rest, &out), 0);
    assert_int_equal(out.state, DNS_BOGUS);
    assert_true(slice_is(out.why, "no signature"));
    assert_int_equal(dns_view_take(&rest, &out), CH_ENOTFOUND);
    buf_free(&b);
}

static void a_view_that_is_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    struct buf b = {0};
    struct dns_view v = sample(), out;
    assert_int_equal(dns_view_put(&b, &v), 0);
    for (size_t len = 1; len < b.len; len++) {
        struct slice rest = slice_of(b.data, len);
        assert_int_equal(dns_view_take(&rest, &out), CH_EPROTO);
        assert_int_equal(out.count, 0);
    }
    buf_free(&b);
}

static void a_view_beyond_the_limits_is_not_written(void **state)
{
    (void)state;
    struct buf b = {.cap_max = 64};
    struct dns_view v = sample();
    assert_int_equal(dns_view_put(&b, &v), CH_ELIMIT);
    assert_int_equal(b.len, 0);
    b.cap_max = 0;
    v.count = DNS_RECORDS_MAX + 1;
    assert_int_equal(dns_view_put(&b, &v), CH_EINVAL);
    v = sample();
    v.state = DNS_STATES;
    assert_int_equal(dns_view_put(&b, &v), CH_EINVAL);
    buf_free(&b);
}

static bool equal(const char *a, const char *b, bool loose)
{
    return dns_name_equal(slice_text(a), slice_text(b), loose);
}

static void names_are_equal_in_any_case_with_or_without_a_final_dot(void **state)
{
    (void)state;
    assert_true(equal("A.Example.", "a.eXample", false));
    assert_true(equal("a.example", "a.example", false));
    assert_false(equal("a.example", "b.example", false));
    assert_false(equal("a.example", "a.example.com", false));
    assert_false(equal("", "a", false));
}

static void an_underscore_may_be_missing_when_one_is_loose(void **state)
{
    (void)state;
    assert_true(equal("_a.example.", "a.example", true));
    assert_true(equal("a.example", "_A.example", true));
    assert_false(equal("_a.example", "a.example", false));
    assert_false(equal("__a.example", "a.example", true));
}

static void wire_names_become_text(void **state)
{
    (void)state;
    char out[DNS_NAME_SIZE];
    static const uint8_t name[] = {2, '_', 'x', 3, 'a', '.', 0, 0};
    assert_int_equal(dns_name_from_wire(slice_of(name, sizeof name), out), 0);
    assert_string_equal(out, "_x.a\\.\\000");
    assert_int_equal(dns_name_from_wire(slice_of("", 1), out), 0);
    assert_string_equal(out, ".");
}

static void damaged_wire_names_are_refused(void **state)
{
    (void)state;
    char out[DNS_NAME_SIZE];
    static const uint8_t pointer[] = {0xc0, 0x0c}, open_end[] = {1, 'a'}, more[] = {1, 'a', 0, 0};
    assert_int_equal(dns_name_from_wire(slice_of(pointer, 2), out), CH_EINVAL);
    assert_int_equal(dns_name_from_wire(slice_of(open_end, 2), out), CH_EINVAL);
    assert_int_equal(dns_name_from_wire(slice_of(more, 4), out), CH_EINVAL);
    assert_int_equal(dns_name_from_wire(slice_of(NULL, 0), out), CH_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_come_back_as_they_were_put),
        cmocka_unit_test(a_view_that_is_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_view_beyond_the_limits_is_not_written),
        cmocka_unit_test(names_are_equal_in_any_case_with_or_without_a_final_dot),
        cmocka_unit_test(an_underscore_may_be_missing_when_one_is_loose),
        cmocka_unit_test(wire_names_become_text),
        cmocka_unit_test(damaged_wire_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
