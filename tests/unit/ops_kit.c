#include "tests/unit/ops_kit.h"

#include "ca/acm/operations.h"
#include "ca/appliance.h"
#include "ca/chancery/operations.h"
#include "ca/jobs/key_maker.h"
#include "ca/iam/operations.h"
#include "ca/pca/operations.h"
#include "firmware/base/clock.h"
#include "firmware/base/log.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define PIN "ops-kit-pin"

static const char everything[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                                 "\"Action\":\"*\",\"Resource\":\"*\"}]}";

struct ops ops;

/* ---- the appliance ---- */

static void file_write(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", ops.state, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
    char command[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(command, sizeof command, format, list);
    va_end(list);
    assert_int_equal(system(command), 0);
}

static void token_make(void)
{
    char conf[512];
    snprintf(conf, sizeof conf,
             "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
             ops.state);
    file_write("softhsm2.conf", conf);
    file_write("pin", PIN "\n");
    run("mkdir -p %s/tokens %s/store", ops.state, ops.state);
    run("SOFTHSM2_CONF=%s/softhsm2.conf softhsm2-util --init-token --free --label ops --pin " PIN
        " --so-pin 12345678 >/dev/null",
        ops.state);
}

static void config_make(struct config *c)
{
    config_defaults(c);
    snprintf(c->hsm_module, sizeof c->hsm_module, "%s", MODULE);
    snprintf(c->hsm_environment, sizeof c->hsm_environment, "SOFTHSM2_CONF=%.200s/softhsm2.conf",
             ops.state);
    snprintf(c->hsm_token_label, sizeof c->hsm_token_label, "ops");
    snprintf(c->hsm_pin_file, sizeof c->hsm_pin_file, "pin");
    snprintf(c->hsm_writable, sizeof c->hsm_writable, "tokens");
    snprintf(c->core_regions, sizeof c->core_regions, "us-east-1,eu-west-1");
    c->hsm_pool_rsa_2048 = 1;
    c->hsm_pool_rsa_3072 = 0;
    c->hsm_pool_rsa_4096 = 0;
}

void ops_maker_start(void)
{
    assert_null(ops.core.key_maker);
    assert_int_equal(key_maker_new(&ops.core, &ops.core.key_maker), 0);
}

void ops_maker_stop(void)
{
    key_maker_free(ops.core.key_maker);
    ops.core.key_maker = NULL;
}

static void appliance_open(void)
{
    assert_int_equal(core_open(ops.state, &ops.config, NULL, &ops.core), 0);
    ops_maker_start();
}

static void appliance_close(void)
{
    ops_maker_stop();
    core_close(&ops.core);
}

void ops_restart(void)
{
    appliance_close();
    appliance_open();
}

int ops_setup(void **state)
{
    struct appliance appliance = {0};
    const char *tmp = getenv("TMPDIR");
    (void)state;
    log_open("test", LOG_LEVEL_ERROR);
    snprintf(ops.state, sizeof ops.state, "%.200s/chancery-ops-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(ops.state));
    ops.region = OPS_REGION;
    token_make();
    config_make(&ops.config);
    assert_int_equal(contract_init(), 0);
    assert_int_equal(core_hsm_environment(&ops.config), 0);
    assert_int_equal(appliance_provision(ops.state, &ops.config, NULL, &appliance), 0);
    memcpy(ops.account, appliance.account, sizeof ops.account);
    ops.nothing = policy_set_new();
    ops.everything = policy_set_new();
    assert_int_equal(policy_set_add_text(ops.everything, POLICY_IDENTITY, slice_text(everything), NULL),
                     0);
    appliance_free(&appliance);
    appliance_open();
    return 0;
}

int ops_teardown(void **state)
{
    (void)state;
    clock_replace(NULL);
    appliance_close();
    policy_set_release(ops.nothing);
    policy_set_release(ops.everything);
    contract_exit();
    run("rm -rf %s", ops.state);
    return 0;
}

void ops_wait(void)
{
    assert_int_equal(key_maker_wait(ops.core.key_maker, 60000), 0);
}

/* ---- calls ---- */

static const struct operation *operation_find(const char *service, const char *name,
                                              const struct service **out)
{
    size_t count = 0;
    const struct service *services = contract_services(&count);
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0;
             strcmp(services[s].name, service) == 0 && i < services[s].operation_count; i++)
            if (strcmp(services[s].operations[i].name, name) == 0) {
                *out = &services[s];
                return &services[s].operations[i];
            }
    fail_msg("no operation %s in %s", name, service);
    return NULL;
}

static const struct operation_binding *binding_find(const char *service, const char *name)
{
    const struct {
        const char *service;
        const struct operation_binding *bindings;
        size_t count;
    } services[] = {
        {"acm", acm_operations, acm_operation_count},
        {"acm-pca", pca_operations, pca_operation_count},
        {"chancery", chancery_operations, chancery_operation_count},
        {"iam", iam_operations, iam_operation_count},
    };
    for (size_t s = 0; s < sizeof services / sizeof services[0]; s++)
        for (size_t i = 0; strcmp(services[s].service, service) == 0 && i < services[s].count; i++)
            if (strcmp(services[s].bindings[i].name, name) == 0)
                return &services[s].bindings[i];
    fail_msg("%s is not bound", name);
    return NULL;
}

static void request_fill(struct request *r, const struct msg_call *call)
{
    r->core = &ops.core;
    r->call = call;
    r->now = clock_now_us();
    snprintf(r->id, sizeof r->id, "%s", "00000000-0000-4000-8000-000000000000");
    memcpy(r->principal.account, ops.account, sizeof r->principal.account);
    snprintf(r->principal.user_name, sizeof r->principal.user_name, "tester");
    snprintf(r->principal.arn, sizeof r->principal.arn, "arn:aws:iam::%s:user/tester", ops.account);
    r->principal.policies = ops.stranger ? ops.nothing : ops.everything;
    memcpy(r->scope.account, ops.account, sizeof r->scope.account);
    snprintf(r->scope.region, sizeof r->scope.region, "%s", ops.region);
}

/* An answer that breaks the contract is a failure, whoever wrote it. */
static void answer_check(const struct request *r)
{
    struct buf why = {0};
    if (r->operation->output == NULL)
        assert_int_equal(json_object_size(r->out), 0);
    else if (contract_check_output(r->operation, r->out, &why) != 0)
        fail_msg("%s: %s", r->operation->name, buf_text(&why));
    buf_free(&why);
}

void ops_call(const char *service, const char *operation, json_t *in, struct ops_answer *answer)
{
    static const struct msg_call call;
    struct request *r = calloc(1, sizeof *r);
    const struct operation_binding *binding = binding_find(service, operation);
    assert_non_null(r);
    assert_non_null(in);
    request_fill(r, &call);
    r->operation = operation_find(service, operation, &r->service);
    r->read_only = binding->read_only;
    r->in = in;
    r->out = json_object();
    answer->code = contract_check(r->operation, r->in, &r->error);
    if (answer->code == 0)
        answer->code = binding->handler(r);
    if (answer->code == 0) {
        assert_true(r->recorded || binding->read_only || r->error.type == NULL);
        answer_check(r);
    }
    answer->out = r->out;
    answer->error = r->error;
    json_decref(r->in);
    free(r);
}

void ops_answer_free(struct ops_answer *answer)
{
    json_decref(answer->out);
    answer->out = NULL;
}

static json_t *pack(const char *format, va_list list)
{
    json_error_t error;
    json_t *in = json_vpack_ex(&error, 0, format, list);
    if (in == NULL)
        fail_msg("json_pack: %s", error.text);
    return in;
}

json_t *ops_ok(const char *service, const char *operation, const char *format, ...)
{
    struct ops_answer *answer = calloc(1, sizeof *answer);
    va_list list;
    va_start(list, format);
    ops_call(service, operation, pack(format, list), answer);
    va_end(list);
    if (answer->code != 0)
        fail_msg("%s: %s %s: %s", operation, ch_error_name(answer->code),
                 answer->error.type == NULL ? "" : answer->error.type, answer->error.text);
    json_t *out = answer->out;
    free(answer);
    return out;
}

void ops_refused(const char *type, const char *service, const char *operation, const char *format,
                 ...)
{
    struct ops_answer *answer = calloc(1, sizeof *answer);
    va_list list;
    va_start(list, format);
    ops_call(service, operation, pack(format, list), answer);
    va_end(list);
    if (answer->code != CH_EAPI)
        fail_msg("%s was not refused: %s", operation, ch_error_name(answer->code));
    if (strcmp(answer->error.type, type) != 0)
        fail_msg("%s: %s (%s), not %s", operation, answer->error.type, answer->error.text, type);
    memcpy(ops.text, answer->error.text, sizeof ops.text);
    ops_answer_free(answer);
    free(answer);
}

const char *ops_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    if (text == NULL)
        fail_msg("no member %s", member);
    return text;
}

/* ---- authorities ---- */

char *ops_authority(const char *type, const char *key_alg, const char *sig_alg, const char *name)
{
    json_t *out =
        ops_ok("acm-pca", "CreateCertificateAuthority", "{s:s, s:{s:s, s:s, s:{s:s, s:s, s:s}}}",
               "CertificateAuthorityType", type, "CertificateAuthorityConfiguration",
               "KeyAlgorithm", key_alg, "SigningAlgorithm", sig_alg, "Subject", "Country", "US",
               "Organization", "Ops", "CommonName", name);
    char *arn = strdup(ops_text(out, "CertificateAuthorityArn"));
    json_decref(out);
    ops_wait();
    return arn;
}

void ops_authority_activate(const char *arn, const char *issuer, const char *sig_alg,
                            const char *template_name, int days)
{
    char template_arn[128];
    snprintf(template_arn, sizeof template_arn, "arn:aws:acm-pca:::template/%s", template_name);
    json_t *csr =
        ops_ok("acm-pca", "GetCertificateAuthorityCsr", "{s:s}", "CertificateAuthorityArn", arn);
    char *csr64 = ops_base64(ops_text(csr, "Csr"));
    json_t *issued =
        ops_ok("acm-pca", "IssueCertificate", "{s:s, s:s, s:s, s:s, s:{s:s, s:i}}",
               "CertificateAuthorityArn", issuer, "Csr", csr64, "SigningAlgorithm", sig_alg,
               "TemplateArn", template_arn, "Validity", "Type", "DAYS", "Value", days);
    json_t *got = ops_get(issuer, ops_text(issued, "CertificateArn"));
    const char *chain = json_string_value(json_object_get(got, "CertificateChain"));
    char *certificate64 = ops_base64(ops_text(got, "Certificate"));
    char *chain64 = chain == NULL ? NULL : ops_base64(chain);
    json_decref(ops_ok("acm-pca", "ImportCertificateAuthorityCertificate", "{s:s, s:s, s:s?}",
                       "CertificateAuthorityArn", arn, "Certificate", certificate64,
                       "CertificateChain", chain64));
    free(chain64);
    free(certificate64);
    free(csr64);
    json_decref(got);
    json_decref(issued);
    json_decref(csr);
}

char *ops_root(const char *key_alg, const char *sig_alg, const char *name)
{
    char *arn = ops_authority("ROOT", key_alg, sig_alg, name);
    ops_authority_activate(arn, arn, sig_alg, "RootCACertificate/V1", 3650);
    return arn;
}

/* ---- certificates ---- */

char *ops_base64(const char *text)
{
    size_t len = strlen(text);
    char *out = malloc(4 * ((len + 2) / 3) + 1);
    assert_non_null(out);
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len);
    return out;
}

