/* Tests of ca/pca: IssueCertificate and GetCertificate. */
#include "tests/unit/ops_kit.h"

#include "ca/arn.h"
#include "firmware/base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PCA "acm-pca"
#define ARN "CertificateAuthorityArn"
#define EC_SIG "SHA256WITHECDSA"
#define RSA_SIG "SHA256WITHRSA"
#define DAY INT64_C(86400)

static char *root; /* an ACTIVE EC root, ten years */
static char *csr;  /* EC, CN and a DNS name */

static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "Issue Root");
    csr = ops_csr("EC", "/CN=leaf.example.com", "leaf.example.com");
    return 0;
}

static int teardown(void **state)
{
    free(csr);
    free(root);
    return ops_teardown(state);
}

static json_t *order(const char *authority, const char *csr64)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:i}}", ARN, authority, "Csr", csr64,
                     "SigningAlgorithm", EC_SIG, "Validity", "Type", "DAYS", "Value", 30);
}

static json_t *order_with(const char *member, json_t *value)
{
    json_t *in = order(root, csr);
    json_object_set_new(in, member, value);
    return in;
}

static struct pki_certificate *issued(json_t *in)
{
    json_t *out = ops_ok(PCA, "IssueCertificate", "o", in);
    json_t *got = ops_get(root, ops_text(out, "CertificateArn"));
    struct pki_certificate *c = ops_parse(ops_text(got, "Certificate"));
    json_decref(got);
    json_decref(out);
    return c;
}

static json_t *validity(const char *type, int64_t value)
{
    return json_pack("{s:s, s:I}", "Type", type, "Value", (json_int_t)value);
}

static void refused(const char *type, const char *member, json_t *value)
{
    ops_refused(type, PCA, "IssueCertificate", "o", order_with(member, value));
}

/* ---- hierarchies ---- */

static void chain_is_verified_by_openssl(const char *key, const char *sig, const char *csr_key)
{
    char *top = ops_root(key, sig, "Top");
    char *sub = ops_authority("SUBORDINATE", key, sig, "Middle");
    char *leaf_csr = ops_csr(csr_key, "/CN=www.example.com", "www.example.com");
    ops_authority_activate(sub, top, sig, "SubordinateCACertificate_PathLen0/V1", 1000);
    char *leaf = ops_issue(sub, sig, leaf_csr);
    json_t *got = ops_get(sub, leaf);
    const char *certificate = ops_text(got, "Certificate");
    const char *chain = ops_text(got, "CertificateChain");
    assert_int_equal(certificate[strlen(certificate) - 1], '-');
    assert_int_equal(chain[strlen(chain) - 1], '-');
    assert_non_null(strstr(strstr(chain, "BEGIN") + 1, "BEGIN"));
    assert_true(ops_openssl_verifies(certificate, chain));
    json_decref(got);
    free(leaf);
    free(leaf_csr);
    free(sub);
    free(top);
}

static void an_ec_hierarchy_is_verified_by_openssl(void **state)
{
    (void)state;
    chain_is_verified_by_openssl("EC_prime256v1", EC_SIG, "EC");
    chain_is_verified_by_openssl("EC_secp384r1", "SHA384WITHECDSA", "RSA");
}

static void an_rsa_hierarchy_is_verified_by_openssl(void **state)
{
    (void)state;
    chain_is_verified_by_openssl("RSA_2048", RSA_SIG, "RSA");
    chain_is_verified_by_openssl("RSA_2048", "SHA512WITHRSA", "EC");
}

static void a_chain_of_another_root_does_not_verify(void **state)
{
    (void)state;
    char *other = ops_root("EC_prime256v1", EC_SIG, "Issue Root");
    char *leaf = ops_issue(root, EC_SIG, csr);
    json_t *got = ops_get(root, leaf);
    json_t *wrong = ops_ok(PCA, "GetCertificateAuthorityCertificate", "{s:s}", ARN, other);
    assert_false(
        ops_openssl_verifies(ops_text(got, "Certificate"), ops_text(wrong, "Certificate")));
    json_decref(wrong);
    json_decref(got);
    free(leaf);
    free(other);
}

/* ---- what is in the certificate ---- */

