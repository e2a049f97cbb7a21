#include "api/outbound/http.h"

#include "api/outbound/address.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONNECT_MS 10000L
#define EXPECT_MS 200L /* for "100 Continue" of a server that may never have heard of it */
#define AGENT "Chancery/" CHANCERY_VERSION

struct exchange {
    const struct outbound *outbound;
    const struct msg_http *asked;
    struct http_answer *out;
    CURL *curl;
    struct curl_slist *headers, *resolve;
    size_t body_at; /* octets of asked->body that were sent */
    int file;
    bool refused;  /* an address that must not be called */
    bool too_long;
};

static int fail(struct http_answer *out, int code, const char *why)
{
    out->message.failure = (uint32_t)-code;
    snprintf(out->why, sizeof out->why, "%s", why);
    return code;
}

/* ---- what libcurl calls ---- */

/* The last word on where a connection goes: after every resolution, whoever made it. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct exchange *x = context;
    if (purpose == CURLSOCKTYPE_IPCXN && x->asked->guarded != 0 &&
        !address_may_call(&address->addr, x->outbound->config->outbound_allowed_networks)) {
        x->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    size_t len = size * count;
    if (x->out->body.len + len > x->asked->answer_max ||
        x->out->body.len + len > OUTBOUND_ANSWER_MAX) {
        x->too_long = true;
        return 0;
    }
    return buf_put(&x->out->body, data, len) == 0 ? len : 0;
}

static size_t on_send(char *room, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    size_t len = size * count;
    if (x->file >= 0) {
        ssize_t got = read(x->file, room, len);
        return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
    }
    size_t left = x->asked->body.len - x->body_at;
    len = len < left ? len : left;
    memcpy(room, x->asked->body.data + x->body_at, len);
    x->body_at += len;
    return len;
}

/* ---- setting one up ---- */

void http_transfer_set(const struct outbound *o, void *handle, unsigned timeout_ms)
{
    char path[4096];
    CURL *curl = handle;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, AGENT);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    if (o->config->outbound_trust[0] == '\0')
        return;
    bool whole = o->config->outbound_trust[0] == '/';
    snprintf(path, sizeof path, "%s%s%s", whole ? "" : o->state, whole ? "" : "/",
             o->config->outbound_trust);
    curl_easy_setopt(curl, CURLOPT_CAINFO, path);
}

static int header_put(struct exchange *x, const struct message_pair *pair)
{
    struct buf line = {0};
    int r = buf_printf(&line, "%.*s: %.*s", (int)pair->name.len, (const char *)pair->name.data,
                       (int)pair->value.len, (const char *)pair->value.data);
    const char *text = r == 0 ? buf_text(&line) : NULL;
    if (text != NULL && strpbrk(text, "\r\n") != NULL)
        r = CH_EINVAL;
    struct curl_slist *more = r == 0 && text != NULL ? curl_slist_append(x->headers, text) : NULL;
    if (more != NULL)
        x->headers = more;
    buf_free(&line);
    return r != 0 ? r : more == NULL ? CH_ENOMEM : 0;
}

static int headers_set(struct exchange *x)
{
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < x->asked->headers.count; i++)
        r = header_put(x, &x->asked->headers.pair[i]);
    curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, x->headers);
    return r;
}

