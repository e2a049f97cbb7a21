/* Every rule of public trust is broken once, by a TBS that keeps all the rules before it. */
#include "ca/pki/lint.h"
#include "tests/unit/lint_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OCSP "http://pki.example/ocsp"
#define ISSUER "http://pki.example/ca.cer"

enum which { OF_EC, OF_RSA, PRECERTIFICATE, INTERMEDIATE, SELF_SIGNED };

static const struct pki_profile *profile_of(enum which which)
{
    switch (which) {
    case OF_EC:
        return pki_profile_public(KEY_ALG_P256, false);
    case OF_RSA:
        return pki_profile_public(KEY_ALG_RSA_2048, false);
    case PRECERTIFICATE:
        return pki_profile_public(KEY_ALG_P256, true);
    case INTERMEDIATE:
        return pki_profile_trust_intermediate();
    default:
        return pki_profile_trust_root();
    }
}

static void name_make(bool ca, const char *common_name, struct buf *der)
{
    const struct pki_attribute attributes[] = {
        {"2.5.4.6", "XX"}, {"2.5.4.10", "Test"}, {"2.5.4.3", common_name}};
    size_t skip = ca ? 0 : 2;
    assert_int_equal(pki_name_build(attributes + skip, 3 - skip, der), 0);
}

static void good_tbs(enum which which, struct buf *tbs)
{
    static const char *const points[] = {"http://pki.example/ca.crl", NULL};
    static const struct pki_policy policy = {.oid = "2.23.140.1.2.1"};
    static const char *const dns[] = {"www.example.com"};
    struct pki_reason why = {""};
    struct buf subject = {0}, issuer = {0}, names = {0};
    bool ca = which >= INTERMEDIATE;
    struct pki_extras *extras = pki_extras_new();
    struct pki_tbs_spec spec = {
        .profile = profile_of(which),
        .serial = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
        .sig_alg = SIG_ALG_SHA256WITHECDSA,
        .spki = buf_slice(&kit_key(which == OF_RSA ? KEY_ALG_RSA_2048 : KEY_ALG_P256, 0)->spki),
        .not_before = KIT_NOW,
        .not_after = KIT_NOW + 395 * KIT_DAY - 1,
        .issuer_key_id = slice_text("twenty octets of key"),
        .extras = extras,
    };
    name_make(ca, ca ? "Test CA" : "www.example.com", &subject);
    name_make(true, "Test Root", &issuer);
    spec.subject = buf_slice(&subject);
    spec.issuer = which == SELF_SIGNED ? spec.subject : buf_slice(&issuer);
    if (which == SELF_SIGNED)
        spec.issuer_key_id = (struct slice){0};
    if (!ca)
        assert_int_equal(pki_alt_names_build(dns, 1, &names), 0);
    spec.subject_alt_name = buf_slice(&names);
    spec.pointers = (struct pki_pointers){points, OCSP, ISSUER};
    if (which != SELF_SIGNED)
        assert_int_equal(pki_extras_add_policies(extras, &policy, 1), 0);
    if (which == PRECERTIFICATE)
        assert_int_equal(
            pki_extras_add(extras, "1.3.6.1.4.1.11129.2.4.3", true, BYTES(0x05, 0x00)), 0);
    assert_int_equal(pki_tbs_build(&spec, tbs, &why), 0);
    pki_extras_free(extras);
    buf_free(&names);
    buf_free(&issuer);
    buf_free(&subject);
}

/* ---- one way to break each rule ---- */

static void valid_for_long(PKI_TBS *tbs)
{
    ASN1_TIME_set(tbs->validity->not_after, (time_t)(KIT_NOW + 399 * KIT_DAY));
}

static void with_organization(PKI_TBS *tbs)
{
    lint_set_subject(tbs, NID_organizationName, V_ASN1_UTF8STRING, "Example");
}

static void for_an_address(PKI_TBS *tbs)
{
    lint_set_name(tbs, GEN_IPADD, BYTES(192, 0, 2, 1));
}

static void other_common_name(PKI_TBS *tbs)
{
    lint_set_subject(tbs, NID_commonName, V_ASN1_UTF8STRING, "example.com");
}

static void nameless_country(PKI_TBS *tbs)
{
    lint_set_subject(tbs, NID_commonName, V_ASN1_UTF8STRING, "Test CA");
}

static void client_auth(PKI_TBS *tbs)
{
    static const uint8_t both[] = {0x30, 0x14, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 1,
                                   0x06, 0x08, 0x2b, 6,    1,    5, 5, 7, 3, 2};
    lint_set_extension(tbs, NID_ext_key_usage, 0, slice_of(both, sizeof both));
}

static void encipherment_of_ec(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_key_usage, 1, BYTES(0x03, 0x02, 0x05, 0xa0));
}

static void no_policies(PKI_TBS *tbs)
{
    lint_drop_extension(tbs, NID_certificate_policies);
}

