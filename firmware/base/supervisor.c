#include "firmware/base/supervisor.h"

#include "firmware/base/channel.h"
#include "firmware/base/child.h"
#include "firmware/base/clock.h"
#include "firmware/base/config.h"
#include "firmware/base/endpoint.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/pin_prompt.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 10000
#define HEALTHY_MS 30000
#define STOP_MS 5000
#define CONTROL_MS 1000 /* no child may hold up chanceryd for longer */
#define EXIT_CONFIGURATION 2

/* ---- the process table and the wires between its rows ---- */

#define NO_OPTION SIZE_MAX
#define OPTION(name) offsetof(struct config, name)

struct child_row {
    const char *program;
    const char *scheme; /* how one reaches it; NULL = it does not listen */
    size_t address;     /* offsets of what it listens on; NO_OPTION = nothing */
    size_t port;        /* a port of 0 switches the row off */
    size_t environment; /* offset of one more variable for it */
    enum role role;
    bool optional; /* not started while its program is not installed */
    bool operator_socket;
    bool pin; /* gets the PIN that a person typed */
};

static const struct child_row child_rows[] = {
    {"chancery-core", NULL, NO_OPTION, NO_OPTION, OPTION(hsm_environment), ROLE_CORE, false, true,
     true},
    {"chancery-front", "https", OPTION(manage_address), OPTION(manage_port), NO_OPTION,
     ROLE_FRONT_MANAGE, false, false, false},
    {"chancery-front-public", "http", OPTION(public_address), OPTION(public_port), NO_OPTION,
     ROLE_FRONT_PUBLIC, true, false, false},
    {"chancery-outbound", NULL, NO_OPTION, NO_OPTION, NO_OPTION, ROLE_OUTBOUND, true, false,
     false},
};
#define CHILDREN COUNT(child_rows)

static const struct {
    enum role a, b;
} wire_rows[] = {
    {ROLE_CORE, ROLE_FRONT_MANAGE},
    {ROLE_CORE, ROLE_FRONT_PUBLIC},
    {ROLE_CORE, ROLE_OUTBOUND},
};

struct child {
    const struct child_row *row;
    bool enabled;
    char program[PATH_MAX];
    int listen;
    pid_t pid; /* 0 = not running */
    struct channel *control;
    bool ready;
    bool ever_ready;
    int64_t ready_at;
    int64_t start_at; /* when to start it (again) */
    int64_t backoff;
    bool pin_refused;
    uint32_t pin_tries; /* what it said of the PIN that was refused */
    int64_t kill_at; /* a child without a control channel that has not ended by then; 0 = none */
};

struct supervisor {
    struct config config;
    char state[PATH_MAX];
    int lock;
    int signals;
    int operator_listen;
    sigset_t mask_before;
    struct pin_prompt pin;
    struct child children[CHILDREN];
    bool wired[COUNT(wire_rows)];
    bool announced;
    bool stopping;
    int64_t kill_at;
    int status;
};

static struct child *child_of(struct supervisor *s, enum role role)
{
    for (size_t i = 0; i < CHILDREN; i++)
        if (s->children[i].row->role == role)
            return &s->children[i];
    return NULL;
}

static const char *child_name(const struct child *c)
{
    return role_name(c->row->role);
}

static const char *config_text(const struct supervisor *s, size_t offset)
{
    return offset == NO_OPTION ? "" : (const char *)&s->config + offset;
}

static int64_t config_number(const struct supervisor *s, size_t offset)
{
    int64_t number = 0;
    memcpy(&number, (const char *)&s->config + offset, sizeof number);
    return number;
}

/* ---- stopping ---- */

static void stop_begin(struct supervisor *s, int status)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->status = status;
    s->kill_at = clock_monotonic_ms() + STOP_MS;
    endpoint_notify("STOPPING=1");
    for (size_t i = 0; i < CHILDREN; i++) {
        struct child *c = &s->children[i];
        if (c->pid == 0)
            continue;
        channel_shutdown(c->control);
        (void)kill(c->pid, SIGTERM);
    }
}

static void stop_force(struct supervisor *s)
{
    for (size_t i = 0; i < CHILDREN; i++)
        if (s->children[i].pid != 0) {
            log_warn("%s does not stop: killed", child_name(&s->children[i]));
            (void)kill(s->children[i].pid, SIGKILL);
        }
    s->kill_at = INT64_MAX;
}

static bool any_alive(const struct supervisor *s)
{
    for (size_t i = 0; i < CHILDREN; i++)
        if (s->children[i].pid != 0)
            return true;
    return false;
}

/* ---- birth ---- */

