/* Tests of ca/acm: private certificates from RequestCertificate to DeleteCertificate. */
#include "tests/unit/ops_kit.h"

#include "ca/acm/certificate.h"
#include "ca/acm/private.h"
#include "ca/arn.h"
#include "ca/jobs/key_maker.h"
#include "firmware/base/clock.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACM "acm"
#define PCA "acm-pca"
#define ARN "CertificateArn"
#define CA "CertificateAuthorityArn"
#define EC_SIG "SHA256WITHECDSA"
#define DAY INT64_C(86400)

static char *root; /* ACTIVE EC root, ten years */
static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "ACM Root");
    return 0;
}

static int teardown(void **state)
{
    free(root);
    return ops_teardown(state);
}

static json_t *asking(const char *domain)
{
    return json_pack("{s:s, s:s, s:s}", "DomainName", domain, CA, root, "KeyAlgorithm",
                     "EC_prime256v1");
}

static char *request(json_t *in)
{
    json_t *out = ops_ok(ACM, "RequestCertificate", "o", in);
    char *arn = strdup(ops_text(out, ARN));
    json_decref(out);
    ops_wait();
    return arn;
}

static void request_refused(const char *type, const char *member, json_t *value)
{
    json_t *in = asking("www.example.com");
    json_object_set_new(in, member, value);
    ops_refused(type, ACM, "RequestCertificate", "o", in);
}

static void assert_failed(char *arn, const char *reason)
{
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Status"), "FAILED");
    assert_string_equal(ops_text(c, "FailureReason"), reason);
    assert_null(json_object_get(c, "NotAfter"));
    assert_null(json_object_get(c, "Serial"));
    json_decref(c);
    free(arn);
}

/* ---- requesting ---- */

static void a_private_certificate_is_issued_at_once(void **state)
{
    (void)state;
    int64_t now = clock_now();
    char *arn = request(asking("WWW.Example.com"));
    json_t *c = ops_describe(arn);
    const json_t *usage = json_object_get(c, "KeyUsages");
    const json_t *extended = json_object_get(c, "ExtendedKeyUsages");
    assert_string_equal(ops_text(c, ARN), arn);
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    assert_string_equal(ops_text(c, "Type"), "PRIVATE");
    assert_string_equal(ops_text(c, "DomainName"), "www.example.com");
    assert_string_equal(ops_text(c, "Subject"), "CN=www.example.com");
    assert_string_equal(ops_text(c, "Issuer"), "Ops");
    assert_string_equal(ops_text(c, "KeyAlgorithm"), "EC-prime256v1");
    assert_string_equal(ops_text(c, "SignatureAlgorithm"), "SHA256WITHECDSA");
    assert_string_equal(ops_text(c, CA), root);
    assert_string_equal(ops_text(c, "RenewalEligibility"), "INELIGIBLE");
    assert_int_equal(strlen(ops_text(c, "Serial")), 59);
    assert_string_equal(ops_text(json_array_get(usage, 0), "Name"), "DIGITAL_SIGNATURE");
    assert_string_equal(ops_text(json_array_get(extended, 0), "Name"),
                        "TLS_WEB_SERVER_AUTHENTICATION");
    assert_string_equal(ops_text(json_array_get(extended, 0), "OID"), "1.3.6.1.5.5.7.3.1");
    assert_int_equal(json_array_size(json_object_get(c, "InUseBy")), 0);
    assert_null(json_object_get(c, "DomainValidationOptions"));
    assert_null(json_object_get(c, "FailureReason"));
    assert_null(json_object_get(c, "RenewalSummary"));
    assert_in_range(json_number_value(json_object_get(c, "NotAfter")),
                    (uintmax_t)(now + 395 * DAY - 5), (uintmax_t)(now + 395 * DAY + 30));
    assert_true(json_is_real(json_object_get(c, "IssuedAt")));
    json_decref(c);
    free(arn);
}

static void an_rsa_key_is_the_default(void **state)
{
    (void)state;
    json_t *in = asking("rsa.example.com");
    json_object_del(in, "KeyAlgorithm");
    char *arn = request(in);
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "KeyAlgorithm"), "RSA-2048");
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    json_decref(c);
    free(arn);
}

