/*
 * statements.h - every SQL statement of the product, one row each. Nothing else
 * holds SQL but the numbered migrations.
 */
#ifndef CHANCERY_STORE_STATEMENTS_H
#define CHANCERY_STORE_STATEMENTS_H

#include <stdbool.h>

enum statement_id {
    ST_BEGIN_WRITE,
    ST_BEGIN_READ,
    ST_COMMIT,
    ST_ROLLBACK,
    ST_UNIT_BEGIN,
    ST_UNIT_KEEP,
    ST_UNIT_UNDO,
    ST_JOURNAL_MODE,
    ST_DATA_VERSION,
    ST_APPLICATION_ID,
    ST_SCHEMA_NUMBER,
    ST_SCHEMA_SIZE,
    ST_CHECK_FILE,
    ST_CHECK_REFERENCES,
    ST_SETTING_PUT,
    ST_SETTING_GET,
    ST_SYSTEM_KEY_INSERT,
    ST_SYSTEM_KEY_GET,
    ST_SYSTEM_KEY_GET_BY_ID,
    ST_SYSTEM_KEY_SET_CERTIFICATE,
    ST_ACCOUNT_INSERT,
    ST_ACCOUNT_FIRST,
    ST_ACCOUNT_GET,
    ST_USER_INSERT,
    ST_USER_GET,
    ST_ACCESS_KEY_INSERT,
    ST_ACCESS_KEY_GET,
    ST_ACCESS_KEY_COUNT,
    ST_ACCESS_KEY_SET_ACTIVE,
    ST_SCOPE_FIND,
    ST_SCOPE_ADD,
    ST_SCOPE_COUNT_CHANGE,
    ST_SCOPE_COUNT,
    ST_SHARED_FIND,
    ST_SHARED_ADD,
    ST_SHARED_GET,
    ST_AUTHORITY_INSERT,
    ST_AUTHORITY_GET,
    ST_AUTHORITY_BY_TOKEN,
    ST_AUTHORITY_SET_KEY,
    ST_AUTHORITY_SET_CERTIFICATE,
    ST_AUTHORITY_SET_STATUS,
    ST_AUTHORITY_DISABLE,
    ST_AUTHORITY_LIST,
    ST_AUTHORITY_LIST_CREATING,
    ST_AUTHORITY_EXISTS,
    ST_PERMISSION_INSERT,
    ST_PERMISSION_GET,
    ST_ISSUED_INSERT,
    ST_ISSUED_COMPLETE,
    ST_ISSUED_FAIL,
    ST_ISSUED_GET,
    ST_ISSUED_BY_TOKEN,
    ST_ISSUED_BY_SERIAL,
    ST_ISSUED_LIST_INTENTS,
    ST_ISSUED_EXISTS,
    ST_ISSUED_COUNT,
    ST_REVOCATION_INSERT,
    ST_REVOCATION_GET,
    ST_REVOCATION_LIST,
    ST_DER_ADD,
    ST_DER_GET,
    ST_DER_OF_ISSUED,
    ST_CERTIFICATE_INSERT,
    ST_CERTIFICATE_GET,
    ST_CERTIFICATE_BY_TOKEN,
    ST_CERTIFICATE_SET_ISSUED,
    ST_CERTIFICATE_SET_FAILED,
    ST_CERTIFICATE_SET_EXPORTED,
    ST_CERTIFICATE_DELETE,
    ST_CERTIFICATE_EXISTS,
    ST_CERTIFICATE_PAGE_UP,
    ST_CERTIFICATE_PAGE_DOWN,
    ST_CERTIFICATE_SUMMARY,
    ST_CERTIFICATE_LIST_PENDING,
    ST_KEY_INSERT,
    ST_KEY_GET,
    ST_TAG_PUT,
    ST_TAG_REMOVE,
    ST_TAG_REMOVE_VALUE,
    ST_TAG_REMOVE_ALL,
    ST_TAG_COUNT,
    ST_TAG_LIST,
    ST_USAGE_HELD,
    ST_USAGE_SINCE,
    ST_USAGE_AUTHORITIES_GONE,
    ST_USAGE_ISSUED,
    ST_AUDIT_APPEND,
    ST_AUDIT_COUNT,
    ST_AUDIT_FROM,
    ST_COUNT
};

struct statement {
    const char *name;
    bool writes;   /* refused in a reading unit */
    bool at_start; /* goes over every scope, by a partial index; for start-up only */
    const char *sql;
};

extern const struct statement statements[ST_COUNT];

/* Run in this order on every new connection, then those of its kind; NULL at the end. */
extern const char *const connection_setup[];
extern const char *const writer_setup[];
extern const char *const reader_setup[];

#endif
