/* Tests of ca/trust and of public certificates: from proved names to ISSUED, and after. */
#include "tests/unit/ops_kit.h"

#include "ca/acm/issue_public.h"
#include "ca/acm/renewal_public.h"
#include "ca/arn.h"
#include "ca/ct/base64_text.h"
#include "ca/ct/ct.h"
#include "ca/jobs/renewal.h"
#include "ca/jobs/schedule.h"
#include "ca/public.h"
#include "ca/trust/command.h"
#include "ca/trust/trust.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACM "acm"
#define ARN "CertificateArn"
#define PASSPHRASE "cGFzc3dvcmQ=" /* password */
#define SECOND INT64_C(1000000)
#define DAY (24 * 3600 * SECOND)

static int setup(void **state)
{
    int rc = ops_setup(state);
    snprintf(ops.config.trust_create, sizeof ops.config.trust_create, "demand");
    ops.config.trust_intermediates = 2;
    return rc;
}

static int clock_reset(void **state)
{
    (void)state;
    ops_clock_ahead(0);
    return 0;
}

/* Another connection: what proves names is not here. */
static void sql(const char *text)
{
    char path[512];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/store/chancery.db", ops.state);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    char *why = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

static void run_trust_job(void)
{
    for (;;) {
        int64_t at = 0;
        assert_int_equal(trust_job_due(&ops.core, &at), 0);
        if (at > clock_now_us())
            return;
        assert_int_equal(trust_job_run(&ops.core, clock_now_us()), 0);
    }
}

static void run_issue_job(void)
{
    int64_t at = 0;
    assert_int_equal(issue_public_job_due(&ops.core, &at), 0);
    if (at <= clock_now_us())
        assert_int_equal(issue_public_job_run(&ops.core, clock_now_us()), 0);
}

struct want {
    char id[ROW_UUID_SIZE];
    int64_t checked_at;
};

static int want_unit(struct store_tx *tx, void *context)
{
    const struct want *w = context;
    struct scope scope = {0};
    snprintf(scope.account, sizeof scope.account, "%s", ops.account);
    snprintf(scope.region, sizeof scope.region, "%s", OPS_REGION);
    return issue_public_want(tx, &scope, w->id, w->checked_at);
}

static void want_at(const char *arn, int64_t checked_at)
{
    struct want w = {.checked_at = checked_at};
    memcpy(w.id, arn + strlen(arn) - (ROW_UUID_SIZE - 1), ROW_UUID_SIZE);
    assert_int_equal(store_write(ops.core.store, want_unit, &w), 0);
}

static void want(const char *arn)
{
    want_at(arn, clock_now_us());
}

static void prove_all(void)
{
    sql("UPDATE domain_validations SET status = 2");
}

static char *request(const char *key, const char *export_option)
{
    json_t *out = ops_ok(ACM, "RequestCertificate", "{s:s,s:s,s:[s],s:s,s:{s:s}}", "DomainName",
                         "www.example.com", "KeyAlgorithm", key, "SubjectAlternativeNames",
                         "*.example.com", "ValidationMethod", "DNS", "Options", "Export",
                         export_option);
    char *arn = strdup(ops_text(out, ARN));
    json_decref(out);
    return arn;
}

static char *issued(const char *key, const char *export_option)
{
    char *arn = request(key, export_option);
    prove_all();
    want(arn);
    run_issue_job();
    run_trust_job();
    run_issue_job();
    return arn;
}

static void assert_status(const char *arn, const char *status)
{
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Status"), status);
    json_decref(c);
}

/* ---- trust services ---- */

static void nothing_is_made_before_it_is_needed(void **state)
{
    (void)state;
    int64_t at = 0;
    struct buf text = {0};
    assert_int_equal(trust_job_due(&ops.core, &at), 0);
    assert_true(at == SCHEDULE_NEVER);
    assert_int_equal(trust_command(&ops.core, "bundle", "", &text), CH_ENOTFOUND);
    buf_free(&text);
}

static void names_that_are_not_all_proved_wait(void **state)
{
    (void)state;
    char *arn = request("EC_prime256v1", "DISABLED");
    int64_t at = 0;
    want(arn);
    assert_int_equal(issue_public_job_due(&ops.core, &at), 0);
    assert_true(at == SCHEDULE_NEVER);
    sql("UPDATE domain_validations SET status = 2 WHERE position = 0");
    want(arn);
    assert_int_equal(issue_public_job_due(&ops.core, &at), 0);
    assert_true(at == SCHEDULE_NEVER);
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
    free(arn);
}

/* ---- issuance ---- */

static void assert_members(const json_t *c, const char *key, const char *sig, bool rsa)
{
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    assert_string_equal(ops_text(c, "Type"), "AMAZON_ISSUED");
    assert_string_equal(ops_text(c, "Issuer"), "Amazon");
    assert_string_equal(ops_text(c, "Subject"), "CN=www.example.com");
    assert_string_equal(ops_text(c, "KeyAlgorithm"), key);
    assert_string_equal(ops_text(c, "SignatureAlgorithm"), sig);
    assert_string_equal(ops_text(c, "RenewalEligibility"), "INELIGIBLE");
    assert_non_null(json_object_get(c, "Serial"));
    assert_non_null(json_object_get(c, "IssuedAt"));
    assert_null(json_object_get(c, "CertificateAuthorityArn"));
    assert_null(json_object_get(c, "RenewalSummary"));
    double begin = json_number_value(json_object_get(c, "NotBefore"));
    double end = json_number_value(json_object_get(c, "NotAfter"));
    assert_true(end - begin == 395 * 86400 - 1);
    const json_t *usages = json_object_get(c, "KeyUsages");
    const json_t *purposes = json_object_get(c, "ExtendedKeyUsages");
    assert_int_equal(json_array_size(usages), rsa ? 2 : 1);
    assert_string_equal(ops_text(json_array_get(usages, 0), "Name"), "DIGITAL_SIGNATURE");
    assert_int_equal(json_array_size(purposes), 1);
    assert_string_equal(ops_text(json_array_get(purposes, 0), "Name"),
                        "TLS_WEB_SERVER_AUTHENTICATION");
}

static void issues_for_every_key(void **state)
{
    (void)state;
    static const struct {
        const char *key, *described, *sig;
        bool rsa;
    } rows[] = {{"EC_prime256v1", "EC-prime256v1", "SHA256WITHECDSA", false},
                {"EC_secp384r1", "EC-secp384r1", "SHA384WITHECDSA", false},
                {"RSA_2048", "RSA-2048", "SHA256WITHRSA", true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *arn = issued(rows[i].key, "DISABLED");
        json_t *c = ops_describe(arn);
        assert_members(c, rows[i].described, rows[i].sig, rows[i].rsa);
        json_t *got = ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn);
        const char *chain = ops_text(got, "CertificateChain");
        assert_true(ops_openssl_verifies(ops_text(got, "Certificate"), chain));
        assert_non_null(strstr(strstr(chain, "-----END") + 1, "-----END")); /* two of them */
        assert_null(strstr(strstr(strstr(chain, "-----END") + 1, "-----END") + 1, "-----END"));
        json_decref(got);
        json_decref(c);
        free(arn);
    }
}

static void waits_for_an_authority_and_says_so(void **state)
{
    (void)state;
    unsigned count = 0;
    char *arn = request("EC_prime256v1", "DISABLED");
    assert_int_equal(trust_roll_over(&ops.core, trust_family_named("p-256"), false, &count), 0);
    assert_int_equal(count, 2);
    prove_all();
    want(arn);
    run_issue_job();
    assert_status(arn, "PENDING_VALIDATION");
    run_trust_job();
    run_issue_job();
    assert_status(arn, "ISSUED");
    free(arn);
}

static void an_old_look_at_caa_is_not_relied_upon(void **state)
{
    (void)state;
    int64_t at = 0;
    char *arn = request("EC_prime256v1", "DISABLED");
    prove_all();
    want_at(arn, clock_now_us() - 9 * 3600 * SECOND);
    run_issue_job();
    assert_status(arn, "PENDING_VALIDATION");
    assert_int_equal(issue_public_job_due(&ops.core, &at), 0);
    assert_true(at == SCHEDULE_NEVER);
    want(arn); /* its names are to be proved anew */
    assert_int_equal(issue_public_job_due(&ops.core, &at), 0);
    assert_true(at == SCHEDULE_NEVER);
    free(arn);
}

/* ---- what comes after ---- */

static void export_says_whether_keys_leave(void **state)
{
    (void)state;
    char *kept = issued("EC_prime256v1", "DISABLED");
    ops_refused("ValidationException", ACM, "ExportCertificate", "{s:s,s:s}", ARN, kept,
                "Passphrase", PASSPHRASE);
    char *arn = issued("EC_prime256v1", "ENABLED");
    json_t *out =
        ops_ok(ACM, "ExportCertificate", "{s:s,s:s}", ARN, arn, "Passphrase", PASSPHRASE);
    assert_non_null(strstr(ops_text(out, "PrivateKey"), "ENCRYPTED PRIVATE KEY"));
    json_decref(out);
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "RenewalEligibility"), "ELIGIBLE");
    json_decref(c);
    free(arn);
    free(kept);
}

