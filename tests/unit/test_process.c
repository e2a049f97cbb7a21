/*
 * Tests of firmware/base/process.c and supervisor.c with real processes. The programs that
 * are started are this test itself under the names of the real ones: what such a stand-in
 * does stands in STATE/fake.<program>.
 */
#include "firmware/base/process.h"

#include "firmware/base/child.h"
#include "firmware/base/clock.h"
#include "firmware/base/endpoint.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define WAIT_MS 20000

/* ---- the stand-ins: what a process of the table may do, well or badly ---- */

static const char *fake_name;

/* Sends over each wire that comes; core receives instead. */
static void fake_wired(void *context, struct channel *peer)
{
    const struct process *p = context;
    struct frame f;
    log_info("wired to %s", role_name(channel_peer(peer)));
    if (p->role == ROLE_CORE && channel_receive(peer, &f) == 0) {
        log_info("core got call %llu", (unsigned long long)f.header.id);
        frame_free(&f);
    } else if (p->role != ROLE_CORE) {
        struct msg_call call = {.method = slice_text("GET"), .path = slice_text("/")};
        int e = channel_send(peer, MSG_CALL, 42, &call, -1);
        log_info("call sent: %s", ch_error_name(e));
    }
}

static void fake_serve(struct process *p)
{
    process_confine(p);
    log_info("pid %d uid %d serves", (int)getpid(), (int)getuid());
    if (process_ready(p) != 0)
        process_exit(p, 3);
    int e = process_run(p, fake_wired, p);
    log_info("stopped: %s", ch_error_name(e));
    process_exit(p, e == 0 ? 0 : 4);
}

static void fake_tell_surroundings(struct process *p)
{
    char fds[64] = "";
    for (int fd = 0; fd < 20; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            snprintf(fds + strlen(fds), sizeof fds - strlen(fds), "%d ", fd);
    log_info("descriptors %s.", fds);
    for (char **v = environ; *v != NULL; v++)
        log_info("environment %s", *v);
    log_info("session %s", getsid(0) == getpid() ? "own" : "shared");
    fake_serve(p);
}

static void fake_crash(struct process *p)
{
    (void)process_ready(p);
    log_info("crashes");
    kill(getpid(), SIGKILL);
}

static void fake_refuse(struct process *p)
{
    log_error("the PIN is wrong");
    process_exit(p, 2);
}

static void fake_deaf(struct process *p)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)process_ready(p);
    for (;;)
        pause();
}

static void fake_lie(struct process *p)
{
    struct msg_ready other = {.role = ROLE_OUTBOUND};
    (void)channel_send(p->control, MSG_READY, 0, &other, -1);
    fake_deaf(p);
}

static void fake_babble(struct process *p)
{
    if (write(PROCESS_CONTROL_FD, "GET / HTTP/1.1\r\n\r\n", 18) != 18)
        process_exit(p, 5);
    for (;;)
        pause();
}

static void fake_stall(struct process *p)
{
    if (write(PROCESS_CONTROL_FD, "\4\0\0\0\2", 5) != 5)
        process_exit(p, 5);
    for (;;)
        pause();
}

static void fake_leave(struct process *p)
{
    (void)p;
    close(PROCESS_CONTROL_FD);
    for (;;)
        pause();
}

static void fake_escape(struct process *p)
{
    process_confine(p);
    execl("/bin/true", "true", (char *)NULL);
    process_exit(p, 6);
}

static const struct {
    const char *word;
    void (*act)(struct process *p);
} fakes[] = {
    {"serve", fake_serve},   {"surroundings", fake_tell_surroundings},
    {"crash", fake_crash},   {"refuse", fake_refuse},
    {"deaf", fake_deaf},     {"lie", fake_lie},
    {"babble", fake_babble}, {"stall", fake_stall},
    {"leave", fake_leave},   {"escape", fake_escape},
};

