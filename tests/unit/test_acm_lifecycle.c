/* Tests of ca/acm and ca/jobs: what becomes of a certificate after it was issued. */
#include "tests/unit/ops_kit.h"

#include "ca/acm/certificate.h"
#include "ca/acm/renewal.h"
#include "ca/arn.h"
#include "ca/jobs/expiry.h"
#include "ca/jobs/renewal.h"
#include "ca/pca/revocation.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACM "acm"
#define PCA "acm-pca"
#define ARN "CertificateArn"
#define CA "CertificateAuthorityArn"
#define EC_SIG "SHA256WITHECDSA"
#define PASSPHRASE "cGFzc3dvcmQ=" /* password */
#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

static char *root; /* ACTIVE EC root, ten years, that ACM may use */
static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "Life Root");
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s,s,s]}", CA, root, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate", "GetCertificate",
                       "ListPermissions"));
    return 0;
}

static int teardown(void **state)
{
    free(root);
    return ops_teardown(state);
}

static int clock_reset(void **state)
{
    (void)state;
    ops_clock_ahead(0);
    return 0;
}

/* Compares a member of DescribeCertificate; NULL = absent. "A.B" goes one deeper. */
static void assert_says(const char *arn, const char *member, const char *value)
{
    json_t *c = ops_describe(arn);
    char outer[64];
    const char *dot = strchr(member, '.');
    const json_t *at = c;
    if (dot != NULL) {
        snprintf(outer, sizeof outer, "%.*s", (int)(dot - member), member);
        at = json_object_get(c, outer);
        member = dot + 1;
    }
    const json_t *found = json_object_get(at, member);
    if (value == NULL)
        assert_null(found);
    else
        assert_string_equal(ops_text(at, member), value);
    json_decref(c);
}

static json_t *export(const char *arn)
{
    return ops_ok(ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn, "Passphrase", PASSPHRASE);
}

static void export_refused(const char *type, const char *arn, const char *passphrase)
{
    ops_refused(type, ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn, "Passphrase", passphrase);
}

static char *exported(const char *domain)
{
    char *arn = ops_request(root, "EC_prime256v1", domain);
    json_decref(export(arn));
    return arn;
}

static void renew(const char *arn)
{
    json_decref(ops_ok(ACM, "RenewCertificate", "{s:s}", ARN, arn));
}

static void revoke(const char *arn, const char *reason)
{
    json_t *out = ops_ok(ACM, "RevokeCertificate", "{s:s, s:s}", ARN, arn, "RevocationReason",
                         reason);
    assert_string_equal(ops_text(out, ARN), arn);
    json_decref(out);
}

static void revoke_refused(const char *type, const char *arn, const char *reason)
{
    ops_refused(type, ACM, "RevokeCertificate", "{s:s, s:s}", ARN, arn, "RevocationReason", reason);
}

/* Runs a job as the schedule does, until nothing is due; when the next work is. */
static int64_t run_job(int (*due)(struct core *core, int64_t *at),
                       int (*run)(struct core *core, int64_t now))
{
    int64_t at = 0;
    for (int rounds = 0; rounds < 100; rounds++) {
        assert_int_equal(due(&ops.core, &at), 0);
        if (at > clock_now_us())
            return at;
        assert_int_equal(run(&ops.core, clock_now_us()), 0);
    }
    fail_msg("the job does not come to an end");
    return 0;
}

static int64_t run_renewal(void)
{
    return run_job(renewal_job_due, renewal_job_run);
}

static int64_t run_expiry(void)
{
    return run_job(expiry_job_due, expiry_job_run);
}

static struct scope scope_here(void)
{
    struct scope scope;
    memset(&scope, 0, sizeof scope);
    memcpy(scope.account, ops.account, sizeof scope.account);
    snprintf(scope.region, sizeof scope.region, "%s", OPS_REGION);
    return scope;
}

struct use {
    const char *id;
    bool attach;
};

