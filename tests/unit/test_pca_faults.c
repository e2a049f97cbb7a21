/*
 * test_pca_faults.c - operations while the HSM fails in the midst: nothing wrong is given
 * out, nothing is lost, and what was left is finished. Failures are put into a copy of the
 * module's function list.
 */
#include "tests/unit/ops_kit.h"

#include "ca/arn.h"
#include "ca/jobs/key_maker.h"
#include "hsm/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCA "acm-pca"
#define CA "CertificateAuthorityArn"
#define EC_SIG "SHA256WITHECDSA"
#define ECDSA_P256_SIZE 64

static char *root, *csr;
static CK_FUNCTION_LIST real, failing;
static atomic_int sign_bad;      /* signatures that come out wrong */
static atomic_int sign_fail;     /* calls of C_Sign that fail */
static atomic_int generate_fail; /* calls of C_GenerateKeyPair that fail */
static CK_RV fault_rv;

static bool take(atomic_int *left)
{
    return atomic_load(left) > 0 && atomic_fetch_sub(left, 1) > 0;
}

static CK_RV failing_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len,
                          CK_BYTE_PTR sig, CK_ULONG_PTR sig_len)
{
    CK_RV rv = real.C_Sign(session, data, len, sig, sig_len);
    if (take(&sign_fail))
        return fault_rv;
    /* MACs come this way, too; they are shorter. */
    if (rv == CKR_OK && *sig_len == ECDSA_P256_SIZE && take(&sign_bad))
        sig[*sig_len / 2] ^= 1;
    return rv;
}

static CK_RV failing_generate(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                              CK_ATTRIBUTE_PTR public_template, CK_ULONG public_count,
                              CK_ATTRIBUTE_PTR private_template, CK_ULONG private_count,
                              CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key)
{
    if (take(&generate_fail))
        return fault_rv;
    return real.C_GenerateKeyPair(session, mechanism, public_template, public_count,
                                  private_template, private_count, public_key, private_key);
}

static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "Fault Root");
    csr = ops_csr("EC", "/CN=fault.example.com", NULL);
    real = *ops.core.hsm->p11;
    failing = real;
    failing.C_Sign = failing_sign;
    failing.C_GenerateKeyPair = failing_generate;
    ops.core.hsm->p11 = &failing;
    return 0;
}

static int teardown(void **state)
{
    free(csr);
    free(root);
    return ops_teardown(state);
}

static int heal(void **state)
{
    (void)state;
    atomic_store(&sign_bad, 0);
    atomic_store(&sign_fail, 0);
    atomic_store(&generate_fail, 0);
    return 0;
}

static int intent_visit(void *context, const struct issued_row *row)
{
    (void)row;
    ++*(size_t *)context;
    return 0;
}

static int intents_unit(struct store_tx *tx, void *context)
{
    return store_issued_list_intents(tx, intent_visit, context);
}

/* How many are open. */
static size_t intents(void)
{
    size_t open = 0;
    assert_int_equal(store_read(ops.core.store, intents_unit, &open), 0);
    return open;
}

static int issue_code(void)
{
    struct ops_answer *answer = calloc(1, sizeof *answer);
    ops_call(PCA, "IssueCertificate",
             json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:i}}", CA, root, "Csr", csr,
                       "SigningAlgorithm", EC_SIG, "IdempotencyToken", "again", "Validity", "Type",
                       "DAYS", "Value", 30),
             answer);
    int code = answer->code;
    ops_answer_free(answer);
    free(answer);
    return code;
}

/* ---- cases ---- */

/* The token of a call that failed serves again: it must not bring back what was given up. */
static void a_wrong_signature_never_leaves(void **state)
{
    (void)state;
    atomic_store(&sign_bad, 1);
    assert_int_equal(issue_code(), CH_EHSM);
    assert_int_equal(intents(), 0);
    assert_int_equal(issue_code(), 0);
}

