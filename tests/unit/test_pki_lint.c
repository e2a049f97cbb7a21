/* Every rule of pki_lint is broken once, by a TBS that keeps all the rules before it. */
#include "ca/pki/lint.h"
#include "tests/unit/lint_kit.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct breaker {
    const char *rule;
    const char *profile;            /* the TBS to start from */
    void (*change)(PKI_TBS *tbs);   /* NULL = none */
    void (*patch)(struct buf *der); /* NULL = none */
    const char *judge_as;           /* NULL = profile */
    int nid;                        /* of an extension that is put in; 0 = none */
    bool critical;
    const char *hex;
};

/* ---- tools ---- */

static void set_dns(PKI_TBS *tbs, const char *name)
{
    lint_set_name(tbs, GEN_DNS, slice_text(name));
}

static void set_key(PKI_TBS *tbs, EVP_PKEY *pkey)
{
    struct buf spki = {0};
    kit_spki(pkey, &spki);
    lint_put(tbs->spki, buf_slice(&spki));
    buf_free(&spki);
    EVP_PKEY_free(pkey);
}

static void set_rsa_exponent(PKI_TBS *tbs, long exponent)
{
    struct buf der = {0};
    struct slice bits;
    PKI_SPKI *spki =
        pki_der_decode(buf_slice(&kit_key(KEY_ALG_RSA_2048, 0)->spki), ASN1_ITEM_rptr(PKI_SPKI));
    assert_int_equal(pki_der_get_bits(spki->key, &bits), 0);
    PKI_RSA_KEY *key = pki_der_decode(bits, ASN1_ITEM_rptr(PKI_RSA_KEY));
    ASN1_INTEGER_set(key->exponent, exponent);
    assert_int_equal(pki_der_encode(key, ASN1_ITEM_rptr(PKI_RSA_KEY), &der), 0);
    assert_int_equal(pki_der_set_bits(spki->key, buf_slice(&der)), 0);
    buf_clear(&der);
    assert_int_equal(pki_der_encode(spki, ASN1_ITEM_rptr(PKI_SPKI), &der), 0);
    lint_put(tbs->spki, buf_slice(&der));
    ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(PKI_RSA_KEY));
    ASN1_item_free((ASN1_VALUE *)spki, ASN1_ITEM_rptr(PKI_SPKI));
    buf_free(&der);
}

/* ---- one way to break each rule ---- */

/* 30 82 hh ll -> 30 83 00 hh ll: the same in BER, not in DER. */
static void patch_long_length(struct buf *der)
{
    assert_int_equal(der->data[1], 0x82);
    assert_int_equal(buf_put(der, "", 1), 0);
    memmove(der->data + 3, der->data + 2, der->len - 3);
    der->data[1] = 0x83;
    der->data[2] = 0;
}

static void version_2(PKI_TBS *tbs)
{
    ASN1_INTEGER_set(tbs->version, 1);
}

static void serial_negative(PKI_TBS *tbs)
{
    tbs->serial->type = V_ASN1_NEG_INTEGER;
}

static void serial_short(PKI_TBS *tbs)
{
    lint_put(tbs->serial, slice_of("\x01\x02\x03\x04\x05\x06\x07", 7));
}

static void serial_high_bit(PKI_TBS *tbs)
{
    lint_put(tbs->serial, slice_of("\x80twenty_octets_in_al", 20));
}

static void validity_turned(PKI_TBS *tbs)
{
    ASN1_TIME_set(tbs->validity->not_after, (time_t)KIT_NOW - 9 * KIT_DAY);
}

static void unique_id(PKI_TBS *tbs)
{
    tbs->subject_id = ASN1_BIT_STRING_new();
    lint_put(tbs->subject_id, slice_text("x"));
}

static void names_broken(PKI_TBS *tbs)
{
    lint_put(tbs->subject, BYTES(0x30, 3, 2, 1, 1));
}

static void issuer_empty(PKI_TBS *tbs)
{
    lint_put(tbs->issuer, BYTES(0x30, 0));
}

static void key_broken(PKI_TBS *tbs)
{
    lint_put(tbs->spki, BYTES(0x30, 3, 2, 1, 1));
}

