#include "ca/store/statements.h"
#include "ca/store/validations.h"

#include "ca/store/iam_statements.h"

#include <stddef.h>

/*
 * page_size counts only while the file is empty; 8192 because certificates of 600 to 1300
 * octets leave 4096 partly unused. temp_store=MEMORY: what a savepoint
 * remembers would otherwise spill to a file, in a folder that the process may not have.
 */
const char *const connection_setup[] = {
    "PRAGMA page_size = 8192",    "PRAGMA journal_mode = WAL",   "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",   "PRAGMA trusted_schema = OFF", "PRAGMA secure_delete = FAST",
    "PRAGMA temp_store = MEMORY", "PRAGMA cell_size_check = ON", NULL,
};

/* The writer keeps the pages that random keys touch; it checkpoints by itself, between groups. */
const char *const writer_setup[] = {
    "PRAGMA cache_size = -16384",
    "PRAGMA wal_autocheckpoint = 0",
    NULL,
};

const char *const reader_setup[] = {
    "PRAGMA cache_size = -512",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA query_only = ON",
    NULL,
};

/* ?1 and ?2 are always the scope, ?3 the authority or the certificate. */
#define SCOPE "(SELECT number FROM scopes WHERE account = ?1 AND region = ?2)"
#define AUTHORITY "(SELECT number FROM authorities WHERE id = ?3 AND scope = " SCOPE ")"

#define AUTHORITY_COLUMNS                                                                          \
    "s.account, s.region, a.id, a.type, a.status, a.failure_reason, a.usage_mode, a.key_storage, " \
    "a.configuration, a.revocation, a.idempotency_token, a.request_hash, a.key_id, a.spki, "       \
    "a.csr, a.certificate, a.chain, a.serial, a.not_before, a.not_after, a.created_at, "           \
    "a.state_changed_at, a.restorable_until "
#define AUTHORITY_FROM "FROM authorities a JOIN scopes s ON s.number = a.scope "

#define AUDIT_REPORT_COLUMNS                                                                       \
    "s.account, s.region, a.id, r.id, r.bucket, r.format, r.status, r.created_at, r.length, "      \
    "r.after_serial FROM audit_reports r JOIN authorities a ON a.number = r.authority "                           \
    "JOIN scopes s ON s.number = a.scope "

#define ISSUED_COLUMNS                                                                             \
    "s.account, s.region, a.id, i.id, i.serial, i.state, i.template_name, i.idempotency_token, "   \
    "i.request_hash, i.not_before, i.not_after, i.created_at, i.issued_at, d.der "
#define ISSUED_FROM                                                                                \
    "FROM issued i JOIN authorities a ON a.number = i.authority "                                  \
    "JOIN scopes s ON s.number = a.scope "                                                         \
    "LEFT JOIN issued_certificates d ON d.number = i.certificate "

#define REVOCATION_COLUMNS                                                                         \
    "s.account, s.region, a.id, r.serial, r.reason, r.revoked_at, i.id, i.not_after, r.number "
#define REVOCATION_FROM                                                                            \
    "FROM revocations r JOIN issued i ON i.number = r.issued "                                     \
    "JOIN authorities a ON a.number = r.authority JOIN scopes s ON s.number = a.scope "

#define CRL_COLUMNS                                                                                \
    "s.account, s.region, a.id, c.part, c.number, c.wishes, c.this_update, c.next_update, "        \
    "c.rest_until, c.due_at "
#define CRL_FROM                                                                                   \
    "FROM crls c JOIN authorities a ON a.number = c.authority JOIN scopes s ON s.number = a.scope "
#define CRL_ENTRY_COLUMNS "r.number, r.serial, r.reason, r.revoked_at, i.not_after "
#define CRL_ENTRY_FROM "FROM revocations r JOIN issued i ON i.number = r.issued "

#define CERTIFICATE_SUMMARY_COLUMNS                                                                \
    "s.account, s.region, c.id, c.type, c.status, c.key_alg, c.domain, c.names, "                  \
    "c.failure_reason, c.managed_by, c.options, c.authority_arn, c.idempotency_token, "            \
    "c.request_hash, c.created_at, c.imported_at, c.exported_at, c.in_use, c.revoked_at, "         \
    "c.revocation_reason, c.renewal_status, c.renewal_reason, c.renewal_updated_at, "              \
    "c.renewal_started_at, c.renew_at, c.validation_method, c.issued_at, c.key_usages, "           \
    "c.extended_key_usages, c.issued_id, c.serial, c.subject, c.issuer, c.signature_algorithm, "   \
    "c.not_before, c.not_after "
#define CERTIFICATE_COLUMNS CERTIFICATE_SUMMARY_COLUMNS ", c.chain, c.certificate "
#define CERTIFICATE_FROM "FROM certificates c JOIN scopes s ON s.number = c.scope "

#define VALIDATION_COLUMNS                                                                         \
    "s.account, s.region, c.id, v.position, v.domain, v.validation_domain, v.method, v.status, "   \
    "v.challenge_name, v.challenge_value, v.emails, v.next_try, v.attempts, v.looked_at, v.code, " \
    "v.reason, v.seen, v.caa_at, v.caa_seen, v.held "
#define CERTIFICATE "(SELECT number FROM certificates WHERE id = ?3 AND scope = " SCOPE ")"

#define READ(id, label, text) [id] = {label, false, false, false, text}
#define WRITE(id, label, text) [id] = {label, true, false, false, text}
#define AT_START(id, label, text) [id] = {label, false, true, false, text}
/* Writes to issued certificates, shared texts or the audit trail: nobody remembers what was there. */
#define ADD(id, label, text) [id] = {label, true, false, true, text}

/* A sorted stream of one facet, behind a place in it (?3, ?4), both ways. */
#define PAGES(id, label, index, column, present)                                                   \
    READ(id##_UP, label "-up",                                                                     \
         "SELECT " column ", number FROM certificates INDEXED BY " index                           \
         " WHERE scope = ?1 AND facet = ?2 AND (" column ", number) > (?3, ?4) " present           \
         "ORDER BY " column ", number LIMIT ?5"),                                                  \
        READ(id##_DOWN, label "-down",                                                             \
             "SELECT " column ", number FROM certificates INDEXED BY " index                       \
             " WHERE scope = ?1 AND facet = ?2 AND (" column ", number) < (?3, ?4) " present       \
             "ORDER BY " column " DESC, number DESC LIMIT ?5")
#define KEK_COLUMNS                                                                                \
    "name, hsm_id, kind, created_at, replaced_at, rewrap_at, rewrap_after, emptied_at, "           \
    "destroyed_at "
#define KEY_COLUMNS                                                                                \
    "s.account, s.region, c.id, k.version, k.format, k.kek_id, k.alg, k.spki, k.blob, k.tag "


