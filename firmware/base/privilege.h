/*
 * privilege.h - how a process started as root stops being root.
 */
#ifndef CHANCERY_BASE_PRIVILEGE_H
#define CHANCERY_BASE_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * True when uid with that group, and no other, may pass through every folder on the
 * way to the absolute path and into it. Otherwise the first folder that forbids it is
 * written to blocker (size octets). Judges modes, not ACLs.
 */
bool privilege_reaches(const char *path, uid_t uid, gid_t gid, char *blocker, size_t size);

/*
 * Becomes the Unix user, for ever, without any capability. When state is not NULL and
 * the user cannot reach it, stays uid 0 without any capability and warns; that works only
 * when root owns STATE, else CH_EDENIED. CH_ENOTFOUND: no such user. CH_ESYS. The reason is logged.
 */
int privilege_drop(const char *user, const char *state);

#endif
