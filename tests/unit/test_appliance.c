/* Provisioning, whole and interrupted; opening; the keys of the system; the management CA. */
#include "tests/unit/core_kit.h"

#include "ca/arn.h"
#include "ca/keyring.h"
#include "ca/management.h"
#include "ca/operator.h"
#include "ca/pki/pki.h"
#include "firmware/base/channel.h"
#include "firmware/base/clock.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- provisioning; in children, for a process that has used the module must not fork ---- */

static int provision_and_open(void)
{
    struct appliance appliance;
    struct core core;
    int r = appliance_provision(core_kit.state, &core_kit.config, NULL, &appliance);
    if (r != 0)
        return 10;
    bool whole = strlen(appliance.account) == 12 && appliance.account[0] != '0' &&
                 strlen(appliance.access_key_id) == 20 &&
                 secret_len(appliance.secret_access_key) == 40 && appliance.bundle.len > 0;
    appliance_free(&appliance);
    r = core_open(core_kit.state, &core_kit.config, NULL, &core);
    if (r != 0)
        return 11;
    core_close(&core);
    return whole ? 0 : 12;
}

/* Runs work in a child; kills it after that many microseconds (0 = lets it finish). Its exit status, or -1 when killed. */
static int in_child(int (*work)(void), long kill_after_us)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(work());
    if (kill_after_us > 0) {
        struct timespec wait = {kill_after_us / 1000000, kill_after_us % 1000000 * 1000};
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run(const char *format)
{
    char command[1024];
    snprintf(command, sizeof command, "cd '%s' && %s", core_kit.state, format);
    assert_int_equal(system(command), 0);
}

static void provisioning_killed_at_any_moment_is_completed_by_the_next(void **state)
{
    (void)state;
    int killed = 0;
    for (long moment = 5000; moment <= 400000; moment *= 2) {
        core_kit_folder_make();
        for (int again = 0; again < 2; again++)
            killed += in_child(provision_and_open, moment + again * 7001) == -1;
        assert_int_equal(in_child(provision_and_open, 0), 0);
        core_kit_folder_remove();
    }
    assert_true(killed > 3);
}

static int provision_twice(void)
{
    struct appliance first, second;
    if (appliance_provision(core_kit.state, &core_kit.config, NULL, &first) != 0 || first.existed)
        return 1;
    if (appliance_provision(core_kit.state, &core_kit.config, NULL, &second) != 0 || !second.existed)
        return 2;
    bool same = strcmp(first.account, second.account) == 0 &&
                strcmp(first.access_key_id, second.access_key_id) == 0 &&
                slice_equal(secret_slice(first.secret_access_key),
                            secret_slice(second.secret_access_key)) &&
                slice_equal(buf_slice(&first.bundle), buf_slice(&second.bundle));
    appliance_free(&first);
    appliance_free(&second);
    return same ? 0 : 3;
}

static void provisioning_again_changes_nothing(void **state)
{
    (void)state;
    core_kit_folder_make();
    assert_int_equal(in_child(provision_twice, 0), 0);
    core_kit_folder_remove();
}

static int open_only(void)
{
    struct core core;
    int r = core_open(core_kit.state, &core_kit.config, NULL, &core);
    if (r == 0)
        core_close(&core);
    return -r;
}

static void what_was_not_provisioned_does_not_open(void **state)
{
    (void)state;
    core_kit_folder_make();
    assert_int_equal(in_child(open_only, 0), -CH_ENOTFOUND);
    core_kit_folder_remove();
}

static int provision_only(void)
{
    struct appliance appliance;
    int r = appliance_provision(core_kit.state, &core_kit.config, NULL, &appliance);
    if (r == 0)
        appliance_free(&appliance);
    return -r;
}

static void a_wrong_pin_is_told_as_such(void **state)
{
    (void)state;
    core_kit_folder_make();
    assert_int_equal(in_child(provision_only, 0), 0);
    run("printf 'not-the-pin\\n' > pin");
    assert_int_equal(in_child(open_only, 0), -CH_EPIN);
    core_kit_folder_remove();
}

/* The worst that could be done with another token of the same name is to make new keys in it. */
static void a_token_that_lost_its_keys_is_never_filled_anew(void **state)
{
    (void)state;
    core_kit_folder_make();
    assert_int_equal(in_child(provision_only, 0), 0);
    run("rm -rf token && mkdir token && softhsm2-util --init-token --free --label core-kit "
        "--pin kit-pin-1234 --so-pin 12345678 >/dev/null");
    assert_int_not_equal(in_child(open_only, 0), 0);
    assert_int_not_equal(in_child(provision_only, 0), 0);
    run("test $(find token -name '*.object' | wc -l) -le 1");
    core_kit_folder_remove();
}

/* ---- an open appliance ---- */

static const struct scope scope = {"111122223333", "us-east-1"};

static void each_scope_and_class_has_its_own_key(void **state)
{
    (void)state;
    struct hsm_custody a, b, c, again;
    const struct scope other = {"111122223333", "eu-west-1"};
    assert_int_equal(core_custody(&core_kit.core, &scope, true, &a), 0);
    assert_int_equal(core_custody(&core_kit.core, &scope, false, &b), 0);
    assert_int_equal(core_custody(&core_kit.core, &other, true, &c), 0);
    assert_int_equal(core_custody(&core_kit.core, &scope, true, &again), 0);
    assert_ptr_not_equal(a.kek, b.kek);
    assert_ptr_not_equal(a.kek, c.kek);
    assert_ptr_equal(a.kek, again.kek);
    assert_ptr_equal(a.mac, core_kit.core.binding);
}

static void a_key_is_found_again_by_the_id_in_a_wrapped_key(void **state)
{
    (void)state;
    static const char arn[] = "arn:aws:acm:us-east-1:111122223333:certificate/1";
    struct hsm_custody made, found;
    struct hsm_wrapped wrapped = {0};
    struct buf signature = {0};
    const uint8_t nobody[HSM_ID_SIZE] = {1, 2, 3};
    assert_int_equal(core_custody(&core_kit.core, &scope, true, &made), 0);
    assert_int_equal(hsm_subscriber_generate(core_kit.core.hsm, &made, KEY_ALG_P256,
                                             slice_text(arn), true, &wrapped),
                     0);
    core_kit_reopen();
    assert_int_equal(core_custody_by_id(&core_kit.core, wrapped.kek_id, &found), 0);
    assert_int_equal(hsm_subscriber_sign(core_kit.core.hsm, &found, &wrapped, slice_text(arn),
                                         SIG_ALG_SHA256WITHECDSA, slice_text("text"), &signature),
                     0);
    assert_int_equal(core_custody_by_id(&core_kit.core, nobody, &found), CH_ENOTFOUND);
    assert_null(found.kek);
    buf_free(&signature);
    hsm_wrapped_free(&wrapped);
}

struct intent {
    const char *setting, *id;
};

static int intent_put(struct store_tx *tx, void *context)
{
    const struct intent *i = context;
    return store_setting_put(tx, i->setting, i->id);
}

/* As after a crash between the HSM and the row: the object is there, its row is not. */
static void a_key_made_just_before_a_crash_is_adopted(void **state)
{
    (void)state;
    struct intent intent = {"intent/kek/orphan", "00112233445566778899aabbccddeeff"};
    struct hsm_name name = {.label = "chancery/kek/orphan"};
    struct hsm_key *orphan = NULL, *adopted = NULL;
    assert_int_equal(hex_decode(intent.id, 32, name.id), 0);
    assert_int_equal(store_write(core_kit.core.store, intent_put, &intent), 0);
    assert_int_equal(hsm_secret_generate(core_kit.core.hsm, &name, HSM_SECRET_KEK_EXPORT), 0);
    assert_int_equal(hsm_secret_find(core_kit.core.hsm, &name, HSM_SECRET_KEK_EXPORT, &orphan), 0);
    assert_int_equal(keyring_secret_ensure(core_kit.core.keyring, "kek/orphan",
                                           HSM_SECRET_KEK_EXPORT, &adopted),
                     0);
    assert_ptr_equal(adopted, orphan);
    core_kit_reopen();
    assert_int_equal(keyring_secret_find(core_kit.core.keyring, "kek/orphan", &adopted), 0);
}

static void a_key_that_was_only_intended_is_made(void **state)
{
    (void)state;
    struct intent intent = {"intent/kek/planned", "ffeeddccbbaa99887766554433221100"};
    struct hsm_key *made = NULL, *by_id = NULL;
    uint8_t id[HSM_ID_SIZE];
    assert_int_equal(hex_decode(intent.id, 32, id), 0);
    assert_int_equal(store_write(core_kit.core.store, intent_put, &intent), 0);
    assert_int_equal(keyring_secret_find(core_kit.core.keyring, "kek/planned", &made),
                     CH_ENOTFOUND);
    assert_int_equal(keyring_secret_ensure(core_kit.core.keyring, "kek/planned",
                                           HSM_SECRET_KEK_NO_EXPORT, &made),
                     0);
    assert_int_equal(keyring_secret_find_by_id(core_kit.core.keyring, id, &by_id), 0);
    assert_ptr_equal(made, by_id);
}

/* A half-made pair cannot be trusted, and nothing was signed with it: it is made anew. */
static void a_pair_made_just_before_a_crash_is_made_again(void **state)
{
    (void)state;
    struct intent intent = {"intent/pair-orphan", "0f0e0d0c0b0a09080706050403020100"};
    struct hsm_name name = {.label = "chancery/pair-orphan"};
    struct buf spki = {0};
    struct system_key_row row;
    struct hsm_key *key = NULL;
    assert_int_equal(hex_decode(intent.id, 32, name.id), 0);
    assert_int_equal(store_write(core_kit.core.store, intent_put, &intent), 0);
    assert_int_equal(hsm_pair_generate(core_kit.core.hsm, &name, KEY_ALG_P256, &spki), 0);
    assert_int_equal(keyring_pair_ensure(core_kit.core.keyring, "pair-orphan", &row, &key), 0);
    assert_false(slice_equal(buf_slice(&row.spki), buf_slice(&spki)));
    assert_memory_equal(row.hsm_id, name.id, HSM_ID_SIZE);
    system_key_row_free(&row);
    buf_free(&spki);
}

static void a_key_that_the_token_lost_is_damage_and_not_made_again(void **state)
{
    (void)state;
    struct hsm_name name = {.label = "chancery/pair-lost"};
    struct system_key_row row;
    struct hsm_key *key = NULL;
    assert_int_equal(keyring_pair_ensure(core_kit.core.keyring, "pair-lost", &row, &key), 0);
    memcpy(name.id, row.hsm_id, HSM_ID_SIZE);
    system_key_row_free(&row);
    assert_int_equal(hsm_pair_destroy(core_kit.core.hsm, &name), 0);
    assert_int_equal(keyring_pair_ensure(core_kit.core.keyring, "pair-lost", &row, &key),
                     CH_EINTEGRITY);
    assert_null(key);
}

/* ---- intents of certificates ---- */

static int intent_insert(struct store_tx *tx, void *context)
{
    return store_issued_insert(tx, context);
}

static int intent_get(struct store_tx *tx, void *context)
{
    struct issued_row *row = context;
    return store_issued_get(tx, &scope, "5ec7a1b2-0000-4000-8000-000000000001",
                            "00112233445566778899aabbccddeeff", row);
}

static int authority_insert(struct store_tx *tx, void *context)
{
    return store_authority_insert(tx, context);
}

static void authority_make(void)
{
    struct authority_row row = {.scope = scope,
                                .id = "5ec7a1b2-0000-4000-8000-000000000001",
                                .type = strdup("ROOT"),
                                .status = strdup("CREATING"),
                                .usage_mode = strdup("GENERAL_PURPOSE"),
                                .key_storage = strdup("FIPS_140_2_LEVEL_3_OR_HIGHER"),
                                .configuration = strdup("{}"),
                                .created_at = 1};
    assert_int_equal(store_write(core_kit.core.store, authority_insert, &row), 0);
    authority_row_free(&row);
}

static void a_certificate_begun_and_not_finished_is_failed_at_start(void **state)
{
    (void)state;
    struct issued_row intent = {.scope = scope,
                                .authority = "5ec7a1b2-0000-4000-8000-000000000001",
                                .id = "00112233445566778899aabbccddeeff",
                                .serial = {1, 2, 3},
                                .state = strdup("INTENT"),
                                .template_name = strdup("EndEntityCertificate/V1"),
                                .not_before = 1,
                                .not_after = 2,
                                .created_at = 1};
    struct issued_row after = {0};
    authority_make();
    assert_int_equal(store_write(core_kit.core.store, intent_insert, &intent), 0);
    issued_row_free(&intent);
    core_kit_reopen();
    assert_int_equal(store_read(core_kit.core.store, intent_get, &after), 0);
    assert_string_equal(after.state, "FAILED");
    issued_row_free(&after);
}

/* ---- the management CA ---- */

static struct buf csr_make(const char *curve, bool damaged)
{
    struct buf der = {0};
    unsigned char *bytes = NULL;
    EVP_PKEY *key = EVP_EC_gen(curve);
    X509_REQ *csr = X509_REQ_new();
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(csr), "CN", MBSTRING_ASC,
                               (const unsigned char *)"evil.example", -1, -1, 0);
    X509_REQ_set_pubkey(csr, key);
    assert_true(X509_REQ_sign(csr, key, EVP_sha256()) > 0);
    int len = i2d_X509_REQ(csr, &bytes);
    assert_int_equal(buf_put(&der, bytes, (size_t)len), 0);
    if (damaged)
        der.data[der.len - 1] ^= 1;
    OPENSSL_free(bytes);
    X509_REQ_free(csr);
    EVP_PKEY_free(key);
    return der;
}

