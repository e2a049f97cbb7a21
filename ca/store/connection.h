/*
 * connection.h - one SQLite connection with its prepared statements, used by one
 * thread at a time; and the one place where SQLite's codes become CH_E*.
 */
#ifndef CHANCERY_STORE_CONNECTION_H
#define CHANCERY_STORE_CONNECTION_H

#include "ca/store/statements.h"
#include "firmware/base/buf.h"

#include <openssl/evp.h>
#include <sqlite3.h>

#define DIGEST_SIZE 32
#define BUSY_TIMEOUT_MS 5000 /* for another process, such as the command, to end its commit */

struct connection {
    sqlite3 *db;
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    sqlite3_stmt *statement[ST_COUNT]; /* prepared on first use */
};

/*
 * Opens the file (made empty, readable by its owner only, when create is true), changing
 * nothing in it. CH_ENOTFOUND, CH_EIO, CH_ENOMEM.
 */
int connection_open(const char *path, bool create, struct connection **out);

/*
 * Runs connection_setup and then the list given. CH_EINTEGRITY when damaged, CH_EUNSUPPORTED
 * without WAL.
 */
int connection_prepare(struct connection *c, const char *const *setup);

/* NULL is fine. */
void connection_close(struct connection *c);

/*
 * The prepared statement, reset; the connection keeps it. CH_ESTATE when it is being stepped
 * through.
 */
int connection_statement(struct connection *c, enum statement_id id, sqlite3_stmt **out);

/* Runs a statement without parameters to its end. */
int connection_run(struct connection *c, enum statement_id id);

/* First column of the first row of a statement without parameters. CH_ENOTFOUND without a row. */
int connection_number(struct connection *c, enum statement_id id, int64_t *out);

/* The CH_E* of an SQLite code; grave ones are logged with what was being done. */
int connection_error(struct connection *c, int code, const char *doing);

/* SHA-256 over first and second. CH_ENOMEM. */
int connection_digest(struct connection *c, struct slice first, struct slice second,
                      uint8_t out[DIGEST_SIZE]);

#endif
