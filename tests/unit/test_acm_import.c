/* Tests of ImportCertificate: what is refused, what comes back, what a re-import may change. */
#include "ca/acm/certificate.h"
#include "ca/arn.h"
#include "firmware/base/clock.h"
#include "tests/unit/ops_kit.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACM "acm"
#define ARN "CertificateArn"
#define INVALID "ValidationException"
#define DAY_US (INT64_C(24) * 3600 * 1000000)

/* ---- material, made by openssl ---- */

static const char script[] =
    "set -e\n"
    "ec() { openssl ecparam -name $2 -genkey -noout -out $1.key; }\n"
    "rsa() { openssl genrsa -traditional -out $1.key $2; }\n"
    "# self NAME SUBJECT OPTION...\n"
    "self() { n=$1; s=$2; shift 2; openssl req -x509 -new -key $n.key -sha256 -days $days -subj "
    "\"$s\" "
    "-config plain.cnf \"$@\" -out $n.pem; }\n"
    "# sign NAME CA SUBJECT EXTENSIONS\n"
    "sign() { openssl req -new -key $1.key -subj \"$3\" -config plain.cnf -out $1.csr; "
    "printf \"$4\" > $1.ext; openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -set_serial "
    "${5:-1001} -sha256 -days $days -extfile $1.ext -out $1.pem; }\n"
    "printf '[req]\\ndistinguished_name=dn\\n[dn]\\n' > plain.cnf\n"
    "ca='basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign,cRLSign\\n'\n"
    "tls='subjectAltName=DNS:www.example.com,DNS:example.com,IP:10.0.0.1\\n"
    "keyUsage=critical,digitalSignature,keyEncipherment\\n"
    "extendedKeyUsage=serverAuth\\n'\n"
    "days=3000\n"
    "rsa root 2048; self root '/O=Import Org/CN=Root' -addext basicConstraints=critical,CA:TRUE\n"
    "rsa inter 2048; sign inter root '/O=Inter Org/CN=Inter' \"$ca\"\n"
    "ec ecroot prime256v1; self ecroot '/CN=EC Root' -addext basicConstraints=critical,CA:TRUE\n"
    "days=30\n"
    "for b in 1024 2048 3072 4096; do rsa rsa$b $b; sign rsa$b inter '/C=AU/O=A, "
    "B/CN=www.example.com' \"$tls\"; done\n"
    "for c in prime256v1 secp384r1 secp521r1; do ec $c $c; sign $c ecroot /CN=www.example.com "
    "\"$tls\"; done\n"
    "cat inter.pem root.pem > chain.pem; cat root.pem inter.pem > backwards.pem\n"
    "cat rsa2048.pem inter.pem > double.pem; cat rsa2048.pem inter.pem root.pem > repeated.pem\n"
    "openssl pkcs8 -topk8 -nocrypt -in rsa2048.key -out rsa2048.p8\n"
    "openssl pkcs8 -topk8 -nocrypt -in prime256v1.key -out ec.p8\n"
    "openssl ecparam -name prime256v1 > withparams.key; cat prime256v1.key >> withparams.key\n"
    "openssl pkcs8 -topk8 -passout pass:x -in rsa2048.key -out encrypted.p8\n"
    "openssl rsa -traditional -aes128 -passout pass:x -in rsa2048.key -out encrypted.key\n"
    "openssl genpkey -algorithm ED25519 -out ed25519.key\n"
    "openssl ecparam -name secp256k1 -genkey -noout -out secp256k1.key\n"
    "openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout -out explicit.key\n"
    "openssl ec -in prime256v1.key -no_public -out nopublic.key\n"
    "openssl genrsa -traditional -out rsa1536.key 1536\n"
    "openssl x509 -in rsa2048.pem -outform DER -out leaf.der\n"
    "openssl req -new -key rsa2048.key -subj /CN=v1.example.com -config plain.cnf -out v1.csr\n"
    "openssl x509 -req -in v1.csr -signkey rsa2048.key -days 30 -out v1.pem\n"
    "cp rsa2048.key cross.key; sign cross ecroot /CN=cross.example.com \"$tls\"\n"
    "cp rsa2048.key leafca.key; sign leafca rsa2048 /CN=under.example.com \"$tls\"\n"
    "# of the same key, for re-imports\n"
    "for n in more fewer nousage noext nodomain other; do cp rsa2048.key $n.key; done\n"
    "sign more inter /CN=www.example.com "
    "'subjectAltName=DNS:new.example.com\\nkeyUsage=digitalSignature,"
    "keyEncipherment,dataEncipherment\\nextendedKeyUsage=serverAuth,clientAuth\\n' 1002\n"
    "sign fewer inter /CN=www.example.com "
    "'subjectAltName=DNS:www.example.com\\nkeyUsage=digitalSignature\\n"
    "extendedKeyUsage=serverAuth\\n' 1003\n"
    "sign nousage inter /CN=www.example.com "
    "'subjectAltName=DNS:www.example.com\\nkeyUsage=digitalSignature,"
    "keyEncipherment\\nextendedKeyUsage=clientAuth\\n' 1004\n"
    "sign noext inter /CN=www.example.com 'subjectAltName=DNS:www.example.com\\n' 1005\n"
    "sign nodomain inter '/CN=Jane Doe' "
    "\"keyUsage=digitalSignature,keyEncipherment\\nextendedKeyUsage="
    "serverAuth\\n\" 1006\n"
    "days=90; sign other inter /CN=www.example.com \"$tls\" 1007; days=30\n"
    "cp prime256v1.key alone.key; self alone '/O=Alone/CN=alone.example.com' -addext "
    "subjectKeyIdentifier=hash\n"
    "cp prime256v1.key nul.key; sign nul ecroot /CN=x "
    "'subjectAltName=DER:3008820661002e636f6d\\n'\n"
    "cp prime256v1.key blank.key; sign blank ecroot /CN=x 'subjectAltName=DNS:a b.example.com\\n'\n"
    "cp prime256v1.key odd.key; sign odd ecroot /CN=x "
    "'subjectAltName=DNS:a.example.comIP:127.0.0.1,DNS:my_host\\n'\n"
    "cp prime256v1.key many.key; sign many ecroot /CN=n50.example.com \"subjectAltName=$(seq -f "
    "'DNS:n%g.example.com' -s, 1 "
    "150)\\n\"\n"
    "cp prime256v1.key custom.key; sign custom ecroot /CN=custom.example.com "
    "'extendedKeyUsage=1.2.3.4,anyExtendedKeyUsage\\nkeyUsage=cRLSign,decipherOnly,keyAgreement\\n'"
    "\n"
    "cp prime256v1.key ocsp.key; sign ocsp ecroot /CN=ocsp.example.com "
    "\"authorityInfoAccess=OCSP;URI:"
    "http://example.com/$(head -c 990 /dev/zero | tr '\\0' a)\\n\"\n"
    "cp prime256v1.key negative.key; openssl req -x509 -new -key negative.key -set_serial -5 -subj "
    "/CN=negative.example.com -addext subjectKeyIdentifier=hash -config plain.cnf -out "
    "negative.pem\n"
    "cp prime256v1.key zero.key; openssl req -x509 -new -key zero.key -set_serial 0 -subj "
    "/CN=zero.example.com -addext subjectKeyIdentifier=hash -config plain.cnf -out zero.pem\n";

