/*
 * store.h - the only way to the database. Opening, transactions, group commit; the
 * rows themselves are in rows.h. SQLite: WAL, synchronous=FULL.
 *
 * Writing: units of work from all threads go to one writer, which runs each behind
 * a savepoint of a shared transaction and commits once for all of them; a caller
 * comes back only when its unit is on disk (or has failed, alone). Reading:
 * each thread's unit runs on a reader connection of its own, on a snapshot that
 * includes every commit that was answered.
 */
#ifndef CHANCERY_STORE_STORE_H
#define CHANCERY_STORE_STORE_H

#include "firmware/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct store;
struct store_tx; /* valid only inside a unit; row functions take it */

/* Returns 0 to keep what it did, or CH_E* to undo it; that code is what store_write returns. */
typedef int (*store_unit)(struct store_tx *tx, void *context);

/*
 * Opens or creates (create = true) the database and brings it to the newest migration.
 * CH_ENOTFOUND, CH_EIO, CH_EINTEGRITY (damaged, or made by a newer version), CH_ENOSPACE.
 */
int store_open(const char *path, bool create, struct store **out);
void store_close(struct store *s);

/*
 * Runs unit on the writer and waits for the disk. Never call it from inside a unit. CH_ENOSPACE /
 * CH_EIO: nothing was kept.
 */
int store_write(struct store *s, store_unit unit, void *context);

/* Runs unit on a reader connection. A row function that writes returns CH_ESTATE there. */
int store_read(struct store *s, store_unit unit, void *context);

/*
 * A number that is another one as soon as a unit was answered that may have changed more than issued
 * certificates, shared texts and the audit trail. Who asks for it, reads a row and keeps both may take
 * the row for what a read would give as long as the number stays. What another process
 * writes counts from the next unit on.
 */
uint64_t store_version(struct store *s);

/*
 * Reads the whole file and checks it (SQLite's integrity_check, references). For the
 * operator: takes seconds for a large database. CH_EINTEGRITY, said in the log.
 */
int store_check(struct store *s);

struct store_stats {
    uint64_t commits, units; /* units / commits = how well grouping works */
    uint64_t size;           /* octets of the database file */
    int schema;              /* newest migration */
};
void store_stats(struct store *s, struct store_stats *out);

#endif
