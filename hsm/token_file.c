/*
 * token_file.c - SoftHSM's token.object outlives a kill.
 *
 * SoftHSM writes this file anew at each login, in place: it cuts the file to nothing and then writes it.
 * Killed in between it leaves an empty file, and without what stood there (label, serial number, the
 * token's key under the PINs) no object of the token can be decrypted: the token is gone. So a copy
 * is kept beside the file, under a name that SoftHSM passes over, and put back before SoftHSM
 * looks. Folders of other modules hold no such file, and nothing happens there.
 */
#include "hsm/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_FILE "token.object"
#define KEPT_FILE "token.object.kept"
#define TOKEN_FILE_MAX 65536
#define COUNTER_SIZE 8 /* it begins with the number of its writings, which says nothing of the token */

static int file_read(int folder, const char *name, struct buf *out)
{
    buf_clear(out);
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? CH_ENOTFOUND : CH_EIO;
    uint8_t *room = buf_reserve(out, TOKEN_FILE_MAX);
    ssize_t len = room == NULL ? -1 : read(fd, room, TOKEN_FILE_MAX);
    close(fd);
    if (len < 0 || len == TOKEN_FILE_MAX)
        return CH_EIO;
    out->len = (size_t)len;
    return 0;
}

/* What root writes stays readable for the user that the token's folder belongs to. */
static int file_fill(int folder, int fd, struct slice bytes)
{
    struct stat st;
    if (write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len || fstat(folder, &st) != 0)
        return CH_EIO;
    if (geteuid() == 0 && st.st_uid != 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
        return CH_EIO;
    return fsync(fd) == 0 ? 0 : CH_EIO;
}

/* The name of the new file is this process's own: two may be at work at the same time. */
static int file_replace(int folder, const char *name, struct slice bytes)
{
    char fresh[64];
    snprintf(fresh, sizeof(fresh), "%s.%ld", KEPT_FILE, (long)getpid());
    int fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return CH_EIO;
    int r = file_fill(folder, fd, bytes);
    close(fd);
    if (r == 0 && renameat(folder, fresh, folder, name) != 0)
        r = CH_EIO;
    if (r != 0)
        (void)unlinkat(folder, fresh, 0);
    return r == 0 && fsync(folder) != 0 ? CH_EIO : r;
}

static struct slice behind_counter(const struct buf *file)
{
    size_t skip = file->len < COUNTER_SIZE ? file->len : COUNTER_SIZE;
    return slice_of(file->data + skip, file->len - skip);
}

/* Nothing, or only the beginning: a token that was made anew in the same folder begins otherwise. */
static bool is_cut(const struct buf *file, const struct buf *kept)
{
    struct slice have = behind_counter(file);
    struct slice whole = behind_counter(kept);
    return have.len < whole.len && (have.len == 0 || memcmp(have.data, whole.data, have.len) == 0);
}

static void token_mend(int folder, const char *name)
{
    struct buf file = {0};
    struct buf kept = {0};
    int r = file_read(folder, TOKEN_FILE, &file);
    if (file_read(folder, KEPT_FILE, &kept) == 0 && (r == CH_ENOTFOUND || r == 0) &&
        is_cut(&file, &kept)) {
        r = file_replace(folder, TOKEN_FILE, buf_slice(&kept));
        if (r == 0)
            log_warn("%s/" TOKEN_FILE " was cut off in a login: put back from its copy", name);
        else
            log_error("%s/" TOKEN_FILE " is cut off and cannot be put back", name);
    }
    buf_free(&file);
    buf_free(&kept);
}

static void token_keep(int folder, const char *name, bool replace)
{
    struct buf file = {0};
    struct buf kept = {0};
    if (file_read(folder, TOKEN_FILE, &file) != 0 || file.len <= COUNTER_SIZE)
        goto out;
    int r = file_read(folder, KEPT_FILE, &kept);
    if (r == 0 && (!replace || is_cut(&file, &kept) ||
                   slice_equal(behind_counter(&file), behind_counter(&kept))))
        goto out;
    if (file_replace(folder, KEPT_FILE, buf_slice(&file)) != 0)
        log_warn("cannot keep a copy of %s/" TOKEN_FILE, name);
out:
    buf_free(&file);
    buf_free(&kept);
}

enum action { MEND, KEEP_FIRST, KEEP };

static void each_token(const char *path, enum action action)
{
    DIR *tokens = path == NULL || *path == '\0' ? NULL : opendir(path);
    const struct dirent *entry = NULL;
    while (tokens != NULL && (entry = readdir(tokens)) != NULL) {
        int folder = entry->d_name[0] == '.' ? -1
                                             : openat(dirfd(tokens), entry->d_name,
                                                      O_RDONLY | O_DIRECTORY | O_CLOEXEC |
                                                          O_NOFOLLOW);
        if (folder < 0)
            continue;
        if (action == MEND)
            token_mend(folder, entry->d_name);
        else
            token_keep(folder, entry->d_name, action == KEEP);
        close(folder);
    }
    if (tokens != NULL)
        closedir(tokens);
}

void token_files_mend(const char *folder)
{
    each_token(folder, MEND);
}

void token_files_keep_first(const char *folder)
{
    each_token(folder, KEEP_FIRST);
}

void token_files_keep(const char *folder)
{
    each_token(folder, KEEP);
}
