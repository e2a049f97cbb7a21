/* Distinguished names: built, shown as ACM shows them, and refused. */
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OID_CN "2.5.4.3"
#define OID_SERIAL "2.5.4.5"
#define OID_C "2.5.4.6"
#define OID_L "2.5.4.7"
#define OID_ST "2.5.4.8"
#define OID_O "2.5.4.10"
#define OID_OU "2.5.4.11"
#define OID_QUALIFIER "2.5.4.46"
#define OID_DC "0.9.2342.19200300.100.1.25"
#define OID_EMAIL "1.2.840.113549.1.9.1"

static void assert_text(const struct pki_attribute *attributes, size_t count, const char *wanted)
{
    struct buf der = {0};
    struct buf text = {0};
    assert_int_equal(pki_name_build(attributes, count, &der), 0);
    assert_int_equal(pki_name_text(buf_slice(&der), &text), 0);
    assert_non_null(buf_text(&text));
    assert_string_equal(buf_text(&text), wanted);
    buf_free(&der);
    buf_free(&text);
}

static void shows_attributes_in_encoded_order_with_commas_alone(void **state)
{
    (void)state;
    const struct pki_attribute name[] = {
        {OID_C, "AU"}, {OID_ST, "Some-State"}, {OID_O, "Internet Widgits"}, {OID_CN, "localhost"}};
    assert_text(name, 4, "C=AU,ST=Some-State,O=Internet Widgits,CN=localhost");
}

static void shows_the_empty_name_as_nothing(void **state)
{
    (void)state;
    struct buf der = {0};
    assert_int_equal(pki_name_build(NULL, 0, &der), 0);
    assert_int_equal(der.len, 2);
    assert_memory_equal(der.data, "\x30\x00", 2);
    assert_text(NULL, 0, "");
    buf_free(&der);
}

static void escapes_special_characters_as_rfc_4514(void **state)
{
    (void)state;
    const struct pki_attribute name[] = {
        {OID_O, "Example, Inc. + \"Sons\""}, {OID_OU, "#1 a\\b;c<d>"}, {OID_CN, " blanks "}};
    assert_text(name, 3,
                "O=Example\\, Inc. \\+ \\\"Sons\\\",OU=\\#1 a\\\\b\\;c\\<d\\>,CN=\\ blanks\\ ");
}

static void escapes_control_characters(void **state)
{
    (void)state;
    const struct pki_attribute name = {OID_CN, "a\nb"};
    assert_text(&name, 1, "CN=a\\0Ab");
}

static void keeps_utf8(void **state)
{
    (void)state;
    const struct pki_attribute name = {OID_L, "M\xc3\xbcnchen"};
    assert_text(&name, 1, "L=M\xc3\xbcnchen");
}

static void shows_an_unknown_attribute_by_its_oid(void **state)
{
    (void)state;
    const struct pki_attribute name[] = {{"1.3.6.1.4.1.99999.7", "custom"}, {OID_CN, "x"}};
    assert_text(name, 2, "1.3.6.1.4.1.99999.7=custom,CN=x");
}

static void shows_parts_of_one_rdn_with_plus(void **state)
{
    (void)state;
    /* SEQUENCE { SET { CN=a, O=b } } */
    static const uint8_t der[] = {0x30, 22,  0x31, 20, 0x30, 8, 6,    3, 0x55, 4,    3, 0x0c,
                                  1,    'a', 0x30, 8,  6,    3, 0x55, 4, 10,   0x0c, 1, 'b'};
    struct buf text = {0};
    assert_int_equal(pki_name_text(slice_of(der, sizeof der), &text), 0);
    assert_string_equal(buf_text(&text), "CN=a+O=b");
    buf_free(&text);
}

/* The tag of the first attribute's value. */
static uint8_t tag_of(const char *oid, const char *value)
{
    struct buf der = {0};
    const struct pki_attribute name = {oid, value};
    assert_int_equal(pki_name_build(&name, 1, &der), 0);
    uint8_t tag = der.data[der.len - strlen(value) - 2];
    buf_free(&der);
    return tag;
}

static void chooses_string_types_as_rfc_5280(void **state)
{
    (void)state;
    assert_int_equal(tag_of(OID_C, "DE"), 0x13);
    assert_int_equal(tag_of(OID_SERIAL, "42"), 0x13);
    assert_int_equal(tag_of(OID_QUALIFIER, "q"), 0x13);
    assert_int_equal(tag_of(OID_DC, "example"), 0x16);
    assert_int_equal(tag_of(OID_EMAIL, "a@b.example"), 0x16);
    assert_int_equal(tag_of(OID_CN, "plain"), 0x0c);
    assert_int_equal(tag_of("1.2.3.4", "plain"), 0x0c);
}