static int material_make(void)
{
    struct buf text = {0};
    kit_write("make.sh", slice_text(script));
    int status = kit_run(&text, "sh make.sh");
    if (status != 0)
        fprintf(stderr, "%s\n", buf_text(&text));
    buf_free(&text);
    return status;
}

/* A file of the folder, NUL-terminated; the caller frees. */
static char *file_read(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", kit_folder(), name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = calloc(1, 1 << 17);
    assert_true(fread(text, 1, (1 << 17) - 1, f) > 0);
    fclose(f);
    return text;
}

static void put_text(json_t *in, const char *member, const char *text)
{
    char *base64 = ops_base64(text);
    json_object_set_new(in, member, json_string(base64));
    free(base64);
}

static void put_file(json_t *in, const char *member, const char *name)
{
    char *text = file_read(name);
    put_text(in, member, text);
    free(text);
}

/* chain NULL = none */
static json_t *asking(const char *certificate, const char *key, const char *chain)
{
    json_t *in = json_object();
    put_file(in, "Certificate", certificate);
    put_file(in, "PrivateKey", key);
    if (chain != NULL)
        put_file(in, "CertificateChain", chain);
    return in;
}

static json_t *asking_again(const char *arn, const char *certificate, const char *key,
                            const char *chain)
{
    json_t *in = asking(certificate, key, chain);
    json_object_set_new(in, ARN, json_string(arn));
    return in;
}

