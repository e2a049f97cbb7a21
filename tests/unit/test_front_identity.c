/* The front's own TLS key, its request and its certificate. */
#include "api/front/identity.h"
#include "firmware/base/error.h"

#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static struct identity *identity;
static struct buf csr;

static int setup(void **state)
{
    (void)state;
    csr = (struct buf){0};
    return identity_new(&identity, &csr);
}

static int teardown(void **state)
{
    (void)state;
    identity_install(NULL);
    identity_unref(identity);
    buf_free(&csr);
    return 0;
}

static gnutls_x509_crq_t read_request(const struct buf *der)
{
    gnutls_x509_crq_t crq = NULL;
    gnutls_datum_t data = {der->data, (unsigned)der->len};
    assert_int_equal(gnutls_x509_crq_init(&crq), 0);
    assert_int_equal(gnutls_x509_crq_import(crq, &data, GNUTLS_X509_FMT_DER), 0);
    return crq;
}

/* A certificate for the key of a request, signed by nobody in particular. PEM; the caller frees. */
static void certify(const struct buf *der, struct buf *pem)
{
    gnutls_x509_crq_t crq = read_request(der);
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = NULL;
    gnutls_datum_t out = {NULL, 0};
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA,
                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_set_crq(crt, crq), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(crt, "\1", 1), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(crt, time(NULL)), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 100), 0);
    assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
    assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out), 0);
    assert_int_equal(buf_put(pem, out.data, out.size), 0);
    gnutls_free(out.data);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_crq_deinit(crq);
}

static struct msg_tls_certified good(const struct buf *pem)
{
    return (struct msg_tls_certified){
        .chain = buf_slice(pem), .not_before = 1000, .not_after = 1900};
}

static void test_the_request_is_for_a_p256_key_and_signed_by_it(void **state)
{
    (void)state;
    gnutls_x509_crq_t crq = read_request(&csr);
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    gnutls_datum_t x = {NULL, 0};
    gnutls_datum_t y = {NULL, 0};
    gnutls_pubkey_t key = NULL;
    assert_int_equal(gnutls_x509_crq_verify(crq, 0), 0);
    assert_int_equal(gnutls_pubkey_init(&key), 0);
    assert_int_equal(gnutls_pubkey_import_x509_crq(key, crq, 0), 0);
    assert_int_equal(gnutls_pubkey_export_ecc_raw(key, &curve, &x, &y), 0);
    assert_int_equal(curve, GNUTLS_ECC_CURVE_SECP256R1);
    gnutls_free(x.data);
    gnutls_free(y.data);
    gnutls_pubkey_deinit(key);
    gnutls_x509_crq_deinit(crq);
}

static void test_every_identity_has_a_key_of_its_own(void **state)
{
    (void)state;
    struct identity *other = NULL;
    struct buf pem = {0};
    struct buf other_csr = {0};
    assert_int_equal(identity_new(&other, &other_csr), 0);
    certify(&other_csr, &pem);
    struct msg_tls_certified answer = good(&pem);
    assert_int_equal(identity_take_chain(identity, &answer), CH_EINTEGRITY);
    assert_int_equal(identity_take_chain(other, &answer), 0);
    identity_unref(other);
    buf_free(&other_csr);
    buf_free(&pem);
}

static void test_a_third_before_the_end_it_is_renewed(void **state)
{
    (void)state;
    struct buf pem = {0};
    gnutls_pcert_st *chain = NULL;
    gnutls_privkey_t key = NULL;
    certify(&csr, &pem);
    struct msg_tls_certified answer = good(&pem);
    assert_int_equal(identity_take_chain(identity, &answer), 0);
    assert_int_equal(identity_renew_at(identity), 1600);
    assert_int_equal(identity_get_chain(identity, &chain, &key), 1);
    assert_non_null(chain);
    assert_non_null(key);
    buf_free(&pem);
}

static void test_a_refusal_of_core_is_passed_on(void **state)
{
    (void)state;
    const struct msg_tls_certified busy = {.result = 12};
    const struct msg_tls_certified absurd = {.result = 0x10000};
    assert_int_equal(identity_take_chain(identity, &busy), CH_EBUSY);
    assert_int_equal(identity_take_chain(identity, &absurd), CH_EPROTO);
}

static void test_dates_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct buf pem = {0};
    certify(&csr, &pem);
    struct msg_tls_certified answer = good(&pem);
    answer.not_after = answer.not_before;
    assert_int_equal(identity_take_chain(identity, &answer), CH_EINTEGRITY);
    answer.not_after = UINT64_MAX;
    assert_int_equal(identity_take_chain(identity, &answer), CH_EINTEGRITY);
    buf_free(&pem);
}

static void test_what_is_no_chain_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "x", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct msg_tls_certified answer = {
            .chain = slice_text(bad[i]), .not_before = 1, .not_after = 2};
        assert_int_equal(identity_take_chain(identity, &answer), CH_EPROTO);
    }
}

static void test_a_chain_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct buf pem = {0};
    for (int i = 0; i <= IDENTITY_CHAIN_MAX; i++)
        certify(&csr, &pem);
    struct msg_tls_certified answer = good(&pem);
    assert_int_equal(identity_take_chain(identity, &answer), CH_EPROTO);
    buf_free(&pem);
}

static void test_the_installed_one_lives_while_somebody_holds_it(void **state)
{
    (void)state;
    struct identity *other = NULL;
    struct buf other_csr = {0};
    assert_null(identity_current());
    identity_install(identity);
    struct identity *held = identity_current();
    assert_ptr_equal(held, identity);
    assert_int_equal(identity_new(&other, &other_csr), 0);
    identity_install(other);
    struct identity *next = identity_current();
    assert_ptr_equal(next, other);
    identity_unref(identity);
    identity_unref(other);
    identity = held; /* freed last, by teardown */
    identity_unref(next);
    identity_unref(NULL);
    buf_free(&other_csr);
}

static void test_gnutls_takes_the_priorities_without_a_weak_one(void **state)
{
    (void)state;
    gnutls_priority_t priorities = NULL;
    const unsigned *list = NULL;
    assert_int_equal(gnutls_priority_init(&priorities, IDENTITY_PRIORITIES, NULL), 0);
    int count = gnutls_priority_protocol_list(priorities, &list);
    assert_int_equal(count, 2);
    assert_int_equal(list[0], GNUTLS_TLS1_3);
    assert_int_equal(list[1], GNUTLS_TLS1_2);
    count = gnutls_priority_kx_list(priorities, &list);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], GNUTLS_KX_ECDHE_ECDSA);
    count = gnutls_priority_mac_list(priorities, &list);
    assert_int_equal(count, 1);
    assert_int_equal(list[0], GNUTLS_MAC_AEAD);
    gnutls_priority_deinit(priorities);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_request_is_for_a_p256_key_and_signed_by_it),
        CASE(test_every_identity_has_a_key_of_its_own),
        CASE(test_a_third_before_the_end_it_is_renewed),
        CASE(test_a_refusal_of_core_is_passed_on),
        CASE(test_dates_that_make_no_sense_are_refused),
        CASE(test_what_is_no_chain_is_refused),
        CASE(test_a_chain_that_is_too_long_is_refused),
        CASE(test_the_installed_one_lives_while_somebody_holds_it),
        CASE(test_gnutls_takes_the_priorities_without_a_weak_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
