/* Certificates that are there: every getter, every refusal, and who issued what. */
#include "ca/pki/extension.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOT "RootCACertificate/V1"
#define SUB "SubordinateCACertificate_PathLen0/V1"

static struct kit_cert root;
static struct kit_cert leaf;

/* ---- tools ---- */

static void parse_file(const char *name, struct pki_certificate **out)
{
    char path[8192];
    uint8_t der[8192];
    struct pki_reason why = {{0}};
    snprintf(path, sizeof path, "%s/%s", kit_folder(), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(der, 1, sizeof der, file);
    fclose(file);
    if (pki_certificate_parse(slice_of(der, len), out, &why) != 0)
        fail_msg("%s", why.text);
}

static void assert_refused(struct slice der, const char *reason)
{
    struct pki_certificate *c = (struct pki_certificate *)&c;
    struct pki_reason why = {{0}};
    assert_int_equal(pki_certificate_parse(der, &c, &why), CH_EINVAL);
    assert_null(c);
    if (strstr(why.text, reason) == NULL)
        fail_msg("wanted \"%s\", got \"%s\"", reason, why.text);
}

/* Changes the TBS of the leaf and puts it between the old algorithm and signature. */
static void changed(void (*change)(PKI_TBS *tbs), struct buf *der)
{
    PKI_SIGNED *whole = pki_der_decode(buf_slice(&leaf.der), ASN1_ITEM_rptr(PKI_SIGNED));
    PKI_TBS *tbs = pki_der_decode(pki_der_string(whole->body), ASN1_ITEM_rptr(PKI_TBS));
    struct buf body = {0};
    change(tbs);
    assert_int_equal(pki_der_encode(tbs, ASN1_ITEM_rptr(PKI_TBS), &body), 0);
    assert_int_equal(ASN1_STRING_set(whole->body, body.data, (int)body.len), 1);
    assert_int_equal(pki_der_encode(whole, ASN1_ITEM_rptr(PKI_SIGNED), der), 0);
    ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
    ASN1_item_free((ASN1_VALUE *)whole, ASN1_ITEM_rptr(PKI_SIGNED));
    buf_free(&body);
}

struct names {
    char text[8][64];
    size_t count;
};

static void collect(void *context, struct slice name)
{
    struct names *names = context;
    assert_true(names->count < 8 && name.len < 64);
    memcpy(names->text[names->count], name.data, name.len);
    names->text[names->count++][name.len] = '\0';
}

/* ---- getters ---- */

static void reads_back_what_was_issued(void **state)
{
    (void)state;
    const struct pki_certificate *c = leaf.parsed;
    struct buf text = {0};
    uint8_t id[20];
    assert_true(slice_equal(pki_certificate_der(c), buf_slice(&leaf.der)));
    assert_true(slice_equal(pki_certificate_spki(c), buf_slice(&leaf.key->spki)));
    assert_true(slice_equal(pki_certificate_issuer(c), pki_certificate_subject(root.parsed)));
    assert_int_equal(pki_name_text(pki_certificate_subject(c), &text), 0);
    assert_string_equal(buf_text(&text), "CN=Leaf");
    assert_int_equal(pki_certificate_not_before(c), KIT_NOW - KIT_DAY);
    assert_int_equal(pki_certificate_not_after(c), KIT_NOW + 30 * KIT_DAY);
    assert_int_equal(pki_key_id(buf_slice(&leaf.key->spki), id), 0);
    assert_true(slice_equal(pki_certificate_key_id(c), slice_of(id, sizeof id)));
    assert_false(pki_certificate_is_ca(c));
    assert_int_equal(pki_certificate_path_length(c), -1);
    assert_int_equal(pki_certificate_key_usage(c),
                     PKI_KU_DIGITAL_SIGNATURE | PKI_KU_KEY_ENCIPHERMENT);
    assert_string_equal(pki_certificate_signature_algorithm(c), "SHA256WITHECDSA");
    buf_free(&text);
}

static void tells_cas_and_their_path_length(void **state)
{
    (void)state;
    struct kit_cert sub = {0};
    struct kit_order order = {.profile = SUB, .name = "Sub", .issuer = &root};
    kit_issue(&order, &sub);
    assert_true(pki_certificate_is_ca(root.parsed));
    assert_int_equal(pki_certificate_path_length(root.parsed), -1);
    assert_true(pki_certificate_is_ca(sub.parsed));
    assert_int_equal(pki_certificate_path_length(sub.parsed), 0);
    assert_int_equal(pki_certificate_key_usage(sub.parsed),
                     PKI_KU_DIGITAL_SIGNATURE | PKI_KU_KEY_CERT_SIGN | PKI_KU_CRL_SIGN);
    kit_cert_free(&sub);
}

static void lists_purposes_and_says_how_many_there_are(void **state)
{
    (void)state;
    char oids[2][64] = {"", "untouched"};
    assert_int_equal(pki_certificate_extended_key_usage(leaf.parsed, oids, 1), 2);
    assert_string_equal(oids[0], "1.3.6.1.5.5.7.3.1");
    assert_string_equal(oids[1], "untouched");
    assert_int_equal(pki_certificate_extended_key_usage(leaf.parsed, oids, 2), 2);
    assert_string_equal(oids[1], "1.3.6.1.5.5.7.3.2");
    assert_int_equal(pki_certificate_extended_key_usage(root.parsed, oids, 2), 0);
    assert_int_equal(pki_certificate_extended_key_usage(leaf.parsed, NULL, 0), 2);
}

static void visits_dns_names_in_order_and_no_others(void **state)
{
    (void)state;
    struct pki_certificate *c = NULL;
    struct names names = {.count = 0};
    kit_must_run(
        "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout k.pem "
        "-subj /CN=x -outform DER -out c.der "
        "-addext subjectAltName=DNS:b.example,IP:10.0.0.1,email:a@b.example,DNS:a.example");
    parse_file("c.der", &c);
    pki_certificate_dns_names(c, collect, &names);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.text[0], "b.example");
    assert_string_equal(names.text[1], "a.example");
    names.count = 0;
    pki_certificate_dns_names(root.parsed, collect, &names);
    assert_int_equal(names.count, 0);
    pki_certificate_free(c);
}