static void chain_and_certificate_are_verified_by_openssl(void **state)
{
    (void)state;
    char *sub = ops_authority("SUBORDINATE", "RSA_2048", "SHA256WITHRSA", "ACM Sub");
    ops_authority_activate(sub, root, EC_SIG, "SubordinateCACertificate_PathLen0/V1", 1000);
    char *arn = ops_request(sub, "EC_secp384r1", "deep.example.com");
    json_t *out = ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn);
    assert_true(
        ops_openssl_verifies(ops_text(out, "Certificate"), ops_text(out, "CertificateChain")));
    json_decref(out);
    free(arn);
    free(sub);
}

struct names {
    size_t count;
    char list[16][64];
};

static void name_visit(void *context, struct slice name)
{
    struct names *n = context;
    snprintf(n->list[n->count++], 64, "%.*s", (int)name.len, (const char *)name.data);
}

static void names_are_folded_with_the_domain_first(void **state)
{
    (void)state;
    struct names names = {0};
    json_t *in = asking("www.example.com");
    json_object_set_new(in, "SubjectAlternativeNames",
                        json_pack("[s,s,s,s]", "api.example.com", "WWW.example.com",
                                  "*.example.com", "API.example.com"));
    char *arn = request(in);
    json_t *c = ops_describe(arn);
    json_t *out = ops_ok(ACM, "GetCertificate", "{s:s}", ARN, arn);
    struct pki_certificate *parsed = ops_parse(ops_text(out, "Certificate"));
    char *text = json_dumps(json_object_get(c, "SubjectAlternativeNames"), JSON_COMPACT);
    assert_string_equal(text, "[\"www.example.com\",\"api.example.com\",\"*.example.com\"]");
    pki_certificate_dns_names(parsed, name_visit, &names);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.list[0], "www.example.com");
    assert_string_equal(names.list[2], "*.example.com");
    free(text);
    pki_certificate_free(parsed);
    json_decref(out);
    json_decref(c);
    free(arn);
}

static void too_many_names_are_refused(void **state)
{
    (void)state;
    json_t *list = json_array();
    for (int i = 0; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "n%d.example.com", i);
        json_array_append_new(list, json_string(name));
    }
    ops.config.quota_names = 10;
    request_refused("LimitExceededException", "SubjectAlternativeNames", list);
    assert_string_equal(ops.text, "Certificate has too many domains.");
    ops.config.quota_names = 100;
}

static void a_first_name_over_64_characters_is_refused(void **state)
{
    (void)state;
    request_refused(
        "InvalidDomainValidationOptionsException", "DomainName",
        json_string("a123456789b123456789c123456789d123456789e123456789f12.example.com"));
    assert_string_equal(ops.text, "The first domain name can be no longer than 64 characters.");
}

static void what_cannot_be_requested_is_refused(void **state)
{
    (void)state;
    request_refused("InvalidParameterException", "KeyAlgorithm", json_string("RSA_1024"));
    request_refused("InvalidArnException", CA,
                    json_string("arn:aws:acm-pca:us-east-1:123456789012:certificate/x"));
    request_refused("InvalidTagException", "Tags",
                    json_pack("[{s:s,s:s}]", "Key", "AWS:x", "Value", "y"));
    request_refused("ValidationException", "DomainName", json_string("no_domain"));
}

/* ---- what the CA refuses ---- */

static void a_ca_that_is_not_active_makes_the_certificate_fail(void **state)
{
    (void)state;
    char *pending = ops_authority("ROOT", "EC_prime256v1", EC_SIG, "Not Active");
    assert_failed(ops_request(pending, "EC_prime256v1", "a.example.com"), "PCA_INVALID_STATE");
    free(pending);
}

static void a_ca_that_is_not_there_makes_the_certificate_fail(void **state)
{
    (void)state;
    char *gone = strdup(root);
    memcpy(strstr(gone, "certificate-authority/") + 22, "00000000-0000", 13);
    assert_failed(ops_request(gone, "EC_prime256v1", "a.example.com"), "PCA_RESOURCE_NOT_FOUND");
    free(gone);
}