static int child_launch(struct supervisor *s, struct child *c)
{
    int ends[2];
    int pin = -1;
    if (c->row->pin && pin_prompt_pipe(&s->pin, &pin) != 0)
        return CH_ESYS;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        if (pin >= 0)
            close(pin);
        return CH_ESYS;
    }
    struct child_start start = {
        .program = c->program,
        .state = s->state,
        .environment = config_text(s, c->row->environment),
        .control = ends[1],
        .listen = c->listen,
        .operator_listen = c->row->operator_socket ? s->operator_listen : -1,
        .pin = pin,
    };
    c->control = channel_new(ends[0], ROLE_CHANCERYD, c->row->role, CONTROL_MS);
    int e = c->control == NULL ? CH_ENOMEM : child_start(&start, &c->pid);
    close(ends[1]);
    if (pin >= 0)
        close(pin);
    if (e != 0) {
        channel_free(c->control);
        c->control = NULL;
        c->pid = 0;
        return e;
    }
    channel_set_receive_timeout(c->control, CONTROL_MS);
    return 0;
}

static void backoff_plan(struct child *c, int64_t now)
{
    if (c->backoff == 0 || (c->ready && now - c->ready_at >= HEALTHY_MS))
        c->backoff = BACKOFF_FIRST_MS;
    else
        c->backoff = c->backoff * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff * 2;
    c->start_at = now + c->backoff;
}

static void start_due(struct supervisor *s)
{
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < CHILDREN; i++) {
        struct child *c = &s->children[i];
        if (!c->enabled || c->pid != 0 || now < c->start_at ||
            (c->row->pin && pin_prompt_waits(&s->pin)))
            continue;
        int e = child_launch(s, c);
        if (e != 0) {
            log_error("%s cannot be started: %s", child_name(c), ch_error_text(e));
            backoff_plan(c, now);
        }
    }
}

/* ---- wires ---- */

static int wire_send(struct child *to, enum role peer, int fd)
{
    int e = channel_send(to->control, MSG_WIRE, 0, &(struct msg_wire){.peer = (uint32_t)peer}, fd);
    if (e != 0) {
        log_warn("%s does not take its wire to %s: %s", child_name(to), role_name(peer),
                 ch_error_text(e));
        (void)kill(to->pid, SIGKILL);
    }
    return e;
}

static bool wire_make(struct child *a, struct child *b)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        log_error("no wire between %s and %s: %s", child_name(a), child_name(b), strerror(errno));
        return false;
    }
    int e = wire_send(a, b->row->role, ends[0]);
    if (e == 0)
        e = wire_send(b, a->row->role, ends[1]);
    close(ends[0]);
    close(ends[1]);
    return e == 0;
}

static void wires_make(struct supervisor *s)
{
    for (size_t i = 0; i < COUNT(wire_rows); i++) {
        struct child *a = child_of(s, wire_rows[i].a);
        struct child *b = child_of(s, wire_rows[i].b);
        if (!s->wired[i] && a->control != NULL && b->control != NULL)
            s->wired[i] = wire_make(a, b);
    }
}

static void wires_forget(struct supervisor *s, enum role role)
{
    for (size_t i = 0; i < COUNT(wire_rows); i++)
        if (wire_rows[i].a == role || wire_rows[i].b == role)
            s->wired[i] = false;
}

/* ---- what children say ---- */

static void announce(struct supervisor *s)
{
    for (size_t i = 0; i < CHILDREN; i++)
        if (s->children[i].enabled && !s->children[i].ready)
            return;
    for (size_t i = 0; i < CHILDREN && !s->announced; i++) {
        const struct child_row *row = s->children[i].row;
        if (!s->children[i].enabled || row->scheme == NULL)
            continue;
        const char *address = config_text(s, row->address);
        bool v6 = strchr(address, ':') != NULL;
        log_info("serving on %s://%s%s%s:%lld", row->scheme, v6 ? "[" : "", address,
                 v6 ? "]" : "", (long long)config_number(s, row->port));
    }
    if (!s->announced)
        endpoint_notify("READY=1");
    s->announced = true;
}

/* The control channel is over. A child that ends by itself gets a moment for the rest of it. */
static void control_end(struct supervisor *s, struct child *c, int why)
{
    c->kill_at = clock_monotonic_ms() + CONTROL_MS;
    if (why != CH_ECLOSED) {
        log_error("%s misbehaves towards chanceryd (%s): killed", child_name(c),
                  ch_error_text(why));
        (void)kill(c->pid, SIGKILL);
    }
    channel_free(c->control);
    c->control = NULL;
    wires_forget(s, c->row->role);
}

static void kill_due(struct supervisor *s)
{
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < CHILDREN; i++) {
        struct child *c = &s->children[i];
        if (c->pid == 0 || c->kill_at == 0 || now < c->kill_at)
            continue;
        log_error("%s left chanceryd but lives on: killed", child_name(c));
        (void)kill(c->pid, SIGKILL);
        c->kill_at = 0;
    }
}