static void revocation_stands_in_the_store_of_the_trust_service(void **state)
{
    (void)state;
    char *arn = issued("EC_prime256v1", "ENABLED");
    ops_refused("ValidationException", ACM, "RevokeCertificate", "{s:s,s:s}", ARN, arn,
                "RevocationReason", "SUPERSEDED");
    json_decref(ops_ok(ACM, "ExportCertificate", "{s:s,s:s}", ARN, arn, "Passphrase", PASSPHRASE));
    json_decref(
        ops_ok(ACM, "RevokeCertificate", "{s:s,s:s}", ARN, arn, "RevocationReason", "SUPERSEDED"));
    assert_status(arn, "REVOKED");
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
    free(arn);
}

static void is_renewed_once_its_names_are_proved_again(void **state)
{
    (void)state;
    char *arn = issued("EC_prime256v1", "ENABLED");
    json_decref(ops_ok(ACM, "ExportCertificate", "{s:s,s:s}", ARN, arn, "Passphrase", PASSPHRASE));
    json_t *before = ops_describe(arn);
    ops_clock_ahead((395 - 59) * DAY);
    int64_t at = 0;
    assert_int_equal(renewal_job_due(&ops.core, &at), 0);
    assert_true(at <= clock_now_us());
    assert_int_equal(renewal_job_run(&ops.core, clock_now_us()), 0);
    json_t *c = ops_describe(arn);
    const json_t *summary = json_object_get(c, "RenewalSummary");
    assert_string_equal(ops_text(summary, "RenewalStatus"), "PENDING_AUTO_RENEWAL");
    assert_string_equal(ops_text(json_array_get(json_object_get(summary, "DomainValidationOptions"),
                                                0),
                                 "ValidationStatus"),
                        "PENDING_VALIDATION");
    json_decref(c);
    ops_clock_ahead(ops.ahead + 4 * DAY); /* in vain for three days: a person is to act */
    assert_int_equal(renewal_job_run(&ops.core, clock_now_us()), 0);
    c = ops_describe(arn);
    assert_string_equal(ops_text(json_object_get(c, "RenewalSummary"), "RenewalStatus"),
                        "PENDING_VALIDATION");
    json_decref(c);
    prove_all();
    want(arn);
    run_issue_job();
    c = ops_describe(arn);
    assert_string_equal(ops_text(json_object_get(c, "RenewalSummary"), "RenewalStatus"), "SUCCESS");
    assert_string_not_equal(ops_text(c, "Serial"), ops_text(before, "Serial"));
    assert_string_equal(ops_text(c, "RenewalEligibility"), "INELIGIBLE");
    json_decref(c);
    json_decref(before);
    free(arn);
}

