/* Templates and TBSCertificates: what is in them, octet by octet where it matters. */
#include "ca/pki/lint.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOT "RootCACertificate/V1"
#define LEAF "EndEntityCertificate/V1"

/* ---- tools ---- */

struct fixture {
    struct buf name;
    struct buf alt_names;
    struct pki_tbs_spec spec;
};

static const uint8_t key_id[20] = "twenty octets of id";

static void fixture_open(struct fixture *f, const char *profile)
{
    static const char *const dns[] = {"host.example.com", "*.example.com"};
    *f = (struct fixture){.name = {0}};
    kit_name("Somebody", &f->name);
    assert_int_equal(pki_alt_names_build(dns, 2, &f->alt_names), 0);
    f->spec = (struct pki_tbs_spec){
        .profile = pki_profile_find(profile),
        .serial =
            {[12] = 0x03, [13] = 0xe9, [14] = 1, [15] = 2, [16] = 3, [17] = 4, [18] = 5, [19] = 6},
        .sig_alg = SIG_ALG_SHA256WITHECDSA,
        .issuer = buf_slice(&f->name),
        .issuer_key_id = slice_of(key_id, sizeof key_id),
        .subject = buf_slice(&f->name),
        .spki = buf_slice(&kit_key(KEY_ALG_P256, 0)->spki),
        .not_before = KIT_NOW,
        .not_after = KIT_NOW + KIT_DAY,
        .subject_alt_name = buf_slice(&f->alt_names),
    };
}

static void fixture_close(struct fixture *f)
{
    buf_free(&f->name);
    buf_free(&f->alt_names);
}

static PKI_TBS *built(const struct pki_tbs_spec *spec)
{
    struct buf der = {0};
    struct pki_reason why = {{0}};
    if (pki_tbs_build(spec, &der, &why) != 0)
        fail_msg("%s", why.text);
    PKI_TBS *tbs = pki_der_decode(buf_slice(&der), ASN1_ITEM_rptr(PKI_TBS));
    assert_non_null(tbs);
    buf_free(&der);
    return tbs;
}

static void tbs_free(PKI_TBS *tbs)
{
    ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
}

static void assert_refused(const struct pki_tbs_spec *spec, const char *reason)
{
    struct buf der = {0};
    struct pki_reason why = {{0}};
    assert_int_equal(pki_tbs_build(spec, &der, &why), CH_EINVAL);
    if (strstr(why.text, reason) == NULL)
        fail_msg("wanted \"%s\", got \"%s\"", reason, why.text);
    assert_int_equal(der.len, 0);
    buf_free(&der);
}

/* ---- templates ---- */

static void finds_templates_by_their_exact_name(void **state)
{
    (void)state;
    assert_non_null(pki_profile_find(ROOT));
    assert_non_null(pki_profile_find(LEAF));
    assert_null(pki_profile_find("EndEntityCertificate"));
    assert_null(pki_profile_find("endentitycertificate/v1"));
    assert_null(pki_profile_find(""));
    assert_null(pki_profile_find(NULL));
    assert_int_equal(pki_profile_find("SubordinateCACertificate_PathLen3/V1")->path_length, 3);
}

static void acm_takes_no_names_from_a_request(void **state)
{
    (void)state;
    const struct pki_profile *acm = pki_profile_acm_private();
    assert_false(acm->names_from_csr);
    assert_false(acm->ca);
    assert_string_equal(acm->extended_key_usage[0], "1.3.6.1.5.5.7.3.1");
    assert_string_equal(acm->extended_key_usage[1], "1.3.6.1.5.5.7.3.2");
    assert_null(acm->extended_key_usage[2]);
}

