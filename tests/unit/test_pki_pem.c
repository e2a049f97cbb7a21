/* PEM in and out. */
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"

struct seen {
    size_t count;
    uint8_t first[64];
    size_t first_len;
    int answer;
};

static int see(void *context, struct slice der)
{
    struct seen *seen = context;
    if (seen->count++ == 0) {
        assert_true(der.len <= sizeof seen->first);
        memcpy(seen->first, der.data, der.len);
        seen->first_len = der.len;
    }
    return seen->answer;
}

static int each(const char *pem, size_t max, struct seen *seen)
{
    *seen = (struct seen){.count = 0};
    return pki_pem_each(slice_text(pem), max, see, seen);
}

static void writes_lines_of_64_characters(void **state)
{
    (void)state;
    uint8_t der[100];
    struct buf pem = {0};
    memset(der, 0xff, sizeof der);
    assert_int_equal(pki_pem_put("CERTIFICATE", slice_of(der, sizeof der), true, &pem), 0);
    assert_string_equal(buf_text(&pem),
                        "-----BEGIN CERTIFICATE-----\n"
                        "////////////////////////////////////////////////////////////////\n"
                        "////////////////////////////////////////////////////////////////\n"
                        "/////w==\n"
                        "-----END CERTIFICATE-----\n");
    buf_free(&pem);
}

static void leaves_the_final_newline_out_when_told_so(void **state)
{
    (void)state;
    struct buf pem = {0};
    assert_int_equal(pki_pem_put("X", slice_text("abc"), false, &pem), 0);
    assert_string_equal(buf_text(&pem), "-----BEGIN X-----\nYWJj\n-----END X-----");
    buf_free(&pem);
}

static void appends_to_what_is_there(void **state)
{
    (void)state;
    struct seen seen;
    struct buf pem = {0};
    for (int i = 0; i < 3; i++)
        assert_int_equal(pki_pem_put("CERTIFICATE", slice_of("\x30\x00", 2), true, &pem), 0);
    assert_int_equal(each(buf_text(&pem), 3, &seen), 0);
    assert_int_equal(seen.count, 3);
    buf_free(&pem);
}

static void writes_the_same_as_openssl(void **state)
{
    (void)state;
    struct kit_cert root = {0};
    struct buf pem = {0};
    struct kit_order order = {.profile = "RootCACertificate/V1", .name = "Root"};
    kit_issue(&order, &root);
    assert_int_equal(pki_pem_put("CERTIFICATE", buf_slice(&root.der), true, &pem), 0);
    kit_write("mine.pem", buf_slice(&pem));
    kit_write("root.der", buf_slice(&root.der));
    kit_must_run(
        "openssl x509 -inform DER -in root.der -out theirs.pem && cmp mine.pem theirs.pem");
    kit_cert_free(&root);
    buf_free(&pem);
}

static void ignores_text_between_blocks(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(each("subject=/CN=x\n" BLOCK "\r\n  issuer=/CN=y\n" BLOCK "the end", 2, &seen),
                     0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.first_len, 5);
    assert_memory_equal(seen.first, "\x30\x03\x02\x01\x01", 5);
}

static void accepts_windows_line_ends_and_no_final_newline(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(
        each("-----BEGIN CERTIFICATE-----\r\nMAMCAQE=\r\n-----END CERTIFICATE-----", 1, &seen), 0);
    assert_int_equal(seen.count, 1);
}

static void refuses_no_block_at_all(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(each("", 9, &seen), CH_EINVAL);
    assert_int_equal(each("just text", 9, &seen), CH_EINVAL);
    assert_int_equal(pki_pem_each(slice_of(NULL, 0), 9, see, &seen), CH_EINVAL);
    assert_int_equal(seen.count, 0);
}

static void refuses_damaged_blocks(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n",
        "-----BEGIN CERTIFICATE-----\nMAM!AQE=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICAT-----\n",
        "-----BEGIN CERTIFICATE----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        BLOCK "-----BEGIN CERTIFICATE----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
        BLOCK "-----BEGIN CERTIFICATE-----\nMAMC",
    };
    struct seen seen;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (each(bad[i], 9, &seen) != CH_EINVAL)
            fail_msg("accepted %s", bad[i]);
}

static void refuses_blocks_that_are_no_certificates(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(
        each(BLOCK "-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n", 9, &seen),
        CH_EINVAL);
    assert_int_equal(each("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nMAMCAQE=\n"
                          "-----END CERTIFICATE-----\n",
                          9, &seen),
                     CH_EINVAL);
    assert_int_equal(seen.count, 0);
}

static void counts_before_it_visits(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(each(BLOCK BLOCK BLOCK, 2, &seen), CH_ELIMIT);
    assert_int_equal(seen.count, 0);
}

static void stops_when_the_visitor_does(void **state)
{
    (void)state;
    struct seen seen = {.answer = CH_EEXISTS};
    assert_int_equal(pki_pem_each(slice_text(BLOCK BLOCK), 2, see, &seen), CH_EEXISTS);
    assert_int_equal(seen.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_lines_of_64_characters),
        cmocka_unit_test(leaves_the_final_newline_out_when_told_so),
        cmocka_unit_test(appends_to_what_is_there),
        cmocka_unit_test(writes_the_same_as_openssl),
        cmocka_unit_test(ignores_text_between_blocks),
        cmocka_unit_test(accepts_windows_line_ends_and_no_final_newline),
        cmocka_unit_test(refuses_no_block_at_all),
        cmocka_unit_test(refuses_damaged_blocks),
        cmocka_unit_test(refuses_blocks_that_are_no_certificates),
        cmocka_unit_test(counts_before_it_visits),
        cmocka_unit_test(stops_when_the_visitor_does),
    };
    return cmocka_run_group_tests_name("pki_pem", tests, NULL, kit_folder_remove);
}
