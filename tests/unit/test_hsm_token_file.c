/*
 * test_hsm_token_file.c - SoftHSM's token.object, cut off by a kill, comes back.
 */
#include "tests/unit/hsm_kit.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"
#include "hsm/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 50
#define LOGINS 1000 /* more than a child lives to make */

extern char **environ;

static struct hsm_kit kit;
static char token_path[PATH_MAX]; /* .../token.object */
static char kept_path[PATH_MAX + 8];

/* ---- files ---- */

static struct buf file_get(const char *path)
{
    struct buf b = {0};
    uint8_t bytes[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(buf_put(&b, bytes, fread(bytes, 1, sizeof(bytes), f)), 0);
    fclose(f);
    return b;
}

static void file_put(const char *path, struct slice bytes)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static ino_t file_number(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

static size_t files_count(void)
{
    char pattern[PATH_MAX];
    glob_t found;
    snprintf(pattern, sizeof(pattern), "%s/*/*", kit.tokens);
    int r = glob(pattern, 0, NULL, &found);
    size_t count = r == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void assert_token_is(const struct buf *whole)
{
    struct buf now = file_get(token_path);
    assert_int_equal(now.len, whole->len);
    assert_memory_equal(now.data + 8, whole->data + 8, whole->len - 8);
    buf_free(&now);
}

/* ---- a login, as hsm_open makes it, without the self test ---- */

static int log_in_often(unsigned times)
{
    struct hsm h = {.pin_file = kit.pin_file, .fsync_folder = kit.tokens};
    token_files_mend(kit.tokens);
    int r = module_open(kit.config.module, NULL, &h.module);
    if (r != 0)
        return r;
    h.p11 = h.module->p11;
    CK_RV rv = token_find(h.module, kit.config.token_label, NULL, &h.slot, &h.identity);
    for (unsigned i = 0; rv == CKR_OK && i < times; i++) {
        rv = sessions_open(&h);
        if (rv == CKR_OK)
            rv = h.p11->C_CloseSession(h.anchor); /* the last one: it logs out */
    }
    module_close(h.module);
    secret_free(h.refused_pin);
    return rv_row_find(rv)->code;
}

static int token_make(void **state)
{
    char pattern[PATH_MAX];
    glob_t found;
    (void)state;
    if (hsm_kit_open(&kit, HSM_KIT_SOFTHSM) != 0)
        return -1;
    snprintf(pattern, sizeof(pattern), "%s/*/token.object", kit.tokens);
    if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc != 1)
        return -1;
    snprintf(token_path, sizeof(token_path), "%s", found.gl_pathv[0]);
    snprintf(kept_path, sizeof(kept_path), "%s.kept", token_path);
    globfree(&found);
    return 0;
}

static int token_remove(void **state)
{
    (void)state;
    hsm_kit_close(&kit);
    return 0;
}

/* ---- cases ---- */

static void the_first_login_keeps_a_copy_and_the_next_leaves_it(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(file_number(kept_path), 0);
    assert_int_equal(log_in_often(1), 0);
    ino_t kept = file_number(kept_path);
    assert_int_not_equal(kept, 0);
    assert_int_equal(stat(kept_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    size_t files = files_count();
    assert_int_equal(log_in_often(3), 0);
    assert_int_equal(file_number(kept_path), kept);
    assert_int_equal(files_count(), files);
}

static void a_file_cut_anywhere_is_put_back(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 7, 8, 9, 100, 319};
    assert_int_equal(log_in_often(1), 0);
    struct buf whole = file_get(token_path);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        assert_int_equal(truncate(token_path, (off_t)lengths[i]), 0);
        assert_int_equal(log_in_often(1), 0);
        assert_token_is(&whole);
    }
    buf_free(&whole);
}

static void a_file_that_is_gone_is_put_back(void **state)
{
    (void)state;
    assert_int_equal(log_in_often(1), 0);
    struct buf whole = file_get(token_path);
    assert_int_equal(unlink(token_path), 0);
    assert_int_equal(log_in_often(1), 0);
    assert_token_is(&whole);
    buf_free(&whole);
}

/* The copy is made before the login that may be cut off, or the first kill would be one too many. */
static void the_very_first_login_may_be_cut_off(void **state)
{
    (void)state;
    token_files_keep_first(kit.tokens);
    assert_int_equal(truncate(token_path, 0), 0);
    assert_int_equal(log_in_often(1), 0);
}

static void without_a_copy_nothing_is_put_back(void **state)
{
    (void)state;
    assert_int_equal(truncate(token_path, 0), 0);
    size_t files = files_count();
    token_files_mend(kit.tokens);
    token_files_keep_first(kit.tokens);
    token_files_keep(kit.tokens);
    assert_int_equal(files_count(), files);
    assert_int_not_equal(log_in_often(1), 0);
}

static void a_whole_file_stays_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(log_in_often(1), 0);
    ino_t before = file_number(token_path);
    token_files_mend(kit.tokens);
    assert_int_equal(file_number(token_path), before);
}

/* Made anew, and cut before it got its PIN: what the copy opens is not this token. */
static void a_shorter_file_of_another_token_stays_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(log_in_often(1), 0);
    struct buf other = file_get(token_path);
    other.data[other.len - 100] ^= 1;
    other.len -= 80;
    file_put(token_path, buf_slice(&other));
    token_files_mend(kit.tokens);
    assert_token_is(&other);
    buf_free(&other);
}

