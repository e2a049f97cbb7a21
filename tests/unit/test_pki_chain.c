/*
 * Chains: built with ca/pki alone, believed by openssl and (when installed) GnuTLS, and refused
 * with index and rule.
 */
#include "ca/pki/der.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define ROOT "RootCACertificate/V1"
#define SUB0 "SubordinateCACertificate_PathLen0/V1"
#define SUB1 "SubordinateCACertificate_PathLen1/V1"

/* root -> upper (path length 1) -> lower (path length 0) -> leaf */
static struct kit_cert root;
static struct kit_cert upper;
static struct kit_cert lower;
static struct kit_cert leaf;

/* ---- tools ---- */

#define CHAIN(...) ((struct pki_certificate *[]){__VA_ARGS__, NULL})

static int check(const struct pki_certificate *c, struct pki_certificate *const *chain, int64_t now,
                 bool complete, struct pki_reason *why)
{
    size_t count = 0;
    while (chain[count] != NULL)
        count++;
    return pki_chain_check(c, chain, count, now, complete, why);
}

static void assert_good(const struct pki_certificate *c, struct pki_certificate *const *chain,
                        bool complete)
{
    struct pki_reason why = {{0}};
    if (check(c, chain, KIT_NOW, complete, &why) != 0)
        fail_msg("%s", why.text);
}

static void assert_bad(const struct pki_certificate *c, struct pki_certificate *const *chain,
                       const char *where, const char *rule)
{
    struct pki_reason why = {{0}};
    assert_int_equal(check(c, chain, KIT_NOW, true, &why), CH_EINVAL);
    if (strncmp(why.text, where, strlen(where)) != 0 || strstr(why.text, rule) == NULL)
        fail_msg("wanted \"%s: ... %s\", got \"%s\"", where, rule, why.text);
}

/* ---- good chains ---- */

static void accepts_a_whole_chain(void **state)
{
    (void)state;
    assert_good(leaf.parsed, CHAIN(lower.parsed, upper.parsed, root.parsed), true);
    assert_good(lower.parsed, CHAIN(upper.parsed, root.parsed), true);
    assert_good(upper.parsed, CHAIN(root.parsed), true);
}

static void accepts_a_chain_without_its_root_when_it_need_not_be_complete(void **state)
{
    (void)state;
    assert_good(leaf.parsed, CHAIN(lower.parsed), false);
    assert_int_equal(pki_chain_check(leaf.parsed, NULL, 0, KIT_NOW, false, NULL), 0);
    assert_bad(leaf.parsed, CHAIN(lower.parsed, upper.parsed), "chain certificate 1",
               "not a self-signed root");
}

static void a_root_alone_is_complete(void **state)
{
    (void)state;
    struct pki_reason why = {{0}};
    assert_int_equal(pki_chain_check(root.parsed, NULL, 0, KIT_NOW, true, &why), 0);
    assert_int_equal(pki_chain_check(leaf.parsed, NULL, 0, KIT_NOW, true, &why), CH_EINVAL);
    assert_non_null(strstr(why.text, "the certificate itself"));
}

struct family {
    const char *name;
    enum key_alg key;
    enum sig_alg alg;
};

/* Valid now, by the clock of the machine: certtool knows no other. */
static void write_family(const struct family *f, struct kit_cert *top, struct kit_cert *mid,
                         struct kit_cert *end)
{
    struct kit_order order = {.profile = ROOT,
                              .name = "Family Root",
                              .key = kit_key(f->key, 1),
                              .alg = f->alg,
                              .not_before = (int64_t)time(NULL) - KIT_DAY,
                              .not_after = (int64_t)time(NULL) + KIT_DAY};
    kit_issue(&order, top);
    order.profile = SUB0;
    order.name = "Family Sub";
    order.key = kit_key(f->key, 2);
    order.issuer = top;
    kit_issue(&order, mid);
    order.profile = NULL;
    order.name = order.dns = "host.example.com";
    order.key = kit_key(f->key, 3);
    order.issuer = mid;
    kit_issue(&order, end);
    kit_write_pem("root.pem", "CERTIFICATE", buf_slice(&top->der));
    kit_write_pem("sub.pem", "CERTIFICATE", buf_slice(&mid->der));
    kit_write_pem("leaf.pem", "CERTIFICATE", buf_slice(&end->der));
}

