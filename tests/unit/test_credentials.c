/* Who asks: keys known, inactive and foreign; dates, scopes, users. */
#include "tests/unit/core_kit.h"

#include "ca/auth/credentials.h"
#include "firmware/base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TARGET CORE_KIT_ACM "ListCertificates"

static void request_begin(struct request *r, const struct core_kit_call *c)
{
    memset(r, 0, sizeof *r);
    r->core = &core_kit.core;
    r->call = &c->call;
    r->now = clock_now_us();
}

static struct slice admin_secret(void)
{
    return secret_slice(core_kit.appliance.secret_access_key);
}

static void refused(const struct core_kit_call *c, const char *type, const char *text)
{
    struct request r;
    request_begin(&r, c);
    assert_int_equal(auth_authenticate(&r), CH_EAPI);
    assert_string_equal(r.error.type, type);
    assert_string_equal(r.error.text, text);
    assert_string_equal(r.principal.account, "");
}

static void accepted(const struct core_kit_call *c)
{
    struct request r;
    request_begin(&r, c);
    assert_int_equal(auth_authenticate(&r), 0);
    assert_null(r.error.type);
}

#define UNKNOWN "UnrecognizedClientException", "The security token included in the request is invalid."
#define MISMATCH                                                                                   \
    "InvalidSignatureException",                                                                   \
        "The request signature we calculated does not match the signature you provided. Check your " \
        "AWS Secret Access Key and signing method. Consult the service documentation for details."

static void a_right_signature_gives_principal_and_scope(void **state)
{
    (void)state;
    struct core_kit_call c;
    struct request r;
    char arn[128];
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, core_kit.appliance.access_key_id, admin_secret(), clock_now(), "eu-west-1", "acm");
    request_begin(&r, &c);
    assert_int_equal(auth_authenticate(&r), 0);
    snprintf(arn, sizeof arn, "arn:aws:iam::%s:user/admin", core_kit.appliance.account);
    assert_string_equal(r.principal.arn, arn);
    assert_string_equal(r.principal.user_name, "admin");
    assert_string_equal(r.principal.account, core_kit.appliance.account);
    assert_string_equal(r.principal.access_key_id, core_kit.appliance.access_key_id);
    assert_memory_equal(r.principal.user_id, "AIDA", 4);
    assert_string_equal(r.scope.account, core_kit.appliance.account);
    assert_string_equal(r.scope.region, "eu-west-1");
    assert_string_equal(r.service->name, "acm");
}

static void an_unknown_key_is_an_invalid_token(void **state)
{
    (void)state;
    struct core_kit_call c;
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, "AKIAUNKNOWNUNKNOWN22", admin_secret(), clock_now(), CORE_KIT_REGION, "acm");
    refused(&c, UNKNOWN);
}

static void an_overlong_key_id_is_an_invalid_token(void **state)
{
    (void)state;
    struct core_kit_call c;
    char id[200];
    memset(id, 'A', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, id, admin_secret(), clock_now(), CORE_KIT_REGION, "acm");
    refused(&c, UNKNOWN);
}

static void a_wrong_secret_is_a_mismatch(void **state)
{
    (void)state;
    struct core_kit_call c;
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, core_kit.appliance.access_key_id, slice_text("wrong"), clock_now(), CORE_KIT_REGION,
                  "acm");
    refused(&c, MISMATCH);
}

static void a_body_changed_on_the_way_is_a_mismatch(void **state)
{
    (void)state;
    struct core_kit_call c;
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign_admin(&c);
    accepted(&c);
    c.call.body = slice_text("{ }");
    refused(&c, MISMATCH);
}

static void a_session_token_is_not_ours(void **state)
{
    (void)state;
    struct core_kit_call c;
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_header(&c, "x-amz-security-token", "FwoGZXIvYXdzE");
    core_kit_call_sign_admin(&c);
    refused(&c, UNKNOWN);
}

