#include "firmware/base/console.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define ROOM 4096 /* the longest line of a terminal */

struct console {
    int fd;
    pid_t asker; /* systemd-ask-password; 0 = fd is the terminal */
    struct termios before;
    struct secret *line;
    size_t len;
};

/* ---- the terminal ---- */

static void text_write(int fd, const char *text)
{
    while (*text != '\0') {
        ssize_t n = write(fd, text, strlen(text));
        if (n < 0 && errno != EINTR)
            return;
        text += n < 0 ? 0 : n;
    }
}

/* What was typed before the question is not an answer to it. */
static int terminal_open(const char *question, struct console *c)
{
    c->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (c->fd < 0)
        return CH_ENOTFOUND;
    if (tcgetattr(c->fd, &c->before) != 0)
        return CH_ESYS;
    struct termios silent = c->before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    silent.c_lflag |= ECHONL | ICANON | ISIG;
    if (tcsetattr(c->fd, TCSAFLUSH, &silent) != 0)
        return CH_ESYS;
    text_write(c->fd, question);
    return 0;
}

/* ---- systemd-ask-password ---- */

static const char asker_path[] = "/usr/bin/systemd-ask-password";

static _Noreturn void asker_become(const char *question, int out, pid_t parent)
{
    static char name[] = "systemd-ask-password", timeout[] = "--timeout=0",
                id[] = "--id=chancery:hsm-pin";
    char *arguments[5] = {name, timeout, id, NULL, NULL};
    sigset_t none;
    memcpy(&arguments[3], &question, sizeof arguments[3]);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
        _exit(127);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        close_range(STDERR_FILENO + 1, ~0u, 0) != 0)
        _exit(127);
    execv(asker_path, arguments);
    _exit(127);
}

static int asker_open(const char *question, struct console *c)
{
    int ends[2];
    if (access(asker_path, X_OK) != 0)
        return CH_ENOTFOUND;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return CH_ESYS;
    pid_t parent = getpid();
    c->asker = fork();
    if (c->asker == 0)
        asker_become(question, ends[1], parent);
    close(ends[1]);
    c->fd = ends[0];
    if (c->asker > 0)
        return 0;
    c->asker = 0;
    return CH_ESYS;
}

/* ---- both ---- */

int console_open(const char *question, struct console **out)
{
    PRECOND(question != NULL && out != NULL);
    *out = NULL;
    struct console *c = calloc(1, sizeof *c);
    if (c == NULL)
        return CH_ENOMEM;
    c->fd = -1;
    c->line = secret_new(ROOM);
    int r = c->line == NULL ? CH_ENOMEM : terminal_open(question, c);
    if (r == CH_ENOTFOUND)
        r = asker_open(question, c);
    else if (r != 0 && c->fd >= 0) {
        close(c->fd); /* nothing of it was changed */
        c->fd = -1;
    }
    if (r != 0) {
        console_close(c);
        return r;
    }
    *out = c;
    return 0;
}

int console_fd(const struct console *c)
{
    return c->fd;
}

static int line_take(struct console *c, size_t max, struct secret **answer)
{
    if (c->len == 0)
        return CH_EINVAL;
    if (c->len > max)
        return CH_ELIMIT;
    secret_trim(c->line, c->len);
    *answer = c->line;
    c->line = NULL;
    return 0;
}

int console_read(struct console *c, size_t max, struct secret **answer)
{
    *answer = NULL;
    PRECOND(c != NULL && c->line != NULL && max < ROOM);
    ssize_t got = read(c->fd, secret_data(c->line) + c->len, ROOM - c->len);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? CH_EBUSY : CH_ECLOSED;
    if (got == 0) /* the asker may leave out the newline */
        return c->asker != 0 && c->len > 0 ? line_take(c, max, answer) : CH_ECLOSED;
    const uint8_t *newline = memchr(secret_data(c->line) + c->len, '\n', (size_t)got);
    c->len += (size_t)got;
    if (newline != NULL) {
        c->len = (size_t)(newline - secret_data(c->line));
        return line_take(c, max, answer);
    }
    return c->len == ROOM ? CH_ELIMIT : CH_EBUSY;
}

void console_close(struct console *c)
{
    if (c == NULL)
        return;
    if (c->asker != 0) {
        (void)kill(c->asker, SIGTERM);
        while (waitpid(c->asker, NULL, 0) < 0 && errno == EINTR)
            continue;
    } else if (c->fd >= 0) {
        (void)tcsetattr(c->fd, TCSAFLUSH, &c->before);
    }
    if (c->fd >= 0)
        close(c->fd);
    secret_free(c->line);
    free(c);
}

/* Blocked and watched, so that Ctrl-C finds the terminal put back before it ends the program. */
static int answer_wait(struct console *c, int signals, size_t max, struct secret **answer)
{
    int r = CH_EBUSY;
    while (r == CH_EBUSY) {
        struct pollfd polls[2] = {{.fd = c->fd, .events = POLLIN},
                                  {.fd = signals, .events = POLLIN}};
        if (poll(polls, 2, -1) < 0)
            r = errno == EINTR ? CH_EBUSY : CH_ESYS;
        else if (polls[1].revents != 0)
            r = CH_ECLOSED;
        else
            r = console_read(c, max, answer);
    }
    return r;
}

int console_ask(const char *question, size_t max, struct secret **answer)
{
    struct console *c = NULL;
    sigset_t ending, before;
    *answer = NULL;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &ending, &before) != 0)
        return CH_ESYS;
    int signals = signalfd(-1, &ending, SFD_CLOEXEC);
    int r = signals < 0 ? CH_ESYS : console_open(question, &c);
    if (r == 0)
        r = answer_wait(c, signals, max, answer);
    console_close(c);
    if (signals >= 0)
        close(signals);
    (void)sigprocmask(SIG_SETMASK, &before, NULL); /* a signal that came ends the program now */
    return r;
}
