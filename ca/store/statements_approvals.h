/* Statements of separation of duties; rows of the table in statements.c. */

#define APPROVAL_COLUMNS                                                                           \
    "id, account, region, requester, requester_id, origin, operation, parameters, digest, status, " \
    "created_at, expires_at, decided_at, decided_by, reason, used_at, used_by, tag"

    ADD(ST_APPROVAL_INSERT, "approval-insert",
        "INSERT INTO approvals (" APPROVAL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
        "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"),
    READ(ST_APPROVAL_GET, "approval-get",
         "SELECT " APPROVAL_COLUMNS ", number FROM approvals WHERE id = ?1"),
    READ(ST_APPROVAL_FIND, "approval-find",
         "SELECT " APPROVAL_COLUMNS ", number FROM approvals INDEXED BY approvals_by_digest "
         "WHERE account = ?1 AND digest = ?2 AND expires_at > ?3 "
         "AND status IN ('PENDING', 'APPROVED', 'DENIED') ORDER BY number DESC LIMIT 1"),
    ADD(ST_APPROVAL_UPDATE, "approval-update",
        "UPDATE approvals SET status = ?3, decided_at = ?4, decided_by = ?5, reason = ?6, "
        "used_at = ?7, used_by = ?8, tag = ?9 WHERE id = ?1 AND tag = ?2"),
    READ(ST_APPROVAL_LIST, "approval-list",
         "SELECT " APPROVAL_COLUMNS ", number FROM approvals INDEXED BY approvals_by_account "
         "WHERE account = ?3 AND number < ?1 ORDER BY number DESC LIMIT ?2"),
    READ(ST_APPROVAL_LIST_ALL, "approval-list-all",
         "SELECT " APPROVAL_COLUMNS ", number FROM approvals WHERE number < ?1 "
         "ORDER BY number DESC LIMIT ?2"),
    READ(ST_APPROVAL_COUNT_OPEN, "approval-count-open",
         "SELECT count(*) FROM approvals INDEXED BY approvals_open "
         "WHERE account = ?1 AND expires_at > ?2 AND status IN ('PENDING', 'APPROVED')"),
    READ(ST_APPROVAL_DUE_NEXT, "approval-due-next",
         "SELECT expires_at FROM approvals INDEXED BY approvals_due "
         "WHERE expires_at > 0 AND status IN ('PENDING', 'APPROVED') ORDER BY expires_at LIMIT 1"),
    READ(ST_APPROVAL_DUE_LIST, "approval-due-list",
         "SELECT " APPROVAL_COLUMNS ", number FROM approvals INDEXED BY approvals_due "
         "WHERE expires_at <= ?1 AND status IN ('PENDING', 'APPROVED') ORDER BY expires_at LIMIT ?2"),
    ADD(ST_APPROVAL_PRUNE, "approval-prune",
        "DELETE FROM approvals WHERE number IN (SELECT number FROM approvals "
        "INDEXED BY approvals_old WHERE expires_at < ?1 LIMIT 500)"),
