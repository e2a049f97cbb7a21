/* Tests of ca/pki/crl.c and of how CRLs are made and published, judged by OpenSSL. */
#include "tests/unit/ops_kit.h"

#include "ca/pca/crl.h"
#include "ca/pca/revocation_configuration.h"
#include "ca/pki/crl.h"
#include "firmware/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCA "acm-pca"
#define CA "CertificateAuthorityArn"
#define EC_SIG "SHA256WITHECDSA"
#define DAY_US (INT64_C(86400) * 1000000)

static char *root; /* ACTIVE EC root with a CRL of 7 days */
static int64_t ahead_us;

static int64_t clock_ahead(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + ahead_us;
}

static char *root_make(const char *name, const char *crl)
{
    json_t *out = ops_ok(PCA, "CreateCertificateAuthority", "{s:s, s:{s:s, s:s, s:{s:s}}, s:{s:o}}",
                         "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                         "KeyAlgorithm", "EC_prime256v1", "SigningAlgorithm", EC_SIG, "Subject",
                         "CommonName", name, "RevocationConfiguration", "CrlConfiguration",
                         json_loads(crl, 0, NULL));
    char *arn = strdup(ops_text(out, CA));
    json_decref(out);
    ops_wait();
    ops_authority_activate(arn, arn, EC_SIG, "RootCACertificate/V1", 3650);
    return arn;
}

static int setup(void **state)
{
    ops_setup(state);
    ahead_us = 0;
    clock_replace(clock_ahead);
    root = root_make("CRL Root", "{\"Enabled\":true,\"ExpirationInDays\":7}");
    return 0;
}

static int teardown(void **state)
{
    free(root);
    return ops_teardown(state);
}

/* ---- the job ---- */

/* Makes what is due at the clock's time; how many rounds that took. */
static int make_due(void)
{
    int64_t at = 0;
    int rounds = 0;
    for (; rounds < 600; rounds++) {
        assert_int_equal(crl_job_due(&ops.core, &at), 0);
        if (at > clock_now_us())
            break;
        assert_int_equal(crl_job_run(&ops.core, clock_now_us()), 0);
    }
    return rounds;
}

/* The next moment at which a CRL that rests may be made again. */
static int make_rested(void)
{
    ahead_us += 3 * INT64_C(1000000);
    return make_due();
}

static X509_CRL *crl_read(const char *arn, const char *part)
{
    char path[700], url[300];
    struct crl_file file;
    struct stat st;
    snprintf(url, sizeof url, "/crl/%s%s.crl", strrchr(arn, '/') + 1, part);
    assert_int_equal(crl_open(&ops.core, url, &file), 0);
    assert_int_equal(fstat(file.fd, &st), 0);
    assert_true(file.modified <= clock_now() && file.next_update > clock_now());
    close(file.fd);
    snprintf(path, sizeof path, "%s/public%s", ops.state, url);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    X509_CRL *crl = d2i_X509_CRL_fp(f, NULL);
    assert_true(ftell(f) == (long)st.st_size);
    fclose(f);
    assert_non_null(crl);
    return crl;
}

static int64_t crl_number(X509_CRL *crl)
{
    int64_t value = 0;
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    assert_non_null(number);
    assert_int_equal(ASN1_INTEGER_get_int64(&value, number), 1);
    ASN1_INTEGER_free(number);
    return value;
}

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

static void take_back(const char *authority, const char *serial, const char *reason)
{
    json_decref(ops_ok(PCA, "RevokeCertificate", "{s:s, s:s, s:s}", CA, authority,
                       "CertificateSerial", serial, "RevocationReason", reason));
}

