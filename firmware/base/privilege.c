#include "firmware/base/privilege.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool folder_passable(const char *path, uid_t uid, gid_t gid)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    mode_t bit = st.st_uid == uid ? S_IXUSR : st.st_gid == gid ? S_IXGRP : S_IXOTH;
    return (st.st_mode & bit) != 0;
}

bool privilege_reaches(const char *path, uid_t uid, gid_t gid, char *blocker, size_t size)
{
    char part[PATH_MAX];
    PRECOND(path[0] == '/' && size > 0);
    blocker[0] = '\0';
    for (size_t i = 1;; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        if (i >= sizeof part)
            return false;
        memcpy(part, path, i);
        part[i] = '\0';
        if (!folder_passable(part, uid, gid)) {
            snprintf(blocker, size, "%s", part);
            return false;
        }
        if (path[i] == '\0')
            return true;
    }
}

/* Nothing may come back later, not even through a set-user-ID program. */
static int bounding_clear(void)
{
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
            return CH_ESYS;
    return 0;
}

static int capabilities_clear(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none) == 0 ? 0 : CH_ESYS;
}

static int identity_set(const struct passwd *user)
{
    if (bounding_clear() != 0 || setgroups(0, NULL) != 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return CH_ESYS;
    return capabilities_clear();
}

static bool all_owned_by_root(const char *state)
{
    static const char *const parts[] = {"", "/store", "/secrets"};
    bool root = true;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char path[PATH_MAX];
        struct stat st;
        snprintf(path, sizeof path, "%s%s", state, parts[i]);
        root = root && (stat(path, &st) != 0 || st.st_uid == 0);
    }
    return root;
}

/* Root in name only: it owns root's files and has no power over anybody else's. */
static int stay_powerless(const struct passwd *user, const char *state, const char *blocker)
{
    if (!all_owned_by_root(state)) {
        log_error("user %s owns %s but cannot reach it: folder %s denies passage (chmod o+x %s)",
                  user->pw_name, state, blocker, blocker);
        return CH_EDENIED;
    }
    log_warn("user %s cannot reach %s: folder %s denies passage (chmod o+x %s); going on as root "
             "without capabilities",
             user->pw_name, state, blocker, blocker);
    return bounding_clear() != 0 || setgroups(0, NULL) != 0 ? CH_ESYS : capabilities_clear();
}

int privilege_drop(const char *user, const char *state)
{
    char blocker[PATH_MAX];
    errno = 0;
    const struct passwd *found = getpwnam(user);
    if (found == NULL) {
        log_error("there is no Unix user %s ([user] in chancery.conf): %s", user,
                  errno == 0 ? "create it with useradd --system" : strerror(errno));
        return CH_ENOTFOUND;
    }
    if (found->pw_uid == 0) {
        log_error("Unix user %s is root ([user] in chancery.conf)", user);
        return CH_EDENIED;
    }
    int e = state == NULL || privilege_reaches(state, found->pw_uid, found->pw_gid, blocker,
                                               sizeof blocker)
                ? identity_set(found)
                : stay_powerless(found, state, blocker);
    if (e == CH_ESYS)
        log_error("cannot become user %s: %s", user, strerror(errno));
    return e;
}
