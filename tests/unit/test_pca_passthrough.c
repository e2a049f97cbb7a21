/* ApiPassthrough: what is refused, in which order extensions come out, which bytes they have. */
#include "ca/pca/passthrough.h"
#include "ca/pki/extension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Reads a passthrough written with ' for ". */
static int read_text(const char *text, struct buf *subject, struct pki_extras *extras,
                     struct api_error *error)
{
    char json[2048];
    json_error_t where;
    snprintf(json, sizeof json, "%s", text);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    json_t *in = json_loads(json, 0, &where);
    if (in == NULL)
        fail_msg("%s: %s", where.text, json);
    int rc = pca_passthrough_read(in, subject, extras, error);
    json_decref(in);
    return rc;
}

static void what_cannot_be_meant_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{'Subject': {}}",
        "{'Subject': {'CommonName': 'x', 'CustomAttributes': [{'ObjectIdentifier': '2.5.4.3', "
        "'Value': 'x'}]}}",
        "{'Subject': {'Country': 'D\\u00c9'}}",
        "{'Extensions': {'KeyUsage': {}}}",
        "{'Extensions': {'KeyUsage': {'CRLSign': false}}}",
        "{'Extensions': {'ExtendedKeyUsage': []}}",
        "{'Extensions': {'ExtendedKeyUsage': [{}]}}",
        "{'Extensions': {'ExtendedKeyUsage': [{'ExtendedKeyUsageType': 'NOTHING'}]}}",
        "{'Extensions': {'ExtendedKeyUsage': [{'ExtendedKeyUsageType': 'CLIENT_AUTH', "
        "'ExtendedKeyUsageObjectIdentifier': '1.2.3'}]}}",
        "{'Extensions': {'ExtendedKeyUsage': [{'ExtendedKeyUsageObjectIdentifier': '3.2.3'}]}}",
        "{'Extensions': {'CertificatePolicies': [{'CertPolicyId': '9'}]}}",
        "{'Extensions': {'CertificatePolicies': [{'CertPolicyId': '1.2.3', 'PolicyQualifiers': "
        "[{'PolicyQualifierId': 'CPS', 'Qualifier': {}}]}]}}",
        "{'Extensions': {'SubjectAlternativeNames': []}}",
        "{'Extensions': {'SubjectAlternativeNames': [{}]}}",
        "{'Extensions': {'SubjectAlternativeNames': [{'DnsName': 'a', 'IpAddress': '10.0.0.1'}]}}",
        "{'Extensions': {'SubjectAlternativeNames': [{'IpAddress': '10.0.0'}]}}",
        "{'Extensions': {'SubjectAlternativeNames': [{'DirectoryName': {}}]}}",
        "{'Extensions': {'SubjectAlternativeNames': [{'OtherName': {'Value': 'x'}}]}}",
        "{'Extensions': {'SubjectAlternativeNames': [{'EdiPartyName': {'NameAssigner': 'x'}}]}}",
        "{'Extensions': {'CustomExtensions': [{'Value': 'BQA='}]}}",
        "{'Extensions': {'CustomExtensions': [{'ObjectIdentifier': '1.2.3'}]}}",
        "{'Extensions': {'CustomExtensions': [{'ObjectIdentifier': '1.2.3', 'Value': 'B'}]}}",
        "{'Extensions': {'KeyUsage': {'CRLSign': true}, 'CustomExtensions': "
        "[{'ObjectIdentifier': '2.5.29.15', 'Value': 'AwIHgA=='}]}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct api_error error = {0};
        struct buf subject = {0};
        struct pki_extras *extras = pki_extras_new();
        int rc = read_text(texts[i], &subject, extras, &error);
        if (rc != CH_EAPI || strcmp(error.type, "InvalidArgsException") != 0)
            fail_msg("%s: %d", texts[i], rc);
        pki_extras_free(extras);
        buf_free(&subject);
    }
}

static void assert_extension(const struct pki_extras *extras, int index, const char *oid,
                             bool critical, const char *hex)
{
    char found[64];
    char text[256] = "";
    X509_EXTENSION *extension = sk_X509_EXTENSION_value(pki_extras_list(extras), index);
    assert_non_null(extension);
    pki_extension_oid(extension, found);
    assert_string_equal(found, oid);
    assert_int_equal(X509_EXTENSION_get_critical(extension), critical);
    struct slice value = pki_der_string(X509_EXTENSION_get_data(extension));
    for (size_t i = 0; i < value.len && 2 * i + 2 < sizeof text; i++)
        snprintf(text + 2 * i, 3, "%02x", value.data[i]);
    assert_string_equal(text, hex);
}

static void extensions_come_in_the_order_of_the_api(void **state)
{
    (void)state;
    struct api_error error = {0};
    struct buf subject = {0};
    struct pki_extras *extras = pki_extras_new();
    assert_int_equal(
        read_text("{'Extensions': {"
                  "'CustomExtensions': [{'ObjectIdentifier': '1.2.3', 'Value': 'BQA=', 'Critical': "
                  "true}, {'ObjectIdentifier': '1.2.4', 'Value': 'BQA='}],"
                  "'SubjectAlternativeNames': [{'DnsName': 'a'}, {'RegisteredId': '1.2.3'}],"
                  "'KeyUsage': {'DigitalSignature': true, 'DecipherOnly': true},"
                  "'ExtendedKeyUsage': [{'ExtendedKeyUsageType': 'DOCUMENT_SIGNING'}],"
                  "'CertificatePolicies': [{'CertPolicyId': '1.2.3', 'PolicyQualifiers': "
                  "[{'PolicyQualifierId': 'CPS', 'Qualifier': {'CpsUri': 'u:v'}}]}]}}",
                  &subject, extras, &error),
        0);
    assert_int_equal(subject.len, 0);
    assert_extension(extras, 0, "2.5.29.32", false,
                     "3019301706022a033011300f06082b060105050702011603753a76");
    assert_extension(extras, 1, "2.5.29.37", false, "300c060a2b0601040182370a030c");
    assert_extension(extras, 2, "2.5.29.15", false, "0303078080");
    assert_extension(extras, 3, "2.5.29.17", false, "300782016188022a03");
    assert_extension(extras, 4, "1.2.3", true, "0500");
    assert_extension(extras, 5, "1.2.4", false, "0500");
    assert_int_equal(sk_X509_EXTENSION_num(pki_extras_list(extras)), 6);
    pki_extras_free(extras);
}

static void subject_keeps_the_order_of_custom_attributes(void **state)
{
    (void)state;
    struct api_error error = {0};
    struct buf subject = {0};
    struct buf text = {0};
    struct pki_extras *extras = pki_extras_new();
    assert_int_equal(read_text("{'Subject': {'CustomAttributes': ["
                               "{'ObjectIdentifier': '2.5.4.3', 'Value': 'x'},"
                               "{'ObjectIdentifier': '2.5.4.6', 'Value': 'DE'},"
                               "{'ObjectIdentifier': '2.5.4.3', 'Value': 'y'}]}}",
                               &subject, extras, &error),
                     0);
    assert_int_equal(pki_name_text(buf_slice(&subject), &text), 0);
    assert_string_equal(buf_text(&text), "CN=x,C=DE,CN=y");
    assert_int_equal(sk_X509_EXTENSION_num(pki_extras_list(extras)), 0);
    pki_extras_free(extras);
    buf_free(&subject);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_meant_is_refused),
        cmocka_unit_test(extensions_come_in_the_order_of_the_api),
        cmocka_unit_test(subject_keeps_the_order_of_custom_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