static X509 *pem_parse(struct slice pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(x);
    return x;
}

static void the_front_gets_a_certificate_for_the_names_of_the_configuration(void **state)
{
    (void)state;
    struct management_certificate made;
    struct buf csr = csr_make("P-256", false);
    uint64_t records = core_kit_record_count();
    core_kit_reopen();
    int64_t before = clock_now() + core_kit.config.manage_certificate_lifetime;
    assert_int_equal(management_certify(core_kit.core.management, buf_slice(&csr), &made), 0);
    int64_t after = clock_now() + core_kit.config.manage_certificate_lifetime;
    X509 *leaf = pem_parse(buf_slice(&made.chain));
    X509 *ca = pem_parse(buf_slice(&core_kit.appliance.bundle));
    X509_STORE *trust = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    X509_STORE_add_cert(trust, ca);
    X509_STORE_CTX_init(check, trust, leaf, NULL);
    X509_STORE_CTX_set_purpose(check, X509_PURPOSE_SSL_SERVER);
    assert_int_equal(X509_verify_cert(check), 1);
    assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "::1", 0), 1);
    assert_int_equal(X509_check_host(leaf, "evil.example", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ca(leaf), 0);
    assert_in_range(made.not_after, before, after);
    assert_int_equal(core_kit_record_count(), records + 1);
    X509_STORE_CTX_free(check);
    X509_STORE_free(trust);
    X509_free(ca);
    X509_free(leaf);
    buf_free(&made.chain);
    buf_free(&csr);
}

