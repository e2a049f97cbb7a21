/* Tests of firmware/base/process.c: a child under a parent that the test plays (stage_kit.h). */
#include "firmware/base/process.h"

#include "firmware/base/child.h"
#include "firmware/base/error.h"
#include "tests/unit/stage_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a child under a parent that the test plays itself ---- */

static struct channel *parent_control;

static pid_t child_under_test(const char *program)
{
    int ends[2];
    char path[160];
    pid_t pid = -1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    snprintf(path, sizeof path, "%s/%s", stage_libexec, program);
    struct child_start start = {.program = path, .state = stage_state, .environment = "",
                                .control = ends[1], .listen = -1, .operator_listen = -1,
                                .pin = -1};
    int keep = dup(STDERR_FILENO);
    int fd = open(stage_log, O_WRONLY | O_APPEND | O_CLOEXEC);
    dup2(fd, STDERR_FILENO);
    assert_int_equal(child_start(&start, &pid), 0);
    dup2(keep, STDERR_FILENO);
    close(keep);
    close(fd);
    close(ends[1]);
    parent_control = channel_new(ends[0], ROLE_CHANCERYD, ROLE_CORE, 1000);
    return pid;
}

static void child_must_be_ready(void)
{
    struct frame f;
    assert_int_equal(channel_receive(parent_control, &f), 0);
    assert_int_equal(f.header.type, MSG_READY);
    assert_int_equal(f.message.ready.role, ROLE_CORE);
    frame_free(&f);
}

static void the_end_of_the_control_channel_stops_a_child(void **state)
{
    (void)state;
    pid_t pid = child_under_test("chancery-core");
    child_must_be_ready();
    channel_free(parent_control);
    assert_int_equal(stage_exit_of(pid), 0);
}

static void signals_stop_a_child(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pid_t pid = child_under_test("chancery-core");
        child_must_be_ready();
        kill(pid, signals[i]);
        assert_int_equal(stage_exit_of(pid), 0);
        channel_free(parent_control);
    }
}

static void a_wire_to_nowhere_ends_a_child(void **state)
{
    static const uint32_t peers[] = {ROLE_COUNT, UINT32_MAX, ROLE_CORE};
    (void)state;
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        int ends[2];
        struct msg_wire wire = {.peer = peers[i]};
        pid_t pid = child_under_test("chancery-core");
        child_must_be_ready();
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        assert_int_equal(channel_send(parent_control, MSG_WIRE, 0, &wire, ends[0]), 0);
        assert_int_equal(stage_exit_of(pid), 4);
        close(ends[0]);
        close(ends[1]);
        channel_free(parent_control);
    }
    assert_int_equal(stage_logged("stopped: CH_EPROTO"), 3);
}

static void a_wire_that_is_no_socket_ends_a_child(void **state)
{
    (void)state;
    struct msg_wire wire = {.peer = ROLE_FRONT_MANAGE};
    pid_t pid = child_under_test("chancery-core");
    child_must_be_ready();
    assert_int_equal(channel_send(parent_control, MSG_WIRE, 0, &wire, STDERR_FILENO), 0);
    assert_int_equal(stage_exit_of(pid), 4);
    channel_free(parent_control);
}

static int run_by_hand(const char *program, const char *option, const char *value)
{
    pid_t pid = fork();
    if (pid == 0) {
        char path[160];
        int fd = open(stage_log, O_WRONLY | O_APPEND);
        dup2(fd, STDERR_FILENO);
        dup2(fd, STDOUT_FILENO);
        for (fd = 3; fd < 64; fd++)
            close(fd);
        snprintf(path, sizeof path, "%s/%s", stage_libexec, program);
        execl(path, path, option, value, (char *)NULL);
        _exit(99);
    }
    return stage_exit_of(pid);
}

static void a_part_started_by_hand_says_who_starts_it(void **state)
{
    (void)state;
    assert_int_equal(run_by_hand("chancery-core", "--state", stage_state), 2);
    assert_int_equal(stage_logged("started by hand: chanceryd --state"), 1);
    assert_int_equal(run_by_hand("chancery-core", NULL, NULL), 2);
    assert_int_equal(run_by_hand("chancery-core", "--nonsense", NULL), 2);
    assert_int_equal(run_by_hand("chancery-core", "--help", NULL), 0);
    assert_int_equal(run_by_hand("chancery-core", "--version", NULL), 0);
    assert_int_equal(stage_logged("usage: "), 3);
}

static void a_missing_unix_user_ends_a_child_that_root_started(void **state)
{
    (void)state;
    char path[128];
    struct config c;
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof path, "%s/chancery.conf", stage_state);
    assert_int_equal(config_load(path, &c, stderr), 0);
    strcpy(c.user_core, "_nobody-of-this-name");
    assert_int_equal(config_save(path, &c), 0);
    pid_t pid = child_under_test("chancery-core");
    assert_int_equal(stage_exit_of(pid), 2);
    assert_int_equal(stage_logged("there is no Unix user _nobody-of-this-name"), 1);
    channel_free(parent_control);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, stage_set, stage_clear)

int main(int argc, char **argv)
{
    int status = 0;
    if (stage_is_stand_in(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        CASE(the_end_of_the_control_channel_stops_a_child),
        CASE(signals_stop_a_child),
        CASE(a_wire_to_nowhere_ends_a_child),
        CASE(a_wire_that_is_no_socket_ends_a_child),
        CASE(a_part_started_by_hand_says_who_starts_it),
        CASE(a_missing_unix_user_ends_a_child_that_root_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
