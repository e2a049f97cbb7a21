-- 0003: rotation of wrapping keys (KEKs); signed checkpoints of the audit trail; who waits for a key.

-- Of the KEKs among the keys of the system. The current one of a family (account, region, class) is
-- the oldest that is not replaced: its successor is made before it is replaced.
ALTER TABLE system_keys ADD COLUMN replaced_at INTEGER NOT NULL DEFAULT 0;  -- since when it wraps no new keys
ALTER TABLE system_keys ADD COLUMN rewrap_at INTEGER NOT NULL DEFAULT 0;    -- when there is work to do with it
ALTER TABLE system_keys ADD COLUMN rewrap_after INTEGER NOT NULL DEFAULT 0; -- keys.certificate rewrapped so far
ALTER TABLE system_keys ADD COLUMN emptied_at INTEGER NOT NULL DEFAULT 0;   -- since when no key is wrapped by it
ALTER TABLE system_keys ADD COLUMN destroyed_at INTEGER NOT NULL DEFAULT 0; -- since when it is not to be used at all
CREATE INDEX system_keys_rewrap ON system_keys (rewrap_at) WHERE replaced_at > 0;
CREATE INDEX system_keys_current ON system_keys (created_at)
    WHERE replaced_at = 0 AND kind IN ('kek-export', 'kek-no-export');

CREATE INDEX keys_by_kek ON keys (kek_id, certificate);

-- Certificates of a scope that wait for their key.
CREATE INDEX certificates_waiting ON certificates (scope) WHERE type = 1 AND status = 1;

-- A call that took the KEK long ago must not leave a key behind that nobody can unwrap.
CREATE TRIGGER keys_have_living_kek BEFORE INSERT ON keys
WHEN EXISTS (SELECT 1 FROM system_keys WHERE hsm_id = NEW.kek_id AND destroyed_at > 0)
BEGIN
    SELECT RAISE(ABORT, 'the wrapping key is destroyed');
END;
CREATE TRIGGER keys_keep_living_kek BEFORE UPDATE OF kek_id ON keys
WHEN EXISTS (SELECT 1 FROM system_keys WHERE hsm_id = NEW.kek_id AND destroyed_at > 0)
BEGIN
    SELECT RAISE(ABORT, 'the wrapping key is destroyed');
END;

-- What the chain of the audit trail came to, signed by the audit key in the HSM. A record of the trail may
-- be missing for a checkpoint only if somebody cut the trail off: so no foreign key.
CREATE TABLE audit_checkpoints (
    sequence INTEGER PRIMARY KEY, -- the last record that it covers
    at INTEGER NOT NULL,          -- when it was signed
    chain BLOB NOT NULL,          -- chain value of that record
    signature BLOB NOT NULL       -- ECDSA with SHA-256 over all of that, DER
) STRICT;
CREATE TRIGGER audit_checkpoints_stay BEFORE UPDATE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints of the audit trail do not change');
END;
CREATE TRIGGER audit_checkpoints_are_kept BEFORE DELETE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints of the audit trail are not deleted');
END;
