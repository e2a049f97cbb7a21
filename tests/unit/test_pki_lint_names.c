/* What pki_lint says of subjects and alternative names, good and bad. */
#include "tests/unit/lint_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The verdict on a leaf with that name of that type. */
static bool name_passes(int type, struct slice name)
{
    struct buf der = {0};
    struct pki_reason why = {{0}};
    lint_good_tbs(LEAF, &der);
    PKI_TBS *tbs = pki_der_decode(buf_slice(&der), ASN1_ITEM_rptr(PKI_TBS));
    lint_set_name(tbs, type, name);
    buf_clear(&der);
    assert_int_equal(pki_der_encode(tbs, ASN1_ITEM_rptr(PKI_TBS), &der), 0);
    int rc = pki_lint(buf_slice(&der), pki_profile_find(LEAF), &why);
    ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
    buf_free(&der);
    return rc == 0;
}

static void accepts_good_names(void **state)
{
    (void)state;
    static const char *const dns[] = {"localhost",     "a.b",
                                      "*.example.com", "xn--bcher-kva.example",
                                      "1and1.example", "A-B.EXAMPLE"};
    for (size_t i = 0; i < sizeof dns / sizeof dns[0]; i++)
        assert_true(name_passes(GEN_DNS, slice_text(dns[i])));
    assert_true(name_passes(GEN_IPADD, BYTES(10, 0, 0, 1)));
    assert_true(name_passes(GEN_IPADD, slice_of("0123456789abcdef", 16)));
    assert_true(name_passes(GEN_EMAIL, slice_text("first.last+tag@mail.example")));
    assert_true(name_passes(GEN_URI, slice_text("spiffe://trust.example/workload")));
}

static void refuses_bad_names(void **state)
{
    (void)state;
    static const char *const dns[] = {
        "",           ".",    "a..b", "a.",   ".a",    "-a.b",  "a-.b",
        "*",          "*a.b", "a*.b", "a.b*", "*.*.b", "a b.c", "caf\xc3\xa9.example",
        "a/b.example"};
    for (size_t i = 0; i < sizeof dns / sizeof dns[0]; i++)
        if (name_passes(GEN_DNS, slice_text(dns[i])))
            fail_msg("accepted \"%s\"", dns[i]);
    assert_false(name_passes(GEN_DNS, slice_of("a\0b.c", 5)));
    assert_false(name_passes(GEN_IPADD, slice_of(NULL, 0)));
    assert_false(name_passes(GEN_EMAIL, slice_text("no-at.example")));
    assert_false(name_passes(GEN_EMAIL, slice_text("@host.example")));
    assert_false(name_passes(GEN_EMAIL, slice_text("two words@host.example")));
    assert_false(name_passes(GEN_URI, slice_text("http:")));
    assert_false(name_passes(GEN_URI, slice_text("1http://x")));
    assert_false(name_passes(GEN_URI, slice_text("ht tp://x")));
}

static void dns_name_of_253_octets_is_the_longest(void **state)
{
    (void)state;
    char name[255];
    memset(name, 'a', sizeof name);
    name[63] = name[127] = name[191] = '.';
    assert_true(name_passes(GEN_DNS, slice_of(name, 253)));
    assert_false(name_passes(GEN_DNS, slice_of(name, 254)));
}

struct value {
    int nid;
    int type;
    const char *text;
    bool good;
};

static void judges_subject_attributes(void **state)
{
    (void)state;
    static const char *const sixty_four =
        "0123456789012345678901234567890123456789012345678901234567890123";
    const struct value values[] = {
        {NID_countryName, V_ASN1_PRINTABLESTRING, "DE", true},
        {NID_countryName, V_ASN1_PRINTABLESTRING, "D1", false},
        {NID_countryName, V_ASN1_UTF8STRING, "DE", false},
        {NID_commonName, V_ASN1_UTF8STRING, sixty_four, true},
        {NID_commonName, V_ASN1_UTF8STRING, "caf\xc3\xa9", true},
        {NID_commonName, V_ASN1_UTF8STRING, "", false},
        {NID_commonName, V_ASN1_PRINTABLESTRING, "a@b", false},
        {NID_commonName, V_ASN1_IA5STRING, "a", false},
        {NID_commonName, V_ASN1_BMPSTRING, "ab", false},
        {NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "a@b", true},
        {NID_pkcs9_emailAddress, V_ASN1_UTF8STRING, "a@b", false},
        {NID_domainComponent, V_ASN1_IA5STRING, "example", true},
        {NID_serialNumber, V_ASN1_PRINTABLESTRING, "42", true},
        {NID_serialNumber, V_ASN1_UTF8STRING, "42", false},
        {NID_userId, V_ASN1_UTF8STRING, "not in the table", true},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct buf der = {0};
        lint_good_tbs(LEAF, &der);
        PKI_TBS *tbs = pki_der_decode(buf_slice(&der), ASN1_ITEM_rptr(PKI_TBS));
        lint_set_subject(tbs, values[i].nid, values[i].type, values[i].text);
        buf_clear(&der);
        assert_int_equal(pki_der_encode(tbs, ASN1_ITEM_rptr(PKI_TBS), &der), 0);
        int rc = pki_lint(buf_slice(&der), NULL, NULL);
        if ((rc == 0) != values[i].good)
            fail_msg("value %zu \"%s\": %d", i, values[i].text, rc);
        ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
        buf_free(&der);
    }
}

/* OpenSSL encodes no such name, so the octet is put in afterwards. */
static void refuses_a_subject_that_is_not_utf8(void **state)
{
    (void)state;
    struct buf der = {0};
    struct pki_reason why = {{0}};
    lint_good_tbs(LEAF, &der);
    uint8_t *name = memmem(der.data, der.len, "Somebody", 8);
    assert_non_null(name);
    name[3] = 0xe9;
    assert_int_equal(pki_lint(buf_slice(&der), NULL, &why), CH_EINVAL);
    assert_non_null(strstr(why.text, "[names-sound]"));
    buf_free(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_names),
        cmocka_unit_test(accepts_good_names),
        cmocka_unit_test(dns_name_of_253_octets_is_the_longest),
        cmocka_unit_test(judges_subject_attributes),
        cmocka_unit_test(refuses_a_subject_that_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, lint_kit_setup, lint_kit_teardown);
}
