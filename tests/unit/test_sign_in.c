/* Signing in: what it says to whom, locks, and what time does to passwords, locks and sessions. */
#include "tests/unit/ops_kit.h"

#include "ca/arn.h"
#include "ca/iam/sign_in.h"
#include "ca/iam/sign_in_body.h"
#include "ca/sts/token.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY INT64_C(86400000000)
#define PASSWORD "First-word1"

static int64_t now = INT64_C(1795000000000000);

static int64_t clock_here(void)
{
    return now;
}

/* The answer's JSON; its status in *status. */
static json_t *sign_in(const char *peer, const char *user, const char *password,
                       const char *new_password, uint32_t *status)
{
    struct sign_in_reply reply;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s*}", "account", ops.account, "userName", user,
                             "password", password, "newPassword", new_password);
    char *text = json_dumps(body, JSON_COMPACT);
    struct msg_sign_in asked = {slice_text(peer), slice_text("agent"), slice_text(text)};
    sign_in_answer(&ops.core, &asked, &reply);
    json_t *answer = json_loadb((const char *)reply.body.data, reply.body.len, 0, NULL);
    assert_non_null(answer);
    *status = reply.status;
    buf_free(&reply.body);
    json_decref(body);
    free(text);
    return answer;
}

static void expect(const char *peer, const char *user, const char *password,
                   const char *new_password, uint32_t status, const char *type)
{
    uint32_t got = 0;
    json_t *answer = sign_in(peer, user, password, new_password, &got);
    const char *said = json_string_value(json_object_get(answer, "__type"));
    if (got != status || strcmp(said == NULL ? "" : said, type) != 0)
        fail_msg("%s: %u %s", user, got, said);
    json_decref(answer);
}

static void user_make(const char *name)
{
    json_decref(ops_ok("iam", "CreateUser", "{s:s}", "UserName", name));
    json_decref(ops_ok("iam", "CreateLoginProfile", "{s:s, s:s}", "UserName", name, "Password",
                       PASSWORD));
}

static void rules_set(int days, bool hard)
{
    json_decref(ops_ok("iam", "UpdateAccountPasswordPolicy", "{s:i, s:b}", "MaxPasswordAge", days,
                       "HardExpiry", hard));
}

static void a_lock_ends_with_its_window(void **state)
{
    (void)state;
    user_make("locked");
    for (int i = 0; i < 10; i++)
        expect("192.0.2.1", "locked", "wrong", NULL, 401, "SignInFailedException");
    expect("192.0.2.1", "locked", PASSWORD, NULL, 429, "ThrottlingException");
    expect("192.0.2.2", "locked", PASSWORD, NULL, 429, "ThrottlingException");
    now += 15 * INT64_C(60000000) - 1;
    expect("192.0.2.1", "locked", PASSWORD, NULL, 429, "ThrottlingException");
    now += 1;
    expect("192.0.2.1", "locked", PASSWORD, NULL, 200, "");
}

static void all_addresses_of_a_slash_64_are_one(void **state)
{
    char peer[64], user[16];
    struct sign_ins *all = ops.core.sign_ins;
    struct config few = ops.config;
    few.sign_in_attempts_per_address = 12;
    ops.core.sign_ins = sign_ins_new(&few);
    (void)state;
    user_make("six");
    for (int i = 0; i < 12; i++) {
        snprintf(peer, sizeof peer, "2001:db8:1:2::%x", i + 1);
        snprintf(user, sizeof user, "nobody%d", i);
        expect(peer, user, "x", NULL, 401, "SignInFailedException");
    }
    expect("2001:db8:1:2:ffff::1", "six", PASSWORD, NULL, 429, "ThrottlingException");
    expect("2001:db8:1:3::1", "six", PASSWORD, NULL, 200, "");
    sign_ins_free(ops.core.sign_ins);
    ops.core.sign_ins = all;
}

static void a_password_ends_with_the_age_of_the_account(void **state)
{
    (void)state;
    user_make("aging");
    rules_set(30, false);
    now += 30 * DAY - 1000000;
    expect("192.0.2.1", "aging", PASSWORD, NULL, 200, "");
    now += 1000000;
    expect("192.0.2.1", "aging", PASSWORD, NULL, 403, "PasswordChangeRequiredException");
    expect("192.0.2.1", "aging", "wrong", NULL, 401, "SignInFailedException");
    rules_set(30, true);
    expect("192.0.2.1", "aging", PASSWORD, "Second-word2", 403, "PasswordExpiredException");
    rules_set(30, false);
    expect("192.0.2.1", "aging", PASSWORD, "Second-word2", 200, "");
    expect("192.0.2.1", "aging", PASSWORD, NULL, 401, "SignInFailedException");
    expect("192.0.2.1", "aging", "Second-word2", NULL, 200, "");
    json_decref(ops_ok("iam", "DeleteAccountPasswordPolicy", "{}"));
}