static char *import(json_t *in)
{
    json_t *out = ops_ok(ACM, "ImportCertificate", "o", in);
    char *arn = strdup(ops_text(out, ARN));
    json_decref(out);
    return arn;
}

static void delete (char *arn)
{
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
    free(arn);
}

/* The refusal's text begins with, or holds, that. */
static void refused_with(const char *text, json_t *in)
{
    ops_refused(INVALID, ACM, "ImportCertificate", "o", in);
    if (strstr(ops.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, ops.text);
}

static int setup(void **state)
{
    int r = ops_setup(state);
    return r != 0 ? r : material_make();
}

static int teardown(void **state)
{
    kit_folder_remove(state);
    return ops_teardown(state);
}

static int clock_reset(void **state)
{
    (void)state;
    clock_replace(NULL);
    return 0;
}

/* ---- refusals: what is no PEM ---- */

static void what_is_no_pem_is_refused(void **state)
{
    static const char *const bad[] = {
        "rubbish",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n",
        "-----BEGIN CERTIFICATE-----\nMIIB \n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMI=B\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END X509-----\n",
        " -----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "Bag Attributes\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
    };
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        json_t *in = asking("rsa2048.pem", "rsa2048.key", "chain.pem");
        put_text(in, "Certificate", bad[k]);
        refused_with("The certificate body/chain provided is not in a valid PEM format", in);
        in = asking("rsa2048.pem", "rsa2048.key", "chain.pem");
        put_text(in, "CertificateChain", bad[k]);
        refused_with("The certificate body/chain provided is not in a valid PEM format", in);
        in = asking("rsa2048.pem", "rsa2048.key", "chain.pem");
        put_text(in, "PrivateKey", bad[k]);
        refused_with("Passed PEM was not a private key.", in);
    }
    refused_with("not in a valid PEM format", asking("leaf.der", "rsa2048.key", "chain.pem"));
}

static void a_certificate_that_cannot_be_parsed_is_refused(void **state)
{
    (void)state;
    json_t *in = asking("rsa2048.pem", "rsa2048.key", "chain.pem");
    put_text(in, "Certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    refused_with("Unable to parse certificate. Please make sure the certificate is in PEM format.",
                 in);
}

static void several_certificates_in_the_body_are_refused(void **state)
{
    (void)state;
    refused_with("The certificate field contains more than one certificate. You can specify only "
                 "one certificate in this field.",
                 asking("double.pem", "rsa2048.key", NULL));
}

/* ---- refusals: the key ---- */