static void openssl_and_gnutls_believe_every_family(void **state)
{
    (void)state;
    static const struct family families[] = {
        {"RSA", KEY_ALG_RSA_2048, SIG_ALG_SHA256WITHRSA},
        {"RSA SHA-512", KEY_ALG_RSA_2048, SIG_ALG_SHA512WITHRSA},
        {"PSS", KEY_ALG_RSA_2048, SIG_ALG_SHA256WITHRSA_PSS},
        {"PSS SHA-384", KEY_ALG_RSA_2048, SIG_ALG_SHA384WITHRSA_PSS},
        {"P-256", KEY_ALG_P256, SIG_ALG_SHA256WITHECDSA},
        {"P-384", KEY_ALG_P384, SIG_ALG_SHA384WITHECDSA},
        {"P-521", KEY_ALG_P521, SIG_ALG_SHA512WITHECDSA},
    };
    struct buf text = {0};
    bool certtool = kit_run(&text, "command -v certtool") == 0;
    buf_free(&text);
    if (!certtool)
        print_message("certtool is not installed: no second opinion from GnuTLS\n");
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct kit_cert top = {0};
        struct kit_cert mid = {0};
        struct kit_cert end = {0};
        write_family(&families[i], &top, &mid, &end);
        kit_must_run(
            "openssl verify -x509_strict -check_ss_sig -purpose sslserver "
            "-verify_hostname host.example.com -CAfile root.pem -untrusted sub.pem leaf.pem");
        kit_must_run("openssl asn1parse -in leaf.pem > /dev/null");
        if (certtool)
            kit_must_run("cat leaf.pem sub.pem root.pem > all.pem && certtool --verify "
                         "--load-ca-certificate root.pem --verify-hostname host.example.com "
                         "--verify-purpose 1.3.6.1.5.5.7.3.1 < all.pem");
        assert_int_equal(
            check(end.parsed, CHAIN(mid.parsed, top.parsed), (int64_t)time(NULL), true, NULL), 0);
        kit_cert_free(&top);
        kit_cert_free(&mid);
        kit_cert_free(&end);
    }
}

static void an_old_root_signed_with_sha1_is_still_a_root(void **state)
{
    (void)state;
    struct pki_certificate *old = NULL;
    struct buf der = {0};
    /* the same root, its signature algorithm renamed to one that is not in the table */
    PKI_SIGNED *whole = pki_der_decode(buf_slice(&root.der), ASN1_ITEM_rptr(PKI_SIGNED));
    PKI_TBS *tbs = pki_der_decode(pki_der_string(whole->body), ASN1_ITEM_rptr(PKI_TBS));
    ASN1_OBJECT *sha1 = OBJ_nid2obj(NID_ecdsa_with_SHA1);
    X509_ALGOR_set0(tbs->signature, sha1, V_ASN1_UNDEF, NULL);
    X509_ALGOR_set0(whole->algorithm, sha1, V_ASN1_UNDEF, NULL);
    assert_int_equal(pki_der_encode(tbs, ASN1_ITEM_rptr(PKI_TBS), &der), 0);
    assert_int_equal(ASN1_STRING_set(whole->body, der.data, (int)der.len), 1);
    buf_clear(&der);
    assert_int_equal(pki_der_encode(whole, ASN1_ITEM_rptr(PKI_SIGNED), &der), 0);
    assert_int_equal(pki_certificate_parse(buf_slice(&der), &old, NULL), 0);
    assert_good(upper.parsed, CHAIN(old), true);
    pki_certificate_free(old);
    ASN1_item_free((ASN1_VALUE *)tbs, ASN1_ITEM_rptr(PKI_TBS));
    ASN1_item_free((ASN1_VALUE *)whole, ASN1_ITEM_rptr(PKI_SIGNED));
    buf_free(&der);
}

/* ---- refusals ---- */

static void refuses_the_wrong_order(void **state)
{
    (void)state;
    assert_bad(leaf.parsed, CHAIN(upper.parsed, lower.parsed, root.parsed),
               "the certificate itself", "RFC 5280 6.1.3 (a)(4)");
    assert_bad(leaf.parsed, CHAIN(root.parsed), "the certificate itself", "RFC 5280 6.1.3 (a)(4)");
}