static void key_edwards(PKI_TBS *tbs)
{
    set_key(tbs, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

static void key_koblitz(PKI_TBS *tbs)
{
    set_key(tbs, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"));
}

static void key_exponent_1(PKI_TBS *tbs)
{
    set_rsa_exponent(tbs, 1);
}

static void key_1024(PKI_TBS *tbs)
{
    set_key(tbs, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024));
}

static void extensions_none(PKI_TBS *tbs)
{
    while (sk_X509_EXTENSION_num(tbs->extensions) > 0)
        X509_EXTENSION_free(sk_X509_EXTENSION_pop(tbs->extensions));
}

static void extension_twice(PKI_TBS *tbs)
{
    lint_add_extension(tbs, NID_basic_constraints, 1, BYTES(0x30, 0));
}

static void extension_alien(PKI_TBS *tbs)
{
    lint_add_extension(tbs, NID_tlsfeature, 1, BYTES(0x30, 3, 2, 1, 5));
}

static void extension_broken(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_key_usage, 1, BYTES(4, 1, 0));
}

static void country_long(PKI_TBS *tbs)
{
    lint_set_subject(tbs, NID_countryName, V_ASN1_PRINTABLESTRING, "USA");
}

static void name_teletex(PKI_TBS *tbs)
{
    lint_set_subject(tbs, NID_commonName, V_ASN1_T61STRING, "old");
}

static void name_too_long(PKI_TBS *tbs)
{
    lint_set_subject(tbs, NID_commonName, V_ASN1_UTF8STRING,
                     "0123456789012345678901234567890123456789012345678901234567890123x");
}

static void subject_empty(PKI_TBS *tbs)
{
    lint_put(tbs->subject, BYTES(0x30, 0));
}

static void alt_name_empty(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_subject_alt_name, 0, BYTES(0x30, 0));
}

static void nameless(PKI_TBS *tbs)
{
    subject_empty(tbs);
    lint_drop_extension(tbs, NID_subject_alt_name);
}

static void dns_label_64(PKI_TBS *tbs)
{
    set_dns(tbs, "0123456789012345678901234567890123456789012345678901234567890123.example");
}

static void dns_wildcard_inside(PKI_TBS *tbs)
{
    set_dns(tbs, "www.*.example.com");
}

static void dns_underscore(PKI_TBS *tbs)
{
    set_dns(tbs, "my_host.example.com");
}

static void ip_of_5(PKI_TBS *tbs)
{
    lint_set_name(tbs, GEN_IPADD, slice_text("12345"));
}

static void mail_no_host(PKI_TBS *tbs)
{
    lint_set_name(tbs, GEN_EMAIL, slice_text("someone@"));
}

static void uri_relative(PKI_TBS *tbs)
{
    lint_set_name(tbs, GEN_URI, slice_text("/only/a/path"));
}

static void constraints_soft(PKI_TBS *tbs)
{
    lint_set_critical(tbs, NID_basic_constraints, 0);
}

static void path_length_minus(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_basic_constraints, 1, BYTES(0x30, 6, 1, 1, 0xff, 2, 1, 0xff));
}

static void path_length_leaf(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_basic_constraints, 0, BYTES(0x30, 3, 2, 1, 0));
}

static void usage_only_crl(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_key_usage, 1, BYTES(3, 2, 1, 0x02));
}

static void usage_cert_sign(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_key_usage, 1, BYTES(3, 2, 2, 0x04));
}

static void usage_empty(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_key_usage, 1, BYTES(3, 1, 0));
}

static void usage_soft(PKI_TBS *tbs)
{
    lint_set_critical(tbs, NID_key_usage, 0);
}

static void usage_signature_only(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_key_usage, 1, BYTES(3, 2, 7, 0x80));
}

static void no_subject_id(PKI_TBS *tbs)
{
    lint_drop_extension(tbs, NID_subject_key_identifier);
}

static void subject_id_other(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_subject_key_identifier, 0, BYTES(4, 2, 1, 2));
}

static void no_authority_id(PKI_TBS *tbs)
{
    lint_drop_extension(tbs, NID_authority_key_identifier);
}

static void authority_id_empty(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_authority_key_identifier, 0, BYTES(0x30, 0));
}

static void authority_id_critical(PKI_TBS *tbs)
{
    lint_set_critical(tbs, NID_authority_key_identifier, 1);
}

static void purposes_empty(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_ext_key_usage, 0, BYTES(0x30, 0));
}

static void purpose_any(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_ext_key_usage, 1, BYTES(0x30, 6, 6, 4, 0x55, 0x1d, 0x25, 0));
}

static void purpose_server(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_ext_key_usage, 0, BYTES(0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1));
}

static void self_issued(PKI_TBS *tbs)
{
    lint_put(tbs->issuer, pki_der_string(tbs->subject));
}