static bool lists(X509_CRL *crl, const char *serial)
{
    uint8_t octets[20];
    char digits[64] = "";
    X509_REVOKED *found = NULL;
    for (const char *at = serial; *at != '\0'; at++)
        if (*at != ':')
            strncat(digits, at, 1);
    assert_int_equal(hex_decode(digits, strlen(digits), octets), 0);
    BIGNUM *n = BN_bin2bn(octets, (int)strlen(digits) / 2, NULL);
    ASN1_INTEGER *number = BN_to_ASN1_INTEGER(n, NULL);
    int there = X509_CRL_get0_by_serial(crl, &found, number);
    ASN1_INTEGER_free(number);
    BN_free(n);
    return there == 1;
}

/* ---- ca/pki/crl.c ---- */

static void what_makes_no_entry_is_refused(void **state)
{
    (void)state;
    static const struct pki_crl_entry bad[] = {
        {.serial = {1}, .reason = 8},
        {.serial = {1}, .reason = 11},
        {.serial = {1}, .revoked_at = INT64_C(253402300800)},
        {.serial = {1}, .revoked_at = -INT64_C(631152001)},
    };
    struct buf out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(pki_crl_entry_put(&bad[i], &out), CH_EINVAL);
    assert_int_equal(out.len, 0);
    struct pki_crl_spec spec = {.issuer = slice_of("\x30\x00", 2), .issuer_key_id = slice_of("k", 1),
                                .this_update = 5, .next_update = 5, .number = 1};
    struct buf head = {0}, tail = {0};
    assert_int_equal(pki_crl_frame(&spec, 0, &head, &tail), CH_EINVAL);
    spec.next_update = 6;
    spec.number = 0;
    assert_int_equal(pki_crl_frame(&spec, 0, &head, &tail), CH_EINVAL);
    buf_free(&head);
    buf_free(&tail);
}

static void entries_are_those_that_openssl_writes(void **state)
{
    (void)state;
    static const struct pki_crl_entry entries[] = {
        {.serial = {[19] = 1}},
        {.serial = {[19] = 0x80}, .reason = 1},
        {.serial = {0x7f, [19] = 5}, .reason = 10, .revoked_at = INT64_C(2524607999)},
        {.serial = {0x01, 0xff}, .reason = 4, .revoked_at = INT64_C(2524608000)},
        {.serial = {[5] = 0xff, [19] = 9}, .revoked_at = 1700000000},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        struct buf ours = {0};
        unsigned char *theirs = NULL;
        X509_REVOKED *r = X509_REVOKED_new();
        BIGNUM *n = BN_bin2bn(entries[i].serial, 20, NULL);
        ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(n, NULL);
        ASN1_TIME *at = ASN1_TIME_set(NULL, entries[i].revoked_at);
        X509_REVOKED_set_serialNumber(r, serial);
        X509_REVOKED_set_revocationDate(r, at);
        if (entries[i].reason != 0) {
            ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
            ASN1_ENUMERATED_set(reason, (long)entries[i].reason);
            X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0);
            ASN1_ENUMERATED_free(reason);
        }
        int len = i2d_X509_REVOKED(r, &theirs);
        assert_int_equal(pki_crl_entry_put(&entries[i], &ours), 0);
        assert_int_equal(ours.len, len);
        assert_memory_equal(ours.data, theirs, ours.len);
        OPENSSL_free(theirs);
        ASN1_TIME_free(at);
        ASN1_INTEGER_free(serial);
        BN_free(n);
        X509_REVOKED_free(r);
        buf_free(&ours);
    }
}

/* ---- making and publishing ---- */

static void a_crl_is_signed_by_its_authority_and_made_once(void **state)
{
    (void)state;
    make_due();
    X509_CRL *crl = crl_read(root, "");
    json_t *out = ops_ok(PCA, "GetCertificateAuthorityCertificate", "{s:s}", CA, root);
    struct pki_certificate *c = ops_parse(ops_text(out, "Certificate"));
    struct slice der = pki_certificate_der(c);
    const unsigned char *p = der.data;
    X509 *issuer = d2i_X509(NULL, &p, (long)der.len);
    assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
    assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)), 0);
    AUTHORITY_KEYID *id = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
    assert_int_equal(ASN1_OCTET_STRING_cmp(id->keyid, X509_get0_subject_key_id(issuer)), 0);
    assert_int_equal(X509_CRL_get_ext_count(crl), 2);
    assert_null(X509_CRL_get_REVOKED(crl));
    assert_int_equal(make_rested(), 0);
    AUTHORITY_KEYID_free(id);
    X509_free(issuer);
    pki_certificate_free(c);
    json_decref(out);
    X509_CRL_free(crl);
}

