/* Tests of firmware/base/supervisor.c, the life of chanceryd, with real processes (stage_kit.h). */
#include "firmware/base/clock.h"
#include "firmware/base/config.h"
#include "firmware/base/endpoint.h"
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

/* ---- chanceryd: serving and stopping ---- */

static void all_start_are_wired_serve_and_stop_in_order(void **state)
{
    (void)state;
    stage_serves();
    stage_must_log("core got call 42", 1);
    assert_int_equal(stage_logged("core is ready"), 1);
    assert_int_equal(stage_logged("front-manage is ready"), 1);
    int64_t start = clock_monotonic_ms();
    stage_stops();
    assert_true(clock_monotonic_ms() - start < 30000);
    assert_int_equal(stage_logged("stopped: CH_OK"), 2);
    assert_int_equal(stage_logged("starting again"), 0);
    assert_int_equal(stage_logged("does not stop"), 0);
}

static void a_dead_core_is_started_again_and_wired_anew(void **state)
{
    (void)state;
    stage_serves();
    stage_must_log("core got call 42", 1);
    pid_t first = stage_pid("core"), front = stage_pid("front-manage");
    kill(first, SIGKILL);
    stage_must_log("core got call 42", 2);
    stage_must_log("core is ready", 2);
    assert_int_not_equal(stage_pid("core"), first);
    assert_int_equal(stage_pid("front-manage"), front);
    assert_int_equal(stage_logged("wired to core"), 2);
    assert_int_equal(stage_logged("serving on"), 1);
    assert_int_equal(stage_logged("core was killed by signal 9"), 1);
    stage_stops();
}

static void a_dead_front_is_started_again_and_core_stays(void **state)
{
    (void)state;
    stage_serves();
    stage_must_log("core got call 42", 1);
    pid_t core = stage_pid("core");
    kill(stage_pid("front-manage"), SIGKILL);
    stage_must_log("core got call 42", 2);
    assert_int_equal(stage_pid("core"), core);
    stage_stops();
}

static void a_child_that_keeps_dying_is_started_ever_more_slowly(void **state)
{
    (void)state;
    stage_play("chancery-front", "crash");
    stage_daemon = stage_start();
    stage_must_log("starting again in 100 ms", 1);
    stage_must_log("starting again in 200 ms", 1);
    stage_must_log("starting again in 400 ms", 1);
    assert_int_equal(stage_logged("starting again in 100 ms"), 1);
    stage_play("chancery-front", "serve");
    stage_must_log("front-manage: pid", 1);
    stage_must_log("core got call 42", 1);
    stage_stops();
}

static void a_refused_configuration_at_the_first_start_ends_chanceryd(void **state)
{
    (void)state;
    stage_play("chancery-core", "refuse");
    assert_int_equal(stage_exit_of(stage_start()), 1);
    stage_must_log("the PIN is wrong", 1);
    stage_must_log("core cannot serve", 1);
    assert_int_equal(stage_logged("starting again"), 0);
}

static void the_same_status_later_is_only_a_death(void **state)
{
    (void)state;
    stage_serves();
    stage_play("chancery-core", "refuse");
    kill(stage_pid("core"), SIGKILL);
    stage_must_log("core ended with status 2; starting again in 200 ms", 1);
    stage_play("chancery-core", "serve");
    stage_must_log("core is ready", 2);
    stage_stops();
}

static void a_child_that_ignores_the_stop_is_killed(void **state)
{
    (void)state;
    stage_play("chancery-front", "deaf");
    stage_serves();
    int64_t start = clock_monotonic_ms();
    stage_stops();
    int64_t took = clock_monotonic_ms() - start;
    assert_true(took >= 4900 && took < 15000);
    assert_int_equal(stage_logged("front-manage does not stop: killed"), 1);
}

static void children_die_with_a_killed_chanceryd(void **state)
{
    (void)state;
    stage_play("chancery-front", "serve");
    stage_serves();
    pid_t core = stage_pid("core"), front = stage_pid("front-manage");
    kill(stage_daemon, SIGKILL);
    waitpid(stage_daemon, NULL, 0);
    stage_daemon = 0;
    stage_must_end(core);
    stage_must_end(front);
}

/* ---- chanceryd: children that misbehave ---- */

static void misbehaviour_must_be_punished(const char *word, const char *logged)
{
    stage_play("chancery-front", word);
    stage_daemon = stage_start();
    stage_must_log(logged, 1);
    stage_must_log("front-manage was killed by signal 9", 1);
    stage_play("chancery-front", "serve");
    stage_must_log("serving on https://", 1);
    assert_int_equal(stage_logged("core was killed"), 0);
    stage_stops();
}

