#include "ca/auth/auth.h"

#include "ca/auth/mac.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define DIGEST_SIZE MAC_SIZE
#define DIGEST_HEX ((size_t)64)
#define TIMESTAMP_SIZE 17 /* 20261123T131700Z and a NUL */
#define PRESIGNED_MAX 604800

/* Long values of the caller are cut when an error repeats them. */
#define QUOTED(s) ((int)((s).len > 512 ? 512 : (s).len)), (const char *)(s).data

/* ---- slices ---- */

static struct slice slice_part(struct slice s, size_t start, size_t end)
{
    return slice_of(s.data + start, end - start);
}

static size_t slice_find(struct slice s, uint8_t byte)
{
    const uint8_t *hit = s.len == 0 ? NULL : memchr(s.data, byte, s.len);
    return hit == NULL ? s.len : (size_t)(hit - s.data);
}

/* Cuts what stands before the first `separator` off the front of rest; false when rest is used up. */
static bool slice_cut(struct slice *rest, uint8_t separator, struct slice *out)
{
    if (rest->data == NULL)
        return false;
    size_t end = slice_find(*rest, separator);
    bool last = end == rest->len;
    *out = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, last ? end : end + 1, rest->len);
    if (last)
        rest->data = NULL;
    return true;
}

/*
 * As slice_cut, at the separator or its %XX: in a query the slashes of the credential and the
 * semicolons of SignedHeaders come escaped. Nothing else in them needs an escape, so this is
 * all the decoding there is.
 */
