/* Tests of ca/pca: RevokeCertificate, its serial numbers and reasons. */
#include "tests/unit/ops_kit.h"

#include "ca/pca/revocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCA "acm-pca"
#define CA "CertificateAuthorityArn"
#define EC_SIG "SHA256WITHECDSA"

static char *root; /* ACTIVE EC root */

static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "Revocation Root");
    return 0;
}

static int teardown(void **state)
{
    free(root);
    return ops_teardown(state);
}

static json_t *order(const char *authority, const char *serial, const char *reason)
{
    return json_pack("{s:s, s:s, s:s}", CA, authority, "CertificateSerial", serial,
                     "RevocationReason", reason);
}

static void refused(const char *type, const char *authority, const char *serial)
{
    ops_refused(type, PCA, "RevokeCertificate", "o", order(authority, serial, "UNSPECIFIED"));
}

static void revoke(const char *authority, const char *serial, const char *reason)
{
    json_decref(ops_ok(PCA, "RevokeCertificate", "o", order(authority, serial, reason)));
}

/* The serial number of a fresh leaf, with colons. */
static void leaf(const char *authority, char serial[PKI_SERIAL_TEXT_SIZE])
{
    char *csr = ops_csr("EC", "/CN=leaf.example.com", "leaf.example.com");
    char *arn = ops_issue(authority, EC_SIG, csr);
    json_t *got = ops_get(authority, arn);
    struct pki_certificate *c = ops_parse(ops_text(got, "Certificate"));
    pki_certificate_serial(c, serial);
    pki_certificate_free(c);
    json_decref(got);
    free(arn);
    free(csr);
}

static void plain(const char *colons, char out[PKI_SERIAL_TEXT_SIZE])
{
    size_t n = 0;
    for (; *colons != '\0'; colons++)
        if (*colons != ':')
            out[n++] = *colons;
    out[n] = '\0';
}

struct lookup {
    uint8_t serial[PKI_SERIAL_SIZE];
    const char *authority;
    struct revocation_row row;
};

static int lookup_unit(struct store_tx *tx, void *context)
{
    struct lookup *l = context;
    struct scope scope;
    memset(&scope, 0, sizeof scope);
    memcpy(scope.account, ops.account, sizeof scope.account);
    snprintf(scope.region, sizeof scope.region, "%s", OPS_REGION);
    return store_revocation_get(tx, &scope, strrchr(l->authority, '/') + 1, l->serial, &l->row);
}

static int revoked(const char *authority, const char *serial, struct revocation_row *out)
{
    struct lookup l = {.authority = authority};
    assert_int_equal(revocation_serial(serial, l.serial), 0);
    int rc = store_read(ops.core.store, lookup_unit, &l);
    *out = l.row;
    return rc;
}

/* ---- what callers write ---- */

static void a_serial_number_that_is_none_is_refused(void **state)
{
    static const char *const bad[] = {"", ":", "0x12", "12 34", "1g", "12:3", "1:23", "12:",
                                      ":12", "12::34", "12:34:", "1234:56", "-1",
                                      "112233445566778899001122334455667788990011"};
    uint8_t serial[PKI_SERIAL_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (revocation_serial(bad[i], serial) != CH_EINVAL)
            fail_msg("\"%s\" was taken", bad[i]);
    refused("InvalidRequestException", root, "0x12");
}

static void a_serial_number_is_read_with_and_without_colons_in_either_case(void **state)
{
    uint8_t a[PKI_SERIAL_SIZE];
    uint8_t b[PKI_SERIAL_SIZE];
    (void)state;
    assert_int_equal(revocation_serial("0a:bC:Ef", a), 0);
    assert_int_equal(revocation_serial("aBceF", b), 0);
    assert_memory_equal(a, b, sizeof a);
    assert_true(a[17] == 0x0a && a[18] == 0xbc && a[19] == 0xef && a[16] == 0);
    assert_int_equal(revocation_serial("0102030405060708090a0b0c0d0e0f1011121314", a), 0);
    assert_true(a[0] == 1 && a[19] == 0x14);
}

static void every_reason_of_both_services_has_its_number_but_remove_from_crl(void **state)
{
    static const struct {
        const char *name;
        uint32_t reason;
    } rows[] = {{"UNSPECIFIED", 0},          {"KEY_COMPROMISE", 1},
                {"CA_COMPROMISE", 2},        {"CERTIFICATE_AUTHORITY_COMPROMISE", 2},
                {"AFFILIATION_CHANGED", 3},  {"SUPERCEDED", 4},
                {"SUPERSEDED", 4},           {"CESSATION_OF_OPERATION", 5},
                {"CERTIFICATE_HOLD", 6},     {"PRIVILEGE_WITHDRAWN", 9},
                {"A_A_COMPROMISE", 10}};
    uint32_t reason = 99;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(revocation_reason(rows[i].name, &reason), 0);
        assert_int_equal(reason, rows[i].reason);
    }
    assert_int_equal(revocation_reason("REMOVE_FROM_CRL", &reason), CH_EINVAL);
    assert_int_equal(revocation_reason("superseded", &reason), CH_EINVAL);
    assert_int_equal(revocation_reason(NULL, &reason), CH_EINVAL);
}

