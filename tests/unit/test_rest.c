/* Tests of ca/rest and ca/chancery: what uses a certificate, by method and path. */
#include "tests/unit/core_kit.h"

#include "ca/arn.h"
#include "ca/rest.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CERTIFICATES "/chancery/v1/certificates/"
#define DAY INT64_C(86400000000)

static char id[ROW_UUID_SIZE]; /* an ISSUED certificate */
static char arn[ARN_SIZE];
static char path[512]; /* its associations */
static uint32_t status; /* of the last reply */

static struct scope scope_here(void)
{
    struct scope scope;
    memset(&scope, 0, sizeof scope);
    snprintf(scope.account, sizeof scope.account, "%s", core_kit.appliance.account);
    snprintf(scope.region, sizeof scope.region, "%s", CORE_KIT_REGION);
    return scope;
}

static int insert_unit(struct store_tx *tx, void *context)
{
    return store_certificate_insert(tx, context);
}

static void insert(const char *type, const char *state)
{
    char type_text[16];
    char state_text[24];
    struct certificate_row row = {.domain = NULL,
                                  .key_alg = KEY_ALG_P256,
                                  .created_at = clock_now_us(),
                                  .issued_at = clock_now_us(),
                                  .not_after = clock_now_us() + 395 * DAY};
    snprintf(type_text, sizeof type_text, "%s", type);
    snprintf(state_text, sizeof state_text, "%s", state);
    row.type = type_text;
    row.status = state_text;
    row.scope = scope_here();
    assert_int_equal(arn_uuid_new(id), 0);
    memcpy(row.id, id, sizeof row.id);
    assert_int_equal(store_write(core_kit.core.store, insert_unit, &row), 0);
    arn_certificate(&row.scope, id, arn);
    snprintf(path, sizeof path, CERTIFICATES "%s/associations", id);
}

static int fresh(void **state)
{
    (void)state;
    insert("PRIVATE", "ISSUED");
    return 0;
}

static int row_unit(struct store_tx *tx, void *context)
{
    struct scope scope = scope_here();
    return store_certificate_get(tx, &scope, id, context);
}

static uint32_t in_use(int64_t *renew_at)
{
    struct certificate_row row = {0};
    assert_int_equal(store_read(core_kit.core.store, row_unit, &row), 0);
    uint32_t count = row.in_use;
    *renew_at = row.renew_at;
    certificate_row_free(&row);
    return count;
}

/* The whole call; target may have a query. The body of the reply, to be freed. */
static char *call_as(const char *service, const char *method, const char *target, const char *body)
{
    struct core_kit_call c;
    struct dispatch_reply reply;
    const char *query = strchr(target, '?');
    size_t path_len = query == NULL ? strlen(target) : (size_t)(query - target);
    core_kit_call_make(&c, NULL, body);
    c.call.method = slice_text(method);
    c.call.path = slice_of(target, path_len);
    c.call.query = query == NULL ? slice_of(NULL, 0) : slice_text(query + 1);
    if (service != NULL)
        core_kit_call_sign(&c, core_kit.appliance.access_key_id,
                           secret_slice(core_kit.appliance.secret_access_key), clock_now(),
                           CORE_KIT_REGION, service);
    dispatch_call(&core_kit.core, &c.call, &reply);
    status = reply.status;
    assert_string_equal(reply.content_type, "application/json");
    char *text = strdup(reply.body.len == 0 ? "" : buf_text(&reply.body));
    dispatch_reply_free(&reply);
    return text;
}

static char *call(const char *method, const char *target, const char *body)
{
    return call_as("chancery", method, target, body);
}

static void refused_as(const char *service, uint32_t expected, const char *type, const char *method,
                       const char *target, const char *body)
{
    char *text = call_as(service, method, target, body);
    json_t *error = json_loads(text, 0, NULL);
    const char *got = json_string_value(json_object_get(error, "__type"));
    if (got == NULL || strcmp(got, type) != 0 || status != expected)
        fail_msg("%s %s %s: %u %s", method, target, body, status, text);
    json_decref(error);
    free(text);
}

