-- 0007: revocations, what becomes of a certificate, associations.

-- Certificates that their authority has revoked; never changed, never deleted. number grows with
-- each revocation, so that who has seen the rows up to one need only read those after it.
CREATE TABLE revocations (
    number INTEGER PRIMARY KEY,                                 -- order of revocation
    authority INTEGER NOT NULL REFERENCES authorities (number), -- who issued and revoked it
    serial BLOB NOT NULL,                                       -- 20 octets, big-endian
    reason INTEGER NOT NULL,                                    -- CRLReason, RFC 5280 5.3.1
    revoked_at INTEGER NOT NULL,                                -- when
    issued INTEGER NOT NULL REFERENCES issued (number)          -- the certificate
) STRICT;
CREATE UNIQUE INDEX revocations_by_serial ON revocations (authority, serial);
CREATE INDEX revocations_in_order ON revocations (authority, number);

-- Whose certificate is this one: asked when a certificate is revoked that may be an authority's.
CREATE INDEX authorities_by_serial ON authorities (serial) WHERE serial IS NOT NULL;

-- What becomes of an ACM certificate after it was issued.
ALTER TABLE certificates ADD COLUMN revoked_at INTEGER NOT NULL DEFAULT 0;   -- when it was revoked
ALTER TABLE certificates ADD COLUMN revocation_reason INTEGER NOT NULL DEFAULT 0; -- 0 none, 1
    -- UNSPECIFIED, 2 KEY_COMPROMISE, 3 CA_COMPROMISE, 4 AFFILIATION_CHANGED, 5 SUPERCEDED,
    -- 6 SUPERSEDED, 7 CESSATION_OF_OPERATION, 8 CERTIFICATE_HOLD, 9 REMOVE_FROM_CRL,
    -- 10 PRIVILEGE_WITHDRAWN, 11 A_A_COMPROMISE
ALTER TABLE certificates ADD COLUMN renewal_status INTEGER NOT NULL DEFAULT 0; -- 0 never renewed,
    -- 1 PENDING_AUTO_RENEWAL, 2 PENDING_VALIDATION, 3 SUCCESS, 4 FAILED
ALTER TABLE certificates ADD COLUMN renewal_reason TEXT;                     -- why not SUCCESS
ALTER TABLE certificates ADD COLUMN renewal_updated_at INTEGER NOT NULL DEFAULT 0; -- last change
ALTER TABLE certificates ADD COLUMN renewal_started_at INTEGER NOT NULL DEFAULT 0; -- of the
    -- attempts that are under way
ALTER TABLE certificates ADD COLUMN renew_at INTEGER NOT NULL DEFAULT 0;     -- when the next
    -- attempt is due; 0 = not eligible

-- What is due, by its time.
CREATE INDEX certificates_expiring ON certificates (not_after) WHERE status = 2;
CREATE INDEX certificates_timing_out ON certificates (created_at) WHERE type = 2 AND status = 1;
CREATE INDEX certificates_renewing ON certificates (renew_at) WHERE renew_at > 0;

-- What uses a certificate: it is not deleted while something does.
CREATE TABLE associations (
    certificate INTEGER NOT NULL REFERENCES certificates (number), -- which
    resource TEXT NOT NULL,                                        -- ARN or URL
    created_at INTEGER NOT NULL,                                   -- since when
    PRIMARY KEY (certificate, resource)
) STRICT, WITHOUT ROWID;
