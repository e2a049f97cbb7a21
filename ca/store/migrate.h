/*
 * migrate.h - from whatever schema the file has to the newest, a numbered migration
 * and a transaction at a time. The number is SQLite's user_version.
 */
#ifndef CHANCERY_STORE_MIGRATE_H
#define CHANCERY_STORE_MIGRATE_H

#include "ca/store/connection.h"

struct migration {
    int number;
    const char *sql; /* ends by setting user_version to number */
};

/* The migrations of this program, in order. */
const struct migration *migrations(size_t *count);

/*
 * Says without changing anything whether the file is ours: CH_EINTEGRITY when it belongs
 * to another program, was made by a newer version, is damaged, or is empty although
 * create is false.
 */
int migrate_check(struct connection *c, bool create);

/*
 * Runs what the file has not had yet and tells the number it ends with. A migration that
 * fails leaves the file as the one before it made it.
 */
int migrate_run(struct connection *c, const struct migration *list, size_t count, int *schema);

#endif
