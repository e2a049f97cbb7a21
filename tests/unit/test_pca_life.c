/* Tests of ca/pca: the life of authorities - updated, deleted, restored, destroyed; their tags and
 * permissions. */
#include "tests/unit/ops_kit.h"

#include "ca/arn.h"
#include "ca/jobs/destruction.h"
#include "ca/jobs/key_maker.h"
#include "ca/pca/authority.h"
#include "ca/pca/authority_key.h"
#include "firmware/base/clock.h"

#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCA "acm-pca"
#define ARN "CertificateAuthorityArn"
#define DAY_US (INT64_C(86400) * 1000000)

static int teardown(void **state)
{
    (void)state;
    clock_replace(NULL);
    ops.stranger = false;
    return 0;
}

/* ---- what the tests look at ---- */

static json_t *describe(const char *arn)
{
    json_t *out = ops_ok(PCA, "DescribeCertificateAuthority", "{s:s}", ARN, arn);
    json_t *object = json_incref(json_object_get(out, "CertificateAuthority"));
    json_decref(out);
    return object;
}

static void status_expect(const char *arn, const char *expected)
{
    json_t *ca = describe(arn);
    assert_string_equal(ops_text(ca, "Status"), expected);
    json_decref(ca);
}

struct access {
    struct scope scope;
    const char *id, *status;
    struct authority_row row;
};

static int status_unit(struct store_tx *tx, void *context)
{
    const struct access *a = context;
    return store_authority_set_status(tx, &a->scope, a->id, a->status, NULL, clock_now_us());
}

static int row_unit(struct store_tx *tx, void *context)
{
    struct access *a = context;
    return store_authority_get(tx, &a->scope, a->id, &a->row);
}

static int condemn_unit(struct store_tx *tx, void *context)
{
    const struct access *a = context;
    return store_authority_condemn(tx, &a->row, clock_now_us());
}

static struct access access_to(const char *arn)
{
    struct access a = {.id = strrchr(arn, '/') + 1};
    memcpy(a.scope.account, ops.account, sizeof a.scope.account);
    snprintf(a.scope.region, sizeof a.scope.region, "%s", OPS_REGION);
    return a;
}

static void status_force(const char *arn, const char *status)
{
    struct access a = access_to(arn);
    a.status = status;
    assert_int_equal(store_write(ops.core.store, status_unit, &a), 0);
}

/* Is its pair in the HSM? */
static bool key_exists(const char *arn)
{
    struct access a = access_to(arn);
    struct hsm_name name;
    struct hsm_key *key = NULL;
    assert_int_equal(store_read(ops.core.store, row_unit, &a), 0);
    authority_key_name(&a.row, &name);
    int rc = hsm_pair_find(ops.core.hsm, &name, buf_slice(&a.row.spki), &key);
    authority_row_free(&a.row);
    assert_true(rc == 0 || rc == CH_ENOTFOUND);
    return rc == 0;
}

struct trail_look {
    const char *event, *resource;
    unsigned count;
};

static int trail_visit(void *context, uint64_t sequence, int64_t at, struct slice record)
{
    struct trail_look *l = context;
    char *text = strndup((const char *)record.data, record.len);
    (void)sequence;
    (void)at;
    if (strstr(text, l->event) != NULL && strstr(text, l->resource) != NULL)
        l->count++;
    free(text);
    return 0;
}

static int trail_unit(struct store_tx *tx, void *context)
{
    return store_audit_list(tx, 0, 100000, trail_visit, context);
}

static unsigned trail_count(const char *event, const char *resource)
{
    struct trail_look l = {.event = event, .resource = resource};
    assert_int_equal(store_read(ops.core.store, trail_unit, &l), 0);
    return l.count;
}

static void job_run(void)
{
    assert_int_equal(destruction_job_run(&ops.core, clock_now_us()), 0);
}

static char *pending(const char *name)
{
    return ops_authority("ROOT", "EC_prime256v1", "SHA256WITHECDSA", name);
}

