/*
 * Tests of firmware/base/sandbox.c: what each role may do and what kills or is refused, as
 * one table. Every act runs in a forked child that entered the sandbox of the role.
 */
#include "firmware/base/sandbox.h"

#include "firmware/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static char root[64]; /* holds STATE and a folder outside of it */
static char state_path[80];
static struct config config;
static int listener = -1;
static int listener_port;

/* ---- a STATE to guard ---- */

static void file_write(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", root, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        abort();
    close(fd);
}

static void folder_write(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (mkdir(path, 0700) != 0)
        abort();
}

static int state_make(void **unused)
{
    static const char *const folders[] = {"state",       "state/store", "state/secrets",
                                          "state/token", "state/run",   "outside"};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    const char *base = getenv("TMPDIR");
    (void)unused;
    snprintf(root, sizeof root, "%.40s/sandbox-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(root) == NULL)
        return -1;
    snprintf(state_path, sizeof state_path, "%s/state", root);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        folder_write(folders[i]);
    file_write("state/chancery.conf", "");
    file_write("state/secrets/pin", "1234");
    file_write("state/secrets/other", "5678");
    file_write("state/token/object", "x");
    file_write("state/run/chanceryd.lock", "");
    file_write("outside/file", "x");
    file_write("outside/faketime", "+1d");
    config_defaults(&config);
    snprintf(config.hsm_writable, sizeof config.hsm_writable, "token");
    snprintf(config.hsm_environment, sizeof config.hsm_environment,
             "SOFTHSM2_CONF=%s/softhsm2.conf", state_path);
    file_write("state/softhsm2.conf", "x");
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&any, sizeof any) != 0 || listen(listener, 4) != 0 ||
        getsockname(listener, (struct sockaddr *)&any, &len) != 0)
        return -1;
    listener_port = ntohs(any.sin_port);
    return 0;
}

static int state_remove(void **unused)
{
    char command[128];
    (void)unused;
    close(listener);
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

/* ---- acts: 0 when done, else errno ---- */

static int path_open(const char *name, int flags)
{
    char path[160];
    snprintf(path, sizeof path, "%s%s%s", name[0] == '/' ? "" : root, name[0] == '/' ? "" : "/",
             name);
    int fd = open(path, flags, 0600);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static int read_pin(void)
{
    return path_open("state/secrets/pin", O_RDONLY);
}

static int read_other_secret(void)
{
    return path_open("state/secrets/other", O_RDONLY);
}

static int write_pin(void)
{
    return path_open("state/secrets/pin", O_WRONLY);
}

static int read_token(void)
{
    return path_open("state/token/object", O_RDONLY);
}

static int read_configuration(void)
{
    return path_open("state/chancery.conf", O_RDONLY);
}

static int write_configuration(void)
{
    return path_open("state/chancery.conf", O_WRONLY);
}

static int read_module_configuration(void)
{
    return path_open("state/softhsm2.conf", O_RDONLY);
}

static int write_lock(void)
{
    return path_open("state/run/chanceryd.lock", O_RDWR);
}

static int read_outside(void)
{
    return path_open("outside/file", O_RDONLY);
}

static int write_outside(void)
{
    return path_open("outside/new", O_WRONLY | O_CREAT);
}

static int truncate_outside(void)
{
    return path_open("outside/file", O_RDONLY | O_TRUNC);
}

static int read_usr(void)
{
    return path_open("/usr/bin/env", O_RDONLY);
}

static int read_accounts(void)
{
    return path_open("/etc/passwd", O_RDONLY);
}

static int read_memory_of_parent(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)getppid());
    return path_open(path, O_RDONLY);
}

static int read_urandom(void)
{
    return path_open("/dev/urandom", O_RDONLY);
}

static int write_null(void)
{
    return path_open("/dev/null", O_WRONLY);
}

static int list_folder(void)
{
    return path_open("state", O_RDONLY | O_DIRECTORY);
}

static int use_database(void)
{
    char a[160], b[160];
    snprintf(a, sizeof a, "%s/store/db", state_path);
    snprintf(b, sizeof b, "%s/store/db2", state_path);
    int fd = open(a, O_RDWR | O_CREAT, 0600);
    struct flock lock = {.l_type = F_WRLCK};
    if (fd < 0)
        return errno;
    if (pwrite(fd, "xy", 2, 0) != 2 || ftruncate(fd, 4096) != 0 || fsync(fd) != 0 ||
        fdatasync(fd) != 0 || fcntl(fd, F_SETLK, &lock) != 0 || fchmod(fd, 0640) != 0)
        return errno;
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED || munmap(map, 4096) != 0)
        return errno;
    close(fd);
    return rename(a, b) != 0 || unlink(b) != 0 ? errno : 0;
}

