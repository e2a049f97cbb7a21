/* SigV4: the published vectors, then what a caller may get wrong. */
#include "ca/auth/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VECTORS "../shared/vectors/sigv4"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SCOPE "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"

/* ---- vectors ---- */

static int file_read(const char *folder, const char *name, const char *ending, struct buf *out)
{
    char path[512], room[4096];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -1;
    size_t n = 0;
    while ((n = fread(room, 1, sizeof room, file)) > 0)
        assert_int_equal(buf_put(out, room, n), 0);
    fclose(file);
    return 0;
}

/* A request as the vectors write it; text is cut up in place. A line that begins with a blank goes on with the header before. */
static void vector_request(char *text, struct msg_call *call)
{
    char *body = strstr(text, "\n\n"), *rest = NULL;
    memset(call, 0, sizeof *call);
    if (body != NULL) {
        body[1] = '\0';
        call->body = slice_text(body + 2);
    }
    char *line = strtok_r(text, "\n", &rest);
    char *target = strchr(line, ' ') + 1;
    char *version = strrchr(line, ' ');
    target[-1] = *version = '\0';
    call->method = slice_text(line);
    char *query = strchr(target, '?');
    if (query != NULL) {
        *query = '\0';
        call->query = slice_text(query + 1);
    }
    call->path = slice_text(target);
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
        struct message_pair *pair = &call->headers.pair[call->headers.count];
        if (line[0] == ' ') {
            line[-1] = ' ';
            pair[-1].value.len = (size_t)(line - (const char *)pair[-1].value.data) + strlen(line);
            continue;
        }
        char *colon = strchr(line, ':');
        *colon = '\0';
        for (char *c = line; *c != '\0'; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        *pair = (struct message_pair){slice_text(line), slice_text(colon + 1)};
        call->headers.count++;
    }
}

static void header_add(struct msg_call *call, const char *name, const char *value)
{
    call->headers.pair[call->headers.count++] =
        (struct message_pair){slice_text(name), slice_text(value)};
}

/* One request of the suite leaves out the token that is signed: it stands in the signed request only. */
static void token_add(const char *folder, const char *name, const char *authorization,
                      struct msg_call *call, struct buf *room)
{
    static const char header[] = "X-Amz-Security-Token:";
    bool signs_token = strstr(authorization, ";x-amz-security-token,") != NULL;
    for (uint32_t i = 0; i < call->headers.count; i++)
        signs_token = signs_token &&
                      !slice_is(call->headers.pair[i].name, "x-amz-security-token");
    if (!signs_token)
        return;
    assert_int_equal(file_read(folder, name, "sreq", room), 0);
    const char *token = strstr(buf_text(room), header);
    assert_non_null(token);
    token += strlen(header);
    call->headers.pair[call->headers.count++] = (struct message_pair){
        slice_text("x-amz-security-token"), slice_of(token, strcspn(token, "\n"))};
}

static void vector_check(const char *folder, const char *name)
{
    struct buf request = {0}, canonical = {0}, text = {0}, authorization = {0}, made = {0};
    struct buf signed_request = {0};
    struct msg_call call;
    struct sigv4 sig;
    struct api_error error = {0};
    uint8_t key[32];
    if (file_read(folder, name, "req", &request) != 0)
        return;
    assert_int_equal(file_read(folder, name, "creq", &canonical), 0);
    assert_int_equal(file_read(folder, name, "sts", &text), 0);
    assert_int_equal(file_read(folder, name, "authz", &authorization), 0);
    char *mutable = strdup(buf_text(&request));
    vector_request(mutable, &call);
    header_add(&call, "authorization", buf_text(&authorization));
    token_add(folder, name, buf_text(&authorization), &call, &signed_request);
    print_message("  %s\n", name);
    assert_int_equal(sigv4_parse(&call, &sig, &error), 0);
    assert_int_equal(sigv4_canonical_request(&call, &sig, &made), 0);
    assert_string_equal(buf_text(&made), buf_text(&canonical));
    buf_clear(&made);
    assert_int_equal(sigv4_string_to_sign(&sig, buf_slice(&canonical), &made), 0);
    assert_string_equal(buf_text(&made), buf_text(&text));
    assert_int_equal(sigv4_signing_key(slice_text(SECRET), &sig, key), 0);
    assert_int_equal(sigv4_verify(&call, &sig, key), 0);
    key[0] ^= 1;
    assert_int_equal(sigv4_verify(&call, &sig, key), CH_EDENIED);
    free(mutable);
    buf_free(&request);
    buf_free(&canonical);
    buf_free(&text);
    buf_free(&authorization);
    buf_free(&signed_request);
    buf_free(&made);
}

