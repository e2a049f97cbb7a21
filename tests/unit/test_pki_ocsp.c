/*
 * ca/pki/ocsp: requests as OpenSSL writes them and as nobody should, and responses as OpenSSL reads
 * and verifies them.
 */
#include "ca/pki/ocsp.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>

#define PARSED(c) kit_x509(buf_slice(&(c)->der))

static struct kit_cert issuer, leaf, responder;
static uint8_t responder_id[20];

static X509 *kit_x509(struct slice der)
{
    const unsigned char *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x509);
    return x509;
}

static int setup(void **state)
{
    (void)state;
    kit_issue(&(struct kit_order){.profile = "RootCACertificate/V1", .name = "OCSP root"}, &issuer);
    kit_issue(&(struct kit_order){.name = "leaf", .dns = "leaf.example.com", .issuer = &issuer}, &leaf);
    kit_issue(&(struct kit_order){.profile = "OCSPSigningCertificate/V1", .name = "responder",
                                  .key = kit_key(KEY_ALG_P256, 1), .issuer = &issuer},
              &responder);
    return pki_key_id(buf_slice(&responder.key->spki), responder_id);
}

static int teardown(void **state)
{
    (void)state;
    kit_cert_free(&leaf);
    kit_cert_free(&responder);
    kit_cert_free(&issuer);
    return 0;
}

/* ---- requests ---- */

static OCSP_REQUEST *request_of(const EVP_MD *hash, int count)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    X509 *subject = PARSED(&leaf);
    X509 *above = PARSED(&issuer);
    for (int i = 0; i < count; i++)
        assert_non_null(OCSP_request_add0_id(request, OCSP_cert_to_id(hash, subject, above)));
    X509_free(above);
    X509_free(subject);
    return request;
}

/* Parses what OpenSSL encodes, and frees that. */
static int parse(OCSP_REQUEST *request, struct pki_ocsp_request **out)
{
    unsigned char *der = NULL;
    int len = i2d_OCSP_REQUEST(request, &der);
    int rc = pki_ocsp_request_parse(slice_of(der, (size_t)len), out);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    return rc;
}

static void the_issuer_is_known_by_either_hash_and_by_no_other(void **state)
{
    (void)state;
    const struct {
        const EVP_MD *hash;
        bool known;
    } rows[] = {{EVP_sha1(), true}, {EVP_sha256(), true}, {EVP_sha384(), false}, {EVP_md5(), false}};
    struct pki_ocsp_issuer ours;
    struct pki_ocsp_issuer alien;
    assert_int_equal(pki_ocsp_issuer_hash(pki_certificate_subject(issuer.parsed),
                                          pki_certificate_spki(issuer.parsed), &ours), 0);
    assert_int_equal(pki_ocsp_issuer_hash(pki_certificate_subject(issuer.parsed),
                                          pki_certificate_spki(responder.parsed), &alien), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pki_ocsp_request *r = NULL;
        struct pki_ocsp_id id;
        assert_int_equal(parse(request_of(rows[i].hash, 1), &r), 0);
        pki_ocsp_request_id(r, 0, &id);
        assert_int_equal(id.known_hash, rows[i].known);
        assert_int_equal(pki_ocsp_issuer_is(&ours, &id), rows[i].known);
        assert_false(pki_ocsp_issuer_is(&alien, &id));
        pki_ocsp_request_free(r);
    }
    assert_int_equal(pki_ocsp_issuer_hash(slice_text("x"), slice_text("no key"), &ours), CH_EINVAL);
}

static void one_to_sixteen_certificates_may_be_asked_for(void **state)
{
    (void)state;
    struct pki_ocsp_request *r = NULL;
    for (int count = 1; count <= PKI_OCSP_REQUESTS_MAX; count++) {
        assert_int_equal(parse(request_of(EVP_sha1(), count), &r), 0);
        assert_int_equal(pki_ocsp_request_count(r), count);
        pki_ocsp_request_free(r);
    }
    assert_int_equal(parse(request_of(EVP_sha1(), 0), &r), CH_EINVAL);
    assert_null(r);
    assert_int_equal(parse(request_of(EVP_sha1(), PKI_OCSP_REQUESTS_MAX + 1), &r), CH_EINVAL);
    assert_null(r);
    pki_ocsp_request_free(NULL);
}

static void what_is_cut_off_or_goes_on_is_no_request(void **state)
{
    (void)state;
    unsigned char *der = NULL;
    struct pki_ocsp_request *r = NULL;
    OCSP_REQUEST *request = request_of(EVP_sha256(), 2);
    int len = i2d_OCSP_REQUEST(request, &der);
    for (int cut = 0; cut < len; cut++)
        assert_int_equal(pki_ocsp_request_parse(slice_of(der, (size_t)cut), &r), CH_EINVAL);
    unsigned char *more = calloc(1, (size_t)len + 1);
    memcpy(more, der, (size_t)len);
    assert_int_equal(pki_ocsp_request_parse(slice_of(more, (size_t)len + 1), &r), CH_EINVAL);
    free(more);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
}