static int use_unit(struct store_tx *tx, void *context)
{
    const struct use *u = context;
    struct scope scope = scope_here();
    return u->attach ? store_association_put(tx, &scope, u->id, "https://lb.example/1", 5)
                     : store_association_remove(tx, &scope, u->id, "https://lb.example/1");
}

static void set_in_use(const char *arn, bool attach)
{
    struct use u = {strrchr(arn, '/') + 1, attach};
    assert_int_equal(store_write(ops.core.store, use_unit, &u), 0);
}

/* ---- RenewCertificate ---- */

static void what_was_not_exported_and_is_not_in_use_is_not_renewed(void **state)
{
    char *arn = ops_request(root, "EC_prime256v1", "fresh.example.com");
    (void)state;
    ops_refused("ValidationException", ACM, "RenewCertificate", "{s:s}", ARN, arn);
    assert_says(arn, "RenewalSummary", NULL);
    ops_refused("ResourceNotFoundException", ACM, "RenewCertificate", "{s:s}", ARN,
                "arn:aws:acm:us-east-1:111122223333:certificate/"
                "00000000-0000-4000-8000-000000000000");
    ops_refused("InvalidArnException", ACM, "RenewCertificate", "{s:s}", ARN,
                "arn:aws:acm:us-east-1:111122223333:something/else");
    free(arn);
}

static void a_renewal_has_the_same_arn_a_new_key_and_new_dates(void **state)
{
    char *arn = exported("renew.example.com");
    json_t *before = ops_describe(arn);
    json_t *old = export(arn);
    (void)state;
    assert_string_equal(ops_text(before, "RenewalEligibility"), "ELIGIBLE");
    ops_clock_ahead(10 * DAY);
    renew(arn);
    assert_says(arn, "RenewalSummary.RenewalStatus", "PENDING_AUTO_RENEWAL");
    ops_refused("RequestInProgressException", ACM, "RenewCertificate", "{s:s}", ARN, arn);
    run_renewal();
    json_t *after = ops_describe(arn);
    const json_t *summary = json_object_get(after, "RenewalSummary");
    assert_string_equal(ops_text(summary, "RenewalStatus"), "SUCCESS");
    assert_null(json_object_get(summary, "RenewalStatusReason"));
    assert_true(json_real_value(json_object_get(summary, "UpdatedAt")) > 0);
    assert_string_equal(ops_text(after, "RenewalEligibility"), "INELIGIBLE");
    assert_string_equal(ops_text(after, "Status"), "ISSUED");
    assert_string_equal(ops_text(after, "DomainName"), "renew.example.com");
    assert_string_not_equal(ops_text(after, "Serial"), ops_text(before, "Serial"));
    assert_true(json_real_value(json_object_get(after, "NotAfter")) >=
                json_real_value(json_object_get(before, "NotAfter")) + 9 * 86400);
    assert_true(json_equal(json_object_get(after, "CreatedAt"),
                           json_object_get(before, "CreatedAt")));
    json_t *new = export(arn);
    struct pki_certificate *a = ops_parse(ops_text(old, "Certificate"));
    struct pki_certificate *b = ops_parse(ops_text(new, "Certificate"));
    assert_false(slice_equal(pki_certificate_spki(a), pki_certificate_spki(b)));
    assert_true(slice_equal(pki_certificate_subject(a), pki_certificate_subject(b)));
    assert_says(arn, "RenewalEligibility", "ELIGIBLE");
    pki_certificate_free(b);
    pki_certificate_free(a);
    json_decref(new);
    json_decref(after);
    json_decref(old);
    json_decref(before);
    free(arn);
}

static void without_acms_permission_a_renewal_stays_pending_and_says_so(void **state)
{
    char *strict = ops_root("EC_prime256v1", EC_SIG, "Strict Root");
    char *arn = ops_request(strict, "EC_prime256v1", "denied.example.com");
    json_decref(export(arn));
    (void)state;
    renew(arn);
    int64_t next = run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "PENDING_AUTO_RENEWAL");
    assert_says(arn, "RenewalSummary.RenewalStatusReason", "PCA_ACCESS_DENIED");
    assert_says(arn, "Status", "ISSUED");
    assert_in_range(next - clock_now_us(), 30 * SECOND, 2 * 60 * SECOND);
    /* What hindered it is mended: the next attempt need not be waited for. */
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s,s]}", CA, strict, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate", "GetCertificate"));
    renew(arn);
    assert_says(arn, "RenewalSummary.RenewalStatusReason", NULL);
    run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "SUCCESS");
    free(arn);
    free(strict);
}