static void a_child_that_claims_another_role_is_killed(void **state)
{
    (void)state;
    misbehaviour_must_be_punished("lie", "front-manage misbehaves towards chanceryd (protocol");
}

static void a_child_that_speaks_out_of_turn_is_killed(void **state)
{
    (void)state;
    misbehaviour_must_be_punished("babble", "front-manage misbehaves towards chanceryd (protocol");
}

static void a_child_that_stops_in_the_middle_of_a_message_is_killed(void **state)
{
    (void)state;
    misbehaviour_must_be_punished("stall", "front-manage misbehaves towards chanceryd (timed out)");
}

static void a_child_that_leaves_its_control_channel_is_killed(void **state)
{
    (void)state;
    misbehaviour_must_be_punished("leave", "front-manage left chanceryd but lives on: killed");
}

static void a_forbidden_system_call_is_named_as_the_cause_of_death(void **state)
{
    (void)state;
    stage_play("chancery-front", "escape");
    stage_daemon = stage_start();
    stage_must_log("front-manage was killed for a system call that its list does not have", 1);
    stage_play("chancery-front", "serve");
    stage_must_log("serving on https://", 1);
    stage_stops();
}

static void a_front_that_core_hung_up_on_is_started_afresh(void **state)
{
    (void)state;
    stage_play("chancery-core", "snub");
    stage_serves();
    int64_t start = clock_monotonic_ms();
    stage_must_log("front-manage: cut off by a peer that lives", 1);
    assert_true(clock_monotonic_ms() - start > 10000);
    stage_must_log("front-manage ended with status 4; starting again in 100 ms", 1);
    stage_must_log("front-manage: wired to core", 2);
    assert_int_equal(stage_logged("core ended"), 0);
    stage_stops();
}

static void a_front_whose_core_died_is_not_cut_off(void **state)
{
    (void)state;
    stage_serves();
    pid_t front = stage_pid("front-manage");
    kill(stage_pid("core"), SIGKILL);
    stage_must_log("core got call 42", 2);
    usleep(16000000);
    assert_int_equal(stage_pid("front-manage"), front);
    assert_int_equal(stage_logged("cut off"), 0);
    stage_stops();
}

/* ---- chanceryd: what children inherit ---- */

static void children_inherit_their_descriptors_and_little_else(void **state)
{
    (void)state;
    setenv("SECRET_OF_THE_STARTER", "x", 1);
    setenv("TZ", "UTC", 1);
    stage_play("chancery-core", "surroundings");
    stage_play("chancery-front", "surroundings");
    stage_serves();
    unsetenv("SECRET_OF_THE_STARTER");
    stage_must_log("core: descriptors 0 1 2 3 5 .", 1);
    stage_must_log("front-manage: descriptors 0 1 2 3 4 .", 1);
    stage_must_log("session own", 2);
    assert_int_equal(stage_logged("SECRET_OF_THE_STARTER"), 0);
    assert_int_equal(stage_logged("environment HOME="), 0);
    assert_int_equal(stage_logged("environment PATH=/usr/sbin:"), 2);
    assert_int_equal(stage_logged("environment TZ=UTC"), 2);
    assert_int_equal(stage_logged("core: environment SOFTHSM2_CONF=/nowhere"), 1);
    assert_int_equal(stage_logged("SOFTHSM2_CONF"), 1);
    stage_stops();
}

static void the_operator_socket_is_for_its_owner_alone(void **state)
{
    (void)state;
    char path[128];
    struct stat st;
    stage_serves();
    snprintf(path, sizeof path, "%s/run/operator.sock", stage_state);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_uid, geteuid());
    stage_stops();
}

static void the_service_manager_is_told(void **state)
{
    (void)state;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    char got[64] = "";
    snprintf(name.sun_path, sizeof name.sun_path, "%s/notify", stage_root);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    setenv("NOTIFY_SOCKET", name.sun_path, 1);
    stage_serves();
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(recv(fd, got, sizeof got, 0), 7);
    assert_memory_equal(got, "READY=1", 7);
    stage_stops();
    assert_int_equal(recv(fd, got, sizeof got, 0), 10);
    assert_memory_equal(got, "STOPPING=1", 10);
    close(fd);
}

/* ---- chanceryd: reasons not to start ---- */

static void a_second_chanceryd_on_the_same_state_is_refused(void **state)
{
    (void)state;
    stage_serves();
    assert_int_equal(stage_exit_of(stage_start()), 1);
    assert_int_equal(stage_logged("another chanceryd runs on this state folder"), 1);
    stage_must_log("core got call 42", 1);
    stage_stops();
    stage_serves();
    stage_stops();
}