static void refuses_a_gap(void **state)
{
    (void)state;
    assert_bad(leaf.parsed, CHAIN(lower.parsed, root.parsed), "chain certificate 0",
               "RFC 5280 6.1.3 (a)(4)");
}

static void refuses_a_certificate_twice(void **state)
{
    (void)state;
    assert_bad(leaf.parsed, CHAIN(lower.parsed, upper.parsed, root.parsed, root.parsed),
               "chain certificate 3", "twice");
    assert_bad(leaf.parsed, CHAIN(leaf.parsed), "chain certificate 0", "twice");
}

static void refuses_an_issuer_that_is_no_ca(void **state)
{
    (void)state;
    struct kit_cert below = {0};
    struct kit_order order = {.name = "below", .dns = "below.example", .issuer = &leaf};
    kit_issue(&order, &below);
    assert_bad(below.parsed, CHAIN(leaf.parsed, lower.parsed, upper.parsed, root.parsed),
               "chain certificate 0", "RFC 5280 6.1.4 (k)");
    kit_cert_free(&below);
}

static void refuses_more_cas_than_the_path_length_allows(void **state)
{
    (void)state;
    struct kit_cert third = {0};
    struct kit_cert end = {0};
    struct kit_order order = {
        .profile = SUB0, .name = "third", .key = kit_key(KEY_ALG_P384, 1), .issuer = &lower};
    kit_issue(&order, &third);
    order = (struct kit_order){
        .name = "end", .dns = "end.example", .alg = SIG_ALG_SHA384WITHECDSA, .issuer = &third};
    kit_issue(&order, &end);
    assert_bad(end.parsed, CHAIN(third.parsed, lower.parsed, upper.parsed, root.parsed),
               "chain certificate 1", "RFC 5280 4.2.1.9");
    /* and already when the CA that is one too many is the certificate in question */
    assert_bad(third.parsed, CHAIN(lower.parsed, upper.parsed, root.parsed), "chain certificate 0",
               "RFC 5280 4.2.1.9");
    kit_cert_free(&third);
    kit_cert_free(&end);
}

static void refuses_what_is_not_valid_now(void **state)
{
    (void)state;
    struct pki_reason why = {{0}};
    struct pki_certificate *const *chain = CHAIN(lower.parsed, upper.parsed, root.parsed);
    assert_int_equal(check(leaf.parsed, chain, KIT_NOW - 2 * KIT_DAY, true, &why), CH_EINVAL);
    assert_string_equal(why.text,
                        "the certificate itself: RFC 5280 6.1.3 (a)(2): it is not valid yet");
    assert_int_equal(check(leaf.parsed, chain, KIT_NOW + 31 * KIT_DAY, true, &why), CH_EINVAL);
    assert_string_equal(why.text, "the certificate itself: RFC 5280 6.1.3 (a)(2): it has expired");
    /* both ends belong to the validity */
    assert_int_equal(check(leaf.parsed, chain, KIT_NOW - KIT_DAY, true, &why), 0);
    assert_int_equal(check(leaf.parsed, chain, KIT_NOW + 30 * KIT_DAY, true, &why), 0);
}

static void refuses_an_expired_issuer(void **state)
{
    (void)state;
    struct kit_cert old = {0};
    struct kit_order order = {.profile = SUB0,
                              .name = "Lower",
                              .key = lower.key,
                              .issuer = &upper,
                              .not_before = KIT_NOW - 9 * KIT_DAY,
                              .not_after = KIT_NOW - 1};
    kit_issue(&order, &old);
    assert_bad(leaf.parsed, CHAIN(old.parsed, upper.parsed, root.parsed), "chain certificate 0",
               "it has expired");
    kit_cert_free(&old);
}

static void refuses_an_issuer_that_must_not_sign(void **state)
{
    (void)state;
    struct kit_cert mute = {.key = lower.key};
    struct buf der = {0};
    struct kit_order order = {.profile = SUB0, .name = "Lower", .key = lower.key, .issuer = &upper};
    kit_tbs(&order, &der);
    /* digitalSignature, keyCertSign, cRLSign becomes digitalSignature, cRLSign */
    uint8_t *usage = memmem(der.data, der.len, "\x03\x02\x01\x86", 4);
    assert_non_null(usage);
    usage[3] = 0x82;
    kit_certify(buf_slice(&der), &upper, SIG_ALG_SHA256WITHECDSA, &mute);
    assert_bad(leaf.parsed, CHAIN(mute.parsed, upper.parsed, root.parsed), "chain certificate 0",
               "RFC 5280 6.1.4 (n)");
    kit_cert_free(&mute);
    buf_free(&der);
}