static void attempts_come_less_and_less_often_and_end_after_three_days(void **state)
{
    char *strict = ops_root("EC_prime256v1", EC_SIG, "Slow Root");
    char *arn = ops_request(strict, "EC_prime256v1", "slow.example.com");
    json_decref(export(arn));
    (void)state;
    renew(arn);
    int64_t start = clock_now_us();
    int64_t last = 0;
    int attempts = 0;
    while (attempts < 40) {
        int64_t wait = run_renewal() - clock_now_us();
        attempts++;
        if (wait > DAY)
            break;
        assert_true(wait + SECOND >= last && wait <= 6 * HOUR + SECOND);
        last = wait;
        ops_clock_ahead(ops.ahead + wait + 1);
    }
    assert_in_range(attempts, 15, 30);
    assert_in_range(clock_now_us() - start, 60 * HOUR, 72 * HOUR);
    assert_says(arn, "RenewalSummary.RenewalStatus", "FAILED");
    assert_says(arn, "RenewalSummary.RenewalStatusReason", "PCA_ACCESS_DENIED");
    assert_says(arn, "Status", "ISSUED");
    /* The next beginning lies 60 days before the end. */
    json_t *c = ops_describe(arn);
    int64_t end = (int64_t)json_real_value(json_object_get(c, "NotAfter")) * SECOND;
    assert_in_range(run_renewal(), end - 60 * DAY - SECOND, end - 60 * DAY + SECOND);
    json_decref(c);
    free(arn);
    free(strict);
}

/* ---- managed renewal ---- */

static void an_exported_certificate_is_renewed_sixty_days_before_its_end(void **state)
{
    char *arn = exported("managed.example.com");
    json_t *before = ops_describe(arn);
    (void)state;
    ops_clock_ahead((395 - 60) * DAY - HOUR);
    run_renewal();
    assert_says(arn, "RenewalSummary", NULL);
    ops_clock_ahead(ops.ahead + 2 * HOUR);
    run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "SUCCESS");
    json_t *after = ops_describe(arn);
    assert_true(json_real_value(json_object_get(after, "NotAfter")) >=
                json_real_value(json_object_get(before, "NotAfter")) + 330 * 86400.0);
    json_decref(after);
    json_decref(before);
    free(arn);
}

static void what_is_not_exported_again_is_not_renewed_again(void **state)
{
    char *arn = exported("once.example.com");
    (void)state;
    ops_clock_ahead((395 - 50) * DAY);
    run_renewal();
    assert_says(arn, "RenewalEligibility", "INELIGIBLE");
    json_t *first = ops_describe(arn);
    ops_clock_ahead(ops.ahead + 390 * DAY);
    run_renewal();
    json_t *second = ops_describe(arn);
    assert_string_equal(ops_text(first, "Serial"), ops_text(second, "Serial"));
    json_decref(second);
    json_decref(first);
    free(arn);
}

static void a_certificate_in_use_is_renewed_and_renewed_again(void **state)
{
    char *arn = ops_request(root, "EC_prime256v1", "used.example.com");
    (void)state;
    set_in_use(arn, true);
    assert_says(arn, "RenewalEligibility", "ELIGIBLE");
    renew(arn);
    run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "SUCCESS");
    assert_says(arn, "RenewalEligibility", "ELIGIBLE");
    json_t *first = ops_describe(arn);
    ops_clock_ahead((395 - 50) * DAY);
    run_renewal();
    json_t *second = ops_describe(arn);
    assert_string_not_equal(ops_text(first, "Serial"), ops_text(second, "Serial"));
    json_decref(second);
    json_decref(first);
    set_in_use(arn, false);
    free(arn);
}