static void refuses_what_cannot_be_encoded(void **state)
{
    (void)state;
    static const struct pki_attribute bad[] = {
        {OID_CN, ""},          {OID_CN, NULL},
        {NULL, "x"},           {"", "x"},
        {"not an oid", "x"},   {"9.9.9", "x"},
        {OID_CN, "caf\xe9"},   {OID_C, "\xc3\xbc"},
        {OID_C, "a*"},         {OID_EMAIL, "\xc3\xbc@b.example"},
        {OID_DC, "b\xc3\xbc"}, {OID_CN, "\xed\xa0\x80"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf der = {0};
        if (pki_name_build(&bad[i], 1, &der) != CH_EINVAL)
            fail_msg("row %zu was accepted", i);
        assert_int_equal(der.len, 0);
        buf_free(&der);
    }
}

static void refuses_names_that_are_no_der(void **state)
{
    (void)state;
    static const uint8_t trailing[] = {0x30, 0, 0};
    static const uint8_t truncated[] = {0x30, 5, 0x31, 3};
    struct buf text = {0};
    assert_int_equal(pki_name_text(slice_of(NULL, 0), &text), CH_EINVAL);
    assert_int_equal(pki_name_text(slice_of(trailing, sizeof trailing), &text), CH_EINVAL);
    assert_int_equal(pki_name_text(slice_of(truncated, sizeof truncated), &text), CH_EINVAL);
    assert_int_equal(pki_name_issuer_text(slice_of(truncated, sizeof truncated), &text), CH_EINVAL);
    assert_int_equal(text.len, 0);
    buf_free(&text);
}

static void assert_issuer(const struct pki_attribute *attributes, size_t count, const char *wanted)
{
    struct buf der = {0};
    struct buf text = {0};
    assert_int_equal(pki_name_build(attributes, count, &der), 0);
    assert_int_equal(pki_name_issuer_text(buf_slice(&der), &text), 0);
    assert_non_null(buf_text(&text));
    assert_string_equal(buf_text(&text), wanted);
    buf_free(&der);
    buf_free(&text);
}

static void issuer_is_the_organization_else_the_common_name(void **state)
{
    (void)state;
    const struct pki_attribute both[] = {{OID_CN, "Root X"}, {OID_O, "Example, Org"}};
    const struct pki_attribute other = {OID_C, "DE"};
    assert_issuer(both, 2, "Example, Org");
    assert_issuer(both, 1, "Root X");
    assert_issuer(&other, 1, "");
}

/* openssl's one-line form with the same options agrees. */
static void openssl_shows_the_same(void **state)
{
    (void)state;
    struct kit_cert root = {0};
    struct buf mine = {0};
    struct buf theirs = {0};
    struct kit_order order = {.profile = "RootCACertificate/V1", .name = "A, \"quoted\" Root"};
    kit_issue(&order, &root);
    kit_write("name.der", buf_slice(&root.der));
    assert_int_equal(pki_name_text(pki_certificate_subject(root.parsed), &mine), 0);
    assert_int_equal(kit_run(&theirs, "openssl x509 -inform DER -in name.der -noout -subject "
                                      "-nameopt esc_2253,esc_ctrl,utf8,sep_comma_plus,sname"),
                     0);
    assert_non_null(strstr(buf_text(&theirs), buf_text(&mine)));
    kit_cert_free(&root);
    buf_free(&mine);
    buf_free(&theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_attributes_in_encoded_order_with_commas_alone),
        cmocka_unit_test(shows_the_empty_name_as_nothing),
        cmocka_unit_test(escapes_special_characters_as_rfc_4514),
        cmocka_unit_test(escapes_control_characters),
        cmocka_unit_test(keeps_utf8),
        cmocka_unit_test(shows_an_unknown_attribute_by_its_oid),
        cmocka_unit_test(shows_parts_of_one_rdn_with_plus),
        cmocka_unit_test(chooses_string_types_as_rfc_5280),
        cmocka_unit_test(refuses_what_cannot_be_encoded),
        cmocka_unit_test(refuses_names_that_are_no_der),
        cmocka_unit_test(issuer_is_the_organization_else_the_common_name),
        cmocka_unit_test(openssl_shows_the_same),
    };
    return cmocka_run_group_tests_name("pki_name", tests, NULL, kit_folder_remove);
}
