#include "firmware/base/pin.h"

#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const sources[] = {
    [PIN_FROM_FILE] = "file", [PIN_FROM_CREDENTIAL] = "credential", [PIN_FROM_CONSOLE] = "console"};

int pin_source_find(const char *name, enum pin_source *out)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (strcmp(sources[i], name) == 0) {
            *out = (enum pin_source)i;
            return 0;
        }
    return CH_EINVAL;
}

const char *pin_tries_text(enum pin_tries tries)
{
    static const char *const texts[PIN_TRIES_COUNT] = {
        [PIN_TRIES_UNKNOWN] = "",
        [PIN_TRIES_FEW] = "the token says that few tries are left before it locks",
        [PIN_TRIES_LAST] = "the token says that ONE try is left before it locks",
        [PIN_TRIES_NONE] = "the token is LOCKED: its security officer must unlock it",
    };
    return (unsigned)tries < PIN_TRIES_COUNT ? texts[tries] : "";
}

/* The owner is looked at only when `owned`: a PIN file may be lent by another user, a credential may not. */
static int fd_judge(int fd, bool owned)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return CH_EIO;
    if (!S_ISREG(st.st_mode))
        return CH_EINVAL;
    /* The group may read: systemd lets the unit's user in by an ACL, whose mask stat shows there. */
    if ((st.st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return CH_EDENIED;
    return owned && st.st_uid != 0 && st.st_uid != geteuid() ? CH_EDENIED : 0;
}

static int file_read(const char *path, bool owned, struct secret **out)
{
    *out = NULL;
    /* NONBLOCK: a FIFO in the place of the file must not hold up the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT ? CH_ENOTFOUND : errno == EACCES ? CH_EDENIED : CH_EIO;
    int r = fd_judge(fd, owned);
    if (r == 0)
        r = secret_read_fd(fd, PIN_MAX, out);
    close(fd);
    return r;
}

int pin_read_file(const char *path, struct secret **out)
{
    return file_read(path, false, out);
}

/* ---- credentials of systemd ---- */

bool pin_credential_name_is_good(const char *name)
{
    return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static int folder_judge(const char *folder)
{
    struct stat st;
    if (stat(folder, &st) != 0)
        return errno == ENOENT ? CH_ENOTFOUND : CH_EIO;
    if (!S_ISDIR(st.st_mode))
        return CH_EINVAL;
    bool ours = st.st_uid == 0 || st.st_uid == geteuid();
    return ours && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 ? 0 : CH_EDENIED;
}

int pin_read_credential(const char *name, struct secret **out)
{
    char path[PATH_MAX];
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    *out = NULL;
    if (!pin_credential_name_is_good(name))
        return CH_EINVAL;
    if (folder == NULL || folder[0] != '/') {
        log_error("pin_source is credential, but systemd gave none: the unit needs "
                  "LoadCredential=%s:FILE or LoadCredentialEncrypted=",
                  name);
        return CH_ENOTFOUND;
    }
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    int r = len < 0 || (size_t)len >= sizeof path ? CH_ELIMIT : folder_judge(folder);
    if (r == 0)
        r = file_read(path, true, out);
    if (r == CH_EDENIED)
        log_error("credential %s: it and its folder must belong to root or to this user, and be "
                  "closed to all others",
                  path);
    else if (r != 0)
        log_error("credential %s: %s", path, ch_error_text(r));
    return r;
}

/* ---- from chanceryd to core ---- */

int pin_pipe(const struct secret *pin, int *out)
{
    int ends[2];
    struct slice bytes = secret_slice(pin);
    *out = -1;
    PRECOND(bytes.len > 0 && bytes.len <= PIN_MAX); /* so it fits a pipe, whatever its size */
    if (pipe2(ends, O_CLOEXEC) != 0)
        return CH_ESYS;
    ssize_t written = write(ends[1], bytes.data, bytes.len);
    close(ends[1]);
    if (written != (ssize_t)bytes.len) {
        close(ends[0]);
        return CH_ESYS;
    }
    *out = ends[0];
    return 0;
}

int pin_receive(int fd, struct secret **out)
{
    *out = NULL;
    int r = secret_read_fd(fd, PIN_MAX, out);
    close(fd);
    return r;
}