static void keys_that_cannot_be_used_are_refused(void **state)
{
    static const struct {
        const char *key;
        const char *text;
    } rows[] = {
        {"encrypted.p8", "Your private key should not be encrypted."},
        {"encrypted.key", "Your private key should not be encrypted."},
        {"ed25519.key", "The private key is not supported."},
        {"secp256k1.key", "The private key is not supported."},
        {"explicit.key", "The private key is not supported."},
        {"rsa1536.key", "The private key length 1536 is not supported for key algorithm."},
        {"rsa2048.pem", "Passed PEM was not a private key."},
        {"rsa3072.key", "The private key does not match"},
        {"prime256v1.key", "The private key does not match"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        refused_with(rows[k].text, asking("rsa2048.pem", rows[k].key, "chain.pem"));
}

/* ---- refusals: certificate and chain ---- */

static void certificates_of_version_1_are_refused(void **state)
{
    (void)state;
    refused_with("version 1", asking("v1.pem", "rsa2048.key", NULL));
}

static void certificates_are_refused_before_and_after_their_time(void **state)
{
    (void)state;
    ops_clock_ahead(31 * DAY_US);
    refused_with("The certificate has expired, is not valid.",
                 asking("rsa2048.pem", "rsa2048.key", "chain.pem"));
    ops_clock_ahead(-2 * DAY_US);
    refused_with("The certificate is not in effect yet, is not valid.",
                 asking("rsa2048.pem", "rsa2048.key", "chain.pem"));
}

static void chains_that_do_not_certify_are_refused_with_the_index(void **state)
{
    static const struct {
        const char *certificate, *chain;
        const char *text;
    } rows[] = {
        {"rsa2048.pem", NULL,
         "Provided certificate is not a valid self signed. Please provide either a valid "
         "self-signed certificate or certificate chain."},
        {"rsa2048.pem", "ecroot.pem",
         "Could not validate the certificate with the certificate chain."},
        {"rsa2048.pem", "root.pem",
         "Could not validate the certificate with the certificate chain."},
        {"rsa2048.pem", "backwards.pem",
         "The index within the chain of the invalid certificate is: 0"},
        {"rsa2048.pem", "repeated.pem",
         "The index within the chain of the invalid certificate is: 0"},
        {"leafca.pem", "repeated.pem",
         "The index within the chain of the invalid certificate is: 0"},
        {"cross.pem", "ecroot.pem", "does not match the algorithm of the signing CA"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        refused_with(rows[k].text, asking(rows[k].certificate, "rsa2048.key", rows[k].chain));
}

static void fields_that_break_a_rule_are_refused_by_name(void **state)
{
    (void)state;
    refused_with("dNSName, number 1", asking("nul.pem", "nul.key", "ecroot.pem"));
    refused_with("dNSName, number 1", asking("blank.pem", "blank.key", "ecroot.pem"));
    refused_with("OCSP authority URL", asking("ocsp.pem", "ocsp.key", "ecroot.pem"));
    refused_with("negative", asking("negative.pem", "negative.key", NULL));
}

static void tags_are_judged_as_elsewhere(void **state)
{
    (void)state;
    json_t *in = asking("alone.pem", "alone.key", NULL);
    json_object_set_new(in, "Tags", json_pack("[{s:s}]", "Key", "aws:x"));
    ops_refused("InvalidTagException", ACM, "ImportCertificate", "o", in);
}

/* ---- what is imported ---- */

static void every_key_type_comes_back_as_it_was(void **state)
{
    static const struct {
        const char *name, *alg, *chain;
    } rows[] = {
        {"rsa1024", "RSA-1024", "chain.pem"},          {"rsa2048", "RSA-2048", "chain.pem"},
        {"rsa3072", "RSA-3072", "inter.pem"},          {"rsa4096", "RSA-4096", "chain.pem"},
        {"prime256v1", "EC-prime256v1", "ecroot.pem"}, {"secp384r1", "EC-secp384r1", "ecroot.pem"},
        {"secp521r1", "EC-secp521r1", "ecroot.pem"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char pem[64], key[64];
        snprintf(pem, sizeof pem, "%s.pem", rows[k].name);
        snprintf(key, sizeof key, "%s.key", rows[k].name);
        char *arn = import(asking(pem, key, rows[k].chain));
        json_t *c = ops_describe(arn);
        assert_string_equal(ops_text(c, "KeyAlgorithm"), rows[k].alg);
        json_t *got = ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn);
        char *body = file_read(pem);
        char *chain = file_read(rows[k].chain);
        assert_string_equal(ops_text(got, "Certificate"), body);
        assert_string_equal(ops_text(got, "CertificateChain"), chain);
        free(chain);
        free(body);
        json_decref(got);
        json_decref(c);
        delete (arn);
    }
}

static void every_form_of_a_private_key_is_read(void **state)
{
    (void)state;
    delete (import(asking("rsa2048.pem", "rsa2048.p8", "chain.pem")));
    delete (import(asking("prime256v1.pem", "ec.p8", "ecroot.pem")));
    delete (import(asking("prime256v1.pem", "withparams.key", "ecroot.pem")));
    delete (import(asking("prime256v1.pem", "nopublic.key", "ecroot.pem")));
}

static void an_imported_certificate_is_described_as_aws_does(void **state)
{
    (void)state;
    int64_t now = clock_now();
    char *arn = import(asking("rsa2048.pem", "rsa2048.key", "chain.pem"));
    json_t *c = ops_describe(arn);
    json_t *wanted = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:{s:s,s:s},s:[s,s],s:[{s:s},{s:s}],"
        "s:[{s:s},{s:s}],s:[{s:s,s:s}],s:s}",
        "CertificateArn", arn, "DomainName", "www.example.com", "Subject",
        "C=AU,O=A\\, B,CN=www.example.com", "Issuer", "Inter Org", "Serial", "03:e9", "Status",
        "ISSUED", "Type", "IMPORTED", "KeyAlgorithm", "RSA-2048", "SignatureAlgorithm",
        "SHA256WITHRSA", "RenewalEligibility", "INELIGIBLE", "InUseBy", "Options",
        "CertificateTransparencyLoggingPreference", "DISABLED", "Export", "DISABLED",
        "SubjectAlternativeNames", "www.example.com", "example.com", "DomainValidationOptions",
        "DomainName", "www.example.com", "DomainName", "example.com", "KeyUsages", "Name",
        "DIGITAL_SIGNATURE", "Name", "KEY_ENCIPHERMENT", "ExtendedKeyUsages", "Name",
        "TLS_WEB_SERVER_AUTHENTICATION", "OID", "1.3.6.1.5.5.7.3.1", "CertificateKeyPairOrigin",
        "CUSTOMER_PROVIDED");
    assert_non_null(wanted);
    static const char *const times[] = {"CreatedAt", "ImportedAt", "NotBefore", "NotAfter"};
    for (size_t k = 0; k < 4; k++) {
        assert_true(json_is_number(json_object_get(c, times[k])));
        if (k < 2)
            assert_in_range(json_number_value(json_object_get(c, times[k])), (uintmax_t)now - 1,
                            (uintmax_t)now + 20);
        json_object_del(c, times[k]);
    }
    if (!json_equal(c, wanted))
        fail_msg("%s", json_dumps(c, JSON_INDENT(1)));
    json_decref(wanted);
    json_decref(c);
    delete (arn);
}

static void a_self_signed_certificate_needs_no_chain(void **state)
{
    (void)state;
    char *arn = import(asking("alone.pem", "alone.key", NULL));
    json_t *c = ops_describe(arn);
    json_t *got = ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn);
    assert_string_equal(ops_text(c, "DomainName"), "alone.example.com");
    assert_string_equal(ops_text(c, "Issuer"), "Alone");
    assert_string_equal(ops_text(json_array_get(json_object_get(c, "KeyUsages"), 0), "Name"),
                        "ANY");
    assert_string_equal(
        ops_text(json_array_get(json_object_get(c, "ExtendedKeyUsages"), 0), "Name"), "NONE");
    assert_null(json_object_get(got, "CertificateChain"));
    json_decref(got);
    json_decref(c);
    delete (arn);
    delete (import(asking("zero.pem", "zero.key", NULL)));
}

static void usages_that_acm_has_no_name_for_are_custom(void **state)
{
    (void)state;
    char *arn = import(asking("custom.pem", "custom.key", "ecroot.pem"));
    json_t *c = ops_describe(arn);
    json_t *wanted = json_pack("[{s:s,s:s},{s:s,s:s}]", "Name", "CUSTOM", "OID", "1.2.3.4", "Name",
                               "ANY", "OID", "2.5.29.37.0");
    assert_true(json_equal(json_object_get(c, "ExtendedKeyUsages"), wanted));
    json_t *usages = json_pack("[{s:s},{s:s},{s:s}]", "Name", "KEY_AGREEMENT", "Name",
                               "CRL_SIGNING", "Name", "DECIPHER_ONLY");
    assert_true(json_equal(json_object_get(c, "KeyUsages"), usages));
    json_decref(usages);
    json_decref(wanted);
    json_decref(c);
    delete (arn);
}

static void names_are_those_of_the_certificate(void **state)
{
    (void)state;
    char *arn = import(asking("many.pem", "many.key", "ecroot.pem"));
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "DomainName"), "n50.example.com");
    assert_int_equal(json_array_size(json_object_get(c, "SubjectAlternativeNames")), 150);
    json_decref(c);
    delete (arn);
    arn = import(asking("odd.pem", "odd.key", "ecroot.pem"));
    c = ops_describe(arn);
    assert_string_equal(ops_text(c, "DomainName"), "a.example.comIP:127.0.0.1");
    json_decref(c);
    delete (arn);
}