static void control_read(struct supervisor *s, struct child *c)
{
    struct frame f;
    int e = channel_receive(c->control, &f);
    bool refusal = e == 0 && f.header.type == MSG_PIN_REFUSED;
    if (refusal) {
        c->pin_refused = true;
        c->pin_tries = f.message.pin_refused.tries;
    } else if (e == 0 && f.message.ready.role != (uint32_t)c->row->role) {
        e = CH_EPROTO;
    }
    frame_free(&f);
    if (e != 0) {
        control_end(s, c, e);
        return;
    }
    if (c->ready || refusal)
        return;
    c->ready = c->ever_ready = true;
    c->ready_at = clock_monotonic_ms();
    log_info("%s is ready", child_name(c));
    announce(s);
}

/* ---- death ---- */

static void death_describe(int status, char *out, size_t size)
{
    if (WIFEXITED(status))
        snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
    else if (WTERMSIG(status) == SIGSYS)
        snprintf(out, size, "was killed for a system call that its list does not have");
    else
        snprintf(out, size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
}

/* What a child said just before it ended, and nobody has read yet. */
static void control_drain(struct supervisor *s, struct child *c)
{
    while (c->control != NULL) {
        struct pollfd last = {.fd = channel_fd(c->control), .events = POLLIN};
        if (poll(&last, 1, 0) <= 0)
            return;
        control_read(s, c);
    }
}

/* The same PIN is never given to the token again: tokens lock after a few. */
static void pin_replace(struct supervisor *s, struct child *c)
{
    c->pin_refused = false;
    c->start_at = 0;
    if (pin_prompt_refused(&s->pin, c->pin_tries) == 0)
        return;
    log_error("%s has no PIN that the token takes (its reason stands above); chanceryd ends",
              child_name(c));
    stop_begin(s, 1);
}

static void child_bury(struct supervisor *s, struct child *c, int status)
{
    char how[128];
    int64_t now = clock_monotonic_ms();
    bool refused = !c->ever_ready && WIFEXITED(status) &&
                   (WEXITSTATUS(status) == EXIT_CONFIGURATION || WEXITSTATUS(status) == 127);
    death_describe(status, how, sizeof how);
    control_drain(s, c);
    channel_free(c->control);
    c->control = NULL;
    c->pid = 0;
    c->kill_at = 0;
    wires_forget(s, c->row->role);
    if (s->stopping)
        return;
    backoff_plan(c, now);
    c->ready = false;
    if (c->pin_refused) {
        pin_replace(s, c);
    } else if (refused) {
        log_error("%s cannot serve (its reason stands above); chanceryd ends", child_name(c));
        stop_begin(s, 1);
    } else {
        log_error("%s %s; starting again in %lld ms", child_name(c), how, (long long)c->backoff);
    }
}

static void reap(struct supervisor *s)
{
    for (size_t i = 0; i < CHILDREN; i++) {
        int status = 0;
        struct child *c = &s->children[i];
        if (c->pid != 0 && waitpid(c->pid, &status, WNOHANG) == c->pid)
            child_bury(s, c, status);
    }
}

static void signals_read(struct supervisor *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD) {
            log_info("stopping");
            stop_begin(s, 0);
        }
    reap(s);
}

/* ---- the loop ---- */

/* When something falls due for the child: its start, or its end by force. */
static int64_t child_due(const struct supervisor *s, const struct child *c)
{
    if (c->pid == 0)
        return c->enabled && !(c->row->pin && pin_prompt_waits(&s->pin)) ? c->start_at : INT64_MAX;
    return c->kill_at == 0 ? INT64_MAX : c->kill_at;
}

static int next_wait_ms(const struct supervisor *s)
{
    int64_t next = s->stopping ? s->kill_at : INT64_MAX;
    for (size_t i = 0; i < CHILDREN && !s->stopping; i++)
        if (child_due(s, &s->children[i]) < next)
            next = child_due(s, &s->children[i]);
    int64_t wait = next - clock_monotonic_ms();
    return next == INT64_MAX ? -1 : wait < 0 ? 0 : (int)wait;
}

static void loop_once(struct supervisor *s)
{
    struct pollfd polls[1 + CHILDREN + 1] = {{.fd = s->signals, .events = POLLIN}};
    polls[1 + CHILDREN] = (struct pollfd){
        .fd = s->stopping ? -1 : pin_prompt_fd(&s->pin), .events = POLLIN};
    for (size_t i = 0; i < CHILDREN; i++) {
        struct channel *control = s->stopping ? NULL : s->children[i].control;
        polls[1 + i].fd = control == NULL ? -1 : channel_fd(control);
        polls[1 + i].events = POLLIN;
    }
    if (poll(polls, 1 + CHILDREN + 1, next_wait_ms(s)) < 0)
        return; /* EINTR: the caller comes again */
    if (polls[1 + CHILDREN].revents != 0 && pin_prompt_read(&s->pin) != 0)
        stop_begin(s, 1);
    for (size_t i = 0; i < CHILDREN; i++)
        if (polls[1 + i].revents != 0)
            control_read(s, &s->children[i]);
    if (polls[0].revents != 0)
        signals_read(s);
    if (s->stopping && clock_monotonic_ms() >= s->kill_at)
        stop_force(s);
    kill_due(s);
}

