/* SHA-256 and HMAC-SHA-256 of calls, against the vectors of FIPS 180-4 and RFC 4231. */
#include "ca/auth/mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void is_hex(const uint8_t bytes[MAC_SIZE], const char *expected)
{
    char hex[2 * MAC_SIZE + 1];
    hex_encode(bytes, MAC_SIZE, hex);
    assert_string_equal(hex, expected);
}

static void hashes_as_the_standard_says(void **state)
{
    (void)state;
    uint8_t out[MAC_SIZE];
    assert_int_equal(mac_sha256(slice_text("abc"), out), 0);
    is_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(mac_sha256(slice_of(NULL, 0), out), 0);
    is_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void authenticates_as_the_standard_says(void **state)
{
    (void)state;
    uint8_t out[MAC_SIZE], key[131];
    memset(key, 0x0b, 20);
    assert_int_equal(mac_hmac_sha256(slice_of(key, 20), slice_text("Hi There"), out), 0);
    is_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(
        mac_hmac_sha256(slice_text("Jefe"), slice_text("what do ya want for nothing?"), out), 0);
    is_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    assert_int_equal(
        mac_hmac_sha256(slice_of(key, sizeof key),
                        slice_text("Test Using Larger Than Block-Size Key - Hash Key First"), out),
        0);
    is_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* The key of the call before must not stay in use. */
static void an_empty_key_is_a_key(void **state)
{
    (void)state;
    uint8_t out[MAC_SIZE];
    assert_int_equal(mac_hmac_sha256(slice_text("Jefe"), slice_text("x"), out), 0);
    for (int i = 0; i < 2; i++) {
        struct slice empty = i == 0 ? slice_of(NULL, 0) : slice_text("");
        assert_int_equal(mac_hmac_sha256(empty, slice_of(NULL, 0), out), 0);
        is_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_the_standard_says),
        cmocka_unit_test(authenticates_as_the_standard_says),
        cmocka_unit_test(an_empty_key_is_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