static void signature_sha1(PKI_TBS *tbs)
{
    X509_ALGOR_set0(tbs->signature, OBJ_nid2obj(NID_ecdsa_with_SHA1), V_ASN1_UNDEF, NULL);
}

static void validity_generalized(PKI_TBS *tbs)
{
    ASN1_GENERALIZEDTIME_set(tbs->validity->not_before, (time_t)KIT_NOW);
}

static void key_explicit(PKI_TBS *tbs)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");
    assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit"), 1);
    set_key(tbs, pkey);
}

static void key_compressed(PKI_TBS *tbs)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");
    assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, "point-format", "compressed"), 1);
    set_key(tbs, pkey);
}

static void extensions_many(PKI_TBS *tbs)
{
    for (int i = 0; i <= PKI_EXTENSIONS_MAX; i++)
        lint_add_extension(tbs, NID_netscape_comment, 0, BYTES(5, 0));
}

static void alt_name_soft(PKI_TBS *tbs)
{
    subject_empty(tbs);
    set_dns(tbs, "host.example.com");
}

static void constraints_hard(PKI_TBS *tbs)
{
    lint_set_critical(tbs, NID_basic_constraints, 1);
}

#define CHANGE(function) function, NULL, NULL, 0, false, NULL
#define PUT(nid, critical, hex) NULL, NULL, NULL, nid, critical, hex