static int fake_main(int argc, char **argv)
{
    struct process p;
    char path[4200], word[32] = "";
    enum role role = strcmp(fake_name, "chancery-core") == 0           ? ROLE_CORE
                     : strcmp(fake_name, "chancery-front-public") == 0 ? ROLE_FRONT_PUBLIC
                                                                       : ROLE_FRONT_MANAGE;
    process_open(&p, role, argc, argv);
    snprintf(path, sizeof path, "%s/fake.%s", p.state, fake_name);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%30s", word) != 1)
        return 7;
    fclose(f);
    for (size_t i = 0; i < sizeof fakes / sizeof fakes[0]; i++)
        if (strcmp(fakes[i].word, word) == 0)
            fakes[i].act(&p);
    return 8;
}

/* ---- a STATE, a folder of programs, and what is logged ---- */

static char root[64], state_path[80], libexec[80], log_path[80];
static int port;
static pid_t daemon_pid;

static void file_write(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int port_free(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &len) != 0)
        abort();
    close(fd);
    return ntohs(any.sin_port);
}

static void program_link(const char *name)
{
    char self[512], path[200];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    snprintf(path, sizeof path, "%s/%s", libexec, name);
    (void)unlink(path);
    assert_int_equal(symlink(self, path), 0);
}

/* Fresh for each case: STATE with a configuration, core and front that serve. */
static int stage_set(void **unused)
{
    char text[512];
    struct config c;
    const char *base = getenv("TMPDIR");
    (void)unused;
    snprintf(root, sizeof root, "%.40s/process-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(root) == NULL)
        return -1;
    snprintf(state_path, sizeof state_path, "%s/state", root);
    snprintf(libexec, sizeof libexec, "%s/libexec", root);
    snprintf(log_path, sizeof log_path, "%s/log", root);
    if (mkdir(state_path, 0755) != 0 || mkdir(libexec, 0755) != 0)
        return -1;
    config_defaults(&c);
    port = port_free();
    c.manage_port = port;
    c.public_port = 0;
    strcpy(c.manage_address, "127.0.0.1");
    strcpy(c.hsm_environment, "SOFTHSM2_CONF=/nowhere");
    strcpy(c.user_core, "nobody");
    strcpy(c.user_front, "nobody");
    snprintf(text, sizeof text, "%s/chancery.conf", state_path);
    if (config_save(text, &c) != 0)
        return -1;
    program_link("chancery-core");
    program_link("chancery-front");
    file_write("state/fake.chancery-core", "serve");
    file_write("state/fake.chancery-front", "serve");
    file_write("log", "");
    return 0;
}

static int stage_clear(void **unused)
{
    char command[128];
    (void)unused;
    if (daemon_pid > 0) {
        kill(daemon_pid, SIGKILL);
        waitpid(daemon_pid, NULL, 0);
        daemon_pid = 0;
    }
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static pid_t daemon_start(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log_path, O_WRONLY | O_APPEND);
        dup2(fd, STDERR_FILENO);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        log_open("chanceryd", LOG_LEVEL_INFO);
        const struct supervisor_options options = {.state = state_path, .libexec = libexec};
        _exit(supervisor_run(&options));
    }
    assert_true(pid > 0);
    return pid;
}