static void csr_name(X509_REQ *req, const char *subject)
{
    X509_NAME *name = X509_REQ_get_subject_name(req);
    const char *common_name = strstr(subject, "/CN=");
    if (common_name != NULL)
        assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                    (const unsigned char *)common_name + 4, -1, -1,
                                                    0),
                         1);
}

static void csr_dns(X509_REQ *req, const char *dns)
{
    char value[512];
    if (dns == NULL)
        return;
    snprintf(value, sizeof value, "DNS:%s", dns);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    sk_X509_EXTENSION_push(list, extension);
    assert_int_equal(X509_REQ_add_extensions(req, list), 1);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

char *ops_csr(const char *key, const char *subject, const char *dns)
{
    char *text = NULL;
    EVP_PKEY *pkey = strcmp(key, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
                                             : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509_REQ *req = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(pkey);
    csr_name(req, subject);
    csr_dns(req, dns);
    assert_int_equal(X509_REQ_set_pubkey(req, pkey), 1);
    assert_true(X509_REQ_sign(req, pkey, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509_REQ(bio, req), 1);
    BIO_write(bio, "", 1);
    BIO_get_mem_data(bio, &text);
    char *out = ops_base64(text);
    BIO_free(bio);
    X509_REQ_free(req);
    EVP_PKEY_free(pkey);
    return out;
}

char *ops_issue(const char *authority, const char *sig_alg, const char *csr)
{
    json_t *out = ops_ok("acm-pca", "IssueCertificate", "{s:s, s:s, s:s, s:{s:s, s:i}}",
                         "CertificateAuthorityArn", authority, "Csr", csr, "SigningAlgorithm",
                         sig_alg, "Validity", "Type", "DAYS", "Value", 30);
    char *arn = strdup(ops_text(out, "CertificateArn"));
    json_decref(out);
    return arn;
}

json_t *ops_get(const char *authority, const char *certificate)
{
    return ops_ok("acm-pca", "GetCertificate", "{s:s, s:s}", "CertificateAuthorityArn", authority,
                  "CertificateArn", certificate);
}

static int first_visit(void *context, struct slice der)
{
    struct pki_certificate **out = context;
    struct pki_reason why;
    return *out != NULL ? 0 : pki_certificate_parse(der, out, &why);
}

struct pki_certificate *ops_parse(const char *pem)
{
    struct pki_certificate *out = NULL;
    assert_int_equal(pki_pem_each(slice_text(pem), 16, first_visit, &out), 0);
    assert_non_null(out);
    return out;
}

bool ops_openssl_verifies(const char *certificate, const char *chain)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    char command[2048];
    const char *root = chain;
    for (const char *next = chain; next != NULL; next = strstr(next + 1, begin))
        root = next;
    file_write("leaf.pem", certificate);
    file_write("chain.pem", chain);
    file_write("root.pem", root);
    snprintf(command, sizeof command,
             "openssl verify -x509_strict -CAfile %s/root.pem -untrusted %s/chain.pem %s/leaf.pem "
             ">/dev/null 2>%s/verify.txt",
             ops.state, ops.state, ops.state, ops.state);
    return system(command) == 0;
}

char *ops_request(const char *authority, const char *key_alg, const char *domain)
{
    json_t *out = ops_ok("acm", "RequestCertificate", "{s:s, s:s, s:s}", "DomainName", domain,
                         "KeyAlgorithm", key_alg, "CertificateAuthorityArn", authority);
    char *arn = strdup(ops_text(out, "CertificateArn"));
    json_decref(out);
    ops_wait();
    return arn;
}

/* ---- the clock ---- */

static int64_t ahead_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + ops.ahead;
}

void ops_clock_ahead(int64_t us)
{
    ops.ahead = us;
    clock_replace(ahead_clock);
}

/* ---- what is looked at ---- */

void ops_assert_json(const json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    assert_string_equal(text, expected);
    free(text);
}

char *ops_request_with(json_t *in)
{
    json_t *out = ops_ok("acm", "RequestCertificate", "o", in);
    char *arn = strdup(ops_text(out, "CertificateArn"));
    json_decref(out);
    return arn;
}

json_t *ops_describe(const char *arn)
{
    json_t *out = ops_ok("acm", "DescribeCertificate", "{s:s}", "CertificateArn", arn);
    json_t *c = json_incref(json_object_get(out, "Certificate"));
    json_decref(out);
    return c;
}
