/*
 * iam_statements.h - the statements on identities: rows of the table in statements.c.
 */
#ifndef CHANCERY_STORE_IAM_STATEMENTS_H
#define CHANCERY_STORE_IAM_STATEMENTS_H

#define IAM_COLUMNS                                                                                \
    "e.number, e.account, e.kind, e.name, e.path, e.id, e.created_at, e.updated_at, "              \
    "e.description, e.trust, e.max_session, e.boundary, e.default_version, e.last_version, "       \
    "e.used_at, e.used_region "
#define IAM_LOGIN_COLUMNS "user, hash, reset, created_at, changed_at "
#define IAM_MFA_COLUMNS "serial, account, COALESCE(user, 0), sealed_seed, enabled_at, last_step "
#define IAM_KEY_COLUMNS                                                                            \
    "k.id, k.active, k.created_at, k.used_at, k.used_service, k.used_region, e.account, e.name "   \
    "FROM access_keys k JOIN iam_entities e ON e.number = k.user "
#define IAM_USER_NUMBER                                                                            \
    "COALESCE((SELECT number FROM iam_entities WHERE account = ?2 AND kind IN (1, 5) "             \
    "AND name = ?3 AND name = ?3 COLLATE BINARY), -1)"
#define ADMINISTRATOR_POLICY "'arn:aws:iam::aws:policy/AdministratorAccess'"