static int exit_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char *log_read(void)
{
    static char text[256 * 1024];
    FILE *f = fopen(log_path, "r");
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static size_t log_count(const char *wanted)
{
    size_t count = 0;
    for (const char *at = log_read(); (at = strstr(at, wanted)) != NULL; at++)
        count++;
    return count;
}

static void log_must_show(const char *wanted, size_t times)
{
    int64_t deadline = clock_monotonic_ms() + WAIT_MS;
    while (log_count(wanted) < times) {
        if (clock_monotonic_ms() > deadline)
            fail_msg("'%s' was not logged %zu times:\n%s", wanted, times, log_read());
        usleep(10000);
    }
}

static void daemon_serves(void)
{
    size_t before = log_count("serving on https://127.0.0.1:");
    daemon_pid = daemon_start();
    log_must_show("serving on https://127.0.0.1:", before + 1);
}

static void daemon_stops(void)
{
    kill(daemon_pid, SIGTERM);
    assert_int_equal(exit_of(daemon_pid), 0);
    daemon_pid = 0;
}

/* The pid that the stand-in of that role logged last. */
static pid_t fake_pid(const char *role)
{
    char wanted[64];
    pid_t pid = 0;
    snprintf(wanted, sizeof wanted, " %s: pid ", role);
    for (const char *at = log_read(); (at = strstr(at, wanted)) != NULL; at++)
        pid = (pid_t)strtol(at + strlen(wanted), NULL, 10);
    assert_true(pid > 1);
    return pid;
}

static bool is_gone(pid_t pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return true;
    if (fgets(line, sizeof line, f) == NULL)
        line[0] = '\0';
    fclose(f);
    const char *name_end = strrchr(line, ')');
    return name_end == NULL || name_end[2] == 'Z';
}

static void must_go(pid_t pid)
{
    int64_t deadline = clock_monotonic_ms() + WAIT_MS;
    while (!is_gone(pid)) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(10000);
    }
}

static void fake_set(const char *program, const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "state/fake.%s", program);
    file_write(name, word);
}

/* ---- chanceryd: serving and stopping ---- */

static void all_start_are_wired_serve_and_stop_in_order(void **state)
{
    (void)state;
    daemon_serves();
    log_must_show("core got call 42", 1);
    assert_int_equal(log_count("core is ready"), 1);
    assert_int_equal(log_count("front-manage is ready"), 1);
    int64_t start = clock_monotonic_ms();
    daemon_stops();
    assert_true(clock_monotonic_ms() - start < 4000);
    assert_int_equal(log_count("stopped: CH_OK"), 2);
    assert_int_equal(log_count("starting again"), 0);
    assert_int_equal(log_count("does not stop"), 0);
}

static void a_dead_core_is_started_again_and_wired_anew(void **state)
{
    (void)state;
    daemon_serves();
    log_must_show("core got call 42", 1);
    pid_t first = fake_pid("core"), front = fake_pid("front-manage");
    kill(first, SIGKILL);
    log_must_show("core got call 42", 2);
    log_must_show("core is ready", 2);
    assert_int_not_equal(fake_pid("core"), first);
    assert_int_equal(fake_pid("front-manage"), front);
    assert_int_equal(log_count("wired to core"), 2);
    assert_int_equal(log_count("serving on"), 1);
    assert_int_equal(log_count("core was killed by signal 9"), 1);
    daemon_stops();
}

static void a_dead_front_is_started_again_and_core_stays(void **state)
{
    (void)state;
    daemon_serves();
    log_must_show("core got call 42", 1);
    pid_t core = fake_pid("core");
    kill(fake_pid("front-manage"), SIGKILL);
    log_must_show("core got call 42", 2);
    assert_int_equal(fake_pid("core"), core);
    daemon_stops();
}

static void a_child_that_keeps_dying_is_started_ever_more_slowly(void **state)
{
    (void)state;
    fake_set("chancery-front", "crash");
    daemon_pid = daemon_start();
    log_must_show("starting again in 100 ms", 1);
    log_must_show("starting again in 200 ms", 1);
    log_must_show("starting again in 400 ms", 1);
    assert_int_equal(log_count("starting again in 100 ms"), 1);
    fake_set("chancery-front", "serve");
    log_must_show("front-manage: pid", 1);
    log_must_show("core got call 42", 1);
    daemon_stops();
}

static void a_refused_configuration_at_the_first_start_ends_chanceryd(void **state)
{
    (void)state;
    fake_set("chancery-core", "refuse");
    assert_int_equal(exit_of(daemon_start()), 1);
    log_must_show("the PIN is wrong", 1);
    log_must_show("core cannot serve", 1);
    assert_int_equal(log_count("starting again"), 0);
}