static void is_renewed_when_that_is_asked_for(void **state)
{
    (void)state;
    char *arn = issued("EC_prime256v1", "ENABLED");
    ops_refused("ValidationException", ACM, "RenewCertificate", "{s:s}", ARN, arn);
    json_decref(ops_ok(ACM, "ExportCertificate", "{s:s,s:s}", ARN, arn, "Passphrase", PASSPHRASE));
    json_decref(ops_ok(ACM, "RenewCertificate", "{s:s}", ARN, arn));
    assert_int_equal(renewal_job_run(&ops.core, clock_now_us()), 0);
    ops_refused("RequestInProgressException", ACM, "RenewCertificate", "{s:s}", ARN, arn);
    json_t *before = ops_describe(arn);
    assert_string_equal(ops_text(json_object_get(before, "RenewalSummary"), "RenewalStatus"),
                        "PENDING_AUTO_RENEWAL");
    prove_all();
    want(arn);
    run_issue_job();
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(json_object_get(c, "RenewalSummary"), "RenewalStatus"), "SUCCESS");
    assert_string_not_equal(ops_text(c, "Serial"), ops_text(before, "Serial"));
    assert_string_equal(ops_text(c, "RenewalEligibility"), "INELIGIBLE");
    json_decref(c);
    json_decref(before);
    free(arn);
}

/* ---- certificate transparency ---- */

