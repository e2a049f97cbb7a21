/*
 * load.c - concurrent keep-alive HTTPS clients that sign with SigV4 and repeat one call.
 *
 *   load --port P --bundle ca.pem --service acm-pca --target ACMPrivateCA.IssueCertificate
 *        --body FILE [--clients 16] [--seconds 5] [--calls N] [--region us-east-1] [--until-issued]
 *
 * Key and secret come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The signature is made once a
 * second for each client, so that the client costs as little as it can. With --calls each client
 * makes that many calls, however long they take. With --until-issued a call lasts until DescribeCertificate
 * says of the certificate that it is ISSUED. Prints one line: calls/s, p50 and p99 in milliseconds, errors.
 */
#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX 65536
#define HEADER_MAX 2048
#define SAMPLES_MAX 400000
#define LOOK_US 2000 /* between two looks at a certificate that is being made */
#define LOOKS_MAX 30000

static struct {
    const char *port, *bundle, *service, *target, *region, *id, *secret;
    int clients, seconds, calls;
    char body[BODY_MAX];
    size_t body_len;
    SSL_CTX *tls;
    bool until_issued;
    volatile bool stop;
} options = {.region = "us-east-1", .clients = 16, .seconds = 5};

/* A call and, once signed, its octets. */
struct call {
    const char *target, *body;
    size_t body_len;
    time_t signed_at;
    char request[HEADER_MAX + BODY_MAX];
    size_t request_len;
};

struct client {
    pthread_t thread;
    SSL *ssl;
    struct call call, look;
    char look_body[512];
    float *samples;
    size_t count, errors;
    char first_error[512];
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void hex(const unsigned char *data, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++)
        sprintf(out + 2 * i, "%02x", data[i]);
}

static void sha256_hex(const void *data, size_t len, char *out)
{
    unsigned char digest[32];
    EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL);
    hex(digest, 32, out);
}

static void mac(const void *key, size_t key_len, const char *text, unsigned char out[32])
{
    HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text), out, NULL);
}

static void call_sign(struct call *c, time_t now)
{
    char when[17], day[9], body_hash[65], canonical[HEADER_MAX], canonical_hash[65];
    char to_sign[HEADER_MAX], start[128], signature[65];
    unsigned char key[32];
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm);
    strftime(day, sizeof day, "%Y%m%d", &tm);
    sha256_hex(c->body, c->body_len, body_hash);
    snprintf(canonical, sizeof canonical,
             "POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:localhost:%s\nx-amz-date:%s\n"
             "x-amz-target:%s\n\ncontent-type;host;x-amz-date;x-amz-target\n%s",
             options.port, when, c->target, body_hash);
    sha256_hex(canonical, strlen(canonical), canonical_hash);
    snprintf(to_sign, sizeof to_sign, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", when, day,
             options.region, options.service, canonical_hash);
    snprintf(start, sizeof start, "AWS4%s", options.secret);
    mac(start, strlen(start), day, key);
    mac(key, 32, options.region, key);
    mac(key, 32, options.service, key);
    mac(key, 32, "aws4_request", key);
    mac(key, 32, to_sign, key);
    hex(key, 32, signature);
    int len = snprintf(c->request, HEADER_MAX,
                       "POST / HTTP/1.1\r\nHost: localhost:%s\r\nContent-Type: application/x-amz-json-1.1\r\n"
                       "X-Amz-Date: %s\r\nX-Amz-Target: %s\r\nContent-Length: %zu\r\n"
                       "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, "
                       "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=%s\r\n\r\n",
                       options.port, when, c->target, c->body_len, options.id, day,
                       options.region, options.service, signature);
    memcpy(c->request + len, c->body, c->body_len);
    c->request_len = (size_t)len + c->body_len;
    c->signed_at = now;
}

static bool client_connect(struct client *c)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *address = NULL;
    if (getaddrinfo("127.0.0.1", options.port, &hints, &address) != 0)
        return false;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    bool ok = fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) == 0;
    freeaddrinfo(address);
    if (!ok)
        return false;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->ssl = SSL_new(options.tls);
    SSL_set_fd(c->ssl, fd);
    SSL_set1_host(c->ssl, "localhost");
    return SSL_connect(c->ssl) == 1;
}

static void client_disconnect(struct client *c)
{
    if (c->ssl == NULL)
        return;
    int fd = SSL_get_fd(c->ssl);
    SSL_free(c->ssl);
    close(fd);
    c->ssl = NULL;
}

/* Reads one answer; the status, or -1 when the connection broke. */
static int client_answer(struct client *c, char *answer, size_t max)
{
    size_t got = 0, need = 0;
    while (need == 0 || got < need) {
        int n = SSL_read(c->ssl, answer + got, (int)(max - 1 - got));
        if (n <= 0)
            return -1;
        got += (size_t)n;
        answer[got] = '\0';
        char *end = strstr(answer, "\r\n\r\n");
        char *length = strcasestr(answer, "content-length:");
        if (end != NULL)
            need = (size_t)(end + 4 - answer) + (length == NULL ? 0 : strtoul(length + 15, NULL, 10));
    }
    return atoi(answer + 9);
}

static bool client_call(struct client *c, struct call *call, char *answer, size_t max)
{
    if (c->ssl == NULL && !client_connect(c)) {
        snprintf(c->first_error, sizeof c->first_error, "no connection");
        return false;
    }
    time_t now = time(NULL);
    if (now != call->signed_at)
        call_sign(call, now);
    int status = -1;
    if (SSL_write(c->ssl, call->request, (int)call->request_len) > 0)
        status = client_answer(c, answer, max);
    if (status == 200)
        return true;
    if (c->first_error[0] == '\0')
        snprintf(c->first_error, sizeof c->first_error, "%d %.400s", status, status < 0 ? "" : answer);
    client_disconnect(c);
    return false;
}