static void published_vectors_give_the_same_bytes_at_every_step(void **state)
{
    (void)state;
    char root[] = VECTORS;
    char *const roots[] = {root, NULL};
    int folders = 0;
    if (access(root, R_OK) != 0) {
        print_message("no vectors at " VECTORS ": skipped\n");
        skip();
    }
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    assert_non_null(walk);
    for (FTSENT *e = fts_read(walk); e != NULL; e = fts_read(walk)) {
        if (e->fts_info != FTS_D)
            continue;
        vector_check(e->fts_path, e->fts_name);
        folders++;
    }
    fts_close(walk);
    assert_true(folders > 25);
}

/* ---- calls of our own ---- */

#define AUTHORIZATION                                                                              \
    "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x-amz-date, "                       \
    "Signature=0000000000000000000000000000000000000000000000000000000000000000"

static void call_make(struct msg_call *call, const char *authorization)
{
    memset(call, 0, sizeof *call);
    call->method = slice_text("POST");
    call->path = slice_text("/");
    header_add(call, "host", "localhost:8443");
    header_add(call, "x-amz-date", "20150830T123600Z");
    if (authorization != NULL)
        header_add(call, "authorization", authorization);
}

static void refused(const struct msg_call *call, const char *type, const char *text)
{
    struct sigv4 sig;
    struct api_error error = {0};
    assert_int_equal(sigv4_parse(call, &sig, &error), CH_EAPI);
    assert_string_equal(error.type, type);
    assert_string_equal(error.text, text);
}

static void no_signature_at_all_is_a_missing_token(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, NULL);
    refused(&call, "MissingAuthenticationTokenException", "Missing Authentication Token");
}

static void another_scheme_is_a_missing_token(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, "Basic Zm9vOmJhcg==");
    refused(&call, "MissingAuthenticationTokenException", "Missing Authentication Token");
}

static void each_missing_part_is_named(void **state)
{
    (void)state;
    struct msg_call call;
    memset(&call, 0, sizeof call);
    header_add(&call, "authorization", "AWS4-HMAC-SHA256 Nothing=1");
    refused(&call, "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. "
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            "Authorization=AWS4-HMAC-SHA256 Nothing=1");
}

static void another_algorithm_is_refused(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, "AWS4-ECDSA-P256-SHA256 Credential=" SCOPE);
    refused(&call, "IncompleteSignatureException",
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.");
}

static void signature_in_header_and_query_is_refused(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, AUTHORIZATION);
    call.query = slice_text("X-Amz-Algorithm=AWS4-HMAC-SHA256");
    refused(&call, "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header.");
}

static void a_credential_of_four_parts_is_refused(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/acm, "
                     "SignedHeaders=host, Signature=00");
    refused(&call, "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term, got 'A/20150830/us-east-1/acm'");
}

static void a_foreign_terminator_is_refused(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/acm/aws5_request, "
                     "SignedHeaders=host, Signature=00");
    refused(&call, "InvalidSignatureException",
            "Credential should be scoped with a valid terminator: 'aws4_request', not "
            "'aws5_request'.");
}

static void a_date_that_differs_from_the_scope_is_refused(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, AUTHORIZATION);
    call.headers.pair[1].value = slice_text("20150831T000000Z");
    refused(&call, "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '20150830' != '20150831', from '20150831T000000Z'.");
}