static void disable(const char *arn)
{
    json_decref(
        ops_ok(PCA, "UpdateCertificateAuthority", "{s:s, s:s}", ARN, arn, "Status", "DISABLED"));
}

static void delete_for(const char *arn, int days)
{
    json_decref(ops_ok(PCA, "DeleteCertificateAuthority", "{s:s, s:i}", ARN, arn,
                       "PermanentDeletionTimeInDays", days));
}

static void gone_expect(const char *arn)
{
    static const char *const operations[] = {"DescribeCertificateAuthority",
                                             "GetCertificateAuthorityCsr",
                                             "ListTags",
                                             "ListPermissions",
                                             "GetCertificateAuthorityCertificate",
                                             "RestoreCertificateAuthority",
                                             "DeleteCertificateAuthority",
                                             "UpdateCertificateAuthority"};
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        ops_refused("ResourceNotFoundException", PCA, operations[i], "{s:s}", ARN, arn);
}

static bool listed(const char *arn)
{
    json_t *out = ops_ok(PCA, "ListCertificateAuthorities", "{}");
    const json_t *list = json_object_get(out, "CertificateAuthorities");
    bool found = false;
    for (size_t i = 0; i < json_array_size(list); i++)
        found = found || strcmp(ops_text(json_array_get(list, i), "Arn"), arn) == 0;
    json_decref(out);
    return found;
}

/* ---- every operation in every state ---- */

enum { CREATING, PENDING, ACTIVE, DISABLED, EXPIRED, FAILED, DELETED, STATES };
static const char *const state_names[STATES] = {
    "CREATING", "PENDING_CERTIFICATE", "ACTIVE", "DISABLED", "EXPIRED", "FAILED", "DELETED"};

#define OK ""
#define STATE "InvalidStateException"
#define BUSY "RequestInProgressException"

/* in: members besides the ARN, JSON. What is not OK in some state must change nothing there. */
static const struct rule {
    const char *operation, *in;
    const char *expected[STATES]; /* NULL = not tried */
} rules[] = {
    {"DescribeCertificateAuthority", "{}", {OK, OK, OK, OK, OK, OK, OK}},
    {"GetCertificateAuthorityCsr", "{}", {BUSY, OK, OK, OK, OK, NULL, STATE}},
    {"UpdateCertificateAuthority",
     "{\"Status\":\"ACTIVE\"}",
     {STATE, STATE, OK, OK, STATE, STATE, STATE}},
    {"UpdateCertificateAuthority",
     "{\"Status\":\"DISABLED\"}",
     {STATE, STATE, OK, OK, STATE, STATE, STATE}},
    {"UpdateCertificateAuthority", "{}", {STATE, STATE, OK, OK, STATE, STATE, STATE}},
    {"DeleteCertificateAuthority", "{}", {OK, OK, STATE, OK, OK, OK, STATE}},
    {"RestoreCertificateAuthority", "{}", {STATE, STATE, STATE, STATE, STATE, STATE, OK}},
    {"ListTags", "{}", {OK, OK, OK, OK, OK, OK, STATE}},
    {"TagCertificateAuthority", "{\"Tags\":[{\"Key\":\"a\"}]}", {OK, OK, OK, OK, OK, OK, STATE}},
    {"UntagCertificateAuthority", "{\"Tags\":[{\"Key\":\"a\"}]}", {OK, OK, OK, OK, OK, OK, STATE}},
    {"ListPermissions", "{}", {OK, OK, OK, OK, OK, OK, STATE}},
    {"CreatePermission",
     "{\"Principal\":\"acm.amazonaws.com\",\"Actions\":[\"IssueCertificate\"]}",
     {NULL, NULL, NULL, NULL, NULL, STATE, STATE}},
    {"DeletePermission",
     "{\"Principal\":\"acm.amazonaws.com\"}",
     {NULL, NULL, NULL, NULL, NULL, NULL, STATE}},
    {"ImportCertificateAuthorityCertificate",
     "{\"Certificate\":\"AAAA\"}",
     {BUSY, "MalformedCertificateException", "MalformedCertificateException", STATE,
      "MalformedCertificateException", STATE, STATE}},
};