static void a_leaf_has_its_dates_usages_and_a_long_serial(void **state)
{
    (void)state;
    char oids[4][64];
    char serial[PKI_SERIAL_TEXT_SIZE];
    int64_t now = clock_now();
    struct pki_certificate *c = issued(order(root, csr));
    assert_in_range(pki_certificate_not_before(c), (uintmax_t)(now - 3605),
                    (uintmax_t)(now - 3590));
    assert_in_range(pki_certificate_not_after(c), (uintmax_t)(now + 30 * DAY - 5),
                    (uintmax_t)(now + 30 * DAY + 10));
    assert_false(pki_certificate_is_ca(c));
    assert_true(pki_certificate_key_usage(c) & PKI_KU_DIGITAL_SIGNATURE);
    assert_int_equal(pki_certificate_extended_key_usage(c, oids, 4), 2);
    pki_certificate_serial(c, serial);
    assert_int_equal(strlen(serial), 59);
    assert_true(strtol(serial, NULL, 16) < 0x80 && strtol(serial, NULL, 16) > 0);
    pki_certificate_free(c);
}

static void every_kind_of_validity_is_understood(void **state)
{
    (void)state;
    int64_t now = clock_now();
    struct tm tm;
    time_t end = (time_t)(now + 100 * DAY);
    gmtime_r(&end, &tm);
    int64_t digits =
        ((((tm.tm_year % 100) * INT64_C(100) + tm.tm_mon + 1) * 100 + tm.tm_mday) * 100 +
         tm.tm_hour) *
            10000 +
        tm.tm_min * 100 + tm.tm_sec;
    const struct {
        const char *type;
        int64_t value, least, most;
    } rows[] = {
        {"DAYS", 1, now + DAY - 5, now + DAY + 10},
        {"MONTHS", 2, now + 58 * DAY, now + 63 * DAY},
        {"YEARS", 3, now + 3 * 365 * DAY - 5, now + 3 * 365 * DAY + DAY + 10},
        {"ABSOLUTE", now + 77, now + 77, now + 77},
        {"END_DATE", digits, end, end},
        {"END_DATE", digits + INT64_C(20000000000000), end, end},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pki_certificate *c =
            issued(order_with("Validity", validity(rows[i].type, rows[i].value)));
        assert_in_range(pki_certificate_not_after(c), (uintmax_t)rows[i].least,
                        (uintmax_t)rows[i].most);
        pki_certificate_free(c);
    }
}

static void not_before_can_be_set(void **state)
{
    (void)state;
    int64_t begin = clock_now() - 5 * DAY;
    struct pki_certificate *c =
        issued(order_with("ValidityNotBefore", validity("ABSOLUTE", begin)));
    assert_int_equal(pki_certificate_not_before(c), begin);
    pki_certificate_free(c);
    refused("InvalidArgsException", "ValidityNotBefore", validity("DAYS", 1));
    refused("InvalidArgsException", "ValidityNotBefore",
            validity("ABSOLUTE", clock_now() + 40 * DAY));
}

static void a_wrong_validity_is_refused(void **state)
{
    (void)state;
    refused("InvalidArgsException", "Validity", validity("END_DATE", 20301332000000));
    refused("InvalidArgsException", "Validity", validity("END_DATE", 20300230000000));
    refused("InvalidArgsException", "Validity", validity("END_DATE", 20200101000000));
    refused("InvalidArgsException", "Validity", validity("END_DATE", 5));
    refused("InvalidArgsException", "Validity", validity("ABSOLUTE", 1000));
    refused("InvalidArgsException", "Validity", validity("YEARS", 100000));
    refused("ValidationException", "Validity", validity("DAYS", 0));
}

static void nothing_outlives_its_authority(void **state)
{
    (void)state;
    refused("ValidationException", "Validity", validity("YEARS", 11));
    assert_string_equal(ops.text, "The certificate validity specified exceeds the certificate "
                                  "authority validity");
}

/* ---- templates ---- */

static void templates_that_are_not_known_are_refused(void **state)
{
    (void)state;
    refused("InvalidArgsException", "TemplateArn",
            json_string("arn:aws:acm-pca:::template/NoSuchCertificate/V1"));
    refused("InvalidArnException", "TemplateArn",
            json_string("arn:aws:acm-pca:::templates/EndEntityCertificate/V1"));
    refused("InvalidArnException", "TemplateArn",
            json_string("arn:aws:acm-pca:us-east-1::template/EndEntityCertificate/V1"));
}

static json_t *order_by(const char *template_name, json_t *passthrough)
{
    char arn[128];
    snprintf(arn, sizeof arn, "arn:aws:acm-pca:::template/%s/V1", template_name);
    json_t *in = order_with("TemplateArn", json_string(arn));
    json_object_set_new(in, "ApiPassthrough", passthrough);
    return in;
}

static void subject_is(json_t *in, const char *wanted)
{
    struct buf text = {0};
    struct pki_certificate *c = issued(in);
    assert_int_equal(pki_name_text(pki_certificate_subject(c), &text), 0);
    assert_string_equal(buf_text(&text), wanted);
    buf_free(&text);
    pki_certificate_free(c);
}

