/* Tests of ca/issue.c: the one road to a CA's key, and what it lets through. */
#include "tests/unit/ops_kit.h"

#include "ca/issue.h"
#include "firmware/base/clock.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EC_SIG "SHA256WITHECDSA"
#define DAY INT64_C(86400)

struct fixture {
    struct scope scope;
    const char *id;
    struct authority_row row;
    struct buf subject, spki;
    struct issue_order order;
    struct issued_row intent;
    struct pki_reason why;
};

static char *root;

static int setup(void **state)
{
    ops_setup(state);
    root = ops_root("EC_prime256v1", EC_SIG, "Road");
    return 0;
}

static int teardown(void **state)
{
    free(root);
    return ops_teardown(state);
}

static int load_unit(struct store_tx *tx, void *context)
{
    struct fixture *f = context;
    return store_authority_get(tx, &f->scope, f->id, &f->row);
}

static void key_fresh(struct buf *spki)
{
    unsigned char *der = NULL;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    assert_int_equal(buf_put(spki, der, (size_t)len), 0);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}

/* An order that is right in every way, for a month. */
static void fixture_make(struct fixture *f)
{
    struct pki_attribute name = {"2.5.4.3", "road.example.com"};
    memset(f, 0, sizeof *f);
    memcpy(f->scope.account, ops.account, sizeof f->scope.account);
    snprintf(f->scope.region, sizeof f->scope.region, OPS_REGION);
    f->id = strrchr(root, '/') + 1;
    assert_int_equal(store_read(ops.core.store, load_unit, f), 0);
    assert_int_equal(pki_name_build(&name, 1, &f->subject), 0);
    key_fresh(&f->spki);
    f->order = (struct issue_order){
        .authority = &f->row,
        .profile = pki_profile_find("EndEntityCertificate/V1"),
        .sig_alg = SIG_ALG_SHA256WITHECDSA,
        .subject = buf_slice(&f->subject),
        .spki = buf_slice(&f->spki),
        .not_before = clock_now() - 3600,
        .not_after = clock_now() + 30 * DAY,
    };
}

static void fixture_free(struct fixture *f)
{
    issued_row_free(&f->intent);
    buf_free(&f->spki);
    buf_free(&f->subject);
    authority_row_free(&f->row);
}

static int check(struct fixture *f)
{
    return issue_check(&ops.core, &f->order, clock_now_us(), &f->why);
}

static void status_set(struct fixture *f, const char *status)
{
    free(f->row.status);
    f->row.status = strdup(status);
}

/* ---- intents ---- */

static void serials_are_positive_long_and_never_repeat(void **state)
{
    (void)state;
    uint8_t seen[64][PKI_SERIAL_SIZE];
    for (size_t i = 0; i < 64; i++) {
        struct fixture f;
        fixture_make(&f);
        assert_int_equal(issue_intend(&ops.core, &f.order, &f.intent), 0);
        assert_int_equal(f.intent.serial[0], ops.core.node);
        assert_in_range(f.intent.serial[0], 1, 0x7f);
        assert_string_equal(f.intent.state, "INTENT");
        assert_int_equal(strlen(f.intent.id), 32);
        assert_int_equal(f.intent.certificate.len, 0);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(seen[k], f.intent.serial, PKI_SERIAL_SIZE);
        memcpy(seen[i], f.intent.serial, PKI_SERIAL_SIZE);
        fixture_free(&f);
    }
}

/* What an index of the store holds side by side; see id_make in ca/issue.c. */
static void ids_and_serials_of_one_time_are_neighbours(void **state)
{
    (void)state;
    struct fixture first, second;
    fixture_make(&first);
    fixture_make(&second);
    int64_t before = clock_now();
    assert_int_equal(issue_intend(&ops.core, &first.order, &first.intent), 0);
    assert_int_equal(issue_intend(&ops.core, &second.order, &second.intent), 0);
    int64_t after = clock_now();
    uint8_t id[16];
    assert_int_equal(hex_decode(first.intent.id, 32, id), 0);
    int64_t at = ((int64_t)id[0] << 24) + (id[1] << 16) + (id[2] << 8) + id[3];
    assert_in_range(at, before, after);
    assert_memory_equal(first.intent.serial + 1, id + 1, 3);
    /* the random parts: 96 and 128 bits */
    assert_memory_not_equal(first.intent.id + 8, second.intent.id + 8, 24);
    assert_memory_not_equal(first.intent.serial + 4, second.intent.serial + 4, 16);
    fixture_free(&first);
    fixture_free(&second);
}