static void a_failed_signature_gives_up_its_intent(void **state)
{
    (void)state;
    fault_rv = CKR_FUNCTION_FAILED;
    free(ops_issue(root, EC_SIG, csr));
    atomic_store(&sign_fail, 1000000);
    struct ops_answer *answer = calloc(1, sizeof *answer);
    ops_call(PCA, "IssueCertificate",
             json_pack("{s:s, s:s, s:s, s:{s:s, s:i}}", CA, root, "Csr", csr, "SigningAlgorithm",
                       EC_SIG, "Validity", "Type", "DAYS", "Value", 30),
             answer);
    assert_int_equal(answer->code, CH_EHSM);
    ops_answer_free(answer);
    free(answer);
    assert_int_equal(intents(), 0);
    atomic_store(&sign_fail, 0);
    free(ops_issue(root, EC_SIG, csr));
}

static void a_private_certificate_survives_a_failing_signature(void **state)
{
    (void)state;
    fault_rv = CKR_FUNCTION_FAILED;
    atomic_store(&sign_bad, 1);
    char *arn = ops_request(root, "EC_prime256v1", "survives.example.com");
    json_t *out = ops_ok("acm", "DescribeCertificate", "{s:s}", "CertificateArn", arn);
    assert_string_equal(ops_text(json_object_get(out, "Certificate"), "Status"), "ISSUED");
    assert_int_equal(intents(), 0);
    json_decref(out);
    json_decref(ops_ok("acm", "ExportCertificate", "{s:s, s:s}", "CertificateArn", arn,
                       "Passphrase", "cGFzc3dvcmQ="));
    free(arn);
}

static json_t *create(void)
{
    json_t *out = ops_ok(PCA, "CreateCertificateAuthority", "{s:s, s:{s:s, s:s, s:{s:s}}}",
                         "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                         "KeyAlgorithm", "EC_prime256v1", "SigningAlgorithm", EC_SIG, "Subject",
                         "CommonName", "Faulty");
    ops_wait();
    return out;
}

static void assert_authority(const json_t *made, const char *status, const char *reason)
{
    json_t *out = ops_ok(PCA, "DescribeCertificateAuthority", "{s:s}", CA, ops_text(made, CA));
    const json_t *ca = json_object_get(out, "CertificateAuthority");
    assert_string_equal(ops_text(ca, "Status"), status);
    if (reason != NULL)
        assert_string_equal(ops_text(ca, "FailureReason"), reason);
    json_decref(out);
}

static void an_authority_waits_for_an_hsm_that_is_away(void **state)
{
    (void)state;
    fault_rv = CKR_FUNCTION_FAILED;
    atomic_store(&generate_fail, 1000000);
    json_t *made = create();
    assert_authority(made, "CREATING", NULL);
    atomic_store(&generate_fail, 0);
    ops_wait();
    assert_authority(made, "PENDING_CERTIFICATE", NULL);
    json_decref(made);
}

static void an_authority_whose_csr_could_not_be_signed_gets_a_new_pair(void **state)
{
    (void)state;
    fault_rv = CKR_FUNCTION_FAILED;
    atomic_store(&sign_fail, 1000000);
    json_t *made = create();
    assert_authority(made, "CREATING", NULL);
    atomic_store(&sign_fail, 0);
    ops_wait();
    assert_authority(made, "PENDING_CERTIFICATE", NULL);
    json_decref(made);
}

static void an_algorithm_that_the_hsm_lacks_fails_the_authority(void **state)
{
    (void)state;
    fault_rv = CKR_MECHANISM_INVALID;
    atomic_store(&generate_fail, 1000000);
    json_t *made = create();
    assert_authority(made, "FAILED", "UNSUPPORTED_ALGORITHM");
    json_decref(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_wrong_signature_never_leaves, heal),
        cmocka_unit_test_teardown(a_failed_signature_gives_up_its_intent, heal),
        cmocka_unit_test_teardown(a_private_certificate_survives_a_failing_signature, heal),
        cmocka_unit_test_teardown(an_authority_waits_for_an_hsm_that_is_away, heal),
        cmocka_unit_test_teardown(an_authority_whose_csr_could_not_be_signed_gets_a_new_pair, heal),
        cmocka_unit_test_teardown(an_algorithm_that_the_hsm_lacks_fails_the_authority, heal),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
