#include "provisioning/file.h"

#include "firmware/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int io_error(void)
{
    return errno == ENOSPC || errno == EDQUOT ? CH_ENOSPACE : CH_EIO;
}

static int write_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno != EINTR)
            return io_error();
        if (n > 0)
            bytes = slice_of(bytes.data + n, bytes.len - (size_t)n);
    }
    return 0;
}

static int folder_sync(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path),
             slash == NULL ? "." : path);
    int fd = open(folder[0] == '\0' ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return CH_EIO;
    int r = fsync(fd) == 0 ? 0 : io_error();
    close(fd);
    return r;
}

int file_write(const char *path, mode_t mode, struct slice bytes)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return CH_EIO;
    (void)unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return io_error();
    int r = write_all(fd, bytes);
    if (r == 0 && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        r = io_error();
    close(fd);
    if (r == 0 && rename(fresh, path) != 0)
        r = io_error();
    if (r != 0) {
        (void)unlink(fresh);
        return r;
    }
    return folder_sync(path);
}

int file_folder(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return io_error();
    return chmod(path, mode) == 0 ? 0 : io_error();
}

int file_parents(const char *path)
{
    char part[PATH_MAX];
    if (strlen(path) >= sizeof part)
        return CH_EINVAL;
    memcpy(part, path, strlen(path) + 1);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        /* chmod: the processes' users must pass, whatever the umask. */
        if (mkdir(part, 0755) == 0 ? chmod(part, 0755) != 0 : errno != EEXIST)
            return CH_EIO;
        *slash = '/';
    }
    return 0;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

int file_own(const char *path, uid_t uid, gid_t gid)
{
    char start[PATH_MAX];
    char *const roots[] = {start, NULL};
    snprintf(start, sizeof start, "%s", path);
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return CH_EIO;
    int r = 0;
    FTSENT *entry = NULL;
    while (r == 0 && (entry = fts_read(walk)) != NULL)
        if (entry->fts_info != FTS_DP && lchown(entry->fts_accpath, uid, gid) != 0)
            r = CH_EIO;
    (void)fts_close(walk);
    return r;
}