static void a_ca_of_another_place_makes_the_certificate_fail(void **state)
{
    (void)state;
#define ID ":certificate-authority/00000000-0000-4000-8000-000000000000"
    char region[256], account[256], name[256], partition[256];
    snprintf(region, sizeof region, "arn:aws:acm-pca:eu-west-1:%s" ID, ops.account);
    snprintf(account, sizeof account, "arn:aws:acm-pca:us-east-1:999999999999" ID);
    snprintf(name, sizeof name, "arn:aws:acm-pca:us-east-1:%s:certificate-authority/x", ops.account);
    snprintf(partition, sizeof partition, "arn:aws-cn:acm-pca:us-east-1:%s" ID, ops.account);
    assert_failed(ops_request(account, "EC_prime256v1", "a.example.com"), "PCA_ACCESS_DENIED");
    assert_failed(ops_request(region, "EC_prime256v1", "a.example.com"), "PCA_INVALID_ARN");
    assert_failed(ops_request(name, "EC_prime256v1", "a.example.com"), "PCA_INVALID_ARN");
    assert_failed(ops_request(partition, "EC_prime256v1", "a.example.com"), "PCA_INVALID_ARN");
#undef ID
}

static void a_ca_that_ends_too_soon_makes_the_certificate_fail(void **state)
{
    (void)state;
    char *brief = ops_authority("ROOT", "EC_prime256v1", EC_SIG, "Brief");
    ops_authority_activate(brief, brief, EC_SIG, "RootCACertificate/V1", 100);
    assert_failed(ops_request(brief, "EC_prime256v1", "a.example.com"), "PCA_INVALID_DURATION");
    free(brief);
}

static void a_caller_without_rights_on_the_ca_needs_the_permission_of_acm(void **state)
{
    (void)state;
    ops.stranger = true;
    assert_failed(ops_request(root, "EC_prime256v1", "a.example.com"), "PCA_ACCESS_DENIED");
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s,s]}", CA, root, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate", "GetCertificate"));
    char *arn = ops_request(root, "EC_prime256v1", "a.example.com");
    ops.stranger = false;
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    json_decref(c);
    free(arn);
}

/* ---- idempotency ---- */

static json_t *asking_with_token(const char *token, const char *domain)
{
    json_t *in = asking(domain);
    json_object_set_new(in, "IdempotencyToken", json_string(token));
    return in;
}

static void the_same_token_gives_the_same_certificate_for_an_hour(void **state)
{
    (void)state;
    char *first = request(asking_with_token("hour", "t.example.com"));
    ops_clock_ahead(INT64_C(59) * 60 * 1000000);
    char *second = request(asking_with_token("hour", "t.example.com"));
    ops_refused("InvalidParameterException", ACM, "RequestCertificate", "o",
                asking_with_token("hour", "u.example.com"));
    ops_clock_ahead(INT64_C(61) * 60 * 1000000);
    char *third = request(asking_with_token("hour", "t.example.com"));
    clock_replace(NULL);
    assert_string_equal(first, second);
    assert_string_not_equal(first, third);
    free(third);
    free(second);
    free(first);
}

#define THREADS 8

struct caller {
    pthread_t thread;
    char arn[ARN_SIZE];
};

static void *call_with_token(void *context)
{
    struct caller *c = context;
    struct ops_answer *answer = calloc(1, sizeof *answer);
    ops_call(ACM, "RequestCertificate", asking_with_token("eight", "eight.example.com"), answer);
    snprintf(c->arn, sizeof c->arn, "%.250s",
             answer->code != 0 ? answer->error.text
                               : json_string_value(json_object_get(answer->out, ARN)));
    ops_answer_free(answer);
    free(answer);
    return NULL;
}

static int count_unit(struct store_tx *tx, void *context)
{
    struct scope scope = {0};
    memcpy(scope.account, ops.account, sizeof scope.account);
    snprintf(scope.region, sizeof scope.region, OPS_REGION);
    return store_certificate_count(tx, &scope, context);
}

static uint64_t count(void)
{
    uint64_t n = 0;
    assert_int_equal(store_read(ops.core.store, count_unit, &n), 0);
    return n;
}