static void assert_serial(const char *argument, const char *wanted)
{
    struct pki_certificate *c = NULL;
    char text[PKI_SERIAL_TEXT_SIZE];
    kit_must_run("openssl req -x509 -key k.pem -subj /CN=x -outform DER -out s.der -set_serial %s",
                 argument);
    parse_file("s.der", &c);
    pki_certificate_serial(c, text);
    assert_string_equal(text, wanted);
    pki_certificate_free(c);
}

static void writes_serials_as_whole_bytes_with_colons(void **state)
{
    (void)state;
    kit_must_run("openssl ecparam -genkey -name prime256v1 -noout -out k.pem");
    assert_serial("1001", "03:e9");
    assert_serial("0", "00");
    assert_serial("5", "05");
    assert_serial("0xf216ad85d842d18a3f33faccc850a89e",
                  "f2:16:ad:85:d8:42:d1:8a:3f:33:fa:cc:c8:50:a8:9e");
    assert_serial("0x7fffffffffffffffffffffffffffffffffffffff",
                  "7f:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff");
}

static void parses_version_1(void **state)
{
    (void)state;
    struct pki_certificate *c = NULL;
    kit_must_run(
        "openssl ecparam -genkey -name prime256v1 -noout -out k.pem && "
        "openssl req -new -key k.pem -subj /CN=old -out r.pem && "
        "openssl x509 -req -in r.pem -signkey k.pem -set_serial 258 -outform DER -out v1.der");
    parse_file("v1.der", &c);
    assert_false(pki_certificate_is_ca(c));
    assert_int_equal(pki_certificate_path_length(c), -1);
    assert_int_equal(pki_certificate_key_usage(c), 0);
    assert_int_equal(pki_certificate_key_id(c).len, 0);
    assert_int_equal(pki_certificate_issued_by(c, c, NULL), 0);
    pki_certificate_free(c);
}

static void an_unknown_signature_algorithm_has_no_name(void **state)
{
    (void)state;
    struct pki_certificate *c = NULL;
    struct pki_reason why = {{0}};
    kit_must_run("openssl req -x509 -nodes -newkey ed25519 -keyout k.pem -subj /CN=x -outform DER "
                 "-out e.der");
    parse_file("e.der", &c);
    assert_string_equal(pki_certificate_signature_algorithm(c), "");
    assert_int_equal(pki_key_alg(pki_certificate_spki(c)), KEY_ALG_NONE);
    assert_int_equal(pki_certificate_issued_by(c, c, &why), CH_EINTEGRITY);
    assert_non_null(strstr(why.text, "not supported"));
    pki_certificate_free(c);
}