static void a_certificate_without_any_domain_is_imported(void **state)
{
    (void)state;
    char *arn = import(asking("nodomain.pem", "nodomain.key", "chain.pem"));
    json_t *c = ops_describe(arn);
    assert_null(json_object_get(c, "DomainName"));
    assert_null(json_object_get(c, "SubjectAlternativeNames"));
    assert_null(json_object_get(c, "DomainValidationOptions"));
    assert_string_equal(ops_text(c, "Subject"), "CN=Jane Doe");
    json_decref(c);
    delete (arn);
}

static void the_private_key_never_comes_out(void **state)
{
    (void)state;
    char *arn = import(asking("alone.pem", "alone.key", NULL));
    char *passphrase = ops_base64("secret words");
    ops_refused(INVALID, ACM, "ExportCertificate", "{s:s,s:s}", ARN, arn, "Passphrase", passphrase);
    free(passphrase);
    delete (arn);
}

/* ---- the key in the store ---- */

struct key_look {
    struct scope scope;
    char id[ROW_UUID_SIZE];
    struct key_row key;
};

static int key_unit(struct store_tx *tx, void *context)
{
    struct key_look *l = context;
    return store_key_get(tx, &l->scope, l->id, &l->key);
}

static void key_look(const char *arn, struct key_look *l)
{
    memset(l, 0, sizeof *l);
    memcpy(l->scope.account, ops.account, sizeof l->scope.account);
    snprintf(l->scope.region, sizeof l->scope.region, "%s", OPS_REGION);
    snprintf(l->id, sizeof l->id, "%s", strrchr(arn, '/') + 1);
    assert_int_equal(store_read(ops.core.store, key_unit, l), 0);
}