static void state_make(const char *arn, int wanted)
{
    ops_clock_ahead(0);
    status_force(arn, wanted == DELETED   ? "DISABLED"
                      : wanted == EXPIRED ? "ACTIVE"
                                          : state_names[wanted]);
    if (wanted == DELETED)
        delete_for(arn, 7);
    if (wanted == EXPIRED)
        ops_clock_ahead(DAY_US * 365 * 11);
}

static void rule_try(const char *arn, const struct rule *rule, int state)
{
    struct ops_answer answer;
    json_t *in = json_loads(rule->in, 0, NULL);
    json_object_set_new(in, ARN, json_string(arn));
    state_make(arn, state);
    ops_call(PCA, rule->operation, in, &answer);
    const char *type = answer.code == 0 ? OK : answer.error.type;
    if (type == NULL || strcmp(type, rule->expected[state]) != 0)
        fail_msg("%s of one that is %s: \"%s\" (%s), not \"%s\"", rule->operation,
                 state_names[state], type == NULL ? "internal" : type, answer.error.text,
                 rule->expected[state]);
    ops_answer_free(&answer);
}

static void every_operation_knows_every_state(void **state)
{
    (void)state;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "States");
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        for (int s = 0; s < STATES; s++)
            if (rules[i].expected[s] != NULL)
                rule_try(arn, &rules[i], s);
    ops_clock_ahead(0);
    status_force(arn, "ACTIVE");
    free(arn);
}

static void the_refusals_have_the_words_of_aws(void **state)
{
    (void)state;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Words");
    ops_refused("InvalidStateException", PCA, "DeleteCertificateAuthority", "{s:s}", ARN, arn);
    assert_string_equal(ops.text,
                        "The certificate authority is not in a valid state for deletion.");
    disable(arn);
    delete_for(arn, 7);
    ops_refused("InvalidStateException", PCA, "ListTags", "{s:s}", ARN, arn);
    assert_string_equal(ops.text, "The certificate authority is in the DELETED state and must be "
                                  "restored to complete this action.");
    free(arn);
}

/* ---- what the request of an authority asks for ---- */

static json_t *creation(const char *extensions)
{
    json_t *in =
        json_pack("{s:s, s:{s:s, s:s, s:{s:s}}}", "CertificateAuthorityType", "SUBORDINATE",
                  "CertificateAuthorityConfiguration", "KeyAlgorithm", "EC_prime256v1",
                  "SigningAlgorithm", "SHA256WITHECDSA", "Subject", "CommonName", "Asking");
    json_object_set_new(json_object_get(in, "CertificateAuthorityConfiguration"), "CsrExtensions",
                        json_loads(extensions, 0, NULL));
    return in;
}

static void what_cannot_be_asked_for_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"SubjectInformationAccess\":[{\"AccessMethod\":{},\"AccessLocation\":{\"DnsName\":\"a."
        "b\"}}]}",
        "{\"SubjectInformationAccess\":[{\"AccessMethod\":{\"AccessMethodType\":\"CA_REPOSITORY\","
        "\"CustomObjectIdentifier\":\"1.2.3\"},\"AccessLocation\":{\"DnsName\":\"a.b\"}}]}",
        "{\"SubjectInformationAccess\":[{\"AccessMethod\":{\"AccessMethodType\":\"CA_REPOSITORY\"},"
        "\"AccessLocation\":{}}]}",
        "{\"SubjectInformationAccess\":[{\"AccessMethod\":{\"AccessMethodType\":\"CA_REPOSITORY\"},"
        "\"AccessLocation\":{\"DnsName\":\"a.b\",\"RegisteredId\":\"1.2.3\"}}]}",
        "{\"SubjectInformationAccess\":[{\"AccessMethod\":{\"AccessMethodType\":\"CA_REPOSITORY\"},"
        "\"AccessLocation\":{\"IpAddress\":\"1.2.3\"}}]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ops_refused("InvalidArgsException", PCA, "CreateCertificateAuthority", "o",
                    creation(wrong[i]));
    ops_refused("InvalidArgsException", PCA, "CreateCertificateAuthority",
                "{s:s, s:s, s:{s:s, s:s, s:{s:s}}}", "KeyStorageSecurityStandard",
                "CCPC_LEVEL_1_OR_HIGHER", "CertificateAuthorityType", "ROOT",
                "CertificateAuthorityConfiguration", "KeyAlgorithm", "EC_prime256v1",
                "SigningAlgorithm", "SHA256WITHECDSA", "Subject", "CommonName", "x");
    assert_string_equal(ops.text, "A certificate authority cannot be created in this region with "
                                  "the specified security standard.");
}