static int body_set(struct exchange *x)
{
    struct stat st = {0};
    if (slice_is(x->asked->method, "GET"))
        return 0;
    if (x->file >= 0 && (!slice_is(x->asked->method, "PUT") || fstat(x->file, &st) != 0))
        return CH_EINVAL;
    curl_off_t len = x->file >= 0 ? (curl_off_t)st.st_size : (curl_off_t)x->asked->body.len;
    if (slice_is(x->asked->method, "PUT")) {
        curl_easy_setopt(x->curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(x->curl, CURLOPT_READFUNCTION, on_send);
        curl_easy_setopt(x->curl, CURLOPT_READDATA, x);
        curl_easy_setopt(x->curl, CURLOPT_INFILESIZE_LARGE, len);
        return 0;
    }
    if (!slice_is(x->asked->method, "POST"))
        return CH_EINVAL;
    curl_easy_setopt(x->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(x->curl, CURLOPT_POSTFIELDSIZE_LARGE, len);
    curl_easy_setopt(x->curl, CURLOPT_POSTFIELDS,
                     x->asked->body.len == 0 ? "" : (const char *)x->asked->body.data);
    return 0;
}

/* libcurl copies what it is told. */
static int text_set(struct exchange *x, CURLoption option, struct slice text)
{
    char *copy = slice_dup(text);
    CURLcode e = copy == NULL ? CURLE_OUT_OF_MEMORY : curl_easy_setopt(x->curl, option, copy);
    if (copy != NULL)
        explicit_bzero(copy, text.len);
    free(copy);
    return e == CURLE_OK ? 0 : CH_EINVAL;
}

static int signature_set(struct exchange *x)
{
    if (x->asked->sigv4.len == 0)
        return 0;
    int r = text_set(x, CURLOPT_AWS_SIGV4, x->asked->sigv4);
    if (r == 0)
        r = text_set(x, CURLOPT_USERNAME, x->asked->user);
    return r == 0 ? text_set(x, CURLOPT_PASSWORD, x->asked->password) : r;
}

/* ---- names of somebody else's servers: by our own resolvers, with DNSSEC ---- */

static int addresses_put(const struct resolved *a, int family, struct buf *list)
{
    char text[INET6_ADDRSTRLEN];
    size_t size = family == AF_INET ? 4 : 16;
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < a->view.count; i++) {
        if (a->view.records[i].len != size ||
            inet_ntop(family, a->view.records[i].data, text, sizeof text) == NULL)
            continue;
        r = buf_printf(list, "%s%s", list->len == 0 ? "" : ",", text);
    }
    return r;
}

/* Which resolver is asked; the answer tells its name and how many there are. */
static int perspective_set(struct exchange *x)
{
    const struct resolvers *all = x->outbound->resolvers;
    size_t which = x->asked->perspective;
    if (all == NULL)
        return fail(x->out, CH_ESTATE, "the resolver could not be started: see the log");
    x->out->message.perspectives = (uint32_t)resolvers_count(all);
    if (which >= resolvers_count(all))
        return fail(x->out, CH_EINVAL, "there is no such resolver");
    snprintf(x->out->resolver, sizeof x->out->resolver, "%s", resolvers_name(all, which));
    return 0;
}

static int addresses_find(struct exchange *x, const char *host, struct buf *list)
{
    static const struct {
        enum dns_type type;
        int family;
    } kinds[] = {{DNS_TYPE_A, AF_INET}, {DNS_TYPE_AAAA, AF_INET6}};
    int r = perspective_set(x);
    for (size_t i = 0; r == 0 && i < 2; i++) {
        struct resolved a;
        resolvers_ask(x->outbound->resolvers, x->asked->perspective, host, kinds[i].type, x->asked->timeout_ms / 4,
                      &a);
        r = addresses_put(&a, kinds[i].family, list);
        if (r == 0 && a.view.state > DNS_NXDOMAIN) {
            snprintf(x->out->why, sizeof x->out->why, "the address of %s: %s %s", host,
                     dns_state_text(a.view.state), a.why);
            x->out->message.failure = (uint32_t)-CH_ENOTFOUND;
            r = CH_ENOTFOUND;
        }
        resolved_free(&a);
    }
    if (r == 0 && list->len == 0) {
        snprintf(x->out->why, sizeof x->out->why, "%s has no address", host);
        x->out->message.failure = (uint32_t)-CH_ENOTFOUND;
        r = CH_ENOTFOUND;
    }
    return r;
}

static int resolve_set(struct exchange *x, const char *host, const char *port)
{
    struct buf list = {0}, entry = {0};
    int r = addresses_find(x, host, &list);
    if (r == 0)
        r = buf_printf(&entry, "%s:%s:%s", host, port, buf_text(&list));
    if (r == 0) {
        x->resolve = curl_slist_append(NULL, buf_text(&entry));
        r = x->resolve == NULL ? CH_ENOMEM : 0;
        curl_easy_setopt(x->curl, CURLOPT_RESOLVE, x->resolve);
    }
    buf_free(&list);
    buf_free(&entry);
    return r;
}

static int guard_set(struct exchange *x, const char *url)
{
    char *host = NULL, *port = NULL;
    if (x->asked->guarded == 0)
        return 0;
    CURLU *parts = curl_url();
    int r = parts == NULL ? CH_ENOMEM : 0;
    if (r == 0 && (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
                   curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
                   curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK))
        r = fail(x->out, CH_EINVAL, "the URL is damaged");
    if (r == 0)
        r = resolve_set(x, host, port);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return r;
}

static int exchange_prepare(struct exchange *x)
{
    char *url = slice_dup(x->asked->url);
    if (url == NULL)
        return CH_ENOMEM;
    CURL *curl = x->curl;
    http_transfer_set(x->outbound, curl, x->asked->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, x->asked->guarded != 0 ? "http" : "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_EXPECT_100_TIMEOUT_MS, EXPECT_MS);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    int r = guard_set(x, url);
    if (r == 0)
        r = headers_set(x);
    if (r == 0)
        r = body_set(x);
    if (r == 0)
        r = signature_set(x);
    free(url);
    return r;
}

/* ---- doing it ---- */

static void outcome_take(struct exchange *x, CURLcode e, const char *words)
{
    struct http_answer *out = x->out;
    const char *text = NULL;
    long status = 0;
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    if (curl_easy_getinfo(x->curl, CURLINFO_PRIMARY_IP, &text) == CURLE_OK && text != NULL)
        snprintf(out->address, sizeof out->address, "%s", text);
    if (curl_easy_getinfo(x->curl, CURLINFO_REDIRECT_URL, &text) == CURLE_OK && text != NULL)
        snprintf(out->location, sizeof out->location, "%s", text);
    out->message.status = status < 0 ? 0 : (uint32_t)status;
    if (x->refused)
        fail(out, CH_EDENIED, "the name leads to an address of this appliance or of a private network");
    else if (x->too_long)
        fail(out, CH_ELIMIT, "the answer is longer than what it should be");
    else if (e != CURLE_OK)
        fail(out, e == CURLE_OPERATION_TIMEDOUT ? CH_ETIMEOUT : CH_EIO,
             words[0] != '\0' ? words : curl_easy_strerror(e));
}

void http_exchange(const struct outbound *o, const struct msg_http *asked, int file,
                   struct http_answer *out)
{
    char words[CURL_ERROR_SIZE] = "";
    struct exchange x = {.outbound = o, .asked = asked, .out = out, .file = file};
    *out = (struct http_answer){0};
    out->body.cap_max = OUTBOUND_ANSWER_MAX;
    x.curl = curl_easy_init();
    int r = x.curl == NULL ? CH_ENOMEM : exchange_prepare(&x);
    if (r == 0) {
        curl_easy_setopt(x.curl, CURLOPT_ERRORBUFFER, words);
        outcome_take(&x, curl_easy_perform(x.curl), words);
    } else if (out->message.failure == 0) {
        fail(out, r, ch_error_text(r));
    }
    curl_easy_cleanup(x.curl);
    curl_slist_free_all(x.headers);
    curl_slist_free_all(x.resolve);
    out->message.why = slice_text(out->why);
    out->message.location = slice_text(out->location);
    out->message.address = slice_text(out->address);
    out->message.resolver = slice_text(out->resolver);
    out->message.body = buf_slice(&out->body);
}

void http_answer_free(struct http_answer *a)
{
    buf_free(&a->body);
}
