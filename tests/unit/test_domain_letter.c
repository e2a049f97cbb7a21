/* Tests of ca/domain/letter.c: the mail that asks for approval, and texts that must not get into it. */
#include "ca/domain/letter.h"
#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct letter letter(void)
{
    return (struct letter){.from = "ca@example.com", .domain = "www.example.org", .account = "123456789012",
                           .region = "us-east-1", .certificate = "00000000-0000-4000-8000-000000000000",
                           .link = "http://p.example/approvals?code=1", .position = 3, .number = 7, .at = 0};
}

static void a_letter_has_the_fields_of_the_guide(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "From: <ca@example.com>\r\n", "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n",
        "Message-ID:\r\n <00000000-0000-4000-8000-000000000000.3.7@example.com>\r\n",
        "Subject: Certificate request for www.example.org\r\n", "\r\n\r\nGreetings,\r\n",
        "Domain: www.example.org\r\nAWS account ID: 123456789012\r\nAWS Region name: us-east-1\r\n",
        "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000\r\n",
        "\r\nhttp://p.example/approvals?code=1\r\n"};
    struct letter l = letter();
    struct buf out = {0};
    assert_int_equal(letter_make(&l, &out), 0);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_non_null(strstr(buf_text(&out), parts[i]));
    assert_null(strstr(buf_text(&out), "renewed"));
    l.renewal = true;
    buf_clear(&out);
    assert_int_equal(letter_make(&l, &out), 0);
    assert_non_null(strstr(buf_text(&out), "is in use and is to be renewed."));
    buf_free(&out);
}

static void no_text_begins_a_header_of_its_own(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\r\nBcc: x@y", "a\nb", "a b", "", "a\x7f", "\xc3\xa4"};
    struct buf out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct letter l = letter();
        l.domain = bad[i];
        assert_int_equal(letter_make(&l, &out), CH_EINVAL);
        l = letter();
        l.link = bad[i];
        assert_int_equal(letter_make(&l, &out), CH_EINVAL);
    }
    assert_int_equal(out.len, 0);
}

static void an_address_is_one(void **state)
{
    (void)state;
    static const char *const bad[] = {"nobody", "a@", "a@b>,<c@d"};
    struct buf out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct letter l = letter();
        l.from = bad[i];
        assert_int_equal(letter_make(&l, &out), CH_EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_has_the_fields_of_the_guide),
        cmocka_unit_test(no_text_begins_a_header_of_its_own),
        cmocka_unit_test(an_address_is_one),
    };
    return cmocka_run_group_tests_name("domain_letter", tests, NULL, NULL);
}