static void api_passthrough_counts_with_its_templates_only(void **state)
{
    (void)state;
    json_t *bad = json_pack("{s:{s:{}}}", "Extensions", "KeyUsage");
    ops_refused("InvalidArgsException", PCA, "IssueCertificate", "o",
                order_by("BlankEndEntityCertificate_APIPassthrough", json_incref(bad)));
    subject_is(order_by("EndEntityCertificate", json_incref(bad)), "CN=leaf.example.com");
    subject_is(order_by("EndEntityCertificate_CSRPassthrough", bad), "CN=leaf.example.com");
    json_t *named = json_pack("{s:{s:s, s:s}}", "Subject", "CommonName", "api", "Country", "DE");
    subject_is(order_by("EndEntityCertificate_APICSRPassthrough", json_incref(named)),
               "C=DE,CN=api");
    subject_is(order_by("EndEntityCertificate", named), "CN=leaf.example.com");
}

static void a_root_certificate_is_for_the_authoritys_own_key(void **state)
{
    (void)state;
    char *pending = ops_authority("ROOT", "EC_prime256v1", EC_SIG, "Own");
    json_t *in = order(pending, csr);
    json_object_set_new(in, "TemplateArn",
                        json_string("arn:aws:acm-pca:::template/RootCACertificate/V1"));
    ops_refused("InvalidArgsException", PCA, "IssueCertificate", "o", in);
    ops_refused("InvalidStateException", PCA, "IssueCertificate", "o", order(pending, csr));
    assert_string_equal(ops.text, "The certificate authority is not in a valid state for issuing "
                                  "certificates");
    free(pending);
}

static void path_lengths_get_shorter_downwards(void **state)
{
    (void)state;
    char *one = ops_authority("SUBORDINATE", "EC_prime256v1", EC_SIG, "One");
    char *two = ops_authority("SUBORDINATE", "EC_prime256v1", EC_SIG, "Two");
    json_t *two_csr = ops_ok(PCA, "GetCertificateAuthorityCsr", "{s:s}", ARN, two);
    char *csr64 = ops_base64(ops_text(two_csr, "Csr"));
    ops_authority_activate(one, root, EC_SIG, "SubordinateCACertificate_PathLen1/V1", 1000);
    static const char *const too_long[] = {"PathLen1", "PathLen2", "PathLen3"};
    for (size_t i = 0; i < 3; i++) {
        char template_arn[128];
        snprintf(template_arn, sizeof template_arn,
                 "arn:aws:acm-pca:::template/SubordinateCACertificate_%s/V1", too_long[i]);
        json_t *in = order(one, csr64);
        json_object_set_new(in, "TemplateArn", json_string(template_arn));
        ops_refused("ValidationException", PCA, "IssueCertificate", "o", in);
    }
    ops_authority_activate(two, one, EC_SIG, "SubordinateCACertificate_PathLen0/V1", 500);
    json_t *in = order(two, csr64);
    json_object_set_new(
        in, "TemplateArn",
        json_string("arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1"));
    ops_refused("ValidationException", PCA, "IssueCertificate", "o", in);
    char *leaf = ops_issue(two, EC_SIG, csr);
    json_t *got = ops_get(two, leaf);
    assert_true(
        ops_openssl_verifies(ops_text(got, "Certificate"), ops_text(got, "CertificateChain")));
    json_decref(got);
    free(leaf);
    free(csr64);
    json_decref(two_csr);
    free(two);
    free(one);
}

/* ---- requests ---- */

static void the_signing_algorithm_must_fit_the_authority(void **state)
{
    (void)state;
    refused("InvalidArgsException", "SigningAlgorithm", json_string(RSA_SIG));
    refused("InvalidArgsException", "SigningAlgorithm", json_string("ML_DSA_44"));
}

static void a_csr_that_is_none_or_was_altered_is_refused(void **state)
{
    (void)state;
    char *text = ops_base64("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
                            "-----END CERTIFICATE REQUEST-----\n");
    char *nameless = ops_csr("EC", "/", NULL);
    char *altered = ops_csr("EC", "/CN=a.example.com", NULL);
    refused("MalformedCSRException", "Csr", json_string(text));
    refused("MalformedCSRException", "Csr", json_string(nameless));
    char *at = altered + strlen(altered) / 2;
    *at = *at == 'A' ? 'B' : 'A';
    refused("MalformedCSRException", "Csr", json_string(altered));
    free(altered);
    free(nameless);
    free(text);
}

