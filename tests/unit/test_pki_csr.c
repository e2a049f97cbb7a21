/* Certification requests: read with all their refusals, and made for our own CAs. */
#include "ca/pki/extension.h"
#include "tests/unit/pki_kit.h"

#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OID_ALT_NAME "2.5.29.17"
#define OID_KEY_USAGE "2.5.29.15"
#define OID_BASIC_CONSTRAINTS "2.5.29.19"
#define REQUEST "CERTIFICATE REQUEST"

/* ---- tools ---- */

static void read_file(const char *name, struct buf *out)
{
    char path[8192];
    char chunk[4096];
    snprintf(path, sizeof path, "%s/%s", kit_folder(), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        assert_int_equal(buf_put(out, chunk, got), 0);
    fclose(file);
}

/* A request of our own making, DER. */
static void own_request(const struct kit_key *key, enum sig_alg alg, struct buf *der)
{
    struct buf name = {0};
    struct buf info = {0};
    struct buf sig = {0};
    kit_name("host.example.com", &name);
    assert_int_equal(pki_csr_info_build(buf_slice(&name), buf_slice(&key->spki), true,
                                        PKI_KU_KEY_CERT_SIGN | PKI_KU_CRL_SIGN, slice_of(NULL, 0),
                                        &info),
                     0);
    kit_sign(key, alg, buf_slice(&info), &sig);
    assert_int_equal(pki_csr_finish(buf_slice(&info), alg, buf_slice(&sig), der), 0);
    buf_free(&name);
    buf_free(&info);
    buf_free(&sig);
}

/* A request whose info was changed before it was signed. */
static void changed_request(void (*change)(PKI_REQUEST_INFO *info), struct buf *der)
{
    const struct kit_key *key = kit_key(KEY_ALG_P256, 0);
    struct buf name = {0};
    struct buf info = {0};
    struct buf sig = {0};
    kit_name("host.example.com", &name);
    assert_int_equal(pki_csr_info_build(buf_slice(&name), buf_slice(&key->spki), true, 0,
                                        slice_of(NULL, 0), &info),
                     0);
    PKI_REQUEST_INFO *parsed = pki_der_decode(buf_slice(&info), ASN1_ITEM_rptr(PKI_REQUEST_INFO));
    change(parsed);
    buf_clear(&info);
    assert_int_equal(pki_der_encode(parsed, ASN1_ITEM_rptr(PKI_REQUEST_INFO), &info), 0);
    kit_sign(key, SIG_ALG_SHA256WITHECDSA, buf_slice(&info), &sig);
    assert_int_equal(
        pki_csr_finish(buf_slice(&info), SIG_ALG_SHA256WITHECDSA, buf_slice(&sig), der), 0);
    ASN1_item_free((ASN1_VALUE *)parsed, ASN1_ITEM_rptr(PKI_REQUEST_INFO));
    buf_free(&name);
    buf_free(&info);
    buf_free(&sig);
}

static void assert_refused(struct slice input, const char *reason)
{
    struct pki_csr *csr = (struct pki_csr *)&csr;
    struct pki_reason why = {{0}};
    assert_int_equal(pki_csr_parse(input, &csr, &why), CH_EINVAL);
    assert_null(csr);
    if (strstr(why.text, reason) == NULL)
        fail_msg("wanted \"%s\", got \"%s\"", reason, why.text);
}

static struct pki_csr *accepted(struct slice input)
{
    struct pki_csr *csr = NULL;
    struct pki_reason why = {{0}};
    if (pki_csr_parse(input, &csr, &why) != 0)
        fail_msg("%s", why.text);
    return csr;
}

/* Makes a request with the openssl command and reads it. */
static void openssl_request(const char *options, struct buf *pem)
{
    kit_must_run(
        "openssl req -new -nodes -keyout k.pem -out r.pem -subj /O=Example/CN=host.example.com %s",
        options);
    read_file("r.pem", pem);
}

/* ---- accepted ---- */

static void accepts_what_openssl_makes(void **state)
{
    (void)state;
    static const char *const options[] = {
        "-newkey rsa:2048",
        "-newkey rsa:2056 -sha384",
        "-newkey rsa:2048 -sha512 -sigopt rsa_padding_mode:pss",
        "-newkey rsa:2048 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32",
        "-newkey ec -pkeyopt ec_paramgen_curve:P-256",
        "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384",
        "-newkey ec -pkeyopt ec_paramgen_curve:P-521 -sha512",
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct buf pem = {0};
        struct buf text = {0};
        openssl_request(options[i], &pem);
        struct pki_csr *csr = accepted(buf_slice(&pem));
        assert_int_equal(pki_name_text(pki_csr_subject(csr), &text), 0);
        assert_string_equal(buf_text(&text), "O=Example,CN=host.example.com");
        pki_csr_free(csr);
        buf_free(&pem);
        buf_free(&text);
    }
}

static void hands_out_the_extensions_asked_for(void **state)
{
    (void)state;
    struct buf pem = {0};
    bool critical = true;
    openssl_request("-newkey ec -pkeyopt ec_paramgen_curve:P-256 "
                    "-addext subjectAltName=DNS:a.example,IP:10.0.0.1 "
                    "-addext keyUsage=critical,digitalSignature",
                    &pem);
    struct pki_csr *csr = accepted(buf_slice(&pem));
    struct slice names = pki_csr_extension(csr, OID_ALT_NAME, &critical);
    assert_false(critical);
    assert_int_equal(names.len, 19);
    assert_memory_equal(names.data,
                        "\x30\x11\x82\x09"
                        "a.example\x87\x04\x0a\x00\x00\x01",
                        19);
    struct slice usage = pki_csr_extension(csr, OID_KEY_USAGE, &critical);
    assert_true(critical);
    assert_int_equal(usage.len, 4);
    assert_int_equal(pki_csr_extension(csr, OID_BASIC_CONSTRAINTS, &critical).len, 0);
    assert_false(critical);
    assert_int_equal(pki_csr_extension(csr, OID_ALT_NAME, NULL).len, 19);
    pki_csr_free(csr);
    buf_free(&pem);
}

static void accepts_der_and_both_pem_labels(void **state)
{
    (void)state;
    struct buf der = {0};
    static const char *const labels[] = {REQUEST, "NEW CERTIFICATE REQUEST"};
    own_request(kit_key(KEY_ALG_P256, 0), SIG_ALG_SHA256WITHECDSA, &der);
    pki_csr_free(accepted(buf_slice(&der)));
    for (size_t i = 0; i < 2; i++) {
        struct buf pem = {0};
        assert_int_equal(buf_put_text(&pem, "a line of explanation\n"), 0);
        assert_int_equal(pki_pem_put(labels[i], buf_slice(&der), i == 0, &pem), 0);
        assert_int_equal(buf_put_text(&pem, "\r\n \t"), 0);
        pki_csr_free(accepted(buf_slice(&pem)));
        buf_free(&pem);
    }
    buf_free(&der);
}

static void accepts_an_empty_subject_and_no_attributes(void **state)
{
    (void)state;
    struct buf pem = {0};
    kit_must_run(
        "openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout k.pem "
        "-out r.pem -subj / -addext subjectAltName=DNS:only.example");
    read_file("r.pem", &pem);
    struct pki_csr *csr = accepted(buf_slice(&pem));
    assert_int_equal(pki_csr_subject(csr).len, 2);
    pki_csr_free(csr);
    buf_free(&pem);
}

static void attributes_drop(PKI_REQUEST_INFO *info)
{
    sk_X509_ATTRIBUTE_pop_free(info->attributes, X509_ATTRIBUTE_free);
    info->attributes = NULL;
}

static void accepts_a_request_that_leaves_the_attributes_out(void **state)
{
    (void)state;
    struct buf der = {0};
    changed_request(attributes_drop, &der);
    pki_csr_free(accepted(buf_slice(&der)));
    buf_free(&der);
}

/* ---- refused: form ---- */

static void refuses_what_is_neither_pem_nor_der(void **state)
{
    (void)state;
    assert_refused(slice_of(NULL, 0), "empty");
    assert_refused(slice_text("hello"), "RFC 7468 2");
    assert_refused(slice_text("-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n"), "RFC 7468 2");
    assert_refused(slice_of("\x30\x82", 2), "RFC 2986 4");
}

static void refuses_truncation_at_every_place(void **state)
{
    (void)state;
    struct buf der = {0};
    own_request(kit_key(KEY_ALG_P256, 0), SIG_ALG_SHA256WITHECDSA, &der);
    for (size_t len = 2; len < der.len; len++)
        assert_refused(slice_of(der.data, len), "RFC");
    buf_free(&der);
}

static void refuses_trailing_bytes(void **state)
{
    (void)state;
    struct buf der = {0};
    struct buf pem = {0};
    own_request(kit_key(KEY_ALG_P256, 0), SIG_ALG_SHA256WITHECDSA, &der);
    assert_int_equal(buf_put(&der, "\0", 1), 0);
    assert_refused(buf_slice(&der), "RFC 2986 4");
    der.len--;
    assert_int_equal(pki_pem_put(REQUEST, buf_slice(&der), true, &pem), 0);
    assert_int_equal(pki_pem_put(REQUEST, buf_slice(&der), true, &pem), 0);
    assert_refused(buf_slice(&pem), "something after");
    buf_free(&der);
    buf_free(&pem);
}

static void refuses_other_pem_blocks(void **state)
{
    (void)state;
    struct buf der = {0};
    struct buf pem = {0};
    own_request(kit_key(KEY_ALG_P256, 0), SIG_ALG_SHA256WITHECDSA, &der);
    assert_int_equal(pki_pem_put("CERTIFICATE", buf_slice(&der), true, &pem), 0);
    assert_refused(buf_slice(&pem), "RFC 7468 7");
    buf_free(&der);
    buf_free(&pem);
}

static void refuses_more_than_32_kib(void **state)
{
    (void)state;
    struct buf big = {0};
    own_request(kit_key(KEY_ALG_P256, 0), SIG_ALG_SHA256WITHECDSA, &big);
    while (big.len <= 32 * 1024)
        assert_int_equal(buf_put(&big, "\n", 1), 0);
    assert_refused(buf_slice(&big), "larger than 32768");
    buf_free(&big);
}

/* ---- refused: contents ---- */

static void version_one(PKI_REQUEST_INFO *info)
{
    ASN1_INTEGER_set(info->version, 1);
}

static void subject_no_name(PKI_REQUEST_INFO *info)
{
    assert_int_equal(ASN1_STRING_set(info->subject, "\x30\x03\x02\x01\x01", 5), 1);
}

static void attribute_twice(PKI_REQUEST_INFO *info)
{
    X509_ATTRIBUTE *copy = X509_ATTRIBUTE_dup(sk_X509_ATTRIBUTE_value(info->attributes, 0));
    sk_X509_ATTRIBUTE_push(info->attributes, copy);
}

static void attribute_no_list(PKI_REQUEST_INFO *info)
{
    attributes_drop(info);
    info->attributes = sk_X509_ATTRIBUTE_new_null();
    sk_X509_ATTRIBUTE_push(info->attributes, X509_ATTRIBUTE_create_by_NID(
                                                 NULL, NID_ext_req, V_ASN1_OCTET_STRING, "x", 1));
}

/* Replaces the extensionRequest by one with two extensions of the same type. */
static void ask_with(PKI_REQUEST_INFO *info, unsigned times, struct slice value)
{
    struct buf der = {0};
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    for (unsigned i = 0; i < times; i++)
        assert_int_equal(pki_extension_add_alt_name(list, value, false), 0);
    assert_int_equal(pki_der_encode(list, ASN1_ITEM_rptr(X509_EXTENSIONS), &der), 0);
    attributes_drop(info);
    info->attributes = sk_X509_ATTRIBUTE_new_null();
    sk_X509_ATTRIBUTE_push(
        info->attributes,
        X509_ATTRIBUTE_create_by_NID(NULL, NID_ext_req, V_ASN1_SEQUENCE, der.data, (int)der.len));
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    buf_free(&der);
}

static void extension_twice(PKI_REQUEST_INFO *info)
{
    ask_with(info, 2,
             slice_of("\x30\x03\x82\x01"
                      "a",
                      5));
}

static void extension_malformed(PKI_REQUEST_INFO *info)
{
    ask_with(info, 1, slice_of("\x04\x00", 2));
}

static void extensions_without_end(PKI_REQUEST_INFO *info)
{
    ask_with(info, PKI_EXTENSIONS_MAX + 1, slice_of("\x30\x00", 2));
}

static void refuses_bad_contents(void **state)
{
    (void)state;
    static const struct {
        void (*change)(PKI_REQUEST_INFO *info);
        const char *reason;
    } rows[] = {
        {version_one, "RFC 2986 4.1: the version"},
        {subject_no_name, "RFC 2986 4.1: the subject"},
        {attribute_twice, "RFC 2986 4.1: the request has more than one"},
        {attribute_no_list, "RFC 2985 5.4.2"},
        {extension_twice, "RFC 5280 4.2: the request asks for an extension twice"},
        {extension_malformed, "RFC 5280 4.2: the extension 2.5.29.17"},
        {extensions_without_end, "more than 256"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf der = {0};
        changed_request(rows[i].change, &der);
        assert_refused(buf_slice(&der), rows[i].reason);
        buf_free(&der);
    }
}

/* ---- refused: key and signature ---- */

static void refuses_keys_of_openssl_that_are_not_good_enough(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        const char *reason;
    } rows[] = {
        {"-newkey rsa:1024", "at least 2048"},
        {"-newkey ec -pkeyopt ec_paramgen_curve:secp256k1", "RFC 5480 2.1.1.1"},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-224", "RFC 5480 2.1.1.1"},
        {"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
         "RFC 3279 2.3.1, RFC 5480 2.1.1"},
        {"-newkey ed25519", "neither RSA nor elliptic curve"},
        {"-newkey rsa:2048 -sha1", "RFC 2986 4.2"},
        {"-newkey rsa:2048 -md5", "RFC 2986 4.2"},
        {"-newkey rsa:2048 -sha224", "RFC 2986 4.2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf pem = {0};
        openssl_request(rows[i].options, &pem);
        assert_refused(buf_slice(&pem), rows[i].reason);
        buf_free(&pem);
    }
}

static void refuses_a_changed_signature_or_body(void **state)
{
    (void)state;
    const struct kit_key *keys[] = {kit_key(KEY_ALG_P256, 0), kit_key(KEY_ALG_RSA_2048, 0)};
    const enum sig_alg algs[] = {SIG_ALG_SHA256WITHECDSA, SIG_ALG_SHA256WITHRSA_PSS};
    for (size_t i = 0; i < 2; i++) {
        struct buf der = {0};
        own_request(keys[i], algs[i], &der);
        der.data[der.len - 1] ^= 1;
        assert_refused(buf_slice(&der), "RFC 2986 3");
        der.data[der.len - 1] ^= 1;
        uint8_t *name = memmem(der.data, der.len, "host", 4);
        assert_non_null(name);
        name[0] = 'm';
        assert_refused(buf_slice(&der), "RFC 2986 3");
        buf_free(&der);
    }
}

static void refuses_a_request_signed_by_another_key(void **state)
{
    (void)state;
    struct buf der = {0};
    struct buf name = {0};
    struct buf info = {0};
    struct buf sig = {0};
    kit_name("host.example.com", &name);
    assert_int_equal(pki_csr_info_build(buf_slice(&name),
                                        buf_slice(&kit_key(KEY_ALG_P256, 0)->spki), false, 0,
                                        slice_of(NULL, 0), &info),
                     0);
    kit_sign(kit_key(KEY_ALG_P256, 1), SIG_ALG_SHA256WITHECDSA, buf_slice(&info), &sig);
    assert_int_equal(
        pki_csr_finish(buf_slice(&info), SIG_ALG_SHA256WITHECDSA, buf_slice(&sig), &der), 0);
    assert_refused(buf_slice(&der), "RFC 2986 3");
    buf_free(&der);
    buf_free(&name);
    buf_free(&info);
    buf_free(&sig);
}

static void refuses_an_algorithm_that_does_not_fit_the_key(void **state)
{
    (void)state;
    struct buf der = {0};
    struct buf name = {0};
    struct buf info = {0};
    struct pki_csr *csr = NULL;
    kit_name("x", &name);
    assert_int_equal(pki_csr_info_build(buf_slice(&name),
                                        buf_slice(&kit_key(KEY_ALG_P256, 0)->spki), false, 0,
                                        slice_of(NULL, 0), &info),
                     0);
    assert_int_equal(
        pki_csr_finish(buf_slice(&info), SIG_ALG_SHA256WITHRSA, slice_text("sig"), &der), 0);
    assert_refused(buf_slice(&der), "does not fit the key");
    assert_null(csr);
    buf_free(&der);
    buf_free(&name);
    buf_free(&info);
}

/* ---- requests of our own CAs ---- */

static void openssl_verifies_what_we_make(void **state)
{
    (void)state;
    static const struct {
        enum key_alg key;
        enum sig_alg alg;
    } rows[] = {
        {KEY_ALG_RSA_2048, SIG_ALG_SHA256WITHRSA}, {KEY_ALG_RSA_2048, SIG_ALG_SHA384WITHRSA_PSS},
        {KEY_ALG_P256, SIG_ALG_SHA256WITHECDSA},   {KEY_ALG_P384, SIG_ALG_SHA384WITHECDSA},
        {KEY_ALG_P521, SIG_ALG_SHA512WITHECDSA},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf der = {0};
        own_request(kit_key(rows[i].key, 0), rows[i].alg, &der);
        kit_write_pem("own.pem", REQUEST, buf_slice(&der));
        kit_must_run("openssl req -in own.pem -noout -verify");
        pki_csr_free(accepted(buf_slice(&der)));
        buf_free(&der);
    }
}

static void asks_for_a_critical_ca_and_the_key_usage(void **state)
{
    (void)state;
    struct buf der = {0};
    struct buf text = {0};
    bool critical = false;
    own_request(kit_key(KEY_ALG_P256, 0), SIG_ALG_SHA256WITHECDSA, &der);
    struct pki_csr *csr = accepted(buf_slice(&der));
    struct slice ca = pki_csr_extension(csr, OID_BASIC_CONSTRAINTS, &critical);
    assert_true(critical);
    assert_int_equal(ca.len, 5);
    assert_memory_equal(ca.data, "\x30\x03\x01\x01\xff", 5);
    kit_write_pem("own.pem", REQUEST, buf_slice(&der));
    assert_int_equal(kit_run(&text, "openssl req -in own.pem -noout -text"), 0);
    assert_non_null(strstr(buf_text(&text), "X509v3 Basic Constraints: critical"));
    assert_non_null(strstr(buf_text(&text), "Certificate Sign, CRL Sign"));
    pki_csr_free(csr);
    buf_free(&der);
    buf_free(&text);
}

static void asks_for_nothing_when_told_so(void **state)
{
    (void)state;
    struct buf name = {0};
    struct buf info = {0};
    kit_name("x", &name);
    assert_int_equal(pki_csr_info_build(buf_slice(&name),
                                        buf_slice(&kit_key(KEY_ALG_P256, 0)->spki), false, 0,
                                        slice_of(NULL, 0), &info),
                     0);
    /* the empty set of attributes is written, as RFC 2986 wants */
    assert_memory_equal(info.data + info.len - 2, "\xa0\x00", 2);
    buf_free(&name);
    buf_free(&info);
}

static void refuses_to_build_from_bytes_that_are_no_der(void **state)
{
    (void)state;
    struct buf info = {0};
    struct slice name = slice_of("\x30\x00", 2);
    struct slice spki = buf_slice(&kit_key(KEY_ALG_P256, 0)->spki);
    assert_int_equal(pki_csr_info_build(slice_text("x"), spki, true, 0, slice_of(NULL, 0), &info),
                     CH_EINVAL);
    assert_int_equal(
        pki_csr_info_build(name, slice_of(spki.data, 9), true, 0, slice_of(NULL, 0), &info),
        CH_EINVAL);
    assert_int_equal(pki_csr_finish(slice_text("x"), SIG_ALG_SHA256WITHRSA, name, &info),
                     CH_EINVAL);
    assert_int_equal(pki_csr_finish(name, SIG_ALG_NONE, name, &info), CH_EINVAL);
    assert_int_equal(info.len, 0);
    buf_free(&info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_openssl_makes),
        cmocka_unit_test(hands_out_the_extensions_asked_for),
        cmocka_unit_test(accepts_der_and_both_pem_labels),
        cmocka_unit_test(accepts_an_empty_subject_and_no_attributes),
        cmocka_unit_test(accepts_a_request_that_leaves_the_attributes_out),
        cmocka_unit_test(refuses_what_is_neither_pem_nor_der),
        cmocka_unit_test(refuses_truncation_at_every_place),
        cmocka_unit_test(refuses_trailing_bytes),
        cmocka_unit_test(refuses_other_pem_blocks),
        cmocka_unit_test(refuses_more_than_32_kib),
        cmocka_unit_test(refuses_bad_contents),
        cmocka_unit_test(refuses_keys_of_openssl_that_are_not_good_enough),
        cmocka_unit_test(refuses_a_changed_signature_or_body),
        cmocka_unit_test(refuses_a_request_signed_by_another_key),
        cmocka_unit_test(refuses_an_algorithm_that_does_not_fit_the_key),
        cmocka_unit_test(openssl_verifies_what_we_make),
        cmocka_unit_test(asks_for_a_critical_ca_and_the_key_usage),
        cmocka_unit_test(asks_for_nothing_when_told_so),
        cmocka_unit_test(refuses_to_build_from_bytes_that_are_no_der),
    };
    return cmocka_run_group_tests_name("pki_csr", tests, NULL, kit_folder_remove);
}