static void what_was_deleted_or_revoked_meanwhile_is_not_renewed(void **state)
{
    char *deleted = exported("deleted.example.com");
    char *gone = exported("gone.example.com");
    (void)state;
    renew(deleted);
    renew(gone);
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, deleted));
    revoke(gone, "UNSPECIFIED");
    run_renewal();
    assert_says(gone, "Status", "REVOKED");
    assert_says(gone, "RenewalEligibility", "INELIGIBLE");
    ops_refused("ValidationException", ACM, "RenewCertificate", "{s:s}", ARN, gone);
    free(gone);
    free(deleted);
}

static void what_is_detached_while_its_renewal_waits_is_dropped_and_can_come_back(void **state)
{
    char *strict = ops_root("EC_prime256v1", EC_SIG, "Detaching Root");
    char *arn = ops_request(strict, "EC_prime256v1", "detached.example.com");
    (void)state;
    set_in_use(arn, true);
    renew(arn);
    run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "PENDING_AUTO_RENEWAL");
    set_in_use(arn, false);
    ops_clock_ahead(ops.ahead + HOUR);
    run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "FAILED");
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s,s]}", CA, strict, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate", "GetCertificate"));
    set_in_use(arn, true);
    renew(arn);
    run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "SUCCESS");
    set_in_use(arn, false);
    free(arn);
    free(strict);
}

static int disable_unit(struct store_tx *tx, void *context)
{
    struct authority_row row = {0};
    int rc = store_authority_get_any(tx, context, &row);
    if (rc == 0)
        rc = store_authority_set_status(tx, &row.scope, row.id, "DISABLED", NULL, clock_now_us());
    authority_row_free(&row);
    return rc;
}

static void a_disabled_authority_renews_nothing_and_the_old_certificate_stays(void **state)
{
    char *sub = ops_authority("SUBORDINATE", "EC_prime256v1", EC_SIG, "Lost Sub");
    (void)state;
    ops_authority_activate(sub, root, EC_SIG, "SubordinateCACertificate_PathLen0/V1", 1000);
    char *arn = ops_request(sub, "EC_prime256v1", "lost.example.com");
    json_t *before = export(arn);
    assert_int_equal(store_write(ops.core.store, disable_unit, strrchr(sub, '/') + 1), 0);
    renew(arn);
    run_renewal();
    assert_says(arn, "RenewalSummary.RenewalStatus", "PENDING_AUTO_RENEWAL");
    assert_says(arn, "RenewalSummary.RenewalStatusReason", "PCA_INVALID_STATE");
    json_t *after = export(arn);
    assert_string_equal(ops_text(before, "Certificate"), ops_text(after, "Certificate"));
    /* What is revoked while its renewal waits is renewed no more. */
    revoke(arn, "CA_COMPROMISE");
    assert_says(arn, "RenewalSummary.RenewalStatus", "FAILED");
    json_decref(after);
    json_decref(before);
    free(arn);
    free(sub);
}

/* ---- RevokeCertificate ---- */

static void only_an_exported_certificate_is_revoked(void **state)
{
    char *arn = ops_request(root, "EC_prime256v1", "kept.example.com");
    (void)state;
    revoke_refused("ValidationException", arn, "UNSPECIFIED");
    assert_says(arn, "Status", "ISSUED");
    json_decref(export(arn));
    revoke_refused("ValidationException", arn, "REMOVE_FROM_CRL");
    revoke_refused("ValidationException", arn, "NO_REASON");
    set_in_use(arn, true);
    revoke_refused("ResourceInUseException", arn, "UNSPECIFIED");
    set_in_use(arn, false);
    assert_says(arn, "RevokedAt", NULL);
    revoke_refused("ResourceNotFoundException",
                   "arn:aws:acm:us-east-1:111122223333:certificate/"
                   "00000000-0000-4000-8000-000000000000",
                   "UNSPECIFIED");
    free(arn);
}

static int revocation_unit(struct store_tx *tx, void *context)
{
    struct revocation_row *row = context;
    struct scope scope = scope_here();
    uint8_t serial[PKI_SERIAL_SIZE];
    memcpy(serial, row->serial, sizeof serial);
    return store_revocation_get(tx, &scope, strrchr(root, '/') + 1, serial, row);
}