static void eight_callers_with_one_token_get_one_certificate(void **state)
{
    (void)state;
    struct caller callers[THREADS];
    uint64_t before = count();
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_with_token, &callers[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++)
        assert_string_equal(callers[i].arn, callers[0].arn);
    assert_int_equal(count(), before + 1);
}

/* ---- exporting ---- */

static EVP_PKEY *key_decrypt(const char *pem, const char *passphrase)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t)passphrase);
    BIO_free(bio);
    return key;
}

static void the_exported_key_belongs_to_the_certificate(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"EC_prime256v1", "RSA_2048"};
    for (size_t i = 0; i < 2; i++) {
        char *arn = ops_request(root, algorithms[i], "export.example.com");
        char *passphrase = ops_base64("open sesame");
        json_t *out =
            ops_ok(ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn, "Passphrase", passphrase);
        const char *pem = ops_text(out, "PrivateKey");
        assert_int_equal(strncmp(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----", 37), 0);
        assert_null(key_decrypt(pem, "wrong"));
        EVP_PKEY *key = key_decrypt(pem, "open sesame");
        assert_non_null(key);
        BIO *bio = BIO_new_mem_buf(ops_text(out, "Certificate"), -1);
        X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        assert_int_equal(X509_check_private_key(certificate, key), 1);
        assert_non_null(json_object_get(out, "CertificateChain"));
        json_t *c = ops_describe(arn);
        assert_string_equal(ops_text(c, "RenewalEligibility"), "ELIGIBLE");
        json_decref(c);
        X509_free(certificate);
        BIO_free(bio);
        EVP_PKEY_free(key);
        json_decref(out);
        free(passphrase);
        free(arn);
    }
}

static void a_certificate_with_export_disabled_keeps_its_key(void **state)
{
    (void)state;
    json_t *in = asking("stay.example.com");
    json_object_set_new(in, "Options", json_pack("{s:s}", "Export", "DISABLED"));
    char *arn = request(in);
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(json_object_get(c, "Options"), "Export"), "DISABLED");
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    ops_refused("ValidationException", ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn,
                "Passphrase", "cGFzc3dvcmQ=");
    json_decref(c);
    free(arn);
}

static void a_passphrase_must_have_four_octets(void **state)
{
    (void)state;
    char *arn = ops_request(root, "EC_prime256v1", "pass.example.com");
    ops_refused("ValidationException", ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn,
                "Passphrase", "YWJj");
    free(arn);
}

struct swap {
    struct scope scope;
    const char *from, *to;
    struct key_row key;
};

static int swap_read(struct store_tx *tx, void *context)
{
    struct swap *s = context;
    return store_key_get(tx, &s->scope, s->from, &s->key);
}

/* Deletes `to` with its key and puts a row of that id there again, with the key of `from`. */
static int swap_write(struct store_tx *tx, void *context)
{
    struct swap *s = context;
    struct certificate_row row = {0};
    int rc = store_certificate_get(tx, &s->scope, s->to, &row);
    char *chain = row.chain;
    if (rc == 0)
        rc = store_certificate_delete(tx, &s->scope, s->to);
    row.status = (free(row.status), strdup("PENDING_VALIDATION"));
    if (rc == 0)
        rc = store_certificate_insert(tx, &row);
    row.chain = chain;
    row.status = (free(row.status), strdup("ISSUED"));
    if (rc == 0)
        rc = store_certificate_set_issued(tx, &row);
    snprintf(s->key.certificate, sizeof s->key.certificate, "%s", s->to);
    if (rc == 0)
        rc = store_key_insert(tx, &s->key);
    certificate_row_free(&row);
    return rc;
}

