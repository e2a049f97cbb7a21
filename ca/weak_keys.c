#include "ca/weak_keys.h"

#include "ca/core.h"
#include "ca/pki/known_keys.h"
#include "firmware/base/error.h"
#include "firmware/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    const char *path;
    DIR *dir;
    size_t files;
};

/* By errno. A person has to mend what is not there or closed to the user of this process. */
static int open_refused(const char *path, const char *name)
{
    int r = errno == ENOENT || errno == ENOTDIR ? CH_ENOTFOUND : errno == EACCES ? CH_EINVAL : CH_EIO;
    log_error("weak keys: %s/%s cannot be read: %s", path, name, strerror(errno));
    return r;
}

static FILE *list_open(const struct folder *folder, const char *name)
{
    struct stat st;
    FILE *file = NULL;
    int fd = openat(dirfd(folder->dir), name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        file = fdopen(fd, "r");
    else if (fd >= 0)
        errno = EISDIR;
    if (file == NULL && fd >= 0) {
        int kept = errno;
        close(fd);
        errno = kept;
    }
    return file;
}

/* A folder in the folder is passed over: distributions put documents there. */
static int list_read(struct folder *folder, const char *name, struct known_keys *list)
{
    size_t line = 0;
    FILE *file = list_open(folder, name);
    if (file == NULL && errno == EISDIR)
        return 0;
    if (file == NULL)
        return open_refused(folder->path, name);
    int r = known_keys_read(list, file, &line);
    fclose(file);
    folder->files++;
    if (r != 0)
        log_error("list of weak keys %s/%s, line %zu: %s", folder->path, name, line,
                  r == CH_EINVAL ? "neither 20 hexadecimal digits nor a comment" : ch_error_text(r));
    return r;
}

static int folder_read(struct folder *folder, struct known_keys *list)
{
    int r = 0;
    for (struct dirent *entry; r == 0 && (entry = readdir(folder->dir)) != NULL;)
        if (entry->d_name[0] != '.')
            r = list_read(folder, entry->d_name, list);
    return r;
}

int weak_keys_load(const char *state, const char *folder)
{
    char path[CORE_PATH_MAX];
    struct known_keys list = {0};
    int r = core_path(state, folder, path);
    if (r != 0 || path[0] == '\0')
        return r;
    struct folder opened = {.path = path, .dir = opendir(path)};
    if (opened.dir == NULL) {
        return open_refused(path, "");
    }
    r = folder_read(&opened, &list);
    closedir(opened.dir);
    if (r == 0) {
        log_info("%zu hashes of weak keys from %zu files of %s", list.count, opened.files, path);
        known_keys_use(&list);
    }
    known_keys_free(&list);
    return r;
}
