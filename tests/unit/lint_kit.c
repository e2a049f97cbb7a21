#include "tests/unit/lint_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct kit_cert root;

void lint_put(ASN1_STRING *field, struct slice der)
{
    assert_int_equal(ASN1_STRING_set(field, der.data, (int)der.len), 1);
}

void lint_drop_extension(PKI_TBS *tbs, int nid)
{
    int at = X509v3_get_ext_by_NID(tbs->extensions, nid, -1);
    if (at >= 0)
        X509_EXTENSION_free(X509v3_delete_ext(tbs->extensions, at));
}

void lint_add_extension(PKI_TBS *tbs, int nid, int critical, struct slice value)
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    lint_put(octets, value);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, nid, critical, octets);
    assert_non_null(extension);
    assert_true(sk_X509_EXTENSION_push(tbs->extensions, extension) > 0);
    ASN1_OCTET_STRING_free(octets);
}

void lint_set_extension(PKI_TBS *tbs, int nid, int critical, struct slice value)
{
    lint_drop_extension(tbs, nid);
    lint_add_extension(tbs, nid, critical, value);
}

void lint_set_critical(PKI_TBS *tbs, int nid, int critical)
{
    int at = X509v3_get_ext_by_NID(tbs->extensions, nid, -1);
    assert_true(at >= 0);
    X509_EXTENSION_set_critical(sk_X509_EXTENSION_value(tbs->extensions, at), critical);
}

void lint_set_subject(PKI_TBS *tbs, int nid, int type, const char *value)
{
    struct buf der = {0};
    X509_NAME *name = X509_NAME_new();
    const unsigned char *text = (const unsigned char *)value;
    assert_int_equal(X509_NAME_add_entry_by_NID(name, nid, type, text, -1, -1, 0), 1);
    assert_int_equal(pki_der_encode(name, ASN1_ITEM_rptr(X509_NAME), &der), 0);
    lint_put(tbs->subject, buf_slice(&der));
    X509_NAME_free(name);
    buf_free(&der);
}

void lint_set_name(PKI_TBS *tbs, int type, struct slice value)
{
    struct buf der = {0};
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *text =
        ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    lint_put(text, value);
    GENERAL_NAME_set0_value(name, type, text);
    sk_GENERAL_NAME_push(names, name);
    assert_int_equal(pki_der_encode(names, ASN1_ITEM_rptr(GENERAL_NAMES), &der), 0);
    lint_set_extension(tbs, NID_subject_alt_name, 0, buf_slice(&der));
    GENERAL_NAMES_free(names);
    buf_free(&der);
}

void lint_good_tbs(const char *profile, struct buf *der)
{
    bool leaf = strcmp(profile, LEAF) == 0;
    struct kit_order order = {
        .profile = profile,
        .name = "Somebody",
        .dns = leaf ? "host.example.com" : NULL,
        .issuer = strcmp(profile, ROOT) == 0 ? NULL : &root,
    };
    kit_tbs(&order, der);
}

/* The TBS after a change of its parsed form. */
int lint_kit_setup(void **state)
{
    (void)state;
    struct kit_order order = {
        .profile = ROOT, .name = "Lint Root", .key = kit_key(KEY_ALG_P256, 1)};
    kit_issue(&order, &root);
    return 0;
}

int lint_kit_teardown(void **state)
{
    (void)state;
    kit_cert_free(&root);
    return 0;
}