static void a_wrapped_key_moved_to_another_certificate_does_not_export(void **state)
{
    (void)state;
    char *victim = ops_request(root, "EC_prime256v1", "victim.example.com");
    char *thief = ops_request(root, "EC_prime256v1", "thief.example.com");
    struct swap swap = {.from = strrchr(victim, '/') + 1, .to = strrchr(thief, '/') + 1};
    struct ops_answer *answer = calloc(1, sizeof *answer);
    memcpy(swap.scope.account, ops.account, sizeof swap.scope.account);
    snprintf(swap.scope.region, sizeof swap.scope.region, OPS_REGION);
    json_decref(
        ops_ok(ACM, "ExportCertificate", "{s:s, s:s}", ARN, thief, "Passphrase", "cGFzc3dvcmQ="));
    assert_int_equal(store_read(ops.core.store, swap_read, &swap), 0);
    assert_int_equal(store_write(ops.core.store, swap_write, &swap), 0);
    ops_call(ACM, "ExportCertificate",
             json_pack("{s:s, s:s}", ARN, thief, "Passphrase", "cGFzc3dvcmQ="), answer);
    assert_int_equal(answer->code, CH_EINTEGRITY);
    assert_null(json_object_get(answer->out, "PrivateKey"));
    ops_answer_free(answer);
    free(answer);
    key_row_free(&swap.key);
    free(thief);
    free(victim);
}

/* ---- waiting ---- */

static int pending_insert(struct store_tx *tx, void *context)
{
    return store_certificate_insert(tx, context);
}

static void pending_row(struct certificate_row *row, enum key_alg alg)
{
    memcpy(row->scope.account, ops.account, sizeof row->scope.account);
    snprintf(row->scope.region, sizeof row->scope.region, OPS_REGION);
    assert_int_equal(arn_uuid_new(row->id), 0);
    row->domain = strdup("late.example.com");
    row->names = strdup("[\"late.example.com\"]");
    row->type = strdup("PRIVATE");
    row->status = strdup("PENDING_VALIDATION");
    row->options = strdup("{\"Export\":\"ENABLED\"}");
    row->authority_arn = strdup(root);
    row->key_alg = alg;
    row->created_at = clock_now_us();
    assert_int_equal(store_write(ops.core.store, pending_insert, row), 0);
}

static void a_waiting_certificate_is_finished_after_a_restart(void **state)
{
    (void)state;
    struct certificate_row row = {0};
    char arn[ARN_SIZE];
    ops_maker_stop();
    pending_row(&row, KEY_ALG_RSA_3072);
    arn_certificate(&row.scope, row.id, arn);
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Status"), "PENDING_VALIDATION");
    assert_string_equal(ops_text(c, "KeyAlgorithm"), "RSA-3072");
    assert_null(json_object_get(c, "NotBefore"));
    assert_null(json_object_get(c, "IssuedAt"));
    assert_int_equal(json_array_size(json_object_get(c, "KeyUsages")), 0);
    assert_int_equal(json_array_size(json_object_get(c, "ExtendedKeyUsages")), 0);
    json_decref(c);
    ops_refused("RequestInProgressException", ACM, "GetCertificate", "{s:s}", ARN, arn);
    ops_refused("RequestInProgressException", ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn,
                "Passphrase", "cGFzc3dvcmQ=");
    ops_restart();
    ops_wait();
    c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    json_decref(c);
    json_decref(
        ops_ok(ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn, "Passphrase", "cGFzc3dvcmQ="));
    certificate_row_free(&row);
}

static void assert_status(const char *arn, const char *status)
{
    json_t *c = ops_describe(arn);
    assert_string_equal(ops_text(c, "Status"), status);
    json_decref(c);
}

static void a_claimed_certificate_is_left_to_its_request(void **state)
{
    (void)state;
    struct certificate_row row = {0};
    char arn[ARN_SIZE];
    pending_row(&row, KEY_ALG_P256);
    arn_certificate(&row.scope, row.id, arn);
    assert_int_equal(key_maker_claim(ops.core.key_maker, row.id), 0);
    assert_int_equal(key_maker_claim(ops.core.key_maker, row.id), CH_EBUSY);
    ops_wait();
    assert_status(arn, "PENDING_VALIDATION");
    key_maker_release(ops.core.key_maker, row.id);
    ops_wait();
    assert_status(arn, "ISSUED");
    certificate_row_free(&row);
}