/* The serial number of a CertID, and whether it is one that a certificate of ours can have. */
static bool serial_of(const char *hex, uint8_t serial[PKI_SERIAL_SIZE])
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    X509 *above = PARSED(&issuer);
    BIGNUM *number = NULL;
    struct pki_ocsp_request *r = NULL;
    struct pki_ocsp_id id;
    assert_true(BN_hex2bn(&number, hex) > 0);
    ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(number, NULL);
    OCSP_request_add0_id(request, OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(above),
                                                   X509_get0_pubkey_bitstr(above), integer));
    assert_int_equal(parse(request, &r), 0);
    pki_ocsp_request_id(r, 0, &id);
    memcpy(serial, id.serial, PKI_SERIAL_SIZE);
    pki_ocsp_request_free(r);
    ASN1_INTEGER_free(integer);
    BN_free(number);
    X509_free(above);
    return id.serial_fits;
}

static void serial_numbers_are_padded_and_those_that_cannot_be_are_told_apart(void **state)
{
    (void)state;
    uint8_t serial[PKI_SERIAL_SIZE];
    uint8_t wanted[PKI_SERIAL_SIZE] = {0};
    assert_true(serial_of("01", serial));
    wanted[PKI_SERIAL_SIZE - 1] = 1;
    assert_memory_equal(serial, wanted, sizeof wanted);
    assert_true(serial_of("00AB", serial));
    wanted[PKI_SERIAL_SIZE - 1] = 0xab;
    assert_memory_equal(serial, wanted, sizeof wanted);
    assert_true(serial_of("FF00000000000000000000000000000000000000", serial));
    assert_int_equal(serial[0], 0xff);
    assert_false(serial_of("01FF00000000000000000000000000000000000000", serial));
    assert_false(serial_of("-01", serial));
}

/* A request with a nonce of that many octets; bare: not wrapped in an OCTET STRING. */
static OCSP_REQUEST *nonced(size_t octets, bool bare)
{
    OCSP_REQUEST *request = request_of(EVP_sha1(), 1);
    unsigned char value[80] = {0x04, (unsigned char)octets};
    ASN1_OCTET_STRING *outer = ASN1_OCTET_STRING_new();
    memset(value + 2, 0x5a, octets);
    ASN1_OCTET_STRING_set(outer, bare ? value + 2 : value, (int)(bare ? octets : octets + 2));
    X509_EXTENSION *nonce =
        X509_EXTENSION_create_by_NID(NULL, NID_id_pkix_OCSP_Nonce, 0, outer);
    assert_int_equal(OCSP_REQUEST_add_ext(request, nonce, -1), 1);
    X509_EXTENSION_free(nonce);
    ASN1_OCTET_STRING_free(outer);
    return request;
}

static void a_nonce_counts_from_1_to_32_octets(void **state)
{
    (void)state;
    const struct {
        size_t octets;
        bool bare, counts;
    } rows[] = {{0, false, false}, {1, false, true},   {32, false, true},
                {33, false, false}, {8, true, true},   {33, true, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pki_ocsp_request *r = NULL;
        assert_int_equal(parse(nonced(rows[i].octets, rows[i].bare), &r), 0);
        assert_int_equal(pki_ocsp_request_has_nonce(r), rows[i].counts);
        pki_ocsp_request_free(r);
    }
}

static void an_unknown_critical_extension_is_refused_another_is_not(void **state)
{
    (void)state;
    for (int critical = 0; critical <= 1; critical++) {
        struct pki_ocsp_request *r = NULL;
        OCSP_REQUEST *request = request_of(EVP_sha1(), 1);
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        ASN1_OBJECT *name = OBJ_txt2obj("1.2.3.4", 1);
        ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2);
        X509_EXTENSION *alien = X509_EXTENSION_create_by_OBJ(NULL, name, critical, value);
        OCSP_REQUEST_add_ext(request, alien, -1);
        X509_EXTENSION_free(alien);
        ASN1_OBJECT_free(name);
        ASN1_OCTET_STRING_free(value);
        assert_int_equal(parse(request, &r), critical ? CH_EINVAL : 0);
        pki_ocsp_request_free(r);
    }
}

/* ---- responses ---- */

static OCSP_BASICRESP *answer(const struct pki_ocsp_request *r, const struct pki_ocsp_single *singles)
{
    struct buf tbs = {0};
    struct buf signature = {0};
    struct buf der = {0};
    const struct pki_ocsp_spec spec = {.request = r,
                                       .singles = singles,
                                       .responder_key_id = slice_of(responder_id, 20),
                                       .produced_at = KIT_NOW,
                                       .this_update = KIT_NOW - 60,
                                       .next_update = KIT_NOW + 3600};
    assert_int_equal(pki_ocsp_tbs_build(&spec, &tbs), 0);
    kit_sign(responder.key, SIG_ALG_SHA256WITHECDSA, buf_slice(&tbs), &signature);
    assert_int_equal(pki_ocsp_finish(buf_slice(&tbs), SIG_ALG_SHA256WITHECDSA,
                                     buf_slice(&signature), buf_slice(&responder.der), &der), 0);
    const unsigned char *at = der.data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
    assert_non_null(response);
    assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_SUCCESSFUL);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    OCSP_RESPONSE_free(response);
    buf_free(&der);
    buf_free(&signature);
    buf_free(&tbs);
    return basic;
}

