/* Tests of api/outbound/address.c: where a domain of somebody else may lead. */
#include "api/outbound/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct sockaddr *address(const char *text)
{
    static struct sockaddr_storage room;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memset(&room, 0, sizeof room);
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(&room, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(&room, &v6, sizeof v6);
    else
        fail_msg("%s is no address", text);
    return (const struct sockaddr *)&room;
}

static void addresses_that_are_not_of_the_internet_are_not_called(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0.0.0.0",      "10.1.2.3",     "100.64.0.1",       "127.0.0.1",   "127.8.8.8",
        "169.254.169.254", "172.31.0.1", "192.168.255.255", "192.0.2.1",   "198.19.0.1",
        "224.0.0.1",    "255.255.255.255", "::",            "::1",         "fe80::1",
        "fd00::1",      "ff02::1",      "::ffff:10.0.0.1",  "::ffff:127.0.0.1", "2001:db8::1",
        "2002:7f00:1::", "64:ff9b::7f00:1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (address_may_call(address(bad[i]), ""))
            fail_msg("%s may be called", bad[i]);
}

static void public_addresses_are_called(void **state)
{
    (void)state;
    assert_true(address_may_call(address("93.184.216.34"), ""));
    assert_true(address_is_public(address("172.32.0.1")));
    assert_true(address_is_public(address("2606:4700::1111")));
    assert_true(address_is_public(address("::ffff:93.184.216.34")));
}

static void networks_of_the_configuration_are_called(void **state)
{
    (void)state;
    assert_true(address_may_call(address("10.1.2.3"), "192.168.0.0/16,10.0.0.0/8"));
    assert_true(address_may_call(address("127.0.0.1"), "127.0.0.1"));
    assert_true(address_may_call(address("fd12::9"), "fd00::/8"));
    assert_true(address_may_call(address("::ffff:10.0.0.9"), "10.0.0.8/29"));
    assert_false(address_may_call(address("10.0.0.16"), "10.0.0.8/29"));
    assert_false(address_may_call(address("127.0.0.2"), "127.0.0.1"));
}

static void damaged_networks_allow_nothing(void **state)
{
    (void)state;
    assert_false(address_may_call(address("10.1.2.3"), "10.0.0.0/33,10/8,/0,,::/129"));
}

static void what_is_no_internet_address_is_not_called(void **state)
{
    (void)state;
    const struct sockaddr other = {.sa_family = AF_UNIX};
    assert_false(address_may_call(&other, "0.0.0.0/0,::/0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_are_not_of_the_internet_are_not_called),
        cmocka_unit_test(public_addresses_are_called),
        cmocka_unit_test(networks_of_the_configuration_are_called),
        cmocka_unit_test(damaged_networks_allow_nothing),
        cmocka_unit_test(what_is_no_internet_address_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