/* ---- what is revoked ---- */

static void what_the_authority_has_not_issued_cannot_be_revoked(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    char *other = ops_root("EC_prime256v1", EC_SIG, "Other Root");
    (void)state;
    leaf(other, serial);
    refused("ResourceNotFoundException", root, serial);
    refused("ResourceNotFoundException", root, "01");
    refused("InvalidArnException", "arn:aws:acm-pca:us-east-1:1:nothing", serial);
    ops_refused("ValidationException", PCA, "RevokeCertificate", "o",
                order(root, serial, "CERTIFICATE_HOLD"));
    free(other);
}

static void a_roots_own_certificate_cannot_be_revoked(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    (void)state;
    json_t *got = ops_ok(PCA, "GetCertificateAuthorityCertificate", "{s:s}", CA, root);
    struct pki_certificate *c = ops_parse(ops_text(got, "Certificate"));
    pki_certificate_serial(c, serial);
    refused("InvalidRequestException", root, serial);
    assert_string_equal(ops.text, "Self-signed certificate can not be revoked");
    pki_certificate_free(c);
    json_decref(got);
}

static void an_authority_without_a_certificate_revokes_nothing(void **state)
{
    char *pending = ops_authority("ROOT", "EC_prime256v1", EC_SIG, "Pending");
    (void)state;
    refused("InvalidStateException", pending, "01");
    free(pending);
}

static void a_certificate_is_revoked_once_and_can_still_be_read(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    char digits[PKI_SERIAL_TEXT_SIZE];
    struct revocation_row row;
    (void)state;
    leaf(root, serial);
    plain(serial, digits);
    assert_int_equal(revoked(root, serial, &row), CH_ENOTFOUND);
    revoke(root, digits, "PRIVILEGE_WITHDRAWN");
    assert_int_equal(revoked(root, serial, &row), 0);
    assert_int_equal(row.reason, 9);
    assert_true(row.revoked_at > 0 && row.not_after > row.revoked_at);
    refused("RequestAlreadyProcessedException", root, serial);
    refused("RequestAlreadyProcessedException", root, digits);
    char arn[512];
    snprintf(arn, sizeof arn, "%s/certificate/%s", root, row.issued_id);
    json_decref(ops_get(root, arn));
}

/* As with AWS: the CRL of the authority above says it, and whoever wants more disables it. */
static void an_authority_whose_certificate_is_revoked_stays_as_it_is(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    char below[PKI_SERIAL_TEXT_SIZE];
    char *sub = ops_authority("SUBORDINATE", "EC_prime256v1", EC_SIG, "Sub");
    (void)state;
    ops_authority_activate(sub, root, EC_SIG, "SubordinateCACertificate_PathLen0/V1", 1000);
    leaf(sub, below);
    json_t *out = ops_ok(PCA, "DescribeCertificateAuthority", "{s:s}", CA, sub);
    snprintf(serial, sizeof serial, "%s",
             ops_text(json_object_get(out, "CertificateAuthority"), "Serial"));
    json_decref(out);
    revoke(root, serial, "CERTIFICATE_AUTHORITY_COMPROMISE");
    out = ops_ok(PCA, "DescribeCertificateAuthority", "{s:s}", CA, sub);
    assert_string_equal(ops_text(json_object_get(out, "CertificateAuthority"), "Status"), "ACTIVE");
    json_decref(out);
    revoke(sub, below, "KEY_COMPROMISE");
    free(sub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_serial_number_that_is_none_is_refused),
        cmocka_unit_test(a_serial_number_is_read_with_and_without_colons_in_either_case),
        cmocka_unit_test(every_reason_of_both_services_has_its_number_but_remove_from_crl),
        cmocka_unit_test(what_the_authority_has_not_issued_cannot_be_revoked),
        cmocka_unit_test(a_roots_own_certificate_cannot_be_revoked),
        cmocka_unit_test(an_authority_without_a_certificate_revokes_nothing),
        cmocka_unit_test(a_certificate_is_revoked_once_and_can_still_be_read),
        cmocka_unit_test(an_authority_whose_certificate_is_revoked_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
