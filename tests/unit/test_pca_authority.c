/* Tests of ca/pca: authorities, from CreateCertificateAuthority to an imported certificate. */
#include "tests/unit/ops_kit.h"

#include "ca/arn.h"
#include "ca/jobs/key_maker.h"
#include "firmware/base/clock.h"

#include <pthread.h>
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

static json_t *describe(const char *arn)
{
    json_t *out = ops_ok(PCA, "DescribeCertificateAuthority", "{s:s}", ARN, arn);
    json_t *object = json_incref(json_object_get(out, "CertificateAuthority"));
    json_decref(out);
    return object;
}

static char *status_of(const char *arn)
{
    json_t *object = describe(arn);
    char *status = strdup(ops_text(object, "Status"));
    json_decref(object);
    return status;
}

#define assert_status(arn, expected)                                                               \
    do {                                                                                           \
        char *status_ = status_of(arn);                                                            \
        assert_string_equal(status_, expected);                                                    \
        free(status_);                                                                             \
    } while (0)

static json_t *configuration(const char *key, const char *sig, json_t *subject)
{
    return json_pack("{s:s, s:s, s:o}", "KeyAlgorithm", key, "SigningAlgorithm", sig, "Subject",
                     subject);
}

static void create_refused(const char *key, const char *sig, json_t *subject)
{
    ops_refused("InvalidArgsException", PCA, "CreateCertificateAuthority", "{s:s, s:o}",
                "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                configuration(key, sig, subject));
}

/* ---- creating ---- */

static void a_new_authority_waits_for_its_certificate(void **state)
{
    (void)state;
    char *arn = ops_authority("ROOT", "EC_prime256v1", "SHA256WITHECDSA", "New");
    json_t *ca = describe(arn);
    assert_string_equal(ops_text(ca, "Arn"), arn);
    assert_string_equal(ops_text(ca, "Status"), "PENDING_CERTIFICATE");
    assert_string_equal(ops_text(ca, "Type"), "ROOT");
    assert_string_equal(ops_text(ca, "OwnerAccount"), ops.account);
    assert_string_equal(ops_text(ca, "KeyStorageSecurityStandard"), "FIPS_140_2_LEVEL_3_OR_HIGHER");
    assert_string_equal(ops_text(ca, "UsageMode"), "GENERAL_PURPOSE");
    assert_true(json_is_number(json_object_get(ca, "CreatedAt")));
    assert_true(json_is_number(json_object_get(ca, "LastStateChangeAt")));
    assert_null(json_object_get(ca, "Serial"));
    assert_null(json_object_get(ca, "NotBefore"));
    assert_null(json_object_get(ca, "NotAfter"));
    assert_null(json_object_get(ca, "FailureReason"));
    const json_t *revocation = json_object_get(ca, "RevocationConfiguration");
    assert_true(
        json_is_false(json_object_get(json_object_get(revocation, "CrlConfiguration"), "Enabled")));
    assert_true(json_is_false(
        json_object_get(json_object_get(revocation, "OcspConfiguration"), "Enabled")));
    json_decref(ca);
    free(arn);
}

static void the_csr_holds_the_subject_and_asks_for_a_ca(void **state)
{
    (void)state;
    char *arn = ops_authority("SUBORDINATE", "EC_secp384r1", "SHA384WITHECDSA", "Asks");
    json_t *out = ops_ok(PCA, "GetCertificateAuthorityCsr", "{s:s}", ARN, arn);
    struct pki_csr *csr = NULL;
    struct pki_reason why;
    struct buf subject = {0};
    assert_int_equal(pki_csr_parse(slice_text(ops_text(out, "Csr")), &csr, &why), 0);
    assert_int_equal(pki_name_text(pki_csr_subject(csr), &subject), 0);
    assert_string_equal(buf_text(&subject), "C=US,O=Ops,CN=Asks");
    bool critical = false;
    assert_true(pki_csr_extension(csr, "2.5.29.19", &critical).len > 0);
    assert_int_equal(pki_key_alg(pki_csr_spki(csr)), KEY_ALG_P384);
    buf_free(&subject);
    pki_csr_free(csr);
    json_decref(out);
    free(arn);
}

static void algorithms_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    json_t *subject = json_pack("{s:s}", "CommonName", "x");
    create_refused("EC_prime256v1", "SHA256WITHRSA", json_incref(subject));
    create_refused("RSA_2048", "SHA256WITHECDSA", json_incref(subject));
    create_refused("ML_DSA_65", "ML_DSA_65", json_incref(subject));
    create_refused("SM2", "SM3WITHSM2", json_incref(subject));
    create_refused("RSA_2048", "SM3WITHSM2", subject);
}

