/* One-time passwords: the vectors of RFC 4226 and RFC 6238; a code counts once, and only around its time. */
#include "ca/iam/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEED slice_text("12345678901234567890")

static void the_codes_of_rfc_4226_appendix_d(void **state)
{
    (void)state;
    static const char *const codes[] = {"755224", "287082", "359152", "969429", "338314",
                                        "254676", "287922", "162583", "399871", "520489"};
    for (int64_t i = 0; i < 10; i++) {
        char code[TOTP_CODE_SIZE];
        assert_int_equal(totp_code(SEED, i, code), 0);
        assert_string_equal(code, codes[i]);
    }
}

/* RFC 6238 has eight digits; ours are the last six. */
static void the_times_of_rfc_6238_appendix_b(void **state)
{
    (void)state;
    static const struct {
        int64_t at;
        const char *code;
    } rows[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t step = 0;
        assert_int_equal(totp_check(SEED, rows[i].code, rows[i].at, 0, &step), 0);
        assert_int_equal(step, rows[i].at / TOTP_STEP);
    }
}

static void a_code_is_good_one_step_early_and_late_but_no_more(void **state)
{
    (void)state;
    int64_t step = 0;
    assert_int_equal(totp_check(SEED, "050471", 1111111111 + 30, 0, &step), 0);
    assert_int_equal(totp_check(SEED, "050471", 1111111111 - 30, 0, &step), 0);
    assert_int_equal(totp_check(SEED, "050471", 1111111111 + 60, 0, &step), CH_EDENIED);
    assert_int_equal(totp_check(SEED, "050471", 1111111111 - 60, 0, &step), CH_EDENIED);
}

static void a_code_counts_once(void **state)
{
    (void)state;
    int64_t step = 0;
    assert_int_equal(totp_check(SEED, "050471", 1111111111, 0, &step), 0);
    assert_int_equal(totp_check(SEED, "050471", 1111111111, step, &step), CH_EDENIED);
}

static void what_is_no_code_is_refused(void **state)
{
    (void)state;
    static const char *const codes[] = {"", "05047", "0504711", "O50471", "      "};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        int64_t step = 0;
        assert_int_equal(totp_check(SEED, codes[i], 1111111111, 0, &step), CH_EDENIED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_codes_of_rfc_4226_appendix_d),
        cmocka_unit_test(the_times_of_rfc_6238_appendix_b),
        cmocka_unit_test(a_code_is_good_one_step_early_and_late_but_no_more),
        cmocka_unit_test(a_code_counts_once),
        cmocka_unit_test(what_is_no_code_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
