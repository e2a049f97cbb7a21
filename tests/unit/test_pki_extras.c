/* What a request adds to its template: extensions, names of every kind, pointers, and what wins. */
#include "ca/pki/extension.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NULL_DER slice_of("\x05\x00", 2)

static struct pki_extras *extras;

static int setup(void **state)
{
    (void)state;
    extras = pki_extras_new();
    return extras == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_extras_free(extras);
    return 0;
}

/* ---- the list ---- */

static void what_is_no_extension_is_refused(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const bad[] = {"serverAuth", NULL};
    struct pki_policy policy = {.oid = "no number"};
    assert_int_equal(pki_extras_add(extras, "", false, NULL_DER), CH_EINVAL);
    assert_int_equal(pki_extras_add(extras, "commonName", false, NULL_DER), CH_EINVAL);
    assert_int_equal(pki_extras_add(extras, "1.2.3", false, slice_of(NULL, 0)), CH_EINVAL);
    assert_int_equal(pki_extras_add_key_usage(extras, 0), CH_EINVAL);
    assert_int_equal(pki_extras_add_purposes(extras, none), CH_EINVAL);
    assert_int_equal(pki_extras_add_purposes(extras, bad), CH_EINVAL);
    assert_int_equal(pki_extras_add_policies(extras, &policy, 0), CH_EINVAL);
    assert_int_equal(pki_extras_add_policies(extras, &policy, 1), CH_EINVAL);
    assert_int_equal(sk_X509_EXTENSION_num(pki_extras_list(extras)), 0);
    assert_null(pki_extras_list(NULL));
    assert_false(pki_extras_has(NULL, "1.2.3"));
    assert_false(pki_extras_has(extras, "1.2.3"));
}

static void an_extension_is_there_once(void **state)
{
    (void)state;
    static const char *const purposes[] = {"1.2.3", NULL};
    assert_int_equal(pki_extras_add(extras, "2.5.29.15", true, NULL_DER), 0);
    assert_int_equal(pki_extras_add(extras, "2.5.29.15", false, NULL_DER), CH_EEXISTS);
    assert_int_equal(pki_extras_add_key_usage(extras, PKI_KU_CRL_SIGN), CH_EEXISTS);
    assert_int_equal(pki_extras_add_purposes(extras, purposes), 0);
    assert_int_equal(pki_extras_add_purposes(extras, purposes), CH_EEXISTS);
    assert_true(pki_extras_has(extras, "2.5.29.37"));
    assert_int_equal(sk_X509_EXTENSION_num(pki_extras_list(extras)), 2);
}

static void the_list_has_an_end(void **state)
{
    (void)state;
    char oid[32];
    for (int i = 0; i < PKI_EXTENSIONS_MAX; i++) {
        snprintf(oid, sizeof oid, "1.2.3.%d", i);
        assert_int_equal(pki_extras_add(extras, oid, false, NULL_DER), 0);
    }
    assert_int_equal(pki_extras_add(extras, "1.2.4", false, NULL_DER), CH_ELIMIT);
}

/* ---- names ---- */

static void names_that_cannot_be_encoded_are_told(void **state)
{
    (void)state;
    static const struct pki_general_name bad[] = {
        {.kind = PKI_NAME_DNS, .text = ""},
        {.kind = PKI_NAME_DNS, .text = "caf\xc3\xa9.example"},
        {.kind = PKI_NAME_MAIL, .text = "\xc3\xa9@example.com"},
        {.kind = PKI_NAME_URI, .text = ""},
        {.kind = PKI_NAME_IP, .text = "10.0.0.256"},
        {.kind = PKI_NAME_IP, .text = "10.0.0.1/8"},
        {.kind = PKI_NAME_REGISTERED_ID, .text = "commonName"},
        {.kind = PKI_NAME_OTHER, .text = "x", .detail = "9.9.9"},
        {.kind = PKI_NAME_DIRECTORY},
    };
    struct buf der = {0};
    size_t index = 7;
    assert_int_equal(pki_general_names_build(bad, 0, &der, &index), CH_EINVAL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pki_general_name names[2] = {{.kind = PKI_NAME_DNS, .text = "a"}, bad[i]};
        if (pki_general_names_build(names, 2, &der, &index) != CH_EINVAL || index != 1)
            fail_msg("name %zu was taken", i);
    }
    assert_int_equal(der.len, 0);
}

