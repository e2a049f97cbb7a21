/* Tests of ca/jobs/key_maker.c: what an interruption left, and what the HSM cannot do. */
#include "tests/unit/ops_kit.h"

#include "ca/arn.h"
#include "ca/jobs/key_maker.h"
#include "ca/pca/authority.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCA "acm-pca"
#define ARN "CertificateAuthorityArn"

static json_t *creating(const char *name)
{
    return ops_ok(PCA, "CreateCertificateAuthority", "{s:s, s:{s:s, s:s, s:{s:s}}}",
                  "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                  "KeyAlgorithm", "EC_prime256v1", "SigningAlgorithm", "SHA256WITHECDSA", "Subject",
                  "CommonName", name);
}

static char *status(const char *arn, char **reason)
{
    json_t *out = ops_ok(PCA, "DescribeCertificateAuthority", "{s:s}", ARN, arn);
    const json_t *ca = json_object_get(out, "CertificateAuthority");
    const char *why = json_string_value(json_object_get(ca, "FailureReason"));
    char *text = strdup(ops_text(ca, "Status"));
    if (reason != NULL)
        *reason = why == NULL ? NULL : strdup(why);
    json_decref(out);
    return text;
}

static void assert_status(const char *arn, const char *expected)
{
    char *text = status(arn, NULL);
    assert_string_equal(text, expected);
    free(text);
}

struct get {
    struct scope scope;
    const char *id;
    struct authority_row row;
};

static int get_unit(struct store_tx *tx, void *context)
{
    struct get *g = context;
    return store_authority_get(tx, &g->scope, g->id, &g->row);
}

static void row_of(const char *arn, struct get *g)
{
    memset(g, 0, sizeof *g);
    memcpy(g->scope.account, ops.account, sizeof g->scope.account);
    snprintf(g->scope.region, sizeof g->scope.region, OPS_REGION);
    g->id = strrchr(arn, '/') + 1;
    assert_int_equal(store_read(ops.core.store, get_unit, g), 0);
}

static void authorities_that_wait_are_made_at_start(void **state)
{
    (void)state;
    ops_maker_stop();
    json_t *one = creating("One");
    json_t *two = creating("Two");
    assert_status(ops_text(one, ARN), "CREATING");
    ops_restart();
    ops_wait();
    assert_status(ops_text(one, ARN), "PENDING_CERTIFICATE");
    assert_status(ops_text(two, ARN), "PENDING_CERTIFICATE");
    json_decref(two);
    json_decref(one);
}

static void a_pair_of_an_interrupted_attempt_is_made_anew(void **state)
{
    (void)state;
    struct get before, after;
    struct hsm_name name;
    struct buf left = {0};
    ops_maker_stop();
    json_t *made = creating("Interrupted");
    row_of(ops_text(made, ARN), &before);
    authority_key_name(&before.row, &name);
    assert_int_equal(hsm_pair_generate(ops.core.hsm, &name, KEY_ALG_P256, &left), 0);
    ops_maker_start();
    ops_wait();
    assert_status(ops_text(made, ARN), "PENDING_CERTIFICATE");
    row_of(ops_text(made, ARN), &after);
    assert_false(slice_equal(buf_slice(&left), buf_slice(&after.row.spki)));
    assert_memory_equal(before.row.key_id, after.row.key_id, 16);
    buf_free(&left);
    authority_row_free(&before.row);
    authority_row_free(&after.row);
    json_decref(made);
}

static void a_key_that_is_in_use_is_never_made_anew(void **state)
{
    (void)state;
    struct get before, after;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "In Use");
    row_of(arn, &before);
    ops_restart();
    ops_wait();
    row_of(arn, &after);
    assert_true(slice_equal(buf_slice(&before.row.spki), buf_slice(&after.row.spki)));
    assert_string_equal(after.row.status, "ACTIVE");
    char *csr = ops_csr("EC", "/CN=after.example.com", NULL);
    free(ops_issue(arn, "SHA256WITHECDSA", csr));
    free(csr);
    authority_row_free(&before.row);
    authority_row_free(&after.row);
    free(arn);
}

static int insert_unit(struct store_tx *tx, void *context)
{
    return store_authority_insert(tx, context);
}

/* As if the configuration named what the HSM of this appliance cannot make. */
static void what_cannot_be_made_fails_with_its_reason(void **state)
{
    (void)state;
    char *reason = NULL;
    char arn[ARN_SIZE];
    struct authority_row row = {
        .type = strdup("ROOT"),
        .status = strdup("CREATING"),
        .usage_mode = strdup("GENERAL_PURPOSE"),
        .key_storage = strdup("FIPS_140_2_LEVEL_3_OR_HIGHER"),
        .configuration = strdup("{\"KeyAlgorithm\":\"ML_DSA_44\",\"SigningAlgorithm\":"
                                "\"ML_DSA_44\",\"Subject\":{\"CommonName\":\"x\"}}"),
        .created_at = clock_now_us(),
        .state_changed_at = clock_now_us(),
    };
    memcpy(row.scope.account, ops.account, sizeof row.scope.account);
    snprintf(row.scope.region, sizeof row.scope.region, OPS_REGION);
    assert_int_equal(arn_uuid_new(row.id), 0);
    assert_int_equal(store_write(ops.core.store, insert_unit, &row), 0);
    ops_wait();
    arn_authority(&row.scope, row.id, arn);
    char *text = status(arn, &reason);
    assert_string_equal(text, "FAILED");
    assert_non_null(reason);
    ops_refused("InvalidStateException", PCA, "GetCertificateAuthorityCsr", "{s:s}", ARN, arn);
    ops_refused("InvalidStateException", PCA, "ImportCertificateAuthorityCertificate", "{s:s, s:s}",
                ARN, arn, "Certificate", "AAAA");
    ops_refused("InvalidStateException", PCA, "CreatePermission", "{s:s, s:s, s:[s]}", ARN, arn,
                "Principal", "acm.amazonaws.com", "Actions", "GetCertificate");
    free(reason);
    free(text);
    authority_row_free(&row);
}

