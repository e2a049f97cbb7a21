/* Tests of firmware/base/pin.c: what a file or a credential with a PIN must look like. */
#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "firmware/base/pin.h"

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
#include <unistd.h>

static char folder[64], file[80];

static void file_put(const char *text, mode_t mode)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(file, mode), 0);
}

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/chancery-pin-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/hsm-pin", folder);
    return setenv("CREDENTIALS_DIRECTORY", folder, 1);
}

static int folder_remove(void **state)
{
    (void)state;
    (void)chmod(folder, 0700);
    (void)unlink(file);
    (void)rmdir(file);
    return rmdir(folder);
}

static void must_be(int (*read_it)(const char *what, struct secret **out), const char *what,
                    int wanted)
{
    struct secret *pin = NULL;
    assert_int_equal(read_it(what, &pin), wanted);
    if (wanted == 0)
        assert_true(slice_equal(secret_slice(pin), slice_text("1234")));
    else
        assert_null(pin);
    secret_free(pin);
    assert_int_equal(secret_count(), 0);
}

static void sources_have_three_names(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "File", "credentials", "tty", "file "};
    enum pin_source source = PIN_FROM_FILE;
    assert_int_equal(pin_source_find("console", &source), 0);
    assert_int_equal(source, PIN_FROM_CONSOLE);
    assert_int_equal(pin_source_find("credential", &source), 0);
    assert_int_equal(source, PIN_FROM_CREDENTIAL);
    assert_int_equal(pin_source_find("file", &source), 0);
    assert_int_equal(source, PIN_FROM_FILE);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(pin_source_find(wrong[i], &source), CH_EINVAL);
}

static void what_a_token_says_of_its_tries_is_text_whatever_the_number(void **state)
{
    (void)state;
    assert_string_equal(pin_tries_text(PIN_TRIES_UNKNOWN), "");
    assert_non_null(strstr(pin_tries_text(PIN_TRIES_LAST), "ONE"));
    assert_non_null(strstr(pin_tries_text(PIN_TRIES_NONE), "LOCKED"));
    assert_string_equal(pin_tries_text((enum pin_tries)99), "");
}

static void a_file_must_be_closed_to_others_and_to_writing_by_its_group(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        int wanted;
    } rows[] = {{0600, 0}, {0400, 0}, {0640, 0}, {0440, 0},
                {0604, CH_EDENIED}, {0602, CH_EDENIED}, {0620, CH_EDENIED}, {0644, CH_EDENIED},
                {0666, CH_EDENIED}, {0601, CH_EDENIED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)unlink(file);
        file_put("1234\n", rows[i].mode);
        must_be(pin_read_file, file, rows[i].wanted);
        must_be(pin_read_credential, "hsm-pin", rows[i].wanted);
    }
}

static void a_file_must_hold_one_pin(void **state)
{
    (void)state;
    char much[300];
    memset(much, '7', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    must_be(pin_read_file, file, CH_ENOTFOUND);
    file_put("", 0600);
    must_be(pin_read_file, file, CH_EINVAL);
    file_put("\n", 0600);
    must_be(pin_read_file, file, CH_EINVAL);
    file_put(much, 0600);
    must_be(pin_read_file, file, CH_ELIMIT);
    file_put("1234", 0600);
    must_be(pin_read_file, file, 0);
}

static void only_a_regular_file_is_read_and_nothing_waited_for(void **state)
{
    (void)state;
    must_be(pin_read_file, folder, CH_EINVAL);
    assert_int_equal(mkfifo(file, 0600), 0);
    must_be(pin_read_file, file, CH_EINVAL);
    must_be(pin_read_credential, "hsm-pin", CH_EINVAL);
}

static void a_credential_name_stays_in_its_folder(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", ".", "..", "a/b", "/etc/passwd", "../x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(pin_credential_name_is_good(wrong[i]));
        must_be(pin_read_credential, wrong[i], CH_EINVAL);
    }
    assert_true(pin_credential_name_is_good("hsm-pin"));
}

static void a_credential_needs_the_folder_of_a_unit(void **state)
{
    (void)state;
    file_put("1234\n", 0400);
    must_be(pin_read_credential, "another", CH_ENOTFOUND);
    assert_int_equal(chmod(folder, 0770), 0);
    must_be(pin_read_credential, "hsm-pin", CH_EDENIED);
    assert_int_equal(chmod(folder, 0703), 0);
    must_be(pin_read_credential, "hsm-pin", CH_EDENIED);
    assert_int_equal(chmod(folder, 0500), 0);
    must_be(pin_read_credential, "hsm-pin", 0);
    unsetenv("CREDENTIALS_DIRECTORY");
    must_be(pin_read_credential, "hsm-pin", CH_ENOTFOUND);
    setenv("CREDENTIALS_DIRECTORY", "relative", 1);
    must_be(pin_read_credential, "hsm-pin", CH_ENOTFOUND);
    setenv("CREDENTIALS_DIRECTORY", "/nonexistent/credentials", 1);
    must_be(pin_read_credential, "hsm-pin", CH_ENOTFOUND);
}

static void a_credential_of_another_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    file_put("1234\n", 0400);
    assert_int_equal(chown(file, 65534, 65534), 0);
    must_be(pin_read_credential, "hsm-pin", CH_EDENIED);
    must_be(pin_read_file, file, 0);
    assert_int_equal(chown(file, 0, 0), 0);
    assert_int_equal(chown(folder, 65534, 65534), 0);
    must_be(pin_read_credential, "hsm-pin", CH_EDENIED);
}

static void a_pipe_carries_the_pin_once_and_is_not_inherited(void **state)
{
    (void)state;
    int fd = -1;
    struct secret *pin = secret_copy("1234", 4), *got = NULL;
    assert_non_null(pin);
    assert_int_equal(pin_pipe(pin, &fd), 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(pin_receive(fd, &got), 0);
    assert_true(slice_equal(secret_slice(got), slice_text("1234")));
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    secret_free(got);
    secret_free(pin);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    assert_int_equal(pin_receive(ends[0], &got), CH_EINVAL);
    assert_null(got);
    assert_int_equal(pin_receive(-1, &got), CH_EIO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_have_three_names),
        cmocka_unit_test(what_a_token_says_of_its_tries_is_text_whatever_the_number),
        CASE(a_file_must_be_closed_to_others_and_to_writing_by_its_group),
        CASE(a_file_must_hold_one_pin),
        CASE(only_a_regular_file_is_read_and_nothing_waited_for),
        CASE(a_credential_name_stays_in_its_folder),
        CASE(a_credential_needs_the_folder_of_a_unit),
        CASE(a_credential_of_another_user_is_refused),
        CASE(a_pipe_carries_the_pin_once_and_is_not_inherited),
    };
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