/* Octet by octet: what the openssl command does not print. */
static void names_are_encoded_as_rfc_5280_says(void **state)
{
    (void)state;
    static const struct {
        struct pki_general_name name;
        const char *der;
    } rows[] = {
        {{.kind = PKI_NAME_EDI, .text = "p", .detail = "a"}, "300ca50aa0030c0161a1030c0170"},
        {{.kind = PKI_NAME_EDI, .text = "p"}, "3007a505a1030c0170"},
        {{.kind = PKI_NAME_OTHER, .text = "u", .detail = "1.2.3"}, "300ba00906022a03a0030c0175"},
        {{.kind = PKI_NAME_REGISTERED_ID, .text = "1.2.3"}, "300488022a03"},
        {{.kind = PKI_NAME_IP, .text = "10.0.0.1"}, "300687040a000001"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf der = {0};
        char hex[64] = "";
        size_t bad;
        assert_int_equal(pki_general_names_build(&rows[i].name, 1, &der, &bad), 0);
        for (size_t k = 0; k < der.len; k++)
            snprintf(hex + 2 * k, 3, "%02x", der.data[k]);
        assert_string_equal(hex, rows[i].der);
        buf_free(&der);
    }
}

/* ---- in a certificate ---- */

/* The extensions that openssl prints of a certificate, between the header and the signature. */
static void print(struct kit_order *order, struct buf *text)
{
    struct kit_cert root = {0};
    struct kit_cert c = {0};
    struct kit_order root_order = {
        .profile = "RootCACertificate/V1", .name = "Root", .key = kit_key(KEY_ALG_P256, 1)};
    kit_issue(&root_order, &root);
    const struct pki_profile *profile = pki_profile_find(order->profile);
    order->name = "Subject";
    order->issuer = profile->self_signed ? NULL : &root;
    kit_issue(order, &c);
    kit_write("c.der", buf_slice(&c.der));
    assert_int_equal(kit_run(text, "openssl x509 -inform DER -in c.der -noout -text"), 0);
    kit_cert_free(&c);
    kit_cert_free(&root);
}

static void assert_has(struct buf *text, const char *wanted, bool there)
{
    if ((strstr(buf_text(text), wanted) != NULL) != there)
        fail_msg("\"%s\" is%s in:\n%s", wanted, there ? " not" : "", buf_text(text));
}

static void pointers_are_put_in_by_the_templates_that_have_them(void **state)
{
    (void)state;
    static const char *const crl[] = {"http://crl.example.com/1", "http://two.example.com/1", NULL};
    static const struct {
        const char *profile;
        bool has;
    } rows[] = {
        {"EndEntityCertificate/V1", true},
        {"OCSPSigningCertificate/V1", true},
        {"SubordinateCACertificate_PathLen0/V1", true},
        {"BlankSubordinateCACertificate_PathLen0_CSRPassthrough/V1", true},
        {"RootCACertificate/V1", false},
        {"BlankRootCACertificate_APIPassthrough/V1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf text = {0};
        struct kit_order order = {.profile = rows[i].profile,
                                  .pointers = {.crl = crl,
                                               .ocsp = "http://ocsp.example.com",
                                               .ca_issuers = "http://ca.example.com/ca.cer"}};
        print(&order, &text);
        assert_has(&text,
                   "X509v3 CRL Distribution Points: \n                Full Name:\n"
                   "                  URI:http://crl.example.com/1\n"
                   "                  URI:http://two.example.com/1\n",
                   rows[i].has);
        assert_has(&text,
                   "Authority Information Access: \n"
                   "                OCSP - URI:http://ocsp.example.com\n"
                   "                CA Issuers - URI:http://ca.example.com/ca.cer\n",
                   rows[i].has);
        buf_free(&text);
    }
}

static void the_authoritys_pointers_win_over_the_request(void **state)
{
    (void)state;
    static const char *const crl[] = {"http://crl.example.com/1", NULL};
    static const uint8_t mine[] = {0x30, 0x11, 0x30, 0x0f, 0xa0, 0x0d, 0xa0, 0x0b, 0x86, 0x09,
                                   'h',  't',  't',  'p',  ':',  '/',  '/',  'm',  'e'};
    struct buf text = {0};
    struct kit_order order = {.profile = "BlankEndEntityCertificate_APIPassthrough/V1",
                              .extras = extras};
    assert_int_equal(pki_extras_add(extras, "2.5.29.31", false, slice_of(mine, sizeof mine)), 0);
    print(&order, &text);
    assert_has(&text, "URI:http://me", true);
    buf_clear(&text);
    order.pointers.crl = crl;
    print(&order, &text);
    assert_has(&text, "URI:http://me", false);
    assert_has(&text, "URI:http://crl.example.com/1", true);
    buf_free(&text);
}

/* ---- what a blank template may and others may not ---- */

static struct pki_reason why;

static int judge_pointing(const char *profile, const char *dns, struct pki_pointers pointers)
{
    struct buf tbs = {0};
    struct kit_cert root = {0};
    struct kit_order root_order = {
        .profile = "RootCACertificate/V1", .name = "Root", .key = kit_key(KEY_ALG_P256, 1)};
    kit_issue(&root_order, &root);
    struct kit_order order = {.profile = profile,
                              .name = "x",
                              .dns = dns,
                              .issuer = &root,
                              .pointers = pointers,
                              .extras = extras};
    kit_tbs(&order, &tbs);
    int rc = pki_lint(buf_slice(&tbs), pki_profile_find(profile), &why);
    buf_free(&tbs);
    kit_cert_free(&root);
    return rc;
}

static int judge(const char *profile, const char *dns)
{
    return judge_pointing(profile, dns, (struct pki_pointers){.crl = NULL});
}

static void a_url_that_is_none_is_not_signed(void **state)
{
    (void)state;
    static const char *const crl[] = {"http://crl.example.com/1", "relative", NULL};
    assert_int_equal(judge_pointing("EndEntityCertificate/V1", "a.example",
                                    (struct pki_pointers){.ocsp = "not a url"}),
                     CH_EINVAL);
    assert_non_null(strstr(why.text, "[authority-info-uri]"));
    assert_int_equal(
        judge_pointing("EndEntityCertificate/V1", "a.example", (struct pki_pointers){.crl = crl}),
        CH_EINVAL);
    assert_non_null(strstr(why.text, "[crl-points-uri]"));
}

static void only_blank_templates_take_any_dns_name(void **state)
{
    (void)state;
    assert_int_equal(judge("EndEntityCertificate_APIPassthrough/V1", "_sip.example"), CH_EINVAL);
    assert_int_equal(judge("BlankEndEntityCertificate_APIPassthrough/V1", "_sip.example"), 0);
    assert_int_equal(judge("BlankEndEntityCertificate_APIPassthrough/V1", "a..example"), CH_EINVAL);
}

static void only_passthrough_takes_critical_extensions_that_nobody_knows(void **state)
{
    (void)state;
    assert_int_equal(pki_extras_add(extras, "1.2.3.4", true, NULL_DER), 0);
    assert_int_equal(judge("EndEntityCertificate/V1", "a.example"), CH_EINVAL);
    assert_int_equal(judge("EndEntityCertificate_CSRPassthrough/V1", "a.example"), 0);
}

static void only_passthrough_takes_more_than_its_definition(void **state)
{
    (void)state;
    assert_int_equal(pki_extras_add(extras, "1.2.3.4", false, NULL_DER), 0);
    assert_int_equal(judge("CodeSigningCertificate/V1", "a.example"), CH_EINVAL);
    assert_int_equal(judge("CodeSigningCertificate_APIPassthrough/V1", "a.example"), 0);
}

static void a_blank_template_takes_any_key_usage_but_none_at_all_is_no_usage(void **state)
{
    (void)state;
    assert_int_equal(pki_extras_add_key_usage(extras, PKI_KU_KEY_CERT_SIGN), 0);
    assert_int_equal(judge("BlankEndEntityCertificate_APIPassthrough/V1", "a.example"), 0);
    assert_int_equal(judge("BlankSubordinateCACertificate_PathLen0_APIPassthrough/V1", NULL), 0);
    assert_int_equal(judge("EndEntityCertificate_APIPassthrough/V1", "a.example"), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(what_is_no_extension_is_refused),
        CASE(an_extension_is_there_once),
        CASE(the_list_has_an_end),
        CASE(names_that_cannot_be_encoded_are_told),
        CASE(names_are_encoded_as_rfc_5280_says),
        CASE(pointers_are_put_in_by_the_templates_that_have_them),
        CASE(the_authoritys_pointers_win_over_the_request),
        CASE(a_url_that_is_none_is_not_signed),
        CASE(only_blank_templates_take_any_dns_name),
        CASE(only_passthrough_takes_critical_extensions_that_nobody_knows),
        CASE(only_passthrough_takes_more_than_its_definition),
        CASE(a_blank_template_takes_any_key_usage_but_none_at_all_is_no_usage),
    };
    return cmocka_run_group_tests(tests, NULL, kit_folder_remove);
}