static void a_revoked_certificate_says_so_and_its_ca_knows(void **state)
{
    char *arn = exported("bad.example.com");
    struct revocation_row row = {0};
    (void)state;
    json_t *c = ops_describe(arn);
    assert_int_equal(revocation_serial(ops_text(c, "Serial"), row.serial), 0);
    json_decref(c);
    revoke(arn, "SUPERCEDED");
    c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Status"), "REVOKED");
    assert_string_equal(ops_text(c, "RevocationReason"), "SUPERCEDED");
    assert_true(json_real_value(json_object_get(c, "RevokedAt")) > 0);
    json_decref(c);
    assert_int_equal(store_read(ops.core.store, revocation_unit, &row), 0);
    assert_int_equal(row.reason, 4);
    revoke_refused("ValidationException", arn, "SUPERSEDED");
    export_refused("ValidationException", arn, PASSPHRASE);
    json_decref(ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn));
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
    free(arn);
}

static void what_the_ca_has_revoked_by_serial_can_be_revoked_in_acm(void **state)
{
    char *arn = exported("twice.example.com");
    (void)state;
    json_t *c = ops_describe(arn);
    json_decref(ops_ok(PCA, "RevokeCertificate", "{s:s, s:s, s:s}", CA, root, "CertificateSerial",
                       ops_text(c, "Serial"), "RevocationReason", "KEY_COMPROMISE"));
    json_decref(c);
    assert_says(arn, "Status", "ISSUED");
    revoke(arn, "KEY_COMPROMISE");
    assert_says(arn, "Status", "REVOKED");
    free(arn);
}

/* ---- ExportCertificate ---- */

static void a_passphrase_has_ascii_without_three_signs(void **state)
{
    static const char *const bad[] = {"cGFzcyN3", "cGFzcyR3", "cGFzcyV3", "cMOkc3M="};
    char *arn = ops_request(root, "EC_prime256v1", "pass.example.com");
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        export_refused("ValidationException", arn, bad[i]);
    assert_says(arn, "RenewalEligibility", "INELIGIBLE");
    export_refused("ValidationException", arn, "YWJj"); /* three octets */
    json_decref(
        ops_ok(ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn, "Passphrase", "ISImIH4="));
    free(arn);
}

static void no_two_exports_have_the_same_salt(void **state)
{
    char *arn = exported("salt.example.com");
    (void)state;
    json_t *a = export(arn);
    json_t *b = export(arn);
    assert_string_equal(ops_text(a, "Certificate"), ops_text(b, "Certificate"));
    assert_string_not_equal(ops_text(a, "PrivateKey"), ops_text(b, "PrivateKey"));
    json_decref(b);
    json_decref(a);
    free(arn);
}

/* ---- DeleteCertificate ---- */

static void a_certificate_in_use_is_not_deleted(void **state)
{
    char expected[512];
    char *arn = ops_request(root, "EC_prime256v1", "busy.example.com");
    (void)state;
    set_in_use(arn, true);
    ops_refused("ResourceInUseException", ACM, "DeleteCertificate", "{s:s}", ARN, arn);
    snprintf(expected, sizeof expected, "Certificate %s in account %s is in use.", arn,
             ops.account);
    assert_string_equal(ops.text, expected);
    json_t *c = ops_describe(arn);
    assert_string_equal(json_string_value(json_array_get(json_object_get(c, "InUseBy"), 0)),
                        "https://lb.example/1");
    json_decref(c);
    set_in_use(arn, false);
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
    free(arn);
}

/* ---- time ---- */