static void another_pin_makes_another_copy(void **state)
{
    (void)state;
    char command[512];
    assert_int_equal(log_in_often(1), 0);
    snprintf(command, sizeof(command),
             "pkcs11-tool --module %s --login --pin %s --change-pin --new-pin 98765432 >/dev/null 2>&1",
             kit.config.module, HSM_KIT_PIN);
    if (system(command) != 0)
        skip(); /* opensc is not installed */
    hsm_kit_write_pin(&kit, "98765432");
    assert_int_equal(log_in_often(1), 0);
    assert_int_equal(truncate(token_path, 0), 0);
    assert_int_equal(log_in_often(1), 0);
}

static void a_wrong_pin_does_not_replace_the_copy(void **state)
{
    (void)state;
    assert_int_equal(log_in_often(1), 0);
    ino_t kept = file_number(kept_path);
    hsm_kit_write_pin(&kit, "not-the-pin");
    assert_int_equal(log_in_often(1), CH_EPIN);
    assert_int_equal(file_number(kept_path), kept);
}

static void folders_without_such_a_file_are_left_alone(void **state)
{
    (void)state;
    char folder[] = "/tmp/chancery-tokens-XXXXXX";
    char inner[64];
    assert_non_null(mkdtemp(folder));
    snprintf(inner, sizeof(inner), "%s/objects", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    const char *const paths[] = {NULL, "", "/nonexistent/folder", folder, kit.pin_file};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        token_files_mend(paths[i]);
        token_files_keep_first(paths[i]);
        token_files_keep(paths[i]);
    }
    assert_int_equal(rmdir(inner), 0); /* still empty */
    assert_int_equal(rmdir(folder), 0);
}

static void an_open_hsm_heals_at_start_and_at_recovery(void **state)
{
    (void)state;
    struct hsm *h = NULL;
    assert_int_equal(log_in_often(1), 0);
    assert_int_equal(truncate(token_path, 0), 0);
    assert_int_equal(hsm_open(&kit.config, &h), 0);
    assert_int_equal(truncate(token_path, 0), 0);
    assert_int_equal(h->p11->C_Finalize(NULL), CKR_OK);
    assert_int_equal(hsm_ping(h), 0);
    hsm_close(h);
}

/* ---- kill -9 ---- */

/* Starts this program again as one that only logs in; killed after that many microseconds. */
static int killed_after(char *program, long us)
{
    char word[] = "log-in";
    char *argv[] = {program, word, kit.tokens, kit.pin_file, NULL};
    struct timespec life = {us / 1000000, us % 1000000 * 1000};
    pid_t pid = 0;
    int status = 0;
    assert_int_equal(posix_spawn(&pid, program, NULL, NULL, argv, environ), 0);
    nanosleep(&life, NULL);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 0 : WEXITSTATUS(status);
}

static void a_login_killed_at_any_moment_is_followed_by_one_that_works(void **state)
{
    (void)state;
    char self[] = "/proc/self/exe";
    unsigned cut = 0;
    assert_int_equal(log_in_often(1), 0);
    for (long i = 0; i < ROUNDS; i++) {
        struct stat st;
        assert_int_equal(killed_after(self, 15000 + i * 797), 0);
        assert_int_equal(stat(token_path, &st), 0);
        cut += st.st_size == 0;
    }
    print_message("%u of %d kills left the file empty\n", cut, ROUNDS);
    assert_int_equal(log_in_often(1), 0);
}

/* The child: logs in until it is killed; it ends by itself only when that fails. */
static int child_main(char **argv)
{
    kit.config.module = "/usr/lib/softhsm/libsofthsm2.so";
    kit.config.token_label = "kit";
    snprintf(kit.tokens, sizeof(kit.tokens), "%s", argv[2]);
    snprintf(kit.pin_file, sizeof(kit.pin_file), "%s", argv[3]);
    int r = 0;
    while (r == 0)
        r = log_in_often(LOGINS);
    return 1;
}

int main(int argc, char **argv)
{
    log_open("test", LOG_LEVEL_ERROR);
    if (argc == 4 && strcmp(argv[1], "log-in") == 0)
        return child_main(argv);
#define CASE(name) cmocka_unit_test_setup_teardown(name, token_make, token_remove)
    const struct CMUnitTest tests[] = {
        CASE(the_first_login_keeps_a_copy_and_the_next_leaves_it),
        CASE(a_file_cut_anywhere_is_put_back),
        CASE(a_file_that_is_gone_is_put_back),
        CASE(the_very_first_login_may_be_cut_off),
        CASE(without_a_copy_nothing_is_put_back),
        CASE(a_whole_file_stays_as_it_is),
        CASE(a_shorter_file_of_another_token_stays_as_it_is),
        CASE(another_pin_makes_another_copy),
        CASE(a_wrong_pin_does_not_replace_the_copy),
        CASE(folders_without_such_a_file_are_left_alone),
        CASE(an_open_hsm_heals_at_start_and_at_recovery),
        CASE(a_login_killed_at_any_moment_is_followed_by_one_that_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
