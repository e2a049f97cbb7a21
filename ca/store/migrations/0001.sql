-- 0001: accounts, keys of the system, authorities, issued certificates, ACM certificates,
-- tags, the audit trail.
--
-- Times are microseconds since 1970, 0 = none. UUIDs and other hex ids are kept as their
-- octets. A table whose rows are large has an integer key, so that new rows are appended and
-- the indexes stay small; a small table found by its natural key is WITHOUT ROWID.

PRAGMA application_id = 1128808782; -- "CHAN": tells this file from other SQLite databases

-- Small facts of the appliance.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY, -- such as "node", "anchor", "created"
    value TEXT NOT NULL             -- as text, whatever its meaning
) STRICT, WITHOUT ROWID;

-- Keys of the system in the HSM: binding, seal, management CA, KEKs.
CREATE TABLE system_keys (
    name TEXT NOT NULL PRIMARY KEY, -- "seal", "kek/<account>/<region>/export/1", ...
    hsm_id BLOB NOT NULL UNIQUE,    -- CKA_ID, 16 octets
    kind TEXT NOT NULL,             -- what the key is for
    spki BLOB,                      -- SubjectPublicKeyInfo, of pairs only
    certificate BLOB,               -- DER, of pairs that have one
    created_at INTEGER NOT NULL     -- when it was made
) STRICT, WITHOUT ROWID;

-- Accounts.
CREATE TABLE accounts (
    number INTEGER PRIMARY KEY,   -- order of creation
    account TEXT NOT NULL UNIQUE, -- 12 digits
    name TEXT,                    -- what people call it
    created_at INTEGER NOT NULL   -- when it was made
) STRICT;