static void subject_information_access_of_every_kind_is_in_the_request(void **state)
{
    (void)state;
    static const char *const locations[] = {
        "\"UniformResourceIdentifier\":\"rsync://example.com/a\"",
        "\"DnsName\":\"a.example\"",
        "\"Rfc822Name\":\"a@b.example\"",
        "\"IpAddress\":\"2001:db8::1\"",
        "\"RegisteredId\":\"1.2.3\"",
        "\"DirectoryName\":{\"CommonName\":\"There\"}",
        "\"OtherName\":{\"TypeId\":\"1.2.3\",\"Value\":\"v\"}",
        "\"EdiPartyName\":{\"PartyName\":\"p\",\"NameAssigner\":\"n\"}"};
    static const char *const methods[] = {
        "\"AccessMethodType\":\"CA_REPOSITORY\"", "\"AccessMethodType\":\"RESOURCE_PKI_MANIFEST\"",
        "\"AccessMethodType\":\"RESOURCE_PKI_NOTIFY\"", "\"CustomObjectIdentifier\":\"1.2.3.4\""};
    struct buf text = {0};
    struct pki_csr *csr = NULL;
    struct pki_reason why;
    bool critical = true;
    buf_printf(&text, "{\"KeyUsage\":{\"KeyCertSign\":true},\"SubjectInformationAccess\":[");
    for (size_t i = 0; i < 8; i++)
        buf_printf(&text, "%s{\"AccessMethod\":{%s},\"AccessLocation\":{%s}}", i == 0 ? "" : ",",
                   methods[i % 4], locations[i]);
    buf_put_text(&text, "]}");
    json_t *made = ops_ok(PCA, "CreateCertificateAuthority", "o", creation(buf_text(&text)));
    ops_wait();
    json_t *out = ops_ok(PCA, "GetCertificateAuthorityCsr", "{s:s}", ARN, ops_text(made, ARN));
    assert_int_equal(pki_csr_parse(slice_text(ops_text(out, "Csr")), &csr, &why), 0);
    struct slice der = pki_csr_extension(csr, "1.3.6.1.5.5.7.1.11", &critical);
    assert_false(critical);
    const uint8_t *at = der.data;
    AUTHORITY_INFO_ACCESS *all = d2i_AUTHORITY_INFO_ACCESS(NULL, &at, (long)der.len);
    assert_non_null(all);
    static const int kinds[] = {GEN_URI, GEN_DNS,     GEN_EMAIL,     GEN_IPADD,
                                GEN_RID, GEN_DIRNAME, GEN_OTHERNAME, GEN_EDIPARTY};
    assert_int_equal(sk_ACCESS_DESCRIPTION_num(all), 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(sk_ACCESS_DESCRIPTION_value(all, i)->location->type, kinds[i]);
    assert_true(pki_csr_extension(csr, "2.5.29.15", &critical).len > 0);
    AUTHORITY_INFO_ACCESS_free(all);
    pki_csr_free(csr);
    json_decref(out);
    json_decref(made);
    buf_free(&text);
}

/* ---- updating ---- */

static void only_active_and_disabled_can_be_set(void **state)
{
    (void)state;
    static const char *const refused[] = {"CREATING", "PENDING_CERTIFICATE", "DELETED", "EXPIRED",
                                          "FAILED"};
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Set");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ops_refused("InvalidArgsException", PCA, "UpdateCertificateAuthority", "{s:s, s:s}", ARN,
                    arn, "Status", refused[i]);
    ops_refused("ValidationException", PCA, "UpdateCertificateAuthority", "{s:s, s:s}", ARN, arn,
                "Status", "OFF");
    status_expect(arn, "ACTIVE");
    free(arn);
}

