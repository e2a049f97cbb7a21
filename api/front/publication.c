#include "api/front/publication.h"

#include "api/front/text.h"
#include "firmware/base/clock.h"
#include "firmware/base/error.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define OCSP_REQUEST_TYPE "application/ocsp-request"
#define OCSP_RESPONSE_TYPE "application/ocsp-response"
#define HTTP_DATE_SIZE 32
#define FORM_TYPE "application/x-www-form-urlencoded"
#define APPROVAL_FORM_MAX 1024

/* ---- refreshing: core is asked while the kept answer still serves ---- */

struct refresh {
    struct ask ask;
    struct msg_ocsp question; /* borrows from kept */
    struct ocsp_cache *cache;
    struct ocsp_kept *kept;
    uint64_t moment;
};

static void on_refreshed(struct ask *ask, int failure, struct frame *answer)
{
    struct refresh *f = (struct refresh *)((char *)ask - offsetof(struct refresh, ask));
    struct ocsp_kept *fresh = NULL;
    if (failure == 0)
        fresh = ocsp_cache_put(f->cache, f->question.request, f->moment, answer);
    if (fresh == NULL)
        relay_free_reply(answer);
    ocsp_kept_unref(fresh);
    ocsp_kept_unref(f->kept);
    free(f);
}

static void refresh(struct plane *plane, struct ocsp_kept *kept)
{
    struct refresh *f = calloc(1, sizeof *f);
    if (f == NULL)
        return;
    ocsp_kept_ref(kept);
    f->kept = kept;
    f->question.request = ocsp_kept_request(kept);
    f->cache = plane->ocsp_cache;
    f->moment = ocsp_cache_moment(f->cache);
    f->ask = (struct ask){.type = MSG_OCSP, .message = &f->question, .done = on_refreshed};
    relay_ask(plane->relay, &f->ask);
}

/* ---- questions ---- */

/* From what is kept, or from core. */
static bool ocsp_ask(struct exchange *x)
{
    struct plane *plane = exchange_plane(x);
    struct slice request = buf_slice(&exchange_request(x)->body);
    bool ends_soon = false;
    struct ocsp_kept *kept = ocsp_cache_find(plane->ocsp_cache, request, &ends_soon);
    if (kept != NULL && ends_soon)
        refresh(plane, kept);
    if (kept != NULL)
        return exchange_reply_kept(x, kept);
    exchange_question(x)->ocsp.request = request;
    return exchange_ask(x, MSG_OCSP);
}

bool publication_fetch(struct exchange *x)
{
    exchange_question(x)->fetch.path = request_get_path(exchange_request(x));
    return exchange_ask(x, MSG_FETCH);
}

/* Path and query as they came: core takes them apart. */
bool publication_fetch_query(struct exchange *x)
{
    struct request *request = exchange_request(x);
    struct slice query = request_get_query(request);
    if (query.len == 0)
        return publication_fetch(x);
    int r = request_add_body(request, request_get_path(request));
    if (r == 0)
        r = request_add_body(request, slice_text("?"));
    if (r == 0)
        r = request_add_body(request, query);
    if (r == 0 && request->body.len > PUBLIC_PATH_MAX)
        r = CH_ELIMIT;
    if (r != 0)
        return exchange_refuse(x, r == CH_ELIMIT ? REFUSAL_NOT_FOUND : REFUSAL_UNAVAILABLE);
    exchange_question(x)->fetch.path = buf_slice(&request->body);
    return exchange_ask(x, MSG_FETCH);
}

/* A mail scanner that follows the link sees the page, and decides nothing. */
static bool approval_ask(struct exchange *x, struct slice form, uint32_t decides)
{
    if (form.len > APPROVAL_FORM_MAX)
        return exchange_refuse(x, REFUSAL_NOT_FOUND);
    exchange_question(x)->approve = (struct msg_approve){decides, form};
    return exchange_ask(x, MSG_APPROVE);
}