static void an_rsa_request_without_a_ready_key_is_answered_at_once(void **state)
{
    (void)state;
    int64_t begin = clock_monotonic_ms();
    json_t *in = asking("slow.example.com");
    json_object_set_new(in, "KeyAlgorithm", json_string("RSA_3072"));
    json_t *out = ops_ok(ACM, "RequestCertificate", "o", in);
    assert_true(clock_monotonic_ms() - begin < 30000);
    ops_wait();
    json_t *c = ops_describe(ops_text(out, ARN));
    assert_string_equal(ops_text(c, "Status"), "ISSUED");
    json_decref(c);
    json_decref(out);
}

/* ---- deleting, names ---- */

static void a_deleted_certificate_is_gone_with_its_key_and_tags(void **state)
{
    (void)state;
    char expected[512];
    char *arn = ops_request(root, "EC_prime256v1", "gone.example.com");
    json_decref(
        ops_ok(ACM, "AddTagsToCertificate", "{s:s, s:[{s:s}]}", ARN, arn, "Tags", "Key", "a"));
    json_decref(ops_ok(ACM, "DeleteCertificate", "{s:s}", ARN, arn));
    snprintf(expected, sizeof expected, "Could not find certificate %s in account %s.", arn,
             ops.account);
    static const char *const operations[] = {"DescribeCertificate", "GetCertificate",
                                             "DeleteCertificate", "ListTagsForCertificate"};
    for (size_t i = 0; i < 4; i++) {
        ops_refused("ResourceNotFoundException", ACM, operations[i], "{s:s}", ARN, arn);
        assert_string_equal(ops.text, expected);
    }
    ops_refused("ResourceNotFoundException", ACM, "ExportCertificate", "{s:s, s:s}", ARN, arn,
                "Passphrase", "cGFzc3dvcmQ=");
    free(arn);
}

static void another_region_does_not_see_the_certificate(void **state)
{
    (void)state;
    char *arn = ops_request(root, "EC_prime256v1", "here.example.com");
    ops.region = "eu-west-1";
    ops_refused("ResourceNotFoundException", ACM, "DescribeCertificate", "{s:s}", ARN, arn);
    ops.region = OPS_REGION;
    ops_refused("InvalidArnException", ACM, "DescribeCertificate", "{s:s}", ARN,
                "arn:aws:acm:us-east-1:123456789012:something/x");
    free(arn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_certificate_is_issued_at_once),
        cmocka_unit_test(an_rsa_key_is_the_default),
        cmocka_unit_test(chain_and_certificate_are_verified_by_openssl),
        cmocka_unit_test(names_are_folded_with_the_domain_first),
        cmocka_unit_test(too_many_names_are_refused),
        cmocka_unit_test(a_first_name_over_64_characters_is_refused),
        cmocka_unit_test(what_cannot_be_requested_is_refused),
        cmocka_unit_test(a_ca_that_is_not_active_makes_the_certificate_fail),
        cmocka_unit_test(a_ca_that_is_not_there_makes_the_certificate_fail),
        cmocka_unit_test(a_ca_of_another_place_makes_the_certificate_fail),
        cmocka_unit_test(a_ca_that_ends_too_soon_makes_the_certificate_fail),
        cmocka_unit_test(a_caller_without_rights_on_the_ca_needs_the_permission_of_acm),
        cmocka_unit_test(the_same_token_gives_the_same_certificate_for_an_hour),
        cmocka_unit_test(eight_callers_with_one_token_get_one_certificate),
        cmocka_unit_test(the_exported_key_belongs_to_the_certificate),
        cmocka_unit_test(a_certificate_with_export_disabled_keeps_its_key),
        cmocka_unit_test(a_passphrase_must_have_four_octets),
        cmocka_unit_test(a_wrapped_key_moved_to_another_certificate_does_not_export),
        cmocka_unit_test(a_waiting_certificate_is_finished_after_a_restart),
        cmocka_unit_test(a_claimed_certificate_is_left_to_its_request),
        cmocka_unit_test(an_rsa_request_without_a_ready_key_is_answered_at_once),
        cmocka_unit_test(a_deleted_certificate_is_gone_with_its_key_and_tags),
        cmocka_unit_test(another_region_does_not_see_the_certificate),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
