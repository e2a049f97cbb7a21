#include "firmware/base/endpoint.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 4096
#define IN_USE_TRIES 30
#define IN_USE_PAUSE_NS (100L * 1000 * 1000)

static int bind_and_listen(int fd, const struct addrinfo *at)
{
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return -1;
    if (at->ai_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return -1;
    return bind(fd, at->ai_addr, at->ai_addrlen) != 0 ? -1 : listen(fd, BACKLOG);
}

/* The fronts of a chanceryd that was killed hold its ports a moment longer than it lived. */
static int bind_and_listen_soon(int fd, const struct addrinfo *at)
{
    const struct timespec pause = {.tv_nsec = IN_USE_PAUSE_NS};
    int failed = bind_and_listen(fd, at);
    for (int i = 1; failed != 0 && errno == EADDRINUSE && i < IN_USE_TRIES; i++) {
        nanosleep(&pause, NULL);
        failed = bind_and_listen(fd, at);
    }
    return failed;
}

int endpoint_listen_tcp(const char *address, int64_t port, int *out)
{
    char service[16];
    struct addrinfo *at = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    int e = 0;
    *out = -1;
    snprintf(service, sizeof service, "%lld", (long long)port);
    int failed = getaddrinfo(address, service, &hints, &at);
    if (failed != 0) {
        log_error("address %s: %s", address, gai_strerror(failed));
        return CH_ESYS;
    }
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind_and_listen_soon(fd, at) != 0) {
        e = errno == EADDRINUSE ? CH_EEXISTS : errno == EACCES ? CH_EDENIED : CH_ESYS;
        log_error("cannot listen on %s port %s: %s", address, service, strerror(errno));
        if (fd >= 0)
            close(fd);
    } else {
        *out = fd;
    }
    freeaddrinfo(at);
    return e;
}

static int folder_open(const char *folder)
{
    int fd = -1;
    if (mkdir(folder, 0755) == 0 || errno == EEXIST)
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        log_error("folder %s: %s", folder, strerror(errno));
    return fd;
}

int endpoint_listen_operator(const char *folder, int *out)
{
    *out = -1;
    int at = folder_open(folder);
    if (at < 0)
        return CH_ESYS;
    /* Through the descriptor, since a socket's path has 107 octets and STATE may have more. */
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/operator.sock", at);
    (void)unlinkat(at, "operator.sock", 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    int e = fd < 0 || bind(fd, (const struct sockaddr *)&name, sizeof name) != 0 ||
                    listen(fd, 16) != 0
                ? CH_ESYS
                : 0;
    if (e != 0)
        log_error("cannot listen on %s/operator.sock: %s", folder, strerror(errno));
    umask(mask);
    close(at);
    if (e == 0)
        *out = fd;
    else if (fd >= 0)
        close(fd);
    return e;
}

int endpoint_lock(const char *folder, int *out)
{
    *out = -1;
    int at = folder_open(folder);
    if (at < 0)
        return CH_ESYS;
    int fd = openat(at, "chanceryd.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    close(at);
    if (fd < 0) {
        log_error("%s/chanceryd.lock: %s", folder, strerror(errno));
        return CH_ESYS;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        log_error("another chanceryd runs on this state folder: %s/chanceryd.lock is held", folder);
        close(fd);
        return CH_EBUSY;
    }
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
        log_warn("%s/chanceryd.lock: %s", folder, strerror(errno));
    *out = fd;
    return 0;
}

void endpoint_notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof name.sun_path)
        return;
    size_t len = strlen(path);
    memcpy(name.sun_path, path, len);
    if (path[0] == '@')
        name.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&name,
                         size) < 0)
        log_warn("service manager at %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}