bool publication_approval_get(struct exchange *x)
{
    return approval_ask(x, request_get_query(exchange_request(x)), 0);
}

bool publication_approval_post(struct exchange *x)
{
    struct request *request = exchange_request(x);
    if (!text_equal_nocase(request_get_header(request, "content-type"), FORM_TYPE))
        return exchange_refuse(x, REFUSAL_MEDIA_TYPE);
    return approval_ask(x, buf_slice(&request->body), 1);
}

bool publication_ocsp_post(struct exchange *x)
{
    struct request *request = exchange_request(x);
    if (!text_equal_nocase(request_get_header(request, "content-type"), OCSP_REQUEST_TYPE))
        return exchange_refuse(x, REFUSAL_MEDIA_TYPE);
    return ocsp_ask(x);
}

/* What stands in the path, taken apart into the body: from here on it is like a POST. */
static int path_decode(struct request *request)
{
    struct slice path = request_get_path(request);
    size_t lead = request_path_begins(request, slice_text("/ocsp/")) ? 6 : 1;
    gnutls_datum_t der = {0};
    char *text = strndup((const char *)path.data + lead, path.len - lead);
    if (text == NULL)
        return CH_ENOMEM;
    size_t len = MHD_http_unescape(text);
    gnutls_datum_t base64 = {.data = (unsigned char *)text, .size = (unsigned)len};
    int r = gnutls_base64_decode2(&base64, &der) == 0 && der.size > 0 ? 0 : CH_EINVAL;
    if (r == 0)
        r = request_add_body(request, slice_of(der.data, der.size));
    gnutls_free(der.data);
    free(text);
    return r;
}

/* The URL of a CRL may have any path before its name (CustomPath), the target of HTTP validation a folder; a dot
 * is not in base64. */
static bool names_file(const struct request *request)
{
    static const char suffix[] = ".crl", folder[] = "/.well-known/";
    struct slice path = request_get_path(request);
    size_t len = sizeof suffix - 1;
    if (path.len > 0 && memmem(path.data, path.len, folder, sizeof folder - 1) != NULL)
        return true;
    return path.len >= len && memcmp(path.data + path.len - len, suffix, len) == 0;
}

bool publication_ocsp_get(struct exchange *x)
{
    struct request *request = exchange_request(x);
    if (names_file(request))
        return publication_fetch(x);
    int r = path_decode(request);
    if (r != 0)
        return exchange_refuse(x, r == CH_EINVAL || r == CH_ELIMIT ? REFUSAL_NOT_FOUND
                                                                   : REFUSAL_UNAVAILABLE);
    return ocsp_ask(x);
}

/* ---- answers ---- */

static int put_text(struct reply *out, const char *name, const char *value)
{
    return reply_put_header(out, slice_text(name), slice_text(value));
}