static void refused(uint32_t expected, const char *type, const char *method, const char *target,
                    const char *body)
{
    refused_as("chancery", expected, type, method, target, body);
}

static json_t *ok(const char *method, const char *target, const char *body)
{
    char *text = call(method, target, body);
    if (status != 200)
        fail_msg("%s %s: %u %s", method, target, status, text);
    json_t *out = json_loads(text, 0, NULL);
    free(text);
    return out;
}

static void attach(const char *resource)
{
    char body[1200];
    snprintf(body, sizeof body, "{\"Resource\":\"%s\"}", resource);
    json_decref(ok("PUT", path, body));
}

static const char *with(const char *query)
{
    static char target[2048];
    snprintf(target, sizeof target, "%s?%s", path, query);
    return target;
}

static const char *resource_at(const json_t *page, size_t i)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(page, "Associations"), i), "Resource"));
}

/* ---- refusals ---- */

static void a_path_of_our_own_that_leads_nowhere_is_not_found(void **state)
{
    static const char *const paths[] = {
        "/chancery/",
        "/chancery/v1/certificates/",
        CERTIFICATES "/associations",
        CERTIFICATES "a/association",
        CERTIFICATES "a/associations/b",
        "/chancery/v2/certificates/a/associations",
    };
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        refused(404, "UnknownOperationException", "GET", paths[i], "");
    refused(404, "UnknownOperationException", "POST", path, "{}");
}

static void a_call_is_signed_and_for_this_service(void **state)
{
    (void)state;
    refused_as(NULL, 403, "MissingAuthenticationTokenException", "GET", path, "");
    refused_as("acm", 403, "InvalidSignatureException", "GET", path, "");
    refused_as("s3", 403, "InvalidSignatureException", "GET", path, "");
}

static void a_signature_for_this_service_does_not_open_acm(void **state)
{
    struct core_kit_call c;
    struct dispatch_reply reply;
    (void)state;
    core_kit_call_make(&c, CORE_KIT_ACM "ListCertificates", "{}");
    core_kit_call_sign(&c, core_kit.appliance.access_key_id,
                       secret_slice(core_kit.appliance.secret_access_key), clock_now(),
                       CORE_KIT_REGION, "chancery");
    dispatch_call(&core_kit.core, &c.call, &reply);
    assert_int_equal(reply.status, 400);
    assert_non_null(strstr(buf_text(&reply.body), "InvalidSignatureException"));
    dispatch_reply_free(&reply);
}

static void a_resource_is_an_arn_or_a_url(void **state)
{
    char longest[1100];
    (void)state;
    refused(400, "ValidationException", "PUT", path, "{}");
    refused(400, "ValidationException", "PUT", path, "{\"Resource\":\"lb.example.com\"}");
    refused(400, "ValidationException", "PUT", path, "{\"Resource\":\"https://a b\"}");
    refused(400, "ValidationException", "PUT", path, "{\"Resource\":\"HTTPS://upper.example\"}");
    refused(400, "SerializationException", "PUT", path, "{\"Resource\":7}");
    refused(400, "SerializationException", "PUT", path, "");
    refused(400, "SerializationException", "PUT", path, "resource");
    snprintf(longest, sizeof longest, "{\"Resource\":\"https://%01017d\"}", 0);
    refused(400, "ValidationException", "PUT", path, longest);
    snprintf(longest, sizeof longest, "{\"Resource\":\"https://%01016d\"}", 0);
    json_decref(ok("PUT", path, longest));
}