static bool list_cut(struct slice *rest, char separator, struct slice *part)
{
    if (rest->data == NULL)
        return false;
    for (size_t i = 0; i < rest->len; i++) {
        uint8_t c = rest->data[i];
        size_t width = 1;
        if (c == '%' && rest->len - i >= 3 &&
            hex_decode((const char *)rest->data + i + 1, 2, &c) == 0)
            width = 3;
        if (c != (uint8_t)separator)
            continue;
        *part = slice_part(*rest, 0, i);
        *rest = slice_part(*rest, i + width, rest->len);
        return true;
    }
    *part = *rest;
    *rest = (struct slice){0};
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && is_blank(s.data[0]))
        s = slice_part(s, 1, s.len);
    while (s.len > 0 && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

static int slice_order(struct slice a, struct slice b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least == 0 ? 0 : memcmp(a.data, b.data, least);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool header_find(const struct msg_call *call, const char *name, struct slice *out)
{
    for (uint32_t i = 0; i < call->headers.count; i++) {
        if (slice_is(call->headers.pair[i].name, name)) {
            *out = slice_trim(call->headers.pair[i].value);
            return true;
        }
    }
    *out = (struct slice){0};
    return false;
}

/* The raw value of a query parameter. Those of SigV4 itself need no decoding, save the credential's slashes. */
static bool query_find(const struct msg_call *call, const char *name, struct slice *out)
{
    struct slice rest = call->query, pair;
    while (slice_cut(&rest, '&', &pair)) {
        size_t equals = slice_find(pair, '=');
        if (!slice_is(slice_part(pair, 0, equals), name))
            continue;
        *out = equals == pair.len ? slice_part(pair, equals, equals)
                                  : slice_part(pair, equals + 1, pair.len);
        return true;
    }
    *out = (struct slice){0};
    return false;
}

/* ---- what was signed with ---- */

static void timestamp_format(int64_t seconds, char out[TIMESTAMP_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    gmtime_r(&when, &tm);
    if (strftime(out, TIMESTAMP_SIZE, "%Y%m%dT%H%M%SZ", &tm) == 0)
        out[0] = '\0';
}

/* "20261123T131700Z", or the form of the Date header of HTTP. */
static int timestamp_parse(struct slice s, int64_t *seconds)
{
    static const char *const forms[] = {"%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT"};
    char text[40];
    if (s.len >= sizeof text)
        return CH_EINVAL;
    memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);
        if (end == NULL || *end != '\0' || (i == 0 && s.len != TIMESTAMP_SIZE - 1))
            continue;
        *seconds = timegm(&tm);
        return 0;
    }
    return CH_EINVAL;
}

static int parse_timestamp(struct sigv4 *out, struct api_error *error)
{
    char text[TIMESTAMP_SIZE];
    if (timestamp_parse(out->timestamp, &out->time) != 0)
        return api_fail(error, "IncompleteSignatureException",
                        "Date must be in ISO-8601 'basic format'. Got '%.*s'. "
                        "See http://en.wikipedia.org/wiki/ISO_8601",
                        QUOTED(out->timestamp));
    timestamp_format(out->time, text);
    if (out->date.len == 8 && memcmp(out->date.data, text, 8) == 0)
        return 0;
    return api_fail(error, "InvalidSignatureException",
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                    "from HTTP: '%.*s' != '%.8s', from '%s'.",
                    QUOTED(out->date), text, text);
}

static int parse_credential(struct slice credential, struct sigv4 *out, struct api_error *error)
{
    struct slice terminator = {0}, rest = credential;
    struct slice *const parts[] = {&out->access_key_id, &out->date, &out->region, &out->service,
                                   &terminator};
    size_t count = 0;
    while (count < 5 && list_cut(&rest, '/', parts[count]) && parts[count]->len > 0)
        count++;
    if (count < 5 || rest.data != NULL)
        return api_fail(error, "IncompleteSignatureException",
                        "Credential must have exactly 5 slash-delimited elements, e.g. "
                        "keyid/date/region/service/term, got '%.*s'",
                        QUOTED(credential));
    if (!slice_is(terminator, TERMINATOR))
        return api_fail(error, "InvalidSignatureException",
                        "Credential should be scoped with a valid terminator: '" TERMINATOR
                        "', not '%.*s'.",
                        QUOTED(terminator));
    return 0;
}

static bool is_signed(const struct sigv4 *sig, const char *name)
{
    struct slice rest = sig->signed_headers, part;
    while (list_cut(&rest, ';', &part))
        if (slice_is(part, name))
            return true;
    return false;
}

/* Headers that core acts upon; one that is sent but not signed could have been put there by anyone. */
static const char *const headers_to_sign[] = {"x-amz-target", "x-amz-date", "x-amz-security-token",
                                              "x-amz-content-sha256"};

static int check_signed_headers(const struct msg_call *call, const struct sigv4 *sig,
                                struct api_error *error)
{
    struct slice value;
    if (!is_signed(sig, "host"))
        return api_fail(error, "InvalidSignatureException",
                        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    for (size_t i = 0; i < sizeof headers_to_sign / sizeof headers_to_sign[0]; i++)
        if (header_find(call, headers_to_sign[i], &value) && !is_signed(sig, headers_to_sign[i]))
            return api_fail(error, "InvalidSignatureException",
                            "'%s' must be a 'SignedHeader' in the AWS Authorization.",
                            headers_to_sign[i]);
    if (!sig->presigned && !is_signed(sig, "x-amz-date") && !is_signed(sig, "date"))
        return api_fail(error, "InvalidSignatureException",
                        "'X-Amz-Date' or 'Date' must be a 'SignedHeader' in the AWS Authorization.");
    return 0;
}

/* One part of an Authorization header or of a presigned query. */
struct part {
    const char *name;
    struct slice value;
    bool found;
};

static void header_parts(struct slice list, struct part *parts, size_t count)
{
    struct slice rest = list, item;
    while (slice_cut(&rest, ',', &item)) {
        item = slice_trim(item);
        size_t equals = slice_find(item, '=');
        for (size_t i = 0; i < count && equals < item.len; i++) {
            if (!slice_is(slice_part(item, 0, equals), parts[i].name))
                continue;
            parts[i].value = slice_part(item, equals + 1, item.len);
            parts[i].found = true;
        }
    }
}

static int parse_header(const struct msg_call *call, struct slice header, struct sigv4 *out,
                        struct api_error *error)
{
    struct part parts[] = {{.name = "Credential"}, {.name = "Signature"}, {.name = "SignedHeaders"}};
    char missing[512] = "";
    size_t used = 0;
    size_t blank = slice_find(header, ' ');
    if (!slice_is(slice_part(header, 0, blank), ALGORITHM))
        return api_fail(error, "IncompleteSignatureException",
                        "Unsupported AWS 'algorithm': '%.*s'.",
                        QUOTED(slice_part(header, 0, blank)));
    header_parts(slice_part(header, blank, header.len), parts, 3);
    for (size_t i = 0; i < 3; i++)
        if (!parts[i].found)
            used += (size_t)snprintf(missing + used, sizeof missing - used,
                                     "Authorization header requires '%s' parameter. ",
                                     parts[i].name);
    if (!header_find(call, "x-amz-date", &out->timestamp) &&
        !header_find(call, "date", &out->timestamp))
        used += (size_t)snprintf(missing + used, sizeof missing - used,
                                 "Authorization header requires existence of either a "
                                 "'X-Amz-Date' or a 'Date' header. ");
    if (used > 0)
        return api_fail(error, "IncompleteSignatureException", "%sAuthorization=%.*s", missing,
                        QUOTED(header));
    header_find(call, "x-amz-security-token", &out->token);
    out->signature = parts[1].value;
    out->signed_headers = parts[2].value;
    return parse_credential(parts[0].value, out, error);
}

static int parse_query(const struct msg_call *call, struct sigv4 *out, struct api_error *error)
{
    struct slice algorithm, credential, expires;
    const struct {
        const char *name;
        struct slice *value;
    } parts[] = {{"X-Amz-Algorithm", &algorithm}, {"X-Amz-Credential", &credential},
                 {"X-Amz-Signature", &out->signature},
                 {"X-Amz-SignedHeaders", &out->signed_headers}, {"X-Amz-Date", &out->timestamp},
                 {"X-Amz-Expires", &expires}};
    char missing[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!query_find(call, parts[i].name, parts[i].value))
            used += (size_t)snprintf(missing + used, sizeof missing - used,
                                     "AWS query-string parameters must include '%s'. ",
                                     parts[i].name);
    if (used > 0)
        return api_fail(error, "IncompleteSignatureException",
                        "%sRe-examine the query-string parameters.", missing);
    if (!slice_is(algorithm, ALGORITHM))
        return api_fail(error, "IncompleteSignatureException",
                        "Unsupported AWS 'algorithm': '%.*s'.", QUOTED(algorithm));
    for (size_t i = 0; i < expires.len && i < 7; i++)
        out->expires = expires.data[i] >= '0' && expires.data[i] <= '9'
                           ? out->expires * 10 + (expires.data[i] - '0')
                           : PRESIGNED_MAX + 1;
    if (expires.len > 6 || out->expires < 1 || out->expires > PRESIGNED_MAX)
        return api_fail(error, "IncompleteSignatureException",
                        "X-Amz-Expires must be a number of seconds from 1 to %d.", PRESIGNED_MAX);
    query_find(call, "X-Amz-Security-Token", &out->token);
    return parse_credential(credential, out, error);
}

int sigv4_parse(const struct msg_call *call, struct sigv4 *out, struct api_error *error)
{
    struct slice header, algorithm;
    *out = (struct sigv4){0};
    bool in_header = header_find(call, "authorization", &header);
    out->presigned = query_find(call, "X-Amz-Algorithm", &algorithm);
    if (in_header && out->presigned)
        return api_fail(error, "InvalidSignatureException",
                        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' "
                        "as HTTP header.");
    if (!out->presigned && (header.len < 5 || memcmp(header.data, "AWS4-", 5) != 0))
        return api_fail(error, "MissingAuthenticationTokenException",
                        "Missing Authentication Token");
    int r = out->presigned ? parse_query(call, out, error) : parse_header(call, header, out, error);
    if (r == 0)
        r = parse_timestamp(out, error);
    if (r == 0)
        r = check_signed_headers(call, out, error);
    return r;
}

/* ---- the canonical request ---- */

static bool is_unreserved(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

static int put_encoded(struct buf *out, struct slice s, uint8_t keep)
{
    static const char digits[] = "0123456789ABCDEF";
    int r = 0;
    for (size_t i = 0; i < s.len && r == 0; i++) {
        uint8_t c = s.data[i];
        char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
        r = is_unreserved(c) || c == keep ? buf_put(out, &c, 1) : buf_put(out, escape, 3);
    }
    return r;
}

/* RFC 3986 6.2.2.3 on the path as sent, doubled slashes taken as one; then every byte of it encoded (once more). */
static int put_path(struct buf *out, struct slice path)
{
    struct buf plain = {0};
    struct slice rest = path, segment;
    bool folder = true; /* the path ends in a slash */
    int r = 0;
    while (r == 0 && slice_cut(&rest, '/', &segment)) {
        bool up = slice_is(segment, "..");
        folder = segment.len == 0 || up || slice_is(segment, ".");
        while (up && plain.len > 0 && plain.data[--plain.len] != '/')
            ;
        if (folder)
            continue;
        r = buf_put(&plain, "/", 1);
        if (r == 0)
            r = buf_put_slice(&plain, segment);
    }
    if (r == 0 && (folder || plain.len == 0))
        r = buf_put(&plain, "/", 1);
    if (r == 0)
        r = put_encoded(out, buf_slice(&plain), '/');
    buf_free(&plain);
    return r;
}

/* Decodes %XX and '+' and encodes again, so that each spelling gives one form. */
static int put_component(struct buf *out, struct slice s)
{
    int r = 0;
    for (size_t i = 0; i < s.len && r == 0; i++) {
        uint8_t c = s.data[i] == '+' ? ' ' : s.data[i];
        if (c == '%' && s.len - i >= 3 && hex_decode((const char *)s.data + i + 1, 2, &c) == 0)
            i += 2;
        r = put_encoded(out, slice_of(&c, 1), 0);
    }
    return r;
}

/* A parameter in its canonical form: where key and value stand in the buffer of all. */
struct parameter {
    size_t key, value, end;
};

static int parameter_order(const void *a, const void *b, void *bytes)
{
    const struct parameter *x = a, *y = b;
    const uint8_t *all = bytes;
    int order = slice_order(slice_of(all + x->key, x->value - x->key),
                            slice_of(all + y->key, y->value - y->key));
    return order != 0 ? order
                      : slice_order(slice_of(all + x->value, x->end - x->value),
                                    slice_of(all + y->value, y->end - y->value));
}

static int parameters_read(struct slice query, struct buf *bytes, struct parameter *list,
                           size_t *count)
{
    struct slice rest = query, pair;
    int r = 0;
    while (r == 0 && slice_cut(&rest, '&', &pair)) {
        size_t equals = slice_find(pair, '=');
        struct slice key = slice_part(pair, 0, equals);
        if (pair.len == 0 || slice_is(key, "X-Amz-Signature"))
            continue;
        struct parameter *p = &list[(*count)++];
        p->key = bytes->len;
        r = put_component(bytes, key);
        p->value = bytes->len;
        if (r == 0 && equals < pair.len)
            r = put_component(bytes, slice_part(pair, equals + 1, pair.len));
        p->end = bytes->len;
    }
    return r;
}

static int put_query(struct buf *out, struct slice query)
{
    struct buf bytes = {0};
    struct parameter *list = NULL;
    size_t room = 1, count = 0;
    int r = 0;
    if (query.len == 0)
        return 0;
    for (size_t i = 0; i < query.len; i++)
        room += query.data[i] == '&';
    list = calloc(room, sizeof *list);
    if (list == NULL)
        return CH_ENOMEM;
    r = parameters_read(query, &bytes, list, &count);
    if (r == 0 && bytes.data != NULL)
        qsort_r(list, count, sizeof *list, parameter_order, bytes.data);
    for (size_t i = 0; i < count && r == 0; i++) {
        r = buf_printf(out, "%s%.*s=", i == 0 ? "" : "&", (int)(list[i].value - list[i].key),
                       (const char *)bytes.data + list[i].key);
        if (r == 0)
            r = buf_put(out, bytes.data + list[i].value, list[i].end - list[i].value);
    }
    free(list);
    buf_free(&bytes);
    return r;
}

/* Trimmed, with each run of blanks made one. */
static int put_value(struct buf *out, struct slice value)
{
    struct slice s = slice_trim(value);
    int r = 0;
    for (size_t i = 0, start = 0; i <= s.len && r == 0; i++) {
        if (i < s.len && !is_blank(s.data[i]))
            continue;
        if (i > start) {
            r = start == 0 ? 0 : buf_put(out, " ", 1);
            if (r == 0)
                r = buf_put_slice(out, slice_part(s, start, i));
        }
        start = i + 1;
    }
    return r;
}

/* Repeated headers are one line, their values in order of arrival. A signed header that did not come is CH_EINVAL. */
static int put_header(struct buf *out, const struct msg_call *call, struct slice name)
{
    bool found = false;
    int r = buf_put_slice(out, name);
    for (uint32_t i = 0; i < call->headers.count && r == 0; i++) {
        if (!slice_equal(call->headers.pair[i].name, name))
            continue;
        r = buf_put(out, found ? "," : ":", 1);
        if (r == 0)
            r = put_value(out, call->headers.pair[i].value);
        found = true;
    }
    if (r == 0)
        r = found ? buf_put(out, "\n", 1) : CH_EINVAL;
    return r;
}

static int body_hash(const struct msg_call *call, char hex[DIGEST_HEX + 1])
{
    uint8_t digest[DIGEST_SIZE];
    int r = mac_sha256(call->body, digest);
    if (r == 0)
        hex_encode(digest, sizeof digest, hex);
    return r;
}

int sigv4_canonical_request(const struct msg_call *call, const struct sigv4 *sig, struct buf *out)
{
    char hash[DIGEST_HEX + 1];
    struct slice rest = sig->signed_headers, name;
    struct buf names = {0};
    int r = buf_put_slice(out, call->method);
    if (r == 0)
        r = buf_put(out, "\n", 1);
    if (r == 0)
        r = put_path(out, call->path);
    if (r == 0)
        r = buf_put(out, "\n", 1);
    if (r == 0)
        r = put_query(out, call->query);
    if (r == 0)
        r = buf_put(out, "\n", 1);
    while (r == 0 && list_cut(&rest, ';', &name)) {
        r = put_header(out, call, name);
        if (r == 0)
            r = buf_printf(&names, "%s%.*s", names.len == 0 ? "" : ";", (int)name.len, name.data);
    }
    if (r == 0)
        r = buf_put(out, "\n", 1);
    if (r == 0)
        r = buf_put_slice(out, buf_slice(&names));
    if (r == 0)
        r = body_hash(call, hash);
    if (r == 0)
        r = buf_printf(out, "\n%s", hash);
    buf_free(&names);
    return r;
}

int sigv4_string_to_sign(const struct sigv4 *sig, struct slice canonical_request, struct buf *out)
{
    uint8_t digest[DIGEST_SIZE];
    char timestamp[TIMESTAMP_SIZE];
    int r = mac_sha256(canonical_request, digest);
    if (r != 0)
        return r;
    timestamp_format(sig->time, timestamp);
    r = buf_printf(out, ALGORITHM "\n%s\n%.*s/%.*s/%.*s/" TERMINATOR "\n", timestamp,
                       QUOTED(sig->date), QUOTED(sig->region), QUOTED(sig->service));
    return r != 0 ? r : buf_put_hex(out, digest, sizeof digest);
}

/* ---- keys and the verdict ---- */

int sigv4_signing_key(struct slice secret, const struct sigv4 *sig, uint8_t key[32])
{
    const struct slice steps[] = {sig->date, sig->region, sig->service, slice_text(TERMINATOR)};
    struct secret *first = secret_new(4 + secret.len);
    if (first == NULL)
        return CH_ENOMEM;
    memcpy(secret_data(first), "AWS4", 4);
    if (secret.len > 0)
        memcpy(secret_data(first) + 4, secret.data, secret.len);
    int r = mac_hmac_sha256(secret_slice(first), steps[0], key);
    for (size_t i = 1; i < sizeof steps / sizeof steps[0] && r == 0; i++)
        r = mac_hmac_sha256(slice_of(key, DIGEST_SIZE), steps[i], key);
    secret_free(first);
    return r;
}

/* A client that declares the hash of its body must have hashed this body; UNSIGNED-PAYLOAD is no hash. */
static int check_declared_hash(const struct msg_call *call)
{
    char hash[DIGEST_HEX + 1];
    struct slice declared;
    if (!header_find(call, "x-amz-content-sha256", &declared))
        return 0;
    int r = body_hash(call, hash);
    return r != 0 ? r : slice_is(declared, hash) ? 0 : CH_EDENIED;
}

static int signature_matches(const struct sigv4 *sig, struct slice text, const uint8_t key[32])
{
    uint8_t expected[DIGEST_SIZE], given[DIGEST_SIZE] = {0};
    bool formed = sig->signature.len == DIGEST_HEX &&
                  hex_decode((const char *)sig->signature.data, DIGEST_HEX, given) == 0;
    int r = mac_hmac_sha256(slice_of(key, DIGEST_SIZE), text, expected);
    if (r == 0 && !(bytes_equal_ct(expected, given, DIGEST_SIZE) && formed))
        r = CH_EDENIED;
    OPENSSL_cleanse(expected, sizeof expected);
    return r;
}

int sigv4_verify(const struct msg_call *call, const struct sigv4 *sig, const uint8_t key[32])
{
    struct buf canonical = {0}, text = {0};
    int r = check_declared_hash(call);
    if (r == 0)
        r = sigv4_canonical_request(call, sig, &canonical);
    if (r == 0)
        r = sigv4_string_to_sign(sig, buf_slice(&canonical), &text);
    if (r == 0)
        r = signature_matches(sig, buf_slice(&text), key);
    buf_free(&canonical);
    buf_free(&text);
    return r == CH_EINVAL ? CH_EDENIED : r;
}