static void a_node_octet_out_of_range_still_gives_a_positive_serial(void **state)
{
    (void)state;
    uint8_t node = ops.core.node;
    static const uint8_t nodes[] = {0, 0x80, 0xff};
    for (size_t i = 0; i < sizeof nodes; i++) {
        struct fixture f;
        fixture_make(&f);
        ops.core.node = nodes[i];
        assert_int_equal(issue_intend(&ops.core, &f.order, &f.intent), 0);
        assert_in_range(f.intent.serial[0], 1, 0x7f);
        fixture_free(&f);
    }
    ops.core.node = node;
}

/* ---- signing ---- */

static void the_certificate_has_the_serial_of_its_intent(void **state)
{
    (void)state;
    struct fixture f;
    struct pki_certificate *c = NULL;
    char text[PKI_SERIAL_TEXT_SIZE];
    char first[8];
    fixture_make(&f);
    assert_int_equal(issue_intend(&ops.core, &f.order, &f.intent), 0);
    assert_int_equal(issue_sign(&ops.core, &f.order, &f.intent, &f.why), 0);
    assert_string_equal(f.intent.state, "ISSUED");
    assert_true(f.intent.issued_at > 0);
    assert_int_equal(pki_certificate_parse(buf_slice(&f.intent.certificate), &c, &f.why), 0);
    pki_certificate_serial(c, text);
    snprintf(first, sizeof first, "%02x:%02x:", f.intent.serial[0], f.intent.serial[1]);
    assert_int_equal(strncmp(text, first, 6), 0);
    assert_int_equal(f.intent.not_after, pki_certificate_not_after(c) * 1000000);
    assert_int_equal(f.intent.not_before, pki_certificate_not_before(c) * 1000000);
    pki_certificate_free(c);
    fixture_free(&f);
}

static void what_breaks_a_rule_is_refused_before_the_intent_is_committed(void **state)
{
    (void)state;
    static const uint8_t dns[] = {0x30, 0x05, 0x82, 0x03, 'a', '_', 'b'};
    struct fixture f;
    struct buf tbs = {0};
    fixture_make(&f);
    f.order.subject_alt_name = slice_of(dns, sizeof dns);
    assert_int_equal(issue_intend(&ops.core, &f.order, &f.intent), 0);
    assert_int_equal(issue_draft(&ops.core, &f.order, &f.intent, &tbs, &f.why), CH_EINVAL);
    assert_non_null(strstr(f.why.text, "[dns-letters]"));
    buf_clear(&tbs);
    f.order.profile = pki_profile_find("BlankEndEntityCertificate_CSRPassthrough/V1");
    assert_int_equal(issue_draft(&ops.core, &f.order, &f.intent, &tbs, &f.why), 0);
    buf_free(&tbs);
    fixture_free(&f);
}

static void the_draft_is_what_is_signed(void **state)
{
    (void)state;
    struct fixture f;
    struct buf tbs = {0};
    fixture_make(&f);
    assert_int_equal(issue_intend(&ops.core, &f.order, &f.intent), 0);
    assert_int_equal(issue_draft(&ops.core, &f.order, &f.intent, &tbs, &f.why), 0);
    f.order.draft = buf_slice(&tbs);
    assert_int_equal(issue_sign(&ops.core, &f.order, &f.intent, &f.why), 0);
    assert_non_null(memmem(f.intent.certificate.data, f.intent.certificate.len, tbs.data, tbs.len));
    assert_non_null(memmem(tbs.data, tbs.len, f.intent.serial, sizeof f.intent.serial));
    buf_free(&tbs);
    fixture_free(&f);
}