static char *fetch(const char *target)
{
    struct publication p;
    int rc = public_fetch(&ops.core, slice_text(target), &p);
    char *text = rc == 0 ? strdup(buf_text(&p.body)) : NULL;
    publication_free(&p);
    return text;
}

static json_t *fetch_json(const char *target)
{
    char *text = fetch(target);
    json_t *json = text == NULL ? NULL : json_loads(text, 0, NULL);
    free(text);
    return json;
}

static int64_t sign_head(void)
{
    int64_t at = 0;
    assert_int_equal(ct_log_job_due(&ops.core, &at), 0);
    if (at <= clock_now_us())
        assert_int_equal(ct_log_job_run(&ops.core, clock_now_us()), 0);
    json_t *head = fetch_json("/ct/v1/get-sth");
    assert_non_null(head);
    int64_t size = json_integer_value(json_object_get(head, "tree_size"));
    json_decref(head);
    return size;
}

static void get_certificate(const char *arn, struct buf *der, struct buf *issuer_spki)
{
    json_t *got = ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn);
    struct pki_certificate *certificate = ops_parse(ops_text(got, "Certificate"));
    struct pki_certificate *issuer = ops_parse(ops_text(got, "CertificateChain"));
    assert_int_equal(buf_put_slice(der, pki_certificate_der(certificate)), 0);
    assert_int_equal(buf_put_slice(issuer_spki, pki_certificate_spki(issuer)), 0);
    pki_certificate_free(issuer);
    pki_certificate_free(certificate);
    json_decref(got);
}

/* The leaf of the newest entry is what the certificate was logged as. */
static void a_certificate_stands_in_the_own_log(void **state)
{
    (void)state;
    char *arn = issued("EC_prime256v1", "DISABLED");
    char target[128];
    struct buf der = {0}, spki = {0};
    struct pki_ct_entry entry = {0};
    struct slice tbs;
    int64_t size = sign_head();
    assert_true(size > 0);
    get_certificate(arn, &der, &spki);
    assert_int_equal(pki_ct_tbs_of(buf_slice(&der), &tbs), 0);
    assert_int_equal(pki_ct_entry_make(tbs, buf_slice(&spki), &entry), 0);
    assert_true(tbs.len > entry.tbs.len + 100); /* timestamps were there */
    snprintf(target, sizeof target, "/ct/v1/get-entries?start=%d&end=%d", (int)size - 1,
             (int)size - 1);
    json_t *got = fetch_json(target);
    const json_t *first = json_array_get(json_object_get(got, "entries"), 0);
    struct buf leaf = {0};
    assert_int_equal(ct_base64_take(ops_text(first, "leaf_input"), 65536, &leaf), 0);
    assert_non_null(memmem(leaf.data, leaf.len, entry.tbs.data, entry.tbs.len));
    buf_free(&leaf);
    json_decref(got);
    pki_ct_entry_free(&entry);
    buf_free(&spki);
    buf_free(&der);
    free(arn);
}

static void who_does_not_want_it_is_not_logged(void **state)
{
    (void)state;
    int64_t before = sign_head();
    json_t *out = ops_ok(ACM, "RequestCertificate", "{s:s,s:s,s:s,s:{s:s}}", "DomainName",
                         "secret.example.com", "KeyAlgorithm", "EC_prime256v1", "ValidationMethod",
                         "DNS", "Options", "CertificateTransparencyLoggingPreference", "DISABLED");
    const char *arn = ops_text(out, ARN);
    prove_all();
    want(arn);
    run_issue_job();
    assert_status(arn, "ISSUED");
    assert_true(sign_head() == before);
    json_decref(out);
}

static void too_few_logs_hold_a_certificate_back_or_not(void **state)
{
    (void)state;
    ops.config.ct_operators = 2;
    char *arn = issued("EC_prime256v1", "DISABLED");
    assert_status(arn, "PENDING_VALIDATION");
    snprintf(ops.config.ct_failure, sizeof ops.config.ct_failure, "issue");
    ops_clock_ahead(ops.ahead + 3600 * SECOND);
    want(arn);
    run_issue_job();
    assert_status(arn, "ISSUED");
    snprintf(ops.config.ct_failure, sizeof ops.config.ct_failure, "wait");
    ops.config.ct_operators = 1;
    free(arn);
}

