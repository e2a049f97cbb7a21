#include "firmware/base/child.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ENVIRONMENT_MAX 64
#define FIRST_FREE_FD (PROCESS_PIN_FD + 1)

extern char **environ;

/* What a child may inherit; the second group only matters to tests and developers. */
static const char *const inherited[] = {
    "JOURNAL_STREAM=", "CREDENTIALS_DIRECTORY=", "TZ=",
    "ASAN_OPTIONS=",   "LSAN_OPTIONS=",          "UBSAN_OPTIONS=",
    "TSAN_OPTIONS=",   "LLVM_PROFILE_FILE=",     "LD_PRELOAD=",
    "FAKETIME",        "DONT_FAKE_MONOTONIC=",   "NO_FAKE_STAT=",
};

static bool is_inherited(const char *variable)
{
    for (size_t i = 0; i < sizeof inherited / sizeof inherited[0]; i++)
        if (strncmp(variable, inherited[i], strlen(inherited[i])) == 0)
            return true;
    return false;
}

/* A fresh list of borrowed texts; the caller frees the list alone. */
static char **environment_make(const char *own)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char **list = calloc(ENVIRONMENT_MAX + 3, sizeof *list);
    size_t n = 0;
    if (list == NULL)
        return NULL;
    list[n++] = path;
    if (own[0] != '\0')
        memcpy(&list[n++], &own, sizeof own);
    for (char **v = environ; getauxval(AT_SECURE) == 0 && *v != NULL && n < ENVIRONMENT_MAX; v++)
        if (is_inherited(*v))
            list[n++] = *v;
    return list;
}

/* Copies a descriptor out of the way of the fixed numbers. */
static int fd_aside(int fd)
{
    return fd < 0 ? -1 : fcntl(fd, F_DUPFD, FIRST_FREE_FD);
}

static void fd_place(int from, int to)
{
    if (from < 0)
        close(to);
    else if (dup2(from, to) < 0)
        _exit(127);
}

static void descriptors_arrange(const struct child_start *start)
{
    int null = open("/dev/null", O_RDONLY);
    int control = fd_aside(start->control);
    int listen = fd_aside(start->listen);
    int operator_listen = fd_aside(start->operator_listen);
    int pin = fd_aside(start->pin);
    fd_place(null, STDIN_FILENO);
    fd_place(control, PROCESS_CONTROL_FD);
    fd_place(listen, PROCESS_LISTEN_FD);
    fd_place(operator_listen, PROCESS_OPERATOR_FD);
    fd_place(pin, PROCESS_PIN_FD);
    if (close_range(FIRST_FREE_FD, ~0u, 0) != 0)
        _exit(127);
}

static _Noreturn void child_become(const struct child_start *start, char **environment,
                                   pid_t parent)
{
    char option[] = "--state";
    char *arguments[4] = {NULL, option, NULL, NULL};
    sigset_t none;
    memcpy(&arguments[0], &start->program, sizeof arguments[0]);
    memcpy(&arguments[2], &start->state, sizeof arguments[2]);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(127);
    /* Of its own session, so that Ctrl-C reaches chanceryd alone, which then stops all in order. */
    (void)setsid();
    (void)signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    descriptors_arrange(start);
    execve(start->program, arguments, environment);
    log_error("%s: %s", start->program, strerror(errno));
    _exit(127);
}

int child_start(const struct child_start *start, pid_t *out)
{
    *out = -1;
    char **environment = environment_make(start->environment);
    if (environment == NULL)
        return CH_ENOMEM;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child_become(start, environment, parent);
    free(environment);
    if (pid < 0) {
        log_error("fork: %s", strerror(errno));
        return CH_ESYS;
    }
    *out = pid;
    return 0;
}
