/*
 * fake_core.c - plays chanceryd and core for one chancery-front, so that the front
 * is tested alone. Reads commands from standard input, a line each; prints what
 * happens, a line each:
 *
 *   wire            hands the front a new channel to core
 *   cut             ends that channel
 *   lifetime N      certificates live N seconds from here on
 *   certify how     "well", "refuse", "foreign" (a certificate for another key), "junk", "never"
 *   release         answers the calls that were held
 *   stop            ends the front in order; prints "exit STATUS"
 *
 * A call is answered by what its header x-fake asks: see behaviours[]. Without it
 * the reply's body says in hexadecimal what core was told.
 */
#include "firmware/base/channel.h"
#include "firmware/base/child.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELD_MAX 20000

static gnutls_x509_privkey_t ca_key;
static gnutls_x509_crt_t ca_cert;
static atomic_int lifetime = 3600;
static char certify_how[16] = "well";
static struct channel *control;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct channel *wire; /* the present one; freed by its own thread */
static uint64_t held[HELD_MAX];
static size_t held_count;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "fake core: %s\n", what);
    exit(1);
}

static void say(const char *what, long number)
{
    printf("%s %ld\n", what, number);
    fflush(stdout);
}

/* ---- certificates ---- */

static void need(int code)
{
    if (code < 0)
        give_up(gnutls_strerror(code));
}

static gnutls_x509_crt_t make_certificate(gnutls_pubkey_t key, bool ca, int64_t seconds)
{
    gnutls_x509_crt_t crt = NULL;
    unsigned char serial[8] = {1};
    const unsigned char loopback[4] = {127, 0, 0, 1};
    need(gnutls_rnd(GNUTLS_RND_NONCE, serial + 1, sizeof serial - 1));
    need(gnutls_x509_crt_init(&crt));
    need(gnutls_x509_crt_set_version(crt, 3));
    need(gnutls_x509_crt_set_serial(crt, serial, sizeof serial));
    need(gnutls_x509_crt_set_pubkey(crt, key));
    need(gnutls_x509_crt_set_dn(crt, ca ? "CN=Fake CA" : "CN=front", NULL));
    need(gnutls_x509_crt_set_activation_time(crt, (time_t)clock_now() - 60));
    need(gnutls_x509_crt_set_expiration_time(crt, (time_t)(clock_now() + seconds)));
    if (ca) {
        need(gnutls_x509_crt_set_basic_constraints(crt, 1, -1));
        need(gnutls_x509_crt_sign2(crt, crt, ca_key, GNUTLS_DIG_SHA256, 0));
        return crt;
    }
    need(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9, 0));
    need(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, loopback, 4,
                                              GNUTLS_FSAN_APPEND));
    need(gnutls_x509_crt_sign2(crt, ca_cert, ca_key, GNUTLS_DIG_SHA256, 0));
    return crt;
}