static void the_same_status_later_is_only_a_death(void **state)
{
    (void)state;
    daemon_serves();
    fake_set("chancery-core", "refuse");
    kill(fake_pid("core"), SIGKILL);
    log_must_show("core ended with status 2; starting again in 200 ms", 1);
    fake_set("chancery-core", "serve");
    log_must_show("core is ready", 2);
    daemon_stops();
}

static void a_child_that_ignores_the_stop_is_killed(void **state)
{
    (void)state;
    fake_set("chancery-front", "deaf");
    daemon_serves();
    int64_t start = clock_monotonic_ms();
    daemon_stops();
    int64_t took = clock_monotonic_ms() - start;
    assert_true(took >= 4900 && took < 15000);
    assert_int_equal(log_count("front-manage does not stop: killed"), 1);
}

static void children_die_with_a_killed_chanceryd(void **state)
{
    (void)state;
    fake_set("chancery-front", "serve");
    daemon_serves();
    pid_t core = fake_pid("core"), front = fake_pid("front-manage");
    kill(daemon_pid, SIGKILL);
    waitpid(daemon_pid, NULL, 0);
    daemon_pid = 0;
    must_go(core);
    must_go(front);
}

/* ---- chanceryd: children that misbehave ---- */

static void misbehaviour_must_be_punished(const char *word, const char *logged)
{
    fake_set("chancery-front", word);
    daemon_pid = daemon_start();
    log_must_show(logged, 1);
    log_must_show("front-manage was killed by signal 9", 1);
    fake_set("chancery-front", "serve");
    log_must_show("serving on https://", 1);
    assert_int_equal(log_count("core was killed"), 0);
    daemon_stops();
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
    fake_set("chancery-front", "escape");
    daemon_pid = daemon_start();
    log_must_show("front-manage was killed for a system call that its list does not have", 1);
    fake_set("chancery-front", "serve");
    log_must_show("serving on https://", 1);
    daemon_stops();
}

/* ---- chanceryd: what children inherit ---- */

static void children_inherit_their_descriptors_and_little_else(void **state)
{
    (void)state;
    setenv("SECRET_OF_THE_STARTER", "x", 1);
    setenv("TZ", "UTC", 1);
    fake_set("chancery-core", "surroundings");
    fake_set("chancery-front", "surroundings");
    daemon_serves();
    unsetenv("SECRET_OF_THE_STARTER");
    log_must_show("core: descriptors 0 1 2 3 5 .", 1);
    log_must_show("front-manage: descriptors 0 1 2 3 4 .", 1);
    log_must_show("session own", 2);
    assert_int_equal(log_count("SECRET_OF_THE_STARTER"), 0);
    assert_int_equal(log_count("environment HOME="), 0);
    assert_int_equal(log_count("environment PATH=/usr/sbin:"), 2);
    assert_int_equal(log_count("environment TZ=UTC"), 2);
    assert_int_equal(log_count("core: environment SOFTHSM2_CONF=/nowhere"), 1);
    assert_int_equal(log_count("SOFTHSM2_CONF"), 1);
    daemon_stops();
}

static void the_operator_socket_is_for_its_owner_alone(void **state)
{
    (void)state;
    char path[128];
    struct stat st;
    daemon_serves();
    snprintf(path, sizeof path, "%s/run/operator.sock", state_path);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_uid, geteuid());
    daemon_stops();
}

static void the_service_manager_is_told(void **state)
{
    (void)state;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    char got[64] = "";
    snprintf(name.sun_path, sizeof name.sun_path, "%s/notify", root);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    setenv("NOTIFY_SOCKET", name.sun_path, 1);
    daemon_serves();
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(recv(fd, got, sizeof got, 0), 7);
    assert_memory_equal(got, "READY=1", 7);
    daemon_stops();
    assert_int_equal(recv(fd, got, sizeof got, 0), 10);
    assert_memory_equal(got, "STOPPING=1", 10);
    close(fd);
}