static void a_region_that_is_not_served_is_refused(void **state)
{
    (void)state;
    static const char *const regions[] = {"us-west-2", "us-east", "east-1", "US-EAST-1"};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        struct core_kit_call c;
        core_kit_call_make(&c, TARGET, "{}");
        core_kit_call_sign(&c, core_kit.appliance.access_key_id, admin_secret(), clock_now(), regions[i],
                      "acm");
        refused(&c, "InvalidSignatureException", "Credential should be scoped to a valid region.");
    }
}

static void a_signature_for_another_service_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *target, *service, *expected;
    } cases[] = {{TARGET, "acm-pca", "Credential should be scoped to correct service: 'acm'."},
                 {TARGET, "iam", "Credential should be scoped to correct service: 'acm'."},
                 {CORE_KIT_PCA "ListCertificateAuthorities", "acm",
                  "Credential should be scoped to correct service: 'acm-pca'."},
                 {"Nothing.AtAll", "s3", "Credential should be scoped to correct service: 'acm'."}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct core_kit_call c;
        core_kit_call_make(&c, cases[i].target, "{}");
        core_kit_call_sign(&c, core_kit.appliance.access_key_id, admin_secret(), clock_now(), CORE_KIT_REGION,
                      cases[i].service);
        refused(&c, "InvalidSignatureException", cases[i].expected);
    }
}

/* ---- time ---- */

static int64_t fixed_now;

static int64_t fixed_clock(void)
{
    return fixed_now * 1000000;
}

static void a_signature_lives_five_minutes_to_both_sides(void **state)
{
    (void)state;
    static const int64_t at = 1440938160; /* 20150830T123600Z */
    static const struct {
        int64_t now;
        const char *text; /* NULL: accepted */
    } cases[] = {
        {1440938160, NULL},
        {1440938160 + 300, NULL},
        {1440938160 - 300, NULL},
        {1440938160 + 301, "Signature expired: 20150830T123600Z is now earlier than "
                           "20150830T123601Z (20150830T124101Z - 5 min.)"},
        {1440938160 - 301, "Signature not yet current: 20150830T123600Z is still later than "
                           "20150830T123559Z (20150830T123059Z + 5 min.)"},
    };
    struct core_kit_call c;
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, core_kit.appliance.access_key_id, admin_secret(), at, CORE_KIT_REGION, "acm");
    clock_replace(fixed_clock);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixed_now = cases[i].now;
        if (cases[i].text == NULL)
            accepted(&c);
        else
            refused(&c, "InvalidSignatureException", cases[i].text);
    }
    clock_replace(NULL);
}

static void a_presigned_call_lives_as_long_as_it_says(void **state)
{
    (void)state;
    static const int64_t at = 1440938160;
    struct core_kit_call c;
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_presign(&c, core_kit.appliance.access_key_id, admin_secret(), at, 3600, "acm");
    clock_replace(fixed_clock);
    fixed_now = at + 3600;
    accepted(&c);
    fixed_now = at + 3601;
    refused(&c, "InvalidSignatureException",
            "Signature expired: 20150830T133600Z is now earlier than 20150830T133601Z "
            "(20150830T133601Z - 0 min.)");
    fixed_now = at - 301;
    refused(&c, "InvalidSignatureException",
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
            "(20150830T123059Z + 5 min.)");
    clock_replace(NULL);
}

/* ---- users and keys ---- */

static void user_make(const char *name, struct new_user *user)
{
    *user = (struct new_user){.account = core_kit.appliance.account, .name = name};
    assert_int_equal(credentials_user_add(&core_kit.core, user), 0);
}

static void a_new_user_can_sign_at_once(void **state)
{
    (void)state;
    struct new_user user;
    struct core_kit_call c;
    struct request r;
    user_make("alice", &user);
    assert_memory_equal(user.access_key_id, "AKIA", 4);
    assert_int_equal(strlen(user.access_key_id), 20);
    assert_int_equal(secret_len(user.secret), 40);
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, user.access_key_id, secret_slice(user.secret), clock_now(), CORE_KIT_REGION,
                  "acm");
    request_begin(&r, &c);
    assert_int_equal(auth_authenticate(&r), 0);
    assert_string_equal(r.principal.user_name, "alice");
    secret_free(user.secret);
}

