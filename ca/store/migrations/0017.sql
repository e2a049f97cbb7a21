-- 0017: identities: users, groups, roles and policies with paths, what is attached to them,
-- who belongs to which group, devices of multi-factor authentication, passwords.

-- A counter that each change of the tables below raises: what was compiled from them holds while
-- it stays.
CREATE TABLE iam_state (
    one INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
    version INTEGER NOT NULL                 -- the counter
) STRICT;
INSERT INTO iam_state (one, version) VALUES (1, 1);

-- Users, groups, roles and the policies of customers.
CREATE TABLE iam_entities (
    number INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (account), -- whose
    kind INTEGER NOT NULL,               -- 1 user, 2 group, 3 role, 4 policy
    name TEXT NOT NULL COLLATE NOCASE,   -- unique in account and kind, whatever the case
    path TEXT NOT NULL,                  -- "/" or "/a/b/"
    id TEXT NOT NULL UNIQUE,             -- AIDA..., AGPA..., AROA..., ANPA...
    created_at INTEGER NOT NULL,         -- when it was made
    updated_at INTEGER NOT NULL,         -- policies: when the last version was made
    description TEXT,                    -- roles, policies
    trust TEXT,                          -- roles: the policy that says who may take it
    max_session INTEGER NOT NULL,        -- roles: seconds
    boundary TEXT,                       -- users, roles: ARN of the policy that bounds them
    default_version INTEGER NOT NULL,    -- policies: the one that counts
    last_version INTEGER NOT NULL,       -- policies: the highest ever given
    used_at INTEGER NOT NULL,            -- roles: when last used; users: when last signed in
    used_region TEXT,                    -- roles: where last used
    UNIQUE (account, kind, name)
) STRICT;

CREATE TABLE iam_attachments (
    entity INTEGER NOT NULL REFERENCES iam_entities (number), -- user, group or role
    policy TEXT NOT NULL,                                     -- ARN
    PRIMARY KEY (entity, policy)
) STRICT, WITHOUT ROWID;
CREATE INDEX iam_attachments_by_policy ON iam_attachments (policy, entity);
CREATE INDEX iam_boundaries ON iam_entities (boundary) WHERE boundary IS NOT NULL;

-- Inline policies.
CREATE TABLE iam_inline (
    entity INTEGER NOT NULL REFERENCES iam_entities (number),
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (entity, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_versions (
    policy INTEGER NOT NULL REFERENCES iam_entities (number),
    version INTEGER NOT NULL, -- 1, 2, 3 ...; never given twice
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (policy, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_memberships (
    user INTEGER NOT NULL REFERENCES iam_entities (number),
    team INTEGER NOT NULL REFERENCES iam_entities (number), -- the group
    PRIMARY KEY (user, team)
) STRICT, WITHOUT ROWID;
CREATE INDEX iam_memberships_by_team ON iam_memberships (team, user);

-- Passwords of users.
CREATE TABLE iam_logins (
    user INTEGER PRIMARY KEY REFERENCES iam_entities (number),
    hash TEXT NOT NULL,          -- with its parameters and salt
    reset INTEGER NOT NULL,      -- 1: must be changed at the next sign-in
    created_at INTEGER NOT NULL, -- of the profile
    changed_at INTEGER NOT NULL  -- of the password
) STRICT;

-- Virtual devices of multi-factor authentication.
CREATE TABLE iam_mfa (
    serial TEXT NOT NULL PRIMARY KEY,                    -- ARN
    account TEXT NOT NULL REFERENCES accounts (account), -- whose
    user INTEGER REFERENCES iam_entities (number),       -- NULL: given to nobody yet
    sealed_seed BLOB NOT NULL,                           -- encrypted under the seal key
    enabled_at INTEGER NOT NULL,                         -- when it was given
    last_step INTEGER NOT NULL                           -- RFC 6238: the step of the last code; no code counts twice
) STRICT, WITHOUT ROWID;
CREATE INDEX iam_mfa_by_user ON iam_mfa (user) WHERE user IS NOT NULL;

-- Service control policies: set for an account by who runs the appliance.
CREATE TABLE iam_control_policies (
    account TEXT NOT NULL REFERENCES accounts (account),
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE accounts ADD COLUMN alias TEXT;           -- unique, see below
ALTER TABLE accounts ADD COLUMN password_policy TEXT; -- JSON
CREATE UNIQUE INDEX accounts_by_alias ON accounts (alias) WHERE alias IS NOT NULL;

-- What was a bit of the user is a policy that is attached to it.
INSERT INTO iam_entities (account, kind, name, path, id, created_at, updated_at, max_session,
                          default_version, last_version, used_at)
    SELECT account, 1, name, '/', id, created_at, created_at, 0, 0, 0, 0 FROM users;
INSERT INTO iam_attachments (entity, policy)
    SELECT e.number, 'arn:aws:iam::aws:policy/AdministratorAccess'
    FROM users u JOIN iam_entities e ON e.id = u.id WHERE u.administrator = 1;

CREATE TABLE access_keys_of_users (
    id TEXT NOT NULL PRIMARY KEY,  -- AKIA...
    user INTEGER NOT NULL REFERENCES iam_entities (number), -- whose
    sealed_secret BLOB NOT NULL,   -- the secret, encrypted under the seal key
    active INTEGER NOT NULL,       -- 1: may sign
    created_at INTEGER NOT NULL,   -- when it was made
    used_at INTEGER NOT NULL,      -- when it was last used, to some minutes
    used_service TEXT,             -- with what
    used_region TEXT               -- and where
) STRICT, WITHOUT ROWID;
INSERT INTO access_keys_of_users (id, user, sealed_secret, active, created_at, used_at)
    SELECT k.id, e.number, k.sealed_secret, k.active, k.created_at, 0 FROM access_keys k
    JOIN users u ON u.account = k.account AND u.name = k.user JOIN iam_entities e ON e.id = u.id;
DROP TABLE access_keys;
DROP TABLE users;
ALTER TABLE access_keys_of_users RENAME TO access_keys;
CREATE INDEX access_keys_by_user ON access_keys (user);