static void a_subject_must_have_attributes_of_one_kind(void **state)
{
    (void)state;
    create_refused("EC_prime256v1", "SHA256WITHECDSA", json_object());
    create_refused("EC_prime256v1", "SHA256WITHECDSA",
                   json_pack("{s:s, s:[{s:s, s:s}]}", "CommonName", "x", "CustomAttributes",
                             "ObjectIdentifier", "2.5.4.3", "Value", "y"));
    assert_non_null(strstr(ops.text, "CustomAttributes"));
}

static void custom_attributes_come_in_their_own_order(void **state)
{
    (void)state;
    struct pki_csr *csr = NULL;
    struct pki_reason why;
    struct buf subject = {0};
    json_t *made = ops_ok(PCA, "CreateCertificateAuthority", "{s:s, s:o}",
                          "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                          configuration("EC_prime256v1", "SHA256WITHECDSA",
                                        json_pack("{s:[{s:s,s:s},{s:s,s:s}]}", "CustomAttributes",
                                                  "ObjectIdentifier", "2.5.4.3", "Value", "Custom",
                                                  "ObjectIdentifier", "2.5.4.10", "Value", "Org")));
    ops_wait();
    json_t *out = ops_ok(PCA, "GetCertificateAuthorityCsr", "{s:s}", ARN, ops_text(made, ARN));
    assert_int_equal(pki_csr_parse(slice_text(ops_text(out, "Csr")), &csr, &why), 0);
    assert_int_equal(pki_name_text(pki_csr_subject(csr), &subject), 0);
    assert_string_equal(buf_text(&subject), "CN=Custom,O=Org");
    buf_free(&subject);
    pki_csr_free(csr);
    json_decref(out);
    json_decref(made);
}

static void revocation_that_nobody_would_serve_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"CrlConfiguration\":{\"Enabled\":true}}",
        "{\"CrlConfiguration\":{\"Enabled\":true,\"ExpirationInDays\":7}}",
        "{\"CrlConfiguration\":{\"Enabled\":true,\"ExpirationInDays\":7,\"CustomCname\":\"\"}}",
        "{\"CrlConfiguration\":{\"Enabled\":false,\"CustomCname\":\"http://x\"}}",
        "{\"OcspConfiguration\":{\"Enabled\":true}}",
    };
    ops.config.public_port = 0;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ops_refused("InvalidArgsException", PCA, "CreateCertificateAuthority", "{s:s, s:o, s:o}",
                    "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                    configuration("EC_prime256v1", "SHA256WITHECDSA",
                                  json_pack("{s:s}", "CommonName", "x")),
                    "RevocationConfiguration", json_loads(refused[i], 0, NULL));
    ops.config.public_port = 8080;
}

static void aws_tags_are_refused(void **state)
{
    (void)state;
    ops_refused(
        "InvalidTagException", PCA, "CreateCertificateAuthority", "{s:s, s:o, s:[{s:s, s:s}]}",
        "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
        configuration("EC_prime256v1", "SHA256WITHECDSA", json_pack("{s:s}", "CommonName", "x")),
        "Tags", "Key", "aws:x", "Value", "y");
}

/* ---- idempotency ---- */

static char *create_with_token(const char *token, const char *name)
{
    json_t *out = ops_ok(
        PCA, "CreateCertificateAuthority", "{s:s, s:s, s:o}", "IdempotencyToken", token,
        "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
        configuration("EC_prime256v1", "SHA256WITHECDSA", json_pack("{s:s}", "CommonName", name)));
    char *arn = strdup(ops_text(out, ARN));
    json_decref(out);
    return arn;
}

static void the_same_token_gives_the_same_authority_for_five_minutes(void **state)
{
    (void)state;
    char *first = create_with_token("token-1", "Once");
    char *second = create_with_token("token-1", "Once");
    assert_string_equal(first, second);
    ops_refused("InvalidArgsException", PCA, "CreateCertificateAuthority", "{s:s, s:s, s:o}",
                "IdempotencyToken", "token-1", "CertificateAuthorityType", "ROOT",
                "CertificateAuthorityConfiguration",
                configuration("EC_prime256v1", "SHA256WITHECDSA",
                              json_pack("{s:s}", "CommonName", "Other")));
    ops_clock_ahead(INT64_C(301) * 1000000);
    char *third = create_with_token("token-1", "Once");
    clock_replace(NULL);
    assert_string_not_equal(first, third);
    free(third);
    free(second);
    free(first);
}