/* What the openssl command prints of a certificate of that template, in order. */
static void assert_printed(const char *profile, const char *const *wanted, size_t count)
{
    struct kit_cert root = {0};
    struct kit_cert c = {0};
    struct buf text = {0};
    bool self = strcmp(profile, ROOT) == 0;
    struct kit_order root_order = {
        .profile = ROOT, .name = "Root", .key = kit_key(KEY_ALG_P256, 1)};
    kit_issue(&root_order, &root);
    struct kit_order order = {.profile = profile,
                              .name = "Subject",
                              .dns = self ? NULL : "host.example.com",
                              .issuer = self ? NULL : &root};
    kit_issue(&order, &c);
    kit_write("c.der", buf_slice(&c.der));
    assert_int_equal(kit_run(&text, "openssl x509 -inform DER -in c.der -noout -text"), 0);
    const char *at = strstr(buf_text(&text), "X509v3 extensions:");
    for (size_t i = 0; i < count; i++) {
        at = at == NULL ? NULL : strstr(at, wanted[i]);
        if (at == NULL)
            fail_msg("\"%s\" is missing or in the wrong place:\n%s", wanted[i], buf_text(&text));
    }
    if (self)
        assert_null(strstr(buf_text(&text), "Authority Key Identifier"));
    if (strcmp(profile, LEAF) != 0)
        assert_null(strstr(buf_text(&text), "Extended Key Usage"));
    kit_cert_free(&root);
    kit_cert_free(&c);
    buf_free(&text);
}

static void root_has_the_extensions_of_its_template(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "X509v3 Basic Constraints: critical\n                CA:TRUE\n",
        "X509v3 Subject Key Identifier: \n",
        "X509v3 Key Usage: critical\n                Digital Signature, Certificate Sign, CRL "
        "Sign\n"};
    assert_printed(ROOT, wanted, 3);
}

static void subordinate_has_the_extensions_of_its_template(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:2\n",
        "X509v3 Authority Key Identifier: \n", "X509v3 Subject Key Identifier: \n",
        "X509v3 Key Usage: critical\n                Digital Signature, Certificate Sign, CRL "
        "Sign\n"};
    assert_printed("SubordinateCACertificate_PathLen2/V1", wanted, 4);
}

static void end_entity_has_the_extensions_of_its_template(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "X509v3 Subject Alternative Name: \n                DNS:host.example.com\n",
        "X509v3 Basic Constraints: \n                CA:FALSE\n",
        "X509v3 Authority Key Identifier: \n",
        "X509v3 Subject Key Identifier: \n",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment\n",
        "X509v3 Extended Key Usage: \n                TLS Web Server Authentication, TLS Web "
        "Client "
        "Authentication\n"};
    assert_printed(LEAF, wanted, 6);
}

/* ---- fields ---- */

static void copies_names_and_key_verbatim(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    PKI_TBS *tbs = built(&f.spec);
    assert_int_equal(ASN1_INTEGER_get(tbs->version), 2);
    assert_true(slice_equal(pki_der_string(tbs->subject), f.spec.subject));
    assert_true(slice_equal(pki_der_string(tbs->issuer), f.spec.issuer));
    assert_true(slice_equal(pki_der_string(tbs->spki), f.spec.spki));
    tbs_free(tbs);
    fixture_close(&f);
}

static void drops_leading_zeros_of_the_serial(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    PKI_TBS *tbs = built(&f.spec);
    struct slice serial = pki_der_string(tbs->serial);
    assert_int_equal(serial.len, 8);
    assert_memory_equal(serial.data, "\x03\xe9\x01\x02\x03\x04\x05\x06", 8);
    tbs_free(tbs);
    fixture_close(&f);
}

static void a_serial_with_a_high_first_bit_stays_positive(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    f.spec.serial[12] = 0xff;
    PKI_TBS *tbs = built(&f.spec);
    assert_int_equal(ASN1_STRING_type(tbs->serial), V_ASN1_INTEGER);
    assert_int_equal(pki_der_string(tbs->serial).len, 8);
    tbs_free(tbs);
    fixture_close(&f);
}

static void refuses_bad_serials(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    memset(f.spec.serial, 0, sizeof f.spec.serial);
    assert_refused(&f.spec, "RFC 5280 4.1.2.2");
    memset(f.spec.serial, 0x80, sizeof f.spec.serial);
    assert_refused(&f.spec, "RFC 5280 4.1.2.2");
    fixture_close(&f);
}