static int put_date(struct reply *out, const char *name, uint64_t seconds)
{
    char date[HTTP_DATE_SIZE];
    struct tm tm;
    time_t at = (time_t)seconds;
    gmtime_r(&at, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return put_text(out, name, date);
}

static int put_max_age(struct reply *out, uint64_t seconds)
{
    char value[80];
    snprintf(value, sizeof value, "max-age=%llu, public, no-transform, must-revalidate",
             (unsigned long long)seconds);
    return put_text(out, "Cache-Control", value);
}

/* An entity tag is in the list of If-None-Match, which may have weak ones (RFC 9110 13.1.2). */
static bool tag_is_listed(struct slice list, struct slice etag)
{
    if (etag.len == 0 || list.len == 0)
        return false;
    return slice_is(list, "*") || memmem(list.data, list.len, etag.data, etag.len) != NULL;
}

static bool is_unmodified(const struct request *request, uint64_t modified)
{
    char date[HTTP_DATE_SIZE] = "";
    struct tm tm = {0};
    struct slice since = request_get_header(request, "if-modified-since");
    if (since.len == 0 || since.len >= sizeof date || modified == 0)
        return false;
    memcpy(date, since.data, since.len);
    const char *end = strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return end != NULL && *end == '\0' && modified <= (uint64_t)timegm(&tm);
}

/* If-None-Match alone counts when it is there (RFC 9110 13.2.2). */
static bool has_it(const struct request *request, struct slice etag, uint64_t modified)
{
    struct slice list = request_get_header(request, "if-none-match");
    return list.len > 0 ? tag_is_listed(list, etag) : is_unmodified(request, modified);
}

/* The file becomes the body. */
static int take_file(struct frame *answer, struct reply *out)
{
    struct stat st;
    if (fstat(answer->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return CH_EPROTO;
    out->file = answer->fd;
    out->file_size = (uint64_t)st.st_size;
    answer->fd = -1;
    return 0;
}

int publication_reply_fetched(const struct request *request, struct frame *answer,
                              struct reply *out)
{
    const struct msg_fetched *m = &answer->message.fetched;
    if (m->status == 404)
        return reply_refuse(REFUSAL_NOT_FOUND, NULL, out);
    if (m->status == 400)
        return reply_refuse(REFUSAL_MALFORMED, NULL, out);
    if (m->status != 200)
        return reply_refuse(REFUSAL_UNAVAILABLE, NULL, out);
    *out = (struct reply){.status = 200, .file = -1};
    bool unchanged = has_it(request, m->etag, m->modified);
    int r = reply_put_header(out, slice_text("Content-Type"), m->content_type);
    if (r == 0)
        r = put_max_age(out, m->max_age);
    if (r == 0 && m->etag.len > 0)
        r = reply_put_header(out, slice_text("ETag"), m->etag);
    if (r == 0 && m->modified != 0)
        r = put_date(out, "Last-Modified", m->modified);
    if (r == 0 && unchanged)
        out->status = 304;
    else if (r == 0 && answer->fd >= 0)
        r = take_file(answer, out);
    else if (r == 0)
        out->body = m->body;
    if (r != 0)
        reply_free(out);
    return r;
}

int publication_reply_approved(const struct request *request, struct frame *answer,
                               struct reply *out)
{
    static const char *const headers[][2] = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Cache-Control", "no-store"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'"},
    };
    (void)request;
    const struct msg_approved *m = &answer->message.approved;
    if (m->status != 200)
        return reply_refuse(REFUSAL_UNAVAILABLE, NULL, out);
    *out = (struct reply){.status = 200, .file = -1, .body = m->page};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof headers / sizeof headers[0]; i++)
        r = put_text(out, headers[i][0], headers[i][1]);
    if (r != 0)
        reply_free(out);
    return r;
}

/* Seconds that a cache may keep the answer: it ends before next_update does (RFC 5019 6.2). */
static uint64_t age_left(const struct msg_ocsp_answer *m)
{
    uint64_t now = (uint64_t)clock_now();
    return m->cacheable == 1 && m->next_update > now + 1 ? m->next_update - now - 1 : 0;
}

int publication_reply_ocsp(const struct request *request, struct frame *answer, struct reply *out)
{
    (void)request;
    const struct msg_ocsp_answer *m = &answer->message.ocsp_answer;
    if (m->status != 200)
        return reply_refuse(REFUSAL_UNAVAILABLE, NULL, out);
    uint64_t age = age_left(m);
    *out = (struct reply){.status = 200, .file = -1, .body = m->body};
    int r = put_text(out, "Content-Type", OCSP_RESPONSE_TYPE);
    if (r == 0)
        r = age == 0 ? put_text(out, "Cache-Control", "no-cache") : put_max_age(out, age);
    if (r == 0 && age != 0)
        r = put_date(out, "Last-Modified", m->this_update);
    if (r == 0 && age != 0)
        r = put_date(out, "Expires", m->next_update);
    if (r != 0)
        reply_free(out);
    return r;
}
