-- 0005: how the names of public certificates are validated; configuration of accounts.

-- The names of a certificate that ACM issues, each with how its owner proves control.
CREATE TABLE domain_validations (
    certificate INTEGER NOT NULL REFERENCES certificates (number) ON DELETE CASCADE, -- whose
    position INTEGER NOT NULL,     -- of the name in the certificate, from 0
    domain TEXT NOT NULL,          -- the name
    validation_domain TEXT NOT NULL, -- the name or a domain above it, as asked
    method INTEGER NOT NULL,       -- 1 EMAIL, 2 DNS, 3 HTTP
    status INTEGER NOT NULL,       -- 1 PENDING_VALIDATION, 2 SUCCESS, 3 FAILED
    challenge_name TEXT,           -- name of the CNAME record, or the URL that redirects
    challenge_value TEXT,          -- what the record or the redirect points to
    emails TEXT,                   -- JSON list of the addresses that may approve
    next_try INTEGER NOT NULL,     -- when it is to be looked at, 0 = never
    attempts INTEGER NOT NULL,     -- how often that was done
    PRIMARY KEY (certificate, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX domain_validations_due ON domain_validations (next_try)
    WHERE status = 1 AND next_try <> 0;

-- Validation mails that are to be sent to the addresses of a domain, for one name of a certificate.
CREATE TABLE validation_mails (
    certificate INTEGER NOT NULL REFERENCES certificates (number) ON DELETE CASCADE, -- whose
    position INTEGER NOT NULL,     -- of the name in the certificate
    mail_domain TEXT NOT NULL,     -- what follows the @ of the addresses
    due_at INTEGER NOT NULL,       -- when it is to be sent
    PRIMARY KEY (certificate, position, mail_domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX validation_mails_due ON validation_mails (due_at);

-- What PutAccountConfiguration set; no row: the defaults.
CREATE TABLE account_configurations (
    scope INTEGER PRIMARY KEY REFERENCES scopes (number), -- whose
    days_before_expiry INTEGER NOT NULL                   -- when expiry events begin
) STRICT;

-- Idempotency tokens of PutAccountConfiguration.
CREATE TABLE account_tokens (
    scope INTEGER NOT NULL REFERENCES scopes (number), -- whose
    token TEXT NOT NULL,                               -- as given
    request_hash BLOB NOT NULL,                        -- SHA-256 of the request
    created_at INTEGER NOT NULL,                       -- when it was given
    PRIMARY KEY (scope, token)
) STRICT, WITHOUT ROWID;

-- Whatever ends the wait of a certificate ends what its names wait for; names that nobody proved
-- control of in time have failed.
CREATE TRIGGER validation_ends AFTER UPDATE OF status ON certificates
    WHEN NEW.type = 2 AND OLD.status = 1 AND NEW.status <> 1
BEGIN
    UPDATE domain_validations SET next_try = 0,
        status = CASE WHEN NEW.status = 5 AND status = 1 THEN 3 ELSE status END
        WHERE certificate = NEW.number;
    DELETE FROM validation_mails WHERE certificate = NEW.number;
END;