static int use_token_folder(void)
{
    char folder[160], file[192];
    snprintf(folder, sizeof folder, "%s/token/new", state_path);
    snprintf(file, sizeof file, "%s/object", folder);
    if (mkdir(folder, 0700) != 0)
        return errno;
    int fd = open(file, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        return errno;
    close(fd);
    return unlink(file) != 0 || rmdir(folder) != 0 ? errno : 0;
}

static int make_device(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/store/dev", state_path);
    return mknod(path, S_IFIFO | 0600, 0) != 0 ? errno : 0;
}

static int make_link(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/store/link", state_path);
    return symlink("/etc/shadow", path) != 0 ? errno : 0;
}

static int run_program(void)
{
    static char name[] = "/bin/true";
    char *arguments[] = {name, NULL};
    execv(name, arguments);
    return errno;
}

static int fork_child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : 0;
}

static int vfork_child(void)
{
    return (int)syscall(SYS_vfork) == 0 ? (int)syscall(SYS_exit_group, 0) : 0;
}

static int trace_parent(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != 0 ? errno : 0;
}

static int read_parents_memory(void)
{
    char room[8];
    struct iovec here = {room, sizeof room}, there = {room, sizeof room};
    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) < 0 ? errno : 0;
}

static int signal_parent(void)
{
    return kill(getppid(), 0) != 0 ? errno : 0;
}

static int socket_of(int family, int type)
{
    int fd = socket(family, type, 0);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static int open_inet(void)
{
    return socket_of(AF_INET, SOCK_STREAM);
}

static int open_inet6(void)
{
    return socket_of(AF_INET6, SOCK_DGRAM);
}

static int open_unix(void)
{
    return socket_of(AF_UNIX, SOCK_STREAM);
}

static int open_raw_packet(void)
{
    return socket_of(AF_PACKET, SOCK_RAW);
}

static int connect_out(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)listener_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    return connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ? errno : 0;
}

static int listen_anew(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return listen(fd, 1) != 0 ? errno : 0;
}

static int connect_listener_again(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)listener_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(listener, (struct sockaddr *)&to, sizeof to) != 0 ? errno : 0;
}

static int accept_given(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0 ||
        fcntl(listener, F_SETFL, O_NONBLOCK) != 0 || epoll_wait(poller, &event, 1, 0) < 0)
        return errno;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return fd >= 0 || errno == EAGAIN ? 0 : errno;
}

static void *thread_body(void *context)
{
    *(int *)context = 1;
    return NULL;
}

static int start_thread(void)
{
    pthread_t thread;
    int ran = 0;
    int e = pthread_create(&thread, NULL, thread_body, &ran);
    if (e == 0)
        e = pthread_join(thread, NULL);
    return e != 0 ? e : ran == 1 ? 0 : ENOENT;
}

static int map_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}

static int turn_data_into_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(at, 4096, PROT_READ | PROT_EXEC) != 0 ? errno : 0;
}

static int load_library(void)
{
    return dlopen("libresolv.so.2", RTLD_NOW) == NULL ? EACCES : 0;
}

static int everyday_calls(void)
{
    struct timespec now, pause = {0, 1000};
    struct winsize size;
    void *memory = malloc(1 << 20);
    free(memory);
    time_t when = time(NULL);
    struct tm tm;
    (void)isatty(2);
    (void)ioctl(2, TIOCGWINSZ, &size);
    if (localtime_r(&when, &tm) == NULL || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
        nanosleep(&pause, NULL) != 0 || sysconf(_SC_NPROCESSORS_ONLN) < 1 ||
        prctl(PR_SET_NAME, "worker") != 0 || write(STDERR_FILENO, "", 0) != 0)
        return errno;
    return 0;
}

static int raise_limit(void)
{
    struct rlimit limit = {1, 1};
    return setrlimit(RLIMIT_NOFILE, &limit) != 0 ? errno : 0;
}

static int change_user(void)
{
    return setuid(65534) != 0 ? errno : 0;
}

static int load_kernel_filter(void)
{
    return syscall(SYS_seccomp, 0, 0, NULL) != 0 ? errno : 0;
}

static int mount_something(void)
{
    return (int)syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL) != 0 ? errno : 0;
}

static int use_io_uring(void)
{
    return (int)syscall(SYS_io_uring_setup, 1, NULL) < 0 ? errno : 0;
}

static int call_by_x32(void)
{
#ifdef __x86_64__
    return (int)syscall(0x40000000 | SYS_getpid) < 0 ? errno : 0;
#else
    return (int)syscall(SYS_seccomp, 0, 0, NULL) < 0 ? errno : 0;
#endif
}

