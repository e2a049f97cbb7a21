/*
 * file.h - files and folders of STATE, written so that a power cut leaves the old or the new.
 */
#ifndef CHANCERY_PROVISIONING_FILE_H
#define CHANCERY_PROVISIONING_FILE_H

#include "firmware/base/buf.h"

#include <sys/types.h>

/* Replaces the file: a temporary one beside it, fsynced, renamed, folder fsynced. 0, CH_EIO, CH_ENOSPACE. */
int file_write(const char *path, mode_t mode, struct slice bytes);

/* Makes the folder, or gives the one that is there this mode. 0, CH_EIO. */
int file_folder(const char *path, mode_t mode);

/* Makes the folders above path that are missing (mode 0755). 0, CH_EINVAL when path is too long, CH_EIO with errno set. */
int file_parents(const char *path);

bool file_exists(const char *path);

/* Gives a file, or a folder with all in it, to uid and gid; links are not followed. 0, CH_EIO. */
int file_own(const char *path, uid_t uid, gid_t gid);

#endif