static void a_new_user_leaves_a_record_without_the_secret(void **state)
{
    (void)state;
    struct new_user user;
    user_make("recorded", &user);
    json_t *record = core_kit_record_newest();
    char *text = json_dumps(record, 0);
    char *secret = slice_dup(secret_slice(user.secret));
    assert_string_equal(json_string_value(json_object_get(record, "eventName")), "CreateUser");
    assert_non_null(strstr(text, user.access_key_id));
    assert_null(strstr(text, secret));
    free(secret);
    free(text);
    json_decref(record);
    secret_free(user.secret);
}

static void a_user_that_exists_is_not_made_again(void **state)
{
    (void)state;
    struct new_user user;
    user_make("twice", &user);
    secret_free(user.secret);
    assert_int_equal(credentials_user_add(&core_kit.core, &user), CH_EEXISTS);
    assert_null(user.secret);
    assert_string_equal(user.access_key_id, "");
}

static void names_that_iam_refuses_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "", "a b", "a/b", "a:b", "\xc3\xa9",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct new_user user = {.account = core_kit.appliance.account, .name = names[i]};
        assert_int_equal(credentials_user_add(&core_kit.core, &user), CH_EINVAL);
        assert_null(user.secret);
    }
    struct new_user nowhere = {.account = "000000000000", .name = "bob"};
    assert_int_equal(credentials_user_add(&core_kit.core, &nowhere), CH_ENOTFOUND);
    nowhere.account = "123";
    assert_int_equal(credentials_user_add(&core_kit.core, &nowhere), CH_EINVAL);
}

static int key_set(struct store_tx *tx, void *context)
{
    return store_access_key_set_active(tx, context, false);
}

static void a_key_that_is_made_inactive_fails_with_the_next_call(void **state)
{
    (void)state;
    struct new_user user;
    struct core_kit_call c;
    user_make("leaver", &user);
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, user.access_key_id, secret_slice(user.secret), clock_now(), CORE_KIT_REGION,
                  "acm");
    accepted(&c);
    assert_int_equal(store_write(core_kit.core.store, key_set, user.access_key_id), 0);
    refused(&c, UNKNOWN);
    secret_free(user.secret);
}

struct move {
    const char *from;
    struct access_key_row row;
};

static int key_copy(struct store_tx *tx, void *context)
{
    struct move *m = context;
    int r = store_access_key_get(tx, m->from, &m->row);
    assert_int_equal(r, 0);
    free(m->row.id);
    m->row.id = strdup("AKIACOPIEDCOPIEDCO22");
    return store_access_key_insert(tx, &m->row);
}

static void a_sealed_secret_moved_to_another_row_is_useless(void **state)
{
    (void)state;
    struct move m = {.from = core_kit.appliance.access_key_id};
    struct core_kit_call c;
    struct request r;
    assert_int_equal(store_write(core_kit.core.store, key_copy, &m), 0);
    access_key_row_free(&m.row);
    core_kit_call_make(&c, TARGET, "{}");
    core_kit_call_sign(&c, "AKIACOPIEDCOPIEDCO22", admin_secret(), clock_now(), CORE_KIT_REGION, "acm");
    request_begin(&r, &c);
    assert_int_equal(auth_authenticate(&r), CH_EAPI);
    assert_string_equal(r.error.type, "InternalFailure");
}

#define MANY 1010

static int drafts_write(struct store_tx *tx, void *context)
{
    const struct credentials_draft *drafts = context;
    int r = 0;
    for (size_t i = 0; i < MANY && r == 0; i++)
        r = credentials_draft_insert(tx, &drafts[i]);
    return r;
}

