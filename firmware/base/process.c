#include "firmware/base/process.h"

#include "firmware/base/clock.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/privilege.h"
#include "firmware/base/sandbox.h"
#include "firmware/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* How long a peer may leave a wire undrained before the sender is told. */
#define SEND_TIMEOUT_MS 5000
/*
 * A wire that ended is made anew when the peer died. When it is not within this time, the
 * peer lives and cut it.
 */
#define CUT_OFF_MS 15000
#define EXIT_USAGE 2
#define MIB ((rlim_t)1024 * 1024)
#define OPTION(name) offsetof(struct config, name)

/* What sets the roles apart before the sandbox does. */
static const struct process_row {
    size_t user;   /* offset of the Unix user's name in the configuration */
    rlim_t files;  /* open at once */
    rlim_t locked; /* octets of memory locked for secrets */
    enum role role;
    bool needs_state;       /* opens files below STATE after it gave up root */
    bool ends_when_cut_off; /* a fresh start is the cure; core never, peers could provoke it */
} process_rows[] = {
    {OPTION(user_core), 4096, 64 * MIB, ROLE_CORE, true, false},
    {OPTION(user_front), 20000, MIB, ROLE_FRONT_MANAGE, false, true},
    {OPTION(user_front), 20000, MIB, ROLE_FRONT_PUBLIC, false, true},
    {OPTION(user_outbound), 4096, MIB, ROLE_OUTBOUND, false, true},
};

static const struct process_row *process_row_find(enum role role)
{
    for (size_t i = 0; i < sizeof process_rows / sizeof process_rows[0]; i++)
        if (process_rows[i].role == role)
            return &process_rows[i];
    return NULL;
}

/* ---- open ---- */

static _Noreturn void usage_exit(const char *program, FILE *out, int status)
{
    fprintf(out,
            "usage: %s --state DIR\n"
            "A part of Chancery; chanceryd starts it. See chanceryd(8).\n",
            program);
    exit(status);
}

static const char *state_from_options(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    const char *state = NULL;
    int option = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h')
            usage_exit(argv[0], stdout, 0);
        if (option == 'v') {
            puts("chancery " CHANCERY_VERSION);
            exit(0);
        }
        if (option != 's')
            usage_exit(argv[0], stderr, EXIT_USAGE);
        state = optarg;
    }
    if (state == NULL || optind != argc)
        usage_exit(argv[0], stderr, EXIT_USAGE);
    return state;
}

static bool is_socket(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Relative paths of the configuration are relative to STATE, for modules and libraries too. */
static void state_enter(struct process *p, const char *state)
{
    char *real = realpath(state, NULL);
    if (real == NULL || strlen(real) >= sizeof p->state || chdir(real) != 0) {
        log_error("state folder %s: %s", state, real == NULL ? strerror(errno) : "not usable");
        exit(EXIT_USAGE);
    }
    snprintf(p->state, sizeof p->state, "%s", real);
    free(real);
}

static void config_take(struct process *p)
{
    char path[sizeof p->state + 16];
    enum log_level level = LOG_LEVEL_INFO;
    snprintf(path, sizeof path, "%s/chancery.conf", p->state);
    int e = config_load(path, &p->config, stderr);
    if (e != 0) {
        log_error("%s: %s", path, ch_error_text(e));
        exit(EXIT_USAGE);
    }
    (void)log_level_from_name(p->config.log_level, &level);
    log_open(role_name(p->role), level);
}

/* Threads made later inherit the mask, so that only process_run sees these signals. */
static void signals_block(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGTERM);
    sigaddset(out, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, out, NULL);
}

void process_open(struct process *p, enum role role, int argc, char **argv)
{
    sigset_t stop;
    PRECOND(p != NULL && process_row_find(role) != NULL);
    memset(p, 0, sizeof *p);
    p->role = role;
    log_open(role_name(role), LOG_LEVEL_INFO);
    const char *state = state_from_options(argc, argv);
    if (!is_socket(PROCESS_CONTROL_FD)) {
        log_error("started by hand: chanceryd --state %s starts it", state);
        exit(EXIT_USAGE);
    }
    signals_block(&stop);
    (void)signal(SIGPIPE, SIG_IGN);
    state_enter(p, state);
    config_take(p);
    p->control = channel_new(PROCESS_CONTROL_FD, role, ROLE_CHANCERYD, SEND_TIMEOUT_MS);
    if (p->control == NULL) {
        log_error("%s", ch_error_text(CH_ENOMEM));
        process_exit(p, 1);
    }
}

/* ---- confine ---- */

/* Raises or lowers a limit to want, as far as the hard limit goes (root may lift that too). */
static void limit_set(int what, rlim_t want)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)what, &limit) != 0)
        return;
    struct rlimit fresh = {.rlim_cur = want, .rlim_max = want};
    if (setrlimit((__rlimit_resource_t)what, &fresh) == 0)
        return;
    fresh.rlim_cur = fresh.rlim_max = limit.rlim_max < want ? limit.rlim_max : want;
    if (setrlimit((__rlimit_resource_t)what, &fresh) != 0)
        log_warn("resource limit %d stays: %s", what, strerror(errno));
}

static void user_become(struct process *p, const struct process_row *row)
{
    const char *user = (const char *)&p->config + row->user;
    int e = privilege_drop(user, row->needs_state ? p->state : NULL);
    if (e != 0)
        process_exit(p, e == CH_ENOTFOUND || e == CH_EDENIED ? EXIT_USAGE : 1);
}

