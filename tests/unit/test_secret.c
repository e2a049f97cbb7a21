/* Tests of firmware/base/secret.c. */
#include "firmware/base/secret.h"

#include "firmware/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char file[96];

static int folder_make(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/secret-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/pin", folder);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

static void file_write(const char *bytes, size_t len)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void a_new_secret_is_zero_filled_and_counted(void **state)
{
    (void)state;
    static const uint8_t zero[100];
    size_t before = secret_count();
    struct secret *s = secret_new(100);
    assert_non_null(s);
    assert_int_equal(secret_len(s), 100);
    assert_memory_equal(secret_data(s), zero, 100);
    assert_int_equal(secret_count(), before + 1);
    secret_free(s);
    assert_int_equal(secret_count(), before);
}

static void a_copy_holds_the_bytes(void **state)
{
    (void)state;
    struct secret *s = secret_copy("hunter2", 7);
    assert_true(slice_is(secret_slice(s), "hunter2"));
    secret_free(s);
    secret_free(NULL);
}

static void secrets_are_freed_in_any_order(void **state)
{
    (void)state;
    struct secret *s[4];
    for (size_t i = 0; i < 4; i++)
        s[i] = secret_copy("x", 1);
    static const size_t order[] = {1, 3, 0, 2};
    for (size_t i = 0; i < 4; i++) {
        secret_free(s[order[i]]);
        assert_int_equal(secret_count(), 3 - i);
    }
}

static void trimming_wipes_what_is_cut_off(void **state)
{
    (void)state;
    struct secret *s = secret_copy("123456", 6);
    secret_trim(s, 2);
    assert_true(slice_is(secret_slice(s), "12"));
    assert_memory_equal(secret_data(s), "12\0\0\0\0", 6);
    secret_free(s);
}

static void wiping_all_leaves_no_byte(void **state)
{
    (void)state;
    struct secret *a = secret_copy("abc", 3);
    struct secret *b = secret_copy("def", 3);
    secret_wipe_all();
    assert_memory_equal(secret_data(a), "\0\0\0", 3);
    assert_memory_equal(secret_data(b), "\0\0\0", 3);
    assert_int_equal(secret_count(), 2);
    secret_free(a);
    secret_free(b);
}

/* 0 when the child finds zeros where the parent has the secret. */
static void a_forked_child_finds_zeros(void **state)
{
    (void)state;
    struct secret *s = secret_copy("abc", 3);
    pid_t pid = fork();
    if (pid == 0)
        _exit(memcmp(secret_data(s), "\0\0\0", 3) == 0 ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    secret_free(s);
}

static void a_file_is_read_without_its_final_newline(void **state)
{
    (void)state;
    struct secret *s = NULL;
    file_write("1234\n", 5);
    assert_int_equal(secret_read_file(file, 64, &s), 0);
    assert_true(slice_is(secret_slice(s), "1234"));
    secret_free(s);
    file_write("12\n34\n\n", 7);
    assert_int_equal(secret_read_file(file, 64, &s), 0);
    assert_true(slice_is(secret_slice(s), "12\n34\n"));
    secret_free(s);
}

static void a_file_of_exactly_the_maximum_is_read(void **state)
{
    (void)state;
    struct secret *s = NULL;
    file_write("1234", 4);
    assert_int_equal(secret_read_file(file, 4, &s), 0);
    assert_int_equal(secret_len(s), 4);
    secret_free(s);
    file_write("1234\n", 5);
    assert_int_equal(secret_read_file(file, 4, &s), 0);
    assert_int_equal(secret_len(s), 4);
    secret_free(s);
}

static void a_file_over_the_maximum_is_refused(void **state)
{
    (void)state;
    struct secret *s = (struct secret *)&file;
    file_write("12345", 5);
    assert_int_equal(secret_read_file(file, 4, &s), CH_ELIMIT);
    assert_null(s);
    assert_int_equal(secret_count(), 0);
}

static void an_empty_file_is_refused(void **state)
{
    (void)state;
    struct secret *s = NULL;
    file_write("", 0);
    assert_int_equal(secret_read_file(file, 4, &s), CH_EINVAL);
    file_write("\n", 1);
    assert_int_equal(secret_read_file(file, 4, &s), CH_EINVAL);
    assert_null(s);
    assert_int_equal(secret_count(), 0);
}

static void a_missing_file_and_a_folder_are_told_apart(void **state)
{
    (void)state;
    struct secret *s = NULL;
    (void)unlink(file);
    assert_int_equal(secret_read_file(file, 4, &s), CH_ENOTFOUND);
    assert_int_equal(secret_read_file(folder, 4, &s), CH_EIO);
    assert_null(s);
    assert_int_equal(secret_count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_secret_is_zero_filled_and_counted),
        cmocka_unit_test(a_copy_holds_the_bytes),
        cmocka_unit_test(secrets_are_freed_in_any_order),
        cmocka_unit_test(trimming_wipes_what_is_cut_off),
        cmocka_unit_test(wiping_all_leaves_no_byte),
        cmocka_unit_test(a_forked_child_finds_zeros),
        cmocka_unit_test(a_file_is_read_without_its_final_newline),
        cmocka_unit_test(a_file_of_exactly_the_maximum_is_read),
        cmocka_unit_test(a_file_over_the_maximum_is_refused),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(a_missing_file_and_a_folder_are_told_apart),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