static void a_key_of_the_token_that_is_not_the_authoritys_does_not_sign(void **state)
{
    (void)state;
    struct fixture f;
    fixture_make(&f);
    assert_int_equal(issue_intend(&ops.core, &f.order, &f.intent), 0);
    buf_clear(&f.row.spki);
    key_fresh(&f.row.spki);
    assert_int_equal(issue_sign(&ops.core, &f.order, &f.intent, &f.why), CH_EINTEGRITY);
    assert_int_equal(f.intent.certificate.len, 0);
    f.row.key_id[0] ^= 1;
    assert_int_not_equal(issue_sign(&ops.core, &f.order, &f.intent, &f.why), 0);
    assert_string_equal(f.intent.state, "INTENT");
    fixture_free(&f);
}

static void what_changed_since_the_check_is_checked_again(void **state)
{
    (void)state;
    struct fixture f;
    fixture_make(&f);
    assert_int_equal(check(&f), 0);
    assert_int_equal(issue_intend(&ops.core, &f.order, &f.intent), 0);
    status_set(&f, "DISABLED");
    assert_int_equal(issue_sign(&ops.core, &f.order, &f.intent, &f.why), CH_ESTATE);
    status_set(&f, "ACTIVE");
    f.order.not_after = clock_now() + 4000 * DAY;
    assert_int_equal(issue_sign(&ops.core, &f.order, &f.intent, &f.why), CH_ELIMIT);
    assert_int_equal(f.intent.certificate.len, 0);
    fixture_free(&f);
}

/* ---- the check ---- */

static void only_an_active_authority_issues(void **state)
{
    (void)state;
    static const char *const states[] = {
        "CREATING", "PENDING_CERTIFICATE", "DISABLED", "DELETED", "EXPIRED", "FAILED"};
    struct fixture f;
    fixture_make(&f);
    assert_int_equal(check(&f), 0);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        status_set(&f, states[i]);
        assert_int_equal(check(&f), CH_ESTATE);
    }
    status_set(&f, "ACTIVE");
    f.row.not_after = clock_now_us() - 1;
    assert_int_equal(check(&f), CH_ESTATE);
    fixture_free(&f);
}

static void dates_must_be_in_order_and_within_the_authoritys(void **state)
{
    (void)state;
    struct fixture f;
    fixture_make(&f);
    f.order.not_after = f.order.not_before;
    assert_int_equal(check(&f), CH_EINVAL);
    f.order.not_after = f.row.not_after / 1000000;
    assert_int_equal(check(&f), 0);
    f.order.not_after++;
    assert_int_equal(check(&f), CH_ELIMIT);
    fixture_free(&f);
}

static void the_algorithm_must_fit_the_authoritys_key(void **state)
{
    (void)state;
    struct fixture f;
    fixture_make(&f);
    f.order.sig_alg = SIG_ALG_SHA256WITHRSA;
    assert_int_equal(check(&f), CH_EINVAL);
    f.order.sig_alg = SIG_ALG_NONE;
    assert_int_equal(check(&f), CH_EINVAL);
    fixture_free(&f);
}

static void a_root_certificate_needs_a_root_and_its_own_key(void **state)
{
    (void)state;
    struct fixture f;
    fixture_make(&f);
    f.order.profile = pki_profile_find("RootCACertificate/V1");
    assert_int_equal(check(&f), CH_EINVAL);
    f.order.spki = buf_slice(&f.row.spki);
    assert_int_equal(check(&f), 0);
    free(f.row.type);
    f.row.type = strdup("SUBORDINATE");
    assert_int_equal(check(&f), CH_EINVAL);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serials_are_positive_long_and_never_repeat),
        cmocka_unit_test(ids_and_serials_of_one_time_are_neighbours),
        cmocka_unit_test(a_node_octet_out_of_range_still_gives_a_positive_serial),
        cmocka_unit_test(the_certificate_has_the_serial_of_its_intent),
        cmocka_unit_test(what_breaks_a_rule_is_refused_before_the_intent_is_committed),
        cmocka_unit_test(the_draft_is_what_is_signed),
        cmocka_unit_test(a_key_of_the_token_that_is_not_the_authoritys_does_not_sign),
        cmocka_unit_test(what_changed_since_the_check_is_checked_again),
        cmocka_unit_test(only_an_active_authority_issues),
        cmocka_unit_test(dates_must_be_in_order_and_within_the_authoritys),
        cmocka_unit_test(the_algorithm_must_fit_the_authoritys_key),
        cmocka_unit_test(a_root_certificate_needs_a_root_and_its_own_key),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