static void bad_questions_to_the_log_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/ct/v1/get-entries",
        "/ct/v1/get-entries?start=0",
        "/ct/v1/get-entries?start=1&end=0",
        "/ct/v1/get-entries?start=-1&end=0",
        "/ct/v1/get-entries?start=0&end=99999999999999999999",
        "/ct/v1/get-entries?start=100000&end=100001",
        "/ct/v1/get-sth-consistency?first=1",
        "/ct/v1/get-sth-consistency?first=2&second=1",
        "/ct/v1/get-sth-consistency?first=1&second=100000",
        "/ct/v1/get-proof-by-hash?hash=AAAA&tree_size=1",
        "/ct/v1/get-proof-by-hash?hash=%zz&tree_size=1",
        "/ct/v1/get-proof-by-hash?hash=%2&tree_size=1",
        "/ct/v1/get-proof-by-hash?tree_size=1",
        "/ct/v1/get-entry-and-proof?leaf_index=5&tree_size=5",
        "/ct/v1/add-chain",
        "/ct/v1/",
        "/ct/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fetch(bad[i]) != NULL)
            fail_msg("answered: %s", bad[i]);
}

/* ---- lists of logs ---- */

#define LOG_KEY                                                                                    \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfahLEimAoz2t01p3uMziiLOl/fHTDM0YDOhBRuiBARsV4UvxG2LdNgoIGLrtCzWE0J5APC2em4JlvR8EEEFMoA=="

#define OTHER_KEY                                                                                  \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgdJJ7P1hgFwINepeCkaQlFRkVrQYis0z2x6eFwNUDS0VVO0l8143ANgXjsFJh/dIEAZU+2lLwSV6Yqy5FOjhjg=="

static void lists_of_logs_are_read(void **state)
{
    (void)state;
    static const char good[] =
        "{\"operators\":[{\"name\":\"A\",\"logs\":[{\"url\":\"https://a.example/2026\",\"key\":\"" LOG_KEY
        "\",\"temporal_interval\":{\"start_inclusive\":\"2026-01-01T00:00:00Z\","
        "\"end_exclusive\":\"2027-01-01T00:00:00Z\"}},"
        "{\"url\":\"https://old.example/\",\"key\":\"x\",\"state\":{\"retired\":{}}}]},"
        "{\"name\":\"B\",\"logs\":[{\"url\":\"http://b.example\",\"key\":\"" OTHER_KEY "\"}]}]}";
    static const char *const bad[] = {
        "", "[]", "{\"operators\":[{\"logs\":[]}]}",
        "{\"operators\":[{\"name\":\"A\",\"logs\":[{\"url\":\"ftp://a\",\"key\":\"" LOG_KEY "\"}]}]}",
        "{\"operators\":[{\"name\":\"A\",\"logs\":[{\"url\":\"https://a\",\"key\":\"AAAA\"}]}]}",
        "{\"operators\":[{\"name\":\"A\",\"logs\":[{\"url\":\"https://a\",\"key\":\"" LOG_KEY
        "\",\"temporal_interval\":{\"start_inclusive\":\"yesterday\"}}]}]}",
        /* the same log of two operators */
        "{\"operators\":[{\"name\":\"A\",\"logs\":[{\"url\":\"https://a\",\"key\":\"" LOG_KEY "\"}]},"
        "{\"name\":\"B\",\"logs\":[{\"url\":\"https://b\",\"key\":\"" LOG_KEY "\"}]}]}",
    };
    struct ct_list list;
    struct pki_reason why;
    assert_int_equal(ct_list_parse(slice_text(good), &list, &why), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.logs[0].url, "https://a.example/2026/");
    assert_true(list.logs[0].end - list.logs[0].begin == 365 * 86400);
    assert_string_equal(list.logs[1].operator_name, "B");
    assert_true(list.logs[1].end == INT64_MAX);
    ct_list_free(&list);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (ct_list_parse(slice_text(bad[i]), &list, &why) != CH_EINVAL || why.text[0] == '\0')
            fail_msg("taken: %s", bad[i]);
    struct buf text = {0};
    assert_int_equal(ct_list_command(&ops.core, slice_text(good), &text), 0);
    assert_int_equal(ct_list_load(&ops.core, &list), 0);
    assert_int_equal(list.count, 2);
    ct_list_free(&list);
    assert_int_equal(ct_list_command(&ops.core, slice_text(""), &text), 0);
    assert_int_equal(ct_list_load(&ops.core, &list), 0);
    assert_int_equal(list.count, 0);
    buf_free(&text);
}

/* ---- what is published ---- */

static bool is_served(const char *path)
{
    struct publication p;
    int rc = public_fetch(&ops.core, slice_text(path), &p);
    publication_free(&p);
    return rc == 0;
}