static void what_a_query_has_is_judged(void **state)
{
    (void)state;
    refused(400, "ValidationException", "DELETE", path, "");
    refused(400, "ValidationException", "DELETE", with("resource=%zz"), "");
    refused(400, "ValidationException", "DELETE", with("resource=arn:%00x"), "");
    refused(400, "ValidationException", "DELETE", with("resource=arn:%ff%ff"), "");
    refused(400, "ValidationException", "DELETE", with("resource=arn:aa&resource=arn:aa"), "");
    refused(400, "ValidationException", "DELETE", with("resource=arn:aaaa"), "{}");
    refused(404, "ResourceNotFoundException", "DELETE", with("resource=arn:aaaa"), "");
    refused(400, "ValidationException", "GET", with("maxResults=0"), "");
    refused(400, "ValidationException", "GET", with("maxResults=501"), "");
    refused(400, "SerializationException", "GET", with("maxResults=many"), "");
    refused(400, "SerializationException", "GET", with("maxResults=12345678901234567890"), "");
    refused(400, "ValidationException", "GET", with("nextToken=AAAA"), "");
    refused(400, "SerializationException", "GET", with("nextToken=%21"), "");
    json_decref(ok("GET", with("unknown=1&&x"), ""));
}

static void what_is_no_certificate_of_the_caller_is_not_found(void **state)
{
    static const char *const names[] = {
        "00000000-0000-4000-8000-000000000000",
        "arn%3Aaws%3Aacm%3Aus-east-1%3A111122223333%3Acertificate%2F"
        "00000000-0000-4000-8000-000000000000",
        "arn%3Aaws%3Aacm%3Aus-east-1%3A111122223333%3Acertificate%2Fnonsense",
        "nonsense",
    };
    char target[300];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(target, sizeof target, CERTIFICATES "%s/associations", names[i]);
        refused(404, "ResourceNotFoundException", "GET", target, "");
        refused(404, "ResourceNotFoundException", "PUT", target, "{\"Resource\":\"arn:aws:x\"}");
    }
    snprintf(target, sizeof target, CERTIFICATES "arn%%3Ax/associations");
    refused(400, "ValidationException", "GET", target, "");
}

static void only_an_issued_certificate_can_be_used(void **state)
{
    (void)state;
    insert("PRIVATE", "REVOKED");
    refused(400, "InvalidStateException", "PUT", path, "{\"Resource\":\"arn:aws:x\"}");
    insert("AMAZON_ISSUED", "PENDING_VALIDATION");
    refused(400, "InvalidStateException", "PUT", path, "{\"Resource\":\"arn:aws:x\"}");
    insert("IMPORTED", "ISSUED");
    attach("arn:aws:x");
}

static void a_certificate_has_at_most_five_hundred_users(void **state)
{
    char resource[32];
    (void)state;
    for (int i = 0; i < ASSOCIATIONS_MAX; i++) {
        snprintf(resource, sizeof resource, "arn:aws:x:%d", i);
        attach(resource);
    }
    refused(400, "ServiceQuotaExceededException", "PUT", path, "{\"Resource\":\"arn:aws:y\"}");
    attach("arn:aws:x:7");
}

/* ---- good paths ---- */

static void a_resource_is_attached_once_listed_and_detached(void **state)
{
    int64_t renew_at = 0;
    (void)state;
    json_t *first = ok("PUT", path, "{\"Resource\":\"https://lb.example/1?a=b&c\"}");
    assert_string_equal(json_string_value(json_object_get(first, "CertificateArn")), arn);
    assert_string_equal(json_string_value(json_object_get(first, "Resource")),
                        "https://lb.example/1?a=b&c");
    json_t *again = ok("PUT", path, "{\"Resource\":\"https://lb.example/1?a=b&c\"}");
    assert_true(json_equal(first, again));
    assert_int_equal(in_use(&renew_at), 1);
    assert_true(renew_at > clock_now_us());
    json_t *page = ok("GET", path, "");
    assert_int_equal(json_array_size(json_object_get(page, "Associations")), 1);
    assert_string_equal(resource_at(page, 0), "https://lb.example/1?a=b&c");
    assert_null(json_object_get(page, "NextToken"));
    json_decref(page);
    assert_null(ok("DELETE", with("resource=https%3A%2F%2Flb.example%2F1%3Fa%3Db%26c"), ""));
    assert_int_equal(in_use(&renew_at), 0);
    assert_int_equal(renew_at, 0);
    json_decref(again);
    json_decref(first);
}