/* ---- names ---- */

static void foreign_and_malformed_arns_are_told_apart(void **state)
{
    (void)state;
    char arn[ARN_SIZE];
    ops_refused("InvalidArnException", PCA, "DescribeCertificateAuthority", "{s:s}", ARN,
                "arn:aws:acm-pca:us-east-1:123456789012:certificate/x");
    assert_string_equal(ops.text, "Not a valid arn.");
    snprintf(arn, sizeof arn,
             "arn:aws:acm-pca:us-east-1:%s:certificate-authority/"
             "00000000-0000-4000-8000-000000000000",
             ops.account);
    ops_refused("ResourceNotFoundException", PCA, "DescribeCertificateAuthority", "{s:s}", ARN,
                arn);
    char *ours = ops_authority("ROOT", "EC_prime256v1", "SHA256WITHECDSA", "Ours");
    ops.region = "eu-west-1";
    ops_refused("ResourceNotFoundException", PCA, "DescribeCertificateAuthority", "{s:s}", ARN,
                ours);
    ops.region = OPS_REGION;
    memcpy(strstr(ours, ops.account), "999999999999", 12);
    ops_refused("ResourceNotFoundException", PCA, "DescribeCertificateAuthority", "{s:s}", ARN,
                ours);
    free(ours);
}

/* ---- lists ---- */

static void pages_cover_the_list_once(void **state)
{
    (void)state;
    json_t *seen = json_object();
    json_t *all = ops_ok(PCA, "ListCertificateAuthorities", "{s:i}", "MaxResults", 1000);
    size_t total = json_array_size(json_object_get(all, "CertificateAuthorities"));
    char *token = NULL;
    assert_true(total >= 3);
    assert_null(json_object_get(all, "NextToken"));
    do {
        json_t *page = ops_ok(PCA, "ListCertificateAuthorities", "{s:i, s:s*}", "MaxResults", 2,
                              "NextToken", token);
        const json_t *list = json_object_get(page, "CertificateAuthorities");
        for (size_t i = 0; i < json_array_size(list); i++)
            json_object_set_new(seen, ops_text(json_array_get(list, i), "Arn"), json_true());
        const char *next = json_string_value(json_object_get(page, "NextToken"));
        free(token);
        token = next == NULL ? NULL : strdup(next);
        json_decref(page);
    } while (token != NULL);
    assert_int_equal(json_object_size(seen), total);
    json_decref(all);
    json_decref(seen);
}

static void an_altered_next_token_is_refused(void **state)
{
    (void)state;
    json_t *page = ops_ok(PCA, "ListCertificateAuthorities", "{s:i}", "MaxResults", 1);
    char *token = strdup(ops_text(page, "NextToken"));
    for (size_t i = 0; i < strlen(token); i += 7) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        ops_refused("InvalidNextTokenException", PCA, "ListCertificateAuthorities", "{s:s}",
                    "NextToken", token);
        token[i] = kept;
    }
    ops_refused("InvalidNextTokenException", PCA, "ListCertificateAuthorities", "{s:s, s:s}",
                "NextToken", token, "ResourceOwner", "SELF");
    ops.region = "eu-west-1";
    ops_refused("InvalidNextTokenException", PCA, "ListCertificateAuthorities", "{s:s}",
                "NextToken", token);
    ops.region = OPS_REGION;
    ops_refused("InvalidNextTokenException", PCA, "ListCertificateAuthorities", "{s:s}",
                "NextToken", "abc");
    json_decref(ops_ok(PCA, "ListCertificateAuthorities", "{s:s}", "NextToken", token));
    free(token);
    json_decref(page);
}

static void nothing_is_shared_by_other_accounts(void **state)
{
    (void)state;
    json_t *page =
        ops_ok(PCA, "ListCertificateAuthorities", "{s:s}", "ResourceOwner", "OTHER_ACCOUNTS");
    assert_int_equal(json_array_size(json_object_get(page, "CertificateAuthorities")), 0);
    assert_true(json_is_array(json_object_get(page, "CertificateAuthorities")));
    json_decref(page);
}

/* ---- states ---- */

