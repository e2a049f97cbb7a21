/*
 * group.h - the one writer: units of all threads, in order of arrival, behind a savepoint
 * each, and one commit for as many as arrived while the disk was busy.
 */
#ifndef CHANCERY_STORE_GROUP_H
#define CHANCERY_STORE_GROUP_H

#include "ca/store/connection.h"
#include "ca/store/store.h"

struct group;

/* Starts the writer thread on the connection, which the group owns from now on, also on failure. */
int group_open(struct connection *c, struct group **out);

/* Runs what is queued to its end, then stops; NULL is fine. */
void group_close(struct group *g);

/* What store_write does. */
int group_run(struct group *g, store_unit unit, void *context);

/* Commits that reached the disk, and units in them. */
void group_count(struct group *g, uint64_t *commits, uint64_t *units);

/* What store_version does. */
uint64_t group_version(struct group *g);

#endif
