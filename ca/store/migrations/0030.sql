-- 0030: separation of duties: calls that wait for the approval of a second principal.

CREATE TABLE approvals (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,       -- UUID, 16 octets
    account TEXT NOT NULL,         -- whose principals may decide
    region TEXT NOT NULL,          -- of the call
    requester TEXT NOT NULL,       -- ARN of who called, or "operator"
    requester_id TEXT NOT NULL,    -- AIDA... or AROA..., or "operator"
    origin TEXT NOT NULL,          -- the user at the beginning of a chain of roles; '' = none is known
    operation TEXT NOT NULL,       -- "acm-pca:CreateCertificateAuthority"
    parameters TEXT NOT NULL,      -- JSON for people, without what is secret
    digest BLOB NOT NULL,          -- MAC over caller, operation and parameters: which calls it is about
    status TEXT NOT NULL,          -- PENDING, APPROVED, DENIED, USED, EXPIRED
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,   -- 0 = not yet
    decided_by TEXT,               -- ARN, or "operator"
    reason TEXT,                   -- of the decision
    used_at INTEGER NOT NULL,      -- 0 = not yet
    used_by TEXT,                  -- id of the call that took effect
    tag BLOB NOT NULL              -- MAC over all that: who can write this file can still not approve
) STRICT;
CREATE INDEX approvals_by_digest ON approvals (account, digest, number);
CREATE INDEX approvals_by_account ON approvals (account, number);
CREATE INDEX approvals_due ON approvals (expires_at) WHERE status IN ('PENDING', 'APPROVED');
CREATE INDEX approvals_open ON approvals (account, expires_at) WHERE status IN ('PENDING', 'APPROVED');
CREATE INDEX approvals_old ON approvals (expires_at);