static const struct breaker breakers[] = {
    {"der", LEAF, NULL, patch_long_length, NULL, 0, false, NULL},
    {"version", LEAF, CHANGE(version_2)},
    {"serial-positive", LEAF, CHANGE(serial_negative)},
    {"serial-longest", LEAF, CHANGE(serial_high_bit)},
    {"serial-shortest", LEAF, CHANGE(serial_short)},
    {"signature-known", LEAF, CHANGE(signature_sha1)},
    {"validity-encoding", LEAF, CHANGE(validity_generalized)},
    {"validity-order", LEAF, CHANGE(validity_turned)},
    {"no-unique-ids", LEAF, CHANGE(unique_id)},
    {"names-sound", LEAF, CHANGE(names_broken)},
    {"issuer-there", LEAF, CHANGE(issuer_empty)},
    {"key-sound", LEAF, CHANGE(key_broken)},
    {"key-known", LEAF, CHANGE(key_edwards)},
    {"key-parameters", LEAF, CHANGE(key_explicit)},
    {"key-curve", LEAF, CHANGE(key_koblitz)},
    {"key-point", LEAF, CHANGE(key_compressed)},
    {"key-exponent", LEAF, CHANGE(key_exponent_1)},
    {"key-strong", LEAF, CHANGE(key_1024)},
    {"extensions-number", LEAF, CHANGE(extensions_many)},
    {"extensions-filled", LEAF, CHANGE(extensions_none)},
    {"extensions-once", LEAF, CHANGE(extension_twice)},
    {"extensions-known", LEAF, CHANGE(extension_alien)},
    {"extensions-sound", LEAF, CHANGE(extension_broken)},
    {"country", LEAF, CHANGE(country_long)},
    {"attribute-types", LEAF, CHANGE(name_teletex)},
    {"attribute-bounds", LEAF, CHANGE(name_too_long)},
    {"ca-subject-there", SUB, CHANGE(subject_empty)},
    {"alt-name-filled", LEAF, CHANGE(alt_name_empty)},
    {"subject-or-alt-name", LEAF, CHANGE(nameless)},
    {"alt-name-critical", LEAF, CHANGE(alt_name_soft)},
    {"dns-length", LEAF, CHANGE(dns_label_64)},
    {"dns-wildcard", LEAF, CHANGE(dns_wildcard_inside)},
    {"dns-letters", LEAF, CHANGE(dns_underscore)},
    {"ip-size", LEAF, CHANGE(ip_of_5)},
    {"mailbox", LEAF, CHANGE(mail_no_host)},
    {"uri", LEAF, CHANGE(uri_relative)},
    {"constraints-critical", SUB, CHANGE(constraints_soft)},
    {"path-length-positive", SUB, CHANGE(path_length_minus)},
    {"path-length-of-ca", LEAF, CHANGE(path_length_leaf)},
    {"path-length-of-signer", SUB, CHANGE(usage_only_crl)},
    {"cert-sign-of-ca", LEAF, CHANGE(usage_cert_sign)},
    {"key-usage-filled", LEAF, CHANGE(usage_empty)},
    {"ca-has-cert-sign", ROOT, CHANGE(usage_only_crl)},
    {"key-usage-critical", LEAF, CHANGE(usage_soft)},
    {"subject-key-id-of-ca", SUB, CHANGE(no_subject_id)},
    {"subject-key-id-value", LEAF, CHANGE(subject_id_other)},
    {"authority-key-id", LEAF, CHANGE(no_authority_id)},
    {"authority-key-id-form", LEAF, CHANGE(authority_id_empty)},
    {"key-ids-not-critical", LEAF, CHANGE(authority_id_critical)},
    {"extended-key-usage-filled", LEAF, CHANGE(purposes_empty)},
    {"any-usage-not-critical", LEAF, CHANGE(purpose_any)},
    {"extended-key-usage-once", LEAF,
     PUT(NID_ext_key_usage, false, "301406082b0601050507030106082b06010505070301")},
    {"no-check-of-responder", LEAF, PUT(NID_id_pkix_OCSP_noCheck, false, "0500")},
    {"authority-key-id-own", ROOT, PUT(NID_authority_key_identifier, false, "3003800100")},
    {"policies-filled", LEAF, PUT(NID_certificate_policies, false, "3000")},
    {"policies-once", LEAF, PUT(NID_certificate_policies, false, "300c300406022a03300406022a03")},
    {"policy-qualifiers", LEAF,
     PUT(NID_certificate_policies, false, "3017301506022a03300f300d06082b06010505070201160178")},
    {"policies-of-ca", LEAF, PUT(NID_policy_constraints, true, "3003800100")},
    {"policy-mappings", SUB, PUT(NID_policy_mappings, true, "300c300a0604551d200006022a03")},
    {"policy-constraints-filled", SUB, PUT(NID_policy_constraints, true, "3000")},
    {"policy-constraints-critical", SUB, PUT(NID_policy_constraints, false, "3003800100")},
    {"inhibit-any-policy-critical", SUB, PUT(NID_inhibit_any_policy, false, "020100")},
    {"name-constraints-of-ca", LEAF, PUT(NID_name_constraints, true, "3007a0053003820161")},
    {"name-constraints-filled", SUB, PUT(NID_name_constraints, true, "3000")},
    {"name-constraints-bases", SUB, PUT(NID_name_constraints, true, "300aa008300687040a000001")},
    {"name-constraints-critical", SUB, PUT(NID_name_constraints, false, "3007a0053003820161")},
    {"crl-points-filled", LEAF, PUT(NID_crl_distribution_points, false, "3000")},
    {"crl-points-where", LEAF, PUT(NID_crl_distribution_points, false, "3006300481020102")},
    {"crl-points-uri", LEAF, PUT(NID_crl_distribution_points, false, "30093007a005a003860178")},
    {"authority-info-not-critical", LEAF,
     PUT(NID_info_access, true, "3016301406082b060105050730018608687474703a2f2f61")},
    {"authority-info-filled", LEAF, PUT(NID_info_access, false, "3000")},
    {"authority-info-uri", LEAF, PUT(NID_info_access, false, "300f300d06082b06010505073001860178")},
    {"subject-info-not-critical", LEAF,
     PUT(NID_sinfo_access, true, "3016301406082b060105050730058608687474703a2f2f61")},
    {"subject-info-filled", LEAF, PUT(NID_sinfo_access, false, "3000")},
    {"issuer-alt-name-filled", LEAF, PUT(NID_issuer_alt_name, false, "3000")},
    {"profile-ca", LEAF, NULL, NULL, SUB, 0, false, NULL},
    {"profile-path-length", SUB, NULL, NULL, "SubordinateCACertificate_PathLen1/V1", 0, false,
     NULL},
    {"profile-key-usage", LEAF, CHANGE(usage_signature_only)},
    {"profile-extended-key-usage", LEAF, CHANGE(purpose_server)},
    {"profile-constraints-critical", LEAF, CHANGE(constraints_hard)},
    {"profile-extensions", LEAF, PUT(NID_tlsfeature, false, "3003020105")},
    {"profile-self-signed", SUB, CHANGE(self_issued)},
};

/* ---- the tests ---- */

static void put_extension(PKI_TBS *tbs, const struct breaker *b)
{
    uint8_t value[64];
    size_t len = strlen(b->hex) / 2;
    assert_true(len <= sizeof value);
    assert_int_equal(hex_decode(b->hex, 2 * len, value), 0);
    lint_set_extension(tbs, b->nid, b->critical, slice_of(value, len));
}