static void a_revocation_makes_a_new_one_with_a_higher_number(void **state)
{
    char serials[3][PKI_SERIAL_TEXT_SIZE];
    (void)state;
    X509_CRL *before = crl_read(root, "");
    for (int i = 0; i < 3; i++) {
        leaf(root, serials[i]);
        take_back(root, serials[i], i == 0 ? "UNSPECIFIED" : "KEY_COMPROMISE");
    }
    assert_int_equal(make_rested(), 1); /* one for all three */
    X509_CRL *after = crl_read(root, "");
    assert_true(crl_number(after) > crl_number(before));
    for (int i = 0; i < 3; i++)
        assert_true(lists(after, serials[i]) && !lists(before, serials[i]));
    X509_CRL_free(before);
    X509_CRL_free(after);
}

static void one_that_was_published_a_moment_ago_rests(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE];
    (void)state;
    for (int i = 0; i < 2; i++) {
        leaf(root, serial);
        take_back(root, serial, "SUPERSEDED");
        make_due();
    }
    X509_CRL *crl = crl_read(root, "");
    assert_false(lists(crl, serial));
    X509_CRL_free(crl);
    assert_int_equal(make_rested(), 1);
    crl = crl_read(root, "");
    assert_true(lists(crl, serial));
    X509_CRL_free(crl);
}

static void at_half_of_its_life_it_is_made_anew(void **state)
{
    (void)state;
    X509_CRL *before = crl_read(root, "");
    ahead_us += 3 * DAY_US;
    assert_int_equal(make_due(), 0);
    ahead_us += DAY_US;
    assert_int_equal(make_due(), 1);
    X509_CRL *after = crl_read(root, "");
    assert_true(crl_number(after) > crl_number(before));
    X509_CRL_free(before);
    X509_CRL_free(after);
}

static int take_number_unit(struct store_tx *tx, void *context)
{
    struct authority_row row = {0};
    struct crl_row crl = {0};
    const char *id = strrchr(context, '/') + 1;
    int r = store_authority_get_any(tx, id, &row);
    if (r == 0)
        r = store_crl_get(tx, &row.scope, id, CRL_COMPLETE, &crl);
    crl.number++;
    if (r == 0)
        r = store_crl_take_number(tx, &crl);
    authority_row_free(&row);
    return r;
}

static void what_cannot_be_written_leaves_the_old_one_and_is_tried_again(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE], folder[CORE_PATH_MAX];
    (void)state;
    memcpy(folder, ops.core.public_folder, sizeof folder);
    leaf(root, serial);
    take_back(root, serial, "SUPERSEDED");
    X509_CRL *before = crl_read(root, "");
    snprintf(ops.core.public_folder, CORE_PATH_MAX, "/proc/nothing");
    assert_int_equal(make_rested(), 1); /* fails, and waits */
    memcpy(ops.core.public_folder, folder, sizeof folder);
    X509_CRL *still = crl_read(root, "");
    assert_true(crl_number(still) == crl_number(before));
    /* as after a crash with the number taken and nothing published */
    assert_int_equal(store_write(ops.core.store, take_number_unit, root), 0);
    ahead_us += 6 * INT64_C(1000000);
    assert_int_equal(make_due(), 1);
    X509_CRL *after = crl_read(root, "");
    assert_true(lists(after, serial) && crl_number(after) > crl_number(before) + 1);
    X509_CRL_free(before);
    X509_CRL_free(still);
    X509_CRL_free(after);
}