static void a_disabled_authority_issues_nothing_until_it_is_active_again(void **state)
{
    (void)state;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Off and on");
    char *csr = ops_csr("EC", "/CN=off.example", NULL);
    disable(arn);
    status_expect(arn, "DISABLED");
    ops_refused("InvalidStateException", PCA, "IssueCertificate", "{s:s, s:s, s:s, s:{s:s, s:i}}",
                ARN, arn, "Csr", csr, "SigningAlgorithm", "SHA256WITHECDSA", "Validity", "Type",
                "DAYS", "Value", 1);
    json_decref(
        ops_ok(PCA, "UpdateCertificateAuthority", "{s:s, s:s}", ARN, arn, "Status", "ACTIVE"));
    free(ops_issue(arn, "SHA256WITHECDSA", csr));
    free(csr);
    free(arn);
}

static void a_revocation_configuration_changes_without_the_status(void **state)
{
    (void)state;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Configured");
    json_t *before = describe(arn);
    json_decref(ops_ok(PCA, "UpdateCertificateAuthority", "{s:s, s:{s:{s:b}}}", ARN, arn,
                       "RevocationConfiguration", "CrlConfiguration", "Enabled", 0));
    json_t *after = describe(arn);
    assert_string_equal(ops_text(after, "Status"), "ACTIVE");
    assert_true(json_equal(json_object_get(before, "LastStateChangeAt"),
                           json_object_get(after, "LastStateChangeAt")));
    json_decref(after);
    json_decref(before);
    free(arn);
}

/* ---- deleting and restoring ---- */

static void the_restoration_period_is_7_to_30_days(void **state)
{
    (void)state;
    char *arn = pending("Period");
    static const int refused[] = {6, 31, 0};
    for (size_t i = 0; i < 3; i++)
        ops_refused("ValidationException", PCA, "DeleteCertificateAuthority", "{s:s, s:i}", ARN,
                    arn, "PermanentDeletionTimeInDays", refused[i]);
    json_decref(ops_ok(PCA, "DeleteCertificateAuthority", "{s:s}", ARN, arn));
    json_t *ca = describe(arn);
    double until = json_number_value(json_object_get(ca, "RestorableUntil"));
    assert_string_equal(ops_text(ca, "Status"), "DELETED");
    assert_true(until > (double)clock_now() + 30 * 86400 - 60 &&
                until < (double)clock_now() + 30 * 86400 + 60);
    assert_true(listed(arn));
    json_decref(ca);
    free(arn);
}

static void reason_expect(const char *authority, const char *reason)
{
    char *arn = ops_request(authority, "EC_prime256v1", "www.example.com");
    ops_wait();
    json_t *out = ops_ok("acm", "DescribeCertificate", "{s:s}", "CertificateArn", arn);
    assert_string_equal(ops_text(json_object_get(out, "Certificate"), "FailureReason"), reason);
    json_decref(out);
    free(arn);
}

/* Before and after the key's destruction alike. */
static void for_acm_what_can_be_restored_is_there_and_what_cannot_is_not(void **state)
{
    (void)state;
    char *root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Gone for ACM");
    disable(root);
    reason_expect(root, "PCA_INVALID_STATE");
    delete_for(root, 7);
    reason_expect(root, "PCA_INVALID_STATE");
    ops_clock_ahead(7 * DAY_US + 1000000);
    reason_expect(root, "PCA_RESOURCE_NOT_FOUND");
    job_run();
    reason_expect(root, "PCA_RESOURCE_NOT_FOUND");
    free(root);
}