void process_confine(struct process *p)
{
    const struct process_row *row = process_row_find(p->role);
    PRECOND(row != NULL);
    umask(027);
    limit_set(RLIMIT_CORE, 0);
    limit_set(RLIMIT_NOFILE, row->files);
    limit_set(RLIMIT_MEMLOCK, row->locked);
    if (geteuid() == 0)
        user_become(p, row);
    /* A change of user clears the parent-death signal. Leak checkers must be able to look in. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, SANITIZED, 0, 0, 0) != 0) {
        log_error("prctl: %s", strerror(errno));
        process_exit(p, 1);
    }
    int e = sandbox_enter(p->role, p->state, &p->config);
    if (e != 0) {
        log_error("not confined, so not started: %s", ch_error_text(e));
        process_exit(p, 1);
    }
}

/* ---- serve ---- */

/* The ends of wires, watched through descriptors of their own: the channels belong to others. */
struct watch {
    int fd; /* -1 = none */
    int64_t ended_at;
};

struct run {
    struct process *process;
    int signals;
    struct watch watches[ROLE_COUNT]; /* by peer */
};

int process_ready(struct process *p)
{
    return channel_send(p->control, MSG_READY, 0, &(struct msg_ready){.role = (uint32_t)p->role},
                        -1);
}

int process_pin_refused(struct process *p, unsigned tries)
{
    return channel_send(p->control, MSG_PIN_REFUSED, 0, &(struct msg_pin_refused){.tries = tries},
                        -1);
}

static void watch_set(struct watch *w, int fd)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = fd;
    w->ended_at = 0;
}

/* Makes a channel of the wire that came and hands it on. */
static int wire_take(struct run *run, struct frame *f,
                     void (*on_wire)(void *context, struct channel *peer), void *context)
{
    struct process *p = run->process;
    uint32_t peer = f->message.wire.peer;
    if (peer >= ROLE_COUNT || peer == (uint32_t)p->role || !is_socket(f->fd))
        return CH_EPROTO;
    if (process_row_find(p->role)->ends_when_cut_off)
        watch_set(&run->watches[peer], fcntl(f->fd, F_DUPFD_CLOEXEC, 0));
    struct channel *wire = channel_new(f->fd, p->role, (enum role)peer, SEND_TIMEOUT_MS);
    f->fd = -1;
    if (wire == NULL)
        return CH_ENOMEM;
    on_wire(context, wire);
    return 0;
}

static int control_take(struct run *run,
                        void (*on_wire)(void *context, struct channel *peer), void *context)
{
    struct frame f;
    int e = channel_receive(run->process->control, &f);
    if (e == 0)
        e = wire_take(run, &f, on_wire, context);
    frame_free(&f);
    return e;
}

/* Milliseconds until the first wire that ended has to be replaced; -1 = none has ended. */
static int cut_off_in(const struct run *run)
{
    int64_t first = INT64_MAX;
    for (int peer = 0; peer < ROLE_COUNT; peer++) {
        int64_t ended_at = run->watches[peer].ended_at;
        if (ended_at != 0 && ended_at + CUT_OFF_MS < first)
            first = ended_at + CUT_OFF_MS;
    }
    int64_t left = first - clock_monotonic_ms();
    return first == INT64_MAX ? -1 : left < 0 ? 0 : (int)left;
}

/* Waits: 1 = the control channel has something, 0 = look again, CH_ECLOSED = stop, or CH_E*. */
static int run_wait(struct run *run)
{
    struct pollfd polls[2 + ROLE_COUNT] = {
        {.fd = run->signals, .events = POLLIN},
        {.fd = channel_fd(run->process->control), .events = POLLIN}};
    for (int peer = 0; peer < ROLE_COUNT; peer++)
        polls[2 + peer].fd = run->watches[peer].ended_at != 0 ? -1 : run->watches[peer].fd;
    if (poll(polls, 2 + ROLE_COUNT, cut_off_in(run)) < 0)
        return errno == EINTR ? 0 : CH_ESYS;
    if (polls[0].revents != 0)
        return CH_ECLOSED;
    for (int peer = 0; peer < ROLE_COUNT; peer++)
        if ((polls[2 + peer].revents & POLLHUP) != 0)
            run->watches[peer].ended_at = clock_monotonic_ms();
    if (polls[1].revents != 0)
        return 1;
    if (cut_off_in(run) != 0)
        return 0;
    log_error("cut off by a peer that lives: ends, to be started afresh");
    return CH_ESTATE;
}

int process_run(struct process *p, void (*on_wire)(void *context, struct channel *peer),
                void *context)
{
    sigset_t stop;
    struct run run = {.process = p};
    PRECOND(p != NULL && p->control != NULL && on_wire != NULL);
    signals_block(&stop);
    run.signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run.signals < 0)
        return CH_ESYS;
    for (int peer = 0; peer < ROLE_COUNT; peer++)
        run.watches[peer].fd = -1;
    int e = 0;
    while (e >= 0) {
        e = run_wait(&run);
        if (e == 1)
            e = control_take(&run, on_wire, context);
    }
    for (int peer = 0; peer < ROLE_COUNT; peer++)
        watch_set(&run.watches[peer], -1);
    close(run.signals);
    return e == CH_ECLOSED ? 0 : e;
}

_Noreturn void process_exit(struct process *p, int status)
{
    (void)p;
    secret_wipe_all();
#if SANITIZED
    exit(status); /* leaks are reported by an exit handler */
#else
    _exit(status); /* threads still run: their libraries must not be torn down below them */
#endif
}