static void requests_without_proof_or_with_another_key_type_are_refused(void **state)
{
    (void)state;
    struct management_certificate made;
    struct buf damaged = csr_make("P-256", true), other = csr_make("P-384", false);
    core_kit_reopen();
    assert_int_equal(management_certify(core_kit.core.management, buf_slice(&damaged), &made),
                     CH_EINVAL);
    assert_int_equal(management_certify(core_kit.core.management, buf_slice(&other), &made),
                     CH_EINVAL);
    assert_int_equal(management_certify(core_kit.core.management, slice_text("x"), &made),
                     CH_EINVAL);
    assert_int_equal(made.chain.len, 0);
    buf_free(&damaged);
    buf_free(&other);
}

static void a_front_gone_mad_does_not_get_certificates_without_end(void **state)
{
    (void)state;
    struct management_certificate made;
    struct buf csr = csr_make("P-256", false);
    int good = 0, r = 0;
    core_kit_reopen();
    for (int i = 0; i < 15; i++) {
        r = management_certify(core_kit.core.management, buf_slice(&csr), &made);
        good += r == 0;
        buf_free(&made.chain);
    }
    assert_int_equal(r, CH_ELIMIT);
    assert_int_equal(good, 10);
    buf_free(&csr);
}

static void names_of_servers_become_names_and_addresses(void **state)
{
    (void)state;
    static const char *const names[] = {"a.example", "192.0.2.1", "2001:db8::1"};
    static const char *const empty[] = {""};
    struct buf der = {0};
    assert_int_equal(pki_host_names_build(names, 3, &der), 0);
    const unsigned char *at = der.data;
    GENERAL_NAMES *list = d2i_GENERAL_NAMES(NULL, &at, (long)der.len);
    assert_int_equal(sk_GENERAL_NAME_num(list), 3);
    assert_int_equal(sk_GENERAL_NAME_value(list, 0)->type, GEN_DNS);
    assert_int_equal(sk_GENERAL_NAME_value(list, 1)->type, GEN_IPADD);
    assert_int_equal(ASN1_STRING_length(sk_GENERAL_NAME_value(list, 1)->d.iPAddress), 4);
    assert_int_equal(ASN1_STRING_length(sk_GENERAL_NAME_value(list, 2)->d.iPAddress), 16);
    GENERAL_NAMES_free(list);
    buf_free(&der);
    assert_int_equal(pki_host_names_build(names, 0, &der), CH_EINVAL);
    assert_int_equal(pki_host_names_build(empty, 1, &der), CH_EINVAL);
    buf_free(&der);
}