static void a_date_that_is_none_is_refused(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, AUTHORIZATION);
    call.headers.pair[1].value = slice_text("yesterday");
    refused(&call, "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'. Got 'yesterday'. "
            "See http://en.wikipedia.org/wiki/ISO_8601");
}

static void the_http_form_of_a_date_is_understood(void **state)
{
    (void)state;
    struct msg_call call;
    struct sigv4 sig;
    struct api_error error = {0};
    call_make(&call, "AWS4-HMAC-SHA256 Credential=" SCOPE
                     ", SignedHeaders=date;host, Signature=00");
    call.headers.pair[1] =
        (struct message_pair){slice_text("date"), slice_text("Sun, 30 Aug 2015 12:36:00 GMT")};
    assert_int_equal(sigv4_parse(&call, &sig, &error), 0);
    assert_int_equal(sig.time, 1440938160);
}

static void the_host_must_be_signed(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, "AWS4-HMAC-SHA256 Credential=" SCOPE
                     ", SignedHeaders=x-amz-date, Signature=00");
    refused(&call, "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

static void a_target_that_is_not_signed_is_refused(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, AUTHORIZATION);
    header_add(&call, "x-amz-target", "CertificateManager.DeleteCertificate");
    refused(&call, "InvalidSignatureException",
            "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.");
}

static void the_date_must_be_signed(void **state)
{
    (void)state;
    struct msg_call call;
    call_make(&call, "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=00");
    refused(&call, "InvalidSignatureException",
            "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization.");
}

/* ---- signing as a client does, then damaging ---- */

struct signed_call {
    struct msg_call call;
    struct sigv4 sig;
    uint8_t key[32];
    char authorization[512];
};

/* Signs what is in s->call; returns what verification says of it. */
static int sign(struct signed_call *s, const char *names)
{
    struct api_error error = {0};
    struct buf canonical = {0}, text = {0};
    uint8_t tag[32];
    char hex[65];
    snprintf(s->authorization, sizeof s->authorization,
             "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=%s, Signature=%064d", names, 0);
    header_add(&s->call, "authorization", s->authorization);
    assert_int_equal(sigv4_parse(&s->call, &s->sig, &error), 0);
    assert_int_equal(sigv4_signing_key(slice_text(SECRET), &s->sig, s->key), 0);
    assert_int_equal(sigv4_verify(&s->call, &s->sig, s->key), CH_EDENIED);
    assert_int_equal(sigv4_canonical_request(&s->call, &s->sig, &canonical), 0);
    assert_int_equal(sigv4_string_to_sign(&s->sig, buf_slice(&canonical), &text), 0);
    assert_non_null(HMAC(EVP_sha256(), s->key, 32, text.data, text.len, tag, NULL));
    hex_encode(tag, sizeof tag, hex);
    memcpy(strstr(s->authorization, "Signature=") + 10, hex, 64);
    buf_free(&canonical);
    buf_free(&text);
    return sigv4_verify(&s->call, &s->sig, s->key);
}

static void signed_make(struct signed_call *s)
{
    memset(s, 0, sizeof *s);
    call_make(&s->call, NULL);
    s->call.body = slice_text("{\"CertificateArn\":\"arn:aws:acm:x\"}");
}

static void a_right_signature_is_accepted_and_any_change_is_not(void **state)
{
    (void)state;
    struct signed_call s;
    signed_make(&s);
    assert_int_equal(sign(&s, "host;x-amz-date"), 0);
    struct msg_call saved = s.call;
    s.call.body = slice_text("{\"CertificateArn\":\"arn:aws:acm:y\"}");
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), CH_EDENIED);
    s.call = saved;
    s.call.method = slice_text("GET");
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), CH_EDENIED);
    s.call = saved;
    s.call.path = slice_text("/x");
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), CH_EDENIED);
    s.call = saved;
    s.call.query = slice_text("a=b");
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), CH_EDENIED);
    s.call = saved;
    s.call.headers.pair[0].value = slice_text("otherhost:8443");
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), CH_EDENIED);
    s.call = saved;
    header_add(&s.call, "host", "second");
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), CH_EDENIED);
    s.call = saved;
    header_add(&s.call, "x-unsigned", "is not looked at");
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), 0);
    s.sig.signature.len--;
    assert_int_equal(sigv4_verify(&s.call, &s.sig, s.key), CH_EDENIED);
}

