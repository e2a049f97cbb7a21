#include "hsm/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <unistd.h>

/* Files may vanish between being listed and being opened; that is no failure. */
static int path_fsync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : CH_EIO;
    int r = fsync(fd) == 0 ? 0 : CH_EIO;
    close(fd);
    return r;
}

int folder_fsync(const char *path)
{
    if (path == NULL || *path == '\0')
        return 0;
    char *const roots[] = {p11_in(path), NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    if (tree == NULL)
        return CH_EIO;
    int r = 0;
    FTSENT *entry = NULL;
    /* FTS_NS: the folder itself is not there; deeper it has vanished and does not matter. */
    while (r == 0 && (entry = fts_read(tree)) != NULL)
        if (entry->fts_info == FTS_NS && entry->fts_level == FTS_ROOTLEVEL)
            r = CH_EIO;
        else if (entry->fts_info == FTS_F || entry->fts_info == FTS_DP)
            r = path_fsync(entry->fts_accpath);
        else if ((entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) &&
                 (entry->fts_errno != ENOENT || entry->fts_level == FTS_ROOTLEVEL))
            r = CH_EIO;
    fts_close(tree);
    if (r != 0)
        log_error("cannot bring %s to the disk", path);
    return r;
}