static void refuses_a_forged_link_and_a_forged_root(void **state)
{
    (void)state;
    struct kit_cert forged = {.key = lower.key};
    struct buf tbs = {0};
    struct kit_cert impostor = {.key = kit_key(KEY_ALG_P256, 0)};
    struct kit_order order = {.profile = SUB0, .name = "Lower", .key = lower.key, .issuer = &upper};
    kit_tbs(&order, &tbs);
    kit_certify(buf_slice(&tbs), &impostor, SIG_ALG_SHA256WITHECDSA, &forged);
    assert_bad(leaf.parsed, CHAIN(forged.parsed, upper.parsed, root.parsed), "chain certificate 0",
               "RFC 5280 6.1.3 (a)(1)");
    kit_cert_free(&forged);
    buf_clear(&tbs);
    order = (struct kit_order){.profile = ROOT, .name = "Root", .key = root.key};
    kit_tbs(&order, &tbs);
    kit_certify(buf_slice(&tbs), &impostor, SIG_ALG_SHA256WITHECDSA, &forged);
    assert_bad(upper.parsed, CHAIN(forged.parsed), "chain certificate 0", "RFC 5280 6.1.3 (a)(1)");
    kit_cert_free(&forged);
    buf_free(&tbs);
}

static void refuses_chains_without_end(void **state)
{
    (void)state;
    struct pki_certificate *chain[101];
    struct pki_reason why = {{0}};
    for (size_t i = 0; i < 101; i++)
        chain[i] = root.parsed;
    assert_int_equal(pki_chain_check(leaf.parsed, chain, 101, KIT_NOW, true, &why), CH_EINVAL);
    assert_non_null(strstr(why.text, "more than 100"));
}

static int setup(void **state)
{
    (void)state;
    struct kit_order order = {.profile = ROOT, .name = "Root", .key = kit_key(KEY_ALG_P256, 1)};
    kit_issue(&order, &root);
    order = (struct kit_order){
        .profile = SUB1, .name = "Upper", .key = kit_key(KEY_ALG_P256, 2), .issuer = &root};
    kit_issue(&order, &upper);
    order = (struct kit_order){
        .profile = SUB0, .name = "Lower", .key = kit_key(KEY_ALG_P256, 3), .issuer = &upper};
    kit_issue(&order, &lower);
    order = (struct kit_order){.name = "Leaf", .dns = "leaf.example", .issuer = &lower};
    kit_issue(&order, &leaf);
    return 0;
}

static int teardown(void **state)
{
    kit_cert_free(&root);
    kit_cert_free(&upper);
    kit_cert_free(&lower);
    kit_cert_free(&leaf);
    return kit_folder_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_whole_chain),
        cmocka_unit_test(accepts_a_chain_without_its_root_when_it_need_not_be_complete),
        cmocka_unit_test(a_root_alone_is_complete),
        cmocka_unit_test(openssl_and_gnutls_believe_every_family),
        cmocka_unit_test(an_old_root_signed_with_sha1_is_still_a_root),
        cmocka_unit_test(refuses_the_wrong_order),
        cmocka_unit_test(refuses_a_gap),
        cmocka_unit_test(refuses_a_certificate_twice),
        cmocka_unit_test(refuses_an_issuer_that_is_no_ca),
        cmocka_unit_test(refuses_more_cas_than_the_path_length_allows),
        cmocka_unit_test(refuses_what_is_not_valid_now),
        cmocka_unit_test(refuses_an_expired_issuer),
        cmocka_unit_test(refuses_an_issuer_that_must_not_sign),
        cmocka_unit_test(refuses_a_forged_link_and_a_forged_root),
        cmocka_unit_test(refuses_chains_without_end),
    };
    return cmocka_run_group_tests_name("pki_chain", tests, setup, teardown);
}