/* Looks at the certificate of an answer until it is issued. */
static bool client_look(struct client *c, char *answer, size_t max)
{
    const char *arn = strstr(answer, "arn:aws:acm:");
    snprintf(c->look_body, sizeof c->look_body, "{\"CertificateArn\":\"%.*s\"}",
             arn == NULL ? 0 : (int)strcspn(arn, "\""), arn == NULL ? "" : arn);
    c->look.target = "CertificateManager.DescribeCertificate";
    c->look.body = c->look_body;
    c->look.body_len = strlen(c->look_body);
    c->look.signed_at = 0;
    for (int i = 0; i < LOOKS_MAX && client_call(c, &c->look, answer, max); i++) {
        if (strstr(answer, "\"Status\":\"ISSUED\"") != NULL)
            return true;
        usleep(LOOK_US);
    }
    return false;
}

/* The call, and what it is measured to. */
static bool client_act(struct client *c, char *answer, size_t max)
{
    return client_call(c, &c->call, answer, max) &&
           (!options.until_issued || client_look(c, answer, max));
}

static void *client_run(void *context)
{
    struct client *c = context;
    static _Thread_local char answer[262144];
    c->call.target = options.target;
    c->call.body = options.body;
    c->call.body_len = options.body_len;
    if (options.calls == 0)
        client_act(c, answer, sizeof answer); /* the handshake is not what is measured */
    else if (!client_connect(c))
        c->ssl = NULL;
    c->errors = 0;
    size_t most = options.calls == 0 ? SAMPLES_MAX : (size_t)options.calls;
    while (!options.stop && c->count + c->errors < most) {
        double start = now_ms();
        if (client_act(c, answer, sizeof answer))
            c->samples[c->count++] = (float)(now_ms() - start);
        else
            c->errors++;
    }
    client_disconnect(c);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void report(struct client *clients, double seconds)
{
    size_t count = 0, errors = 0;
    for (int i = 0; i < options.clients; i++)
        count += clients[i].count;
    float *all = malloc((count + 1) * sizeof *all);
    const char *why = "";
    count = 0;
    for (int i = 0; i < options.clients; i++) {
        memcpy(all + count, clients[i].samples, clients[i].count * sizeof *all);
        count += clients[i].count;
        errors += clients[i].errors;
        if (clients[i].first_error[0] != '\0')
            why = clients[i].first_error;
    }
    qsort(all, count, sizeof *all, by_value);
    printf("%.0f calls/s  p50 %.2f ms  p99 %.2f ms  %zu errors%s%s\n", (double)count / seconds,
           count == 0 ? 0.0 : (double)all[count / 2], count == 0 ? 0.0 : (double)all[count * 99 / 100],
           errors, errors == 0 ? "" : ": ", errors == 0 ? "" : why);
    free(all);
}

static void body_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    options.body_len = fread(options.body, 1, sizeof options.body, file);
    fclose(file);
}

static void options_parse(int argc, char **argv)
{
    static const struct option rows[] = {
        {"port", 1, NULL, 'p'},    {"bundle", 1, NULL, 'b'},  {"service", 1, NULL, 's'},
        {"target", 1, NULL, 't'},  {"body", 1, NULL, 'f'},    {"clients", 1, NULL, 'c'},
        {"seconds", 1, NULL, 'n'}, {"region", 1, NULL, 'r'},  {"calls", 1, NULL, 'k'},
        {"until-issued", 0, NULL, 'u'},
        {NULL, 0, NULL, 0},
    };
    for (int o; (o = getopt_long(argc, argv, "", rows, NULL)) != -1;) {
        switch (o) {
        case 'p': options.port = optarg; break;
        case 'b': options.bundle = optarg; break;
        case 's': options.service = optarg; break;
        case 't': options.target = optarg; break;
        case 'f': body_read(optarg); break;
        case 'c': options.clients = atoi(optarg); break;
        case 'n': options.seconds = atoi(optarg); break;
        case 'r': options.region = optarg; break;
        case 'k': options.calls = atoi(optarg); break;
        case 'u': options.until_issued = true; break;
        default: exit(2);
        }
    }
    options.id = getenv("AWS_ACCESS_KEY_ID");
    options.secret = getenv("AWS_SECRET_ACCESS_KEY");
    if (options.port == NULL || options.bundle == NULL || options.service == NULL ||
        options.target == NULL || options.body_len == 0 || options.id == NULL || options.secret == NULL ||
        options.clients < 1 || options.clients > 512) {
        fprintf(stderr, "load: see the top of tests/bench/load.c\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    options_parse(argc, argv);
    options.tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(options.tls, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(options.tls, options.bundle, NULL) != 1) {
        fprintf(stderr, "load: no CA bundle at %s\n", options.bundle);
        return 1;
    }
    struct client *clients = calloc((size_t)options.clients, sizeof *clients);
    for (int i = 0; i < options.clients; i++) {
        clients[i].samples = malloc(SAMPLES_MAX * sizeof(float));
        pthread_create(&clients[i].thread, NULL, client_run, &clients[i]);
    }
    double start = now_ms();
    double seconds = 0;
    if (options.calls == 0) {
        usleep(300000);
        for (int i = 0; i < options.clients; i++)
            clients[i].count = 0; /* warm-up is over; a sample more or less is lost to the race */
        start = now_ms();
        sleep((unsigned)options.seconds);
        seconds = (now_ms() - start) / 1e3;
        options.stop = true;
    }
    for (int i = 0; i < options.clients; i++)
        pthread_join(clients[i].thread, NULL);
    if (options.calls > 0)
        seconds = (now_ms() - start) / 1e3;
    report(clients, seconds);
    return 0;
}