static void what_is_not_there_yet_is_refused_by_state(void **state)
{
    (void)state;
    ops_maker_stop();
    json_t *made = ops_ok(PCA, "CreateCertificateAuthority", "{s:s, s:o}",
                          "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                          configuration("EC_prime256v1", "SHA256WITHECDSA",
                                        json_pack("{s:s}", "CommonName", "Slow")));
    const char *arn = ops_text(made, ARN);
    assert_status(arn, "CREATING");
    ops_refused("RequestInProgressException", PCA, "GetCertificateAuthorityCsr", "{s:s}", ARN, arn);
    ops_refused("RequestInProgressException", PCA, "ImportCertificateAuthorityCertificate",
                "{s:s, s:s}", ARN, arn, "Certificate", "AAAA");
    ops_maker_start();
    ops_wait();
    assert_status(arn, "PENDING_CERTIFICATE");
    ops_refused("InvalidStateException", PCA, "GetCertificateAuthorityCertificate", "{s:s}", ARN,
                arn);
    char expected[512];
    snprintf(expected, sizeof expected,
             "The certificate authority %s is not in the correct state to have a certificate "
             "signing request.",
             arn);
    assert_string_equal(ops.text, expected);
    json_decref(made);
}

static void a_root_becomes_active_with_its_own_certificate(void **state)
{
    (void)state;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Root EC");
    json_t *ca = describe(arn);
    json_t *out = ops_ok(PCA, "GetCertificateAuthorityCertificate", "{s:s}", ARN, arn);
    const char *pem = ops_text(out, "Certificate");
    assert_string_equal(ops_text(ca, "Status"), "ACTIVE");
    assert_non_null(strchr(ops_text(ca, "Serial"), ':'));
    assert_true(json_number_value(json_object_get(ca, "NotAfter")) >
                (double)clock_now() + 3649.0 * 86400);
    assert_null(json_object_get(out, "CertificateChain"));
    assert_int_equal(pem[strlen(pem) - 1], '-');
    assert_true(ops_openssl_verifies(pem, pem));
    json_decref(out);
    json_decref(ca);
    free(arn);
}

/* ---- importing ---- */

static char *certificate_of(const char *arn)
{
    json_t *out = ops_ok(PCA, "GetCertificateAuthorityCertificate", "{s:s}", ARN, arn);
    char *text = ops_base64(ops_text(out, "Certificate"));
    json_decref(out);
    return text;
}

static char *sign(const char *issuer, const char *of, const char *template_name, int days)
{
    char template_arn[128];
    snprintf(template_arn, sizeof template_arn, "arn:aws:acm-pca:::template/%s", template_name);
    json_t *csr = ops_ok(PCA, "GetCertificateAuthorityCsr", "{s:s}", ARN, of);
    char *csr64 = ops_base64(ops_text(csr, "Csr"));
    json_t *issued = ops_ok(PCA, "IssueCertificate", "{s:s, s:s, s:s, s:s, s:{s:s, s:i}}", ARN,
                            issuer, "Csr", csr64, "SigningAlgorithm", "SHA256WITHECDSA",
                            "TemplateArn", template_arn, "Validity", "Type", "DAYS", "Value", days);
    json_t *got = ops_get(issuer, ops_text(issued, "CertificateArn"));
    char *text = ops_base64(ops_text(got, "Certificate"));
    json_decref(got);
    json_decref(issued);
    free(csr64);
    json_decref(csr);
    return text;
}

#define IMPORT "ImportCertificateAuthorityCertificate"