static void a_short_lived_authority_gives_seven_days_at_most(void **state)
{
    (void)state;
    json_t *out = ops_ok(PCA, "CreateCertificateAuthority", "{s:s, s:s, s:{s:s, s:s, s:{s:s}}}",
                         "UsageMode", "SHORT_LIVED_CERTIFICATE", "CertificateAuthorityType", "ROOT",
                         "CertificateAuthorityConfiguration", "KeyAlgorithm", "EC_prime256v1",
                         "SigningAlgorithm", EC_SIG, "Subject", "CommonName", "Short");
    const char *arn = ops_text(out, ARN);
    ops_wait();
    ops_authority_activate(arn, arn, EC_SIG, "RootCACertificate/V1", 365);
    json_t *in = order(arn, csr);
    json_object_set_new(in, "Validity", validity("DAYS", 8));
    ops_refused("ValidationException", PCA, "IssueCertificate", "o", in);
    in = order(arn, csr);
    json_object_set_new(in, "Validity", validity("DAYS", 7));
    json_decref(ops_ok(PCA, "IssueCertificate", "o", in));
    json_decref(out);
}

/* ---- idempotency ---- */

#define THREADS 8

struct caller {
    pthread_t thread;
    char arn[ARN_SIZE];
    int code;
};

static void *call_with_token(void *context)
{
    struct caller *c = context;
    struct ops_answer *answer = calloc(1, sizeof *answer);
    ops_call(PCA, "IssueCertificate", order_with("IdempotencyToken", json_string("all-at-once")),
             answer);
    c->code = answer->code;
    snprintf(c->arn, sizeof c->arn, "%s",
             json_string_value(json_object_get(answer->out, "CertificateArn")));
    ops_answer_free(answer);
    free(answer);
    return NULL;
}

static int count_unit(struct store_tx *tx, void *context)
{
    return store_issued_count(tx, context);
}

static uint64_t count(void)
{
    uint64_t n = 0;
    assert_int_equal(store_read(ops.core.store, count_unit, &n), 0);
    return n;
}

static void eight_callers_with_one_token_get_one_certificate(void **state)
{
    (void)state;
    struct caller callers[THREADS];
    uint64_t before = count();
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_with_token, &callers[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(callers[i].code, 0);
        assert_string_equal(callers[i].arn, callers[0].arn);
    }
    assert_int_equal(count(), before + 1);
    json_decref(ops_get(root, callers[0].arn));
}

static void a_token_with_another_request_is_refused(void **state)
{
    (void)state;
    json_t *in = order_with("IdempotencyToken", json_string("mine"));
    json_decref(ops_ok(PCA, "IssueCertificate", "o", in));
    in = order_with("IdempotencyToken", json_string("mine"));
    json_object_set_new(in, "Validity", validity("DAYS", 31));
    ops_refused("InvalidArgsException", PCA, "IssueCertificate", "o", in);
}

static void without_a_token_each_call_gives_a_certificate(void **state)
{
    (void)state;
    char *first = ops_issue(root, EC_SIG, csr);
    char *second = ops_issue(root, EC_SIG, csr);
    assert_string_not_equal(first, second);
    free(second);
    free(first);
}

static void *call_without_token(void *context)
{
    struct caller *c = context;
    struct ops_answer *answer = calloc(1, sizeof *answer);
    ops_call(PCA, "IssueCertificate", order(root, csr), answer);
    c->code = answer->code;
    snprintf(c->arn, sizeof c->arn, "%s",
             json_string_value(json_object_get(answer->out, "CertificateArn")));
    ops_answer_free(answer);
    free(answer);
    return NULL;
}

static void callers_at_once_get_a_certificate_each(void **state)
{
    (void)state;
    struct caller callers[THREADS];
    uint64_t before = count();
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_without_token, &callers[i]),
                         0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(callers[i].code, 0);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(callers[i].arn, callers[k].arn);
    }
    assert_int_equal(count(), before + THREADS);
}

/* ---- names ---- */

static void get_refused(const char *type, const char *authority, const char *certificate)
{
    ops_refused(type, PCA, "GetCertificate", "{s:s, s:s}", ARN, authority, "CertificateArn",
                certificate);
}

static void certificates_are_found_below_their_own_authority_only(void **state)
{
    (void)state;
    char *leaf = ops_issue(root, EC_SIG, csr);
    char *other = ops_root("EC_prime256v1", EC_SIG, "Elsewhere");
    char moved[ARN_SIZE];
    snprintf(moved, sizeof moved, "%s%s", other, strstr(leaf, "/certificate/"));
    get_refused("ResourceNotFoundException", other, moved);
    get_refused("InvalidArnException", other, leaf);
    assert_string_equal(ops.text, "Not a valid arn.");
    get_refused("InvalidArnException", root, root);
    leaf[strlen(leaf) - 1] = 'g';
    get_refused("InvalidArnException", root, leaf);
    free(other);
    free(leaf);
}