/* ---- chanceryd: reasons not to start ---- */

static void a_second_chanceryd_on_the_same_state_is_refused(void **state)
{
    (void)state;
    daemon_serves();
    assert_int_equal(exit_of(daemon_start()), 1);
    assert_int_equal(log_count("another chanceryd runs on this state folder"), 1);
    log_must_show("core got call 42", 1);
    daemon_stops();
    daemon_serves();
    daemon_stops();
}

static void a_port_in_use_is_named(void **state)
{
    (void)state;
    char wanted[64];
    int fd = -1;
    assert_int_equal(endpoint_listen_tcp("127.0.0.1", port, &fd), 0);
    assert_int_equal(exit_of(daemon_start()), 1);
    snprintf(wanted, sizeof wanted, "cannot listen on 127.0.0.1 port %d: Address already in use",
             port);
    assert_int_equal(log_count(wanted), 1);
    assert_int_equal(log_count(": pid "), 0);
    close(fd);
}

static void a_folder_that_was_not_provisioned_is_refused(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/chancery.conf", state_path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(exit_of(daemon_start()), 2);
    assert_int_equal(log_count("provision the folder first (chancery init --state "), 1);
    assert_int_equal(rename(state_path, libexec), -1);
    snprintf(state_path, sizeof state_path, "%s/elsewhere", root);
    assert_int_equal(exit_of(daemon_start()), 2);
    assert_int_equal(log_count("elsewhere: No such file or directory"), 1);
}

static void a_wrong_configuration_is_refused(void **state)
{
    (void)state;
    file_write("state/chancery.conf", "[manage]\nport = x\n");
    assert_int_equal(exit_of(daemon_start()), 2);
    assert_int_equal(log_count("chancery.conf:2: [manage] port: not a whole number"), 1);
}

static void a_missing_program_is_named(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/chancery-core", libexec);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(exit_of(daemon_start()), 1);
    assert_int_equal(log_count("libexec/chancery-core is missing"), 1);
}

static void an_optional_program_is_started_when_it_is_installed(void **state)
{
    (void)state;
    char path[128], wanted[64];
    struct config c;
    int public_port = port_free();
    snprintf(path, sizeof path, "%s/chancery.conf", state_path);
    assert_int_equal(config_load(path, &c, stderr), 0);
    c.public_port = public_port;
    strcpy(c.public_address, "::1");
    assert_int_equal(config_save(path, &c), 0);
    daemon_serves();
    assert_int_equal(log_count("front-public"), 0);
    daemon_stops();
    program_link("chancery-front-public");
    fake_set("chancery-front-public", "serve");
    snprintf(wanted, sizeof wanted, "serving on http://[::1]:%d", public_port);
    daemon_pid = daemon_start();
    log_must_show("wired to front-public", 1);
    log_must_show(wanted, 1);
    daemon_stops();
}

/* ---- a child under a parent that the test plays itself ---- */

static struct channel *parent_control;

static pid_t child_under_test(const char *program)
{
    int ends[2];
    char path[160];
    pid_t pid = -1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    snprintf(path, sizeof path, "%s/%s", libexec, program);
    struct child_start start = {.program = path, .state = state_path, .environment = "",
                                .control = ends[1], .listen = -1, .operator_listen = -1};
    int keep = dup(STDERR_FILENO);
    int fd = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
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
    assert_int_equal(exit_of(pid), 0);
}

static void signals_stop_a_child(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pid_t pid = child_under_test("chancery-core");
        child_must_be_ready();
        kill(pid, signals[i]);
        assert_int_equal(exit_of(pid), 0);
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
        assert_int_equal(exit_of(pid), 4);
        close(ends[0]);
        close(ends[1]);
        channel_free(parent_control);
    }
    assert_int_equal(log_count("stopped: CH_EPROTO"), 3);
}