static void the_wrapped_key_signs_for_the_certificate_and_cannot_be_taken_out(void **state)
{
    (void)state;
    char *arn = import(asking("prime256v1.pem", "prime256v1.key", "ecroot.pem"));
    struct key_look l;
    struct hsm_wrapped wrapped;
    struct hsm_custody custody;
    struct buf sig = {0};
    struct secret *out = NULL;
    key_look(arn, &l);
    assert_int_equal(certificate_key_view(&l.key, &wrapped), 0);
    assert_int_equal(core_custody_by_id(&ops.core, l.key.kek_id, &custody), 0);
    assert_int_equal(hsm_subscriber_sign(ops.core.hsm, &custody, &wrapped, slice_text(arn),
                                         SIG_ALG_SHA256WITHECDSA, slice_text("x"), &sig),
                     0);
    assert_int_equal(pki_verify(buf_slice(&l.key.spki), SIG_ALG_SHA256WITHECDSA, slice_text("x"),
                                buf_slice(&sig)),
                     0);
    assert_int_equal(hsm_subscriber_export(ops.core.hsm, &custody, &wrapped, slice_text(arn), &out),
                     CH_ESTATE);
    assert_null(out);
    buf_free(&sig);
    key_row_free(&l.key);
    delete (arn);
}

/* ---- re-import ---- */