static void writes_utc_time_until_2049_and_generalized_time_after(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, ROOT);
    f.spec.not_before = INT64_C(2524607999); /* 2049-12-31 23:59:59 */
    f.spec.not_after = INT64_C(2524608000);  /* 2050-01-01 00:00:00 */
    PKI_TBS *tbs = built(&f.spec);
    assert_int_equal(ASN1_STRING_type(tbs->validity->not_before), V_ASN1_UTCTIME);
    assert_true(slice_is(pki_der_string(tbs->validity->not_before), "491231235959Z"));
    assert_int_equal(ASN1_STRING_type(tbs->validity->not_after), V_ASN1_GENERALIZEDTIME);
    assert_true(slice_is(pki_der_string(tbs->validity->not_after), "20500101000000Z"));
    tbs_free(tbs);
    f.spec.not_after = INT64_C(253402300799);
    tbs = built(&f.spec);
    assert_true(slice_is(pki_der_string(tbs->validity->not_after), "99991231235959Z"));
    tbs_free(tbs);
    fixture_close(&f);
}

static void refuses_bad_validity(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    f.spec.not_after = f.spec.not_before - 1;
    assert_refused(&f.spec, "RFC 5280 4.1.2.5");
    f.spec.not_after = INT64_C(253402300800);
    assert_refused(&f.spec, "RFC 5280 4.1.2.5");
    f.spec.not_before = -1;
    f.spec.not_after = 0;
    assert_refused(&f.spec, "RFC 5280 4.1.2.5");
    fixture_close(&f);
}

static void refuses_bytes_that_are_no_der(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    struct slice *fields[] = {&f.spec.subject, &f.spec.issuer, &f.spec.spki};
    for (size_t i = 0; i < 3; i++) {
        struct slice good = *fields[i];
        *fields[i] = slice_text("junk");
        assert_refused(&f.spec, "RFC 5280 4.1");
        *fields[i] = slice_of(good.data, good.len - 1);
        assert_refused(&f.spec, "RFC 5280 4.1");
        *fields[i] = slice_of(NULL, 0);
        assert_refused(&f.spec, "RFC 5280 4.1");
        *fields[i] = good;
    }
    fixture_close(&f);
}

static void refuses_an_unknown_algorithm_and_a_nameless_authority_key(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    f.spec.sig_alg = SIG_ALG_NONE;
    assert_refused(&f.spec, "RFC 5280 4.1.1.2");
    f.spec.sig_alg = SIG_ALG_SHA256WITHECDSA;
    f.spec.issuer_key_id = slice_of(NULL, 0);
    assert_refused(&f.spec, "RFC 5280 4.2.1.1");
    fixture_close(&f);
}

static bool alt_name_is_critical(const struct pki_tbs_spec *spec)
{
    PKI_TBS *tbs = built(spec);
    int at = X509v3_get_ext_by_NID(tbs->extensions, NID_subject_alt_name, -1);
    assert_true(at >= 0);
    bool critical = X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(tbs->extensions, at)) > 0;
    tbs_free(tbs);
    return critical;
}

static void alt_name_is_critical_when_the_subject_is_empty(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, LEAF);
    assert_false(alt_name_is_critical(&f.spec));
    f.spec.subject = slice_of("\x30\x00", 2);
    assert_true(alt_name_is_critical(&f.spec));
    fixture_close(&f);
}

static void no_alt_names_are_an_error_where_names_are_built(void **state)
{
    (void)state;
    struct buf der = {0};
    assert_int_equal(pki_alt_names_build(NULL, 0, &der), CH_EINVAL);
    assert_int_equal(der.len, 0);
    buf_free(&der);
}

/* ---- algorithms ---- */

static void assert_algorithm(enum sig_alg alg, const char *hex)
{
    struct fixture f;
    struct buf der = {0};
    struct buf text = {0};
    fixture_open(&f, ROOT);
    f.spec.sig_alg = alg;
    PKI_TBS *tbs = built(&f.spec);
    assert_int_equal(pki_der_encode(tbs->signature, ASN1_ITEM_rptr(X509_ALGOR), &der), 0);
    assert_int_equal(buf_put_hex(&text, der.data, der.len), 0);
    assert_string_equal(buf_text(&text), hex);
    tbs_free(tbs);
    buf_free(&der);
    buf_free(&text);
    fixture_close(&f);
}

