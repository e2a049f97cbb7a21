/* Sockets whose peer may still be sending. */
#include "api/front/drain.h"
#include "firmware/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static struct drain *drain;
static int here;  /* given to the drain, then closed, as the server does */
static int there; /* the peer */

static int setup(void **state)
{
    (void)state;
    int ends[2];
    drain = drain_open();
    if (drain == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 1;
    here = ends[0];
    there = ends[1];
    return fcntl(there, F_SETFL, O_NONBLOCK);
}

static int teardown(void **state)
{
    (void)state;
    drain_close(drain);
    close(there);
    return 0;
}

static void hand_over(void)
{
    drain_take(drain, here);
    shutdown(here, SHUT_WR);
    close(here);
}

static bool peer_may_send(void)
{
    return send(there, "x", 1, MSG_NOSIGNAL) == 1;
}

static void test_the_peer_may_send_on_for_a_while(void **state)
{
    (void)state;
    hand_over();
    assert_true(peer_may_send());
    drain_look(drain, clock_monotonic_ms());
    assert_true(peer_may_send());
}

static void test_without_the_drain_it_may_not(void **state)
{
    (void)state;
    close(here);
    assert_false(peer_may_send());
}

static void test_what_was_written_before_is_read_by_the_peer(void **state)
{
    (void)state;
    char text[8] = "";
    assert_int_equal(send(there, "unread", 6, 0), 6);
    assert_int_equal(send(here, "reply", 5, 0), 5);
    hand_over();
    drain_look(drain, clock_monotonic_ms());
    assert_int_equal(recv(there, text, sizeof text, 0), 5);
    assert_int_equal(recv(there, text, sizeof text, 0), 0);
}

static void test_after_its_time_it_is_closed(void **state)
{
    (void)state;
    hand_over();
    drain_look(drain, clock_monotonic_ms() + DRAIN_MS + 1);
    assert_false(peer_may_send());
}

static void test_when_the_peer_ends_it_is_closed(void **state)
{
    (void)state;
    char byte;
    hand_over();
    shutdown(there, SHUT_WR);
    drain_look(drain, clock_monotonic_ms());
    assert_int_equal(recv(there, &byte, 1, 0), 0);
    assert_int_equal(drain_count(drain), 0);
}

static void test_what_arrives_is_thrown_away_up_to_a_bound(void **state)
{
    (void)state;
    static char waste[65536];
    size_t sent = 0;
    hand_over();
    for (int i = 0; i < 4 * DRAIN_BYTES / (int)sizeof waste && drain_count(drain) == 1; i++) {
        ssize_t n = send(there, waste, sizeof waste, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        drain_look(drain, clock_monotonic_ms());
    }
    assert_int_equal(drain_count(drain), 0);
    assert_in_range(sent, DRAIN_BYTES, 2 * DRAIN_BYTES);
}

static void test_only_so_many_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < DRAIN_MAX + 10; i++)
        drain_take(drain, here);
    assert_int_equal(drain_count(drain), DRAIN_MAX);
    close(here);
    drain_look(drain, clock_monotonic_ms() + DRAIN_MS + 1);
    assert_int_equal(drain_count(drain), 0);
    assert_false(peer_may_send());
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_peer_may_send_on_for_a_while),
        CASE(test_without_the_drain_it_may_not),
        CASE(test_what_was_written_before_is_read_by_the_peer),
        CASE(test_after_its_time_it_is_closed),
        CASE(test_when_the_peer_ends_it_is_closed),
        CASE(test_what_arrives_is_thrown_away_up_to_a_bound),
        CASE(test_only_so_many_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
