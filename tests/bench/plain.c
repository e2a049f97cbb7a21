/*
 * plain.c - concurrent clients of plain HTTP that repeat one request, in one thread, so that they take as
 * little as they can from what they measure.
 *
 *   plain PORT PATH CONNECTIONS SECONDS [BODY-FILE CONTENT-TYPE]
 *
 * GET, or POST of the file. Connections are kept alive as long as the server keeps them. Prints one line:
 * calls/s, p50 and p99 in milliseconds, errors (what is not 200, or breaks off), the octets of a body.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define REQUEST_MAX 65536
#define HEAD_MAX 4096
#define SAMPLES_MAX 4000000
#define WARM_UP_MS 300

static char request[REQUEST_MAX];
static size_t request_len;
static struct sockaddr_in server;
static int poller;
static float *samples;
static size_t count, errors, body_len;

struct client {
    int fd;
    bool fresh; /* nothing was answered on this connection yet */
    double begin;
    char head[HEAD_MAX];
    size_t head_len;
    bool in_body, ok, last; /* last: the server closes after this answer */
    bool by_end;            /* the body goes on until the server closes */
    size_t body_left;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* The request is small: a socket that was just answered on takes it as a whole. */
static void client_ask(struct client *c)
{
    c->head_len = 0;
    c->in_body = false;
    if (send(c->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
        shutdown(c->fd, SHUT_RDWR); /* seen as an end by client_read */
}

static void client_connect(struct client *c)
{
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = c}};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0)
        fail("epoll_ctl");
    c->fresh = true;
    client_ask(c);
}

static void client_again(struct client *c, bool close_it)
{
    if (close_it) {
        close(c->fd);
        client_connect(c);
        return;
    }
    c->begin = now_ms();
    client_ask(c);
}

static void client_done(struct client *c)
{
    double now = now_ms();
    if (!c->ok)
        errors++;
    else if (count < SAMPLES_MAX)
        samples[count++] = (float)(now - c->begin);
    c->fresh = false;
    c->begin = now;
    client_again(c, c->last);
}

/* The value of a header, or NULL. */
static const char *header(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = strstr(head, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n"))
        if (strncasecmp(at + 2, name, len) == 0 && at[2 + len] == ':')
            return at + 3 + len + strspn(at + 3 + len, " ");
    return NULL;
}

static void head_read(struct client *c)
{
    const char *length = header(c->head, "content-length");
    const char *connection = header(c->head, "connection");
    c->ok = strncmp(c->head, "HTTP/1.", 7) == 0 && strncmp(c->head + 8, " 200", 4) == 0;
    c->by_end = length == NULL;
    c->body_left = length == NULL ? 0 : strtoull(length, NULL, 10);
    c->last = c->by_end || strncmp(c->head, "HTTP/1.0", 8) == 0 ||
              (connection != NULL && strncasecmp(connection, "close", 5) == 0);
    c->in_body = true;
    body_len = c->body_left;
}

static void client_take(struct client *c, const char *data, size_t len)
{
    if (!c->in_body) {
        size_t old = c->head_len;
        size_t part = len < HEAD_MAX - 1 - old ? len : HEAD_MAX - 1 - old;
        memcpy(c->head + old, data, part);
        c->head[old + part] = '\0';
        char *end = strstr(c->head, "\r\n\r\n");
        c->head_len += part;
        if (end == NULL)
            return;
        size_t used = (size_t)(end + 4 - c->head) - old;
        end[2] = '\0';
        head_read(c);
        data += used;
        len -= used;
    }
    if (!c->by_end && len >= c->body_left)
        client_done(c);
    else if (!c->by_end)
        c->body_left -= len;
}

static void client_read(struct client *c)
{
    static char data[1 << 20];
    ssize_t n = recv(c->fd, data, sizeof data, 0);
    if (n > 0) {
        client_take(c, data, (size_t)n);
        return;
    }
    if (c->in_body && c->by_end) {
        client_done(c);
        return;
    }
    /* A server may end an idle connection: only on a fresh one is that an error. */
    errors += c->fresh ? 1 : 0;
    client_again(c, true);
}

static void run_until(double end)
{
    struct epoll_event events[64];
    while (now_ms() < end) {
        int n = epoll_wait(poller, events, 64, 50);
        for (int i = 0; i < n; i++)
            client_read(events[i].data.ptr);
    }
}

static void request_make(const char *path, const char *file, const char *type)
{
    char body[REQUEST_MAX / 2];
    size_t len = 0;
    if (file != NULL) {
        FILE *in = fopen(file, "rb");
        if (in == NULL)
            fail(file);
        len = fread(body, 1, sizeof body, in);
        fclose(in);
    }
    int n = file == NULL
                ? snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
                : snprintf(request, sizeof request,
                           "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
                           "Content-Length: %zu\r\n\r\n",
                           path, type, len);
    memcpy(request + n, body, len);
    request_len = (size_t)n + len;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static struct client clients[CONNECTIONS_MAX];
    int connections = argc < 5 ? 0 : atoi(argv[3]);
    if ((argc != 5 && argc != 7) || connections < 1 || connections > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: plain PORT PATH CONNECTIONS SECONDS [BODY-FILE CONTENT-TYPE]\n");
        return 2;
    }
    request_make(argv[2], argc == 7 ? argv[5] : NULL, argc == 7 ? argv[6] : NULL);
    server = (struct sockaddr_in){.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < connections; i++) {
        clients[i].begin = now_ms();
        client_connect(&clients[i]);
    }
    run_until(now_ms() + WARM_UP_MS);
    count = errors = 0;
    double begin = now_ms();
    run_until(begin + atof(argv[4]) * 1e3);
    double seconds = (now_ms() - begin) / 1e3;
    qsort(samples, count, sizeof *samples, by_value);
    printf("%.0f calls/s  p50 %.2f ms  p99 %.2f ms  %zu errors  %zu octets\n", (double)count / seconds,
           count == 0 ? 0.0 : (double)samples[count / 2],
           count == 0 ? 0.0 : (double)samples[count * 99 / 100], errors, body_len);
    return 0;
}