static void a_port_in_use_is_named(void **state)
{
    (void)state;
    char wanted[64];
    int fd = -1;
    assert_int_equal(endpoint_listen_tcp("127.0.0.1", stage_port, &fd), 0);
    assert_int_equal(stage_exit_of(stage_start()), 1);
    snprintf(wanted, sizeof wanted, "cannot listen on 127.0.0.1 port %d: Address already in use",
             stage_port);
    assert_int_equal(stage_logged(wanted), 1);
    assert_int_equal(stage_logged(": pid "), 0);
    close(fd);
}

static void a_folder_that_was_not_provisioned_is_refused(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/chancery.conf", stage_state);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(stage_exit_of(stage_start()), 2);
    assert_int_equal(stage_logged("provision the folder first (chancery init --state "), 1);
    assert_int_equal(rename(stage_state, stage_libexec), -1);
    snprintf(stage_state, sizeof stage_state, "%s/elsewhere", stage_root);
    assert_int_equal(stage_exit_of(stage_start()), 2);
    assert_int_equal(stage_logged("elsewhere: No such file or directory"), 1);
}

static void a_wrong_configuration_is_refused(void **state)
{
    (void)state;
    stage_write("state/chancery.conf", "[manage]\nport = x\n");
    assert_int_equal(stage_exit_of(stage_start()), 2);
    assert_int_equal(stage_logged("chancery.conf:2: [manage] port: not a whole number"), 1);
}

static void a_missing_program_is_named(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/chancery-core", stage_libexec);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(stage_exit_of(stage_start()), 1);
    assert_int_equal(stage_logged("libexec/chancery-core is missing"), 1);
}

static void an_optional_program_is_started_when_it_is_installed(void **state)
{
    (void)state;
    char path[128], wanted[64];
    struct config c;
    int public_port = stage_port_free();
    snprintf(path, sizeof path, "%s/chancery.conf", stage_state);
    assert_int_equal(config_load(path, &c, stderr), 0);
    c.public_port = public_port;
    strcpy(c.public_address, "::1");
    assert_int_equal(config_save(path, &c), 0);
    stage_serves();
    assert_int_equal(stage_logged("front-public"), 0);
    stage_stops();
    stage_install("chancery-front-public");
    stage_play("chancery-front-public", "serve");
    snprintf(wanted, sizeof wanted, "serving on http://[::1]:%d", public_port);
    stage_daemon = stage_start();
    stage_must_log("wired to front-public", 1);
    stage_must_log(wanted, 1);
    stage_stops();
}

static void children_of_root_give_up_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    /* Fronts need nothing of STATE; core cannot reach this one and stays root in name only. */
    stage_serves();
    assert_int_equal(stage_logged("front-manage: pid"), 1);
    assert_int_equal(stage_logged(" uid 65534 serves"), 1);
    assert_int_equal(stage_logged(" uid 0 serves"), 1);
    assert_int_equal(stage_logged("core: user nobody cannot reach"), 1);
    stage_stops();
    assert_int_equal(chmod(stage_root, 0711), 0);
    stage_serves();
    stage_must_log(" uid 65534 serves", 3);
    stage_stops();
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, stage_set, stage_clear)

int main(int argc, char **argv)
{
    int status = 0;
    if (stage_is_stand_in(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        CASE(all_start_are_wired_serve_and_stop_in_order),
        CASE(a_dead_core_is_started_again_and_wired_anew),
        CASE(a_dead_front_is_started_again_and_core_stays),
        CASE(a_child_that_keeps_dying_is_started_ever_more_slowly),
        CASE(a_refused_configuration_at_the_first_start_ends_chanceryd),
        CASE(the_same_status_later_is_only_a_death),
        CASE(a_child_that_ignores_the_stop_is_killed),
        CASE(children_die_with_a_killed_chanceryd),
        CASE(a_child_that_claims_another_role_is_killed),
        CASE(a_child_that_speaks_out_of_turn_is_killed),
        CASE(a_child_that_stops_in_the_middle_of_a_message_is_killed),
        CASE(a_child_that_leaves_its_control_channel_is_killed),
        CASE(a_forbidden_system_call_is_named_as_the_cause_of_death),
        CASE(a_front_that_core_hung_up_on_is_started_afresh),
        CASE(a_front_whose_core_died_is_not_cut_off),
        CASE(children_inherit_their_descriptors_and_little_else),
        CASE(the_operator_socket_is_for_its_owner_alone),
        CASE(the_service_manager_is_told),
        CASE(a_second_chanceryd_on_the_same_state_is_refused),
        CASE(a_port_in_use_is_named),
        CASE(a_folder_that_was_not_provisioned_is_refused),
        CASE(a_wrong_configuration_is_refused),
        CASE(a_missing_program_is_named),
        CASE(an_optional_program_is_started_when_it_is_installed),
        CASE(children_of_root_give_up_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