static void a_disabled_authority_that_ran_out_takes_a_certificate_and_stays_disabled(void **state)
{
    (void)state;
    char *root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Above");
    char *below = ops_authority("SUBORDINATE", "EC_prime256v1", "SHA256WITHECDSA", "Below");
    const char *const template = "SubordinateCACertificate_PathLen0/V1";
    ops_authority_activate(below, root, "SHA256WITHECDSA", template, 30);
    disable(below);
    ops_clock_ahead(31 * DAY_US);
    status_expect(below, "EXPIRED");
    ops_refused("InvalidStateException", PCA, "UpdateCertificateAuthority", "{s:s, s:s}", ARN, below,
                "Status", "ACTIVE");
    ops_authority_activate(below, root, "SHA256WITHECDSA", template, 30);
    status_expect(below, "DISABLED");
    json_decref(
        ops_ok(PCA, "UpdateCertificateAuthority", "{s:s, s:s}", ARN, below, "Status", "ACTIVE"));
    free(below);
    free(root);
}

static void restoring_gives_back_what_was(void **state)
{
    (void)state;
    char *root = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Restored");
    char *waiting = pending("Restored, waiting");
    disable(root);
    delete_for(root, 7);
    delete_for(waiting, 7);
    ops_clock_ahead(7 * DAY_US - 60 * INT64_C(1000000));
    job_run();
    json_decref(ops_ok(PCA, "RestoreCertificateAuthority", "{s:s}", ARN, root));
    json_decref(ops_ok(PCA, "RestoreCertificateAuthority", "{s:s}", ARN, waiting));
    status_expect(root, "DISABLED");
    status_expect(waiting, "PENDING_CERTIFICATE");
    json_t *ca = describe(root);
    assert_null(json_object_get(ca, "RestorableUntil"));
    json_decref(ca);
    ops_clock_ahead(8 * DAY_US);
    job_run();
    assert_true(key_exists(root));
    json_decref(
        ops_ok(PCA, "UpdateCertificateAuthority", "{s:s, s:s}", ARN, root, "Status", "ACTIVE"));
    free(waiting);
    free(root);
}

static void what_never_had_a_certificate_request_is_gone_at_once(void **state)
{
    (void)state;
    char *failed = pending("Failed");
    status_force(failed, "FAILED");
    json_decref(ops_ok(PCA, "DeleteCertificateAuthority", "{s:s}", ARN, failed));
    gone_expect(failed);
    assert_false(listed(failed));
    job_run();
    assert_false(key_exists(failed));

    ops_maker_stop();
    json_t *made = ops_ok(PCA, "CreateCertificateAuthority", "{s:s, s:{s:s, s:s, s:{s:s}}}",
                          "CertificateAuthorityType", "ROOT", "CertificateAuthorityConfiguration",
                          "KeyAlgorithm", "EC_prime256v1", "SigningAlgorithm", "SHA256WITHECDSA",
                          "Subject", "CommonName", "Never");
    const char *arn = ops_text(made, ARN);
    json_decref(ops_ok(PCA, "DeleteCertificateAuthority", "{s:s}", ARN, arn));
    ops_maker_start();
    ops_wait();
    job_run();
    gone_expect(arn);
    assert_int_equal(trail_count("DestroyCertificateAuthorityKey", arn), 1);
    json_decref(made);
    free(failed);
}

/* The pair is being made while its authority is deleted: the job waits, and nothing stays behind.
 */
static void a_key_that_is_just_being_made_is_destroyed_after_that(void **state)
{
    (void)state;
    char *arn = pending("Claimed");
    status_force(arn, "CREATING");
    assert_int_equal(key_maker_claim(ops.core.key_maker, strrchr(arn, '/') + 1), 0);
    json_decref(ops_ok(PCA, "DeleteCertificateAuthority", "{s:s}", ARN, arn));
    assert_int_equal(destruction_job_run(&ops.core, clock_now_us()), CH_EBUSY);
    key_maker_release(ops.core.key_maker, strrchr(arn, '/') + 1);
    job_run();
    assert_false(key_exists(arn));
    free(arn);
}

/* ---- the end ---- */