-- Users of an account.
CREATE TABLE users (
    account TEXT NOT NULL REFERENCES accounts (account), -- whose
    name TEXT NOT NULL,                                  -- user name, unique in the account
    id TEXT NOT NULL UNIQUE,                             -- AIDA...
    administrator INTEGER NOT NULL,                      -- 1: may do everything in the account
    created_at INTEGER NOT NULL,                         -- when it was made
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

-- Access keys: long-term credentials of users.
CREATE TABLE access_keys (
    id TEXT NOT NULL PRIMARY KEY, -- AKIA...
    account TEXT NOT NULL,        -- whose
    user TEXT NOT NULL,           -- whose
    sealed_secret BLOB NOT NULL,  -- the secret, encrypted under the seal key
    active INTEGER NOT NULL,      -- 1: may sign
    created_at INTEGER NOT NULL,  -- when it was made
    FOREIGN KEY (account, user) REFERENCES users (account, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_keys_by_user ON access_keys (account, user);

-- Account and region: the first part of every key below, as a small number.
CREATE TABLE scopes (
    number INTEGER PRIMARY KEY,               -- what the other tables refer to
    account TEXT NOT NULL,                    -- 12 digits
    region TEXT NOT NULL,                     -- such as eu-central-1
    certificates INTEGER NOT NULL DEFAULT 0,  -- how many ACM certificates it holds now
    UNIQUE (account, region)
) STRICT;

-- Texts that very many rows repeat (issuer, chain, usages, template): kept once, never changed.
-- Only texts that the appliance or one of its authorities chose come here; what an import
-- brings stays in the importing row, so that deleting it leaves nothing behind.
CREATE TABLE shared_texts (
    number INTEGER PRIMARY KEY,  -- what the other tables refer to
    digest BLOB NOT NULL UNIQUE, -- SHA-256 of the text
    text TEXT NOT NULL           -- the text
) STRICT;

-- ACM-PCA: certificate authorities.
CREATE TABLE authorities (
    number INTEGER PRIMARY KEY,                       -- what the other tables refer to
    scope INTEGER NOT NULL REFERENCES scopes (number), -- whose
    id BLOB NOT NULL,                                 -- UUID of the ARN, 16 octets
    type TEXT NOT NULL,                               -- ROOT, SUBORDINATE
    status TEXT NOT NULL,                             -- CREATING, PENDING_CERTIFICATE, ACTIVE, ...
    failure_reason TEXT,                              -- why FAILED
    usage_mode TEXT,                                  -- GENERAL_PURPOSE, SHORT_LIVED_CERTIFICATE
    key_storage TEXT,                                 -- KeyStorageSecurityStandard as asked
    configuration TEXT NOT NULL,                      -- CertificateAuthorityConfiguration, JSON
    revocation TEXT,                                  -- RevocationConfiguration, JSON
    idempotency_token TEXT,                           -- of the request
    request_hash BLOB,                                -- SHA-256 of the request
    key_id BLOB NOT NULL,                             -- CKA_ID of the pair, 16 octets
    spki BLOB,                                        -- SubjectPublicKeyInfo, once the key is made
    csr BLOB,                                         -- DER, once the key is made
    certificate BLOB,                                 -- DER, once imported
    chain TEXT,                                       -- PEM as imported
    serial TEXT,                                      -- of the certificate, colon hex
    not_before INTEGER NOT NULL,                      -- of the certificate
    not_after INTEGER NOT NULL,                       -- of the certificate
    created_at INTEGER NOT NULL,                      -- when it was asked for
    state_changed_at INTEGER NOT NULL,                -- when status last changed
    restorable_until INTEGER NOT NULL                 -- end of the restoration period, if DELETED
) STRICT;
CREATE UNIQUE INDEX authorities_by_id ON authorities (id, scope);
CREATE INDEX authorities_in_order ON authorities (scope, created_at, id);
CREATE INDEX authorities_by_token ON authorities (scope, idempotency_token, created_at)
    WHERE idempotency_token IS NOT NULL;
CREATE INDEX authorities_creating ON authorities (number) WHERE status = 'CREATING';

-- Who besides the owner may use an authority.
CREATE TABLE permissions (
    authority INTEGER NOT NULL REFERENCES authorities (number), -- which
    principal TEXT NOT NULL,                                    -- such as acm.amazonaws.com
    source_account TEXT NOT NULL,                               -- '' = not given
    actions TEXT NOT NULL,                                      -- JSON list
    created_at INTEGER NOT NULL,                                -- when it was given
    PRIMARY KEY (authority, principal, source_account)
) STRICT, WITHOUT ROWID;

-- Every certificate that an authority was asked to sign, from the intent on; never deleted.
CREATE TABLE issued (
    number INTEGER PRIMARY KEY,                                 -- order of the intents
    authority INTEGER NOT NULL REFERENCES authorities (number), -- who signs
    id BLOB NOT NULL,                                           -- of the certificate ARN, 16 octets
    serial BLOB NOT NULL,                                       -- 20 octets, big-endian
    state INTEGER NOT NULL,                                     -- 1 INTENT, 2 ISSUED, 3 FAILED
    template_name ANY,                                          -- number in shared_texts
    idempotency_token TEXT,                                     -- of the request
    request_hash BLOB,                                          -- SHA-256 of the request
    not_before INTEGER NOT NULL,                                -- of the certificate
    not_after INTEGER NOT NULL,                                 -- of the certificate
    created_at INTEGER NOT NULL,                                -- when the intent was made
    issued_at INTEGER NOT NULL,                                 -- when it was signed
    certificate INTEGER                                         -- number in issued_certificates
) STRICT;
CREATE UNIQUE INDEX issued_by_id ON issued (id, authority);
CREATE UNIQUE INDEX issued_by_serial ON issued (authority, serial);
CREATE INDEX issued_by_token ON issued (authority, idempotency_token, created_at)
    WHERE idempotency_token IS NOT NULL;
CREATE INDEX issued_intents ON issued (number) WHERE state = 1;

-- The certificates themselves, apart from the rows above: an intent is written before its
-- certificate exists, and a row that grew later would leave its page half empty.
CREATE TABLE issued_certificates (
    number INTEGER PRIMARY KEY, -- order of signing
    der BLOB NOT NULL           -- the certificate
) STRICT;

-- ACM: certificates.
CREATE TABLE certificates (
    number INTEGER PRIMARY KEY,                        -- what keys refers to
    scope INTEGER NOT NULL REFERENCES scopes (number), -- whose
    id BLOB NOT NULL,                                  -- UUID of the ARN, 16 octets
    type INTEGER NOT NULL,             -- 1 PRIVATE, 2 AMAZON_ISSUED, 3 IMPORTED
    status INTEGER NOT NULL,           -- 1 PENDING_VALIDATION, 2 ISSUED, 3 INACTIVE, 4 EXPIRED,
                                       -- 5 VALIDATION_TIMED_OUT, 6 REVOKED, 7 FAILED
    key_alg INTEGER NOT NULL,          -- enum key_alg
    domain TEXT,                       -- first name
    names TEXT,                        -- SubjectAlternativeNames, JSON list
    failure_reason TEXT,               -- why FAILED
    managed_by TEXT,                   -- a service that manages it
    options ANY,                       -- CertificateOptions, JSON; number in shared_texts or text
    authority_arn ANY,                 -- of the private CA; number in shared_texts or text
    idempotency_token TEXT,            -- of the request
    request_hash BLOB,                 -- SHA-256 of the request
    created_at INTEGER NOT NULL,       -- when it was asked for or imported
    imported_at INTEGER NOT NULL,      -- when it was last imported
    exported_at INTEGER NOT NULL,      -- when it was last exported
    issued_at INTEGER NOT NULL,        -- when it was issued
    key_usages ANY,                    -- JSON list; number in shared_texts or text
    extended_key_usages ANY,           -- JSON list; number in shared_texts or text
    issued_id BLOB,                    -- id of the row of issued, 16 octets
    serial BLOB,                       -- octets of the serial number
    subject TEXT,                      -- as answered
    issuer ANY,                        -- as answered; number in shared_texts or text
    signature_algorithm ANY,           -- as answered; number in shared_texts or text
    not_before INTEGER NOT NULL,       -- of the certificate
    not_after INTEGER NOT NULL,        -- of the certificate
    chain ANY,                         -- PEM, issuer first; number in shared_texts or text
    certificate ANY                    -- number in issued_certificates, or DER
) STRICT;
CREATE UNIQUE INDEX certificates_by_id ON certificates (id, scope);
CREATE INDEX certificates_in_order ON certificates (scope, status, key_alg, created_at, id);
CREATE INDEX certificates_by_token ON certificates (scope, idempotency_token, created_at)
    WHERE idempotency_token IS NOT NULL;
CREATE INDEX certificates_pending ON certificates (number) WHERE type = 1 AND status = 1;

-- The wrapped private key of a certificate; lives and dies with it.
CREATE TABLE keys (
    certificate INTEGER PRIMARY KEY REFERENCES certificates (number) ON DELETE CASCADE, -- whose
    version INTEGER NOT NULL, -- of the layout of blob and tag
    format TEXT NOT NULL,     -- wrap format
    kek_id BLOB NOT NULL,     -- CKA_ID of the wrapping key, 16 octets
    alg INTEGER NOT NULL,     -- enum key_alg
    spki BLOB NOT NULL,       -- SubjectPublicKeyInfo
    blob BLOB NOT NULL,       -- the wrapped key
    tag BLOB NOT NULL         -- HMAC that binds the blob to this row, 32 octets
) STRICT;

-- Tags of certificates and authorities.
CREATE TABLE tags (
    resource TEXT NOT NULL, -- ARN
    key TEXT NOT NULL,      -- tag key
    value TEXT,             -- tag value
    PRIMARY KEY (resource, key)
) STRICT, WITHOUT ROWID;

-- The audit trail: each record is chained to all before it.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, -- 1, 2, 3 ... without a gap
    at INTEGER NOT NULL,          -- when
    record BLOB NOT NULL,         -- what
    chain BLOB NOT NULL           -- SHA-256 (chain of the record before, or 32 zero octets; record)
) STRICT;
CREATE TRIGGER audit_keeps_records BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'records of the audit trail do not change');
END;
CREATE TRIGGER audit_loses_nothing BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'records of the audit trail are not deleted');
END;