static void a_wire_that_is_no_socket_ends_a_child(void **state)
{
    (void)state;
    struct msg_wire wire = {.peer = ROLE_FRONT_MANAGE};
    pid_t pid = child_under_test("chancery-core");
    child_must_be_ready();
    assert_int_equal(channel_send(parent_control, MSG_WIRE, 0, &wire, STDERR_FILENO), 0);
    assert_int_equal(exit_of(pid), 4);
    channel_free(parent_control);
}

static int run_by_hand(const char *program, const char *option, const char *value)
{
    pid_t pid = fork();
    if (pid == 0) {
        char path[160];
        int fd = open(log_path, O_WRONLY | O_APPEND);
        dup2(fd, STDERR_FILENO);
        dup2(fd, STDOUT_FILENO);
        for (fd = 3; fd < 64; fd++)
            close(fd);
        snprintf(path, sizeof path, "%s/%s", libexec, program);
        execl(path, path, option, value, (char *)NULL);
        _exit(99);
    }
    return exit_of(pid);
}

static void a_part_started_by_hand_says_who_starts_it(void **state)
{
    (void)state;
    assert_int_equal(run_by_hand("chancery-core", "--state", state_path), 2);
    assert_int_equal(log_count("started by hand: chanceryd --state"), 1);
    assert_int_equal(run_by_hand("chancery-core", NULL, NULL), 2);
    assert_int_equal(run_by_hand("chancery-core", "--nonsense", NULL), 2);
    assert_int_equal(run_by_hand("chancery-core", "--help", NULL), 0);
    assert_int_equal(run_by_hand("chancery-core", "--version", NULL), 0);
    assert_int_equal(log_count("usage: "), 3);
}

static void a_missing_unix_user_ends_a_child_that_root_started(void **state)
{
    (void)state;
    char path[128];
    struct config c;
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof path, "%s/chancery.conf", state_path);
    assert_int_equal(config_load(path, &c, stderr), 0);
    strcpy(c.user_core, "_nobody-of-this-name");
    assert_int_equal(config_save(path, &c), 0);
    pid_t pid = child_under_test("chancery-core");
    assert_int_equal(exit_of(pid), 2);
    assert_int_equal(log_count("there is no Unix user _nobody-of-this-name"), 1);
    channel_free(parent_control);
}

static void children_of_root_give_up_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    /* Fronts need nothing of STATE; core cannot reach this one and stays root in name only. */
    daemon_serves();
    assert_int_equal(log_count("front-manage: pid"), 1);
    assert_int_equal(log_count(" uid 65534 serves"), 1);
    assert_int_equal(log_count(" uid 0 serves"), 1);
    assert_int_equal(log_count("core: user nobody cannot reach"), 1);
    daemon_stops();
    assert_int_equal(chmod(root, 0711), 0);
    daemon_serves();
    log_must_show(" uid 65534 serves", 3);
    daemon_stops();
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, stage_set, stage_clear)

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    fake_name = slash == NULL ? argv[0] : slash + 1;
    if (strncmp(fake_name, "chancery-", 9) == 0)
        return fake_main(argc, argv);
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
        CASE(children_inherit_their_descriptors_and_little_else),
        CASE(the_operator_socket_is_for_its_owner_alone),
        CASE(the_service_manager_is_told),
        CASE(a_second_chanceryd_on_the_same_state_is_refused),
        CASE(a_port_in_use_is_named),
        CASE(a_folder_that_was_not_provisioned_is_refused),
        CASE(a_wrong_configuration_is_refused),
        CASE(a_missing_program_is_named),
        CASE(an_optional_program_is_started_when_it_is_installed),
        CASE(the_end_of_the_control_channel_stops_a_child),
        CASE(signals_stop_a_child),
        CASE(a_wire_to_nowhere_ends_a_child),
        CASE(a_wire_that_is_no_socket_ends_a_child),
        CASE(a_part_started_by_hand_says_who_starts_it),
        CASE(a_missing_unix_user_ends_a_child_that_root_started),
        CASE(children_of_root_give_up_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