static void more_keys_than_the_cache_holds_all_work_and_secrets_do_not_pile_up(void **state)
{
    (void)state;
    struct credentials_draft *drafts = calloc(MANY, sizeof *drafts);
    assert_non_null(drafts);
    for (size_t i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "many-%zu", i);
        assert_int_equal(credentials_draft_make(&core_kit.core, core_kit.appliance.account, name, false,
                                                &drafts[i]),
                         0);
    }
    assert_int_equal(store_write(core_kit.core.store, drafts_write, drafts), 0);
    size_t before = secret_count();
    for (size_t i = 0; i < MANY + 20; i++) {
        struct core_kit_call c;
        const struct credentials_draft *d = &drafts[i % MANY];
        core_kit_call_make(&c, TARGET, "{}");
        core_kit_call_sign(&c, d->key.row.id, secret_slice(d->key.secret), clock_now(), CORE_KIT_REGION, "acm");
        accepted(&c);
    }
    assert_true(secret_count() - before <= 1000);
    for (size_t i = 0; i < MANY; i++)
        credentials_draft_free(&drafts[i]);
    free(drafts);
}

static void one_key_serves_more_scopes_than_it_caches(void **state)
{
    (void)state;
    static const char *const services[] = {"acm", "acm-pca"};
    static const char *const regions[] = {"us-east-1", "eu-west-1"};
    clock_replace(fixed_clock);
    for (int round = 0; round < 3; round++) {
        for (int n = 0; n < 12; n++) {
            struct core_kit_call c;
            fixed_now = 1440938160 + n / 4 * 86400;
            core_kit_call_make(&c, NULL, "{}");
            core_kit_call_sign(&c, core_kit.appliance.access_key_id, admin_secret(), fixed_now,
                          regions[n % 2], services[n / 2 % 2]);
            accepted(&c);
        }
    }
    clock_replace(NULL);
}

static void *authenticate_often(void *context)
{
    (void)context;
    size_t good = 0;
    for (int i = 0; i < 50; i++) {
        struct core_kit_call c;
        struct request r;
        core_kit_call_make(&c, TARGET, "{}");
        core_kit_call_sign_admin(&c);
        request_begin(&r, &c);
        good += auth_authenticate(&r) == 0;
    }
    return good == 50 ? context : NULL;
}

static void many_threads_may_authenticate_at_once(void **state)
{
    (void)state;
    pthread_t threads[8];
    core_kit_reopen(); /* with an empty cache */
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, authenticate_often, &core_kit), 0);
    for (size_t i = 0; i < 8; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &core_kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_signature_gives_principal_and_scope),
        cmocka_unit_test(an_unknown_key_is_an_invalid_token),
        cmocka_unit_test(an_overlong_key_id_is_an_invalid_token),
        cmocka_unit_test(a_wrong_secret_is_a_mismatch),
        cmocka_unit_test(a_body_changed_on_the_way_is_a_mismatch),
        cmocka_unit_test(a_session_token_is_not_ours),
        cmocka_unit_test(a_region_that_is_not_served_is_refused),
        cmocka_unit_test(a_signature_for_another_service_is_refused),
        cmocka_unit_test(a_signature_lives_five_minutes_to_both_sides),
        cmocka_unit_test(a_presigned_call_lives_as_long_as_it_says),
        cmocka_unit_test(a_new_user_can_sign_at_once),
        cmocka_unit_test(a_new_user_leaves_a_record_without_the_secret),
        cmocka_unit_test(a_user_that_exists_is_not_made_again),
        cmocka_unit_test(names_that_iam_refuses_are_refused),
        cmocka_unit_test(a_key_that_is_made_inactive_fails_with_the_next_call),
        cmocka_unit_test(a_sealed_secret_moved_to_another_row_is_useless),
        cmocka_unit_test(more_keys_than_the_cache_holds_all_work_and_secrets_do_not_pile_up),
        cmocka_unit_test(one_key_serves_more_scopes_than_it_caches),
        cmocka_unit_test(many_threads_may_authenticate_at_once),
    };
    return cmocka_run_group_tests(tests, core_kit_setup, core_kit_teardown);
}