static void names_pss_whatever_its_salt(void **state)
{
    (void)state;
    struct pki_certificate *c = NULL;
    kit_must_run("openssl req -x509 -nodes -newkey rsa:2048 -sha384 -keyout k.pem -subj /CN=x "
                 "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 -outform DER -out p.der");
    parse_file("p.der", &c);
    assert_string_equal(pki_certificate_signature_algorithm(c), "SHA384WITHRSA_PSS");
    assert_int_equal(pki_certificate_issued_by(c, c, NULL), 0);
    pki_certificate_free(c);
}

/* ---- refusals ---- */

static void refuses_truncation_at_every_place_and_trailing_bytes(void **state)
{
    (void)state;
    struct buf der = {0};
    for (size_t len = 0; len < leaf.der.len; len++)
        assert_refused(slice_of(leaf.der.data, len), "RFC 5280");
    assert_int_equal(buf_put_slice(&der, buf_slice(&leaf.der)), 0);
    assert_int_equal(buf_put(&der, "\0", 1), 0);
    assert_refused(buf_slice(&der), "RFC 5280 4.1");
    buf_free(&der);
}

static void refuses_more_than_64_kib(void **state)
{
    (void)state;
    struct buf der = {0};
    assert_non_null(buf_reserve(&der, 64 * 1024 + 1));
    memset(der.data, 0x30, 64 * 1024 + 1);
    der.len = 64 * 1024 + 1;
    assert_refused(buf_slice(&der), "larger than 65536");
    buf_free(&der);
}

static void version_4(PKI_TBS *tbs)
{
    ASN1_INTEGER_set(tbs->version, 3);
}

static void version_1(PKI_TBS *tbs)
{
    ASN1_INTEGER_free(tbs->version);
    tbs->version = NULL;
}

static void serial_21(PKI_TBS *tbs)
{
    ASN1_STRING_set(tbs->serial, "\x01twenty octets of it.", 21);
}

static void algorithm_other(PKI_TBS *tbs)
{
    X509_ALGOR_set0(tbs->signature, OBJ_nid2obj(NID_ecdsa_with_SHA384), V_ASN1_UNDEF, NULL);
}

static void issuer_no_name(PKI_TBS *tbs)
{
    ASN1_STRING_set(tbs->issuer, "\x30\x03\x02\x01\x01", 5);
}

static void time_nonsense(PKI_TBS *tbs)
{
    ASN1_STRING_set(tbs->validity->not_after, "991399999999Z", -1);
}

static void extension_twice(PKI_TBS *tbs)
{
    X509_EXTENSION *copy = X509_EXTENSION_dup(sk_X509_EXTENSION_value(tbs->extensions, 0));
    sk_X509_EXTENSION_push(tbs->extensions, copy);
}

static void extension_broken(PKI_TBS *tbs)
{
    ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(sk_X509_EXTENSION_value(tbs->extensions, 1));
    ASN1_STRING_set(value, "junk", 4);
}

static void path_length_minus(PKI_TBS *tbs)
{
    ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(sk_X509_EXTENSION_value(tbs->extensions, 1));
    ASN1_STRING_set(value, "\x30\x06\x01\x01\xff\x02\x01\xff", 8);
}

static void extensions_without_end(PKI_TBS *tbs)
{
    while (sk_X509_EXTENSION_num(tbs->extensions) <= PKI_EXTENSIONS_MAX)
        extension_twice(tbs);
}