/* The encodings that CA/Browser Forum BR 7.1.3.2 spells out. */
static void algorithm_identifiers_are_exact(void **state)
{
    (void)state;
    assert_algorithm(SIG_ALG_SHA256WITHRSA, "300d06092a864886f70d01010b0500");
    assert_algorithm(SIG_ALG_SHA384WITHRSA, "300d06092a864886f70d01010c0500");
    assert_algorithm(SIG_ALG_SHA512WITHRSA, "300d06092a864886f70d01010d0500");
    assert_algorithm(SIG_ALG_SHA256WITHECDSA, "300a06082a8648ce3d040302");
    assert_algorithm(SIG_ALG_SHA384WITHECDSA, "300a06082a8648ce3d040303");
    assert_algorithm(SIG_ALG_SHA512WITHECDSA, "300a06082a8648ce3d040304");
    assert_algorithm(
        SIG_ALG_SHA256WITHRSA_PSS,
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a"
        "864886f70d010108300d06096086480165030402010500a203020120");
    assert_algorithm(
        SIG_ALG_SHA384WITHRSA_PSS,
        "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a"
        "864886f70d010108300d06096086480165030402020500a203020130");
    assert_algorithm(
        SIG_ALG_SHA512WITHRSA_PSS,
        "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a"
        "864886f70d010108300d06096086480165030402030500a203020140");
}

static void finish_keeps_the_tbs_and_repeats_its_algorithm(void **state)
{
    (void)state;
    struct fixture f;
    struct buf tbs = {0};
    struct buf der = {0};
    fixture_open(&f, LEAF);
    assert_int_equal(pki_tbs_build(&f.spec, &tbs, NULL), 0);
    assert_int_equal(pki_certificate_finish(buf_slice(&tbs), SIG_ALG_SHA256WITHECDSA,
                                            slice_of("\x01\x00", 2), &der),
                     0);
    PKI_SIGNED *whole = pki_der_decode(buf_slice(&der), ASN1_ITEM_rptr(PKI_SIGNED));
    assert_true(slice_equal(pki_der_string(whole->body), buf_slice(&tbs)));
    /* a zero octet at the end of the signature is not lost */
    assert_int_equal(pki_der_string(whole->signature).len, 2);
    ASN1_item_free((ASN1_VALUE *)whole, ASN1_ITEM_rptr(PKI_SIGNED));
    fixture_close(&f);
    buf_free(&tbs);
    buf_free(&der);
}

static void finish_refuses_another_algorithm_and_bytes_that_are_no_tbs(void **state)
{
    (void)state;
    struct fixture f;
    struct buf tbs = {0};
    struct buf der = {0};
    struct slice sig = slice_text("sig");
    fixture_open(&f, LEAF);
    assert_int_equal(pki_tbs_build(&f.spec, &tbs, NULL), 0);
    assert_int_equal(pki_certificate_finish(buf_slice(&tbs), SIG_ALG_SHA384WITHECDSA, sig, &der),
                     CH_EINVAL);
    assert_int_equal(
        pki_certificate_finish(slice_of(tbs.data, tbs.len - 1), SIG_ALG_SHA256WITHECDSA, sig, &der),
        CH_EINVAL);
    assert_int_equal(der.len, 0);
    fixture_close(&f);
    buf_free(&tbs);
    buf_free(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_templates_by_their_exact_name),
        cmocka_unit_test(acm_takes_no_names_from_a_request),
        cmocka_unit_test(root_has_the_extensions_of_its_template),
        cmocka_unit_test(subordinate_has_the_extensions_of_its_template),
        cmocka_unit_test(end_entity_has_the_extensions_of_its_template),
        cmocka_unit_test(copies_names_and_key_verbatim),
        cmocka_unit_test(drops_leading_zeros_of_the_serial),
        cmocka_unit_test(a_serial_with_a_high_first_bit_stays_positive),
        cmocka_unit_test(refuses_bad_serials),
        cmocka_unit_test(writes_utc_time_until_2049_and_generalized_time_after),
        cmocka_unit_test(refuses_bad_validity),
        cmocka_unit_test(refuses_bytes_that_are_no_der),
        cmocka_unit_test(refuses_an_unknown_algorithm_and_a_nameless_authority_key),
        cmocka_unit_test(alt_name_is_critical_when_the_subject_is_empty),
        cmocka_unit_test(no_alt_names_are_an_error_where_names_are_built),
        cmocka_unit_test(algorithm_identifiers_are_exact),
        cmocka_unit_test(finish_keeps_the_tbs_and_repeats_its_algorithm),
        cmocka_unit_test(finish_refuses_another_algorithm_and_bytes_that_are_no_tbs),
    };
    return cmocka_run_group_tests_name("pki_tbs", tests, NULL, kit_folder_remove);
}
