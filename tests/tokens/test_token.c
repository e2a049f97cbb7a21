/*
 * test_token.c - the HSM layer on a token that it was not written for: what the start-up self test found
 * must work, and what it did not find must be refused clearly. The scripts beside this file make the
 * token and set HSM_TEST_MODULE, HSM_TEST_LABEL and HSM_TEST_PIN_FILE.
 */
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/hsm.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct hsm_config config;
static struct hsm *hsm;

static int token_open(void **state)
{
    (void)state;
    config = (struct hsm_config){
        .module = getenv("HSM_TEST_MODULE"),
        .token_label = getenv("HSM_TEST_LABEL"),
        .pin_file = getenv("HSM_TEST_PIN_FILE"),
        .sessions = 4,
        .signers = 1,
    };
    if (config.module == NULL || config.token_label == NULL || config.pin_file == NULL)
        return -1;
    return hsm_open(&config, &hsm);
}

static int token_close(void **state)
{
    (void)state;
    hsm_close(hsm);
    return 0;
}

static bool signature_is_good(struct slice spki, enum sig_alg alg, struct slice message,
                              struct slice signature)
{
    static const char *const digests[] = {"SHA256", "SHA384", "SHA512"};
    const unsigned char *at = spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.len);
    EVP_PKEY_CTX *how = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = key != NULL && EVP_DigestVerifyInit_ex(context, &how, digests[sig_alg_info(alg)->hash],
                                                       NULL, NULL, key, NULL) == 1;
    if (good && sig_alg_info(alg)->scheme == SIG_SCHEME_RSA_PSS)
        good = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1;
    good = good && EVP_DigestVerify(context, signature.data, signature.len, message.data,
                                    message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

static void sign_with_every_algorithm(struct hsm_key *key, enum key_alg alg, struct slice spki)
{
    struct slice message = slice_text("signed by a token");
    for (int a = SIG_ALG_NONE + 1; a < SIG_ALG_COUNT; a++) {
        struct buf signature = {0};
        if (!sig_alg_fits_key((enum sig_alg)a, alg))
            continue;
        assert_int_equal(hsm_sign(hsm, key, (enum sig_alg)a, message, &signature), 0);
        assert_true(signature_is_good(spki, (enum sig_alg)a, message, buf_slice(&signature)));
        buf_free(&signature);
    }
}

static void test_every_key_type_that_was_found_makes_signs_and_goes(void **state)
{
    (void)state;
    unsigned found = hsm_capabilities(hsm)->key_algs;
    assert_int_not_equal(found, 0);
    for (int a = KEY_ALG_NONE + 1; a < KEY_ALG_COUNT; a++) {
        struct hsm_name name = {.label = "test/pair", .id = {(uint8_t)a}};
        struct hsm_key *key = NULL;
        struct buf spki = {0};
        if ((found & 1u << a) == 0)
            continue;
        assert_int_equal(hsm_pair_generate(hsm, &name, (enum key_alg)a, &spki), 0);
        assert_int_equal(hsm_pair_find(hsm, &name, buf_slice(&spki), &key), 0);
        sign_with_every_algorithm(key, (enum key_alg)a, buf_slice(&spki));
        assert_int_equal(hsm_pair_destroy(hsm, &name), 0);
        buf_free(&spki);
    }
}

static void test_a_key_type_that_was_not_found_is_refused(void **state)
{
    (void)state;
    unsigned found = hsm_capabilities(hsm)->key_algs;
    for (int a = KEY_ALG_NONE + 1; a < KEY_ALG_COUNT; a++) {
        struct hsm_name name = {.label = "test/refused", .id = {(uint8_t)a}};
        struct buf spki = {0};
        if ((found & 1u << a) != 0)
            continue;
        assert_int_equal(hsm_pair_generate(hsm, &name, (enum key_alg)a, &spki), CH_EUNSUPPORTED);
        assert_int_equal(spki.len, 0);
        buf_free(&spki);
    }
}

static void test_a_pair_is_not_taken_for_another(void **state)
{
    (void)state;
    unsigned found = hsm_capabilities(hsm)->key_algs;
    enum key_alg alg = (found & 1u << KEY_ALG_P256) != 0 ? KEY_ALG_P256 : KEY_ALG_RSA_2048;
    struct hsm_name one = {.label = "test/one", .id = {1}};
    struct hsm_name two = {.label = "test/two", .id = {2}};
    struct hsm_key *key = NULL;
    struct buf spki_one = {0};
    struct buf spki_two = {0};
    assert_int_equal(hsm_pair_generate(hsm, &one, alg, &spki_one), 0);
    assert_int_equal(hsm_pair_generate(hsm, &two, alg, &spki_two), 0);
    assert_int_equal(hsm_pair_find(hsm, &one, buf_slice(&spki_two), &key), CH_EINTEGRITY);
    assert_null(key);
    assert_int_equal(hsm_pair_destroy(hsm, &one), 0);
    assert_int_equal(hsm_pair_destroy(hsm, &two), 0);
    buf_free(&spki_one);
    buf_free(&spki_two);
}

static void visit_count(void *context, const struct hsm_name *name, bool public_found)
{
    (void)name;
    (void)public_found;
    ++*(unsigned *)context;
}

static void test_nothing_is_left_behind(void **state)
{
    (void)state;
    unsigned count = 0;
    assert_int_equal(hsm_pair_list(hsm, "", visit_count, &count), 0);
    assert_int_equal(count, 0);
}

static void test_random_octets_differ(void **state)
{
    (void)state;
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    assert_int_equal(hsm_random(hsm, a, sizeof a), 0);
    assert_int_equal(hsm_random(hsm, b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
}

static void test_custody_is_reported_as_it_is(void **state)
{
    (void)state;
    const struct hsm_capabilities *found = hsm_capabilities(hsm);
    bool whole = found->wrap_private && found->export_key && found->hmac;
    assert_string_equal(found->custody, whole ? "hsm" : "ca-keys-only");
    if (!found->wrap_private)
        assert_string_equal(found->wrap_format, "none");
}

/* Last: the doctor opens the token a second time. */
static void test_the_doctor_says_what_is_missing(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int r = hsm_doctor(&config, out);
    fclose(out);
    fputs(text, stdout);
    bool whole = strcmp(hsm_capabilities(hsm)->custody, "hsm") == 0;
    assert_int_equal(r, whole ? 0 : CH_EUNSUPPORTED);
    assert_non_null(strstr(text, whole ? "can do all that Chancery needs" : "MISSING"));
    free(text);
}

static void test_a_wrong_pin_is_refused_as_such(void **state)
{
    (void)state;
    char path[] = "/tmp/chancery-pin-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "7777777", 7), 7);
    close(fd);
    struct hsm_config wrong = config;
    struct hsm *h = NULL;
    wrong.pin_file = path;
    int r = hsm_open(&wrong, &h);
    unlink(path);
    assert_int_equal(r, CH_EPIN);
    assert_null(h);
}

int main(void)
{
    /* A module that is logged in does not look at a PIN: this one comes before the token is opened. */
    const struct CMUnitTest before[] = {
        cmocka_unit_test(test_a_wrong_pin_is_refused_as_such),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_type_that_was_found_makes_signs_and_goes),
        cmocka_unit_test(test_a_key_type_that_was_not_found_is_refused),
        cmocka_unit_test(test_a_pair_is_not_taken_for_another),
        cmocka_unit_test(test_nothing_is_left_behind),
        cmocka_unit_test(test_random_octets_differ),
        cmocka_unit_test(test_custody_is_reported_as_it_is),
        cmocka_unit_test(test_the_doctor_says_what_is_missing),
    };
    log_open("test", LOG_LEVEL_ERROR);
    config = (struct hsm_config){.module = getenv("HSM_TEST_MODULE"),
                                 .token_label = getenv("HSM_TEST_LABEL"),
                                 .pin_file = getenv("HSM_TEST_PIN_FILE")};
    int failed = cmocka_run_group_tests(before, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, token_open, token_close);
}