static int read_fake_time(void)
{
    return path_open("outside/faketime", O_RDONLY);
}

/* ---- running an act ---- */

#define KILLED (-1)
#define NOT_CONFINED 254
#define OTHER_SIGNAL 253

static void child_run(enum role role, const struct config *c, int (*act)(void))
{
    /* The kernel's report of a killed child is expected here. */
    log_open("test", LOG_LEVEL_ERROR);
    setenv("FAKETIME_TIMESTAMP_FILE", "", 1);
    if (act == read_fake_time) {
        char path[160];
        snprintf(path, sizeof path, "%s/outside/faketime", root);
        setenv("FAKETIME_TIMESTAMP_FILE", path, 1);
    }
    if (sandbox_enter(role, state_path, c) != 0)
        _exit(NOT_CONFINED);
    _exit(act());
}

/* The errno of the act, 0 when it was done, KILLED by SIGSYS. */
static int outcome(enum role role, const struct config *c, int (*act)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        child_run(role, c, act);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : OTHER_SIGNAL;
    return WEXITSTATUS(status);
}

/* ---- the table ---- */

enum want { YES, DIES, NO }; /* done; killed; refused with EACCES or EPERM */

struct act_row {
    const char *name;
    int (*act)(void);
    enum want core, manage, public, outbound;
    enum {
        ALWAYS,
        LANDLOCK,    /* means something only where the kernel has it */
        UNSANITIZED, /* leak checkers need the call themselves */
    } when;
};

#define ACT(f) #f, f

static const struct act_row acts[] = {
    /*                               core  manage public outbound */
    {ACT(everyday_calls),            YES,  YES,  YES,  YES,  ALWAYS},
    {ACT(start_thread),              YES,  YES,  YES,  YES,  ALWAYS},
    {ACT(read_usr),                  YES,  YES,  YES,  YES,  ALWAYS},
    {ACT(read_urandom),              YES,  YES,  YES,  YES,  ALWAYS},
    {ACT(read_fake_time),            YES,  YES,  YES,  YES,  ALWAYS},
    {ACT(write_null),                YES,  NO,   NO,   NO,   ALWAYS},
    {ACT(read_pin),                  YES,  NO,   NO,   NO,   LANDLOCK},
    {ACT(read_other_secret),         NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(write_pin),                 NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(read_token),                YES,  NO,   NO,   NO,   LANDLOCK},
    {ACT(read_configuration),        YES,  NO,   NO,   NO,   LANDLOCK},
    {ACT(write_configuration),       NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(read_module_configuration), YES,  NO,   NO,   NO,   LANDLOCK},
    {ACT(write_lock),                NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(read_outside),              NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(write_outside),             NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(truncate_outside),          NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(read_accounts),             YES,  NO,   NO,   NO,   LANDLOCK},
    {ACT(read_memory_of_parent),     NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(list_folder),               NO,   NO,   NO,   NO,   LANDLOCK},
    {ACT(use_database),              YES,  NO,   NO,   NO,   ALWAYS},
    {ACT(use_token_folder),          YES,  DIES, DIES, DIES, ALWAYS},
    {ACT(make_device),               DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(make_link),                 DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(run_program),               DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(vfork_child),               DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(fork_child),                DIES, DIES, DIES, DIES, UNSANITIZED},
    {ACT(trace_parent),              DIES, DIES, DIES, DIES, UNSANITIZED},
    {ACT(read_parents_memory),       DIES, DIES, DIES, DIES, UNSANITIZED},
    {ACT(signal_parent),             DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(open_inet),                 DIES, DIES, DIES, YES,  ALWAYS},
    {ACT(open_inet6),                DIES, DIES, DIES, YES,  ALWAYS},
    {ACT(open_unix),                 YES,  DIES, DIES, YES,  ALWAYS},
    {ACT(open_raw_packet),           DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(connect_out),               DIES, DIES, DIES, YES,  ALWAYS},
    {ACT(listen_anew),               DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(accept_given),              YES,  YES,  YES,  DIES, ALWAYS},
    {ACT(map_code),                  YES,  NO,   NO,   NO,   ALWAYS},
    {ACT(turn_data_into_code),       YES,  NO,   NO,   NO,   ALWAYS},
    {ACT(load_library),              YES,  NO,   NO,   NO,   ALWAYS},
    {ACT(raise_limit),               NO,   NO,   NO,   NO,   ALWAYS},
    {ACT(change_user),               DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(load_kernel_filter),        DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(mount_something),           DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(use_io_uring),              DIES, DIES, DIES, DIES, ALWAYS},
    {ACT(call_by_x32),               DIES, DIES, DIES, DIES, ALWAYS},
};