static void certificates_expire_by_themselves(void **state)
{
    char *arn = ops_request(root, "EC_prime256v1", "old.example.com");
    char *pending = exported("waiting.example.com");
    struct certificate_row row = {.not_after = 1};
    (void)state;
    ops_clock_ahead(390 * DAY);
    run_expiry();
    assert_says(arn, "Status", "ISSUED");
    ops_clock_ahead(400 * DAY);
    assert_says(arn, "Status", "EXPIRED");
    run_expiry();
    /* Also for a clock that is set back: it is the state that the store has now. */
    ops_clock_ahead(0);
    assert_says(arn, "Status", "EXPIRED");
    assert_says(pending, "Status", "EXPIRED");
    ops_refused("ValidationException", ACM, "RenewCertificate", "{s:s}", ARN, pending);
    revoke_refused("ValidationException", pending, "UNSPECIFIED");
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
    row.type = "PRIVATE";
    row.status = "EXPIRED";
    assert_int_equal(renewal_due(&row, clock_now_us()), 0);
    free(pending);
    free(arn);
}

struct public_row {
    char id[ROW_UUID_SIZE];
};

static int public_unit(struct store_tx *tx, void *context)
{
    const struct public_row *p = context;
    struct certificate_row row = {.type = "AMAZON_ISSUED",
                                  .status = "PENDING_VALIDATION",
                                  .domain = "public.example.com",
                                  .names = "[\"public.example.com\"]",
                                  .options = "{\"Export\":\"ENABLED\"}",
                                  .key_alg = KEY_ALG_P256,
                                  .created_at = clock_now_us()};
    row.scope = scope_here();
    memcpy(row.id, p->id, sizeof row.id);
    return store_certificate_insert(tx, &row);
}

static void a_public_request_times_out_after_72_hours(void **state)
{
    char arn[ARN_SIZE];
    struct public_row p;
    struct scope scope = scope_here();
    (void)state;
    assert_int_equal(arn_uuid_new(p.id), 0);
    arn_certificate(&scope, p.id, arn);
    assert_int_equal(store_write(ops.core.store, public_unit, &p), 0);
    export_refused("RequestInProgressException", arn, PASSPHRASE);
    ops_refused("RequestInProgressException", ACM, "RenewCertificate", "{s:s}", ARN, arn);
    ops_clock_ahead(72 * HOUR - 60 * SECOND);
    run_expiry();
    assert_says(arn, "Status", "PENDING_VALIDATION");
    ops_clock_ahead(72 * HOUR + 60 * SECOND);
    run_expiry();
    assert_says(arn, "Status", "VALIDATION_TIMED_OUT");
    export_refused("ValidationException", arn, PASSPHRASE);
    revoke_refused("ValidationException", arn, "UNSPECIFIED");
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
}

#define LIFE_TEST(name) cmocka_unit_test_setup(name, clock_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIFE_TEST(what_was_not_exported_and_is_not_in_use_is_not_renewed),
        LIFE_TEST(a_renewal_has_the_same_arn_a_new_key_and_new_dates),
        LIFE_TEST(without_acms_permission_a_renewal_stays_pending_and_says_so),
        LIFE_TEST(attempts_come_less_and_less_often_and_end_after_three_days),
        LIFE_TEST(an_exported_certificate_is_renewed_sixty_days_before_its_end),
        LIFE_TEST(what_is_not_exported_again_is_not_renewed_again),
        LIFE_TEST(a_certificate_in_use_is_renewed_and_renewed_again),
        LIFE_TEST(what_was_deleted_or_revoked_meanwhile_is_not_renewed),
        LIFE_TEST(what_is_detached_while_its_renewal_waits_is_dropped_and_can_come_back),
        LIFE_TEST(a_disabled_authority_renews_nothing_and_the_old_certificate_stays),
        LIFE_TEST(only_an_exported_certificate_is_revoked),
        LIFE_TEST(a_revoked_certificate_says_so_and_its_ca_knows),
        LIFE_TEST(what_the_ca_has_revoked_by_serial_can_be_revoked_in_acm),
        LIFE_TEST(a_passphrase_has_ascii_without_three_signs),
        LIFE_TEST(no_two_exports_have_the_same_salt),
        LIFE_TEST(a_certificate_in_use_is_not_deleted),
        LIFE_TEST(certificates_expire_by_themselves),
        LIFE_TEST(a_public_request_times_out_after_72_hours),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