static void make_authority(const char *file)
{
    gnutls_privkey_t key = NULL;
    gnutls_pubkey_t public_key = NULL;
    gnutls_datum_t pem = {NULL, 0};
    need(gnutls_x509_privkey_init(&ca_key));
    need(gnutls_x509_privkey_generate(ca_key, GNUTLS_PK_ECDSA,
                                      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    need(gnutls_privkey_init(&key));
    need(gnutls_privkey_import_x509(key, ca_key, 0));
    need(gnutls_pubkey_init(&public_key));
    need(gnutls_pubkey_import_privkey(public_key, key, 0, 0));
    ca_cert = make_certificate(public_key, true, 86400);
    need(gnutls_x509_crt_export2(ca_cert, GNUTLS_X509_FMT_PEM, &pem));
    FILE *out = fopen(file, "w");
    if (out == NULL || fwrite(pem.data, pem.size, 1, out) != 1 || fclose(out) != 0)
        give_up("cannot write the CA certificate");
    gnutls_free(pem.data);
    gnutls_pubkey_deinit(public_key);
    gnutls_privkey_deinit(key);
}

static void read_request(struct slice csr, gnutls_pubkey_t key)
{
    gnutls_x509_crq_t crq = NULL;
    gnutls_datum_t der = {(unsigned char *)(uintptr_t)csr.data, (unsigned)csr.len};
    need(gnutls_x509_crq_init(&crq));
    need(gnutls_x509_crq_import(crq, &der, GNUTLS_X509_FMT_DER));
    need(gnutls_x509_crq_verify(crq, 0));
    need(gnutls_pubkey_import_x509_crq(key, crq, 0));
    gnutls_x509_crq_deinit(crq);
}

static void certify(struct channel *core, const struct frame *f)
{
    struct msg_tls_certified answer = {0};
    gnutls_pubkey_t key = NULL;
    gnutls_datum_t pem = {NULL, 0};
    if (strcmp(certify_how, "never") == 0)
        return;
    need(gnutls_pubkey_init(&key));
    read_request(f->message.tls_certify.csr, key);
    if (strcmp(certify_how, "foreign") == 0)
        need(gnutls_pubkey_import_x509(key, ca_cert, 0));
    gnutls_x509_crt_t crt = make_certificate(key, false, lifetime);
    need(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem));
    answer.chain = slice_of(pem.data, pem.size);
    answer.not_before = (uint64_t)clock_now();
    answer.not_after = (uint64_t)(clock_now() + lifetime);
    if (strcmp(certify_how, "junk") == 0)
        answer.chain = slice_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    if (strcmp(certify_how, "refuse") == 0)
        answer = (struct msg_tls_certified){.result = 12};
    channel_send(core, MSG_TLS_CERTIFIED, f->header.id, &answer, -1);
    say("certify", 0);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(crt);
    gnutls_pubkey_deinit(key);
}

/* ---- calls ---- */

static void put_hex_line(struct buf *out, const char *what, struct slice a)
{
    buf_put_text(out, what);
    buf_put_text(out, " ");
    buf_put_hex(out, a.data, a.len);
}

static void describe(const struct msg_call *call, struct buf *out)
{
    unsigned char digest[32];
    put_hex_line(out, "method", call->method);
    put_hex_line(out, "\npath", call->path);
    put_hex_line(out, "\nquery", call->query);
    put_hex_line(out, "\npeer", call->peer);
    for (uint32_t i = 0; i < call->headers.count; i++) {
        put_hex_line(out, "\nheader", call->headers.pair[i].name);
        put_hex_line(out, "", call->headers.pair[i].value);
    }
    gnutls_hash_fast(GNUTLS_DIG_SHA256, call->body.data, call->body.len, digest);
    buf_printf(out, "\nlength %zu", call->body.len);
    put_hex_line(out, "\nsha256", slice_of(digest, sizeof digest));
}

static struct message_pair pair(const char *name, const char *value)
{
    return (struct message_pair){slice_text(name), slice_text(value)};
}

static void plain_answer(struct msg_call_reply *answer)
{
    answer->status = 200;
    answer->headers.count = 2;
    answer->headers.pair[0] = pair("x-amzn-RequestId", "fake-id");
    answer->headers.pair[1] = pair("Content-Type", "application/x-amz-json-1.1");
}

static void send_answer(struct channel *core, uint64_t id, const struct msg_call_reply *answer)
{
    channel_send(core, MSG_CALL_REPLY, id, answer, -1);
}

static void act_hold(struct channel *core, const struct frame *f, struct msg_call_reply *answer)
{
    (void)core;
    (void)answer;
    pthread_mutex_lock(&lock);
    if (held_count < HELD_MAX)
        held[held_count++] = f->header.id;
    pthread_mutex_unlock(&lock);
    say("held", (long)f->header.id);
}

static void act_refuse(struct channel *core, const struct frame *f, struct msg_call_reply *answer)
{
    answer->status = 400;
    answer->body = slice_text("{\"__type\":\"ValidationException\",\"message\":\"no\"}");
    answer->headers.pair[answer->headers.count++] = pair("Connection", "close");
    send_answer(core, f->header.id, answer);
}

static void act_large(struct channel *core, const struct frame *f, struct msg_call_reply *answer)
{
    size_t len = 3 * 1024 * 1024;
    char *text = malloc(len);
    if (text == NULL)
        give_up("memory");
    memset(text, 'x', len);
    answer->body = slice_of(text, len);
    send_answer(core, f->header.id, answer);
    free(text);
}

static void act_empty(struct channel *core, const struct frame *f, struct msg_call_reply *answer)
{
    send_answer(core, f->header.id, answer);
}

static void act_bad_header(struct channel *core, const struct frame *f,
                           struct msg_call_reply *answer)
{
    answer->headers.pair[answer->headers.count++] = pair("x-split", "a\r\nset-cookie: b");
    send_answer(core, f->header.id, answer);
}

static void act_bad_status(struct channel *core, const struct frame *f,
                           struct msg_call_reply *answer)
{
    answer->status = 99;
    send_answer(core, f->header.id, answer);
}

static void act_own_headers(struct channel *core, const struct frame *f,
                            struct msg_call_reply *answer)
{
    answer->headers.pair[answer->headers.count++] = pair("Server", "fake");
    answer->headers.pair[answer->headers.count++] = pair("Content-Length", "7");
    answer->headers.pair[answer->headers.count++] = pair("Transfer-Encoding", "chunked");
    answer->body = slice_text("{}");
    send_answer(core, f->header.id, answer);
}

/* Answers nobody waits for, and the right one twice. */
static void act_strays(struct channel *core, const struct frame *f, struct msg_call_reply *answer)
{
    answer->body = slice_text("{}");
    send_answer(core, f->header.id + 1000000, answer);
    send_answer(core, 0, answer);
    send_answer(core, f->header.id, answer);
    send_answer(core, f->header.id, answer);
}

static void act_wrong_type(struct channel *core, const struct frame *f,
                           struct msg_call_reply *answer)
{
    (void)answer;
    struct msg_tls_certified certified = {.result = 12};
    channel_send(core, MSG_TLS_CERTIFIED, f->header.id, &certified, -1);
}

static void act_die(struct channel *core, const struct frame *f, struct msg_call_reply *answer)
{
    (void)f;
    (void)answer;
    channel_shutdown(core);
}

static void act_describe(struct channel *core, const struct frame *f,
                         struct msg_call_reply *answer)
{
    struct buf text = {0};
    describe(&f->message.call, &text);
    answer->body = buf_slice(&text);
    send_answer(core, f->header.id, answer);
    buf_free(&text);
}

static const struct behaviour {
    const char *name;
    void (*act)(struct channel *core, const struct frame *f, struct msg_call_reply *answer);
} behaviours[] = {
    {"hold", act_hold},
    {"refuse", act_refuse},
    {"large", act_large},
    {"empty", act_empty},
    {"bad-header", act_bad_header},
    {"bad-status", act_bad_status},
    {"own-headers", act_own_headers},
    {"strays", act_strays},
    {"wrong-type", act_wrong_type},
    {"die", act_die},
};

static void answer_call(struct channel *core, const struct frame *f)
{
    static struct msg_call_reply answer; /* one wire thread at a time uses it */
    const struct message_pairs *headers = &f->message.call.headers;
    memset(&answer, 0, sizeof answer);
    plain_answer(&answer);
    for (uint32_t i = 0; i < headers->count; i++)
        for (size_t b = 0; b < sizeof behaviours / sizeof behaviours[0]; b++)
            if (slice_is(headers->pair[i].name, "x-fake") &&
                slice_is(headers->pair[i].value, behaviours[b].name)) {
                behaviours[b].act(core, f, &answer);
                return;
            }
    act_describe(core, f, &answer);
}

static void *wire_main(void *context)
{
    struct channel *core = context;
    int result = 0;
    while (result == 0) {
        struct frame f;
        result = channel_receive(core, &f);
        if (result == 0 && f.header.type == MSG_CALL)
            answer_call(core, &f);
        else if (result == 0 && f.header.type == MSG_TLS_CERTIFY)
            certify(core, &f);
        if (result == 0)
            frame_free(&f);
    }
    pthread_mutex_lock(&lock);
    if (wire == core)
        wire = NULL;
    held_count = 0;
    pthread_mutex_unlock(&lock);
    channel_free(core);
    say("wire-end", result);
    return NULL;
}

/* ---- commands ---- */

static void do_wire(void)
{
    int ends[2];
    pthread_t thread;
    struct msg_wire message = {.peer = ROLE_CORE};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        give_up("socketpair");
    struct channel *core = channel_new(ends[0], ROLE_CORE, ROLE_FRONT_MANAGE, 20000);
    if (core == NULL || channel_send(control, MSG_WIRE, 0, &message, ends[1]) != 0)
        give_up("wire");
    close(ends[1]);
    pthread_mutex_lock(&lock);
    wire = core;
    pthread_mutex_unlock(&lock);
    if (pthread_create(&thread, NULL, wire_main, core) != 0)
        give_up("thread");
    pthread_detach(thread);
}

static void do_cut(void)
{
    pthread_mutex_lock(&lock);
    if (wire != NULL)
        channel_shutdown(wire);
    pthread_mutex_unlock(&lock);
}

static void do_release(void)
{
    static struct msg_call_reply answer;
    plain_answer(&answer);
    answer.body = slice_text("{\"released\":true}");
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < held_count && wire != NULL; i++)
        channel_send(wire, MSG_CALL_REPLY, held[i], &answer, -1);
    held_count = 0;
    pthread_mutex_unlock(&lock);
}

