-- 0022: what was seen when the names of certificates were looked at; whose turn it is.

ALTER TABLE domain_validations ADD COLUMN scope INTEGER NOT NULL DEFAULT 0;  -- of the certificate
ALTER TABLE domain_validations ADD COLUMN looked_at INTEGER NOT NULL DEFAULT 0; -- when last, 0 = never
ALTER TABLE domain_validations ADD COLUMN code TEXT;      -- what came of it: OK, NO_RECORD, WRONG_VALUE, ...
ALTER TABLE domain_validations ADD COLUMN reason TEXT;    -- why it is not good enough, in words
ALTER TABLE domain_validations ADD COLUMN seen TEXT;      -- JSON list: what each resolver or server said
ALTER TABLE domain_validations ADD COLUMN caa_at INTEGER NOT NULL DEFAULT 0; -- when CAA was last found to allow
ALTER TABLE domain_validations ADD COLUMN caa_seen TEXT;  -- JSON list: what each resolver said of CAA
UPDATE domain_validations SET scope = (SELECT c.scope FROM certificates c WHERE c.number = certificate);

-- What is SUCCESS and due waits for CAA alone. By time, and by time for each scope: the scopes take turns.
DROP INDEX domain_validations_due;
CREATE INDEX domain_validations_due ON domain_validations (next_try) WHERE next_try <> 0;
CREATE INDEX domain_validations_turns ON domain_validations (scope, next_try) WHERE next_try <> 0;