static void after_the_period_key_tags_and_permissions_are_destroyed(void **state)
{
    (void)state;
    char *arn = ops_root("EC_prime256v1", "SHA256WITHECDSA", "Ended");
    json_decref(
        ops_ok(PCA, "TagCertificateAuthority", "{s:s, s:[{s:s}]}", ARN, arn, "Tags", "Key", "k"));
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s]}", ARN, arn, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate"));
    disable(arn);
    delete_for(arn, 7);
    ops_clock_ahead(7 * DAY_US + 1000000);
    gone_expect(arn);
    assert_true(key_exists(arn));
    int64_t due = 0;
    assert_int_equal(destruction_job_due(&ops.core, &due), 0);
    assert_true(due <= clock_now_us());
    job_run();
    assert_false(key_exists(arn));
    job_run();
    assert_int_equal(trail_count("DestroyCertificateAuthorityKey", arn), 1);
    ops_clock_ahead(0); /* a clock that is set back brings nothing back but the row */
    ops_refused("InvalidStateException", PCA, "RestoreCertificateAuthority", "{s:s}", ARN, arn);
    free(arn);
}

static void a_destruction_that_was_cut_off_is_finished(void **state)
{
    (void)state;
    char *arn = pending("Cut off");
    delete_for(arn, 7);
    ops_clock_ahead(7 * DAY_US + 1000000);
    struct access a = access_to(arn);
    assert_int_equal(store_read(ops.core.store, row_unit, &a), 0);
    assert_int_equal(store_write(ops.core.store, condemn_unit, &a), 0);
    ops_restart();
    ops_clock_ahead(0);
    ops_refused("InvalidStateException", PCA, "RestoreCertificateAuthority", "{s:s}", ARN, arn);
    assert_true(key_exists(arn));
    ops_clock_ahead(7 * DAY_US + 1000000);
    job_run();
    assert_false(key_exists(arn));
    authority_row_free(&a.row);
    free(arn);
}

/* ---- tags and permissions ---- */

static void tags_are_put_listed_in_pages_and_taken_off(void **state)
{
    (void)state;
    char *arn = pending("Tagged");
    ops_refused("InvalidTagException", PCA, "TagCertificateAuthority", "{s:s, s:[{s:s}]}", ARN, arn,
                "Tags", "Key", "aws:x");
    ops_refused("InvalidTagException", PCA, "UntagCertificateAuthority", "{s:s, s:[{s:s}]}", ARN,
                arn, "Tags", "Key", "aws:x");
    json_decref(ops_ok(PCA, "TagCertificateAuthority", "{s:s, s:[{s:s,s:s},{s:s,s:s},{s:s}]}", ARN,
                       arn, "Tags", "Key", "a", "Value", "1", "Key", "b", "Value", "2", "Key",
                       "c"));
    json_t *page = ops_ok(PCA, "ListTags", "{s:s, s:i}", ARN, arn, "MaxResults", 2);
    assert_int_equal(json_array_size(json_object_get(page, "Tags")), 2);
    json_t *rest = ops_ok(PCA, "ListTags", "{s:s, s:i, s:s}", ARN, arn, "MaxResults", 2,
                          "NextToken", ops_text(page, "NextToken"));
    assert_int_equal(json_array_size(json_object_get(rest, "Tags")), 1);
    assert_string_equal(ops_text(json_array_get(json_object_get(rest, "Tags"), 0), "Key"), "c");
    assert_null(json_object_get(rest, "NextToken"));
    ops_refused("ValidationException", PCA, "ListTags", "{s:s, s:s}", ARN, arn, "NextToken", "x");
    json_decref(ops_ok(PCA, "UntagCertificateAuthority", "{s:s, s:[{s:s,s:s},{s:s}]}", ARN, arn,
                       "Tags", "Key", "a", "Value", "other", "Key", "b"));
    json_t *all = ops_ok(PCA, "ListTags", "{s:s}", ARN, arn);
    assert_int_equal(json_array_size(json_object_get(all, "Tags")), 2);
    json_decref(all);
    json_decref(rest);
    json_decref(page);
    free(arn);
}

