/* Tests of ca/pca: OCSP answers judged by OpenSSL, responders that are renewed and that end. */
#include "tests/unit/ops_kit.h"

#include "ca/jobs/ocsp.h"
#include "ca/keyring.h"
#include "ca/pca/ocsp.h"
#include "ca/pki/ocsp.h"
#include "firmware/base/clock.h"

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EC_SIG "SHA256WITHECDSA"
#define DAY_US (INT64_C(86400) * 1000000)
#define UUID_LEN (ROW_UUID_SIZE - 1)

static char *root;
static struct pki_certificate *leaf;
static struct pki_certificate *ca;
static int64_t ahead_us; /* of the system's clock */

static int64_t later_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + ahead_us;
}

static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "OCSP Root");
    assert_int_equal(ocsp_new(&ops.core, &ops.core.ocsp), 0);
    char *csr = ops_csr("EC", "/CN=leaf.example.com", "leaf.example.com");
    char *arn = ops_issue(root, EC_SIG, csr);
    json_t *got = ops_get(root, arn);
    leaf = ops_parse(ops_text(got, "Certificate"));
    ca = ops_parse(ops_text(got, "CertificateChain"));
    json_decref(got);
    free(arn);
    free(csr);
    return 0;
}

static int teardown(void **state)
{
    clock_replace(NULL);
    pki_certificate_free(leaf);
    pki_certificate_free(ca);
    free(root);
    ocsp_free(ops.core.ocsp);
    ops.core.ocsp = NULL;
    return ops_teardown(state);
}

static X509 *x509_of(const struct pki_certificate *c)
{
    struct slice der = pki_certificate_der(c);
    const uint8_t *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x);
    return x;
}

/* A request of OpenSSL's about the leaf. */
static OCSP_REQUEST *question(const EVP_MD *hash, bool nonce)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    X509 *subject = x509_of(leaf);
    X509 *issuer = x509_of(ca);
    assert_non_null(OCSP_request_add0_id(request, OCSP_cert_to_id(hash, subject, issuer)));
    if (nonce)
        assert_int_equal(OCSP_request_add1_nonce(request, NULL, 16), 1);
    X509_free(subject);
    X509_free(issuer);
    return request;
}

static void ask(OCSP_REQUEST *request, struct ocsp_answer *answer)
{
    uint8_t *der = NULL;
    int len = i2d_OCSP_REQUEST(request, &der);
    assert_true(len > 0);
    assert_int_equal(ocsp_answer(ops.core.ocsp, slice_of(der, (size_t)len), answer), 0);
    OPENSSL_free(der);
}

static OCSP_RESPONSE *response_of(const struct ocsp_answer *answer)
{
    const uint8_t *at = answer->body.data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)answer->body.len);
    assert_non_null(response);
    assert_ptr_equal(at, answer->body.data + answer->body.len);
    return response;
}

/* Every field as RFC 6960 has it, and the signature by a responder that the root has delegated to. */
static int status_checked(OCSP_REQUEST *request, const struct ocsp_answer *answer)
{
    OCSP_RESPONSE *response = response_of(answer);
    assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_SUCCESSFUL);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    assert_non_null(basic);
    X509_STORE *trust = X509_STORE_new();
    X509 *issuer = x509_of(ca);
    assert_int_equal(X509_STORE_add_cert(trust, issuer), 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust), (time_t)clock_now());
    assert_int_equal(OCSP_basic_verify(basic, NULL, trust, 0), 1);
    assert_true(OCSP_check_nonce(request, basic) > 0 || OCSP_check_nonce(request, basic) == -1);
    int status = -1;
    int reason = -1;
    ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *to = NULL;
    OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
    assert_int_equal(OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &from, &to), 1);
    time_t at = (time_t)answer->this_update;
    assert_int_equal(ASN1_TIME_cmp_time_t(from, at), 0);
    at = (time_t)answer->next_update;
    assert_int_equal(ASN1_TIME_cmp_time_t(to, at), 0);
    assert_int_equal(answer->next_update - answer->this_update, 3600);
    X509_free(issuer);
    X509_STORE_free(trust);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    return status;
}

static void what_is_no_request_is_malformed(void **state)
{
    (void)state;
    static const uint8_t bad[][4] = {{0}, {0x30, 0x00}, {0x30, 0x02, 0x30, 0x00}, {0xff, 1, 2, 3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ocsp_answer answer;
        assert_int_equal(ocsp_answer(ops.core.ocsp, slice_of(bad[i], i == 0 ? 0 : 4), &answer), 0);
        OCSP_RESPONSE *response = response_of(&answer);
        assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
        assert_false(answer.cacheable);
        OCSP_RESPONSE_free(response);
        buf_free(&answer.body);
    }
}

static void openssl_accepts_every_field_of_an_answer(void **state)
{
    (void)state;
    const EVP_MD *hashes[] = {EVP_sha1(), EVP_sha256()};
    for (size_t i = 0; i < 4; i++) {
        struct ocsp_answer answer;
        bool nonce = i % 2 == 1;
        OCSP_REQUEST *request = question(hashes[i / 2], nonce);
        ask(request, &answer);
        assert_int_equal(status_checked(request, &answer), V_OCSP_CERTSTATUS_GOOD);
        assert_int_equal(answer.cacheable, !nonce);
        buf_free(&answer.body);
        OCSP_REQUEST_free(request);
    }
}

static void a_hash_that_is_not_known_finds_no_authority(void **state)
{
    (void)state;
    struct ocsp_answer answer;
    OCSP_REQUEST *request = question(EVP_sha512(), false);
    ask(request, &answer);
    OCSP_RESPONSE *response = response_of(&answer);
    assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_UNAUTHORIZED);
    OCSP_RESPONSE_free(response);
    buf_free(&answer.body);
    OCSP_REQUEST_free(request);
}