/* True when it was the last command. */
static bool obey(const char *line)
{
    int number = 0;
    if (strcmp(line, "wire") == 0)
        do_wire();
    else if (strcmp(line, "cut") == 0)
        do_cut();
    else if (strcmp(line, "release") == 0)
        do_release();
    else if (sscanf(line, "lifetime %d", &number) == 1)
        lifetime = number;
    else if (strncmp(line, "certify ", 8) == 0)
        snprintf(certify_how, sizeof certify_how, "%.15s", line + 8);
    return strcmp(line, "stop") == 0;
}

static void *control_main(void *context)
{
    (void)context;
    struct frame f;
    while (channel_receive(control, &f) == 0) {
        if (f.header.type == MSG_READY)
            say("ready", (long)f.message.ready.role);
        frame_free(&f);
    }
    say("control-end", 0);
    return NULL;
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &len) != 0)
        give_up("listening socket");
    *port = ntohs(any.sin_port);
    return fd;
}

static pid_t start_front(const char *program, const char *state, int listen_fd)
{
    int ends[2];
    pid_t pid = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        give_up("socketpair");
    struct child_start start = {.program = program,
                                .state = state,
                                .environment = "",
                                .control = ends[1],
                                .listen = listen_fd,
                                .operator_listen = -1,
                                .pin = -1};
    if (child_start(&start, &pid) != 0)
        give_up("cannot start the front");
    close(ends[1]);
    control = channel_new(ends[0], ROLE_CHANCERYD, ROLE_FRONT_MANAGE, 5000);
    if (control == NULL)
        give_up("control channel");
    return pid;
}

int main(int argc, char **argv)
{
    char line[256];
    char file[4096];
    pthread_t thread;
    int port = 0;
    int status = 0;
    if (argc != 3)
        give_up("usage: fake_core FRONT STATE");
    signal(SIGPIPE, SIG_IGN);
    snprintf(file, sizeof file, "%s/ca.pem", argv[2]);
    make_authority(file);
    int listen_fd = listen_somewhere(&port);
    pid_t pid = start_front(argv[1], argv[2], listen_fd);
    close(listen_fd);
    say("port", port);
    say("pid", pid);
    if (pthread_create(&thread, NULL, control_main, NULL) != 0)
        give_up("thread");
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (obey(line))
            break;
    }
    channel_shutdown(control);
    waitpid(pid, &status, 0);
    say("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status));
    return 0;
}