static void at_most_50_tags(void **state)
{
    (void)state;
    char *arn = pending("Many tags");
    json_t *tags = json_array();
    for (int i = 0; i < 50; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        json_array_append_new(tags, json_pack("{s:s}", "Key", key));
    }
    json_decref(ops_ok(PCA, "TagCertificateAuthority", "{s:s, s:o}", ARN, arn, "Tags", tags));
    ops_refused("TooManyTagsException", PCA, "TagCertificateAuthority", "{s:s, s:[{s:s}]}", ARN,
                arn, "Tags", "Key", "one more");
    free(arn);
}

static void a_permission_is_listed_and_taken_back(void **state)
{
    (void)state;
    char *arn = pending("Permitted");
    json_t *none = ops_ok(PCA, "ListPermissions", "{s:s}", ARN, arn);
    assert_int_equal(json_array_size(json_object_get(none, "Permissions")), 0);
    ops_refused("ResourceNotFoundException", PCA, "DeletePermission", "{s:s, s:s}", ARN, arn,
                "Principal", "acm.amazonaws.com");
    json_decref(ops_ok(PCA, "CreatePermission", "{s:s, s:s, s:[s, s]}", ARN, arn, "Principal",
                       "acm.amazonaws.com", "Actions", "IssueCertificate", "GetCertificate"));
    json_t *one = ops_ok(PCA, "ListPermissions", "{s:s, s:i}", ARN, arn, "MaxResults", 1);
    const json_t *permission = json_array_get(json_object_get(one, "Permissions"), 0);
    assert_string_equal(ops_text(permission, ARN), arn);
    assert_string_equal(ops_text(permission, "Principal"), "acm.amazonaws.com");
    assert_string_equal(ops_text(permission, "SourceAccount"), ops.account);
    assert_int_equal(json_array_size(json_object_get(permission, "Actions")), 2);
    assert_true(json_is_number(json_object_get(permission, "CreatedAt")));
    assert_null(json_object_get(one, "NextToken"));
    ops_refused("InvalidNextTokenException", PCA, "ListPermissions", "{s:s, s:s}", ARN, arn,
                "NextToken", "x");
    ops_refused("ResourceNotFoundException", PCA, "DeletePermission", "{s:s, s:s, s:s}", ARN, arn,
                "Principal", "acm.amazonaws.com", "SourceAccount", "999999999999");
    json_decref(ops_ok(PCA, "DeletePermission", "{s:s, s:s, s:s}", ARN, arn, "Principal",
                       "acm.amazonaws.com", "SourceAccount", ops.account));
    json_t *gone = ops_ok(PCA, "ListPermissions", "{s:s}", ARN, arn);
    assert_int_equal(json_array_size(json_object_get(gone, "Permissions")), 0);
    json_decref(gone);
    json_decref(one);
    json_decref(none);
    free(arn);
}

#define TEST(function) cmocka_unit_test_teardown(function, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_operation_knows_every_state),
        TEST(the_refusals_have_the_words_of_aws),
        TEST(what_cannot_be_asked_for_is_refused),
        TEST(subject_information_access_of_every_kind_is_in_the_request),
        TEST(only_active_and_disabled_can_be_set),
        TEST(a_disabled_authority_issues_nothing_until_it_is_active_again),
        TEST(a_revocation_configuration_changes_without_the_status),
        TEST(the_restoration_period_is_7_to_30_days),
        TEST(for_acm_what_can_be_restored_is_there_and_what_cannot_is_not),
        TEST(a_disabled_authority_that_ran_out_takes_a_certificate_and_stays_disabled),
        TEST(restoring_gives_back_what_was),
        TEST(what_never_had_a_certificate_request_is_gone_at_once),
        TEST(a_key_that_is_just_being_made_is_destroyed_after_that),
        TEST(after_the_period_key_tags_and_permissions_are_destroyed),
        TEST(a_destruction_that_was_cut_off_is_finished),
        TEST(tags_are_put_listed_in_pages_and_taken_off),
        TEST(at_most_50_tags),
        TEST(a_permission_is_listed_and_taken_back),
    };
    return cmocka_run_group_tests(tests, ops_setup, ops_teardown);
}