#define IAM_STATEMENTS                                                                             \
    WRITE(ST_USER_INSERT, "user-insert",                                                           \
          "INSERT INTO iam_entities (account, kind, name, path, id, created_at, updated_at, "      \
          "max_session, default_version, last_version, used_at) "                                  \
          "VALUES (?1, 1, ?2, '/', ?3, ?4, ?4, 0, 0, 0, 0)"),                                      \
    WRITE(ST_USER_MAKE_ADMINISTRATOR, "user-make-administrator",                                   \
          "INSERT INTO iam_attachments (entity, policy) SELECT number, " ADMINISTRATOR_POLICY      \
          " FROM iam_entities WHERE id = ?1"),                                                     \
    READ(ST_USER_GET, "user-get",                                                                  \
         "SELECT account, name, id, EXISTS (SELECT 1 FROM iam_attachments WHERE entity = number "  \
         "AND policy = " ADMINISTRATOR_POLICY "), created_at FROM iam_entities "                   \
         "WHERE account = ?1 AND kind = 1 AND name = ?2 AND name = ?2 COLLATE BINARY"),            \
    WRITE(ST_ACCESS_KEY_INSERT, "access-key-insert",                                               \
          "INSERT INTO access_keys (id, user, sealed_secret, active, created_at, used_at) "        \
          "VALUES (?1, " IAM_USER_NUMBER ", ?4, ?5, ?6, 0)"),                                      \
    READ(ST_ACCESS_KEY_GET, "access-key-get",                                                      \
         "SELECT k.id, e.account, e.name, k.sealed_secret, k.active, k.created_at "                \
         "FROM access_keys k JOIN iam_entities e ON e.number = k.user WHERE k.id = ?1"),           \
    READ(ST_ACCESS_KEY_COUNT, "access-key-count",                                                  \
         "SELECT count(*) FROM access_keys k JOIN iam_entities e ON e.number = k.user "            \
         "WHERE e.account = ?1 AND e.kind IN (1, 5) AND e.name = ?2"),                             \
    WRITE(ST_ACCESS_KEY_SET_ACTIVE, "access-key-set-active",                                       \
          "UPDATE access_keys SET active = ?2 WHERE id = ?1"),                                     \
    READ(ST_IAM_VERSION, "iam-version", "SELECT version FROM iam_state WHERE one = 1"),            \
    WRITE(ST_IAM_TOUCH, "iam-touch", "UPDATE iam_state SET version = version + 1 WHERE one = 1"),  \
    WRITE(ST_IAM_INSERT, "iam-insert",                                                             \
          "INSERT INTO iam_entities (account, kind, name, path, id, created_at, updated_at, "      \
          "description, trust, max_session, boundary, default_version, last_version, used_at) "    \
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)"),                   \
    READ(ST_IAM_GET, "iam-get",                                                                    \
         "SELECT " IAM_COLUMNS "FROM iam_entities e WHERE account = ?1 AND kind = ?2 "             \
         "AND name = ?3 AND name = ?3 COLLATE BINARY"),                                            \
    READ(ST_IAM_GET_BY_ID, "iam-get-by-id",                                                        \
         "SELECT " IAM_COLUMNS "FROM iam_entities e WHERE id = ?1"),                               \
    READ(ST_IAM_GET_BY_NUMBER, "iam-get-by-number",                                                \
         "SELECT " IAM_COLUMNS "FROM iam_entities e WHERE number = ?1"),                           \
    WRITE(ST_IAM_UPDATE, "iam-update",                                                             \
          "UPDATE iam_entities SET name = ?2, path = ?3, updated_at = ?4, description = ?5, "      \
          "trust = ?6, max_session = ?7, boundary = ?8, default_version = ?9, "                    \
          "last_version = ?10 WHERE number = ?1"),                                                 \
    ADD(ST_IAM_USED, "iam-used",                                                                   \
        "UPDATE iam_entities SET used_at = ?2, used_region = ?3 WHERE number = ?1"),               \
    WRITE(ST_IAM_DELETE, "iam-delete", "DELETE FROM iam_entities WHERE number = ?1"),              \
    READ(ST_IAM_LIST, "iam-list",                                                                  \
         "SELECT " IAM_COLUMNS "FROM iam_entities e WHERE account = ?1 AND kind = ?2 "             \
         "AND substr(path, 1, length(?3)) = ?3 AND name > ?4 ORDER BY name LIMIT ?5"),             \
    READ(ST_IAM_COUNT, "iam-count",                                                                \
         "SELECT count(*) FROM iam_entities WHERE account = ?1 AND kind = ?2"),                    \
    WRITE(ST_IAM_ATTACH, "iam-attach",                                                             \
          "INSERT OR IGNORE INTO iam_attachments (entity, policy) VALUES (?1, ?2)"),               \
    WRITE(ST_IAM_DETACH, "iam-detach",                                                             \
          "DELETE FROM iam_attachments WHERE entity = ?1 AND policy = ?2"),                        \
    READ(ST_IAM_ATTACHED, "iam-attached",                                                          \
         "SELECT policy FROM iam_attachments WHERE entity = ?1 ORDER BY policy"),                  \
    READ(ST_IAM_HOLDERS, "iam-holders",                                                            \
         "SELECT " IAM_COLUMNS "FROM iam_attachments a JOIN iam_entities e ON e.number = a.entity "\
         "WHERE a.policy = ?1 AND e.account = ?2 ORDER BY a.entity"),                              \
    READ(ST_IAM_BOUNDED, "iam-bounded",                                                            \
         "SELECT " IAM_COLUMNS "FROM iam_entities e INDEXED BY iam_boundaries "                    \
         "WHERE boundary = ?1 AND account = ?2 ORDER BY number"),                                  \
    READ(ST_IAM_HOLDERS_COUNT, "iam-holders-count",                                                \
         "SELECT count(*) FROM iam_attachments a JOIN iam_entities e ON e.number = a.entity "      \
         "WHERE a.policy = ?1 AND e.account = ?2"),                                                \
    READ(ST_IAM_BOUNDED_COUNT, "iam-bounded-count",                                                \
         "SELECT count(*) FROM iam_entities WHERE boundary = ?1 AND account = ?2"),                \
    WRITE(ST_IAM_INLINE_PUT, "iam-inline-put",                                                     \
          "INSERT INTO iam_inline (entity, name, document) VALUES (?1, ?2, ?3) "                   \
          "ON CONFLICT (entity, name) DO UPDATE SET document = excluded.document"),                \
    READ(ST_IAM_INLINE_GET, "iam-inline-get",                                                      \
         "SELECT document FROM iam_inline WHERE entity = ?1 AND name = ?2"),                       \
    WRITE(ST_IAM_INLINE_DELETE, "iam-inline-delete",                                               \
          "DELETE FROM iam_inline WHERE entity = ?1 AND name = ?2"),                               \
    READ(ST_IAM_INLINE_LIST, "iam-inline-list",                                                    \
         "SELECT name, document FROM iam_inline WHERE entity = ?1 ORDER BY name"),                 \
    WRITE(ST_IAM_VERSION_PUT, "iam-version-put",                                                   \
          "INSERT INTO iam_versions (policy, version, document, created_at) "                      \
          "VALUES (?1, ?2, ?3, ?4)"),                                                              \
    READ(ST_IAM_VERSION_GET, "iam-version-get",                                                    \
         "SELECT version, document, created_at FROM iam_versions "                                 \
         "WHERE policy = ?1 AND version = ?2"),                                                    \
    WRITE(ST_IAM_VERSION_DELETE, "iam-version-delete",                                             \
          "DELETE FROM iam_versions WHERE policy = ?1 AND version = ?2"),                          \
    READ(ST_IAM_VERSION_LIST, "iam-version-list",                                                  \
         "SELECT version, document, created_at FROM iam_versions WHERE policy = ?1 "               \
         "ORDER BY version DESC"),                                                                 \
    WRITE(ST_IAM_JOIN, "iam-join",                                                                 \
          "INSERT OR IGNORE INTO iam_memberships (user, team) VALUES (?1, ?2)"),                   \
    WRITE(ST_IAM_LEAVE, "iam-leave",                                                               \
          "DELETE FROM iam_memberships WHERE user = ?1 AND team = ?2"),                            \
    READ(ST_IAM_GROUPS, "iam-groups",                                                              \
         "SELECT " IAM_COLUMNS "FROM iam_memberships m JOIN iam_entities e ON e.number = m.team "  \
         "WHERE m.user = ?1 ORDER BY m.team"),                                                     \
    READ(ST_IAM_MEMBERS, "iam-members",                                                            \
         "SELECT " IAM_COLUMNS "FROM iam_memberships m JOIN iam_entities e ON e.number = m.user "  \
         "WHERE m.team = ?1 ORDER BY m.user"),                                                     \
    READ(ST_IAM_KEY_LIST, "iam-key-list",                                                          \
         "SELECT " IAM_KEY_COLUMNS "WHERE k.user = ?1 ORDER BY k.id"),                             \
    READ(ST_IAM_KEY_GET, "iam-key-get", "SELECT " IAM_KEY_COLUMNS "WHERE k.id = ?1"),              \
    WRITE(ST_IAM_KEY_DELETE, "iam-key-delete", "DELETE FROM access_keys WHERE id = ?1"),           \
    ADD(ST_IAM_KEY_USED, "iam-key-used",                                                           \
        "UPDATE access_keys SET used_at = ?2, used_service = ?3, used_region = ?4 WHERE id = ?1"), \
    WRITE(ST_IAM_LOGIN_PUT, "iam-login-put",                                                       \
          "INSERT INTO iam_logins (" IAM_LOGIN_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5) "            \
          "ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, reset = excluded.reset, "        \
          "changed_at = excluded.changed_at"),                                                     \
    READ(ST_IAM_LOGIN_GET, "iam-login-get",                                                        \
         "SELECT " IAM_LOGIN_COLUMNS "FROM iam_logins WHERE user = ?1"),                           \
    WRITE(ST_IAM_LOGIN_DELETE, "iam-login-delete", "DELETE FROM iam_logins WHERE user = ?1"),      \
    WRITE(ST_IAM_MFA_INSERT, "iam-mfa-insert",                                                     \
          "INSERT INTO iam_mfa (serial, account, user, sealed_seed, enabled_at, last_step) "       \
          "VALUES (?1, ?2, nullif(?3, 0), ?4, ?5, ?6)"),                                           \
    READ(ST_IAM_MFA_GET, "iam-mfa-get",                                                            \
         "SELECT " IAM_MFA_COLUMNS "FROM iam_mfa WHERE serial = ?1"),                              \
    WRITE(ST_IAM_MFA_UPDATE, "iam-mfa-update",                                                     \
          "UPDATE iam_mfa SET user = nullif(?2, 0), enabled_at = ?3, last_step = ?4 "              \
          "WHERE serial = ?1"),                                                                    \
    WRITE(ST_IAM_MFA_DELETE, "iam-mfa-delete", "DELETE FROM iam_mfa WHERE serial = ?1"),           \
    READ(ST_IAM_MFA_LIST, "iam-mfa-list",                                                          \
         "SELECT " IAM_MFA_COLUMNS "FROM iam_mfa WHERE serial > ?1 AND serial < ?2 "               \
         "AND (?3 = 0 OR user = ?3) ORDER BY serial"),                                             \
    WRITE(ST_IAM_ALIAS_SET, "iam-alias-set", "UPDATE accounts SET alias = ?2 WHERE account = ?1"), \
    READ(ST_IAM_ALIAS_GET, "iam-alias-get", "SELECT alias FROM accounts WHERE account = ?1"),      \
    READ(ST_IAM_ALIAS_FIND, "iam-alias-find", "SELECT account FROM accounts WHERE alias = ?1"),    \
    WRITE(ST_IAM_PASSWORD_POLICY_SET, "iam-password-policy-set",                                   \
          "UPDATE accounts SET password_policy = ?2 WHERE account = ?1"),                          \
    READ(ST_IAM_PASSWORD_POLICY_GET, "iam-password-policy-get",                                    \
         "SELECT password_policy FROM accounts WHERE account = ?1"),                               \
    WRITE(ST_IAM_CONTROL_PUT, "iam-control-put",                                                   \
          "INSERT INTO iam_control_policies (account, name, document) VALUES (?1, ?2, ?3) "        \
          "ON CONFLICT (account, name) DO UPDATE SET document = excluded.document"),               \
    WRITE(ST_IAM_CONTROL_DELETE, "iam-control-delete",                                             \
          "DELETE FROM iam_control_policies WHERE account = ?1 AND name = ?2"),                    \
    READ(ST_IAM_CONTROL_LIST, "iam-control-list",                                                  \
         "SELECT name, document FROM iam_control_policies WHERE account = ?1 ORDER BY name")

#endif