static void a_session_says_whose_it_is_and_ends_after_the_configured_time(void **state)
{
    uint32_t status = 0;
    json_t *claims = NULL;
    struct secret *secret = NULL;
    (void)state;
    user_make("session");
    json_t *answer = sign_in("192.0.2.1", "session", PASSWORD, NULL, &status);
    const json_t *credentials = json_object_get(answer, "credentials");
    const char *token = ops_text(credentials, "sessionToken");
    assert_int_equal(status, 200);
    assert_int_equal(sts_token_open(&ops.core, slice_text(token), &claims, &secret), 0);
    assert_string_equal(ops_text(claims, "entity"), ops_text(answer, "userId"));
    assert_string_equal(ops_text(claims, "key"), ops_text(credentials, "accessKeyId"));
    assert_int_equal(json_integer_value(json_object_get(claims, "expires")),
                     now / 1000000 + ops.config.sign_in_session);
    assert_null(json_object_get(claims, "mfa"));
    assert_true(json_is_true(json_object_get(claims, "console")));
    secret_free(secret);
    json_decref(claims);
    json_decref(answer);
}

static void only_so_many_passwords_are_tried_at_once(void **state)
{
    (void)state;
    struct sign_ins *all = ops.core.sign_ins;
    struct config none = ops.config;
    none.sign_in_at_once = 0;
    ops.core.sign_ins = sign_ins_new(&none);
    expect("192.0.2.1", "session", PASSWORD, NULL, 503, "ServiceUnavailableException");
    sign_ins_free(ops.core.sign_ins);
    ops.core.sign_ins = all;
}

static void bodies_are_read_by_the_table(void **state)
{
    static const struct {
        const char *body, *type;
    } rows[] = {
        {"", "SerializationException"},
        {"1", "SerializationException"},
        {"{\"account\":\"house\",\"userName\":\"a\",\"password\":\"b\"}", NULL},
        {"{\"account\":\"house\",\"userName\":\"a\",\"password\":\"\xc3\xa4\"}", NULL},
        {"{\"account\":\"house\",\"userName\":\"a\",\"password\":\"\xc4\x80\"}", "ValidationException"},
        {"{\"account\":\"House\",\"userName\":\"a\",\"password\":\"b\"}", "ValidationException"},
        {"{\"account\":\"house\",\"userName\":\"a b\",\"password\":\"b\"}", "ValidationException"},
        {"{\"account\":\"house\",\"userName\":\"a\"}", "ValidationException"},
        {"{\"account\":\"house\",\"userName\":\"a\",\"password\":\"b\",\"x\":\"y\"}", "ValidationException"},
        {"{\"account\":\"house\",\"userName\":\"a\",\"password\":\"b\",\"mfaCode\":\"12345x\"}", "ValidationException"},
        {"{\"account\":\"house\",\"userName\":\"a\",\"password\":\"b\",\"mfaCode\":123456}", "ValidationException"},
        {"{\"account\":\"house\",\"userName\":\"a\",\"password\":\"b\",\"password\":\"c\"}", "SerializationException"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sign_in_body body;
        struct api_error error = {0};
        int rc = sign_in_body_parse(slice_text(rows[i].body), &body, &error);
        assert_int_equal(rc, rows[i].type == NULL ? 0 : CH_EAPI);
        if (rows[i].type != NULL)
            assert_string_equal(error.type, rows[i].type);
        sign_in_body_free(&body);
    }
}

static int setup(void **state)
{
    int rc = ops_setup(state);
    clock_replace(clock_here);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_ends_with_its_window),
        cmocka_unit_test(all_addresses_of_a_slash_64_are_one),
        cmocka_unit_test(a_password_ends_with_the_age_of_the_account),
        cmocka_unit_test(a_session_says_whose_it_is_and_ends_after_the_configured_time),
        cmocka_unit_test(only_so_many_passwords_are_tried_at_once),
        cmocka_unit_test(bodies_are_read_by_the_table),
    };
    return cmocka_run_group_tests(tests, setup, ops_teardown);
}
