/*
 * idle.c - opens many TLS connections, lets them idle, and measures what a fresh
 * request costs meanwhile.
 *
 *   idle PORT COUNT [PID]
 *
 * Each connection does one POST / and is kept when the server keeps it alive (a
 * server that answers with "connection: close" is connected to again, without a request).
 * With PID, the resident memory of that process is printed as well. 127.0.0.1 only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PROBES 300

static gnutls_certificate_credentials_t credentials;
static uint16_t port;

struct client {
    int fd;
    gnutls_session_t session;
};

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "idle: %s: %s\n", what, why);
    exit(1);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void client_open(struct client *c)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        give_up("connect", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    gnutls_init(&c->session, GNUTLS_CLIENT);
    gnutls_set_default_priority(c->session);
    gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(c->session, c->fd);
    int code = 0;
    do
        code = gnutls_handshake(c->session);
    while (code < 0 && gnutls_error_is_fatal(code) == 0);
    if (code < 0)
        give_up("handshake", gnutls_strerror(code));
}

static void client_close(struct client *c)
{
    gnutls_deinit(c->session);
    close(c->fd);
}

/* Reads until the body is there. True when the server keeps the connection. */
static bool read_reply(struct client *c)
{
    char text[4096];
    size_t len = 0;
    while (len < sizeof text - 1) {
        ssize_t got = gnutls_record_recv(c->session, text + len, sizeof text - 1 - len);
        if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
            continue;
        if (got <= 0)
            return false;
        len += (size_t)got;
        text[len] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        const char *length = strcasestr(text, "\r\ncontent-length:");
        if (end != NULL && length != NULL &&
            len >= (size_t)(end + 4 - text) + strtoul(length + 17, NULL, 10))
            return strcasestr(text, "\r\nconnection: close") == NULL;
    }
    return false;
}

static bool client_ask(struct client *c)
{
    static const char request[] =
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
    gnutls_record_send(c->session, request, sizeof request - 1);
    return read_reply(c);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, double *times)
{
    qsort(times, PROBES, sizeof *times, compare);
    printf("%-34s p50 %.2f ms  p99 %.2f ms  max %.2f ms\n", what, times[PROBES / 2],
           times[PROBES * 99 / 100], times[PROBES - 1]);
}

/* A handshake with a request, and a request on a connection that is up. */
static void probe(const char *when)
{
    static double fresh[PROBES];
    static double kept[PROBES];
    char text[64];
    for (size_t i = 0; i < PROBES; i++) {
        struct client c;
        double began = now_ms();
        client_open(&c);
        bool alive = client_ask(&c);
        fresh[i] = now_ms() - began;
        began = now_ms();
        if (alive)
            client_ask(&c);
        kept[i] = now_ms() - began;
        client_close(&c);
    }
    snprintf(text, sizeof text, "%s, new connection", when);
    print_times(text, fresh);
    snprintf(text, sizeof text, "%s, kept connection", when);
    print_times(text, kept);
}

static long resident_kib(const char *pid)
{
    char line[256];
    long kib = 0;
    snprintf(line, sizeof line, "/proc/%.10s/status", pid);
    FILE *in = fopen(line, "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (in != NULL)
        fclose(in);
    return kib;
}

static void open_all(struct client *clients, size_t count)
{
    double began = now_ms();
    for (size_t i = 0; i < count; i++) {
        client_open(&clients[i]);
        if (!client_ask(&clients[i])) {
            client_close(&clients[i]);
            client_open(&clients[i]);
        }
    }
    printf("%zu connections opened in %.1f s\n", count, (now_ms() - began) / 1e3);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        give_up("usage", "idle PORT COUNT [PID]");
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    size_t count = strtoul(argv[2], NULL, 10);
    const char *pid = argc > 3 ? argv[3] : NULL;
    struct client *clients = calloc(count, sizeof *clients);
    struct rlimit files = {count + 64, count + 64};
    if (clients == NULL || count == 0 || setrlimit(RLIMIT_NOFILE, &files) != 0)
        give_up("start", strerror(errno));
    gnutls_certificate_allocate_credentials(&credentials);
    probe("alone");
    long before = pid == NULL ? 0 : resident_kib(pid);
    open_all(clients, count);
    long after = pid == NULL ? 0 : resident_kib(pid);
    if (pid != NULL)
        printf("resident %ld KiB before, %ld KiB after, %.1f KiB a connection\n", before, after,
               (double)(after - before) / (double)count);
    probe("with all idle");
    for (size_t i = 0; i < count; i++)
        client_close(&clients[i]);
    sleep(2);
    if (pid != NULL)
        printf("resident %ld KiB after all were closed\n", resident_kib(pid));
    free(clients);
    return 0;
}
