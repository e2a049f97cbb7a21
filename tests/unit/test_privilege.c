/* Tests of firmware/base/privilege.c. What needs root is skipped without it. */
#include "firmware/base/privilege.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64], inner[80], store[96];

static int folders_make(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    snprintf(root, sizeof root, "%.40s/privilege-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(root) == NULL)
        return -1;
    snprintf(inner, sizeof inner, "%s/state", root);
    snprintf(store, sizeof store, "%s/store", inner);
    return mkdir(inner, 0755) != 0 || mkdir(store, 0700) != 0;
}

static int folders_remove(void **state)
{
    (void)state;
    (void)rmdir(store);
    (void)rmdir(inner);
    return rmdir(root);
}

static const struct passwd *nobody(void)
{
    const struct passwd *user = getpwnam("nobody");
    if (user == NULL)
        skip();
    return user;
}

/* ---- reaching a folder ---- */

static void every_folder_on_the_way_must_let_pass(void **state)
{
    (void)state;
    char blocker[PATH_MAX];
    const struct passwd *user = nobody();
    assert_int_equal(chmod(root, 0700), 0);
    assert_false(privilege_reaches(inner, user->pw_uid, user->pw_gid, blocker, sizeof blocker));
    assert_string_equal(blocker, root);
    assert_int_equal(chmod(root, 0711), 0);
    assert_true(privilege_reaches(inner, user->pw_uid, user->pw_gid, blocker, sizeof blocker));
    assert_string_equal(blocker, "");
    assert_int_equal(chmod(inner, 0766), 0);
    assert_false(privilege_reaches(inner, user->pw_uid, user->pw_gid, blocker, sizeof blocker));
    assert_string_equal(blocker, inner);
    assert_int_equal(chmod(inner, 0755), 0);
}

static void owner_and_group_are_judged_by_their_own_bits(void **state)
{
    (void)state;
    char blocker[PATH_MAX];
    uid_t me = geteuid();
    gid_t us = getegid();
    assert_int_equal(chmod(root, 0700), 0);
    assert_true(privilege_reaches(inner, me, us, blocker, sizeof blocker));
    assert_int_equal(chmod(root, 0077), 0);
    assert_false(privilege_reaches(inner, me, us, blocker, sizeof blocker));
    assert_int_equal(chmod(root, 0710), 0);
    assert_true(privilege_reaches(inner, me + 1, us, blocker, sizeof blocker));
    assert_int_equal(chmod(root, 0707), 0);
    assert_false(privilege_reaches(inner, me + 1, us, blocker, sizeof blocker));
    assert_int_equal(chmod(root, 0711), 0);
}

static void a_folder_that_is_not_there_is_not_reached(void **state)
{
    (void)state;
    char blocker[PATH_MAX], path[128];
    snprintf(path, sizeof path, "%s/nowhere/deeper", root);
    assert_false(privilege_reaches(path, geteuid(), getegid(), blocker, sizeof blocker));
    assert_int_equal(strncmp(blocker, path, strlen(blocker)), 0);
    assert_string_equal(strrchr(blocker, '/'), "/nowhere");
}

/* ---- giving up root, in a forked child ---- */

static bool status_shows(const char *field, const char *value)
{
    char line[256];
    bool found = false;
    size_t len = strlen(field);
    FILE *f = fopen("/proc/self/status", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, field, len) == 0)
            found = strncmp(line + len, value, strlen(value)) == 0;
    if (f != NULL)
        fclose(f);
    return found;
}

static bool is_powerless(void)
{
    static const char *const fields[] = {"CapInh:\t", "CapPrm:\t", "CapEff:\t", "CapBnd:\t",
                                         "CapAmb:\t"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!status_shows(fields[i], "0000000000000000"))
            return false;
    return getgroups(0, NULL) == 0;
}

/* What privilege_drop gave: 0..19 = its error, 64 = not powerless, 65 = another uid than wanted. */
static int drop_in_child(const char *user, const char *path, uid_t wanted)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        log_open("test", LOG_LEVEL_ERROR);
        int e = privilege_drop(user, path);
        if (e != 0)
            _exit(-e);
        if (getuid() != wanted || geteuid() != wanted)
            _exit(65);
        _exit(is_powerless() && setuid(0) == (wanted == 0 ? 0 : -1) &&
                      chown(root, 1, 1) != 0
                  ? 0
                  : 64);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_user_is_taken_for_ever_and_without_power(void **state)
{
    (void)state;
    const struct passwd *user = nobody();
    if (geteuid() != 0)
        skip();
    assert_int_equal(drop_in_child("nobody", NULL, user->pw_uid), 0);
    assert_int_equal(chmod(root, 0711), 0);
    assert_int_equal(drop_in_child("nobody", inner, user->pw_uid), 0);
}

static void a_state_out_of_reach_leaves_root_without_power(void **state)
{
    (void)state;
    (void)nobody();
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(root, 0700), 0);
    assert_int_equal(drop_in_child("nobody", inner, 0), 0);
}

static void a_state_out_of_reach_that_the_user_owns_is_refused(void **state)
{
    (void)state;
    const struct passwd *user = nobody();
    uid_t uid = user->pw_uid;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(root, 0700), 0);
    assert_int_equal(chown(store, uid, (gid_t)-1), 0);
    assert_int_equal(drop_in_child("nobody", inner, 0), -CH_EDENIED);
    assert_int_equal(chown(store, 0, (gid_t)-1), 0);
}

static void a_missing_user_and_root_itself_are_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(drop_in_child("_nobody-of-this-name", NULL, 0), -CH_ENOTFOUND);
    assert_int_equal(drop_in_child("root", NULL, 0), -CH_EDENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_folder_on_the_way_must_let_pass),
        cmocka_unit_test(owner_and_group_are_judged_by_their_own_bits),
        cmocka_unit_test(a_folder_that_is_not_there_is_not_reached),
        cmocka_unit_test(the_user_is_taken_for_ever_and_without_power),
        cmocka_unit_test(a_state_out_of_reach_leaves_root_without_power),
        cmocka_unit_test(a_state_out_of_reach_that_the_user_owns_is_refused),
        cmocka_unit_test(a_missing_user_and_root_itself_are_refused),
    };
    return cmocka_run_group_tests(tests, folders_make, folders_remove);
}