static void must_verify(OCSP_BASICRESP *basic)
{
    X509_STORE *store = X509_STORE_new();
    X509 *root = PARSED(&issuer);
    X509_STORE_add_cert(store, root);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)KIT_NOW);
    assert_int_equal(OCSP_basic_verify(basic, NULL, store, 0), 1);
    X509_free(root);
    X509_STORE_free(store);
}

static void openssl_verifies_what_is_answered_and_reads_each_status(void **state)
{
    (void)state;
    const struct pki_ocsp_single singles[] = {
        {.status = PKI_OCSP_GOOD},
        {.status = PKI_OCSP_REVOKED, .reason = 1, .revoked_at = KIT_NOW - 10},
        {.status = PKI_OCSP_REVOKED, .reason = 0, .revoked_at = KIT_NOW - 20},
        {.status = PKI_OCSP_UNKNOWN}};
    const int statuses[] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
                            V_OCSP_CERTSTATUS_REVOKED, V_OCSP_CERTSTATUS_UNKNOWN};
    const int reasons[] = {-1, 1, -1, -1};
    struct pki_ocsp_request *r = NULL;
    assert_int_equal(parse(request_of(EVP_sha256(), 4), &r), 0);
    OCSP_BASICRESP *basic = answer(r, singles);
    must_verify(basic);
    assert_int_equal(OCSP_resp_count(basic), 4);
    for (int i = 0; i < 4; i++) {
        int reason = 0;
        ASN1_GENERALIZEDTIME *at = NULL;
        ASN1_GENERALIZEDTIME *from = NULL;
        ASN1_GENERALIZEDTIME *to = NULL;
        assert_int_equal(OCSP_single_get0_status(OCSP_resp_get0(basic, i), &reason, &at, &from, &to),
                         statuses[i]);
        if (statuses[i] == V_OCSP_CERTSTATUS_REVOKED) {
            assert_int_equal(reason, reasons[i]);
            assert_int_equal(ASN1_TIME_cmp_time_t(at, (time_t)singles[i].revoked_at), 0);
        }
        assert_int_equal(ASN1_TIME_cmp_time_t(from, (time_t)KIT_NOW - 60), 0);
        assert_int_equal(ASN1_TIME_cmp_time_t(to, (time_t)KIT_NOW + 3600), 0);
    }
    OCSP_BASICRESP_free(basic);
    pki_ocsp_request_free(r);
}

static void a_nonce_is_repeated_as_it_came_and_left_out_when_it_does_not_count(void **state)
{
    (void)state;
    const struct pki_ocsp_single good = {.status = PKI_OCSP_GOOD};
    for (size_t octets = 16; octets <= 33; octets += 17) {
        OCSP_REQUEST *request = nonced(octets, false);
        unsigned char *der = NULL;
        int len = i2d_OCSP_REQUEST(request, &der);
        struct pki_ocsp_request *r = NULL;
        assert_int_equal(pki_ocsp_request_parse(slice_of(der, (size_t)len), &r), 0);
        OCSP_BASICRESP *basic = answer(r, &good);
        /* 1: equal; -1: the request alone has one */
        assert_int_equal(OCSP_check_nonce(request, basic), octets == 16 ? 1 : -1);
        must_verify(basic);
        OCSP_BASICRESP_free(basic);
        pki_ocsp_request_free(r);
        OPENSSL_free(der);
        OCSP_REQUEST_free(request);
    }
}

static void refusals_are_five_octets(void **state)
{
    (void)state;
    const enum pki_ocsp_refusal all[] = {PKI_OCSP_MALFORMED, PKI_OCSP_TRY_LATER,
                                         PKI_OCSP_UNAUTHORIZED};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct buf der = {0};
        const uint8_t wanted[] = {0x30, 0x03, 0x0a, 0x01, (uint8_t)all[i]};
        assert_int_equal(pki_ocsp_refuse(all[i], &der), 0);
        assert_int_equal(der.len, sizeof wanted);
        assert_memory_equal(der.data, wanted, sizeof wanted);
        buf_free(&der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_issuer_is_known_by_either_hash_and_by_no_other),
        cmocka_unit_test(one_to_sixteen_certificates_may_be_asked_for),
        cmocka_unit_test(what_is_cut_off_or_goes_on_is_no_request),
        cmocka_unit_test(serial_numbers_are_padded_and_those_that_cannot_be_are_told_apart),
        cmocka_unit_test(a_nonce_counts_from_1_to_32_octets),
        cmocka_unit_test(an_unknown_critical_extension_is_refused_another_is_not),
        cmocka_unit_test(openssl_verifies_what_is_answered_and_reads_each_status),
        cmocka_unit_test(a_nonce_is_repeated_as_it_came_and_left_out_when_it_does_not_count),
        cmocka_unit_test(refusals_are_five_octets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
