/*
 * Tests of ca/pki/known_keys.c and ca/weak_keys.c: lists of weak keys, and keys that are in them.
 */
#include "ca/pki/known_keys.h"
#include "ca/pki/weak_key.h"
#include "ca/weak_keys.h"
#include "tests/unit/pki_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_text(struct known_keys *list, const char *text, size_t len, size_t *line)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, len, "r");
    assert_non_null(file);
    int r = known_keys_read(list, file, line);
    fclose(file);
    return r;
}

static void refused_at(size_t expected, const char *text, size_t len)
{
    struct known_keys list = {0};
    size_t line = 0;
    assert_int_equal(read_text(&list, text, len, &line), CH_EINVAL);
    assert_int_equal(line, expected);
    known_keys_free(&list);
}

/* ---- lists ---- */

static void lines_that_are_no_hash_are_refused_with_their_number(void **state)
{
    static const char with_nul[] = "00005890bc78bcbee3ca\0x\n";
    static const char *const wrong[] = {
        "# comment\n00005890bc78bcbee3c\n",    "# comment\n00005890bc78bcbee3caa\n",
        "# comment\n00005890bc78bcbee3cg\n",   "# comment\n 00005890bc78bcbee3ca\n",
        "# comment\n00005890bc78bcbee3ca #\n", "\nrubbish",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused_at(2, wrong[i], strlen(wrong[i]));
    refused_at(1, with_nul, sizeof with_nul - 1);
}

static void a_line_without_end_is_refused(void **state)
{
    char line[2000];
    (void)state;
    memset(line, '#', sizeof line);
    refused_at(1, line, sizeof line);
}

static void hashes_are_found_whatever_their_order_and_their_digits(void **state)
{
    static const char text[] = "# a list\r\nFFFFFFFFFFFFFFFFFFFF\r\n\n00005890bc78bcbee3ca\n# more\n"
                               "3c40449f0aaee9f5eb7b";
    static const uint8_t hashes[][KNOWN_KEY_SIZE] = {
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {0x00, 0x00, 0x58, 0x90, 0xbc, 0x78, 0xbc, 0xbe, 0xe3, 0xca},
        {0x3c, 0x40, 0x44, 0x9f, 0x0a, 0xae, 0xe9, 0xf5, 0xeb, 0x7b},
        {0x3c, 0x40, 0x44, 0x9f, 0x0a, 0xae, 0xe9, 0xf5, 0xeb, 0x7c},
    };
    struct known_keys list = {0};
    size_t line = 0;
    (void)state;
    assert_int_equal(read_text(&list, text, sizeof text - 1, &line), 0);
    assert_int_equal(list.count, 3);
    known_keys_use(&list);
    assert_null(list.hashes);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(known_keys_have(hashes[i]), i < 3);
    known_keys_use(&list);
    assert_false(known_keys_have(hashes[0]));
}

static void more_than_fit_are_refused(void **state)
{
    static const char text[] = "00005890bc78bcbee3ca\n00005890bc78bcbee3cb\n";
    struct known_keys list = {.count = KNOWN_KEYS_MAX - 1, .room = KNOWN_KEYS_MAX};
    size_t line = 0;
    (void)state;
    list.hashes = calloc(KNOWN_KEYS_MAX, KNOWN_KEY_SIZE);
    assert_non_null(list.hashes);
    assert_int_equal(read_text(&list, text, sizeof text - 1, &line), CH_ELIMIT);
    assert_int_equal(line, 2);
    assert_int_equal(list.count, KNOWN_KEYS_MAX);
    known_keys_free(&list);
}

/* ---- keys ---- */

static void a_modulus_has_the_hash_that_the_commands_print(void **state)
{
    static const struct {
        const char *modulus;
        uint8_t hash[KNOWN_KEY_SIZE];
    } cases[] = {
        /* printf 'Modulus=C0FFEE\n' | sha1sum | cut -c 21-40 */
        {"C0FFEE", {0x61, 0x49, 0xed, 0x99, 0x47, 0x57, 0x22, 0xf1, 0x3e, 0x18}},
        {"0DECAF", {0x27, 0x0f, 0xa3, 0xba, 0x81, 0x1f, 0xda, 0x24, 0x9c, 0x51}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BIGNUM *n = NULL;
        uint8_t hash[KNOWN_KEY_SIZE];
        assert_true(BN_hex2bn(&n, cases[i].modulus) > 0);
        assert_int_equal(known_keys_hash(n, hash), 0);
        assert_memory_equal(hash, cases[i].hash, sizeof hash);
        BN_free(n);
    }
}

/* A line of a list, as for the key. */
static void line_of(EVP_PKEY *key, char out[2 * KNOWN_KEY_SIZE + 2])
{
    BIGNUM *n = NULL;
    uint8_t hash[KNOWN_KEY_SIZE];
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    assert_int_equal(known_keys_hash(n, hash), 0);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    strcat(out, "\n");
    BN_free(n);
}

static void judge(unsigned which, int expected)
{
    const char *failed = NULL;
    struct pki_reason why = {{0}};
    struct slice spki = buf_slice(&kit_key(KEY_ALG_RSA_2048, which)->spki);
    assert_int_equal(pki_key_check_strength(spki, &failed, &why), expected);
    if (expected == 0)
        return;
    assert_string_equal(failed, "rsa-known");
    assert_non_null(strstr(why.text, "CVE-2008-0166"));
}

/* ---- folders ---- */

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/chancery-weak-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static void file_write(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void file_remove(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(remove(path), 0);
}

static int folder_remove(void **state)
{
    (void)state;
    known_keys_use(&(struct known_keys){0});
    return rmdir(folder);
}

static void a_folder_that_is_not_there_is_refused_and_none_is_none(void **state)
{
    (void)state;
    assert_int_equal(weak_keys_load(folder, "nowhere"), CH_ENOTFOUND);
    assert_int_equal(weak_keys_load(folder, "/proc/self/status"), CH_ENOTFOUND);
    assert_int_equal(weak_keys_load(folder, ""), 0);
}

static void keys_in_the_files_of_a_folder_are_refused(void **state)
{
    char path[128], line[2 * KNOWN_KEY_SIZE + 2];
    (void)state;
    judge(0, 0);
    line_of(kit_key(KEY_ALG_RSA_2048, 0)->pkey, line);
    file_write("blacklist.RSA-2048", line);
    file_write("other", "# nothing yet\nffffffffffffffffffff\n");
    file_write(".hidden", "rubbish\n");
    snprintf(path, sizeof path, "%s/inner", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(weak_keys_load("/", folder), 0);
    judge(0, CH_EINVAL);
    judge(1, 0);
    file_write("other", "# nothing\nffffffffffffffffffff\nrubbish\n");
    assert_int_equal(weak_keys_load("/", folder), CH_EINVAL);
    judge(0, CH_EINVAL); /* what was read before stays in use */
    file_remove("blacklist.RSA-2048");
    file_remove("other");
    file_remove(".hidden");
    file_remove("inner");
    assert_int_equal(weak_keys_load("/", folder), 0);
    judge(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_are_no_hash_are_refused_with_their_number),
        cmocka_unit_test(a_line_without_end_is_refused),
        cmocka_unit_test(hashes_are_found_whatever_their_order_and_their_digits),
        cmocka_unit_test(more_than_fit_are_refused),
        cmocka_unit_test(a_modulus_has_the_hash_that_the_commands_print),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_refused_and_none_is_none,
                                        folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(keys_in_the_files_of_a_folder_are_refused, folder_make,
                                        folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