static void without_a_maker_nothing_waits(void **state)
{
    (void)state;
    static const char id[ROW_UUID_SIZE] = "x";
    assert_int_equal(key_maker_wait(NULL, 1000), CH_ESTATE);
    assert_int_equal(key_maker_claim(NULL, id), 0);
    assert_null(key_maker_authorities(NULL));
    key_maker_wake(NULL);
    key_maker_release(NULL, id);
    key_maker_free(NULL);
}

/* ---- the cache of issuers that the maker owns ---- */

static void more_authorities_than_the_cache_holds_issue_all_the_same(void **state)
{
    (void)state;
    struct get g;
    const struct authority_issuer *held = NULL;
    const struct authority_issuer *again = NULL;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Cached");
    struct authority_cache *cache = authority_cache_new();
    row_of(arn, &g);
    assert_int_equal(authority_issuer_acquire(cache, &g.row, &held), 0);
    assert_int_equal(authority_issuer_acquire(cache, &g.row, &again), 0);
    assert_ptr_equal(held, again);
    authority_issuer_release(cache, again);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(arn_uuid_new(g.row.id), 0);
        assert_int_equal(authority_issuer_acquire(cache, &g.row, &again), 0);
        assert_ptr_not_equal(held, again);
        authority_issuer_release(cache, again);
    }
    /* Long dropped from the cache, and still whole, because it is held. */
    assert_true(pki_certificate_is_ca(held->certificate));
    authority_issuer_release(cache, held);
    g.row.certificate.len = 0;
    assert_int_equal(authority_issuer_acquire(cache, &g.row, &held), CH_ESTATE);
    authority_cache_free(cache);
    authority_row_free(&g.row);
    free(arn);
}

/* ---- how many may wait ---- */

static json_t *waiting_request(const char *authority, const char *alg, const char *token)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "DomainName", "waits.example.internal",
                     "CertificateAuthorityArn", authority, "KeyAlgorithm", alg, "IdempotencyToken",
                     token);
}

static void so_many_wait_for_a_key_and_the_next_is_told_to_slow_down(void **state)
{
    (void)state;
    struct ops_answer answer;
    char *root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Backlog");
    ops.config.quota_waiting = 2;
    ops_maker_stop();
    json_t *one = ops_ok("acm", "RequestCertificate", "o",
                         waiting_request(root, "RSA_3072", "one"));
    json_t *two = ops_ok("acm", "RequestCertificate", "o",
                         waiting_request(root, "RSA_3072", "two"));
    ops_refused("ThrottlingException", "acm", "RequestCertificate", "o",
                waiting_request(root, "RSA_3072", "three"));
    /* What need not wait, and what was asked before, is not refused. */
    ops_call("acm", "RequestCertificate", waiting_request(root, "EC_prime256v1", "ec"), &answer);
    assert_int_equal(answer.code, 0);
    ops_answer_free(&answer);
    json_t *again = ops_ok("acm", "RequestCertificate", "o",
                           waiting_request(root, "RSA_3072", "two"));
    assert_string_equal(ops_text(again, "CertificateArn"), ops_text(two, "CertificateArn"));
    ops_maker_start();
    ops_wait();
    json_t *three = ops_ok("acm", "RequestCertificate", "o",
                           waiting_request(root, "RSA_3072", "three"));
    ops_wait();
    json_t *made = ops_ok("acm", "DescribeCertificate", "{s:s}", "CertificateArn",
                          ops_text(three, "CertificateArn"));
    assert_string_equal(ops_text(json_object_get(made, "Certificate"), "Status"), "ISSUED");
    ops.config.quota_waiting = 200;
    json_decref(made);
    json_decref(three);
    json_decref(again);
    json_decref(two);
    json_decref(one);
    free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authorities_that_wait_are_made_at_start),
        cmocka_unit_test(a_pair_of_an_interrupted_attempt_is_made_anew),
        cmocka_unit_test(a_key_that_is_in_use_is_never_made_anew),
        cmocka_unit_test(what_cannot_be_made_fails_with_its_reason),
        cmocka_unit_test(without_a_maker_nothing_waits),
        cmocka_unit_test(so_many_wait_for_a_key_and_the_next_is_told_to_slow_down),
        cmocka_unit_test(more_authorities_than_the_cache_holds_issue_all_the_same),
    };
    return cmocka_run_group_tests(tests, ops_setup, ops_teardown);
}