static void a_reimport_of_what_is_not_there_is_not_found(void **state)
{
    (void)state;
    char arn[256];
    snprintf(arn, sizeof arn, "arn:aws:acm:us-east-1:%s:certificate/%s", ops.account,
             "00000000-0000-4000-8000-000000000000");
    ops_refused("ResourceNotFoundException", ACM, "ImportCertificate", "o",
                asking_again(arn, "alone.pem", "alone.key", NULL));
    char text[512];
    snprintf(text, sizeof text, "Could not find certificate %s.", arn);
    assert_string_equal(ops.text, text);
    ops_refused("ResourceNotFoundException", ACM, "ImportCertificate", "o",
                asking_again("arn:aws:acm:eu-west-1:123456789012:certificate/"
                             "00000000-0000-4000-8000-000000000000",
                             "alone.pem", "alone.key", NULL));
    ops_refused(
        "InvalidArnException", ACM, "ImportCertificate", "o",
        asking_again("arn:aws:acm:us-east-1:123456789012:other/1", "alone.pem", "alone.key", NULL));
}

static void a_reimport_may_not_take_away_what_was_there(void **state)
{
    static const struct {
        const char *certificate, *key, *chain;
        const char *text;
    } rows[] = {
        {"rsa3072.pem", "rsa3072.key", "chain.pem", "key type and size"},
        {"prime256v1.pem", "prime256v1.key", "ecroot.pem", "key type and size"},
        {"fewer.pem", "rsa2048.key", "chain.pem",
         "New certificate is missing one or more Key Usages supported by the currently imported "
         "certificate"},
        {"nousage.pem", "rsa2048.key", "chain.pem",
         "New certificate is missing one or more Extended Key Usages supported by the currently "
         "imported certificate"},
        {"noext.pem", "rsa2048.key", "chain.pem", "missing one or more Key Usages"},
        {"nodomain.pem", "rsa2048.key", "chain.pem",
         "You cannot remove all of the domain names from a certificate."},
    };
    (void)state;
    char *arn = import(asking("rsa2048.pem", "rsa2048.key", "chain.pem"));
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        refused_with(rows[k].text,
                     asking_again(arn, rows[k].certificate, rows[k].key, rows[k].chain));
    json_t *in = asking_again(arn, "other.pem", "rsa2048.key", "chain.pem");
    json_object_set_new(in, "Tags", json_pack("[{s:s}]", "Key", "k"));
    refused_with("Tagging is not permitted on re-import.", in);
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Serial"), "03:e9");
    json_decref(c);
    delete (arn);
}

static void a_reimport_may_not_add_an_extension_that_was_not_there(void **state)
{
    (void)state;
    char *arn = import(asking("noext.pem", "rsa2048.key", "chain.pem"));
    refused_with("New certificate has Key Usages",
                 asking_again(arn, "rsa2048.pem", "rsa2048.key", "chain.pem"));
    delete (arn);
}