static void refuses_bad_fields(void **state)
{
    (void)state;
    static const struct {
        void (*change)(PKI_TBS *tbs);
        const char *reason;
    } rows[] = {
        {version_4, "RFC 5280 4.1.2.1"},
        {version_1, "RFC 5280 4.1.2.9"},
        {serial_21, "RFC 5280 4.1.2.2"},
        {algorithm_other, "RFC 5280 4.1.1.2"},
        {issuer_no_name, "RFC 5280 4.1.2.4"},
        {time_nonsense, "RFC 5280 4.1.2.5"},
        {extension_twice, "RFC 5280 4.2: an extension is in the certificate twice"},
        {extension_broken, "RFC 5280 4.2: the extension 2.5.29.19 is malformed"},
        {path_length_minus, "RFC 5280 4.2.1.9"},
        {extensions_without_end, "more than 256 extensions"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf der = {0};
        changed(rows[i].change, &der);
        assert_refused(buf_slice(&der), rows[i].reason);
        buf_free(&der);
    }
}

/* ---- who issued it ---- */

static void assert_not_issued(const struct kit_cert *c, const struct kit_cert *issuer,
                              const char *reason)
{
    struct pki_reason why = {{0}};
    assert_int_equal(pki_certificate_issued_by(c->parsed, issuer->parsed, &why), CH_EINTEGRITY);
    if (strstr(why.text, reason) == NULL)
        fail_msg("wanted \"%s\", got \"%s\"", reason, why.text);
}

static void knows_its_issuer(void **state)
{
    (void)state;
    assert_int_equal(pki_certificate_issued_by(leaf.parsed, root.parsed, NULL), 0);
    assert_int_equal(pki_certificate_issued_by(root.parsed, root.parsed, NULL), 0);
    assert_not_issued(&root, &leaf, "RFC 5280 6.1.3 (a)(4)");
    assert_not_issued(&leaf, &leaf, "RFC 5280 6.1.3 (a)(4)");
}

static void the_same_name_with_another_key_is_no_issuer(void **state)
{
    (void)state;
    struct kit_cert other = {0};
    struct kit_order order = {.profile = ROOT, .name = "Root", .key = kit_key(KEY_ALG_P256, 2)};
    kit_issue(&order, &other);
    assert_not_issued(&leaf, &other, "RFC 5280 4.2.1.1");
    kit_cert_free(&other);
}

static void a_wrong_signature_is_seen(void **state)
{
    (void)state;
    struct kit_cert forged = {.key = leaf.key};
    struct buf tbs = {0};
    struct kit_cert impostor = {.key = kit_key(KEY_ALG_P256, 2)};
    struct kit_order order = {.name = "Leaf", .issuer = &root};
    kit_tbs(&order, &tbs);
    kit_certify(buf_slice(&tbs), &impostor, SIG_ALG_SHA256WITHECDSA, &forged);
    assert_not_issued(&forged, &root, "RFC 5280 6.1.3 (a)(1)");
    kit_cert_free(&forged);
    buf_free(&tbs);
}

static void names_are_compared_as_rfc_5280_does(void **state)
{
    (void)state;
    struct pki_certificate *ca = NULL;
    struct pki_certificate *c = NULL;
    kit_must_run(
        "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout k.pem "
        "-subj '/CN=The  Root' -outform DER -out ca.der");
    kit_must_run(
        "openssl x509 -inform DER -in ca.der -out ca.pem && "
        "openssl req -new -key k.pem -subj '/CN=leaf' -out r.pem && "
        "openssl req -x509 -key k.pem -subj '/CN=the root' -out lower.pem && "
        "openssl x509 -req -in r.pem -CA lower.pem -CAkey k.pem -set_serial 7 -outform DER "
        "-out c.der");
    parse_file("ca.der", &ca);
    parse_file("c.der", &c);
    assert_false(slice_equal(pki_certificate_issuer(c), pki_certificate_subject(ca)));
    assert_int_equal(pki_certificate_issued_by(c, ca, NULL), 0);
    pki_certificate_free(ca);
    pki_certificate_free(c);
}

static int setup(void **state)
{
    (void)state;
    struct kit_order root_order = {
        .profile = ROOT, .name = "Root", .key = kit_key(KEY_ALG_P256, 1)};
    kit_issue(&root_order, &root);
    struct kit_order leaf_order = {.name = "Leaf", .dns = "leaf.example", .issuer = &root};
    kit_issue(&leaf_order, &leaf);
    return 0;
}

static int teardown(void **state)
{
    kit_cert_free(&root);
    kit_cert_free(&leaf);
    return kit_folder_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_issued),
        cmocka_unit_test(tells_cas_and_their_path_length),
        cmocka_unit_test(lists_purposes_and_says_how_many_there_are),
        cmocka_unit_test(visits_dns_names_in_order_and_no_others),
        cmocka_unit_test(writes_serials_as_whole_bytes_with_colons),
        cmocka_unit_test(parses_version_1),
        cmocka_unit_test(an_unknown_signature_algorithm_has_no_name),
        cmocka_unit_test(names_pss_whatever_its_salt),
        cmocka_unit_test(refuses_truncation_at_every_place_and_trailing_bytes),
        cmocka_unit_test(refuses_more_than_64_kib),
        cmocka_unit_test(refuses_bad_fields),
        cmocka_unit_test(knows_its_issuer),
        cmocka_unit_test(the_same_name_with_another_key_is_no_issuer),
        cmocka_unit_test(a_wrong_signature_is_seen),
        cmocka_unit_test(names_are_compared_as_rfc_5280_does),
    };
    return cmocka_run_group_tests_name("pki_certificate", tests, setup, teardown);
}