static void no_crl(PKI_TBS *tbs)
{
    lint_drop_extension(tbs, NID_crl_distribution_points);
}

static void no_info(PKI_TBS *tbs)
{
    lint_drop_extension(tbs, NID_info_access);
}

static void no_poison(PKI_TBS *tbs)
{
    lint_drop_extension(tbs, NID_ct_precert_poison);
}

static void poison_soft(PKI_TBS *tbs)
{
    lint_set_critical(tbs, NID_ct_precert_poison, 0);
}

static void poisoned(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_ct_precert_poison, 0, BYTES(0x05, 0x00));
}

static void empty_list(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_ct_precert_scts, 0, BYTES(0x04, 0x02, 0x00, 0x00));
}

static void longer_list(PKI_TBS *tbs)
{
    lint_set_extension(tbs, NID_ct_precert_scts, 0, BYTES(0x04, 0x04, 0x00, 0x02, 0x00, 0x05));
}

static const struct breaker {
    const char *rule;
    enum which which;
    void (*change)(PKI_TBS *tbs);
} breakers[] = {
    {"br-validity", OF_EC, valid_for_long},
    {"br-subject", OF_EC, with_organization},
    {"br-names", OF_EC, for_an_address},
    {"br-common-name", OF_RSA, other_common_name},
    {"br-ca-subject", INTERMEDIATE, nameless_country},
    {"br-purposes", OF_EC, client_auth},
    {"br-purposes", INTERMEDIATE, client_auth},
    {"br-key-usage", OF_EC, encipherment_of_ec},
    {"br-policies", OF_RSA, no_policies},
    {"br-policies", INTERMEDIATE, no_policies},
    {"br-status", OF_EC, no_crl},
    {"br-status", INTERMEDIATE, no_crl},
    {"br-issuer", OF_EC, no_info},
    {"ct-poison", PRECERTIFICATE, no_poison},
    {"ct-poison", PRECERTIFICATE, poison_soft},
    {"ct-poison", OF_EC, poisoned},
    {"ct-timestamps", OF_EC, empty_list},
    {"ct-timestamps", OF_EC, longer_list},
};

static void each_rule_is_broken_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof breakers / sizeof breakers[0]; i++) {
        const struct breaker *b = &breakers[i];
        struct pki_reason why = {""};
        struct buf der = {0};
        char tag[64];
        good_tbs(b->which, &der);
        PKI_TBS *tbs = pki_der_decode(buf_slice(&der), ASN1_ITEM_rptr(PKI_TBS));
        b->change(tbs);
        buf_clear(&der);
        assert_int_equal(pki_der_encode(tbs, ASN1_ITEM_rptr(PKI_TBS), &der), 0);
        assert_int_equal(pki_lint(buf_slice(&der), profile_of(b->which), &why), CH_EINVAL);
        snprintf(tag, sizeof tag, "[%s]", b->rule);
        if (strstr(why.text, tag) == NULL)
            fail_msg("wanted %s, got: %s", tag, why.text);
        ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
        buf_free(&der);
    }
}

/* A hash that is too weak breaks the rule of known signature algorithms, which comes first. */
static void every_rule_has_a_breaker(void **state)
{
    (void)state;
    size_t count;
    const struct lint_rule *rules = pki_lint_rules(&count);
    for (size_t i = 0; i < count; i++) {
        bool found = rules[i].scope != LINT_PUBLIC || strcmp(rules[i].id, "br-hash") == 0;
        for (size_t k = 0; k < sizeof breakers / sizeof breakers[0]; k++)
            found = found || strcmp(breakers[k].rule, rules[i].id) == 0;
        if (!found)
            fail_msg("nothing breaks %s", rules[i].id);
    }
}

static void accepts_what_the_profiles_build(void **state)
{
    (void)state;
    for (enum which which = OF_EC; which <= SELF_SIGNED; which++) {
        struct pki_reason why = {""};
        struct buf der = {0};
        good_tbs(which, &der);
        if (pki_lint(buf_slice(&der), profile_of(which), &why) != 0)
            fail_msg("%d: %s", (int)which, why.text);
        buf_free(&der);
    }
}

static void judges_public_trust_alone(void **state)
{
    (void)state;
    struct pki_reason why = {""};
    struct buf der = {0};
    lint_good_tbs(LEAF, &der);
    assert_int_equal(pki_lint(buf_slice(&der), pki_profile_find(LEAF), &why), 0);
    assert_int_equal(pki_lint(buf_slice(&der), NULL, &why), 0);
    buf_free(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_the_profiles_build),
        cmocka_unit_test(each_rule_is_broken_and_named),
        cmocka_unit_test(every_rule_has_a_breaker),
        cmocka_unit_test(judges_public_trust_alone),
    };
    return cmocka_run_group_tests(tests, lint_kit_setup, lint_kit_teardown);
}