static void a_certificate_is_named_by_its_arn_too(void **state)
{
    char target[512];
    char encoded[ARN_SIZE * 3] = "";
    (void)state;
    attach("arn:aws:x");
    for (const char *c = arn; *c != '\0'; c++)
        snprintf(encoded + strlen(encoded), sizeof encoded - strlen(encoded),
                 *c == ':' || *c == '/' ? "%%%02X" : "%c", *c);
    snprintf(target, sizeof target, CERTIFICATES "%s/associations", encoded);
    json_t *page = ok("GET", target, "");
    assert_string_equal(resource_at(page, 0), "arn:aws:x");
    json_decref(page);
    snprintf(target, sizeof target, CERTIFICATES "%s/associations", arn);
    page = ok("GET", target, "");
    assert_string_equal(resource_at(page, 0), "arn:aws:x");
    json_decref(page);
}

static void associations_come_in_pages(void **state)
{
    char query[256] = "maxResults=2";
    size_t seen = 0;
    (void)state;
    attach("arn:aws:c");
    attach("arn:aws:a");
    attach("arn:aws:e");
    attach("arn:aws:b");
    attach("arn:aws:d");
    for (int pages = 0; pages < 4; pages++) {
        json_t *page = ok("GET", with(query), "");
        const char *token = json_string_value(json_object_get(page, "NextToken"));
        for (size_t i = 0; i < json_array_size(json_object_get(page, "Associations")); i++)
            assert_int_equal(resource_at(page, i)[8], 'a' + (int)seen++);
        if (token == NULL) {
            assert_int_equal(pages, 2);
            json_decref(page);
            break;
        }
        snprintf(query, sizeof query, "maxResults=2&nextToken=%s", token);
        json_decref(page);
    }
    assert_int_equal(seen, 5);
}

static void changes_are_recorded(void **state)
{
    (void)state;
    attach("arn:aws:x");
    json_t *record = core_kit_record_newest();
    assert_string_equal(json_string_value(json_object_get(record, "eventName")), "PutAssociation");
    assert_string_equal(json_string_value(json_object_get(record, "eventSource")), "chancery");
    json_t *parameters = json_object_get(record, "requestParameters");
    assert_string_equal(json_string_value(json_object_get(parameters, "resource")), "arn:aws:x");
    json_decref(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_path_of_our_own_that_leads_nowhere_is_not_found, fresh),
        cmocka_unit_test_setup(a_call_is_signed_and_for_this_service, fresh),
        cmocka_unit_test_setup(a_signature_for_this_service_does_not_open_acm, fresh),
        cmocka_unit_test_setup(a_resource_is_an_arn_or_a_url, fresh),
        cmocka_unit_test_setup(what_a_query_has_is_judged, fresh),
        cmocka_unit_test_setup(what_is_no_certificate_of_the_caller_is_not_found, fresh),
        cmocka_unit_test_setup(only_an_issued_certificate_can_be_used, fresh),
        cmocka_unit_test_setup(a_certificate_has_at_most_five_hundred_users, fresh),
        cmocka_unit_test_setup(a_resource_is_attached_once_listed_and_detached, fresh),
        cmocka_unit_test_setup(a_certificate_is_named_by_its_arn_too, fresh),
        cmocka_unit_test_setup(associations_come_in_pages, fresh),
        cmocka_unit_test_setup(changes_are_recorded, fresh),
    };
    return cmocka_run_group_tests(tests, core_kit_setup, core_kit_teardown);
}