/* ---- what is not there yet, and what never will be ---- */

static int intent_insert_unit(struct store_tx *tx, void *context)
{
    return store_issued_insert(tx, context);
}

static int intent_fail_unit(struct store_tx *tx, void *context)
{
    const struct issued_row *row = context;
    return store_issued_fail(tx, &row->scope, row->authority, row->id);
}

static void
a_certificate_that_is_not_signed_yet_is_in_progress_and_a_failed_one_has_failed(void **state)
{
    (void)state;
    char arn[ARN_SIZE];
    char wanted[API_ERROR_TEXT_MAX];
    char id[] = "0123456789abcdef0123456789abcdef";
    char intent_state[] = "INTENT";
    struct issued_row row = {.serial = {1, 2, 3}, .state = intent_state};
    snprintf(row.scope.account, sizeof row.scope.account, "%s", ops.account);
    snprintf(row.scope.region, sizeof row.scope.region, OPS_REGION);
    snprintf(row.authority, sizeof row.authority, "%s", strrchr(root, '/') + 1);
    memcpy(row.id, id, sizeof row.id);
    snprintf(arn, sizeof arn, "%s/certificate/%s", root, id);
    get_refused("ResourceNotFoundException", root, arn);
    assert_int_equal(store_write(ops.core.store, intent_insert_unit, &row), 0);
    get_refused("RequestInProgressException", root, arn);
    snprintf(wanted, sizeof wanted,
             "The request to issue certificate %s is still in progress. Try again later.", arn);
    assert_string_equal(ops.text, wanted);
    assert_int_equal(store_write(ops.core.store, intent_fail_unit, &row), 0);
    get_refused("RequestFailedException", root, arn);
}

static void a_deleted_authority_has_no_certificates_and_issues_none(void **state)
{
    (void)state;
    char wanted[API_ERROR_TEXT_MAX];
    char *gone = ops_root("EC_prime256v1", EC_SIG, "Gone");
    char *leaf = ops_issue(gone, EC_SIG, csr);
    json_decref(ops_ok(PCA, "UpdateCertificateAuthority", "{s:s, s:s}", "CertificateAuthorityArn",
                       gone, "Status", "DISABLED"));
    json_decref(
        ops_ok(PCA, "DeleteCertificateAuthority", "{s:s}", "CertificateAuthorityArn", gone));
    get_refused("InvalidStateException", gone, leaf);
    snprintf(wanted, sizeof wanted,
             "The certificate authority %s is not in the correct state to have issued "
             "certificates.",
             gone);
    assert_string_equal(ops.text, wanted);
    ops_refused("InvalidStateException", PCA, "IssueCertificate", "o", order(gone, csr));
    free(leaf);
    free(gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ec_hierarchy_is_verified_by_openssl),
        cmocka_unit_test(an_rsa_hierarchy_is_verified_by_openssl),
        cmocka_unit_test(a_chain_of_another_root_does_not_verify),
        cmocka_unit_test(a_leaf_has_its_dates_usages_and_a_long_serial),
        cmocka_unit_test(every_kind_of_validity_is_understood),
        cmocka_unit_test(not_before_can_be_set),
        cmocka_unit_test(a_wrong_validity_is_refused),
        cmocka_unit_test(nothing_outlives_its_authority),
        cmocka_unit_test(templates_that_are_not_known_are_refused),
        cmocka_unit_test(api_passthrough_counts_with_its_templates_only),
        cmocka_unit_test(a_root_certificate_is_for_the_authoritys_own_key),
        cmocka_unit_test(path_lengths_get_shorter_downwards),
        cmocka_unit_test(the_signing_algorithm_must_fit_the_authority),
        cmocka_unit_test(a_csr_that_is_none_or_was_altered_is_refused),
        cmocka_unit_test(a_short_lived_authority_gives_seven_days_at_most),
        cmocka_unit_test(eight_callers_with_one_token_get_one_certificate),
        cmocka_unit_test(a_token_with_another_request_is_refused),
        cmocka_unit_test(without_a_token_each_call_gives_a_certificate),
        cmocka_unit_test(callers_at_once_get_a_certificate_each),
        cmocka_unit_test(certificates_are_found_below_their_own_authority_only),
        cmocka_unit_test(a_deleted_authority_has_no_certificates_and_issues_none),
        cmocka_unit_test(
            a_certificate_that_is_not_signed_yet_is_in_progress_and_a_failed_one_has_failed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
