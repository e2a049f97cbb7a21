/* Temporary credentials: what a token says comes back, what was altered or moved is nobody's, and time ends it. */
#include "tests/unit/core_kit.h"

#include "ca/auth/auth.h"
#include "ca/store/iam.h"
#include "ca/sts/token.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char admin_id[33];

static int admin_read(struct store_tx *tx, void *context)
{
    struct iam_row row = {0};
    (void)context;
    int rc = store_iam_get(tx, core_kit.appliance.account, IAM_USER, "admin", &row);
    if (rc == 0)
        strcpy(admin_id, row.id);
    iam_row_free(&row);
    return rc;
}

static json_t *claims_for(const char *entity, int64_t expires)
{
    return json_pack("{s:s, s:I, s:I, s:s}", "entity", entity, "issued", (json_int_t)clock_now(),
                     "expires", (json_int_t)expires, "policy", "{}");
}

static void make(const char *entity, int64_t expires, struct sts_credentials *out)
{
    json_t *claims = claims_for(entity, expires);
    assert_int_equal(sts_credentials_make(&core_kit.core, claims, out), 0);
    json_decref(claims);
}

static void what_a_token_says_comes_back(void **state)
{
    (void)state;
    struct sts_credentials c;
    json_t *claims = NULL;
    struct secret *secret = NULL;
    make("AIDAX", 7, &c);
    assert_memory_equal(c.access_key_id, "ASIA", 4);
    assert_int_equal(secret_len(c.secret), 40);
    assert_int_equal(sts_token_open(&core_kit.core, slice_text(c.token), &claims, &secret), 0);
    assert_true(slice_equal(secret_slice(secret), secret_slice(c.secret)));
    assert_string_equal(json_string_value(json_object_get(claims, "key")), c.access_key_id);
    assert_string_equal(json_string_value(json_object_get(claims, "policy")), "{}");
    assert_int_equal(json_integer_value(json_object_get(claims, "expires")), 7);
    assert_null(memmem(c.token, strlen(c.token), "AIDAX", 5));
    json_decref(claims);
    secret_free(secret);
    sts_credentials_free(&c);
}

static void an_altered_token_is_nobodys(void **state)
{
    (void)state;
    struct sts_credentials c;
    make("AIDAX", 7, &c);
    for (size_t i = 0; i < strlen(c.token); i++) {
        json_t *claims = NULL;
        struct secret *secret = NULL;
        char kept = c.token[i];
        c.token[i] = kept == 'A' ? 'B' : 'A';
        int rc = sts_token_open(&core_kit.core, slice_text(c.token), &claims, &secret);
        c.token[i] = kept;
        assert_int_equal(rc, CH_ENOTFOUND);
        assert_null(claims);
        assert_null(secret);
    }
    sts_credentials_free(&c);
}

static void what_is_no_token_is_nobodys(void **state)
{
    (void)state;
    char large[STS_TOKEN_MAX + 5];
    memset(large, 'A', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    const char *const tokens[] = {"A", "AAAA", "AAA=", "====", "AQ==", "%", "%41", "\x01", large};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        json_t *claims = NULL;
        struct secret *secret = NULL;
        assert_int_equal(sts_token_open(&core_kit.core, slice_text(tokens[i]), &claims, &secret),
                         CH_ENOTFOUND);
    }
}

static void claims_that_headers_cannot_hold_are_refused(void **state)
{
    (void)state;
    struct sts_credentials c;
    char large[STS_CLAIMS_MAX + 1];
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    json_t *claims = json_pack("{s:s}", "policy", large);
    assert_int_equal(sts_credentials_make(&core_kit.core, claims, &c), CH_ELIMIT);
    json_decref(claims);
}

/* Signs a call with the credentials, and the token or another one. */
static int authenticate(const struct sts_credentials *c, const char *token, struct request *r)
{
    static struct core_kit_call call;
    core_kit_call_make(&call, CORE_KIT_ACM "ListCertificates", "{}");
    if (token != NULL)
        core_kit_call_header(&call, "x-amz-security-token", token);
    core_kit_call_sign(&call, c->access_key_id, secret_slice(c->secret), clock_now(), CORE_KIT_REGION,
                       "acm");
    memset(r, 0, sizeof *r);
    r->core = &core_kit.core;
    r->call = &call.call;
    r->now = clock_now_us();
    return auth_authenticate(r);
}

static void refused(const struct sts_credentials *c, const char *token, const char *type)
{
    struct request r;
    assert_int_equal(authenticate(c, token, &r), CH_EAPI);
    assert_string_equal(r.error.type, type);
    assert_null(r.principal.session);
}

static void a_session_is_its_users_until_it_expires(void **state)
{
    (void)state;
    struct sts_credentials c;
    struct request r;
    make(admin_id, clock_now() + 60, &c);
    assert_int_equal(authenticate(&c, c.token, &r), 0);
    assert_string_equal(r.principal.user_id, admin_id);
    assert_string_equal(r.principal.access_key_id, c.access_key_id);
    assert_non_null(r.principal.session);
    json_decref(r.principal.session);
    sts_credentials_free(&c);
    make(admin_id, clock_now(), &c);
    refused(&c, c.token, "ExpiredTokenException");
    assert_int_equal(authenticate(&c, c.token, &r), CH_EAPI);
    assert_string_equal(r.error.text, "The security token included in the request is expired");
    sts_credentials_free(&c);
}

static void a_stripped_foreign_or_orphaned_token_is_refused(void **state)
{
    (void)state;
    struct sts_credentials one, other, orphan;
    make(admin_id, clock_now() + 60, &one);
    make(admin_id, clock_now() + 60, &other);
    make("AIDANOBODYNOBODYNOBOD", clock_now() + 60, &orphan);
    refused(&one, NULL, "UnrecognizedClientException");
    refused(&one, other.token, "UnrecognizedClientException");
    refused(&orphan, orphan.token, "UnrecognizedClientException");
    sts_credentials_free(&one);
    sts_credentials_free(&other);
    sts_credentials_free(&orphan);
}

static void an_expired_token_with_a_wrong_secret_tells_nothing_of_its_time(void **state)
{
    (void)state;
    struct sts_credentials c;
    make(admin_id, clock_now() - 1, &c);
    secret_data(c.secret)[0] ^= 1;
    refused(&c, c.token, "InvalidSignatureException");
    sts_credentials_free(&c);
}

static int set_up(void **state)
{
    int rc = core_kit_setup(state);
    return rc != 0 ? rc : store_read(core_kit.core.store, admin_read, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_token_says_comes_back),
        cmocka_unit_test(an_altered_token_is_nobodys),
        cmocka_unit_test(what_is_no_token_is_nobodys),
        cmocka_unit_test(claims_that_headers_cannot_hold_are_refused),
        cmocka_unit_test(a_session_is_its_users_until_it_expires),
        cmocka_unit_test(a_stripped_foreign_or_orphaned_token_is_refused),
        cmocka_unit_test(an_expired_token_with_a_wrong_secret_tells_nothing_of_its_time),
    };
    return cmocka_run_group_tests(tests, set_up, core_kit_teardown);
}