static void loop(struct supervisor *s)
{
    while (!s->stopping || any_alive(s)) {
        if (!s->stopping) {
            start_due(s);
            wires_make(s);
        }
        loop_once(s);
    }
}

/* ---- opening and closing ---- */

static int libexec_find(const char *wanted, char out[PATH_MAX])
{
    char *real = realpath(wanted == NULL ? "/proc/self/exe" : wanted, NULL);
    if (real == NULL) {
        log_error("folder of the programs %s: %s", wanted == NULL ? "" : wanted, strerror(errno));
        return CH_ENOTFOUND;
    }
    char *slash = strrchr(real, '/');
    if (wanted == NULL && slash != NULL)
        *slash = '\0';
    snprintf(out, PATH_MAX, "%s", real);
    free(real);
    return 0;
}

/* Fills in one row: whether it is to be started, its program, its listening socket. */
static int child_prepare(struct supervisor *s, struct child *c, const char *libexec)
{
    const struct child_row *row = c->row;
    int len = snprintf(c->program, sizeof c->program, "%s/%s", libexec, row->program);
    bool there = len > 0 && (size_t)len < sizeof c->program && access(c->program, X_OK) == 0;
    bool off = row->port != NO_OPTION && config_number(s, row->port) == 0;
    if (off || (!there && row->optional))
        return 0;
    if (!there) {
        log_error("program %s is missing", c->program);
        return CH_ENOTFOUND;
    }
    c->enabled = true;
    if (row->port == NO_OPTION)
        return 0;
    return endpoint_listen_tcp(config_text(s, row->address), config_number(s, row->port),
                               &c->listen);
}

static int state_open(struct supervisor *s, const char *state)
{
    char path[PATH_MAX];
    enum log_level level = LOG_LEVEL_INFO;
    if (realpath(state, s->state) == NULL || strlen(s->state) > PATH_MAX - 64) {
        log_error("state folder %s: %s", state, strerror(errno));
        return CH_ENOTFOUND;
    }
    snprintf(path, sizeof path, "%.4000s/chancery.conf", s->state);
    int e = config_load(path, &s->config, stderr);
    if (e == CH_ENOTFOUND)
        log_error("%s is missing: provision the folder first (chancery init --state %s)", path,
                  state);
    else if (e != 0)
        log_error("%s: %s", path, ch_error_text(e));
    if (e == 0 && log_level_from_name(s->config.log_level, &level) == 0)
        log_open("chanceryd", level);
    return e;
}

static int endpoints_open(struct supervisor *s, const char *libexec)
{
    char run[PATH_MAX];
    snprintf(run, sizeof run, "%.4000s/run", s->state);
    int e = endpoint_lock(run, &s->lock);
    if (e == 0)
        e = endpoint_listen_operator(run, &s->operator_listen);
    for (size_t i = 0; e == 0 && i < CHILDREN; i++)
        e = child_prepare(s, &s->children[i], libexec);
    return e;
}

static int signals_open(struct supervisor *s)
{
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &watched, &s->mask_before) != 0)
        return CH_ESYS;
    s->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals < 0 ? CH_ESYS : 0;
}

static void fd_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void supervisor_close(struct supervisor *s)
{
    pin_prompt_close(&s->pin);
    for (size_t i = 0; i < CHILDREN; i++)
        fd_close(s->children[i].listen);
    fd_close(s->operator_listen);
    fd_close(s->signals);
    fd_close(s->lock);
}

int supervisor_run(const struct supervisor_options *options)
{
    static struct supervisor supervisor;
    struct supervisor *s = &supervisor;
    char libexec[PATH_MAX];
    PRECOND(options != NULL && options->state != NULL);
    *s = (struct supervisor){.lock = -1, .signals = -1, .operator_listen = -1};
    for (size_t i = 0; i < CHILDREN; i++) {
        s->children[i].row = &child_rows[i];
        s->children[i].listen = -1;
    }
    if (state_open(s, options->state) != 0)
        return 2;
    int e = libexec_find(options->libexec, libexec);
    if (e == 0)
        e = signals_open(s);
    if (e == 0)
        e = endpoints_open(s, libexec);
    if (e == 0)
        e = pin_prompt_open(&s->pin, &s->config);
    if (e == 0)
        loop(s);
    supervisor_close(s);
    return e != 0 ? 1 : s->status;
}
