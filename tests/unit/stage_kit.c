#include "tests/unit/stage_kit.h"

#include "firmware/base/process.h"

#include "firmware/base/clock.h"
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

/* ---- the stand-ins: what a process of the table may do, well or badly ---- */

/* Keeps a wire open as long as the process lives; the oldest of many makes room. */
static void fake_keep(struct channel *peer)
{
    static struct channel *kept[8];
    static size_t next;
    channel_free(kept[next]);
    kept[next] = peer;
    next = (next + 1) % (sizeof kept / sizeof kept[0]);
}

/* Sends over each wire that comes; core receives instead. */
static void fake_wired(void *context, struct channel *peer)
{
    const struct process *p = context;
    struct frame f;
    fake_keep(peer);
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

static void fake_wired_and_cut(void *context, struct channel *peer)
{
    (void)context;
    channel_free(peer);
}

/* Serves, but hangs up on whoever is wired to it. */
static void fake_snub(struct process *p)
{
    process_confine(p);
    (void)process_ready(p);
    process_exit(p, process_run(p, fake_wired_and_cut, p) == 0 ? 0 : 4);
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
    {"snub", fake_snub},
};

static enum role fake_role(const char *program)
{
    static const struct {
        const char *program;
        enum role role;
    } rows[] = {{"chancery-core", ROLE_CORE},
                {"chancery-front", ROLE_FRONT_MANAGE},
                {"chancery-front-public", ROLE_FRONT_PUBLIC}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].program, program) == 0)
            return rows[i].role;
    return ROLE_COUNT;
}

static int fake_main(const char *program, enum role role, int argc, char **argv)
{
    struct process p;
    char path[4200], word[32] = "";
    process_open(&p, role, argc, argv);
    snprintf(path, sizeof path, "%s/fake.%s", p.state, program);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%30s", word) != 1)
        return 7;
    fclose(f);
    for (size_t i = 0; i < sizeof fakes / sizeof fakes[0]; i++)
        if (strcmp(fakes[i].word, word) == 0)
            fakes[i].act(&p);
    return 8;
}

bool stage_is_stand_in(int argc, char **argv, int *status)
{
    const char *slash = strrchr(argv[0], '/');
    const char *program = slash == NULL ? argv[0] : slash + 1;
    enum role role = fake_role(program);
    *status = 0;
    if (role != ROLE_COUNT)
        *status = fake_main(program, role, argc, argv);
    return role != ROLE_COUNT;
}

/* ---- a STATE, a folder of programs, and what is logged ---- */

char stage_root[64], stage_state[80], stage_libexec[80], stage_log[80];
int stage_port;
pid_t stage_daemon;

void stage_write(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", stage_root, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

int stage_port_free(void)
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

void stage_install(const char *name)
{
    char self[512], path[200];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    snprintf(path, sizeof path, "%s/%s", stage_libexec, name);
    (void)unlink(path);
    assert_int_equal(symlink(self, path), 0);
}

/* Fresh for each case: STATE with a configuration, core and front that serve. */
int stage_set(void **unused)
{
    char text[512];
    struct config c;
    const char *base = getenv("TMPDIR");
    (void)unused;
    snprintf(stage_root, sizeof stage_root, "%.40s/process-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(stage_root) == NULL)
        return -1;
    snprintf(stage_state, sizeof stage_state, "%s/state", stage_root);
    snprintf(stage_libexec, sizeof stage_libexec, "%s/libexec", stage_root);
    snprintf(stage_log, sizeof stage_log, "%s/log", stage_root);
    if (mkdir(stage_state, 0755) != 0 || mkdir(stage_libexec, 0755) != 0)
        return -1;
    config_defaults(&c);
    stage_port = stage_port_free();
    c.manage_port = stage_port;
    c.public_port = 0;
    strcpy(c.manage_address, "127.0.0.1");
    strcpy(c.hsm_environment, "SOFTHSM2_CONF=/nowhere");
    strcpy(c.user_core, "nobody");
    strcpy(c.user_front, "nobody");
    snprintf(text, sizeof text, "%s/chancery.conf", stage_state);
    if (config_save(text, &c) != 0)
        return -1;
    stage_install("chancery-core");
    stage_install("chancery-front");
    stage_write("state/fake.chancery-core", "serve");
    stage_write("state/fake.chancery-front", "serve");
    stage_write("log", "");
    return 0;
}

int stage_clear(void **unused)
{
    char command[128];
    (void)unused;
    if (stage_daemon > 0) {
        kill(stage_daemon, SIGKILL);
        waitpid(stage_daemon, NULL, 0);
        stage_daemon = 0;
    }
    snprintf(command, sizeof command, "rm -rf '%s'", stage_root);
    return system(command);
}

pid_t stage_start(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(stage_log, O_WRONLY | O_APPEND);
        dup2(fd, STDERR_FILENO);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        log_open("chanceryd", LOG_LEVEL_INFO);
        const struct supervisor_options options = {.state = stage_state, .libexec = stage_libexec};
        _exit(supervisor_run(&options));
    }
    assert_true(pid > 0);
    return pid;
}

int stage_exit_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char *log_read(void)
{
    static char text[256 * 1024];
    FILE *f = fopen(stage_log, "r");
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

size_t stage_logged(const char *wanted)
{
    size_t count = 0;
    for (const char *at = log_read(); (at = strstr(at, wanted)) != NULL; at++)
        count++;
    return count;
}

void stage_must_log(const char *wanted, size_t times)
{
    int64_t deadline = clock_monotonic_ms() + STAGE_WAIT_MS;
    while (stage_logged(wanted) < times) {
        if (clock_monotonic_ms() > deadline)
            fail_msg("'%s' was not logged %zu times:\n%s", wanted, times, log_read());
        usleep(10000);
    }
}

void stage_serves(void)
{
    size_t before = stage_logged("serving on https://127.0.0.1:");
    stage_daemon = stage_start();
    stage_must_log("serving on https://127.0.0.1:", before + 1);
}

void stage_stops(void)
{
    kill(stage_daemon, SIGTERM);
    assert_int_equal(stage_exit_of(stage_daemon), 0);
    stage_daemon = 0;
}

/* The pid that the stand-in of that role logged last. */
pid_t stage_pid(const char *role)
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

void stage_must_end(pid_t pid)
{
    int64_t deadline = clock_monotonic_ms() + STAGE_WAIT_MS;
    while (!is_gone(pid)) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(10000);
    }
}

void stage_play(const char *program, const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "state/fake.%s", program);
    stage_write(name, word);
}