static void one_certificate_has_one_tag_whatever_the_hash(void **state)
{
    (void)state;
    struct ocsp_answer a, b;
    OCSP_REQUEST *by_sha1 = question(EVP_sha1(), false);
    OCSP_REQUEST *by_sha256 = question(EVP_sha256(), false);
    ask(by_sha1, &a);
    ask(by_sha256, &b);
    assert_true(a.tag == b.tag && a.tag != 0);
    buf_free(&a.body);
    buf_free(&b.body);
    OCSP_REQUEST_free(by_sha1);
    OCSP_REQUEST_free(by_sha256);
}

/* ---- the job ---- */

static const char *authority_id(void)
{
    return root + strlen(root) - UUID_LEN;
}

static int row_unit(struct store_tx *tx, void *context)
{
    return store_authority_get_any(tx, authority_id(), context);
}

/* The responder's certificate as the store has it; empty when there is none. */
static void responder_certificate(struct buf *der)
{
    struct system_key_row row = {0};
    struct hsm_key *key = NULL;
    char name[64];
    snprintf(name, sizeof name, "ocsp/%s", authority_id());
    int r = keyring_pair_find(ops.core.keyring, name, &row, &key);
    assert_true(r == 0 || r == CH_ENOTFOUND);
    if (r == 0)
        assert_int_equal(buf_put_slice(der, buf_slice(&row.certificate)), 0);
    system_key_row_free(&row);
}

static void a_responder_is_renewed_in_the_middle_of_its_life(void **state)
{
    (void)state;
    struct buf first = {0}, same = {0}, second = {0};
    int64_t at = 0;
    responder_certificate(&first);
    assert_true(first.len > 0);
    assert_int_equal(ocsp_job_due(&ops.core, &at), 0);
    assert_true(at > clock_now_us() + 3 * DAY_US && at < clock_now_us() + 4 * DAY_US);
    assert_int_equal(ocsp_job_run(&ops.core, clock_now_us()), 0); /* nothing is due */
    responder_certificate(&same);
    assert_true(slice_equal(buf_slice(&first), buf_slice(&same)));
    ahead_us = 4 * DAY_US;
    clock_replace(later_us);
    assert_int_equal(ocsp_job_run(&ops.core, clock_now_us()), 0);
    responder_certificate(&second);
    assert_false(slice_equal(buf_slice(&first), buf_slice(&second)));
    assert_int_equal(ocsp_job_due(&ops.core, &at), 0);
    assert_true(at > clock_now_us() + 3 * DAY_US);
    struct ocsp_answer answer;
    OCSP_REQUEST *request = question(EVP_sha256(), true);
    ask(request, &answer);
    assert_int_equal(status_checked(request, &answer), V_OCSP_CERTSTATUS_GOOD);
    buf_free(&answer.body);
    OCSP_REQUEST_free(request);
    buf_free(&first);
    buf_free(&same);
    buf_free(&second);
}

static void the_end_of_an_authority_is_that_of_its_responder(void **state)
{
    (void)state;
    struct authority_row row = {0};
    struct buf der = {0};
    int64_t at = 0;
    assert_int_equal(store_read(ops.core.store, row_unit, &row), 0);
    assert_int_equal(ocsp_end(NULL, &row), 0);
    for (int i = 0; i < 2; i++) /* the second time, as after an interruption */
        assert_int_equal(ocsp_end(ops.core.ocsp, &row), 0);
    responder_certificate(&der);
    assert_int_equal(der.len, 0);
    assert_int_equal(ocsp_job_due(&ops.core, &at), 0);
    assert_true(at == SCHEDULE_NEVER);
    struct ocsp_answer answer;
    OCSP_REQUEST *request = question(EVP_sha256(), false);
    ask(request, &answer);
    OCSP_RESPONSE *response = response_of(&answer);
    assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_UNAUTHORIZED);
    responder_certificate(&der);
    assert_int_equal(der.len, 0);
    OCSP_RESPONSE_free(response);
    OCSP_REQUEST_free(request);
    buf_free(&answer.body);
    authority_row_free(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_request_is_malformed),
        cmocka_unit_test(openssl_accepts_every_field_of_an_answer),
        cmocka_unit_test(a_hash_that_is_not_known_finds_no_authority),
        cmocka_unit_test(one_certificate_has_one_tag_whatever_the_hash),
        cmocka_unit_test(a_responder_is_renewed_in_the_middle_of_its_life),
        cmocka_unit_test(the_end_of_an_authority_is_that_of_its_responder),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
