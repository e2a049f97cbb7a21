/*
 * readers.h - connections for reading units, as many as read at once, made on demand.
 */
#ifndef CHANCERY_STORE_READERS_H
#define CHANCERY_STORE_READERS_H

#include "ca/store/store.h"

#define READERS_MAX 64 /* more threads than that wait for each other */

struct readers;

/* path must live as long as the readers. */
int readers_open(const char *path, struct readers **out);

/* No unit may be running; NULL is fine. */
void readers_close(struct readers *readers);

/* What store_read does. */
int readers_run(struct readers *readers, store_unit unit, void *context);

#endif