static void roots_are_published(void **state)
{
    (void)state;
    assert_true(is_served("/trust/roots.pem"));
    assert_true(is_served("/trust/roots.p7b"));
    assert_true(is_served("/trust/intermediates.pem"));
    assert_true(is_served("/trust/p-256.cer"));
    assert_true(is_served("/trust/p-256.pem"));
    assert_false(is_served("/trust/rsa-4096.cer")); /* nobody needed it */
    assert_false(is_served("/trust/p-256.txt"));
    assert_false(is_served("/trust/p-256"));
    assert_false(is_served("/trust/"));
    assert_false(is_served("/trust/a-name-that-is-much-longer-than-any-that-is-there-could-be.pem"));
}

static void a_retired_root_stays_in_the_bundle(void **state)
{
    (void)state;
    unsigned count = 0;
    struct buf before = {0}, after = {0};
    assert_int_equal(trust_bundle_put(&ops.core, &before), 0);
    assert_int_equal(trust_roll_over(&ops.core, trust_family_named("p-384"), true, &count), 0);
    assert_int_equal(count, 3);
    run_trust_job();
    assert_int_equal(trust_bundle_put(&ops.core, &after), 0);
    assert_true(after.len > before.len);
    assert_non_null(strstr(buf_text(&after), "BEGIN"));
    char *arn = issued("EC_secp384r1", "DISABLED");
    assert_status(arn, "ISSUED");
    free(arn);
    buf_free(&after);
    buf_free(&before);
}

static void commands_that_are_none_are_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    assert_int_equal(trust_command(&ops.core, "destroy", "", &text), CH_EINVAL);
    assert_int_equal(trust_command(&ops.core, "list", "rsa-1024", &text), CH_EINVAL);
    buf_clear(&text);
    assert_int_equal(trust_command(&ops.core, "roll-over root", "rsa-4096", &text), CH_ENOTFOUND);
    buf_clear(&text);
    assert_int_equal(trust_command(&ops.core, "list", "", &text), 0);
    assert_non_null(strstr(buf_text(&text), "RETIRED"));
    buf_free(&text);
}

static void a_stop_in_between_is_taken_up(void **state)
{
    (void)state;
    struct buf text = {0};
    assert_int_equal(trust_want(&ops.core, trust_family_named("p-256")), 0);
    sql("UPDATE authorities SET status = 'PENDING_CERTIFICATE', certificate = NULL, serial = NULL "
        "WHERE number = (SELECT max(authority) FROM trust_services)");
    ops_restart();
    run_trust_job();
    assert_int_equal(trust_command(&ops.core, "list", "", &text), 0);
    assert_null(strstr(buf_text(&text), "PENDING_CERTIFICATE"));
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_made_before_it_is_needed, clock_reset),
        cmocka_unit_test_setup(names_that_are_not_all_proved_wait, clock_reset),
        cmocka_unit_test_setup(issues_for_every_key, clock_reset),
        cmocka_unit_test_setup(waits_for_an_authority_and_says_so, clock_reset),
        cmocka_unit_test_setup(an_old_look_at_caa_is_not_relied_upon, clock_reset),
        cmocka_unit_test_setup(export_says_whether_keys_leave, clock_reset),
        cmocka_unit_test_setup(revocation_stands_in_the_store_of_the_trust_service, clock_reset),
        cmocka_unit_test_setup(a_certificate_stands_in_the_own_log, clock_reset),
        cmocka_unit_test_setup(who_does_not_want_it_is_not_logged, clock_reset),
        cmocka_unit_test_setup(too_few_logs_hold_a_certificate_back_or_not, clock_reset),
        cmocka_unit_test_setup(bad_questions_to_the_log_are_refused, clock_reset),
        cmocka_unit_test_setup(lists_of_logs_are_read, clock_reset),
        cmocka_unit_test_setup(roots_are_published, clock_reset),
        cmocka_unit_test_setup(a_retired_root_stays_in_the_bundle, clock_reset),
        cmocka_unit_test_setup(commands_that_are_none_are_refused, clock_reset),
        cmocka_unit_test_setup(a_stop_in_between_is_taken_up, clock_reset),
        cmocka_unit_test_setup(is_renewed_once_its_names_are_proved_again, clock_reset),
        cmocka_unit_test_setup(is_renewed_when_that_is_asked_for, clock_reset),
    };
    return cmocka_run_group_tests(tests, setup, ops_teardown);
}