static void every_mismatch_of_an_import_is_named(void **state)
{
    (void)state;
    char *root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Import Root");
    char *other = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Other Root");
    char *sub = ops_authority("SUBORDINATE", "EC_prime256v1", "SHA256WITHECDSA", "Import Sub");
    char *root64 = certificate_of(root);
    char *other64 = certificate_of(other);
    char *sub64 = sign(root, sub, "SubordinateCACertificate_PathLen0/V1", 365);
    char *leaf64 = sign(root, sub, "EndEntityCertificate/V1", 365);
    char *junk64 = ops_base64("no certificate at all");

    ops_refused("MalformedCertificateException", PCA, IMPORT, "{s:s, s:s, s:s}", ARN, sub,
                "Certificate", junk64, "CertificateChain", root64);
    ops_refused("CertificateMismatchException", PCA, IMPORT, "{s:s, s:s, s:s}", ARN, sub,
                "Certificate", other64, "CertificateChain", root64);
    assert_non_null(strstr(ops.text, "public key"));
    ops_refused("MalformedCertificateException", PCA, IMPORT, "{s:s, s:s, s:s}", ARN, sub,
                "Certificate", leaf64, "CertificateChain", root64);
    assert_non_null(strstr(ops.text, "CA:TRUE"));
    ops_refused("InvalidRequestException", PCA, IMPORT, "{s:s, s:s}", ARN, sub, "Certificate",
                sub64);
    ops_refused("CertificateMismatchException", PCA, IMPORT, "{s:s, s:s, s:s}", ARN, sub,
                "Certificate", sub64, "CertificateChain", other64);
    ops_refused("MalformedCertificateException", PCA, IMPORT, "{s:s, s:s, s:s}", ARN, sub,
                "Certificate", sub64, "CertificateChain", junk64);
    ops_refused("InvalidRequestException", PCA, IMPORT, "{s:s, s:s, s:s}", ARN, root, "Certificate",
                root64, "CertificateChain", root64);
    assert_status(sub, "PENDING_CERTIFICATE");

    ops_clock_ahead(INT64_C(400) * 86400 * 1000000);
    ops_refused("MalformedCertificateException", PCA, IMPORT, "{s:s, s:s, s:s}", ARN, sub,
                "Certificate", sub64, "CertificateChain", root64);
    assert_non_null(strstr(ops.text, "expired"));
    clock_replace(NULL);

    json_decref(ops_ok(PCA, IMPORT, "{s:s, s:s, s:s}", ARN, sub, "Certificate", sub64,
                       "CertificateChain", root64));
    assert_status(sub, "ACTIVE");
    ops_clock_ahead(ops.ahead);
    assert_status(sub, "EXPIRED");
    clock_replace(NULL);
    free(junk64);
    free(leaf64);
    free(sub64);
    free(other64);
    free(root64);
    free(sub);
    free(other);
    free(root);
}

static void two_certificates_in_the_certificate_field_are_refused(void **state)
{
    (void)state;
    char *root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Twice");
    json_t *out = ops_ok(PCA, "GetCertificateAuthorityCertificate", "{s:s}", ARN, root);
    char twice[8192];
    snprintf(twice, sizeof twice, "%s\n%s\n", ops_text(out, "Certificate"),
             ops_text(out, "Certificate"));
    char *twice64 = ops_base64(twice);
    ops_refused("MalformedCertificateException", PCA, IMPORT, "{s:s, s:s}", ARN, root,
                "Certificate", twice64);
    assert_non_null(strstr(ops.text, "more than one certificate"));
    free(twice64);
    json_decref(out);
    free(root);
}

/* ---- permissions ---- */

static void a_permission_is_for_acm_and_only_once(void **state)
{
    (void)state;
    char *arn = ops_authority("ROOT", "EC_prime256v1", "SHA256WITHECDSA", "Permits");
    ops_refused("ValidationException", PCA, "CreatePermission", "{s:s, s:s, s:[s]}", ARN, arn,
                "Principal", "ec2.amazonaws.com", "Actions", "IssueCertificate");
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s,s,s]}", ARN, arn, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate", "GetCertificate",
                       "ListPermissions"));
    ops_refused("PermissionAlreadyExistsException", PCA, "CreatePermission", "{s:s, s:s, s:[s]}",
                ARN, arn, "Principal", "acm.amazonaws.com", "Actions", "IssueCertificate");
    free(arn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_authority_waits_for_its_certificate),
        cmocka_unit_test(the_csr_holds_the_subject_and_asks_for_a_ca),
        cmocka_unit_test(algorithms_that_do_not_fit_are_refused),
        cmocka_unit_test(a_subject_must_have_attributes_of_one_kind),
        cmocka_unit_test(custom_attributes_come_in_their_own_order),
        cmocka_unit_test(revocation_that_nobody_would_serve_is_refused),
        cmocka_unit_test(aws_tags_are_refused),
        cmocka_unit_test(the_same_token_gives_the_same_authority_for_five_minutes),
        cmocka_unit_test(foreign_and_malformed_arns_are_told_apart),
        cmocka_unit_test(pages_cover_the_list_once),
        cmocka_unit_test(an_altered_next_token_is_refused),
        cmocka_unit_test(nothing_is_shared_by_other_accounts),
        cmocka_unit_test(what_is_not_there_yet_is_refused_by_state),
        cmocka_unit_test(a_root_becomes_active_with_its_own_certificate),
        cmocka_unit_test(every_mismatch_of_an_import_is_named),
        cmocka_unit_test(two_certificates_in_the_certificate_field_are_refused),
        cmocka_unit_test(a_permission_is_for_acm_and_only_once),
    };
    return cmocka_run_group_tests(tests, ops_setup, ops_teardown);
}