static void changed_tbs(const struct breaker *b, struct buf *der)
{
    lint_good_tbs(b->profile, der);
    if (b->change == NULL && b->nid == 0)
        return;
    PKI_TBS *tbs = pki_der_decode(buf_slice(der), ASN1_ITEM_rptr(PKI_TBS));
    assert_non_null(tbs);
    if (b->change != NULL)
        b->change(tbs);
    if (b->nid != 0)
        put_extension(tbs, b);
    buf_clear(der);
    assert_int_equal(pki_der_encode(tbs, ASN1_ITEM_rptr(PKI_TBS), der), 0);
    ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
}

static const struct lint_rule *rule_find(const char *id)
{
    size_t count;
    const struct lint_rule *rules = pki_lint_rules(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rules[i].id, id) == 0)
            return &rules[i];
    return NULL;
}

static void breaks_exactly_this_rule(void **state)
{
    const struct breaker *b = *state;
    const struct lint_rule *rule = rule_find(b->rule);
    struct pki_reason why = {{0}};
    struct buf der = {0};
    char tag[64];

    assert_non_null(rule);
    changed_tbs(b, &der);
    if (b->patch != NULL)
        b->patch(&der);
    const char *judge = b->judge_as != NULL ? b->judge_as : b->profile;
    assert_int_equal(pki_lint(buf_slice(&der), pki_profile_find(judge), &why), CH_EINVAL);
    snprintf(tag, sizeof tag, "[%s]", b->rule);
    if (strstr(why.text, tag) == NULL || strncmp(why.text, rule->clause, strlen(rule->clause)) != 0)
        fail_msg("wanted %s, got: %s", tag, why.text);
    buf_free(&der);
}

static void every_rule_is_broken_by_a_test(void **state)
{
    (void)state;
    size_t count;
    const struct lint_rule *rules = pki_lint_rules(&count);
    assert_true(count >= 25);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (rules[i].scope == LINT_PUBLIC) /* test_pki_lint_public.c */
            continue;
        assert_true(at < sizeof breakers / sizeof breakers[0]);
        assert_string_equal(rules[i].id, breakers[at++].rule);
    }
    assert_int_equal(at, sizeof breakers / sizeof breakers[0]);
}

static void accepts_what_each_template_builds(void **state)
{
    (void)state;
    static const char *const names[] = {ROOT,
                                        SUB,
                                        LEAF,
                                        "SubordinateCACertificate_PathLen1/V1",
                                        "SubordinateCACertificate_PathLen2/V1",
                                        "SubordinateCACertificate_PathLen3/V1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf der = {0};
        struct pki_reason why = {{0}};
        lint_good_tbs(names[i], &der);
        if (pki_lint(buf_slice(&der), pki_profile_find(names[i]), &why) != 0)
            fail_msg("%s: %s", names[i], why.text);
        buf_free(&der);
    }
}

static void refuses_bytes_that_are_no_tbs(void **state)
{
    (void)state;
    struct pki_reason why = {{0}};
    struct buf der = {0};
    lint_good_tbs(LEAF, &der);
    assert_int_equal(pki_lint(slice_of(NULL, 0), NULL, &why), CH_EINVAL);
    assert_int_equal(pki_lint(slice_of(der.data, der.len - 1), NULL, &why), CH_EINVAL);
    assert_non_null(strstr(why.text, "[tbs-sound]"));
    assert_int_equal(buf_put(&der, "x", 1), 0);
    assert_int_equal(pki_lint(buf_slice(&der), NULL, NULL), CH_EINVAL);
    buf_free(&der);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(every_rule_is_broken_by_a_test),
        cmocka_unit_test(accepts_what_each_template_builds),
        cmocka_unit_test(refuses_bytes_that_are_no_tbs),
    };
    enum { BREAKERS = sizeof breakers / sizeof breakers[0] };
    static struct CMUnitTest tests[BREAKERS];
    static struct breaker rows[BREAKERS];
    static char names[BREAKERS][64];
    for (size_t i = 0; i < BREAKERS; i++) {
        rows[i] = breakers[i];
        snprintf(names[i], sizeof names[i], "breaks_%s", rows[i].rule);
        tests[i] = (struct CMUnitTest){names[i], breaks_exactly_this_rule, NULL, NULL, &rows[i]};
    }
    int failed =
        cmocka_run_group_tests_name("lint rules", tests, lint_kit_setup, lint_kit_teardown);
    return failed + cmocka_run_group_tests_name("lint", others, lint_kit_setup, lint_kit_teardown);
}