static void a_signed_header_that_does_not_come_is_a_mismatch(void **state)
{
    (void)state;
    struct msg_call call;
    struct sigv4 sig;
    struct api_error error = {0};
    uint8_t key[32] = {0};
    struct buf canonical = {0};
    call_make(&call, "AWS4-HMAC-SHA256 Credential=" SCOPE
                     ", SignedHeaders=host;x-amz-date;x-gone, Signature=00");
    assert_int_equal(sigv4_parse(&call, &sig, &error), 0);
    assert_int_equal(sigv4_canonical_request(&call, &sig, &canonical), CH_EINVAL);
    assert_int_equal(sigv4_verify(&call, &sig, key), CH_EDENIED);
    buf_free(&canonical);
}

static void a_declared_body_hash_must_be_that_of_the_body(void **state)
{
    (void)state;
    static const char right[] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    static const struct {
        const char *declared;
        int result;
    } cases[] = {{right, 0},
                 {"UNSIGNED-PAYLOAD", CH_EDENIED},
                 {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", CH_EDENIED},
                 {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", CH_EDENIED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct signed_call s;
        signed_make(&s);
        s.call.body = slice_text("{}");
        header_add(&s.call, "x-amz-content-sha256", cases[i].declared);
        assert_int_equal(sign(&s, "host;x-amz-content-sha256;x-amz-date"), cases[i].result);
    }
}

/* ---- presigned ---- */

#define PRESIGNED                                                                                  \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Facm"   \
    "%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host%3Bx-amz-target"

static void presigned_make(struct msg_call *call, const char *query)
{
    memset(call, 0, sizeof *call);
    call->method = slice_text("POST");
    call->path = slice_text("/");
    call->query = slice_text(query);
    header_add(call, "host", "localhost:8443");
    header_add(call, "x-amz-target", "CertificateManager.ListCertificates");
}

static void a_presigned_query_is_taken_apart(void **state)
{
    (void)state;
    struct msg_call call;
    struct sigv4 sig;
    struct api_error error = {0};
    struct buf canonical = {0};
    presigned_make(&call, PRESIGNED "&X-Amz-Expires=600&X-Amz-Signature=00");
    assert_int_equal(sigv4_parse(&call, &sig, &error), 0);
    assert_true(sig.presigned);
    assert_int_equal(sig.expires, 600);
    assert_true(slice_is(sig.access_key_id, "AKIDEXAMPLE"));
    assert_true(slice_is(sig.region, "us-east-1"));
    assert_true(slice_is(sig.service, "acm"));
    assert_int_equal(sigv4_canonical_request(&call, &sig, &canonical), 0);
    assert_null(strstr(buf_text(&canonical), "X-Amz-Signature"));
    assert_non_null(strstr(buf_text(&canonical), "\nhost;x-amz-target\n"));
    assert_non_null(strstr(buf_text(&canonical), "X-Amz-Expires=600&X-Amz-SignedHeaders=host%3B"));
    buf_free(&canonical);
}

static void presigned_parts_that_are_missing_are_named(void **state)
{
    (void)state;
    struct msg_call call;
    presigned_make(&call, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=1&X-Amz-Expires=1");
    refused(&call, "IncompleteSignatureException",
            "AWS query-string parameters must include 'X-Amz-Credential'. "
            "AWS query-string parameters must include 'X-Amz-Signature'. "
            "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
            "Re-examine the query-string parameters.");
}

static void presigned_lifetimes_have_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        bool fine;
    } cases[] = {{PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=0", false},
                 {PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=1", true},
                 {PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=604800", true},
                 {PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=604801", false},
                 {PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=99999999999999999999", false},
                 {PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=-1", false},
                 {PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=1x", false},
                 {PRESIGNED "&X-Amz-Signature=00&X-Amz-Expires=", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct msg_call call;
        struct sigv4 sig;
        struct api_error error = {0};
        presigned_make(&call, cases[i].query);
        assert_int_equal(sigv4_parse(&call, &sig, &error), cases[i].fine ? 0 : CH_EAPI);
    }
}

/* ---- the canonical form ---- */

static void canonical_line(const char *path, const char *query, int line, const char *expected)
{
    struct msg_call call;
    struct sigv4 sig = {.signed_headers = slice_text("host")};
    struct buf canonical = {0};
    call_make(&call, NULL);
    call.path = slice_text(path);
    call.query = slice_text(query);
    assert_int_equal(sigv4_canonical_request(&call, &sig, &canonical), 0);
    char *rest = strdup(buf_text(&canonical)), *whole = rest;
    for (int i = 0; i < line; i++)
        (void)strsep(&rest, "\n");
    assert_string_equal(strsep(&rest, "\n"), expected);
    free(whole);
    buf_free(&canonical);
}

static void paths_are_normalised_and_encoded_once_more(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "/"},          {"/", "/"},           {"/a/./b", "/a/b"},   {"/a/../../b", "/b"},
        {"/a/b/..", "/a/"}, {"/a//b//", "/a/b/"}, {"/%20x", "/%2520x"}, {"/..", "/"},
        {"/...", "/..."},   {"/a;b=c", "/a%3Bb%3Dc"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        canonical_line(cases[i][0], "", 1, cases[i][1]);
}

static void queries_are_sorted_and_have_one_spelling(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},           {"b=2&a=1", "a=1&b=2"},     {"a", "a="},
        {"a=b=c", "a=b%3Dc"}, {"a=%7E", "a=~"},         {"a=x+y", "a=x%20y"},
        {"a=%zz", "a=%25zz"}, {"&&a=1&", "a=1"},        {"a=%2f", "a=%2F"},
        {"a=%", "a=%25"},   {"A=1&a=1&B=1", "A=1&B=1&a=1"}, {"=v", "=v"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        canonical_line("/", cases[i][0], 2, cases[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_give_the_same_bytes_at_every_step),
        cmocka_unit_test(no_signature_at_all_is_a_missing_token),
        cmocka_unit_test(another_scheme_is_a_missing_token),
        cmocka_unit_test(each_missing_part_is_named),
        cmocka_unit_test(another_algorithm_is_refused),
        cmocka_unit_test(signature_in_header_and_query_is_refused),
        cmocka_unit_test(a_credential_of_four_parts_is_refused),
        cmocka_unit_test(a_foreign_terminator_is_refused),
        cmocka_unit_test(a_date_that_differs_from_the_scope_is_refused),
        cmocka_unit_test(a_date_that_is_none_is_refused),
        cmocka_unit_test(the_http_form_of_a_date_is_understood),
        cmocka_unit_test(the_host_must_be_signed),
        cmocka_unit_test(a_target_that_is_not_signed_is_refused),
        cmocka_unit_test(the_date_must_be_signed),
        cmocka_unit_test(a_right_signature_is_accepted_and_any_change_is_not),
        cmocka_unit_test(a_signed_header_that_does_not_come_is_a_mismatch),
        cmocka_unit_test(a_declared_body_hash_must_be_that_of_the_body),
        cmocka_unit_test(a_presigned_query_is_taken_apart),
        cmocka_unit_test(presigned_parts_that_are_missing_are_named),
        cmocka_unit_test(presigned_lifetimes_have_bounds),
        cmocka_unit_test(paths_are_normalised_and_encoded_once_more),
        cmocka_unit_test(queries_are_sorted_and_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