static void a_reimport_keeps_arn_and_tags_and_changes_the_rest(void **state)
{
    (void)state;
    json_t *in = asking("rsa2048.pem", "rsa2048.key", "chain.pem");
    json_object_set_new(in, "Tags", json_pack("[{s:s,s:s}]", "Key", "team", "Value", "web"));
    char *arn = import(in);
    json_t *before = ops_describe(arn);
    ops_clock_ahead(DAY_US);
    char *same = import(asking_again(arn, "more.pem", "more.key", "inter.pem"));
    assert_string_equal(same, arn);
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Serial"), "03:ea");
    assert_string_equal(ops_text(c, "DomainName"), "new.example.com");
    assert_int_equal(json_array_size(json_object_get(c, "KeyUsages")), 3);
    assert_true(json_equal(json_object_get(c, "CreatedAt"), json_object_get(before, "CreatedAt")));
    assert_true(json_number_value(json_object_get(c, "ImportedAt")) >
                json_number_value(json_object_get(before, "ImportedAt")) + 80000);
    json_t *tags = ops_ok(ACM, "ListTagsForCertificate", "{s:s}", ARN, arn);
    assert_int_equal(json_array_size(json_object_get(tags, "Tags")), 1);
    json_t *got = ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn);
    char *body = file_read("more.pem");
    assert_string_equal(ops_text(got, "Certificate"), body);
    free(body);
    json_decref(got);
    json_decref(tags);
    json_decref(c);
    json_decref(before);
    free(same);
    delete (arn);
}

static void an_expired_certificate_can_be_imported_again(void **state)
{
    (void)state;
    char *arn = import(asking("rsa2048.pem", "rsa2048.key", "chain.pem"));
    ops_clock_ahead(31 * DAY_US);
    json_t *expired = ops_describe(arn);
    assert_string_equal(ops_text(expired, "Status"), "EXPIRED");
    json_decref(expired);
    free(import(asking_again(arn, "other.pem", "other.key", "chain.pem")));
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Serial"), "03:ef");
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    json_decref(c);
    delete (arn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_pem_is_refused),
        cmocka_unit_test(a_certificate_that_cannot_be_parsed_is_refused),
        cmocka_unit_test(several_certificates_in_the_body_are_refused),
        cmocka_unit_test(keys_that_cannot_be_used_are_refused),
        cmocka_unit_test(certificates_of_version_1_are_refused),
        cmocka_unit_test_teardown(certificates_are_refused_before_and_after_their_time,
                                  clock_reset),
        cmocka_unit_test(chains_that_do_not_certify_are_refused_with_the_index),
        cmocka_unit_test(fields_that_break_a_rule_are_refused_by_name),
        cmocka_unit_test(tags_are_judged_as_elsewhere),
        cmocka_unit_test(every_key_type_comes_back_as_it_was),
        cmocka_unit_test(every_form_of_a_private_key_is_read),
        cmocka_unit_test(an_imported_certificate_is_described_as_aws_does),
        cmocka_unit_test(a_self_signed_certificate_needs_no_chain),
        cmocka_unit_test(usages_that_acm_has_no_name_for_are_custom),
        cmocka_unit_test(names_are_those_of_the_certificate),
        cmocka_unit_test(a_certificate_without_any_domain_is_imported),
        cmocka_unit_test(the_private_key_never_comes_out),
        cmocka_unit_test(the_wrapped_key_signs_for_the_certificate_and_cannot_be_taken_out),
        cmocka_unit_test(a_reimport_of_what_is_not_there_is_not_found),
        cmocka_unit_test(a_reimport_may_not_take_away_what_was_there),
        cmocka_unit_test(a_reimport_may_not_add_an_extension_that_was_not_there),
        cmocka_unit_test_teardown(a_reimport_keeps_arn_and_tags_and_changes_the_rest, clock_reset),
        cmocka_unit_test_teardown(an_expired_certificate_can_be_imported_again, clock_reset),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