static bool as_wanted(enum want want, int got)
{
    switch (want) {
    case YES:
        return got == 0;
    case DIES:
        return got == KILLED;
    default:
        return got == EACCES || got == EPERM;
    }
}

static void role_must_be_confined(enum role role, enum want (*column)(const struct act_row *))
{
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (acts[i].when == LANDLOCK && !sandbox_has_landlock())
            continue;
        if (acts[i].when == UNSANITIZED && SANITIZED)
            continue;
        int got = outcome(role, &config, acts[i].act);
        if (as_wanted(column(&acts[i]), got))
            continue;
        print_error("%s, %s: outcome %d\n", role_name(role), acts[i].name, got);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static enum want column_core(const struct act_row *row)
{
    return row->core;
}

static enum want column_manage(const struct act_row *row)
{
    return row->manage;
}

static enum want column_public(const struct act_row *row)
{
    return row->public;
}

static enum want column_outbound(const struct act_row *row)
{
    return row->outbound;
}

static void core_does_what_its_column_says_and_no_more(void **state)
{
    (void)state;
    role_must_be_confined(ROLE_CORE, column_core);
}

static void front_manage_does_what_its_column_says_and_no_more(void **state)
{
    (void)state;
    role_must_be_confined(ROLE_FRONT_MANAGE, column_manage);
}

static void front_public_does_what_its_column_says_and_no_more(void **state)
{
    (void)state;
    role_must_be_confined(ROLE_FRONT_PUBLIC, column_public);
}

static void outbound_does_what_its_column_says_and_no_more(void **state)
{
    (void)state;
    role_must_be_confined(ROLE_OUTBOUND, column_outbound);
}

static void core_reaches_a_network_hsm_only_when_configured(void **state)
{
    (void)state;
    struct config network = config;
    network.hsm_network = true;
    assert_int_equal(outcome(ROLE_CORE, &network, connect_out), 0);
    assert_int_equal(outcome(ROLE_CORE, &network, open_inet6), 0);
    assert_int_equal(outcome(ROLE_CORE, &network, open_raw_packet), KILLED);
    assert_int_equal(outcome(ROLE_CORE, &network, run_program), KILLED);
    assert_int_equal(outcome(ROLE_FRONT_MANAGE, &network, open_inet), KILLED);
}

static void a_front_cannot_call_out_over_a_descriptor_it_was_given(void **state)
{
    (void)state;
    assert_int_equal(outcome(ROLE_FRONT_MANAGE, &config, connect_listener_again), KILLED);
}

static void the_module_folder_is_closed_when_none_is_configured(void **state)
{
    (void)state;
    struct config none = config;
    none.hsm_writable[0] = '\0';
    if (!sandbox_has_landlock())
        skip();
    assert_int_equal(outcome(ROLE_CORE, &none, read_token), EACCES);
    assert_int_equal(outcome(ROLE_CORE, &none, use_token_folder), EACCES);
}

static void core_writes_where_an_absolute_store_path_says(void **state)
{
    (void)state;
    struct config elsewhere = config;
    snprintf(elsewhere.store_path, sizeof elsewhere.store_path, "%s/outside/db", root);
    if (!sandbox_has_landlock())
        skip();
    assert_int_equal(outcome(ROLE_CORE, &elsewhere, read_outside), 0);
    assert_int_equal(outcome(ROLE_CORE, &elsewhere, use_database), EACCES);
}

static int fail_a_precondition(void)
{
    PRECOND(root[0] == 'x');
    return 0;
}

static void a_failed_precondition_still_aborts(void **state)
{
    (void)state;
    assert_int_equal(outcome(ROLE_CORE, &config, fail_a_precondition), OTHER_SIGNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_does_what_its_column_says_and_no_more),
        cmocka_unit_test(front_manage_does_what_its_column_says_and_no_more),
        cmocka_unit_test(front_public_does_what_its_column_says_and_no_more),
        cmocka_unit_test(outbound_does_what_its_column_says_and_no_more),
        cmocka_unit_test(core_reaches_a_network_hsm_only_when_configured),
        cmocka_unit_test(a_front_cannot_call_out_over_a_descriptor_it_was_given),
        cmocka_unit_test(the_module_folder_is_closed_when_none_is_configured),
        cmocka_unit_test(core_writes_where_an_absolute_store_path_says),
        cmocka_unit_test(a_failed_precondition_still_aborts),
    };
    return cmocka_run_group_tests(tests, state_make, state_remove);
}