static int status_unit(struct store_tx *tx, void *context)
{
    struct authority_row row = {0};
    int r = store_authority_get_any(tx, strrchr(root, '/') + 1, &row);
    if (r == 0)
        r = store_authority_set_status(tx, &row.scope, row.id, context, NULL, clock_now_us());
    authority_row_free(&row);
    return r;
}

static void status_put(const char *status)
{
    char text[32];
    snprintf(text, sizeof text, "%s", status);
    assert_int_equal(store_write(ops.core.store, status_unit, text), 0);
}

static void a_disabled_authority_makes_them_and_a_deleted_one_does_not(void **state)
{
    char one[PKI_SERIAL_TEXT_SIZE], two[PKI_SERIAL_TEXT_SIZE];
    (void)state;
    leaf(root, one);
    leaf(root, two);
    status_put("DISABLED");
    take_back(root, one, "SUPERSEDED");
    assert_int_equal(make_rested(), 1);
    X509_CRL *crl = crl_read(root, "");
    assert_true(lists(crl, one));
    take_back(root, two, "SUPERSEDED");
    status_put("DELETED");
    make_rested();
    X509_CRL *still = crl_read(root, "");
    assert_true(crl_number(still) == crl_number(crl) && !lists(still, two));
    status_put("ACTIVE");
    ahead_us += 700 * INT64_C(1000000);
    assert_int_equal(make_due(), 1);
    X509_CRL *again = crl_read(root, "");
    assert_true(lists(again, two));
    X509_CRL_free(crl);
    X509_CRL_free(still);
    X509_CRL_free(again);
}

static void an_expired_certificate_stays_for_one_more_life(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE]; /* for 30 days */
    (void)state;
    leaf(root, serial);
    take_back(root, serial, "SUPERSEDED");
    ahead_us += 31 * DAY_US;
    make_due();
    X509_CRL *crl = crl_read(root, "");
    assert_true(lists(crl, serial));
    X509_CRL_free(crl);
    ahead_us += 7 * DAY_US;
    make_due();
    crl = crl_read(root, "");
    assert_false(lists(crl, serial));
    X509_CRL_free(crl);
}

static void a_part_has_its_serial_numbers_and_says_its_uri(void **state)
{
    char serial[PKI_SERIAL_TEXT_SIZE], part[4], expected[300];
    (void)state;
    char *arn = root_make("Parts", "{\"Enabled\":true,\"ExpirationInDays\":1,\"CrlType\":"
                                   "\"PARTITIONED\",\"CustomCname\":\"crl.example.com\"}");
    make_due();
    leaf(arn, serial);
    snprintf(part, sizeof part, "/%s", serial + strlen(serial) - 2);
    take_back(arn, serial, "KEY_COMPROMISE");
    assert_int_equal(make_due(), 1);
    X509_CRL *crl = crl_read(arn, part);
    int critical = 0;
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
    assert_true(point != NULL && critical == 1);
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0);
    snprintf(expected, sizeof expected, "http://crl.example.com/crl/%s%s.crl",
             strrchr(arn, '/') + 1, part);
    assert_string_equal((const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier),
                        expected);
    assert_true(lists(crl, serial));
    ISSUING_DIST_POINT_free(point);
    X509_CRL_free(crl);
    free(arn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_no_entry_is_refused),
        cmocka_unit_test(entries_are_those_that_openssl_writes),
        cmocka_unit_test(a_crl_is_signed_by_its_authority_and_made_once),
        cmocka_unit_test(a_revocation_makes_a_new_one_with_a_higher_number),
        cmocka_unit_test(one_that_was_published_a_moment_ago_rests),
        cmocka_unit_test(at_half_of_its_life_it_is_made_anew),
        cmocka_unit_test(what_cannot_be_written_leaves_the_old_one_and_is_tried_again),
        cmocka_unit_test(a_disabled_authority_makes_them_and_a_deleted_one_does_not),
        cmocka_unit_test(an_expired_certificate_stays_for_one_more_life),
        cmocka_unit_test(a_part_has_its_serial_numbers_and_says_its_uri),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