const struct statement statements[ST_COUNT] = {
    /* transactions and the file */
    ADD(ST_BEGIN_WRITE, "begin-write", "BEGIN IMMEDIATE"),
    READ(ST_BEGIN_READ, "begin-read", "BEGIN DEFERRED"),
    READ(ST_COMMIT, "commit", "COMMIT"),
    READ(ST_ROLLBACK, "rollback", "ROLLBACK"),
    ADD(ST_UNIT_BEGIN, "unit-begin", "SAVEPOINT unit"),
    ADD(ST_UNIT_KEEP, "unit-keep", "RELEASE unit"),
    ADD(ST_UNIT_UNDO, "unit-undo", "ROLLBACK TO unit"),
    READ(ST_JOURNAL_MODE, "journal-mode", "PRAGMA journal_mode"),
    READ(ST_DATA_VERSION, "data-version", "PRAGMA data_version"),
    READ(ST_APPLICATION_ID, "application-id", "PRAGMA application_id"),
    READ(ST_SCHEMA_NUMBER, "schema-number", "PRAGMA user_version"),
    READ(ST_SCHEMA_SIZE, "schema-size", "SELECT count(*) FROM sqlite_schema"),
    READ(ST_CHECK_FILE, "check-file", "PRAGMA integrity_check(1)"),
    READ(ST_CHECK_REFERENCES, "check-references", "PRAGMA foreign_key_check"),

    /* settings and keys of the system */
    WRITE(ST_SETTING_PUT, "setting-put",
          "INSERT INTO settings (name, value) VALUES (?1, ?2) "
          "ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
    READ(ST_SETTING_GET, "setting-get", "SELECT value FROM settings WHERE name = ?1"),
    WRITE(ST_SYSTEM_KEY_INSERT, "system-key-insert",
          "INSERT INTO system_keys (name, hsm_id, kind, spki, certificate, created_at) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
    READ(ST_SYSTEM_KEY_GET, "system-key-get",
         "SELECT name, hsm_id, kind, spki, certificate, created_at "
         "FROM system_keys WHERE name = ?1"),
    READ(ST_SYSTEM_KEY_GET_BY_ID, "system-key-get-by-id",
         "SELECT name, hsm_id, kind, spki, certificate, created_at "
         "FROM system_keys WHERE hsm_id = ?1"),
    WRITE(ST_SYSTEM_KEY_SET_CERTIFICATE, "system-key-set-certificate",
          "UPDATE system_keys SET certificate = ?2 WHERE name = ?1"),
    WRITE(ST_SYSTEM_KEY_REMOVE, "system-key-remove", "DELETE FROM system_keys WHERE name = ?1"),

    READ(ST_KEK_CURRENT, "kek-current",
         "SELECT " KEK_COLUMNS "FROM system_keys WHERE name >= ?1 AND name < ?2 "
         "AND replaced_at = 0"),
    READ(ST_KEK_DUE, "kek-due",
         "SELECT " KEK_COLUMNS "FROM system_keys WHERE replaced_at > 0 AND rewrap_at <= ?1 "
         "ORDER BY rewrap_at LIMIT 1"),
    READ(ST_KEK_DUE_AT, "kek-due-at",
         "SELECT rewrap_at FROM system_keys WHERE replaced_at > 0 AND rewrap_at > 0 "
         "ORDER BY rewrap_at LIMIT 1"),
    READ(ST_KEK_OLDEST, "kek-oldest",
         "SELECT created_at FROM system_keys WHERE replaced_at = 0 AND created_at > 0 "
         "AND kind IN ('kek-export', 'kek-no-export') ORDER BY created_at LIMIT 1"),
    READ(ST_KEK_LIST, "kek-list",
         "SELECT " KEK_COLUMNS "FROM system_keys WHERE name > ?1 "
         "AND kind IN ('kek-export', 'kek-no-export') ORDER BY name LIMIT ?2"),
    WRITE(ST_KEK_REPLACE, "kek-replace",
          "UPDATE system_keys SET replaced_at = ?2, rewrap_at = ?2 "
          "WHERE name = ?1 AND replaced_at = 0"),
    WRITE(ST_KEK_PROGRESS, "kek-progress",
          "UPDATE system_keys SET rewrap_at = ?2, rewrap_after = ?3, emptied_at = ?4, "
          "destroyed_at = ?5 WHERE name = ?1"),
    READ(ST_KEK_HOLDS, "kek-holds", "SELECT count(*) FROM keys WHERE kek_id = ?1"),

    /* accounts, users, access keys */
    WRITE(ST_ACCOUNT_INSERT, "account-insert",
          "INSERT INTO accounts (account, name, created_at) VALUES (?1, ?2, ?3)"),
    READ(ST_ACCOUNT_FIRST, "account-first", "SELECT account FROM accounts ORDER BY number LIMIT 1"),
    READ(ST_ACCOUNT_GET, "account-get",
         "SELECT account, name, created_at FROM accounts WHERE account = ?1"),
    IAM_STATEMENTS,

    /* scopes and shared texts */
    READ(ST_SCOPE_FIND, "scope-find",
         "SELECT number FROM scopes WHERE account = ?1 AND region = ?2"),
    WRITE(ST_SCOPE_ADD, "scope-add",
          "INSERT INTO scopes (account, region) VALUES (?1, ?2) "
          "ON CONFLICT (account, region) DO NOTHING"),
    WRITE(ST_SCOPE_COUNT_CHANGE, "scope-count-change",
          "UPDATE scopes SET certificates = certificates + ?3 WHERE account = ?1 AND region = ?2"),
    READ(ST_SCOPE_COUNT, "scope-count",
         "SELECT certificates FROM scopes WHERE account = ?1 AND region = ?2"),
    READ(ST_SHARED_FIND, "shared-find", "SELECT number FROM shared_texts WHERE digest = ?1"),
    ADD(ST_SHARED_ADD, "shared-add", "INSERT INTO shared_texts (digest, text) VALUES (?1, ?2)"),
    READ(ST_SHARED_GET, "shared-get", "SELECT text FROM shared_texts WHERE number = ?1"),

    /* authorities */
    WRITE(ST_AUTHORITY_INSERT, "authority-insert",
          "INSERT INTO authorities (scope, id, type, status, failure_reason, usage_mode, "
          "key_storage, configuration, revocation, idempotency_token, request_hash, key_id, spki, "
          "csr, certificate, chain, serial, not_before, not_after, created_at, state_changed_at, "
          "restorable_until) VALUES (" SCOPE ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
          "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)"),
    READ(ST_AUTHORITY_GET, "authority-get",
         "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM "WHERE a.id = ?3 AND a.scope = " SCOPE),
    READ(ST_AUTHORITY_GET_ANY, "authority-get-any",
         "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM "WHERE a.id = ?1"),
    READ(ST_AUTHORITY_BY_TOKEN, "authority-by-token",
         "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM "WHERE a.scope = " SCOPE
         " AND a.idempotency_token = ?3 AND a.created_at >= ?4 AND a.status <> 'DELETED' "
         "ORDER BY a.created_at DESC LIMIT 1"),
    WRITE(ST_AUTHORITY_SET_KEY, "authority-set-key",
          "UPDATE authorities SET status = 'PENDING_CERTIFICATE', key_id = ?4, spki = ?5, "
          "csr = ?6, state_changed_at = ?7 "
          "WHERE number = " AUTHORITY " AND status = 'CREATING'"),
    WRITE(ST_AUTHORITY_SET_CERTIFICATE, "authority-set-certificate",
          "UPDATE authorities SET status = iif(status = 'DISABLED', status, 'ACTIVE'), certificate = ?4, "
          "chain = ?5, serial = ?6, not_before = ?7, not_after = ?8, state_changed_at = ?9 "
          "WHERE number = " AUTHORITY " AND (status IN ('PENDING_CERTIFICATE', 'ACTIVE') "
          "OR (status = 'DISABLED' AND not_after < ?9))"),
    WRITE(ST_AUTHORITY_SET_STATUS, "authority-set-status",
          "UPDATE authorities SET status = ?4, failure_reason = ?5, state_changed_at = ?6 "
          "WHERE number = " AUTHORITY),
    WRITE(ST_AUTHORITY_UPDATE, "authority-update",
          "UPDATE authorities SET status = ?5, revocation = COALESCE(?6, revocation), "
          "state_changed_at = CASE WHEN status = ?5 THEN state_changed_at ELSE ?7 END "
          "WHERE number = " AUTHORITY " AND status = ?4"),
    WRITE(ST_AUTHORITY_DELETE, "authority-delete",
          "UPDATE authorities SET status = 'DELETED', status_before = "
          "CASE WHEN status IN ('CREATING', 'FAILED') THEN NULL ELSE status END, "
          "restorable_until = ?5, state_changed_at = ?6 "
          "WHERE number = " AUTHORITY " AND status = ?4 AND status <> 'DELETED'"),
    WRITE(ST_AUTHORITY_RESTORE, "authority-restore",
          "UPDATE authorities SET status = status_before, status_before = NULL, "
          "restorable_until = 0, state_changed_at = ?4 WHERE number = " AUTHORITY
          " AND status = 'DELETED' AND status_before IS NOT NULL AND restorable_until > ?4 "
          "AND condemned_at = 0"),
    READ(ST_AUTHORITY_DESTROY_NEXT, "authority-destroy-next",
         "SELECT restorable_until FROM authorities WHERE status = 'DELETED' AND destroyed_at = 0 "
         "AND restorable_until >= 0 ORDER BY restorable_until LIMIT 1"),
    READ(ST_AUTHORITY_DESTROY_LIST, "authority-destroy-list",
         "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM
         "WHERE a.status = 'DELETED' AND a.destroyed_at = 0 AND a.restorable_until <= ?1 "
         "ORDER BY a.restorable_until LIMIT ?2"),
    WRITE(ST_AUTHORITY_CONDEMN, "authority-condemn",
          "UPDATE authorities SET condemned_at = max(condemned_at, ?4) WHERE number = " AUTHORITY
          " AND status = 'DELETED' AND restorable_until <= ?4 AND destroyed_at = 0"),
    WRITE(ST_AUTHORITY_DESTROYED, "authority-destroyed",
          "UPDATE authorities SET destroyed_at = ?4 WHERE number = " AUTHORITY
          " AND condemned_at > 0 AND destroyed_at = 0"),
    READ(ST_OCSP_RENEWAL_NEXT, "ocsp-renewal-next",
         "SELECT ocsp_renew_at FROM authorities WHERE ocsp_renew_at IS NOT NULL "
         "ORDER BY ocsp_renew_at LIMIT 1"),
    READ(ST_OCSP_RENEWAL_LIST, "ocsp-renewal-list",
         "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM
         "WHERE a.ocsp_renew_at <= ?1 ORDER BY a.ocsp_renew_at LIMIT 1"),
    WRITE(ST_OCSP_RENEWAL_SET, "ocsp-renewal-set",
          "UPDATE authorities SET ocsp_renew_at = ?4 WHERE number = " AUTHORITY),
    READ(ST_AUTHORITY_LIST, "authority-list",
         "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM "WHERE a.scope = " SCOPE
         " AND (a.created_at, a.id) > (?3, ?4) "
         "AND (a.status <> 'DELETED' OR a.restorable_until > ?5) "
         "ORDER BY a.created_at, a.id LIMIT ?6"),
    AT_START(ST_AUTHORITY_LIST_CREATING, "authority-list-creating",
             "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM
             "WHERE a.status = 'CREATING' ORDER BY a.number"),
    READ(ST_AUTHORITY_LIST_CERTIFIED, "authority-list-certified",
         "SELECT " AUTHORITY_COLUMNS AUTHORITY_FROM
         "WHERE a.number > 0 AND a.certificate IS NOT NULL AND a.condemned_at = 0 "
         "ORDER BY a.number"),
    READ(ST_AUTHORITY_EXISTS, "authority-exists",
         "SELECT number FROM authorities WHERE id = ?3 AND scope = " SCOPE),
    WRITE(ST_PERMISSION_INSERT, "permission-insert",
          "INSERT INTO permissions (authority, principal, source_account, actions, created_at) "
          "SELECT number, ?4, ?5, ?6, ?7 FROM authorities WHERE number = " AUTHORITY),
    READ(ST_PERMISSION_GET, "permission-get",
         "SELECT s.account, s.region, a.id, p.principal, p.source_account, p.actions, "
         "p.created_at FROM permissions p JOIN authorities a ON a.number = p.authority "
         "JOIN scopes s ON s.number = a.scope "
         "WHERE p.authority = " AUTHORITY " AND p.principal = ?4 AND p.source_account = ?5"),
    WRITE(ST_PERMISSION_REMOVE, "permission-remove",
          "DELETE FROM permissions WHERE authority = " AUTHORITY
          " AND principal = ?4 AND source_account = ?5"),
    WRITE(ST_PERMISSION_REMOVE_ALL, "permission-remove-all",
          "DELETE FROM permissions WHERE authority = " AUTHORITY),
    READ(ST_PERMISSION_LIST, "permission-list",
         "SELECT s.account, s.region, a.id, p.principal, p.source_account, p.actions, "
         "p.created_at FROM permissions p JOIN authorities a ON a.number = p.authority "
         "JOIN scopes s ON s.number = a.scope WHERE p.authority = " AUTHORITY
         " AND (p.principal, p.source_account) > (?4, ?5) "
         "ORDER BY p.principal, p.source_account LIMIT ?6"),
    WRITE(ST_AUTHORITY_POLICY_PUT, "authority-policy-put",
          "INSERT INTO authority_policies (authority, policy, changed_at) "
          "SELECT number, ?4, ?5 FROM authorities WHERE number = " AUTHORITY
          " ON CONFLICT (authority) DO UPDATE SET policy = ?4, changed_at = ?5"),
    READ(ST_AUTHORITY_POLICY_GET, "authority-policy-get",
         "SELECT policy FROM authority_policies WHERE authority = " AUTHORITY),
    WRITE(ST_AUTHORITY_POLICY_REMOVE, "authority-policy-remove",
          "DELETE FROM authority_policies WHERE authority = " AUTHORITY),
    READ(ST_AUTHORITY_LIST_SHARED, "authority-list-shared",
         "SELECT " AUTHORITY_COLUMNS "FROM authority_policies p CROSS JOIN authorities a "
         "ON a.number = p.authority JOIN scopes s ON s.number = a.scope "
         "WHERE p.authority > COALESCE((SELECT number FROM authorities WHERE id = ?3), 0) "
         "AND s.account <> ?1 AND s.region = ?2 AND a.status <> 'DELETED' ORDER BY p.authority"),

    /* audit reports */
    WRITE(ST_AUDIT_REPORT_INSERT, "audit-report-insert",
          "INSERT INTO audit_reports (authority, id, bucket, format, status, created_at, length, "
          "after_serial) SELECT number, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM authorities WHERE number = " AUTHORITY),
    READ(ST_AUDIT_REPORT_GET, "audit-report-get",
         "SELECT " AUDIT_REPORT_COLUMNS "WHERE r.id = ?4 AND r.authority = " AUTHORITY),
    READ(ST_AUDIT_REPORT_LATEST, "audit-report-latest",
         "SELECT " AUDIT_REPORT_COLUMNS "WHERE r.authority = " AUTHORITY
         " AND r.created_at > ?4 AND r.status <> 'FAILED' ORDER BY r.created_at DESC LIMIT 1"),
    READ(ST_AUDIT_REPORT_NEXT, "audit-report-next",
         "SELECT " AUDIT_REPORT_COLUMNS "WHERE r.status = 'CREATING' AND r.number > 0 "
         "ORDER BY r.number LIMIT 1"),
    WRITE(ST_AUDIT_REPORT_PROGRESS, "audit-report-progress",
          "UPDATE audit_reports SET status = ?5, length = ?6, after_serial = ?7 WHERE id = ?4 AND status = 'CREATING' "
          "AND authority = " AUTHORITY),
    READ(ST_AUDIT_REPORT_ROWS, "audit-report-rows",
         "SELECT i.id, i.serial, i.not_before, i.not_after, i.issued_at, "
         "COALESCE(t.text, i.template_name), d.der, COALESCE(v.revoked_at, 0), "
         "COALESCE(v.reason, 0) FROM issued i "
         "JOIN issued_certificates d ON d.number = i.certificate "
         "LEFT JOIN shared_texts t ON t.number = i.template_name "
         "LEFT JOIN revocations v ON v.authority = i.authority AND v.serial = i.serial "
         "WHERE i.authority = " AUTHORITY " AND i.serial > ?4 AND i.state = 2 "
         "ORDER BY i.serial LIMIT ?5"),

    /* issued certificates */
    ADD(ST_ISSUED_INSERT, "issued-insert",
          "INSERT INTO issued (authority, id, serial, state, template_name, idempotency_token, "
          "request_hash, not_before, not_after, created_at, issued_at, certificate) "
          "SELECT number, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 "
          "FROM authorities WHERE number = " AUTHORITY),
    ADD(ST_ISSUED_COMPLETE, "issued-complete",
          "UPDATE issued SET state = 2, not_before = ?5, not_after = ?6, issued_at = ?7, "
          "certificate = ?8 WHERE id = ?4 AND authority = " AUTHORITY " AND state = 1"),
    ADD(ST_ISSUED_FAIL, "issued-fail",
          "UPDATE issued SET state = 3 "
          "WHERE id = ?4 AND authority = " AUTHORITY " AND state = 1"),
    READ(ST_ISSUED_GET, "issued-get",
         "SELECT " ISSUED_COLUMNS ISSUED_FROM "WHERE i.id = ?4 AND i.authority = " AUTHORITY),
    READ(ST_ISSUED_BY_TOKEN, "issued-by-token",
         "SELECT " ISSUED_COLUMNS ISSUED_FROM "WHERE i.authority = " AUTHORITY
         " AND i.idempotency_token = ?4 AND i.created_at >= ?5 AND i.state <> 3 "
         "ORDER BY i.created_at DESC LIMIT 1"),
    READ(ST_ISSUED_BY_SERIAL, "issued-by-serial",
         "SELECT " ISSUED_COLUMNS ISSUED_FROM "WHERE i.authority = " AUTHORITY
         " AND i.serial = ?4"),
    AT_START(ST_ISSUED_LIST_INTENTS, "issued-list-intents",
             "SELECT " ISSUED_COLUMNS ISSUED_FROM "WHERE i.state = 1 ORDER BY i.number"),
    READ(ST_ISSUED_EXISTS, "issued-exists",
         "SELECT number FROM issued WHERE id = ?4 AND authority = " AUTHORITY),
    READ(ST_ISSUED_COUNT, "issued-count",
         "SELECT COALESCE(max(number), 0) FROM issued_certificates"),
    WRITE(ST_REVOCATION_INSERT, "revocation-insert",
          "INSERT INTO revocations (authority, serial, reason, revoked_at, issued) "
          "SELECT authority, serial, ?5, ?6, number FROM issued "
          "WHERE serial = ?4 AND authority = " AUTHORITY " AND state = 2"),
    READ(ST_REVOCATION_GET, "revocation-get",
         "SELECT " REVOCATION_COLUMNS REVOCATION_FROM
         "WHERE r.serial = ?4 AND r.authority = " AUTHORITY),
    READ(ST_REVOCATION_LIST, "revocation-list",
         "SELECT " REVOCATION_COLUMNS REVOCATION_FROM "WHERE r.authority = " AUTHORITY
         " AND r.number > ?4 ORDER BY r.number LIMIT ?5"),

    /* CRLs */
    WRITE(ST_CRL_WANT, "crl-want",
          "INSERT INTO crls (authority, part, number, wishes, this_update, next_update, "
          "rest_until, due_at) SELECT number, ?4, 0, 1, 0, 0, 0, ?5 FROM authorities "
          "WHERE number = " AUTHORITY " ON CONFLICT DO UPDATE SET wishes = wishes + 1, "
          "due_at = min(due_at, max(?5, rest_until))"),
    WRITE(ST_CRL_WANT_KNOWN, "crl-want-known",
          "UPDATE crls SET wishes = wishes + 1, due_at = min(due_at, max(?5, rest_until)) "
          "WHERE authority = " AUTHORITY " AND part = ?4"),
    WRITE(ST_CRL_WANT_ALL, "crl-want-all",
          "UPDATE crls SET wishes = wishes + 1, due_at = min(due_at, max(?5, rest_until)) "
          "WHERE authority = " AUTHORITY " AND part >= ?4"),
    READ(ST_CRL_NEXT, "crl-next", "SELECT due_at FROM crls WHERE due_at > 0 ORDER BY due_at LIMIT 1"),
    READ(ST_CRL_DUE, "crl-due",
         "SELECT " CRL_COLUMNS CRL_FROM "WHERE c.due_at <= ?1 ORDER BY c.due_at LIMIT 1"),
    READ(ST_CRL_GET, "crl-get",
         "SELECT " CRL_COLUMNS CRL_FROM "WHERE c.authority = " AUTHORITY " AND c.part = ?4"),
    WRITE(ST_CRL_TAKE_NUMBER, "crl-take-number",
          "UPDATE crls SET number = ?5 WHERE authority = " AUTHORITY
          " AND part = ?4 AND number < ?5"),
    WRITE(ST_CRL_PUBLISHED, "crl-published",
          "UPDATE crls SET this_update = ?5, next_update = ?6, rest_until = ?7, "
          "due_at = CASE WHEN wishes = ?8 THEN ?9 ELSE ?7 END "
          "WHERE authority = " AUTHORITY " AND part = ?4"),
    WRITE(ST_CRL_DELAY, "crl-delay",
          "UPDATE crls SET due_at = ?5 WHERE authority = " AUTHORITY " AND part = ?4"),
    READ(ST_CRL_ENTRIES, "crl-entries",
         "SELECT " CRL_ENTRY_COLUMNS CRL_ENTRY_FROM "WHERE r.authority = " AUTHORITY
         " AND r.number > ?4 ORDER BY r.number LIMIT ?5"),
    READ(ST_CRL_PART_ENTRIES, "crl-part-entries",
         "SELECT " CRL_ENTRY_COLUMNS CRL_ENTRY_FROM "WHERE r.authority = " AUTHORITY
         " AND substr(r.serial, 20, 1) = ?6 AND r.number > ?4 ORDER BY r.number LIMIT ?5"),

    ADD(ST_DER_ADD, "der-add", "INSERT INTO issued_certificates (number, der) VALUES (?1, ?2)"),
    READ(ST_DER_GET, "der-get", "SELECT der FROM issued_certificates WHERE number = ?1"),
    READ(ST_DER_OF_ISSUED, "der-of-issued",
         "SELECT d.number, d.der FROM issued i "
         "JOIN issued_certificates d ON d.number = i.certificate WHERE i.id = ?1"),

    /* ACM certificates and their keys */
    WRITE(ST_CERTIFICATE_INSERT, "certificate-insert",
          "INSERT INTO certificates (scope, id, type, status, key_alg, domain, names, "
          "failure_reason, managed_by, options, authority_arn, idempotency_token, request_hash, "
          "created_at, imported_at, exported_at, in_use, revoked_at, revocation_reason, renewal_status, "
          "renewal_reason, renewal_updated_at, renewal_started_at, renew_at, "
          "validation_method, issued_at, key_usages, extended_key_usages, issued_id, serial, "
          "subject, issuer, signature_algorithm, not_before, not_after, chain, certificate, "
          "usages, common_name, export_option) VALUES (" SCOPE ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
          "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, "
          "?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41)"),
    READ(ST_CERTIFICATE_GET, "certificate-get",
         "SELECT " CERTIFICATE_COLUMNS CERTIFICATE_FROM "WHERE c.id = ?3 AND c.scope = " SCOPE),
    READ(ST_CERTIFICATE_BY_TOKEN, "certificate-by-token",
         "SELECT " CERTIFICATE_COLUMNS CERTIFICATE_FROM "WHERE c.scope = " SCOPE
         " AND c.idempotency_token = ?3 AND c.created_at >= ?4 "
         "ORDER BY c.created_at DESC LIMIT 1"),
    WRITE(ST_CERTIFICATE_SET_ISSUED, "certificate-set-issued",
          "UPDATE certificates SET status = 2, failure_reason = NULL, issued_at = ?4, "
          "key_usages = ?5, extended_key_usages = ?6, issued_id = ?7, serial = ?8, subject = ?9, "
          "issuer = ?10, signature_algorithm = ?11, not_before = ?12, not_after = ?13, "
          "chain = ?14, certificate = ?15, usages = ?16, common_name = ?17, export_option = ?18 "
          "WHERE id = ?3 AND scope = " SCOPE " AND status = 1"),
    WRITE(ST_CERTIFICATE_SET_IMPORTED, "certificate-set-imported",
          "UPDATE certificates SET status = 2, domain = ?5, names = ?6, imported_at = ?7, "
          "issued_at = ?8, key_usages = ?9, extended_key_usages = ?10, issued_id = ?11, "
          "serial = ?12, subject = ?13, issuer = ?14, signature_algorithm = ?15, "
          "not_before = ?16, not_after = ?17, chain = ?18, certificate = ?19, usages = ?20, "
          "common_name = ?21, export_option = ?22 "
          "WHERE id = ?3 AND scope = " SCOPE " AND type = 3 AND imported_at = ?4"),
    WRITE(ST_CERTIFICATE_SET_FAILED, "certificate-set-failed",
          "UPDATE certificates SET status = 7, failure_reason = ?4 "
          "WHERE id = ?3 AND scope = " SCOPE " AND status = 1"),
    WRITE(ST_CERTIFICATE_SET_EXPORTED, "certificate-set-exported",
          "UPDATE certificates SET exported_at = ?4 WHERE id = ?3 AND scope = " SCOPE),
    WRITE(ST_CERTIFICATE_SET_REVOKED, "certificate-set-revoked",
          "UPDATE certificates SET status = 6, revocation_reason = ?4, revoked_at = ?5, "
          "renew_at = 0, renewal_updated_at = "
          "CASE WHEN renewal_status IN (1, 2) THEN ?5 ELSE renewal_updated_at END, "
          "renewal_status = CASE WHEN renewal_status IN (1, 2) THEN 4 ELSE renewal_status END "
          "WHERE id = ?3 AND scope = " SCOPE " AND status = 2"),
    WRITE(ST_CERTIFICATE_SET_RENEWAL, "certificate-set-renewal",
          "UPDATE certificates SET renewal_status = ?4, renewal_reason = ?5, "
          "renewal_updated_at = ?6, renewal_started_at = ?7, renew_at = ?8 "
          "WHERE id = ?3 AND scope = " SCOPE " AND status = 2"),
    WRITE(ST_CERTIFICATE_SET_RENEWED, "certificate-set-renewed",
          "UPDATE certificates SET issued_at = ?4, key_usages = ?5, extended_key_usages = ?6, "
          "issued_id = ?7, serial = ?8, subject = ?9, issuer = ?10, signature_algorithm = ?11, "
          "not_before = ?12, not_after = ?13, chain = ?14, certificate = ?15, usages = ?16, "
          "common_name = ?17, export_option = ?18 "
          "WHERE id = ?3 AND scope = " SCOPE " AND status = 2"),
    WRITE(ST_CERTIFICATE_SET_RENEW_AT, "certificate-set-renew-at",
          "UPDATE certificates SET renew_at = ?4 WHERE id = ?3 AND scope = " SCOPE
          " AND status = 2"),
    READ(ST_CERTIFICATE_RENEWAL_NEXT, "certificate-renewal-next",
         "SELECT renew_at FROM certificates WHERE renew_at > 0 ORDER BY renew_at LIMIT 1"),
    READ(ST_CERTIFICATE_RENEWAL_LIST, "certificate-renewal-list",
         "SELECT s.account, s.region, c.id FROM certificates c "
         "JOIN scopes s ON s.number = c.scope "
         "WHERE c.renew_at > 0 AND c.renew_at <= ?1 ORDER BY c.renew_at LIMIT ?2"),
    READ(ST_CERTIFICATE_EXPIRY_NEXT, "certificate-expiry-next",
         "SELECT not_after FROM certificates WHERE status = 2 AND not_after >= 0 "
         "ORDER BY not_after LIMIT 1"),
    WRITE(ST_CERTIFICATE_EXPIRE, "certificate-expire",
          "UPDATE certificates SET status = 4, renew_at = 0, renewal_updated_at = "
          "CASE WHEN renewal_status IN (1, 2) THEN ?1 ELSE renewal_updated_at END, "
          "renewal_status = CASE WHEN renewal_status IN (1, 2) THEN 4 ELSE renewal_status END "
          "WHERE number IN (SELECT number FROM certificates WHERE status = 2 AND not_after < ?1 "
          "ORDER BY not_after LIMIT ?2)"),
    READ(ST_CERTIFICATE_TIMEOUT_NEXT, "certificate-timeout-next",
         "SELECT created_at FROM certificates WHERE type = 2 AND status = 1 AND created_at >= 0 "
         "ORDER BY created_at LIMIT 1"),
    WRITE(ST_CERTIFICATE_TIME_OUT, "certificate-time-out",
          "UPDATE certificates SET status = 5 WHERE number IN (SELECT number FROM certificates "
          "WHERE type = 2 AND status = 1 AND created_at <= ?1 ORDER BY created_at, number LIMIT ?2)"),
    READ(ST_CERTIFICATE_TIMEOUT_LIST, "certificate-timeout-list",
         "SELECT s.account, s.region, c.id " CERTIFICATE_FROM "WHERE c.type = 2 AND c.status = 1 "
         "AND c.created_at <= ?1 ORDER BY c.created_at, c.number LIMIT ?2"),
    WRITE(ST_CERTIFICATE_DELETE, "certificate-delete",
          "DELETE FROM certificates WHERE id = ?3 AND scope = " SCOPE),
    READ(ST_CERTIFICATE_EXISTS, "certificate-exists",
         "SELECT number FROM certificates WHERE id = ?3 AND scope = " SCOPE),
    READ(ST_CERTIFICATE_SUMMARY, "certificate-summary",
         "SELECT " CERTIFICATE_SUMMARY_COLUMNS CERTIFICATE_FROM "WHERE c.number = ?1"),
    AT_START(ST_CERTIFICATE_LIST_PENDING, "certificate-list-pending",
             "SELECT " CERTIFICATE_COLUMNS CERTIFICATE_FROM
             "WHERE c.type = 1 AND c.status = 1 ORDER BY c.number"),
    WRITE(ST_CERTIFICATE_SET_OPTIONS, "certificate-set-options",
          "UPDATE certificates SET options = ?4 WHERE id = ?3 AND scope = " SCOPE),

    /* lists and searches: ?1 is the number of the scope, ?2 the facet */
    READ(ST_FACET_NEXT, "facet-next",
         "SELECT facet FROM certificates INDEXED BY certificates_by_creation "
         "WHERE scope = ?1 AND facet > ?2 ORDER BY facet LIMIT 1"),
    READ(ST_FACET_STALE, "facet-stale",
         "SELECT number FROM certificates INDEXED BY certificates_by_end "
         "WHERE scope = ?1 AND facet = ?2 AND not_after > 0 AND not_after < ?3 LIMIT 1"),
    PAGES(ST_PAGE_CREATION, "page-creation", "certificates_by_creation", "created_at", ""),
    PAGES(ST_PAGE_END, "page-end", "certificates_by_end", "not_after", "AND not_after > 0 "),
    PAGES(ST_PAGE_BEGIN, "page-begin", "certificates_by_begin", "not_before",
          "AND not_after > 0 "),
    PAGES(ST_PAGE_ISSUE, "page-issue", "certificates_by_issue", "issued_at",
          "AND issued_at > 0 "),
    PAGES(ST_PAGE_IMPORT, "page-import", "certificates_by_import", "imported_at",
          "AND imported_at > 0 "),
    PAGES(ST_PAGE_REVOCATION, "page-revocation", "certificates_by_revocation", "revoked_at",
          "AND revoked_at > 0 "),
    PAGES(ST_PAGE_COMMON_NAME, "page-common-name", "certificates_by_common_name", "common",
          "AND common <> '' "),
    READ(ST_PAGE_ID_UP, "page-id-up",
         "SELECT id, number, facet FROM certificates INDEXED BY certificates_by_id "
         "WHERE scope = ?1 AND id > ?3 ORDER BY id LIMIT ?5"),
    READ(ST_PAGE_ID_DOWN, "page-id-down",
         "SELECT id, number, facet FROM certificates INDEXED BY certificates_by_id "
         "WHERE scope = ?1 AND id < ?3 ORDER BY id DESC LIMIT ?5"),
    READ(ST_SEARCH_ROW, "search-row",
         "SELECT scope, facet, created_at, not_after, not_before, issued_at, imported_at, "
         "revoked_at, id, common, names, serial FROM certificates WHERE number = ?1"),
    READ(ST_SEARCH_LOOK, "search-look", /* the same with a facet that is known: it is dear to compute */
         "SELECT scope, ?2, created_at, not_after, not_before, issued_at, imported_at, "
         "revoked_at, id, common, names, serial FROM certificates WHERE number = ?1"),
    READ(ST_SEARCH_FACET, "search-facet",
         "SELECT number FROM certificates INDEXED BY certificates_by_creation "
         "WHERE scope = ?1 AND facet = ?2 LIMIT ?3"),
    READ(ST_SEARCH_END, "search-end",
         "SELECT number FROM certificates INDEXED BY certificates_by_end WHERE scope = ?1 "
         "AND facet = ?2 AND not_after > 0 AND not_after BETWEEN ?4 AND ?5 LIMIT ?3"),
    READ(ST_SEARCH_BEGIN, "search-begin",
         "SELECT number FROM certificates INDEXED BY certificates_by_begin WHERE scope = ?1 "
         "AND facet = ?2 AND not_after > 0 AND not_before BETWEEN ?4 AND ?5 LIMIT ?3"),
    READ(ST_SEARCH_ID, "search-id",
         "SELECT number FROM certificates WHERE scope = ?1 AND id = ?4 LIMIT ?3"),
    READ(ST_SEARCH_SERIAL, "search-serial",
         "SELECT number FROM certificates WHERE scope = ?1 AND serial = ?4 LIMIT ?3"),
    READ(ST_SEARCH_NAME, "search-name",
         "SELECT certificate FROM names WHERE scope = ?1 AND name = ?4 LIMIT ?3"),
    READ(ST_SEARCH_PARTS, "search-parts",
         "SELECT rowid & 1099511627775 FROM name_parts WHERE name_parts MATCH ?4 "
         "AND rowid BETWEEN ?1 << 40 AND (?1 << 40) + 1099511627775 LIMIT ?3"),
    READ(ST_SEARCH_QUEUE, "search-queue",
         "SELECT place & 1099511627775 FROM names_queue WHERE text IS NULL "
         "AND place BETWEEN ?1 << 40 AND (?1 << 40) + 1099511627775 ORDER BY place LIMIT ?3"),
    READ(ST_SEARCH_DER, "search-der", "SELECT certificate FROM certificates WHERE number = ?1"),
    READ(ST_NAMES_NEXT, "names-next",
         "SELECT number, place, text FROM names_queue WHERE number > 0 ORDER BY number LIMIT 1"),
    WRITE(ST_NAMES_LEARN, "names-learn",
          "INSERT INTO name_parts (rowid, text) SELECT ?1, COALESCE(names, '') || common "
          "FROM certificates WHERE number = ?1 & 1099511627775"),
    WRITE(ST_NAMES_FORGET, "names-forget",
          "INSERT INTO name_parts (name_parts, rowid, text) VALUES ('delete', ?1, ?2)"),
    WRITE(ST_NAMES_DONE, "names-done", "DELETE FROM names_queue WHERE number = ?1"),

    /* validation of the names of certificates */
    WRITE(ST_VALIDATION_INSERT, "validation-insert",
          "INSERT INTO domain_validations (certificate, position, domain, validation_domain, "
          "method, status, challenge_name, challenge_value, emails, next_try, attempts, looked_at, "
          "code, reason, seen, caa_at, caa_seen, held, scope) "
          "SELECT number, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
          "?20, scope FROM certificates WHERE id = ?3 AND scope = " SCOPE),
    READ(ST_VALIDATION_GET, "validation-get",
         "SELECT " VALIDATION_COLUMNS CERTIFICATE_FROM
         "JOIN domain_validations v ON v.certificate = c.number "
         "WHERE c.id = ?3 AND c.scope = " SCOPE " AND v.position = ?4"),
    WRITE(ST_VALIDATION_UPDATE, "validation-update",
          "UPDATE domain_validations SET status = ?8, next_try = ?12, attempts = ?13, "
          "looked_at = ?14, code = ?15, reason = ?16, seen = ?17, caa_at = ?18, caa_seen = ?19, "
          "held = ?20 "
          "WHERE certificate = " CERTIFICATE " AND position = ?4"),
    WRITE(ST_VALIDATION_RESTART, "validation-restart",
          "UPDATE domain_validations SET status = 1, attempts = 0, caa_at = 0, code = NULL, "
          "reason = NULL, held = NULL, next_try = CASE WHEN method = 1 THEN 0 ELSE ?4 END "
          "WHERE certificate = " CERTIFICATE),
    READ(ST_VALIDATION_BY_TARGET, "validation-by-target",
         "SELECT " VALIDATION_COLUMNS "FROM domain_validations v INDEXED BY "
         "domain_validations_targets JOIN certificates c ON c.number = v.certificate "
         "JOIN scopes s ON s.number = c.scope WHERE v.method = 3 AND v.challenge_value = ?1 LIMIT 1"),
    WRITE(ST_DELIVERY_PUT, "delivery-put",
          "INSERT OR REPLACE INTO deliveries (bucket, key, source, acl, media_type, stamp, due_at, "
          "attempts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
    READ(ST_DELIVERY_NEXT, "delivery-next",
         "SELECT bucket, key, source, acl, media_type, stamp, due_at, attempts FROM deliveries "
         "INDEXED BY deliveries_due WHERE due_at > 0 ORDER BY due_at LIMIT 1"),
    WRITE(ST_DELIVERY_DELAY, "delivery-delay",
          "UPDATE deliveries SET due_at = ?7, attempts = ?8 "
          "WHERE bucket = ?1 AND key = ?2 AND stamp = ?6"),
    WRITE(ST_DELIVERY_DONE, "delivery-done",
          "DELETE FROM deliveries WHERE bucket = ?1 AND key = ?2 AND stamp = ?6 AND ?8 >= 0"),
    WRITE(ST_VALIDATION_HURRY, "validation-hurry",
          "UPDATE domain_validations SET next_try = ?4, held = '" VALIDATION_HURRIED "' WHERE certificate = " CERTIFICATE " AND next_try <> 0 AND (?5 = '' OR domain = ?5)"),
    READ(ST_VALIDATION_AWAITED, "validation-awaited",
         "SELECT c.number, s.account, s.region, c.id FROM (SELECT certificate FROM "
         "domain_validations INDEXED BY domain_validations_awaited WHERE (status = 1 OR next_try <> 0) "
         "AND certificate > ?1 UNION SELECT certificate FROM public_orders WHERE certificate > ?1 "
         "ORDER BY certificate LIMIT -1) awaited CROSS JOIN certificates c ON c.number = awaited.certificate "
         "JOIN scopes s ON s.number = c.scope WHERE (c.status = 1 OR (c.status = 2 AND "
         "c.renewal_status IN (1, 2))) AND (?2 = '' OR s.account = ?2) LIMIT ?3"),
    WRITE(ST_VALIDATION_POSTPONE, "validation-postpone",
          "UPDATE domain_validations SET next_try = ?5, held = ?7 WHERE certificate = " CERTIFICATE
          " AND position = ?4 AND next_try = ?6"),
    READ(ST_VALIDATION_DUE_NEXT, "validation-due-next",
         "SELECT next_try FROM domain_validations INDEXED BY domain_validations_due "
         "WHERE next_try <> 0 AND next_try > 0 ORDER BY next_try LIMIT 1"),
    READ(ST_VALIDATION_DUE_SCOPES, "validation-due-scopes",
         "WITH RECURSIVE turns (scope) AS (SELECT min(scope) FROM domain_validations INDEXED BY "
         "domain_validations_turns WHERE next_try <> 0 UNION ALL SELECT (SELECT min(v.scope) FROM "
         "domain_validations v INDEXED BY domain_validations_turns WHERE v.next_try <> 0 AND "
         "v.scope > turns.scope) FROM turns WHERE turns.scope IS NOT NULL) "
         "SELECT scope FROM turns WHERE scope > ?1 LIMIT ?2"),
    READ(ST_VALIDATION_DUE_LIST, "validation-due-list",
         "SELECT " VALIDATION_COLUMNS "FROM domain_validations v INDEXED BY "
         "domain_validations_turns JOIN certificates c ON c.number = v.certificate "
         "JOIN scopes s ON s.number = c.scope WHERE v.scope = ?1 AND v.next_try <> 0 "
         "AND v.next_try <= ?2 ORDER BY v.next_try LIMIT ?3"),
    READ(ST_VALIDATION_LIST, "validation-list",
         "SELECT " VALIDATION_COLUMNS CERTIFICATE_FROM
         "JOIN domain_validations v ON v.certificate = c.number "
         "WHERE c.id = ?3 AND c.scope = " SCOPE " ORDER BY v.position"),
    WRITE(ST_VALIDATION_MAIL_PUT, "validation-mail-put",
          "INSERT INTO validation_mails (certificate, position, mail_domain, due_at, scope) "
          "SELECT number, ?4, ?5, ?6, scope FROM certificates WHERE id = ?3 AND scope = " SCOPE
          " ON CONFLICT (certificate, position, mail_domain) DO UPDATE SET due_at = excluded.due_at"),
    READ(ST_VALIDATION_MAIL_NEXT, "validation-mail-next",
         "SELECT due_at FROM validation_mails INDEXED BY validation_mails_due "
         "WHERE due_at > 0 ORDER BY due_at LIMIT 1"),
    READ(ST_VALIDATION_MAIL_SCOPES, "validation-mail-scopes",
         "WITH RECURSIVE turns (scope) AS (SELECT min(scope) FROM validation_mails INDEXED BY "
         "validation_mails_turns WHERE scope > ?1 UNION ALL SELECT (SELECT min(m.scope) FROM "
         "validation_mails m INDEXED BY validation_mails_turns WHERE m.scope > turns.scope) "
         "FROM turns WHERE turns.scope IS NOT NULL) "
         "SELECT scope FROM turns WHERE scope IS NOT NULL LIMIT ?2"),
    READ(ST_VALIDATION_MAIL_DUE_LIST, "validation-mail-due-list",
         "SELECT s.account, s.region, c.id, m.position, m.mail_domain, m.due_at "
         "FROM validation_mails m INDEXED BY validation_mails_turns "
         "JOIN certificates c ON c.number = m.certificate JOIN scopes s ON s.number = c.scope "
         "WHERE m.scope = ?1 AND m.due_at <= ?2 ORDER BY m.due_at LIMIT ?3"),
    WRITE(ST_VALIDATION_MAIL_DONE, "validation-mail-done",
          "DELETE FROM validation_mails WHERE certificate = " CERTIFICATE
          " AND position = ?4 AND mail_domain = ?5 AND due_at = ?6"),
    WRITE(ST_VALIDATION_MAIL_DELAY, "validation-mail-delay",
          "UPDATE validation_mails SET due_at = ?7 WHERE certificate = " CERTIFICATE
          " AND position = ?4 AND mail_domain = ?5 AND due_at = ?6"),
    READ(ST_VALIDATION_MAIL_LIST, "validation-mail-list",
         "SELECT position, mail_domain, due_at FROM validation_mails "
         "WHERE certificate = " CERTIFICATE " ORDER BY position, mail_domain"),

    /* configuration of accounts */
    WRITE(ST_CONFIGURATION_PUT, "configuration-put",
          "INSERT INTO account_configurations (scope, days_before_expiry) "
          "VALUES (" SCOPE ", ?3) ON CONFLICT (scope) DO UPDATE SET "
          "days_before_expiry = excluded.days_before_expiry"),
    READ(ST_CONFIGURATION_GET, "configuration-get",
         "SELECT days_before_expiry FROM account_configurations WHERE scope = " SCOPE),
    WRITE(ST_CONFIGURATION_TOKEN_PUT, "configuration-token-put",
          "INSERT INTO account_tokens (scope, token, request_hash, created_at) "
          "VALUES (" SCOPE ", ?3, ?4, ?5) ON CONFLICT (scope, token) DO UPDATE SET "
          "request_hash = excluded.request_hash, created_at = excluded.created_at"),
    READ(ST_CONFIGURATION_TOKEN_GET, "configuration-token-get",
         "SELECT request_hash FROM account_tokens "
         "WHERE scope = " SCOPE " AND token = ?3 AND created_at >= ?4"),
    WRITE(ST_CONFIGURATION_TOKEN_PRUNE, "configuration-token-prune",
          "DELETE FROM account_tokens WHERE scope = " SCOPE " AND created_at < ?3"),

    READ(ST_CERTIFICATE_COUNT_WAITING, "certificate-count-waiting",
         "SELECT count(*) FROM certificates INDEXED BY certificates_waiting "
         "WHERE scope = " SCOPE " AND type = 1 AND status = 1"),
    WRITE(ST_KEY_INSERT, "key-insert",
          "INSERT INTO keys (certificate, version, format, kek_id, alg, spki, blob, tag) "
          "SELECT number, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM certificates "
          "WHERE id = ?3 AND scope = " SCOPE),
    WRITE(ST_KEY_REPLACE, "key-replace",
          "INSERT INTO keys (certificate, version, format, kek_id, alg, spki, blob, tag) "
          "SELECT number, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM certificates "
          "WHERE id = ?3 AND scope = " SCOPE " "
          "ON CONFLICT (certificate) DO UPDATE SET version = excluded.version, "
          "format = excluded.format, kek_id = excluded.kek_id, alg = excluded.alg, "
          "spki = excluded.spki, blob = excluded.blob, tag = excluded.tag"),
    READ(ST_KEY_GET, "key-get",
         "SELECT s.account, s.region, c.id, k.version, k.format, k.kek_id, k.alg, k.spki, k.blob, "
         "k.tag " CERTIFICATE_FROM "JOIN keys k ON k.certificate = c.number "
         "WHERE c.id = ?3 AND c.scope = " SCOPE),
    READ(ST_KEY_LIST_OF_KEK, "key-list-of-kek",
         "SELECT " KEY_COLUMNS ", k.certificate FROM keys k "
         "JOIN certificates c ON c.number = k.certificate JOIN scopes s ON s.number = c.scope "
         "WHERE k.kek_id = ?1 AND k.certificate > ?2 ORDER BY k.certificate LIMIT ?3"),
    WRITE(ST_KEY_REWRAP, "key-rewrap",
          "UPDATE keys SET version = ?4, format = ?5, kek_id = ?6, blob = ?9, tag = ?10 "
          "WHERE certificate = (SELECT number FROM certificates WHERE id = ?3 AND scope = " SCOPE
          ") AND alg = ?7 AND spki = ?8 AND tag = ?11"),

    /* what uses a certificate */
    WRITE(ST_ASSOCIATION_PUT, "association-put",
          "INSERT INTO associations (certificate, resource, created_at) "
          "SELECT number, ?4, ?5 FROM certificates WHERE id = ?3 AND scope = " SCOPE),
    WRITE(ST_ASSOCIATION_REMOVE, "association-remove",
          "DELETE FROM associations WHERE resource = ?4 AND certificate = "
          "(SELECT number FROM certificates WHERE id = ?3 AND scope = " SCOPE ")"),
    WRITE(ST_ASSOCIATION_COUNT_CHANGE, "association-count-change",
          "UPDATE certificates SET in_use = in_use + ?4 WHERE id = ?3 AND scope = " SCOPE),
    READ(ST_ASSOCIATION_LIST, "association-list",
         "SELECT resource, created_at FROM associations WHERE resource > ?4 AND certificate = "
         "(SELECT number FROM certificates WHERE id = ?3 AND scope = " SCOPE ") "
         "ORDER BY resource LIMIT ?5"),

    /* tags */
    WRITE(ST_TAG_PUT, "tag-put",
          "INSERT INTO tags (resource, key, value) VALUES (?1, ?2, ?3) "
          "ON CONFLICT (resource, key) DO UPDATE SET value = excluded.value"),
    WRITE(ST_TAG_REMOVE, "tag-remove", "DELETE FROM tags WHERE resource = ?1 AND key = ?2"),
    WRITE(ST_TAG_REMOVE_VALUE, "tag-remove-value",
          "DELETE FROM tags WHERE resource = ?1 AND key = ?2 AND value = ?3"),
    WRITE(ST_TAG_REMOVE_ALL, "tag-remove-all", "DELETE FROM tags WHERE resource = ?1"),
    READ(ST_TAG_COUNT, "tag-count", "SELECT count(*) FROM tags WHERE resource = ?1"),
    READ(ST_TAG_LIST, "tag-list", "SELECT key, value FROM tags WHERE resource = ?1 ORDER BY key"),

    /* what is used up of the quotas */
    READ(ST_USAGE_HELD, "usage-held",
         "SELECT count FROM usage_counts WHERE scope = " SCOPE " AND what = ?3 AND day = 0"),
    READ(ST_USAGE_SINCE, "usage-since",
         "SELECT COALESCE(sum(count), 0) FROM usage_counts WHERE scope = " SCOPE
         " AND what = ?3 AND day >= ?4"),
    READ(ST_USAGE_AUTHORITIES_GONE, "usage-authorities-gone",
         "SELECT count(*) FROM authorities WHERE scope = " SCOPE
         " AND status = 'DELETED' AND restorable_until <= ?3"),
    READ(ST_USAGE_ISSUED, "usage-issued",
         "SELECT count FROM issued_counts WHERE authority = " AUTHORITY),

    /* the audit trail */
    ADD(ST_AUDIT_APPEND, "audit-append",
          "INSERT INTO audit (sequence, at, record, chain) VALUES (?1, ?2, ?3, ?4)"),
    READ(ST_AUDIT_COUNT, "audit-count", "SELECT COALESCE(max(sequence), 0) FROM audit"),
    READ(ST_AUDIT_FROM, "audit-from",
         "SELECT sequence, at, record, chain FROM audit "
         "WHERE sequence > ?1 ORDER BY sequence LIMIT ?2"),
    READ(ST_AUDIT_TIME_AFTER, "audit-time-after",
         "SELECT at FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT 1"),
    ADD(ST_CHECKPOINT_INSERT, "checkpoint-insert",
        "INSERT INTO audit_checkpoints (sequence, at, chain, signature) VALUES (?1, ?2, ?3, ?4)"),
    READ(ST_CHECKPOINT_LAST, "checkpoint-last",
         "SELECT sequence, at, chain, signature FROM audit_checkpoints "
         "WHERE sequence > 0 ORDER BY sequence DESC LIMIT 1"),
    READ(ST_CHECKPOINT_LIST, "checkpoint-list",
         "SELECT sequence, at, chain, signature FROM audit_checkpoints "
         "WHERE sequence > ?1 ORDER BY sequence LIMIT ?2"),

#include "ca/store/statements_trust.h"
#include "ca/store/statements_approvals.h"
};