/* ---- the operator socket ---- */

static int socket_listen(char path[108])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(path, 108, "%.80s/operator.sock", core_kit.state);
    memcpy(address.sun_path, path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static struct channel *operator_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    struct channel *c = channel_new(fd, ROLE_OPERATOR, ROLE_CORE, 5000);
    channel_set_receive_timeout(c, 10000);
    return c;
}

static void the_operator_socket_answers_one_after_the_other_and_stops_at_once(void **state)
{
    (void)state;
    struct operator *o = NULL;
    struct msg_status question = {0};
    struct frame reply;
    char path[108];
    int listening = socket_listen(path);
    assert_int_equal(operator_new(&core_kit.core, core_kit.state, listening, &o), 0);
    for (int i = 0; i < 3; i++) {
        struct channel *c = operator_connect(path);
        assert_int_equal(channel_send(c, MSG_STATUS, 1, &question, -1), 0);
        assert_int_equal(channel_receive(c, &reply), 0);
        assert_int_equal(reply.header.type, MSG_STATUS_REPLY);
        frame_free(&reply);
        channel_free(c);
    }
    struct channel *silent = operator_connect(path);
    int64_t before = clock_monotonic_ms();
    operator_free(o);
    assert_true(clock_monotonic_ms() - before < 30000);
    channel_free(silent);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(provisioning_killed_at_any_moment_is_completed_by_the_next),
        cmocka_unit_test(provisioning_again_changes_nothing),
        cmocka_unit_test(what_was_not_provisioned_does_not_open),
        cmocka_unit_test(a_wrong_pin_is_told_as_such),
        cmocka_unit_test(a_token_that_lost_its_keys_is_never_filled_anew),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scope_and_class_has_its_own_key),
        cmocka_unit_test(a_key_is_found_again_by_the_id_in_a_wrapped_key),
        cmocka_unit_test(a_key_made_just_before_a_crash_is_adopted),
        cmocka_unit_test(a_key_that_was_only_intended_is_made),
        cmocka_unit_test(a_pair_made_just_before_a_crash_is_made_again),
        cmocka_unit_test(a_key_that_the_token_lost_is_damage_and_not_made_again),
        cmocka_unit_test(a_certificate_begun_and_not_finished_is_failed_at_start),
        cmocka_unit_test(the_front_gets_a_certificate_for_the_names_of_the_configuration),
        cmocka_unit_test(requests_without_proof_or_with_another_key_type_are_refused),
        cmocka_unit_test(a_front_gone_mad_does_not_get_certificates_without_end),
        cmocka_unit_test(names_of_servers_become_names_and_addresses),
        cmocka_unit_test(the_operator_socket_answers_one_after_the_other_and_stops_at_once),
    };
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, core_kit_setup, core_kit_teardown);
}
